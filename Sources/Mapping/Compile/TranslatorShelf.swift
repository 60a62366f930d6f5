import Synchronization

/// The translators of a set of tables: those that were compiled at the start, and those that were asked for since.
final class TranslatorShelf: Sendable {
    /// Sorted.
    let messages: [String]
    /// What the others are made of.
    private let files: [TableFile]
    private let names: Set<String>
    /// Nil for a table that has an error.
    private let known: Mutex<[String: Translator?]>
    /// Of the known ones, by the namespace that each was found for.
    private let found = Mutex<[String: Program]>([:])

    /// - Parameter rest: The files of tables that were not compiled yet; none when all were.
    init(_ compiled: [String: Translator], rest: [TableFile]) {
        names = TableCompiler.names(rest).union(compiled.keys)
        messages = names.sorted()
        files = rest
        known = Mutex(compiled.mapValues { $0 })
    }

    func translator(_ message: String) -> Translator? {
        if let found = known.withLock({ $0[message] }) { return found }
        guard names.contains(message) else { return nil }
        let made = try? TableCompiler.compile(files, only: [message]).translators[message]
        return known.withLock { known in
            // Another task may have been quicker.
            if let found = known[message] { return found }
            known[message] = .some(made)
            return made
        }
    }

    /// The table whose messages have this namespace, which ends with the name of their definition.
    func program(namespace: String) -> Program? {
        if let program = found.withLock({ $0[namespace] }) { return program }
        guard let colon = namespace.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = String(namespace[colon...].dropFirst())
        guard let program = translator("iso20022/\(name)")?.program, program.namespace == namespace else { return nil }
        found.withLock { $0[namespace] = program }
        return program
    }
}

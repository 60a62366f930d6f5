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
}

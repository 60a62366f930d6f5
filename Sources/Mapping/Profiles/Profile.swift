public import FormatXML
public import Payments
import Synchronization

/// What one rail asks of its messages beyond their schemas: the table `profiles/NAME.tsv`, compiled.
///
///     let profiles = try ProfileTables(files: files, schemas: schemas)
///     let profile = profiles["sepa-inst"]!
///     let verdict = try profile.examine(xml: bytes, asOf: day)     // -> findings, by place
///     var reader = profile.reader(asOf: day)                       // or beside another sink, in one pass
///
/// The rules that hold depend on a day, which is handed in: nothing here reads a clock.
public final class Profile: Sendable {
    /// How a rail writes its messages.
    public enum Format: String, Sendable, CaseIterable {
        case xml, json
    }

    /// Such as `sepa-inst`.
    public let name: String
    public let format: Format
    /// Which rail it is, in a few words.
    public let says: String
    /// In the order of the table.
    public let rules: [ProfileRule]
    /// Definitions that the profile takes on some day, sorted, such as `pacs.008.001.08`.
    public let messages: [String]
    /// Definitions of the business application header that the profile takes; empty when it does not say.
    public let headers: [String]

    let sheet: ProfileSheet
    /// Days on which the set of rules that hold changes, sorted, as days since 1970.
    private let turns: [Int64]
    private let programs = Mutex<[Key: ProfileProgram]>([:])
    /// The namespaces met first, so that the usual message costs no text; few, since they are looked through.
    private let known = Mutex<[Known]>([])
    private static let greatestKnown = 12
    /// Programs that are kept: documents name the definitions, so their number is bounded.
    private static let greatestPrograms = 256

    /// A definition, and the days between two turns.
    private struct Key: Hashable {
        let definition: String
        let segment: Int
    }

    /// What a namespace stands for: a program, or nothing of ours.
    private struct Known {
        let namespace: [UInt8]
        let segment: Int
        let program: ProfileProgram?
    }

    init(name: String, format: Format, says: String, _ sheet: ProfileSheet) {
        self.name = name
        self.format = format
        self.says = says
        self.sheet = sheet
        rules = sheet.rows.map(\.rule)
        let versions = Set(sheet.rows.flatMap { $0.check.versions })
        messages = versions.filter { !$0.hasPrefix("head.") }.sorted()
        headers = versions.filter { $0.hasPrefix("head.") }.sorted()
        var turns: Set<CivilDate> = []
        for rule in rules {
            if let from = rule.from { turns.insert(from) }
            if let until = rule.until { turns.insert(CivilDate(dayNumber: until.dayNumber + 1)) }
        }
        self.turns = turns.map(\.dayNumber).sorted()
    }

    /// Definitions that the profile takes on a day.
    public func messages(asOf day: CivilDate) -> [String] {
        Set(sheet.rows.filter { $0.rule.holds(on: day) }.flatMap { $0.check.versions })
            .filter { !$0.hasPrefix("head.") }.sorted()
    }

    /// A sink for a document in which headers and messages are found by their namespaces.
    public func reader(asOf day: CivilDate) -> ProfileReader { ProfileReader(self, day) }

    /// A reader for one message of a known definition, such as `pacs.008.001.13`, or its namespace: for JSON, which
    /// has none.
    public func reader(for message: String, asOf day: CivilDate) -> ProfileReader {
        let definition = XMLParts.messageDefinition(of: message) ?? message
        return ProfileReader(self, day, definition: definition)
    }

    /// Holds a document against the rules. Throws for one that is not well-formed.
    public func examine(
        xml bytes: [UInt8], asOf day: CivilDate, limits: XMLLimits = .standard
    ) throws(XMLError) -> ProfileVerdict {
        var reader = reader(asOf: day)
        var limits = limits
        limits.roots = max(2, limits.roots)
        try XMLReader(limits: limits).read(bytes, into: &reader)
        return reader.finish()
    }

    /// Between which turns a day lies.
    func segment(_ day: CivilDate) -> Int {
        let day = day.dayNumber
        return turns.count { $0 <= day }
    }

    /// The rules that hold for a namespace; nil for one that is no message definition.
    func program(namespace: UnsafeBufferPointer<UInt8>, _ day: CivilDate, _ segment: Int) -> ProfileProgram? {
        let found: Known? = known.withLock { known in
            known.first { $0.segment == segment && ProfileNames.isSame($0.namespace, namespace) }
        }
        if let found { return found.program }
        let definition = XMLParts.messageDefinition(of: String(xml: namespace))
        let program = definition.map { self.program($0, day, segment) }
        known.withLock { known in
            guard known.count < Self.greatestKnown else { return }
            known.append(Known(namespace: Array(namespace), segment: segment, program: program))
        }
        return program
    }

    /// The rules that hold for a definition on a day, compiled; the same object for every reading.
    func program(_ definition: String, _ day: CivilDate, _ segment: Int) -> ProfileProgram {
        let key = Key(definition: definition, segment: segment)
        if let known = programs.withLock({ $0[key] }) { return known }
        let program = compile(definition, day)
        return programs.withLock { programs in
            if let known = programs[key] { return known }
            if programs.count < Self.greatestPrograms { programs[key] = program }
            return program
        }
    }

    private func compile(_ definition: String, _ day: CivilDate) -> ProfileProgram {
        let rows = sheet.rows.enumerated().filter { $0.element.rule.holds(on: day) }
        let own = rows.filter { $0.element.rule.concerns(definition) }.map { (number: $0.offset, rule: $0.element) }
        let versions = own.filter { !$0.rule.check.versions.isEmpty }
        if versions.isEmpty {
            if definition.hasPrefix("head.") { return ProfileCompiler.program(definition, own, sheet) }
            let taken = rows.filter { $0.element.check == .taken }
            return ProfileCompiler.foreign(definition, taken.map(\.offset), sheet)
        }
        if let broken = versions.first(where: { !$0.rule.check.versions.contains(definition) }) {
            return ProfileCompiler.foreign(definition, [broken.number], sheet)
        }
        return ProfileCompiler.program(definition, own, sheet)
    }
}

extension ProfileCheck {
    /// The definitions that a row of the check `version` takes.
    var versions: [String] {
        if case .version(let versions) = self { versions } else { [] }
    }
}

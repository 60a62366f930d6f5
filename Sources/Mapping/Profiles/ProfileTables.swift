public import FormatXML

/// Every profile of `profiles/`, checked against the schemas: a row that cannot be understood is an error with its
/// place and a remedy, and all errors of all tables are told at once.
public struct ProfileTables: Sendable {
    /// The list of profiles.
    static let index = "profiles/profiles.tsv"
    static let columns = ["profile", "format", "says"]

    private let profiles: [String: Profile]

    /// - Parameters:
    ///   - files: `profiles/` and `codesets/`; others are left alone.
    ///   - schemas: Where paths are looked up, as far as a message has a schema there.
    public init(files: [TableFile], schemas: XMLSchemaFolder) throws(TableErrors) {
        var faults = TableFaults()
        let codeSets = Self.codeSets(files, &faults)
        let countries = Self.sheet(ProfileCountries.file, files, &faults).map { ProfileCountries($0, &faults) }
        var profiles: [String: Profile] = [:]
        var shapes = ProfileShapes(schemas)
        for row in Self.sheet(Self.index, files, &faults)?.rows ?? [] {
            let name = row.cells[0].text
            guard row.cells.count == Self.columns.count, let format = Profile.Format(rawValue: row.cells[1].text) else {
                faults.add(Self.index, row.cells[1], "\(row.cells[1].text) is no format", "write xml or json")
                continue
            }
            let file = "profiles/\(name).tsv"
            guard let table = Self.sheet(file, files, &faults) else { continue }
            let sheet = ProfileSheet(
                table, codeSets: codeSets, countries: countries ?? ProfileCountries(), &faults)
            let profile = Profile(name: name, format: format, says: row.cells[2].text, sheet)
            if format == .xml { shapes.check(profile, &faults) }
            profiles[name] = profile
        }
        for file in files where file.name.hasPrefix("profiles/") && file.name != Self.index {
            let name = file.name.dropFirst("profiles/".count).dropLast(".tsv".count)
            if profiles[String(name)] == nil, !faults.errors.contains(where: { $0.file == file.name }) {
                faults.add(
                    file.name, Self.top, "\(Self.index) does not list the profile", "add a row, or delete the file")
            }
        }
        guard faults.errors.isEmpty else { throw TableErrors(faults.errors) }
        self.profiles = profiles
    }

    public subscript(_ name: String) -> Profile? { profiles[name] }

    /// The checks that a row may ask for, in words: what `docs/profiles.md` lists.
    public static var vocabulary: [(words: String, asks: String)] { ProfileCheck.vocabulary }

    /// The sets of characters that `characters` asks for.
    public static var characterSets: [(name: String, says: String)] {
        ProfileCharacters.allCases.map { ($0.rawValue, $0.says) }
    }

    /// Sorted.
    public var names: [String] { profiles.keys.sorted() }

    private static let top = TableSheet.Cell(text: "", line: 1, column: 1)

    private static func sheet(_ name: String, _ files: [TableFile], _ faults: inout TableFaults) -> TableSheet? {
        guard let file = files.first(where: { $0.name == name }) else {
            faults.add(name, top, "the table is missing", "add it: profiles are checked with it")
            return nil
        }
        do {
            return try TableSheet(file)
        } catch {
            faults.add(contentsOf: error)
            return nil
        }
    }

    /// Codes that are published outside of the schemas, by set, of every table of `codesets/` that lists them.
    private static func codeSets(_ files: [TableFile], _ faults: inout TableFaults) -> [String: Set<String>] {
        var sets: [String: Set<String>] = [:]
        for file in files where file.name.hasPrefix("codesets/") && file.name != ProfileCountries.file {
            guard let sheet = sheet(file.name, files, &faults), sheet.columns == ["set", "code"] else { continue }
            for row in sheet.rows { sets[row.cells[0].text, default: []].insert(row.cells[1].text) }
        }
        return sets
    }
}

/// Holds the paths of rules against the schemas of the messages that a profile takes.
struct ProfileShapes {
    private let schemas: XMLSchemaFolder
    private var shapes: [String: XMLSchemaShape?] = [:]
    /// Definitions of headers that a profile may meet.
    private static let headers = ["head.001.001.01", "head.001.001.02", "head.001.001.03"]

    init(_ schemas: XMLSchemaFolder) {
        self.schemas = schemas
    }

    mutating func check(_ profile: Profile, _ faults: inout TableFaults) {
        for row in profile.sheet.rows {
            let headers = profile.headers.isEmpty ? Self.headers : profile.headers
            let definitions = (profile.messages + headers).filter { row.rule.concerns($0) }
            if let path = unknown(row.path, definitions) {
                faults.add(
                    profile.sheet.file, row.cells.path, "no schema knows \(path)",
                    "mend the path; it begins below the message's own element")
            }
            for other in row.check.paths {
                guard let path = unknown(other, definitions) else { continue }
                faults.add(profile.sheet.file, row.cells.check, "no schema knows \(path)", "mend the path in the check")
            }
            for clause in row.clauses {
                guard let path = unknown(clause.path, definitions) else { continue }
                faults.add(
                    profile.sheet.file, row.cells.when, "no schema knows \(path)", "mend the path in the condition")
            }
        }
    }

    /// The first way of a path that a schema does not know; nil when all are known, or there is no schema to ask.
    private mutating func unknown(_ path: ProfilePath, _ definitions: [String]) -> String? {
        if path.isEveryText { return nil }
        let known = (path.origin == .header ? Self.headers : definitions).compactMap { shape($0) }
        guard !known.isEmpty else { return nil }
        for way in ProfilePath.ways(path.steps).prefix(ProfileLimits.alternatives) {
            let isKnown =
                path.origin == .message
                ? known.allSatisfy { $0.knows(way, anywhere: false) }
                : known.contains { $0.knows(way, anywhere: path.origin == .anywhere) }
            if !isKnown { return way.joined(separator: "/") }
        }
        return nil
    }

    private mutating func shape(_ definition: String) -> XMLSchemaShape? {
        if let known = shapes[definition] { return known }
        // A schema that cannot be read is told where schemas are checked.
        let shape = try? schemas.shape(file: "\(definition).xsd")
        shapes[definition] = .some(shape)
        return shape
    }
}

extension XMLSchemaShape {
    /// Whether a path leads somewhere, from the message's own element or from any.
    func knows(_ path: [String], anywhere: Bool) -> Bool {
        var starts: [String] = []
        for root in roots {
            if root.name != "Document" {
                starts.append(root.type)
            } else {
                starts += Self.elements(content(of: root.type) ?? []).map(\.type)
            }
        }
        if !anywhere { return starts.contains { leads(path[...], from: $0) } }
        var seen = Set(starts)
        while let type = starts.popLast() {
            if leads(path[...], from: type) { return true }
            for element in Self.elements(content(of: type) ?? []) where seen.insert(element.type).inserted {
                starts.append(element.type)
            }
        }
        return false
    }

    private func leads(_ path: ArraySlice<String>, from type: String) -> Bool {
        guard let first = path.first else { return true }
        // Attributes are not part of a shape: of those that ISO 20022 has, a currency's is the one that rules name.
        if first == "@Ccy" { return path.count == 1 && content(of: type) == nil }
        return Self.elements(content(of: type) ?? []).contains {
            $0.name == first && leads(path.dropFirst(), from: $0.type)
        }
    }
}

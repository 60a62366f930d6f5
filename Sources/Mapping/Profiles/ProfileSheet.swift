import Payments

/// A table of rules as its rows stand, understood; and what they look up.
struct ProfileSheet: Sendable {
    struct Clause: Sendable {
        enum Test: Sendable {
            case present
            case oneOf([String])
            case starts([String])
        }

        let path: ProfilePath
        let test: Test
        let isNegated: Bool
    }

    struct Row: Sendable {
        let rule: ProfileRule
        let path: ProfilePath
        let check: ProfileCheck
        let clauses: [Clause]
        let isAny: Bool
        /// For faults that other tables bring to light.
        let cells: Cells
    }

    struct Cells: Sendable {
        let path: TableSheet.Cell
        let check: TableSheet.Cell
        let when: TableSheet.Cell
    }

    static let columns = [
        "rule", "message", "path", "check", "when", "severity", "since", "source", "says", "mend",
    ]

    let file: String
    var rows: [Row] = []
    var asks = ProfileAsks()
    let codeSets: [String: Set<String>]
    let countries: ProfileCountries

    init(_ sheet: TableSheet, codeSets: [String: Set<String>], countries: ProfileCountries, _ faults: inout TableFaults)
    {
        file = sheet.file
        self.codeSets = codeSets
        self.countries = countries
        guard sheet.columns == Self.columns else {
            faults.add(
                file, TableSheet.Cell(text: "", line: 1, column: 1), "the header row is not the one of profiles",
                "write the columns \(Self.columns.joined(separator: ", "))")
            return
        }
        var lines: [String: Int] = [:]
        for row in sheet.rows {
            let id = row.cells[0]
            if let first = lines[id.text] {
                faults.add(
                    file, id, "the rule \(id.text) stands in line \(first) too", "give the rule a name of its own")
            }
            lines[id.text] = id.line
            if let parsed = self.row(row, &faults) { rows.append(parsed) }
        }
        for row in rows {
            asks.note(row.path)
            for clause in row.clauses { asks.note(clause.path) }
            for path in row.check.paths { asks.note(path) }
        }
        if !rows.contains(where: { if case .version = $0.check { true } else { false } }) {
            faults.add(
                file, TableSheet.Cell(text: "", line: 1, column: 1), "no rule says which messages the profile takes",
                "add a row with the check version A|B for each family")
        }
    }

    private func row(_ row: TableSheet.Row, _ faults: inout TableFaults) -> Row? {
        let cells = row.cells
        func fault(_ cell: Int, _ problem: String, _ remedy: String) {
            faults.add(file, cells[cell], problem, remedy)
        }
        var isSound = true
        for (cell, name) in [(0, "rule"), (7, "source"), (8, "says"), (9, "mend")] where cells[cell].text.isEmpty {
            fault(cell, "the \(name) is empty", "say it: a finding shows it")
            isSound = false
        }
        let messages = cells[1].text.split(separator: "|").map(String.init)
        if messages.isEmpty || !messages.allSatisfy(Self.isMessage) {
            fault(1, "\(cells[1].text) is no message", "write *, head, a family such as pacs.008 or a definition")
            isSound = false
        }
        guard let path = ProfilePath(cell: cells[2].text) else {
            fault(
                2, "\(cells[2].text) is not a path",
                "separate names by /, alternatives by |; a scope ends in :, // is any depth, . is the message"
            )
            return nil
        }
        guard let check = ProfileCheck(cells[3].text, of: path) else {
            fault(3, "\(cells[3].text) is not a check", "write one of the vocabulary (docs/profiles.md)")
            return nil
        }
        if let problem = check.problem(at: path, hasCondition: !cells[4].text.isEmpty, sets: codeSets) {
            fault(3, problem.0, problem.1)
            isSound = false
        }
        let condition = condition(cells[4], path, &faults)
        guard let severity = ProfileRule.Severity(rawValue: cells[5].text) else {
            fault(5, "\(cells[5].text) is no severity", "write refuse or warn")
            return nil
        }
        guard let (from, until) = Self.days(cells[6].text) else {
            fault(6, "\(cells[6].text) is no day or span of days", "write YYYY-MM-DD, A..B, ..B or -")
            return nil
        }
        guard isSound, let condition else { return nil }
        let rule = ProfileRule(
            id: cells[0].text, messages: messages, path: cells[2].text, check: cells[3].text, when: cells[4].text,
            severity: severity, from: from, until: until, source: cells[7].text, says: cells[8].text,
            mend: cells[9].text, line: row.line)
        return Row(
            rule: rule, path: path, check: check, clauses: condition.0, isAny: condition.1,
            cells: Cells(path: cells[2], check: cells[3], when: cells[4]))
    }

    private func condition(
        _ cell: TableSheet.Cell, _ path: ProfilePath, _ faults: inout TableFaults
    ) -> ([Clause], Bool)? {
        guard !cell.text.isEmpty else { return ([], false) }
        let remedy = "write PATH present, PATH absent, PATH = A, PATH in A|B or PATH starts A, with and or or between"
        guard let words = ConditionWords(cell.text), !words.isElse else {
            faults.add(file, cell, "\(cell.text) is not a condition", remedy)
            return nil
        }
        var clauses: [Clause] = []
        for word in words.clauses {
            guard let place = ProfilePath(reference: word.field, of: path) else {
                faults.add(file, cell, "\(word.field) is not a path", remedy)
                return nil
            }
            let test: Clause.Test
            switch word.test {
            case "present": test = .present
            case "=", "in": test = .oneOf(word.values)
            case "starts": test = .starts(word.values)
            default:
                faults.add(file, cell, "\(word.test) is not a test of a message", remedy)
                return nil
            }
            clauses.append(Clause(path: place, test: test, isNegated: word.negated))
        }
        return (clauses, words.any)
    }

    /// `-`, a day on which a rule begins, or a span.
    private static func days(_ text: String) -> (CivilDate?, CivilDate?)? {
        if text.isEmpty { return (nil, nil) }
        guard let dots = text.firstRange(of: "..") else { return CivilDate(text).map { ($0, nil) } }
        let (first, last) = (text[..<dots.lowerBound], text[dots.upperBound...])
        let (from, until) = (CivilDate(first), CivilDate(last))
        guard first.isEmpty || from != nil, last.isEmpty || until != nil, from != nil || until != nil else {
            return nil
        }
        if let from, let until, from > until { return nil }
        return (from, until)
    }

    private static func isMessage(_ name: String) -> Bool {
        if name == "*" || name == "head" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 4, parts[0].utf8.count == 4 else { return false }
        return parts.dropFirst().allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(ProfileShape.isDigit) }
    }
}

extension ProfileCheck {
    /// Paths that a check names beside its own.
    var paths: [ProfilePath] {
        switch self {
        case .group(_, let paths): paths
        case .cross(_, let path), .counts(let path), .sums(let path): [path]
        default: []
        }
    }

    /// Why a check cannot stand at a path, and what to do.
    func problem(
        at path: ProfilePath, hasCondition: Bool, sets: [String: Set<String>]
    ) -> (String, String)? {
        let isHere = path.rest.isEmpty && !path.isEveryText
        switch self {
        case .group, .version, .taken, .headed:
            if !isHere || path.origin == .anywhere && path.scope.isEmpty {
                return ("the check is about what holds something", "write . as the path, or a scope and :.")
            }
        case .address:
            if !isHere || path.scope.isEmpty { return ("an address is a scope", "end the path in :.") }
        case .codeSet(let name):
            if sets[name] == nil {
                return ("there is no set \(name)", "add it to codesets/, or name one that is there")
            }
            fallthrough
        default:
            if isHere { return ("the path names no element below its scope", "name one") }
        }
        if path.isEveryText {
            if hasCondition { return ("every text is asked at once", "remove the condition") }
            switch self {
            case .text, .codes, .codeSet, .starts, .like: break
            default: return ("//* takes a test of one text alone", "name an element")
            }
        }
        if path.origin == .header {
            switch self {
            case .text, .codes, .codeSet, .starts, .like, .present, .cross, .definition: break
            default: return ("the header is compared, not searched, by a message's rule", "write a rule of head")
            }
        }
        switch self {
        case .version, .taken, .headed:
            return hasCondition ? ("the check is about the message as a whole", "remove the condition") : nil
        default: return nil
        }
    }
}

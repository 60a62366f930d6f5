import Mapping
import Payments

/// What messages and codes mean in plain words, from the tables.
struct ExplainWords: Sendable {
    struct Kind: Sendable {
        /// Such as `pacs.008`.
        var family: String
        var root: String
        var name: String
        var says: String
    }

    private var kinds: [Kind] = []
    private var words: [String: [String: String]] = [:]
    private var listed: [String: Set<String>] = [:]
    fileprivate let codes: CodeTables

    private static let messages = "explain/messages.tsv"
    private static let codeWords = "explain/codes.tsv"

    init(_ tables: Tables) throws(TableErrors) {
        codes = tables.mappings.codes
        for file in tables.files where file.name == Self.messages {
            for row in try TableSheet(file).rows where row.cells.count == 4 {
                let cells = row.cells.map(\.text)
                kinds.append(Kind(family: cells[0], root: cells[1], name: cells[2], says: cells[3]))
            }
        }
        for file in tables.files where file.name == Self.codeWords {
            for row in try TableSheet(file).rows where row.cells.count == 3 {
                words[row.cells[0].text, default: [:]][row.cells[1].text] = row.cells[2].text
            }
        }
        for file in tables.files where file.name.hasPrefix("codesets/") {
            let sheet = try TableSheet(file)
            guard sheet.columns == ["set", "code"] else { continue }
            for row in sheet.rows { listed[row.cells[0].text, default: []].insert(row.cells[1].text) }
        }
    }

    /// What a message is: by its definition, else by the element that holds it.
    func kind(definition: String, root: String) -> Kind? {
        let family = definition.split(separator: ".").prefix(2).joined(separator: ".")
        return kinds.first { $0.family == family } ?? kinds.first { $0.root == root }
    }

    /// A code with its meaning: `CLRG, through a clearing system`.
    func code(_ code: String?, _ set: String) -> String? {
        guard let code, !code.isEmpty else { return nil }
        return says(code, set).map { "\(code), \($0.lowercasedFirst)" } ?? code
    }

    func says(_ code: String, _ set: String) -> String? {
        if let words = words[set]?[code] { return words }
        switch set {
        case "status": return canonical(code, "statuses")
        case "reason", "cancellation", "cancellationRefusal": return canonical(code, "reasons")
        case "chargeBearer": return canonical(code, "charge-bearers")
        case "settlementMethod": return canonical(code, "settlement-methods")
        case "proxy": return canonical(code, "identifiers")
        default: return nil
        }
    }

    private func canonical(_ code: String, _ table: String) -> String? {
        guard let table = codes.table(table), let canonical = table.canonical(of: code, in: "iso") else { return nil }
        return table.says(canonical)
    }

    /// Whether a code is in the published set; nil when no table holds the set.
    func isListed(_ code: String, in set: String) -> Bool? { listed[set].map { $0.contains(code) } }
}

extension ExplainWords {
    /// A reason of a network's own, where it is one of the codes that a Mojaloop hub puts there.
    func ofNetwork(_ code: String) -> String? {
        guard let table = codes.table("reasons"), let canonical = table.canonical(of: code, in: "fspiop") else {
            return nil
        }
        return table.says(canonical)
    }
}

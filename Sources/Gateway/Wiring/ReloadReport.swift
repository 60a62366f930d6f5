import FormatJSON
import Mapping

/// What a reload did, or would do.
struct ReloadReport: Sendable {
    enum Outcome: String, Sendable {
        case reloaded, unchanged, wouldReload, refused
        /// Another reload was under way.
        case busy
    }

    static let mostFaultsLogged = 50

    let outcome: Outcome
    /// Hash of all files that were in use, and of those that are read.
    let from: String
    let to: String?
    /// Hash of the mapping tables and schemas that new payments begin with afterwards.
    let tables: String
    let changes: [TableChange]
    let faults: [TableError]

    init(
        _ outcome: Outcome, from: Installed, to: Installed? = nil, _ changes: [TableChange] = [],
        faults: [TableError] = []
    ) {
        self.outcome = outcome
        self.from = from.hash
        self.to = to?.hash
        tables = (to ?? from).version
        self.changes = changes
        self.faults = faults
    }

    var json: JSONValue {
        let changes = changes.map { change -> JSONValue in
            .members([
                "file": .string(change.name), "before": change.before.map { .string($0) },
                "after": change.after.map { .string($0) }, "rowsAdded": .integer(change.rowsAdded),
                "rowsRemoved": .integer(change.rowsRemoved),
            ])
        }
        return .members([
            "outcome": .string(outcome.rawValue), "from": .string(from), "to": to.map { .string($0) },
            "tables": .string(tables), "changes": .array(changes), "faults": .array(faults.map(\.json)),
        ])
    }

    /// For a person, from the JSON that the running process answered.
    static func text(_ json: JSONValue) -> String {
        func word(_ value: JSONValue, _ name: String) -> String { value[name]?.string ?? "-" }
        func number(_ value: JSONValue, _ name: String) -> String { value[name]?.description ?? "0" }
        let head: String
        switch word(json, "outcome") {
        case "reloaded": head = "reloaded: \(word(json, "from")) -> \(word(json, "to"))"
        case "wouldReload": head = "a reload would change \(word(json, "from")) -> \(word(json, "to"))"
        case "unchanged": head = "unchanged: \(word(json, "from"))"
        case "busy": head = "another reload is under way: look again"
        default: head = "not reloaded, the tables in use stay: \(word(json, "from"))"
        }
        let changes = (json["changes"]?.array ?? []).map { change in
            "  \(word(change, "file"))  \(word(change, "before").prefix(8)) -> \(word(change, "after").prefix(8))  "
                + "+\(number(change, "rowsAdded")) -\(number(change, "rowsRemoved")) rows"
        }
        let faults = (json["faults"]?.array ?? []).map { fault in
            "\(word(fault, "file")):\(number(fault, "line")):\(number(fault, "column")): \(word(fault, "problem")); "
                + word(fault, "remedy")
        }
        return ([head] + changes + faults).joined(separator: "\n")
    }
}

extension TableError {
    var json: JSONValue {
        [
            "file": .string(file), "line": .integer(line), "column": .integer(column), "problem": .string(problem),
            "remedy": .string(remedy),
        ]
    }
}

import FormatJSON

/// What came of many files, in numbers.
struct CheckSummary: Sendable, Equatable {
    private(set) var files: [CheckVerdict: Int] = [:]
    /// By definition; a header counts with the message that it belongs to.
    private(set) var messages: [String: [CheckVerdict: Int]] = [:]
    /// By layer and rule, as `CheckFinding.name`.
    private(set) var findings: [String: Int] = [:]
    private(set) var parts = 0
    private(set) var warnings = 0

    /// Names come from documents: those beyond the limit are counted together.
    static let greatestNames = 1_000
    private static let others = "others"

    mutating func note(_ file: CheckedFile) {
        files[file.verdict, default: 0] += 1
        parts += file.parts.count
        for part in file.parts {
            if part.isMessage {
                messages[CheckSummary.name(part.definition, in: messages), default: [:]][part.verdict, default: 0] += 1
            }
            for finding in part.findings {
                findings[CheckSummary.name(finding.name, in: findings), default: 0] += 1
                if finding.severity == .warning { warnings += 1 }
            }
        }
    }

    private static func name<Value>(_ name: String, in counted: [String: Value]) -> String {
        counted.count < greatestNames || counted[name] != nil ? name : others
    }

    var fileCount: Int { files.values.reduce(0, +) }

    /// 0: all in order; 1: something is invalid; 2: nothing is, and of something nothing can be said.
    var exitCode: Int32 {
        if files[.invalid] != nil { return 1 }
        return files[.unsupported] != nil ? 2 : 0
    }

    var text: [String] {
        var lines = ["\(fileCount) files: \(CheckSummary.counts(files))"]
        if !messages.isEmpty {
            lines.append("messages")
            let rows = messages.sorted { $0.key < $1.key }.map { name, verdicts in
                ["  \(name)", "\(verdicts.values.reduce(0, +))", CheckSummary.counts(verdicts)]
            }
            lines.append(Columns.text(rows))
        }
        if !findings.isEmpty {
            lines.append("findings")
            lines.append(Columns.text(byCount.map { ["  \($0.value)", $0.key] }))
        }
        return lines
    }

    /// The most frequent first.
    private var byCount: [(key: String, value: Int)] {
        findings.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
    }

    private static func counts(_ verdicts: [CheckVerdict: Int]) -> String {
        CheckVerdict.allCases.map { "\(verdicts[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
    }

    var json: JSONValue {
        var types = JSONObject()
        for (name, verdicts) in messages.sorted(by: { $0.key < $1.key }) { types[name] = CheckSummary.json(verdicts) }
        var rules = JSONObject()
        for (name, count) in byCount { rules[name] = .integer(count) }
        return .members([
            "files": CheckSummary.json(files), "messages": .object(types), "findings": .object(rules),
            "warnings": .integer(warnings),
        ])
    }

    private static func json(_ verdicts: [CheckVerdict: Int]) -> JSONValue {
        var object = JSONObject()
        for verdict in CheckVerdict.allCases { object[verdict.rawValue] = .integer(verdicts[verdict] ?? 0) }
        return .object(object)
    }
}

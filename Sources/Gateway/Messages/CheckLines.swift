import FormatJSON

/// What is said of a file: lines for people, objects for programs.
enum CheckLines {
    /// - Parameter isQuiet: Nothing of what is in order.
    static func text(_ file: CheckedFile, isQuiet: Bool) -> [String] {
        file.parts.flatMap { part in
            var lines: [String] = []
            switch part.verdict {
            case .ok: if !isQuiet { lines.append("ok \(file.name) \(part.path) \(part.definition)") }
            case .unsupported: lines.append("unsupported \(file.name) \(part.path) \(part.unsupported)")
            case .invalid: break
            }
            for finding in part.findings { lines += text(finding, file.name, part) }
            return lines
        }
    }

    private static func text(_ finding: CheckFinding, _ file: String, _ part: CheckedPart) -> [String] {
        let word = finding.severity == .error ? "invalid" : "warning"
        let rule = finding.profile.isEmpty ? finding.rule : "\(finding.profile)/\(finding.rule)"
        let says = finding.path.isEmpty ? finding.says : "\(finding.path): \(finding.says)"
        var lines = [
            "\(word) \(file):\(finding.line):\(finding.column) \(part.path) \(finding.layer.rawValue) \(rule) \(says)"
        ]
        if !finding.found.isEmpty { lines.append("  found  \(finding.found)") }
        if !finding.mend.isEmpty { lines.append("  mend   \(finding.mend)") }
        if !finding.source.isEmpty { lines.append("  source \(finding.source)") }
        return lines
    }

    /// One object a part; the members are listed in docs/messages.md.
    static func objects(_ file: CheckedFile) -> [JSONValue] {
        file.parts.map { part in
            .members([
                "file": .string(file.name), "part": .string(part.path), "message": .string(part.definition),
                "verdict": .string(part.verdict.rawValue),
                "reason": part.unsupported.isEmpty ? nil : .string(part.unsupported),
                "profiles": part.profiles.isEmpty ? nil : .array(part.profiles.map { .string($0) }),
                "faults": part.findings.isEmpty ? nil : .array(part.findings.map(object)),
            ])
        }
    }

    static func object(_ finding: CheckFinding) -> JSONValue {
        func filled(_ text: String) -> JSONValue? { text.isEmpty ? nil : .string(text) }
        return .members([
            "layer": .string(finding.layer.rawValue), "severity": .string(finding.severity.rawValue),
            "profile": filled(finding.profile), "rule": .string(finding.rule), "path": .string(finding.path),
            "line": .integer(finding.line), "column": .integer(finding.column), "found": .string(finding.found),
            "text": .string(finding.says), "mend": filled(finding.mend), "source": filled(finding.source),
        ])
    }
}

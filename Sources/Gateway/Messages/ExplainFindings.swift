import FormatXML
import SchemeISO20022

/// What schema and rails say of the messages of a file, for its explanation.
struct ExplainFindings {
    private let parts: [(position: XMLPosition, part: CheckedPart)]
    private let opinions: [RailOpinion]

    init(_ bytes: [UInt8], _ checker: MessageChecker, _ rails: Rails) {
        let examined = checker.examiner.examine(bytes, through: .schema, limits: MessageChecker.limits)
        let checked = checker.check(bytes, MessageFile(name: "-"))
        parts = zip(examined, checked.parts).map { ($0.position, $1) }
        opinions = rails.opinions(
            bytes, examined.map { (definition: $0.definition, place: $0.position) }, MessageChecker.limits)
    }

    func tell(_ message: ExplainedMessage, _ told: inout Explanation) {
        // Where a network names the message anew, the part begins at the element around it.
        let index = parts.lastIndex { position, part in
            part.definition == message.definition
                && (position.line, position.column) <= (message.position.line, message.position.column)
        }
        guard let index else { return }
        let part = parts[index].part
        let findings = part.findings.filter { $0.layer == .schema }
        var schema = Explanation("schema", "")
        switch part.verdict {
        case _ where !findings.isEmpty: schema.title = "schema: \(findings.count) findings"
        case .unsupported: schema.title = "schema: \(part.unsupported)"
        default: schema.title = "schema: valid"
        }
        schema.mark("verdict", findings.isEmpty ? (part.unsupported.isEmpty ? "ok" : "unsupported") : "invalid")
        schema.add(findings.map(section), atMost: Explainer.greatestFindings)
        told.sections.append(schema)
        for opinion in opinions {
            guard let found = opinion.findings[index] else { continue }
            // The header that stands before a message is judged with it.
            let header = index > 0 && parts[index - 1].part.definition.hasPrefix("head.") ? index - 1 : nil
            let ofHeader = header.flatMap { opinion.findings[$0] } ?? []
            told.sections.append(rail(opinion.profile, ofHeader + found))
        }
    }

    private func rail(_ profile: String, _ found: [CheckFinding]) -> Explanation {
        let refusing = found.count { $0.severity == .error }
        let warning = found.count - refusing
        var says = refusing == 0 ? "would take it" : "would refuse it: \(refusing) finding\(refusing == 1 ? "" : "s")"
        if warning > 0 { says += refusing == 0 ? ", with \(warning) to look at" : ", and \(warning) to look at" }
        var told = Explanation("rails", "rail \(profile) \(says)")
        told.mark("profile", profile)
        told.mark("verdict", refusing == 0 ? "ok" : "invalid")
        told.mark("errors", String(refusing))
        told.mark("warnings", String(warning))
        let worst = found.filter { $0.severity == .error } + found.filter { $0.severity == .warning }
        told.add(worst.map(section), atMost: 3)
        return told
    }

    private func section(_ finding: CheckFinding) -> Explanation {
        let shown = finding.found.isEmpty ? "" : " (\(finding.found))"
        let rule = finding.profile.isEmpty ? "" : " [\(finding.rule)]"
        let place = [finding.line > 0 ? "line \(finding.line)" : "", finding.path].filter { !$0.isEmpty }
        let at = place.isEmpty ? "" : place.joined(separator: " ") + ": "
        var told = Explanation("findings", "\(at)\(finding.says)\(shown)\(rule)")
        told.mark("rule", finding.rule)
        told.mark("path", finding.path)
        told.mark("line", String(finding.line))
        told.mark("says", finding.says)
        told.mark("found", finding.found)
        if !finding.mend.isEmpty { told.tell("mend", "mend", finding.mend) }
        return told
    }
}

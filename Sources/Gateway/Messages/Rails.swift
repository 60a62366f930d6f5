import FormatJSON
import FormatXML
import Mapping
import Payments

/// What one rail says of the parts of a file.
struct RailOpinion: Sendable {
    var profile: String
    /// By part, in the order of the file; a part that the rail was not asked about has no entry.
    var findings: [Int: [CheckFinding]] = [:]
}

/// The rules of rails, held against the messages of a file. Each message is judged for itself, with the header that
/// stands before it.
struct Rails: Sendable {
    let profiles: [Profile]
    /// Of all rails those that take the message; it is in order when one of them would take it.
    let isAuto: Bool
    let day: CivilDate

    /// What each rail that was asked says.
    /// - Parameter parts: of the examiner, with their places.
    func opinions(_ bytes: [UInt8], _ parts: [(definition: String, place: XMLPosition)], _ limits: XMLLimits)
        -> [RailOpinion]
    {
        let messages = parts.map(\.definition).filter { !$0.isEmpty && !$0.hasPrefix("head.") }
        let asked = profiles.filter { profile in
            guard profile.format == .xml, isAuto else { return profile.format == .xml }
            let taken = Set(profile.messages(asOf: day))
            return messages.contains { taken.contains($0) }
        }
        guard !asked.isEmpty, !messages.isEmpty else { return [] }
        var sink = RailSink(asked, day, parts)
        var limits = limits
        limits.roots = max(2, limits.roots)
        // The examiner has told what breaks the reading.
        _ = try? XMLReader(limits: limits).read(bytes, into: &sink)
        var opinions = sink.finish()
        if isAuto {
            for (index, profile) in asked.enumerated() {
                let taken = Set(profile.messages(asOf: day))
                opinions[index].findings = opinions[index].findings.filter { part, _ in
                    let message = Rails.message(of: part, in: parts)
                    return message.map { taken.contains(parts[$0].definition) } ?? false
                }
            }
        }
        return opinions
    }

    /// The message that a part is, or that a header is for.
    private static func message(of part: Int, in parts: [(definition: String, place: XMLPosition)]) -> Int? {
        guard parts[part].definition.hasPrefix("head.") else { return part }
        return parts.indices.first { $0 > part && !parts[$0].definition.hasPrefix("head.") }
    }

    /// Adds what the rails find to the parts of a file.
    func judge(_ bytes: [UInt8], _ places: [XMLPosition], _ parts: inout [CheckedPart], _ limits: XMLLimits) {
        let described = zip(parts, places).map { (definition: $0.definition, place: $1) }
        tell(opinions(bytes, described, limits), &parts)
    }

    /// Adds what the rails that were asked say to the parts that they say it of.
    func tell(_ opinions: [RailOpinion], _ parts: inout [CheckedPart]) {
        if isAuto { return choose(opinions, &parts) }
        for profile in profiles where profile.format != .xml {
            for index in parts.indices where parts[index].isMessage {
                parts[index].leave("\(profile.name) is of messages in \(profile.format.rawValue.uppercased())")
            }
        }
        for (profile, opinion) in zip(profiles.filter({ $0.format == .xml }), opinions) {
            let taken = profile.messages(asOf: day)
            for (index, found) in opinion.findings {
                parts[index].findings += found
                parts[index].profiles.append(profile.name)
                if parts[index].isMessage, !taken.isEmpty, !taken.contains(parts[index].definition),
                    !found.contains(where: { $0.severity == .error })
                {
                    parts[index].leave("\(profile.name) does not take \(parts[index].definition)")
                }
            }
        }
    }

    /// Of the rails that take a message: those that find nothing against it, else the one that finds least.
    private func choose(_ opinions: [RailOpinion], _ parts: inout [CheckedPart]) {
        for index in parts.indices where parts[index].isMessage && parts[index].verdict != .invalid {
            let header = parts.indices.last { $0 < index }.flatMap { before in
                parts[before].definition.hasPrefix("head.") ? before : nil
            }
            func errors(_ opinion: RailOpinion) -> Int {
                [index, header].compactMap { $0 }.reduce(0) { sum, part in
                    sum + (opinion.findings[part] ?? []).count { $0.severity == .error }
                }
            }
            let asked = opinions.filter { $0.findings[index] != nil }
            guard let nearest = asked.min(by: { errors($0) < errors($1) }) else { continue }
            let taking = asked.filter { errors($0) == 0 }
            for opinion in taking.isEmpty ? [nearest] : taking {
                for part in [header, index].compactMap({ $0 }) {
                    parts[part].findings += opinion.findings[part] ?? []
                    parts[part].profiles.append(opinion.profile)
                }
            }
        }
    }

    // MARK: JSON

    /// A message in JSON does not say which it is: of those that its members allow, the one that fits best.
    func judge(json bytes: [UInt8], _ part: inout CheckedPart) {
        guard let value = try? JSONValue.parse(bytes) else { return }
        let families = Rails.families(value)
        var told: [(profile: String, definition: String, findings: [CheckFinding])] = []
        for profile in profiles where profile.format == .json {
            let definitions = profile.messages(asOf: day).filter { name in
                families.contains { name.hasPrefix($0 + ".") }
            }
            let found = definitions.compactMap { definition -> (String, String, [CheckFinding])? in
                guard let verdict = try? profile.examine(json: bytes, message: definition, asOf: day) else {
                    return nil
                }
                return (profile.name, definition, Rails.findings(verdict))
            }
            if let best = found.min(by: { Rails.errors($0.2) < Rails.errors($1.2) }) { told.append(best) }
        }
        guard let first = told.min(by: { Rails.errors($0.findings) < Rails.errors($1.findings) }) else {
            let names = profiles.filter { $0.format == .json }.map(\.name).joined(separator: ", ")
            part.leave(
                names.isEmpty
                    ? "it is JSON: none of the rails asked about writes so"
                    : "\(names) takes no message of these members")
            return
        }
        part.definition = first.definition
        for each in isAuto ? [first] : told {
            part.findings += each.findings
            part.profiles.append(each.profile)
        }
    }

    private static func errors(_ findings: [CheckFinding]) -> Int { findings.count { $0.severity == .error } }

    /// Families of messages that have these members.
    private static func families(_ value: JSONValue) -> [String] {
        if value["TxInfAndSts"] != nil || value["OrgnlGrpInfAndSts"] != nil { return ["pacs.002"] }
        if value["Rpt"] != nil { return ["acmt.024"] }
        if value["Vrfctn"] != nil { return ["acmt.023"] }
        if value["TxInf"] != nil { return ["pacs.004", "pacs.028"] }
        guard let transfer = value["CdtTrfTxInf"] else { return [] }
        if transfer["UndrlygCstmrCdtTrf"] != nil || transfer[0]?["UndrlygCstmrCdtTrf"] != nil {
            return ["pacs.009", "pacs.091", "pacs.092"]
        }
        return ["pacs.008", "pacs.082", "pacs.081"]
    }

    static func findings(_ verdict: ProfileVerdict) -> [CheckFinding] {
        var findings = verdict.findings.map { found in
            CheckFinding(
                layer: .profile, severity: found.severity == .refuse ? .error : .warning, profile: found.profile,
                rule: found.rule, path: found.path, line: found.line, column: found.column,
                found: OffendingText.shown(found.text), says: found.says, mend: found.mend, source: found.source)
        }
        if verdict.omitted > 0, let last = findings.last {
            findings.append(
                CheckFinding(
                    layer: .profile, severity: .warning, profile: last.profile, rule: "more", path: "", line: last.line,
                    column: last.column, says: "\(verdict.omitted) further findings are not listed.",
                    mend: "Mend these first."))
        }
        return findings
    }
}

extension CheckedPart {
    /// Notes why nothing can be said, unless something is noted.
    fileprivate mutating func leave(_ why: String) {
        if unsupported.isEmpty { unsupported = why }
    }
}

/// Gives the parts of a document to the readers of several rails, in one pass.
private struct RailSink: XMLSink {
    /// A reader cannot be copied, and so stands in no array.
    private final class Box {
        let profile: Profile
        var reader: ProfileReader?

        init(_ profile: Profile) { self.profile = profile }
    }

    private let day: CivilDate
    private let boxes: [Box]
    private let parts: [(definition: String, place: XMLPosition)]
    private var opinions: [RailOpinion]
    /// The part that comes next.
    private var next = 0
    private var current: Int?
    private var header: Int?
    private var depth = 0
    private var partDepth = 0

    init(_ profiles: [Profile], _ day: CivilDate, _ parts: [(definition: String, place: XMLPosition)]) {
        self.day = day
        self.parts = parts
        boxes = profiles.map(Box.init)
        opinions = profiles.map { RailOpinion(profile: $0.name) }
    }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        depth += 1
        if current == nil, next < parts.count, parts[next].place == position {
            current = next
            partDepth = depth
            next += 1
            for box in boxes where box.reader == nil { box.reader = box.profile.reader(asOf: day) }
        }
        guard current != nil else { return .next }
        for box in boxes { _ = box.reader?.start(name, attributes: attributes, at: position) }
        return .next
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        guard current != nil else { return .next }
        for box in boxes { _ = box.reader?.text(bytes) }
        return .next
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        if let current {
            for box in boxes { _ = box.reader?.end(name) }
            if depth == partDepth { ended(current) }
        }
        depth -= 1
        return .next
    }

    private mutating func ended(_ part: Int) {
        current = nil
        if parts[part].definition.hasPrefix("head.") {
            // It stays with the reader until its message has come.
            header = part
        } else {
            gather(part)
            header = nil
        }
    }

    private mutating func gather(_ part: Int) {
        for (index, box) in boxes.enumerated() {
            guard var reader = box.reader.take() else { continue }
            let findings = Rails.findings(reader.finish())
            let ofHeader = header == nil ? [] : findings.filter { $0.path == "AppHdr" || $0.path.hasPrefix("AppHdr/") }
            opinions[index].findings[part] = findings.filter { !ofHeader.contains($0) }
            if let header { opinions[index].findings[header] = ofHeader }
        }
    }

    /// A header that no message followed is judged alone.
    mutating func finish() -> [RailOpinion] {
        if let header {
            self.header = nil
            gather(header)
        }
        return opinions
    }
}

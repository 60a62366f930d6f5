import FormatJSON
import FormatXML
import SchemeISO20022

/// Checks one file after the other, on as many threads as one likes: what it holds is read only.
struct MessageChecker: Sendable {
    let examiner: ISO20022Examiner
    let depth: CheckDepth
    /// Rails whose rules are asked; nil when none are.
    let rails: Rails?
    /// Whether a large file says on the terminal how far it is.
    var showsProgress = false

    /// A file of many messages, such as a statement or a day's archive, is larger than what a network may send us; one
    /// that is larger still is read as a stream.
    static let limits = XMLLimits(documentBytes: 64 << 20, elements: 4_000_000, schemaErrors: 50)

    func check(_ file: MessageFile) -> CheckedFile {
        switch MessageFiles.read(file, greatestBytes: MessageChecker.limits.documentBytes) {
        case .none(let why): return CheckedFile(name: file.name, unsupported: why)
        case .large(let large): return check(large, file)
        case .bytes(let bytes): return check(bytes, file)
        }
    }

    func check(_ bytes: [UInt8], _ file: MessageFile) -> CheckedFile {
        let form = MessageForm(bytes)
        // A file that calls itself XML is held to it.
        if form == .json, !file.name.lowercased().hasSuffix(".xml") {
            return CheckedFile(name: file.name, parts: [json(bytes)])
        }
        if form == .other, file.isFound, !file.name.lowercased().hasSuffix(".xml") {
            return CheckedFile(name: file.name, unsupported: "it is no XML: it begins with \(beginning(bytes))")
        }
        let examined = examiner.examine(bytes, through: depth.examined, limits: MessageChecker.limits)
        var parts = examined.map(part)
        if let rails, !parts.contains(where: { $0.findings.contains { $0.layer == .wire } }) {
            rails.judge(bytes, examined.map(\.position), &parts, MessageChecker.limits)
        }
        show(&parts, bytes)
        return CheckedFile(name: file.name, parts: parts)
    }

    private func beginning(_ bytes: [UInt8]) -> String {
        let piece = OffendingText.piece(of: Array(bytes.prefix(64)), line: 1, column: 1)
        return piece.isEmpty ? "bytes that are no text" : String(piece.prefix(20))
    }

    func part(_ found: ISO20022Examiner.Finding) -> CheckedPart {
        var part = CheckedPart(path: found.part, definition: found.definition)
        switch found.verdict {
        case .ok: break
        case .unsupported(let why): part.unsupported = why
        case .invalid(let faults): part.findings = faults.map(finding)
        }
        return part
    }

    private func finding(_ fault: ISO20022Examiner.Fault) -> CheckFinding {
        let layer: CheckDepth
        let mend: String
        switch fault.layer {
        case .wire: (layer, mend) = (.wire, Mends.wire(fault.rule, says: fault.text))
        case .schema: (layer, mend) = (.schema, Mends.schema(fault.rule, says: fault.text, path: fault.path))
        case .business: (layer, mend) = (.business, Mends.business(fault.rule))
        }
        return CheckFinding(
            layer: layer, rule: fault.rule, path: fault.path, line: fault.line, column: fault.column, says: fault.text,
            mend: mend)
    }

    /// Adds the offending texts of findings that do not bring their own.
    private func show(_ parts: inout [CheckedPart], _ bytes: [UInt8]) {
        var places: [(part: Int, finding: Int)] = []
        var paths: [String] = []
        for (index, part) in parts.enumerated() {
            // A part's paths begin with the part itself.
            let outer = part.path.lastIndex(of: "/").map { String(part.path[..<$0]) } ?? ""
            for (place, finding) in part.findings.enumerated() where finding.found.isEmpty {
                if finding.layer == .wire {
                    parts[index].findings[place].found = OffendingText.piece(
                        of: bytes, line: finding.line, column: finding.column)
                } else if finding.layer != .profile {
                    places.append((index, place))
                    paths.append(finding.path.hasPrefix("/") ? outer + finding.path : finding.path)
                }
            }
        }
        let texts = OffendingText.find(paths, in: bytes, limits: MessageChecker.limits)
        for (place, text) in zip(places, texts) { parts[place.part].findings[place.finding].found = text ?? "" }
    }

    // MARK: ISO 20022 in JSON

    /// A message in JSON has no schema here: it is read, and held against the rails that speak so.
    private func json(_ bytes: [UInt8]) -> CheckedPart {
        var part = CheckedPart(path: "/", definition: "")
        var nothing = JSONNothing()
        do throws(JSONError) {
            try JSONReader(bytes, limits: MessageChecker.jsonLimits).read(into: &nothing)
        } catch {
            part.findings = [
                CheckFinding(
                    layer: .wire, rule: "json \(error.reason.rawValue)", path: error.path, line: error.line,
                    column: error.column,
                    found: OffendingText.piece(of: bytes, line: error.line, column: error.column), says: error.text,
                    mend: "Mend the JSON at this place.")
            ]
            return part
        }
        if depth == .wire { return part }
        guard let rails else {
            part.unsupported =
                "it is JSON, for which there is no schema; a rail's rules are held against it by --profile"
            return part
        }
        rails.judge(json: bytes, &part)
        return part
    }

    private static let jsonLimits = JSONLimits.standard
}

/// Reads to the end and keeps nothing.
private struct JSONNothing: JSONSink {}

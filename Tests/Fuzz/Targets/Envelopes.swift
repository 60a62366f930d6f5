import FormatXML
import Mapping
import SchemeISO20022

/// What finds headers and messages in a file, whatever is around them and in whatever encoding.
///
/// Oracles: the parts lie where they are said to lie, and are what they are said to be when they are read alone; the
/// same text in another encoding or under one more wrapper holds the same parts; a stream that comes in pieces of sizes
/// that the input chooses tells the same events as the whole, and so does libxml2's own push parser.
enum Target: FuzzTarget {
    /// How far to look, with a flag that makes the document long, and two that the sizes of pieces come from.
    static let choices = 3
    /// More than the reader holds of a stream at a time.
    private static let longBytes = 700_000
    private static let examiner = ISO20022Examiner(mappings: Files.mappings, schemas: Files.schemas)

    static func run(_ choices: [UInt8], _ document: [UInt8]) {
        let pieces = Pieces(seed: UInt64(choices[1]) << 8 | UInt64(choices[2]))
        stream(document, pieces)
        if choices[0] & 0xF0 == 0xF0, !document.isEmpty { stream(long(document), pieces) }
        let examination = examine(document)
        lie(examination, in: document)
        find(document, choices[0])
        name(examination, document)
        guard examination.failure == nil else { return }
        let whole = read(document, limits: XMLLimits(roots: XMLLimits.file.roots))
        guard case .read(let reading) = whole.outcome else {
            broken("examined, and not read: \(whole.outcome)")
        }
        guard reading.roots == 1 else { return }
        if let tree = Tree.events(of: document, in: pieces) {
            expect(tree == whole.events, "libxml2's own tree is another")
        } else {
            broken("libxml2 itself does not read it")
        }
        guard Transcoding.isPlainUTF8(document) else { return }
        for other in Transcoding.others(document) {
            let again = examine(other.bytes)
            expect(told(again) == told(examination), "as \(other.name) \(told(again)), not \(told(examination))")
        }
        wrap(document, examination)
    }

    /// The document again and again, as files that were joined.
    private static func long(_ document: [UInt8]) -> [UInt8] {
        var long: [UInt8] = []
        while long.count < longBytes { long += document }
        return long
    }

    /// A stream beside the whole.
    private static func stream(_ document: [UInt8], _ pieces: Pieces) {
        let limits = XMLLimits(roots: 100_000, itemBytes: 100_000_000, itemElements: 1_000_000)
        let validation = XMLValidation.parts { (namespace) throws(XMLSchemaFault) in try Files.schema(namespace) }
        let whole = read(document, limits: limits, validation: validation)
        let streamed = read(streaming: document, in: pieces, limits: limits, validation: validation)
        switch (whole.outcome, streamed.outcome) {
        case (.read(let one), .read(let other)):
            expect(one == other, "whole \(one), streamed \(other)")
            expect(whole.events == streamed.events, "streamed in pieces, the events differ")
        case (.refused(let one), .refused(let other)):
            if one.reason == .tooManyAttributes || other.reason == .tooManyAttributes { return }
            expect(one == other, "whole \(one.reason) \(one), streamed \(other.reason) \(other)")
        case (.read, .refused(let error)):
            // Megabytes of one tag are refused by a guard of its own.
            if error.reason != .tooManyAttributes { broken("only a stream is refused: \(error)") }
        case (.refused(let error), .read):
            if error.reason != .tooManyAttributes { broken("only the whole is refused: \(error)") }
        }
    }

    private static func examine(_ document: [UInt8]) -> XMLExamination {
        XMLParts.examine(document) { (namespace) throws(XMLSchemaFault) in try Files.schema(namespace) }
    }

    /// The places of parts.
    private static func lie(_ examination: XMLExamination, in document: [UInt8]) {
        var (begin, end) = (0, 0)
        for part in examination.parts {
            expect(!part.messageDefinition.isEmpty && part.path.hasPrefix("/"), "a part is \(part)")
            if case .unfinished = part.verdict { expect(examination.failure != nil, "unfinished in a whole file") }
            guard let bytes = part.bytes else { continue }
            // A name of a network's own, be it `AppHdr` in a namespace of its own, may stand around other parts before
            // the element that makes it one.
            let isAround = bytes.lowerBound <= begin && bytes.upperBound >= end
            let isApart = bytes.lowerBound >= end || !hasItsName(part) || isAround
            expect(isApart && bytes.upperBound <= document.count, "a part lies at \(bytes)")
            expect(
                document[bytes.lowerBound] == UInt8(ascii: "<")
                    && document[bytes.upperBound - 1] == UInt8(ascii: ">"),
                "a part is \(String(decoding: document[bytes], as: UTF8.self))")
            (begin, end) = (bytes.lowerBound, max(end, bytes.upperBound))
        }
    }

    /// The examiner for people.
    private static func find(_ document: [UInt8], _ choice: UInt8) {
        let depth = ISO20022Examiner.Depth.allCases[Int(choice) % ISO20022Examiner.Depth.allCases.count]
        let findings = examiner.examine(document, through: depth)
        expect(!findings.isEmpty, "nothing is found")
        expect(examiner.examine(document, through: depth) == findings, "examined twice, the findings differ")
        for finding in findings {
            expect(!finding.part.isEmpty && !finding.description.isEmpty, "a finding of \(finding)")
            if case .invalid(let faults) = finding.verdict {
                for fault in faults { expect(!fault.text.isEmpty && fault.line >= 0, "a fault of \(fault)") }
            }
        }
    }

    /// A message that is read in its envelope is one of the parts, or stands in one whose schema is not here: nothing
    /// is known of what may stand in that.
    private static func name(_ examination: XMLExamination, _ document: [UInt8]) {
        guard examination.failure == nil, let reading = try? Files.mappings.readISO(document) else { return }
        expect(
            examination.parts.contains {
                $0.messageDefinition == reading.definition || $0.verdict == .noSchema
            },
            "\(reading.definition) is read and not found in \(examination.parts)")
    }

    /// One more wrapper changes nothing but the paths, where every part has the name that its schema gives it.
    private static func wrap(_ document: [UInt8], _ examination: XMLExamination) {
        guard examination.parts.allSatisfy(hasItsName) else { return }
        let wrapped =
            Array("<w:Any xmlns:w=\"urn:any\">".utf8) + Transcoding.withoutDeclaration(document)
            + Array("</w:Any>".utf8)
        let again = examine(wrapped)
        if let reason = again.failure?.reason, [.tooDeep, .tooManyElements, .tooManyNamespaces].contains(reason) {
            return
        }
        // A root under a name of a network's own is no part, and makes the wrapper one.
        guard again.parts.allSatisfy(hasItsName) else { return }
        let inner = told(again).map { $0.hasPrefix("/Any/") ? String($0.dropFirst("/Any".count)) : $0 }
        expect(inner == told(examination), "wrapped \(inner), not \(told(examination))")
    }

    /// Whether a part has the name of its definition, and not one that a network gave it.
    private static func hasItsName(_ part: XMLPart) -> Bool {
        part.name == (part.messageDefinition.hasPrefix("head.") ? "AppHdr" : "Document")
    }

    /// What holds of parts in every encoding.
    private static func told(_ examination: XMLExamination) -> [String] {
        var told = examination.parts.map { part in
            let verdict: String =
                switch part.verdict {
                case .valid: "valid"
                case .noSchema: "no schema"
                case .invalid(let errors): "invalid \(errors.map { "\($0.path) \($0.rule) \($0.text)" })"
                case .unfinished: "unfinished"
                }
            return "\(part.path) \(part.messageDefinition) \(verdict)"
        }
        if let failure = examination.failure { told.append("\(failure)") }
        return told
    }

    static func prepare() {
        _ = examiner
    }

    static func seeds() -> [Seed] {
        let xml = Files.vectors.filter { $0.name.hasSuffix(".xml") }
        var seeds = xml.enumerated().map { index, vector in
            Seed(
                name: vector.name, choices: [UInt8(index % 3), UInt8(index * 3 & 0xFF), UInt8(index * 11 & 0xFF)],
                document: vector.bytes)
        }
        for (name, bytes) in xml.prefix(12) where Transcoding.isPlainUTF8(bytes) {
            for other in Transcoding.others(bytes) {
                seeds.append(Seed(name: "\(other.name)-\(name)", choices: [1, 0, 5], document: other.bytes))
            }
            let body = Transcoding.withoutDeclaration(bytes)
            let twice = Array("<Batch><Item>".utf8) + body + body + Array("</Item></Batch>".utf8)
            seeds.append(Seed(name: "twice-\(name)", choices: [2, 1, 7], document: twice))
        }
        return seeds
    }
}

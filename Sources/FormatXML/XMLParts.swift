/// Whether a part matches its schema.
public enum XMLPartVerdict: Sendable, Equatable {
    case valid
    case invalid([XMLSchemaError])
    /// There is no schema for its message definition.
    case noSchema
    /// The document broke off inside the part.
    case unfinished([XMLSchemaError])
}

/// One ISO 20022 message or header in a file.
public struct XMLPart: Sendable, Equatable {
    /// From the root of the file: `/Envelope/AppHdr`.
    public let path: String
    /// Such as `pacs.008.001.08`.
    public let messageDefinition: String
    public let namespace: String
    public let position: XMLPosition
    /// The bytes of the element in the file; nil where the file is not UTF-8. Its namespaces may be declared outside.
    public let bytes: Range<Int>?
    public let verdict: XMLPartVerdict

    /// The local name of the element.
    public var name: String { path.split(separator: "/").last.map { String($0.prefix { $0 != "[" }) } ?? "" }
    /// The root of the file and the part, such as `Envelope/AppHdr`.
    public var rootAndName: String {
        (path.split(separator: "/").first.map { String($0.prefix { $0 != "[" }) } ?? "") + "/" + name
    }
}

/// What a file holds.
public struct XMLExamination: Sendable, Equatable {
    /// In document order, as far as the file could be read.
    public let parts: [XMLPart]
    /// Why the file could not be read to its end; nil for a well-formed file.
    public let failure: XMLError?

    public var isWellFormed: Bool { failure == nil }
    /// Well-formed, with at least one part, and every part valid.
    public var isValid: Bool { failure == nil && !parts.isEmpty && parts.allSatisfy { $0.verdict == .valid } }
}

/// Finds and validates the ISO 20022 parts of a file: `AppHdr` and `Document` at any depth under any wrapper, under
/// names that a network gave them, side by side without a common root, and in whole documents one after another.
public enum XMLParts {
    /// - Parameter schema: The schema of a namespace; nil when there is none.
    public static func examine(
        _ bytes: [UInt8], limits: XMLLimits = .standard,
        schema: @escaping (_ namespace: String) throws(XMLSchemaFault) -> XMLSchema?
    ) -> XMLExamination {
        let reader = reader(limits)
        return examination(
            bytes.withUnsafeBufferPointer { buffer in
                resultOf { () throws(XMLError) in try reader.run(buffer, survey(schema), XMLEvents()) }
            })
    }

    /// The same of a file of any size, in one pass and bounded memory; the sink hears all of it.
    /// - Parameter items: Elements that are limited each for itself, such as `CdtTrfTxInf`.
    public static func examine<Sink: XMLSink & ~Copyable>(
        stream: XMLStream, items: [String], limits: XMLLimits = .standard, into sink: inout Sink,
        schema: @escaping (_ namespace: String) throws(XMLSchemaFault) -> XMLSchema?
    ) -> XMLExamination {
        let reader = reader(limits)
        return examination(
            withUnsafeMutablePointer(to: &sink) { pointer in
                resultOf { () throws(XMLError) in
                    try reader.run(stream, items, survey(schema), Sink.events(pointer))
                }
            })
    }

    private static func reader(_ limits: XMLLimits) -> XMLReader {
        var limits = limits
        limits.roots = max(XMLLimits.file.roots, limits.roots)
        return XMLReader(limits: limits)
    }

    private static func survey(
        _ schema: @escaping (_ namespace: String) throws(XMLSchemaFault) -> XMLSchema?
    ) -> XMLPlan {
        .parts(
            { (namespace) throws(XMLSchemaFault) in
                guard messageDefinition(of: namespace) != nil else { return .ignore }
                return try schema(namespace).map { .validate($0) } ?? .note
            }, isSurvey: true)
    }

    private static func examination(_ result: Result<XMLReader.Run, XMLError>) -> XMLExamination {
        switch result {
        case .failure(let error): XMLExamination(parts: [], failure: error)
        case .success(let run): XMLExamination(parts: run.records.map(part), failure: run.fault)
        }
    }

    /// `pacs.008.001.08` of `urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08`, and of the URNs that networks give to
    /// definitions of their own, such as `urn:swift:xsd:admi.998.001.02`; nil for any other namespace.
    public static func messageDefinition(of namespace: String) -> String? {
        guard namespace.utf8.starts(with: "urn:".utf8), let colon = namespace.utf8.lastIndex(of: UInt8(ascii: ":"))
        else {
            return nil
        }
        let name = namespace.utf8[colon...].dropFirst()
        let shape = Array("aaaa.000.000.00".utf8)
        guard name.count == shape.count else { return nil }
        for (byte, kind) in zip(name, shape) {
            switch kind {
            case UInt8(ascii: "a"): if !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) { return nil }
            case UInt8(ascii: "0"): if !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { return nil }
            default: if byte != kind { return nil }
            }
        }
        return String(name)
    }

    /// The two names that the base schemas give a root.
    static func isRoot(_ local: UnsafeBufferPointer<UInt8>) -> Bool {
        sameText("Document", local) || sameText("AppHdr", local)
    }

    private static func part(_ record: XMLPartRecord) -> XMLPart {
        let verdict: XMLPartVerdict
        if !record.isClosed {
            verdict = .unfinished(record.errors)
        } else if !record.hasSchema {
            verdict = .noSchema
        } else {
            verdict = record.errors.isEmpty ? .valid : .invalid(record.errors)
        }
        let isPlaced = record.start >= 0 && record.end > record.start
        return XMLPart(
            path: record.path, messageDefinition: messageDefinition(of: record.namespace) ?? "",
            namespace: record.namespace, position: record.position,
            bytes: isPlaced ? record.start..<record.end : nil, verdict: verdict)
    }
}

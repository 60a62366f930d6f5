import FormatXML

/// Writes down every event as a line, so that a test reads like the document.
struct Recorder: XMLSink {
    var lines: [String] = []
    var positions: [XMLPosition] = []
    var stopAt: String?
    var refuseAt: String?

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        var line = "<" + spelled(name)
        for index in 0..<attributes.count {
            line += " \(spelled(attributes[index].name))=\(String(xml: attributes[index].value))"
        }
        lines.append(line)
        positions.append(position)
        if String(xml: name.local) == stopAt { return .stop }
        if String(xml: name.local) == refuseAt { return .refuse("not for us") }
        return .next
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        lines.append("'" + String(xml: bytes) + "'")
        return .next
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        lines.append(">" + spelled(name))
        return .next
    }

    private func spelled(_ name: XMLName) -> String {
        let namespace = String(xml: name.namespace)
        return (namespace.isEmpty ? "" : "{\(namespace)}") + String(xml: name.local)
    }
}

func events(
    of bytes: [UInt8], limits: XMLLimits = .standard, validation: XMLValidation = .none
) throws(XMLError) -> [String] {
    var recorder = Recorder()
    try XMLReader(limits: limits).read(bytes, validation: validation, into: &recorder)
    return recorder.lines
}

func events(of text: String, limits: XMLLimits = .standard) throws(XMLError) -> [String] {
    try events(of: Array(text.utf8), limits: limits)
}

/// The refusal of a document; nil if it was read.
func refusal(
    of bytes: [UInt8], limits: XMLLimits = .standard, validation: XMLValidation = .none
) -> XMLError? {
    do throws(XMLError) {
        _ = try events(of: bytes, limits: limits, validation: validation)
        return nil
    } catch {
        return error
    }
}

func refusal(of text: String, limits: XMLLimits = .standard) -> XMLError? {
    refusal(of: Array(text.utf8), limits: limits)
}

/// A text in UTF-16 with or without a byte order mark.
func utf16(_ text: String, littleEndian: Bool = true, mark: Bool = true) -> [UInt8] {
    ((mark ? [0xFEFF] : []) + Array(text.utf16)).flatMap { unit -> [UInt8] in
        let bytes = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
        return littleEndian ? bytes : bytes.reversed()
    }
}

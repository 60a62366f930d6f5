/// Reads one JSON text (RFC 8259) in one pass, strictly: no duplicate keys, lone surrogates, invalid UTF-8 or byte
/// order mark, nothing after the value; numbers keep their text. Nothing is guessed or repaired.
public struct JSONReader: Sendable {
    public let bytes: [UInt8]
    public let limits: JSONLimits

    public init(_ bytes: [UInt8], limits: JSONLimits = .standard) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Gives the document to the sink. On an error, events already given were of the part before it.
    @inlinable
    public func read<S: JSONSink & ~Copyable>(into sink: inout S) throws(JSONError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            try Self.read(buffer, limits: limits, into: &sink)
        }
    }

    /// The place of a byte of this document, for errors found after reading.
    public func place(of offset: Int) -> JSONPlace {
        bytes.withUnsafeBufferPointer { JSONPlace(of: offset, in: $0) }
    }

    /// The same for bytes that lie elsewhere; they must stay unchanged during the call.
    @inlinable
    public static func read<S: JSONSink & ~Copyable>(
        _ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits = .standard, into sink: inout S
    ) throws(JSONError) {
        var scanner = JSONScanner(bytes, limits: limits)
        try scanner.open()
        while true {
            let token = try scanner.next()
            let flow: JSONFlow
            switch token {
            case .beginObject: flow = sink.beginObject(at: scanner.start)
            case .endObject: flow = sink.endObject(at: scanner.start)
            case .beginArray: flow = sink.beginArray(at: scanner.start)
            case .endArray: flow = sink.endArray(at: scanner.start)
            case .key: flow = sink.key(scanner.text, at: scanner.start)
            case .string: flow = sink.string(scanner.text, at: scanner.start)
            case .number: flow = sink.number(scanner.text, at: scanner.start)
            case .true: flow = sink.bool(true, at: scanner.start)
            case .false: flow = sink.bool(false, at: scanner.start)
            case .null: flow = sink.null(at: scanner.start)
            case .end: return
            }
            switch flow {
            case .next: continue
            case .stop: return
            case .refuse(let text): throw scanner.refusal(text)
            }
        }
    }
}

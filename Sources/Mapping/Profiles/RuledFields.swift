public import FormatXML
public import Payments

/// Gives every event to the tables and to the rules of a rail, so that one parse serves both. The tables end their part
/// once a message has failed; the rules hear it to its end.
struct RuledFields: XMLSink, ~Copyable {
    var fields: ISOFields
    var rules: ProfileReader
    private var hasFailed = false

    init(_ fields: consuming ISOFields, _ rules: consuming ProfileReader) {
        self.fields = fields
        self.rules = rules
    }

    @inline(__always)
    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        if !hasFailed { note(fields.start(name, attributes: attributes, at: position)) }
        return rules.start(name, attributes: attributes, at: position)
    }

    @inline(__always)
    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        if !hasFailed { note(fields.text(bytes)) }
        return rules.text(bytes)
    }

    @inline(__always)
    mutating func end(_ name: XMLName) -> XMLFlow {
        if !hasFailed { note(fields.end(name)) }
        return rules.end(name)
    }

    @inline(__always)
    private mutating func note(_ flow: XMLFlow) {
        if case .next = flow { return }
        hasFailed = true
    }

    static func events(_ sink: UnsafeMutablePointer<RuledFields>) -> XMLEvents { Events(sink) }

    private final class Events: XMLEvents {
        /// The reader's caller keeps the sink alive and untouched until the parser has returned.
        private let sink: UnsafeMutablePointer<RuledFields>

        init(_ sink: UnsafeMutablePointer<RuledFields>) { self.sink = sink }

        override func start(_ name: XMLName, _ attributes: XMLAttributes, _ position: XMLPosition) -> XMLFlow {
            sink.pointee.start(name, attributes: attributes, at: position)
        }

        override func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow { sink.pointee.text(bytes) }
        override func end(_ name: XMLName) -> XMLFlow { sink.pointee.end(name) }
    }
}

extension Mappings {
    /// Reads an ISO 20022 message as `readISO` does and holds it against a profile in the same pass.
    public func readISO(
        _ bytes: [UInt8], validation: XMLValidation = .none, limits: XMLLimits = .standard, beside profile: Profile,
        asOf day: CivilDate
    ) throws(TranslationError) -> (reading: ISOReading, verdict: ProfileVerdict) {
        var sink = RuledFields(ISOFields(self), profile.reader(asOf: day))
        do {
            try XMLReader(limits: limits).read(bytes, validation: validation, into: &sink)
        } catch {
            throw TranslationError(error)
        }
        return (try sink.fields.finish(), sink.rules.finish())
    }
}

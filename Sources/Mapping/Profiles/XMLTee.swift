public import FormatXML
public import Payments

/// Gives every event to two sinks, so that one parse serves both. A sink that wants to stop gets no more; the reading
/// ends when neither wants more, or when one refuses the document.
struct XMLTee<First: XMLSink & ~Copyable, Second: XMLSink & ~Copyable>: XMLSink, ~Copyable {
    var first: First
    var second: Second
    private var firstReads = true
    private var secondReads = true

    init(_ first: consuming First, _ second: consuming Second) {
        self.first = first
        self.second = second
    }

    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        let one = firstReads ? first.start(name, attributes: attributes, at: position) : .next
        let other = secondReads ? second.start(name, attributes: attributes, at: position) : .next
        return both(one, other)
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
        let one = firstReads ? first.text(bytes) : .next
        let other = secondReads ? second.text(bytes) : .next
        return both(one, other)
    }

    mutating func end(_ name: XMLName) -> XMLFlow {
        let one = firstReads ? first.end(name) : .next
        let other = secondReads ? second.end(name) : .next
        return both(one, other)
    }

    @inline(__always)
    private mutating func both(_ one: XMLFlow, _ other: XMLFlow) -> XMLFlow {
        if case .next = one, case .next = other { return .next }
        if case .refuse = one { return one }
        if case .refuse = other { return other }
        if case .stop = one { firstReads = false }
        if case .stop = other { secondReads = false }
        return firstReads || secondReads ? .next : .stop
    }
}

extension Mappings {
    /// Reads an ISO 20022 message as `readISO` does and holds it against a profile in the same pass.
    public func readISO(
        _ bytes: [UInt8], validation: XMLValidation = .none, limits: XMLLimits = .standard, beside profile: Profile,
        asOf day: CivilDate
    ) throws(TranslationError) -> (reading: ISOReading, verdict: ProfileVerdict) {
        var tee = XMLTee(ISOFields(self), profile.reader(asOf: day))
        do {
            try XMLReader(limits: limits).read(bytes, validation: validation, into: &tee)
        } catch {
            throw TranslationError(error)
        }
        return (try tee.first.finish(), tee.second.finish())
    }
}

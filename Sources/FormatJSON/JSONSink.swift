/// What a sink wants after an event.
public enum JSONFlow: Sendable {
    case next
    /// End the reading without error; the rest of the document is neither read nor checked.
    case stop
    /// End the reading with `JSONError.Reason.refused` at the place of this event.
    case refuse(StaticString)
}

/// Takes a document as events, in document order, without a tree in between: the front end of the hot path. Buffers are
/// UTF-8, checked, escapes decoded, and valid during the call only; `offset` is the first byte of the token.
/// Every event has a default that does nothing.
public protocol JSONSink: ~Copyable {
    mutating func beginObject(at offset: Int) -> JSONFlow
    mutating func endObject(at offset: Int) -> JSONFlow
    mutating func beginArray(at offset: Int) -> JSONFlow
    mutating func endArray(at offset: Int) -> JSONFlow
    /// The name of the member whose value follows. No object gives the same name twice.
    mutating func key(_ name: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow
    mutating func string(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow
    /// The number exactly as it was written.
    mutating func number(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow
    mutating func bool(_ value: Bool, at offset: Int) -> JSONFlow
    mutating func null(at offset: Int) -> JSONFlow
}

extension JSONSink where Self: ~Copyable {
    @inlinable public mutating func beginObject(at offset: Int) -> JSONFlow { .next }
    @inlinable public mutating func endObject(at offset: Int) -> JSONFlow { .next }
    @inlinable public mutating func beginArray(at offset: Int) -> JSONFlow { .next }
    @inlinable public mutating func endArray(at offset: Int) -> JSONFlow { .next }
    @inlinable public mutating func key(_ name: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow { .next }
    @inlinable public mutating func string(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow { .next }
    @inlinable public mutating func number(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow { .next }
    @inlinable public mutating func bool(_ value: Bool, at offset: Int) -> JSONFlow { .next }
    @inlinable public mutating func null(at offset: Int) -> JSONFlow { .next }
}

/// Lets a sink write `switch name { case "transferId": ... }` over the bytes of a key.
@inlinable
public func ~= (pattern: StaticString, bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard pattern.hasPointerRepresentation else { return false }
    return sameBytes(UnsafeBufferPointer(start: pattern.utf8Start, count: pattern.utf8CodeUnitCount), bytes)
}

extension String {
    /// The text of an event of a `JSONSink`.
    @inlinable
    public init(json bytes: UnsafeBufferPointer<UInt8>) {
        self.init(decoding: bytes, as: UTF8.self)
    }
}

@usableFromInline
func sameBytes(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
}

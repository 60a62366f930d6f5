/// What a sink wants after an event.
public enum XMLFlow: Sendable {
    case next
    /// End the reading without error; the rest of the document is neither read nor checked.
    case stop
    /// End the reading with `XMLError.Reason.refused` at the place of this event.
    case refuse(StaticString)
}

/// Takes a document as events, in document order, without a tree in between: the front end of the hot path. Buffers are
/// UTF-8, checked, references resolved, and valid during the call only. Every event has a default that does nothing.
///
/// The text of an element is given whole: comments, processing instructions, CDATA sections and references do not split
/// it. Space between elements is not given.
public protocol XMLSink: ~Copyable {
    mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow
    /// The text of the open element, never empty; of an element that also holds elements, each piece that is not blank.
    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow
    mutating func end(_ name: XMLName) -> XMLFlow
    /// What calls the sink: any type has one. A sink of the hot path gives a class of its own, whose calls the compiler
    /// makes for just this sink.
    static func events(_ sink: UnsafeMutablePointer<Self>) -> XMLEvents
}

extension XMLSink where Self: ~Copyable {
    public static func events(_ sink: UnsafeMutablePointer<Self>) -> XMLEvents { XMLEventsOf(sink) }

    @inlinable
    public mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
        .next
    }
    @inlinable public mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow { .next }
    @inlinable public mutating func end(_ name: XMLName) -> XMLFlow { .next }
}

/// Calls of a sink, behind one virtual call each, so that C callbacks need no generics. A class for one sink has calls
/// that the compiler made for it; the generic one for all sinks looks up at every call what it calls.
open class XMLEvents {
    public init() {}

    open func start(_ name: XMLName, _ attributes: XMLAttributes, _ position: XMLPosition) -> XMLFlow { .next }
    open func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow { .next }
    open func end(_ name: XMLName) -> XMLFlow { .next }
}

/// Those of any sink.
final class XMLEventsOf<Sink: XMLSink & ~Copyable>: XMLEvents {
    /// The caller's `inout` sink: `XMLReader.read` keeps it alive and untouched until the parser has returned.
    private let sink: UnsafeMutablePointer<Sink>

    init(_ sink: UnsafeMutablePointer<Sink>) {
        self.sink = sink
    }

    override func start(_ name: XMLName, _ attributes: XMLAttributes, _ position: XMLPosition) -> XMLFlow {
        sink.pointee.start(name, attributes: attributes, at: position)
    }

    override func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow { sink.pointee.text(bytes) }
    override func end(_ name: XMLName) -> XMLFlow { sink.pointee.end(name) }
}

/// The name of an element or attribute with its namespace; prefixes do not count. Valid during the event only.
@frozen
public struct XMLName {
    public let local: UnsafeBufferPointer<UInt8>
    /// Empty for a name without namespace. Within one reading equal namespaces have equal addresses.
    public let namespace: UnsafeBufferPointer<UInt8>

    @inlinable
    init(local: UnsafeBufferPointer<UInt8>, namespace: UnsafeBufferPointer<UInt8>) {
        self.local = local
        self.namespace = namespace
    }

    @inlinable
    public func isLocal(_ name: StaticString) -> Bool { sameText(name, local) }

    @inlinable
    public func isIn(_ uri: StaticString) -> Bool { sameText(uri, namespace) }
}

/// Lets a sink write `switch name { case "GrpHdr": ... }` over local names.
@inlinable
public func ~= (pattern: StaticString, name: XMLName) -> Bool { sameText(pattern, name.local) }

/// One attribute, valid during the event only.
@frozen
public struct XMLAttribute {
    public let name: XMLName
    public let value: UnsafeBufferPointer<UInt8>

    @inlinable
    init(name: XMLName, value: UnsafeBufferPointer<UInt8>) {
        self.name = name
        self.value = value
    }
}

/// The attributes of a start tag, and apart from them its namespace declarations; valid during the event only.
@frozen
public struct XMLAttributes {
    /// Five words each, as libxml2 gives them: local name, prefix, namespace, start and end of the value.
    @usableFromInline let words: UnsafePointer<UnsafePointer<UInt8>?>?
    public let count: Int
    /// Two words each: prefix and namespace.
    @usableFromInline let declarations: UnsafePointer<UnsafePointer<UInt8>?>?
    /// How many namespaces the tag declares.
    public let declarationCount: Int

    @inlinable
    init(
        words: UnsafePointer<UnsafePointer<UInt8>?>?, count: Int,
        declarations: UnsafePointer<UnsafePointer<UInt8>?>? = nil, declarationCount: Int = 0
    ) {
        self.words = words
        self.count = count
        self.declarations = declarations
        self.declarationCount = declarationCount
    }

    /// A namespace that the tag declares; the prefix of the default one is empty.
    public func declaration(
        _ index: Int
    ) -> (prefix: UnsafeBufferPointer<UInt8>, namespace: UnsafeBufferPointer<UInt8>) {
        precondition(index >= 0 && index < declarationCount)
        // Both are zero-terminated strings of the parser's dictionary, which outlives the event.
        return (zeroTerminated(declarations?[index * 2]), zeroTerminated(declarations?[index * 2 + 1]))
    }

    public subscript(index: Int) -> XMLAttribute {
        precondition(index >= 0 && index < count)
        return XMLAttribute(
            name: XMLName(local: span(index, 0), namespace: span(index, 2)), value: bytes(ofValue: index))
    }

    /// The value of the attribute of this local name that has no namespace.
    @inlinable
    public func value(_ local: StaticString) -> UnsafeBufferPointer<UInt8>? {
        for index in 0..<count where isPlain(index, local) { return bytes(ofValue: index) }
        return nil
    }

    @usableFromInline
    func isPlain(_ index: Int, _ local: StaticString) -> Bool {
        words?[index * 5 + 2] == nil && sameText(local, span(index, 0))
    }

    @usableFromInline
    func bytes(ofValue index: Int) -> UnsafeBufferPointer<UInt8> {
        // Words 3 and 4 of a tuple bound one piece of memory that lives until the callback of libxml2 returns.
        guard let start = words?[index * 5 + 3], let end = words?[index * 5 + 4] else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        return UnsafeBufferPointer(start: start, count: end - start)
    }

    private func span(_ index: Int, _ word: Int) -> UnsafeBufferPointer<UInt8> {
        // Names are zero-terminated strings of the parser's dictionary, which outlives the event.
        zeroTerminated(words?[index * 5 + word])
    }
}

extension String {
    /// The text of an event of an `XMLSink`.
    @inlinable
    public init(xml bytes: UnsafeBufferPointer<UInt8>) {
        self.init(decoding: bytes, as: UTF8.self)
    }
}

@inlinable
func sameText(_ left: StaticString, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    guard left.hasPointerRepresentation, left.utf8CodeUnitCount == right.count else { return false }
    // A static string holds `utf8CodeUnitCount` bytes at `utf8Start` for ever.
    let start = left.utf8Start
    for index in 0..<right.count where start[index] != right[index] { return false }
    return true
}

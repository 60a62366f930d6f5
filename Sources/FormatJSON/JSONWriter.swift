/// Writes one JSON text straight to bytes, with the escapes of JavaScript's `JSON.stringify`. The caller keeps the
/// grammar (a key before each member, every container ended); a breach is a defect of ours and stops the process.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8]
    private let pretty: Bool
    /// Open containers, outermost first: true for an object.
    private var open: [Bool] = []
    /// Whether the innermost container, or the document, already has something.
    private var filled = false
    private var afterKey = false

    /// - Parameter pretty: two spaces a level and line feeds, for people.
    public init(pretty: Bool = false, reserving bytes: Int = 0) {
        self.pretty = pretty
        self.bytes = []
        self.bytes.reserveCapacity(bytes)
    }

    public mutating func beginObject() { begin(object: true) }
    public mutating func endObject() { end(object: true) }
    public mutating func beginArray() { begin(object: false) }
    public mutating func endArray() { end(object: false) }

    public mutating func key(_ name: String) {
        precondition(open.last == true && !afterKey, "a key belongs in an object, before a value")
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        if pretty { bytes.append(0x20) }
        afterKey = true
    }

    /// The same for a name that was quoted once and is written often.
    public mutating func key(_ name: JSONKey) {
        precondition(open.last == true && !afterKey, "a key belongs in an object, before a value")
        separate()
        bytes.append(contentsOf: name.quoted)
        if pretty { bytes.append(0x20) }
        afterKey = true
    }

    public mutating func string(_ text: String) {
        beginValue()
        quote(text)
        filled = true
    }

    /// The same for UTF-8 bytes already checked, such as those of a `JSONSink` event.
    public mutating func string(_ text: UnsafeBufferPointer<UInt8>) {
        beginValue()
        quote(text)
        filled = true
    }

    /// Writes the number as it stands. A text that is no JSON number is written as a string, so the document stays
    /// sound whatever comes in.
    public mutating func number(_ text: String) {
        guard JSONBytes.isNumber(text) else { return string(text) }
        raw(text)
    }

    public mutating func number(_ value: some FixedWidthInteger) { raw(String(value)) }
    public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
    public mutating func null() { raw("null") }

    /// Writes a tree.
    /// - Parameter sortedKeys: members in UTF-16 code unit order of their keys, at every level.
    public mutating func value(_ value: JSONValue, sortedKeys: Bool = false) {
        switch value {
        case .object(let object):
            beginObject()
            for member in sortedKeys ? object.sortedMembers : object.members {
                key(member.key)
                self.value(member.value, sortedKeys: sortedKeys)
            }
            endObject()
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element, sortedKeys: sortedKeys) }
            endArray()
        case .string(let text): string(text)
        case .number(let text): number(text)
        case .bool(let bool): self.bool(bool)
        case .null: null()
        }
    }

    public mutating func member(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    public mutating func member(_ name: String, _ value: JSONValue) {
        key(name)
        self.value(value)
    }

    private mutating func raw(_ text: String) {
        beginValue()
        bytes.append(contentsOf: text.utf8)
        filled = true
    }

    private mutating func begin(object: Bool) {
        beginValue()
        bytes.append(object ? UInt8(ascii: "{") : UInt8(ascii: "["))
        open.append(object)
        filled = false
    }

    private mutating func end(object: Bool) {
        precondition(open.last == object && !afterKey, "the container that ends must be the innermost one")
        open.removeLast()
        if filled { newLine() }
        bytes.append(object ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        filled = true
    }

    private mutating func beginValue() {
        if afterKey {
            afterKey = false
            return
        }
        precondition(open.last != true, "a member needs a key")
        precondition(!open.isEmpty || !filled, "a document has one value")
        if !open.isEmpty { separate() }
    }

    private mutating func separate() {
        if filled { bytes.append(UInt8(ascii: ",")) }
        newLine()
    }

    private mutating func newLine() {
        guard pretty else { return }
        bytes.append(0x0A)
        for _ in 0..<open.count * 2 { bytes.append(0x20) }
    }

    fileprivate mutating func quote(_ text: String) {
        var text = text
        text.withUTF8 { quote($0) }
    }

    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var index = 0
        while true {
            let stop = JSONBytes.plainRun(in: text, from: index, stopAtHigh: false)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[index..<stop]))
            guard stop < text.count else { break }
            escape(text[stop])
            index = stop + 1
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x22, 0x5C: bytes.append(byte)
        default:
            let low = byte & 0x0F
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(0x30 + byte >> 4)
            bytes.append(low < 10 ? 0x30 + low : 0x61 + low - 10)
        }
    }
}

/// A member's name as it stands in JSON, with its quotes and the colon after it.
public struct JSONKey: Sendable {
    let quoted: [UInt8]

    public init(_ name: String) {
        var writer = JSONWriter()
        writer.quote(name)
        quoted = writer.bytes + [UInt8(ascii: ":")]
    }
}

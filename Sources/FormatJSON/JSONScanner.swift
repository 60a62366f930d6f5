/// What the scanner found; strings, keys and numbers leave their bytes in `JSONScanner.text`.
@usableFromInline
enum JSONToken {
    case beginObject, endObject, beginArray, endArray
    case key, string, number
    case `true`, `false`, null
    case end
}

/// Splits a document into tokens and holds it to the grammar and the limits. Containers live on an explicit stack, so a
/// hostile document cannot exhaust the thread's.
///
/// Unsafe by design and closed: `input` outlives the scanner because only `JSONReader.read` makes one, inside the call
/// that owns the bytes; every read of `input` is behind a test against `count`; `scratch` belongs to the scanner alone
/// and is freed with it.
@usableFromInline
struct JSONScanner: ~Copyable {
    enum Expected {
        case value
        case firstMember
        case firstElement
        case separator
        case nothing
    }

    let input: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    /// The next byte to read.
    var at = 0
    /// First byte of the current token.
    @usableFromInline var start = 0
    /// Bytes of the current key, string or number; in `input`, or in `scratch` when escapes were decoded.
    @usableFromInline var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

    private var expected = Expected.value
    private var values = 0
    @usableFromInline var scratch = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
    var stack = JSONStack()

    @usableFromInline
    init(_ input: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.input = input
        self.limits = limits
    }

    // Inlinable as its callers are: the optimiser of Swift 6.3 ends with a fault over one that is not.
    @inlinable deinit { scratch.deallocate() }

    var count: Int { input.count }

    /// Checks that need no token: the size and the first bytes.
    @usableFromInline
    mutating func open() throws(JSONError) {
        guard count <= limits.documentBytes else {
            throw failure(
                .documentTooLarge, at: 0, "the document has \(count) bytes, the limit is \(limits.documentBytes)")
        }
        if count >= 3, input[0] == 0xEF, input[1] == 0xBB, input[2] == 0xBF {
            throw failure(.byteOrderMark, at: 0, "the document begins with a byte order mark; JSON has none")
        }
        skipSpace()
        if at == count { throw failure(.empty, at: at, "the document is empty") }
    }

    @usableFromInline
    mutating func next() throws(JSONError) -> JSONToken {
        skipSpace()
        start = at
        switch expected {
        case .value:
            return try value()
        case .separator:
            if try close() { return stack.closedObject ? .endObject : .endArray }
            return try afterSeparator()
        case .firstMember:
            if try close() { return .endObject }
            return try key()
        case .firstElement:
            if try close() { return .endArray }
            return try element()
        case .nothing:
            if at == count { return .end }
            throw failure(.trailingContent, at: at, "\(found()) after the end of the document")
        }
    }

    private mutating func afterSeparator() throws(JSONError) -> JSONToken {
        guard at < count, input[at] == UInt8(ascii: ",") else {
            throw unexpected(stack.inObject ? "',' or '}'" : "',' or ']'")
        }
        at += 1
        skipSpace()
        start = at
        return stack.inObject ? try key() : try element()
    }

    private mutating func element() throws(JSONError) -> JSONToken {
        guard stack.beginElement() <= limits.elements else {
            throw failure(.tooManyElements, at: at, "the array has more than \(limits.elements) elements")
        }
        return try value()
    }

    /// Whether the next byte closes the open container; if so it is closed.
    private mutating func close() throws(JSONError) -> Bool {
        guard at < count, input[at] == (stack.inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return false }
        at += 1
        stack.pop()
        valueDone()
        return true
    }

    private mutating func valueDone() {
        expected = stack.isEmpty ? .nothing : .separator
    }

    private mutating func key() throws(JSONError) -> JSONToken {
        stack.leaveMember()
        guard at < count, input[at] == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
        let raw = try scanString()
        let members = stack.beginMember(raw, decoded: text)
        guard members <= limits.members else {
            throw failure(.tooManyMembers, at: start, "the object has more than \(limits.members) members")
        }
        guard stack.acceptKey(raw, decoded: text, in: input) else {
            throw failure(.duplicateKey, at: start, "the key is already in this object")
        }
        skipSpace()
        guard at < count, input[at] == UInt8(ascii: ":") else { throw unexpected("':'") }
        at += 1
        expected = .value
        return .key
    }

    private mutating func value() throws(JSONError) -> JSONToken {
        guard at < count else { throw unexpected("a value") }
        values += 1
        guard values <= limits.values else {
            throw failure(.tooManyValues, at: at, "the document has more than \(limits.values) values")
        }
        switch input[at] {
        case UInt8(ascii: "\""):
            _ = try scanString()
            valueDone()
            return .string
        case UInt8(ascii: "{"):
            try push(object: true)
            return .beginObject
        case UInt8(ascii: "["):
            try push(object: false)
            return .beginArray
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try scanNumber()
            valueDone()
            return .number
        case UInt8(ascii: "t"): return try literal("true", .true)
        case UInt8(ascii: "f"): return try literal("false", .false)
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func push(object: Bool) throws(JSONError) {
        guard stack.depth < limits.depth else {
            throw failure(.tooDeep, at: at, "more than \(limits.depth) arrays and objects are open")
        }
        at += 1
        stack.push(object: object)
        expected = object ? .firstMember : .firstElement
    }

    private mutating func literal(_ word: StaticString, _ token: JSONToken) throws(JSONError) -> JSONToken {
        let length = word.utf8CodeUnitCount
        for index in 0..<length {
            guard at + index < count else { throw ended("'\(word)'") }
            guard input[at + index] == word.utf8Start[index] else {
                throw failure(.unexpectedByte, at: at + index, "expected '\(word)', found \(found(at + index))")
            }
        }
        at += length
        valueDone()
        return token
    }

    mutating func skipSpace() {
        while at < count {
            switch input[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at += 1
            default: return
            }
        }
    }

    /// A buffer of at least this size for decoded text; the last one is gone.
    mutating func scratch(of size: Int) -> UnsafeMutableBufferPointer<UInt8> {
        if scratch.count < size {
            scratch.deallocate()
            scratch = .allocate(capacity: max(256, size * 2))
        }
        return scratch
    }
}

import Glibc

/// Bytes on their way to the parser: of memory that lies still, or of a stream through a window. Holds back enough of
/// what the parser has taken already that a further root can be read from its first byte.
final class XMLInflow {
    /// The bytes that are here; owned only where they are a window.
    private var base: UnsafeMutablePointer<UInt8>?
    private let memory: UnsafePointer<UInt8>?
    private var count: Int
    private var cursor = 0
    /// Offset of the first byte that is here in the whole.
    private var start = 0
    private let stream: XMLStream?
    private var isAtEnd: Bool
    private let limits: XMLLimits
    private var tags: XMLTagGuard?
    /// Why no more bytes come; the parser only sees an end.
    private(set) var fault: (reason: XMLError.Reason, text: String)?
    /// 1, or 2 in UTF-16; then `low` is the place of the byte that ASCII has.
    private var step = 1
    private var low = 0

    /// What is read at once, and what stays before the cursor: more than libxml2 ever reads ahead.
    private static let chunk = 262_144
    private static let history = 65_536
    /// libxml2 asks for some thousand bytes at a time, far less than are left when the history is full.
    private static let capacity = chunk + 2 * history

    /// The memory must outlive the inflow.
    init(_ bytes: UnsafeBufferPointer<UInt8>, _ family: XMLPrescan.Family, _ limits: XMLLimits) {
        memory = bytes.baseAddress
        count = bytes.count
        stream = nil
        isAtEnd = true
        self.limits = limits
        set(family)
    }

    init(_ stream: XMLStream, _ limits: XMLLimits) {
        memory = nil
        base = .allocate(capacity: Self.capacity)
        count = 0
        self.stream = stream
        isAtEnd = false
        self.limits = limits
    }

    deinit { base?.deallocate() }

    private func set(_ family: XMLPrescan.Family) {
        guard case .sixteenBit(let littleEndian) = family else { return }
        step = 2
        low = littleEndian ? 0 : 1
    }

    /// Looks at the first bytes of a stream, before the parser does.
    func begin() -> XMLPrescan.Family {
        while count < 4, !isAtEnd { refill() }
        let family = XMLPrescan.family(here)
        set(family)
        var guards = XMLTagGuard(limit: limits.attributes * 2, step: step, low: low)
        if !guards.take(here) { refuseTag() }
        tags = guards
        return family
    }

    var isEmpty: Bool { count == 0 }
    /// Whether the parser has taken all that there is.
    var isDone: Bool {
        while cursor == count, !isAtEnd { refill() }
        return cursor == count
    }
    /// How many bytes of the whole are known so far.
    var total: Int { start + count }
    /// Where the cursor stands in the whole.
    var offset: Int { start + cursor }

    private var here: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base.map { UnsafePointer($0) } ?? memory, count: count)
    }

    /// Gives the parser `wanted` bytes, less only at the end: libxml2 takes a short piece for all that there is of a
    /// declaration.
    func read(into place: UnsafeMutableRawPointer, _ wanted: Int) -> Int {
        while count - cursor < wanted, !isAtEnd { refill() }
        let given = min(wanted, count - cursor)
        // Within the `count` bytes that are here; libxml2 made room for the `wanted` ones.
        if given > 0, let from = here.baseAddress { memcpy(place, from + cursor, given) }
        cursor += given
        return given
    }

    private func refill() {
        guard let stream, let base, fault == nil else { return }
        let passed = max(0, cursor - Self.history)
        if passed > 0 {
            // The rest moves to the front of the same memory.
            memmove(base, base + passed, count - passed)
            (start, cursor, count) = (start + passed, cursor - passed, count - passed)
        }
        let room = min(Self.chunk, Self.capacity - count)
        let got = stream.fill(UnsafeMutableRawBufferPointer(start: base + count, count: room))
        guard got > 0 else {
            isAtEnd = true
            if got < 0 { fault = (.unreadable, "The stream could not be read to its end.") }
            return
        }
        let fresh = UnsafeBufferPointer(start: UnsafePointer(base + count), count: min(got, room))
        count += fresh.count
        if total > limits.fileBytes {
            isAtEnd = true
            count = cursor
            fault = (.documentTooLarge, "The file has more than \(limits.fileBytes) bytes.")
        } else if tags?.take(fresh) == false {
            refuseTag()
        }
    }

    private func refuseTag() {
        isAtEnd = true
        count = cursor
        fault = (.tooManyAttributes, "An element has more than \(limits.attributes) attributes.")
    }

    // MARK: Between two roots

    /// Sets the cursor to a place in the whole; false when it is not here any more.
    func rewind(to offset: Int) -> Bool {
        guard offset >= start, offset <= start + count else { return false }
        cursor = offset - start
        return true
    }

    /// The ASCII character at the cursor; 0xFF for any other, nil at the end.
    func unit(ahead: Int = 0) -> UInt8? {
        while cursor + (ahead + 1) * step > count {
            guard !isAtEnd else { return nil }
            refill()
        }
        let bytes = here
        let place = cursor + ahead * step
        if step == 2, bytes[place + 1 - low] != 0 { return 0xFF }
        return bytes[place + low] < 0x80 ? bytes[place + low] : 0xFF
    }

    func advance() { cursor += step }

    /// Whether this stands at the cursor.
    func stands(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes in bytes.indices.allSatisfy { unit(ahead: $0) == bytes[$0] } }
    }

    /// Passes over a byte order mark; false when none stands here.
    func skip(_ mark: Unicode.Scalar) -> Bool {
        let bytes: [UInt8] = step == 1 ? [0xEF, 0xBB, 0xBF] : low == 0 ? [0xFF, 0xFE] : [0xFE, 0xFF]
        while cursor + bytes.count > count {
            guard !isAtEnd else { return false }
            refill()
        }
        guard here[cursor..<cursor + bytes.count].elementsEqual(bytes) else { return false }
        cursor += bytes.count
        return true
    }
}

/// Refuses a start tag of very many attributes while it is still coming in. libxml2 compares every attribute of a tag
/// with every other before it calls us.
struct XMLTagGuard {
    private enum Place { case outside, begun, inside }

    private let limit: Int
    private let step: Int
    private let low: Int
    private var place = Place.outside
    private var quote: UInt8 = 0
    private var count = 0
    private var length = 0
    /// The first byte of a unit of two that was cut.
    private var half: UInt8?

    init(limit: Int, step: Int, low: Int) {
        self.limit = limit
        self.step = step
        self.low = low
    }

    /// False once a tag is too much.
    mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        step == 1 ? takeBytes(bytes) : takeUnits(bytes)
    }

    private mutating func takeBytes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        var position = 0
        while position < bytes.count {
            if place == .outside {
                // Stays within the bytes that are left.
                guard let found = memchr(base + position, 0x3C, bytes.count - position) else { return true }
                position = base.distance(to: found.assumingMemoryBound(to: UInt8.self))
            }
            if !take(base[position]) { return false }
            position += 1
        }
        return true
    }

    private mutating func takeUnits(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for byte in bytes {
            guard let first = half else {
                half = byte
                continue
            }
            half = nil
            let (ascii, other) = low == 0 ? (first, byte) : (byte, first)
            if !take(other == 0 ? ascii : 0xFF) { return false }
        }
        return true
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        switch place {
        case .outside:
            if byte == 0x3C { (place, quote, count, length) = (.begun, 0, 0, 0) }
        case .begun:
            // A comment, an instruction and an end tag hold no attributes.
            place = byte == 0x21 || byte == 0x3F || byte == 0x2F ? .outside : .inside
        case .inside:
            length += 1
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == 0x22 || byte == 0x27 {
                quote = byte
            } else if byte == 0x3D {
                count += 1
                return count <= limit || length <= XMLPrescan.harmlessTagBytes
            } else if byte == 0x3E {
                place = .outside
            }
        }
        return true
    }
}

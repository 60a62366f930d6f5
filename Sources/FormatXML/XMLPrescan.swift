import Glibc

/// What the first bytes and the shape of a document tell before libxml2 is asked.
enum XMLPrescan {
    enum Family {
        case eightBit(bomBytes: Int)
        case sixteenBit(littleEndian: Bool)
        case unknown
    }

    /// XML 1.0 appendix F. UTF-32 and EBCDIC are `unknown`: no network sends them.
    static func family(_ bytes: UnsafeBufferPointer<UInt8>) -> Family {
        func starts(_ head: UInt8...) -> Bool {
            bytes.count >= head.count && head.indices.allSatisfy { bytes[$0] == head[$0] }
        }
        if starts(0xEF, 0xBB, 0xBF) { return .eightBit(bomBytes: 3) }
        if starts(0xFF, 0xFE, 0, 0) || starts(0, 0, 0xFE, 0xFF) { return .unknown }
        if starts(0xFF, 0xFE) { return .sixteenBit(littleEndian: true) }
        if starts(0xFE, 0xFF) { return .sixteenBit(littleEndian: false) }
        if starts(0x3C, 0, 0x3F, 0) { return .sixteenBit(littleEndian: true) }
        if starts(0, 0x3C, 0, 0x3F) { return .sixteenBit(littleEndian: false) }
        if starts(0x4C, 0x6F, 0xA7, 0x94) || starts(0) || (bytes.count > 1 && bytes[1] == 0) { return .unknown }
        return .eightBit(bomBytes: 0)
    }

    /// A start tag shorter than this cannot hold enough attributes to matter.
    static let harmlessTagBytes = 8192

    /// True if one start tag holds more than `limit` attributes. libxml2 compares every attribute of a tag with every
    /// other before it calls us, so a tag of megabytes would take minutes; this look takes a part of the parsing time.
    static func hasTagBeyond(_ limit: Int, _ bytes: UnsafeBufferPointer<UInt8>, sixteenBit littleEndian: Bool?) -> Bool
    {
        guard bytes.count > harmlessTagBytes else { return false }
        var position = 0
        while let open = index(of: 0x3C, in: bytes, from: position) {
            let next = index(of: 0x3C, in: bytes, from: open + 1) ?? bytes.count
            if next - open > harmlessTagBytes {
                let tag = UnsafeBufferPointer(rebasing: bytes[open..<next])
                if assignments(in: tag, sixteenBit: littleEndian) > limit { return true }
            }
            position = open + 1
        }
        return false
    }

    /// Counts the equals signs outside quotes up to the end of the tag. The piece begins with `<`.
    private static func assignments(in tag: UnsafeBufferPointer<UInt8>, sixteenBit littleEndian: Bool?) -> Int {
        let step = littleEndian == nil ? 1 : 2
        var count = 0
        var quote: UInt8 = 0
        var position = 0
        while position < tag.count {
            // In UTF-16 a unit is ASCII when its other byte is zero; `<` begins at its low byte in either order.
            let other = littleEndian == true ? position + 1 : position - 1
            let isASCII = step == 1 || other < 0 || (other < tag.count && tag[other] == 0)
            if isASCII {
                let byte = tag[position]
                if quote != 0 {
                    if byte == quote { quote = 0 }
                } else if byte == 0x22 || byte == 0x27 {
                    quote = byte
                } else if byte == 0x3D {
                    count += 1
                } else if byte == 0x3E {
                    return count
                }
            }
            position += step
        }
        return count
    }

    private static func index(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        // The search stays within the `count - start` bytes that follow `base + start`.
        guard let found = memchr(base + start, Int32(byte), bytes.count - start) else { return nil }
        return base.distance(to: found.assumingMemoryBound(to: UInt8.self))
    }
}

/// Scanning of string bytes, shared by the reader and the writer. Every read is behind a test against `count`.
enum JSONBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The first byte from `index` that is a quote, a backslash or a control character (or, if asked, not ASCII), eight
    /// bytes at a time; `bytes.count` when there is none.
    @inline(__always)
    static func plainRun(in bytes: UnsafeBufferPointer<UInt8>, from index: Int, stopAtHigh: Bool) -> Int {
        guard let base = bytes.baseAddress else { return index }
        let count = bytes.count
        var index = index
        while index + 8 <= count {
            // In bounds: the eight bytes from index end at or before count.
            let raw = UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
            let word = UInt64(littleEndian: raw)
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5C)
            // A match sets its byte's high bit; a borrow can only mislead above a match, and the lowest one counts.
            var hits = ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash) | ((word &- (ones &* 0x20)) & ~word)
            if stopAtHigh { hits |= word }
            hits &= highs
            if hits != 0 { return index + hits.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count {
            let byte = base[index]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 || (stopAtHigh && byte >= 0x80) { return index }
            index += 1
        }
        return index
    }

    /// Length of the UTF-8 sequence of two to four bytes at `index` (Unicode, table 3-7); 0 when it is not one.
    static func sequenceLength(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        func byte(_ step: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
            index + step < bytes.count && bytes[index + step] >= low && bytes[index + step] <= high
        }
        switch bytes[index] {
        case 0xC2...0xDF: return byte(1) ? 2 : 0
        case 0xE0: return byte(1, 0xA0) && byte(2) ? 3 : 0
        case 0xED: return byte(1, 0x80, 0x9F) && byte(2) ? 3 : 0
        case 0xE1...0xEF: return byte(1) && byte(2) ? 3 : 0
        case 0xF0: return byte(1, 0x90) && byte(2) && byte(3) ? 4 : 0
        case 0xF1...0xF3: return byte(1) && byte(2) && byte(3) ? 4 : 0
        case 0xF4: return byte(1, 0x80, 0x8F) && byte(2) && byte(3) ? 4 : 0
        default: return 0
        }
    }

    /// Decodes escapes already checked; the answer is how many bytes were written, never more than were read.
    static func decode(_ raw: UnsafeBufferPointer<UInt8>, into out: UnsafeMutableBufferPointer<UInt8>) -> Int {
        precondition(out.count >= raw.count)
        var index = 0
        var length = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\") else {
                out[length] = raw[index]
                length += 1
                index += 1
                continue
            }
            let letter = raw[index + 1]
            if letter == UInt8(ascii: "u") {
                var scalar = UInt32(hexUnit(in: raw, at: index + 2) ?? 0)
                index += 6
                if scalar & 0xFC00 == 0xD800 {
                    let low = UInt32(hexUnit(in: raw, at: index + 2) ?? 0)
                    scalar = 0x10000 + ((scalar & 0x3FF) << 10) + (low & 0x3FF)
                    index += 6
                }
                for byte in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
                    out[length] = byte
                    length += 1
                }
            } else {
                out[length] = unescaped(letter)
                length += 1
                index += 2
            }
        }
        return length
    }

    private static func unescaped(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    static func hexUnit(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt16? {
        guard index + 4 <= bytes.count else { return nil }
        var unit: UInt16 = 0
        for byte in bytes[index..<index + 4] {
            let letter = byte | 0x20
            if byte >= 0x30 && byte <= 0x39 {
                unit = unit << 4 | UInt16(byte - 0x30)
            } else if letter >= 0x61 && letter <= 0x66 {
                unit = unit << 4 | UInt16(letter - 0x61 + 10)
            } else {
                return nil
            }
        }
        return unit
    }

    /// Whether the text is a number of RFC 8259 §6, to its last byte.
    static func isNumber(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var index = 0
        func digits() -> Bool {
            let first = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
            return index > first
        }
        if bytes.first == UInt8(ascii: "-") { index = 1 }
        let whole = index
        guard digits(), index - whole == 1 || bytes[whole] != UInt8(ascii: "0") else { return false }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard digits() else { return false }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard digits() else { return false }
        }
        return index == bytes.count
    }
}

/// Characters of XML 1.0 as they are written in UTF-8.
enum XMLEscape {
    /// Bits of the characters below 64 that cannot be written as they are: in text the controls, `&`, `<`, `>`; in an
    /// attribute also the quotation mark, tab and line feed.
    private static let inText: UInt64 = 0xFFFF_F9FF | 1 << 0x26 | 1 << 0x3C | 1 << 0x3E
    private static let inAttribute: UInt64 = 0xFFFF_FFFF | 1 << 0x22 | 1 << 0x26 | 1 << 0x3C | 1 << 0x3E

    /// The next byte that must be written as a reference. A carriage return, and a tab or line feed in an attribute, is
    /// one, since a reader would normalise it away (XML 1.0 §2.11, §3.3.3). Characters on the way are checked.
    /// - Parameter isUTF8: The bytes are known to be UTF-8, as those of a string are.
    static func next(
        in text: UnsafeBufferPointer<UInt8>, from start: Int, inAttribute: Bool, isUTF8: Bool
    ) throws(XMLWriteError) -> (offset: Int, reference: StaticString)? {
        let special = inAttribute ? Self.inAttribute : inText
        var position = start
        while position < text.count {
            let byte = text[position]
            if byte < 0x40 {
                if special >> UInt64(byte) & 1 != 0 { return (position, try reference(byte, position)) }
                position += 1
            } else if byte < 0x80 || (isUTF8 && byte != 0xEF) {
                position += 1
            } else {
                position = try scalarEnd(text, position)
            }
        }
        return nil
    }

    private static func reference(_ byte: UInt8, _ offset: Int) throws(XMLWriteError) -> StaticString {
        switch byte {
        case 0x26: return "&amp;"
        case 0x3C: return "&lt;"
        case 0x3E: return "&gt;"
        case 0x22: return "&quot;"
        case 0x0D: return "&#13;"
        case 0x0A: return "&#10;"
        case 0x09: return "&#9;"
        default: throw .illegalCharacter(scalar: UInt32(byte), offset: offset)
        }
    }

    /// The end of the character of two or more bytes that begins here (Unicode 15, table 3-7).
    private static func scalarEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) throws(XMLWriteError) -> Int {
        let lead = text[start]
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        guard lead >= 0xC2, lead <= 0xF4, start + length <= text.count else { throw .invalidUTF8(offset: start) }
        var scalar = UInt32(lead) & (0x7F >> UInt32(length))
        for index in start + 1..<start + length {
            guard text[index] & 0xC0 == 0x80 else { throw .invalidUTF8(offset: start) }
            scalar = scalar << 6 | UInt32(text[index] & 0x3F)
        }
        let least: UInt32 = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80
        guard scalar >= least, scalar <= 0x10FFFF, !(0xD800...0xDFFF).contains(scalar) else {
            throw .invalidUTF8(offset: start)
        }
        guard scalar != 0xFFFE, scalar != 0xFFFF else { throw .illegalCharacter(scalar: scalar, offset: start) }
        return start + length
    }

    /// Names of letters, digits, `_`, `-`, `.` with at most one colon, and any character beyond ASCII: what messages
    /// use, and nothing that could end a tag.
    static func isName(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var atStart = true
        var colons = 0
        for byte in bytes {
            let letter = (byte | 0x20) &- UInt8(ascii: "a")
            if letter < 26 || byte >= 0x80 || byte == UInt8(ascii: "_") {
                atStart = false
            } else if byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") {
                if atStart { return false }
            } else if byte == UInt8(ascii: ":"), !atStart, colons == 0 {
                colons = 1
                atStart = true
            } else {
                return false
            }
        }
        return !atStart
    }
}

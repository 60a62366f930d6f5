/// Named shapes that a row asks for by `as`.
enum TextShape: String, Sendable, CaseIterable {
    /// FSPIOP 1.1 §7.2.11 CorrelationId: a UUID in lower case.
    case uuid
    /// ISO 20022 UUIDv4Identifier: the same, of version 4.
    case uetr
    case digits
    /// FSPIOP 1.1 §7.2.13, §7.2.14: 43 characters of base64url, 32 bytes.
    case condition
    case base64url
    /// ISO 20022 IBAN2007Identifier; check digits are a matter of profiles.
    case iban
    /// ISO 20022 AnyBICDec2014Identifier.
    case bic
    /// ISO 17442: 18 letters and digits, 2 digits.
    case lei
    /// Capital letters, as in codes of countries and currencies.
    case letters
    /// ISO 20022 PhoneNumber: `+254-711000111`.
    case phone

    func holds(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { holds($0) }
    }

    func holds(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .uuid: return TextShape.isUUID(bytes, versions: 0x31...0x35)
        case .uetr: return TextShape.isUUID(bytes, versions: 0x34...0x34)
        case .digits: return bytes.allSatisfy(TextShape.isDigit)
        case .condition: return bytes.count == 43 && TextShape.isBase64(bytes, 43)
        case .base64url:
            var count = bytes.count
            for _ in 0..<2 where count > 0 && bytes[count - 1] == 0x3D { count -= 1 }
            return count > 0 && TextShape.isBase64(bytes, count)
        case .iban:
            return bytes.count >= 5 && bytes.count <= 34 && bytes[..<2].allSatisfy(TextShape.isCapital)
                && bytes[2..<4].allSatisfy(TextShape.isDigit)
                && bytes[4...].allSatisfy { TextShape.isDigit($0) || TextShape.isCapital($0 & 0xDF) }
        case .bic:
            return (bytes.count == 8 || bytes.count == 11) && bytes[4..<6].allSatisfy(TextShape.isCapital)
                && bytes.allSatisfy { TextShape.isDigit($0) || TextShape.isCapital($0) }
        case .lei:
            return bytes.count == 20 && bytes[18...].allSatisfy(TextShape.isDigit)
                && bytes.allSatisfy { TextShape.isDigit($0) || TextShape.isCapital($0) }
        case .letters: return bytes.allSatisfy(TextShape.isCapital)
        case .phone: return TextShape.isPhone(bytes)
        }
    }

    private static func isUUID(_ bytes: UnsafeBufferPointer<UInt8>, versions: ClosedRange<UInt8>) -> Bool {
        guard bytes.count == 36 else { return false }
        for index in 0..<36 {
            let byte = bytes[index]
            switch index {
            case 8, 13, 18, 23: if byte != 0x2D { return false }
            case 14: if !versions.contains(byte) { return false }
            case 19: if byte != 0x38 && byte != 0x39 && byte != 0x61 && byte != 0x62 { return false }
            default: if !(isDigit(byte) || (byte >= 0x61 && byte <= 0x66)) { return false }
            }
        }
        return true
    }

    private static func isPhone(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.first == 0x2B, let hyphen = bytes.firstIndex(of: 0x2D), hyphen >= 2, hyphen <= 4,
            bytes.count > hyphen + 1, bytes.count <= hyphen + 31
        else { return false }
        return bytes[1..<hyphen].allSatisfy(isDigit)
            && bytes[(hyphen + 1)...].allSatisfy { isDigit($0) || [0x28, 0x29, 0x2B, 0x2D].contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isCapital(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }

    /// The first bytes: an ILP packet is the longest text of a message.
    private static func isBase64(_ bytes: UnsafeBufferPointer<UInt8>, _ count: Int) -> Bool {
        precondition(count <= bytes.count)
        return strangers.withUnsafeBufferPointer { strangers in
            // No branch within: a letter that does not belong is the exception.
            var found: UInt8 = 0
            for place in 0..<count { found |= strangers[Int(bytes[place])] }
            return found == 0
        }
    }

    /// By byte: 1 for what is no letter of base64url.
    private static let strangers: [UInt8] = (UInt8.min...UInt8.max).map { byte in
        let belongs = isDigit(byte) || (byte < 0x80 && isCapital(byte & 0xDF)) || byte == 0x2D || byte == 0x5F
        return belongs ? 0 : 1
    }
}

/// The sets of characters that `characters` asks for.
enum ProfileCharacters: String, CaseIterable {
    /// SEPA's basic Latin set, which is SWIFT's X without line ends: letters, digits, `/ - ? : ( ) . , ' +`, space.
    case sepa
    /// Every character of ASCII that prints, and space.
    case ascii
    /// Letters and digits of ASCII.
    case alphanumeric
    case digits
    /// Anything but control characters; of any script.
    case printable

    /// What a set is, for the documentation.
    var says: String {
        switch self {
        case .sepa: "`a-z A-Z 0-9 / - ? : ( ) . , ' +` and space"
        case .ascii: "every character of ASCII that prints, and space"
        case .alphanumeric: "`a-z A-Z 0-9`"
        case .digits: "`0-9`"
        case .printable: "of any script; no control character"
        }
    }

    private func contains(_ byte: UInt8) -> Bool {
        switch self {
        case .sepa:
            return ProfileShape.isDigit(byte) || ProfileShape.isLetter(byte) || byte == 0x20
                || "/-?:().,'+".utf8.contains(byte)
        case .ascii: return byte >= 0x20 && byte < 0x7F
        case .alphanumeric: return ProfileShape.isDigit(byte) || ProfileShape.isLetter(byte)
        case .digits: return ProfileShape.isDigit(byte)
        case .printable: return byte >= 0x20 && byte != 0x7F
        }
    }

    /// By set, then by byte: 1 for what does not belong.
    private static let strangers: [UInt8] = allCases.flatMap { set in
        (UInt8.min...UInt8.max).map { set.contains($0) ? 0 : 1 }
    }

    private var row: Int {
        switch self {
        case .sepa: 0
        case .ascii: 256
        case .alphanumeric: 512
        case .digits: 768
        case .printable: 1024
        }
    }

    /// Whether every byte belongs. Beyond ASCII a character is of several bytes, all of which are in `printable` alone.
    func holdsAll(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let row = row
        return Self.strangers.withUnsafeBufferPointer { strangers in
            // A row has 256 entries, so any byte lies in it. No branch within: a stranger is the exception.
            var found: UInt8 = 0
            for byte in text { found |= strangers[row + Int(byte)] }
            return found == 0
        }
    }

    /// Characters, not bytes.
    static func count(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var count = 0
        for byte in text where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// No slash at either end, no two in a row.
    static func hasSoundSlashes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var previous: UInt8 = 0x2F
        for byte in text {
            if byte == 0x2F && previous == 0x2F { return false }
            previous = byte
        }
        return previous != 0x2F || text.isEmpty
    }

    static func isSpace(_ byte: UInt8?) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

/// Names that an order can bear: what no network could carry is refused here, not by the network later.
enum OrderNames {
    /// What JSON, XML 1.0 and a log line can all hold.
    static func isText(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && scalar.value != 0x7F && !scalar.properties.isNoncharacterCodePoint
    }

    /// ISO 9362: party (4), country (2 letters), place (2), perhaps the branch (3).
    static func isBIC(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 8 || bytes.count == 11 else { return false }
        return bytes.allSatisfy { isCapital($0) || isDigit($0) } && isCapital(bytes[4]) && isCapital(bytes[5])
    }

    /// ISO 13616: country, two check digits, up to 30 more; the whole is 1 modulo 97. Nil when it is one.
    static func fault(iban text: String) -> String? {
        let bytes = Array(text.utf8)
        guard (15...34).contains(bytes.count), bytes.allSatisfy({ isCapital($0) || isDigit($0) }),
            isCapital(bytes[0]), isCapital(bytes[1]), isDigit(bytes[2]), isDigit(bytes[3])
        else { return "is no IBAN: country, two check digits, then capitals and digits, without blanks" }
        let remainder = (bytes[4...] + bytes[..<4]).reduce(0) { rest, byte in
            isDigit(byte) ? (rest * 10 + Int(byte - 0x30)) % 97 : (rest * 100 + Int(byte - 0x37)) % 97
        }
        return remainder == 1 ? nil : "is no IBAN: its check digits do not agree with the rest; look for a slip"
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

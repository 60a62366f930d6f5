/// Identifiers that carry check digits, and those with a shape of their own.
enum ProfileIdentifiers {
    /// ISO 13616: the length that the country has registered, and mod 97 equal to 1 with the first four at the end.
    static func isIBAN(_ text: UnsafeBufferPointer<UInt8>, _ countries: ProfileCountries) -> Bool {
        guard text.count >= 5, text.count <= 34, let length = countries.length(text[0], text[1]), length == text.count,
            ProfileShape.isDigit(text[2]), ProfileShape.isDigit(text[3])
        else { return false }
        var check = Mod97()
        guard check.take(text[4...]), check.take(text[..<4]) else { return false }
        return check.rest == 1
    }

    /// ISO 17442: eighteen capitals or digits and two check digits, mod 97 equal to 1.
    static func isLEI(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var check = Mod97()
        guard text.count == 20, ProfileShape.isDigit(text[18]), ProfileShape.isDigit(text[19]), check.take(text[...])
        else { return false }
        return check.rest == 1
    }

    /// ISO 11649: RF, two check digits, at most 21 more; as an IBAN's.
    static func isReference(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var check = Mod97()
        guard text.count >= 5, text.count <= 25, text[0] == 0x52, text[1] == 0x46, ProfileShape.isDigit(text[2]),
            ProfileShape.isDigit(text[3]), check.take(text[4...]), check.take(text[..<4])
        else { return false }
        return check.rest == 1
    }

    /// ISO 9362, as ISO 20022 writes it: four letters or digits, a country, two, and three or none.
    static func isBIC(_ text: UnsafeBufferPointer<UInt8>, _ countries: ProfileCountries) -> Bool {
        guard text.count == 8 || text.count == 11, countries.length(text[4], text[5]) != nil else { return false }
        return text.allSatisfy { ProfileShape.isDigit($0) || ProfileShape.isCapital($0) }
    }

    /// A US routing number: the digits by weights 3, 7, 1 make a multiple of 10, and are not all zero.
    static func isABA(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == 9 else { return false }
        var sum = 0
        for (place, byte) in text.enumerated() {
            guard ProfileShape.isDigit(byte) else { return false }
            let weight = place % 3 == 0 ? 3 : place % 3 == 1 ? 7 : 1
            sum += Int(byte - 0x30) * weight
        }
        return sum > 0 && sum % 10 == 0
    }

    /// 26 of Crockford's digits, the first of which leaves the number within 128 bits.
    static func isULID(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == 26, text[0] >= 0x30, text[0] <= 0x37 else { return false }
        return text.allSatisfy { byte in
            ProfileShape.isDigit(byte)
                || (ProfileShape.isCapital(byte) && byte != 0x49 && byte != 0x4C && byte != 0x4F && byte != 0x55)
        }
    }

    /// ISO 7064 mod 97-10 over digits and capitals; a letter counts for two digits.
    private struct Mod97 {
        private(set) var rest = 0

        /// False for any other byte; an IBAN of lower case is none here.
        mutating func take(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
            var number = rest
            for byte in bytes {
                if ProfileShape.isDigit(byte) {
                    number = number * 10 + Int(byte - 0x30)
                } else if ProfileShape.isCapital(byte) {
                    number = number * 100 + Int(byte - 0x37)
                } else {
                    return false
                }
                // Far below the limit of 64 bits: one letter more is two digits more.
                if number > 1_000_000_000_000_000 { number %= 97 }
            }
            rest = number % 97
            return true
        }
    }
}

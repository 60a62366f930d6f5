import Payments

/// Comparisons of two texts of one message, or of a message and its header.
enum ProfileCross {
    /// Whether the first text breaks what is asked of it beside the second.
    static func breaks(
        _ cross: ProfileCheck.Cross, _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        switch cross {
        case .same: return !left.elementsEqual(right)
        case .differs: return left.elementsEqual(right)
        case .sameStart(let count): return !left.prefix(count).elementsEqual(right.prefix(count))
        case .country:
            guard let left = country(left), let right = country(right) else { return false }
            return left != right
        case .notBefore: return ProfileTimes.difference(left, right).map { $0 < 0 } ?? false
        case .notAfter: return ProfileTimes.difference(left, right).map { $0 > 0 } ?? false
        case .minorUnits:
            guard let amount = ProfileAmount(left) else { return true }
            guard let currency = Currency(bytes: right) else { return false }
            return amount.decimals > currency.exponent
        }
    }

    /// The country in a BIC (its fifth and sixth characters), in an IBAN (its first two), or a code alone.
    private static func country(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        if text.count == 2 { return Array(text) }
        let isIBAN = text.count >= 4 && ProfileShape.isDigit(text[2]) && ProfileShape.isDigit(text[3])
        if isIBAN, text.count > 11 { return Array(text[..<2]) }
        return text.count == 8 || text.count == 11 ? Array(text[4..<6]) : nil
    }
}

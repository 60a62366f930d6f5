import Payments

/// A decimal as a message writes it, exactly: units of a hundred-thousandth, as in `Money`.
struct ProfileAmount {
    private(set) var units: Int128 = 0
    /// Digits before the point, zeros at the front not counted.
    private(set) var integers = 0
    /// Digits after the point, zeros at the end not counted.
    private(set) var decimals = 0

    init?(_ text: String) {
        var text = text
        guard let amount = text.withUTF8({ ProfileAmount($0) }) else { return nil }
        self = amount
    }

    /// Nil for what is no decimal, is negative, or has more than 18 digits before or 5 after the point.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        var first = 0
        var end = bytes.count
        while first < end, ProfileCharacters.isSpace(bytes[first]) { first += 1 }
        while end > first, ProfileCharacters.isSpace(bytes[end - 1]) { end -= 1 }
        if first < end, bytes[first] == 0x2B { first += 1 }
        var whole: Int64 = 0
        var fraction: Int64 = 0
        var fractions = 0
        var digits = 0
        var seenPoint = false
        while first < end {
            let byte = bytes[first]
            first += 1
            if byte == 0x2E, !seenPoint {
                seenPoint = true
                continue
            }
            guard ProfileShape.isDigit(byte) else { return nil }
            digits += 1
            let value = Int64(byte - 0x30)
            if !seenPoint {
                if integers > 0 || value > 0 { integers += 1 }
                guard integers <= 18 else { return nil }
                whole = whole * 10 + value
                continue
            }
            fractions += 1
            guard fractions <= Money.scale else {
                if value > 0 { return nil }
                continue
            }
            fraction = fraction * 10 + value
            if value > 0 { decimals = fractions }
        }
        guard digits > 0 else { return nil }
        for _ in min(fractions, Money.scale)..<Money.scale { fraction *= 10 }
        units = Int128(whole) * Money.unitsPerWhole + Int128(fraction)
    }
}

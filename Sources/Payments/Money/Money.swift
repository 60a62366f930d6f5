/// An exact amount: whole hundred-thousandths of one currency. Eighteen integer digits and five decimals hold every
/// legal amount of every scheme; nothing is ever rounded.
public struct Money: Hashable, Sendable {
    /// Hundred-thousandths of the currency's main unit: 12.5 EUR is 1_250_000.
    public let units: Int128
    public let currency: Currency

    /// Decimal places that `units` counts.
    public static let scale = 5
    /// Units in one whole of the currency.
    public static let unitsPerWhole: Int128 = 100_000
    /// Largest magnitude of `units`: eighteen integer digits and five decimals, all nines.
    public static let limit: Int128 = 99_999_999_999_999_999_999_999

    /// Nil when the magnitude is over `limit`.
    public init?(units: Int128, currency: Currency) {
        guard units >= -Money.limit, units <= Money.limit else { return nil }
        self.units = units
        self.currency = currency
    }

    private init(checked units: Int128, _ currency: Currency) {
        self.units = units
        self.currency = currency
    }

    public static func zero(_ currency: Currency) -> Money { Money(checked: 0, currency) }

    public var isZero: Bool { units == 0 }
    public var isPositive: Bool { units > 0 }
    public var negated: Money { Money(checked: -units, currency) }

    /// The sum; refuses two currencies and anything over `limit`.
    public func adding(_ other: Money) throws(MoneyError) -> Money {
        guard currency == other.currency else { throw .currenciesDiffer(currency, other.currency) }
        let sum = units + other.units
        guard let money = Money(units: sum, currency: currency) else { throw .overflow }
        return money
    }

    public func subtracting(_ other: Money) throws(MoneyError) -> Money { try adding(other.negated) }

    /// Orders two amounts of one currency; refuses two currencies.
    public func isLess(than other: Money) throws(MoneyError) -> Bool {
        guard currency == other.currency else { throw .currenciesDiffer(currency, other.currency) }
        return units < other.units
    }

    /// Digits after the point that the amount needs, 0 to 5, trailing zeros not counted.
    public var fractionDigits: Int { Money.digits(of: parts.fraction) }

    /// The whole of the main unit, and the hundred-thousandths beyond it, without a sign. Most amounts fit in one word,
    /// and dividing two is slow.
    var parts: (whole: UInt64, fraction: UInt64) {
        let unit = UInt64(Money.unitsPerWhole)
        if let small = UInt64(exactly: units.magnitude) {
            let (whole, fraction) = small.quotientAndRemainder(dividingBy: unit)
            return (whole, fraction)
        }
        let (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: UInt128(unit))
        // Eighteen digits at most, as `limit` says.
        return (UInt64(truncatingIfNeeded: whole), UInt64(truncatingIfNeeded: fraction))
    }

    private static func digits(of fraction: UInt64) -> Int {
        guard fraction != 0 else { return 0 }
        var (rest, digits) = (fraction, scale)
        while rest.isMultiple(of: 10) {
            rest /= 10
            digits -= 1
        }
        return digits
    }

    /// Whether the amount is a whole number of the currency's minor unit.
    public var fitsMinorUnit: Bool { fractionDigits <= currency.exponent }
}

extension Money: CustomStringConvertible {
    /// For people and logs: the minor unit's digits at least, `EUR 12.50`.
    public var description: String { "\(currency.code) \(decimal(atLeast: currency.exponent))" }

    /// The amount in decimal digits with `minimum` fraction digits or as many more as it needs.
    public func decimal(atLeast minimum: Int) -> String {
        let (whole, fraction) = parts
        let digits = max(min(minimum, Money.scale), Money.digits(of: fraction))
        let (isNegative, integers) = (units < 0, Money.length(whole))
        let length = (isNegative ? 1 : 0) + integers + (digits > 0 ? 1 + digits : 0)
        return String(unsafeUninitializedCapacity: length) { text in
            var place = length
            var rest = fraction
            for digit in 0..<Money.scale where digits > 0 {
                if Money.scale - digit <= digits {
                    place -= 1
                    text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                }
                rest /= 10
            }
            if digits > 0 {
                place -= 1
                text[place] = UInt8(ascii: ".")
            }
            rest = whole
            for _ in 0..<integers {
                place -= 1
                text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            if isNegative { text[0] = UInt8(ascii: "-") }
            return length
        }
    }

    /// Decimal digits of a number, one for zero.
    static func length(_ number: UInt64) -> Int {
        var (rest, digits) = (number / 10, 1)
        while rest > 0 {
            rest /= 10
            digits += 1
        }
        return digits
    }
}

public enum MoneyError: Error, Equatable, Sendable {
    case currenciesDiffer(Currency, Currency)
    case overflow
}

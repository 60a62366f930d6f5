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
    public var fractionDigits: Int {
        var rest = units.magnitude % UInt128(Money.unitsPerWhole)
        guard rest != 0 else { return 0 }
        var digits = Money.scale
        while rest % 10 == 0 {
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
        let magnitude = units.magnitude
        let whole = magnitude / UInt128(Money.unitsPerWhole)
        let digits = max(min(minimum, Money.scale), fractionDigits)
        var text = units < 0 ? "-\(whole)" : "\(whole)"
        guard digits > 0 else { return text }
        var fraction = String(magnitude % UInt128(Money.unitsPerWhole))
        fraction = String(repeating: "0", count: Money.scale - fraction.utf8.count) + fraction
        text += "."
        text += fraction.prefix(digits)
        return text
    }
}

public enum MoneyError: Error, Equatable, Sendable {
    case currenciesDiffer(Currency, Currency)
    case overflow
}

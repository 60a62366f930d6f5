/// What one scheme accepts as the text of an amount, and how it wants it written. Data, so that each scheme's clause
/// stands in one place and one parser serves all.
public struct AmountRule: Sendable, Equatable {
    public var integerDigits: Int
    public var fractionDigits: Int
    /// Significant digits in all; the XSD facet totalDigits.
    public var totalDigits: Int
    public var leadingZeros: Bool
    public var trailingZeros: Bool
    /// `+5` as XSD decimals allow.
    public var plusSign: Bool
    /// `5.` and `.5` as XSD decimals allow.
    public var barePoint: Bool
    /// White space around the number, as XSD collapses it.
    public var surroundingSpace: Bool
    public var minorUnitOnly: Bool
    public var zero: Bool
    /// Write at least the currency's minor unit (`10.00`), else no needless zero (`10`).
    public var writesMinorUnit: Bool

    public init(
        integerDigits: Int, fractionDigits: Int, totalDigits: Int, leadingZeros: Bool = false,
        trailingZeros: Bool = false, plusSign: Bool = false, barePoint: Bool = false, surroundingSpace: Bool = false,
        minorUnitOnly: Bool = false, zero: Bool = true, writesMinorUnit: Bool = false
    ) {
        self.integerDigits = integerDigits
        self.fractionDigits = fractionDigits
        self.totalDigits = totalDigits
        self.leadingZeros = leadingZeros
        self.trailingZeros = trailingZeros
        self.plusSign = plusSign
        self.barePoint = barePoint
        self.surroundingSpace = surroundingSpace
        self.minorUnitOnly = minorUnitOnly
        self.zero = zero
        self.writesMinorUnit = writesMinorUnit
    }

    /// ISO 20022 ActiveCurrencyAndAmount: xs:decimal, totalDigits 18, fractionDigits 5, minInclusive 0.
    public static let iso20022 = AmountRule(
        integerDigits: 18, fractionDigits: 5, totalDigits: 18, leadingZeros: true, trailingZeros: true, plusSign: true,
        barePoint: true, surroundingSpace: true, writesMinorUnit: true)

    /// FSPIOP 1.1 §7.2.1 Amount: no trailing zero, four decimals at most.
    public static let fspiop = AmountRule(integerDigits: 18, fractionDigits: 4, totalDigits: 22)

    /// GSMA Mobile Money 1.2 amount: one to four decimals, trailing zeros allowed.
    public static let mobileMoney = AmountRule(
        integerDigits: 18, fractionDigits: 4, totalDigits: 22, trailingZeros: true)

    /// Fineract interoperation MoneyData: a decimal in a string or number.
    public static let fineract = AmountRule(
        integerDigits: 13, fractionDigits: 5, totalDigits: 18, leadingZeros: true, trailingZeros: true)

    /// The channel API: the currency's minor unit and no more, above zero.
    public static let channel = AmountRule(
        integerDigits: 18, fractionDigits: 5, totalDigits: 18, trailingZeros: true, minorUnitOnly: true, zero: false,
        writesMinorUnit: true)

    /// The journal: whatever `Money` holds, sign included by the caller.
    public static let exact = AmountRule(
        integerDigits: 18, fractionDigits: 5, totalDigits: 23, trailingZeros: true)
}

/// Why a text is no amount. Each case is something the sender can mend.
public enum AmountRefusal: Error, Equatable, Sendable {
    case empty
    case notADigit(UInt8)
    case negative
    case signNotAllowed
    case leadingZero
    case trailingZero
    case pointWithoutDigits
    case tooManyIntegerDigits(limit: Int)
    case tooManyFractionDigits(limit: Int)
    case tooManyDigits(limit: Int)
    case finerThanMinorUnit(Currency)
    case zero
}

extension AmountRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "the amount is empty"
        case .notADigit(let byte): "byte 0x\(String(byte, radix: 16)) is not a digit or a decimal point"
        case .negative: "the amount is negative"
        case .signNotAllowed: "a sign is not allowed"
        case .leadingZero: "a leading zero is not allowed"
        case .trailingZero: "a zero at the end of the fraction is not allowed"
        case .pointWithoutDigits: "digits are missing beside the decimal point"
        case .tooManyIntegerDigits(let limit): "more than \(limit) digits before the decimal point"
        case .tooManyFractionDigits(let limit): "more than \(limit) digits after the decimal point"
        case .tooManyDigits(let limit): "more than \(limit) digits in all"
        case .finerThanMinorUnit(let currency): "\(currency) has \(currency.exponent) decimals"
        case .zero: "the amount is zero"
        }
    }
}

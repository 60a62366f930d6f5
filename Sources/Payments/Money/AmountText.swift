extension Money {
    /// Reads an amount from UTF-8 bytes by a scheme's rule; refuses all that the scheme refuses and says why.
    public init(
        parsing bytes: some BidirectionalCollection<UInt8>, currency: Currency, rule: AmountRule
    ) throws(AmountRefusal) {
        try self.init(reading: bytes, currency: currency, rule: rule)
    }

    private init(
        reading bytes: some BidirectionalCollection<UInt8>, currency: Currency, rule: AmountRule
    ) throws(AmountRefusal) {
        var scan = AmountScan(rule: rule)
        for byte in AmountScan.trimmed(bytes, rule) { try scan.take(byte) }
        try scan.finish()
        guard let money = Money(units: scan.units, currency: currency) else {
            throw .tooManyIntegerDigits(limit: rule.integerDigits)
        }
        if rule.minorUnitOnly, !money.fitsMinorUnit { throw .finerThanMinorUnit(currency) }
        if !rule.zero, money.isZero { throw .zero }
        self = money
    }

    /// The same for the bytes of a parser's event; a form of its own, since a generic one is not specialised from
    /// another module.
    public init(
        parsing bytes: UnsafeBufferPointer<UInt8>, currency: Currency, rule: AmountRule
    ) throws(AmountRefusal) {
        try self.init(reading: bytes, currency: currency, rule: rule)
    }

    public init(_ text: String, _ currency: Currency, rule: AmountRule = .exact) throws(AmountRefusal) {
        try self.init(parsing: text.utf8, currency: currency, rule: rule)
    }

    /// The amount as a scheme writes it. Refuses what the scheme cannot carry: nothing is rounded.
    public func text(_ rule: AmountRule) throws(AmountRefusal) -> String {
        guard units >= 0 else { throw .negative }
        guard fractionDigits <= rule.fractionDigits else { throw .tooManyFractionDigits(limit: rule.fractionDigits) }
        if rule.minorUnitOnly, !fitsMinorUnit { throw .finerThanMinorUnit(currency) }
        if !rule.zero, isZero { throw .zero }
        let padding = rule.writesMinorUnit ? min(currency.exponent, rule.fractionDigits) : 0
        let (integers, fractions) = (Money.length(parts.whole), fractionDigits)
        guard integers <= rule.integerDigits else { throw .tooManyIntegerDigits(limit: rule.integerDigits) }
        guard integers + fractions <= rule.totalDigits else { throw .tooManyDigits(limit: rule.totalDigits) }
        // Zeros for show give way where they would not fit: they carry no value.
        return decimal(atLeast: integers + max(padding, fractions) <= rule.totalDigits ? padding : 0)
    }
}

/// One pass over the digits of an amount.
private struct AmountScan {
    let rule: AmountRule
    var units: Int128 = 0
    private var integers = 0
    private var fractions = 0
    private var significantIntegers = 0
    private var significantFractions = 0
    private var seenPoint = false
    private var seenSign = false
    private var firstDigit: UInt8 = 0
    private var lastDigit: UInt8 = 0

    init(rule: AmountRule) { self.rule = rule }

    static func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes, _ rule: AmountRule) -> Bytes.SubSequence
    {
        var slice = bytes[...]
        guard rule.surroundingSpace else { return slice }
        while let byte = slice.first, isSpace(byte) { slice = slice.dropFirst() }
        while let byte = slice.last, isSpace(byte) { slice = slice.dropLast() }
        return slice
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    mutating func take(_ byte: UInt8) throws(AmountRefusal) {
        switch byte {
        case 0x30...0x39: try digit(byte - 0x30)
        case 0x2E:
            guard !seenPoint else { throw .notADigit(byte) }
            seenPoint = true
        case 0x2B, 0x2D:
            guard integers == 0, !seenPoint, !seenSign else { throw .notADigit(byte) }
            guard byte == 0x2B else { throw .negative }
            guard rule.plusSign else { throw .signNotAllowed }
            seenSign = true
        default: throw .notADigit(byte)
        }
    }

    private mutating func digit(_ value: UInt8) throws(AmountRefusal) {
        lastDigit = value
        if seenPoint {
            fractions += 1
            if value != 0 { significantFractions = fractions }
            guard significantFractions <= rule.fractionDigits else {
                throw .tooManyFractionDigits(limit: rule.fractionDigits)
            }
            if fractions > rule.fractionDigits, !rule.plusSign {
                throw .tooManyFractionDigits(limit: rule.fractionDigits)
            }
            guard fractions <= Money.scale else { return }
        } else {
            if integers == 0 { firstDigit = value }
            integers += 1
            if integers > 1, firstDigit == 0, !rule.leadingZeros { throw .leadingZero }
            if significantIntegers > 0 || value != 0 { significantIntegers += 1 }
            guard significantIntegers <= rule.integerDigits else {
                throw .tooManyIntegerDigits(limit: rule.integerDigits)
            }
        }
        units = units * 10 + Int128(value)
    }

    mutating func finish() throws(AmountRefusal) {
        guard integers + fractions > 0 else {
            if seenPoint || seenSign { throw .pointWithoutDigits }
            throw .empty
        }
        if seenPoint, integers == 0 || fractions == 0, !rule.barePoint { throw .pointWithoutDigits }
        if fractions > 0, lastDigit == 0, !rule.trailingZeros { throw .trailingZero }
        guard significantIntegers + significantFractions <= rule.totalDigits else {
            throw .tooManyDigits(limit: rule.totalDigits)
        }
        for _ in min(fractions, Money.scale)..<Money.scale { units *= 10 }
    }
}

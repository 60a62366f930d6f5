/// An exact amount of the lab's own making: hundred-thousandths of a currency unit, read and written as text.
public struct LabAmount: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Hundred-thousandths.
    public var units: Int128

    public static let zero = LabAmount(units: 0)

    public init(units: Int128) { self.units = units }

    /// Reads plain decimal notation, at most 18 digits before and 5 after the point; nil for anything else.
    public init?(_ text: some StringProtocol) {
        var digits = text.utf8[...]
        let negative = digits.first == UInt8(ascii: "-")
        if negative { digits = digits.dropFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...18).contains(whole.count) else { return nil }
        let fraction = parts.count > 1 ? Array(parts[1]) : [UInt8(ascii: "0")]
        guard (1...5).contains(fraction.count) else { return nil }
        var value: Int128 = 0
        for digit in whole + fraction + Array(repeating: UInt8(ascii: "0"), count: 5 - fraction.count) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int128(digit - UInt8(ascii: "0"))
        }
        units = negative ? -value : value
    }

    /// Shortest form, without trailing zeros: `5.5`, `0`, `100`.
    public var description: String { text(decimals: 0) }

    /// At least so many decimals: `5.50` with two.
    public func text(decimals: Int) -> String {
        let whole = units.magnitude / 100_000
        let padded = String(units.magnitude % 100_000 + 100_000).dropFirst()
        var fraction = String(padded)
        while fraction.count > decimals, fraction.last == "0" { fraction.removeLast() }
        return (units < 0 ? "-" : "") + String(whole) + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// Whether there is nothing below the smallest unit with so many decimals.
    func fits(decimals: Int) -> Bool {
        var step: Int128 = 100_000
        for _ in 0..<min(decimals, 5) { step /= 10 }
        return units % step == 0
    }

    /// The integer count of units with so many decimals; nil when a fraction would be lost.
    func minorUnits(decimals: Int) -> UInt64? {
        guard fits(decimals: decimals), units >= 0 else { return nil }
        var step: Int128 = 100_000
        for _ in 0..<min(decimals, 5) { step /= 10 }
        return UInt64(exactly: units / step)
    }

    /// The spelling that FSPIOP 1.1 allows: no sign, no leading zero, no trailing zero, at most 4 decimals.
    static func fspiop(_ text: String) -> LabAmount? {
        guard let value = LabAmount(text), value.units >= 0, value.fits(decimals: 4), value.description == text else {
            return nil
        }
        return value
    }

    public static func < (left: LabAmount, right: LabAmount) -> Bool { left.units < right.units }
    public static func + (left: LabAmount, right: LabAmount) -> LabAmount { .init(units: left.units + right.units) }
    public static func - (left: LabAmount, right: LabAmount) -> LabAmount { .init(units: left.units - right.units) }
    public static func += (left: inout LabAmount, right: LabAmount) { left.units += right.units }
    public static func -= (left: inout LabAmount, right: LabAmount) { left.units -= right.units }
    public static prefix func - (value: LabAmount) -> LabAmount { .init(units: -value.units) }

    /// Decimals of a currency (ISO 4217), for the currencies that the lab uses.
    static func decimals(of currency: String) -> Int {
        switch currency {
        case "XOF", "XAF", "JPY", "UGX", "RWF", "KRW", "CLP", "VND", "GNF", "BIF": 0
        case "BHD", "KWD", "JOD", "OMR", "TND", "IQD", "LYD": 3
        default: 2
        }
    }
}

import Payments
import Testing

/// One line of an accept or reject table.
struct AmountCase: Sendable, CustomTestStringConvertible {
    var text: String
    var currency = "EUR"
    /// The units of the amount, or why it is none.
    var expected: Result<Int128, AmountRefusal>

    init(_ text: String, _ currency: String = "EUR", is units: Int128) {
        self.text = text
        self.currency = currency
        expected = .success(units)
    }

    init(_ text: String, _ currency: String = "EUR", refused: AmountRefusal) {
        self.text = text
        self.currency = currency
        expected = .failure(refused)
    }

    var testDescription: String { "'\(text)' \(currency)" }

    func check(_ rule: AmountRule) throws {
        let money = try #require(Currency(currency))
        let read = Result { () throws(AmountRefusal) in try Money(text, money, rule: rule).units }
        #expect(read == expected)
    }
}

private let nines18 = String(repeating: "9", count: 18)
private let units18: Int128 = 999_999_999_999_999_999 * 100_000

@Suite("What each scheme takes as an amount") struct AmountRuleTests {
    @Test(
        "ISO 20022",
        arguments: [
            AmountCase("0", is: 0), AmountCase("1", is: 100_000), AmountCase("12.50", is: 1_250_000),
            AmountCase("0.00001", is: 1), AmountCase("007", is: 700_000), AmountCase("+5", is: 500_000),
            AmountCase(".5", is: 50_000), AmountCase("5.", is: 500_000), AmountCase(" \t\n1.5\r ", is: 150_000),
            AmountCase("1.000000000", is: 100_000), AmountCase(nines18, is: units18),
            AmountCase("0000" + nines18, is: units18), AmountCase(nines18 + ".00", is: units18),
            AmountCase("9999999999999.99999", is: 999_999_999_999_999_999),
            AmountCase("12.345", "JPY", is: 1_234_500),
            AmountCase("", refused: .empty), AmountCase("   ", refused: .empty),
            AmountCase(".", refused: .pointWithoutDigits), AmountCase("+", refused: .pointWithoutDigits),
            AmountCase("-1", refused: .negative), AmountCase("1-", refused: .notADigit(0x2D)),
            AmountCase("++1", refused: .notADigit(0x2B)), AmountCase("1 2", refused: .notADigit(0x20)),
            AmountCase("1,5", refused: .notADigit(0x2C)), AmountCase("1e3", refused: .notADigit(0x65)),
            AmountCase("1.2.3", refused: .notADigit(0x2E)), AmountCase("١", refused: .notADigit(0xD9)),
            AmountCase("NaN", refused: .notADigit(0x4E)), AmountCase("0x1", refused: .notADigit(0x78)),
            AmountCase("0.000001", refused: .tooManyFractionDigits(limit: 5)),
            AmountCase("1" + nines18, refused: .tooManyIntegerDigits(limit: 18)),
            AmountCase(nines18 + ".1", refused: .tooManyDigits(limit: 18)),
            AmountCase("99999999999999.99999", refused: .tooManyDigits(limit: 18)),
        ])
    func iso20022(_ row: AmountCase) throws { try row.check(.iso20022) }

    @Test(
        "FSPIOP 1.1 §7.2.1",
        arguments: [
            AmountCase("0", is: 0), AmountCase("5", is: 500_000), AmountCase("5.5", is: 550_000),
            AmountCase("0.0001", is: 10), AmountCase("50", is: 5_000_000),
            AmountCase(nines18 + ".9999", is: units18 + 99_990),
            AmountCase("", refused: .empty), AmountCase("00", refused: .leadingZero),
            AmountCase("05", refused: .leadingZero), AmountCase("5.0", refused: .trailingZero),
            AmountCase("5.50", refused: .trailingZero), AmountCase("5.", refused: .pointWithoutDigits),
            AmountCase(".5", refused: .pointWithoutDigits), AmountCase("-5", refused: .negative),
            AmountCase("+5", refused: .signNotAllowed), AmountCase(" 5", refused: .notADigit(0x20)),
            AmountCase("5 ", refused: .notADigit(0x20)), AmountCase("1,000", refused: .notADigit(0x2C)),
            AmountCase("0.00001", refused: .tooManyFractionDigits(limit: 4)),
            AmountCase("1" + nines18, refused: .tooManyIntegerDigits(limit: 18)),
        ])
    func fspiop(_ row: AmountCase) throws { try row.check(.fspiop) }

    @Test(
        "GSMA Mobile Money 1.2",
        arguments: [
            AmountCase("0", is: 0), AmountCase("16.00", is: 1_600_000), AmountCase("16.0000", is: 1_600_000),
            AmountCase("0.5", is: 50_000), AmountCase(nines18 + ".9999", is: units18 + 99_990),
            AmountCase("016", refused: .leadingZero), AmountCase("+16", refused: .signNotAllowed),
            AmountCase("-16", refused: .negative), AmountCase("16.", refused: .pointWithoutDigits),
            AmountCase(".5", refused: .pointWithoutDigits), AmountCase("\t16", refused: .notADigit(0x09)),
            AmountCase("16.00000", refused: .tooManyFractionDigits(limit: 4)),
            AmountCase("1" + nines18, refused: .tooManyIntegerDigits(limit: 18)),
        ])
    func mobileMoney(_ row: AmountCase) throws { try row.check(.mobileMoney) }

    @Test(
        "The channel API",
        arguments: [
            AmountCase("1", is: 100_000), AmountCase("10.50", is: 1_050_000), AmountCase("0.01", is: 1_000),
            AmountCase("10", "JPY", is: 1_000_000), AmountCase("10.00", "JPY", is: 1_000_000),
            AmountCase("1.234", "KWD", is: 123_400), AmountCase("1.2345", "CLF", is: 123_450),
            AmountCase(nines18, is: units18),
            AmountCase("0", refused: .zero), AmountCase("0.00", refused: .zero), AmountCase("-1", refused: .negative),
            AmountCase("01", refused: .leadingZero), AmountCase("1.005", refused: .finerThanMinorUnit(eur)),
            AmountCase("10.5", "JPY", refused: .finerThanMinorUnit(jpy)),
            AmountCase("1.2345", "KWD", refused: .finerThanMinorUnit(kwd)),
            AmountCase("1.000000", refused: .tooManyFractionDigits(limit: 5)),
            AmountCase("1" + nines18, refused: .tooManyIntegerDigits(limit: 18)),
        ])
    func channel(_ row: AmountCase) throws { try row.check(.channel) }

    @Test("An amount that a scheme cannot carry is refused, never rounded") func refusedWhenWritten() throws {
        let fine = try #require(Money(units: 1, currency: eur))
        #expect(throws: AmountRefusal.tooManyFractionDigits(limit: 4)) { try fine.text(.fspiop) }
        #expect(try fine.text(.iso20022) == "0.00001")
        #expect(throws: AmountRefusal.finerThanMinorUnit(eur)) { try fine.text(.channel) }
        #expect(throws: AmountRefusal.zero) { try Money.zero(eur).text(.channel) }
        #expect(throws: AmountRefusal.negative) { try fine.negated.text(.iso20022) }
        let large = try #require(Money(units: units18 + 1, currency: eur))
        #expect(throws: AmountRefusal.tooManyDigits(limit: 18)) { try large.text(.iso20022) }
        #expect(throws: AmountRefusal.tooManyIntegerDigits(limit: 13)) {
            try Money(nines18, eur).text(.fineract)
        }
    }

    @Test("Each scheme's own way to write an amount") func written() throws {
        let amount = try Money("1250.5", eur)
        #expect(try amount.text(.iso20022) == "1250.50")
        #expect(try amount.text(.channel) == "1250.50")
        #expect(try amount.text(.fspiop) == "1250.5")
        #expect(try amount.text(.mobileMoney) == "1250.5")
        #expect(try Money("1250", jpy).text(.iso20022) == "1250")
        #expect(try Money("1.5", kwd).text(.iso20022) == "1.500")
        #expect(amount.description == "EUR 1250.50")
    }

    @Test(
        "The largest legal amount can be written by every scheme that reads it",
        arguments: [
            AmountRule.iso20022, .channel, .fspiop, .mobileMoney, .exact,
        ])
    func largest(_ rule: AmountRule) throws {
        let amount = try Money(nines18, eur, rule: rule)
        #expect(try Money(amount.text(rule), eur, rule: rule) == amount)
    }
}

let eur = Currency("EUR").unsafelyUnwrapped
let jpy = Currency("JPY").unsafelyUnwrapped
let kwd = Currency("KWD").unsafelyUnwrapped

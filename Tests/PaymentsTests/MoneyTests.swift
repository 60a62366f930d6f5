import Payments
import Testing

private let rules: [(String, AmountRule)] = [
    ("iso20022", .iso20022), ("fspiop", .fspiop), ("mobileMoney", .mobileMoney), ("fineract", .fineract),
    ("channel", .channel), ("exact", .exact),
]

@Suite("Exact money") struct MoneyTests {
    @Test("What a scheme writes, it reads back as the same amount", arguments: rules.indices)
    func roundTrip(_ index: Int) throws {
        let (name, rule) = rules[index]
        var dice = Dice(seed: 0xA11CE + UInt64(index))
        var written = 0
        for round in 0..<4_000 {
            let currency = try #require([eur, jpy, kwd].randomElement(using: &dice))
            let money = try #require(Money(units: randomUnits(&dice), currency: currency))
            guard let text = try? money.text(rule) else { continue }
            written += 1
            let back = try? Money(text, currency, rule: rule)
            #expect(back == money, "\(name), round \(round): \(money) written as \(text)")
        }
        #expect(written > 300, "\(name) refused nearly every amount")
    }

    @Test("What a scheme reads, it can write, and the meaning stays", arguments: rules.indices)
    func readAndWritten(_ index: Int) throws {
        let (name, rule) = rules[index]
        var dice = Dice(seed: 0xB0B + UInt64(index))
        var read = 0
        for round in 0..<4_000 {
            let text = randomText(&dice)
            guard let money = try? Money(text, eur, rule: rule) else { continue }
            read += 1
            let again = try? money.text(rule)
            let back = again.flatMap { try? Money($0, eur, rule: rule) }
            #expect(
                back == money, "\(name), round \(round): '\(text)' read as \(money), written as \(again ?? "nothing")")
        }
        #expect(read > 200, "\(name) refused nearly every text")
    }

    @Test("No bytes at all make the parser fail but by its refusals") func hostileBytes() {
        var dice = Dice(seed: 0xDEAD)
        let letters: [UInt8] = Array("0123456789+-.,eE \u{0}".utf8) + [0xFF, 0xC3]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...40, using: &dice)
            let bytes = (0..<count).map { _ in letters[Int.random(in: letters.indices, using: &dice)] }
            for (_, rule) in rules {
                guard let money = try? Money(parsing: bytes, currency: eur, rule: rule) else { continue }
                #expect(money.units >= 0 && money.units <= Money.limit)
            }
        }
    }

    @Test("Sums are exact and refuse two currencies and overflow") func arithmetic() throws {
        let tenth = try Money("0.1", eur)
        let fifth = try Money("0.2", eur)
        #expect(try tenth.adding(fifth) == Money("0.3", eur))
        #expect(try tenth.subtracting(fifth) == Money("0.1", eur).negated)
        #expect(try tenth.isLess(than: fifth))
        #expect(throws: MoneyError.currenciesDiffer(eur, jpy)) { try tenth.adding(Money("1", jpy)) }
        #expect(throws: MoneyError.currenciesDiffer(eur, jpy)) { try tenth.isLess(than: Money("1", jpy)) }
        let most = try #require(Money(units: Money.limit, currency: eur))
        let least = try #require(Money(units: 1, currency: eur))
        #expect(throws: MoneyError.overflow) { try most.adding(least) }
        #expect(throws: MoneyError.overflow) { try most.negated.subtracting(least) }
        #expect(try most.subtracting(least).adding(least) == most)
        #expect(Money(units: Money.limit + 1, currency: eur) == nil)
        #expect(Money(units: -Money.limit - 1, currency: eur) == nil)
        #expect(Money(units: .min, currency: eur) == nil)
        #expect(Money(units: .max, currency: eur) == nil)
    }

    @Test("Addition is commutative, and subtraction takes it back") func laws() throws {
        var dice = Dice(seed: 0x5EED)
        for _ in 0..<4_000 {
            let left = try #require(Money(units: randomUnits(&dice), currency: eur))
            let right = try #require(Money(units: -randomUnits(&dice), currency: eur))
            let sum = try left.adding(right)
            #expect(sum == (try right.adding(left)))
            #expect(try sum.subtracting(right) == left)
            #expect(left.negated.negated == left)
        }
    }

    @Test(
        "Fraction digits as needed",
        arguments: [
            ("0", 0), ("1", 0), ("10", 0), ("0.1", 1), ("0.10", 1), ("1.25", 2), ("1.001", 3), ("1.0001", 4),
            ("1.00001", 5),
        ])
    func fractionDigits(_ text: String, _ digits: Int) throws {
        #expect(try Money(text, eur).fractionDigits == digits)
        #expect(try Money(text, eur).negated.fractionDigits == digits)
    }

    @Test(
        "Minor units as ISO 4217 says",
        arguments: [
            ("EUR", 2), ("USD", 2), ("JPY", 0), ("XOF", 0), ("UGX", 0), ("KWD", 3), ("TND", 3), ("CLF", 4), ("KES", 2),
        ])
    func exponents(_ code: String, _ exponent: Int) throws {
        let currency = try #require(Currency(code))
        #expect(currency.isListed)
        #expect(currency.exponent == exponent)
        #expect(currency.code == code)
    }

    @Test("What is no currency code", arguments: ["", "EU", "EURO", "eur", "E1R", "E R", "ÄUR", "EU\u{0}"])
    func notACurrency(_ code: String) {
        #expect(Currency(code) == nil)
    }

    @Test("A code that ISO 4217 does not list is a code, and not listed", arguments: ["AAA", "XXX", "DEM", "ZZZ"])
    func unlisted(_ code: String) throws {
        #expect(try !#require(Currency(code)).isListed)
    }
}

/// Amounts of every size: small, of whole minor units, and up to the limit.
private func randomUnits(_ dice: inout Dice) -> Int128 {
    let digits = Int.random(in: 1...23, using: &dice)
    let number = Int128(dice.digits(digits)) ?? 0
    switch Int.random(in: 0...3, using: &dice) {
    case 0: return number / 1_000 * 1_000
    case 1: return number / Money.unitsPerWhole * Money.unitsPerWhole
    case 2: return number / 10 * 10
    default: return number
    }
}

private func randomText(_ dice: inout Dice) -> String {
    var text = Int.random(in: 0...9, using: &dice) == 0 ? "+" : ""
    text += dice.digits(Int.random(in: 0...19, using: &dice))
    if Bool.random(using: &dice) { text += "." + dice.digits(Int.random(in: 0...6, using: &dice)) }
    return text
}

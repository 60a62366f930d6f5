import Payments
import Testing

@Suite("Bookings balance") struct LedgerTests {
    @Test("A movement takes from one account what it gives to another") func move() throws {
        let amount = try Money("12.50", eur)
        let booking = Booking.move("sent", amount, from: .position, "iso:rtp1", to: .transit, "mojaloop:hub1")
        #expect(
            booking.entries == [
                LedgerEntry(.position, "iso:rtp1", amount.negated), LedgerEntry(.transit, "mojaloop:hub1", amount),
            ])
        #expect(booking.entries.reduce(Int128(0)) { $0 + $1.amount.units } == 0)
    }

    @Test("Lines that do not add up are no booking") func unbalanced() throws {
        let one = try Money("1", eur)
        let two = try Money("2", eur)
        #expect(Booking("short", [LedgerEntry(.position, "a", one)]) == nil)
        #expect(
            Booking("uneven", [LedgerEntry(.position, "a", one), LedgerEntry(.customers, "a", two.negated)]) == nil)
    }

    @Test("Each currency balances by itself") func currencies() throws {
        let euro = try Money("1", eur)
        let yen = try Money("1", jpy)
        #expect(Booking("mixed", [LedgerEntry(.position, "a", euro), LedgerEntry(.transit, "a", yen.negated)]) == nil)
        let both = [
            LedgerEntry(.position, "a", euro), LedgerEntry(.customers, "a", euro.negated),
            LedgerEntry(.position, "a", yen), LedgerEntry(.customers, "a", yen.negated),
        ]
        #expect(Booking("two currencies", both)?.entries == both)
    }

    @Test("Largest amounts do not wrap around") func large() throws {
        let most = try #require(Money(units: Money.limit, currency: eur))
        let many = Array(repeating: LedgerEntry(.position, "a", most), count: 1_000)
        #expect(Booking("a thousand of the most", many) == nil)
        let back = Array(repeating: LedgerEntry(.customers, "a", most.negated), count: 1_000)
        #expect(Booking("there and back", many + back) != nil)
    }

    @Test("Any shuffle of movements adds up to zero over all accounts") func shuffles() throws {
        var dice = Dice(seed: 0xB007)
        var balances: [LedgerAccount: Int128] = [:]
        for _ in 0..<2_000 {
            let units = Int128(Int64.random(in: 1...10_000_000_000, using: &dice))
            let amount = try #require(Money(units: units, currency: eur))
            let from = try #require(LedgerAccount.allCases.randomElement(using: &dice))
            let to = try #require(LedgerAccount.allCases.randomElement(using: &dice))
            for entry in Booking.move("x", amount, from: from, "a", to: to, "b").entries {
                balances[entry.account, default: 0] += entry.amount.units
            }
            #expect(balances.values.reduce(0, +) == 0)
        }
    }
}

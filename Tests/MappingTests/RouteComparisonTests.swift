import Payments
import Testing

@testable import Mapping

@Suite("Two rules tables compared") struct RouteComparisonTests {
    private func question(_ amount: String, _ number: String) throws -> RouteQuestion {
        var payment = Payment()
        payment.amount.settlement = try Money(amount, try #require(Currency("KES")))
        payment.creditor.identifiers = [Identifier("MSISDN", number)]
        return RouteQuestion(
            tenant: "a", kind: .transfer, from: "channel", payment: payment, date: CivilDate(dayNumber: 20_000))
    }

    private func id(_ number: UInt64) -> PaymentID { PaymentID(high: 1, low: number) }

    @Test("Count, amount and list of what moves") func moves() throws {
        let old = try RouteBench.table("10,*,*,*,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,iso:rtp1,outgoing,")
        let new = try RouteBench.table(
            "5,*,*,*,*,MSISDN:*,*,KES,1000,,,,,iso:rtp1,,outgoing,",
            "10,*,*,*,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,")
        var comparison = RouteComparison(old: old, new: new, limit: 2)
        for (number, amount) in ["10", "1000", "2000.50", "3000", "999.99"].enumerated() {
            let asked = try question(amount, "+254")
            comparison.add(id(UInt64(number)), asked, decided: old.decide(asked))
        }
        #expect(comparison.compared == 5 && comparison.moved == 3 && comparison.otherRow == 2)
        #expect(comparison.notAsOld == 0)
        #expect(comparison.moves.map(\.payment) == [id(1), id(2)])
        #expect(comparison.moves[0].oldLine == 2 && comparison.moves[0].newLine == 2)
        let totals = comparison.totals
        #expect(totals.map(\.target) == ["iso:rtp1", "mojaloop:hub1"])
        #expect(totals.map(\.oldCount) == [0, 5] && totals.map(\.newCount) == [3, 2])
        #expect(totals[0].newUnits == 600_050_000 && totals[1].newUnits == 100_999_000)
    }

    @Test("A payee of our own is taken from what was decided then") func ours() throws {
        let old = try RouteBench.table(
            "5,*,*,*,*,account:same-tenant,*,*,,,,,,on-us,,on-us,",
            "10,*,*,*,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,")
        let new = try RouteBench.table("10,*,*,*,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,")
        var comparison = RouteComparison(old: old, new: new)
        var asked = try question("5", "+254")
        asked.creditorIsOurs = true
        let decided = old.decide(asked)
        asked.creditorIsOurs = false
        comparison.add(id(1), asked, decided: decided)
        #expect(comparison.moved == 1 && comparison.notAsOld == 0)
        #expect(comparison.moves.first?.oldTarget == .onUs)
    }

    @Test("A payment that went another way then is counted") func otherwise() throws {
        let table = try RouteBench.table("10,*,*,*,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,iso:rtp1,outgoing,")
        var comparison = RouteComparison(old: table, new: table)
        let asked = try question("5", "+254")
        var decided = table.decide(asked)
        decided.target = .network("iso:rtp1")
        comparison.add(id(1), asked, decided: decided)
        comparison.add(id(2), asked, decided: nil)
        #expect(comparison.notAsOld == 1 && comparison.moved == 0 && comparison.otherRow == 0)
    }
}

import FormatJSON
import Payments
import Testing

@testable import ChannelAPI

/// Giving back what came in.
@Suite("Refunds")
struct RefundTests {
    private func refund(
        _ bench: Bench, _ id: PaymentID, _ body: String, key: String, prefer: String = "wait=10"
    ) async throws -> (status: Int, json: JSONValue) {
        let reply = await bench.post("/v1/payments/\(id)/refunds", body, key: key, prefer: prefer)
        return (reply.status, try JSONValue.parse(reply.body))
    }

    @Test func aRefundIsAPaymentOfItsOwnTheOtherWayAndBothKnowOfEachOther() async throws {
        try await withChannel(Scripted.world) { bench in
            let id = try await bench.received("10.00", name: "r-1")
            let refund = try await refund(bench, id, #"{"amount":"2.50","reason":"returned goods"}"#, key: "k-1")
            #expect(refund.status == 200 && refund.json["outcome"]?.string == "settled")
            #expect(refund.json["original"]?.string == id.text)
            let payment = refund.json["payment"]
            #expect(payment?["amount.settlement"]?.string == "KES 2.5")
            #expect(payment?["creditor.identifiers[0].value"]?.string == Scripted.wanjiru)
            #expect(payment?["debtorAccount.identifiers[0].value"]?.string == "A-AMINA")
            let original = try await bench.page(id.text)
            #expect(original["refunds"]?.array?.map { $0["id"] } == [refund.json["id"]])
            #expect(original["outcome"]?.string == "settled", "the original stays what it was")
        }
    }

    @Test func neverMoreThanTheOriginalHoweverManyAndHoweverFast() async throws {
        try await withChannel(Scripted.world) { bench in
            let id = try await bench.received("10.00", name: "r-2")
            let statuses = await withTaskGroup(of: Int.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        await bench.post(
                            "/v1/payments/\(id)/refunds", #"{"amount":"3.00","reason":"r"}"#, key: "p-\(number)"
                        ).status
                    }
                }
                return await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 3)
            #expect(statuses.filter { $0 == 409 }.count == 9, "\(statuses)")
            let rest = try await refund(bench, id, #"{"reason":"the rest"}"#, key: "rest")
            #expect(rest.json["payment"]?["amount.settlement"]?.string == "KES 1")
            let none = try await refund(bench, id, #"{"reason":"more"}"#, key: "none")
            #expect(none.status == 409 && none.json["detail"]?.string?.contains("nothing is left") == true)
            #expect(try await bench.page(id.text)["refunds"]?.array?.count == 4)
        }
    }

    @Test func aRefundUnderWayCountsAndARejectedOneDoesNot() async throws {
        try await withChannel(Scripted.world) { bench in
            let id = try await bench.received("20.00", name: "r-3")
            let held = try await refund(
                bench, id, #"{"amount":"\#(Scripted.held)","reason":"slow"}"#, key: "slow", prefer: "wait=0")
            #expect(held.status == 202)
            let over = try await refund(bench, id, #"{"amount":"7.00","reason":"x"}"#, key: "over")
            #expect(over.status == 409 && over.json["at"]?.string == "$.amount")
            #expect(over.json["detail"]?.string?.contains("KES 6.87 is left") == true)
            bench.network.release()
        }
    }

    @Test func theSameKeyIsTheSameRefundAndOtherContentIsRefused() async throws {
        try await withChannel(Scripted.world) { bench in
            let id = try await bench.received("10.00", name: "r-4")
            let first = try await refund(bench, id, #"{"amount":"10.00","reason":"all"}"#, key: "k")
            let again = try await refund(bench, id, #"{"reason":"all","amount":"10.00"}"#, key: "k")
            #expect(again.status == 200 && again.json["id"] == first.json["id"], "though nothing is left")
            let other = try await refund(bench, id, #"{"amount":"9.00","reason":"all"}"#, key: "k")
            #expect(other.status == 422)
            #expect(other.json["type"]?.string == "urn:interlock:problem:idempotency-key-reused")
            let elsewhere = try await bench.received("10.00", name: "r-5")
            let moved = try await refund(bench, elsewhere, #"{"amount":"10.00","reason":"all"}"#, key: "k")
            #expect(moved.status == 422, "a key stands for one refund of one payment")
        }
    }

    @Test func onlyWhatWasReceivedAndSettledIsGivenBack() async throws {
        try await withChannel(Scripted.world) { bench in
            let own = try JSONValue.parse(await bench.order(Bench.order(confirm: false), key: "o").body)["id"]?.string
            let sent = try #require(own.flatMap { PaymentID($0) })
            #expect(try await refund(bench, sent, #"{"reason":"x"}"#, key: "a").status == 409)
            let lookup = try await bench.received(name: "r-6", kind: .partyLookup)
            #expect(try await refund(bench, lookup, #"{"reason":"x"}"#, key: "b").status == 409)
            let nobody = PaymentID(high: 1, low: 2)
            #expect(try await refund(bench, nobody, #"{"reason":"x"}"#, key: "c").status == 404)
        }
    }

    @Test(arguments: [
        (#"{"amount":"1.00"}"#, "$.reason"), (#"{"amount":1,"reason":"r"}"#, "$.amount"),
        (#"{"amount":"0","reason":"r"}"#, "$.amount"), (#"{"amount":"1.001","reason":"r"}"#, "$.amount"),
        (#"{"amount":"1.00","reason":"r","currency":"KES"}"#, "$.currency"),
    ])
    func aBadRefundIsToldWhereItIsWrong(_ body: String, _ at: String) async throws {
        try await withChannel(Scripted.world) { bench in
            let id = try await bench.received("10.00", name: "r-7")
            let answer = try await refund(bench, id, body, key: "bad")
            #expect(answer.status == 422 && answer.json["at"]?.string == at, "\(answer.json)")
            #expect(await bench.post("/v1/payments/\(id)/refunds", #"{"reason":"r"}"#).status == 400)
        }
    }
}

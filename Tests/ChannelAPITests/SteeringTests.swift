import FormatJSON
import Payments
import Testing

@testable import ChannelAPI

/// The payer's word: yes or no to the terms, and calling a payment off.
@Suite("Confirmation and cancellation")
struct SteeringTests {
    @Test func thePayerSeesTheTermsAndNothingLeavesBeforeHisYes() async throws {
        try await withChannel(Scripted.world) { bench in
            let id = try await bench.asked("c-1")
            let page = try await bench.page(id)
            #expect(page["outcome"] == nil)
            #expect(page["terms"]?["creditorName"]?.string == "Wanjiru Kamau")
            #expect(page["terms"]?["debited"] == ["amount": "100.00", "currency": "KES"])
            #expect(page["confirmation"]?["until"]?.string?.hasSuffix("Z") == true)
            #expect(page["steps"]?.array?.first { $0["step"]?.string == "send" }?["state"]?.string == "planned")

            let yes = await bench.post("/v1/payments/\(id)/confirm", #"{"accept":true}"#)
            #expect(yes.status == 200)
            let ended = try JSONValue.parse(yes.body)
            #expect(ended["outcome"]?.string == "settled")
            #expect(ended["confirmation"]?["state"]?.string == "given")
            // The same word again changes nothing; the opposite comes too late.
            let again = await bench.post("/v1/payments/\(id)/confirm", #"{"accept":false}"#)
            #expect(again.status == 409)
        }
    }

    @Test func aNoEndsThePaymentBeforeAnythingLeft() async throws {
        try await withChannel(Scripted.world) { bench in
            let id = try await bench.asked("c-2")
            let no = try JSONValue.parse(await bench.post("/v1/payments/\(id)/confirm", #"{"accept":false}"#).body)
            #expect(no["outcome"]?.string == "rejected")
            #expect(no["reason"]?["canonical"]?.string == "cancelledByDebtor")
            #expect(no["confirmation"]?["state"]?.string == "refused")
            #expect(no["bookings"]?.array?.isEmpty == true)
        }
    }

    @Test func anOrderWithoutTheWishIsNotAsked() async throws {
        try await withChannel(Scripted.world) { bench in
            let page = try JSONValue.parse(await bench.order(Bench.order(confirm: false), key: "c-3").body)
            #expect(page["outcome"]?.string == "settled" && page["confirmation"] == nil)
            let id = page["id"]?.string ?? ""
            #expect(await bench.post("/v1/payments/\(id)/confirm", #"{"accept":true}"#).status == 409)
        }
    }

    @Test func aPaymentIsCalledOffWhileItsPayerThinks() async throws {
        try await withChannel(Scripted.world) { bench in
            let id = try await bench.asked("c-4")
            let reply = await bench.post("/v1/payments/\(id)/cancel", #"{"reason":"ordered by mistake"}"#)
            #expect(reply.status == 200)
            let page = try JSONValue.parse(reply.body)
            #expect(page["outcome"]?.string == "rejected")
            #expect(page["reason"]?["detail"]?.string == "ordered by mistake")
        }
    }

    @Test func whatTheNetworkWasToldOfIsNotCalledOffAndSaysWhy() async throws {
        try await withChannel(Scripted.world) { bench in
            let order = await bench.order(Bench.order(Scripted.held, confirm: false), key: "c-5", prefer: "wait=0")
            let id = try JSONValue.parse(order.body)["id"]?.string ?? ""
            try await bench.until(id) { $0["stage"]?.string == "send" }
            let reply = await bench.post("/v1/payments/\(id)/cancel", #"{"reason":"too late"}"#)
            #expect(reply.status == 409)
            let problem = try JSONValue.parse(reply.body)
            #expect(problem["type"]?.string == "urn:interlock:problem:not-possible")
            #expect(problem["detail"]?.string?.contains("send has begun") == true)
            bench.network.release()
            let page = try await bench.until(id) { $0["outcome"] != nil }
            #expect(page["outcome"]?.string == "settled")
        }
    }

    @Test func nobodyCallsOffWhatCameInOrAnotherBanksPayment() async throws {
        try await withChannel(Scripted.world) { bench in
            let incoming = try await bench.received(name: "x-1")
            let reply = await bench.post("/v1/payments/\(incoming)/cancel", #"{"reason":"mine"}"#)
            #expect(reply.status == 409)
            let id = try await bench.asked("c-6")
            var request = WireRequest(
                method: "POST", path: "/v1/payments/\(id)/confirm", body: Array("{\"accept\":true}".utf8))
            request.headers = [WireHeader("Content-Type", "application/json")]
            #expect(await bench.send(request, bearer: "key-of-b").status == 404)
            #expect(try await bench.page(id)["confirmation"]?["state"]?.string == "awaited")
        }
    }

    @Test(arguments: [
        ("confirm", "{}", 422, "$.accept"), ("confirm", #"{"accept":"yes"}"#, 422, "$.accept"),
        ("confirm", #"{"accept":true,"now":1}"#, 422, "$.now"), ("confirm", "{", 400, "$"),
        ("cancel", "{}", 422, "$.reason"), ("cancel", #"{"reason":""}"#, 422, "$.reason"),
        ("cancel", #"{"reason":"a\u0000b"}"#, 422, "$.reason"), ("cancel", "[]", 422, "$"),
    ])
    func aBadWordIsToldWhereItIsWrong(_ call: String, _ body: String, _ status: Int, _ at: String) async throws {
        try await withChannel(Scripted.world) { bench in
            let reply = await bench.post("/v1/payments/01K0DTG4CR00000000000000AB/\(call)", body)
            #expect(reply.status == status)
            let problem = try JSONValue.parse(reply.body)
            #expect(problem["at"]?.string == at)
        }
    }

    // MARK: parties

    @Test func aPartyIsNamedAsTheNetworkKnowsIt() async throws {
        try await withChannel(Scripted.world) { bench in
            let reply = await bench.get("/v1/parties/MSISDN/%2B254700000001")
            #expect(reply.status == 200)
            let party = try JSONValue.parse(reply.body)
            #expect(party["name"]?.string == "Wanjiru Kamau" && party["value"]?.string == Scripted.wanjiru)
            #expect(party["agent"] == ["fspId": "wallets"] && party["network"]?.string == Scripted.network)
            let lookup = try await bench.page(party["lookup"]?.string ?? "")
            #expect(lookup["kind"]?.string == "partyLookup" && lookup["outcome"]?.string == "settled")
        }
    }

    @Test(arguments: [
        ("MSISDN/%2B254700000404", 404, "party-not-found"), ("MSISDN/%2B254700000403", 422, "lookup-refused"),
        ("IBAN/DE89370400440532013000", 422, "lookup-refused"), ("IBAN/DE00", 400, "malformed"),
        ("PIGEON/1", 400, "malformed"), ("MSISDN/a%00b", 400, "malformed"), ("MSISDN/%2", 404, "not-found"),
    ])
    func aPartyThatIsNotFoundIsAProblem(_ path: String, _ status: Int, _ type: String) async throws {
        try await withChannel(Scripted.world) { bench in
            let reply = await bench.get("/v1/parties/\(path)")
            #expect(reply.status == status)
            let problem = try JSONValue.parse(reply.body)
            #expect(problem["type"]?.string == "urn:interlock:problem:\(type)")
        }
    }
}

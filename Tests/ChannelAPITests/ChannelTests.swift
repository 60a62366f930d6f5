import ChannelAPI
import Crypto
import FormatJSON
import Foundation
import Payments
import PaymentsEngine
import StoreSQLite
import Testing

/// The channel API over a real engine and a real store; the rules table refuses everything, so orders end at once.
@Suite("Channel API")
struct ChannelTests {
    @Test func anOrderIsTakenOnceAndItsPageTellsHowItEnded() async throws {
        try await withChannel { channel in
            let reply = await channel.order(Orders.good, key: "k-1")
            #expect(reply.status == 200)
            let page = try JSONValue.parse(reply.body)
            let id = try #require(page["id"]?.string)
            #expect(page["outcome"]?.string == "rejected")
            #expect(page["reason"]?["canonical"]?.string == "creditorAgentUnknown")
            #expect(page["route"]?["line"]?.int == 999)
            #expect(reply.header("Location") == "/v1/payments/\(id)")
            let hops = page["timeline"]?.array?.compactMap { $0["hop"]?.string } ?? []
            #expect(hops.first == "receive" && hops.contains("route") && hops.last == "notify")

            let shown = try JSONValue.parse(await channel.get("/v1/payments/\(id)").body)
            #expect(shown["id"]?.string == id)
            #expect(shown["payment"]?["amount.settlement"]?.string == "KES 100")
        }
    }

    @Test func theSameKeyWithTheSameOrderIsTheSamePaymentAndWithAnotherIsRefused() async throws {
        try await withChannel { channel in
            let first = try JSONValue.parse(await channel.order(Orders.good, key: "k-2").body)
            let again = try JSONValue.parse(await channel.order(Orders.good, key: "k-2").body)
            #expect(first["id"]?.string != nil && first["id"] == again["id"])
            let other = Orders.good.replacingOccurrences(of: "100.00", with: "100.01")
            let refused = await channel.order(other, key: "k-2")
            #expect(refused.status == 422)
            #expect(refused.header("Content-Type") == "application/problem+json")
            let problem = try JSONValue.parse(refused.body)
            #expect(problem["type"]?.string == "urn:interlock:problem:idempotency-key-reused")
            #expect(problem["detail"]?.string?.contains(first["id"]?.string ?? "none") == true)
        }
    }

    @Test func aHundredRepeatsAtOnceMakeOnePayment() async throws {
        try await withChannel { channel in
            let ids = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        try JSONValue.parse(await channel.order(Orders.good, key: "k-3").body)["id"]?.string
                    }
                }
                var ids: Set<String?> = []
                for try await id in group { ids.insert(id) }
                return ids
            }
            #expect(ids.count == 1 && ids.first != .some(nil))
        }
    }

    @Test func aKeyUsedForAnotherOrderIsInTheAuditLogWithWhoAndWhat() async throws {
        try await withChannel { channel in
            let id = try JSONValue.parse(await channel.order(Orders.good, key: "k-9").body)["id"]?.string
            let other = Orders.good.replacingOccurrences(of: "100.00", with: "100.01")
            for _ in 0..<3 { #expect(await channel.order(other, key: "k-9").status == 422) }
            let log = try await channel.store.auditLog(tenant: "bank-a", limit: 10)
            #expect(log.count == 1 && log.first?.who == "channel app" && log.first?.subject == id)
            #expect(log.first?.action == "refused POST /v1/payments")
        }
    }

    @Test(arguments: ["wait=10", "respond-async, wait=10", "wait=10; foo, handling=strict", "Wait = \"10\""])
    func theWaitIsFoundAmongOtherPreferences(_ prefer: String) async throws {
        try await withChannel { channel in
            #expect(await channel.order(Orders.good, key: "k-p", prefer: prefer).status == 200)
        }
    }

    @Test func nobodyWithoutAKeyIsServedAndNobodySeesAnotherBanksPayments() async throws {
        try await withChannel { channel in
            #expect(await channel.order(Orders.good, key: "k-4", bearer: nil).status == 401)
            #expect(await channel.order(Orders.good, key: "k-4", bearer: "guess").status == 401)
            let page = try JSONValue.parse(await channel.order(Orders.good, key: "k-4").body)
            let id = try #require(page["id"]?.string)
            #expect(await channel.get("/v1/payments/\(id)", bearer: "key-of-b").status == 404)
            let list = try JSONValue.parse(await channel.get("/v1/payments", bearer: "key-of-b").body)
            #expect(list["payments"]?.array?.isEmpty == true)
        }
    }

    @Test(arguments: Orders.bad)
    func aBadOrderIsToldWhereItIsWrong(_ order: BadOrder) async throws {
        try await withChannel { channel in
            let reply = await channel.order(order.body, key: "k-5")
            #expect(reply.status == order.status)
            let problem = try JSONValue.parse(reply.body)
            #expect(problem["at"]?.string == order.at, "\(problem)")
            let list = try JSONValue.parse(await channel.get("/v1/payments").body)
            #expect(list["payments"]?.array?.isEmpty == true, "nothing is stored of a refused order")
        }
    }

    @Test func namesThatAreRightAreTaken() async throws {
        try await withChannel { channel in
            for (index, body) in [Orders.to(), Orders.to(iban: "GB33BUKB20201555555555", bic: "FARBKENA")].enumerated()
            {
                #expect(await channel.order(body, key: "n-\(index)").status == 200)
            }
        }
    }

    @Test(arguments: [
        ("application/json", 200), ("Application/JSON; charset=UTF-8", 200),
        ("application/json;charset=\"utf-8\"", 200),
        ("application/jsonfoo", 415), ("application/json-patch+json", 415), ("application/json; charset=utf-16", 415),
        ("text/application/json", 415),
    ])
    func onlyJSONIsTaken(_ type: String, _ status: Int) async throws {
        try await withChannel { channel in
            #expect(await channel.order(Orders.good, key: "t", type: type).status == status)
        }
    }

    @Test(arguments: ["Bearer", "bearer", "BEARER "])
    func theKeyIsFoundHoweverItsSchemeIsWritten(_ scheme: String) async throws {
        try await withChannel { channel in
            var request = WireRequest(method: "GET", path: "/v1/payments")
            request.headers = [WireHeader("Authorization", "\(scheme) key-of-a")]
            #expect(await channel.send(request, bearer: nil).status == 200)
            request.headers = [WireHeader("Authorization", "Basic key-of-a")]
            #expect(await channel.send(request, bearer: nil).status == 401)
        }
    }

    @Test(arguments: [(408, "timeout"), (413, "too-large"), (503, "busy"), (400, "malformed"), (404, "not-found")])
    func theDoorSpeaksAsTheAPIDoes(_ status: Int, _ type: String) throws {
        let reply = Channel.problem(status: status, says: "what was wrong")
        #expect(reply.status == status && reply.header("Content-Type") == "application/problem+json")
        #expect((reply.header("Retry-After") != nil) == (status == 503))
        let problem = try JSONValue.parse(reply.body)
        #expect(problem["type"]?.string == "urn:interlock:problem:\(type)")
        #expect(problem["detail"]?.string == "what was wrong" && problem["status"]?.int == status)
    }

    @Test func anOrderNeedsItsKeyAndItsType() async throws {
        try await withChannel { channel in
            let noKey = await channel.order(Orders.good, key: nil)
            #expect(noKey.status == 400)
            let longKey = await channel.order(Orders.good, key: String(repeating: "x", count: 129))
            #expect(longKey.status == 400)
            let noType = await channel.order(Orders.good, key: "k", type: "text/plain")
            #expect(noType.status == 415)
        }
    }

    @Test(arguments: [
        ("DELETE", "/v1/payments", 405), ("PUT", "/v1/payments/X", 405), ("GET", "/v1/payments/none", 404),
        ("GET", "/v2/payments", 404), ("GET", "/", 404), ("GET", "/v1/payments/a/b", 404),
    ])
    func unknownWaysAreProblems(_ method: String, _ path: String, _ status: Int) async throws {
        try await withChannel { channel in
            let reply = await channel.send(WireRequest(method: method, path: path))
            #expect(reply.status == status)
            #expect(reply.header("Content-Type") == "application/problem+json")
        }
    }

    @Test func listsAreFilteredAndPaged() async throws {
        try await withChannel { channel in
            for number in 0..<5 { _ = await channel.order(Orders.good, key: "page-\(number)") }
            let first = try JSONValue.parse(await channel.get("/v1/payments", query: "limit=3").body)
            #expect(first["payments"]?.array?.count == 3)
            #expect(first["previous"] == nil)
            let next = try #require(first["next"]?.string)
            let rest = try JSONValue.parse(await channel.follow(next).body)
            #expect(rest["payments"]?.array?.count == 2 && rest["next"] == nil)
            let back = try JSONValue.parse(await channel.follow(try #require(rest["previous"]?.string)).body)
            #expect(back["payments"] == first["payments"])
            let settled = try JSONValue.parse(await channel.get("/v1/payments", query: "stage=settled").body)
            #expect(settled["payments"]?.array?.isEmpty == true)
            #expect(await channel.get("/v1/payments", query: "limit=0").status == 400)
            #expect(await channel.get("/v1/payments", query: "colour=red").status == 400)
            for flag in ["1", "TRUE", "yes", ""] {
                let reply = await channel.get("/v1/payments", query: "stuck=\(flag)")
                #expect(reply.status == 400 && String(decoding: reply.body, as: UTF8.self).contains("true or false"))
            }
            #expect(await channel.get("/v1/payments", query: "stuck=false").status == 200)
        }
    }
}

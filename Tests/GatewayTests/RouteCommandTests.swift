import FormatJSON
import Foundation
import Payments
import PaymentsEngine
import Testing

@testable import Gateway

@Suite("Route commands", .serialized)
struct RouteCommandTests {
    private static let header =
        "priority,tenant,kind,from,debtor,creditor,creditorAgent,currency,amountFrom,amountTo,purpose,validFrom,"
        + "validUntil,to,alternates,flow,note\n"
    private static let last = "999,*,*,*,*,*,*,*,,,,,,refuse:RC04,,,\n"

    private func json(_ result: Program.Result) throws -> JSONValue {
        try JSONValue.parse(result.output.trimmingCharacters(in: .newlines))
    }

    // MARK: Explain

    @Test(
        "A payment in JSON that cannot be read is told by member and line",
        arguments: [
            ("\"amount.settlement\": \"KES 1\",\n \"nonsense\": \"x\"", 3, "nonsense", "no field has this name"),
            ("\"amount.settlement\": \"KES 1,00\"", 2, "amount.settlement", "as EUR 12.50"),
            ("\"amount.settlement\": 5", 2, "amount.settlement", "as a text in quotes"),
            (
                "\"creditor.identifiers[0].kind\": \"IBAN\",\n\n\"creditor.identifiers[2].kind\": \"IBAN\"", 4,
                "creditor.identifiers[2].kind", "the one before is missing"
            ),
        ])
    func faults(_ members: String, _ line: Int, _ name: String, _ says: String) async throws {
        let scratch = try Scratch()
        let file = try scratch.write("payment.json", "{\n\(members)}")
        let routes = try scratch.write("routes.csv", Self.header + Self.last)
        let result = try await Program.run(["route", "explain", "--routes", routes, "--json", file])
        #expect(result.code == 1)
        #expect(
            result.complaints.contains("line \(line), \(name)") && result.complaints.contains(says),
            "\(result.complaints)")
    }

    @Test("A payee of our own and alternates are shown") func explain() async throws {
        let scratch = try Scratch()
        let routes = try scratch.write(
            "routes.csv",
            Self.header + "10,*,transfer,*,*,account:directory,*,*,,,,,,iso:rtp1,iso:rtp2,outgoing,\n" + Self.last)
        let payment = try scratch.write("payment.json", "{\"amount.settlement\": \"KES 1\"}")
        let plain = try await Program.run(["route", "explain", "--routes", routes, payment])
        #expect(plain.output.contains("line 3: to refuse:"), "\(plain.output)\(plain.complaints)")
        let found = try await Program.run(["route", "explain", "--routes", routes, "--in-directory", payment])
        #expect(found.output.hasPrefix("line 2: to iso:rtp1, flow outgoing, else iso:rtp2"))
    }

    // MARK: Check

    @Test("A table that hides a row ends with 1 and names both lines") func check() async throws {
        let scratch = try Scratch()
        let bad = try scratch.write(
            "bad.csv",
            Self.header + "10,*,transfer,*,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,\n"
                + "20,*,transfer,*,*,MSISDN:+254*,*,*,,,,,,iso:rtp1,,outgoing,\n"
                + "30,*,transfer,*,*,IBAN:*,*,*,,,,,2001-01-01,iso:rtp1,,outgoing,\n" + Self.last)
        let result = try await Program.run(["route", "check", bad])
        #expect(result.code == 1)
        #expect(result.output.contains("\(bad):3: error: is never reached: line 2 takes all its payments"))
        #expect(result.output.contains("\(bad):4: note: was valid until 2001-01-01"))
        let page = try json(try await Program.run(["route", "check", bad, "--json", "--date", "2000-01-01"]))
        #expect(page["ok"]?.bool == false && page["rows"]?.int == 4)
        #expect(page["findings"]?[0]?["kind"]?.string == "neverReached")
        #expect(page["findings"]?[0]?["otherLine"]?.int == 2)
        #expect(!(page["findings"]?.array ?? []).contains { $0["kind"]?.string == "expired" })
    }

    @Test("The shipped example has no errors, by itself and by a configuration") func example() async throws {
        let scratch = try Scratch()
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "100ms")
        for file in [Program.root.appendingPathComponent("mappings/routes/example.csv").path, config] {
            let result = try await Program.run(["route", "check", file])
            #expect(result.code == 0, "\(result.output)\(result.complaints)")
            #expect(result.output.contains(" 0 errors, "))
        }
    }

    // MARK: Diff

    @Test("Stored payments are put to two tables, of the running process and of its store") func diff() async throws {
        let scratch = try Scratch()
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "100ms")
        let gateway = try RunningGateway(config)
        let ready = try await gateway.ready()
        for number in 0..<3 { _ = try await RunningGateway.order(ready.channel, key: "r-\(number)", prefer: "wait=10") }
        let old = try scratch.write(
            "old.csv", Self.header + "40,*,transfer,channel,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,\n" + Self.last)
        let new = try scratch.write(
            "new.csv",
            Self.header + "30,bank-a,transfer,*,*,MSISDN:+254*,*,KES,100,,,,,iso:rtp1,,outgoing,\n"
                + "40,*,transfer,channel,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,\n" + Self.last)
        let command = ["route", "diff", old, new, "--config", config, "--limit", "2"]
        let online = try await Program.run(command)
        #expect(online.code == 0, "\(online.complaints)")
        #expect(online.output.hasPrefix("3 payments compared, 3 would go another way"), "\(online.output)")
        #expect(online.output.contains("-> iso:rtp1 (outgoing, line 2)") && online.output.contains("and 1 more"))
        let page = try json(try await Program.run(command + ["--json", "--tenant", "bank-a"]))
        #expect(page["moved"]?.int == 3 && page["left"]?.int == 1 && page["payments"]?.array?.count == 2)
        #expect(page["totals"]?[0]?["target"]?.string == "iso:rtp1" && page["totals"]?[0]?["newCount"]?.int == 3)
        #expect(page["totals"]?[0]?["newAmount"]?.string == "300.00" && page["totals"]?[1]?["newCount"]?.int == 0)
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
        let offline = try await Program.run(command)
        #expect(offline.output == online.output)
        #expect(offline.complaints.contains("reading its store"))
        let past = try await Program.run(command + ["--from", "2001-01-01", "--to", "2001-12-31"])
        #expect(past.output.hasPrefix("0 payments compared"))
        let unknown = try await Program.run(command + ["--tenant", "nobody"])
        #expect(unknown.code == 1 && unknown.complaints.contains("no tenant is named nobody"))
    }

    @Test("Bad queries are none, and a stored decision comes back as it was") func codec() throws {
        for text in [
            "", "tenant=a", "tenant=a&from=x&until=2026-01-01", "tenant=a&from=2026-01-01&until=2026-01-02&x=1",
        ] {
            #expect(DecisionsDesk.Query(text) == nil, "\(text)")
        }
        var query = DecisionsDesk.Query(
            tenant: "a", from: CivilDate(dayNumber: 20_000), until: CivilDate(dayNumber: 20_001))
        query.after = PaymentID(high: 1, low: 2)
        #expect(DecisionsDesk.Query(query.text) == query)

        var payment = Payment()
        payment.amount.settlement = Currency("KES").flatMap { Money(units: 12_345, currency: $0) }
        payment.creditor.identifiers = [Identifier("MSISDN", "+254")]
        payment.debtorAccount.identifiers = [Identifier("IBAN", "DE1"), Identifier("ALIAS", "\"x\"")]
        payment.creditorAgent.bic = "BANKDEFF"
        payment.purpose = "SALA"
        let decision = RouteDecision(
            version: "v", line: 7, target: .refuse("fraud"), alternates: [], flow: "", note: "")
        let origin = Origin(tenant: "a", network: "iso:rtp1", peer: "p", kind: .transfer, contentHash: "h")
        let events = [PaymentEvent.received(origin, payment), .routed(decision)].enumerated().map { index, event in
            let (kind, body) = EventCodec.encode(event)
            return StoredEvent(sequence: index + 1, time: Instant(seconds: 86_400 * 20_000), kind: kind, body: body)
        }
        let stored = try #require(StoredDecision(PaymentID(high: 1, low: 2), events))
        #expect(StoredDecision(try JSONValue.parse(stored.json.bytes())) == stored)
        #expect(StoredDecision(PaymentID(high: 1, low: 2), Array(events.prefix(1))) == nil)
    }
}

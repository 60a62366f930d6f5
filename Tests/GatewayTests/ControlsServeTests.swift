import FormatJSON
import Foundation
import Payments
import Testing

@testable import Gateway

/// The controls in the running program: what a bank sees of them.
@Suite("Controls, running", .serialized)
struct ControlsServeTests {
    /// A gateway whose configuration has more than the usual one.
    private func start(_ scratch: Scratch, hub: Int = 9, tenant: String = "", network: String = "", more: String = "")
        async throws -> (config: String, gateway: RunningGateway, ready: RunningGateway.Ready)
    {
        let path = try RunningGateway.configuration(scratch, hub: hub, drain: "100ms")
        var text = try String(contentsOfFile: path, encoding: .utf8)
        text = text.replacingFirst("    coreBank: fineract:bank-a\n", "    coreBank: fineract:bank-a\n" + tenant)
            .replacingFirst("    adapter: fspiop\n", "    adapter: fspiop\n" + network)
        let door = "\noperators: {host: 127.0.0.1, port: 0}\n"
        let config = try scratch.write("interlock.yaml", text + "\n" + more + door)
        let gateway = try RunningGateway(config)
        return (config, gateway, try await gateway.ready())
    }

    private func order(_ ready: RunningGateway.Ready, _ key: String, prefer: String = "wait=10") async throws
        -> JSONValue
    {
        let answer = try await RunningGateway.order(ready.channel, key: key, prefer: prefer)
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        return try JSONValue.parse(String(try #require(parts.last)))
    }

    private func health(_ ready: RunningGateway.Ready) async throws -> [String] {
        let text = try await RunningGateway.exchange(
            try #require(ready.operators), "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let body = try JSONValue.parse(String(try #require(text.split(separator: "\r\n\r\n", maxSplits: 1).last)))
        return (body["warnings"]?.array ?? []).compactMap(\.string)
    }

    private func run(_ words: String...) async throws -> Program.Result {
        let result = try await Program.run(words)
        #expect(result.code == 0, "\(words): \(result.complaints)")
        return result
    }

    private let screening = """
        screening:
          - name: screen:main
            adapter: screen-http
            address: http://127.0.0.1:PORT
            within: 200ms
            silent: SILENT
            tenants: {bank-a: {}}
        """

    @Test func aSilentScreeningServiceLeavesThePaymentToAPersonWhoseWordEndsIt() async throws {
        let scratch = try Scratch()
        // It takes connections and never answers.
        let service = try Listener()
        let more = screening.replacing("PORT", with: "\(service.port)").replacing("SILENT", with: "review")
        let (config, gateway, ready) = try await start(scratch, tenant: "    screening: screen:main\n", more: more)
        let page = try await order(ready, "k-1", prefer: "wait=1")
        let id = try #require(page["id"]?.string)
        try await gateway.log { $0.contains("\"parked\"") }
        let queue = try await run("payments", "review", "--config", config)
        #expect(queue.output.hasPrefix(id) && queue.output.contains("100.00 KES"), "\(queue.output)")
        #expect(queue.output.contains("the screening service was silent"), "\(queue.output)")
        _ = try await run(
            "payments", "resolve", id, "--as", "rejected", "--reason", "the person listed", "--evidence",
            "list 7, line 3", "--config", config)
        let after = try await run("payments", "review", "--config", config)
        #expect(after.output == "nothing waits for review\n")
        let shown = try JSONValue.parse(try await run("payments", "show", id, "--json", "--config", config).output)
        #expect(shown["outcome"]?.string == "rejected", "\(shown)")
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
        withExtendedLifetime(service) {}
    }

    @Test func silenceMeansWhatTheBankSays() async throws {
        let scratch = try Scratch()
        let more = screening.replacing("PORT", with: "9").replacing("SILENT", with: "refuse")
        let (_, gateway, ready) = try await start(scratch, tenant: "    screening: screen:main\n", more: more)
        let page = try await order(ready, "k-1")
        #expect(page["outcome"]?.string == "rejected", "\(page)")
        let steps = page["steps"]?.array ?? []
        #expect(steps.first { $0["does"] == "fraud.screen" }?["state"] == "refused", "\(steps)")
        #expect(steps.first { $0["does"] == "ams.reserve" }?["state"] == "planned", "no money was held")
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
    }

    @Test func aCapRefusesBeforeMoneyIsHeldAndItsUseIsShown() async throws {
        let scratch = try Scratch()
        let more = "caps: [{tenant: bank-a, network: mojaloop:hub1, currency: KES, single: \"99.99\", inFlight: 3}]"
        let (config, gateway, ready) = try await start(scratch, more: more)
        let page = try await order(ready, "k-1")
        #expect(page["outcome"]?.string == "rejected" && page["reason"]?["canonical"] == "agentLiquidity", "\(page)")
        #expect(page["bookings"] == [])
        let caps = try await run("caps", "--config", config)
        let lines = caps.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.contains(["bank-a", "mojaloop:hub1", "KES", "single", "-", "99.99", "-"]), "\(caps.output)")
        #expect(lines.contains(["bank-a", "mojaloop:hub1", "KES", "inFlight", "0", "3", "0"]), "\(caps.output)")
        #expect(try await run("caps", "--near", "--config", config).output == "no caps\n")
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
        #expect(try await run("caps", "--config", config).output == caps.output, "the same from the store")
    }

    @Test func aCurrencyThatTheNetworkDoesNotSettleIsRefused() async throws {
        let scratch = try Scratch()
        let (_, gateway, ready) = try await start(scratch, network: "    currencies: [UGX]\n")
        let page = try await order(ready, "k-1")
        #expect(page["reason"]?["canonical"] == "currencyNotSupported", "\(page)")
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
    }

    @Test func aCalendarThatHasEndedRefusesAndSaysSo() async throws {
        let scratch = try Scratch()
        try scratch.write("days.csv", "date,kind,note\n2001-01-01,from,\n2001-12-31,until,\n")
        let (_, gateway, ready) = try await start(
            scratch, network: "    calendar: hub1\n", more: "calendars: [{name: hub1, file: days.csv, always: yes}]")
        let page = try await order(ready, "k-1")
        #expect(page["outcome"]?.string == "rejected" && page["reason"]?["canonical"] == "dateInvalid", "\(page)")
        #expect(page["reason"]?["detail"]?.string?.contains("the calendar hub1 ends on 2001-12-31") == true, "\(page)")
        #expect(try await health(ready).contains { $0.contains("the calendar hub1 has ended") })
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
    }

    @Test func aClosedDayHoldsThePaymentAndNothingLeaves() async throws {
        let scratch = try Scratch()
        let today = WallClock.now().date
        let rows = (Int64(-1)...3).map { "\(today.adding(days: $0).text),holiday," }
        let days = ["date,kind,note", "\(today.adding(days: -5).text),from,", "\(today.adding(days: 40).text),until,"]
        try scratch.write("days.csv", (days + rows).joined(separator: "\n") + "\n")
        let (_, gateway, ready) = try await start(
            scratch, network: "    calendar: hub1\n",
            more: "calendars: [{name: hub1, file: days.csv, weekend: []}]")
        let page = try await order(ready, "k-1", prefer: "wait=0")
        #expect(page["outcome"] == nil, "\(page)")
        let id = try #require(page["id"]?.string)
        let shown = try JSONValue.parse(
            try await run("payments", "show", id, "--json", "--config", "\(scratch.path)/interlock.yaml").output)
        let steps = shown["steps"]?.array ?? []
        #expect(steps.first { $0["does"] == "calendar.due" }?["state"] == "asked", "\(steps)")
        #expect(steps.first { $0["does"] == "ams.find" }?["state"] == "planned", "\(steps)")
        #expect(try await health(ready).isEmpty, "forty days are enough")
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
    }
}

import FormatJSON
import Foundation
import Payments
import Synchronization
import Testing

/// A gateway with a core bank of the test's own, and what monitoring and operators see of it.
private final class Watched {
    let scratch: Scratch
    let bank: StubPeer
    let config: String
    let gateway: RunningGateway
    var channel = 0
    var operators = 0

    init(_ bank: StubPeer, hub: Int = 9) throws {
        scratch = try Scratch()
        self.bank = bank
        config = try RunningGateway.configuration(scratch, hub: hub, drain: "100ms")
        try scratch.write("routes.csv", Watched.routes)
        let text = try String(contentsOfFile: config, encoding: .utf8)
            .replacingOccurrences(
                of: "http://127.0.0.1:9/fineract-provider", with: "http://127.0.0.1:\(bank.port)/fineract-provider"
            )
            .replacingOccurrences(
                of: "    adapter: fineract\n",
                with: "    adapter: fineract\n    heartbeat: {every: 100ms, path: /actuator/health}\n")
        try scratch.write("interlock.yaml", text + "\noperators: {host: 127.0.0.1, port: 0}\n")
        gateway = try RunningGateway(config)
    }

    private static let routes = [
        "priority,tenant,kind,from,debtor,creditor,creditorAgent,currency,amountFrom,amountTo,purpose,validFrom,"
            + "validUntil,to,alternates,flow,note",
        "10,*,transfer,channel,*,MSISDN:*,*,*,,,,,,iso:rtp1,,outgoing,the rail",
        "20,*,transfer,channel,*,ACCOUNT_ID:*,*,*,,,,,,on-us,,on-us,our own",
        "999,*,*,*,*,*,*,*,,,,,,refuse:RC04,,,nobody serves this", "",
    ].joined(separator: "\n")

    func start() async throws {
        channel = try await gateway.ready().channel
        let json = try JSONValue.parse(gateway.output.trimmingCharacters(in: .newlines))
        operators = json["operators"]?.string?.split(separator: ":").last.flatMap { Int($0) } ?? 0
    }

    func stop() async -> Int32 {
        gateway.signal(SIGTERM)
        return await gateway.end()
    }

    func order(
        _ key: String, to kind: String, amount: String = "100.00", prefer: String = "wait=10"
    ) async throws -> String {
        let body = """
            {"amount":"\(amount)","currency":"KES",
             "debtor":{"name":"Ada","account":{"kind":"ACCOUNT_ID","value":"A-1"}},
             "creditor":{"name":"Grace","identifier":{"kind":"\(kind)","value":"+254700000001"}}}
            """
        let head = [
            "POST /v1/payments HTTP/1.1", "Host: localhost", "Authorization: Bearer test", "Idempotency-Key: \(key)",
            "Prefer: \(prefer)", "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
            "Connection: close", "", "",
        ]
        return try await RunningGateway.exchange(channel, head.joined(separator: "\r\n") + body)
    }

    func get(_ path: String) async throws -> String {
        try await RunningGateway.exchange(
            operators, "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    }

    func metrics() async throws -> PrometheusText {
        let answer = try await get("/metrics")
        let parts = answer.components(separatedBy: "\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200") && parts[0].contains("text/plain; version=0.0.4"))
        return try PrometheusText(parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    /// Asks until it holds, for as long as a test may take.
    func metrics(until holds: (PrometheusText) -> Bool) async throws -> PrometheusText {
        let patience = ContinuousClock.now + .seconds(20)
        var page = try await metrics()
        while !holds(page), ContinuousClock.now < patience { page = try await metrics() }
        return page
    }

    func run(_ arguments: String...) async throws -> Program.Result {
        try await Program.run(arguments + ["--config", config])
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)
    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}

@Suite("Metrics, networks and stuck payments of a running gateway", .serialized)
struct OperationsTests {
    @Test func metricsAreWellFormedAndCountRealPayments() async throws {
        let watched = try Watched(try StubPeer.coreBank())
        try await watched.start()
        let idle = try await watched.metrics()
        #expect(idle.value("interlock_ledger_zero_sum") == 1)
        #expect(idle.value("interlock_queue_limit", ["queue": "payments"]) == 50_000)
        #expect(idle.value("process_resident_memory_bytes").map { $0 > 1_000_000 } == true)
        for number in 0..<3 { _ = try await watched.order("k-\(number)", to: "ACCOUNT_ID") }
        // The rail at port 9 is not there.
        for number in 0..<2 { _ = try await watched.order("r-\(number)", to: "MSISDN") }
        let ended: [String: String] = ["origin": "channel"]
        let page = try await watched.metrics { page in
            page.values.filter { $0.key.name == "interlock_payments_finished_total" }.map(\.value).reduce(0, +) == 5
        }
        #expect(page.value("interlock_payments_received_total", ended) == 5)
        let endings = page.values.filter { $0.key.name == "interlock_payments_finished_total" }
        let settled = endings.filter { $0.key.labels["outcome"] == "settled" }
        #expect(
            settled.map(\.value).reduce(0, +) == 3 && settled.allSatisfy { $0.key.labels["reason"] == "" }, "\(endings)"
        )
        let rejected = endings.filter { $0.key.labels["outcome"] == "rejected" }
        #expect(
            rejected.map(\.value).reduce(0, +) == 2 && rejected.allSatisfy { $0.key.labels["network"] == "iso:rtp1" })
        #expect(rejected.allSatisfy { $0.key.labels["reason"] != "other" && $0.key.labels["reason"] != "" })
        #expect(page.value("interlock_hop_seconds_count", ["hop": "reserve"]).map { $0 >= 3 } == true)
        #expect(page.value("interlock_hop_seconds_count", ["hop": "commit"]).map { $0 >= 15 } == true)
        #expect(
            page.value("interlock_requests_total", ["peer": "fineract:bank-a", "outcome": "replied"]).map { $0 >= 15 }
                == true)
        #expect(page.value("interlock_store_events_total").map { $0 >= 30 } == true)
        #expect(page.value("interlock_store_sync_quantile_seconds", ["quantile": "0.99"]).map { $0 > 0 } == true)
        #expect(page.value("interlock_neighbour_up", ["peer": "fineract:bank-a"]) == 1)
        #expect(page.value("interlock_payments_parked", ["network": "iso:rtp1"]) == 0)
        let text = try await watched.get("/metrics")
        for personal in ["Ada", "Grace", "+254700000001", "A-1"] { #expect(!text.contains(personal)) }
        try hasEveryMetricOfTheAlerts(page)
        try await hasNothingElse(watched)
        #expect(await watched.stop() == 0)
    }

    private func hasEveryMetricOfTheAlerts(_ page: PrometheusText) throws {
        let families = page.families
        let docs = try String(contentsOf: Program.root.appendingPathComponent("docs/alerts.md"), encoding: .utf8)
        let named = docs.matches(of: #/\b(?:interlock|process)_[a-z0-9_]+/#).map { String($0.output) }
        #expect(Set(named).count > 20)
        for name in Set(named) {
            let family = name.replacing(#/_(?:bucket|sum|count)$/#, with: "")
            #expect(families.contains(name) || families.contains(family), "docs/alerts.md: \(name)")
        }
        let rules = docs.matches(of: #/alert: (?<name>\w+)/#).map { String($0.output.name) }
        #expect(rules.count > 10)
        for rule in rules { #expect(docs.contains("### \(rule)\n"), "what to do at night about \(rule)") }
    }

    private func hasNothingElse(_ watched: Watched) async throws {
        #expect(try await watched.get("/health/ready").hasPrefix("HTTP/1.1 200"))
        for path in ["/payments", "/stuck", "/balances", "/legs?neighbour=a", "/"] {
            let answer = try await watched.get(path)
            #expect(answer.hasPrefix("HTTP/1.1 404") && answer.contains("/metrics"), "\(path): \(answer)")
        }
    }

    /// Half a body by its length, half a body by a hang-up, no HTTP at all, no word: one payment each.
    @Test func aCoreBankThatAnswersHalfABodyIsUnknownAndToldOnTheStuckPage() async throws {
        let whole = #"{"state":"ACCEPTED","transferCode":"0"}"#
        let holds = Counter()
        let watched = try Watched(
            try StubPeer.coreBank { line in
                guard line.contains("/transfers") else { return nil }
                if line.hasPrefix("GET") { return .half(whole) }
                return [.half(whole), .cutOff(whole), .garbage(), .silence][holds.next() % 4]
            })
        try await watched.start()
        for amount in ["20.00", "300.00", "1.00", "4.00"] {
            _ = try await watched.order("k-\(amount)", to: "ACCOUNT_ID", amount: amount, prefer: "respond-async")
        }
        func stuck(_ page: PrometheusText) -> Double {
            page.values.filter {
                $0.key.name == "interlock_effects_unknown" || $0.key.name == "interlock_payments_parked"
            }.map(\.value).reduce(0, +)
        }
        let page = try await watched.metrics { stuck($0) == 4 }
        #expect(stuck(page) == 4)
        let finished = page.values.keys.filter { $0.name == "interlock_payments_finished_total" }
        #expect(finished.isEmpty, "neither done nor refused")
        let list = try await watched.run("payments", "list", "--stuck")
        try isOnePageOfTruth(list)
        let json = try await watched.run("payments", "list", "--stuck", "--json")
        let rows = try JSONValue.parse(json.output.trimmingCharacters(in: .newlines))["payments"]?.array ?? []
        #expect(rows.compactMap { $0["amount"]?.string } == ["300.00", "20.00", "4.00", "1.00"])
        #expect(rows[0].at("case.next.at")?.string.flatMap { DateTime($0) } != nil, "\(rows[0])")
        let show = try await watched.run("payments", "show", rows[0]["id"]?.string ?? "", "--json")
        let shown = try JSONValue.parse(show.output.trimmingCharacters(in: .newlines))
        #expect(shown.at("case.step")?.string == "reserve" && shown.at("case.atRisk")?.string == "300.00")
        try await needsReasonAndEvidence(watched, rows[0]["id"]?.string ?? "")
        #expect(await watched.stop() == 0)
        let offline = try await watched.run("payments", "list", "--stuck")
        #expect(offline.output.contains("KES 300.00") && offline.complaints.contains("reading its store"))
    }

    private func isOnePageOfTruth(_ list: Program.Result) throws {
        #expect(list.code == 0, "\(list.complaints)")
        #expect(list.output.hasPrefix("KES 325.00 at risk in 4 payments"), "\(list.output)")
        let large = try #require(list.output.range(of: "KES 300.00  "))
        let small = try #require(list.output.range(of: "KES 20.00  "))
        #expect(large.lowerBound < small.lowerBound, "the most money first")
        for word in [
            "evidence", "reserve: asked", "reserve: unknown", "next", "look", "the core bank: is there a hold",
        ] {
            #expect(list.output.contains(word), "\(word): \(list.output)")
        }
    }

    private func needsReasonAndEvidence(_ watched: Watched, _ id: String) async throws {
        for arguments in [["--evidence", "report"], ["--reason", "seen"], ["--reason", " ", "--evidence", "x"]] {
            let decision = ["payments", "resolve", id, "--as", "settled", "--config", watched.config] + arguments
            #expect(try await Program.run(decision).code == 64, "\(arguments)")
        }
        let early = try await watched.run(
            "payments", "resolve", id, "--as", "settled", "--reason", "a", "--evidence", "b")
        #expect(early.code == 1 && early.complaints.contains("not parked"), "\(early.complaints)")
    }

    @Test func networksAreATableAndReadinessTellsWhatIsDown() async throws {
        let ahead = Instant(seconds: Int64(Date().timeIntervalSince1970) - 90).imfFixdate
        let watched = try Watched(
            try StubPeer { line in
                .json(200, #"{"accountId":"A-1","currency":"KES","state":"ACCEPTED"}"#, date: ahead)
            })
        try await watched.start()
        _ = try await watched.order("k", to: "MSISDN")
        let page = try await watched.metrics { ($0.value("interlock_clock_skew_seconds") ?? 0) > 1 }
        #expect((80...100).contains(page.value("interlock_clock_skew_seconds") ?? 0), "our clock is 90 s ahead of it")
        let ready = try await watched.get("/health/ready")
        #expect(ready.contains("ms ahead of the networks'"), "\(ready)")
        let table = try await watched.run("networks")
        #expect(table.code == 0 && table.output.hasPrefix("NEIGHBOUR"))
        for word in ["fineract:bank-a", "iso:rtp1", "mojaloop:hub1", "BREAKER", "CERTIFICATE", "P99", "closed"] {
            #expect(table.output.contains(word), "\(word): \(table.output)")
        }
        #expect(watched.bank.requests.contains { $0.contains("/actuator/health") }, "\(watched.bank.requests)")
        #expect(await watched.stop() == 0)
        let offline = try await watched.run("networks")
        #expect(offline.code == 1 && offline.complaints.contains("no gateway runs"))
        #expect(offline.output.contains("mojaloop:hub1 ") && offline.output.contains("  http://127.0.0.1:"))
    }

    @Test func aDayIsHeldAgainstTheBanksReport() async throws {
        let watched = try Watched(try StubPeer.coreBank())
        try await watched.start()
        for number in 0..<3 {
            _ = try await watched.order("k-\(number)", to: "ACCOUNT_ID", amount: "\(number + 1)0.00")
        }
        let page = try await watched.metrics { page in
            page.values.filter { $0.key.name == "interlock_payments_finished_total" }.map(\.value).reduce(0, +) == 3
        }
        #expect(page.value("interlock_payments_received_total", ["origin": "channel"]) == 3)
        let list = try await watched.run("payments", "list", "--json")
        let rows = try JSONValue.parse(list.output.trimmingCharacters(in: .newlines))["payments"]?.array ?? []
        var codes: [String] = []
        for row in rows {
            let show = try await watched.run("payments", "show", row["id"]?.string ?? "", "--json")
            let page = try JSONValue.parse(show.output.trimmingCharacters(in: .newlines))
            codes.append(page["payment"]?["id.amsTransfer"]?.string ?? "")
        }
        #expect(codes.allSatisfy { !$0.isEmpty }, "\(codes)")
        // Newest first: 30, 20, 10.
        let header = "reference,direction,amount,currency,state\n"
        let agree = ["30.00", "20.00", "10.00"].enumerated().flatMap { index, amount in
            ["\(codes[index]),out,\(amount),KES,POSTED", "\(codes[index]),in,\(amount),KES,settled"]
        }
        let good = try watched.scratch.write("good.csv", header + agree.joined(separator: "\n"))
        let date = Instant(seconds: Int64(Date().timeIntervalSince1970)).date.text
        let same = try await watched.run("reconcile", "fineract:bank-a", "--date", date, "--report", good)
        #expect(same.code == 0 && same.output.contains("6 agree, 0 differ"), "\(same.output) \(same.complaints)")
        #expect(same.output.contains("KES out: ours 60.00 (3), theirs 60.00 (3), difference 0.00"))
        let bad = try watched.scratch.write(
            "bad.csv",
            header
                + "\(codes[0]),out,31.00,KES,settled\n\(codes[1]),out,20.00,KES,HELD\nelsewhere,in,5.00,KES,settled\n"
                + agree[1...].filter { $0.contains(",in,") || $0.contains("10.00") }.joined(separator: "\n"))
        let different = try await watched.run("reconcile", "fineract:bank-a", "--date", date, "--report", bad)
        #expect(different.code == 1)
        for word in ["amount differs", "KES 31.00", "state differs", "only theirs", "elsewhere"] {
            #expect(different.output.contains(word), "\(word): \(different.output)")
        }
        #expect(different.output.contains("3 differ"), "\(different.output)")
        #expect(await watched.stop() == 0)
        let offline = try await watched.run("reconcile", "fineract:bank-a", "--date", date, "--report", good)
        #expect(offline.code == 0, "\(offline.output) \(offline.complaints)")
    }
}

import FormatJSON
import Synchronization

/// Thousands of payments in doubt at once: the hub takes transfers and says nothing more. How long does the gateway
/// need from its start to ready with them all in its journal?
struct Backlog: Sendable {
    struct Restart: Sendable {
        var milliseconds: Int
        var inFlight: Int
        /// What was wrong after it.
        var findings: [String]
    }

    let lab: RunningLab
    let size: Int

    /// Kills with the backlog in flight.
    static let kills = 3
    /// Orders on their way to the gateway at the same time.
    private static let callers = 16
    /// Accounts that pay: a core bank takes one operation on an account at a time.
    private static let accounts = 200
    /// Requests of the gateway under way, above which no more is ordered.
    private static let requestsUnderWay = 120
    /// Minutes after which the backlog is as large as it gets.
    private static let longestMinutes = 15.0
    private static let countingSeconds = 30.0

    /// Builds the backlog, kills and restarts a few times, then lets the hub answer again.
    func measure(_ check: @Sendable () async -> [String]) async throws -> [Restart] {
        lab.hub.moods.always("transfer", .lost)
        lab.hub.moods.always("enquiry", .lost)
        defer { lab.behave() }
        Report.say("The hub falls silent: \(size) payments are brought in flight.")
        try await build()
        var restarts: [Restart] = []
        for _ in 0..<Self.kills {
            let open = try await lab.operators.get("/state")["open"]?.int ?? 0
            await lab.gateway.kill()
            let begun = ContinuousClock.now
            _ = try await lab.gateway.start(seconds: 120)
            let took = Report.milliseconds(since: begun)
            let now = await counted(atLeast: open)
            var findings = await check()
            if now < open { findings.append("\(open) payments were in flight before the kill, \(now) after it") }
            restarts.append(Restart(milliseconds: took, inFlight: open, findings: findings))
            Report.say("Ready \(took) ms after its start, with \(now) payments in flight.")
        }
        return restarts
    }

    /// Payments in flight, as the gateway counts them soon after its start.
    private func counted(atLeast wanted: Int) async -> Int {
        let deadline = ContinuousClock.now.advanced(by: .seconds(Self.countingSeconds))
        var open = 0
        while ContinuousClock.now < deadline {
            open = (try? await lab.operators.get("/state")["open"]?.int) ?? 0
            if open >= wanted { break }
            await pause(milliseconds: 50)
        }
        return open
    }

    private func build() async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(Self.longestMinutes * 60))
        let accounts = (1...Self.accounts).map { "A-CROWD-\($0)" }
        for account in accounts {
            await lab.core.open(
                tenant: Cast.alice.tenant, account: account, currency: Cast.currency, balance: amount("100000"),
                name: "One of many")
        }
        let gauge = Gauge()
        await withTaskGroup(of: Void.self) { group in
            for caller in 0..<Self.callers {
                group.addTask { await self.order(as: accounts, from: caller, gauge, until: deadline) }
            }
            group.addTask { await self.read(gauge, until: deadline) }
        }
    }

    private func order(
        as accounts: [String], from first: Int, _ gauge: Gauge, until deadline: ContinuousClock.Instant
    ) async {
        let channel = lab.channel(Cast.alice.tenant)
        var turn = first
        while ContinuousClock.now < deadline, gauge.open < size {
            // A gateway that is given more than it carries refuses: then nothing is in doubt.
            guard gauge.underWay < Self.requestsUnderWay else {
                await pause(milliseconds: 50)
                continue
            }
            var customer = Cast.alice
            customer.account = accounts[turn % accounts.count]
            turn += Self.callers
            let order = ChannelClient.Order(
                from: customer, toKind: "MSISDN", toValue: Cast.wanjiru.msisdn, amount: "0.01")
            _ = try? await channel.pay(order, wait: 0)
        }
    }

    private func read(_ gauge: Gauge, until deadline: ContinuousClock.Instant) async {
        var said = ContinuousClock.now
        while ContinuousClock.now < deadline, gauge.open < size {
            if let state = try? await lab.operators.get("/state") {
                gauge.set(open: state["open"]?.int ?? 0, underWay: state["underWay"]?.int ?? 0)
            }
            if ContinuousClock.now - said > .seconds(20) {
                said = ContinuousClock.now
                Report.say("\(gauge.open) in flight")
            }
            await pause(milliseconds: 100)
        }
    }

    /// What the gateway last said of itself.
    private final class Gauge: Sendable {
        private let values = Mutex((open: 0, underWay: 0))

        var open: Int { values.withLock { $0.open } }
        var underWay: Int { values.withLock { $0.underWay } }

        func set(open: Int, underWay: Int) { values.withLock { $0 = (open, underWay) } }
    }
}

import FormatJSON
import Synchronization

/// One thing that can happen to a bank, with what must be true afterwards.
struct Scenario: Sendable {
    let name: String
    /// Starts of the peers' complaints that the scenario provokes on purpose.
    let provokes: [String]
    /// Plays on a world of its own: it leaves books behind that no other scenario could go on with.
    let isAlone: Bool
    /// What that world has that others have not.
    let setting: @Sendable () -> RunningLab.Setting
    let run: @Sendable (Stage) async throws -> Void

    init(
        _ name: String, provokes: [String] = [], isAlone: Bool = false,
        run: @escaping @Sendable (Stage) async throws -> Void
    ) {
        (self.name, self.provokes, self.isAlone, self.run) = (name, provokes, isAlone, run)
        setting = { RunningLab.Setting() }
    }

    /// On a world of its own, made for it when its turn comes.
    init(
        _ name: String, provokes: [String] = [], in setting: @escaping @Sendable () -> RunningLab.Setting,
        run: @escaping @Sendable (Stage) async throws -> Void
    ) {
        (self.name, self.provokes, isAlone, self.setting, self.run) = (name, provokes, true, setting, run)
    }

    /// Those that take longest come first: nobody waits for them in the end.
    static let all = bridgeKills + days + exposureCaps + paths + bridgesBetween + aroundThem

    private static let paths =
        happy + refusals + duplicates + malformed + silences + suspense + strangers + lookups + incomingInTime
        + secondRail + onUs

    private static let bridgesBetween =
        bridges + bridgeToRail + bridgeToSecondRail + bridgeToHub + bridgeToHubEndings + earlyNos

    private static let aroundThem =
        operations + alternates + controls + payersWord + webhooks + outsides + crashes
}

extension Scenario {
    func play(on lab: RunningLab) async throws {
        let stage = try await Stage(lab: lab)
        try await run(stage)
        try await stage.close(provoked: provokes)
    }

    /// On a world of its own, in a folder inside the other's.
    func playAlone(beside lab: RunningLab) async throws {
        let folder = "alone-" + FSPIOPRules.newIdentifier().prefix(8)
        let own = try await RunningLab.start(lab.options(for: folder, setting()))
        do {
            try await play(on: own)
            await own.stop()
        } catch {
            await own.stop()
            throw LabFailure("\(error)\nits log: \(own.folder)/gateway.log")
        }
    }
}

/// Plays scenarios on worlds that know nothing of each other: on each one after the other, its books go on from one to
/// the next.
final class ScenarioRun: Sendable {
    private struct Verdict {
        let name: String
        let milliseconds: Int
        let faults: [String]
    }

    private struct State {
        var left: ArraySlice<Scenario>
        /// Those on worlds of their own.
        var alone: ArraySlice<Scenario>
        var verdicts: [String: Verdict] = [:]
        var isOver = false

        /// The next one for a world; for a place beside them, one that needs no world of theirs.
        mutating func next(hasWorld: Bool) -> Scenario? {
            if isOver { return nil }
            return (hasWorld ? left.popFirst() : nil) ?? alone.popFirst()
        }
    }

    private let worlds: [RunningLab]
    private let chosen: [Scenario]
    private let state: Mutex<State>
    /// Ends with the first scenario that fails.
    private let stopsEarly: Bool

    static func chosen(_ only: String?) -> [Scenario] {
        Scenario.all.filter { scenario in only.map { scenario.name.contains($0) } ?? true }
    }

    init(worlds: [RunningLab], only: String?, stopsEarly: Bool = false) {
        self.worlds = worlds
        self.stopsEarly = stopsEarly
        chosen = Self.chosen(only)
        state = Mutex(State(left: chosen.filter { !$0.isAlone }[...], alone: chosen.filter(\.isAlone)[...]))
    }

    func play() async -> Bool {
        let begun = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for lab in worlds { group.addTask { await self.play(on: lab) } }
            // Worlds of their own wait for clocks: they do so beside the others.
            if worlds.count > 1 { group.addTask { await self.play(on: self.worlds[0], hasWorld: false) } }
        }
        let verdicts = state.withLock { state in chosen.compactMap { state.verdicts[$0.name] } }
        let failed = verdicts.filter { !$0.faults.isEmpty }
        Report.say("\n" + table(verdicts) + "\n")
        for verdict in failed { tell(verdict) }
        Report.say(
            "\(verdicts.count - failed.count) passed, \(failed.count) failed in "
                + "\(Report.milliseconds(since: begun) / 1000) s")
        return failed.isEmpty && !verdicts.isEmpty
    }

    private func play(on lab: RunningLab, hasWorld: Bool = true) async {
        while let scenario = state.withLock({ $0.next(hasWorld: hasWorld) }) {
            let start = ContinuousClock.now
            var faults: [String] = []
            do {
                if scenario.isAlone {
                    try await scenario.playAlone(beside: lab)
                } else {
                    try await scenario.play(on: lab)
                }
            } catch {
                faults = "\(error)".split(separator: "\n").map(String.init)
            }
            let verdict = Verdict(
                name: scenario.name, milliseconds: Report.milliseconds(since: start), faults: faults)
            state.withLock { state in
                state.verdicts[scenario.name] = verdict
                if stopsEarly, !faults.isEmpty { state.isOver = true }
            }
            tell(verdict)
            guard !scenario.isAlone else { continue }
            await lab.calm()
            // What a scenario left under way would move the books of the next one.
            if !faults.isEmpty { await lab.rest(seconds: 20) }
        }
    }

    private func tell(_ verdict: Verdict) {
        let lines = ["\(verdict.faults.isEmpty ? "✓" : "✗") \(verdict.name)  \(verdict.milliseconds) ms"]
        Report.say((lines + verdict.faults.prefix(40).map { "    \($0)" }).joined(separator: "\n"))
    }

    private func table(_ verdicts: [Verdict]) -> String {
        let rows = verdicts.map { verdict in
            [verdict.name, verdict.faults.isEmpty ? "passed" : "FAILED", "\(verdict.milliseconds) ms"]
        }
        return Report.table([["scenario", "result", "time"]] + rows)
    }
}

extension RunningLab {
    /// Every peer behaves again, and forgets its complaints.
    func calm() async {
        behave()
        _ = takeViolations()
        if !gateway.isRunning { _ = try? await gateway.start() }
    }

    /// Waits until nothing but parked payments is open, or the time is up.
    func rest(seconds: Double) async {
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while ContinuousClock.now < deadline {
            let open = (try? await operators.get("/state")["open"]?.int) ?? 0
            let parked = (try? await operators.payments(stuck: true))?.count { $0["stage"]?.string == "parked" }
            if open == parked { return }
            await pause(milliseconds: 200)
        }
    }

    func takeViolations() -> [String] {
        let peers =
            [
                ("hub", hub.journal), ("rail", clearing.journal), ("second rail", secondClearing.journal),
                ("core", core.journal), ("screening", screening.journal), ("receiver", receiver.journal),
            ]
            + wallets.map { ($0.key, $0.value.journal) }
        return peers.flatMap { peer in peer.1.takeViolations().map { "\(peer.0): \($0)" } }
    }
}

/// A scenario's hands: ways to pay, to look, and to say what must be true.
final class Stage: Sendable {
    let lab: RunningLab
    let before: Books
    private let known: Set<String>

    init(lab: RunningLab) async throws {
        self.lab = lab
        before = try await lab.books()
        known = Set(try await lab.operators.payments().compactMap { $0["id"]?.string })
    }

    /// True at the end of every scenario: no complaint but those provoked, no audit finding.
    func close(provoked: [String]) async throws {
        let complaints = lab.takeViolations().filter { text in !provoked.contains { text.contains($0) } }
        guard complaints.isEmpty else { throw LabFailure(complaints.joined(separator: "\n")) }
        let findings = await lab.auditFindings()
        guard findings.isEmpty else { throw LabFailure(findings.joined(separator: "\n")) }
    }

    // MARK: saying what must be true

    func expect(_ condition: Bool, _ says: @autoclosure () -> String) throws {
        if !condition { throw LabFailure(says()) }
    }

    func equal<Value: Equatable>(_ found: Value, _ wanted: Value, _ what: String) throws {
        if found != wanted { throw LabFailure("\(what) is \(found), expected \(wanted)") }
    }

    /// Asks again until it holds; a failure after the time is up.
    func eventually(_ what: String, seconds: Double = 10, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while true {
            if try await condition() { return }
            if ContinuousClock.now >= deadline { throw LabFailure("not within \(seconds) s: \(what)") }
            await pause(milliseconds: 15)
        }
    }

    /// Waits until nothing is under way and every book has moved by exactly this.
    func settle(_ moves: Books = Books(), seconds: Double = 10, open: Int = 0) async throws {
        let expected = before + moves
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while true {
            let state = try await lab.operators.get("/state")
            let differences = try await lab.books().differences(from: expected)
            let isQuiet = state["open"]?.int == open
            if isQuiet, differences.isEmpty { return }
            if ContinuousClock.now >= deadline {
                let stuck = try await newPayments().filter { $0["outcome"]?.string == nil }.map { "open: \($0)" }
                throw LabFailure((differences + stuck + (isQuiet ? [] : ["state: \(state)"])).joined(separator: "\n"))
            }
            await pause(milliseconds: 15)
        }
    }

    // MARK: the gateway's own view

    /// Rows of payments that began in this scenario, oldest first.
    func newPayments() async throws -> [JSONValue] {
        try await lab.operators.payments().filter { !known.contains($0["id"]?.string ?? "") }
            .sorted { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }
    }

    /// The transfers among them; lookups are payments of their own kind.
    func newTransfers() async throws -> [JSONValue] {
        try await newPayments().filter { $0["kind"]?.string == "transfer" }
    }

    func page(_ id: String) async throws -> JSONValue { try await lab.operators.payment(id) }

    /// The only transfer of this scenario, whole.
    func onlyTransfer() async throws -> JSONValue {
        let rows = try await newTransfers()
        try equal(rows.count, 1, "the number of payments")
        return try await page(rows.first?["id"]?.string ?? "")
    }

    /// How often each kind of message was sent to or by the core bank, hub or rail since the scenario began.
    func calls(_ journal: LabJournal, _ verb: String, since count: Int) -> Int { journal.count(verb) - count }

    // MARK: paying

    func toWallet(
        _ wallet: Cast.Wallet, _ amount: String, from: Cast.Customer = Cast.alice, key: String? = nil, wait: Int = 20,
        name: String = "Somebody"
    ) async throws -> ChannelClient.Answer {
        var order = ChannelClient.Order(from: from, toKind: "MSISDN", toValue: wallet.msisdn, amount: amount)
        order.name = name
        return try await lab.channel(from.tenant).pay(order, key: key ?? FSPIOPRules.newIdentifier(), wait: wait)
    }

    func toRail(
        _ amount: String, from: Cast.Customer = Cast.bob, key: String? = nil, wait: Int = 20
    ) async throws -> ChannelClient.Answer {
        let order = ChannelClient.Order(
            from: from, toKind: "ACCOUNT_ID", toValue: Cast.farAccount, agentBIC: Cast.farBIC, amount: amount)
        return try await lab.channel(from.tenant).pay(order, key: key ?? FSPIOPRules.newIdentifier(), wait: wait)
    }

    func fromWallet(
        _ wallet: Cast.Wallet, _ value: String, to msisdn: String? = nil,
        _ change: (inout HubPaymentOrder) -> Void = { _ in }
    ) async throws -> HubPayment {
        var order = HubPaymentOrder(
            from: wallet.msisdn, to: msisdn ?? Cast.amina.alias?.value ?? "", amount: amount(value),
            currency: Cast.currency)
        change(&order)
        guard let fsp = lab.wallets[wallet.fspId] else { throw LabFailure("no wallet \(wallet.fspId)") }
        return await fsp.pay(order)
    }

    func fromRail(
        _ value: String, to iban: String? = nil, _ change: (inout ClearingOrder) -> Void = { _ in }
    ) async -> ClearingPayment {
        await lab.clearing.pay(railOrder(value, to: iban, change))
    }

    func railOrder(
        _ value: String, to iban: String? = nil, _ change: (inout ClearingOrder) -> Void = { _ in }
    ) -> ClearingOrder {
        var order = ClearingOrder(
            from: Cast.farBIC, to: Cast.bics["bank-b"] ?? "", amount: amount(value),
            creditorAccount: iban ?? Cast.bob.alias?.value ?? "")
        change(&order)
        return order
    }

    /// From the rail to a wallet on the hub, through bank-c.
    func bridge(
        _ wallet: Cast.Wallet, _ value: String, _ change: (inout ClearingOrder) -> Void = { _ in }
    ) async -> ClearingPayment {
        var order = ClearingOrder(
            from: Cast.farBIC, to: Cast.bics["bank-c"] ?? "", amount: amount(value), creditorAccount: wallet.msisdn)
        order.creditorScheme = "MSISDN"
        change(&order)
        return await lab.clearing.pay(order)
    }
}

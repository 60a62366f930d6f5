import FormatJSON

/// One thing that can happen to a bank, with what must be true afterwards.
struct Scenario: Sendable {
    let name: String
    /// Starts of the peers' complaints that the scenario provokes on purpose.
    let provokes: [String]
    let run: @Sendable (Stage) async throws -> Void

    init(_ name: String, provokes: [String] = [], run: @escaping @Sendable (Stage) async throws -> Void) {
        self.name = name
        self.provokes = provokes
        self.run = run
    }

    static let all =
        happy + refusals + duplicates + malformed + silences + suspense + strangers + bridges
        + crashes
}

/// Plays scenarios one after the other on one world; the books go on from one to the next.
struct ScenarioRun {
    let lab: RunningLab
    let only: String?
    /// Ends with the first scenario that fails.
    var stopsEarly = false

    func play() async -> Bool {
        let begun = ContinuousClock.now
        var failed: [String] = []
        var passed = 0
        for scenario in Scenario.all where only.map({ scenario.name.contains($0) }) ?? true {
            let start = ContinuousClock.now
            do {
                let stage = try await Stage(lab: lab)
                try await scenario.run(stage)
                try await stage.close(provoked: scenario.provokes)
                passed += 1
                Report.say("✓ \(scenario.name)  \(Report.milliseconds(since: start)) ms")
            } catch {
                failed.append(scenario.name)
                Report.say("✗ \(scenario.name)  \(Report.milliseconds(since: start)) ms")
                for line in "\(error)".split(separator: "\n") { Report.say("    \(line)") }
            }
            if stopsEarly, !failed.isEmpty { break }
            await lab.calm()
        }
        Report.say("\(passed) passed, \(failed.count) failed in \(Report.milliseconds(since: begun) / 1000) s")
        return failed.isEmpty && passed > 0
    }
}

extension RunningLab {
    /// Every peer behaves again, and forgets its complaints.
    func calm() async {
        hub.moods.clear()
        clearing.moods.clear()
        core.moods.clear()
        for wallet in wallets.values { wallet.moods.clear() }
        _ = takeViolations()
        if !gateway.isRunning { _ = try? await gateway.start() }
    }

    func takeViolations() -> [String] {
        let peers =
            [("hub", hub.journal), ("rail", clearing.journal), ("core", core.journal)]
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
        _ wallet: Cast.Wallet, _ amount: String, from: Cast.Customer = Cast.alice, key: String? = nil, wait: Int = 20
    ) async throws -> ChannelClient.Answer {
        let order = ChannelClient.Order(from: from, toKind: "MSISDN", toValue: wallet.msisdn, amount: amount)
        return try await lab.channel(from.tenant).pay(order, key: key ?? FSPIOPRules.newIdentifier(), wait: wait)
    }

    func toRail(_ amount: String, from: Cast.Customer = Cast.bob, wait: Int = 20) async throws -> ChannelClient.Answer {
        let order = ChannelClient.Order(
            from: from, toKind: "ACCOUNT_ID", toValue: Cast.farAccount, agentBIC: Cast.farBIC, amount: amount)
        return try await lab.channel(from.tenant).pay(order, wait: wait)
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

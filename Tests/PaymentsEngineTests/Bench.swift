import Payments
@testable import PaymentsEngine
import Synchronization
import Testing

/// An engine on a bench: model neighbours, a store in memory, a wire that follows a script and a clock that the test
/// moves.
final class Bench: Sendable {
    let clock: ManualClock
    let transport: ScriptedTransport
    let store: MemoryStore
    let engine: Engine
    private let noted = Notes()
    private let running = Mutex<Task<Void, Never>?>(nil)

    /// A second bench with the `shelf` and the `clock` of the first is another engine of one database.
    init(
        world: World = Model.world(), shelf: MemoryStore.Shelf = MemoryStore.Shelf(),
        clock: ManualClock = ManualClock(),
        epoch: NodeEpoch = NodeEpoch(node: "n1", epoch: 1), shards: Int = 2, paymentsInFlight: Int = 1_000,
        starts: Bool = true
    ) {
        self.clock = clock
        transport = ScriptedTransport(clock)
        store = MemoryStore(shelf, epoch: epoch) { clock.now }
        let notes = noted
        let dice = Dice(seed: UInt64(epoch.epoch) << 32 | UInt64(epoch.node.utf8.last ?? 0))
        let random: @Sendable () -> UInt64 = { dice.next() }
        engine = Engine(
            world: world, store: store, transport: transport, clock: clock.engineClock, entropy: random,
            observer: EngineObserver(
                moved: { notes.add(trace: $0.trace) },
                alarm: { _, says in notes.add(alarm: says) }, trouble: { notes.add(trouble: $0) }),
            shards: shards, paymentsInFlight: paymentsInFlight)
        if starts { start() }
    }

    private final class Dice: Sendable {
        private let source: Mutex<IdentitySource>
        init(seed: UInt64) { source = Mutex(IdentitySource(seed: seed)) }
        func next() -> UInt64 { source.withLock { $0.next() } }
    }

    final class Notes: Sendable {
        private let state = Mutex<(alarms: [String], troubles: [String], traces: [String])>(([], [], []))
        var alarms: [String] { state.withLock { $0.alarms } }
        var troubles: [String] { state.withLock { $0.troubles } }
        var traces: [String] { state.withLock { $0.traces } }
        func add(trace: String) { state.withLock { $0.traces.append(trace) } }
        func add(alarm: String) { state.withLock { $0.alarms.append(alarm) } }
        func add(trouble: String) { state.withLock { $0.troubles.append(trouble) } }
    }

    var alarms: [String] { noted.alarms }
    var troubles: [String] { noted.troubles }
    var traces: [String] { noted.traces }
    var journal: Journal { store.shelf.journal }

    func start() {
        let task = Task { await engine.run() }
        running.withLock { $0 = task }
    }

    /// The process dies in the middle of its work; what it still does reaches nobody.
    func die() {
        store.faults.withLock { $0.isDead = true }
        running.withLock { $0 }?.cancel()
    }

    /// Nothing happens any more unless the clock moves or a request that hangs is answered.
    private var isQuiet: Bool {
        let isSending = engine.requestsUnderWay - engine.requestsWaiting > transport.hanging
        return !isSending && (engine.unfinishedInputs == 0 || clock.isPausing)
    }

    /// Lets everything happen that happens by itself now.
    func settle() async {
        var quiet = 0
        while quiet < 20 {
            await Task.yield()
            quiet = isQuiet ? quiet + 1 : 0
        }
    }

    /// Returns when as many inputs wait for an engine that was not started yet.
    func waitForInputs(_ count: Int) async {
        while engine.waitingInputs < count { await Task.yield() }
    }

    /// Returns when as many payments hold a share of the caps.
    func waitForClaims(_ count: Int) async {
        while engine.standing.map(\.inFlight).max() ?? 0 < count { await Task.yield() }
    }

    /// Moves the clock until the condition holds; a failure when it does not within so many steps.
    func wait(
        steps: Int = 2_000, step: Int64 = 100, also other: Bench? = nil,
        at place: SourceLocation = #_sourceLocation, until holds: @Sendable () -> Bool
    ) async {
        for _ in 0..<steps {
            await settle()
            await other?.settle()
            if holds() { return }
            clock.advance(step)
            store.shelf.stir()
        }
        Issue.record("it did not come to pass", sourceLocation: place)
    }

    // MARK: what tests say

    var sender: Sender { Sender(tenant: Model.tenant, network: Model.near, peer: "peer") }

    private var raw: ArchivedMessage {
        ArchivedMessage(direction: .received, peer: "peer", message: "message", time: clock.now, bytes: [1])
    }

    func order(
        _ e2e: String, flow: String, answerBy: Int64? = nil, hash: String = "h1",
        debtor: String? = nil, trace: TraceContext? = nil
    ) async -> Opening {
        var until: Instant?
        if let answerBy { until = clock.now.adding(milliseconds: answerBy) }
        let inbound = Model.opening(e2e, flow: flow, answerBy: until, hash: hash, debtor: debtor)
        var sender = sender
        sender.trace = trace
        return await engine.open(inbound, from: sender, raw: raw)
    }

    func open(_ inbound: Inbound) async -> Opening { await engine.open(inbound, from: sender, raw: raw) }

    /// The payment that an order begins.
    func open(
        _ e2e: String, flow: String, answerBy: Int64? = nil, trace: TraceContext? = nil
    ) async throws -> PaymentID {
        let opening = await order(e2e, flow: flow, answerBy: answerBy, trace: trace)
        return try #require(opening.payment)
    }

    func receive(_ inbound: Inbound, from network: String = Model.near) async -> Receipt {
        var sender = sender
        sender.network = network
        return await engine.receive(inbound, from: sender, raw: raw)
    }

    func tell(_ verb: Verb, _ e2e: String, _ word: String, network: String = Model.far) async {
        _ = await receive(Model.telling(verb, e2e, word, network: network), from: network)
    }

    func record(_ id: PaymentID) -> PaymentRecord {
        let events = journal.rows[id]?.events ?? []
        guard let record = try? Replay.fold(id, events, flows: { name, _ in ModelFlows.named(name) }) else {
            Issue.record("\(id) cannot be read")
            return PaymentRecord(id: id)
        }
        return record
    }

    func outcome(_ id: PaymentID) -> PaymentOutcome? { record(id).outcome }
    func isParked(_ id: PaymentID) -> Bool { record(id).parked != nil }

    func units(_ account: LedgerAccount, _ network: String) -> Int128 { journal.units(account, network) / 100_000 }

    /// Ends the engine; every test does.
    func end(also other: Bench? = nil) async {
        // All are told before time ends: an engine that nobody stops would run on without a pause.
        let tasks = [self, other].compactMap { $0?.running.withLock { $0 } }
        for task in tasks { task.cancel() }
        clock.end()
        transport.openGate()
        other?.transport.openGate()
        store.shelf.stir()
        for task in tasks { await task.value }
        #expect(journal.defects == [])
    }
}

extension Opening {
    /// The payment that the order began.
    var payment: PaymentID? {
        if case .opened(let id) = self { return id }
        return nil
    }
}

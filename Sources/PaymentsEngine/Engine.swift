public import Payments
import Synchronization

/// Runs machines durably: `apply(event) -> effects; commit; run effects; results are events`. One per process and
/// journal.
public final class Engine: Sendable {
    struct State {
        var timers = TimerHeap()
        var open = 0
        var isDraining = false
        var unavailable = false
        var waitingRoom = WaitingRoom()
    }

    let world: World
    public let store: any PaymentStore
    let clock: EngineClock
    let observer: EngineObserver
    let entropy: @Sendable () -> UInt64
    let number: UInt16
    let state = Mutex(State())
    private let wiring: Wiring
    private let transport: any Transport
    let paymentsInFlight: Int

    /// Shards and dispatcher, which report to each other.
    private struct Wiring: Sendable {
        var shards: [ShardDriver]
        var dispatcher: Dispatcher
    }

    /// - Parameters:
    ///   - number: names this engine in the ids of its payments.
    ///   - shards: parallel machines; as many as cores is plenty.
    public init(
        world: World, store: any PaymentStore, transport: any Transport, clock: EngineClock,
        entropy: @escaping @Sendable () -> UInt64, observer: EngineObserver = EngineObserver(), number: UInt16 = 0,
        shards: Int = 2, paymentsInFlight: Int = Limits.paymentsInFlight
    ) {
        self.world = world
        self.store = store
        self.clock = clock
        self.observer = observer
        self.entropy = entropy
        self.number = number
        self.transport = transport
        self.paymentsInFlight = paymentsInFlight
        let relay = Relay()
        let dispatcher = Dispatcher(transport: transport, clock: clock, observer: observer) { departure, outcome in
            relay.engine?.returned(departure, outcome)
        }
        let drivers = (0..<max(1, shards)).map { _ in
            ShardDriver(world: world, store: store, clock: clock, observer: observer) {
                relay.engine?.committed($0)
            } waits: {
                relay.engine?.wake($0, at: $1)
            }
        }
        wiring = Wiring(shards: drivers, dispatcher: dispatcher)
        relay.attach(self)
    }

    /// Breaks the circle between the engine and its parts; weak, so that an engine can end.
    private final class Relay: Sendable {
        private struct Box { weak var engine: Engine? }
        private let box = Mutex(Box())
        var engine: Engine? { box.withLock { $0.engine } }
        func attach(_ engine: Engine) { box.withLock { $0.engine = engine } }
    }

    /// Payments without an outcome that this engine knows of.
    public var openPayments: Int { state.withLock { $0.open } }
    public var now: Instant { clock.now() }
    public var requestsUnderWay: Int { wiring.dispatcher.underWay }
    var requestsWaiting: Int { wiring.dispatcher.waiting }
    public var waitingInputs: Int { wiring.shards.map(\.mailbox.count).reduce(0, +) }
    /// Those, and the ones that a shard is working on.
    var unfinishedInputs: Int { wiring.shards.map(\.mailbox.unfinished).reduce(0, +) }
    public var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Runs until the task is cancelled or `drain` has ended: shards, timers, leases, recovery of what a dead process
    /// left.
    public func run() async {
        await recover()
        await withDiscardingTaskGroup { group in
            for shard in wiring.shards { group.addTask { await shard.run() } }
            group.addTask { await self.runTimers() }
            group.addTask { await self.runHousekeeping() }
        }
    }

    /// Accepts nothing new, waits until what is in flight is answered or durable, then ends `run`.
    public func drain() async {
        state.withLock { $0.isDraining = true }
        let deadline = clock.now().adding(milliseconds: Limits.drainMilliseconds)
        while clock.now() < deadline, requestsUnderWay > 0 || unfinishedInputs > 0 { await clock.sleep(20) }
        for shard in wiring.shards { shard.mailbox.close() }
    }

    func shard(of payment: PaymentID) -> ShardDriver {
        wiring.shards[Int(payment.low % UInt64(wiring.shards.count))]
    }

    func newPayment() -> PaymentID { PaymentID(at: clock.now(), engine: number, entropy: entropy()) }

    /// Hands an input from outside to its shard and waits until it is durable.
    func submit(_ content: Input.Content, _ payment: PaymentID, received: ArchivedMessage?) async -> Submission? {
        let input = Input(payment: payment, content: content, received: received, entropy: entropy())
        let shard = shard(of: payment)
        return await withCheckedContinuation { continuation in
            let envelope = ShardDriver.Envelope(input: input) { continuation.resume(returning: $0) }
            if !shard.mailbox.offer(envelope) { continuation.resume(returning: nil) }
        }
    }

    func sendAside(_ request: WireRequest, _ sender: Sender, _ deadline: Instant) async -> WireOutcome {
        await transport.send(request, to: sender.network, tenant: sender.tenant, deadline: deadline)
    }

    private func post(_ content: Input.Content, _ payment: PaymentID) {
        let input = Input(payment: payment, content: content, entropy: entropy())
        shard(of: payment).mailbox.admit(ShardDriver.Envelope(input: input))
    }

    // MARK: after a commit

    private func committed(_ result: TurnResult) {
        let record = result.after.record
        let began = result.append.expected == 0
        state.withLock { state in
            if began { state.open += 1 }
            if result.append.events.contains(where: { $0.kind == "finished" }) { state.open = max(0, state.open - 1) }
            if let wake = result.append.wake {
                state.timers.push(record.id, at: wake)
            } else {
                state.timers.cancel(record.id)
            }
            if record.outcome == nil {
                for name in result.awaits { state.waitingRoom.enter(record.id, name) }
            } else {
                state.waitingRoom.leave(record.id)
            }
            state.unavailable = false
        }
        for exchange in result.departures {
            wiring.dispatcher.send(
                Dispatcher.Departure(payment: record.id, tenant: result.append.tenant, exchange: exchange))
        }
        for alarm in result.alarms { observer.alarm(record.id, alarm) }
        observer.moved(
            EngineObserver.Transition(
                payment: record.id, tenant: result.append.tenant, trace: record.origin?.trace,
                from: result.stageBefore, to: record.stage, events: result.append.events.map(\.kind)))
    }

    private func wake(_ payment: PaymentID, at instant: Instant) {
        state.withLock { $0.timers.push(payment, at: instant) }
    }

    private func returned(_ departure: Dispatcher.Departure, _ outcome: WireOutcome) {
        post(.exchanged(departure.exchange, outcome), departure.payment)
    }

    // MARK: time

    private func runTimers() async {
        while !Task.isCancelled {
            let now = clock.now()
            let (due, next) = state.withLock { ($0.timers.popDue(now), $0.timers.earliest) }
            for payment in due { post(.timer, payment) }
            if finished { return }
            let wait = next.map { min(max($0.milliseconds(since: now), 1), 20) } ?? 20
            await clock.sleep(wait)
        }
        // Cancelled: the shards end with what they have.
        for shard in wiring.shards { shard.mailbox.close() }
    }

    private var finished: Bool { isDraining && wiring.shards.allSatisfy { $0.mailbox.isClosed } }

    /// Once a second: timers and claims that other engines left behind, and the lease on our own.
    private func runHousekeeping() async {
        while !Task.isCancelled, !finished {
            await clock.sleep(1_000)
            let now = clock.now()
            let lease = now.adding(milliseconds: Limits.leaseMilliseconds)
            do throws(StoreError) {
                try await store.extendLeases(until: lease)
                while true {
                    let due = try await store.dueTimers(now: now, leaseUntil: lease, limit: Limits.batchInputs)
                    for payment in due { post(.timer, payment) }
                    if due.count < Limits.batchInputs { break }
                }
                try await adoptOrphans(now: now, lease: lease)
                // Other engines end payments that this one began, so the count is taken from the store.
                let open = try await store.openPayments()
                state.withLock { $0.open = open }
            } catch {
                observer.trouble("housekeeping: \(error)")
            }
        }
    }

    private func adoptOrphans(now: Instant, lease: Instant) async throws(StoreError) {
        while true {
            let orphans = try await store.orphans(now: now, leaseUntil: lease, limit: Limits.batchInputs)
            for orphan in orphans { post(.interrupted(orphan.exchange), orphan.payment) }
            if orphans.count < Limits.batchInputs { break }
        }
    }

    /// What a dead process left: requests that may have left become unknown and are asked about, never sent anew first.
    private func recover() async {
        let now = clock.now()
        let lease = now.adding(milliseconds: Limits.leaseMilliseconds)
        do throws(StoreError) {
            let open = try await store.openPayments()
            state.withLock { $0.open = open }
            try await adoptOrphans(now: now, lease: lease)
        } catch {
            observer.trouble("recovery: \(error)")
        }
    }
}

public import Payments
import Synchronization

/// Runs machines durably: `apply(event) -> effects; commit; run effects; results are events`. One per process and
/// journal.
public final class Engine: Sendable {
    struct State {
        var timers = TimerHeap()
        var open = 0
        /// Orders that are on their way into the journal.
        var opening = 0
        var waitingRoom = WaitingRoom()
        var recentKeys = RecentKeys()
        /// Answers that are told beside a payment's own steps and are not gone yet.
        var reports = 0
        var refusals = RefusalBook()
        var stop = Stop()
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
    let allowances: Allowances
    private let questions: Questions

    /// Shards and dispatcher, which report to each other.
    private struct Wiring: Sendable {
        var shards: [ShardDriver]
        var dispatcher: Dispatcher
    }

    /// - Parameters:
    ///   - number: names this engine in the ids of its payments.
    ///   - shards: parallel machines; half as many as cores share their commits best.
    public init(
        world: World, store: any PaymentStore, transport: any Transport, clock: EngineClock,
        entropy: @escaping @Sendable () -> UInt64, observer: EngineObserver = EngineObserver(), number: UInt16 = 0,
        shards: Int = 2, paymentsInFlight: Int = Limits.paymentsInFlight
    ) {
        let allowances = Allowances(caps: world.caps) { world.settles($0, $1) }
        var world = world
        world.claim = { allowances.claim($0) }
        world.decided = { await allowances.decided() }
        world.unclaim = { allowances.unclaim($0) }
        world.adopt = { allowances.adopt($0) }
        world.rest = { allowances.rest($0) }
        let questions = Questions()
        world.questions = { questions.count(at: $0) }
        self.questions = questions
        self.allowances = allowances
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
        let drivers = (0..<max(1, shards)).map { [world] _ in
            ShardDriver(world: world, store: store, clock: clock, observer: observer) {
                relay.engine?.committed($0)
            } rested: {
                relay.engine?.rested($0)
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
    var shardCount: Int { wiring.shards.count }
    public var waitingInputs: Int { wiring.shards.map(\.mailbox.count).reduce(0, +) }
    /// Those, and the ones that a shard is working on.
    var unfinishedInputs: Int { wiring.shards.map(\.mailbox.unfinished).reduce(0, +) }

    /// Runs until the task is cancelled or `close` was called: shards, timers, leases, recovery of what a dead process
    /// left.
    public func run() async {
        await recover()
        await withTaskGroup(of: Bool.self) { group in
            for shard in wiring.shards {
                group.addTask {
                    await shard.run()
                    return true
                }
            }
            group.addTask {
                await self.runTimers()
                return false
            }
            group.addTask {
                await self.runHousekeeping()
                return false
            }
            var shards = wiring.shards.count
            while shards > 0, let isShard = await group.next() { shards -= isShard ? 1 : 0 }
            group.cancelAll()
        }
        await writeRefusals(all: true)
    }

    /// Takes nothing any more; what is in the mailboxes is stored, then `run` ends. What is still open goes on after
    /// the next start.
    public func close() {
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
        // The record is looked at where it lies: it is large, and this is done for every commit.
        let (after, payment) = (result.after, result.after.record.id)
        let began = result.append.expected == 0
        let ended = result.append.events.contains { $0.kind == "finished" }
        allowances.committed(
            after.record, bookings: result.append.bookings, isNew: began,
            wasOpen: ended || after.record.outcome == nil)
        questions.note(payment, asked: world.asked(about: after.record))
        state.withLock { state in
            if began { state.open += 1 }
            if ended { state.open = max(0, state.open - 1) }
            for name in result.awaits where after.record.outcome == nil { state.waitingRoom.enter(payment, name) }
            state.recentKeys.note(result.append)
            state.remember(result)
        }
        for leaving in result.departures {
            let departure = Dispatcher.Departure(
                payment: payment, tenant: result.append.tenant, exchange: leaving.exchange)
            wiring.dispatcher.send(departure, as: leaving.composed)
        }
        for alarm in result.alarms { observer.alarm(payment, alarm) }
        observer.moved(EngineObserver.Transition(result, durableAt: clock.now()))
    }

    /// Nothing was to be stored. The journal may have gone on without us, so what is remembered is set right.
    private func rested(_ result: TurnResult) {
        state.withLock { $0.remember(result) }
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
            if isClosed { return }
            let wait = next.map { min(max($0.milliseconds(since: now), 1), 20) } ?? 20
            await clock.sleep(wait)
        }
        // Cancelled: the shards end with what they have.
        for shard in wiring.shards { shard.mailbox.close() }
    }

    private var isClosed: Bool { wiring.shards.allSatisfy { $0.mailbox.isClosed } }

    /// Once a second: timers and claims that other engines left behind, and the lease on our own.
    private func runHousekeeping() async {
        var agedAt = clock.now()
        while !Task.isCancelled, !isClosed {
            await clock.sleep(1_000)
            if isClosed { return }
            let now = clock.now()
            if now.milliseconds(since: agedAt) > Engine.namesAgeMilliseconds {
                state.withLock { $0.recentKeys.age() }
                agedAt = now
            }
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
            await writeRefusals(all: false)
        }
    }

    private static let namesAgeMilliseconds: Int64 = 600_000

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
            try await seedAllowances()
            try await adoptOrphans(now: now, lease: lease)
        } catch {
            observer.trouble("recovery: \(error)")
        }
    }
}

extension Engine.State {
    /// What the payment waits for, as its newest turn left it: nothing is kept of one that has ended.
    mutating func remember(_ result: TurnResult) {
        let record = result.after.record
        if let wake = result.append.wake {
            timers.push(record.id, at: wake)
        } else {
            timers.cancel(record.id)
        }
        if record.outcome != nil { waitingRoom.leave(record.id) }
        stop.remember(record, wake: result.append.wake)
    }
}

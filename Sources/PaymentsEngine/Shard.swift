public import Payments

/// The synchronous core: a cache of payments and one function from inputs to commits. Production and the simulator
/// drive the same code; it never waits, never reads a clock, and never sends.
public struct Shard: Sendable {
    public let world: World
    private var cache: PaymentCache

    public init(world: World, cachedPayments: Int = Limits.cachedPayments) {
        self.world = world
        cache = PaymentCache(limit: cachedPayments)
    }

    /// Payments that `step` would need and that are not in memory.
    public func missing(_ inputs: [Input]) -> [PaymentID] {
        var seen: Set<PaymentID> = []
        return inputs.compactMap { input in
            if case .opens = input.content { return nil }
            return cache[input.payment] == nil && seen.insert(input.payment).inserted ? input.payment : nil
        }
    }

    public mutating func insert(_ payment: CachedPayment) {
        cache[payment.record.id] = payment
    }

    /// Applies the inputs in order; one result each, in the same order. Nothing is remembered until `commit`.
    /// - Parameter heedsContests: false decides what is contested as if it were refused.
    public func step(_ inputs: [Input], now: Instant, heedsContests: Bool = true) -> [TurnResult] {
        var working: [PaymentID: CachedPayment] = [:]
        return inputs.map { input in
            let current =
                working[input.payment] ?? cache[input.payment]
                ?? CachedPayment(record: PaymentRecord(id: input.payment))
            var turn = Turn(current, world: world, now: now, entropy: input.entropy, taken: input.taken)
            turn.heedsContests = heedsContests
            turn.take(input)
            let result = turn.finished()
            working[input.payment] = result.after
            return result
        }
    }

    /// The append is durable: now the payment is what the turn made of it.
    public mutating func commit(_ result: TurnResult) {
        let id = result.after.record.id
        if result.after.record.outcome != nil {
            cache[id] = nil
            return
        }
        cache[id] = result.after
    }

    /// Forgets payments that have not moved for a while, and those beyond the limit; not between `insert` and `commit`,
    /// since a batch needs its own.
    public mutating func trim(now: Instant) { cache.age(now) }

    var remembered: Int { cache.count }

    /// The append was refused: what is in memory may be stale.
    public mutating func drop(_ payment: PaymentID) {
        cache[payment] = nil
    }
}

/// The payments that moved last. They age after a while, sooner where many move, and once the younger are half of all:
/// what waits for a silent far side goes, what is busy stays.
struct PaymentCache: Sendable {
    private var payments = Generations<PaymentID, CachedPayment>()
    private var agedAt: Instant?
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { payments.count }

    subscript(payment: PaymentID) -> CachedPayment? {
        get { payments[payment] }
        set { payments[payment] = newValue }
    }

    mutating func age(_ now: Instant) {
        let since = now.milliseconds(since: agedAt ?? now)
        agedAt = agedAt ?? now
        let isMany = payments.youngCount > Limits.cachedFew
        let stay = isMany ? Limits.cachedMillisecondsOfMany : Limits.cachedMilliseconds
        guard payments.youngCount > limit / 2 || since >= stay else { return }
        agedAt = now
        payments.age()
    }
}

/// Builds the record of a payment from its journal.
public enum Replay {
    public enum Failure: Error, Equatable, Sendable {
        /// An event that this build cannot read: kind and sequence.
        case unreadable(PaymentID, sequence: Int, kind: String)
        /// A payment whose flow, in the version that it began with, is not there (law 8).
        case flowMissing(PaymentID, flow: String, version: String)
    }

    /// What happened to a payment, and when.
    public struct Happening: Sendable {
        public let time: Instant
        public let event: PaymentEvent
    }

    /// Those that this build can read.
    public static func happenings(_ events: [StoredEvent]) -> [Happening] {
        events.compactMap { stored in
            EventCodec.decode(kind: stored.kind, body: stored.body).map { Happening(time: stored.time, event: $0) }
        }
    }

    /// - Parameter each: Hears every event as it is folded.
    public static func fold(
        _ payment: PaymentID, _ events: [StoredEvent], flows: PaymentMachine.FlowSource,
        each: (Happening) -> Void = { _ in }
    ) throws(Failure) -> PaymentRecord {
        var record = PaymentRecord(id: payment)
        for stored in events {
            guard let event = EventCodec.decode(kind: stored.kind, body: stored.body) else {
                throw .unreadable(payment, sequence: stored.sequence, kind: stored.kind)
            }
            PaymentMachine.apply(event, at: stored.time, to: &record, flows: flows)
            if case .planned(let flow, let version, _, _) = event, record.flow == nil {
                throw .flowMissing(payment, flow: flow, version: version)
            }
            each(Happening(time: stored.time, event: event))
        }
        return record
    }
}

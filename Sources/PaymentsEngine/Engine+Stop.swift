public import Payments
import Synchronization

/// What a stop needs to know: until when it waits, for which payments, and who waits for them.
struct Stop {
    /// What may still happen to a payment by itself.
    struct Outlook {
        /// A far side has its question and may answer at any moment.
        var hears: Bool
        var wake: Instant?

        func isHopeful(until end: Instant) -> Bool { hears || wake.map { $0 <= end } ?? false }
    }

    /// Somebody who holds a connection open for a payment.
    struct Wait {
        var payment: PaymentID
        var task: Task<News?, Never>
    }

    /// The stop has begun, and ends by then.
    var end: Instant?
    /// Nobody waits for anything any more.
    var isOver = false
    private(set) var outlooks: [PaymentID: Outlook] = [:]
    private var waits: [UInt64: Wait] = [:]
    private var lastWait: UInt64 = 0

    /// A payment that a person must see to, and an offer that nobody has taken up, hold up no stop.
    mutating func remember(_ record: PaymentRecord, wake: Instant?) {
        guard record.outcome == nil, record.parked == nil, !record.awaitsOrder else {
            outlooks[record.id] = nil
            return
        }
        outlooks[record.id] = Outlook(hears: record.awaitsAnswer, wake: wake)
    }

    func isHopeful(until end: Instant) -> Bool { outlooks.values.contains { $0.isHopeful(until: end) } }

    /// Nil when nobody may wait any more.
    mutating func enter(_ payment: PaymentID, _ task: Task<News?, Never>) -> UInt64? {
        guard !isOver else { return nil }
        lastWait += 1
        waits[lastWait] = Wait(payment: payment, task: task)
        return lastWait
    }

    mutating func leave(_ wait: UInt64) { waits[wait] = nil }

    /// Those who wait for what will not come within the stop.
    func hopeless(until end: Instant) -> [Task<News?, Never>] {
        waits.values.filter { isOver || outlooks[$0.payment]?.isHopeful(until: end) != true }.map(\.task)
    }
}

extension PaymentRecord {
    fileprivate var awaitsOrder: Bool { isAny { $0.state == .asked && $1.verb.lapses } }

    fileprivate var awaitsAnswer: Bool { isAny { entry, _ in entry.state == .asked || entry.queryUnderWay } }

    private func isAny(_ holds: (StepRecord, FlowStep) -> Bool) -> Bool {
        guard let flow else { return false }
        return zip(steps, flow.steps).contains { holds($0, $1) }
    }
}

extension Engine {
    /// A stop has begun: orders are refused, answers to what is in flight are still taken.
    public var isDraining: Bool { state.withLock { $0.stop.end != nil } }

    /// Refuses what is new from now on and returns when nothing more is to be expected, at most `milliseconds` later.
    /// Answers, callbacks and enquiries for payments in flight are taken all the while, and after it until `close`;
    /// whoever waits for a payment is let go with what there is.
    public func drain(within milliseconds: Int64 = Limits.drainMilliseconds) async {
        let latest = clock.now().adding(milliseconds: milliseconds)
        state.withLock { $0.stop.end = min($0.stop.end ?? latest, latest) }
        while let end = state.withLock({ $0.stop.end }), clock.now() < end, isBusy(until: end) {
            for task in state.withLock({ $0.stop.hopeless(until: end) }) { task.cancel() }
            await clock.sleep(Engine.drainStep)
        }
        let waiting = state.withLock { state in
            state.stop.isOver = true
            return state.stop.hopeless(until: latest)
        }
        for task in waiting { task.cancel() }
    }

    /// Ends a drain that is under way at once.
    public func hurry() { state.withLock { $0.stop.end = clock.now() } }

    private static let drainStep: Int64 = 20

    private func isBusy(until end: Instant) -> Bool {
        requestsUnderWay > 0 || unfinishedInputs > 0
            || state.withLock { $0.reports > 0 || $0.opening > 0 || $0.stop.isHopeful(until: end) }
    }

    /// Waits for news of the payment. Nil at the deadline, and when a stop lets go who waits.
    func news(
        of payment: PaymentID, after sequence: Int, heeding kind: Awaited, until deadline: Instant
    ) async -> News? {
        let task = Task {
            await store.news(of: payment, after: sequence, heeding: kind, until: deadline)
        }
        guard let wait = state.withLock({ $0.stop.enter(payment, task) }) else {
            task.cancel()
            return nil
        }
        defer { state.withLock { $0.stop.leave(wait) } }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }
}

import Synchronization

/// One exchange that a peer saw or began.
public struct Exchange: Sendable, Equatable {
    public enum Direction: String, Sendable { case received, sent }

    /// Milliseconds since 1970.
    public let at: Int64
    public let direction: Direction
    /// Method and first path segment, or the message's name: `POST /transfers`, `pacs.008`.
    public let verb: String
    /// The scheme's identifier of what is talked about.
    public let id: String
    /// Who is at the other end.
    public let party: String
    /// The HTTP status; 0 when there was no answer.
    public let status: Int
}

/// What one peer saw: exchanges, broken rules, and a signal to wait on instead of sleeping.
public final class LabJournal: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<Void, Never>
        var alarm: Task<Void, Never>?
    }

    private struct State {
        var exchanges: [Exchange] = []
        var violations: [String] = []
        var generation: UInt64 = 0
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
    }

    private let state = Mutex(State())

    /// Exchanges kept; older ones are dropped first.
    public static let exchangeLimit = 100_000
    /// Violations kept; later ones are only counted.
    public static let violationLimit = 1_000

    public init() {}

    /// Everything seen so far, oldest first.
    public var exchanges: [Exchange] { state.withLock { $0.exchanges } }
    /// The last ones seen, oldest first.
    func newest(_ count: Int) -> ArraySlice<Exchange> { state.withLock { $0.exchanges.suffix(count) } }

    /// Rules that the other side broke, in words. A run with one that it did not expect has failed.
    public var violations: [String] { state.withLock { $0.violations } }

    /// The violations so far, which are forgotten: for a run that provoked them.
    public func takeViolations() -> [String] {
        state.withLock { state in
            defer { state.violations = [] }
            return state.violations
        }
    }

    /// How many exchanges of this verb went in this direction.
    public func count(_ verb: String, _ direction: Exchange.Direction = .received) -> Int {
        state.withLock { $0.exchanges.count { $0.verb == verb && $0.direction == direction } }
    }

    func note(_ direction: Exchange.Direction, _ verb: String, id: String, party: String, status: Int) {
        let exchange = Exchange(
            at: LabTime.now(), direction: direction, verb: verb, id: id, party: party, status: status)
        state.withLock { state in
            if state.exchanges.count >= Self.exchangeLimit { state.exchanges.removeFirst(Self.exchangeLimit / 10) }
            state.exchanges.append(exchange)
        }
        changed()
    }

    func violation(_ text: String) {
        state.withLock { state in
            if state.violations.count < Self.violationLimit { state.violations.append(text) }
        }
        changed()
    }

    /// Tells those who wait that something is different now.
    func changed() {
        let woken = state.withLock { state in
            state.generation += 1
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in woken {
            waiter.alarm?.cancel()
            waiter.continuation.resume()
        }
    }

    /// Returns true as soon as the condition holds, false when the time is up. It is asked again after each change.
    public func wait(seconds: Double = 5, until condition: @Sendable () async -> Bool) async -> Bool {
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while true {
            let seen = state.withLock { $0.generation }
            if await condition() { return true }
            if ContinuousClock.now >= deadline { return false }
            await change(after: seen, deadline: deadline)
        }
    }

    private func change(after seen: UInt64, deadline: ContinuousClock.Instant) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let id: UInt64? = state.withLock { state in
                guard state.generation == seen else { return nil }
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = Waiter(continuation: continuation, alarm: nil)
                return state.nextWaiter
            }
            guard let id else { return continuation.resume() }
            let alarm = Task {
                try? await Task.sleep(until: deadline, clock: .continuous)
                self.state.withLock({ $0.waiters.removeValue(forKey: id) })?.continuation.resume()
            }
            let waits = state.withLock { state in
                state.waiters[id]?.alarm = alarm
                return state.waiters[id] != nil
            }
            if !waits { alarm.cancel() }
        }
    }
}

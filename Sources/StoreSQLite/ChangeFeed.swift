import Payments
import Synchronization

/// Wakes who waits for a payment, whichever engine of this process committed the change.
final class ChangeFeed: Sendable {
    private struct State {
        var waiters: [PaymentID: [ObjectIdentifier: Waiter]] = [:]
        var count = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Nil when the feed is closed or too many wait already.
    func join(_ payment: PaymentID, after sequence: Int) -> Waiter? {
        state.withLock { state in
            guard !state.isClosed, state.count < limit else { return nil }
            let waiter = Waiter(payment: payment, after: sequence)
            state.waiters[payment, default: [:]][ObjectIdentifier(waiter)] = waiter
            state.count += 1
            return waiter
        }
    }

    func leave(_ waiter: Waiter) {
        state.withLock { state in
            guard state.waiters[waiter.payment]?.removeValue(forKey: ObjectIdentifier(waiter)) != nil else { return }
            state.count -= 1
            if state.waiters[waiter.payment]?.isEmpty == true { state.waiters[waiter.payment] = nil }
        }
    }

    func announce(_ changes: [(payment: PaymentID, sequence: Int)]) {
        let woken = state.withLock { state -> [Waiter] in
            guard state.count > 0 else { return [] }
            return changes.flatMap { change in
                state.waiters[change.payment]?.values.filter { $0.sequence < change.sequence } ?? []
            }
        }
        for waiter in woken { waiter.settle(true) }
    }

    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            return state.waiters.values.flatMap(\.values)
        }
        for waiter in waiters { waiter.settle(false) }
    }
}

/// One who waits. The first word counts, whether it comes from a commit, the deadline or a cancellation.
final class Waiter: Sendable {
    private enum State {
        case undecided
        case waiting(CheckedContinuation<Bool, Never>)
        case settled(Bool)
    }

    let payment: PaymentID
    let sequence: Int
    private let state = Mutex(State.undecided)

    init(payment: PaymentID, after sequence: Int) {
        self.payment = payment
        self.sequence = sequence
    }

    func settle(_ answer: Bool) {
        let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            switch state {
            case .settled: return nil
            case .undecided:
                state = .settled(answer)
                return nil
            case .waiting(let continuation):
                state = .settled(answer)
                return continuation
            }
        }
        continuation?.resume(returning: answer)
    }

    private var answer: Bool? {
        state.withLock { state in
            if case .settled(let answer) = state { answer } else { nil }
        }
    }

    /// The answer, or false once the clock has reached the deadline.
    func wait(until deadline: Instant, now: @escaping @Sendable () -> Instant) async -> Bool {
        if let answer { return answer }
        let sleeper = Task { [self] in
            while !Task.isCancelled {
                let (left, overflow) = deadline.nanoseconds.subtractingReportingOverflow(now().nanoseconds)
                guard left > 0 || overflow else { break }
                let pause = overflow ? Waiter.longestPause : min(left, Waiter.longestPause)
                try? await Task.sleep(nanoseconds: UInt64(pause))
            }
            settle(false)
        }
        defer { sleeper.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if case .settled(let answer) = state { return answer }
                    state = .waiting(continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            settle(false)
        }
    }

    /// One hour in nanoseconds: the clock is looked at again then, should it have been set.
    private static let longestPause: Int64 = 3_600_000_000_000
}

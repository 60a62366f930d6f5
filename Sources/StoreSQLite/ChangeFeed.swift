import Payments
import Synchronization

/// What somebody waits for: news of one payment, or of any of a tenant.
enum Topic: Hashable, Sendable {
    case payment(PaymentID)
    case tenant(String)
}

/// What a commit did to one payment, for those who wait for news of it.
struct PaymentChange: Sendable {
    let payment: PaymentID
    /// The number of its newest event.
    let sequence: Int
    /// It is the payment's first.
    let isFirst: Bool
    private(set) var isAnswer: Bool
    let isRest: Bool
    /// The answer itself, for those who wait when it is stored.
    private(set) var reply: Exchange?

    init(_ append: Append, sequence: Int) {
        payment = append.payment
        isFirst = append.expected == 0
        self.sequence = sequence
        isAnswer = append.isNews(.answer)
        isRest = append.isNews(.rest)
        reply = append.reply
    }

    /// What came before it counts too: an answer that was stored stays.
    func after(_ earlier: PaymentChange) -> PaymentChange {
        var change = self
        if earlier.isAnswer { change.isAnswer = true }
        return change
    }

    /// What is worth remembering: how far the payment is, and not the bytes.
    var standing: PaymentChange {
        var change = self
        change.reply = nil
        return change
    }

    func isNews(_ news: Awaited) -> Bool {
        switch news {
        case .any: true
        case .answer: isAnswer
        case .rest: isRest
        }
    }
}

/// Wakes who waits for news, whichever engine of this process committed them.
final class ChangeFeed: Sendable {
    private struct State {
        var waiters: [Topic: [ObjectIdentifier: Waiter]] = [:]
        var count = 0
        var isClosed = false
        /// How payments stand that began a moment ago, whose every commit was announced here: who waits for one of them
        /// need not read the journal. Those that moved last, in two halves, of which the older goes as a whole.
        var fresh: [PaymentID: PaymentChange] = [:]
        var older: [PaymentID: PaymentChange] = [:]

        mutating func remember(_ change: PaymentChange) {
            let change = change.standing
            if change.isFirst {
                fresh[change.payment] = change
            } else if let earlier = fresh[change.payment] ?? older.removeValue(forKey: change.payment) {
                fresh[change.payment] = change.after(earlier)
            }
            guard fresh.count >= ChangeFeed.remembered / 2 else { return }
            swap(&older, &fresh)
            fresh.removeAll(keepingCapacity: true)
        }
    }

    private static let remembered = 8_192

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Waits for a number above `number`: a payment's sequence, or a place in a tenant's feed. Nil when the feed is
    /// closed or too many wait already.
    func join(_ topic: Topic, after number: Int64, heeding news: Awaited = .any) -> Waiter? {
        state.withLock { state in
            guard !state.isClosed, state.count < limit else { return nil }
            let waiter = Waiter(topic: topic, after: number, heeding: news)
            state.waiters[topic, default: [:]][ObjectIdentifier(waiter)] = waiter
            state.count += 1
            return waiter
        }
    }

    /// Whether there is news already of a payment that somebody began to wait for; nil where only the journal knows.
    func hasNews(_ payment: PaymentID, after number: Int, _ news: Awaited) -> Bool? {
        state.withLock { state in
            (state.fresh[payment] ?? state.older[payment]).map { $0.sequence > number && $0.isNews(news) }
        }
    }

    /// A commit went unheard that may be found in the journal all the same: only the journal knows now, and whoever
    /// waits looks there.
    func forget() {
        let waiters = state.withLock { state in
            (state.fresh, state.older) = ([:], [:])
            return state.waiters.values.flatMap(\.values)
        }
        for waiter in waiters { waiter.settle(News()) }
    }

    func leave(_ waiter: Waiter) {
        state.withLock { state in
            guard state.waiters[waiter.topic]?.removeValue(forKey: ObjectIdentifier(waiter)) != nil else { return }
            state.count -= 1
            if state.waiters[waiter.topic]?.isEmpty == true { state.waiters[waiter.topic] = nil }
        }
    }

    func announce(_ changes: [PaymentChange], _ told: [String: Int64]) {
        let woken = state.withLock { state -> [(waiter: Waiter, news: News)] in
            for change in changes { state.remember(change) }
            guard state.count > 0 else { return [] }
            var woken: [(waiter: Waiter, news: News)] = []
            for change in changes {
                guard let waiters = state.waiters[.payment(change.payment)] else { continue }
                for waiter in waiters.values where waiter.number < change.sequence && change.isNews(waiter.news) {
                    woken.append((waiter, News(reply: change.reply)))
                }
            }
            for (tenant, position) in told {
                guard let waiters = state.waiters[.tenant(tenant)] else { continue }
                for waiter in waiters.values where waiter.number < position { woken.append((waiter, News())) }
            }
            return woken
        }
        for (waiter, news) in woken { waiter.settle(news) }
    }

    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            return state.waiters.values.flatMap(\.values)
        }
        for waiter in waiters { waiter.settle(nil) }
    }
}

/// One who waits. The first word counts, whether it comes from a commit, the deadline or a cancellation.
final class Waiter: Sendable {
    private enum State {
        case undecided
        case waiting(CheckedContinuation<News?, Never>)
        case settled(News?)
    }

    let topic: Topic
    let number: Int64
    let news: Awaited
    private let state = Mutex(State.undecided)

    init(topic: Topic, after number: Int64, heeding news: Awaited) {
        self.topic = topic
        self.number = number
        self.news = news
    }

    /// - Parameter answer: nil when there is nothing to wait for any more.
    func settle(_ answer: News?) {
        let continuation = state.withLock { state -> CheckedContinuation<News?, Never>? in
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

    private var settled: News?? {
        state.withLock { state in
            if case .settled(let answer) = state { .some(answer) } else { nil }
        }
    }

    /// The answer, or nil once the clock has reached the deadline.
    func wait(until deadline: Instant, now: @escaping @Sendable () -> Instant) async -> News? {
        if let settled { return settled }
        let sleeper = Task { [self] in
            while !Task.isCancelled {
                let (left, overflow) = deadline.nanoseconds.subtractingReportingOverflow(now().nanoseconds)
                guard left > 0 || overflow else { break }
                let pause = overflow ? Waiter.longestPause : min(left, Waiter.longestPause)
                try? await Task.sleep(nanoseconds: UInt64(pause))
            }
            settle(nil)
        }
        defer { sleeper.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> News?? in
                    if case .settled(let answer) = state { return .some(answer) }
                    state = .waiting(continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            settle(nil)
        }
    }

    /// One hour in nanoseconds: the clock is looked at again then, should it have been set.
    private static let longestPause: Int64 = 3_600_000_000_000
}

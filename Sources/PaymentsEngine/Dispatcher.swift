import Payments
import Synchronization

/// Sends what is durable, after its commit and never before. Requests of one lane go one at a time.
final class Dispatcher: Sendable {
    struct Departure: Sendable {
        var payment: PaymentID
        var tenant: String
        var exchange: Exchange
    }

    private struct Waiting {
        var departure: Departure
        var request: WireRequest
        var since: Instant
    }

    private struct State {
        /// A lane that is here is closed: a request is under way in it, or was without an answer a moment ago.
        var lanes: [String: [Waiting]] = [:]
        var underWay = 0

        /// Whose turn it is in the lane; with nobody waiting the lane is open.
        mutating func next(_ lane: String) -> Waiting? {
            if lanes[lane]?.isEmpty == false { return lanes[lane]?.removeFirst() }
            lanes[lane] = nil
            return nil
        }
    }

    private let state = Mutex(State())
    private let transport: any Transport
    private let clock: EngineClock
    private let observer: EngineObserver
    private let report: @Sendable (Departure, WireOutcome) -> Void

    init(
        transport: any Transport, clock: EngineClock, observer: EngineObserver,
        report: @escaping @Sendable (Departure, WireOutcome) -> Void
    ) {
        self.transport = transport
        self.clock = clock
        self.observer = observer
        self.report = report
    }

    var underWay: Int { state.withLock { $0.underWay } }
    /// Of those, the ones that wait for their turn in a lane.
    var waiting: Int { state.withLock { $0.lanes.values.reduce(0) { $0 + $1.count } } }

    /// - Parameter composed: What the exchange's bytes say, where it is known.
    func send(_ departure: Departure, as composed: StoredWire? = nil) {
        guard case .request(let request, let lane)? = composed ?? StoredWire(bytes: departure.exchange.wire) else {
            report(departure, .notSent("the stored request cannot be read"))
            return
        }
        let key = lane.map { "\(departure.exchange.peer)|\($0)" }
        let waiting = Waiting(departure: departure, request: request, since: clock.now())
        let goes = state.withLock { state -> Bool in
            state.underWay += 1
            guard let key else { return true }
            if state.lanes[key] != nil {
                state.lanes[key]?.append(waiting)
                return false
            }
            state.lanes[key] = []
            return true
        }
        if goes { start(waiting, key) }
    }

    private func start(_ waiting: Waiting, _ lane: String?) {
        Task {
            let departure = waiting.departure
            let began = clock.now()
            let outcome: WireOutcome
            if isTooLate(waiting, began) {
                outcome = .notSent("it waited behind other requests until too little of its time was left")
            } else {
                outcome = await transport.send(
                    waiting.request, to: departure.exchange.peer, tenant: departure.tenant,
                    deadline: departure.exchange.deadline)
            }
            observer.exchanged(departure.payment, departure.exchange, outcome, clock.now().milliseconds(since: began))
            report(departure, outcome)
            guard let lane, case .unknown = outcome else { return finished(lane) }
            finished(nil)
            await clock.sleep(Limits.laneGraceMilliseconds)
            if let next = state.withLock({ $0.next(lane) }) { start(next, lane) }
        }
    }

    /// With a moment left an answer would come too late, while the far side works on what nobody waits for.
    private func isTooLate(_ waiting: Waiting, _ now: Instant) -> Bool {
        let deadline = waiting.departure.exchange.deadline
        let left = deadline.milliseconds(since: now)
        let least = min(Limits.leastTimeToAnswerMilliseconds, deadline.milliseconds(since: waiting.since) / 3)
        return left <= 0 || left < least
    }

    private func finished(_ lane: String?) {
        let next = state.withLock { state -> Waiting? in
            state.underWay -= 1
            return lane.flatMap { state.next($0) }
        }
        if let lane, let next { start(next, lane) }
    }
}

import Payments
import PaymentsEngine
import Synchronization

/// What is counted while payments pass: no person, no id, and no more series than the configuration has names.
final class MetricsBook: Sendable {
    struct Ending: Hashable, Sendable {
        var origin: String
        var network: String
        var outcome: String
        var reason: String
    }

    struct Passage: Hashable, Sendable {
        var origin: String
        var network: String
    }

    struct Request: Hashable, Sendable {
        var peer: String
        var outcome: String
    }

    struct Place: Hashable, Sendable {
        var network: String
        var stage: String
    }

    struct Totals: Sendable {
        var hops: [String: LatencyHistogram] = [:]
        var passages: [Passage: LatencyHistogram] = [:]
        var received: [String: Int] = [:]
        var endings: [Ending: Int] = [:]
        var requests: [Request: Int] = [:]
        var requestTimes: [String: LatencyHistogram] = [:]
        var parked = 0
        var contradictions = 0
        var alarms = 0
        var troubles = 0
        var refused: [String: Int] = [:]
    }

    /// Open payments as they stand now.
    struct Afoot: Sendable {
        var places: [Place: Int] = [:]
        /// When the oldest doubt of each network began.
        var oldestUnknown: [String: Instant] = [:]
    }

    fileprivate struct OpenPayment {
        var place: Place
        var since: Instant
    }

    fileprivate struct State {
        var totals = Totals()
        var open: [PaymentID: OpenPayment] = [:]
        /// Payments that ended while the open ones of earlier starts were still being read.
        var ended: Set<PaymentID>? = []
    }

    private let state = Mutex(State())
    private let names: Set<String>
    private let reasons: Set<String>

    /// - Parameters:
    ///   - names: networks, core banks and the channel; any other is told as `other`.
    ///   - reasons: canonical ones.
    init(names: Set<String>, reasons: Set<String>) {
        self.names = names
        self.reasons = reasons
    }

    var totals: Totals { state.withLock { $0.totals } }

    var afoot: Afoot {
        state.withLock { state in
            var afoot = Afoot()
            for payment in state.open.values {
                afoot.places[payment.place, default: 0] += 1
                guard payment.place.stage == "unknown" else { continue }
                let oldest = afoot.oldestUnknown[payment.place.network] ?? payment.since
                afoot.oldestUnknown[payment.place.network] = min(oldest, payment.since)
            }
            return afoot
        }
    }

    /// Beside what others observe.
    func observing(_ other: EngineObserver) -> EngineObserver {
        EngineObserver(
            moved: { [self] transition in
                moved(transition)
                other.moved(transition)
            },
            alarm: { [self] payment, says in
                state.withLock { $0.totals.alarms += 1 }
                other.alarm(payment, says)
            },
            exchanged: { [self] payment, exchange, outcome, milliseconds in
                exchanged(exchange.peer, outcome, milliseconds)
                other.exchanged(payment, exchange, outcome, milliseconds)
            },
            trouble: { [self] says in
                state.withLock { $0.totals.troubles += 1 }
                other.trouble(says)
            },
            refused: { [self] message, count in
                let network = known(message.network)
                state.withLock { $0.totals.refused[network, default: 0] += count }
                other.refused(message, count)
            })
    }

    /// Open payments of earlier starts, page by page; nil ends them.
    func resume(_ views: [PaymentView]?) {
        state.withLock { state in
            guard let views else { return state.ended = nil }
            for view in views where view.outcome == nil || view.isParked {
                guard state.open[view.id] == nil, state.ended?.contains(view.id) == false else { continue }
                let place = Place(network: known(view.network ?? view.origin), stage: view.stage)
                state.open[view.id] = OpenPayment(place: place, since: view.changedAt)
            }
        }
    }

    private func moved(_ transition: EngineObserver.Transition) {
        let origin = known(transition.origin)
        let network = transition.network.map(known) ?? origin
        state.withLock { state in
            state.totals.hops["commit", default: LatencyHistogram()].add(transition.commitMicroseconds)
            for step in transition.steps where MetricsBook.settled.contains(step.state) {
                state.totals.hops[step.hop.rawValue, default: LatencyHistogram()].add(step.microseconds)
            }
            if transition.began { state.totals.received[origin, default: 0] += 1 }
            for event in transition.events {
                if event == "parked" { state.totals.parked += 1 }
                if event == "contradicted" { state.totals.contradictions += 1 }
            }
            if transition.events.contains("finished"), let outcome = transition.outcome {
                let reason = transition.reason.map { reasons.contains($0) ? $0 : "other" } ?? ""
                let ending = Ending(origin: origin, network: network, outcome: outcome.rawValue, reason: reason)
                state.totals.endings[ending, default: 0] += 1
                let passed = (transition.at.nanoseconds - transition.received.nanoseconds) / 1_000
                state.totals.passages[Passage(origin: origin, network: network), default: LatencyHistogram()]
                    .add(passed)
            }
            state.place(transition, Place(network: network, stage: transition.to))
        }
    }

    private static let settled: Set<StepState> = [.done, .refused, .undone]

    private func exchanged(_ peer: String, _ outcome: WireOutcome, _ milliseconds: Int64) {
        let peer = known(peer)
        let word: String
        switch outcome {
        case .replied: word = "replied"
        case .notSent: word = "not_sent"
        case .unknown: word = "unknown"
        }
        state.withLock { state in
            state.totals.requests[Request(peer: peer, outcome: word), default: 0] += 1
            state.totals.requestTimes[peer, default: LatencyHistogram()].add(milliseconds * 1_000)
        }
    }

    private func known(_ name: String) -> String { names.contains(name) ? name : "other" }
}

extension MetricsBook.State {
    fileprivate mutating func place(_ transition: EngineObserver.Transition, _ place: MetricsBook.Place) {
        if transition.outcome != nil, transition.to != "parked" {
            open[transition.payment] = nil
            ended?.insert(transition.payment)
        } else if open[transition.payment]?.place != place {
            open[transition.payment] = MetricsBook.OpenPayment(place: place, since: transition.at)
        }
    }
}

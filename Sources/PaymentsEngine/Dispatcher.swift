import Payments
import Synchronization

/// Sends what is durable, after its commit and never before. Requests of one lane go one at a time.
final class Dispatcher: Sendable {
    struct Departure: Sendable {
        var payment: PaymentID
        var tenant: String
        var exchange: Exchange
    }

    private struct State {
        var lanes: [String: [Departure]] = [:]
        var underWay = 0
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

    func send(_ departure: Departure) {
        guard case .request(let request, let lane)? = StoredWire(bytes: departure.exchange.wire) else {
            report(departure, .notSent("the stored request cannot be read"))
            return
        }
        let key = lane.map { "\(departure.exchange.peer)|\($0)" }
        let goes = state.withLock { state -> Bool in
            state.underWay += 1
            guard let key else { return true }
            if state.lanes[key] != nil {
                state.lanes[key]?.append(departure)
                return false
            }
            state.lanes[key] = []
            return true
        }
        if goes { start(departure, request, key) }
    }

    private func start(_ departure: Departure, _ request: WireRequest, _ lane: String?) {
        Task {
            let began = clock.now()
            let outcome: WireOutcome
            if began >= departure.exchange.deadline {
                outcome = .notSent("it waited behind other requests until its time was over")
            } else {
                outcome = await transport.send(
                    request, to: departure.exchange.peer, tenant: departure.tenant,
                    deadline: departure.exchange.deadline)
            }
            observer.exchanged(departure.payment, departure.exchange, outcome, clock.now().milliseconds(since: began))
            report(departure, outcome)
            finished(lane)
        }
    }

    private func finished(_ lane: String?) {
        let next = state.withLock { state -> Departure? in
            state.underWay -= 1
            guard let lane else { return nil }
            if state.lanes[lane]?.isEmpty == false { return state.lanes[lane]?.removeFirst() }
            state.lanes[lane] = nil
            return nil
        }
        guard let next, case .request(let request, _)? = StoredWire(bytes: next.exchange.wire) else { return }
        start(next, request, lane)
    }
}

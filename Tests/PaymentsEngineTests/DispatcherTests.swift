import Payments
@testable import PaymentsEngine
import Synchronization
import Testing

@Suite("A lane spares a far side that is slow") struct DispatcherTests {
    private final class Lane: Sendable {
        let clock = ManualClock()
        let transport: ScriptedTransport
        let dispatcher: Dispatcher
        private let answers: Answers

        final class Answers: Sendable {
            private let all = Mutex<[String]>([])
            var texts: [String] { all.withLock { $0 } }
            func add(_ text: String) { all.withLock { $0.append(text) } }
        }

        init() {
            transport = ScriptedTransport(clock)
            let noted = Answers()
            answers = noted
            dispatcher = Dispatcher(
                transport: transport, clock: clock.engineClock, observer: EngineObserver()
            ) { departure, outcome in
                switch outcome {
                case .replied: noted.add("\(departure.exchange.number) replied")
                case .notSent: noted.add("\(departure.exchange.number) not sent")
                case .unknown: noted.add("\(departure.exchange.number) unknown")
                }
            }
        }

        var told: [String] { answers.texts }
        /// The numbers of the requests that left, in their order.
        var left: [String] { transport.sent.map(\.body) }

        func send(_ number: Int, within milliseconds: Int64) {
            let path = "/\(Verb.reserve.rawValue)"
            let request = WireRequest(method: "POST", path: path, body: Array("\(number)".utf8))
            let exchange = Exchange(
                number: number, step: 0, purpose: .ask, peer: "bank", form: .request, message: "hold",
                wire: StoredWire.request(request, lane: "account").bytes,
                deadline: clock.now.adding(milliseconds: milliseconds), isRepeatable: true)
            dispatcher.send(
                Dispatcher.Departure(payment: PaymentID(high: 1, low: 1), tenant: "bank-a", exchange: exchange))
        }

        func until(_ holds: () -> Bool) async {
            for _ in 0..<100_000 {
                if holds() { return }
                await Task.yield()
            }
            Issue.record("it did not come to pass")
        }

        /// Moves the clock a little at a time, so that whatever sleeps goes on when its time has come.
        func pass(_ milliseconds: Int64) async {
            for _ in 0..<(milliseconds / 100) {
                clock.advance(100)
                for _ in 0..<200 { await Task.yield() }
            }
        }
    }

    @Test("What leaves its lane with too little time is not sent, and the next goes on") func tooLate() async {
        let lane = Lane()
        lane.transport.script(.reserve, .gate, .word("done"))
        lane.send(0, within: 10_000)
        await lane.until { lane.transport.hanging == 1 }
        lane.send(1, within: 5_000)
        lane.send(2, within: 10_000)
        #expect(lane.dispatcher.underWay == 3 && lane.dispatcher.waiting == 2)
        lane.clock.advance(4_960)
        lane.transport.openGate()
        await lane.until { lane.dispatcher.underWay == 0 }
        #expect(lane.told == ["0 replied", "1 not sent", "2 replied"])
        #expect(lane.left == ["0", "2"])
    }

    @Test("A request that waited for nobody is sent however short its time is") func short() async {
        let lane = Lane()
        lane.send(0, within: 30)
        await lane.until { lane.dispatcher.underWay == 0 }
        lane.send(1, within: 0)
        await lane.until { lane.told.count == 2 }
        #expect(lane.told == ["0 replied", "1 not sent"])
    }

    @Test("After silence the lane stays closed for a moment, also for those who come then") func grace() async {
        let lane = Lane()
        lane.transport.script(.reserve, .breaks, .word("done"))
        lane.send(0, within: 20_000)
        lane.send(1, within: 20_000)
        await lane.until { lane.told == ["0 unknown"] && lane.dispatcher.underWay == 1 }
        lane.send(2, within: 20_000)
        await lane.pass(Limits.laneGraceMilliseconds - 100)
        #expect(lane.left == ["0"])
        #expect(lane.dispatcher.underWay == 2 && lane.dispatcher.waiting == 2)
        await lane.pass(500)
        await lane.until { lane.dispatcher.underWay == 0 }
        #expect(lane.told == ["0 unknown", "1 replied", "2 replied"])
        #expect(lane.left == ["0", "1", "2"])
    }
}

import Payments
import PaymentsEngine
import Synchronization

/// A wire whose far ends follow a script: by verb, one behaviour for each request in turn, the last one for all that
/// follow.
final class ScriptedTransport: Transport {
    enum Behaviour: Sendable {
        case word(String)
        case notSent
        case breaks
        /// No answer until the deadline.
        case silent
        /// No answer until the test opens the gate.
        case gate
    }

    struct Sent: Sendable, Equatable {
        var verb: String
        var peer: String
        var body: String
        var headers: [WireHeader]
    }

    private struct State {
        var script: [String: [Behaviour]] = [:]
        var sent: [Sent] = []
        var hanging = 0
        var gated: [CheckedContinuation<Void, Never>] = []
        var running: [String: Int] = [:]
        var mostAtOnce: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let clock: ManualClock

    init(_ clock: ManualClock) { self.clock = clock }

    func script(_ verb: Verb, _ behaviours: Behaviour...) {
        state.withLock { $0.script[verb.rawValue] = behaviours }
    }

    /// For one neighbour alone.
    func script(_ verb: Verb, at peer: String, _ behaviours: Behaviour...) {
        state.withLock { $0.script["\(peer) \(verb.rawValue)"] = behaviours }
    }

    var sent: [Sent] { state.withLock { $0.sent } }
    var hanging: Int { state.withLock { $0.hanging } }
    func sent(_ verb: Verb) -> [Sent] { sent.filter { $0.verb == verb.rawValue } }
    func mostAtOnce(_ verb: Verb) -> Int { state.withLock { $0.mostAtOnce[verb.rawValue] ?? 0 } }

    func openGate() {
        let gated = state.withLock { state in
            defer { state.gated = [] }
            return state.gated
        }
        for continuation in gated { continuation.resume() }
    }

    func send(_ request: WireRequest, to peer: String, tenant: String, deadline: Instant) async -> WireOutcome {
        let verb = String(request.path.dropFirst())
        let behaviour = state.withLock { state -> Behaviour in
            state.sent.append(
                Sent(
                    verb: verb, peer: peer, body: String(decoding: request.body, as: UTF8.self),
                    headers: request.headers))
            state.running[verb, default: 0] += 1
            state.mostAtOnce[verb] = max(state.mostAtOnce[verb] ?? 0, state.running[verb] ?? 0)
            let name = state.script["\(peer) \(verb)"] == nil ? verb : "\(peer) \(verb)"
            guard let script = state.script[name], let first = script.first else { return .word("done") }
            if script.count > 1 { state.script[name] = Array(script.dropFirst()) }
            return first
        }
        defer { state.withLock { $0.running[verb, default: 0] -= 1 } }
        switch behaviour {
        case .word(let word): return .replied(WireReply(status: 200, body: Array(word.utf8)))
        case .notSent: return .notSent("no route")
        case .breaks: return .unknown("the connection broke")
        case .silent:
            state.withLock { $0.hanging += 1 }
            await clock.sleep(max(deadline.milliseconds(since: clock.now), 0))
            state.withLock { $0.hanging -= 1 }
            return .unknown("no answer")
        case .gate:
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.hanging += 1
                    state.gated.append(continuation)
                }
            }
            state.withLock { $0.hanging -= 1 }
            return .replied(WireReply(status: 200, body: Array("done".utf8)))
        }
    }
}

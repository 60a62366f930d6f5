import Payments

/// One line of the operators' timeline: the hop and what happened, in words.
struct TimelineLine {
    var hop: Hop
    var says: String

    /// Nil for events that the timeline does not show.
    init?(_ event: PaymentEvent, flow: Flow?) {
        func step(_ index: Int) -> (Hop, String) {
            guard let flow, flow.steps.indices.contains(index) else { return (.plan, "step \(index)") }
            return (flow.steps[index].hop, flow.steps[index].name)
        }
        switch event {
        case .received(let origin, _): (hop, says) = (.receive, "received from \(origin.network)")
        case .routed(let decision): (hop, says) = (.route, "row \(decision.line): flow \(decision.flow)")
        case .planned(let flow, _, _, let steps): (hop, says) = (.plan, "\(flow): \(steps.joined(separator: ", "))")
        case .asked(let index, let purpose, _, _, _, _):
            let (at, name) = step(index)
            (hop, says) = (
                at, "\(name): \(purpose == .ask ? "asked" : purpose == .query ? "what became of it?" : "undo asked")"
            )
        case .observed(let index, let purpose, let observation, _):
            let (at, name) = step(index)
            (hop, says) = (at, "\(name): \(purpose == .undo ? "undo " : "")\(Self.words(observation))")
        case .skipped(let index, let why):
            let (at, name) = step(index)
            (hop, says) = (at, "\(name): not needed, \(why)")
        case .booked(let booking): (hop, says) = (.commit, "booked: \(booking.says)")
        case .refused(let reason): (hop, says) = (.route, "refused: \(reason.canonical)")
        case .answeredEarly(_, let outcome, let why): (hop, says) = (.notify, "origin told \(outcome.rawValue): \(why)")
        case .parked(_, let why): (hop, says) = (.settle, "parked: \(why)")
        case .resolved(_, let outcome, let by, _): (hop, says) = (.settle, "resolved as \(outcome.rawValue) by \(by)")
        case .contradicted(_, let text): (hop, says) = (.settle, "contradiction: \(text)")
        case .finished(let outcome): (hop, says) = (.notify, "finished: \(outcome.rawValue)")
        case .stated: return nil
        }
    }

    private static func words(_ observation: Observation) -> String {
        switch observation {
        case .done: "done"
        case .refused(let reason): "refused, \(reason.canonical)\(reason.foreign.map { " (\($0))" } ?? "")"
        case .unknown(let why): "unknown, \(why)"
        case .unsent(let why): "not sent, \(why)"
        case .failed(let why): "failed without effect, \(why)"
        case .absent(let reason): "not known there, \(reason.canonical)"
        case .pending: "taken, answer to follow"
        case .review(let reason): "a person must look, \(reason.canonical)"
        }
    }
}

import Payments

/// The payer's own word on a payment under way: yes or no to its terms, or calling it off.
extension Turn {
    mutating func confirm(_ isAccepted: Bool) {
        guard let flow = record.flow, let step = flow.index(of: .confirm), record.outcome == nil else {
            declined = Reason("cancellationNotPossible", detail: "the payment asks for no confirmation")
            return
        }
        switch record.steps[step].state {
        case .asked:
            hear(Heard(isAccepted ? .done : .refused(Reason("cancelledByDebtor"))), step: step, purpose: .ask)
        case .planned: declined = Reason("cancellationNotPossible", detail: "the terms are not known yet")
        case .done where isAccepted: break
        default:
            let state = record.steps[step].state.rawValue
            declined = Reason("cancellationNotPossible", detail: "the confirmation is \(state) already")
        }
    }

    /// Calls the payment off while nothing that cannot be taken back has begun; what is held is released.
    mutating func cancel(_ why: String) {
        guard record.outcome == nil, let flow = record.flow, let pivot = flow.pivot else {
            declined = Reason("cancellationNotPossible", detail: "the payment has ended")
            return
        }
        guard record.refusal == nil, !record.states.contains(.refused) else {
            declined = Reason("cancellationNotPossible", detail: "the payment is being refused already")
            return
        }
        guard record.states[pivot] == .planned, !record.steps[pivot].mayHaveLeft, record.parkedStep != pivot else {
            declined = Reason("cancellationNotPossible", detail: "\(flow.steps[pivot].name) has begun")
            return
        }
        let reason = Reason("cancelledByDebtor", detail: why)
        emit(.refused(reason))
        if let open = record.states[..<pivot].firstIndex(where: { $0 == .asked || $0 == .unknown }),
            flow.steps[open].verb.effect == .none
        {
            refuse(open, reason)
        }
    }
}

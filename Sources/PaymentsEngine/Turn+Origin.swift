import Payments

/// A bridge answers its origin in time even when the far leg is silent (money.md): no, and the amount on exposure.
extension Turn {
    /// True when the answer moved a step. Until it is due, the payment wakes for it - parked or not.
    mutating func answerOriginInTime(_ flow: Flow) -> Bool {
        guard let answerBy = record.origin?.answerBy, let accept = flow.index(of: .accept), let pivot = flow.pivot,
            accept > pivot, record.steps[accept].state == .planned, record.answeredEarly == nil,
            record.states[pivot] != .done, !record.states[...pivot].contains(.refused)
        else { return false }
        guard now >= answerBy else {
            wakeNoLater(than: answerBy)
            return false
        }
        guard let number = tellOriginNo(accept, answerBy) else { return false }
        emit(.answeredEarly(exchange: number, .rejected, why: "the origin's clock ran out"))
        bookEarlyAnswer(flow)
        // A step before the pivot need not be heard any more: the far leg is not begun.
        if let open = record.states[..<pivot].firstIndex(where: { $0 == .asked || $0 == .unknown }) {
            refuse(open, outOfTime)
        }
        return true
    }

    private var outOfTime: Reason { Reason("timeoutCreditorAgent", detail: "the origin's clock ran out") }

    private mutating func tellOriginNo(_ accept: Int, _ answerBy: Instant) -> Int? {
        guard let neighbour = world.neighbour(for: .notify, record) else { return nil }
        var input = composeInput(
            verb: .notify, purpose: .ask, step: accept, neighbour,
            deadline: now.adding(milliseconds: neighbour.marginMilliseconds))
        input.entropy = identity.next()
        input.outcome = .rejected
        if input.record.refusal == nil { input.record.refusal = Reason("timeoutCreditorAgent") }
        guard let composed = try? neighbour.adapter.compose(input) else { return nil }
        return depart(
            composed, step: accept, purpose: .ask, peer: neighbour.settings.network, deadline: input.deadline,
            isRepeatable: false)
    }

    /// The origin was told no: nothing new may begin on its behalf. Nil where the step goes on as ever.
    mutating func goOnAfterEarlyAnswer(_ step: Int, _ row: FlowStep, _ flow: Flow) -> Bool? {
        if row.verb == .notify {
            emit(.skipped(step: step, why: "the origin was answered when its clock ran out"))
            return true
        }
        if row.verb == .accept {
            park(step, "paid on \(record.network ?? "the far network") after the origin was told no: on exposure")
            return false
        }
        guard let pivot = flow.pivot, step <= pivot else { return nil }
        refuse(step, outOfTime)
        return true
    }
}

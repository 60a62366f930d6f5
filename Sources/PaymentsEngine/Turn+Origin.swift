import Payments

/// A bridge answers its origin in time even when the far leg is silent (money.md): with a no, or with "settled, not
/// posted" where the origin's network has such a word. Either way the amount stands on exposure.
extension Turn {
    /// Until when the origin waits for our answer: an order that took up our offer says it itself.
    func originDeadline(_ flow: Flow) -> Instant? {
        if let offer = flow.index(of: .offer), record.steps[offer].state == .done,
            let until = record.payment.expiresAt?.instant
        {
            return until
        }
        return record.origin?.answerBy
    }

    /// True when the answer moved a step. Until it is due, the payment wakes for it - parked or not.
    mutating func answerOriginInTime(_ flow: Flow) -> Bool {
        guard let answerBy = originDeadline(flow), let accept = flow.index(of: .accept), let pivot = flow.pivot,
            accept > pivot, record.steps[accept].state == .planned, record.answeredEarly == nil,
            record.states[pivot] != .done, !record.states[...pivot].contains(.refused),
            record.parkedStep != pivot || record.states[pivot] != .planned
        else { return false }
        // Nobody waits yet for the answer to an order that has not come.
        if let offer = flow.index(of: .offer), record.steps[offer].state != .done { return false }
        guard now >= answerBy else {
            wakeNoLater(than: answerBy)
            return false
        }
        let isOpen = record.states[pivot] == .asked || record.states[pivot] == .unknown
        if isOpen, tellSettledNotPosted(accept, flow) { return true }
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

    /// The number of the exchange that says no; one where the network ends the order by its own clock needs none.
    private mutating func tellOriginNo(_ accept: Int, _ answerBy: Instant) -> Int? {
        guard let neighbour = world.neighbour(for: .notify, record) else { return nil }
        var input = composeInput(
            verb: .notify, purpose: .ask, step: accept, neighbour,
            deadline: now.adding(milliseconds: neighbour.marginMilliseconds))
        input.entropy = identity.next()
        input.outcome = .rejected
        if input.record.refusal == nil { input.record.refusal = Reason("timeoutCreditorAgent") }
        guard let composed = try? neighbour.adapter.compose(input) else { return nil }
        if case .nothing = composed.form { return max(record.exchanges - 1, 0) }
        return depart(
            composed, step: accept, purpose: .ask, peer: neighbour.settings.network, deadline: input.deadline,
            isRepeatable: false)
    }

    /// Whether this exchange is the newest that told the origin no before the far leg was known.
    func isEarlyNo(_ exchange: Exchange) -> Bool {
        record.answeredEarly == .rejected && record.earlyAnswer == exchange.number && exchange.form == .request
            && exchange.purpose == .ask && record.flow?.steps[exchange.step].verb == .accept
            && record.steps[exchange.step].attempts == 0
    }

    /// A no that never left is told again, until it leaves. True when it was.
    mutating func tellOriginAgain(_ flow: Flow) -> Bool {
        guard let since = record.earlyUnsentAt, let accept = flow.index(of: .accept),
            let answerBy = originDeadline(flow), record.earlyAttempts <= Limits.attemptsBeforeParked
        else { return false }
        let due = since.adding(
            milliseconds: backoff(record.earlyAttempts, first: Limits.firstRetryDelayMilliseconds))
        guard now >= due else {
            wakeNoLater(than: due)
            return false
        }
        guard let number = tellOriginNo(accept, answerBy) else { return false }
        emit(.answeredEarly(exchange: number, .rejected, why: "told again: it never left before"))
        return true
    }

    /// Whether the no that the origin was told may still turn out never to have left.
    private var earlyNoIsUnderWay: Bool {
        guard let number = record.earlyAnswer, let exchange = exchanges[number], isEarlyNo(exchange) else {
            return false
        }
        return now < exchange.deadline && !closed.contains(number)
    }

    /// Settled, not posted: the near leg is taken, and the far one goes on. What comes back from it is given back by a
    /// return.
    private mutating func tellSettledNotPosted(_ accept: Int, _ flow: Flow) -> Bool {
        guard let neighbour = world.neighbour(for: .accept, record),
            neighbour.adapter.answersSettledNotPosted(neighbour.settings)
        else { return false }
        let deadline = now.adding(milliseconds: neighbour.clockMilliseconds)
        var input = composeInput(verb: .accept, purpose: .ask, step: accept, neighbour, deadline: deadline)
        input.entropy = identity.next()
        input.outcome = nil
        input.isSettledNotPosted = true
        guard let composed = try? neighbour.adapter.compose(input),
            let number = depart(
                composed, step: accept, purpose: .ask, peer: neighbour.settings.network, deadline: deadline,
                isRepeatable: neighbour.adapter.capabilities.repeatable.contains(.accept))
        else { return false }
        emit(.answeredEarly(exchange: number, .settled, why: "the origin's clock ran out while the far leg is open"))
        bookEarlyAnswer(flow)
        emit(
            .asked(
                step: accept, purpose: .ask, exchange: number, deadline: composed.answerBy ?? deadline,
                learned: composed.learned, losses: composed.losses))
        if composed.doneWhenDelivered, case .reply = composed.form {
            hear(Heard(.done), step: accept, purpose: .ask)
        }
        return true
    }

    /// The origin was told no: nothing new may begin on its behalf. Nil where the step goes on as ever.
    mutating func goOnAfterEarlyAnswer(_ step: Int, _ row: FlowStep, _ flow: Flow) -> Bool? {
        guard record.answeredEarly == .rejected else { return nil }
        if row.verb == .notify {
            // A no that never left is told by this step, and tried as it is.
            if record.earlyUnsentAt != nil { return nil }
            if earlyNoIsUnderWay, let number = record.earlyAnswer, let until = exchanges[number]?.deadline {
                wakeNoLater(than: until)
                return false
            }
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

    /// The origin's network took our "settled, not posted" back while the far leg is still open: that one is heard
    /// first.
    func openPivot(behind step: Int, _ flow: Flow) -> Int? {
        guard record.answeredEarly == .settled, flow.steps[step].verb == .accept, let pivot = flow.pivot,
            record.states[pivot] == .asked || record.states[pivot] == .unknown
        else { return nil }
        return pivot
    }

    // MARK: return due

    /// The origin's network settled on our word, and the far leg was refused: the money must go back. Whether it did
    /// settle is heard first. Nil where nothing is due.
    mutating func parkReturn(_ flow: Flow) -> Bool? {
        guard record.answeredEarly == .settled, let accept = flow.index(of: .accept) else { return nil }
        switch record.steps[accept].state {
        case .asked: return keepWaiting(accept, flow)
        case .unknown: return resolve(accept, flow)
        case .done: break
        default: return nil
        }
        park(accept, "return due to \(record.origin?.network ?? "the origin"): the far leg was refused")
        return false
    }

    /// Whether the decision on this step is about a return that was due.
    func isReturnDue(_ step: Int, _ before: StepState) -> Bool {
        record.answeredEarly == .settled && before == .done && record.flow?.steps[step].verb == .accept
    }

    // MARK: review

    /// Nobody looked in time: the origin gets its answer all the same.
    mutating func endReviewInTime(_ flow: Flow) -> Bool {
        guard let step = record.parkedStep, record.steps[step].review != nil, record.steps[step].state == .unknown,
            let answerBy = originDeadline(flow)
        else { return false }
        let margin = world.neighbour(for: .notify, record)?.marginMilliseconds ?? 0
        let due = answerBy.adding(milliseconds: -margin)
        guard now >= due else {
            wakeNoLater(than: due)
            return false
        }
        refuse(step, Reason("timeoutCreditorAgent", detail: "nobody decided on the review in time"))
        return true
    }
}

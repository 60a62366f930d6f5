import Payments

extension Turn {
    /// Applies the input and goes on as far as the flow allows.
    mutating func take(_ input: Input) {
        if let received = input.received { messages.append(received) }
        switch input.content {
        case .opens(let inbound, let origin): open(inbound, origin)
        case .takesUp(let inbound, let order): takeUp(inbound, order)
        case .tells(let inbound, let verbs, let heard, let network): told(inbound, verbs, heard, network)
        case .repeated(let inbound): repeated(inbound)
        case .beside(let told): messages += told
        case .exchanged(let exchange, let outcome): exchanged(exchange, outcome)
        case .interrupted(let exchange):
            exchanged(exchange, .unknown("the process stopped while the request was under way"))
        case .timer: break
        case .resolve(let outcome, let by, let evidence): resolve(outcome, by, evidence)
        case .confirm(let isAccepted): confirm(isAccepted)
        case .cancel(let why): cancel(why)
        }
        advance()
    }

    private mutating func takeUp(_ inbound: Inbound, _ order: Payment) {
        guard let flow = record.flow, let step = flow.index(of: .offer),
            let neighbour = world.neighbour(for: .offer, record)
        else {
            declined = Reason("quoteUnknown", detail: "the payment makes no offer")
            return
        }
        switch record.steps[step].state {
        case .asked, .unknown:
            if let late = tooLate(order, inbound, flow) {
                declined = late
                return
            }
            let heard = neighbour.adapter.takeUp(order, record, now)
            // Whoever knows a name of our offer may send a wrong order: that order is refused, the offer stands.
            if case .refused(let reason) = heard.observation, reason.canonical != "quoteExpired" {
                declined = reason
                return
            }
            keys += inbound.keys + inbound.aliases
            contentHash = inbound.contentHash
            hear(heard, step: step, purpose: .ask)
        case .planned where record.outcome == nil:
            declined = Reason("quoteUnknown", detail: "our offer has not been made yet")
        default: declined = record.refusedOffer ?? Reason("quoteExpired", detail: "our offer is not open any more")
        }
    }

    /// The order leaves the far network less time than its clock: its answer would come when ours is worth nothing.
    private func tooLate(_ order: Payment, _ inbound: Inbound, _ flow: Flow) -> Reason? {
        guard flow.index(of: .send) != nil, let near = world.neighbour(for: .offer, record),
            let far = world.neighbour(for: .send, record),
            let until = order.expiresAt?.instant ?? inbound.answerBy
        else { return nil }
        let needed = far.clockMilliseconds + near.orderMarginMilliseconds
        guard until.milliseconds(since: now) < needed else { return nil }
        return Reason("expired", detail: "less than \(needed) ms are left until the order expires")
    }

    private mutating func told(_ inbound: Inbound, _ verbs: [Verb], _ heard: Heard, _ network: String) {
        guard let flow = record.flow else { return }
        let step = verbs.lazy.compactMap { flow.index(of: $0) }.first { index in
            world.neighbour(for: flow.steps[index].verb, record)?.settings.network == network
        }
        guard let step, record.steps.indices.contains(step) else { return }
        keys += inbound.aliases
        let verified =
            world.neighbour(for: flow.steps[step].verb, record)?.adapter.verify(flow.steps[step].verb, heard, record)
            ?? heard
        if decides(heard.observation), !decides(verified.observation) {
            alarms.append("\(inbound.message) does not count for \(flow.steps[step].name): it proves nothing about it")
        }
        if isUnasked(step, flow, verified.observation) { return contradicted(step, verified.observation) }
        hear(verified, step: step, purpose: record.steps[step].state == .unknown ? .query : .ask)
    }

    /// A far side that decides what was never put to it, such as a rail's final yes to a payment that we refused: money
    /// may have moved, so it is recorded and raised (money.md). A no to what we refused ourselves says nothing new.
    private func isUnasked(_ step: Int, _ flow: Flow, _ observation: Observation) -> Bool {
        guard record.steps[step].attempts == 0, record.steps[step].state == .planned,
            flow.steps[step].verb.effect != .none
        else { return false }
        let saidNo = record.answeredEarly != nil || record.refusal != nil || record.outcome == .rejected
        return observation == .done || (observation.isRefusal && !saidNo)
    }

    private func decides(_ observation: Observation) -> Bool {
        switch observation {
        case .done, .refused, .absent: true
        case .unknown, .unsent, .failed, .pending, .review: false
        }
    }

    /// Repeats that are answered for one payment; what comes beyond is kept in the archive and gets no further answer.
    private static let repeatsAnswered = 32

    /// A repeat gets the answer that the first one got: the quote its offer, the order its acceptance or its refusal.
    private mutating func repeated(_ inbound: Inbound) {
        guard let flow = record.flow, exchanges.count < record.exchanges + Turn.repeatsAnswered else { return }
        let answers = exchanges.values.filter { exchange in
            exchange.form == .request && exchange.purpose == .ask && exchange.number >= record.firstExchange
                && (isOpening(inbound, flow) ? answersOpening(exchange, flow) : stands(exchange, flow))
        }
        guard let last = answers.max(by: { $0.number < $1.number }) else { return tellState(inbound, flow) }
        var again = last
        again.number = nextExchange
        again.deadline = now.adding(milliseconds: 5_000)
        exchanges[again.number] = again
        fresh.append(again)
    }

    /// The message that asked for an offer of ours, and not the order that takes it up.
    private func isOpening(_ inbound: Inbound, _ flow: Flow) -> Bool {
        guard case .opens = inbound.meaning, flow.index(of: .offer) != nil else { return false }
        // On a network without offers the opening message is the order itself.
        return world.neighbour(for: .offer, record)?.adapter.capabilities.verbs.contains(.offer) ?? true
    }

    /// The offer, also when its time is over: it says itself until when it stood. Else what told that there is none.
    private func answersOpening(_ exchange: Exchange, _ flow: Flow) -> Bool {
        guard let step = flow.index(of: .offer), record.steps.indices.contains(step) else { return false }
        let entry = record.steps[step]
        // A step that a refusal of our own ended before anything left has no deadline.
        let isMade = ![.planned, .skipped].contains(entry.state) && (entry.state != .refused || entry.deadline != nil)
        return isMade ? exchange.step == step : exchange.step == flow.index(of: .notify)
    }

    /// No message of ours told how it ended - the network itself did - so a repeat is told the state.
    private mutating func tellState(_ inbound: Inbound, _ flow: Flow) {
        guard record.outcome != nil, inbound.acknowledgement != nil, let order = inbound.order,
            let step = flow.index(of: .notify), let neighbour = world.neighbour(for: .notify, record)
        else { return }
        let deadline = now.adding(milliseconds: 5_000)
        var input = composeInput(verb: .notify, purpose: .ask, step: step, neighbour, deadline: deadline)
        input.entropy = identity.next()
        guard let composed = try? neighbour.adapter.report(.status(enquiry: order), input),
            case .request = composed.form
        else { return }
        _ = depart(
            composed, step: step, purpose: .ask, peer: neighbour.settings.network, deadline: deadline,
            isRepeatable: false)
    }

    /// Whether a message to the origin is an answer that it has, or may have. One that never left is none: sent now, it
    /// would say what is not true any more.
    private func stands(_ exchange: Exchange, _ flow: Flow) -> Bool {
        guard record.steps.indices.contains(exchange.step) else { return false }
        let verb = flow.steps[exchange.step].verb
        let entry = record.steps[exchange.step]
        if verb == .notify { return true }
        if record.answeredEarly != nil { return verb == .accept && entry.attempts == 0 }
        return verb.side == .origin && verb != .offer && !record.states.contains(.refused)
            && [.asked, .unknown, .done].contains(entry.state)
    }

    private mutating func exchanged(_ exchange: Exchange, _ outcome: WireOutcome) {
        closed.append(exchange.number)
        guard let flow = record.flow, record.steps.indices.contains(exchange.step) else { return }
        let step = flow.steps[exchange.step]
        let verb = exchange.purpose == .undo ? step.undo ?? step.verb : step.verb
        guard let neighbour = world.neighbour(for: verb, record) else { return }
        // Only the newest attempt says how the step stands; a repeat or an older one that came to nothing says nothing.
        // One of an earlier plan speaks of a step of that plan.
        guard exchange.number >= record.firstExchange else { return }
        let isNewest = record.steps[exchange.step].exchange == exchange.number
        if case .notSent(let why) = outcome, isEarlyNo(exchange) {
            emit(.observed(step: exchange.step, purpose: .ask, .unsent(why), learned: Payment()))
            return
        }
        switch outcome {
        case .notSent, .unknown:
            guard isNewest else { return }
        case .replied: break
        }
        switch outcome {
        case .notSent(let why):
            hear(Heard(.unsent(why)), step: exchange.step, purpose: exchange.purpose)
        case .unknown(let why):
            hear(Heard(.unknown(why)), step: exchange.step, purpose: exchange.purpose)
        case .replied(let reply):
            messages.append(
                ArchivedMessage(
                    direction: .received, peer: exchange.peer, message: "answer to \(exchange.message)", time: now,
                    bytes: reply.body))
            let input = composeInput(
                verb: verb, purpose: exchange.purpose, step: exchange.step, neighbour, deadline: exchange.deadline)
            let heard = neighbour.adapter.read(reply, input)
            // The same bytes that came to nothing once may have done their work when they came again.
            if case .failed = heard.observation, !isNewest { return }
            hear(neighbour.adapter.verify(verb, heard, record), step: exchange.step, purpose: exchange.purpose)
        }
    }

    /// Applies what was heard, with everything that money.md ties to it.
    mutating func hear(_ heard: Heard, step: Int, purpose: Purpose) {
        let before = record.steps[step].state
        let observation = certain(heard.observation, step: step)
        switch expected(observation, step, purpose) {
        case .impossible: return
        case .contradiction:
            // Silence that was taken for a no is contradicted by every late yes; only where money moves does that
            // matter.
            guard let verb = record.flow?.steps[step].verb, verb.effect != .none, !isEchoOfUndone(step, verb) else {
                return
            }
            emit(.observed(step: step, purpose: purpose, observation, learned: Payment()))
            contradicted(step, observation)
        case .ignored:
            for fact in heard.facts { state(fact) }
        case .moved:
            emit(.observed(step: step, purpose: purpose, observation, learned: heard.learned))
            for fact in heard.facts { state(fact) }
            book(step: step, before: before)
        }
    }

    /// What was undone had been done: where one name means one hold, a late "done" says nothing new.
    private func isEchoOfUndone(_ step: Int, _ verb: Verb) -> Bool {
        record.steps[step].state == .undone
            && world.neighbour(for: verb, record)?.adapter.capabilities.repeatable.contains(verb) == true
    }

    /// What the observation will do: repeats and late echoes are not journaled.
    private func expected(_ observation: Observation, _ step: Int, _ purpose: Purpose) -> StepVerdict {
        var state = record.steps[step].state
        switch observation {
        case .done: return StepMachine.apply(purpose == .undo ? .undoConfirm : .confirm, to: &state)
        case .refused:
            if purpose == .undo { return state == .undoing ? .moved : .ignored }
            return StepMachine.apply(.refuse, to: &state)
        case .pending: return state.isOpen ? .moved : .ignored
        case .failed:
            if purpose == .undo { return state == .undoing ? .moved : .ignored }
            return StepMachine.apply(.fail, to: &state)
        case .review where purpose == .undo: return .ignored
        case .unknown, .unsent, .absent, .review:
            return state == .asked || record.steps[step].queryUnderWay ? .moved : .ignored
        }
    }

    /// "Not found" is a refusal only after the order's own expiry and the far side's known lateness (law 2).
    private func certain(_ observation: Observation, step: Int) -> Observation {
        guard case .absent(let reason) = observation, let flow = record.flow else { return observation }
        let verb = flow.steps[step].verb
        let expiry = record.payment.expiresAt?.instant ?? record.steps[step].firstAskedAt ?? now
        let lateness = world.neighbour(for: verb, record)?.adapter.capabilities.latenessMilliseconds ?? 0
        if now < expiry.adding(milliseconds: lateness) { return observation }
        return .refused(reason)
    }

    private mutating func contradicted(_ step: Int, _ observation: Observation) {
        let name = record.flow?.steps[step].name ?? String(step)
        let says = "\(name) is \(record.steps[step].state.rawValue), and the far side now says \(word(observation))"
        guard !record.contradictions.contains(says) else { return }
        emit(.contradicted(step: step, says: says))
        alarms.append("contradiction: \(says)")
    }

    /// The word and the network's code: what else was said, perhaps of a person, stays in the archive.
    private func word(_ observation: Observation) -> String {
        switch observation {
        case .done: "done"
        case .refused(let reason): "refused \(code(reason))"
        case .absent(let reason): "not known \(code(reason))"
        case .unknown: "unknown"
        case .unsent: "not sent"
        case .failed: "failed"
        case .pending: "pending"
        case .review: "held for review"
        }
    }

    /// The network's code when it looks like one; a code of a network's own making may be any text.
    private func code(_ reason: Reason) -> String {
        guard let foreign = reason.foreign, (1...8).contains(foreign.utf8.count),
            foreign.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
        else { return reason.canonical }
        return foreign
    }

    private mutating func resolve(_ outcome: PaymentOutcome, _ by: String, _ evidence: String) {
        guard let flow = record.flow, let step = record.parkedStep, record.steps.indices.contains(step) else {
            declined = Reason("notParked", detail: "the payment went on before the decision came")
            return
        }
        let before = record.steps[step].state
        emit(.resolved(step: step, as: outcome, by: by, evidence: evidence))
        if isReturnDue(step, before) {
            bookReturn(outcome)
        } else if before == .refused {
            if outcome == .settled { bookPlacedByHand(step, flow) } else { bookGivenBack(step, flow) }
        } else {
            book(step: step, before: before)
        }
    }
}

extension Inbound {
    /// What was ordered or asked for.
    fileprivate var order: Payment? {
        switch meaning {
        case .opens(_, let payment), .takesUp(let payment): payment
        case .tells, .asksStatus, .nothing: nil
        }
    }
}

import Payments

extension Turn {
    /// Lets the flow go on until it waits, is parked or has ended.
    mutating func advance() {
        guard record.flow != nil, record.outcome == nil else { return }
        // Every round moves a step or stops: a flow has few steps, and each moves a few times at most.
        for _ in 0..<64 {
            guard record.parked == nil, record.outcome == nil, let flow = record.flow else { break }
            if flow.steps.count != record.steps.count { break }
            guard perform(FlowMachine.next(flow, record.states), flow) else { break }
        }
        guard record.outcome == nil, record.parked == nil else { return }
        wakeForOrigin()
    }

    /// True when something moved and the flow should be asked again.
    private mutating func perform(_ move: FlowMove, _ flow: Flow) -> Bool {
        switch move {
        case .ask(let step): return ask(step, flow)
        case .undo(let step): return undo(step, flow)
        case .await(let step): return keepWaiting(step, flow)
        case .resolve(let step): return resolve(step, flow)
        case .park(let step):
            bookRefusalAfterPivot(step, flow)
            let reason = record.steps[step].reason
            park(step, "\(flow.steps[step].name) was refused after the money moved: \(reason.map(describe) ?? "no reason")")
            return false
        case .finish(let outcome):
            let final = record.refusal == nil ? outcome : .rejected
            if flow.pivot != nil || record.refusal != nil || record.origin?.kind == .partyLookup {
                emit(.stated(final == .settled ? .settled : .rejected))
            }
            emit(.finished(final))
            return false
        }
    }

    private func describe(_ reason: Reason) -> String {
        [reason.canonical, reason.foreign.map { "(\($0))" }, reason.detail].compactMap { $0 }.joined(separator: " ")
    }

    // MARK: asking

    private mutating func ask(_ step: Int, _ flow: Flow) -> Bool {
        let row = flow.steps[step]
        if row.verb == .notify, record.answeredEarly != nil {
            emit(.skipped(step: step, why: "the origin was answered when its clock ran out"))
            return true
        }
        if row.verb == .accept, record.answeredEarly != nil {
            park(step, "paid on \(record.network ?? "the far network") after the origin was told no: on exposure")
            return false
        }
        if record.steps[step].attempts > 0, !mayTryAgain(step, row) { return give(up: step, row) }
        if let due = retryDue(step), now < due {
            wakeNoLater(than: due)
            return false
        }
        return compose(step, row, flow, purpose: .ask)
    }

    private func mayTryAgain(_ step: Int, _ row: FlowStep) -> Bool {
        record.steps[step].attempts <= (row.retries ?? Limits.attemptsBeforeParked)
    }

    /// When a step that never left, or was lost, may be tried again.
    private func retryDue(_ step: Int) -> Instant? {
        let entry = record.steps[step]
        guard entry.attempts > 0, let since = entry.settledAt else { return nil }
        return since.adding(milliseconds: backoff(entry.attempts, first: Limits.firstRetryDelayMilliseconds))
    }

    private func backoff(_ times: Int, first: Int64) -> Int64 {
        min(first << Int64(min(max(times - 1, 0), 16)), Limits.longestRetryDelayMilliseconds)
    }

    /// Attempts are used up and nothing ever left.
    private mutating func give(up step: Int, _ row: FlowStep) -> Bool {
        let why = record.steps[step].doubt ?? "no connection"
        if row.verb == .notify {
            emit(.skipped(step: step, why: "not delivered: \(why)"))
            return true
        }
        guard let pivot = record.flow?.pivot, step > pivot else {
            refuse(step, Reason("agentOffline", detail: why))
            return true
        }
        park(step, "\(row.name) could not be sent: \(why)")
        return false
    }

    private mutating func refuse(_ step: Int, _ reason: Reason) {
        let before = record.steps[step].state
        if before == .planned {
            emit(.asked(
                step: step, purpose: .ask, exchange: max(record.exchanges - 1, 0), deadline: nil, learned: Payment(),
                losses: []))
        }
        emit(.observed(step: step, purpose: .ask, .refused(reason), learned: Payment()))
        if before == .asked || before == .unknown { book(step: step, before: before) }
    }

    func composeInput(
        verb: Verb, purpose: Purpose, step: Int, _ neighbour: Neighbour, deadline: Instant
    ) -> ComposeInput {
        var input = ComposeInput(
            verb: verb, purpose: purpose, record: record, step: step, attempt: record.steps[step].attempts + 1,
            settings: neighbour.settings, now: now, deadline: deadline, entropy: 0)
        input.outcome = record.refusal != nil || record.states.contains(.refused) ? .rejected : .settled
        if purpose != .ask, let asked = originalRequest(step) { input.asked = asked }
        return input
    }

    private func originalRequest(_ step: Int) -> WireRequest? {
        let asked = exchanges.values.filter { $0.step == step && $0.purpose == .ask && $0.form == .request }
        guard let newest = asked.max(by: { $0.number < $1.number }),
            case .request(let request, _)? = StoredWire(bytes: newest.wire)
        else { return nil }
        return request
    }

    private mutating func compose(_ step: Int, _ row: FlowStep, _ flow: Flow, purpose: Purpose) -> Bool {
        let verb = purpose == .undo ? row.undo ?? row.verb : row.verb
        guard let neighbour = world.neighbour(for: verb, record), neighbour.adapter.capabilities.verbs.contains(verb)
        else {
            guard purpose == .ask else { return false }
            emit(.skipped(step: step, why: "\(row.verb.rawValue) is not spoken there"))
            return true
        }
        let deadline = deadline(step, row, flow, neighbour, purpose)
        var input = composeInput(verb: verb, purpose: purpose, step: step, neighbour, deadline: deadline)
        input.entropy = identity.next()
        do throws(Refusal) {
            let composed = try neighbour.adapter.compose(input)
            return depart(composed, step, row, purpose, neighbour, deadline)
        } catch {
            guard purpose == .ask else {
                park(step, "\(verb.rawValue) could not be written: \(error.says)")
                return false
            }
            refuse(step, error.reason)
            return true
        }
    }

    private mutating func depart(
        _ composed: Composed, _ step: Int, _ row: FlowStep, _ purpose: Purpose, _ neighbour: Neighbour,
        _ deadline: Instant
    ) -> Bool {
        if case .nothing(let why) = composed.form {
            if purpose == .ask { emit(.skipped(step: step, why: why)) }
            return purpose == .ask
        }
        let verb = purpose == .undo ? row.undo ?? row.verb : row.verb
        let answerBy = composed.answerBy ?? deadline
        let timeout = purpose == .ask && row.verb.lapses ? now.adding(milliseconds: 5_000) : deadline
        let number = depart(
            composed, step: step, purpose: purpose, peer: neighbour.settings.network, deadline: timeout,
            isRepeatable: neighbour.adapter.capabilities.repeatable.contains(verb))
        guard let number else { return false }
        let before = record.steps[step].state
        emit(.asked(
            step: step, purpose: purpose, exchange: number, deadline: answerBy, learned: composed.learned,
            losses: composed.losses))
        book(step: step, before: before)
        wakeNoLater(than: answerBy)
        if composed.doneWhenDelivered, case .reply = composed.form {
            hear(Heard(.done), step: step, purpose: purpose)
            return true
        }
        return false
    }

    private func deadline(
        _ step: Int, _ row: FlowStep, _ flow: Flow, _ neighbour: Neighbour, _ purpose: Purpose
    ) -> Instant {
        let own = now.adding(milliseconds: row.withinMilliseconds ?? neighbour.clockMilliseconds)
        guard purpose == .ask, row.verb != .notify, let pivot = flow.pivot, step <= pivot, row.verb.side != .origin,
            let answerBy = record.origin?.answerBy
        else { return own }
        // Before the pivot, and for the pivot on a far network, our own answer is the limit: minus the margin.
        let limit = answerBy.adding(milliseconds: -neighbour.marginMilliseconds)
        return max(min(own, limit), now)
    }

    // MARK: waiting

    private mutating func keepWaiting(_ step: Int, _ flow: Flow) -> Bool {
        let entry = record.steps[step]
        if entry.state == .undoing, !entry.queryUnderWay { return undoAgain(step, flow) }
        guard let deadline = entry.deadline else { return false }
        if now < deadline {
            wakeNoLater(than: deadline)
            return false
        }
        let row = flow.steps[step]
        if row.verb.lapses {
            refuse(step, Reason("quoteExpired", detail: "the offer was not taken up in time"))
            return true
        }
        emit(.observed(
            step: step, purpose: entry.state == .undoing ? .undo : .ask, .unknown("no answer in time"),
            learned: Payment()))
        return true
    }

    private mutating func undo(_ step: Int, _ flow: Flow) -> Bool {
        compose(step, flow.steps[step], flow, purpose: .undo)
    }

    /// The undo was lost or never left: the same bytes again where that is safe, until it is heard or a person must look.
    private mutating func undoAgain(_ step: Int, _ flow: Flow) -> Bool {
        let entry = record.steps[step]
        guard entry.undos < Limits.attemptsBeforeParked else {
            park(step, "the release of \(flow.steps[step].name) is not confirmed: \(entry.doubt ?? "no answer")")
            return false
        }
        let due = (record.changedAt ?? now).adding(
            milliseconds: backoff(entry.undos, first: Limits.firstRetryDelayMilliseconds))
        let since = entry.deadline.map { min($0, due) } ?? due
        if now < since {
            wakeNoLater(than: since)
            return false
        }
        return sendAgain(step, .undo) || compose(step, flow.steps[step], flow, purpose: .undo)
    }

    // MARK: unknown outcomes

    private mutating func resolve(_ step: Int, _ flow: Flow) -> Bool {
        let row = flow.steps[step]
        for policy in row.onUnknown {
            switch policy {
            case .retry:
                guard mayTryAgain(step, row) else { continue }
                if let due = retryDue(step), now < due {
                    wakeNoLater(than: due)
                    return false
                }
                return sendAgain(step, .ask) || compose(step, row, flow, purpose: .ask)
            case .query:
                guard record.steps[step].queries < Limits.queries else { continue }
                return query(step, row, flow)
            case .refuse:
                let why = record.steps[step].doubt ?? "no answer"
                emit(.observed(
                    step: step, purpose: .ask, .refused(Reason("timeoutCreditorAgent", detail: why)),
                    learned: Payment()))
                return true
            case .leave:
                emit(.skipped(step: step, why: record.steps[step].doubt ?? "no answer"))
                return true
            case .operatorDecides:
                park(step, "the outcome of \(row.name) is unknown: \(record.steps[step].doubt ?? "no answer")")
                return false
            }
        }
        park(step, "the outcome of \(row.name) is unknown and its policies are used up")
        return false
    }

    private mutating func query(_ step: Int, _ row: FlowStep, _ flow: Flow) -> Bool {
        let entry = record.steps[step]
        if entry.queryUnderWay {
            guard let deadline = entry.deadline, now >= deadline else {
                if let deadline = entry.deadline { wakeNoLater(than: deadline) }
                return false
            }
            emit(.observed(step: step, purpose: .query, .unknown("the enquiry was not answered"), learned: Payment()))
            return true
        }
        let delay = min(
            Limits.firstQueryDelayMilliseconds << Int64(min(max(entry.queries - 1, 0), 16)),
            Limits.longestQueryDelayMilliseconds)
        let since = entry.deadline ?? entry.settledAt ?? now
        let due = since.adding(milliseconds: entry.queries == 0 ? 0 : delay)
        if now < due {
            wakeNoLater(than: due)
            return false
        }
        return sendAgain(step, .query) || compose(step, row, flow, purpose: .query)
    }

    /// Sends the stored bytes under the stored ids again, where the protocol makes that safe (law 2).
    private mutating func sendAgain(_ step: Int, _ purpose: Purpose) -> Bool {
        let wanted: Purpose = purpose == .undo ? .undo : .ask
        let candidates = exchanges.values.filter {
            $0.step == step && $0.purpose == wanted && $0.form == .request && $0.isRepeatable
        }
        guard let last = candidates.max(by: { $0.number < $1.number }), let flow = record.flow,
            let neighbour = world.neighbour(for: flow.steps[step].verb, record)
        else { return false }
        var again = last
        again.number = record.exchanges
        again.purpose = purpose
        let within = flow.steps[step].withinMilliseconds ?? neighbour.clockMilliseconds
        again.deadline = now.adding(milliseconds: within)
        fresh.append(again)
        exchanges[again.number] = again
        emit(.asked(
            step: step, purpose: purpose, exchange: again.number, deadline: again.deadline, learned: Payment(),
            losses: []))
        wakeNoLater(than: again.deadline)
        return true
    }

    // MARK: the origin's clock

    /// A bridge answers its origin in time even when the far leg is silent (money.md): no, and the amount on exposure.
    private mutating func wakeForOrigin() {
        guard let flow = record.flow, let origin = record.origin, let answerBy = origin.answerBy,
            let accept = flow.index(of: .accept), let pivot = flow.pivot, accept > pivot,
            record.steps[accept].state == .planned, record.answeredEarly == nil
        else { return }
        guard now >= answerBy else { return wakeNoLater(than: answerBy) }
        guard let neighbour = world.neighbour(for: .notify, record) else { return }
        var input = composeInput(verb: .notify, purpose: .ask, step: accept, neighbour, deadline: answerBy)
        input.entropy = identity.next()
        input.outcome = .rejected
        if input.record.refusal == nil { input.record.refusal = Reason("timeoutCreditorAgent") }
        guard let composed = try? neighbour.adapter.compose(input),
            let number = depart(
                composed, step: accept, purpose: .ask, peer: neighbour.settings.network, deadline: answerBy,
                isRepeatable: false)
        else { return }
        emit(.answeredEarly(exchange: number, .rejected, why: "the origin's clock ran out"))
        bookEarlyAnswer(flow)
        if !record.states[..<pivot].allSatisfy({ $0 == .done || $0 == .skipped }) {
            // Nothing is on its way yet: the far leg is not begun any more.
            if let open = record.states.firstIndex(where: { $0 == .asked || $0 == .unknown }) {
                refuse(open, Reason("timeoutCreditorAgent", detail: "the origin's clock ran out"))
            }
        }
    }
}

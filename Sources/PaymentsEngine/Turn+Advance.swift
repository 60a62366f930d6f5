import Payments

extension Turn {
    /// Lets the flow go on until it waits, is parked or has ended.
    mutating func advance() {
        // Every round moves a step or stops: a flow has few steps, and each moves a few times at most.
        for _ in 0..<64 {
            guard record.outcome == nil, let flow = record.flow, flow.steps.count == record.steps.count else { return }
            if mayGoOn(flow), perform(FlowMachine.next(flow, record.states), flow) { continue }
            guard record.outcome == nil, answerOriginInTime(flow) || tellOriginAgain(flow) || endReviewInTime(flow)
            else {
                return
            }
        }
    }

    /// A parked payment waits for a person, but for a step that its row tries for ever: that one is shown, and tried
    /// on.
    private func mayGoOn(_ flow: Flow) -> Bool {
        guard record.parked != nil else { return true }
        guard let step = record.parkedStep, flow.steps.indices.contains(step), flow.steps[step].retries == nil,
            isAfterPivot(step, flow)
        else { return false }
        return [.planned, .asked, .unknown].contains(record.steps[step].state)
    }

    func isAfterPivot(_ step: Int, _ flow: Flow) -> Bool { flow.pivot.map { step > $0 } ?? false }

    /// A person said that the order was carried out although its plan had not come so far, as after a restore: what
    /// only asks is left out, and a hold that the core bank refuses now is a person's to place. Nil in any other case.
    private mutating func catchUp(_ flow: Flow) -> Bool? {
        guard let pivot = flow.pivot, record.states[pivot] == .done else { return nil }
        for step in 0..<pivot {
            switch record.states[step] {
            case .planned, .asked, .unknown:
                guard flow.steps[step].verb.side != .ams else { return nil }
                emit(.skipped(step: step, why: "the order was carried out before the answer came"))
                return true
            case .refused:
                let reason = record.steps[step].reason
                park(
                    step,
                    "\(flow.steps[step].name) was refused after the money moved: \(reason.map(describe) ?? "no reason")"
                )
                return false
            case .done, .undoing, .undone, .skipped: continue
            }
        }
        return nil
    }

    /// True when something moved and the flow should be asked again.
    private mutating func perform(_ move: FlowMove, _ flow: Flow) -> Bool {
        if let isMoved = catchUp(flow) { return isMoved }
        switch move {
        case .ask(let step) where flow.steps[step].verb == .notify && record.states.contains(.refused):
            return takeAlternate(flow) || parkReturn(flow) ?? ask(step, flow)
        case .ask(let step): return ask(step, flow)
        case .undo(let step): return undo(step, flow)
        case .await(let step): return keepWaiting(step, flow)
        case .resolve(let step): return resolve(step, flow)
        case .park(let step):
            if let pivot = flow.pivot, isAfterPivot(step, flow), record.states[pivot] == .planned {
                refuse(pivot, record.steps[step].reason ?? Reason("timeoutCreditorAgent"))
                return true
            }
            if let pivot = openPivot(behind: step, flow) {
                return record.steps[pivot].state == .asked ? keepWaiting(pivot, flow) : resolve(pivot, flow)
            }
            bookRefusalAfterPivot(step, flow)
            let reason = record.steps[step].reason
            park(
                step,
                "\(flow.steps[step].name) was refused after the money moved: \(reason.map(describe) ?? "no reason")")
            return false
        case .finish(let outcome):
            // What has settled is settled, whatever was wished meanwhile.
            let final = record.refusal == nil || record.facts.contains(.settled) ? outcome : .rejected
            if final == .rejected { state(.rejected) } else if flow.pivot != nil { state(.settled) }
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
        if record.answeredEarly != nil, let moved = goOnAfterEarlyAnswer(step, row, flow) { return moved }
        if let reason = record.refusal, let pivot = flow.pivot, step <= pivot {
            refuse(step, reason)
            return true
        }
        if row.verb.side == .house { return askHouse(step, row) }
        if record.steps[step].attempts > 0, !mayTryAgain(step, row) {
            guard row.retries == nil, isAfterPivot(step, flow) else { return give(up: step, row) }
            park(step, couldNotBeSent(step, row))
        }
        if let due = retryDue(step), now < due {
            wakeNoLater(than: due)
            return false
        }
        return compose(step, row, flow, purpose: .ask)
    }

    func mayTryAgain(_ step: Int, _ row: FlowStep) -> Bool {
        record.steps[step].attempts <= (row.retries ?? Limits.attemptsBeforeParked)
    }

    /// When a step that never left, or was lost, may be tried again.
    func retryDue(_ step: Int) -> Instant? {
        let entry = record.steps[step]
        guard entry.attempts > 0, let since = entry.settledAt else { return nil }
        return since.adding(milliseconds: backoff(entry.attempts, first: Limits.firstRetryDelayMilliseconds))
    }

    func backoff(_ times: Int, first: Int64) -> Int64 {
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
            refuse(step, Reason("agentOffline"))
            return true
        }
        park(step, couldNotBeSent(step, row))
        return false
    }

    private func couldNotBeSent(_ step: Int, _ row: FlowStep) -> String {
        "\(row.name) could not be sent: \(record.steps[step].doubt ?? "no connection")"
    }

    mutating func refuse(_ step: Int, _ reason: Reason) {
        let before = record.steps[step].state
        if before == .planned {
            emit(
                .asked(
                    step: step, purpose: .ask, exchange: max(record.exchanges - 1, 0), deadline: nil,
                    learned: Payment(),
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
        input.businessDate =
            world.businessDate(neighbour.settings.network, neighbour.settings.tenant, now) ?? now.date
        return input
    }

    private func originalRequest(_ step: Int) -> WireRequest? {
        let asked = exchanges.values.filter {
            $0.step == step && $0.purpose == .ask && $0.form == .request && $0.number >= record.firstExchange
        }
        guard let newest = asked.max(by: { $0.number < $1.number }),
            case .request(let request, _)? = StoredWire(bytes: newest.wire)
        else { return nil }
        return request
    }

    mutating func compose(_ step: Int, _ row: FlowStep, _ flow: Flow, purpose: Purpose) -> Bool {
        let verb = purpose == .undo ? row.undo ?? row.verb : row.verb
        guard let neighbour = world.neighbour(for: verb, record), neighbour.adapter.capabilities.verbs.contains(verb)
        else { return goOnWithout(verb, step, row, purpose, "it is not spoken there") }
        let deadline = deadline(step, row, flow, neighbour, purpose)
        if purpose == .ask, row.verb.side == .network, deadline <= now {
            refuse(step, Reason("timeoutCreditorAgent", detail: "no time is left before the origin must be answered"))
            return true
        }
        var input = composeInput(verb: verb, purpose: purpose, step: step, neighbour, deadline: deadline)
        input.entropy = identity.next()
        do throws(Refusal) {
            let composed = try neighbour.adapter.compose(input)
            if purpose == .ask, let key = composed.keys.first, taken.contains(key) {
                refuse(step, Reason("duplicate", detail: "another payment has the name \(key.key)"))
                return true
            }
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

    /// Nobody can be asked. What moves no money is left out; what does is refused, or a person must see to it.
    private mutating func goOnWithout(
        _ verb: Verb, _ step: Int, _ row: FlowStep, _ purpose: Purpose, _ why: String
    ) -> Bool {
        guard purpose == .ask else {
            park(step, "\(verb.rawValue): no \(purpose.rawValue), \(why)")
            return false
        }
        if row.verb.effect == .none {
            emit(.skipped(step: step, why: "\(row.verb.rawValue): \(why)"))
        } else {
            refuse(step, Reason("internalError", detail: "\(row.verb.rawValue): \(why)"))
        }
        return true
    }

    private mutating func depart(
        _ composed: Composed, _ step: Int, _ row: FlowStep, _ purpose: Purpose, _ neighbour: Neighbour,
        _ deadline: Instant
    ) -> Bool {
        if case .nothing(let why) = composed.form {
            // The adapter may know that a step is not needed; a payment that commits nothing is none.
            if purpose == .query || row.verb.effect == .commit { return goOnWithout(row.verb, step, row, purpose, why) }
            if purpose == .ask {
                emit(.skipped(step: step, why: why))
                return true
            }
            emit(
                .asked(
                    step: step, purpose: .undo, exchange: max(record.exchanges - 1, 0), deadline: nil,
                    learned: composed.learned, losses: composed.losses))
            hear(Heard(.done), step: step, purpose: .undo)
            return true
        }
        if case .wait = composed.form {
            let until = composed.answerBy ?? deadline
            keys += composed.keys
            emit(
                .asked(
                    step: step, purpose: purpose, exchange: max(record.exchanges - 1, 0), deadline: until,
                    learned: composed.learned, losses: composed.losses))
            wakeNoLater(than: until)
            return false
        }
        let verb = purpose == .undo ? row.undo ?? row.verb : row.verb
        let answerBy = composed.answerBy ?? deadline
        let timeout = purpose == .ask && row.verb.lapses ? now.adding(milliseconds: 5_000) : deadline
        let number = depart(
            composed, step: step, purpose: purpose, peer: neighbour.settings.network, deadline: timeout,
            isRepeatable: neighbour.adapter.capabilities.repeatable.contains(verb))
        guard let number else { return false }
        let before = record.steps[step].state
        emit(
            .asked(
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
        var own = now.adding(milliseconds: row.withinMilliseconds ?? neighbour.clockMilliseconds)
        // Terms are confirmed while they stand.
        if row.verb == .confirm, let until = record.payment.terms.expiresAt?.instant { own = min(own, until) }
        guard purpose == .ask, row.verb != .notify, let pivot = flow.pivot, step <= pivot, row.verb.side != .origin,
            let answerBy = originDeadline(flow)
        else { return own }
        // Before the pivot, and for the pivot on a far network, our own answer is the limit: minus the margin.
        let limit = answerBy.adding(milliseconds: -neighbour.marginMilliseconds)
        return max(min(own, limit), now)
    }

    // MARK: waiting

    mutating func keepWaiting(_ step: Int, _ flow: Flow) -> Bool {
        let entry = record.steps[step]
        if entry.state == .undoing, !entry.queryUnderWay { return undoAgain(step, flow) }
        guard let deadline = entry.deadline else { return false }
        if now < deadline {
            wakeNoLater(than: deadline)
            return false
        }
        let row = flow.steps[step]
        if row.verb == .due {
            dayHasCome(step)
            return true
        }
        if row.verb.lapses {
            let what = row.verb == .confirm ? "the terms were not confirmed" : "the offer was not taken up"
            refuse(step, Reason("quoteExpired", detail: "\(what) in time"))
            return true
        }
        emit(
            .observed(
                step: step, purpose: entry.state == .undoing ? .undo : .ask, .unknown("no answer in time"),
                learned: Payment()))
        return true
    }

    private mutating func undo(_ step: Int, _ flow: Flow) -> Bool {
        compose(step, flow.steps[step], flow, purpose: .undo)
    }

    /// The undo was lost or never left: the same bytes again where that is safe, until it is heard or a person must
    /// look. One that failed for good is made anew.
    private mutating func undoAgain(_ step: Int, _ flow: Flow) -> Bool {
        let entry = record.steps[step]
        guard entry.undos < Limits.attemptsBeforeParked else {
            park(step, "the release of \(flow.steps[step].name) is not confirmed: \(entry.doubt ?? "no answer")")
            return false
        }
        // From the end of the last attempt: a core bank that is down for minutes is not asked every few seconds, and
        // comes back before a person must look.
        let due = (record.changedAt ?? now).adding(
            milliseconds: backoff(entry.undos, first: Limits.firstRetryDelayMilliseconds))
        if now < due {
            wakeNoLater(than: due)
            return false
        }
        if !entry.undoFailed, sendAgain(step, .undo) { return true }
        return compose(step, flow.steps[step], flow, purpose: .undo)
    }
}

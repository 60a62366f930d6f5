/// Folds a payment's events into its record: pure, total, the only way in which a record changes.
public enum PaymentMachine {
    /// Flows by name and version, as the journal's events refer to them.
    public typealias FlowSource = (_ name: String, _ version: String) -> Flow?

    /// Applies one event that happened at `time`. Events come from our own journal: one that does not fit is a defect
    /// of the journal or of the machine, reported by the verdict and left without effect.
    @discardableResult
    public static func apply(
        _ event: PaymentEvent, at time: Instant, to record: inout PaymentRecord, flows: FlowSource
    ) -> StepVerdict {
        record.sequence += 1
        record.changedAt = time
        switch event {
        case .received(let origin, let payment):
            record.origin = origin
            record.payment = payment
            record.ordered = payment
            record.receivedAt = time
            _ = FactMachine.apply(.received, to: &record.facts)
        case .routed(let decision):
            if let network = record.network { record.tried.append(network) }
            record.route = decision
            if let ordered = record.ordered, !record.tried.isEmpty { record.payment = ordered }
            if decision.alternates.isEmpty { record.ordered = nil }
        case .planned(let name, let version, let tables, _):
            guard let flow = flows(name, version) else { return .impossible }
            record.flow = flow
            record.tables = tables
            record.firstExchange = record.exchanges
            record.firstBooking = record.bookings.count
            record.steps = Array(repeating: StepRecord(), count: flow.steps.count)
        case .asked(let step, let purpose, let exchange, let deadline, let learned, let losses):
            record.payment.overlay(learned)
            record.losses += losses
            record.exchanges = max(record.exchanges, exchange + 1)
            return asked(step, purpose, exchange, deadline, time, &record)
        case .observed(let step, let purpose, let observation, let learned):
            return observed(step, purpose, observation, learned, time, &record)
        case .skipped(let step, _): return change(step, .skip, time, &record)
        case .stated(let fact):
            guard case .joined = FactMachine.apply(fact, to: &record.facts) else { return .ignored }
        case .booked(let booking): record.bookings.append(booking)
        case .refused(let reason): record.refusal = record.refusal ?? reason
        case .answeredEarly(let exchange, let outcome, _):
            record.exchanges = max(record.exchanges, exchange + 1)
            record.answeredEarly = outcome
            record.earlyAnswer = exchange
            record.earlyAttempts += 1
            record.earlyUnsentAt = nil
        case .parked(let step, let why):
            record.parked = why
            record.parkedStep = step
        case .resolved(let step, let outcome, _, _):
            record.parked = nil
            record.parkedStep = nil
            return resolved(step, outcome, time, &record)
        case .contradicted(_, let says): record.contradictions.append(says)
        case .finished(let outcome): record.outcome = outcome
        }
        return .moved
    }

    private static func asked(
        _ step: Int, _ purpose: Purpose, _ exchange: Int, _ deadline: Instant?, _ time: Instant,
        _ record: inout PaymentRecord
    ) -> StepVerdict {
        guard record.steps.indices.contains(step) else { return .impossible }
        record.steps[step].exchange = exchange
        record.steps[step].deadline = deadline
        switch purpose {
        case .ask:
            record.steps[step].attempts += 1
            record.steps[step].askedAt = time
            record.steps[step].firstAskedAt = record.steps[step].firstAskedAt ?? time
            return change(step, .ask, time, &record)
        case .query:
            record.steps[step].queries += 1
            record.steps[step].queryUnderWay = true
            return .moved
        case .undo:
            record.steps[step].undos += 1
            record.steps[step].undoFailed = false
            record.steps[step].queryUnderWay = true
            return change(step, .undo, time, &record)
        }
    }

    /// What was learned joins the payment only with an answer that counts: a repeat or a late echo changes no terms.
    private static func observed(
        _ step: Int, _ purpose: Purpose, _ observation: Observation, _ learned: Payment, _ time: Instant,
        _ record: inout PaymentRecord
    ) -> StepVerdict {
        guard record.steps.indices.contains(step) else { return .impossible }
        let isOpen = record.steps[step].state.isOpen
        let verdict: StepVerdict
        switch observation {
        case .pending: verdict = isOpen ? .moved : .ignored
        case .done: verdict = decided(step, purpose == .undo ? .undoConfirm : .confirm, time, &record)
        case .refused(let reason) where purpose == .undo:
            record.steps[step].queryUnderWay = false
            record.steps[step].doubt = reason.detail ?? reason.canonical
            verdict = .moved
        case .refused(let reason):
            verdict = decided(step, .refuse, time, &record)
            if verdict == .moved { record.steps[step].reason = reason }
        case .unknown(let doubt): verdict = lost(step, doubt, time, &record)
        case .absent(let reason): verdict = lost(step, reason.detail ?? reason.canonical, time, &record)
        case .review(let reason):
            verdict = lost(step, "held for review\(reason.foreign.map { " as \($0)" } ?? "")", time, &record)
            if isOpen { record.steps[step].review = reason }
        case .unsent(let doubt): return unsent(step, purpose, doubt, time, &record)
        case .failed(let doubt):
            record.steps[step].queryUnderWay = false
            record.steps[step].doubt = doubt
            guard purpose != .undo else {
                record.steps[step].undoFailed = true
                return .moved
            }
            record.steps[step].mayHaveLeft = false
            return change(step, .fail, time, &record)
        }
        if verdict == .moved { record.payment.overlay(learned) }
        return verdict
    }

    /// A definite answer ends a query and the wait for a person: what the far side says about a parked step counts.
    private static func decided(
        _ step: Int, _ event: StepEvent, _ time: Instant, _ record: inout PaymentRecord
    ) -> StepVerdict {
        let verdict = change(step, event, time, &record)
        guard verdict == .moved else { return verdict }
        record.steps[step].queryUnderWay = false
        if record.parkedStep == step {
            record.parked = nil
            record.parkedStep = nil
        }
        return verdict
    }

    private static func lost(
        _ step: Int, _ doubt: String, _ time: Instant, _ record: inout PaymentRecord
    ) -> StepVerdict {
        let entry = record.steps[step]
        if entry.state == .asked { record.steps[step].mayHaveLeft = true }
        // A query that was answered without a decision is over now, not when its time would have run out.
        if entry.state == .unknown, entry.queryUnderWay {
            record.steps[step].deadline = min(entry.deadline ?? time, time)
        }
        record.steps[step].queryUnderWay = false
        record.steps[step].doubt = doubt
        return change(step, .lose, time, &record)
    }

    /// An attempt that never left takes the step back only if no earlier attempt may have left.
    private static func unsent(
        _ step: Int, _ purpose: Purpose, _ doubt: String, _ time: Instant, _ record: inout PaymentRecord
    ) -> StepVerdict {
        let entry = record.steps[step]
        // A no that was told before the step began is no attempt of it.
        if record.answeredEarly == .rejected, entry.state == .planned, entry.attempts == 0 {
            record.earlyUnsentAt = time
            return .moved
        }
        if entry.state == .unknown, entry.queryUnderWay {
            record.steps[step].deadline = min(entry.deadline ?? time, time)
        }
        record.steps[step].queryUnderWay = false
        record.steps[step].doubt = doubt
        guard purpose == .ask else { return .moved }
        return change(step, entry.mayHaveLeft ? .lose : .unsend, time, &record)
    }

    /// A person's word moves the parked step on from wherever it stands: no decision may lead back to the same park.
    private static func resolved(
        _ step: Int, _ outcome: PaymentOutcome, _ time: Instant, _ record: inout PaymentRecord
    ) -> StepVerdict {
        guard record.steps.indices.contains(step) else { return .impossible }
        switch record.steps[step].state {
        case .refused: return change(step, .skip, time, &record)
        case .planned where outcome == .rejected && record.answeredEarly != nil:
            return change(step, .skip, time, &record)
        case .planned: _ = change(step, .ask, time, &record)
        case .done, .undoing:
            // The release of a hold that only a person could confirm.
            _ = change(step, .undo, time, &record)
            return change(step, .undoConfirm, time, &record)
        case .asked, .unknown, .undone, .skipped: break
        }
        record.steps[step].queryUnderWay = false
        let verdict = change(step, outcome == .settled ? .confirm : .refuse, time, &record)
        if outcome == .rejected, record.steps[step].reason == nil {
            record.steps[step].reason = Reason("operatorRejected")
        }
        return verdict
    }

    private static func change(
        _ step: Int, _ event: StepEvent, _ time: Instant, _ record: inout PaymentRecord
    ) -> StepVerdict {
        guard record.steps.indices.contains(step) else { return .impossible }
        let verdict = StepMachine.apply(event, to: &record.steps[step].state)
        if verdict == .moved, event != .ask { record.steps[step].settledAt = time }
        return verdict
    }
}

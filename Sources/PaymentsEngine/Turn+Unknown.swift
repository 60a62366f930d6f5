import Payments

/// Law 2: what may have happened is asked about, and never done again in the dark.
extension Turn {
    /// The row's policies, in order; one that is used up hands over to the next.
    mutating func resolve(_ step: Int, _ flow: Flow) -> Bool {
        let row = flow.steps[step]
        if let review = record.steps[step].review {
            // Why is for the bank's own people alone; whoever ordered the payment sees this text.
            park(step, "held for review\(review.foreign.map { " as \($0)" } ?? "")")
            return false
        }
        for policy in row.onUnknown.map({ stated($0, row) }) {
            switch policy {
            case .retry:
                guard mayTryAgain(step, row), isInTime(step, flow) else { continue }
                if let due = retryDue(step), now < due {
                    wakeNoLater(than: due)
                    return false
                }
                return sendAgain(step, .ask) || compose(step, row, flow, purpose: .ask)
            case .query:
                guard record.steps[step].queries < Limits.queries, canBeQueried(row) else { continue }
                return query(step, row, flow)
            case .refuse:
                // Reasons travel; the doubt may quote a far side word for word, and stays in the journal.
                let reason = Reason(row.verb == .screen ? "screeningRefused" : "timeoutCreditorAgent")
                emit(.observed(step: step, purpose: .ask, .refused(reason), learned: Payment()))
                return true
            case .leave:
                emit(.skipped(step: step, why: record.steps[step].doubt ?? "no answer"))
                return true
            case .operatorDecides, .policy:
                park(step, "the outcome of \(row.name) is unknown: \(record.steps[step].doubt ?? "no answer")")
                return false
            }
        }
        park(step, "the outcome of \(row.name) is unknown and its policies are used up")
        return false
    }

    /// By when a step before the pivot must be over, so that the origin can still be told: nil where nobody waits.
    private func answerLimit(_ step: Int, _ flow: Flow) -> Instant? {
        let verb = flow.steps[step].verb
        guard let pivot = flow.pivot, step <= pivot, verb != .notify, verb.side != .origin,
            let answerBy = originDeadline(flow), let neighbour = world.neighbour(for: verb, record)
        else { return nil }
        return answerBy.adding(milliseconds: -neighbour.marginMilliseconds)
    }

    /// Another attempt leaves time for the origin's answer; it waits for its own moment first.
    private func isInTime(_ step: Int, _ flow: Flow) -> Bool {
        guard let limit = answerLimit(step, flow) else { return true }
        return max(now, retryDue(step) ?? now) < limit
    }

    /// Where the row leaves it to the neighbour's configuration, what that says.
    private func stated(_ policy: UnknownPolicy, _ row: FlowStep) -> UnknownPolicy {
        guard policy == .policy else { return policy }
        let silence = world.neighbour(for: row.verb, record)?.silence ?? .operatorDecides
        return [.refuse, .leave].contains(silence) ? silence : .operatorDecides
    }

    private func canBeQueried(_ row: FlowStep) -> Bool {
        // A neighbour that is not configured any more is found out, and said, when the question is composed.
        guard let known = world.neighbour(for: row.verb, record)?.adapter.capabilities else { return true }
        return known.queries.contains(row.verb) || known.repeatable.contains(row.verb)
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
        let doubled = Limits.firstQueryDelayMilliseconds << Int64(min(max(entry.queries - 1, 0), 16))
        let delay = min(max(doubled, crowdDelay(row, flow)), Limits.longestQueryDelayMilliseconds)
        let since = entry.deadline ?? entry.settledAt ?? now
        let due = since.adding(milliseconds: entry.queries == 0 ? 0 : delay)
        if now < due {
            wakeNoLater(than: due)
            return false
        }
        return sendAgain(step, .query) || compose(step, row, flow, purpose: .query)
    }

    /// How long it takes to ask once about each payment that the neighbour is asked about, half of it to one and a
    /// half: those that were lost together are not asked about together. While the origin waits for our answer nothing
    /// is put off.
    private func crowdDelay(_ row: FlowStep, _ flow: Flow) -> Int64 {
        if let answerBy = originDeadline(flow), now < answerBy { return 0 }
        guard let neighbour = world.name(for: row.verb, record) else { return 0 }
        let share = 512 + Int64(record.id.low & 1_023)
        return Int64(world.questions(neighbour)) * 1_000 / Limits.questionsPerSecond * share / 1_024
    }

    /// Sends the stored bytes under the stored ids again, where the protocol makes that safe (law 2).
    mutating func sendAgain(_ step: Int, _ purpose: Purpose) -> Bool {
        let wanted: Purpose = purpose == .undo ? .undo : .ask
        let candidates = exchanges.values.filter {
            $0.step == step && $0.purpose == wanted && $0.form == .request && $0.isRepeatable
                && $0.number >= record.firstExchange
        }
        guard let last = candidates.max(by: { $0.number < $1.number }), let flow = record.flow,
            let neighbour = world.neighbour(for: flow.steps[step].verb, record)
        else { return false }
        var again = last
        again.number = nextExchange
        again.purpose = purpose
        let within = flow.steps[step].withinMilliseconds ?? neighbour.clockMilliseconds
        again.deadline = now.adding(milliseconds: within)
        if purpose == .ask, let limit = answerLimit(step, flow) { again.deadline = min(again.deadline, limit) }
        fresh.append(again)
        exchanges[again.number] = again
        emit(
            .asked(
                step: step, purpose: purpose, exchange: again.number, deadline: again.deadline, learned: Payment(),
                losses: []))
        wakeNoLater(than: again.deadline)
        return true
    }
}

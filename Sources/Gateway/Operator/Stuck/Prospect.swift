import Payments

/// What the house will do next about a payment by itself, and when: told from its record, as the engine would decide. A
/// question may come later, where many payments wait for one network.
struct Prospect: Sendable, Equatable {
    var what: String
    /// nil when nothing is planned, or at once.
    var at: Instant?

    static func of(_ record: PaymentRecord) -> Prospect {
        guard let flow = record.flow, flow.steps.count == record.steps.count else {
            return Prospect(what: "waits for its plan")
        }
        if let parked = record.parkedStep, flow.steps.indices.contains(parked) {
            return ofParked(parked, record, flow)
        }
        if record.outcome != nil { return Prospect(what: "nothing: it has ended") }
        guard let index = record.steps.firstIndex(where: \.state.isOpen) else {
            return Prospect(what: "goes on with its next step", at: record.steps.compactMap(\.settledAt).max())
        }
        let (row, step) = (flow.steps[index], record.steps[index])
        switch step.state {
        case .asked: return Prospect(what: "waits for the answer to \(row.name)", at: step.deadline)
        case .undoing:
            return Prospect(
                what: "asks again that \(row.name) be undone, attempt \(step.undos + 1)", at: step.deadline)
        default: return ofUnknown(row, step)
        }
    }

    private static func ofParked(_ parked: Int, _ record: PaymentRecord, _ flow: Flow) -> Prospect {
        let (row, step) = (flow.steps[parked], record.steps[parked])
        let isForEver = row.retries == nil && flow.pivot.map { parked > $0 } == true
        if isForEver, [.planned, .asked, .unknown].contains(step.state) {
            let since = step.state == .asked ? step.deadline : step.settledAt
            return Prospect(
                what: "goes on trying \(row.name), attempt \(step.attempts + 1), until a person decides",
                at: since.map { due(step.attempts, first: Limits.firstRetryDelayMilliseconds, after: $0) })
        }
        return Prospect(what: "nothing by itself: a person decides")
    }

    private static func ofUnknown(_ row: FlowStep, _ step: StepRecord) -> Prospect {
        if step.queryUnderWay {
            return Prospect(
                what: "waits for the answer to question \(step.queries) what became of \(row.name)", at: step.deadline)
        }
        for policy in row.onUnknown {
            switch policy {
            case .retry where step.attempts <= (row.retries ?? Limits.attemptsBeforeParked):
                let at = step.settledAt.map {
                    due(step.attempts, first: Limits.firstRetryDelayMilliseconds, after: $0)
                }
                return Prospect(what: "asks \(row.name) again, attempt \(step.attempts + 1)", at: at)
            case .query where step.queries < Limits.queries:
                let since = step.deadline ?? step.settledAt
                let at = since.map { since in
                    step.queries == 0
                        ? since : due(step.queries, first: Limits.firstQueryDelayMilliseconds, after: since)
                }
                let question = "question \(step.queries + 1) of \(Limits.queries)"
                return Prospect(what: "asks what became of \(row.name), \(question), then a person decides", at: at)
            case .refuse: return Prospect(what: "takes \(row.name) as refused")
            case .leave: return Prospect(what: "goes on without \(row.name)")
            case .operatorDecides: return Prospect(what: "asks a person")
            default: continue
            }
        }
        return Prospect(what: "asks a person")
    }

    private static func due(_ times: Int, first: Int64, after since: Instant) -> Instant {
        let longest = max(Limits.longestRetryDelayMilliseconds, Limits.longestQueryDelayMilliseconds)
        return since.adding(milliseconds: min(first << Int64(min(max(times - 1, 0), 16)), longest))
    }
}

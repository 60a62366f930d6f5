import Payments
import Synchronization

/// How full the engine is, against its limits.
public struct EngineFigures: Sendable, Equatable {
    public var openPayments = 0
    public var openPaymentsLimit = 0
    /// Inputs that wait for their shard; one limit for each shard, here added up.
    public var mailboxInputs = 0
    public var mailboxLimit = 0
    /// Requests that are out, and those of them that wait behind another of their lane.
    public var requestsUnderWay = 0
    public var requestsWaiting = 0
    /// Answers that are told beside a payment's own steps.
    public var reports = 0
    public var reportsLimit = 0
    public var refusedMessages = 0
    public var timers = 0
    public var isDraining = false

    public init() {}
}

extension Engine {
    public var figures: EngineFigures {
        var figures = EngineFigures()
        figures.openPayments = openPayments
        figures.openPaymentsLimit = paymentsInFlight
        figures.mailboxInputs = waitingInputs
        figures.mailboxLimit = shardCount * Limits.mailboxInputs
        figures.requestsUnderWay = requestsUnderWay
        figures.requestsWaiting = requestsWaiting
        figures.reportsLimit = Limits.reportsUnderWay
        figures.refusedMessages = refusedMessages
        figures.isDraining = isDraining
        (figures.reports, figures.timers) = state.withLock { ($0.reports, $0.timers.entries) }
        return figures
    }
}

extension EngineObserver.Transition {
    init(_ result: TurnResult, durableAt: Instant) {
        let record = result.after.record
        let time = result.append.events.last?.time ?? durableAt
        self.init(
            payment: record.id, tenant: result.append.tenant, trace: record.trace.traceID, from: result.stageBefore,
            to: record.stage, events: result.append.events.map(\.kind))
        origin = record.origin?.network ?? ""
        network = record.network
        outcome = record.outcome
        reason = record.outcome == .settled ? nil : record.reason?.canonical
        began = result.append.expected == 0
        received = record.receivedAt ?? time
        at = time
        commitMicroseconds = (durableAt.nanoseconds - time.nanoseconds) / 1_000
        // What an observation of this turn settled; a step that is lost settles once more when it is known.
        guard let flow = record.flow, events.contains("observed") else { return }
        for (row, step) in zip(flow.steps, record.steps) where step.settledAt == time {
            guard let asked = step.firstAskedAt else { continue }
            steps.append(
                Step(
                    verb: row.verb, hop: row.hop, state: step.state,
                    microseconds: (time.nanoseconds - asked.nanoseconds) / 1_000))
        }
    }
}

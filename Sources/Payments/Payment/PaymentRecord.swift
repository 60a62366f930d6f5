/// A step as the record holds it.
public struct StepRecord: Sendable, Hashable {
    public var state: StepState = .planned
    public var attempts = 0
    public var queries = 0
    public var undos = 0
    public var firstAskedAt: Instant?
    public var askedAt: Instant?
    public var settledAt: Instant?
    public var deadline: Instant?
    /// The newest request for this step, by its number within the payment.
    public var exchange: Int?
    public var reason: Reason?
    /// The far side was asked what became of the step and has not answered yet.
    public var queryUnderWay = false
    /// An attempt may have been received without an answer: a later one that never left does not take that back.
    public var mayHaveLeft = false
    /// The newest undo failed for good under its name: the next one is composed anew.
    public var undoFailed = false
    /// Why the outcome is unknown, in words.
    public var doubt: String?
    /// A person must look before the step counts, and why.
    public var review: Reason?

    public init() {}
}

/// A payment as its journal tells it: the fold of its events.
public struct PaymentRecord: Sendable, Hashable {
    public var id: PaymentID
    /// Events folded so far; the next append names it.
    public var sequence = 0
    public var origin: Origin?
    public var payment = Payment()
    /// The order as it came, while an alternate may still begin with it anew.
    public var ordered: Payment?
    public var route: RouteDecision?
    /// Networks that the payment was to go to before its present one.
    public var tried: [String] = []
    /// The mapping tables that it began with; nil in old journals.
    public var tables: String?
    public var flow: Flow?
    public var steps: [StepRecord] = []
    public var facts = FactSet()
    public var exchanges = 0
    /// The first request of the present plan.
    public var firstExchange = 0
    /// And its first booking.
    public var firstBooking = 0
    public var refusal: Reason?
    public var parked: String?
    public var parkedStep: Int?
    public var contradictions: [String] = []
    public var bookings: [Booking] = []
    public var losses: [Loss] = []
    public var outcome: PaymentOutcome?
    /// What the origin was told when its clock ran out before the far leg was known.
    public var answeredEarly: PaymentOutcome?
    /// The exchange that told it, how often it was tried, and since when the newest is known never to have left.
    public var earlyAnswer: Int?
    public var earlyAttempts = 0
    public var earlyUnsentAt: Instant?
    public var receivedAt: Instant?
    public var changedAt: Instant?

    public init(id: PaymentID) { self.id = id }

    public var states: [StepState] { steps.map(\.state) }

    /// The reason to give for a rejection: the rule's, else that of the step that stands refused, else of any that was.
    public var reason: Reason? {
        refusal ?? steps.first { $0.state == .refused && $0.reason != nil }?.reason ?? steps.compactMap(\.reason).first
    }

    /// The network that the payment goes to; nil before routing, on-us and for refused payments.
    public var network: String? {
        guard case .network(let name)? = route?.target else { return nil }
        return name
    }

    /// Why an offer of ours does not stand any more; nil while it stands or was taken up.
    public var refusedOffer: Reason? {
        guard let step = flow?.index(of: .offer), steps[step].state == .refused || steps[step].state == .skipped else {
            return nil
        }
        return steps[step].reason ?? reason ?? Reason("quoteExpired")
    }

    /// One word for lists: received, in progress by its hop, undoing, unknown, parked, settled, rejected. An undo that
    /// several tries did not confirm is unknown too, and so listed as stuck.
    public var stage: String {
        if parked != nil { return "parked" }
        if let outcome { return outcome.rawValue }
        guard let flow else { return "received" }
        // Each is looked at where it lies: every commit asks.
        guard let index = steps.indices.first(where: { steps[$0].state.isOpen }) else { return "received" }
        switch steps[index].state {
        case .undoing where steps[index].undos < Limits.undosBeforeStuck: return "undoing"
        case .unknown, .undoing: return "unknown"
        default: return flow.steps[index].hop.rawValue
        }
    }
}

extension PaymentRecord {
    /// Every word that `stage` may be, in the order of a payment's life.
    public static let stages =
        ["received"] + [Hop.plan, .reserve, .send, .settle, .notify].map(\.rawValue)
        + ["undoing", "unknown", "parked"] + [PaymentOutcome.settled, .rejected].map(\.rawValue)
}

extension Flow: Hashable {
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(version)
    }
}

/// Why something was refused: the canonical reason, and what the far side wrote, verbatim (law 6).
public struct Reason: Sendable, Hashable {
    /// A row of `mappings/codes/reasons.tsv`.
    public var canonical: String
    /// The network whose code `foreign` is: `iso`, `fspiop`, `fineract`, `mobile-money`.
    public var network: String?
    public var foreign: String?
    public var detail: String?

    public init(_ canonical: String, network: String? = nil, foreign: String? = nil, detail: String? = nil) {
        self.canonical = canonical
        self.network = network
        self.foreign = foreign
        self.detail = detail
    }
}

/// A name under which an answer or a duplicate finds its payment: scope (network, kind of id) and the id itself.
public struct Correlation: Sendable, Hashable {
    public var scope: String
    public var key: String

    public init(_ scope: String, _ key: String) {
        self.scope = scope
        self.key = key
    }
}

/// Where a payment came from.
public struct Origin: Sendable, Hashable {
    public var tenant: String
    /// The adapter's network by configured name, `iso:rtp1`, `mojaloop:hub1`, or `channel`.
    public var network: String
    public var peer: String
    public var kind: PaymentKind
    /// Hash of the content, so that a repeat is told from another payment under the same key.
    public var contentHash: String
    /// The moment until which the origin waits; nil when it does not say.
    public var answerBy: Instant?
    /// W3C traceparent of the request that began the payment; nil when it had none of the right form.
    public var trace: String?

    public init(
        tenant: String, network: String, peer: String, kind: PaymentKind, contentHash: String,
        answerBy: Instant? = nil, trace: String? = nil
    ) {
        self.tenant = tenant
        self.network = network
        self.peer = peer
        self.kind = kind
        self.contentHash = contentHash
        self.answerBy = answerBy
        self.trace = trace
    }
}

/// Why a request goes out.
public enum Purpose: String, Sendable, CaseIterable {
    case ask
    /// What became of it?
    case query
    case undo
}

/// What was heard about a step.
public enum Observation: Sendable, Hashable {
    case done
    case refused(Reason)
    /// Silence, a broken connection, or an answer that decides nothing.
    case unknown(String)
    /// Nothing left this machine.
    case unsent(String)
    /// The attempt had no effect and never will, for a cause of the far side's own that says nothing about the payment:
    /// the step may be asked anew, as another attempt.
    case failed(String)
    /// The far side does not know the order. Only after the order's expiry and the far side's known lateness is that a
    /// refusal.
    case absent(Reason)
    /// Received, the decision comes later.
    case pending
    /// The far side wants a person to look at it before it goes on.
    case review(Reason)

    public var isRefusal: Bool { if case .refused = self { true } else { false } }
}

/// A field that a translation could not carry (law 5).
public struct Loss: Sendable, Hashable {
    public var message: String
    public var field: String
    public var why: String

    public init(message: String, field: String, why: String) {
        self.message = message
        self.field = field
        self.why = why
    }
}

/// A fact of a payment's life, in the journal for ever. The record is the fold of these and of nothing else (law 3).
public enum PaymentEvent: Sendable, Hashable {
    case received(Origin, Payment)
    case routed(RouteDecision)
    /// With the mapping tables that its messages are read and written by (law 8); nil in journals older than that. A
    /// second plan is an alternate's: the payment begins anew with what was ordered.
    case planned(flow: String, version: String, tables: String?, steps: [String])
    case asked(step: Int, purpose: Purpose, exchange: Int, deadline: Instant?, learned: Payment, losses: [Loss])
    case observed(step: Int, purpose: Purpose, Observation, learned: Payment)
    case skipped(step: Int, why: String)
    case stated(Fact)
    case booked(Booking)
    /// A refusal that no step made: a rule, a limit or the table said no.
    case refused(Reason)
    /// The origin's clock ran out while the far leg was open: it was told this outcome, and the amount stands on
    /// exposure.
    case answeredEarly(exchange: Int, PaymentOutcome, why: String)
    case parked(step: Int, why: String)
    case resolved(step: Int, as: PaymentOutcome, by: String, evidence: String)
    /// The far side said the opposite of what it had said.
    case contradicted(step: Int, says: String)
    case finished(PaymentOutcome)
}

extension RouteDecision: Hashable {
    public func hash(into hasher: inout Hasher) {
        hasher.combine(version)
        hasher.combine(line)
    }
}

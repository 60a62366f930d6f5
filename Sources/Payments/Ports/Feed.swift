/// What one commit made of a payment, in the feed of its tenant: the source of webhooks, of events that are sent to an
/// open connection, and of what an integrator asks for again.
public struct FeedEntry: Sendable, Hashable {
    /// Its place: grows with each entry of the tenant, in the order of commits. Numbers are left out; entries never
    /// are.
    public var cursor: Int64
    public var payment: PaymentID
    /// The payment's events so far.
    public var sequence: Int
    /// Kinds of the events of this commit, in order.
    public var kinds: [String]
    /// Nil for a payment that began with this commit.
    public var stageBefore: String?
    public var stage: String
    public var outcome: String?
    public var reason: String?
    public var isParked: Bool
    public var time: Instant

    public init(
        cursor: Int64, payment: PaymentID, sequence: Int, kinds: [String], stageBefore: String?, stage: String,
        outcome: String? = nil, reason: String? = nil, isParked: Bool = false, time: Instant
    ) {
        self.cursor = cursor
        self.payment = payment
        self.sequence = sequence
        self.kinds = kinds
        self.stageBefore = stageBefore
        self.stage = stage
        self.outcome = outcome
        self.reason = reason
        self.isParked = isParked
        self.time = time
    }
}

/// What is under way between a tenant and a network in one currency: what caps are held against after a start.
public struct Standing: Sendable, Hashable {
    /// Which of its networks a payment counts for.
    public enum Side: String, Sendable, CaseIterable { case target, origin }

    public var tenant: String
    public var network: String
    public var side: Side
    public var currency: Currency
    /// Payments without an outcome.
    public var inFlight: Int
    /// The amounts of those that have no booking yet: not on the ledger, and about to be.
    public var unbooked: Money

    public init(
        tenant: String, network: String, side: Side, currency: Currency, inFlight: Int, unbooked: Money
    ) {
        self.tenant = tenant
        self.network = network
        self.side = side
        self.currency = currency
        self.inFlight = inFlight
        self.unbooked = unbooked
    }
}

/// Payments that one network should tell of too, in one period: what a reconciliation holds a peer's report against.
public struct SettlementQuery: Sendable, Hashable {
    public enum Period: Sendable, Hashable {
        /// By when the payment became final; one that is not counts by when it was received. The end is not included.
        case time(from: Instant, until: Instant)
        case businessDate(CivilDate)
    }

    public var tenant: String
    public var network: String
    public var period: Period
    /// The page behind this payment; nil for the first.
    public var after: PaymentID?
    public var limit: Int

    public init(tenant: String, network: String, period: Period, after: PaymentID? = nil, limit: Int = 1_000) {
        self.tenant = tenant
        self.network = network
        self.period = period
        self.after = after
        self.limit = limit
    }
}

/// One payment as we know it, under the names that the network knows it by.
public struct SettlementLine: Sendable, Hashable {
    /// Seen from us.
    public enum Direction: String, Sendable, CaseIterable { case sent, received }

    public var view: PaymentView
    public var direction: Direction
    /// Its names with all neighbours; the scope tells which network and kind of id.
    public var names: [Correlation]

    public init(view: PaymentView, direction: Direction, names: [Correlation]) {
        self.view = view
        self.direction = direction
        self.names = names
    }
}

/// Payments of a period that stand alike, added up.
public struct SettlementTotal: Sendable, Hashable {
    public var direction: SettlementLine.Direction
    public var stage: String
    public var outcome: String?
    public var count: Int
    public var amount: Money

    public init(
        direction: SettlementLine.Direction, stage: String, outcome: String?, count: Int, amount: Money
    ) {
        self.direction = direction
        self.stage = stage
        self.outcome = outcome
        self.count = count
        self.amount = amount
    }
}

/// The row of a payment in its tenant's view: what lists and searches show.
public struct PaymentView: Sendable, Hashable {
    public var id: PaymentID
    public var tenant: String
    public var sequence: Int
    public var kind: String
    public var origin: String
    public var network: String?
    public var stage: String
    public var outcome: String?
    public var isParked: Bool
    public var amount: Money?
    public var endToEnd: String?
    public var debtor: String?
    public var creditor: String?
    public var reason: String?
    public var receivedAt: Instant
    public var changedAt: Instant
    /// The step that is under way, or at which the payment is parked.
    public var step: String?
    /// Since when that step is open: its first request.
    public var openSince: Instant?
    /// Why its outcome is unknown, or why the payment is parked.
    public var doubt: String?
    /// When the payment became final on its network.
    public var settledAt: Instant?
    /// The settlement date that the networks agreed on.
    public var businessDate: CivilDate?

    public init(
        id: PaymentID, tenant: String, sequence: Int, kind: String, origin: String, stage: String, receivedAt: Instant,
        changedAt: Instant
    ) {
        self.id = id
        self.tenant = tenant
        self.sequence = sequence
        self.kind = kind
        self.origin = origin
        self.stage = stage
        self.receivedAt = receivedAt
        self.changedAt = changedAt
        isParked = false
    }

    /// A person must see to it, or nobody knows its outcome.
    public var isStuck: Bool { isParked || stage == "unknown" }
}

/// What a list of payments is filtered by, how it is ordered and which page of it is wanted. All filters must hold.
public struct PaymentQuery: Sendable, Hashable {
    public enum Order: String, Sendable, CaseIterable {
        case newest, oldest
        /// By currency, then the largest amount first: the money at risk among what is stuck.
        case amount
    }

    public var tenant: String
    public var stage: String?
    public var outcome: String?
    /// Where the payment goes to, and where it came from.
    public var network: String?
    public var origin: String?
    public var currency: Currency?
    /// Both included; each asks for its own currency.
    public var leastAmount: Money?
    public var mostAmount: Money?
    /// Included, and not included.
    public var receivedFrom: Instant?
    public var receivedUntil: Instant?
    public var stuckOnly: Bool
    /// An end-to-end id, a debtor's or creditor's identifier, or any name that the payment has with a network (message
    /// id, transaction id, UETR, transfer id): exactly.
    public var search: String?
    public var order = Order.newest
    /// Only what is older than this payment; in the order of amounts, what comes behind it. What is nearest to it is
    /// on the page, so a page is the same whatever was received since.
    public var before: PaymentID?
    /// Only what is newer than this payment; in the order of amounts, what comes ahead of it.
    public var after: PaymentID?
    public var limit: Int

    public init(
        tenant: String, stage: String? = nil, stuckOnly: Bool = false, search: String? = nil, before: PaymentID? = nil,
        limit: Int = 50
    ) {
        self.tenant = tenant
        self.stage = stage
        self.stuckOnly = stuckOnly
        self.search = search
        self.before = before
        self.limit = limit
    }

    /// Whether the page begins at its far end: at the payment that it lies ahead of, in the order.
    public var isTurnedBack: Bool {
        order == .oldest ? before != nil && after == nil : after != nil && before == nil
    }
}

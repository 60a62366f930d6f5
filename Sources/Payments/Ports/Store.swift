/// An event as the journal holds it; what the bytes mean is the engine's business.
public struct StoredEvent: Sendable, Hashable {
    /// 1 for the first event of the payment.
    public var sequence: Int
    public var time: Instant
    public var kind: String
    public var body: [UInt8]

    public init(sequence: Int, time: Instant, kind: String, body: [UInt8]) {
        self.sequence = sequence
        self.time = time
        self.kind = kind
        self.body = body
    }
}

/// A request of ours on its way to a neighbour, or the answer for a connection that is held open: durable before it
/// leaves.
public struct Exchange: Sendable, Hashable {
    public enum Form: String, Sendable { case request, reply }

    /// Its number within the payment.
    public var number: Int
    public var step: Int
    public var purpose: Purpose
    /// Configured name of the neighbour.
    public var peer: String
    public var form: Form
    public var message: String
    /// The request or reply, as `WireCodec` of the engine wrote it.
    public var wire: [UInt8]
    public var deadline: Instant
    /// The bytes may be sent again under their ids.
    public var isRepeatable: Bool

    public init(
        number: Int, step: Int, purpose: Purpose, peer: String, form: Form, message: String, wire: [UInt8],
        deadline: Instant, isRepeatable: Bool
    ) {
        self.number = number
        self.step = step
        self.purpose = purpose
        self.peer = peer
        self.form = form
        self.message = message
        self.wire = wire
        self.deadline = deadline
        self.isRepeatable = isRepeatable
    }
}

/// Raw bytes that were received or sent, for the archive of the tenant.
public struct ArchivedMessage: Sendable, Hashable {
    public enum Direction: String, Sendable { case received, sent }

    public var direction: Direction
    public var peer: String
    public var message: String
    public var time: Instant
    public var bytes: [UInt8]

    public init(direction: Direction, peer: String, message: String, time: Instant, bytes: [UInt8]) {
        self.direction = direction
        self.peer = peer
        self.message = message
        self.time = time
        self.bytes = bytes
    }
}

/// All that one payment adds to the journal in one commit: events, requests, timer, names, bytes, bookings. All or
/// nothing.
public struct Append: Sendable {
    public var payment: PaymentID
    public var tenant: String
    /// Sequence of the newest event that the appender knew; another number in the store is a conflict.
    public var expected: Int
    public var events: [StoredEvent]
    /// New requests. The appender's node claims them by this very commit.
    public var exchanges: [Exchange]
    /// Numbers of exchanges whose outcome is known.
    public var closed: [Int]
    /// When the payment wants to be looked at again; nil clears the timer.
    public var wake: Instant?
    /// Names that must be new; one that another payment holds fails the append.
    public var keys: [Correlation]
    /// Stored beside each key, to tell a repeat from another content.
    public var contentHash: String
    public var messages: [ArchivedMessage]
    public var bookings: [Booking]
    public var view: PaymentView

    public init(payment: PaymentID, tenant: String, expected: Int, view: PaymentView) {
        self.payment = payment
        self.tenant = tenant
        self.expected = expected
        self.view = view
        events = []
        exchanges = []
        closed = []
        keys = []
        contentHash = ""
        messages = []
        bookings = []
    }
}

public enum AppendResult: Sendable, Equatable {
    case committed
    /// Another appender was faster: read again.
    case conflict
    /// The name belongs to another payment: a duplicate.
    case keyTaken(Correlation, PaymentID, contentHash: String)
}

/// The owner of claims: one process lifetime.
public struct NodeEpoch: Sendable, Hashable {
    public var node: String
    /// Grows with each start of the node.
    public var epoch: Int64

    public init(node: String, epoch: Int64) {
        self.node = node
        self.epoch = epoch
    }
}

public struct KeyHolder: Sendable, Hashable {
    public var payment: PaymentID
    public var contentHash: String

    public init(payment: PaymentID, contentHash: String) {
        self.payment = payment
        self.contentHash = contentHash
    }
}

/// A balance of the position ledger.
public struct LedgerBalance: Sendable, Hashable {
    public var tenant: String
    public var account: LedgerAccount
    public var network: String
    public var balance: Money

    public init(tenant: String, account: LedgerAccount, network: String, balance: Money) {
        self.tenant = tenant
        self.account = account
        self.network = network
        self.balance = balance
    }
}

/// An exchange whose claimer died or gave up: it may have left.
public struct OrphanedExchange: Sendable, Hashable {
    public var payment: PaymentID
    public var exchange: Exchange

    public init(payment: PaymentID, exchange: Exchange) {
        self.payment = payment
        self.exchange = exchange
    }
}

/// One line of a tenant's audit log: who did what, with which evidence.
public struct AuditEntry: Sendable, Hashable {
    public var time: Instant
    public var who: String
    public var action: String
    public var subject: String
    public var detail: String

    public init(time: Instant, who: String, action: String, subject: String, detail: String) {
        self.time = time
        self.who = who
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}

/// All that the journal holds of a payment.
public struct PaymentHistory: Sendable {
    public var events: [StoredEvent]
    public var exchanges: [Exchange]

    public init(events: [StoredEvent], exchanges: [Exchange]) {
        self.events = events
        self.exchanges = exchanges
    }
}

/// Which news of a payment somebody waits for: whoever waits for its end alone sleeps through what comes before it.
public enum Awaited: Sendable {
    /// Any event.
    case any
    /// An answer for a connection that is held open was stored, or the payment has ended.
    case answer
    /// The payment has ended, or a person must see to it.
    case rest
}

/// Something became of a payment that somebody waits for.
public struct News: Sendable, Equatable {
    /// The answer that was stored for a connection which is held open, if it is at hand; nil says nothing of it.
    public var reply: Exchange?

    public init(reply: Exchange? = nil) { self.reply = reply }
}

extension Append {
    /// The newest answer in it for a connection that is held open.
    public var reply: Exchange? { exchanges.last { $0.form == .reply } }

    /// Whether somebody who waits for such news wants to know of this commit.
    public func isNews(_ news: Awaited) -> Bool {
        switch news {
        case .any: true
        case .answer: view.outcome != nil || exchanges.contains { $0.form == .reply }
        case .rest: view.outcome != nil || view.isParked
        }
    }
}

public enum StoreError: Error, Sendable, Equatable {
    /// The disk or the server refused; nothing of the batch is stored. Accept nothing new until a write succeeds.
    case unavailable(String)
    /// The commit may or may not have happened: read again before anything else.
    case unknown(String)
    case corrupt(String)
    case tenantUnknown(String)
    case closed
}

/// The journal and what rests: SQLite on one machine, PostgreSQL on many. Every store passes the same contract suite.
public protocol PaymentStore: Sendable {
    /// This process's claim on what it commits.
    var epoch: NodeEpoch { get }
    /// Why nothing new should begin now, such as little room on the disk; nil as long as there is room. What is under
    /// way is stored all the same.
    var reluctance: String? { get }
    /// Commits all appends in one transaction, one result each, in order. An append that conflicts leaves the others
    /// alone, but for later ones of its payment, which conflict too. One that begins a payment without an event fails
    /// as `corrupt`: nothing rests without a journal. Its exchanges are claimed by this node until `leaseUntil`.
    func append(_ batch: [Append], leaseUntil: Instant) async throws(StoreError) -> [AppendResult]
    /// The events of a payment after `sequence`, in order.
    func events(of payment: PaymentID, after sequence: Int) async throws(StoreError) -> [StoredEvent]
    func holder(of key: Correlation) async throws(StoreError) -> KeyHolder?
    /// All exchanges of the payment that the journal still holds.
    func exchanges(of payment: PaymentID) async throws(StoreError) -> [Exchange]
    /// Both of several payments, in their order: one way to the store for all of them.
    func histories(of payments: [PaymentID]) async throws(StoreError) -> [PaymentHistory]
    /// The newest answer that was stored for a connection which is held open.
    func newestReply(of payment: PaymentID) async throws(StoreError) -> Exchange?
    /// Payments whose timer is due; each is handed out once per lease.
    func dueTimers(now: Instant, leaseUntil: Instant, limit: Int) async throws(StoreError) -> [PaymentID]
    /// The earliest timer after `now`, so that a driver can sleep until then.
    func nextTimer() async throws(StoreError) -> Instant?
    /// Open exchanges whose claim ran out or belongs to a dead epoch of this node; they are claimed anew by this node.
    func orphans(now: Instant, leaseUntil: Instant, limit: Int) async throws(StoreError) -> [OrphanedExchange]
    /// Lengthens the claim of this node on its own open exchanges.
    func extendLeases(until: Instant) async throws(StoreError)
    /// Returns when the payment has an event after `sequence` that is news of the given kind, at once if it has; nil at
    /// the deadline. Other news may wake the waiter too: it looks again. The feed of the store, so an answer that
    /// another engine commits wakes the waiter too.
    func news(
        of payment: PaymentID, after sequence: Int, heeding kind: Awaited, until deadline: Instant
    ) async -> News?
    /// Count of payments without an outcome, for recovery's progress line.
    func openPayments() async throws(StoreError) -> Int
    /// What is under way, per tenant, network and currency, for caps at a start. Reads the open payments alone.
    func standing() async throws(StoreError) -> [Standing]
    func balances(tenant: String?) async throws(StoreError) -> [LedgerBalance]
    func list(_ query: PaymentQuery) async throws(StoreError) -> [PaymentView]
    /// What became of the tenant's payments, in the order of commits, from behind the cursor on; zero is the beginning
    /// of what is kept. Every commit with an event is in it, exactly once, from the moment when it is durable.
    func feed(tenant: String, after cursor: Int64, limit: Int) async throws(StoreError) -> [FeedEntry]
    /// Returns when the tenant's feed has an entry behind the cursor, at once if it has; false at the deadline.
    func waitForFeed(tenant: String, after cursor: Int64, until deadline: Instant) async -> Bool
    /// How far somebody who follows the feed has come, under a name of its own; nil before the first time.
    func mark(_ name: String, tenant: String) async throws(StoreError) -> Int64?
    func setMark(_ name: String, tenant: String, to value: Int64) async throws(StoreError)
    /// The payments of a network and a period, by id: page by page.
    func settlements(_ query: SettlementQuery) async throws(StoreError) -> [SettlementLine]
    /// The same added up, whatever page is asked for.
    func settledTotals(_ query: SettlementQuery) async throws(StoreError) -> [SettlementTotal]
    func view(of payment: PaymentID) async throws(StoreError) -> PaymentView?
    func messages(of payment: PaymentID) async throws(StoreError) -> [ArchivedMessage]
    func audit(_ entry: AuditEntry, tenant: String) async throws(StoreError)
    func auditLog(tenant: String, limit: Int) async throws(StoreError) -> [AuditEntry]
}

extension PaymentStore {
    public var reluctance: String? { nil }

    public func histories(of payments: [PaymentID]) async throws(StoreError) -> [PaymentHistory] {
        var histories: [PaymentHistory] = []
        for payment in payments {
            let events = try await events(of: payment, after: 0)
            histories.append(PaymentHistory(events: events, exchanges: try await exchanges(of: payment)))
        }
        return histories
    }

    public func newestReply(of payment: PaymentID) async throws(StoreError) -> Exchange? {
        try await exchanges(of: payment).filter { $0.form == .reply }.max { $0.number < $1.number }
    }

    /// Whether there was such news before the deadline.
    public func waitForChange(
        of payment: PaymentID, after sequence: Int, heeding kind: Awaited = .any, until deadline: Instant
    ) async -> Bool {
        await news(of: payment, after: sequence, heeding: kind, until: deadline) != nil
    }

    /// Payments that were received in a period, oldest first and page by page: what a new rules table is held against,
    /// whose decisions stand in their events. The end of the period is not included.
    public func payments(
        of tenant: String, receivedFrom: Instant, until: Instant, after: PaymentID? = nil, limit: Int
    ) async throws(StoreError) -> [PaymentID] {
        var query = PaymentQuery(tenant: tenant, limit: limit)
        query.receivedFrom = receivedFrom
        query.receivedUntil = until
        query.order = .oldest
        query.after = after
        return try await list(query).map(\.id)
    }
}

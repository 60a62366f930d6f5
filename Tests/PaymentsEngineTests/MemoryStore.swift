import Payments
import Synchronization

/// A store in memory with hooks for every fault that a store may show. Several of them may share one `Shelf`: engines
/// of one database.
final class MemoryStore: PaymentStore {
    /// What the next appends meet instead of a healthy store.
    enum Fault: Sendable {
        case unavailable
        /// The commit happens and the answer is lost.
        case unknownCommitted
        case unknownLost
        case conflict
        case tenantUnknown(PaymentID?)
    }

    final class Shelf: Sendable {
        struct State {
            var journal = Journal()
            var audit: [AuditEntry] = []
            var waiters: [CheckedContinuation<Void, Never>] = []
            var marks: [String: Int64] = [:]
        }
        let state = Mutex(State())

        var journal: Journal { state.withLock { $0.journal } }

        /// Everybody who waits looks again.
        func stir() {
            let waiters = state.withLock { state in
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    struct Faults {
        var appends: [Fault] = []
        var isAway = false
        /// The process is dead: its writes reach nobody.
        var isDead = false
        var failures = 0
        /// Commits wait until it is taken away.
        var isSlow = false
    }

    let shelf: Shelf
    let epoch: NodeEpoch
    let now: @Sendable () -> Instant
    let faults = Mutex(Faults())

    init(_ shelf: Shelf, epoch: NodeEpoch, now: @escaping @Sendable () -> Instant) {
        self.shelf = shelf
        self.epoch = epoch
        self.now = now
    }

    private func healthy() throws(StoreError) {
        guard faults.withLock({ !$0.isDead }) else { throw .closed }
        let isAway = faults.withLock { faults in
            if faults.isAway { faults.failures += 1 }
            return faults.isAway
        }
        guard !isAway else { throw .unavailable("away") }
    }

    func append(_ batch: [Append], leaseUntil: Instant) async throws(StoreError) -> [AppendResult] {
        while faults.withLock({ $0.isSlow && !$0.isDead }) { await Task.yield() }
        guard faults.withLock({ !$0.isDead }) else { throw .closed }
        let fault = faults.withLock { faults -> Fault? in
            if faults.isAway {
                faults.failures += 1
                return .unavailable
            }
            return faults.appends.isEmpty ? nil : faults.appends.removeFirst()
        }
        switch fault {
        case .unavailable: throw .unavailable("away")
        case .unknownLost: throw .unknown("the connection broke")
        case .conflict: return batch.map { _ in .conflict }
        case .tenantUnknown(let payment?) where batch.contains { $0.payment == payment }:
            faults.withLock { $0.appends.insert(.tenantUnknown(payment), at: 0) }
            throw .tenantUnknown("nobody")
        case nil, .unknownCommitted, .tenantUnknown: break
        }
        let results = shelf.state.withLock { state -> [AppendResult] in
            var refused: Set<PaymentID> = []
            return batch.map { append in
                guard !refused.contains(append.payment) else { return .conflict }
                let result = state.journal.append(append, epoch: epoch, leaseUntil: leaseUntil)
                if result != .committed { refused.insert(append.payment) }
                return result
            }
        }
        shelf.stir()
        if case .unknownCommitted = fault { throw .unknown("the connection broke") }
        return results
    }

    func events(of payment: PaymentID, after sequence: Int) async throws(StoreError) -> [StoredEvent] {
        try healthy()
        return shelf.journal.rows[payment]?.events.filter { $0.sequence > sequence } ?? []
    }

    func holder(of key: Correlation) async throws(StoreError) -> KeyHolder? {
        try healthy()
        return shelf.journal.keys[key]
    }

    func exchanges(of payment: PaymentID) async throws(StoreError) -> [Exchange] {
        try healthy()
        return (shelf.journal.exchanges[payment] ?? [:]).values.map(\.exchange).sorted { $0.number < $1.number }
    }

    func dueTimers(now: Instant, leaseUntil: Instant, limit: Int) async throws(StoreError) -> [PaymentID] {
        try healthy()
        return shelf.state.withLock { $0.journal.due(now, leaseUntil: leaseUntil) }
    }

    func nextTimer() async throws(StoreError) -> Instant? { shelf.journal.rows.values.compactMap(\.wake).min() }

    func orphans(now: Instant, leaseUntil: Instant, limit: Int) async throws(StoreError) -> [OrphanedExchange] {
        try healthy()
        return shelf.state.withLock { $0.journal.orphans(of: epoch, now: now, leaseUntil: leaseUntil) }
    }

    func extendLeases(until: Instant) async throws(StoreError) {
        try healthy()
        shelf.state.withLock { state in
            for (id, numbers) in state.journal.exchanges {
                for (number, claimed) in numbers where claimed.epoch == epoch && claimed.isOpen {
                    state.journal.exchanges[id]?[number]?.lease = until
                }
            }
        }
    }

    func news(
        of payment: PaymentID, after sequence: Int, heeding kind: Awaited, until deadline: Instant
    ) async -> News? {
        let isThere = await wait(until: deadline) { journal in
            guard let row = journal.rows[payment], row.events.count > sequence else { return false }
            switch kind {
            case .any: return true
            case .answer:
                return row.view.outcome != nil
                    || (journal.exchanges[payment] ?? [:]).values.contains { $0.exchange.form == .reply }
            case .rest: return row.view.outcome != nil || row.view.isParked
            }
        }
        guard isThere else { return nil }
        let replies = (shelf.journal.exchanges[payment] ?? [:]).values.map(\.exchange).filter { $0.form == .reply }
        return News(reply: replies.max { $0.number < $1.number })
    }

    /// Looks again whenever something was committed or the clock moved.
    private func wait(until deadline: Instant, for isThere: @Sendable (Journal) -> Bool) async -> Bool {
        while true {
            if isThere(shelf.journal) { return true }
            if now() >= deadline || Task.isCancelled { return false }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isOver = shelf.state.withLock { state in
                        if isThere(state.journal) || now() >= deadline || Task.isCancelled { return true }
                        state.waiters.append(continuation)
                        return false
                    }
                    if isOver { continuation.resume() }
                }
            } onCancel: {
                shelf.stir()
            }
        }
    }

    func openPayments() async throws(StoreError) -> Int {
        try healthy()
        return shelf.journal.rows.values.count { $0.view.outcome == nil }
    }

    func balances(tenant: String?) async throws(StoreError) -> [LedgerBalance] {
        shelf.journal.balances.compactMap { account, units in
            guard tenant == nil || tenant == account.tenant,
                let balance = Money(units: units, currency: account.currency)
            else { return nil }
            return LedgerBalance(
                tenant: account.tenant, account: account.account, network: account.network, balance: balance)
        }
    }

    func list(_ query: PaymentQuery) async throws(StoreError) -> [PaymentView] {
        let views = shelf.journal.rows.values.filter { $0.tenant == query.tenant }.map(\.view)
        return Array(views.sorted { $0.id > $1.id }.prefix(query.limit))
    }

    func standing() async throws(StoreError) -> [Standing] {
        try healthy()
        return shelf.journal.standing
    }

    func feed(tenant: String, after cursor: Int64, limit: Int) async throws(StoreError) -> [FeedEntry] {
        try healthy()
        let entries = shelf.journal.feed.filter { $0.tenant == tenant && $0.entry.cursor > cursor }
        return entries.prefix(limit).map(\.entry)
    }

    func waitForFeed(tenant: String, after cursor: Int64, until deadline: Instant) async -> Bool {
        await wait(until: deadline) { $0.feed.contains { $0.tenant == tenant && $0.entry.cursor > cursor } }
    }

    func mark(_ name: String, tenant: String) async throws(StoreError) -> Int64? {
        try healthy()
        return shelf.state.withLock { $0.marks["\(tenant)/\(name)"] }
    }

    func setMark(_ name: String, tenant: String, to value: Int64) async throws(StoreError) {
        try healthy()
        shelf.state.withLock { $0.marks["\(tenant)/\(name)"] = value }
    }

    func settlements(_ query: SettlementQuery) async throws(StoreError) -> [SettlementLine] {
        try healthy()
        let journal = shelf.journal
        return journal.rows.values.map(\.view).filter { $0.tenant == query.tenant }.sorted { $0.id < $1.id }
            .compactMap { view in
                guard view.network == query.network || view.origin == query.network else { return nil }
                let names = journal.keys.filter { $0.value.payment == view.id }.map(\.key)
                return SettlementLine(
                    view: view, direction: view.network == query.network ? .sent : .received, names: names)
            }
    }

    func settledTotals(_ query: SettlementQuery) async throws(StoreError) -> [SettlementTotal] {
        try await settlements(query).compactMap { line in
            line.view.amount.map {
                SettlementTotal(
                    direction: line.direction, stage: line.view.stage, outcome: line.view.outcome, count: 1,
                    amount: $0)
            }
        }
    }

    func view(of payment: PaymentID) async throws(StoreError) -> PaymentView? {
        try healthy()
        return shelf.journal.rows[payment]?.view
    }

    func messages(of payment: PaymentID) async throws(StoreError) -> [ArchivedMessage] {
        shelf.journal.rows[payment]?.messages ?? []
    }

    func audit(_ entry: AuditEntry, tenant: String) async throws(StoreError) {
        shelf.state.withLock { $0.audit.append(entry) }
    }

    func auditLog(tenant: String, limit: Int) async throws(StoreError) -> [AuditEntry] {
        shelf.state.withLock { $0.audit }
    }
}

import Payments

/// Removes what its policy no longer keeps, a small batch at a time, on the projector's thread: first names, then what
/// rests on them, so that no name ever leads to a payment that is gone.
final class RetentionDesk {
    private enum Stage {
        case keys, journal
        case tenant(String, TenantStore.Resting)
    }

    private let policy: RetentionPolicy
    private let now: @Sendable () -> Instant
    private let journal: Connection
    private let writer: JournalWriter
    private(set) var removed = RetentionCounts()

    private var stages: [Stage] = []
    private var startedAt = Instant(nanoseconds: 0)
    private var lastKey: Correlation?
    private var lastPayment: PaymentID?
    /// Names of payments that ended before this are surely gone: a whole sweep has passed over them.
    private var keysGoneBefore: Instant?

    init(policy: RetentionPolicy, now: @escaping @Sendable () -> Instant, journal: Connection, writer: JournalWriter) {
        self.policy = policy
        self.now = now
        self.journal = journal
        self.writer = writer
    }

    /// Begins a round over everything.
    func begin(tenants: [String]) {
        startedAt = now()
        lastKey = nil
        lastPayment = nil
        stages = [.keys, .journal]
        for tenant in tenants { stages += TenantStore.Resting.allCases.map { .tenant(tenant, $0) } }
    }

    /// One batch; false when the round has ended.
    func step(_ shelf: TenantShelf) -> Bool {
        guard let stage = stages.first else { return false }
        var isOver = true
        do throws(SQLFault) {
            switch stage {
            case .keys: isOver = try sweepKeys()
            case .journal: isOver = try sweepPayments()
            case .tenant(let name, let kind): isOver = try sweep(kind, of: name, shelf)
            }
        } catch {
            // A database that refuses now is looked at again in the next round.
            isOver = true
        }
        if isOver { stages.removeFirst() }
        return !stages.isEmpty
    }

    private func cutoff(_ days: Int?) -> Instant? {
        days.map { startedAt.adding(milliseconds: -Int64($0) * 86_400_000) }
    }

    // MARK: Names

    private static let keysRead = 2_000
    /// Names that are counted: what was given back of a payment is known by them, however long ago it was.
    private static let countingScope = "/refund"
    private static let rowsWritten = 200
    private static let paymentsRead = 500

    private func sweepKeys() throws(SQLFault) -> Bool {
        guard let cutoff = cutoff(policy.keys) else { return true }
        let find = try journal.query(
            """
            SELECT k.scope, k.key, (p.id IS NULL AND k.time < ?3) OR (p.outcome IS NOT NULL AND p.changed_at < ?3)
            FROM keys k LEFT JOIN payments p ON p.id = k.payment
            WHERE (k.scope, k.key) > (?1, ?2) ORDER BY k.scope, k.key LIMIT ?4
            """
        ).begin().put(lastKey?.scope ?? "").put(lastKey?.key ?? "").put(cutoff).put(RetentionDesk.keysRead)
        let rows = try find.rows { (Correlation($0.text(0), $0.text(1)), $0.integer(2) != 0) }
        let old = rows.filter { $0.1 && !$0.0.scope.hasSuffix(RetentionDesk.countingScope) }.map(\.0)
        for start in stride(from: 0, to: old.count, by: RetentionDesk.rowsWritten) {
            let batch = Array(old[start..<min(start + RetentionDesk.rowsWritten, old.count)])
            guard write({ (tables) throws(SQLFault) in try tables.forget(keys: batch) }) else { return true }
            removed.keys += batch.count
        }
        lastKey = rows.last?.0
        guard rows.count < RetentionDesk.keysRead else { return false }
        keysGoneBefore = cutoff
        return true
    }

    // MARK: The journal

    private func sweepPayments() throws(SQLFault) -> Bool {
        let exchangesBefore = cutoff(policy.exchanges)
        var eventsBefore = cutoff(policy.journal)
        if let events = eventsBefore { eventsBefore = keysGoneBefore.map { min($0, events) } }
        guard let newest = [exchangesBefore, eventsBefore].compactMap({ $0 }).max() else { return true }
        let rows = try journal.query(
            """
            SELECT id, changed_at, outcome IS NOT NULL,
                EXISTS (SELECT 1 FROM exchanges e WHERE e.payment = payments.id) FROM payments
            WHERE (?1 IS NULL OR id > ?1) AND id < ?2 ORDER BY id LIMIT ?3
            """
        ).begin().put(lastPayment).put(PaymentID(at: newest, engine: 0, entropy: 0)).put(RetentionDesk.paymentsRead)
            .rows { (row) throws(SQLFault) in
                (
                    id: try row.payment(0), changed: row.instant(1), isEnded: row.integer(2) != 0,
                    hasExchanges: row.integer(3) != 0
                )
            }
        let ended = rows.filter(\.isEnded)
        let gone = ended.filter { row in eventsBefore.map { row.changed < $0 } ?? false }.map(\.id)
        let silent = ended.filter { row in
            row.hasExchanges && !gone.contains(row.id) && (exchangesBefore.map { row.changed < $0 } ?? false)
        }.map(\.id)
        for payment in silent {
            guard write({ (tables) throws(SQLFault) in try tables.forget(exchangesOf: payment) }) else { return true }
            removed.exchanges += 1
        }
        for start in stride(from: 0, to: gone.count, by: RetentionDesk.paymentsWritten) {
            let batch = Array(gone[start..<min(start + RetentionDesk.paymentsWritten, gone.count)])
            guard write({ (tables) throws(SQLFault) in try tables.forget(payments: batch) }) else { return true }
            removed.journal += batch.count
        }
        lastPayment = rows.last?.id ?? lastPayment
        return rows.count < RetentionDesk.paymentsRead
    }

    private static let paymentsWritten = 25

    private func write(_ body: @escaping @Sendable (JournalTables) throws(SQLFault) -> Void) -> Bool {
        let result = writer.writeBlocking { (tables) throws(SQLFault) -> Result<Void, StoreError> in
            try body(tables)
            return .success(())
        }
        if case .success = result { return true }
        return false
    }

    // MARK: Tenants

    private func sweep(_ kind: TenantStore.Resting, of tenant: String, _ shelf: TenantShelf) throws(SQLFault) -> Bool {
        guard let cutoff = cutoff(kind.days(policy)) else { return true }
        let store = try shelf.open(tenant)
        let count = try store.connection.transaction { () throws(SQLFault) in
            try store.forget(kind, before: cutoff, limit: RetentionDesk.rowsWritten)
        }
        switch kind {
        case .feed: removed.feed += count
        case .archive: removed.archive += count
        case .payments: removed.payments += count
        case .audit: removed.audit += count
        }
        return count < RetentionDesk.rowsWritten
    }
}

extension JournalTables {
    func forget(keys: [Correlation]) throws(SQLFault) {
        let delete = try connection.query("DELETE FROM keys WHERE scope = ? AND key = ?")
        for key in keys { try delete.begin().put(key.scope).put(key.key).run() }
    }

    func forget(exchangesOf payment: PaymentID) throws(SQLFault) {
        try connection.query("DELETE FROM exchanges WHERE payment = ?").begin().put(payment).run()
    }

    /// Ended payments leave the journal whole. Those received before the mark may have left: views of them cannot be
    /// written anew.
    func forget(payments: [PaymentID]) throws(SQLFault) {
        let mark = try connection.query(
            """
            UPDATE marks SET value = max(value, (SELECT received_at + 1 FROM payments WHERE id = ?))
            WHERE name = 'pruned'
            """)
        let delete = try connection.query("DELETE FROM payments WHERE id = ? AND outcome IS NOT NULL")
        let events = try connection.query("DELETE FROM events WHERE payment = ?")
        for payment in payments {
            try mark.begin().put(payment).run()
            try delete.begin().put(payment).run()
            try events.begin().put(payment).run()
            try forget(exchangesOf: payment)
        }
    }
}

extension TenantStore {
    /// Classes of data that rest in a tenant's database.
    enum Resting: CaseIterable {
        case feed, archive, payments, audit

        func days(_ policy: RetentionPolicy) -> Int? {
            switch self {
            case .feed: policy.feed
            case .archive: policy.archive
            case .payments: policy.payments
            case .audit: policy.audit
            }
        }

        /// The rows of the class that are older than `?1`, by what they are found by. What arrives later lies further
        /// back, so the old ones are found from the front.
        var old: String {
            switch self {
            case .feed: "SELECT position FROM feed WHERE time < ?1 AND \(Resting.isEnded("feed"))"
            case .archive: "SELECT position FROM messages WHERE time < ?1 AND \(Resting.isEnded("messages"))"
            case .payments: "SELECT id FROM payments WHERE outcome IS NOT NULL AND changed_at < ?1"
            case .audit: "SELECT position FROM audits WHERE time < ?1"
            }
        }

        private static func isEnded(_ table: String) -> String {
            "\(table).payment NOT IN (SELECT id FROM payments INDEXED BY payments_open WHERE outcome IS NULL)"
        }
    }

    /// Removes rows of the class that are older than the cutoff, at most `limit`; returns how many.
    func forget(_ kind: Resting, before cutoff: Instant, limit: Int) throws(SQLFault) -> Int {
        switch kind {
        case .feed: try forget(from: "feed", kind, cutoff, limit)
        case .archive: try forget(from: "messages", kind, cutoff, limit)
        case .audit: try forget(from: "audits", kind, cutoff, limit)
        case .payments: try forgetPayments(cutoff, limit)
        }
    }

    /// A table whose positions grow with time: the first row that is young ends the search.
    private func forget(
        from table: String, _ kind: Resting, _ cutoff: Instant, _ limit: Int
    ) throws(SQLFault) -> Int {
        let oldest = try connection.query("SELECT time FROM \(table) ORDER BY position LIMIT 1").begin()
            .first { $0.instant(0) }
        guard let oldest, oldest < cutoff else { return 0 }
        let rows = try connection.query("\(kind.old) ORDER BY position LIMIT ?2").begin().put(cutoff).put(limit)
            .rows { $0.integer(0) }
        let delete = try connection.query("DELETE FROM \(table) WHERE position = ?")
        for row in rows { try delete.begin().put(row).run() }
        return rows.count
    }

    private func forgetPayments(_ cutoff: Instant, _ limit: Int) throws(SQLFault) -> Int {
        let rows = try connection.query("\(Resting.payments.old) ORDER BY id LIMIT ?2").begin().put(cutoff).put(limit)
            .rows { (row) throws(SQLFault) in try row.payment(0) }
        let names = try connection.query("DELETE FROM names WHERE payment = ?")
        let delete = try connection.query("DELETE FROM payments WHERE id = ?")
        for row in rows {
            try names.begin().put(row).run()
            try delete.begin().put(row).run()
        }
        return rows.count
    }
}

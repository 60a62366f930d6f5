import Payments

/// The journal as its one writer sees it: every write is a method here, and all run inside the writer's transaction.
final class JournalTables {
    let connection: Connection
    private let ledger: LedgerBook

    /// The newest position given out.
    private(set) var head: Int64 = 0
    /// Payments that the transaction changed.
    private(set) var changed: [PaymentChange] = []
    /// The newest entry of each tenant's feed that the transaction wrote.
    private(set) var told: [String: Int64] = [:]
    private(set) var eventCount = 0

    private let findPayment: Query
    private let findKey: Query
    private let writePayment: Query
    private let writeEvent: Query
    private let writeKey: Query
    private let writeExchange: Query
    private let closeExchange: Query
    private let writeMessage: Query
    private let writeChange: Query

    init(_ connection: Connection) throws(SQLFault) {
        self.connection = connection
        ledger = try LedgerBook(connection)
        findPayment = try connection.query("SELECT sequence, tenant = ?2, stage FROM payments WHERE id = ?1")
        findKey = try connection.query("SELECT payment, content_hash FROM keys WHERE scope = ? AND key = ?")
        writePayment = try connection.query(
            """
            INSERT INTO payments (\(ViewRow.columns), wake, due, is_booked) VALUES (\(ViewRow.places), ?23, ?23, ?24)
            ON CONFLICT DO UPDATE SET
                \(ViewRow.replacements), wake = excluded.wake, due = excluded.due, wake_node = NULL,
                is_booked = max(is_booked, excluded.is_booked)
            """)
        writeEvent = try connection.query(
            "INSERT INTO events (payment, sequence, time, kind, body) VALUES (?, ?, ?, ?, ?)")
        writeKey = try connection.query(
            "INSERT OR IGNORE INTO keys (scope, key, payment, content_hash, time) VALUES (?, ?, ?, ?, ?)")
        writeExchange = try connection.query(
            """
            INSERT INTO exchanges (payment, \(Query.exchangeColumns), is_open, node, epoch, lease)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)
            """)
        closeExchange = try connection.query("UPDATE exchanges SET is_open = 0 WHERE payment = ? AND number = ?")
        writeMessage = try connection.query(
            "INSERT INTO messages (\(PlacedMessage.columns), tenant) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        writeChange = try connection.query(
            "INSERT INTO changes (\(JournalChange.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        head = try newestPosition()
    }

    static let newestPositionSQL = """
        SELECT max((SELECT max(value) FROM marks WHERE name IN ('projected', 'floor')),
                   (SELECT ifnull(max(position), 0) FROM changes))
        """

    private func newestPosition() throws(SQLFault) -> Int64 {
        try connection.query(JournalTables.newestPositionSQL).begin().first { $0.integer(0) } ?? 0
    }

    // MARK: The transaction

    func begin() throws(SQLFault) {
        changed.removeAll(keepingCapacity: true)
        told.removeAll(keepingCapacity: true)
        eventCount = 0
        try connection.execute("BEGIN IMMEDIATE")
    }

    /// Writes what was gathered. COMMIT is the writer's, since what its failure means differs.
    func finish() throws(SQLFault) { try ledger.store() }

    func commit() throws(SQLFault) { try connection.execute("COMMIT") }

    /// Drops the transaction with all that memory learned from it.
    func rollBack() {
        connection.rollBack()
        ledger.forget()
        changed.removeAll()
        told.removeAll()
        eventCount = 0
        if let position = try? newestPosition() { head = max(position, 0) }
    }

    /// A commit of its own that overwrites in the log whatever an earlier, failed commit left there.
    func writeFence() throws(SQLFault) {
        let mark = try connection.query("UPDATE marks SET value = value + 1 WHERE name = 'fence'")
        try connection.transaction { () throws(SQLFault) in try mark.begin().run() }
    }

    /// A write that changes nothing that matters: whether it can be stored tells whether others can.
    func touch() throws(SQLFault) { try connection.execute("UPDATE marks SET value = value + 1 WHERE name = 'fence'") }

    func checkpoint() throws(SQLFault) { _ = try connection.checkpoint() }

    /// The file takes no more than this many pages (or those it has): a full disk, for tests.
    func limitPages(_ pages: Int) throws(SQLFault) { try connection.execute("PRAGMA max_page_count = \(pages)") }

    func close() { connection.close() }

    // MARK: Appends

    func append(
        _ batch: [Append], by claim: NodeEpoch, leaseUntil: Instant
    ) throws(SQLFault) -> Result<[AppendResult], StoreError> {
        if let objection = try ledger.objection(to: batch) { return .failure(.corrupt(objection)) }
        var results: [AppendResult] = []
        results.reserveCapacity(batch.count)
        // What follows a refused append of its payment was made of a state that never was, whatever its number says.
        var refused: Set<PaymentID> = []
        for append in batch {
            let result =
                refused.contains(append.payment)
                ? .conflict : try self.append(append, by: claim, leaseUntil: leaseUntil)
            if result != .committed { refused.insert(append.payment) }
            results.append(result)
        }
        return .success(results)
    }

    /// All checks come before the first write, so a refused append leaves nothing to undo.
    private func append(_ append: Append, by claim: NodeEpoch, leaseUntil: Instant) throws(SQLFault) -> AppendResult {
        let known = try findPayment.begin().put(append.payment).put(append.tenant).first {
            (sequence: Int($0.integer(0)), isOfTenant: $0.integer(1) != 0, stage: $0.text(2))
        }
        guard (known?.sequence ?? 0) == append.expected, known?.isOfTenant ?? true else { return .conflict }
        for key in append.keys {
            let holder = try self.holder(of: key)
            if let holder, holder.payment != append.payment {
                return .keyTaken(key, holder.payment, contentHash: holder.contentHash)
            }
        }
        for event in append.events {
            try writeEvent.begin().put(append.payment).put(event.sequence).put(event.time).put(event.kind)
                .put(event.body).run()
        }
        for key in append.keys {
            try writeKey.begin().put(key.scope).put(key.key).put(append.payment).put(append.contentHash)
                .put(append.view.changedAt).run()
        }
        try writeExchanges(of: append, by: claim, leaseUntil: leaseUntil)
        for message in append.messages {
            head += 1
            let placed = PlacedMessage(position: head, payment: append.payment, message: message)
            try writeMessage.begin().put(placed).put(append.tenant).run()
        }
        try ledger.enter(append)
        let sequence = append.expected + append.events.count
        try writePayment.begin().put(append.view, id: append.payment, tenant: append.tenant, sequence: sequence)
            .put(append.wake).put(!append.bookings.isEmpty).run()
        head += 1
        try writeChange.begin().put(JournalChange(append, at: head, stageBefore: known?.stage)).run()
        if !append.events.isEmpty { told[append.tenant] = head }
        changed.append(PaymentChange(append, sequence: sequence))
        eventCount += append.events.count
        return .committed
    }

    private func writeExchanges(of append: Append, by claim: NodeEpoch, leaseUntil: Instant) throws(SQLFault) {
        for exchange in append.exchanges {
            try writeExchange.begin().put(append.payment).put(exchange.number).put(exchange.step)
                .put(exchange.purpose.rawValue).put(exchange.peer).put(exchange.form.rawValue).put(exchange.message)
                .put(exchange.wire).put(exchange.deadline).put(exchange.isRepeatable).put(claim.node).put(claim.epoch)
                .put(leaseUntil).run()
        }
        for number in append.closed { try closeExchange.begin().put(append.payment).put(number).run() }
    }

    private func holder(of key: Correlation) throws(SQLFault) -> KeyHolder? {
        try findKey.begin().put(key.scope).put(key.key).first { (row) throws(SQLFault) in
            KeyHolder(payment: try row.payment(0), contentHash: row.text(1))
        }
    }

    func audit(_ entry: AuditEntry, tenant: String) throws(SQLFault) {
        head += 1
        try connection.query("INSERT INTO audits (\(PlacedAudit.columns), tenant) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .begin().put(PlacedAudit(position: head, entry: entry)).put(tenant).run()
        try writeChange.begin().put(JournalChange(position: head, tenant: tenant)).run()
    }

    func setMark(_ name: String, tenant: String, to value: Int64) throws(SQLFault) {
        try connection.query(
            """
            INSERT INTO cursors (tenant, name, value) VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET value = excluded.value
            """
        ).begin().put(tenant).put(name).put(value).run()
    }

    func forgetMark(_ name: String) throws(SQLFault) {
        try connection.query("DELETE FROM marks WHERE name = ?").begin().put(name).run()
    }

    // MARK: Claims

    /// Begins a new life of the node. What its former life had claimed is free at once.
    func beginEpoch(of node: String) throws(SQLFault) -> NodeEpoch {
        try connection.query(
            """
            INSERT INTO nodes (node, epoch, lease) VALUES (?, 1, 0)
            ON CONFLICT DO UPDATE SET epoch = epoch + 1, lease = 0
            """
        ).begin().put(node).run()
        try connection.query(
            "UPDATE payments SET due = wake, wake_node = NULL WHERE due IS NOT NULL AND wake_node = ?"
        ).begin().put(node).run()
        let epoch = try connection.query("SELECT epoch FROM nodes WHERE node = ?").begin().put(node)
            .first { $0.integer(0) }
        return NodeEpoch(node: node, epoch: epoch ?? 1)
    }

    func extendLeases(of claim: NodeEpoch, until lease: Instant) throws(SQLFault) {
        try connection.query("UPDATE nodes SET lease = max(lease, ?3) WHERE node = ?1 AND epoch = ?2").begin()
            .put(claim.node).put(claim.epoch).put(lease).run()
    }

    func dueTimers(by claim: NodeEpoch, now: Instant, leaseUntil: Instant, limit: Int) throws(SQLFault) -> [PaymentID] {
        let due = try connection.query("SELECT id FROM payments WHERE due <= ? ORDER BY due, id LIMIT ?").begin()
            .put(now).put(limit).rows { (row) throws(SQLFault) in try row.payment(0) }
        let take = try connection.query("UPDATE payments SET due = ?, wake_node = ? WHERE id = ?")
        for payment in due { try take.begin().put(leaseUntil).put(claim.node).put(payment).run() }
        return due
    }

    func orphans(by claim: NodeEpoch, now: Instant, leaseUntil: Instant, limit: Int) throws(SQLFault)
        -> [OrphanedExchange]
    {
        // Each branch is a range of the index of open exchanges; nodes are few.
        let find = try connection.query(
            """
            SELECT e.payment, \(Query.exchangeColumns) FROM nodes n JOIN exchanges e
                ON e.is_open = 1 AND e.node = n.node AND e.epoch < n.epoch
            WHERE n.node = ?1 OR e.lease <= ?2
            UNION ALL
            SELECT e.payment, \(Query.exchangeColumns) FROM nodes n JOIN exchanges e
                ON e.is_open = 1 AND e.node = n.node AND e.epoch = n.epoch AND e.lease <= ?2
            WHERE n.lease <= ?2
            LIMIT ?3
            """)
        // Sorted here: the database would sort all there are for each few that are taken.
        let orphans = try find.begin().put(claim.node).put(now).put(limit).rows { (row) throws(SQLFault) in
            OrphanedExchange(payment: try row.payment(0), exchange: try row.exchange(from: 1))
        }.sorted { ($0.payment, $0.exchange.number) < ($1.payment, $1.exchange.number) }
        let take = try connection.query(
            "UPDATE exchanges SET node = ?, epoch = ?, lease = ? WHERE payment = ? AND number = ?")
        for orphan in orphans {
            try take.begin().put(claim.node).put(claim.epoch).put(leaseUntil).put(orphan.payment)
                .put(orphan.exchange.number).run()
        }
        return orphans
    }

    // MARK: Pruning

    /// Forgets what every tenant's database durably holds, up to a position.
    func prune(through position: Int64) throws(SQLFault) {
        for table in ["messages", "audits", "changes"] {
            try connection.query("DELETE FROM \(table) WHERE position <= ?").begin().put(position).run()
        }
        try connection.query("UPDATE marks SET value = max(value, ?) WHERE name = 'projected'").begin().put(position)
            .run()
    }

    // MARK: Trust

    /// The currencies whose balances do not add up to zero; none in a sound journal.
    func unbalancedCurrencies() throws(SQLFault) -> [String] {
        var sums: [String: Int128] = [:]
        try connection.query("SELECT currency, balance FROM ledger").begin().each { (row) throws(SQLFault) in
            let money = try row.money(row.text(1), row.text(0))
            sums[money.currency.code, default: 0] += money.units
        }
        return sums.filter { $0.value != 0 }.keys.sorted()
    }
}

import Foundation
import Payments

/// What one reading thread works with: its own connection to the journal and to the tenants it was asked about.
final class ReadDesk {
    let journal: Connection
    let tenants: TenantShelf

    init(folder: String, openTenants: Int) throws(SQLFault) {
        journal = try Connection(path: Journal.path(folder), access: .readOnly)
        tenants = TenantShelf(folder: folder, access: .read, limit: openTenants)
    }

    func close() {
        tenants.close()
        journal.close()
    }
}

/// A few threads that read, each on connections of its own: in WAL mode they see every commit and never wait for
/// the writer.
final class ReaderPool: Sendable {
    private let mailbox: Mailbox<@Sendable (ReadDesk) -> Void>
    private let ended: [Latch]

    init(folder: String, options: SQLiteStore.Options) throws(SQLFault) {
        let mailbox = Mailbox<@Sendable (ReadDesk) -> Void>(limit: options.waitingReads)
        self.mailbox = mailbox
        var ended: [Latch] = []
        for number in 1...max(options.readers, 1) {
            let latch = Latch()
            do throws(SQLFault) {
                try WorkThread.start(named: "journal-reader-\(number)") { () throws(SQLFault) in
                    try ReadDesk(folder: folder, openTenants: options.openTenantsPerReader)
                } run: { desk in
                    while let jobs = mailbox.take(budget: 1) { for job in jobs { job(desk) } }
                    desk.close()
                    latch.open()
                }
            } catch {
                mailbox.close()
                throw error
            }
            ended.append(latch)
        }
        self.ended = ended
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (ReadDesk) throws(SQLFault) -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            let admission = mailbox.post { desk in
                do throws(SQLFault) {
                    continuation.resume(returning: .success(try body(desk)))
                } catch {
                    continuation.resume(returning: .failure(error.storeError))
                }
            }
            switch admission {
            case .accepted: break
            case .full: continuation.resume(returning: .failure(.unavailable("too many reads wait for the journal")))
            case .closed: continuation.resume(returning: .failure(.closed))
            }
        }
        return try result.get()
    }

    func stop() async {
        mailbox.close()
        for latch in ended { await latch.wait() }
    }
}

extension ReadDesk {
    /// Whether the payment has moved beyond `sequence`, and stands as somebody waits for it.
    func isNews(of payment: PaymentID, after sequence: Int, _ news: Awaited) throws(SQLFault) -> Bool {
        let isThere =
            switch news {
            case .any: "1"
            case .answer:
                """
                outcome IS NOT NULL
                    OR EXISTS (SELECT 1 FROM exchanges WHERE payment = payments.id AND form = 'reply')
                """
            case .rest: "outcome IS NOT NULL OR is_parked"
            }
        return try journal.query("SELECT \(isThere) FROM payments WHERE id = ? AND sequence > ?").begin().put(payment)
            .put(sequence).first { $0.integer(0) != 0 } ?? false
    }

    func events(of payment: PaymentID, after sequence: Int) throws(SQLFault) -> [StoredEvent] {
        try journal.query(
            "SELECT sequence, time, kind, body FROM events WHERE payment = ? AND sequence > ? ORDER BY sequence"
        ).begin().put(payment).put(sequence).rows { row in
            StoredEvent(
                sequence: Int(row.integer(0)), time: row.instant(1), kind: row.text(2), body: row.bytes(3))
        }
    }

    func holder(of key: Correlation) throws(SQLFault) -> KeyHolder? {
        try journal.query("SELECT payment, content_hash FROM keys WHERE scope = ? AND key = ?").begin()
            .put(key.scope).put(key.key).first { (row) throws(SQLFault) in
                KeyHolder(payment: try row.payment(0), contentHash: row.text(1))
            }
    }

    func exchanges(of payment: PaymentID) throws(SQLFault) -> [Exchange] {
        try journal.query("SELECT \(Query.exchangeColumns) FROM exchanges WHERE payment = ? ORDER BY number").begin()
            .put(payment).rows { (row) throws(SQLFault) in try row.exchange(from: 0) }
    }

    func newestReply(of payment: PaymentID) throws(SQLFault) -> Exchange? {
        try journal.query(
            """
            SELECT \(Query.exchangeColumns) FROM exchanges WHERE payment = ? AND form = 'reply'
            ORDER BY number DESC LIMIT 1
            """
        ).begin().put(payment).first { (row) throws(SQLFault) in try row.exchange(from: 0) }
    }

    func nextTimer() throws(SQLFault) -> Instant? {
        try journal.query("SELECT due FROM payments WHERE due IS NOT NULL ORDER BY due LIMIT 1").begin()
            .first { $0.instant(0) }
    }

    func openPayments() throws(SQLFault) -> Int {
        try journal.query("SELECT count(*) FROM payments INDEXED BY payments_open WHERE outcome IS NULL").begin()
            .first { Int($0.integer(0)) } ?? 0
    }

    func balances(tenant: String?) throws(SQLFault) -> [LedgerBalance] {
        try journal.query(
            """
            SELECT tenant, account, network, currency, balance FROM ledger WHERE ?1 IS NULL OR tenant = ?1
            ORDER BY tenant, account, network, currency
            """
        ).begin().put(tenant).rows { (row) throws(SQLFault) in
            LedgerBalance(
                tenant: row.text(0), account: try row.word(1, as: LedgerAccount.self), network: row.text(2),
                balance: try row.money(row.text(4), row.text(3)))
        }
    }

    func view(of payment: PaymentID) throws(SQLFault) -> PaymentView? {
        try journal.query("SELECT \(ViewRow.columns) FROM payments WHERE id = ?").begin().put(payment)
            .first { (row) throws(SQLFault) in try row.view() }
    }

    /// A payment that has left the journal, from the database of the tenant that has it.
    func restingView(of payment: PaymentID, _ names: Set<String>) throws(SQLFault) -> PaymentView? {
        // Nothing leaves before this: an id of that time is of no payment at all.
        let pruned = try journal.query("SELECT value FROM marks WHERE name = 'pruned'").begin().first { $0.instant(0) }
        guard let pruned, pruned > Instant(nanoseconds: 0),
            PaymentID(at: pruned, engine: 0, entropy: 0).high >> 16 >= payment.high >> 16
        else { return nil }
        for name in names.sorted() {
            if let view = try tenants.find(name)?.view(of: payment) { return view }
        }
        return nil
    }

    /// The position behind which a tenant's database may miss something.
    func place(_ floor: Int64?) throws(SQLFault) -> Int64 {
        if let floor { return floor }
        return try projectedMark()
    }

    /// The position up to which the tenants' databases durably hold everything.
    private func projectedMark() throws(SQLFault) -> Int64 {
        try journal.query("SELECT value FROM marks WHERE name = 'projected'").begin().first { $0.integer(0) } ?? 0
    }

    /// The journal first, then the archive, for the reason given at `recent`.
    func messages(of payment: PaymentID, _ names: Set<String>) throws(SQLFault) -> [ArchivedMessage] {
        var tenant = try journal.query("SELECT tenant FROM payments WHERE id = ?").begin().put(payment)
            .first { $0.text(0) }
        if tenant == nil { tenant = try restingView(of: payment, names)?.tenant }
        guard let tenant else { return [] }
        let recent = try journal.query(
            "SELECT \(PlacedMessage.columns) FROM messages WHERE payment = ? ORDER BY position"
        ).begin().put(payment).rows { (row) throws(SQLFault) in try row.placedMessage() }
        let archived = try tenants.find(tenant)?.messages(of: payment) ?? []
        let known = Set(archived.map(\.position))
        let all = archived + recent.filter { !known.contains($0.position) }
        return all.sorted { $0.position < $1.position }.map(\.message)
    }

    func auditLog(tenant: String, limit: Int) throws(SQLFault) -> [AuditEntry] {
        let limit = min(max(limit, 1), ReadDesk.longestList)
        let recent = try journal.query(
            "SELECT \(PlacedAudit.columns) FROM audits WHERE tenant = ? ORDER BY position DESC LIMIT ?"
        ).begin().put(tenant).put(limit).rows { $0.placedAudit() }
        let resting = try tenants.find(tenant)?.audits(limit: limit) ?? []
        let known = Set(resting.map(\.position))
        let all = resting + recent.filter { !known.contains($0.position) }
        return Array(all.sorted { $0.position > $1.position }.prefix(limit).map(\.entry))
    }
}

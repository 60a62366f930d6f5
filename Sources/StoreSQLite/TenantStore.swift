import Foundation
import Payments

/// One tenant's database: the view of its payments, its message archive and its audit log. Its commits are not
/// forced to disk one by one; `checkpoint` forces them together, and only what is forced leaves the journal.
final class TenantStore {
    let connection: Connection

    private init(_ connection: Connection) { self.connection = connection }

    /// Opens the database for the projector, making it if it is new.
    static func open(path: String, cachePages: Int = 500) throws(SQLFault) -> TenantStore {
        let connection = try Connection(path: path, access: .readWrite, synchronous: "NORMAL", cachePages: cachePages)
        let applied = try connection.appliedMigrations()
        if let newer = applied.first(where: { !TenantSchema.migrations.contains($0) }) {
            throw .damaged("\(path) was written by a newer program: it knows “\(newer)”")
        }
        if applied != TenantSchema.migrations {
            try connection.migrate(TenantSchema.migrator, synchronous: "NORMAL")
        }
        return TenantStore(connection)
    }

    /// Makes the databases of new tenants, so that their first payment does not pay for it. One that cannot be made
    /// is found again, and reported as stalled, when something is to be written to it.
    static func makeMissing(folder: String, tenants: [String]) {
        for tenant in tenants {
            let path = TenantShelf.path(folder: folder, tenant: tenant)
            guard !FileManager.default.fileExists(atPath: path) else { continue }
            (try? open(path: path))?.close()
        }
    }

    /// Opens the database for reading; nil while the projector has not made it yet.
    static func openIfPresent(path: String) throws(SQLFault) -> TenantStore? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let connection = try Connection(path: path, access: .readOnly, cachePages: 500)
        guard try connection.appliedMigrations() == TenantSchema.migrations else {
            connection.close()
            return nil
        }
        return TenantStore(connection)
    }

    // MARK: Writing, within a transaction of the caller

    func position() throws(SQLFault) -> Int64 {
        try connection.query("SELECT value FROM marks WHERE name = 'position'").begin().first { $0.integer(0) } ?? 0
    }

    func setPosition(_ position: Int64) throws(SQLFault) {
        try connection.query("UPDATE marks SET value = max(value, ?) WHERE name = 'position'").begin().put(position)
            .run()
    }

    func show(_ view: PaymentView) throws(SQLFault) {
        try connection.query(
            """
            INSERT INTO payments (\(ViewRow.columns)) VALUES (\(ViewRow.places))
            ON CONFLICT DO UPDATE SET \(ViewRow.replacements)
            """
        ).begin().put(view, id: view.id, tenant: view.tenant, sequence: view.sequence).run()
    }

    func archive(_ message: PlacedMessage) throws(SQLFault) {
        try connection.query(
            "INSERT OR IGNORE INTO messages (\(PlacedMessage.columns)) VALUES (?, ?, ?, ?, ?, ?, ?)"
        ).begin().put(message).run()
    }

    func log(_ audit: PlacedAudit) throws(SQLFault) {
        try connection.query("INSERT OR IGNORE INTO audits (\(PlacedAudit.columns)) VALUES (?, ?, ?, ?, ?, ?)")
            .begin().put(audit).run()
    }

    func tell(_ entry: FeedEntry) throws(SQLFault) {
        try connection.query(
            """
            INSERT OR IGNORE INTO feed (position, payment, \(Query.feedColumns))
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        ).begin().put(entry.cursor).put(entry.payment).putFeed(entry).run()
    }

    func name(_ payment: PaymentID, _ names: [Correlation]) throws(SQLFault) {
        let write = try connection.query("INSERT OR IGNORE INTO names (payment, scope, key) VALUES (?, ?, ?)")
        for name in names { try write.begin().put(payment).put(name.scope).put(name.key).run() }
    }

    /// What the feed tells of a change, and the names that it gave.
    func write(_ change: JournalChange) throws(SQLFault) {
        if let entry = change.entry { try tell(entry) }
        if let payment = change.payment { try name(payment, change.names) }
    }

    /// Payments received before `instant` stay: the journal may have forgotten them.
    func forgetViews(since instant: Instant) throws(SQLFault) {
        try connection.query("DELETE FROM payments WHERE received_at >= ?").begin().put(instant).run()
    }

    // MARK: Reading

    func messages(of payment: PaymentID) throws(SQLFault) -> [PlacedMessage] {
        try connection.query("SELECT \(PlacedMessage.columns) FROM messages WHERE payment = ? ORDER BY position")
            .begin().put(payment).rows { (row) throws(SQLFault) in try row.placedMessage() }
    }

    func audits(limit: Int) throws(SQLFault) -> [PlacedAudit] {
        try connection.query("SELECT \(PlacedAudit.columns) FROM audits ORDER BY position DESC LIMIT ?").begin()
            .put(limit).rows { $0.placedAudit() }
    }

    func close() { connection.close() }
}

/// The open databases of tenants, the longest unused closed first: a tenant at rest costs no file descriptor.
final class TenantShelf {
    enum Access { case write, read }

    private let folder: String
    private let access: Access
    private let limit: Int
    private let cachePages: Int
    private var stores: [String: (store: TenantStore, lastUse: UInt64)] = [:]
    private var uses: UInt64 = 0

    /// - Parameter sharers: tenants that share the memory for pages: a few large banks have more each than many.
    init(folder: String, access: Access, limit: Int, sharers: Int = 1) {
        self.folder = folder
        self.access = access
        self.limit = max(limit, 1)
        cachePages = max(TenantShelf.sharedPages / max(sharers, 1), 500)
    }

    /// 6 MB: what is read seldom is in the kernel's cache all the same.
    private static let sharedPages = 1_500

    static func path(folder: String, tenant: String) -> String { "\(folder)/tenants/\(tenant).sqlite" }

    /// Nil only for reading, while the tenant has no database.
    func find(_ tenant: String) throws(SQLFault) -> TenantStore? {
        uses += 1
        if let store = stores[tenant]?.store {
            stores[tenant]?.lastUse = uses
            return store
        }
        if stores.count >= limit, let oldest = stores.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
            drop(oldest)
        }
        let path = TenantShelf.path(folder: folder, tenant: tenant)
        let store =
            access == .write
            ? try TenantStore.open(path: path, cachePages: cachePages) : try TenantStore.openIfPresent(path: path)
        if let store { stores[tenant] = (store, uses) }
        return store
    }

    func open(_ tenant: String) throws(SQLFault) -> TenantStore {
        guard let store = try find(tenant) else { throw .damaged("the database of tenant \(tenant) is missing") }
        return store
    }

    func drop(_ tenant: String) { stores.removeValue(forKey: tenant)?.store.close() }

    func close() {
        for tenant in Array(stores.keys) { drop(tenant) }
    }
}

/// Whether a name can be a tenant's: it becomes the name of a file.
func isTenantName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, bytes.count <= 64, isLetterOrDigit(first) else { return false }
    return bytes.allSatisfy { isLetterOrDigit($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
}

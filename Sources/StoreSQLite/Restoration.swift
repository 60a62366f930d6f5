import Foundation
public import Payments

/// What a restored folder turned out to hold.
public struct RestoreReport: Sendable, Equatable {
    public var payments = 0
    public var openPayments = 0
    /// The newest commit that is in it; the next ones are numbered far above it.
    public var position: Int64 = 0
}

/// Looks through a folder that was copied from a backup, and marks it: what was under way when the backup was made may
/// have gone on since, so the first start sends nothing of it anew.
public enum Restoration {
    /// Places of the feed that are left out, so that no cursor of a time after the backup meets an entry behind it.
    static let positionsLeftOut: Int64 = 1_000_000_000_000

    /// - Parameter taken: when the backup was made.
    public static func seal(folder: String, taken: Instant) async throws(StoreOpenError) -> RestoreReport {
        let result = await WorkThread.run { () -> Result<RestoreReport, StoreOpenError> in
            do throws(SQLFault) {
                return .success(try sealBlocking(folder, taken))
            } catch {
                return .failure(.journal(path: Journal.path(folder), error.storeError))
            }
        }
        return try result.get()
    }

    private static func sealBlocking(_ folder: String, _ taken: Instant) throws(SQLFault) -> RestoreReport {
        let tenants = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/tenants")) ?? []
        for name in tenants where name.hasSuffix(".sqlite") { try check("\(folder)/tenants/\(name)").close() }
        let journal = try check(Journal.path(folder))
        defer { journal.close() }
        let applied = try journal.appliedMigrations()
        if applied != JournalSchema.migrations {
            guard applied.allSatisfy(JournalSchema.migrations.contains) else {
                throw .damaged("the journal was written by a newer program: it knows “\(applied.last ?? "")”")
            }
            try journal.migrate(JournalSchema.migrator)
        }
        let tables = try JournalTables(journal)
        let unbalanced = try tables.unbalancedCurrencies()
        guard unbalanced.isEmpty else {
            throw .damaged("the ledger does not add up to zero in \(unbalanced.joined(separator: ", "))")
        }
        var report = RestoreReport()
        report.position = tables.head
        report.payments = try count("SELECT count(*) FROM payments", journal)
        report.openPayments = try count("SELECT count(*) FROM payments WHERE outcome IS NULL", journal)
        try journal.transaction { () throws(SQLFault) in
            let mark = try journal.query(
                "INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")
            try mark.begin().put("restored").put(taken).run()
            try mark.begin().put("floor").put(tables.head + positionsLeftOut).run()
        }
        _ = try journal.checkpoint()
        return report
    }

    private static func check(_ path: String) throws(SQLFault) -> Connection {
        let connection = try Connection(path: path, access: .readWrite)
        let words = try connection.query("PRAGMA integrity_check(1)").begin().first { $0.text(0) }
        guard words == "ok" else {
            connection.close()
            throw .damaged("\(path): \(words ?? "no answer")")
        }
        return connection
    }

    private static func count(_ sql: String, _ journal: Connection) throws(SQLFault) -> Int {
        try journal.query(sql).begin().first { Int($0.integer(0)) } ?? 0
    }
}

extension SQLiteStore {
    /// When the backup was made that this folder was restored from; nil once `endRestoration` was called, and for a
    /// folder that never was.
    public func restoredFrom() async throws(StoreError) -> Instant? {
        try await readers().read { (desk) throws(SQLFault) in
            try desk.journal.query("SELECT value FROM marks WHERE name = 'restored'").begin().first { $0.instant(0) }
        }
    }

    /// What was under way in the backup has been seen to.
    public func endRestoration() async throws(StoreError) {
        try await writer().write { (tables) throws(SQLFault) -> Result<Void, StoreError> in
            try tables.forgetMark("restored")
            return .success(())
        }
    }

    /// Payments without an outcome, by id: page by page.
    public func openPayments(after payment: PaymentID?, limit: Int) async throws(StoreError) -> [PaymentID] {
        try await readers().read { (desk) throws(SQLFault) in
            try desk.journal.query(
                """
                SELECT id FROM payments INDEXED BY payments_open WHERE outcome IS NULL AND (?1 IS NULL OR id > ?1)
                ORDER BY id LIMIT ?2
                """
            ).begin().put(payment).put(max(limit, 1)).rows { (row) throws(SQLFault) in try row.payment(0) }
        }
    }
}

import Foundation
import GRDB
import GRDBSQLite
import Payments

/// SQLite's refusal: the extended result code and the words that came with it.
struct SQLFault: Error, Equatable {
    var code: Int32
    var message: String

    init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: any Error) {
        if let fault = error as? SQLFault {
            self = fault
        } else if let error = error as? DatabaseError {
            self.init(code: error.extendedResultCode.rawValue, message: error.message ?? "no message")
        } else {
            self.init(code: SQLITE_ERROR, message: String(describing: error))
        }
    }

    /// A row that this program cannot have written.
    static func damaged(_ what: String) -> SQLFault { SQLFault(code: SQLITE_CORRUPT, message: what) }

    var primary: Int32 { code & 0xFF }

    /// The fault lies with one statement's values; other jobs of the same transaction may succeed without it.
    var isOfOneJob: Bool {
        [SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE, SQLITE_MISUSE].contains(primary)
    }

    var storeError: StoreError {
        switch primary {
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt(message)
        default: .unavailable("SQLite \(code): \(message)")
        }
    }
}

/// One connection, used by one thread of ours at a time. GRDB opens, configures and migrates it; the few statements
/// of the journal run through `Query`, which binds without boxing.
final class Connection {
    enum Access { case readWrite, readOnly }

    private let queue: DatabaseQueue
    private var queries: [String: Query] = [:]

    /// A write connection is put in WAL mode with the given `synchronous` level.
    init(path: String, access: Access, synchronous: String = "FULL", cachePages: Int = 400) throws(SQLFault) {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        // Our transactions begin and end in `Query`; GRDB prepares statements within them.
        configuration.allowsUnsafeTransactions = true
        configuration.readonly = access == .readOnly
        configuration.busyMode = .timeout(Connection.busySeconds)
        configuration.journalMode = access == .readOnly ? .default : .wal
        if access == .readWrite { Connection.makePrivate(path) }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase { database in
                try database.execute(sql: "PRAGMA cache_size = \(cachePages)")
                guard access == .readWrite else { return }
                // GRDB's WAL set-up chooses NORMAL, so the level is set after it.
                try database.execute(sql: "PRAGMA synchronous = \(synchronous)")
                try database.execute(sql: "PRAGMA wal_autocheckpoint = \(Connection.checkpointPages)")
                try database.execute(sql: "PRAGMA journal_size_limit = \(Connection.keptLogBytes)")
            }
            queue.inDatabase { database in
                // GRDB observes transactions that run through its own statements; ours do not.
                sqlite3_commit_hook(database.sqliteConnection, nil, nil)
                sqlite3_rollback_hook(database.sqliteConnection, nil, nil)
            }
        } catch {
            throw SQLFault(error)
        }
    }

    /// A new file is for its owner's eyes alone; SQLite gives its log the same permissions. An old file is not
    /// touched: closing a descriptor of it would drop the locks that SQLite holds on it in this process.
    private static func makePrivate(_ path: String) {
        let file = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file >= 0 { Foundation.close(file) }
    }

    /// Another process (a backup, a shell) may hold a lock this long before a write is refused.
    private static let busySeconds = 5.0
    /// Pages of log after which a commit also checkpoints: 32 MB.
    private static let checkpointPages = 8_000
    private static let keptLogBytes = 64 << 20

    /// Brings the schema to this program's version, through a connection that is GRDB's alone.
    func migrate(_ migrator: DatabaseMigrator, synchronous: String = "FULL") throws(SQLFault) {
        do {
            var configuration = queue.configuration
            configuration.allowsUnsafeTransactions = false
            let own = try DatabaseQueue(path: queue.path, configuration: configuration)
            try own.inDatabase { try $0.execute(sql: "PRAGMA synchronous = \(synchronous)") }
            try migrator.migrate(own)
            try own.close()
        } catch {
            throw SQLFault(error)
        }
    }

    /// Names of the migrations that the file has seen.
    func appliedMigrations() throws(SQLFault) -> [String] {
        let find = try query("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'grdb_migrations'")
        guard try find.begin().first({ $0.text(0) }) != nil else { return [] }
        let names = try query("SELECT identifier FROM grdb_migrations ORDER BY rowid")
        return try names.begin().rows { $0.text(0) }
    }

    /// A prepared statement, kept for the life of the connection.
    func query(_ sql: String) throws(SQLFault) -> Query {
        if let query = queries[sql] { return query }
        do {
            let query = Query(try queue.inDatabase { try $0.makeStatement(sql: sql) })
            queries[sql] = query
            return query
        } catch {
            throw SQLFault(error)
        }
    }

    func execute(_ sql: String) throws(SQLFault) { try query(sql).begin().run() }

    /// Everything that `body` reads is of one moment.
    func snapshot<Value>(_ body: () throws(SQLFault) -> Value) throws(SQLFault) -> Value {
        try execute("BEGIN DEFERRED")
        do throws(SQLFault) {
            let value = try body()
            try execute("COMMIT")
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    func transaction<Value>(_ body: () throws(SQLFault) -> Value) throws(SQLFault) -> Value {
        try execute("BEGIN IMMEDIATE")
        do throws(SQLFault) {
            let value = try body()
            try execute("COMMIT")
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    /// SQLite rolls back by itself on some faults; a second rollback is then refused and means nothing.
    func rollBack() { try? execute("ROLLBACK") }

    /// Moves the log into the database file and syncs both; false while a reader keeps a part of the log in use.
    func checkpoint() throws(SQLFault) -> Bool {
        let rows = try query("PRAGMA wal_checkpoint(PASSIVE)").begin().rows { row in
            (row.integer(0), row.integer(1), row.integer(2))
        }
        guard let (busy, log, moved) = rows.first else { return false }
        return busy == 0 && log == moved
    }

    /// Copies the database as this connection sees it, which is as it was when its transaction began. In pieces, with
    /// pauses, so that the disk is left to others.
    func copy(to path: String) throws(SQLFault) {
        do {
            Connection.makePrivate(path)
            let target = try DatabaseQueue(path: path)
            defer { try? target.close() }
            try queue.inDatabase { source in
                try target.inDatabase { copy in try Connection.copy(source.sqliteConnection, copy.sqliteConnection) }
            }
            try target.close()
        } catch {
            throw SQLFault(error)
        }
    }

    /// Both handles are open for the time of the call: GRDB holds their connections.
    private static func copy(_ source: OpaquePointer?, _ target: OpaquePointer?) throws {
        guard let backup = sqlite3_backup_init(target, "main", source, "main") else {
            throw SQLFault(code: sqlite3_errcode(target), message: String(cString: sqlite3_errmsg(target)))
        }
        var code = SQLITE_OK
        while code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED {
            code = sqlite3_backup_step(backup, copiedAtOnce)
            if code != SQLITE_DONE { usleep(copyPauseMicroseconds) }
        }
        let end = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, end == SQLITE_OK else {
            throw SQLFault(code: code, message: String(cString: sqlite3_errmsg(target)))
        }
    }

    /// Pages: 4 MB.
    private static let copiedAtOnce: Int32 = 1_000
    private static let copyPauseMicroseconds: UInt32 = 2_000

    func close() {
        for query in queries.values { query.retire() }
        queries = [:]
        try? queue.close()
    }
}

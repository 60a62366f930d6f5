import Foundation
import GRDBSQLite
import Payments
import StoreSQLite

/// A store that has worked for long: a million ended payments written straight into its files, with the rows that
/// matter for the cost of the next payment.
struct Stock {
    let folder: String
    let tenant: String

    /// Events of each stored payment. Their index is what grows; their bytes are read by nobody.
    private static let eventsEach = 4

    func fill(payments: Int) async throws {
        let store = try await SQLiteStore.open(folder: folder, node: "measure", tenants: [tenant])
        await store.close()
        try write("\(folder)/journal.sqlite") { database in
            try identities(payments, in: database)
            try database.execute("INSERT INTO payments (\(Self.columns)) SELECT \(values) FROM stock ORDER BY id")
            for sequence in 1...Self.eventsEach {
                try database.execute(
                    """
                    INSERT INTO events SELECT id, \(sequence), time, 'observed', zeroblob(60) FROM stock ORDER BY id
                    """)
            }
            try database.execute(
                """
                INSERT INTO exchanges SELECT id, 0, 0, 'ask', 'fineract:core', 'request', 'POST /transfers',
                    zeroblob(60), time, 1, 0, 'measure', 1, 0 FROM stock ORDER BY id
                """)
            for scope in ["transaction", "message"] {
                try database.execute(
                    """
                    INSERT INTO keys SELECT 'iso:rtp1/\(tenant)/\(scope)', key, id, 'hash', time FROM stock
                    ORDER BY key
                    """)
            }
        }
        try write("\(folder)/tenants/\(tenant).sqlite") { database in
            try identities(payments, in: database)
            try database.execute("INSERT INTO payments (\(Self.columns)) SELECT \(values) FROM stock ORDER BY id")
            for scope in ["transaction", "message"] {
                try database.execute(
                    "INSERT INTO names SELECT id, 'iso:rtp1/\(tenant)/\(scope)', key FROM stock ORDER BY id")
            }
        }
        // Two gigabytes that the kernel still has to write would be in the way of what is measured.
        sync()
    }

    private static let columns =
        "id, tenant, sequence, kind, origin, network, stage, outcome, is_parked, amount, currency, end_to_end, debtor, "
        + "creditor, received_at, changed_at, settled_at"

    private var values: String {
        """
        id, '\(tenant)', \(Self.eventsEach), 'transfer', 'iso:rtp1', 'iso:rtp1', 'settled', 'settled', 0, '12550000',
        'KES', key, 'DE02120300000000202051', 'DE89370400440532013000', time, time, time
        """
    }

    /// Nothing of this is worth a power cut: without a journal and without syncs.
    private func write(_ path: String, _ body: (Database) throws -> Void) throws {
        let database = try Database(path)
        defer { database.close() }
        for setting in ["journal_mode = OFF", "synchronous = OFF", "cache_size = 50000", "temp_store = MEMORY"] {
            try database.execute("PRAGMA \(setting)")
        }
        try database.execute("CREATE TEMP TABLE stock (id BLOB, key TEXT, time INTEGER)")
        try database.execute("BEGIN")
        try body(database)
        try database.execute("COMMIT")
    }

    private func identities(_ payments: Int, in database: Database) throws {
        for first in stride(from: 0, to: payments, by: Self.rowsAtOnce) {
            let rows = (first..<min(first + Self.rowsAtOnce, payments)).map { number in
                var dice = IdentitySource(seed: UInt64(number))
                let time = Instant(milliseconds: 1_780_000_000_000 + Int64(number / 4))
                let id = PaymentID(at: time, engine: 0, entropy: dice.next())
                return "(x'\(hex(id.high))\(hex(id.low))', '\(dice.hexText())', \(time.nanoseconds))"
            }
            try database.execute("INSERT INTO stock VALUES \(rows.joined(separator: ", "))")
        }
    }

    private static let rowsAtOnce = 500

    private func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// SQLite itself, for statements without values.
    private final class Database {
        private var handle: OpaquePointer?

        init(_ path: String) throws {
            guard sqlite3_open(path, &handle) == SQLITE_OK else { throw MeasureFailure("\(path) cannot be opened") }
        }

        func execute(_ sql: String) throws {
            guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
                throw MeasureFailure("\(sql.prefix(80)): \(String(cString: sqlite3_errmsg(handle)))")
            }
        }

        /// Ends the handle; nothing is called on it afterwards.
        func close() {
            sqlite3_close(handle)
            handle = nil
        }
    }
}

import Foundation
import GRDB
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
            try database.execute(sql: "INSERT INTO payments (\(Self.columns)) SELECT \(values) FROM stock ORDER BY id")
            for sequence in 1...Self.eventsEach {
                try database.execute(
                    sql: """
                        INSERT INTO events SELECT id, \(sequence), time, 'observed', zeroblob(60) FROM stock ORDER BY id
                        """)
            }
            try database.execute(
                sql: """
                    INSERT INTO exchanges SELECT id, 0, 0, 'ask', 'fineract:core', 'request', 'POST /transfers',
                        zeroblob(60), time, 1, 0, 'measure', 1, 0 FROM stock ORDER BY id
                    """)
            for scope in ["transaction", "message"] {
                try database.execute(
                    sql: """
                        INSERT INTO keys SELECT 'iso:rtp1/\(tenant)/\(scope)', key, id, 'hash', time FROM stock
                        ORDER BY key
                        """)
            }
        }
        try write("\(folder)/tenants/\(tenant).sqlite") { database in
            try identities(payments, in: database)
            try database.execute(sql: "INSERT INTO payments (\(Self.columns)) SELECT \(values) FROM stock ORDER BY id")
            for scope in ["transaction", "message"] {
                try database.execute(
                    sql: "INSERT INTO names SELECT id, 'iso:rtp1/\(tenant)/\(scope)', key FROM stock ORDER BY id")
            }
        }
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
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { database in
            for setting in ["journal_mode = OFF", "synchronous = OFF", "cache_size = 50000", "temp_store = MEMORY"] {
                try database.execute(sql: "PRAGMA \(setting)")
            }
            try database.execute(sql: "CREATE TEMP TABLE stock (id BLOB, key TEXT, time INTEGER)")
            try database.execute(sql: "BEGIN")
            try body(database)
            try database.execute(sql: "COMMIT")
            try database.execute(sql: "DROP TABLE stock")
        }
        try queue.close()
    }

    private func identities(_ payments: Int, in database: Database) throws {
        let insert = try database.makeStatement(sql: "INSERT INTO stock VALUES (?, ?, ?)")
        for number in 0..<payments {
            var dice = IdentitySource(seed: UInt64(number))
            let time = Instant(milliseconds: 1_780_000_000_000 + Int64(number / 4))
            let id = PaymentID(at: time, engine: 0, entropy: dice.next())
            let bytes = withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { Data($0) }
            try insert.execute(arguments: [bytes, dice.hexText(), time.nanoseconds])
        }
    }
}

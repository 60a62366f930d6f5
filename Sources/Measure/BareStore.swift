import GRDBSQLite
import Payments

/// What the store is held against: SQLite alone, the same tables, the same rows, the same number of appends in one
/// commit, the same durability. No checks, no queue, no answer, no tenants' databases.
final class BareStore {
    private let database: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]
    private var position: Int64 = 0

    static var version: String { String(cString: sqlite3_libversion()) }

    /// Makes a database with the tables and indexes of the journal at `model`.
    init(path: String, like model: String) throws {
        let definitions = try Self.definitions(of: model)
        database = try Self.open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        for pragma in [
            "journal_mode = WAL", "synchronous = FULL", "cache_size = 16000", "wal_autocheckpoint = 8000",
            "journal_size_limit = 67108864",
        ] { try execute("PRAGMA \(pragma)") }
        for definition in definitions { try execute(definition) }
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close(database)
    }

    private static func open(_ path: String, _ flags: Int32) throws -> OpaquePointer {
        var opened: OpaquePointer?
        guard sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK, let opened else {
            sqlite3_close(opened)
            throw MeasureFailure("\(path) cannot be opened")
        }
        return opened
    }

    /// The tables and indexes of the journal, as it made them itself.
    private static func definitions(of model: String) throws -> [String] {
        let rows = try read(
            model,
            """
            SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
                AND tbl_name NOT LIKE 'grdb_%' ORDER BY type DESC
            """)
        guard !rows.isEmpty else { throw MeasureFailure("\(model) has no tables") }
        return rows.map { $0[0] }
    }

    /// Rows of a query as text, from a database that nobody writes to.
    static func read(_ path: String, _ sql: String, _ argument: [UInt8] = []) throws -> [[String]] {
        let database = try open(path, SQLITE_OPEN_READWRITE)
        defer { sqlite3_close(database) }
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else {
            throw MeasureFailure(String(cString: sqlite3_errmsg(database)))
        }
        defer { sqlite3_finalize(statement) }
        if sqlite3_bind_parameter_count(statement) == 1 {
            sqlite3_bind_blob(statement, 1, argument, Int32(argument.count), transient)
        }
        var rows: [[String]] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            rows.append(
                (0..<sqlite3_column_count(statement)).map { column in
                    sqlite3_column_text(statement, column).map { String(cString: $0) } ?? ""
                })
        }
        return rows
    }

    /// One durable transaction.
    func commit(_ appends: [Append]) throws {
        try execute("BEGIN IMMEDIATE")
        for append in appends { try write(append) }
        try execute("COMMIT")
    }

    // MARK: - Rows

    private enum Value {
        case text(String), blob([UInt8]), integer(Int64), null
    }

    private func write(_ append: Append) throws {
        let payment = Value.blob(Self.bytes(of: append.payment))
        for event in append.events {
            try run(
                "INSERT INTO events (payment, sequence, time, kind, body) VALUES (?, ?, ?, ?, ?)",
                [
                    payment, .integer(Int64(event.sequence)), .integer(event.time.nanoseconds), .text(event.kind),
                    .blob(event.body),
                ])
        }
        for key in append.keys {
            try run(
                "INSERT OR IGNORE INTO keys (scope, key, payment, content_hash, time) VALUES (?, ?, ?, ?, ?)",
                [
                    .text(key.scope), .text(key.key), payment, .text(append.contentHash),
                    .integer(append.view.changedAt.nanoseconds),
                ])
        }
        try writeExchanges(append, payment)
        for message in append.messages {
            position += 1
            try run(
                """
                INSERT INTO messages (position, payment, direction, peer, message, time, bytes, tenant)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .integer(position), payment, .text(message.direction.rawValue), .text(message.peer),
                    .text(message.message), .integer(message.time.nanoseconds), .blob(message.bytes),
                    .text(append.tenant),
                ])
        }
        for entry in append.bookings.flatMap(\.entries) {
            try run(
                """
                INSERT INTO ledger (tenant, account, network, currency, balance) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET balance = excluded.balance
                """,
                [
                    .text(append.tenant), .text(entry.account.rawValue), .text(entry.network),
                    .text(entry.amount.currency.code), .text(String(entry.amount.units)),
                ])
        }
        try writeView(append, payment)
        position += 1
        try run(
            "INSERT INTO changes (position, tenant, payment) VALUES (?, ?, ?)",
            [.integer(position), .text(append.tenant), payment])
    }

    private func writeExchanges(_ append: Append, _ payment: Value) throws {
        for exchange in append.exchanges {
            try run(
                """
                INSERT INTO exchanges (payment, number, step, purpose, peer, form, message, wire, deadline,
                    is_repeatable, is_open, node, epoch, lease) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 1, ?)
                """,
                [
                    payment, .integer(Int64(exchange.number)), .integer(Int64(exchange.step)),
                    .text(exchange.purpose.rawValue), .text(exchange.peer), .text(exchange.form.rawValue),
                    .text(exchange.message), .blob(exchange.wire), .integer(exchange.deadline.nanoseconds),
                    .integer(exchange.isRepeatable ? 1 : 0), .text("bare"), .integer(exchange.deadline.nanoseconds),
                ])
        }
        for number in append.closed {
            try run(
                "UPDATE exchanges SET is_open = 0 WHERE payment = ? AND number = ?", [payment, .integer(Int64(number))])
        }
    }

    private func writeView(_ append: Append, _ payment: Value) throws {
        let view = append.view
        let wake = append.wake.map { Value.integer($0.nanoseconds) } ?? .null
        try run(
            """
            INSERT INTO payments (id, tenant, sequence, kind, origin, network, stage, outcome, is_parked, amount,
                currency, end_to_end, debtor, creditor, reason, received_at, changed_at, wake, due)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?18)
            ON CONFLICT DO UPDATE SET sequence = excluded.sequence, network = excluded.network,
                stage = excluded.stage, outcome = excluded.outcome, is_parked = excluded.is_parked,
                reason = excluded.reason, changed_at = excluded.changed_at, wake = excluded.wake, due = excluded.due
            """,
            [
                payment, .text(append.tenant), .integer(Int64(view.sequence)), .text(view.kind), .text(view.origin),
                text(view.network), .text(view.stage), text(view.outcome), .integer(view.isParked ? 1 : 0),
                text(view.amount.map { String($0.units) }), text(view.amount?.currency.code), text(view.endToEnd),
                text(view.debtor), text(view.creditor), text(view.reason), .integer(view.receivedAt.nanoseconds),
                .integer(view.changedAt.nanoseconds), wake,
            ])
    }

    private func text(_ text: String?) -> Value { text.map { .text($0) } ?? .null }

    /// As the journal names a payment: sixteen bytes, the highest first.
    static func bytes(of payment: PaymentID) -> [UInt8] {
        withUnsafeBytes(of: (payment.high.bigEndian, payment.low.bigEndian)) { Array($0) }
    }

    // MARK: - Statements

    /// SQLite copies what is bound.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func execute(_ sql: String) throws {
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw failure(sql) }
    }

    private func run(_ sql: String, _ values: [Value]) throws {
        let statement = try prepared(sql)
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            switch value {
            case .text(let text):
                var text = text
                text.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { letters in
                        _ = sqlite3_bind_text(
                            statement, place, letters.baseAddress, Int32(letters.count), Self.transient)
                    }
                }
            case .blob(let bytes): sqlite3_bind_blob(statement, place, bytes, Int32(bytes.count), Self.transient)
            case .integer(let integer): sqlite3_bind_int64(statement, place, integer)
            case .null: sqlite3_bind_null(statement, place)
            }
        }
        guard sqlite3_step(statement) == SQLITE_DONE else { throw failure(sql) }
        sqlite3_reset(statement)
    }

    private func prepared(_ sql: String) throws -> OpaquePointer {
        if let known = statements[sql] { return known }
        var statement: OpaquePointer?
        guard sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
            let statement
        else { throw failure(sql) }
        statements[sql] = statement
        return statement
    }

    private func failure(_ sql: String) -> MeasureFailure {
        MeasureFailure("\(String(cString: sqlite3_errmsg(database))) in \(sql.prefix(60))")
    }
}

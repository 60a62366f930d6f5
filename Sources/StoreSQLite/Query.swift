import GRDB
import GRDBSQLite
import Payments

/// A prepared statement: `begin().put(…).put(…).run()`, or `rows` to read. Values are bound by position.
///
/// The raw handle stays valid because `statement` owns it: it is let go only by `retire`, after which no step is
/// taken. Both stay on the connection's thread.
final class Query {
    private var statement: Statement?
    private let handle: OpaquePointer
    private var bound: Int32 = 0
    private var bindFault: Int32 = SQLITE_OK

    init(_ statement: Statement) {
        self.statement = statement
        handle = statement.sqliteStatement
    }

    @discardableResult
    func begin() -> Query {
        bound = 0
        bindFault = statement == nil ? SQLITE_MISUSE : SQLITE_OK
        return self
    }

    /// Ends the statement with its connection, whoever still holds this object.
    func retire() {
        statement = nil
        bindFault = SQLITE_MISUSE
    }

    @discardableResult
    func put(_ value: Int64) -> Query { take { sqlite3_bind_int64(handle, $0, value) } }

    @discardableResult
    func put(_ value: Int) -> Query { put(Int64(value)) }

    @discardableResult
    func put(_ value: Bool) -> Query { put(value ? Int64(1) : 0) }

    @discardableResult
    func put(_ value: Instant) -> Query { put(value.nanoseconds) }

    @discardableResult
    func put(_ value: Instant?) -> Query { value.map { put($0.nanoseconds) } ?? putNull() }

    @discardableResult
    func put(_ value: String?) -> Query { value.map { put($0) } ?? putNull() }

    @discardableResult
    func put(_ value: PaymentID?) -> Query { value.map { put($0) } ?? putNull() }

    @discardableResult
    func putNull() -> Query { take { sqlite3_bind_null(handle, $0) } }

    @discardableResult
    func put(_ value: String) -> Query {
        var text = value
        // SQLite copies the bytes before the closure ends (`transient`).
        return text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return take { sqlite3_bind_text(handle, $0, "", 0, nil) } }
            return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) { characters in
                take {
                    sqlite3_bind_text64(
                        handle, $0, characters, UInt64(bytes.count), Query.transient, UInt8(SQLITE_UTF8))
                }
            }
        }
    }

    @discardableResult
    func put(_ value: [UInt8]) -> Query {
        guard !value.isEmpty else { return take { sqlite3_bind_zeroblob(handle, $0, 0) } }
        return value.withUnsafeBytes { bytes in
            take { sqlite3_bind_blob64(handle, $0, bytes.baseAddress, UInt64(bytes.count), Query.transient) }
        }
    }

    /// Sixteen bytes, highest first, so that ids sort in the database as they do in memory.
    @discardableResult
    func put(_ value: PaymentID) -> Query {
        withUnsafeBytes(of: (value.high.bigEndian, value.low.bigEndian)) { bytes in
            take { sqlite3_bind_blob64(handle, $0, bytes.baseAddress, UInt64(bytes.count), Query.transient) }
        }
    }

    private func take(_ bind: (Int32) -> Int32) -> Query {
        guard statement != nil else { return self }
        bound += 1
        let code = bind(bound)
        if code != SQLITE_OK, bindFault == SQLITE_OK { bindFault = code }
        return self
    }

    /// SQLITE_TRANSIENT: a function pointer of all ones, which SQLite compares and never calls.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    func run() throws(SQLFault) {
        defer { reset() }
        while try step() {}
    }

    func rows<Value>(_ read: (Query) throws(SQLFault) -> Value) throws(SQLFault) -> [Value] {
        defer { reset() }
        var values: [Value] = []
        while try step() { values.append(try read(self)) }
        return values
    }

    func each(_ read: (Query) throws(SQLFault) -> Void) throws(SQLFault) {
        defer { reset() }
        while try step() { try read(self) }
    }

    /// The first row, or nil.
    func first<Value>(_ read: (Query) throws(SQLFault) -> Value) throws(SQLFault) -> Value? {
        defer { reset() }
        guard try step() else { return nil }
        return try read(self)
    }

    private func reset() {
        if statement != nil { sqlite3_reset(handle) }
    }

    private func step() throws(SQLFault) -> Bool {
        guard bindFault == SQLITE_OK else {
            throw SQLFault(code: bindFault, message: String(cString: sqlite3_errstr(bindFault)))
        }
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            throw SQLFault(code: code, message: String(cString: sqlite3_errmsg(sqlite3_db_handle(handle))))
        }
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func instant(_ column: Int32) -> Instant { Instant(nanoseconds: integer(column)) }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        // The pointer and its length hold until the next call on this statement; the bytes are copied here.
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func textIfAny(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        // As for `text`: copied before the next call.
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    func payment(_ column: Int32) throws(SQLFault) -> PaymentID {
        let octets = bytes(column)
        guard octets.count == 16 else { throw .damaged("a payment id has \(octets.count) bytes") }
        let high = octets[0..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = octets[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return PaymentID(high: high, low: low)
    }

    /// A closed list of words that this program wrote.
    func word<Word: RawRepresentable>(_ column: Int32, as type: Word.Type) throws(SQLFault) -> Word
    where Word.RawValue == String {
        let text = text(column)
        guard let word = Word(rawValue: text) else { throw .damaged("\(Word.self) has no case “\(text)”") }
        return word
    }
}

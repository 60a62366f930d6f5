import Payments

/// The columns of a payment's view: the same names in the same order in the journal and in every tenant's database.
enum ViewRow {
    static let columns: String = """
        id, tenant, sequence, kind, origin, network, stage, outcome, is_parked, amount, currency, end_to_end, debtor, \
        creditor, reason, received_at, changed_at, step, open_since, doubt, settled_at, business_date
        """
    static let count = 22
    static let places: String = Array(repeating: "?", count: count).joined(separator: ", ")

    /// As the first migration made them; `additions` came later.
    static let definition: String = """
        id BLOB NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL,
        origin TEXT NOT NULL, network TEXT, stage TEXT NOT NULL, outcome TEXT, is_parked INTEGER NOT NULL,
        amount TEXT, currency TEXT, end_to_end TEXT, debtor TEXT, creditor TEXT, reason TEXT,
        received_at INTEGER NOT NULL, changed_at INTEGER NOT NULL
        """
    static let additions: [String] = [
        "step TEXT", "open_since INTEGER", "doubt TEXT", "settled_at INTEGER", "business_date TEXT",
    ].map { "ALTER TABLE payments ADD COLUMN \($0)" }

    /// `column = excluded.column` for all that a later row may change.
    static let replacements: String = {
        let changing = columns.replacing(" ", with: "").split(separator: ",").dropFirst(2)
        return changing.map { (column: Substring) -> String in "\(column) = excluded.\(column)" }
            .joined(separator: ", ")
    }()
}

extension Query {
    /// Binds the columns of `ViewRow`. The store's own tenant and sequence stand, whatever the view says.
    @discardableResult
    func put(_ view: PaymentView, id: PaymentID, tenant: String, sequence: Int) -> Query {
        put(id).put(tenant).put(sequence).put(view.kind).put(view.origin).put(view.network).put(view.stage)
            .put(view.outcome).put(view.isParked).put(view.amount.map { String($0.units) })
            .put(view.amount?.currency.code).put(view.endToEnd).put(view.debtor).put(view.creditor).put(view.reason)
            .put(view.receivedAt).put(view.changedAt).put(view.step).put(view.openSince).put(view.doubt)
            .put(view.settledAt).put(view.businessDate?.text)
    }

    /// Reads the columns of `ViewRow` from the first on.
    func view() throws(SQLFault) -> PaymentView {
        var view = PaymentView(
            id: try payment(0), tenant: text(1), sequence: Int(integer(2)), kind: text(3), origin: text(4),
            stage: text(6), receivedAt: instant(15), changedAt: instant(16))
        view.network = textIfAny(5)
        view.outcome = textIfAny(7)
        view.isParked = integer(8) != 0
        if let units = textIfAny(9) { view.amount = try money(units, text(10)) }
        view.endToEnd = textIfAny(11)
        view.debtor = textIfAny(12)
        view.creditor = textIfAny(13)
        view.reason = textIfAny(14)
        view.step = textIfAny(17)
        view.openSince = isNull(18) ? nil : instant(18)
        view.doubt = textIfAny(19)
        view.settledAt = isNull(20) ? nil : instant(20)
        view.businessDate = textIfAny(21).flatMap { CivilDate($0) }
        return view
    }

    func money(_ units: String, _ code: String) throws(SQLFault) -> Money {
        guard let currency = Currency(code), let number = Int128(units),
            let money = Money(units: number, currency: currency)
        else { throw .damaged("“\(units)” of “\(code)” is no amount") }
        return money
    }

    static let exchangeColumns =
        "number, step, purpose, peer, form, message, wire, deadline, is_repeatable"

    /// Reads `exchangeColumns` from the given column on.
    func exchange(from first: Int32) throws(SQLFault) -> Exchange {
        Exchange(
            number: Int(integer(first)), step: Int(integer(first + 1)),
            purpose: try word(first + 2, as: Purpose.self), peer: text(first + 3),
            form: try word(first + 4, as: Exchange.Form.self), message: text(first + 5), wire: bytes(first + 6),
            deadline: instant(first + 7), isRepeatable: integer(first + 8) != 0)
    }
}

/// A raw message with its place in the journal's order, which is its name in the archive.
struct PlacedMessage: Sendable {
    var position: Int64
    var payment: PaymentID
    var message: ArchivedMessage

    static let columns: String = "position, payment, direction, peer, message, time, bytes"
}

struct PlacedAudit: Sendable {
    var position: Int64
    var entry: AuditEntry

    static let columns: String = "position, time, who, action, subject, detail"
}

extension Query {
    func placedMessage() throws(SQLFault) -> PlacedMessage {
        PlacedMessage(
            position: integer(0), payment: try payment(1),
            message: ArchivedMessage(
                direction: try word(2, as: ArchivedMessage.Direction.self), peer: text(3), message: text(4),
                time: instant(5), bytes: bytes(6)))
    }

    @discardableResult
    func put(_ placed: PlacedMessage) -> Query {
        let message = placed.message
        return put(placed.position).put(placed.payment).put(message.direction.rawValue).put(message.peer)
            .put(message.message).put(message.time).put(message.bytes)
    }

    func placedAudit() -> PlacedAudit {
        PlacedAudit(
            position: integer(0),
            entry: AuditEntry(
                time: instant(1), who: text(2), action: text(3), subject: text(4), detail: text(5)))
    }

    @discardableResult
    func put(_ placed: PlacedAudit) -> Query {
        let entry = placed.entry
        return put(placed.position).put(entry.time).put(entry.who).put(entry.action).put(entry.subject)
            .put(entry.detail)
    }
}

/// A row of the journal's `changes`: that something happened, what the feed tells of it, and the names that it gave.
struct JournalChange: Sendable {
    var position: Int64
    var tenant: String
    /// Nil for a line of the audit log.
    var payment: PaymentID?
    /// Nil for a commit without an event.
    var entry: FeedEntry?
    var names: [Correlation] = []

    static let columns: String = """
        position, tenant, payment, sequence, kinds, stage_before, stage, outcome, reason, is_parked, time, names
        """

    init(position: Int64, tenant: String) {
        self.position = position
        self.tenant = tenant
    }

    init(_ append: Append, at position: Int64, stageBefore: String?) {
        self.init(position: position, tenant: append.tenant)
        payment = append.payment
        names = append.keys
        guard !append.events.isEmpty else { return }
        let view = append.view
        entry = FeedEntry(
            cursor: position, payment: append.payment, sequence: append.expected + append.events.count,
            kinds: append.events.map(\.kind), stageBefore: stageBefore, stage: view.stage, outcome: view.outcome,
            reason: view.reason, isParked: view.isParked, time: view.changedAt)
    }
}

extension Query {
    @discardableResult
    func put(_ change: JournalChange) -> Query {
        put(change.position).put(change.tenant).put(change.payment)
        if let entry = change.entry {
            putFeed(entry)
        } else {
            for _ in 0..<8 { putNull() }
        }
        return change.names.isEmpty ? putNull() : put(NameList.bytes(change.names))
    }

    /// Reads `JournalChange.columns`.
    func change() throws(SQLFault) -> JournalChange {
        var change = JournalChange(position: integer(0), tenant: text(1))
        guard !isNull(2) else { return change }
        let payment = try payment(2)
        change.payment = payment
        if !isNull(4) { change.entry = feedEntry(change.position, payment, from: 3) }
        if !isNull(11) { change.names = NameList.names(bytes(11)) }
        return change
    }

    static let feedColumns = "sequence, kinds, stage_before, stage, outcome, reason, is_parked, time"

    /// Binds `feedColumns`.
    @discardableResult
    func putFeed(_ entry: FeedEntry) -> Query {
        put(entry.sequence).put(entry.kinds.joined(separator: " ")).put(entry.stageBefore).put(entry.stage)
            .put(entry.outcome).put(entry.reason).put(entry.isParked).put(entry.time)
    }

    /// Reads `feedColumns` from the given column on.
    func feedEntry(_ cursor: Int64, _ payment: PaymentID, from first: Int32) -> FeedEntry {
        FeedEntry(
            cursor: cursor, payment: payment, sequence: Int(integer(first)),
            kinds: text(first + 1).split(separator: " ").map(String.init), stageBefore: textIfAny(first + 2),
            stage: text(first + 3), outcome: textIfAny(first + 4), reason: textIfAny(first + 5),
            isParked: integer(first + 6) != 0, time: instant(first + 7))
    }
}

/// Names in one field: each text behind its length, so that no byte of a foreign name can be taken for a separator.
enum NameList {
    static func bytes(_ names: [Correlation]) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in names.flatMap({ [$0.scope, $0.key] }) {
            bytes += Array("\(text.utf8.count):".utf8)
            bytes += Array(text.utf8)
        }
        return bytes
    }

    static func names(_ bytes: [UInt8]) -> [Correlation] {
        var texts: [String] = []
        var rest = bytes[...]
        while let colon = rest.firstIndex(of: 0x3A),
            let count = Int(String(decoding: rest[..<colon], as: UTF8.self)), count >= 0,
            rest.endIndex - (colon + 1) >= count
        {
            let end = colon + 1 + count
            texts.append(String(decoding: rest[(colon + 1)..<end], as: UTF8.self))
            rest = rest[end...]
        }
        return stride(from: 0, to: texts.count - 1, by: 2).map { Correlation(texts[$0], texts[$0 + 1]) }
    }
}

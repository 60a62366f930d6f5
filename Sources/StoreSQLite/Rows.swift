import Payments

/// The columns of a payment's view: the same names in the same order in the journal and in every tenant's database.
enum ViewRow {
    static let columns: String = """
        id, tenant, sequence, kind, origin, network, stage, outcome, is_parked, amount, currency, end_to_end, debtor, \
        creditor, reason, received_at, changed_at
        """
    static let places: String = Array(repeating: "?", count: 17).joined(separator: ", ")

    static let definition: String = """
        id BLOB NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL,
        origin TEXT NOT NULL, network TEXT, stage TEXT NOT NULL, outcome TEXT, is_parked INTEGER NOT NULL,
        amount TEXT, currency TEXT, end_to_end TEXT, debtor TEXT, creditor TEXT, reason TEXT,
        received_at INTEGER NOT NULL, changed_at INTEGER NOT NULL
        """

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
            .put(view.receivedAt).put(view.changedAt)
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

import FormatJSON
import Payments
import PaymentsEngine

/// Lists of payments: filters, and pages that stay the same whatever is received meanwhile.
extension Channel {
    func list(_ call: Call) async throws(Problem) -> ChannelReply {
        let query = try ListFilter.query(call)
        var views: [PaymentView]
        do throws(StoreError) {
            views = try await engine.store.list(query)
        } catch {
            throw .storeAway
        }
        let isFull = views.count == query.limit
        let (first, last) = (views.first?.id, views.last?.id)
        // The page that this one was reached from is there, whether or not this one is full.
        let hasNext = query.after != nil || isFull
        let hasPrevious = query.before != nil || (query.after != nil && isFull)
        if let name = call.value(.endToEndId) { views.removeAll { $0.endToEnd != name } }
        return .json(
            200,
            .members([
                "payments": .array(views.map { PaymentPage.row($0) }),
                "next": hasNext ? last.map { link(call, ListCursor.before($0)) } : nil,
                "previous": hasPrevious ? first.map { link(call, ListCursor.after($0)) } : nil,
            ]))
    }

    /// The same list from another place on.
    private func link(_ call: Call, _ cursor: ListCursor) -> JSONValue {
        var pairs: [String] = []
        for parameter in call.operation.parameters where parameter.place == .query && parameter.name != "cursor" {
            guard let value = call.value(parameter) else { continue }
            pairs.append("\(parameter.name)=\(QueryText.encoded(value))")
        }
        pairs.append("cursor=\(cursor.text)")
        return .string("\(call.operation.path)?\(pairs.joined(separator: "&"))")
    }
}

/// A place in a list, as a caller holds it: a word without meaning, good for the same filters.
enum ListCursor: Equatable {
    case before(PaymentID)
    case after(PaymentID)

    var text: String {
        switch self {
        case .before(let id): Cursor.text("n", id.text)
        case .after(let id): Cursor.text("p", id.text)
        }
    }

    init?(_ text: String) {
        if let id = Cursor.value("n", text).flatMap({ PaymentID($0) }) {
            self = .before(id)
        } else if let id = Cursor.value("p", text).flatMap({ PaymentID($0) }) {
            self = .after(id)
        } else {
            return nil
        }
    }
}

/// Cursors are base 64 of a letter and a place, so that nobody builds one by hand.
enum Cursor {
    static func text(_ kind: String, _ value: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in Array((kind + value).utf8) {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count)) & 63])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// What stands behind the letter; nil for anything that `text` did not write.
    static func value(_ kind: String, _ text: String) -> String? {
        guard text.utf8.count <= 64 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            guard let six = six(byte) else { return nil }
            bits = (bits << 6 | six) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        guard let all = String(validating: bytes, as: UTF8.self), all.hasPrefix(kind), Cursor.text("", all) == text
        else {
            return nil
        }
        return String(all.dropFirst(kind.count))
    }

    private static func six(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte - 0x41)
        case 0x61...0x7A: UInt32(byte - 0x61) + 26
        case 0x30...0x39: UInt32(byte - 0x30) + 52
        case 0x2D: 62
        case 0x5F: 63
        default: nil
        }
    }
}

/// The filters of a list, from the query of its URL.
enum ListFilter {
    static func query(_ call: Call) throws(Problem) -> PaymentQuery {
        var query = PaymentQuery(tenant: call.caller.tenant)
        query.limit = try call.number(.limit, default: 50, 1...500)
        query.stage = try stage(call)
        query.network = call.value(.network)
        query.origin = call.value(.origin)
        if let text = call.value(.outcome) {
            guard let outcome = PaymentOutcome(rawValue: text) else {
                throw .malformed("outcome is settled or rejected", path: "?outcome")
            }
            query.outcome = outcome.rawValue
        }
        if let text = call.value(.stuck) {
            guard let flag = Bool(text) else { throw .malformed("stuck is true or false", path: "?stuck") }
            query.stuckOnly = flag
        }
        query.search = call.value(.search)
        if let name = call.value(.endToEndId) {
            guard query.search == nil else { throw .malformed("search or endToEndId, not both", path: "?endToEndId") }
            query.search = name
        }
        try amounts(call, &query)
        query.receivedFrom = try time(call, .receivedFrom)
        query.receivedUntil = try time(call, .receivedUntil)
        if let text = call.value(.cursor) {
            switch ListCursor(text) {
            case .before(let id): query.before = id
            case .after(let id): query.after = id
            case nil: throw .malformed("this is no cursor of ours", path: "?cursor")
            }
        }
        return query
    }

    /// Where payments stand; nil for anywhere.
    static func stage(_ call: Call) throws(Problem) -> String? {
        guard let stage = call.value(.stage) else { return nil }
        guard PaymentRecord.stages.contains(stage) else {
            throw .malformed("stage is one of \(PaymentRecord.stages.joined(separator: ", "))", path: "?stage")
        }
        return stage
    }

    private static func amounts(_ call: Call, _ query: inout PaymentQuery) throws(Problem) {
        if let code = call.value(.currency) {
            guard let currency = Currency(code), currency.isListed else {
                throw .malformed("\(code) is not an ISO 4217 currency", path: "?currency")
            }
            query.currency = currency
        }
        query.leastAmount = try amount(call, .amountFrom, query.currency)
        query.mostAmount = try amount(call, .amountTo, query.currency)
    }

    private static func amount(
        _ call: Call, _ parameter: Operation.Parameter, _ currency: Currency?
    ) throws(Problem) -> Money? {
        guard let digits = call.value(parameter) else { return nil }
        guard let currency else { throw .malformed("an amount needs its currency", path: "?currency") }
        do throws(AmountRefusal) {
            return try Money(digits, currency, rule: .channel)
        } catch {
            throw .malformed("\(error)", path: "?\(parameter.name)")
        }
    }

    /// `2026-11-24`, which begins at midnight UTC, or `2026-11-24T10:00:00Z`.
    private static func time(_ call: Call, _ parameter: Operation.Parameter) throws(Problem) -> Instant? {
        guard let text = call.value(parameter) else { return nil }
        if let date = CivilDate(text) { return Instant(seconds: date.dayNumber * 86_400) }
        guard let time = DateTime(text), time.hasOffset else {
            throw .malformed("write a date, or a time with its offset", path: "?\(parameter.name)")
        }
        return time.instant
    }
}

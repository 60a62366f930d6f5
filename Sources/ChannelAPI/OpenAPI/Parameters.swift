import FormatJSON
import Payments

/// Every parameter of the API, once.
extension Operation.Parameter {
    static let payment = Self(
        name: "id", place: .path, isRequired: true, says: "The payment's id, as its order's answer told it.",
        schema: ["type": "string", "minLength": 26, "maxLength": 26], example: "01K0DTG4CR00000000000000AB")

    static let identifierKind = Self(
        name: "kind", place: .path, isRequired: true,
        says: "A kind of identifier: a name of mappings/codes/identifiers.tsv.", example: "MSISDN")

    static let identifierValue = Self(
        name: "value", place: .path, isRequired: true, says: "The identifier, percent-encoded.",
        schema: ["type": "string", "minLength": 1, "maxLength": 128], example: "+254700000001")

    static let webhook = Self(
        name: "name", place: .path, isRequired: true, says: "The webhook's configured name.", example: "ledger")

    static let idempotencyKey = Self(
        name: "Idempotency-Key", place: .header, isRequired: true,
        says: "Yours, one for each payment: the same key with the same content is the same payment.",
        schema: ["type": "string", "minLength": 1, "maxLength": 128], example: "order-4711")

    static let prefer = Self(
        name: "Prefer", place: .header,
        says: "wait=SECONDS (0 to 60) holds the answer until there is one to give (RFC 7240).", example: "wait=10")

    static let accept = Self(
        name: "Accept", place: .header, says: "text/event-stream asks for a stream, anything else for a page.",
        example: "application/json")

    static let lastEventID = Self(
        name: "Last-Event-ID", place: .header, says: "Where a stream goes on: the id of the last event that was read.",
        example: "ZTA")

    static let stage = Self(
        name: "stage", place: .query, says: "Where the payment stands.",
        schema: ["type": "string", "enum": .array(PaymentRecord.stages.map { .string($0) })], example: "settled")

    static let outcome = Self(
        name: "outcome", place: .query, says: "How the payment ended.",
        schema: ["type": "string", "enum": ["settled", "rejected"]], example: "settled")

    static let network = Self(
        name: "network", place: .query, says: "Where the payment goes to.", example: "mojaloop:hub1")

    static let origin = Self(
        name: "origin", place: .query, says: "Where it came from: a network, or channel.", example: "channel")

    static let currency = Self(
        name: "currency", place: .query, says: "ISO 4217.",
        schema: ["type": "string", "minLength": 3, "maxLength": 3], example: "KES")

    static let amountFrom = Self(
        name: "amountFrom", place: .query, says: "The least amount, included; needs currency.", example: "10")

    static let amountTo = Self(
        name: "amountTo", place: .query, says: "The largest amount, included; needs currency.", example: "5000.00")

    static let receivedFrom = Self(
        name: "receivedFrom", place: .query, says: "A date (from midnight UTC) or a time with offset; included.",
        example: "2026-01-01")

    static let receivedUntil = Self(
        name: "receivedUntil", place: .query, says: "A date (from midnight UTC) or a time with offset; not included.",
        example: "2099-01-01T00:00:00Z")

    static let endToEndId = Self(
        name: "endToEndId", place: .query, says: "The payer's own reference, exactly.",
        schema: ["type": "string", "minLength": 1], example: "INV-2026-17")

    static let search = Self(
        name: "search", place: .query,
        says: "An identifier of debtor or creditor, or any name the payment has with a network, exactly.",
        example: "+254700000001")

    static let stuck = Self(
        name: "stuck", place: .query, says: "Only what is parked or unknown.",
        schema: ["type": "string", "enum": ["true", "false"]], example: "false")

    static let limit = Self(
        name: "limit", place: .query, says: "Payments on one page, 50 when not given.",
        schema: ["type": "integer", "minimum": 1, "maximum": 500], example: "20")

    static let cursor = Self(
        name: "cursor", place: .query, says: "A place in the list, from next or previous of another page.",
        example: ListCursor.before(PaymentID(high: .max, low: .max)).text)

    static let afterEvent = Self(
        name: "after", place: .query, says: "Only events behind this cursor; all that are kept when not given.",
        example: "ZTA")

    static let eventLimit = Self(
        name: "limit", place: .query, says: "Events on one page, 100 when not given.",
        schema: ["type": "integer", "minimum": 1, "maximum": 500], example: "50")

    static let ofPayment = Self(
        name: "payment", place: .query, says: "Only events of this payment.", example: "01K0DTG4CR00000000000000AB")

    static let type = Self(
        name: "type", place: .query, says: "Only these types, separated by commas.",
        example: "payment.settled,payment.rejected")
}

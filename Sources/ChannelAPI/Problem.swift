import FormatJSON
import Payments

/// What a caller can mend, as RFC 9457 problem details: what is wrong, where, and what to do.
struct Problem: Error, Sendable, Equatable {
    /// What a program tells problems apart by: the end of `type`. One kind has one status and one title.
    enum Kind: String, Sendable, CaseIterable {
        case malformed
        case idempotencyKey = "idempotency-key"
        case unauthorized, forbidden
        case notFound = "not-found"
        case partyNotFound = "party-not-found"
        case method, timeout
        case notPossible = "not-possible"
        case tooLarge = "too-large"
        case notJSON = "not-json"
        case invalid
        case keyReused = "idempotency-key-reused"
        case lookupRefused = "lookup-refused"
        case tooMany = "too-many"
        case busy
        case noAnswer = "no-answer"

        var status: Int {
            switch self {
            case .malformed, .idempotencyKey: 400
            case .unauthorized: 401
            case .forbidden: 403
            case .notFound, .partyNotFound: 404
            case .method: 405
            case .timeout: 408
            case .notPossible: 409
            case .tooLarge: 413
            case .notJSON: 415
            case .invalid, .keyReused, .lookupRefused: 422
            case .tooMany: 429
            case .busy: 503
            case .noAnswer: 504
            }
        }

        var title: String {
            switch self {
            case .malformed: "The request cannot be read"
            case .idempotencyKey: "Idempotency-Key is missing or longer than 128 bytes"
            case .unauthorized: "No valid API key"
            case .forbidden: "Who sends this is not known"
            case .notFound: "Not found"
            case .partyNotFound: "Nobody is found under this identifier"
            case .method: "The method is not possible here"
            case .timeout: "The request did not arrive in time"
            case .notPossible: "This is not possible any more, or never was"
            case .tooLarge: "The request is too large"
            case .notJSON: "The body is not declared as JSON"
            case .invalid: "The order cannot be taken"
            case .keyReused: "The key stands for another order"
            case .lookupRefused: "The network does not answer this lookup"
            case .tooMany: "Too many at once"
            case .busy: "The gateway cannot take the request now"
            case .noAnswer: "The network did not answer in time"
            }
        }

        /// Later, the same request may succeed.
        var isPassing: Bool { self == .busy || self == .tooMany }

        /// Kinds that a door answers before the API sees the request.
        static let door: [Kind] = [.malformed, .forbidden, .timeout, .tooLarge, .busy]
    }

    var kind: Kind
    var detail: String
    /// Place in the request's body, or the header's or parameter's name.
    var at: String?
    var headers: [WireHeader]

    init(_ kind: Kind, _ detail: String, at: String? = nil, headers: [WireHeader] = []) {
        self.kind = kind
        self.detail = detail
        self.at = at
        self.headers = headers
        if kind.isPassing, headers.isEmpty { self.headers = [WireHeader("Retry-After", "1")] }
    }

    var status: Int { kind.status }
    var type: String { "urn:interlock:problem:\(kind.rawValue)" }

    var reply: WireReply {
        let json = JSONValue.members([
            "type": .string(type), "title": .string(kind.title), "status": .integer(status),
            "detail": .string(detail), "at": at.map { .string($0) },
        ])
        return WireReply(
            status: status, headers: headers + [WireHeader("Content-Type", "application/problem+json")],
            body: json.bytes())
    }

    static let unauthorized = Problem(
        .unauthorized, "Send the key as Authorization: Bearer KEY or X-API-Key: KEY.", at: "Authorization",
        headers: [WireHeader("WWW-Authenticate", "Bearer")])

    static let notJSON = Problem(.notJSON, "Send Content-Type: application/json.", at: "Content-Type")

    static let idempotencyKeyMissing = Problem(
        .idempotencyKey, "Send a key of your own for each payment and the same one when you repeat the request.",
        at: "Idempotency-Key")

    static func notFound(_ what: String) -> Problem { Problem(.notFound, "There is no \(what) here.") }

    static func methodNotAllowed(_ method: String, allowed: String) -> Problem {
        Problem(.method, "\(method) is not possible here. Use \(allowed).", headers: [WireHeader("Allow", allowed)])
    }

    static func malformed(_ detail: String, path: String) -> Problem { Problem(.malformed, detail, at: path) }

    static func invalid(_ detail: String, at path: String) -> Problem { Problem(.invalid, detail, at: path) }

    static func notPossible(_ detail: String, at path: String? = nil) -> Problem {
        Problem(.notPossible, detail, at: path)
    }

    static func keyReused(_ key: String, _ payment: PaymentID) -> Problem {
        Problem(
            .keyReused,
            "Idempotency-Key \(key) was used for payment \(payment) with other content. Use a new key.",
            at: "Idempotency-Key")
    }

    /// What was refused before it was read.
    static func atTheDoor(_ status: Int, _ says: String) -> Problem {
        let kinds = Kind.door + [.notFound]
        return Problem(kinds.first { $0.status == status } ?? .malformed, says)
    }

    static func busy(_ why: String) -> Problem {
        Problem(.busy, "\(why). Nothing was stored: repeat the request with the same key.")
    }

    static let storeAway = Problem(.busy, "The store is not available now. Repeat the request.")
}

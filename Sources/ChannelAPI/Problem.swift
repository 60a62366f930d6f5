import FormatJSON
import Payments

/// What a caller can mend, as RFC 9457 problem details: what is wrong, where, and what to do.
struct Problem: Error, Sendable, Equatable {
    var status: Int
    var type: String
    var title: String
    var detail: String
    /// Pointer into the request's body, or the header's name.
    var at: String?
    var headers: [WireHeader] = []

    var reply: WireReply {
        let json = JSONValue.members([
            "type": .string("urn:interlock:problem:\(type)"), "title": .string(title), "status": .integer(status),
            "detail": .string(detail), "at": at.map { .string($0) },
        ])
        return WireReply(
            status: status, headers: headers + [WireHeader("Content-Type", "application/problem+json")],
            body: json.bytes())
    }

    static let unauthorized = Problem(
        status: 401, type: "unauthorized", title: "No valid API key",
        detail: "Send the key as Authorization: Bearer KEY or X-API-Key: KEY.", at: "Authorization",
        headers: [WireHeader("WWW-Authenticate", "Bearer")])

    static let notJSON = Problem(
        status: 415, type: "not-json", title: "The body is not declared as JSON",
        detail: "Send Content-Type: application/json.", at: "Content-Type")

    static let idempotencyKeyMissing = Problem(
        status: 400, type: "idempotency-key", title: "Idempotency-Key is missing or longer than 128 bytes",
        detail: "Send a key of your own for each payment and the same one when you repeat the request.",
        at: "Idempotency-Key")

    static func notFound(_ what: String) -> Problem {
        Problem(status: 404, type: "not-found", title: "Not found", detail: "There is no \(what) here.")
    }

    static func methodNotAllowed(_ method: String, allowed: String) -> Problem {
        Problem(
            status: 405, type: "method", title: "\(method) is not possible here", detail: "Use \(allowed).",
            headers: [WireHeader("Allow", allowed)])
    }

    static func malformed(_ detail: String, path: String) -> Problem {
        Problem(status: 400, type: "malformed", title: "The request cannot be read", detail: detail, at: path)
    }

    static func invalid(_ detail: String, at path: String) -> Problem {
        Problem(status: 422, type: "invalid", title: "The order cannot be taken", detail: detail, at: path)
    }

    static func keyReused(_ key: String, _ payment: PaymentID) -> Problem {
        Problem(
            status: 422, type: "idempotency-key-reused", title: "The key stands for another order",
            detail: "Idempotency-Key \(key) was used for payment \(payment) with other content. Use a new key.",
            at: "Idempotency-Key")
    }

    /// What was refused before it was read.
    static func atTheDoor(_ status: Int, _ says: String) -> Problem {
        let (type, title) =
            switch status {
            case 403: ("forbidden", "Who sends this is not known")
            case 404: ("not-found", "Not found")
            case 408: ("timeout", "The request did not arrive in time")
            case 413: ("too-large", "The request is too large")
            case 503: ("busy", "The gateway cannot take the request now")
            default: ("malformed", "The request cannot be read")
            }
        let headers = status == 503 ? [WireHeader("Retry-After", "1")] : []
        return Problem(status: status, type: type, title: title, detail: says, headers: headers)
    }

    static func busy(_ why: String) -> Problem {
        Problem(
            status: 503, type: "busy", title: "The gateway cannot take the payment now",
            detail: "\(why). Nothing was stored: repeat the request with the same key.",
            headers: [WireHeader("Retry-After", "1")])
    }
}

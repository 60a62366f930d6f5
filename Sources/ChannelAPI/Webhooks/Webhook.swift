import Crypto
import FormatJSON
public import Payments

/// Where a bank wants to hear what becomes of its payments, and the secrets that prove that it hears us.
public struct Webhook: Sendable {
    public var tenant: String
    public var name: String
    /// Path and query of the receiver; the rest of its address is the sender's business.
    public var path: String
    public var query: String
    /// One, or two while they change: each makes a signature, so the receiver may know either.
    public var secrets: [[UInt8]]
    public var events: Set<PaymentNews.Kind>
    /// A receiver that has not answered by then is cut off and asked again later.
    public var timeoutMilliseconds: Int
    /// Attempts for one event before the webhook is parked.
    public var attempts: Int

    public init(
        tenant: String, name: String, path: String, query: String = "", secrets: [[UInt8]],
        events: Set<PaymentNews.Kind> = PaymentNews.Kind.usual, timeoutMilliseconds: Int = 10_000, attempts: Int = 12
    ) {
        self.tenant = tenant
        self.name = name
        self.path = path
        self.query = query
        self.secrets = secrets
        self.events = events
        self.timeoutMilliseconds = timeoutMilliseconds
        self.attempts = attempts
    }

    /// The mark of the store that holds how far it has come.
    var mark: String { "webhook/\(name)" }

    func request(_ news: PaymentNews, at now: Instant) -> WireRequest {
        let body = news.json.bytes()
        var request = WireRequest(method: "POST", path: path, query: query, body: body)
        request.headers = [
            WireHeader("Content-Type", "application/json"), WireHeader("Interlock-Webhook", name),
            WireHeader("Interlock-Event", news.id),
            WireHeader("Interlock-Signature", WebhookSignature.header(body, secrets: secrets, at: now)),
        ]
        return request
    }
}

/// `t=UNIX-SECONDS,v1=HEX`: HMAC-SHA256 over `SECONDS.BODY`, one `v1` for each secret that is valid.
public enum WebhookSignature {
    public static func header(_ body: [UInt8], secrets: [[UInt8]], at now: Instant) -> String {
        let seconds = now.milliseconds / 1000
        let signed = Array("\(seconds).".utf8) + body
        let signatures = secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret))
            return "v1=" + code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        return (["t=\(seconds)"] + signatures).joined(separator: ",")
    }
}

/// Carries one request to the receiver of a webhook.
public typealias WebhookSender =
    @Sendable (_ webhook: Webhook, _ request: WireRequest, _ timeoutMilliseconds: Int) async -> WireOutcome

/// What a deliverer tells of its work: names and counts, nothing of a payment but the event's id.
public struct WebhookReport: Sendable {
    public enum What: String, Sendable { case delivered, failed, parked, replayed, storeAway }

    public var what: What
    public var tenant: String
    public var webhook: String
    public var event: String?
    public var attempt: Int
    /// `status 500`, `no answer in time`.
    public var says: String
}

/// How a webhook stands, for the bank's own eyes.
public struct WebhookStanding: Sendable {
    public enum State: String, Sendable {
        /// Nothing is left to tell, or it is just being told.
        case flowing
        /// The receiver did not take the last event; it is asked again.
        case retrying
        /// It was asked as often as it may be: `replay` goes on.
        case parked
    }

    public var name: String
    public var state: State
    /// The last place that the receiver has taken.
    public var place: Int64
    public var events: [String]
    public var delivered: Int
    public var attempts: Int
    public var nextAttemptAt: Instant?
    public var lastDeliveredAt: Instant?
    public var lastFailure: String?
}

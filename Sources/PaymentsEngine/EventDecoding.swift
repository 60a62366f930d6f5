import FormatJSON
public import Payments

extension EventCodec {
    /// What we wrote ourselves must always be readable: wider than any message that comes in.
    private static let journalLimits = JSONLimits(
        documentBytes: 64 << 20, depth: 16, members: 2_000_000, elements: 2_000_000, values: 4_000_000,
        stringBytes: 16 << 20)

    /// Reads what `encode` wrote; nil for an event that this build does not know or that is damaged.
    public static func decode(kind: String, body: [UInt8]) -> PaymentEvent? {
        guard let json = try? JSONValue.parse(body, limits: journalLimits) else { return nil }
        switch kind {
        case "received":
            guard let origin = origin(json), let payment = payment(json) else { return nil }
            return .received(origin, payment)
        case "routed": return RouteCodec.read(json).map { .routed($0) }
        case "planned":
            guard let flow = json["flow"]?.string, let version = json["version"]?.string,
                let steps = json["steps"]?.array
            else { return nil }
            return .planned(
                flow: flow, version: version, tables: json["tables"]?.string, steps: steps.compactMap(\.string))
        case "asked": return asked(json)
        case "observed":
            guard let step = json["step"]?.int, let purpose = purpose(json), let observation = observation(json),
                let learned = payment(json)
            else { return nil }
            return .observed(step: step, purpose: purpose, observation, learned: learned)
        default: return rest(kind, json)
        }
    }

    private static func rest(_ kind: String, _ json: JSONValue) -> PaymentEvent? {
        let step = json["step"]?.int
        switch kind {
        case "skipped": return both(step, json["why"]?.string).map { .skipped(step: $0, why: $1) }
        case "stated": return json["fact"]?.string.flatMap(Fact.init(rawValue:)).map { .stated($0) }
        case "booked": return booking(json).map { .booked($0) }
        case "refused": return reason(json).map { .refused($0) }
        case "answeredEarly":
            guard let exchange = json["exchange"]?.int, let outcome = outcome(json["outcome"]) else { return nil }
            return .answeredEarly(exchange: exchange, outcome, why: json["why"]?.string ?? "")
        case "parked": return both(step, json["why"]?.string).map { .parked(step: $0, why: $1) }
        case "resolved":
            guard let step, let outcome = outcome(json["as"]), let by = json["by"]?.string,
                let evidence = json["evidence"]?.string
            else { return nil }
            return .resolved(step: step, as: outcome, by: by, evidence: evidence)
        case "contradicted": return both(step, json["says"]?.string).map { .contradicted(step: $0, says: $1) }
        case "finished": return outcome(json["outcome"]).map { .finished($0) }
        default: return nil
        }
    }

    private static func both(_ step: Int?, _ text: String?) -> (Int, String)? {
        guard let step, let text else { return nil }
        return (step, text)
    }

    private static func asked(_ json: JSONValue) -> PaymentEvent? {
        guard let step = json["step"]?.int, let purpose = purpose(json), let exchange = json["exchange"]?.int,
            let learned = payment(json)
        else { return nil }
        let losses = (json["losses"]?.array ?? []).compactMap { loss -> Loss? in
            guard let message = loss["message"]?.string, let field = loss["field"]?.string else { return nil }
            return Loss(message: message, field: field, why: loss["why"]?.string ?? "")
        }
        return .asked(
            step: step, purpose: purpose, exchange: exchange, deadline: instant(json["deadline"]), learned: learned,
            losses: losses)
    }

    private static func payment(_ json: JSONValue) -> Payment? { json["payment"].flatMap(PaymentCodec.read) }
    private static func purpose(_ json: JSONValue) -> Purpose? {
        json["purpose"]?.string.flatMap(Purpose.init(rawValue:))
    }
    private static func outcome(_ json: JSONValue?) -> PaymentOutcome? {
        json?.string.flatMap(PaymentOutcome.init(rawValue:))
    }
    private static func instant(_ json: JSONValue?) -> Instant? {
        json?.string.flatMap { Int64($0) }.map { Instant(nanoseconds: $0) }
    }

    private static func origin(_ json: JSONValue) -> Origin? {
        guard let tenant = json["tenant"]?.string, let network = json["network"]?.string,
            let peer = json["peer"]?.string, let kind = json["kind"]?.string.flatMap(PaymentKind.init(rawValue:))
        else { return nil }
        return Origin(
            tenant: tenant, network: network, peer: peer, kind: kind, contentHash: json["contentHash"]?.string ?? "",
            answerBy: instant(json["answerBy"]), trace: json["trace"]?.string)
    }

    private static func reason(_ json: JSONValue) -> Reason? {
        guard let canonical = json["reason"]?.string else { return nil }
        return Reason(
            canonical, network: json["network"]?.string, foreign: json["foreign"]?.string,
            detail: json["detail"]?.string)
    }

    private static func observation(_ json: JSONValue) -> Observation? {
        let why = json["why"]?.string ?? ""
        switch json["outcome"]?.string {
        case "done": return .done
        case "pending": return .pending
        case "refused": return reason(json).map { .refused($0) }
        case "absent": return reason(json).map { .absent($0) }
        case "unknown": return .unknown(why)
        case "unsent": return .unsent(why)
        case "failed": return .failed(why)
        case "review": return reason(json).map { .review($0) }
        default: return nil
        }
    }

    private static func booking(_ json: JSONValue) -> Booking? {
        guard let says = json["says"]?.string, let array = json["entries"]?.array else { return nil }
        let entries = array.compactMap { entry -> LedgerEntry? in
            guard let account = entry["account"]?.string.flatMap(LedgerAccount.init(rawValue:)),
                let network = entry["network"]?.string, let text = entry["amount"]?.string,
                case .money(let amount)? = FieldKind.money.value(from: text)
            else { return nil }
            return LedgerEntry(account, network, amount)
        }
        guard entries.count == array.count else { return nil }
        return Booking(says, entries)
    }
}

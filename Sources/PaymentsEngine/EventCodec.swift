import FormatJSON
public import Payments

/// The journal's words: every `PaymentEvent` as a kind and a JSON body. Old kinds stay readable for ever.
public enum EventCodec {
    public static func encode(_ event: PaymentEvent) -> (kind: String, body: [UInt8]) {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        let kind = write(event, &json)
        json.endObject()
        return (kind, json.bytes)
    }

    private static func write(_ event: PaymentEvent, _ json: inout JSONWriter) -> String {
        switch event {
        case .received(let origin, let payment):
            writeOrigin(origin, &json)
            writePayment(payment, &json)
            return "received"
        case .routed(let decision):
            RouteCodec.write(decision, &json)
            return "routed"
        case .planned(let flow, let version, let tables, let steps):
            json.member("flow", flow)
            json.member("version", version)
            if let tables { json.member("tables", tables) }
            json.key("steps")
            json.beginArray()
            for step in steps { json.string(step) }
            json.endArray()
            return "planned"
        case .asked(let step, let purpose, let exchange, let deadline, let learned, let losses):
            writeStep(step, purpose, &json)
            json.key("exchange")
            json.number(exchange)
            if let deadline { json.member("deadline", String(deadline.nanoseconds)) }
            writePayment(learned, &json)
            writeLosses(losses, &json)
            return "asked"
        case .observed(let step, let purpose, let observation, let learned):
            writeStep(step, purpose, &json)
            writeObservation(observation, &json)
            writePayment(learned, &json)
            return "observed"
        default: return writeRest(event, &json)
        }
    }

    private static func writeRest(_ event: PaymentEvent, _ json: inout JSONWriter) -> String {
        switch event {
        case .skipped(let step, let why):
            writeStep(step, nil, &json)
            json.member("why", why)
            return "skipped"
        case .stated(let fact):
            json.member("fact", fact.rawValue)
            return "stated"
        case .booked(let booking):
            writeBooking(booking, &json)
            return "booked"
        case .refused(let reason):
            writeReason(reason, &json)
            return "refused"
        case .answeredEarly(let exchange, let outcome, let why):
            json.key("exchange")
            json.number(exchange)
            json.member("outcome", outcome.rawValue)
            json.member("why", why)
            return "answeredEarly"
        case .parked(let step, let why):
            writeStep(step, nil, &json)
            json.member("why", why)
            return "parked"
        case .resolved(let step, let outcome, let by, let evidence):
            writeStep(step, nil, &json)
            json.member("as", outcome.rawValue)
            json.member("by", by)
            json.member("evidence", evidence)
            return "resolved"
        case .contradicted(let step, let says):
            writeStep(step, nil, &json)
            json.member("says", says)
            return "contradicted"
        case .finished(let outcome):
            json.member("outcome", outcome.rawValue)
            return "finished"
        case .received, .routed, .planned, .asked, .observed: preconditionFailure("written above")
        }
    }

    private static func writeStep(_ step: Int, _ purpose: Purpose?, _ json: inout JSONWriter) {
        json.key("step")
        json.number(step)
        if let purpose { json.member("purpose", purpose.rawValue) }
    }

    private static func writePayment(_ payment: Payment, _ json: inout JSONWriter) {
        json.key("payment")
        PaymentCodec.write(payment, into: &json)
    }

    private static func writeOrigin(_ origin: Origin, _ json: inout JSONWriter) {
        json.member("tenant", origin.tenant)
        json.member("network", origin.network)
        json.member("peer", origin.peer)
        json.member("kind", origin.kind.rawValue)
        json.member("contentHash", origin.contentHash)
        if let answerBy = origin.answerBy { json.member("answerBy", String(answerBy.nanoseconds)) }
        if let trace = origin.trace { json.member("trace", trace) }
    }

    private static func writeReason(_ reason: Reason, _ json: inout JSONWriter) {
        json.member("reason", reason.canonical)
        if let network = reason.network { json.member("network", network) }
        if let foreign = reason.foreign { json.member("foreign", foreign) }
        if let detail = reason.detail { json.member("detail", detail) }
    }

    private static func writeObservation(_ observation: Observation, _ json: inout JSONWriter) {
        switch observation {
        case .done: json.member("outcome", "done")
        case .pending: json.member("outcome", "pending")
        case .refused(let reason):
            json.member("outcome", "refused")
            writeReason(reason, &json)
        case .absent(let reason):
            json.member("outcome", "absent")
            writeReason(reason, &json)
        case .unknown(let why):
            json.member("outcome", "unknown")
            json.member("why", why)
        case .unsent(let why):
            json.member("outcome", "unsent")
            json.member("why", why)
        case .failed(let why):
            json.member("outcome", "failed")
            json.member("why", why)
        case .review(let reason):
            json.member("outcome", "review")
            writeReason(reason, &json)
        }
    }

    private static func writeLosses(_ losses: [Loss], _ json: inout JSONWriter) {
        guard !losses.isEmpty else { return }
        json.key("losses")
        json.beginArray()
        for loss in losses {
            json.beginObject()
            json.member("message", loss.message)
            json.member("field", loss.field)
            json.member("why", loss.why)
            json.endObject()
        }
        json.endArray()
    }

    private static func writeBooking(_ booking: Booking, _ json: inout JSONWriter) {
        json.member("says", booking.says)
        json.key("entries")
        json.beginArray()
        for entry in booking.entries {
            json.beginObject()
            json.member("account", entry.account.rawValue)
            json.member("network", entry.network)
            json.member("amount", FieldValue.money(entry.amount).text)
            json.endObject()
        }
        json.endArray()
    }
}

/// The stored route decision.
enum RouteCodec {
    static func write(_ decision: RouteDecision, _ json: inout JSONWriter) {
        json.member("version", decision.version)
        json.key("line")
        json.number(decision.line)
        switch decision.target {
        case .network(let name): json.member("to", name)
        case .onUs: json.member("to", "on-us")
        case .refuse(let reason): json.member("refuse", reason)
        }
        json.key("alternates")
        json.beginArray()
        for alternate in decision.alternates { json.string(alternate) }
        json.endArray()
        json.member("flow", decision.flow)
        json.member("note", decision.note)
    }

    static func read(_ json: JSONValue) -> RouteDecision? {
        guard let version = json["version"]?.string, let line = json["line"]?.int, let flow = json["flow"]?.string
        else { return nil }
        let target: RouteTarget
        if let reason = json["refuse"]?.string {
            target = .refuse(reason)
        } else if let to = json["to"]?.string {
            target = to == "on-us" ? .onUs : .network(to)
        } else {
            return nil
        }
        return RouteDecision(
            version: version, line: line, target: target,
            alternates: json["alternates"]?.array?.compactMap(\.string) ?? [], flow: flow,
            note: json["note"]?.string ?? "")
    }
}

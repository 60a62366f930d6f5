public import FormatJSON
public import Payments
public import PaymentsEngine

/// Everything about one payment: what an integrator and an operator see, from the journal alone.
public struct PaymentPage: Sendable {
    public let record: PaymentRecord
    let happenings: [Replay.Happening]

    /// Throws when the store cannot be read or knows no such payment.
    public init?(_ id: PaymentID, engine: Engine) async throws(StoreError) {
        guard let history = try await engine.history(of: id) else { return nil }
        record = history.record
        happenings = history.happenings
    }

    public init(record: PaymentRecord, events: [StoredEvent]) {
        self.record = record
        happenings = Replay.happenings(events)
    }

    public func json(explain: (RouteQuestion) -> [RouteMiss]) -> JSONValue {
        var page = JSONObject()
        page["id"] = .string(record.id.text)
        page["kind"] = record.origin.map { .string($0.kind.rawValue) }
        page["tenant"] = record.origin.map { .string($0.tenant) }
        page["origin"] = record.origin.map { .string($0.network) }
        page["network"] = record.network.map { .string($0) }
        page["stage"] = .string(record.stage)
        page["outcome"] = record.outcome.map { .string($0.rawValue) }
        page["reason"] = record.outcome == .settled ? nil : record.reason.map(Self.reason)
        page["facts"] = .array(record.facts.all.map { .string($0.rawValue) })
        page["parked"] = record.parked.map { .string($0) }
        if !record.contradictions.isEmpty {
            page["contradictions"] = .array(record.contradictions.map { .string($0) })
        }
        page["original"] = record.payment.id.original.map { .string($0) }
        page["terms"] = terms
        page["confirmation"] = confirmation
        page["receivedAt"] = record.receivedAt.map { .string($0.text) }
        page["changedAt"] = record.changedAt.map { .string($0.text) }
        page["route"] = route(explain)
        page["steps"] = steps
        page["timeline"] = timeline
        page["losses"] = .array(record.losses.map(Self.loss))
        page["bookings"] = .array(record.bookings.map(Self.booking))
        page["payment"] = canonical
        return .object(page)
    }

    /// A row of a list.
    public static func row(_ view: PaymentView) -> JSONValue {
        .members([
            "id": .string(view.id.text), "kind": .string(view.kind), "origin": .string(view.origin),
            "network": view.network.map { .string($0) }, "stage": .string(view.stage),
            "outcome": view.outcome.map { .string($0) }, "reason": view.reason.map { .string($0) },
            "amount": view.amount.map { .string($0.decimal(atLeast: $0.currency.exponent)) },
            "currency": view.amount.map { .string($0.currency.code) }, "endToEndId": view.endToEnd.map { .string($0) },
            "debtor": view.debtor.map { .string($0) }, "creditor": view.creditor.map { .string($0) },
            "receivedAt": .string(view.receivedAt.text), "changedAt": .string(view.changedAt.text),
        ])
    }

    private func route(_ explain: (RouteQuestion) -> [RouteMiss]) -> JSONValue? {
        guard let route = record.route, let origin = record.origin else { return nil }
        let to: String
        switch route.target {
        case .network(let name): to = name
        case .onUs: to = "on-us"
        case .refuse(let reason): to = "refuse:\(reason)"
        }
        let date = (record.receivedAt ?? Instant(nanoseconds: 0)).date
        var question = RouteQuestion(
            tenant: origin.tenant, kind: origin.kind, from: origin.network, payment: record.payment, date: date)
        question.table = route.version
        let misses = explain(question).prefix(100).map { miss in
            JSONValue.members(["line": .integer(miss.line), "column": .string(miss.column)])
        }
        return .members([
            "to": .string(to), "flow": .string(route.flow), "line": .integer(route.line), "note": .string(route.note),
            "version": .string(route.version), "earlierRowsThatDidNotMatch": .array(Array(misses)),
        ])
    }

    private var steps: JSONValue {
        guard let flow = record.flow else { return .array([]) }
        return .array(
            zip(flow.steps, record.steps).map { row, step in
                .members([
                    "step": .string(row.name), "hop": .string(row.hop.rawValue), "does": .string(row.verb.rawValue),
                    "state": .string(step.state.rawValue), "attempts": .integer(step.attempts),
                    "queries": .integer(step.queries), "reason": step.reason.map(Self.reason),
                    "doubt": step.state == .unknown ? step.doubt.map { .string($0) } : nil,
                ])
            })
    }

    /// The ten hops as they happened, each with the time since the one before.
    public var timeline: JSONValue {
        var previous: Instant?
        var lines: [JSONValue] = []
        for happening in happenings {
            guard let line = TimelineLine(happening.event, flow: record.flow) else { continue }
            lines.append(
                .members([
                    "hop": .string(line.hop.rawValue), "at": .string(happening.time.text),
                    "afterMicroseconds": .integer(
                        (happening.time.nanoseconds - (previous ?? happening.time).nanoseconds) / 1000),
                    "says": .string(line.says),
                ]))
            previous = happening.time
        }
        return .array(lines)
    }

    private var canonical: JSONValue {
        var writer = JSONWriter()
        PaymentCodec.write(record.payment.withoutSecrets, into: &writer)
        return (try? JSONValue.parse(writer.bytes)) ?? .null
    }

    private static func reason(_ reason: Reason) -> JSONValue {
        .members([
            "canonical": .string(reason.canonical), "network": reason.network.map { .string($0) },
            "code": reason.foreign.map { .string($0) }, "detail": reason.detail.map { .string($0) },
        ])
    }

    private static func loss(_ loss: Loss) -> JSONValue {
        ["message": .string(loss.message), "field": .string(loss.field), "why": .string(loss.why)]
    }

    private static func booking(_ booking: Booking) -> JSONValue {
        let entries = booking.entries.map { entry -> JSONValue in
            [
                "account": .string(entry.account.rawValue), "network": .string(entry.network),
                "amount": .string("\(entry.amount)"),
            ]
        }
        return ["says": .string(booking.says), "entries": .array(entries)]
    }
}

extension Payment {
    /// The payment as pages may show it: the fulfilment is a proof of payment until it is sent.
    var withoutSecrets: Payment {
        var shown = self
        shown.terms.fulfilment = nil
        return shown
    }
}

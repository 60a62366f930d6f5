import FormatJSON
import Payments
import PaymentsEngine

/// What the rules table was asked and what it answered, out of the journal: page by page, oldest first.
///
///     GET /decisions?tenant=bank-a&from=2026-11-01&until=2026-12-01&limit=200&after=ID
///
/// `until` is not included; `after` is the payment that the page before ended with.
struct DecisionsDesk: Sendable {
    struct Query: Sendable, Equatable {
        /// Payments on one page.
        static let most = 500

        var tenant: String
        var from: CivilDate
        var until: CivilDate
        var after: PaymentID?
        var limit = 200

        init(tenant: String, from: CivilDate, until: CivilDate) {
            self.tenant = tenant
            self.from = from
            self.until = until
        }

        /// Reads the query of a URL; nil when it asks for something else.
        init?(_ text: String) {
            var values: [String: String] = [:]
            for pair in text.split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { return nil }
                values[parts[0]] = parts[1]
            }
            guard values.keys.allSatisfy({ ["tenant", "from", "until", "after", "limit"].contains($0) }),
                let tenant = values["tenant"], let from = values["from"].flatMap({ CivilDate($0) }),
                let until = values["until"].flatMap({ CivilDate($0) })
            else { return nil }
            self.init(tenant: tenant, from: from, until: until)
            if let text = values["after"] {
                guard let id = PaymentID(text) else { return nil }
                after = id
            }
            if let text = values["limit"] {
                guard let number = Int(text), (1...Query.most).contains(number) else { return nil }
                limit = number
            }
        }

        var text: String {
            "tenant=\(tenant)&from=\(from.text)&until=\(until.text)&limit=\(limit)"
                + (after.map { "&after=\($0.text)" } ?? "")
        }
    }

    let store: any PaymentStore
    let tenants: [String]

    /// Nil when the request is about something else.
    func handle(_ request: WireRequest) async -> WireReply? {
        guard request.method == "GET", request.path == "/decisions" else { return nil }
        guard let query = Query(request.query) else {
            return reply(
                400, ["error": "write tenant, from and until (dates), after (a payment's id), limit (1 to 500)"])
        }
        guard tenants.contains(query.tenant) else {
            return reply(404, ["error": .string("no tenant is named \(query.tenant)")])
        }
        do throws(StoreError) {
            return reply(200, try await page(query))
        } catch {
            return reply(503, ["error": "the store is not available"])
        }
    }

    func page(_ query: Query) async throws(StoreError) -> JSONValue {
        let ids = try await store.payments(
            of: query.tenant, receivedFrom: Instant(seconds: query.from.dayNumber * 86_400),
            until: Instant(seconds: query.until.dayNumber * 86_400), after: query.after, limit: query.limit)
        var decisions: [JSONValue] = []
        for id in ids {
            if let decision = StoredDecision(id, try await store.events(of: id, after: 0)) {
                decisions.append(decision.json)
            }
        }
        let last = ids.count == query.limit ? ids.last.map { JSONValue.string($0.text) } : nil
        return .members(["decisions": .array(decisions), "seen": .integer(ids.count), "after": last])
    }

    private func reply(_ status: Int, _ json: JSONValue) -> WireReply {
        WireReply(status: status, headers: [WireHeader("Content-Type", "application/json")], body: json.bytes())
    }
}

/// A payment's question and the answer that it got, as the journal holds them.
struct StoredDecision: Equatable {
    let payment: PaymentID
    /// The day is the one on which the payment was received.
    let question: RouteQuestion
    let decision: RouteDecision

    /// The first decision: that of the table. A later one is an alternate's. Nil when none was asked for.
    init?(_ payment: PaymentID, _ events: [StoredEvent]) {
        var question: RouteQuestion?
        for stored in events {
            switch EventCodec.decode(kind: stored.kind, body: stored.body) {
            case .received(let origin, let ordered):
                question = RouteQuestion(
                    tenant: origin.tenant, kind: origin.kind, from: origin.network, payment: ordered,
                    date: stored.time.date)
            case .routed(let decision):
                guard let question else { return nil }
                self.payment = payment
                self.question = question
                self.decision = decision
                return
            default: break
            }
        }
        return nil
    }

    var json: JSONValue {
        .members([
            "payment": .string(payment.text), "tenant": .string(question.tenant),
            "kind": .string(question.kind.rawValue), "from": .string(question.from),
            "date": .string(question.date.text), "debtor": names(question.debtor),
            "creditor": names(question.creditor), "agents": .array(question.creditorAgents.map { .string($0) }),
            "currency": question.amount.map { .string($0.currency.code) },
            "amount": question.amount.map { .string($0.decimal(atLeast: 0)) },
            "purpose": question.purpose.map { .string($0) }, "to": .string(decision.target.description),
            "flow": .string(decision.flow), "line": .integer(decision.line), "version": .string(decision.version),
        ])
    }

    init?(_ json: JSONValue) {
        guard let payment = json["payment"]?.string.flatMap({ PaymentID($0) }), let tenant = json["tenant"]?.string,
            let kind = json["kind"]?.string.flatMap(PaymentKind.init(rawValue:)), let from = json["from"]?.string,
            let date = json["date"]?.string.flatMap({ CivilDate($0) }), let to = json["to"]?.string,
            let flow = json["flow"]?.string, let line = json["line"]?.int, let version = json["version"]?.string
        else { return nil }
        var question = RouteQuestion(tenant: tenant, kind: kind, from: from, payment: Payment(), date: date)
        question.debtor = StoredDecision.identifiers(json["debtor"])
        question.creditor = StoredDecision.identifiers(json["creditor"])
        question.creditorAgents = (json["agents"]?.array ?? []).compactMap(\.string)
        question.purpose = json["purpose"]?.string
        if let text = json["amount"]?.string {
            guard let currency = json["currency"]?.string.flatMap({ Currency($0) }),
                let amount = try? Money(text, currency)
            else { return nil }
            question.amount = amount
        }
        self.payment = payment
        self.question = question
        let target: RouteTarget =
            to == "on-us" ? .onUs : to.hasPrefix("refuse:") ? .refuse(String(to.dropFirst(7))) : .network(to)
        decision = RouteDecision(
            version: version, line: line, target: target, alternates: [], flow: flow, note: "")
    }

    private func names(_ identifiers: [Identifier]) -> JSONValue {
        .array(
            identifiers.compactMap { identifier in
                guard let kind = identifier.kind, let value = identifier.value else { return nil }
                return .array([.string(kind), .string(value)])
            })
    }

    private static func identifiers(_ json: JSONValue?) -> [Identifier] {
        (json?.array ?? []).compactMap { pair in
            guard let kind = pair[0]?.string, let value = pair[1]?.string else { return nil }
            return Identifier(kind, value)
        }
    }
}

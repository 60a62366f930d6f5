import FormatJSON
public import Payments
public import PaymentsEngine

/// The bank's own channels: a JSON API to order payments and to see what became of them.
///
///     POST /v1/payments                order a payment; Idempotency-Key required
///     GET  /v1/payments/{id}           facts, the ten-hop timeline, the route decision, losses
///     GET  /v1/payments?stage=...      newest first, paged by `before`
public struct Channel: Sendable {
    /// The name under which routes and records know this origin.
    public static let network = "channel"

    let engine: Engine
    let keys: APIKeys
    let explain: @Sendable (RouteQuestion) -> [RouteMiss]
    let identifierKinds: Set<String>

    /// - Parameters:
    ///   - explain: why earlier rows of the routing table did not match.
    ///   - identifierKinds: kinds of identifiers that orders may use (`mappings/codes/identifiers.tsv`).
    public init(
        engine: Engine, keys: APIKeys, identifierKinds: Set<String>,
        explain: @escaping @Sendable (RouteQuestion) -> [RouteMiss]
    ) {
        self.engine = engine
        self.keys = keys
        self.identifierKinds = identifierKinds
        self.explain = explain
    }

    public func handle(_ request: WireRequest) async -> WireReply {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        guard parts.count >= 2, parts[0] == "v1", parts[1] == "payments", parts.count <= 3 else {
            return Problem.notFound(request.path).reply
        }
        guard let caller = keys.caller(of: request) else { return Problem.unauthorized.reply }
        switch (request.method, parts.count) {
        case ("POST", 2): return await order(request, caller)
        case ("GET", 2): return await list(request, caller)
        case ("GET", 3): return await show(parts[2], caller)
        default:
            return Problem.methodNotAllowed(request.method, allowed: parts.count == 2 ? "GET, POST" : "GET").reply
        }
    }

    /// What a door says of a request that never reached the API.
    public static func problem(status: Int, says: String) -> WireReply {
        Problem.atTheDoor(status, says).reply
    }

    // MARK: order

    private func order(_ request: WireRequest, _ caller: APIKeys.Caller) async -> WireReply {
        guard isJSON(request) else { return Problem.notJSON.reply }
        guard let key = request.header("Idempotency-Key"), (1...128).contains(key.utf8.count) else {
            return Problem.idempotencyKeyMissing.reply
        }
        let payment: Payment
        let hash: String
        do throws(Problem) {
            let order = try OrderReader(kinds: identifierKinds).read(request.body)
            payment = order.payment
            hash = order.contentHash
        } catch {
            return error.reply
        }
        let name = Correlation("\(Channel.network)/\(caller.tenant)/order", key)
        let inbound = Inbound(
            .opens(.transfer, payment), keys: [name], message: "POST /v1/payments", contentHash: hash,
            duplicate: DuplicateRule(sameContent: .replay, otherContent: .refuse("duplicate")))
        let sender = Sender(
            tenant: caller.tenant, network: Channel.network, peer: caller.key, trace: TraceContext(of: request))
        let raw = ArchivedMessage(
            direction: .received, peer: caller.key, message: inbound.message, time: engine.now, bytes: request.body)
        switch await engine.open(inbound, from: sender, raw: raw) {
        case .opened(let id), .repeated(let id): return await ordered(id, request, caller)
        case .otherContent(let id), .refusedRepeat(let id):
            await engine.refused(
                RefusedMessage(
                    tenant: caller.tenant, network: Channel.network, peer: caller.key, message: inbound.message,
                    subject: id.text, why: "the Idempotency-Key stands for an order with other content"))
            return Problem.keyReused(key, id).reply
        case .busy(let why): return Problem.busy(why).reply
        }
    }

    /// 202 with the payment as it stands; `Prefer: wait=SECONDS` waits for its end first (RFC 7240 §4.3).
    private func ordered(_ id: PaymentID, _ request: WireRequest, _ caller: APIKeys.Caller) async -> WireReply {
        if let seconds = waitSeconds(request) {
            await engine.waitForOutcome(of: id, until: engine.now.adding(milliseconds: seconds * 1000))
        }
        guard let shown = await shown(id, caller) else { return Problem.busy("the payment cannot be read now").reply }
        var reply = jsonReply(shown.finished ? 200 : 202, shown.json)
        reply.headers.append(WireHeader("Location", "/v1/payments/\(id)"))
        return reply
    }

    private func waitSeconds(_ request: WireRequest) -> Int64? {
        // Several preferences may stand in one field or in several, each with blanks around it and perhaps quoted.
        for field in request.headers where field.name.lowercased() == "prefer" {
            for preference in field.value.split(separator: ",") {
                let words = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(MediaType.trimmed)
                guard words.count == 2, words[0].lowercased() == "wait", let seconds = Int64(words[1]) else { continue }
                return min(max(seconds, 0), 60)
            }
        }
        return nil
    }

    private func isJSON(_ request: WireRequest) -> Bool {
        request.header("Content-Type").map(MediaType.isJSON) ?? false
    }

    // MARK: read

    private func show(_ text: String, _ caller: APIKeys.Caller) async -> WireReply {
        guard let id = PaymentID(text) else { return Problem.notFound("payment \(text)").reply }
        guard let shown = await shown(id, caller) else { return Problem.notFound("payment \(text)").reply }
        return jsonReply(200, shown.json)
    }

    private func shown(_ id: PaymentID, _ caller: APIKeys.Caller) async -> (json: JSONValue, finished: Bool)? {
        guard let page = try? await PaymentPage(id, engine: engine), page.record.origin?.tenant == caller.tenant else {
            return nil
        }
        return (page.json(explain: explain), page.record.outcome != nil)
    }

    private func list(_ request: WireRequest, _ caller: APIKeys.Caller) async -> WireReply {
        do throws(Problem) {
            let query = try ListQuery.read(request.query, tenant: caller.tenant)
            guard let views = try? await engine.store.list(query) else {
                return Problem.busy("the store is not available").reply
            }
            let next = views.count == query.limit ? views.last.map { JSONValue.string($0.id.text) } : nil
            return jsonReply(
                200, .members(["payments": .array(views.map(PaymentPage.row)), "before": next]))
        } catch {
            return error.reply
        }
    }
}

func jsonReply(_ status: Int, _ json: JSONValue) -> WireReply {
    WireReply(status: status, headers: [WireHeader("Content-Type", "application/json")], body: json.bytes())
}

extension Channel {
    /// The channel as an origin of payments: how a payment ended is read at its page, so nothing is sent.
    public static func adapter() -> Adapter {
        Adapter(
            name: network, capabilities: Capabilities(verbs: [.notify]),
            decode: { _, _ throws(Refusal) in
                throw Refusal(
                    .wire, Reason("malformed"), rule: "channel", says: "the channel API reads its own requests")
            },
            refuse: { refusal, _, _ in Problem.malformed(refusal.says, path: refusal.path).reply },
            compose: { _ throws(Refusal) in
                Composed(.nothing("the order's page shows how it ended"), message: "GET /v1/payments")
            },
            read: { _, _ in Heard(.done) }, takeUp: { _, _, _ in Heard(.refused(Reason("internalError"))) },
            report: { _, _ throws(Refusal) in
                Composed(.nothing("the order's page shows its state"), message: "GET /v1/payments")
            })
    }
}

import FormatJSON
import Payments
import PaymentsEngine

/// Ordering payments, and the payer's own word on them while they are under way.
extension Channel {
    func order(_ call: Call) async throws(Problem) -> ChannelReply {
        let key = try idempotencyKey(call)
        let order = try OrderReader(kinds: identifierKinds).read(call.request.body)
        let name = Correlation("\(Channel.network)/\(call.caller.tenant)/order", key)
        let inbound = Inbound(
            .opens(.transfer, order.payment), keys: [name], message: "POST /v1/payments",
            contentHash: order.contentHash,
            duplicate: DuplicateRule(sameContent: .replay, otherContent: .refuse("duplicate")))
        switch await open(inbound, call) {
        case .opened(let id), .repeated(let id): return try await pageWhenEnded(id, call)
        case .otherContent(let id), .refusedRepeat(let id): throw await reused(key, id, call)
        case .busy(let why): throw .busy(why)
        }
    }

    func idempotencyKey(_ call: Call) throws(Problem) -> String {
        guard let key = call.value(.idempotencyKey), (1...128).contains(key.utf8.count) else {
            throw .idempotencyKeyMissing
        }
        return key
    }

    func open(_ inbound: Inbound, _ call: Call) async -> Opening {
        let sender = Sender(
            tenant: call.caller.tenant, network: Channel.network, peer: call.caller.key,
            trace: TraceContext(of: call.request))
        return await engine.open(inbound, from: sender, raw: raw(call))
    }

    /// The request as the archive keeps it.
    func raw(_ call: Call) -> ArchivedMessage {
        ArchivedMessage(
            direction: .received, peer: call.caller.key,
            message: "\(call.operation.method.rawValue) \(call.operation.path)", time: engine.now,
            bytes: call.request.body)
    }

    /// Notes in the audit log that a key was used for something else.
    func reused(_ key: String, _ id: PaymentID, _ call: Call) async -> Problem {
        await engine.refused(
            RefusedMessage(
                tenant: call.caller.tenant, network: Channel.network, peer: call.caller.key,
                message: "\(call.operation.method.rawValue) \(call.operation.path)", subject: id.text,
                why: "the Idempotency-Key stands for an order with other content"))
        return .keyReused(key, id)
    }

    func show(_ call: Call) async throws(Problem) -> ChannelReply {
        .json(200, try await json(of: ownPage(try call.payment(), call.caller)))
    }

    // MARK: the payer's word

    func confirm(_ call: Call) async throws(Problem) -> ChannelReply {
        let body = try BodyReader(call.request.body)
        try body.known("$", ["accept"])
        guard let isAccepted = body.json["accept"]?.bool else {
            throw .invalid("write true for yes or false for no", at: "$.accept")
        }
        let id = try await ordered(call)
        let steering = await engine.confirm(id, accepted: isAccepted, raw: raw(call))
        return try await steered(steering, id, call)
    }

    func cancel(_ call: Call) async throws(Problem) -> ChannelReply {
        let body = try BodyReader(call.request.body)
        try body.known("$", ["reason"])
        guard let why = try body.text(body.json, "reason", at: "$", limit: 140) else {
            throw .invalid("is missing: say why in up to 140 characters", at: "$.reason")
        }
        let id = try await ordered(call)
        return try await steered(await engine.cancel(id, why: why, raw: raw(call)), id, call)
    }

    /// A payment that one of the bank's own channels ordered.
    private func ordered(_ call: Call) async throws(Problem) -> PaymentID {
        let id = try call.payment()
        let page = try await ownPage(id, call.caller)
        guard page.record.origin?.network == Channel.network else {
            let origin = page.record.origin?.network ?? "another"
            throw .notPossible("the payment was ordered by \(origin), not by a channel")
        }
        return id
    }

    private func steered(_ steering: Steering, _ id: PaymentID, _ call: Call) async throws(Problem) -> ChannelReply {
        switch steering {
        case .done: return try await pageWhenEnded(id, call)
        case .notPossible(let why): throw .notPossible(why)
        case .unknownPayment: throw .notFound("payment \(id)")
        case .busy(let why): throw Problem(.busy, "\(why). Nothing was changed: repeat the request.")
        }
    }
}

import FormatJSON

/// A channel of a bank: orders payments by the gateway's JSON API.
struct ChannelClient: Sendable {
    let tenant: String
    let client: LabClient
    let base: String

    struct Order: Sendable {
        var from: Cast.Customer
        var toKind: String
        var toValue: String
        /// The creditor's agent, where the network needs it named.
        var agentBIC: String?
        var amount: String
        var currency = Cast.currency
        var remittance: String?
        /// The creditor's, where the agent is named.
        var name = "Somebody"
        /// The payer wants to see the terms first.
        var needsConfirmation = false
        /// `YYYY-MM-DD`
        var executionDate: String?

        var json: JSONValue {
            let creditor: JSONValue =
                agentBIC.map { bic in
                    [
                        "name": .string(name), "account": ["kind": .string(toKind), "value": .string(toValue)],
                        "agent": ["bic": .string(bic)],
                    ]
                } ?? ["name": .string(name), "identifier": ["kind": .string(toKind), "value": .string(toValue)]]
            return .members([
                "amount": .string(amount), "currency": .string(currency),
                "debtor": [
                    "name": .string(from.name), "account": ["kind": "ACCOUNT_ID", "value": .string(from.account)],
                ],
                "creditor": creditor, "remittance": remittance.map { .string($0) },
                "confirmation": needsConfirmation ? "required" : nil,
                "requestedExecutionDate": executionDate.map { .string($0) },
            ])
        }
    }

    struct Answer: Sendable {
        var status: Int
        var json: JSONValue

        var id: String { json["id"]?.string ?? "" }
        /// The body itself where it tells no outcome.
        var outcome: String { json["outcome"]?.string ?? "none: HTTP \(status) \(json)" }
        var reason: String { json.at("reason.canonical")?.string ?? "" }
        var code: String { json.at("reason.code")?.string ?? "" }
    }

    /// POST /v1/payments; `wait` asks the gateway to answer when the payment has ended, or after so many seconds.
    func pay(_ order: Order, key: String = FSPIOPRules.newIdentifier(), wait: Int = 20) async throws -> Answer {
        try await post(order.json.bytes(), key: key, wait: wait)
    }

    func post(_ body: [UInt8], key: String?, wait: Int = 0, apiKey: String? = nil) async throws -> Answer {
        try await post("/v1/payments", body, key: key, wait: wait, apiKey: apiKey)
    }

    /// POST to a path of the API, such as `/v1/payments/{id}/cancel`.
    func post(
        _ path: String, _ body: [UInt8], key: String? = nil, wait: Int = 0, apiKey: String? = nil
    ) async throws -> Answer {
        var request = LabRequest(
            method: "POST", path: path,
            headers: [
                ("Authorization", "Bearer \(apiKey ?? Cast.apiKey(tenant))"), ("Content-Type", "application/json"),
            ], body: body)
        if let key { request.setHeader("Idempotency-Key", key) }
        if wait > 0 { request.setHeader("Prefer", "wait=\(wait)") }
        return try Self.answer(await client.send(request, to: base, milliseconds: (wait + 10) * 1000))
    }

    /// GET /v1/payments/{id}
    func show(_ id: String) async throws -> Answer { try await get("/v1/payments/\(id)") }

    /// GET of any path of the API; `wait` as for orders.
    func get(_ path: String, wait: Int = 0) async throws -> Answer {
        var request = LabRequest(
            method: "GET", path: path, headers: [("Authorization", "Bearer \(Cast.apiKey(tenant))")])
        if wait > 0 { request.setHeader("Prefer", "wait=\(wait)") }
        return try Self.answer(await client.send(request, to: base, milliseconds: (wait + 10) * 1000))
    }

    private static func answer(_ outcome: LabOutcome) throws -> Answer {
        switch outcome {
        case .failed(let why): throw LabFailure("the channel API did not answer: \(why)")
        case .replied(let reply):
            let json = (try? JSONValue.parse(reply.body)) ?? .null
            return Answer(status: reply.status, json: json)
        }
    }
}

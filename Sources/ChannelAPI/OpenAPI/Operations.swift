import FormatJSON

/// All that the API can do. The router, the document at /openapi.json and the tests read this table, so they cannot
/// tell different things.
extension Channel {
    static let operations: [Operation] = payments + steering + others

    private static let page = [
        Operation.Answer(status: 200, says: "The payment has ended.", schema: "Payment"),
        Operation.Answer(status: 202, says: "It goes on; Location says where to look.", schema: "Payment"),
    ]

    private static let payments: [Operation] = [
        Operation(
            method: .post, path: "/v1/payments", id: "orderPayment",
            says: "Orders a payment. Safe to repeat with the same Idempotency-Key.",
            parameters: [.idempotencyKey, .prefer], body: Operation.Body(schema: "Order", example: Examples.order),
            answers: page, problems: [.idempotencyKey, .invalid, .keyReused],
            handler: { channel, call throws(Problem) in try await channel.order(call) }),
        Operation(
            method: .get, path: "/v1/payments", id: "listPayments",
            says: "Payments of this bank, newest first. Filters must all hold.",
            parameters: [
                .stage, .outcome, .network, .origin, .currency, .amountFrom, .amountTo, .receivedFrom, .receivedUntil,
                .endToEndId, .search, .stuck, .limit, .cursor,
            ],
            answers: [Operation.Answer(status: 200, says: "One page.", schema: "PaymentList")],
            handler: { channel, call throws(Problem) in try await channel.list(call) }),
        Operation(
            method: .get, path: "/v1/payments/{id}", id: "showPayment",
            says: "One payment whole: facts, steps, timeline, route, terms, losses, bookings, refunds.",
            parameters: [.payment],
            answers: [Operation.Answer(status: 200, says: "The payment's page.", schema: "Payment")],
            problems: [.notFound], handler: { channel, call throws(Problem) in try await channel.show(call) }),
    ]

    private static let steering: [Operation] = [
        Operation(
            method: .post, path: "/v1/payments/{id}/confirm", id: "confirmPayment",
            says: "The payer's yes or no to the terms, for an order that asked for it. Nothing is held before a yes.",
            parameters: [.payment, .prefer],
            body: Operation.Body(schema: "Confirmation", example: Examples.confirmation),
            answers: page, problems: [.notFound, .notPossible, .invalid],
            handler: { channel, call throws(Problem) in try await channel.confirm(call) }),
        Operation(
            method: .post, path: "/v1/payments/{id}/cancel", id: "cancelPayment",
            says: "Calls a payment off while the network has not been told of it; what is held is released.",
            parameters: [.payment, .prefer],
            body: Operation.Body(schema: "Cancellation", example: Examples.cancellation),
            answers: page, problems: [.notFound, .notPossible, .invalid],
            handler: { channel, call throws(Problem) in try await channel.cancel(call) }),
        Operation(
            method: .post, path: "/v1/payments/{id}/refunds", id: "refundPayment",
            says: "Gives a received payment back, wholly or in part, by a payment of its own. All refunds together "
                + "never exceed the original.",
            parameters: [.payment, .idempotencyKey, .prefer],
            body: Operation.Body(schema: "Refund", example: Examples.refund),
            answers: page, problems: [.idempotencyKey, .notFound, .notPossible, .invalid, .keyReused],
            handler: { channel, call throws(Problem) in try await channel.refund(call) }),
        Operation(
            method: .get, path: "/v1/parties/{kind}/{value}", id: "findParty",
            says: "Asks the network that the rules table names whose an identifier is. No money moves.",
            parameters: [.identifierKind, .identifierValue, .prefer],
            answers: [
                Operation.Answer(status: 200, says: "Whose it is, as the network told.", schema: "Party"),
                Operation.Answer(
                    status: 202, says: "The network was asked; Location says where to look.", schema: "Party"),
            ],
            problems: [.partyNotFound, .lookupRefused, .noAnswer],
            handler: { channel, call throws(Problem) in try await channel.party(call) }),
    ]

    private static let others: [Operation] = [
        Operation(
            method: .get, path: "/v1/events", id: "readEvents",
            says: "What happened to this bank's payments, in order: a page, or with Accept: text/event-stream "
                + "a stream.",
            parameters: [.afterEvent, .eventLimit, .ofPayment, .stage, .type, .accept, .lastEventID, .prefer],
            answers: [
                Operation.Answer(
                    status: 200, says: "One page, or a stream.", schema: "EventList", otherType: "text/event-stream")
            ],
            problems: [.tooMany], handler: { channel, call throws(Problem) in try await channel.events(call) }),
        Operation(
            method: .get, path: "/v1/webhooks", id: "listWebhooks",
            says: "How far each webhook of this bank has come, and what its receiver last answered.",
            answers: [Operation.Answer(status: 200, says: "All webhooks.", schema: "WebhookList")],
            handler: { channel, call throws(Problem) in try await channel.webhookList(call) }),
        Operation(
            method: .post, path: "/v1/webhooks/{name}/replay", id: "replayWebhook",
            says: "Tells every event behind a cursor again; without one a parked webhook goes on from where it stands.",
            parameters: [.webhook], body: Operation.Body(schema: "Replay", example: Examples.replay),
            answers: [Operation.Answer(status: 202, says: "It goes on from there.", schema: "Webhook")],
            problems: [.notFound, .invalid],
            handler: { channel, call throws(Problem) in try await channel.replay(call) }),
        Operation(
            method: .get, path: "/openapi.json", id: "readDocument", says: "This document.", needsKey: false,
            answers: [Operation.Answer(status: 200, says: "OpenAPI 3.1.", schema: "Document")],
            handler: { _, _ throws(Problem) in .json(200, OpenAPIDocument.json) }),
    ]
}

/// Bodies that a channel takes as they stand.
enum Examples {
    static let order: JSONValue = [
        "amount": "100.00", "currency": "KES",
        "debtor": ["name": "Ada Lovelace", "account": ["kind": "ACCOUNT_ID", "value": "A-AMINA"]],
        "creditor": ["identifier": ["kind": "MSISDN", "value": "+254700000001"]],
        "endToEndId": "INV-2026-17", "remittance": "Rent for March", "confirmation": "required",
    ]
    static let confirmation: JSONValue = ["accept": true]
    static let cancellation: JSONValue = ["reason": "ordered by mistake"]
    static let refund: JSONValue = ["amount": "2.50", "reason": "returned goods"]
    static let replay: JSONValue = ["after": "ZTA"]
}

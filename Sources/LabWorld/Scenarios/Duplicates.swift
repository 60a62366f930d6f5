import FormatJSON

extension Scenario {
    /// The same thing twice, and other things under the same name.
    static let duplicates: [Scenario] = [
        Scenario("an order of a channel three times: one payment") { stage in
            let key = FSPIOPRules.newIdentifier()
            let first = try await stage.toWallet(Cast.wanjiru, "6", key: key)
            let second = try await stage.toWallet(Cast.wanjiru, "6", key: key)
            let third = try await stage.toWallet(Cast.wanjiru, "6", key: key, wait: 0)
            try stage.equal([second.id, third.id], [first.id, first.id], "the payment's id")
            try stage.equal(second.outcome, "settled", "the outcome")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("6")))
        },
        Scenario("another order under a used Idempotency-Key") { stage in
            let key = FSPIOPRules.newIdentifier()
            _ = try await stage.toWallet(Cast.wanjiru, "6", key: key)
            let second = try await stage.toWallet(Cast.wanjiru, "7", key: key)
            try stage.equal(second.status, 422, "the status")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("6")))
        },
        Scenario("the hub brings quote and transfer twice") { stage in
            stage.lab.hub.moods.next("quote", .twice)
            stage.lab.hub.moods.next("transfer", .twice)
            stage.lab.hub.moods.next("fulfil", .twice)
            let payment = try await stage.fromWallet(Cast.grace, "6")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.settle(.fromWallet(Cast.grace, Cast.amina, amount("6")))
        },
        Scenario("the hub tells the outcome of our transfer twice") { stage in
            stage.lab.hub.moods.next("partyAnswer", .twice)
            stage.lab.hub.moods.next("quoteAnswer", .twice)
            stage.lab.hub.moods.next("fulfil", .twice)
            let answer = try await stage.toWallet(Cast.grace, "6")
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.toWallet(Cast.alice, Cast.grace, amount("6")))
        },
        Scenario("another quote and transfer under used ids: 3106") { stage in
            let payment = try await stage.fromWallet(Cast.wanjiru, "6")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.settle(.fromWallet(Cast.wanjiru, Cast.amina, amount("6")))
            let refusals = stage.lab.hub.journal.count("PUT /quotes")
            let quote = stage.quote(payment.quoteId, payment.transactionId, "60")
            try stage.equal(await stage.hubSends(quote).status, 202, "the acknowledgement")
            try await stage.eventually("the refusal comes as a callback") {
                stage.lab.hub.journal.exchanges.contains {
                    $0.verb == "PUT /quotes" && $0.id == "\(payment.quoteId)/error" && $0.status == 200
                }
            }
            try stage.equal(stage.lab.hub.journal.count("PUT /quotes"), refusals + 1, "callbacks about quotes")
            try await stage.settle(.fromWallet(Cast.wanjiru, Cast.amina, amount("6")))
        },
        Scenario("the same pacs.008 again: the same answer; other content: AM05") { stage in
            let sent = stage.creditTransfer(stage.railOrder("6"))
            await stage.lab.clearing.reserve(sent.transaction)
            let first = await stage.lab.clearing.present(sent.transaction, sent.message, settlesWhenSilent: false)
            await stage.lab.clearing.postFinal(sent.transaction.key, to: sent.transaction.creditorAgent)
            try stage.equal(first, "ACCP", "the answer")
            try await stage.settle(.fromRail(Cast.bob, amount("6")))
            let again = try await stage.railSends(sent.message.bytes, to: "bank-b")
            try stage.equal(again.status, "ACCP", "the answer to the repeat")
            let order = stage.railOrder("60") { $0.txId = sent.transaction.txId }
            let other = try await stage.railSends(stage.creditTransfer(order).message.bytes, to: "bank-b")
            try stage.equal(other.status, "RJCT", "the answer to other content")
            try stage.equal(other.reason, "AM05", "the reason")
            try await stage.settle(.fromRail(Cast.bob, amount("6")))
        },
        Scenario("the rail tells the final status twice") { stage in
            stage.lab.clearing.moods.next("pacs.002", .twice)
            let payment = await stage.fromRail("6")
            try stage.equal(payment.state, .settled, "the state at the clearing")
            try await stage.settle(.fromRail(Cast.bob, amount("6")))
        },
    ]
}

extension Stage {
    /// A quote for our customer as the hub would bring it.
    func quote(_ quoteId: String, _ transactionId: String, _ value: String) -> LabRequest {
        let body: JSONValue = [
            "quoteId": .string(quoteId), "transactionId": .string(transactionId),
            "payee": [
                "partyIdInfo": [
                    "partyIdType": "MSISDN", "partyIdentifier": .string(Cast.amina.alias?.value ?? ""),
                    "fspId": "bank-a",
                ]
            ],
            "payer": [
                "partyIdInfo": [
                    "partyIdType": "MSISDN", "partyIdentifier": .string(Cast.wanjiru.msisdn),
                    "fspId": .string(Cast.wanjiru.fspId),
                ]
            ],
            "amountType": "SEND", "amount": FSPIOPRules.money(amount(value), Cast.currency),
            "transactionType": ["scenario": "TRANSFER", "initiator": "PAYER", "initiatorType": "CONSUMER"],
        ]
        return FSPIOPRules.message(
            "POST", "/quotes", resource: "quotes", source: Cast.wanjiru.fspId, destination: "bank-a", body: body)
    }

    /// A message with the hub's certificate, straight to our door; what the hub's own checks would not let pass.
    func hubSends(_ message: LabRequest, to tenant: String = "bank-a") async -> LabOutcome {
        await lab.hub.peer.client.send(message, to: lab.endpoint(Cast.hub, tenant))
    }

    /// A pacs.008 that the clearing has not sent yet.
    func creditTransfer(_ order: ClearingOrder) -> (transaction: ClearingTransaction, message: XMLTree) {
        let transaction = ClearingTransaction(
            txId: order.txId, endToEndId: order.endToEndId, instructionId: order.txId, messageId: ISOMessages.newId(),
            uetr: order.uetr, amount: order.amount, currency: Cast.currency,
            settlementDate: LabTime.isoDate(LabTime.now()), acceptedAt: LabTime.iso(LabTime.now()),
            debtorAgent: order.fromBIC, creditorAgent: order.toBIC, debtorAccount: order.debtorAccount,
            creditorAccount: order.creditorAccount)
        let message = ISOMessages.wrap(
            Clearing.creditTransfer(transaction, order), message: ISOMessages.creditTransfer, from: order.fromBIC,
            to: order.toBIC, id: transaction.messageId)
        return (transaction, message)
    }

    /// Bytes with the clearing's certificate, straight to our door; the answer's status and reason.
    func railSends(
        _ bytes: [UInt8], to tenant: String, client: LabClient? = nil
    ) async throws -> (http: Int, message: String, status: String, reason: String) {
        let request = LabRequest(
            method: "POST", path: "/iso20022/\(Cast.clearingName)",
            headers: [("Content-Type", "application/xml; charset=utf-8"), ("Date", LabTime.imf(LabTime.now()))],
            body: bytes)
        let outcome = await (client ?? lab.clearing.peer.client).send(request, to: lab.endpoint(Cast.rail, tenant))
        guard case .replied(let reply) = outcome else { throw LabFailure("no answer: \(outcome)") }
        let envelope = ISOMessages.read(reply.body)
        let content = envelope?.content
        return (
            reply.status, envelope?.message ?? "", content?.text("TxInfAndSts/TxSts") ?? "",
            content?.text("TxInfAndSts/StsRsnInf/Rsn/Cd") ?? content?.text("Rsn/RjctgPtyRsn") ?? ""
        )
    }
}

import FormatJSON

extension Scenario {
    /// A bank on a rail pays a wallet on the hub, or an account on the other rail: the rail hears yes only when the far
    /// side has paid.
    static let bridgeToHub: [Scenario] =
        toHubRefused + toHubInDoubt + settledNotPosted + messagesOfTheirOwn + railToRail

    private static let toHubRefused: [Scenario] = [
        Scenario("rail → hub: the wallet's FSP refuses the quote") { stage in
            stage.lab.wallets[Cast.wanjiru.fspId]?.moods.next("quote", .error(code: "5103"))
            try await stage.bridgeIsRefused("9")
        },
        Scenario("rail → hub: the wallet's FSP asks for more than the rail brought", provokes: ["refused the callback"])
        {
            stage in
            stage.lab.wallets[Cast.wanjiru.fspId]?.moods.next("quote", .lying)
            try await stage.bridgeIsRefused("9")
        },
        Scenario("rail → hub: more than the bank's cap on one amount") { stage in
            try await stage.bridgeIsRefused("901", reason: "AM23")
        },
        Scenario("rail → hub: the screening service refuses") { stage in
            stage.lab.screening.moods.next("screen", .error(code: "refuse"))
            try await stage.bridgeIsRefused("9", reason: "MS03")
        },
        Scenario("rail → hub: the hub refuses the transfer") { stage in
            stage.lab.hub.moods.next("transfer", .error(code: "4001"))
            try await stage.bridgeIsRefused("9")
        },
    ]

    private static let toHubInDoubt: [Scenario] = [
        Scenario("rail → hub: the hub aborts in silence, and tells when asked in time") { stage in
            stage.lab.wallets[Cast.wanjiru.fspId]?.moods.next("transfer", .error(code: "5104"))
            stage.lab.hub.moods.next("fulfil", .silent)
            try await stage.bridgeIsRefused("9")
        },
        Scenario("rail → hub: the hub's yes comes after the rail was told no; a person decides") { stage in
            stage.lab.hub.moods.next("fulfil", .late(milliseconds: 6_000))
            stage.lab.hub.moods.always("enquiry", .lost)
            let payment = await stage.bridge(Cast.wanjiru, "9")
            try stage.equal(payment.answered, "RJCT", "our answer")
            try stage.equal(payment.reason, "AB05", "the reason")
            let exposed =
                Books.farLeg(Cast.wanjiru, amount("9"))
                + .one(Books.ledger("bank-c", "position", Cast.hub), amount("-9"))
                + .one(Books.ledger("bank-c", "exposure", Cast.hub), amount("9"))
            try await stage.parkedThenResolved(as: "rejected", exposed)
        },
    ]

    private static let railToRail: [Scenario] = [
        Scenario("rail → rail: a bank on one rail pays a bank on the other") { stage in
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.state, .settled, "the state at the first clearing (\(payment))")
            try await stage.settle(.fromRailToRail(amount("9")))
        },
        Scenario("rail → rail: the second rail refuses") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .error(code: "AC04"))
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.answered, "RJCT", "our answer")
            try stage.equal(payment.reason, "AC04", "the reason")
            try await stage.settle()
        },
        Scenario("rail → rail: the second rail settles in silence, and tells when asked in time") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .resetAfter)
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.state, .settled, "the state at the first clearing (\(payment))")
            try await stage.settle(.fromRailToRail(amount("9")), seconds: 20)
        },
        Scenario("rail → rail: the second rail never got it: the first hears no in time") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .lost)
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.answered, "RJCT", "our answer")
            try stage.expect(payment.answerMilliseconds < 5_000, "answered after \(payment.answerMilliseconds) ms")
            try await stage.settle(seconds: 30)
        },
        Scenario("rail → rail: paid in silence, and the first rail was told no: a person decides") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .silent)
            stage.lab.secondClearing.moods.always("pacs.028", .reset)
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.answered, "RJCT", "our answer")
            stage.lab.secondClearing.moods.clear()
            let exposed =
                Books.secondRailLeg(amount("9"))
                + .one(Books.ledger("bank-c", "position", Cast.secondRail), amount("-9"))
                + .one(Books.ledger("bank-c", "exposure", Cast.secondRail), amount("9"))
            try await stage.parkedThenResolved(as: "rejected", exposed)
        },
        Scenario("rail → rail: another currency than the second rail settles is refused with a reason") { stage in
            let order = stage.railOrder("9") {
                $0.toBIC = Cast.duoBIC
                $0.creditorAccount = Cast.duoAccount
            }
            let text = String(decoding: stage.creditTransfer(order).message.bytes, as: UTF8.self)
            let dollars = text.replacing("Ccy=\"KES\"", with: "Ccy=\"USD\"")
            try stage.expect(dollars != text, "the currency is written otherwise than this scenario thinks")
            let answer = try await stage.railSends(Array(dollars.utf8), to: "bank-c")
            try stage.equal(answer.status, "RJCT", "our answer (\(answer))")
            try stage.equal(answer.reason, "AM03", "the reason")
            try await stage.settle()
        },
    ]

    /// On the second rail every answer is a message of its own.
    private static let messagesOfTheirOwn: [Scenario] = [
        Scenario("second rail: its answer comes before it has taken our message") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .callbackFirst)
            let answer = try await stage.toDuo("9")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.toSecondRail(Cast.bob, amount("9")))
        },
        Scenario("second rail: an answer that names another order is none; the rail is asked") { stage in
            stage.lab.secondClearing.moods.next("ids", .error(code: "OrgnlTxId"))
            let answer = try await stage.toDuo("9")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.toSecondRail(Cast.bob, amount("9")), seconds: 20)
        },
        Scenario("second rail: it cannot read our message: refused, and the hold is released") { stage in
            stage.lab.secondClearing.moods.next("message", .error(code: "cannot read"))
            let answer = try await stage.toDuo("9")
            try stage.equal(answer.outcome, "rejected", "the outcome (\(answer.json))")
            try await stage.settle(seconds: 20)
        },
        Scenario("second rail: its answer comes twice: one payment") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .twice)
            let answer = try await stage.toDuo("9")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.toSecondRail(Cast.bob, amount("9")))
        },
    ]

    /// The second rail lets us say that we are settled and not yet posted, when our time is over.
    private static let settledNotPosted: [Scenario] = [
        Scenario("second rail → hub: settled but not posted, and then the hub has paid") { stage in
            stage.lab.hub.moods.next("fulfil", .late(milliseconds: 4_500))
            stage.lab.hub.moods.always("enquiry", .lost)
            let payment = await stage.fromSecondRail("9")
            try stage.equal(payment.answered, "ACWP", "our answer (\(payment))")
            try await stage.settle(.bridgedFromSecondRail(Cast.wanjiru, amount("9")), seconds: 20)
        },
        Scenario("second rail → hub: settled but not posted, then the hub aborts: a return is due") { stage in
            stage.lab.hub.moods.next("transfer", .lost)
            stage.lab.hub.moods.always("enquiry", .lost)
            let payment = await stage.fromSecondRail("9")
            try stage.equal(payment.answered, "ACWP", "our answer (\(payment))")
            stage.lab.hub.moods.clear()
            let owed =
                Books.nearSecondRailLeg(amount("9"))
                + .one(Books.ledger("bank-c", "position", Cast.secondRail), amount("9"))
                + .one(Books.ledger("bank-c", "exposure", Cast.secondRail), amount("-9"))
            let id = try await stage.parked(owed)
            // A person gives the money back on the rail, and then says so.
            await stage.lab.secondClearing.giveBack(amount("9"), from: Cast.bics["bank-c"] ?? "", to: Cast.duoBIC)
            try await stage.resolve(id, as: "rejected")
            try await stage.settle()
        },
    ]
}

extension Stage {
    /// The rail hears no, and no book moves.
    fileprivate func bridgeIsRefused(_ value: String, reason: String? = nil) async throws {
        let payment = await bridge(Cast.wanjiru, value)
        try equal(payment.answered, "RJCT", "our answer (\(payment))")
        if let reason { try equal(payment.reason, reason, "the reason") }
        try await settle(seconds: 20)
    }

    /// From the second rail to a wallet on the hub, through bank-c.
    func fromSecondRail(_ value: String) async -> ClearingPayment {
        var order = ClearingOrder(
            from: Cast.duoBIC, to: Cast.bics["bank-c"] ?? "", amount: amount(value),
            creditorAccount: Cast.wanjiru.msisdn)
        order.creditorScheme = "MSISDN"
        return await lab.secondClearing.pay(order)
    }
}

extension Clearing {
    /// A return that a participant orders at the clearing's counter.
    fileprivate func giveBack(_ amount: LabAmount, from payer: String, to payee: String) {
        let name = ISOMessages.newId()
        let transaction = ClearingTransaction(
            txId: name, endToEndId: name, instructionId: nil, messageId: name, uetr: nil, amount: amount,
            currency: settings.currency, settlementDate: LabTime.isoDate(LabTime.now()), acceptedAt: nil,
            debtorAgent: payer, creditorAgent: payee, debtorAccount: "", creditorAccount: "DBTR-1")
        reserve(transaction)
        settle(transaction.key)
    }
}

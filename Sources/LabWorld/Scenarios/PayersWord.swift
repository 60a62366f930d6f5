import FormatJSON

extension Scenario {
    /// The payer sees the terms, says yes or no, changes its mind, gives back.
    static let payersWord: [Scenario] = [
        Scenario("the payer sees the terms, and then says yes") { stage in
            let holds = stage.lab.core.journal.count("prepare")
            let id = try await stage.awaited("7")
            try stage.equal(stage.lab.core.journal.count("prepare"), holds, "holds before the payer's word")
            let page = try await stage.lab.channel("bank-a").show(id).json
            try stage.equal(page.at("terms.creditorName")?.string, Cast.wanjiru.name, "the name in the terms")
            let answer = try await stage.word(id, "confirm", ["accept": true])
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("7")))
        },
        Scenario("the payer sees the terms, and says no") { stage in
            let id = try await stage.awaited("7")
            let answer = try await stage.word(id, "confirm", ["accept": false])
            try stage.equal(answer.outcome, "rejected", "the outcome (\(answer.json))")
            try await stage.settle()
        },
        Scenario("an order is cancelled before its terms are confirmed, and not after it is sent") { stage in
            let id = try await stage.awaited("7")
            let cancelled = try await stage.word(id, "cancel", ["reason": "changed my mind"])
            try stage.equal(cancelled.outcome, "rejected", "the outcome (\(cancelled.json))")
            try await stage.settle()
            let paid = try await stage.toWallet(Cast.wanjiru, "7")
            let late = try await stage.word(paid.id, "cancel", ["reason": "too late"])
            try stage.equal(late.status, 409, "the status of a cancellation after the end")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("7")))
        },
        Scenario("a received payment is given back, as a payment of its own") { stage in
            let received = try await stage.fromWallet(Cast.wanjiru, "9")
            try stage.equal(received.state, .committed, "the state at the hub (\(received))")
            try await stage.settle(.fromWallet(Cast.wanjiru, Cast.amina, amount("9")))
            let id = try await stage.onlyTransfer()["id"]?.string ?? ""
            let channel = stage.lab.channel("bank-a")
            let path = "/v1/payments/\(id)/refunds"
            let order: JSONValue = ["amount": "4", "reason": "sent too much"]
            let refund = try await channel.post(path, order.bytes(), key: FSPIOPRules.newIdentifier(), wait: 20)
            try stage.equal(refund.outcome, "settled", "the refund's outcome (\(refund.json))")
            let rest: JSONValue = ["amount": "6", "reason": "more than is left"]
            let tooMuch = try await channel.post(path, rest.bytes(), key: FSPIOPRules.newIdentifier(), wait: 20)
            try stage.equal(tooMuch.status, 409, "the status of a refund of more than is left (\(tooMuch.json))")
            try await stage.settle(
                .fromWallet(Cast.wanjiru, Cast.amina, amount("9")) + .toWallet(Cast.amina, Cast.wanjiru, amount("4")))
        },
        Scenario("a channel asks whose a number is") { stage in
            let channel = stage.lab.channel("bank-a")
            let known = try await channel.get("/v1/parties/MSISDN/\(Cast.wanjiru.msisdn)", wait: 10)
            try stage.equal(known.status, 200, "the status (\(known.json))")
            try stage.expect("\(known.json)".contains(Cast.wanjiru.name), "no name in \(known.json)")
            let unknown = try await channel.get("/v1/parties/MSISDN/\(Cast.nobodyMSISDN)", wait: 10)
            try stage.equal(unknown.status, 404, "the status of a number that nobody has (\(unknown.json))")
            try await stage.settle()
        },
    ]

    /// The bank's own program hears what becomes of its payments.
    static let webhooks: [Scenario] = [
        Scenario("the bank's program hears each end once, signed, also after it was away") { stage in
            let first = try await stage.toWallet(Cast.wanjiru, "2")
            try await stage.heard(first.id, "payment.settled")
            for mood in [Mood.lost, .error(code: "500"), .reset] { stage.lab.receiver.moods.next("event", mood) }
            let second = try await stage.toWallet(Cast.wanjiru, "2")
            try stage.equal(second.outcome, "settled", "the outcome while nobody listens")
            let refused = try await stage.toWallet(Cast.wanjiru, "50", from: Cast.pauper)
            try await stage.heard(second.id, "payment.settled")
            try await stage.heard(refused.id, "payment.rejected")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("4")))
        }
    ]

    /// The first network does not take the payment, before anything that cannot be taken back: the next one does.
    static let alternates: [Scenario] = [
        Scenario("the first rail is down: the second one carries the payment", isAlone: true) { stage in
            stage.lab.clearing.moods.always(MoodBoard.all, .reset)
            try await stage.eventually("the gateway has noticed") {
                let answer = try await stage.toRail("1", wait: 8)
                return answer.json["network"]?.string == Cast.secondRail && answer.outcome == "settled"
            }
            stage.lab.clearing.moods.clear()
            try await stage.eventually("everything has ended", seconds: 40) {
                try await stage.lab.operators.get("/state")["open"]?.int == 0
            }
            var moves = Books()
            for row in try await stage.newTransfers() where row["outcome"]?.string == "settled" {
                try stage.equal(row["network"]?.string, Cast.secondRail, "the network of a payment that settled")
                moves += .toSecondRail(Cast.bob, amount("1"), account: Cast.farAccount, bic: Cast.farBIC)
            }
            try await stage.settle(moves)
        }
    ]
}

extension Stage {
    /// An order whose terms wait for the payer's word; its id.
    fileprivate func awaited(_ value: String) async throws -> String {
        var order = ChannelClient.Order(
            from: Cast.alice, toKind: "MSISDN", toValue: Cast.wanjiru.msisdn, amount: value)
        order.needsConfirmation = true
        let channel = lab.channel("bank-a")
        let id = try await channel.pay(order, wait: 0).id
        try await eventually("the terms are there") {
            try await channel.show(id).json.at("confirmation.state")?.string == "awaited"
        }
        return id
    }

    fileprivate func heard(_ payment: String, _ type: String) async throws {
        try await eventually("the bank's program hears \(type) of \(payment)", seconds: 40) {
            lab.receiver.events.contains { $0.payment == payment && $0.type == type }
        }
    }

    fileprivate func word(_ id: String, _ call: String, _ body: JSONValue) async throws -> ChannelClient.Answer {
        try await lab.channel("bank-a").post("/v1/payments/\(id)/\(call)", body.bytes(), wait: 20)
    }
}

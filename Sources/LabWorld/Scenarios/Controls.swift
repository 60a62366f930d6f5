import FormatJSON

extension Scenario {
    /// What stands between an order and the money: caps, screening, calendars.
    static let controls: [Scenario] = caps + screening + dates

    private static let caps: [Scenario] = [
        Scenario("a cap on one amount refuses before anything is asked or held") { stage in
            let (holds, lookups) = (
                stage.lab.core.journal.count("prepare"), stage.lab.hub.journal.count("GET /parties")
            )
            let answer = try await stage.toWallet(Cast.wanjiru, "3000.01")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.reason, "agentLiquidity", "the reason")
            try await stage.settle()
            try stage.equal(stage.lab.core.journal.count("prepare"), holds, "holds at the core bank")
            try stage.equal(stage.lab.hub.journal.count("GET /parties"), lookups, "lookups at the hub")
        },
        Scenario("a cap on the position: what was sent and did not come back", isAlone: true) { stage in
            let first = try await stage.toDuo("40")
            try stage.equal(first.outcome, "settled", "the outcome of the first (\(first.json))")
            let holds = stage.lab.core.journal.count("prepare")
            let second = try await stage.toDuo("30")
            try stage.equal(second.outcome, "rejected", "the outcome of the second")
            try stage.equal(second.reason, "agentLiquidity", "the reason")
            try stage.equal(stage.lab.core.journal.count("prepare"), holds, "holds at the core bank")
            try await stage.settle(.toSecondRail(Cast.bob, amount("40")))
        },
        Scenario("a cap on payments in flight: the third waits for nobody", isAlone: true) { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .late(milliseconds: 1_500), times: 2)
            async let one = stage.toDuo("1")
            async let two = stage.toDuo("1")
            try await stage.eventually("two payments are on their way") {
                stage.lab.secondClearing.journal.count("pacs.008") == 2
            }
            let third = try await stage.toDuo("1")
            try stage.equal(third.reason, "agentLiquidity", "the reason of the third")
            try stage.equal([try await one.outcome, try await two.outcome], ["settled", "settled"], "the first two")
            try await stage.settle(.toSecondRail(Cast.bob, amount("2")))
        },
    ]

    private static let screening: [Scenario] = [
        Scenario("the screening service refuses: nothing was held, and nobody hears why") { stage in
            let holds = stage.lab.core.journal.count("prepare")
            let answer = try await stage.toWallet(Cast.wanjiru, "5", name: Cast.refusedName)
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.reason, "screeningRefused", "the reason")
            try await stage.settle()
            try stage.equal(stage.lab.core.journal.count("prepare"), holds, "holds at the core bank")
        },
        Scenario("the screening service wants a person: reviewed, and allowed") { stage in
            let id = try await stage.held(by: "review") {
                try await stage.toWallet(Cast.wanjiru, "5", wait: 0, name: Cast.reviewedName)
            }
            _ = try await stage.lab.operators.resolve(id, as: "settled", evidence: "case 4711, cleared")
            try await stage.eventually("the payment has settled") {
                try await stage.page(id)["outcome"]?.string == "settled"
            }
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("5")))
        },
        Scenario("the screening service wants a person: reviewed, and refused") { stage in
            let id = try await stage.held(by: "review") {
                try await stage.onUs("5", wait: 0, name: Cast.reviewedName)
            }
            _ = try await stage.lab.operators.resolve(id, as: "rejected", evidence: "case 4712, confirmed")
            try await stage.eventually("the payment is refused") {
                try await stage.page(id)["outcome"]?.string == "rejected"
            }
            try await stage.settle()
        },
        Scenario("a silent, slow or broken screening service means a review") { stage in
            let moods: [Mood] = [
                .lost, .slow(milliseconds: 1_300), .error(code: "500"), .error(code: "maybe"), .truncated, .garbage,
                .busy(seconds: 1),
            ]
            for mood in moods {
                stage.lab.screening.moods.next("screen", mood)
                let id = try await stage.held(by: "\(mood)") { try await stage.onUs("5", wait: 0) }
                _ = try await stage.lab.operators.resolve(id, as: "rejected", evidence: "nobody could look")
                try await stage.eventually("the payment is refused") {
                    try await stage.page(id)["outcome"]?.string == "rejected"
                }
            }
            try await stage.settle()
        },
    ]

    private static let dates: [Scenario] = [
        Scenario("an order for another day waits, with nothing held, until it is cancelled") { stage in
            let holds = stage.lab.core.journal.count("prepare")
            var order = ChannelClient.Order(
                from: Cast.bob, toKind: "ACCOUNT_ID", toValue: Cast.farAccount, agentBIC: Cast.farBIC, amount: "5")
            order.executionDate = LabTime.isoDate(LabTime.now() + 3 * 86_400_000)
            let channel = stage.lab.channel("bank-b")
            let answer = try await channel.pay(order, wait: 1)
            try stage.equal(answer.status, 202, "the status (\(answer.json))")
            try await stage.settle(open: 1)
            try stage.equal(stage.lab.core.journal.count("prepare"), holds, "holds at the core bank")
            await stage.lab.gateway.kill()
            _ = try await stage.lab.gateway.start()
            try await stage.settle(open: 1)
            let cancelled = try await channel.post(
                "/v1/payments/\(answer.id)/cancel", Array(#"{"reason": "changed my mind"}"#.utf8), wait: 5)
            try stage.equal(cancelled.outcome, "rejected", "the outcome (\(cancelled.json))")
            try await stage.settle()
        },
        Scenario("a date that is over means now, one too far ahead is refused") { stage in
            var order = ChannelClient.Order(
                from: Cast.bob, toKind: "ACCOUNT_ID", toValue: Cast.farAccount, agentBIC: Cast.farBIC, amount: "5")
            order.executionDate = "2020-01-01"
            let past = try await stage.lab.channel("bank-b").pay(order)
            try stage.equal(past.outcome, "settled", "the outcome of a day that is over (\(past.json))")
            order.executionDate = LabTime.isoDate(LabTime.now() + 500 * 86_400_000)
            let far = try await stage.lab.channel("bank-b").pay(order)
            try stage.equal(far.reason, "dateInvalid", "the reason of a day too far ahead")
            try await stage.settle(.toRail(Cast.bob, amount("5")))
        },
    ]
}

extension Stage {
    /// The payment that this order began, once it is parked; `payments review` lists it.
    fileprivate func held(
        by what: String, _ order: () async throws -> ChannelClient.Answer
    ) async throws -> String {
        let id = try await order().id
        try await eventually("the payment waits for a person (\(what))") {
            try await page(id)["parked"]?.string != nil
        }
        let review = try await Command(
            lab.gateway.executable, ["payments", "review", "--json", "--config", lab.configuration.file]
        ).run()
        try expect(review.output.contains(id), "payments review does not list \(id): \(review.output)")
        return id
    }

    /// From bank-b to a bank on the second rail.
    func toDuo(_ value: String, wait: Int = 20) async throws -> ChannelClient.Answer {
        let order = ChannelClient.Order(
            from: Cast.bob, toKind: "ACCOUNT_ID", toValue: Cast.duoAccount, agentBIC: Cast.duoBIC, amount: value)
        return try await lab.channel("bank-b").pay(order, wait: wait)
    }
}

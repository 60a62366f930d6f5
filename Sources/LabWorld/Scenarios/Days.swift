import FormatJSON

extension Scenario {
    /// Networks with business days, hours and a cut-off of their own, in a time zone that is not the host's.
    static let days: [Scenario] = [
        Scenario("a rail's own days: cut-off, opening, holiday and dated orders, in its own time zone", in: arranged) {
            stage in
            guard let days = stage.lab.options.setting.days else { throw LabFailure("the world has no days") }
            for rail in [stage.lab.clearing, stage.lab.secondClearing] { await rail.settles(on: days.today) }
            let (moves, waiting) = try await stage.beforeTheTurn(days)
            try stage.expect(LabTime.now() < days.turn, "the world was too slow: the turn of the day is over")
            await pause(milliseconds: Int(days.turn - LabTime.now()) + 400)
            await stage.lab.clearing.settles(on: days.next)
            try await stage.afterTheTurn(days, moves, waiting)
        }
    ]

    private static func arranged() -> RunningLab.Setting {
        let days = LabDays(now: LabTime.now())
        var setting = RunningLab.Setting()
        setting.days = days
        setting.calendars = [Cast.rail: "turning", Cast.secondRail: "opening", Cast.hub: "closed"]
        setting.calendarRows = [
            "{name: turning, always: yes, file: days.csv, zone: \(days.zone), weekend: [saturday, sunday], "
                + "cutOff: \"\(days.turnClock)\"}",
            "{name: opening, file: days.csv, zone: \(days.zone), opens: \"\(days.turnClock)\"}",
            "{name: closed, file: noon.csv, zone: \(days.noonZone), opens: \"06:00\", cutOff: \"08:00\"}",
        ]
        setting.files = ["days.csv": days.published, "noon.csv": days.publishedAtNoon]
        return setting
    }
}

/// Orders that wait: for the second rail's opening, and for days that do not come while the scenario plays.
private struct Waiting {
    var opening: String
    var later: [(tenant: String, id: String)]
}

extension Stage {
    /// Before the cut-off of the first rail and the opening of the second. What moved, and what waits.
    fileprivate func beforeTheTurn(_ days: LabDays) async throws -> (Books, Waiting) {
        var moves = Books()
        let paid = try await toRail("5.01")
        try equal(paid.outcome, "settled", "the outcome before the cut-off (\(paid.json))")
        moves += .toRail(Cast.bob, amount("5.01"))
        try equal(await dates("5.01", on: lab.clearing), [days.today], "the settlement date before the cut-off")
        try equal(await fromRail("3.01").state, .settled, "the state of what comes in on the rail's day")
        moves += .fromRail(Cast.bob, amount("3.01"))
        let holds = lab.core.journal.count("prepare")
        let opening = try await toDuo("6.01", wait: 1)
        let afterCutOff = try await toWallet(Cast.wanjiru, "7.01", wait: 1)
        var later = [("bank-a", afterCutOff.id)]
        for answer in [opening, afterCutOff] {
            try equal(answer.status, 202, "the status where the network is closed (\(answer.json))")
        }
        // By the rail's own days: the host's date, or the rail's, may be of tomorrow there.
        for date in [LabTime.isoDate(LabTime.now()), days.today, days.tomorrow] {
            let answer = try await dated(date)
            if date <= days.today {
                try equal(answer.outcome, "settled", "the outcome of an order for \(date), which is \(days.today)")
                moves += .toRail(Cast.bob, amount("1.01"))
            } else {
                try equal(answer.status, 202, "the status of an order for \(date) (\(answer.json))")
                later.append(("bank-b", answer.id))
            }
        }
        let settledToday = await dates("1.01", on: lab.clearing).count
        try equal(lab.core.journal.count("prepare"), holds + settledToday, "holds at the core bank")
        try equal(await fromWallet(Cast.wanjiru, "4.01").state, .committed, "the state of what a closed hub brings")
        moves += .fromWallet(Cast.wanjiru, Cast.amina, amount("4.01"))
        await lab.gateway.kill()
        _ = try await lab.gateway.start()
        try await settle(moves, open: 1 + later.count)
        return (moves, Waiting(opening: opening.id, later: later.map { (tenant: $0.0, id: $0.1) }))
    }

    fileprivate func afterTheTurn(_ days: LabDays, _ before: Books, _ waiting: Waiting) async throws {
        var moves = before + .toSecondRail(Cast.bob, amount("6.01"))
        try await eventually("the payment that waited for the opening has settled") {
            try await page(waiting.opening)["outcome"]?.string == "settled"
        }
        try equal(await dates("6.01", on: lab.secondClearing), [days.today], "the settlement date at the opening")
        let early = lab.secondClearing.journal.exchanges.contains { $0.verb == "pacs.008" && $0.at < days.turn }
        try expect(!early, "a payment left before the second rail opened")
        let paid = try await toRail("5.02")
        try equal(paid.outcome, "settled", "the outcome after the cut-off (\(paid.json))")
        moves += .toRail(Cast.bob, amount("5.02"))
        try equal(await dates("5.02", on: lab.clearing), [days.next], "the settlement date after the cut-off")
        try equal(await fromRail("3.02").state, .settled, "the state of what comes in on the rail's next day")
        moves += .fromRail(Cast.bob, amount("3.02"))
        try await settle(moves, open: waiting.later.count)
        for (tenant, id) in waiting.later {
            let cancelled = try await lab.channel(tenant).post(
                "/v1/payments/\(id)/cancel", Array(#"{"reason": "changed my mind"}"#.utf8), wait: 5)
            try equal(cancelled.outcome, "rejected", "the outcome of what was called off (\(cancelled.json))")
        }
        try await settle(moves)
    }

    private func dated(_ date: String) async throws -> ChannelClient.Answer {
        var order = ChannelClient.Order(
            from: Cast.bob, toKind: "ACCOUNT_ID", toValue: Cast.farAccount, agentBIC: Cast.farBIC, amount: "1.01")
        order.executionDate = date
        return try await lab.channel("bank-b").pay(order, wait: 2)
    }

    /// The settlement dates of the payments of this amount that we sent, as the clearing has them.
    private func dates(_ value: String, on clearing: Clearing) async -> [String] {
        await clearing.allTransactions.filter {
            $0.amount == amount(value) && $0.payer == Cast.bics["bank-b"] && $0.state == .settled
        }.map(\.settlementDate).sorted()
    }
}

import FormatJSON

extension Scenario {
    /// A party's answer names the party and no payment: whoever asked hears it.
    static let lookups: [Scenario] = [
        Scenario("several ask whose one number is, and one answer serves them all") { stage in
            // The hub carries the first question on, slowly, and loses all others.
            stage.lab.hub.moods.next("party", .slow(milliseconds: 1_500))
            stage.lab.hub.moods.always("party", .lost)
            let answers = stage.lab.hub.journal.count("PUT /parties", .sent)
            let channel = stage.lab.channel("bank-a")
            let begun = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        let answer = try await stage.toWallet(Cast.wanjiru, "1")
                        try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
                    }
                    group.addTask {
                        let party = try await channel.get("/v1/parties/MSISDN/\(Cast.wanjiru.msisdn)", wait: 10)
                        try stage.equal(party.status, 200, "the status (\(party.json))")
                        try stage.expect("\(party.json)".contains(Cast.wanjiru.name), "no name in \(party.json)")
                    }
                }
                try await group.waitForAll()
            }
            let spent = Report.milliseconds(since: begun)
            try stage.expect(spent < 4_800, "the lookups took \(spent) ms: some asked again")
            try stage.equal(stage.lab.hub.journal.count("PUT /parties", .sent), answers + 1, "answers of the hub")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("3")))
        },
        Scenario("two FSPs ask at once whose one number is: each gets an answer of its own") { stage in
            stage.lab.core.moods.next("parties", .slow(milliseconds: 400), times: 6)
            let payments = try await withThrowingTaskGroup(of: HubPayment.self) { group in
                for _ in 0..<3 {
                    for wallet in Cast.wallets { group.addTask { try await stage.fromWallet(wallet, "1") } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try stage.equal(payments.map(\.state), Array(repeating: .committed, count: 6), "the states (\(payments))")
            let three = amount("3")
            try await stage.settle(
                .fromWallet(Cast.wanjiru, Cast.amina, three) + .fromWallet(Cast.grace, Cast.amina, three))
        },
        Scenario("every answer of the hub comes before the hub has taken our request") { stage in
            for verb in ["quote", "transfer"] { stage.lab.hub.moods.next(verb, .callbackFirst) }
            let answer = try await stage.toWallet(Cast.wanjiru, "6")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            for verb in ["quote", "transfer"] { stage.lab.hub.moods.next(verb, .callbackFirst) }
            let payment = await stage.bridge(Cast.grace, "6")
            try stage.equal(payment.state, .settled, "the state at the clearing (\(payment))")
            try await stage.settle(
                .toWallet(Cast.alice, Cast.wanjiru, amount("6")) + .bridged(Cast.grace, amount("6")))
        },
    ]
}

extension Scenario {
    /// Nothing goes wrong, on each of the paths.
    static let happy: [Scenario] = [
        Scenario("channel pays a wallet on the hub") { stage in
            let answer = try await stage.toWallet(Cast.wanjiru, "100.50")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("100.5")))
        },
        Scenario("channel pays a wallet whose FSP waits for the hub's word") { stage in
            let answer = try await stage.toWallet(Cast.grace, "7")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.toWallet(Cast.alice, Cast.grace, amount("7")))
        },
        Scenario("a wallet on the hub pays an account at Fineract") { stage in
            let payment = try await stage.fromWallet(Cast.wanjiru, "20")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.settle(.fromWallet(Cast.wanjiru, Cast.amina, amount("20")))
        },
        Scenario("a bank on the rail pays an account at Fineract") { stage in
            let payment = await stage.fromRail("30.25")
            try stage.equal(payment.state, .settled, "the state at the clearing (\(payment))")
            try await stage.settle(.fromRail(Cast.bob, amount("30.25")))
        },
        Scenario("a bank on the rail pays a wallet on the hub: the bridge") { stage in
            let payment = await stage.bridge(Cast.wanjiru, "40")
            try stage.equal(payment.state, .settled, "the state at the clearing (\(payment))")
            try await stage.settle(.bridged(Cast.wanjiru, amount("40")))
        },
        Scenario("channel pays an account at a bank on the rail") { stage in
            let answer = try await stage.toRail("12.34")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.toRail(Cast.bob, amount("12.34")))
        },
        Scenario("ten payments of one customer at once") { stage in
            let answers = try await withThrowingTaskGroup(of: ChannelClient.Answer.self) { group in
                for index in 1...10 {
                    group.addTask { try await stage.toWallet(index % 2 == 0 ? Cast.wanjiru : Cast.grace, "1") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try stage.equal(answers.filter { $0.outcome == "settled" }.count, 10, "the number of settled payments")
            try await stage.settle(
                .toWallet(Cast.alice, Cast.wanjiru, amount("5")) + .toWallet(Cast.alice, Cast.grace, amount("5")))
        },
    ]
}

import FormatJSON

extension Scenario {
    /// What stands between two legs of which one is not certain is held to a cap, on the network that a payment goes to
    /// and on the one that it comes from.
    static let exposureCaps: [Scenario] = [
        Scenario(
            "a cap on exposure where a bridge comes from: refused before anything is asked",
            in: { capped(Cast.secondRail) }
        ) { stage in
            stage.lab.hub.moods.next("fulfil", .late(milliseconds: 9_000))
            stage.lab.hub.moods.always("enquiry", .lost)
            let first = await stage.fromSecondRail("9")
            try stage.equal(first.answered, "ACWP", "our answer to the first (\(first))")
            try await stage.refusedAtTheCap { await stage.fromSecondRail("9") }
            let small = await stage.fromSecondRail("5")
            try stage.equal(small.answered, "ACCP", "our answer to one below the cap (\(small))")
            let moves = Books.bridgedFromSecondRail(Cast.wanjiru, amount("14"))
            try await stage.settle(moves, seconds: 20)
            stage.lab.hub.moods.clear()
            try stage.equal(await stage.fromSecondRail("9").answered, "ACCP", "our answer when there is room again")
            try await stage.settle(moves + .bridgedFromSecondRail(Cast.wanjiru, amount("9")))
        },
        Scenario(
            "a cap on exposure where a bridge goes to: refused before anything is asked", in: { capped(Cast.hub) }
        ) { stage in
            stage.lab.hub.moods.next("fulfil", .silent)
            stage.lab.hub.moods.always("enquiry", .lost)
            let first = await stage.bridge(Cast.wanjiru, "9")
            try stage.equal(first.answered, "RJCT", "our answer to the first (\(first))")
            try await stage.refusedAtTheCap { await stage.bridge(Cast.wanjiru, "9") }
            let small = await stage.bridge(Cast.grace, "5")
            try stage.equal(small.answered, "ACCP", "our answer to one below the cap (\(small))")
            stage.lab.hub.moods.clear()
            let stuck = Books.farLeg(Cast.wanjiru, amount("9")) + .exposed(Cast.hub, amount("9"))
            try await stage.settle(stuck + .bridged(Cast.grace, amount("5")), seconds: 20, open: 1)
        },
    ]

    private static func capped(_ network: String) -> RunningLab.Setting {
        var setting = RunningLab.Setting()
        setting.capRows = [
            "{tenant: bank-c, network: \(network), currency: \(Cast.currency), single: 900.00, exposure: 15.00}"
        ]
        return setting
    }
}

extension Stage {
    /// Refused for the cap, and the hub hears nothing of it.
    fileprivate func refusedAtTheCap(_ pay: () async -> ClearingPayment) async throws {
        let asked = lab.hub.journal.count("POST /quotes")
        let refused = await pay()
        try equal(refused.answered, "RJCT", "our answer at the cap (\(refused))")
        try equal(refused.reason, "AM23", "the reason")
        try equal(lab.hub.journal.count("POST /quotes"), asked, "quotes at the hub")
    }
}

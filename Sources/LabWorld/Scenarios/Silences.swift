import FormatJSON

extension Scenario {
    /// Answers that do not come, come late, or are not true. Silence is never a no.
    static let silences: [Scenario] = hubSilences + railSilences + coreSilences

    private static let hubSilences: [Scenario] = [
        Scenario("the hub commits and says nothing: we ask") { stage in
            stage.lab.hub.moods.next("fulfil", .silent)
            let answer = try await stage.toWallet(Cast.wanjiru, "8")
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("8")))
        },
        Scenario("the hub's yes comes after we have asked") { stage in
            stage.lab.hub.moods.next("fulfil", .late(milliseconds: 5_000))
            let answer = try await stage.toWallet(Cast.wanjiru, "8")
            try stage.equal(answer.outcome, "settled", "the outcome")
            let told = stage.lab.hub.journal.exchanges.count { $0.verb == "PUT /transfers" && $0.direction == .sent }
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("8")))
            try await stage.eventually("the late answer arrives") {
                stage.lab.hub.journal.exchanges.count { $0.verb == "PUT /transfers" && $0.direction == .sent } > told
            }
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("8")))
        },
        Scenario("the payee's FSP is silent: the hub lets the transfer expire") { stage in
            stage.lab.wallets[Cast.wanjiru.fspId]?.moods.next("transfer", .lost)
            let answer = try await stage.toWallet(Cast.wanjiru, "8")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.code, "3303", "the hub's code")
            try await stage.settle()
        },
        Scenario("the hub never got the transfer: rejected only when it cannot come any more") { stage in
            stage.lab.hub.moods.next("transfer", .lost)
            let answer = try await stage.toWallet(Cast.wanjiru, "8", wait: 30)
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try await stage.settle()
        },
        Scenario("the hub's connection breaks after the transfer") { stage in
            stage.lab.hub.moods.next("transfer", .resetAfter)
            let answer = try await stage.toWallet(Cast.wanjiru, "8")
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("8")))
        },
        Scenario("a fulfilment that opens nothing is not believed") { stage in
            stage.lab.hub.moods.next("fulfil", .lying)
            stage.lab.hub.moods.next("enquiry", .silent)
            let answer = try await stage.toWallet(Cast.wanjiru, "8", wait: 1)
            try stage.equal(answer.status, 202, "the status while only a lie was heard")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("8")), seconds: 20)
            try stage.equal(try await stage.onlyTransfer()["outcome"]?.string, "settled", "the outcome")
        },
        Scenario("the hub does not tell us that it committed what we reserved: we ask, then credit") { stage in
            stage.lab.hub.moods.next("fulfil", .silent)
            _ = try await stage.fromWallet(Cast.wanjiru, "8") { $0.patienceSeconds = 2 }
            try await stage.settle(.fromWallet(Cast.wanjiru, Cast.amina, amount("8")), seconds: 20)
        },
        Scenario("nobody takes up our offer: it lapses") { stage in
            stage.lab.hub.moods.next("quoteAnswer", .silent)
            let payment = try await stage.fromWallet(Cast.wanjiru, "8") { $0.patienceSeconds = 1 }
            try stage.equal(payment.step, "quote", "the payer's last step")
            try await stage.settle(seconds: 20)
        },
    ]

    private static let railSilences: [Scenario] = [
        Scenario("the rail's final status is lost: we ask, then credit") { stage in
            let asked = stage.lab.clearing.journal.count("pacs.028")
            stage.lab.clearing.moods.next("pacs.002", .lost)
            let payment = await stage.fromRail("8")
            try stage.equal(payment.state, .settled, "the state at the clearing")
            try await stage.settle(.fromRail(Cast.bob, amount("8")), seconds: 20)
            try stage.expect(stage.lab.clearing.journal.count("pacs.028") > asked, "no pacs.028 was sent")
        },
        Scenario("the rail settles our payment and says nothing: we ask") { stage in
            stage.lab.clearing.moods.next("pacs.008", .silent)
            let answer = try await stage.toRail("8")
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.toRail(Cast.bob, amount("8")))
        },
        Scenario("the rail answers by half: we ask") { stage in
            stage.lab.clearing.moods.next("pacs.008", .halfBody)
            let answer = try await stage.toRail("8")
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.toRail(Cast.bob, amount("8")))
        },
        Scenario("the rail answers about another payment: we ask") { stage in
            stage.lab.clearing.moods.next("pacs.008", .lying)
            let answer = try await stage.toRail("8")
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.toRail(Cast.bob, amount("8")))
        },
        Scenario("the rail never got our payment: rejected only when it cannot come any more") { stage in
            stage.lab.clearing.moods.next("pacs.008", .lost)
            let answer = try await stage.toRail("8", wait: 30)
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try await stage.settle()
        },
    ]

    private static let coreSilences: [Scenario] = [
        Scenario("Fineract posts and says nothing: the same key again") { stage in
            stage.lab.core.moods.next("create", .silent)
            let answer = try await stage.toWallet(Cast.wanjiru, "8")
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("8")))
        },
        Scenario("Fineract holds and says nothing: the same key again") { stage in
            stage.lab.core.moods.next("prepare", .silent)
            let answer = try await stage.toWallet(Cast.wanjiru, "8")
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("8")))
        },
        Scenario("Fineract credits and the connection breaks: the same key again") { stage in
            stage.lab.core.moods.next("create", .resetAfter)
            let payment = await stage.fromRail("8")
            try stage.equal(payment.state, .settled, "the state at the clearing")
            try await stage.settle(.fromRail(Cast.bob, amount("8")), seconds: 20)
        },
        Scenario("Fineract never got the posting: the same key again") { stage in
            stage.lab.core.moods.next("create", .lost)
            let answer = try await stage.toWallet(Cast.wanjiru, "8")
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("8")))
        },
        Scenario("Fineract releases and answers by half") { stage in
            stage.lab.core.moods.next("release", .halfBody)
            stage.lab.hub.moods.next("transfer", .error(code: "4001"))
            let answer = try await stage.toWallet(Cast.wanjiru, "8")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try await stage.settle(seconds: 20)
        },
    ]
}

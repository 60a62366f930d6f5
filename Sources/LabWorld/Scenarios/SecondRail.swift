import FormatJSON

extension Scenario {
    /// Customers of a bank on the rail that answers in messages of its own, in both directions.
    static let secondRail: [Scenario] = toSecondRail + fromSecondRail

    private static let toSecondRail: [Scenario] = [
        Scenario("second rail: it refuses our payment: the hold is released") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .error(code: "AC04"))
            let answer = try await stage.toDuo("5")
            try stage.equal(answer.outcome, "rejected", "the outcome (\(answer.json))")
            try stage.equal(answer.code, "AC04", "the rail's code")
            try await stage.settle()
        },
        Scenario("second rail: it never got our payment: rejected only when it cannot come any more") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .lost)
            let answer = try await stage.toDuo("5", wait: 30)
            try stage.equal(answer.outcome, "rejected", "the outcome (\(answer.json))")
            try await stage.settle()
        },
        Scenario("second rail: its yes comes after the time in which it was due: the hold becomes a debit") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .late(milliseconds: 5_500))
            stage.lab.secondClearing.moods.always("pacs.028", .reset)
            let answer = try await stage.toDuo("5", wait: 30)
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.toSecondRail(Cast.bob, amount("5")))
        },
        Scenario("second rail: it takes its yes back afterwards: an alarm, and no book moves") { stage in
            stage.lab.secondClearing.moods.next("contradiction", .error(code: "ED05"))
            let answer = try await stage.toDuo("5")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.contradicted(.toSecondRail(Cast.bob, amount("5")))
        },
        Scenario("the rail takes its yes back afterwards: an alarm, and no book moves") { stage in
            stage.lab.clearing.moods.next("contradiction", .error(code: "ED05"))
            let answer = try await stage.toRail("5")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.contradicted(.toRail(Cast.bob, amount("5")))
        },
    ]

    private static let fromSecondRail: [Scenario] = [
        Scenario("second rail: a bank there pays Bob, and its final word comes twice") { stage in
            stage.lab.secondClearing.moods.next("pacs.002", .twice)
            let payment = await stage.fromDuo("5")
            try stage.equal(payment.state, .settled, "the state at the clearing (\(payment))")
            try await stage.settle(.fromSecondRail(Cast.bob, amount("5")))
        },
        Scenario("second rail: a bank there pays an account that we do not know") { stage in
            let payment = await stage.fromDuo("5", to: Cast.nobodyIBAN)
            try stage.equal(payment.answered, "RJCT", "our answer (\(payment))")
            try stage.equal(payment.reason, "AC01", "the reason")
            try await stage.settle()
        },
        Scenario("second rail: its final word is lost: we ask, then credit") { stage in
            stage.lab.secondClearing.moods.next("pacs.002", .lost)
            let payment = await stage.fromDuo("5")
            try stage.equal(payment.state, .settled, "the state at the clearing (\(payment))")
            try await stage.settle(.fromSecondRail(Cast.bob, amount("5")), seconds: 20)
        },
        Scenario("second rail: it takes our yes back and its word is lost: we ask, and nothing is credited") { stage in
            stage.lab.secondClearing.moods.next("settlement", .error(code: "ED05"))
            stage.lab.secondClearing.moods.next("pacs.002", .lost)
            let payment = await stage.fromDuo("5")
            try stage.equal(payment.state, .rejected, "the state at the clearing (\(payment))")
            try await stage.settle(seconds: 20)
        },
        Scenario("second rail: it takes our yes back: nothing is credited") { stage in
            stage.lab.secondClearing.moods.next("settlement", .error(code: "ED05"))
            let payment = await stage.fromDuo("5")
            try stage.equal(payment.state, .rejected, "the state at the clearing (\(payment))")
            try await stage.settle()
        },
    ]

    /// Our own answer would come too late, or did.
    static let incomingInTime: [Scenario] = [
        Scenario("the core bank is silent while the rail waits: the rail hears no in time") { stage in
            stage.lab.core.moods.always("parties", .lost)
            let payment = await stage.fromRail("5")
            try stage.equal(payment.answered, "RJCT", "our answer (\(payment))")
            try stage.expect(payment.answerMilliseconds < 5_000, "answered after \(payment.answerMilliseconds) ms")
            stage.lab.core.moods.clear()
            try await stage.settle(seconds: 20)
        },
        Scenario("our yes reaches the hub after the transfer has expired: nothing is credited") { stage in
            stage.lab.hub.moods.next("fulfil", .slow(milliseconds: 3_500))
            let payment = try await stage.fromWallet(Cast.wanjiru, "5") { $0.expirySeconds = 3 }
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try stage.equal(payment.errorCode, "3303", "the hub's error")
            try await stage.settle(seconds: 30)
        },
        Scenario("the hub says ABORTED when asked, and then that it has committed: an alarm, for a person") { stage in
            stage.lab.hub.moods.next("fulfil", .late(milliseconds: 4_500))
            stage.lab.hub.moods.next("enquiry", .lying)
            let answer = try await stage.toWallet(Cast.wanjiru, "5", wait: 30)
            try stage.equal(answer.outcome, "rejected", "the outcome (\(answer.json))")
            // The hub has moved it, and nobody was debited: the bank hears of it.
            let paid = Books.toWallet(Cast.alice, Cast.wanjiru, amount("5")).without {
                $0.hasPrefix("core ") || $0.hasPrefix("ledger ")
            }
            try await stage.contradicted(paid, as: "rejected")
        },
        Scenario("the hub says ABORTED after our yes: nothing is credited") { stage in
            stage.lab.hub.moods.next("fulfil", .error(code: "2001"))
            let payment = try await stage.fromWallet(Cast.grace, "5")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.settle(seconds: 20)
        },
    ]
}

extension Stage {
    /// A bank on the second rail pays an account at bank-b.
    func fromDuo(_ value: String, to iban: String? = nil) async -> ClearingPayment {
        await lab.secondClearing.pay(
            ClearingOrder(
                from: Cast.duoBIC, to: Cast.bics["bank-b"] ?? "", amount: amount(value),
                creditorAccount: iban ?? Cast.bob.alias?.value ?? ""))
    }
}

import FormatJSON

extension Scenario {
    /// Payer and payee are customers of one bank: its core bank alone, no network.
    static let onUs: [Scenario] = [
        Scenario("on-us: one customer pays another of the same bank") { stage in
            let sent = stage.lab.hub.journal.count("POST /transfers")
            let answer = try await stage.onUs("9")
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.onUs(Cast.alice, Cast.amina, amount("9")))
            try stage.equal(stage.lab.hub.journal.count("POST /transfers"), sent, "transfers at the hub")
        },
        Scenario("on-us: an account that the bank does not have") { stage in
            var nobody = Cast.amina
            nobody.account = "A-NOBODY"
            let answer = try await stage.onUs("9", to: nobody)
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.reason, "creditorAccountUnknown", "the reason")
            try await stage.settle()
        },
        Scenario("on-us: too little money") { stage in
            let answer = try await stage.onUs("50", from: Cast.pauper)
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.reason, "insufficientFunds", "the reason")
            try await stage.settle()
        },
        Scenario("on-us: the screening service refuses") { stage in
            stage.lab.screening.moods.next("screen", .error(code: "refuse"))
            let answer = try await stage.onUs("9")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try await stage.settle()
        },
        Scenario("on-us: the core bank holds, debits and credits in silence: the same keys again") { stage in
            stage.lab.core.moods.next("prepare", .resetAfter)
            stage.lab.core.moods.next("create", .resetAfter, times: 2)
            let answer = try await stage.onUs("9", wait: 40)
            try stage.equal(answer.outcome, "settled", "the outcome")
            try await stage.settle(.onUs(Cast.alice, Cast.amina, amount("9")), seconds: 20)
        },
        Scenario("on-us: the core bank refuses the debit: the hold is released") { stage in
            stage.lab.core.moods.next("create", .error(code: "error.msg.savingsaccount.transaction.not.allowed"))
            let answer = try await stage.onUs("9")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try await stage.settle(seconds: 20)
        },
    ]
}

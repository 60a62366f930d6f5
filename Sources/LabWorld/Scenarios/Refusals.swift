extension Scenario {
    /// Somebody says no, and no money moves.
    static let refusals: [Scenario] = refusedByUs + refusedByOthers

    private static let refusedByUs: [Scenario] = [
        Scenario("a wallet pays a number that we do not know") { stage in
            await stage.lab.hub.own(type: "MSISDN", identifier: "254711999999", fspId: "bank-a")
            let payment = try await stage.fromWallet(Cast.wanjiru, "3", to: "254711999999")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try stage.equal(payment.errorCode, "3204", "the hub's error")
            try await stage.settle()
        },
        Scenario("the rail pays an account that we do not know") { stage in
            let payment = await stage.fromRail("3", to: Cast.nobodyIBAN)
            try stage.equal(payment.answered, "RJCT", "our answer")
            try stage.equal(payment.reason, "AC01", "the reason")
            try await stage.settle()
        },
        Scenario("the rail pays a wallet that nobody knows") { stage in
            var nobody = Cast.wanjiru
            nobody.msisdn = Cast.nobodyMSISDN
            let payment = await stage.bridge(nobody, "3")
            try stage.equal(payment.answered, "RJCT", "our answer")
            try stage.equal(payment.reason, "AC01", "the reason")
            try await stage.settle()
        },
        Scenario("too little money on the account") { stage in
            let transfers = stage.lab.hub.journal.count("POST /transfers")
            let answer = try await stage.toWallet(Cast.wanjiru, "50", from: Cast.pauper)
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.reason, "insufficientFunds", "the reason")
            try await stage.settle()
            try stage.equal(stage.lab.hub.journal.count("POST /transfers"), transfers, "transfers at the hub")
        },
        Scenario("the core bank refuses the hold") { stage in
            let transfers = stage.lab.hub.journal.count("POST /transfers")
            let code = "error.msg.savingsaccount.transaction.insufficient.account.balance"
            stage.lab.core.moods.next("prepare", .error(code: code))
            let answer = try await stage.toWallet(Cast.wanjiru, "50")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.reason, "insufficientFunds", "the reason")
            try await stage.settle()
            try stage.equal(stage.lab.hub.journal.count("POST /transfers"), transfers, "transfers at the hub")
        },
        Scenario("no row of the rules table serves the payment") { stage in
            let order = ChannelClient.Order(from: Cast.bob, toKind: "MSISDN", toValue: Cast.wanjiru.msisdn, amount: "5")
            let answer = try await stage.lab.channel("bank-b").pay(order)
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.reason, "creditorAgentUnknown", "the reason")
            try await stage.settle()
        },
    ]

    private static let refusedByOthers: [Scenario] = [
        Scenario("the hub knows nobody of that number") { stage in
            let order = ChannelClient.Order(
                from: Cast.alice, toKind: "MSISDN", toValue: Cast.nobodyMSISDN, amount: "5")
            let answer = try await stage.lab.channel("bank-a").pay(order)
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.code, "3204", "the hub's code")
            try await stage.settle()
        },
        Scenario("the payee's FSP refuses the quote") { stage in
            let holds = stage.lab.core.journal.count("prepare")
            stage.lab.wallets[Cast.wanjiru.fspId]?.moods.next("quote", .error(code: "5103"))
            let answer = try await stage.toWallet(Cast.wanjiru, "5")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.code, "5103", "the code of the payee's FSP")
            try await stage.settle()
            try stage.equal(stage.lab.core.journal.count("prepare"), holds, "holds at the core bank")
        },
        Scenario("the payee's FSP refuses the transfer: the hold is released") { stage in
            let released = stage.lab.core.journal.count("release")
            stage.lab.wallets[Cast.wanjiru.fspId]?.moods.next("transfer", .error(code: "5104"))
            let answer = try await stage.toWallet(Cast.wanjiru, "5")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.code, "5104", "the code of the payee's FSP")
            try await stage.settle()
            try stage.equal(stage.lab.core.journal.count("release"), released + 1, "releases at the core bank")
        },
        Scenario("the hub refuses the transfer: no liquidity") { stage in
            stage.lab.hub.moods.next("transfer", .error(code: "4001"))
            let answer = try await stage.toWallet(Cast.grace, "5")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.code, "4001", "the hub's code")
            try await stage.settle()
        },
        Scenario("the rail refuses our payment") { stage in
            stage.lab.clearing.moods.next("pacs.008", .error(code: "AC04"))
            let answer = try await stage.toRail("5")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try stage.equal(answer.code, "AC04", "the rail's code")
            try await stage.settle()
        },
        Scenario("the rail takes our yes back: nothing is credited") { stage in
            stage.lab.clearing.moods.next("settlement", .error(code: "ED05"))
            let payment = await stage.fromRail("5")
            try stage.equal(payment.state, .rejected, "the state at the clearing")
            try await stage.settle()
        },
        Scenario("the payee's FSP asks for more than was offered", provokes: ["refused the callback"]) { stage in
            stage.lab.wallets[Cast.wanjiru.fspId]?.moods.next("quote", .lying)
            let answer = try await stage.toWallet(Cast.wanjiru, "5")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try await stage.settle()
        },
        Scenario("a quote whose amount is not that of its packet", provokes: ["refused the callback"]) { stage in
            stage.lab.hub.moods.next("quoteAnswer", .lying)
            let answer = try await stage.toWallet(Cast.wanjiru, "5")
            try stage.equal(answer.outcome, "rejected", "the outcome")
            try await stage.settle()
        },
        Scenario("a transfer to us with another amount than our quote", provokes: ["fulfil"]) { stage in
            stage.lab.hub.moods.next("transfer", .lying)
            let payment = try await stage.fromWallet(Cast.wanjiru, "5")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.settle()
        },
        Scenario("the far side of the bridge refuses") { stage in
            stage.lab.wallets[Cast.wanjiru.fspId]?.moods.next("transfer", .error(code: "5104"))
            let payment = await stage.bridge(Cast.wanjiru, "5")
            try stage.equal(payment.answered, "RJCT", "our answer")
            try await stage.settle()
        },
    ]
}

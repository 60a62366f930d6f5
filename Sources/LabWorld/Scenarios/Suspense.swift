import FormatJSON

extension Scenario {
    /// The money has come and the core bank does not take it: it is ours to place, in sight, until a person has.
    static let suspense: [Scenario] = [
        Scenario("the core bank refuses the credit after the rail settled: suspense, then a person") { stage in
            stage.lab.core.moods.always("create", .error(code: creditForbidden))
            let payment = await stage.fromRail("6")
            try stage.equal(payment.state, .settled, "the state at the clearing (\(payment))")
            try await stage.suspended(
                "bank-b", Cast.rail, "6",
                .one("rail \(Cast.farBIC)", amount("-6")) + .one("rail \(Cast.bics["bank-b"] ?? "")", amount("6")))
        },
        Scenario("the core bank refuses the credit after the hub committed: suspense, a person places it") { stage in
            stage.lab.core.moods.always("create", .error(code: creditForbidden))
            let payment = try await stage.fromWallet(Cast.wanjiru, "6")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.suspended(
                "bank-a", Cast.hub, "6",
                .one("wallet \(Cast.wanjiru.fspId) \(Cast.wanjiru.msisdn)", amount("-6"))
                    + .one("hub \(Cast.wanjiru.fspId)", amount("6")) + .one("hub bank-a", amount("-6")))
        },
        Scenario("the core bank refuses the posting after the hub committed: suspense, debited by hand", isAlone: true)
        {
            stage in
            stage.lab.core.moods.always("create", .error(code: "error.msg.savingsaccount.transaction.not.allowed"))
            let answer = try await stage.toWallet(Cast.wanjiru, "6", wait: 3)
            try stage.equal(answer.status, 202, "the status (\(answer.json))")
            // The hub has moved it; at the core bank the hold stands, and no debit was made of it.
            let moved =
                Books.toWallet(Cast.alice, Cast.wanjiru, amount("6")).without {
                    $0.hasPrefix("core ") || $0.contains(" customers ")
                } + .one(Books.held(Cast.alice), amount("6"))
            let id = try await stage.parked(moved + .one(Books.ledger("bank-a", "suspense", Cast.hub), amount("6")))
            try await stage.resolve(id, as: "settled")
            try await stage.settle(moved + .one(Books.ledger("bank-a", "customers", Cast.hub), amount("6")))
        },
        Scenario("on-us: the core bank refuses the credit after the debit: suspense, credited by hand", isAlone: true) {
            stage in try await stage.suspendedOnUs(then: "settled")
        },
        Scenario("on-us: the core bank refuses the credit after the debit: suspense, given back by hand", isAlone: true)
        {
            stage in try await stage.suspendedOnUs(then: "rejected")
        },
    ]

    private static let creditForbidden = "error.msg.savings.account.credit.transaction.not.allowed"
}

extension Stage {
    /// What came from a network stands on suspense; a person says that it was placed by hand, and it is the
    /// customer's.
    fileprivate func suspended(_ tenant: String, _ network: String, _ value: String, _ outside: Books) async throws {
        let came = outside + .one(Books.ledger(tenant, "position", network), amount(value))
        try await settle(came + .one(Books.ledger(tenant, "suspense", network), amount("-\(value)")), open: 1)
        var id = ""
        try await eventually("the payment is parked") {
            let page = try await onlyTransfer()
            id = page["id"]?.string ?? ""
            return page["parked"]?.string != nil
        }
        let stuck = try await lab.operators.payments(stuck: true)
        try equal(stuck.map { $0["id"]?.string ?? "" }, [id], "the list of stuck payments")
        let decision = try await lab.operators.resolve(id, as: "settled", evidence: "credited by hand, voucher 77")
        try equal(decision["resolvedAs"]?.string, "settled", "the decision")
        try await eventually("the payment has ended") { try await page(id)["outcome"]?.string == "settled" }
        try await settle(came + .one(Books.ledger(tenant, "customers", network), amount("-\(value)")))
    }

    /// The debtor was debited and the creditor is not credited: on suspense until a person has placed it or given it
    /// back, at the core bank and by hand.
    fileprivate func suspendedOnUs(then outcome: String) async throws {
        lab.core.moods.next("create", .normal)
        lab.core.moods.always("create", .error(code: "error.msg.savings.account.credit.transaction.not.allowed"))
        let answer = try await onUs("6", wait: 3)
        try equal(answer.status, 202, "the status (\(answer.json))")
        let debited =
            Books.one(Books.account(Cast.alice), amount("-6")) + .one("core bank-a nostro", amount("6"))
        let id = try await parked(
            debited + .one(Books.ledger("bank-a", "customers", "on-us"), amount("6"))
                + .one(Books.ledger("bank-a", "suspense", "on-us"), amount("-6")))
        try await resolve(id, as: outcome)
        let facts = try await page(id)["facts"]?.array?.compactMap(\.string) ?? []
        try equal(facts.contains("returned"), outcome == "rejected", "whether the facts say returned (\(facts))")
        try await settle(debited)
    }
}

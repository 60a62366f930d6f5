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
}

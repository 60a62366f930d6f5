import FormatJSON

extension Scenario {
    /// The rail's clock runs out while the hub is silent: the rail is told no in time, and the amount stands on
    /// exposure until the hub speaks.
    static let bridges: [Scenario] = [
        Scenario("bridge: the hub paid in silence; a person decides") { stage in
            stage.lab.hub.moods.next("fulfil", .silent)
            stage.lab.hub.moods.always("enquiry", .lost)
            let payment = await stage.bridge(Cast.wanjiru, "9")
            try stage.equal(payment.answered, "RJCT", "our answer")
            try stage.equal(payment.reason, "AB05", "the reason")
            try stage.expect(payment.answerMilliseconds < 5_000, "answered after \(payment.answerMilliseconds) ms")
            let exposed =
                Books.farLeg(Cast.wanjiru, amount("9"))
                + .one(Books.ledger("bank-c", "position", Cast.hub), amount("-9"))
                + .one(Books.ledger("bank-c", "exposure", Cast.hub), amount("9"))
            try await stage.settle(exposed, open: 1)
            stage.lab.hub.moods.clear()
            var id = ""
            try await stage.eventually("the payment is parked", seconds: 20) {
                let page = try await stage.onlyTransfer()
                id = page["id"]?.string ?? ""
                return page["parked"]?.string != nil
            }
            try await stage.settle(exposed, open: 1)
            let stuck = try await stage.lab.operators.payments(stuck: true)
            try stage.equal(stuck.map { $0["id"]?.string ?? "" }, [id], "the list of stuck payments")
            let decision = try await stage.lab.operators.resolve(
                id, as: "rejected", evidence: "the wallet's bank pays nothing back")
            try stage.equal(decision["resolvedAs"]?.string, "rejected", "the decision")
            try await stage.eventually("the payment has ended") {
                try await stage.page(id)["outcome"]?.string != nil
            }
            // The money that the wallet has and the rail never paid stays in sight.
            try await stage.settle(exposed)
        },
        Scenario("bridge: the hub was silent and had not paid: exposure ends by itself") { stage in
            stage.lab.hub.moods.next("transfer", .lost)
            stage.lab.hub.moods.always("enquiry", .lost)
            let payment = await stage.bridge(Cast.wanjiru, "9")
            try stage.equal(payment.answered, "RJCT", "our answer")
            try stage.equal(payment.reason, "AB05", "the reason")
            try await stage.settle(
                .one(Books.ledger("bank-c", "position", Cast.hub), amount("-9"))
                    + .one(Books.ledger("bank-c", "exposure", Cast.hub), amount("9")), open: 1)
            stage.lab.hub.moods.clear()
            try await stage.settle(seconds: 30)
        },
        Scenario("bridge: the hub commits in silence, and tells when asked in time") { stage in
            stage.lab.hub.moods.next("fulfil", .silent)
            let payment = await stage.bridge(Cast.wanjiru, "9")
            try stage.equal(payment.state, .settled, "the state at the clearing (\(payment))")
            try await stage.settle(.bridged(Cast.wanjiru, amount("9")))
        },
    ]
}

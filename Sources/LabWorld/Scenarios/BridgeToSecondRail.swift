import FormatJSON

extension Scenario {
    /// A wallet on the hub pays an account on the rail that answers in messages of its own: its word may come before it
    /// has taken our order, twice, about another order, or when the hub has given up.
    static let bridgeToSecondRail: [Scenario] = secondRailSettled + secondRailRefused + secondRailExposed

    private static let secondRailSettled: [Scenario] = [
        Scenario("hub → second rail: a wallet pays an account there") { stage in
            let payment = try await stage.toDalmar(Cast.wanjiru, "9")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try stage.equal(payment.payeeName, "Dalmar Duale", "the payee's name")
            try await stage.settle(.carriedToSecondRail(Cast.wanjiru, amount("9")))
        },
        Scenario("hub → second rail: its yes comes before it has taken the order, and once more after") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .callbackFirst)
            stage.lab.secondClearing.moods.next("pacs.008", .twice)
            for wallet in [Cast.grace, Cast.wanjiru] {
                let payment = try await stage.toDalmar(wallet, "9")
                try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            }
            try await stage.settle(
                .carriedToSecondRail(Cast.grace, amount("9")) + .carriedToSecondRail(Cast.wanjiru, amount("9")))
        },
        Scenario("hub → second rail: it settles and tells nobody: asked, and told in a message of its own") { stage in
            let asked = stage.lab.secondClearing.journal.count("pacs.028")
            stage.lab.secondClearing.moods.next("pacs.008", .silent)
            let payment = try await stage.toDalmar(Cast.wanjiru, "9")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try stage.expect(stage.lab.secondClearing.journal.count("pacs.028") > asked, "no pacs.028 was sent")
            try await stage.settle(.carriedToSecondRail(Cast.wanjiru, amount("9")), seconds: 20)
        },
        Scenario("hub → second rail: a yes about another order is none; the rail is asked") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .lying)
            let payment = try await stage.toDalmar(Cast.wanjiru, "9")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.settle(.carriedToSecondRail(Cast.wanjiru, amount("9")), seconds: 20)
        },
    ]

    private static let secondRailRefused: [Scenario] = [
        Scenario("hub → second rail: it refuses, and the hub hears why") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .error(code: "AM23"))
            let payment = try await stage.toDalmar(Cast.wanjiru, "9")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try stage.equal(payment.step, "transfer", "the step that refused")
            try stage.expect(["4001", "5001"].contains(payment.errorCode ?? ""), "our error is \(payment)")
            try await stage.settle()
        },
        Scenario("hub → second rail: it cannot read our order: refused") { stage in
            stage.lab.secondClearing.moods.next("message", .error(code: "cannot read"))
            let payment = try await stage.toDalmar(Cast.wanjiru, "9")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.settle(seconds: 20)
        },
        Scenario("hub → second rail: it never got the order: rejected when it cannot come any more") { stage in
            stage.lab.secondClearing.moods.next("pacs.008", .lost)
            let payment = try await stage.toDalmar(Cast.wanjiru, "9") { $0.expirySeconds = 10 }
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.settle(seconds: 30)
        },
    ]

    /// One leg certain, the other not.
    private static let secondRailExposed: [Scenario] = [
        Scenario("hub → second rail: its yes comes after the transfer has expired: on exposure, for a person") {
            stage in
            stage.lab.secondClearing.moods.next("pacs.008", .late(milliseconds: 9_000))
            stage.lab.secondClearing.moods.always("pacs.028", .reset)
            let payment = try await stage.toDalmar(Cast.wanjiru, "9") { $0.expirySeconds = 7.9 }
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            stage.lab.secondClearing.moods.clear()
            try await stage.exposedToSecondRail("9")
        },
        Scenario("hub → second rail: the hub says ABORTED after our fulfilment: on exposure, for a person") { stage in
            stage.lab.hub.moods.next("fulfil", .error(code: "2001"))
            let payment = try await stage.toDalmar(Cast.wanjiru, "9")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.exposedToSecondRail("9")
        },
        Scenario("hub → second rail: it takes its yes back afterwards: an alarm, and no book of ours moves") { stage in
            stage.lab.secondClearing.moods.next("contradiction", .error(code: "ED05"))
            let payment = try await stage.toDalmar(Cast.wanjiru, "9")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.contradicted(.carriedToSecondRail(Cast.wanjiru, amount("9")))
        },
    ]
}

extension Stage {
    /// A wallet on the hub pays an account on the second rail, which bank-c answers for.
    func toDalmar(
        _ wallet: Cast.Wallet, _ value: String, _ change: (inout HubPaymentOrder) -> Void = { _ in }
    ) async throws -> HubPayment {
        try await fromWallet(wallet, value, to: Cast.duoMSISDN) { order in
            order.expirySeconds = 20
            order.patienceSeconds = 25
            change(&order)
        }
    }

    fileprivate func exposedToSecondRail(_ value: String) async throws {
        let exposed = Books.secondRailLeg(amount(value)) + .exposed(Cast.secondRail, amount(value))
        try await parkedThenResolved(as: "rejected", exposed)
    }

    /// The only payment of the scenario has ended, its far side says the opposite afterwards: that stands in its page,
    /// and every book stays as the first word left it.
    func contradicted(_ moves: Books, as outcome: String = "settled") async throws {
        try await settle(moves)
        try await eventually("the contrary word stands in the payment") {
            try await onlyTransfer()["contradictions"]?.array?.isEmpty == false
        }
        try equal(try await onlyTransfer()["outcome"]?.string, outcome, "the outcome")
        try await settle(moves)
    }
}

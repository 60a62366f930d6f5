import FormatJSON

extension Scenario {
    /// A wallet on the hub pays an account on the rail: we say yes to the hub only when the rail has paid.
    static let bridgeToRail: [Scenario] = toRailSettled + toRailRefused + toRailInDoubt + toRailExposed

    private static let toRailSettled: [Scenario] = [
        Scenario("hub → rail: a wallet pays an account on the rail") { stage in
            let payment = try await stage.toFatuma(Cast.wanjiru, "9")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.settle(.carriedToRail(Cast.wanjiru, amount("9")))
        },
        Scenario("hub → rail: the payer hears the name that the directory holds") { stage in
            let payment = try await stage.toFatuma(Cast.grace, "9")
            try stage.equal(payment.payeeName, "Fatuma Farah", "the payee's name")
            try await stage.settle(.carriedToRail(Cast.grace, amount("9")))
        },
        Scenario("hub → rail: the hub brings quote and transfer twice, the rail pays once") { stage in
            stage.lab.hub.moods.next("quote", .twice)
            stage.lab.hub.moods.next("transfer", .twice)
            let payment = try await stage.toFatuma(Cast.wanjiru, "9")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.settle(.carriedToRail(Cast.wanjiru, amount("9")))
        },
    ]

    private static let toRailRefused: [Scenario] = [
        Scenario("hub → rail: an identifier that the directory does not list") { stage in
            await stage.lab.hub.own(type: "MSISDN", identifier: "254755999999", fspId: "bank-c")
            let payment = try await stage.fromWallet(Cast.wanjiru, "9", to: "254755999999")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try stage.equal(payment.step, "party", "the step that refused")
            try stage.equal(payment.errorCode, "3204", "our error")
            try await stage.settle()
        },
        Scenario("hub → rail: more than the bank's cap on one amount is refused at the quote") { stage in
            let payment = try await stage.toFatuma(Cast.wanjiru, "901")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try stage.equal(payment.step, "quote", "the step that refused")
            try await stage.settle()
        },
        Scenario("hub → rail: the screening service refuses at the quote") { stage in
            stage.lab.screening.moods.next("screen", .error(code: "refuse"))
            let payment = try await stage.toFatuma(Cast.wanjiru, "9")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try stage.equal(payment.step, "quote", "the step that refused")
            try await stage.settle()
        },
        Scenario("hub → rail: a transfer that leaves the rail too little time is refused") { stage in
            let sent = stage.lab.clearing.journal.count("pacs.008")
            let payment = try await stage.toFatuma(Cast.wanjiru, "9") { $0.expirySeconds = 6 }
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.settle()
            try stage.equal(stage.lab.clearing.journal.count("pacs.008"), sent, "payments sent to the rail")
        },
        Scenario("hub → rail: the rail refuses") { stage in
            stage.lab.clearing.moods.next("pacs.008", .error(code: "AC04"))
            let payment = try await stage.toFatuma(Cast.wanjiru, "9")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.settle()
        },
    ]

    private static let toRailInDoubt: [Scenario] = [
        Scenario("hub → rail: the rail settles in silence, and tells when asked in time") { stage in
            stage.lab.clearing.moods.next("pacs.008", .resetAfter)
            let payment = try await stage.toFatuma(Cast.wanjiru, "9")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.settle(.carriedToRail(Cast.wanjiru, amount("9")), seconds: 20)
        },
        Scenario("hub → rail: the rail never got it: rejected when it cannot come any more") { stage in
            stage.lab.clearing.moods.next("pacs.008", .lost)
            let payment = try await stage.toFatuma(Cast.wanjiru, "9") { $0.expirySeconds = 11 }
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.settle(seconds: 30)
        },
        Scenario("hub → rail: the hub does not answer our fulfilment at once: it is told again") { stage in
            stage.lab.hub.moods.next("fulfil", .busy(seconds: 1))
            let payment = try await stage.toFatuma(Cast.wanjiru, "9")
            try stage.equal(payment.state, .committed, "the state at the hub (\(payment))")
            try await stage.settle(.carriedToRail(Cast.wanjiru, amount("9")), seconds: 20)
        },
        Scenario("hub → rail: the transfer expires, and the rail turns out not to have paid") { stage in
            stage.lab.clearing.moods.next("pacs.008", .lost)
            stage.lab.clearing.moods.always("pacs.028", .reset)
            let payment = try await stage.toFatuma(Cast.wanjiru, "9") { $0.expirySeconds = 9 }
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            stage.lab.clearing.moods.clear()
            try await stage.settle(seconds: 40)
        },
    ]

    /// One leg certain, the other not: the amount stands on exposure, and a person recovers it.
    private static let toRailExposed: [Scenario] = [
        Scenario("hub → rail: the transfer expires first, and the rail turns out to have paid") { stage in
            stage.lab.clearing.moods.next("pacs.008", .silent)
            stage.lab.clearing.moods.always("pacs.028", .reset)
            let payment = try await stage.toFatuma(Cast.wanjiru, "9") { $0.expirySeconds = 9 }
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            stage.lab.clearing.moods.clear()
            try await stage.exposedToRail("9")
        },
        Scenario("hub → rail: the hub says ABORTED after our fulfilment") { stage in
            stage.lab.hub.moods.next("fulfil", .error(code: "2001"))
            let payment = try await stage.toFatuma(Cast.wanjiru, "9")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.exposedToRail("9")
        },
    ]
}

extension Stage {
    /// The rail was paid and the hub does not pay us: the amount stands on exposure, before and after a person has
    /// said how the payment ended.
    fileprivate func exposedToRail(_ value: String) async throws {
        let exposed =
            Books.farRailLeg(amount(value)) + .one(Books.ledger("bank-c", "position", Cast.rail), amount("-\(value)"))
            + .one(Books.ledger("bank-c", "exposure", Cast.rail), amount(value))
        try await parkedThenResolved(as: "rejected", exposed)
    }

    /// The only payment of the scenario is parked and every book has moved by this; a person decides, and no book moves
    /// any more.
    func parkedThenResolved(as outcome: String, _ moves: Books) async throws {
        try await resolve(try await parked(moves), as: outcome)
        try await settle(moves)
    }

    /// The only payment of the scenario, once it waits for a person and every book has moved by this.
    func parked(_ moves: Books) async throws -> String {
        var id = ""
        try await eventually("the payment is parked", seconds: 40) {
            let page = try await onlyTransfer()
            id = page["id"]?.string ?? ""
            return page["parked"]?.string != nil
        }
        try await settle(moves, open: 1)
        let stuck = try await lab.operators.payments(stuck: true)
        try equal(stuck.map { $0["id"]?.string ?? "" }, [id], "the list of stuck payments")
        return id
    }

    func resolve(_ id: String, as outcome: String) async throws {
        let decision = try await lab.operators.resolve(id, as: outcome, evidence: "the networks' reports of the day")
        try equal(decision["resolvedAs"]?.string, outcome, "the decision (\(decision))")
        try await eventually("the payment has ended") { try await page(id)["outcome"]?.string != nil }
    }
}

import FormatJSON

extension Scenario {
    /// On a rail that answers in messages of its own a no may be here before the order is taken, and our own no may be
    /// held up: whatever comes first, each side is told once.
    static let earlyNos: [Scenario] = noBeforeTaken + ownNoInTime

    private static let noBeforeTaken: [Scenario] = [
        Scenario("second rail: its no comes before it has taken our payment: one release, and nothing is asked") {
            stage in
            try await stage.refusedEarly(.normal)
        },
        Scenario("second rail: its no comes and the connection breaks: one release, and nothing is sent again") {
            stage in
            try await stage.refusedEarly(.resetAfter)
        },
        Scenario("hub → second rail: its no comes twice before it has taken the order: the hub hears one") { stage in
            let told = stage.lab.hub.journal.count("PUT /transfers")
            stage.lab.secondClearing.moods.next("early", .error(code: "AC04"))
            stage.lab.secondClearing.moods.next("pacs.008", .twice)
            let payment = try await stage.toDalmar(Cast.wanjiru, "9")
            try stage.equal(payment.state, .refused, "the state at the hub (\(payment))")
            try await stage.settle()
            try stage.equal(stage.lab.hub.journal.count("PUT /transfers"), told + 1, "answers that the hub got")
        },
        Scenario("rail → rail: the second rail's no comes before it has taken the order: the first hears why") {
            stage in
            let sent = stage.lab.secondClearing.journal.count("pacs.008")
            stage.lab.secondClearing.moods.next("early", .error(code: "AC04"))
            let payment = await stage.toSecondRail("9")
            try stage.equal(payment.answered, "RJCT", "our answer (\(payment))")
            try stage.equal(payment.reason, "AC04", "the reason")
            try await stage.settle()
            try stage.equal(stage.lab.secondClearing.journal.count("pacs.008"), sent + 1, "orders on the second rail")
        },
    ]

    /// The second rail as one that has no word for "settled, not posted": at the deadline it is told no.
    private static let ownNoInTime: [Scenario] = [
        Scenario(
            "second rail → hub: no word for settled, not posted: it hears one no in time, and exposure ends by itself",
            in: { noWordForACWP }
        ) { stage in
            stage.lab.hub.moods.next("transfer", .lost)
            stage.lab.hub.moods.always("enquiry", .lost)
            let payment = await stage.fromSecondRail("9")
            try stage.equal(payment.answered, "RJCT", "our answer (\(payment))")
            try stage.equal(payment.reason, "AB05", "the reason")
            try await stage.saidOnceThenEven(payment)
        },
        Scenario("second rail → hub: our no cannot leave: told again until it has, and once", in: { noWordForACWP }) {
            stage in
            stage.lab.hub.moods.next("transfer", .lost)
            stage.lab.hub.moods.always("enquiry", .lost)
            async let underWay = stage.fromSecondRail("9")
            try await stage.eventually("the order is at the hub") {
                stage.lab.hub.journal.count("POST /transfers") == 1
            }
            let rail = stage.lab.secondClearing
            let port = rail.peer.port
            await rail.peer.goAway()
            let payment = await underWay
            try stage.equal(payment.answered, nil, "our answer while the rail cannot be reached (\(payment))")
            try await rail.start(port: port)
            try await stage.eventually("the rail has heard our no", seconds: 20) {
                await rail.transaction(txId: payment.txId)?.late == "RJCT"
            }
            try await stage.saidOnceThenEven(payment)
        },
    ]

    private static var noWordForACWP: RunningLab.Setting {
        var setting = RunningLab.Setting()
        setting.secondRailSilence = "RJCT"
        return setting
    }
}

extension Stage {
    /// Bob's payment is refused before the second rail has answered our request.
    fileprivate func refusedEarly(_ mood: Mood) async throws {
        let (rail, core) = (lab.secondClearing.journal, lab.core.journal)
        let counts = (sent: rail.count("pacs.008"), asked: rail.count("pacs.028"), released: core.count("release"))
        lab.secondClearing.moods.next("early", .error(code: "AC04"))
        lab.secondClearing.moods.next("pacs.008", mood)
        let answer = try await toDuo("5")
        try equal(answer.outcome, "rejected", "the outcome (\(answer.json))")
        try equal(answer.code, "AC04", "the rail's code")
        try await settle()
        try equal(rail.count("pacs.008"), counts.sent + 1, "payments that the rail got")
        try equal(rail.count("pacs.028"), counts.asked, "enquiries that the rail got")
        try equal(core.count("release"), counts.released + 1, "releases at the core bank")
    }

    /// The origin was told no once, and is told nothing more when the hub turns out not to have paid.
    fileprivate func saidOnceThenEven(_ payment: ClearingPayment) async throws {
        try await settle(.exposed(Cast.hub, amount("9")), open: 1)
        lab.hub.moods.clear()
        try await settle(seconds: 30)
        let told = lab.secondClearing.journal.exchanges.count {
            $0.verb == "pacs.002" && $0.direction == .received && $0.id == payment.txId
        }
        try equal(told, 1, "answers that the rail got from us")
    }
}

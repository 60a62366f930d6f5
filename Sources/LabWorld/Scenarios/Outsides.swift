import FormatJSON
import Foundation

extension Scenario {
    /// What goes wrong around payments: a disk that takes no more, a certificate that is taken back, a core bank that
    /// answers by half.
    static let outsides: [Scenario] = [
        Scenario(
            "the disk is full: busy, nothing is lost, and payments go on when there is room",
            provokes: ["refused the callback"], isAlone: true
        ) { stage in try await stage.fillTheDisk() },
        Scenario(
            "the rail's certificate is taken back with a payment under way, and later is good again", isAlone: true
        ) {
            stage in
            try await stage.takeTheCertificateBack()
        },
        Scenario("Fineract holds and posts, and answers both by half: the same keys again") { stage in
            stage.lab.core.moods.next("prepare", .halfBody)
            stage.lab.core.moods.next("create", .truncated)
            let answer = try await stage.toWallet(Cast.wanjiru, "8", wait: 30)
            try stage.equal(answer.outcome, "settled", "the outcome (\(answer.json))")
            try await stage.settle(.toWallet(Cast.alice, Cast.wanjiru, amount("8")))
        },
    ]
}

extension Stage {
    // MARK: the disk

    /// The kernel lets no file of the gateway grow, as a full disk does not.
    fileprivate func fillTheDisk() async throws {
        lab.hub.moods.next("fulfil", .late(milliseconds: 1_500))
        async let underWay = toWallet(Cast.wanjiru, "8", wait: 30)
        try await eventually("the transfer is at the hub") { lab.hub.journal.count("POST /transfers") == 1 }
        try await limitFiles("4096")
        let order = try await toWallet(Cast.wanjiru, "9", wait: 0)
        try equal(order.status, 503, "the status of an order while the disk is full (\(order.json))")
        let quote = await hubSends(quote(FSPIOPRules.newIdentifier(), FSPIOPRules.newIdentifier(), "9"))
        try expect((quote.status ?? 0) >= 500, "the hub's quote was answered with \(quote)")
        let transfer = try await railSends(creditTransfer(railOrder("9")).message.bytes, to: "bank-b")
        try expect(
            transfer.http >= 500 || transfer.status == "RJCT", "the rail's payment was answered with \(transfer)")
        try equal(await readiness(), 503, "readiness while the disk is full")
        try await eventually("the hub's word came while nothing could be stored") {
            lab.hub.journal.exchanges.contains { $0.verb == "PUT /transfers" && $0.direction == .sent }
        }
        try expect(lab.gateway.isRunning, "the gateway has ended: \(lab.gateway.tail())")
        try await limitFiles("unlimited")
        try await eventually("the gateway is ready again") { await readiness() == 200 }
        try equal(try await underWay.outcome, "settled", "the outcome of the payment under way")
        try equal(try await toWallet(Cast.grace, "2").outcome, "settled", "the outcome of the next payment")
        try equal(await fromRail("3").state, .settled, "the state of the next payment from the rail")
        try await settle(
            .toWallet(Cast.alice, Cast.wanjiru, amount("8")) + .toWallet(Cast.alice, Cast.grace, amount("2"))
                + .fromRail(Cast.bob, amount("3")))
        try equal(try await newTransfers().count, 3, "the number of payments")
    }

    /// The soft limit of the running process; the hard one stays as it is.
    private func limitFiles(_ bytes: String) async throws {
        guard let process = lab.gateway.identifier else { throw LabFailure("the gateway does not run") }
        let run = try await Command("/usr/bin/env", ["prlimit", "--pid", "\(process)", "--fsize=\(bytes):"]).run()
        try equal(run.status, 0, "the exit code of prlimit (\(run.output))")
    }

    private func readiness() async -> Int {
        let request = LabRequest(method: "GET", path: "/health/ready")
        return await lab.channelClient.send(request, to: lab.channelBase).status ?? 0
    }

    // MARK: the certificate

    fileprivate func takeTheCertificateBack() async throws {
        lab.clearing.moods.next("pacs.008", .late(milliseconds: 3_000))
        async let underWay = toRail("8", wait: 40)
        try await eventually("the payment is at the rail") { lab.clearing.journal.count("pacs.008") == 1 }
        try await takeBack([Cast.clearingName])
        try await eventually("the rail's messages are not heard any more", seconds: 20) {
            await fromRail("3").answered == nil
        }
        let instead = try await toRail("2", wait: 20)
        try equal(instead.json["network"]?.string, Cast.secondRail, "the network of the next payment (\(instead.json))")
        try equal(lab.clearing.journal.count("pacs.008"), 1, "payments at the rail whose certificate was taken back")
        try await takeBack([])
        var moves =
            Books.toSecondRail(Cast.bob, amount("2"), account: Cast.farAccount, bic: Cast.farBIC)
            + .toRail(Cast.bob, amount("8"))
        try await eventually("the rail is heard again", seconds: 20) { await fromRail("4").state == .settled }
        moves += .fromRail(Cast.bob, amount("4"))
        try equal(try await underWay.outcome, "settled", "the outcome of the payment under way")
        try await settle(moves, seconds: 20)
    }

    /// From now on these certificates are taken back, and no others; the gateway looks at once.
    private func takeBack(_ names: [String]) async throws {
        try lab.authority.revoke(names)
        guard let process = lab.gateway.identifier else { throw LabFailure("the gateway does not run") }
        kill(process, SIGHUP)
    }
}

import FormatJSON

/// The first payments over each path, and what to try next.
struct Tour {
    let lab: RunningLab

    private struct Leg {
        var who: String
        var amount: String
        var pay: @Sendable (Stage) async throws -> Void
    }

    /// False when one of the first payments did not settle or a book is wrong.
    func show() async -> Bool {
        do {
            return try await firstPayments()
        } catch {
            Report.say("The first payments failed: \(error)")
            return false
        }
    }

    private var legs: [Leg] {
        [
            Leg(who: "Alice at bank-a → Wanjiru at wallet-blue", amount: "100.50") {
                _ = try await $0.toWallet(Cast.wanjiru, "100.50")
            },
            Leg(who: "Grace at wallet-green → Amina at bank-a", amount: "25") {
                _ = try await $0.fromWallet(Cast.grace, "25")
            },
            Leg(who: "a bank on the rail → Bob at bank-b", amount: "30.25") { _ = await $0.fromRail("30.25") },
            Leg(who: "a bank on the rail → Wanjiru, bridged by bank-c", amount: "40") {
                _ = await $0.bridge(Cast.wanjiru, "40")
            },
        ]
    }

    private func firstPayments() async throws -> Bool {
        let before = try await lab.books()
        var rows = [["who paid whom", Cast.currency, "outcome", "route row", "milliseconds by hop", "payment"]]
        for leg in legs {
            let stage = try await Stage(lab: lab)
            try await leg.pay(stage)
            var page = try await stage.onlyTransfer()
            try await stage.eventually("\(leg.who) has ended") {
                page = try await stage.onlyTransfer()
                return page["outcome"]?.string != nil
            }
            rows.append([
                leg.who, leg.amount, Report.outcome(page), Report.route(page), Report.hops(page),
                page["id"]?.string ?? "",
            ])
        }
        let expected =
            before + .toWallet(Cast.alice, Cast.wanjiru, amount("100.5"))
            + .fromWallet(Cast.grace, Cast.amina, amount("25")) + .fromRail(Cast.bob, amount("30.25"))
            + .bridged(Cast.wanjiru, amount("40"))
        var findings = try await lab.books().differences(from: expected)
        findings += await lab.auditFindings() + lab.takeViolations()
        Report.say("\n" + Report.table(rows) + "\n")
        let right = "Every book is right: core banks, wallets, positions, settlement accounts, our ledger."
        Report.say(findings.isEmpty ? right : "Wrong: " + findings.joined(separator: "\n       "))
        return findings.isEmpty && rows.dropFirst().allSatisfy { $0[2] == "settled" }
    }

}

extension RunningLab {
    /// What can be tried, as commands to copy.
    var commands: String {
        let addresses = TourCommands.Addresses(
            channel: channelBase, hub: hub.url, clearing: clearing.url, core: core.url)
        return TourCommands(
            folder: folder, certificates: authority.folder, config: configuration.file,
            interlock: gateway.executable, addresses: addresses
        ).text
    }
}

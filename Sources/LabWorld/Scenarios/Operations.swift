import FormatJSON
import Foundation

extension Scenario {
    /// What operators do with a gateway that runs.
    static let operations: [Scenario] = [
        Scenario("a backup is restored, and the networks tell what came after it", isAlone: true) { stage in
            try await stage.restoreABackup()
        },
        Scenario("the day's list agrees with every peer's report", isAlone: true) { stage in
            try await stage.reconcileTheDay()
        },
        Scenario("tables are reloaded under traffic; a table with a fault changes nothing", isAlone: true) { stage in
            try await stage.reloadUnderTraffic()
        },
        Scenario("route diff tells which payments of the day would go another way", isAlone: true) { stage in
            try await stage.diffRoutes()
        },
    ]
}

extension Stage {
    // MARK: backup and restore

    /// A payment is in doubt when the backup is made, one more comes after it; then the journal is lost.
    fileprivate func restoreABackup() async throws {
        let settled = try await toWallet(Cast.wanjiru, "10")
        try equal(settled.outcome, "settled", "the first payment")
        lab.hub.moods.next("fulfil", .silent)
        lab.hub.moods.always("enquiry", .lost)
        let inDoubt = try await toWallet(Cast.wanjiru, "5", wait: 3)
        try equal(inDoubt.status, 202, "the status of a payment in doubt")
        let backup = "\(lab.folder)/backup"
        try await interlock(["backup", backup, "--config", lab.configuration.file])
        lab.hub.moods.clear()
        let after = try await toWallet(Cast.grace, "3")
        try equal(after.outcome, "settled", "the payment after the backup")
        try await eventually("the payment in doubt has settled", seconds: 30) {
            try await page(inDoubt.id)["outcome"]?.string == "settled"
        }
        await lab.gateway.kill()
        let state = "\(lab.folder)/state"
        try FileManager.default.moveItem(atPath: state, toPath: "\(lab.folder)/lost")
        try await interlock(["restore", backup, state])
        _ = try await lab.gateway.start()
        try await eventually("what was in doubt at the backup is asked about again", seconds: 40) {
            try await page(inDoubt.id)["outcome"]?.string == "settled"
        }
        try equal(try await page(settled.id)["outcome"]?.string, "settled", "the first payment after the restore")
        // Every peer knows all three; our ledger knows what the backup held.
        let unknown = Books.toWallet(Cast.alice, Cast.grace, amount("3")).without { $0.hasPrefix("ledger ") }
        try await settle(
            .toWallet(Cast.alice, Cast.wanjiru, amount("15")) + unknown, seconds: 20)
    }

    // MARK: reconciliation

    /// Payments of every kind and every ending, then each peer's own report against ours.
    fileprivate func reconcileTheDay() async throws {
        var moves = Books()
        for path in PayPath.allCases { moves += try await pay(path, amount("2.25")) }
        lab.hub.moods.next("transfer", .error(code: "4001"))
        moves += try await pay(.channelToHub, amount("4"))
        lab.clearing.moods.next("pacs.008", .error(code: "AC04"))
        moves += try await pay(.channelToRail, amount("4"))
        lab.clearing.moods.next("settlement", .error(code: "ED05"))
        moves += try await pay(.railToAccount, amount("4"))
        try await settle(moves, seconds: 20)
        let day = LabTime.isoDate(LabTime.now())
        for (neighbour, tenant, report) in await reports() {
            let file = "\(lab.folder)/\(neighbour)-\(tenant).csv"
            try Data(report.csv.utf8).write(to: URL(fileURLWithPath: file))
            try await interlock([
                "reconcile", neighbour, "--tenant", tenant, "--date", day, "--report", file, "--config",
                lab.configuration.file,
            ])
        }
        // A report that lacks a line, or says another amount, is found out.
        var wrong = await lab.hub.report(of: "bank-a")
        let index = wrong.rows.firstIndex { $0.state == .settled } ?? 0
        wrong.rows[index].amount += amount("1")
        let file = "\(lab.folder)/wrong.csv"
        try Data(wrong.csv.utf8).write(to: URL(fileURLWithPath: file))
        let found = try await Command(
            lab.gateway.executable,
            [
                "reconcile", Cast.hub, "--tenant", "bank-a", "--date", day, "--report", file, "--config",
                lab.configuration.file,
            ]
        ).run()
        try equal(found.status, 1, "the exit code of a report that differs")
        try expect(found.output.contains(wrong.rows[index].reference), "the difference is not named: \(found.output)")
    }

    private func reports() async -> [(neighbour: String, tenant: String, report: DayReport)] {
        var all: [(String, String, DayReport)] = []
        for tenant in ["bank-a", "bank-c"] { all.append((Cast.hub, tenant, await lab.hub.report(of: tenant))) }
        for (rail, network) in lab.clearings {
            for (tenant, bic) in Cast.bics {
                var report = await rail.report(of: bic)
                // Orders for the bank whose payments it takes stand in that bank's report.
                if tenant == "bank-c", network.name == Cast.rail {
                    report.rows += await rail.report(of: Cast.duoBIC).rows
                }
                all.append((network.name, tenant, report))
            }
        }
        for tenant in ["bank-a", "bank-b"] { all.append((Cast.core, tenant, await lab.core.report(of: tenant))) }
        return all
    }

    // MARK: reload

    fileprivate func reloadUnderTraffic() async throws {
        let routes = "\(lab.folder)/routes.csv"
        let text = try String(contentsOfFile: routes, encoding: .utf8)
        let moves = try await withThrowingTaskGroup(of: Books.self) { group in
            for path in [PayPath.channelToHub, .hubToAccount, .railToAccount, .railToHub] {
                group.addTask {
                    var moves = Books()
                    for _ in 0..<4 { moves += try await self.pay(path, amount("1")) }
                    return moves
                }
            }
            group.addTask {
                try await self.reload(routes, text, wallets: "refuse:AC04", expects: 0)
                let refused = try await self.toWallet(Cast.wanjiru, "6")
                try self.equal(refused.reason, "creditorAccountClosed", "the reason by the new table")
                let broken = try await self.reload(routes, text, wallets: "nowhere", expects: 1)
                try self.expect(broken.contains("nowhere"), "the fault is not told: \(broken)")
                let still = try await self.toWallet(Cast.wanjiru, "6")
                try self.equal(still.reason, "creditorAccountClosed", "the reason while a table has a fault")
                try await self.reload(routes, text, wallets: "mojaloop:hub1", expects: 0)
                return Books()
            }
            return try await group.reduce(into: Books()) { $0 += $1 }
        }
        // Orders of the channel that met the other table were refused; the rest settled.
        try await settle(moves, seconds: 20)
        try equal(try await toWallet(Cast.wanjiru, "6").outcome, "settled", "the outcome by the first table again")
    }

    /// Writes the table with another target for wallets and reloads; what the command said.
    @discardableResult
    private func reload(_ file: String, _ text: String, wallets: String, expects status: Int32) async throws -> String {
        let row = "50,bank-a,*,channel,*,MSISDN:*,*,*,,,,,,mojaloop:hub1,,outgoing,"
        let flow = wallets.hasPrefix("refuse") ? "" : "outgoing"
        let other = text.replacing(row, with: "50,bank-a,*,channel,*,MSISDN:*,*,*,,,,,,\(wallets),,\(flow),")
        try expect(text.contains(row), "the routes are written otherwise than this scenario thinks")
        try Data(other.utf8).write(to: URL(fileURLWithPath: file))
        let run = try await Command(
            lab.gateway.executable, ["reload", "--config", lab.configuration.file]
        ).run()
        try equal(run.status, status, "the exit code of reload (\(run.output))")
        return run.output
    }

    // MARK: routes

    /// Two payments over the first rail would go over the second, three to wallets would go as they did.
    fileprivate func diffRoutes() async throws {
        for _ in 0..<3 { _ = try await pay(.channelToHub, amount("2")) }
        for value in ["2", "3.5"] { _ = try await pay(.channelToRail, amount(value)) }
        let railOrders = try await newTransfers().filter { $0["network"]?.string == Cast.rail }
        let said = try await lab.routesDifference()
        try expect(said.contains("5 payments compared, 2 would go another way"), "the counts are not told: \(said)")
        let rows = said.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let totals = [
            [Cast.rail, Cast.currency, "2", "5.50", "0", "0.00"],
            [Cast.secondRail, Cast.currency, "0", "0.00", "2", "5.50"],
            [Cast.hub, Cast.currency, "3", "6.00", "3", "6.00"],
        ]
        for total in totals {
            try expect(rows.contains(total), "\(total.joined(separator: " ")) is not told: \(said)")
        }
        let moves = rows.filter { $0.contains("->") }
        try equal(
            Set(moves.compactMap(\.first)), Set(railOrders.compactMap { $0["id"]?.string }), "the payments that move")
    }

    /// Runs the gateway's program; a failure with what it said when it ends with anything but 0.
    private func interlock(_ arguments: [String]) async throws {
        let run = try await Command(lab.gateway.executable, arguments).run()
        guard run.status == 0 else {
            throw LabFailure("interlock \(arguments.joined(separator: " ")) ended with \(run.status): \(run.output)")
        }
    }
}

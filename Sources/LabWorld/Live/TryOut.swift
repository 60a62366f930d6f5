import FormatJSON
import Foundation
import Synchronization

/// One thing to try on the running world, under one key.
struct TryOut: Sendable {
    let key: Character
    let title: String
    /// What came of it, in words.
    let run: @Sendable (RunningLab) async throws -> String

    /// Everything that the menu offers, for one running world.
    static func menu() -> [TryOut] { payments + faults + pages + [burst, stream(Stream())] }

    // MARK: payments

    private static let payments: [TryOut] = zip("1234567890", PayPath.allCases).map { key, path in
        TryOut(key: key, title: path.title) { lab in
            let stage = try await Stage(lab: lab)
            let begun = ContinuousClock.now
            let moves = try await stage.pay(path, amount("2.50"))
            let spent = Report.milliseconds(since: begun)
            let said = moves == Books() ? "no money moved" : "settled"
            guard let id = try await stage.newTransfers().last?["id"]?.string else { return "  \(said), \(spent) ms" }
            return timeline(try await lab.operators.payment(id)) + "\n  \(said) after \(spent) ms"
        }
    }

    // MARK: faults

    private static let faults: [TryOut] = [
        TryOut(key: "h", title: "the hub commits and tells nobody") { lab in
            lab.hub.moods.always("fulfil", .silent)
            lab.hub.moods.always("enquiry", .lost)
            return "  until [n]: transfers that leave now stay in doubt"
        },
        TryOut(key: "d", title: "the hub is down") { lab in
            lab.hub.moods.always(MoodBoard.all, .reset)
            return "  until [n]: every connection to the hub breaks"
        },
        TryOut(key: "c", title: "the core bank refuses the next hold") { lab in
            let code = "error.msg.savingsaccount.transaction.insufficient.account.balance"
            lab.core.moods.next("prepare", .error(code: code))
            return "  pay something from an account"
        },
        TryOut(key: "f", title: "the core bank answers the next posting by half") { lab in
            lab.core.moods.next("create", .truncated)
            return "  the posting is made; the gateway cannot read that"
        },
        TryOut(key: "w", title: "the wallet's FSP refuses the next transfer") { lab in
            lab.wallets[Cast.wanjiru.fspId]?.moods.next("transfer", .error(code: "5104"))
            return "  pay a wallet: the hold is released"
        },
        TryOut(key: "y", title: "the rail loses the next payment") { lab in
            lab.clearing.moods.next("pacs.008", .lost)
            return "  pay an account on the rail: it is asked about until it cannot come any more"
        },
        TryOut(key: "n", title: "everybody behaves again") { lab in
            lab.behave()
            return "  all peers are normal"
        },
        TryOut(key: "k", title: "kill -9 the gateway and start it again") { lab in
            let open = try await lab.operators.get("/state")["open"]?.int ?? 0
            await lab.gateway.kill()
            let begun = ContinuousClock.now
            _ = try await lab.gateway.start()
            return "  ready again after \(Report.milliseconds(since: begun)) ms, with \(open) payments in flight"
        },
    ]

    // MARK: pages

    private static let pages: [TryOut] = [
        TryOut(key: "s", title: "list stuck payments") { lab in
            let rows = try await lab.operators.payments(stuck: true)
            guard !rows.isEmpty else { return "  none is stuck" }
            return rows.prefix(20).map { row in
                "  \(row["id"]?.string ?? "")  \(row["amount"]?.string ?? "") \(row["currency"]?.string ?? "")  "
                    + "at \(row["stage"]?.string ?? "")"
            }.joined(separator: "\n")
        },
        TryOut(key: "r", title: "resolve the oldest parked one as settled") { try await resolve($0, as: "settled") },
        TryOut(key: "R", title: "resolve it as rejected") { try await resolve($0, as: "rejected") },
        TryOut(key: "t", title: "timeline of the newest payment") { lab in
            let rows = try await lab.operators.get("/payments?limit=20")["payments"]?.array ?? []
            guard let id = rows.first(where: { $0["kind"]?.string == "transfer" })?["id"]?.string else {
                return "  none yet"
            }
            return timeline(try await lab.operators.payment(id))
        },
        TryOut(key: "e", title: "route explain: a wallet, from a channel of bank-a") { lab in
            let file = "\(lab.folder)/explain.json"
            let payment: JSONValue = [
                "amount.settlement": "KES 100.00", "creditor.identifiers[0].kind": "MSISDN",
                "creditor.identifiers[0].value": .string(Cast.wanjiru.msisdn),
            ]
            try Data(payment.bytes()).write(to: URL(fileURLWithPath: file))
            return try await lab.interlock([
                "route", "explain", "--routes", "\(lab.folder)/routes.csv", "--tenant", "bank-a", "--from", "channel",
                file,
            ])
        },
        TryOut(key: "o", title: "route diff: what would move with the first rail's bank on the second") { lab in
            try await lab.routesDifference()
        },
        TryOut(key: "a", title: "audit: every peer's books") { lab in
            let findings = await lab.auditFindings() + lab.takeViolations()
            return findings.isEmpty ? "  every book is right" : "  " + findings.joined(separator: "\n  ")
        },
        TryOut(key: "?", title: "all this as commands to copy") { $0.commands },
    ]

    private static func resolve(_ lab: RunningLab, as outcome: String) async throws -> String {
        let parked = try await lab.operators.payments(stuck: true).filter { $0["stage"]?.string == "parked" }
        guard let id = parked.last?["id"]?.string else { return "  none is parked" }
        let answer = try await lab.operators.resolve(id, as: outcome, evidence: "decided at the lab's menu")
        return "  \(answer)"
    }

    private static func timeline(_ page: JSONValue) -> String {
        var rows: [[String]] = []
        for line in page["timeline"]?.array ?? [] {
            let after = LiveNumbers.milliseconds(line["afterMicroseconds"]?.int ?? 0)
            rows.append(["  +\(after) ms", line["hop"]?.string ?? "", line["says"]?.string ?? ""])
        }
        return Report.table(rows) + "\n  \(page["id"]?.string ?? ""): \(Report.outcome(page)), \(Report.route(page))"
    }

    // MARK: load

    private static let burst = TryOut(key: "b", title: "a burst of 100 payments on all paths") { lab in
        let stage = try await Stage(lab: lab)
        let begun = ContinuousClock.now
        let moved = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<100 {
                let path = PayPath.allCases[index % PayPath.allCases.count]
                group.addTask { try await stage.pay(path, amount("1")) != Books() }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        return "  100 payments in \(Report.milliseconds(since: begun)) ms, \(moved) of them moved money"
    }

    /// Payments without end, until the same key is pressed again.
    private static func stream(_ stream: Stream) -> TryOut {
        TryOut(key: "l", title: "a stream of payments on all paths, on and off") { lab in
            try await stream.toggle(lab) ? "  it flows; the same key ends it" : "  it has ended"
        }
    }

    final class Stream: Sendable {
        private let running = Mutex<Task<Void, Never>?>(nil)

        func toggle(_ lab: RunningLab) async throws -> Bool {
            if let task = running.withLock({ task in
                defer { task = nil }
                return task
            }) {
                task.cancel()
                return false
            }
            let stage = try await Stage(lab: lab)
            let task = Task {
                await withTaskGroup(of: Void.self) { group in
                    for path in PayPath.allCases {
                        group.addTask {
                            while !Task.isCancelled {
                                _ = try? await stage.pay(path, amount("1"))
                                await pause(milliseconds: 20)
                            }
                        }
                    }
                }
            }
            running.withLock { $0 = task }
            return true
        }
    }
}

extension RunningLab {
    /// Nobody misbehaves any more.
    func behave() {
        hub.moods.clear()
        for (rail, _) in clearings { rail.moods.clear() }
        core.moods.clear()
        screening.moods.clear()
        receiver.moods.clear()
        for wallet in wallets.values { wallet.moods.clear() }
    }

    /// Runs the gateway's program with these arguments: what it said, and the command itself.
    func interlock(_ arguments: [String]) async throws -> String {
        let run = try await Command(gateway.executable, arguments).run()
        return "  interlock \(arguments.joined(separator: " "))\n"
            + run.output.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    }

    /// What `route diff` says of the payments so far, were the lab's own table another one: what went over the first
    /// rail would go over the second.
    func routesDifference() async throws -> String {
        let (old, new) = ("\(folder)/routes.csv", "\(folder)/next-routes.csv")
        let text = try String(contentsOfFile: old, encoding: .utf8)
        let other = text.replacing(TourCommands.railCells.now, with: TourCommands.railCells.next)
        guard other != text else { throw LabFailure("no row of \(old) has \(TourCommands.railCells.now)") }
        try Data(other.utf8).write(to: URL(fileURLWithPath: new))
        return try await interlock(["route", "diff", old, new, "--config", configuration.file])
    }
}

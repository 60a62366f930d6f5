import FormatJSON
import Foundation
import Synchronization

/// Payments over every path for minutes, while peers misbehave and the gateway is killed again and again; in the end
/// every book is held against what the far sides say became of each payment.
final class Soak: Sendable {
    let lab: RunningLab
    let minutes: Double
    /// Seconds between two kills.
    let killEvery = 20.0
    /// Payments under way at a time, of each of the four paths.
    let lanes = 3

    private struct Score {
        var moves = Books()
        var begun = 0
        var ended = 0
        var moved = 0
        var kills = 0
        var slowestStart = 0
        var troubles: [String] = []
    }

    private let score = Mutex(Score())

    init(lab: RunningLab, minutes: Double) {
        self.lab = lab
        self.minutes = minutes
    }

    /// False when a payment was lost, doubled, or a book is wrong.
    func play() async -> Bool {
        do {
            let stage = try await Stage(lab: lab)
            let bridgedBefore = await stage.committedBridges()
            Report.say("Paying for \(Int(minutes * 60)) s, a kill every \(Int(killEvery)) s.")
            await soak(stage)
            lab.hub.moods.clear()
            lab.core.moods.clear()
            lab.clearing.moods.clear()
            Report.say("Time is up: what is under way comes to its end.")
            try await stage.eventually("all payments have ended or wait for a person", seconds: 420) {
                let stuck = try await lab.operators.payments(stuck: true).filter { $0["stage"]?.string == "parked" }
                return try await lab.operators.get("/state")["open"]?.int == stuck.count
            }
            var moves = score.withLock { $0.moves }
            moves += try await stage.exposed(since: bridgedBefore, moves)
            try await stage.settle(moves, seconds: 60)
            let findings = await lab.auditFindings()
            let end = score.withLock { $0 }
            for text in findings + end.troubles { Report.say("✗ \(text)") }
            Report.say(
                "\(end.ended) payments, \(end.moved) of them moved money; \(end.kills) kills, slowest start "
                    + "\(end.slowestStart) ms; every book agrees")
            return findings.isEmpty && end.troubles.isEmpty
        } catch {
            Report.say("✗ \(error)")
            for text in score.withLock({ $0.troubles }) { Report.say("✗ \(text)") }
            return false
        }
    }

    private func soak(_ stage: Stage) async {
        let end = ContinuousClock.now.advanced(by: .seconds(minutes * 60))
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<lanes {
                let wallet = lane % 2 == 0 ? Cast.wanjiru : Cast.grace
                group.addTask {
                    await self.repeating(until: end, "an order of the channel") {
                        try await stage.persist(wallet, FSPIOPRules.newIdentifier(), seconds: 420)
                    }
                }
                group.addTask {
                    await self.repeating(until: end, "a payment of the rail") {
                        await stage.fromRail("1").state == .settled ? .fromRail(Cast.bob, amount("1")) : Books()
                    }
                }
                group.addTask {
                    await self.repeating(until: end, "a bridge") {
                        let isSettled = await stage.bridge(Cast.wanjiru, "1").state == .settled
                        return isSettled ? .bridged(Cast.wanjiru, amount("1")) : Books()
                    }
                }
                group.addTask {
                    await self.repeating(until: end, "a payment of a wallet") { try await stage.incoming() }
                }
            }
            group.addTask { await self.kill(until: end) }
            group.addTask { await self.misbehave(until: end) }
            group.addTask { await self.watch(until: end) }
        }
    }

    private func repeating(
        until end: ContinuousClock.Instant, _ what: String, _ pay: @Sendable () async throws -> Books
    ) async {
        while ContinuousClock.now < end {
            score.withLock { $0.begun += 1 }
            do {
                let moves = try await pay()
                score.withLock { score in
                    score.moves += moves
                    score.ended += 1
                    if moves != Books() { score.moved += 1 }
                }
            } catch {
                score.withLock { $0.troubles.append("\(what): \(error)") }
                return
            }
        }
    }

    private func kill(until end: ContinuousClock.Instant) async {
        while ContinuousClock.now.advanced(by: .seconds(killEvery)) < end {
            await pause(milliseconds: Int(killEvery * 1000))
            await lab.gateway.kill()
            let begun = ContinuousClock.now
            do {
                _ = try await lab.gateway.start()
            } catch {
                score.withLock { $0.troubles.append("the gateway does not start again: \(error)") }
                return
            }
            let took = Report.milliseconds(since: begun)
            score.withLock { score in
                score.kills += 1
                score.slowestStart = max(score.slowestStart, took)
            }
        }
    }

    /// A fault now and then, at a peer chosen at random; each is one that ends by itself.
    private func misbehave(until end: ContinuousClock.Instant) async {
        let faults: [@Sendable (RunningLab) -> Void] = [
            { $0.hub.moods.next("transfer", .late(milliseconds: 400)) },
            { $0.hub.moods.next("transfer", .twice) },
            { $0.hub.moods.next("transfer", .reset) },
            { $0.hub.moods.next("fulfil", .silent) },
            { $0.core.moods.next("create", .resetAfter) },
            { $0.core.moods.next("create", .slow(milliseconds: 300)) },
            { $0.core.moods.next("prepare", .resetAfter) },
            { $0.core.moods.next("release", .silent) },
            { $0.clearing.moods.next("settlement", .late(milliseconds: 500)) },
            { $0.wallets[Cast.wanjiru.fspId]?.moods.next("transfer", .error(code: "5104")) },
            { $0.wallets[Cast.grace.fspId]?.moods.next("quote", .error(code: "5103")) },
        ]
        while ContinuousClock.now < end {
            faults[Int.random(in: faults.indices)](lab)
            await pause(milliseconds: Int.random(in: 200...900))
        }
    }

    /// One line every ten seconds, and the ledger's sum with it.
    private func watch(until end: ContinuousClock.Instant) async {
        let begun = ContinuousClock.now
        var before = 0
        while ContinuousClock.now < end {
            await pause(milliseconds: 10_000)
            let now = score.withLock { $0 }
            var line = "\(Report.milliseconds(since: begun) / 1000) s: \(now.ended) payments, "
            line += "\((now.ended - before) / 10) a second, \(now.begun - now.ended) under way, \(now.kills) kills"
            before = now.ended
            if let balances = try? await lab.operators.get("/balances")["balances"]?.array {
                var sum = LabAmount.zero
                for row in balances { sum += LabAmount(row["balance"]?.string ?? "") ?? .zero }
                if sum != .zero { score.withLock { $0.troubles.append("the ledger's sum is \(sum)") } }
                line += sum == .zero ? ", ledger sums to zero" : ", THE LEDGER IS OFF BY \(sum)"
            }
            Report.say(line)
        }
    }
}

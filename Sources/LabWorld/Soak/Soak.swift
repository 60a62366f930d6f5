import FormatJSON
import Foundation
import Synchronization

/// Payments over every path for minutes, while peers misbehave and the gateway is killed again and again. After each
/// kill, and in the end, every book is held against what the far sides say became of each payment.
final class Soak: Sendable {
    struct Options: Sendable {
        var minutes: Double
        var killEverySeconds = 20.0
        /// Payments in flight when the restart is measured in the end; 0 leaves that out.
        var inFlight = 0
        var seed: UInt64
    }

    struct Score: Sendable {
        var ended = 0
        var moved = 0
        var kills = 0
        var checksAtRest = 0
        var decisions = 0
        /// Milliseconds from one kill to the next, and payments under way at each.
        var intervals: [Int] = []
        var underWay: [Int] = []
        /// Checks that were not over when the next kill was due.
        var overruns = 0
        /// Milliseconds that the longest checks took.
        var longestInFlight = 0
        var longestAtRest = 0
        /// Milliseconds from the start of the process to its ready line, and payments in flight at that kill.
        var restarts: [(milliseconds: Int, inFlight: Int)] = []
        var troubles: [String] = []
    }

    let lab: RunningLab
    let options: Options
    let dice: Dice
    private let valve = Valve(limit: 12)
    private let score = Mutex(Score())
    /// Parked payments that were seen while others were under way, and when first.
    private let seenParked = Mutex<[String: ContinuousClock.Instant]>([:])

    /// Tasks of each path; the valve says how many of them all may pay.
    private static let lanes = 12
    /// How long a check waits at most for everything under way to end before it goes on without the books at rest.
    private static let restSeconds = 8.0
    /// After so long a person takes up a parked payment although others are under way: whoever ordered it waits for
    /// that. What its network did with it is final by then.
    private static let parkedSeconds = 60.0
    /// Enquiries about one payment wait for up to a minute from one to the next.
    static let patienceSeconds = 420.0

    init(lab: RunningLab, options: Options) {
        self.lab = lab
        self.options = options
        dice = Dice(seed: options.seed)
    }

    /// False when a payment was lost, doubled, or a book is wrong.
    func play() async -> Bool {
        let begun = ContinuousClock.now
        do {
            let stage = try await Stage(lab: lab)
            let books = try await SoakBooks(lab: lab)
            Report.say(
                "Paying for \(Int(options.minutes * 60)) s over \(PayPath.allCases.count) paths, a kill every "
                    + "\(Int(options.killEverySeconds)) s, seed \(options.seed).")
            await pay(stage, books)
            lab.behave()
            try await rest(books, "payments under kills and faults")
            if options.inFlight > 0 {
                await books.crowdComes()
                let backlog = Backlog(lab: lab, size: options.inFlight)
                let restarts = try await backlog.measure { await books.findingsInFlight() }
                score.withLock { score in
                    score.restarts += restarts.map { ($0.milliseconds, $0.inFlight) }
                    score.kills += restarts.count
                    score.troubles += restarts.flatMap(\.findings)
                }
                try await rest(books, "payments that were in flight at the last kills")
            }
        } catch {
            score.withLock { $0.troubles.append("\(error)") }
        }
        let end = score.withLock { $0 }
        Report.say(SoakReport(score: end, options: options, seconds: Report.milliseconds(since: begun) / 1000).text)
        return end.troubles.isEmpty
    }

    private func pay(_ stage: Stage, _ books: SoakBooks) async {
        let end = ContinuousClock.now.advanced(by: .seconds(options.minutes * 60))
        await withTaskGroup(of: Void.self) { group in
            for path in PayPath.allCases {
                for _ in 0..<Self.lanes { group.addTask { await self.lane(path, stage, books, until: end) } }
            }
            group.addTask { await self.killing(books, until: end) }
            group.addTask { await self.misbehave(until: end) }
            group.addTask { await self.watch(until: end) }
        }
    }

    private func lane(
        _ path: PayPath, _ stage: Stage, _ books: SoakBooks, until end: ContinuousClock.Instant
    ) async {
        while await valve.enter(until: end) {
            let begun = ContinuousClock.now
            do {
                let moves = try await stage.pay(path, dice.smallAmount())
                // The legs of a bridge are read at the networks: one of them alone may have moved.
                if !path.isBridge { books.note(moves) }
                score.withLock { score in
                    score.ended += 1
                    if moves != Books() { score.moved += 1 }
                }
            } catch {
                score.withLock { $0.troubles.append("\(path.title): \(error)") }
            }
            valve.leave(after: Report.milliseconds(since: begun))
        }
    }

    // MARK: kills and checks

    /// Kills by a clock of its own: a check takes what it needs from the time between two kills, and moves neither.
    private func killing(_ books: SoakBooks, until end: ContinuousClock.Instant) async {
        var due = ContinuousClock.now.advanced(by: nextInterval())
        var last: ContinuousClock.Instant?
        while due < end, ContinuousClock.now < end {
            let wait = due - ContinuousClock.now
            if wait < .zero { score.withLock { $0.overruns += 1 } }
            await pause(milliseconds: Int(wait / .milliseconds(1)))
            let killed: ContinuousClock.Instant
            do {
                killed = try await kill(after: last)
            } catch {
                score.withLock { $0.troubles.append("the gateway does not start again: \(error)") }
                return
            }
            let interval = nextInterval()
            last = killed
            due = killed.advanced(by: interval)
            await check(books, quietUntil: killed.advanced(by: interval / 2))
        }
    }

    /// Never quite the same, so that kills do not fall in step with a timer.
    private func nextInterval() -> Duration {
        .milliseconds(Int(options.killEverySeconds * Double(dice.number(900...1_000))))
    }

    /// The moment of the kill, which is over when the gateway is ready again.
    private func kill(after last: ContinuousClock.Instant?) async throws -> ContinuousClock.Instant {
        let open = (try? await lab.operators.get("/state")["open"]?.int) ?? 0
        let underWay = valve.underWay
        let killed = ContinuousClock.now
        await lab.gateway.kill()
        let begun = ContinuousClock.now
        _ = try await lab.gateway.start()
        let took = Report.milliseconds(since: begun)
        score.withLock { score in
            score.kills += 1
            score.restarts.append((took, open))
            score.underWay.append(underWay)
            if let last { score.intervals.append(Int((killed - last) / .milliseconds(1))) }
        }
        return killed
    }

    /// What holds in flight; then no new payment is let in until all have ended, or for as long as is allowed. The rest
    /// of the time belongs to payments: the next kill must meet them.
    private func check(_ books: SoakBooks, quietUntil latest: ContinuousClock.Instant) async {
        let begun = ContinuousClock.now
        let findings = await books.findingsInFlight()
        let took = Report.milliseconds(since: begun)
        score.withLock { score in
            score.troubles += findings
            score.longestInFlight = max(score.longestInFlight, took)
        }
        let deadline = min(latest, ContinuousClock.now.advanced(by: .seconds(Self.restSeconds)))
        if ContinuousClock.now < deadline {
            valve.shut()
            if await quiet(until: deadline) { await checkAtRest(books, until: deadline) }
            valve.open()
            valve.adjust()
        }
        await decideLongParked()
    }

    /// - Parameter deadline: for what a person decides to come to its end.
    private func checkAtRest(_ books: SoakBooks, until deadline: ContinuousClock.Instant) async {
        do {
            if try await decideParked() > 0, !(await quiet(until: deadline)) { return }
            try await compareAtRest(books)
        } catch {
            score.withLock { $0.troubles.append("\(error)") }
        }
    }

    private func compareAtRest(_ books: SoakBooks) async throws {
        let begun = ContinuousClock.now
        let findings = try await books.findingsAtRest()
        let took = Report.milliseconds(since: begun)
        score.withLock { score in
            score.checksAtRest += 1
            score.troubles += findings
            score.longestAtRest = max(score.longestAtRest, took)
        }
    }

    /// Whether no payment is under way any more, on our side and at the peers'; parked ones wait for a person.
    private func quiet(until deadline: ContinuousClock.Instant) async -> Bool {
        while ContinuousClock.now < deadline {
            if valve.underWay == 0, let open = try? await lab.operators.get("/state")["open"]?.int,
                let stuck = try? await lab.operators.payments(stuck: true),
                open == stuck.count(where: { $0["stage"]?.string == "parked" })
            {
                return true
            }
            await pause(milliseconds: 100)
        }
        return false
    }

    /// The end of a part: everything comes to its end, and every book is right.
    private func rest(_ books: SoakBooks, _ what: String) async throws {
        Report.say("Time is up: \(what) come to their end.")
        let deadline = ContinuousClock.now.advanced(by: .seconds(Self.patienceSeconds))
        while true {
            if await quiet(until: ContinuousClock.now.advanced(by: .seconds(5))), try await decideParked() == 0 {
                break
            }
            await decideLongParked()
            guard ContinuousClock.now >= deadline else { continue }
            let state = try await lab.operators.get("/state")
            throw LabFailure("not within \(Int(Self.patienceSeconds)) s: \(what) have ended; \(state)")
        }
        try await compareAtRest(books)
        let inFlight = await books.findingsInFlight()
        score.withLock { $0.troubles += inFlight }
    }

    private func decideLongParked() async {
        do {
            _ = try await decideParked { id in
                let now = ContinuousClock.now
                let first = self.seenParked.withLock { seen in
                    if let known = seen[id] { return known }
                    seen[id] = now
                    return now
                }
                return now - first >= .seconds(Self.parkedSeconds)
            }
        } catch {
            score.withLock { $0.troubles.append("a parked payment cannot be decided: \(error)") }
        }
    }

    /// A person decides what is parked, with the networks' reports at hand; how many payments that was.
    private func decideParked(_ isDue: (String) -> Bool = { _ in true }) async throws -> Int {
        var decided = 0
        for row in try await lab.operators.payments(stuck: true) where row["stage"]?.string == "parked" {
            let id = row["id"]?.string ?? ""
            guard isDue(id) else { continue }
            let page = try await lab.operators.payment(id)
            let outcome = await lab.verdict(on: page)
            let answer = try await lab.operators.resolve(id, as: outcome, evidence: "the network's report of the day")
            // Its own answer may come while the person looks: then there is nothing left to decide.
            if answer["error"] == nil { decided += 1 }
        }
        score.withLock { $0.decisions += decided }
        return decided
    }

    // MARK: faults and news

    /// A fault now and then, at a peer chosen at random; each is one that ends by itself.
    private func misbehave(until end: ContinuousClock.Instant) async {
        while ContinuousClock.now < end {
            dice.one(of: SoakFaults.all)(lab)
            await pause(milliseconds: dice.number(200...900))
        }
    }

    /// One line every ten seconds.
    private func watch(until end: ContinuousClock.Instant) async {
        let begun = ContinuousClock.now
        var before = 0
        while ContinuousClock.now < end {
            await pause(milliseconds: 10_000)
            let now = score.withLock { $0 }
            Report.say(
                "\(Report.milliseconds(since: begun) / 1000) s: \(now.ended) payments, \((now.ended - before) / 10) a "
                    + "second, \(valve.underWay) of \(valve.limit) under way, \(now.kills) kills, \(now.checksAtRest) "
                    + "times at rest, " + (now.troubles.isEmpty ? "every check held" : "\(now.troubles.count) TROUBLES")
            )
            before = now.ended
        }
    }
}

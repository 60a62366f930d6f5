import Testing

@testable import LabWorld

/// What the lab shows while it stays up, and what a soak run says in the end.
@Suite struct LiveTests {
    private static let numbers: LiveNumbers = {
        var numbers = LiveNumbers()
        (numbers.settled, numbers.rejected, numbers.open, numbers.stuck) = (120, 4, 3, 1)
        numbers.perSecond = 12.34
        numbers.hops = [.init(name: "plan", p50: 1_540, p99: 20_000), .init(name: "send", p50: 900, p99: 99_100)]
        numbers.standings = [
            .init(
                tenant: "bank-a", network: "mojaloop:hub1",
                accounts: [("position", amount("-12.5")), ("exposure", .zero), ("customers", amount("12.5"))])
        ]
        return numbers
    }()

    @Test func theScreenHoldsWhatAnOperatorLooksFor() {
        let lines = LiveScreen.lines(
            Self.numbers, menu: TryOut.menu(), upSeconds: 65, moods: ["hub fulfil silent"], columns: 100, rows: 60)
        let text = lines.joined(separator: "\n")
        #expect(text.contains("up 1:05, gateway ready"))
        #expect(text.contains("12.3 payments/s   settled 120   rejected 4   open 3"))
        #expect(text.contains("stuck 1"))
        #expect(text.contains("p99      20.0  99.1"))
        #expect(text.contains("bank-a mojaloop:hub1: position -12.50  customers 12.50"))
        #expect(text.contains("misbehaving: hub fulfil silent"))
        #expect(text.contains("[k] kill -9 the gateway"))
        #expect(lines.allSatisfy { $0.count <= 100 })
    }

    @Test(arguments: [(40, 5), (10, 3), (200, 12)])
    func itNeverDrawsMoreThanTheTerminalHolds(columns: Int, rows: Int) {
        let lines = LiveScreen.lines(
            Self.numbers, menu: TryOut.menu(), upSeconds: 1, moods: [], columns: columns, rows: rows)
        #expect(lines.count < max(rows, 4))
        #expect(lines.allSatisfy { $0.count <= columns })
    }

    @Test func plainLinesTellTheSame() {
        #expect(
            Self.numbers.line
                == "12.3 payments/s, 120 settled, 4 rejected, 3 open, 1 stuck, slowest hop send p99 99.1 ms, "
                + "ledger sums to zero")
        var away = Self.numbers
        away.isUp = false
        #expect(away.line == "the gateway does not answer")
        var broken = Self.numbers
        broken.ledgerSum = amount("0.01")
        #expect(broken.line.hasSuffix("THE LEDGER IS OFF BY 0.01"))
    }

    @Test func everyKeyOfTheMenuIsOneThing() {
        let keys = TryOut.menu().map(\.key)
        #expect(Set(keys).count == keys.count)
        #expect(!keys.contains("q"), "q ends the lab")
        #expect(TryOut.menu().prefix(PayPath.allCases.count).map(\.title) == PayPath.allCases.map(\.title))
    }

    @Test func aSoakReportNamesItsSeedAndEveryTrouble() {
        var score = Soak.Score()
        (score.ended, score.moved, score.kills) = (900, 800, 3)
        score.restarts = [(400, 12), (900, 10_000), (500, 3)]
        (score.intervals, score.underWay, score.overruns) = ([19_040, 25_310, 18_200], [30, 12, 41], 1)
        (score.longestInFlight, score.longestAtRest) = (700, 300)
        let options = Soak.Options(minutes: 1, seed: 77)
        let right = SoakReport(score: score, options: options, seconds: 63).text
        #expect(right.contains("77"))
        #expect(right.contains("median 500 ms, longest 900 ms"))
        #expect(right.contains("10000 payments: 900 ms"))
        #expect(right.contains("median 19.0 s, longest 25.3 s; 1 checks took longer"))
        #expect(right.contains("median 30 payments, least 12"))
        #expect(right.contains("3 in flight, the longest 700 ms; 0 with all books at rest, the longest 300 ms"))
        #expect(right.contains("✓ zero lost, zero doubled, zero-sum"))
        score.troubles = ["payment X was settled, and is lost now"]
        let wrong = SoakReport(score: score, options: options, seconds: 63).text
        #expect(wrong.contains("✗ payment X was settled, and is lost now"))
        #expect(!wrong.contains("✓"))
    }

    @Test func oneSeedIsOneCourse() {
        let (one, same, other) = (Dice(seed: 5), Dice(seed: 5), Dice(seed: 6))
        let numbers = (0..<50).map { _ in one.number(1...1_000) }
        #expect(numbers == (0..<50).map { _ in same.number(1...1_000) })
        #expect(numbers != (0..<50).map { _ in other.number(1...1_000) })
        #expect(numbers.allSatisfy { (1...1_000).contains($0) })
        let amounts = (0..<200).map { _ in one.smallAmount() }
        #expect(amounts.allSatisfy { $0 >= amount("0.01") && $0 <= amount("5") && $0.fits(decimals: 2) })
    }

    @Test func theValveLetsMoreInWhilePaymentsAreQuickAndNobodyWhenShut() async {
        let valve = Valve(limit: 6)
        let soon = ContinuousClock.now.advanced(by: .milliseconds(40))
        for _ in 0..<6 { #expect(await valve.enter(until: soon)) }
        #expect(await !valve.enter(until: soon), "it is full")
        for _ in 0..<6 { valve.leave(after: 100) }
        valve.adjust()
        #expect(valve.limit == 9)
        for _ in 0..<9 {
            #expect(await valve.enter(until: .now.advanced(by: .seconds(1))))
            valve.leave(after: 60_000)
        }
        valve.adjust()
        #expect(valve.limit == 6)
        valve.shut()
        #expect(await !valve.enter(until: .now.advanced(by: .milliseconds(40))))
        valve.open()
        #expect(await valve.enter(until: .now.advanced(by: .seconds(1))))
    }
}

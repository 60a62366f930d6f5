import EdgeHTTP
import Foundation
import Logging
import Payments
import Synchronization
import Testing

@testable import Gateway

/// The host's clocks as a test sets them.
private final class HostClock: Sendable {
    private let reading = Mutex(
        GuardedClock.Reading(wall: Instant(seconds: 1_700_000_000), steady: Instant(seconds: 100)))

    func pass(milliseconds: Int64) {
        reading.withLock {
            $0.wall = $0.wall.adding(milliseconds: milliseconds)
            $0.steady = $0.steady.adding(milliseconds: milliseconds)
        }
    }

    func set(byMilliseconds milliseconds: Int64) {
        reading.withLock { $0.wall = $0.wall.adding(milliseconds: milliseconds) }
    }

    var now: GuardedClock.Reading { reading.withLock { $0 } }
}

private final class Jumps: Sendable {
    private let found = Mutex<[Int64]>([])
    var all: [Int64] { found.withLock { $0 } }
    func add(_ milliseconds: Int64) { found.withLock { $0.append(milliseconds) } }
}

@Suite("The guarded clock")
struct GuardedClockTests {
    private let host = HostClock()

    private var clock: GuardedClock {
        let host = host
        return GuardedClock(read: { host.now })
    }

    @Test func itGoesAsTheHostGoes() {
        let clock = clock
        let start = clock.now()
        host.pass(milliseconds: 1_500)
        #expect(clock.now().milliseconds(since: start) == 1_500)
        #expect(clock.report == GuardedClock.Report())
    }

    @Test(arguments: [3_600_000, -3_600_000, 86_400_000, -2_000, 2_000] as [Int64])
    func aClockThatIsSetMovesNoTimer(_ milliseconds: Int64) {
        let clock = clock
        let jumps = Jumps()
        clock.onJump { jumps.add($0.milliseconds) }
        let start = clock.now()
        host.pass(milliseconds: 1_000)
        _ = clock.now()
        host.set(byMilliseconds: milliseconds)
        #expect(clock.now().milliseconds(since: start) == 1_000, "nothing has passed")
        #expect(jumps.all == [milliseconds], "told once")
        #expect(clock.report.hostOffsetMilliseconds == milliseconds && clock.report.jumps == 1)
        // Ten seconds pass: a timer of ten seconds is due within a second of its time, not at once and not in an hour.
        host.pass(milliseconds: 10_000)
        let passed = clock.now().milliseconds(since: start) - 1_000
        #expect((9_000...11_000).contains(passed), "\(passed)")
        #expect(jumps.all.count == 1)
    }

    @Test func itNeverGoesBackwardsWhateverTheHostDoes() {
        let clock = clock
        var last = clock.now()
        var random = IdentitySource(seed: 7)
        for _ in 0..<2_000 {
            host.pass(milliseconds: Int64(random.next() % 50))
            if random.next() % 10 == 0 { host.set(byMilliseconds: Int64(random.next() % 20_000) - 10_000) }
            let now = clock.now()
            #expect(now >= last)
            last = now
        }
    }

    @Test func itComesBackToTheHostsTimeLittleByLittle() {
        let clock = clock
        host.set(byMilliseconds: -5_000)
        for _ in 0..<600 {
            host.pass(milliseconds: 100)
            _ = clock.now()
        }
        #expect(clock.report.hostOffsetMilliseconds == 0)
        #expect(clock.now() == host.now.wall)
        host.set(byMilliseconds: 400)
        #expect(clock.report.jumps == 1, "a correction below a second is no jump")
    }
}

@Suite("Clock skew")
struct ClockSkewTests {
    private let start = Instant(seconds: 1_700_000_000)

    private func heard(_ skew: inout ClockSkew, at milliseconds: Int64, ahead: Int64, trip: Int64 = 40) {
        let sent = start.adding(milliseconds: milliseconds)
        let theirs = sent.adding(milliseconds: trip / 2 - ahead)
        skew.note(date: theirs.imfFixdate, sent: sent, answered: sent.adding(milliseconds: trip))
    }

    @Test func clocksThatAgreeAreNeverSaidToDiffer() {
        for offset in stride(from: Int64(-450), through: 450, by: 50) {
            var skew = ClockSkew()
            for number in 0..<40 { heard(&skew, at: Int64(number) * 137, ahead: 0, trip: 10 + Int64(number) * 60) }
            heard(&skew, at: 9_000, ahead: offset)
            #expect(abs(skew.certainMilliseconds ?? 9_999) <= 500, "\(offset)")
        }
    }

    @Test(arguments: [5_000, -5_000, 1_900, -1_900, 90_000] as [Int64])
    func aDifferenceIsFoundWithinTheSecondThatTheHeaderHas(_ ahead: Int64) throws {
        var skew = ClockSkew()
        for number in 0..<16 { heard(&skew, at: Int64(number) * 137, ahead: ahead) }
        let found = try #require(skew.certainMilliseconds)
        #expect(abs(found - ahead) <= 250, "sixteen answers narrow it down: \(found)")
        #expect((found > 0) == (ahead > 0))
    }

    @Test func aSlowAnswerProvesNothing() {
        var skew = ClockSkew()
        heard(&skew, at: 0, ahead: 1_500, trip: 8_000)
        #expect(skew.certainMilliseconds == 0)
        skew.note(date: "yesterday", sent: start, answered: start)
        skew.note(date: nil, sent: start, answered: start)
        #expect(skew.samples == 1)
    }

    @Test func aClockThatWasPutRightIsBelievedAtOnce() {
        var skew = ClockSkew()
        for number in 0..<16 { heard(&skew, at: Int64(number) * 200, ahead: 30_000) }
        heard(&skew, at: 4_000, ahead: 0)
        #expect(skew.certainMilliseconds == 0)
    }

    @Test func oneWrongNetworkDecidesNothing() {
        #expect(ClockSkew.median([0, 0, 60_000]) == 0)
        #expect(ClockSkew.median([4_000, 5_000, 6_000]) == 5_000)
        #expect(ClockSkew.median([0, 60_000]) == 0)
        #expect(ClockSkew.median([]) == nil)
    }
}

@Suite("Certificate watch")
struct CertificateWatchTests {
    /// What a reload was asked for, and whether the files are good.
    private final class Door: Sendable {
        private let state = Mutex((asked: 0, isGood: true))
        var asked: Int { state.withLock { $0.asked } }
        func become(good: Bool) { state.withLock { $0.isGood = good } }
        func reload() throws(EdgeFailure) {
            let isGood = state.withLock { state in
                state.asked += 1
                return state.isGood
            }
            if !isGood { throw EdgeFailure.tlsRefused(reason: "not this key") }
        }
    }

    @Test func changedFilesAreTakenOnceAndBadOnesAgainUntilTheyAreGood() throws {
        let scratch = try Scratch()
        let certificate = try scratch.write("tls/own.pem", Certificates.certificate)
        let key = try scratch.write("tls/own.key", Certificates.key)
        let door = Door()
        let watch = CertificateWatch(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        watch.add([
            CertificateWatch.Endpoint(
                name: "scheme", certificate: certificate, key: key,
                reload: { () throws(EdgeFailure) in try door.reload() })
        ])
        watch.look()
        #expect(door.asked == 0, "nothing changed")
        let line = try #require(watch.lines.first)
        #expect(line.subject == "good.example" && line.use == .own)
        #expect(line.days(at: line.notAfter.adding(milliseconds: -3 * 86_400_000)) == 3)

        try scratch.write("tls/own.pem", Certificates.expired)
        door.become(good: false)
        watch.look()
        watch.look()
        #expect(door.asked == 2 && watch.failures["scheme"]?.contains("not this key") == true && watch.reloads == 0)
        door.become(good: true)
        watch.look()
        watch.look()
        #expect(door.asked == 3 && watch.failures.isEmpty && watch.reloads == 1)
        #expect(watch.lines.first?.subject == "old.example")
    }
}

@Suite("Network watch")
struct NetworkWatchTests {
    private let host = HostClock()

    private func pass(_ milliseconds: Int64) { host.pass(milliseconds: milliseconds) }

    private func watch() -> NetworkWatch {
        let host = host
        return NetworkWatch(networks: ["iso:rtp1"], coreBanks: ["bank"], now: { host.now.wall })
    }

    private func hear(_ watch: NetworkWatch, _ outcome: WireOutcome, isHeartbeat: Bool = false) {
        let now = host.now.wall
        if !isHeartbeat { watch.begin("iso:rtp1") }
        watch.note(
            outcome, from: "iso:rtp1", sent: now.adding(milliseconds: -20), heard: now, isHeartbeat: isHeartbeat)
    }

    private let silence = WireOutcome.unknown("no answer")

    @Test func silenceInARowOpensTheBreakerAndOneAnswerClosesIt() throws {
        let watch = watch()
        for _ in 1..<NetworkWatch.failuresUntilOpen { hear(watch, silence) }
        #expect(watch.health("iso:rtp1") == .up)
        hear(watch, .replied(WireReply(status: 500)))
        #expect(watch.rows[0].failuresInARow == 0, "an error is an answer")
        for _ in 1...NetworkWatch.failuresUntilOpen { hear(watch, .notSent("connection refused")) }
        guard case .down(let why) = watch.health("iso:rtp1") else {
            Issue.record("it is down")
            return
        }
        #expect(why.contains("connection refused") && why.contains("5 times"))
        hear(watch, .replied(WireReply(status: 202)))
        #expect(watch.health("iso:rtp1") == .up && watch.rows[0].breaker == .closed)
    }

    @Test func afterAWhileOnePaymentTriesIt() {
        let watch = watch()
        for _ in 1...NetworkWatch.failuresUntilOpen { hear(watch, silence) }
        pass(NetworkWatch.openMilliseconds - 1)
        #expect(watch.health("iso:rtp1") != .up)
        pass(1)
        #expect(watch.health("iso:rtp1") == .up, "the trial")
        #expect(watch.health("iso:rtp1") != .up, "one at a time")
        hear(watch, silence)
        #expect(watch.rows[0].breaker == .open, "a trial that came to nothing opens it again")
        pass(NetworkWatch.openMilliseconds)
        #expect(watch.health("iso:rtp1") == .up)
        pass(NetworkWatch.trialMilliseconds)
        #expect(watch.health("iso:rtp1") == .up, "a trial that was never made does not close it for ever")
    }

    @Test func heartbeatsKeepItDownAndBringItUp() {
        let watch = watch()
        for _ in 1...NetworkWatch.failuresUntilOpen { hear(watch, silence, isHeartbeat: true) }
        pass(NetworkWatch.openMilliseconds * 10)
        #expect(watch.health("iso:rtp1") != .up, "no payment is tried on what does not answer a heartbeat")
        hear(watch, .replied(WireReply(status: 503)), isHeartbeat: true)
        #expect(watch.health("iso:rtp1") != .up)
        hear(watch, .replied(WireReply(status: 404)), isHeartbeat: true)
        #expect(watch.health("iso:rtp1") == .up, "any answer below 500 is life")
        #expect(watch.rows[0].underWay == 0)
    }

    @Test func readingTheTableChangesNothing() {
        let watch = watch()
        for _ in 1...NetworkWatch.failuresUntilOpen { hear(watch, silence) }
        pass(NetworkWatch.openMilliseconds)
        for _ in 1...10 { #expect(watch.rows[0].breaker == .open) }
        #expect(watch.health("iso:rtp1") == .up)
        #expect(watch.health("nobody knows it") == .up)
    }

    @Test func latenciesAreOfTheNewestAnswers() {
        let watch = watch()
        for _ in 0..<600 { hear(watch, .replied(WireReply(status: 200))) }
        #expect(watch.rows[0].p50Milliseconds == 20 && watch.rows[0].p99Milliseconds == 20)
        #expect(watch.rows.map(\.name) == ["iso:rtp1", "bank"])
    }
}

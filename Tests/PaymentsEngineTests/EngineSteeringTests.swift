import Payments
@testable import PaymentsEngine
import Synchronization
import Testing

@Suite("Confirmation, cancellation, reviews and days")
struct EngineSteeringTests {
    private func ordered(
        _ bench: Bench, confirmation: String? = nil, on date: CivilDate? = nil, flow: String = "guarded"
    ) async throws -> PaymentID {
        var inbound = Model.opening("a", flow: flow)
        guard case .opens(let kind, var payment) = inbound.meaning else { throw Missing() }
        payment.type.confirmation = confirmation
        payment.requestedExecutionDate = date
        inbound.meaning = .opens(kind, payment)
        return try #require(await bench.open(inbound).payment)
    }

    private struct Missing: Error {}

    private func raw(_ bench: Bench) -> ArchivedMessage {
        ArchivedMessage(direction: .received, peer: "app", message: "word", time: bench.clock.now, bytes: [])
    }

    // MARK: confirmation

    @Test("The payer sees the terms first; nothing is held before the yes") func confirmed() async throws {
        let bench = Bench()
        let id = try await ordered(bench, confirmation: "required")
        await bench.wait { bench.transport.sent(.validate).count == 1 }
        await bench.settle()
        #expect(bench.record(id).stage == "plan" && bench.transport.sent(.reserve).isEmpty)
        #expect(await bench.engine.confirm(id, accepted: true, raw: raw(bench)) == .done)
        await bench.wait { bench.outcome(id) == .settled }
        guard case .notPossible = await bench.engine.confirm(id, accepted: false, raw: raw(bench)) else {
            Issue.record("a payment that has ended takes no word")
            return await bench.end()
        }
        await bench.end()
    }

    @Test("A no, or no word in time, refuses without a hold", arguments: [true, false])
    func notConfirmed(_ says: Bool) async throws {
        let bench = Bench()
        let id = try await ordered(bench, confirmation: "required")
        await bench.wait { bench.transport.sent(.validate).count == 1 }
        await bench.settle()
        if says { #expect(await bench.engine.confirm(id, accepted: false, raw: raw(bench)) == .done) }
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.record(id).reason?.canonical == (says ? "cancelledByDebtor" : "quoteExpired"))
        #expect(bench.transport.sent(.reserve).isEmpty)
        await bench.end()
    }

    // MARK: cancellation

    @Test("A payment is called off while it waits, and a hold that stands goes back") func cancelled() async throws {
        for verb in [Verb.quote, .reserve] {
            let bench = Bench()
            bench.transport.script(verb, .gate)
            let id = try await ordered(bench)
            await bench.wait { bench.transport.sent(verb).count == 1 }
            #expect(await bench.engine.cancel(id, why: "wrong amount", raw: raw(bench)) == .done)
            bench.transport.openGate()
            await bench.wait { bench.outcome(id) == .rejected }
            #expect(bench.record(id).reason?.canonical == "cancelledByDebtor")
            #expect(bench.transport.sent(.send).isEmpty)
            #expect(bench.transport.sent(.release).count == (verb == .reserve ? 1 : 0))
            await bench.end()
        }
    }

    @Test("What may have left is not called off") func tooLate() async throws {
        let bench = Bench()
        bench.transport.script(.send, .gate)
        let id = try await ordered(bench)
        await bench.wait { bench.transport.sent(.send).count == 1 }
        guard case .notPossible(let why) = await bench.engine.cancel(id, why: "", raw: raw(bench)) else {
            Issue.record("it was called off")
            return await bench.end()
        }
        #expect(why.contains("has begun"))
        bench.transport.openGate()
        await bench.wait { bench.outcome(id) == .settled }
        #expect(
            await bench.engine.cancel(PaymentID(at: bench.clock.now, engine: 9, entropy: 1), why: "", raw: raw(bench))
                == .unknownPayment)
        await bench.end()
    }

    // MARK: reviews

    @Test("A payment that a person must look at waits, with no hold", arguments: [PaymentOutcome.settled, .rejected])
    func review(_ decision: PaymentOutcome) async throws {
        let bench = Bench()
        bench.transport.script(.screen, .word("review"))
        let id = try await ordered(bench)
        await bench.wait { bench.isParked(id) }
        #expect(bench.record(id).parked == "held for review")
        #expect(bench.transport.sent(.find).isEmpty)
        #expect(try await bench.engine.resolve(id, as: decision, by: "ann", evidence: "case 7"))
        await bench.wait { bench.outcome(id) == decision }
        #expect(bench.transport.sent(.reserve).count == (decision == .settled ? 1 : 0))
        await bench.end()
    }

    @Test(
        "A silent screening service means what the configuration says",
        arguments: [
            (UnknownPolicy.refuse, PaymentOutcome.rejected as PaymentOutcome?), (.leave, .settled),
            (.operatorDecides, nil),
        ])
    func silence(_ policy: UnknownPolicy, _ outcome: PaymentOutcome?) async throws {
        let bench = Bench(world: Model.world(silence: policy))
        bench.transport.script(.screen, .silent)
        let id = try await ordered(bench)
        await bench.wait { bench.outcome(id) == outcome && (outcome != nil || bench.isParked(id)) }
        await bench.end()
    }

    @Test("An origin with a clock gets its answer though nobody looked") func reviewTooLong() async throws {
        let bench = Bench()
        bench.transport.script(.screen, .word("review"))
        let id = try await bench.open("a", flow: "guarded", answerBy: 8_000)
        await bench.wait { bench.isParked(id) }
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.record(id).reason?.canonical == "timeoutCreditorAgent")
        #expect(bench.clock.now < bench.record(id).receivedAt?.adding(milliseconds: 8_000) ?? bench.clock.now)
        await bench.end()
    }

    // MARK: days

    @Test("An order for another day waits for it, and then goes out") func futureDated() async throws {
        var world = Model.world()
        let start = Instant(seconds: 1_800_000_000).date
        world.calendar = { _, _ in
            BusinessCalendar(
                name: "rail", zone: .utc, covered: start...start.adding(days: 30), isAlwaysOpen: true)
        }
        let bench = Bench(world: world)
        let id = try await ordered(bench, on: start.adding(days: 1))
        await bench.settle()
        #expect(bench.record(id).stage == "plan" && bench.transport.sent.isEmpty)
        await bench.wait(step: 600_000) { bench.outcome(id) == .settled }
        #expect(bench.record(id).changedAt?.date == start.adding(days: 1))
        await bench.end()
    }

    @Test("A holiday that joins the calendar while a payment waits is kept") func calendarChanges() async throws {
        var world = Model.world()
        let start = Instant(seconds: 1_800_000_000).date
        let box = Box()
        world.calendar = { _, _ in
            var calendar = BusinessCalendar(
                name: "rail", zone: .utc, covered: start...start.adding(days: 30), isAlwaysOpen: false)
            calendar.holidays = box.holidays.withLock { $0 }
            return calendar
        }
        let bench = Bench(world: world)
        let id = try await ordered(bench, on: start.adding(days: 1))
        await bench.settle()
        box.holidays.withLock { _ = $0.insert(start.adding(days: 1)) }
        await bench.wait(step: 600_000) { bench.outcome(id) == .settled }
        #expect(bench.record(id).changedAt?.date == start.adding(days: 2))
        await bench.end()
    }

    private final class Box: Sendable {
        let holidays = Mutex<Set<CivilDate>>([])
    }

    @Test("A day that the calendar does not reach is refused, never guessed") func calendarGap() async throws {
        var world = Model.world()
        let start = Instant(seconds: 1_800_000_000).date
        world.calendar = { _, _ in
            BusinessCalendar(name: "rail", zone: .utc, covered: start...start.adding(days: 3), isAlwaysOpen: true)
        }
        let bench = Bench(world: world)
        let id = try await ordered(bench, on: start.adding(days: 20))
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.record(id).reason?.detail?.contains("calendar rail ends") == true)
        await bench.end()
    }
}

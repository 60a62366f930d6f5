import Payments
@testable import PaymentsEngine
import Synchronization
import Testing

@Suite("Another network, the payer's word, caps, days and reviews")
struct EngineControlTests {
    // MARK: alternates

    @Test("A network that cannot be reached gives way to the next; the hold is made anew") func unreachable()
        async throws
    {
        let bench = Bench(world: Model.world(alternates: [Model.other]))
        bench.transport.script(.send, at: Model.far, .notSent)
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .settled }
        let record = bench.record(id)
        #expect(record.network == Model.other && record.tried == [Model.far])
        #expect(record.route?.note.contains("after far") == true)
        let reserves = bench.transport.sent(.reserve).map(\.body)
        #expect(reserves == ["ask a", "ask a plan-1"] && bench.transport.sent(.release).count == 1)
        #expect(bench.units(.position, Model.far) == 0 && bench.units(.position, Model.other) == -10)
        await bench.end()
    }

    @Test("A refusal that another network may not share is tried there, before anything was sent") func refusedQuote()
        async throws
    {
        let bench = Bench(world: Model.world(alternates: [Model.other]))
        bench.transport.script(.quote, at: Model.far, .word("refused"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.record(id).network == Model.other)
        #expect(bench.transport.sent(.reserve).count == 1)
        await bench.end()
    }

    @Test("What a network may have carried out goes to no other", arguments: ["refused", "breaks"])
    func neverTwice(_ word: String) async throws {
        let bench = Bench(world: Model.world(alternates: [Model.other]))
        bench.transport.script(.send, at: Model.far, word == "breaks" ? .breaks : .word(word), .word("refused"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent(.send).allSatisfy { $0.peer == Model.far })
        #expect(bench.record(id).tried.isEmpty)
        await bench.end()
    }

    @Test("Nobody can be reached: refused with the first network's reason") func noneLeft() async throws {
        var world = Model.world(alternates: [Model.other])
        world.health = { $0 == Model.far ? .down("no heartbeat") : .down("breaker open") }
        let bench = Bench(world: world)
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.record(id).reason?.canonical == "agentOffline")
        #expect(bench.record(id).reason?.detail?.contains("no heartbeat") == true)
        #expect(bench.transport.sent(.find).isEmpty)
        await bench.end()
    }

    @Test("A network that is down or does not settle the currency is passed over at once") func passedOver()
        async throws
    {
        for isDown in [true, false] {
            var world = Model.world(alternates: [Model.other])
            if isDown {
                world.health = { $0 == Model.far ? .down("no heartbeat") : .up }
            } else {
                world.currencies = { $0 == Model.far ? [] : nil }
            }
            let bench = Bench(world: world)
            let id = try await bench.open("a", flow: "outgoing")
            await bench.wait { bench.outcome(id) == .settled }
            #expect(bench.record(id).network == Model.other && bench.record(id).tried.isEmpty)
            #expect(bench.transport.sent(.quote).map(\.peer) == [Model.other])
            await bench.end()
        }
    }

    // MARK: caps

    @Test("Caps refuse before any hold, and room comes back when payments end") func caps() async throws {
        var world = Model.world()
        let ten = Model.ten()
        world.caps = { _, _, _ in Caps(position: ten, inFlight: 1) }
        let bench = Bench(world: world)
        bench.transport.script(.send, .gate)
        let first = try await bench.open("a", flow: "outgoing")
        await bench.settle()
        let second = try await bench.open("b", flow: "outgoing")
        await bench.wait { bench.outcome(second) == .rejected }
        #expect(bench.record(second).reason?.canonical == "agentLiquidity")
        #expect(bench.transport.sent(.reserve).count == 1)
        bench.transport.script(.send, .word("refused"))
        bench.transport.openGate()
        await bench.wait { bench.outcome(first) == .settled }
        // The position is used up now: what came back over the network would make room again.
        let third = try await bench.open("c", flow: "outgoing")
        await bench.wait { bench.outcome(third) == .rejected }
        #expect(bench.record(third).reason?.detail?.contains("position") == true)
        #expect(bench.engine.standing.allSatisfy { $0.inFlight == 0 })
        await bench.end()
    }

    @Test("A single amount over its cap goes over another network, if one takes it") func capAndAlternate() async throws
    {
        var world = Model.world(alternates: [Model.other])
        let nine = try #require(Money(units: 900_000, currency: Model.ten().currency))
        world.caps = { _, network, _ in network == Model.far ? Caps(single: nine) : nil }
        let bench = Bench(world: world)
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.record(id).network == Model.other)
        await bench.end()
    }

    @Test("What was under way before a restart counts against the caps until it ends") func capsAfterRestart()
        async throws
    {
        var world = Model.world()
        world.caps = { _, _, _ in Caps(inFlight: 1) }
        let first = Bench(world: world)
        first.transport.script(.send, .gate)
        let id = try await first.open("a", flow: "outgoing")
        await first.settle()
        first.die()
        first.clock.advance(1_000)
        let second = Bench(
            world: world, shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2))
        second.transport.script(.send, .word("done"))
        await second.settle()
        let refused = try await second.open("b", flow: "outgoing")
        await second.wait { second.outcome(refused) == .rejected }
        await second.wait { second.outcome(id) != nil }
        let third = try await second.open("c", flow: "outgoing")
        await second.wait { second.outcome(third) == .settled }
        #expect(second.engine.standing.allSatisfy { $0.inFlight == 0 })
        await second.end(also: first)
    }

    @Test("A repeat that the store alone remembers takes no room from an order that comes with it") func contested()
        async throws
    {
        var world = Model.world()
        world.caps = { _, _, _ in Caps(inFlight: 2) }
        let first = Bench(world: world)
        first.transport.script(.send, .gate)
        let id = try await first.open("a", flow: "outgoing")
        await first.settle()
        first.die()
        // A new process knows the order by its journal alone; both come before it decides on either.
        let second = Bench(
            world: world, shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2),
            shards: 1, starts: false)
        second.transport.script(.send, .gate)
        async let again = second.order("a", flow: "outgoing")
        await second.waitForInputs(1)
        async let new = second.order("b", flow: "outgoing")
        await second.waitForInputs(2)
        second.start()
        await second.settle()
        #expect(await again == .repeated(id))
        let other = try #require(await new.payment)
        #expect(second.outcome(other) == nil && second.record(other).reason == nil)
        #expect(second.engine.standing.map(\.inFlight).max() == 2)
        // Now it is full of orders that did begin.
        let third = try await second.open("c", flow: "outgoing")
        await second.wait { second.outcome(third) == .rejected }
        #expect(second.record(third).reason?.canonical == "agentLiquidity")
        await second.end(also: first)
    }

    @Test("A repeat in a slow commit takes no room from an order that comes meanwhile", arguments: [1, 2])
    func contestedMeanwhile(_ shards: Int) async throws {
        var world = Model.world()
        world.caps = { _, _, _ in Caps(inFlight: 1) }
        let first = Bench(world: world)
        let id = try await first.open("a", flow: "outgoing")
        await first.wait { first.outcome(id) == .settled }
        first.die()
        // Which shard has which order is the dice's to say: of these, some share one and some do not.
        var waits = 0
        for life: Int64 in 2...9 {
            let bench = Bench(
                world: world, shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: life),
                shards: shards)
            await bench.settle()
            bench.store.faults.withLock { $0.isSlow = true }
            let again = Task { await bench.order("a", flow: "outgoing") }
            await bench.waitForClaims(1)
            let new = Task { await bench.order("b\(life)", flow: "outgoing") }
            // It waits for the repeat's commit, or behind it.
            for _ in 1...100_000 where bench.engine.allowances.doubts == 0 && bench.engine.waitingInputs == 0 {
                await Task.yield()
            }
            waits += bench.engine.allowances.doubts
            bench.store.faults.withLock { $0.isSlow = false }
            #expect(await again.value == .repeated(id))
            let order = try #require(await new.value.payment)
            await bench.wait { bench.outcome(order) == .settled }
            #expect(bench.engine.standing.allSatisfy { $0.inFlight == 0 && $0.claimed == 0 })
            bench.die()
        }
        #expect((waits > 0) == (shards > 1))
    }

    @Test("What ended before a restart and is told of again takes nothing from the caps") func endedBefore()
        async throws
    {
        var world = Model.world()
        world.caps = { _, _, _ in Caps(inFlight: 9) }
        let first = Bench(world: world)
        let ended = try await first.open("a", flow: "outgoing")
        await first.wait { first.outcome(ended) == .settled }
        first.transport.script(.send, .gate)
        _ = try await first.open("b", flow: "outgoing")
        await first.settle()
        first.die()
        first.clock.advance(1_000)
        let second = Bench(
            world: world, shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2))
        second.transport.script(.send, .gate)
        await second.settle()
        let before = second.engine.standing.map(\.inFlight).max()
        for _ in 1...3 {
            #expect(await second.order("a", flow: "outgoing") == .repeated(ended))
            await second.settle()
        }
        #expect(before == 1 && second.engine.standing.map(\.inFlight).max() == 1)
        #expect(second.engine.standing.allSatisfy { $0.claimed >= 0 })
        await second.end(also: first)
    }

    @Test("A payment that waits for its day is counted once, before and after a restart") func datedAfterRestart()
        async throws
    {
        var world = Model.world()
        let ten = Model.ten()
        world.caps = { _, _, _ in Caps(position: ten, inFlight: 1) }
        let start = Instant(seconds: 1_800_000_000).date
        world.calendar = { _, _ in
            BusinessCalendar(name: "rail", zone: .utc, covered: start...start.adding(days: 30), isAlwaysOpen: true)
        }
        var inbound = Model.opening("a", flow: "guarded")
        guard case .opens(let kind, var payment) = inbound.meaning else { return }
        payment.requestedExecutionDate = start.adding(days: 1)
        inbound.meaning = .opens(kind, payment)
        let first = Bench(world: world)
        let id = try #require(await first.open(inbound).payment)
        await first.settle()
        first.die()
        first.clock.advance(1_000)
        let second = Bench(
            world: world, shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2))
        await second.wait(step: 600_000) { second.outcome(id) == .settled }
        #expect(second.engine.standing.allSatisfy { $0.inFlight == 0 && $0.claimed == 0 })
        await second.end(also: first)
    }

    @Test("A bridge is held to the caps of the network that it comes from, before anything leaves") func nearCaps()
        async throws
    {
        let nine = try #require(Money(units: 900_000, currency: Model.ten().currency))
        for (caps, says) in [
            (Caps(single: nine), "single"), (Caps(exposure: nine), "exposure"), (Caps(inFlight: 0), "under way"),
        ] {
            var world = Model.world()
            world.caps = { _, network, _ in network == Model.near ? caps : nil }
            let bench = Bench(world: world)
            let id = try await bench.open("a", flow: "bridge", answerBy: 30_000)
            await bench.wait { bench.outcome(id) == .rejected }
            #expect(bench.record(id).reason?.canonical == "agentLiquidity")
            #expect(bench.record(id).reason?.detail?.contains(says) == true)
            #expect(bench.transport.sent(.lookup).isEmpty && bench.journal.balances.isEmpty)
            await bench.end()
        }
    }

    @Test("A bridge takes a place on both networks, before and after a restart, and gives both back") func bothSides()
        async throws
    {
        var world = Model.world()
        world.caps = { _, network, _ in network == Model.near ? Caps(inFlight: 1) : nil }
        let first = Bench(world: world)
        first.transport.script(.send, .word("pending"))
        let id = try await first.open("a", flow: "bridge", answerBy: 600_000)
        await first.settle()
        let crowded = try await first.open("b", flow: "bridge", answerBy: 600_000)
        await first.wait { first.outcome(crowded) == .rejected }
        #expect(first.record(crowded).reason?.detail?.contains("under way") == true)
        first.die()
        first.clock.advance(1_000)
        let second = Bench(
            world: world, shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2))
        await second.settle()
        let third = try await second.open("c", flow: "bridge", answerBy: 600_000)
        await second.wait { second.outcome(third) == .rejected }
        await second.tell(.send, "a", "done")
        await second.wait { second.outcome(id) == .settled }
        #expect(second.engine.standing.allSatisfy { $0.inFlight == 0 && $0.claimed == 0 })
        await second.end(also: first)
    }

    @Test("A ledger that does not add up stops sends, and no receives") func brokenLedger() async throws {
        let bench = Bench()
        bench.engine.ledgerIsBroken(true)
        let out = try await bench.open("a", flow: "outgoing")
        let into = try await bench.open("b", flow: "incoming")
        await bench.wait { bench.outcome(out) == .rejected }
        #expect(bench.record(out).reason?.canonical == "serviceUnavailable")
        await bench.wait { bench.transport.sent(.offer).count == 1 }
        #expect(bench.record(into).refusal == nil)
        await bench.end()
    }
}

import Payments
@testable import PaymentsEngine
import Synchronization
import Testing

@Suite("The engine, its store and its end")
struct EngineStoreTests {
    @Test("Too many payments in flight: busy, and nothing is stored") func full() async throws {
        let bench = Bench(paymentsInFlight: 1)
        bench.transport.script(.find, .gate)
        let id = try await bench.open("a", flow: "outgoing")
        #expect(await bench.order("b", flow: "outgoing") == .busy("too many payments in flight"))
        #expect(bench.journal.rows.count == 1)
        bench.transport.openGate()
        await bench.wait { bench.outcome(id) == .settled }
        #expect(await bench.order("c", flow: "outgoing").payment != nil)
        await bench.end()
    }

    @Test("A stop refuses what is new and makes durable what is in flight") func drain() async throws {
        let bench = Bench()
        bench.transport.script(.send, .gate)
        let id = try await bench.open("a", flow: "outgoing")
        await bench.settle()
        let isDrained = Mutex(false)
        let drain = Task {
            await bench.engine.drain()
            isDrained.withLock { $0 = true }
        }
        await bench.wait { bench.engine.isDraining }
        #expect(await bench.order("b", flow: "outgoing") == .busy("the gateway is stopping"))
        #expect(!isDrained.withLock { $0 })
        bench.transport.openGate()
        await bench.wait { isDrained.withLock { $0 } }
        await drain.value
        #expect(bench.outcome(id) == .settled)
        #expect(bench.engine.requestsUnderWay == 0)
        await bench.end()
    }

    @Test("A store that is away: new orders hear busy; what is in flight is stored when it is back") func away()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.send, .gate)
        let id = try await bench.open("a", flow: "outgoing")
        await bench.settle()
        bench.store.faults.withLock { $0.isAway = true }
        #expect(await bench.order("b", flow: "outgoing") == .busy("the store is not available"))
        bench.transport.openGate()
        await bench.wait(step: 50) { bench.store.faults.withLock { $0.failures } > 3 }
        #expect(bench.outcome(id) == nil)
        bench.store.faults.withLock { $0.isAway = false }
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.transport.sent(.send).count == 1)
        #expect(bench.journal.rows.count == 1)
        await bench.end()
    }

    @Test(
        "A commit whose fate is unknown is looked up: done once, whether it happened or not", arguments: [true, false])
    func unknownCommit(_ happened: Bool) async throws {
        let bench = Bench()
        let fault: MemoryStore.Fault = happened ? .unknownCommitted : .unknownLost
        bench.store.faults.withLock { $0.appends = Array(repeating: fault, count: 3) }
        let opened = Task { await bench.order("a", flow: "outgoing") }
        await bench.wait { bench.journal.rows.values.first?.view.outcome == "settled" }
        #expect(await opened.value.payment != nil)
        #expect(bench.transport.sent.map(\.verb) == ModelFlows.outgoing.steps.map(\.verb.rawValue))
        await bench.end()
    }

    @Test("Conflicts are read again and lose nothing") func conflicts() async throws {
        let bench = Bench()
        bench.store.faults.withLock { $0.appends = [.conflict, .conflict, .conflict] }
        let id = try await bench.open("a", flow: "outgoing")
        bench.store.faults.withLock { $0.appends = [.conflict, .conflict] }
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.transport.sent(.send).count == 1)
        await bench.end()
    }

    @Test("What a dead process had under way is asked about; what may be repeated is, byte for byte") func recovery()
        async throws
    {
        let first = Bench()
        first.transport.script(.reserve, .silent)
        let id = try await first.open("a", flow: "outgoing")
        await first.settle()
        let asked = try #require(first.transport.sent(.reserve).first)
        first.die()

        let second = Bench(
            shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2))
        await second.wait { second.outcome(id) == .settled }
        #expect(second.transport.sent(.reserve) == [asked])
        #expect(second.transport.sent(.send).count == 1)
        await first.end(also: second)
    }

    @Test("A send that a dead process may have sent is never sent again") func recoveredSend() async throws {
        let first = Bench()
        first.transport.script(.send, .silent)
        let id = try await first.open("a", flow: "outgoing")
        await first.settle()
        #expect(first.transport.sent(.send).count == 1)
        first.die()

        let second = Bench(
            shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2))
        await second.wait { second.outcome(id) == .settled }
        #expect(second.transport.sent(.send).map(\.body) == ["query a"])
        await first.end(also: second)
    }

    @Test("Two engines, one store: the answer comes to the other one and wakes who waits") func twoEngines()
        async throws
    {
        let world = Model.world(near: Model.network(answersByReply: true))
        let first = Bench(world: world)
        let second = Bench(
            world: world, shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n2", epoch: 1))
        first.transport.script(.send, .word("pending"))
        let waiting = Task { await first.receive(Model.opening("a", flow: "outgoing", acknowledged: false)) }
        await first.wait(also: second) { first.journal.rows.values.first?.view.stage == "send" }
        await second.tell(.send, "a", "done")
        await first.wait(also: second) { first.journal.rows.values.first?.view.outcome == "settled" }
        #expect(
            await waiting.value
                == .reply(WireReply(status: 200, body: Array("origin.notify ask a settled".utf8))))
        // The first engine's memory of the payment is old: what it hears now is held against the journal.
        await first.tell(.send, "a", "refused")
        let id = try #require(first.journal.rows.keys.first)
        #expect(first.record(id).contradictions.count == 1)
        #expect(second.transport.sent(.post).count == 1 && first.transport.sent(.post).isEmpty)
        await first.wait(also: second) { first.engine.openPayments == 0 }
        await first.end(also: second)
    }

    @Test("One order that the store never takes does not hold up the others") func poison() async throws {
        let bench = Bench(starts: false)
        let orders = (0..<3).map { index in Task { await bench.order("p\(index)", flow: "outgoing") } }
        await Task.yield()
        bench.store.faults.withLock { $0.appends = [.tenantUnknown(nil)] }
        bench.start()
        var opened = 0
        await bench.wait {
            bench.journal.rows.count == 3 && bench.journal.rows.values.allSatisfy { $0.view.outcome == "settled" }
        }
        for order in orders where await order.value.payment != nil { opened += 1 }
        #expect(opened == 3)
        await bench.end()
    }
}

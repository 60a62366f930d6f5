import Payments
@testable import PaymentsEngine
import Synchronization
import Testing

@Suite("A stop of the engine")
struct EngineStopTests {
    /// A drain that runs beside the test, and whether it has ended.
    private final class Drain: Sendable {
        private let isOver = Mutex(false)
        var hasEnded: Bool { isOver.withLock { $0 } }

        init(_ bench: Bench, within milliseconds: Int64) {
            Task {
                await bench.engine.drain(within: milliseconds)
                isOver.withLock { $0 = true }
            }
        }
    }

    @Test("The answer that a payment waits for is taken while the engine stops, and the stop ends with it")
    func answerDuringStop() async throws {
        let bench = Bench()
        bench.transport.script(.send, .word("pending"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.settle()
        let start = bench.clock.now
        let drain = Drain(bench, within: 10_000)
        await bench.wait(step: 10) { bench.engine.isDraining }
        #expect(await bench.order("b", flow: "outgoing") == .busy("the gateway is stopping"))
        #expect(await bench.order("a", flow: "outgoing") == .repeated(id))
        #expect(!drain.hasEnded)
        await bench.tell(.send, "a", "done")
        await bench.wait(step: 10) { drain.hasEnded }
        #expect(bench.outcome(id) == .settled)
        #expect(bench.clock.now.milliseconds(since: start) < 1_000)
        await bench.end()
    }

    @Test("What is open when the time of a stop is over goes on after the next start") func openAtTheEnd()
        async throws
    {
        let first = Bench()
        first.transport.script(.send, .word("pending"))
        let id = try await first.open("a", flow: "outgoing")
        await first.settle()
        let start = first.clock.now
        let drain = Drain(first, within: 2_000)
        await first.wait { drain.hasEnded }
        #expect((2_000...2_300).contains(first.clock.now.milliseconds(since: start)))
        #expect(first.outcome(id) == nil && first.engine.openPayments == 1)
        first.engine.close()
        let second = Bench(shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2))
        await second.tell(.send, "a", "done")
        await second.wait { second.outcome(id) == .settled }
        #expect(first.transport.sent(.send).count == 1 && second.transport.sent(.send).isEmpty)
        await first.end(also: second)
    }

    @Test("A payment that waits for a person and an offer that nobody took up hold up no stop") func nothingExpected()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.post, .word("refused"))
        bench.transport.script(.offer, .word("pending"))
        let parked = try await bench.open("a", flow: "outgoing")
        let offered = try await bench.open("b", flow: "incoming")
        await bench.wait { bench.isParked(parked) }
        #expect(bench.outcome(offered) == nil)
        let start = bench.clock.now
        let drain = Drain(bench, within: 10_000)
        await bench.wait(step: 10) { drain.hasEnded }
        #expect(bench.clock.now.milliseconds(since: start) < 500)
        await bench.end()
    }

    @Test("An origin that holds its connection open is let go when the stop ends, and at once where nothing will come")
    func heldConnections() async throws {
        let bench = Bench(world: Model.world(near: Model.network(answersByReply: true)))
        bench.transport.script(.send, .word("pending"))
        bench.transport.script(.post, .word("refused"))
        let waiting = Task { await bench.receive(Model.opening("a", flow: "outgoing", acknowledged: false)) }
        let stuck = Task { await bench.receive(Model.opening("b", flow: "outgoing", acknowledged: false)) }
        await bench.wait { bench.journal.rows.values.count { $0.view.stage == "send" } == 2 }
        await bench.tell(.send, "b", "done")
        await bench.wait { bench.journal.rows.values.contains { $0.view.isParked } }
        let (open, parked) = try ids(bench)
        let page = Task {
            await bench.engine.waitForOutcome(of: open, until: bench.clock.now.adding(milliseconds: 60_000))
        }
        let drain = Drain(bench, within: 2_000)
        await bench.wait(step: 10) { bench.engine.isDraining }
        await bench.wait(step: 10) { !drain.hasEnded }
        #expect(await stuck.value == .noAnswer(parked))
        await bench.wait { drain.hasEnded }
        #expect(await waiting.value == .noAnswer(open))
        await page.value
        #expect(bench.outcome(open) == nil)
        await bench.end()
    }

    private func ids(_ bench: Bench) throws -> (open: PaymentID, parked: PaymentID) {
        let rows = bench.journal.rows
        let parked = try #require(rows.first { $0.value.view.isParked }?.key)
        return (try #require(rows.keys.first { $0 != parked }), parked)
    }

    @Test("A second signal ends the drain at once") func hurry() async throws {
        let bench = Bench()
        bench.transport.script(.send, .word("pending"))
        _ = try await bench.open("a", flow: "outgoing")
        await bench.settle()
        let start = bench.clock.now
        let drain = Drain(bench, within: 60_000)
        await bench.wait(step: 10) { bench.engine.isDraining }
        bench.engine.hurry()
        await bench.wait(step: 10) { drain.hasEnded }
        #expect(bench.clock.now.milliseconds(since: start) < 500)
        await bench.end()
    }
}

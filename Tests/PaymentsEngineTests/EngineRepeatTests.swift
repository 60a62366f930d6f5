import Payments
@testable import PaymentsEngine
import Testing

@Suite("What a repeat is told, and whose word counts")
struct EngineRepeatTests {
    @Test("A quote again gets the offer, and the order again its own answer, whatever came later") func bothRepeats()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.settle()
        _ = await bench.receive(Model.takeUp("a"))
        await bench.wait { bench.outcome(id) == .settled }
        let offers = bench.transport.sent(.offer).count
        let told = bench.transport.sent(.notify).count
        #expect(await bench.order("a", flow: "incoming") == .repeated(id))
        await bench.settle()
        #expect(bench.transport.sent(.offer).count == offers + 1 && bench.transport.sent(.notify).count == told)
        #expect(bench.transport.sent(.offer).last == bench.transport.sent(.offer).first)
        _ = await bench.receive(Model.takeUp("a"))
        await bench.settle()
        #expect(bench.transport.sent(.offer).count == offers + 1 && bench.transport.sent(.notify).count == told + 1)
        #expect(bench.outcome(id) == .settled && bench.alarms.isEmpty)
        await bench.end()
    }

    @Test("What the store alone remembers is answered as a repeat, and kept once for each time that it came")
    func repeatsAfterRestart() async throws {
        let first = Bench()
        first.transport.script(.offer, .word("pending"))
        let id = try await first.open("a", flow: "incoming")
        await first.settle()
        _ = await first.receive(Model.takeUp("a"))
        await first.wait { first.outcome(id) == .settled }
        first.die()
        let told = first.transport.sent(.notify).count
        func kept() -> Int {
            first.journal.rows[id]?.messages.count { $0.direction == .received && $0.bytes == [1] } ?? 0
        }
        let second = Bench(shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2))
        await second.settle()
        #expect(kept() == 2)
        _ = await second.receive(Model.takeUp("a"))
        await second.settle()
        #expect(second.transport.sent(.notify).map(\.body) == first.transport.sent(.notify).map(\.body))
        #expect(told == 1 && kept() == 3 && second.transport.sent(.offer).isEmpty)
        #expect(await second.order("a", flow: "incoming") == .repeated(id))
        await second.settle()
        #expect(second.transport.sent(.offer).map(\.body) == first.transport.sent(.offer).map(\.body))
        #expect(kept() == 4)
        #expect(await second.order("a", flow: "incoming", hash: "h2") == .otherContent(id))
        #expect(second.journal.rows.count == 1 && second.alarms.isEmpty)
        await second.end(also: first)
    }

    @Test("Where nothing new may begin, a repeat is answered all the same") func repeatsWhenFull() async throws {
        let first = Bench()
        first.transport.script(.send, .gate)
        let id = try await first.open("a", flow: "outgoing")
        await first.settle()
        first.die()
        let second = Bench(
            shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2), paymentsInFlight: 1)
        await second.settle()
        #expect(await second.order("b", flow: "outgoing") == .busy("too many payments in flight"))
        #expect(await second.order("a", flow: "outgoing") == .repeated(id))
        #expect(second.journal.rows.count == 1)
        await second.end(also: first)
    }

    @Test("A quote again after its offer lapsed gets the offer, with the time until which it stood") func lapsed()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(await bench.order("a", flow: "incoming") == .repeated(id))
        await bench.settle()
        let offers = bench.transport.sent(.offer)
        #expect(offers.count == 2 && offers[0] == offers[1])
        await bench.end()
    }

    @Test("A quote again that was refused gets the refusal") func refusedQuote() async throws {
        let bench = Bench()
        bench.transport.script(.find, .word("refused"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(await bench.order("a", flow: "incoming") == .repeated(id))
        await bench.settle()
        #expect(bench.transport.sent(.notify).map(\.body) == ["ask a rejected", "ask a rejected"])
        #expect(bench.transport.sent(.offer).isEmpty)
        await bench.end()
    }

    @Test("An order again that its network ended gets the state, since no message of ours told it") func ended()
        async throws
    {
        let silent = Model.network()
        var near = silent
        near.compose = { input throws(Refusal) in
            input.verb == .notify ? Composed(.nothing("the network ended it"), message: "") : try silent.compose(input)
        }
        let bench = Bench(world: Model.world(near: near))
        bench.transport.script(.offer, .word("pending"))
        bench.transport.script(.accept, .word("pending"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.settle()
        _ = await bench.receive(Model.takeUp("a"))
        await bench.settle()
        await bench.tell(.accept, "a", "refused", network: Model.near)
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent(.notify).isEmpty)
        for count in 1...2 {
            _ = await bench.receive(Model.takeUp("a"))
            await bench.settle()
            #expect(bench.transport.sent(.notify).map(\.body) == Array(repeating: "status rejected", count: count))
        }
        #expect(bench.record(id).contradictions.isEmpty)
        await bench.end()
    }

    @Test("An answer that its adapter does not let count moves nothing, and an operator hears of it") func setAside()
        async throws
    {
        var far = Model.network()
        far.verify = { verb, heard, _ in
            if case .refused = heard.observation, verb == .send { return Heard(.pending) }
            return heard
        }
        let bench = Bench(world: Model.world(far: far))
        bench.transport.script(.send, .word("pending"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.settle()
        await bench.tell(.send, "a", "refused")
        await bench.settle()
        #expect(bench.outcome(id) == nil && bench.transport.sent(.release).isEmpty)
        #expect(bench.alarms.contains { $0.contains("does not count for") })
        await bench.tell(.send, "a", "done")
        await bench.wait { bench.outcome(id) == .settled }
        await bench.end()
    }

    @Test("What a core bank said in doubt goes into no reason") func doubtStaysAtHome() async throws {
        let bench = Bench()
        bench.transport.script(.find, .word("SQL error in m_savings"), .word("SQL error in m_savings"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.record(id).reason == Reason("timeoutCreditorAgent"))
        #expect(bench.record(id).steps[0].doubt?.contains("m_savings") == true, "operators see it")
        await bench.end()
    }

    @Test("An order that comes too late is refused; the repeat of one that came in time is answered") func untimely()
        async throws
    {
        let bench = Bench()
        let refusal = Refusal(.business, Reason("timeoutCreditorAgent"), rule: "clock", says: "It came too late.")
        var late = Model.opening("b", flow: "outgoing")
        late.untimely = refusal
        #expect(await bench.receive(late) == .refused(refusal))
        #expect(bench.journal.rows.isEmpty)
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .settled }
        var again = Model.opening("a", flow: "outgoing")
        again.untimely = refusal
        #expect(await bench.receive(again) != .refused(refusal))
        #expect(bench.journal.rows.count == 1 && bench.outcome(id) == .settled)
        await bench.end()
    }

    @Test("A final word about what was never put to the far side is recorded and raised") func neverAsked()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.offer, .word("refused"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.wait { bench.outcome(id) == .rejected }
        let balances = bench.journal.balances
        var final = Model.telling(.accept, "a", "done", network: Model.near)
        final.keys = Model.opening("a", flow: "incoming").keys
        _ = await bench.receive(final)
        #expect(bench.record(id).contradictions.count == 1)
        #expect(bench.alarms.count == 1 && bench.outcome(id) == .rejected)
        #expect(bench.journal.balances == balances)
        await bench.end()
    }
}

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

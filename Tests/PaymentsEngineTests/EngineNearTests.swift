import Payments
@testable import PaymentsEngine
import Testing

@Suite("Offers, bridges and origins with a clock")
struct EngineNearTests {
    @Test("An incoming payment is credited after it is final, and not before") func incoming() async throws {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        bench.transport.script(.accept, .word("pending"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.settle()
        #expect(bench.transport.sent(.offer).count == 1)
        #expect(await bench.receive(Model.takeUp("a")) == .reply(WireReply(status: 202)))
        await bench.settle()
        #expect(bench.transport.sent(.accept).count == 1 && bench.transport.sent(.credit).isEmpty)
        await bench.tell(.accept, "a", "done", network: Model.near)
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.transport.sent(.credit).count == 1)
        #expect(bench.record(id).facts == FactSet([.received, .settled, .posted]))
        #expect(bench.units(.position, Model.near) == 10 && bench.units(.customers, Model.near) == -10)
        await bench.end()
    }

    @Test("A credit that is refused stands on suspense; a person places it") func creditRefused() async throws {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        bench.transport.script(.credit, .word("refused"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.settle()
        _ = await bench.receive(Model.takeUp("a"))
        await bench.wait { bench.isParked(id) }
        #expect(bench.units(.suspense, Model.near) == -10)
        #expect(try await bench.engine.resolve(id, as: .settled, by: "ann", evidence: "credited by hand"))
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.units(.suspense, Model.near) == 0 && bench.units(.transit, Model.near) == 0)
        await bench.end()
    }

    @Test("A core bank that is silent is asked no longer than the origin waits: it hears no in time")
    func silentInTime()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.find, .silent)
        let id = try await bench.open("a", flow: "incoming", answerBy: 6_500)
        let start = bench.clock.now
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.clock.now.milliseconds(since: start) <= 6_600)
        #expect(bench.transport.sent(.notify).map(\.body) == ["ask a rejected"])
        #expect(bench.transport.sent(.offer).isEmpty && bench.transport.sent(.accept).isEmpty)
        await bench.end()
    }

    @Test("An offer that nobody takes up lapses; the order that comes later is refused") func lapses() async throws {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.record(id).reason?.canonical == "quoteExpired")
        let receipt = await bench.receive(Model.takeUp("a"))
        #expect(receipt == .reply(WireReply(status: 409, body: Array("quoteExpired".utf8))))
        await bench.settle()
        #expect(bench.transport.sent(.accept).isEmpty && bench.journal.balances.isEmpty)
        await bench.end()
    }

    @Test("An order with other terms than the offer's is refused; the offer stands for the right one") func otherTerms()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.settle()
        let more = try #require(Money(units: 1_100_000, currency: Model.ten().currency))
        var wrong = Model.takeUp("a", amount: more)
        wrong.keys[0].key = "somebody's transfer"
        #expect(await bench.receive(wrong) == .reply(WireReply(status: 409, body: Array("amountNotAsAgreed".utf8))))
        await bench.settle()
        #expect(bench.outcome(id) == nil && bench.transport.sent(.accept).isEmpty)
        #expect(bench.journal.keys[wrong.keys[0]] == nil)
        #expect(await bench.receive(Model.takeUp("a")) == .reply(WireReply(status: 202)))
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.transport.sent(.credit).count == 1)
        await bench.end()
    }

    @Test("A second order on one offer is refused; the first goes on") func secondOrder() async throws {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        bench.transport.script(.accept, .gate)
        let id = try await bench.open("a", flow: "incoming")
        await bench.settle()
        _ = await bench.receive(Model.takeUp("a"))
        await bench.settle()
        var second = Model.takeUp("a")
        second.keys[0].key = "another transfer"
        #expect(await bench.receive(second) == .reply(WireReply(status: 409, body: Array("quoteExpired".utf8))))
        // The first order again gets the answer that it got, byte for byte.
        #expect(await bench.receive(Model.takeUp("a")) == .reply(WireReply(status: 202)))
        await bench.settle()
        let answers = bench.transport.sent(.accept)
        #expect(answers.count == 2 && answers[0] == answers[1])
        bench.transport.openGate()
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.transport.sent(.credit).count == 1)
        await bench.end()
    }

    @Test("A repeat that could not be answered does not take back the answer that left") func repeatUnsent()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        bench.transport.script(.accept, .word("pending"), .notSent)
        let id = try await bench.open("a", flow: "incoming")
        await bench.settle()
        _ = await bench.receive(Model.takeUp("a"))
        await bench.settle()
        _ = await bench.receive(Model.takeUp("a"))
        await bench.settle()
        #expect(bench.record(id).steps[3].state == .asked)
        await bench.tell(.accept, "a", "done", network: Model.near)
        await bench.wait { bench.outcome(id) == .settled }
        await bench.end()
    }

    @Test("The same order again is no other one, although our answer went under its name meanwhile")
    func repeatAfterTheAnswer() async throws {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        bench.transport.script(.accept, .word("pending"))
        let id = try await bench.open("a", flow: "incoming")
        await bench.settle()
        #expect(await bench.receive(Model.takeUp("a")) == .reply(WireReply(status: 202)))
        await bench.settle()
        let answers = bench.transport.sent(.accept).count
        #expect(await bench.receive(Model.takeUp("a")) == .reply(WireReply(status: 202)))
        await bench.settle()
        #expect(bench.transport.sent(.accept).count == answers + 1)
        let other = await bench.receive(Model.takeUp("a", hash: "another"))
        #expect(other != .reply(WireReply(status: 202)))
        await bench.tell(.accept, "a", "done", network: Model.near)
        await bench.wait { bench.outcome(id) == .settled }
        await bench.end()
    }

    @Test("An answer that never left is not given to a repeat later") func repeatOfUnsent() async throws {
        let bench = Bench()
        bench.transport.script(.accept, .notSent, .word("done"))
        let id = try await bench.open("a", flow: "bridge", answerBy: 30_000)
        await bench.wait { bench.isParked(id) }
        #expect(await bench.order("a", flow: "bridge", answerBy: 30_000) == .repeated(id))
        await bench.settle()
        #expect(bench.transport.sent(.accept).count == 1)
        await bench.end()
    }

    @Test("A bridge pays far, takes near, and says yes last") func bridge() async throws {
        let bench = Bench()
        bench.transport.script(.quote, .word("done EUR 9"))
        let id = try await bench.open("a", flow: "bridge", answerBy: 30_000)
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.transport.sent.map(\.verb) == ModelFlows.bridge.steps.map(\.verb.rawValue))
        #expect(bench.units(.position, Model.near) == 10 && bench.units(.position, Model.far) == -9)
        #expect(bench.units(.fees, Model.near) == -1 && bench.units(.transit, Model.far) == 0)
        await bench.end()
    }

    @Test(
        "A silent far leg at the origin's deadline: the origin hears no, the amount is exposed",
        arguments: ["done", "refused"])
    func early(_ word: String) async throws {
        let bench = Bench()
        bench.transport.script(.send, .word("pending"))
        let id = try await bench.open("a", flow: "bridge", answerBy: 8_000)
        let start = bench.clock.now
        await bench.wait { bench.record(id).answeredEarly == .rejected }
        #expect(bench.clock.now.milliseconds(since: start) <= 8_100)
        await bench.settle()
        #expect(bench.transport.sent(.notify).map(\.body) == ["ask a rejected"])
        #expect(bench.units(.exposure, Model.far) == 10 && bench.units(.transit, Model.far) == 0)
        await bench.tell(.send, "a", word)
        if word == "refused" {
            await bench.wait { bench.outcome(id) == .rejected }
            #expect(bench.journal.balances.values.allSatisfy { $0 == 0 })
        } else {
            await bench.wait { bench.isParked(id) }
            #expect(bench.transport.sent(.accept).isEmpty)
            #expect(bench.units(.exposure, Model.far) == 10)
            #expect(try await bench.engine.resolve(id, as: .rejected, by: "ann", evidence: "recalled as payment b"))
            await bench.wait { bench.outcome(id) == .settled }
            #expect(bench.units(.exposure, Model.far) == 10)
        }
        #expect(bench.transport.sent(.notify).count == 1)
        await bench.end()
    }

    @Test(
        "A no that never left is told again until it leaves, whatever the far leg says meanwhile",
        arguments: [true, false])
    func earlyNoUnsent(_ isPaidFor: Bool) async throws {
        let bench = Bench()
        bench.transport.script(isPaidFor ? .send : .lookup, .word("pending"))
        bench.transport.script(.notify, .notSent, .notSent, .word("done"))
        let id = try await bench.open("a", flow: "bridge", answerBy: 3_000)
        await bench.wait { bench.transport.sent(.notify).count == 3 }
        #expect(Set(bench.transport.sent(.notify).map(\.body)) == ["ask a rejected"])
        await bench.settle()
        if isPaidFor { await bench.tell(.send, "a", "refused") }
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent(.notify).count == 3)
        #expect(bench.journal.balances.values.allSatisfy { $0 == 0 })
        await bench.end()
    }

    @Test("The origin is answered in time though the payment is parked") func earlyWhileParked() async throws {
        let bench = Bench(world: Model.world(clock: 3_000))
        bench.transport.script(.send, .breaks, .word("oops"))
        let id = try await bench.open("a", flow: "bridge", answerBy: 900_000)
        await bench.wait(step: 1_000) { bench.isParked(id) }
        await bench.wait(step: 1_000) { bench.record(id).answeredEarly == .rejected }
        #expect(bench.units(.exposure, Model.far) == 10)
        await bench.end()
    }

    @Test("Nothing is paid for an origin that was told no while the terms were asked for") func earlyBeforePivot()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.lookup, .notSent)
        let id = try await bench.open("a", flow: "bridge", answerBy: 1_000)
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent(.send).isEmpty && bench.journal.balances.isEmpty)
        await bench.end()
    }

    @Test("The near leg refused after the far leg was paid: on exposure, for a person") func nearRefused() async throws
    {
        let bench = Bench()
        bench.transport.script(.accept, .word("refused"))
        let id = try await bench.open("a", flow: "bridge", answerBy: 30_000)
        await bench.wait { bench.isParked(id) }
        #expect(bench.units(.exposure, Model.far) == 10 && bench.units(.transit, Model.far) == 0)
        #expect(try await bench.engine.resolve(id, as: .settled, by: "ann", evidence: "paid by another way"))
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.units(.exposure, Model.far) == 0 && bench.units(.position, Model.near) == 10)
        await bench.end()
    }

    @Test("An origin whose payment ended without an answer for it is not kept waiting") func noAnswer() async throws {
        let bench = Bench(world: Model.world(near: Model.network(answersByReply: true)))
        let start = bench.clock.now
        // No table has this flow: the payment is over before anything could be said.
        let waiting = Task { await bench.receive(Model.opening("a", flow: "nowhere", acknowledged: false)) }
        await bench.wait(step: 1) { !bench.journal.rows.isEmpty }
        let id = try #require(bench.journal.rows.keys.first)
        #expect(await waiting.value == .noAnswer(id))
        #expect(bench.outcome(id) == .rejected && bench.clock.now.milliseconds(since: start) < 1_000)
        await bench.end()
    }

    @Test("An origin that holds its connection open gets the stored answer, and a repeat the same") func held()
        async throws
    {
        let bench = Bench(world: Model.world(near: Model.network(answersByReply: true)))
        let inbound = Model.opening("a", flow: "outgoing", acknowledged: false)
        async let first = bench.receive(inbound)
        await bench.wait { bench.journal.rows.values.first?.view.outcome == "settled" }
        let reply = Receipt.reply(WireReply(status: 200, body: Array("origin.notify ask a settled".utf8)))
        #expect(await first == reply)
        #expect(await bench.receive(inbound) == reply)
        await bench.end()
    }
}

import Payments
@testable import PaymentsEngine
import Testing

@Suite("Bridges that make the terms themselves, on-us, and settled but not posted")
struct EngineBridgeTests {
    private func offered(_ bench: Bench, until milliseconds: Int64 = 60_000) async throws -> PaymentID {
        bench.transport.script(.offer, .word("pending"))
        let id = try await bench.open("a", flow: "bridge-offer")
        await bench.settle()
        let until = bench.clock.now.adding(milliseconds: milliseconds)
        #expect(await bench.receive(Model.takeUp("a", until: until)) == .reply(WireReply(status: 202)))
        return id
    }

    @Test("The near side is told yes after the far side has paid, and not before") func settled() async throws {
        let bench = Bench()
        bench.transport.script(.send, .word("pending"))
        let id = try await offered(bench)
        await bench.wait { bench.transport.sent(.send).count == 1 }
        #expect(bench.transport.sent(.accept).isEmpty)
        await bench.tell(.send, "a", "done")
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.record(id).payment.creditorAgent.bic == "BANKKEXX")
        #expect(bench.units(.position, Model.near) == 10 && bench.units(.position, Model.far) == -10)
        await bench.end()
    }

    @Test("An identifier that the directory does not list is refused before any terms") func unlisted() async throws {
        var world = Model.world()
        world.directory = { _ in Directory() }
        let bench = Bench(world: world)
        let id = try await bench.open("a", flow: "bridge-offer")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.record(id).reason?.canonical == "creditorAccountUnknown")
        #expect(bench.transport.sent(.offer).isEmpty)
        await bench.end()
    }

    @Test("An order that leaves the far network less than its clock and our margin is refused") func tooClose()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.offer, .word("pending"))
        let id = try await bench.open("a", flow: "bridge-offer")
        await bench.settle()
        // The far network's clock is 20 s, the margin 3 s.
        let until = bench.clock.now.adding(milliseconds: 22_999)
        let receipt = await bench.receive(Model.takeUp("a", until: until))
        #expect(receipt == .reply(WireReply(status: 409, body: Array("expired".utf8))))
        await bench.settle()
        #expect(bench.transport.sent(.send).isEmpty && bench.outcome(id) == nil)
        await bench.end()
    }

    @Test("The far side is silent when the order expires: no yes, and the amount on exposure") func unknownAtExpiry()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.send, .word("pending"))
        let id = try await offered(bench, until: 24_000)
        await bench.wait { bench.record(id).answeredEarly == .rejected }
        #expect(bench.transport.sent(.accept).isEmpty)
        #expect(bench.units(.exposure, Model.far) == 10)
        await bench.tell(.send, "a", "done")
        await bench.wait { bench.isParked(id) }
        #expect(bench.transport.sent(.accept).isEmpty && bench.units(.exposure, Model.far) == 10)
        await bench.end()
    }

    @Test("Refused after our yes: the amount goes to exposure and to a person") func abortedAfterYes() async throws {
        let bench = Bench()
        bench.transport.script(.accept, .word("pending"))
        let id = try await offered(bench)
        await bench.wait { bench.transport.sent(.accept).count == 1 }
        await bench.tell(.accept, "a", "refused", network: Model.near)
        await bench.wait { bench.isParked(id) }
        #expect(bench.units(.exposure, Model.far) == 10 && bench.units(.position, Model.far) == -10)
        await bench.end()
    }

    // MARK: settled, not posted

    private var patient: World {
        var near = Model.network()
        near.answersSettledNotPosted = { _ in true }
        return Model.world(near: near)
    }

    @Test("Settled, not posted: the far side pays later, and all is even") func laterPaid() async throws {
        let bench = Bench(world: patient)
        bench.transport.script(.send, .word("pending"))
        let id = try await bench.open("a", flow: "bridge", answerBy: 5_000)
        await bench.wait { bench.record(id).answeredEarly == .settled }
        #expect(bench.transport.sent(.accept).map(\.body) == ["ask a settled-not-posted attempt-1"])
        await bench.settle()
        #expect(bench.units(.position, Model.near) == 10 && bench.units(.exposure, Model.near) == -10)
        #expect(bench.units(.exposure, Model.far) == 10)
        await bench.tell(.send, "a", "done")
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.units(.exposure, Model.near) == 0 && bench.units(.exposure, Model.far) == 0)
        #expect(bench.units(.position, Model.far) == -10)
        await bench.end()
    }

    @Test("Settled, not posted: the far side refuses, and a return is due") func returnDue() async throws {
        let bench = Bench(world: patient)
        bench.transport.script(.send, .word("pending"))
        let id = try await bench.open("a", flow: "bridge", answerBy: 5_000)
        await bench.wait { bench.record(id).answeredEarly == .settled }
        await bench.tell(.send, "a", "refused")
        await bench.wait { bench.isParked(id) }
        #expect(bench.record(id).parked?.hasPrefix("return due to near") == true)
        #expect(bench.units(.exposure, Model.near) == -10 && bench.units(.position, Model.far) == 0)
        #expect(try await bench.engine.resolve(id, as: .rejected, by: "ann", evidence: "pacs.004 R1"))
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.units(.exposure, Model.near) == 0 && bench.units(.position, Model.near) == 0)
        await bench.end()
    }

    @Test("Before the far side was asked, silence is a plain no") func notBegun() async throws {
        let bench = Bench(world: patient)
        bench.transport.script(.quote, .silent)
        let id = try await bench.open("a", flow: "bridge", answerBy: 3_000)
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent(.accept).isEmpty && bench.journal.balances.isEmpty)
        await bench.end()
    }

    // MARK: on-us

    @Test("On-us: one core bank, debit and credit, no network") func onUs() async throws {
        let bench = Bench()
        let id = try await bench.open("a", flow: "on-us")
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.transport.sent.allSatisfy { $0.peer == Model.core || $0.verb == Verb.notify.rawValue })
        #expect(bench.transport.sent(.post).count == 1 && bench.transport.sent(.credit).count == 1)
        #expect(bench.record(id).facts == FactSet([.received, .settled, .posted]))
        #expect(bench.units(.transit, "on-us") == 0 && bench.units(.customers, "on-us") == 0)
        await bench.end()
    }

    @Test("On-us: the debit is refused, the hold goes back") func onUsRefused() async throws {
        let bench = Bench()
        bench.transport.script(.post, .word("refused"))
        let id = try await bench.open("a", flow: "on-us")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent(.release).count == 1 && bench.transport.sent(.credit).isEmpty)
        await bench.end()
    }

    @Test("On-us: the credit is refused after the debit: suspense, and a person") func onUsSuspense() async throws {
        let bench = Bench()
        bench.transport.script(.credit, .word("refused"))
        let id = try await bench.open("a", flow: "on-us")
        await bench.wait { bench.isParked(id) }
        #expect(bench.units(.suspense, "on-us") == -10)
        #expect(try await bench.engine.resolve(id, as: .settled, by: "ann", evidence: "credited by hand"))
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.units(.suspense, "on-us") == 0 && bench.units(.transit, "on-us") == 0)
        #expect(!bench.record(id).facts.contains(.returned))
        await bench.end()
    }

    @Test("On-us: what the creditor's account did not take is given back by hand, and says so") func onUsGivenBack()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.credit, .word("refused"))
        let id = try await bench.open("a", flow: "on-us")
        await bench.wait { bench.isParked(id) }
        #expect(try await bench.engine.resolve(id, as: .rejected, by: "ann", evidence: "paid back to A-1"))
        await bench.wait { bench.outcome(id) != nil }
        #expect(bench.record(id).facts.contains(.returned))
        #expect(bench.units(.suspense, "on-us") == 0 && bench.units(.customers, "on-us") == 0)
        await bench.end()
    }
}

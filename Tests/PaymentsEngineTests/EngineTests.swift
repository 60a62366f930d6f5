import Payments
@testable import PaymentsEngine
import Testing

@Suite("Payments through the engine")
struct EngineTests {
    @Test("An outgoing payment holds, sends, posts and tells its origin, once each") func outgoing() async throws {
        let bench = Bench()
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.transport.sent.map(\.verb) == ModelFlows.outgoing.steps.map(\.verb.rawValue))
        #expect(bench.transport.sent(.notify).map(\.body) == ["ask a settled"])
        #expect(bench.record(id).facts == FactSet([.received, .settled, .posted]))
        #expect(bench.units(.position, Model.far) == -10)
        #expect(bench.units(.customers, Model.far) == 10)
        #expect(bench.units(.transit, Model.far) == 0)
        #expect(bench.engine.openPayments == 0)
        let traces = bench.transport.sent.flatMap(\.headers).filter { $0.name == "traceparent" }
        #expect(traces.count == bench.transport.sent.count)
        let own = TraceContext(of: id).traceID
        #expect(traces.allSatisfy { TraceContext($0.value)?.traceID == own })
        #expect(Set(traces.map(\.value)).count == traces.count, "each request is a span of its own")
        #expect(Set(bench.traces) == [own], "what is logged is what is sent")
        await bench.end()
    }

    @Test("The origin's trace goes on to the neighbours and into the log") func foreignTrace() async throws {
        let bench = Bench()
        let trace = "0af7651916cd43dd8448eb211c80319c"
        let id = try await bench.open("a", flow: "outgoing", trace: TraceContext("00-\(trace)-b7ad6b7169203331-00"))
        await bench.wait { bench.outcome(id) == .settled }
        let values = bench.transport.sent.flatMap(\.headers).filter { $0.name == "traceparent" }.map(\.value)
        #expect(values.count == bench.transport.sent.count)
        #expect(values.allSatisfy { $0.hasPrefix("00-\(trace)-") && $0.hasSuffix("-00") })
        #expect(!values.contains { $0.contains("b7ad6b7169203331") })
        #expect(Set(bench.traces) == [trace])
        await bench.end()
    }

    @Test("A payment that the network refuses releases its hold and leaves no money anywhere") func refused()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.send, .word("refused"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent(.release).count == 1)
        #expect(bench.transport.sent(.post).isEmpty)
        #expect(bench.transport.sent(.notify).map(\.body) == ["ask a rejected"])
        #expect(bench.record(id).reason?.canonical == "creditorRefused")
        #expect(bench.journal.balances.values.allSatisfy { $0 == 0 })
        await bench.end()
    }

    @Test("An order that the rules table refuses is only answered") func refusedByTable() async throws {
        let bench = Bench()
        let id = try await bench.open("a", flow: "refused")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent.map(\.body) == ["ask a rejected"])
        #expect(bench.record(id).reason?.canonical == "routeNotPossible")
        await bench.end()
    }

    @Test("Silence is asked about, and the answer decides", arguments: ["done", "refused"])
    func unknown(_ word: String) async throws {
        let bench = Bench()
        bench.transport.script(.send, .breaks, .word("oops"), .word("pending"), .word(word))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) != nil }
        #expect(bench.outcome(id) == (word == "done" ? .settled : .rejected))
        #expect(bench.transport.sent(.send).map(\.body) == ["ask a", "query a", "query a", "query a"])
        #expect(bench.transport.sent(.release).count == (word == "done" ? 0 : 1))
        await bench.end()
    }

    @Test("The more payments a silent network is asked about, the longer each waits to be asked about again")
    func manyUnknown() async throws {
        /// Until the first of all is asked about for the second time, and until the last is, from when all were once.
        func waits(_ payments: Int, answerBy: Int64? = nil) async throws -> (first: Int64, last: Int64) {
            let bench = Bench()
            bench.transport.script(.send, .word("oops"))
            for number in 0..<payments { _ = try await bench.open("p\(number)", flow: "outgoing", answerBy: answerBy) }
            func pass(_ count: Int) async -> Int64 {
                await bench.wait { bench.transport.sent(.send).count >= count }
                return bench.clock.now.milliseconds
            }
            let once = await pass(2 * payments)
            #expect(bench.transport.sent(.send).count == 2 * payments, "an order, and a question about each")
            let first = await pass(2 * payments + 1) - once
            let last = await pass(3 * payments) - once
            #expect(
                bench.transport.sent(.send).count < 4 * payments, "nobody was asked about far more often than another")
            await bench.end()
            return (first, last)
        }
        let one = try await waits(1)
        let many = try await waits(3 * Int(Limits.questionsPerSecond))
        let (hurried, all) = (
            try await waits(1, answerBy: 60_000), try await waits(3 * Int(Limits.questionsPerSecond), answerBy: 60_000)
        )
        // Three seconds for all, half of it to one and a half, where a single one is asked about after one. The clock
        // of the bench runs on while a busy machine does what is due: each may be later, and none earlier.
        #expect(all.last - hurried.last < 2_000, "nothing is put off while an origin waits: \(all.last) ms")
        #expect(one.first == one.last)
        #expect((400..<2_000).contains(many.first - one.first), "the first after \(many.first - one.first) ms more")
        #expect((3_000..<6_000).contains(many.last - one.last), "the last after \(many.last - one.last) ms more")
    }

    @Test("Not found is no refusal before the order's expiry and the network's lateness") func absent() async throws {
        let bench = Bench()
        bench.transport.script(.send, .breaks, .word("absent"))
        let id = try await bench.open("a", flow: "outgoing")
        let start = bench.clock.now
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.clock.now.milliseconds(since: start) >= 25_000)
        #expect(bench.transport.sent(.release).count == 1)
        await bench.end()
    }

    @Test("Queries used up: parked, and a person's word with evidence settles it", arguments: PaymentOutcome.allCases)
    func person(_ outcome: PaymentOutcome) async throws {
        let bench = Bench()
        bench.transport.script(.send, .breaks, .word("oops"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait(step: 1_000) { bench.isParked(id) }
        #expect(bench.transport.sent(.send).count == 1 + Limits.queries)
        #expect(bench.transport.sent(.release).isEmpty && bench.transport.sent(.post).isEmpty)
        #expect(bench.alarms.count == 1)
        #expect(try await bench.engine.resolve(id, as: outcome, by: "ann", evidence: "statement 12"))
        await bench.wait { bench.outcome(id) == outcome }
        #expect(bench.transport.sent(.release).count == (outcome == .settled ? 0 : 1))
        #expect(bench.transport.sent(.post).count == (outcome == .settled ? 1 : 0))
        let log = try await bench.store.auditLog(tenant: Model.tenant, limit: 9)
        #expect(log.map(\.who) == ["ann"] && log.map(\.detail) == ["statement 12"])
        #expect(try await !bench.engine.resolve(id, as: .rejected, by: "bob", evidence: "none"))
        await bench.end()
    }

    @Test("A parked payment goes on when the far side answers after all", arguments: ["done", "refused"])
    func lateAnswer(_ word: String) async throws {
        let bench = Bench()
        bench.transport.script(.send, .breaks, .word("oops"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait(step: 1_000) { bench.isParked(id) }
        await bench.tell(.send, "a", word)
        await bench.wait { bench.outcome(id) == (word == "done" ? .settled : .rejected) }
        #expect(!bench.isParked(id))
        await bench.end()
    }

    @Test("A contrary answer after the end is recorded and raised, and changes nothing") func contradiction()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.send, .word("refused"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .rejected }
        let balances = bench.journal.balances
        for _ in 0..<3 { await bench.tell(.send, "a", "done EUR 7") }
        #expect(bench.record(id).contradictions.count == 1)
        #expect(bench.alarms == ["contradiction: network.send is refused, and the far side now says done"])
        #expect(bench.outcome(id) == .rejected)
        #expect(bench.record(id).payment.terms.transferAmount == nil)
        #expect(bench.journal.balances == balances)
        await bench.end()
    }

    @Test("What a network says of a person stays out of alarms and contradictions") func noPersonInAlarms() async throws
    {
        let bench = Bench()
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .settled }
        let reason = Reason("accountClosed", network: "model", foreign: "AC04", detail: "Account of Zebedee Quux")
        var told = Model.telling(.send, "a", "refused", network: Model.far)
        told.meaning = .tells([.send], Heard(.refused(reason)))
        _ = await bench.receive(told, from: Model.far)
        let says = "network.send is done, and the far side now says refused AC04"
        #expect(bench.alarms == ["contradiction: \(says)"])
        #expect(bench.record(id).contradictions == [says])
        await bench.end()
    }

    @Test("An order that bears another's name is refused, by whichever name; an alias may be taken")
    func exclusiveNames() async throws {
        let bench = Bench()
        func order(_ e2e: String, names: [String], aliases: [String] = []) -> Inbound {
            var inbound = Model.opening(e2e, flow: "outgoing", hash: "h1")
            inbound.keys += names.map { Correlation("near/name", $0) }
            inbound.aliases = aliases.map { Correlation("near/alias", $0) }
            return inbound
        }
        let first = order("a", names: ["m1", "u1"], aliases: ["x"])
        guard case .opened(let id) = await bench.open(first) else { return #expect(Bool(false), "the first is taken") }
        #expect(await bench.open(first) == .repeated(id))
        #expect(await bench.open(order("b", names: ["m1", "u2"])) == .otherContent(id))
        #expect(await bench.open(order("c", names: ["m2", "u1"])) == .otherContent(id))
        #expect(await bench.open(order("d", names: ["m3", "u3"], aliases: ["x"])).payment != nil)
        // Nothing of a refused order stays: its other names are free.
        #expect(await bench.open(order("e", names: ["m2", "u2"])).payment != nil)
        #expect(bench.journal.rows.count == 3)
        await bench.end()
    }

    @Test("A repeated answer with other terms changes no terms") func repeatedTerms() async throws {
        let bench = Bench()
        bench.transport.script(.quote, .word("done EUR 9"))
        bench.transport.script(.send, .gate)
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.transport.hanging == 1 }
        await bench.tell(.quote, "a", "done EUR 900")
        bench.transport.openGate()
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.record(id).payment.terms.transferAmount?.description == "EUR 9.00")
        #expect(bench.units(.customers, Model.far) == 9)
        await bench.end()
    }

    @Test("The same order again is the same payment; other content under its name is told apart")
    func duplicates() async throws {
        let bench = Bench()
        let id = try await bench.open("a", flow: "outgoing")
        #expect(await bench.order("a", flow: "outgoing") == .repeated(id))
        #expect(await bench.order("a", flow: "outgoing", hash: "h2") == .otherContent(id))
        await bench.wait { bench.outcome(id) == .settled }
        let before = bench.transport.sent.count
        #expect(await bench.order("a", flow: "outgoing") == .repeated(id))
        await bench.settle()
        // The stored answer again, and nothing else.
        #expect(bench.transport.sent.count == before + 1)
        let answers = bench.transport.sent(.notify)
        #expect(answers.count == 2 && answers[0] == answers[1])
        let receipt = await bench.receive(Model.opening("a", flow: "outgoing", hash: "h2"))
        #expect(receipt == .reply(WireReply(status: 409, body: Array("duplicate".utf8))))
        #expect(bench.journal.rows.count == 1)
        await bench.end()
    }

    @Test("A name of a step that belongs to another payment refuses the payment, and it is not forgotten")
    func takenName() async throws {
        let bench = Bench()
        let first = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(first) == .settled }
        // Another order name, the same end-to-end id: its requests would be answered under the first payment's names.
        var inbound = Model.opening("a", flow: "outgoing")
        inbound.keys = [Correlation("near/order", "b")]
        guard case .reply = await bench.receive(inbound) else { return #expect(Bool(false), "not taken") }
        await bench.wait { bench.journal.rows.values.allSatisfy { $0.view.outcome != nil } }
        let second = try #require(bench.journal.rows.keys.first { $0 != first })
        #expect(bench.outcome(second) == .rejected)
        #expect(bench.record(second).reason?.canonical == "duplicate")
        #expect(bench.transport.sent(.send).count == 1)
        await bench.end()
    }

    @Test("A step that moves money is never left out because nobody is there to do it") func missingNeighbour()
        async throws
    {
        let bench = Bench(world: Model.world(core: Model.ams(without: [.reserve])))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent(.send).isEmpty)
        await bench.end()
    }

    @Test("A step without words is refused, and what was held is free") func unspeakable() async throws {
        let bench = Bench()
        let id = try await bench.open("unspeakable", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.record(id).reason?.canonical == "currencyNotSupported")
        #expect(bench.transport.sent.map(\.verb) == ["ams.find", "network.lookup", "origin.notify"])
        await bench.end()
    }

    @Test("A release is sent again, the same bytes, until it is heard; then a person looks") func release() async throws
    {
        let bench = Bench()
        bench.transport.script(.send, .word("refused"))
        bench.transport.script(.release, .breaks, .notSent, .word("oops"), .silent, .word("done"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .rejected }
        #expect(bench.transport.sent(.release).count == 5)
        #expect(Set(bench.transport.sent(.release).map(\.body)).count == 1)

        bench.transport.script(.release, .word("refused"))
        let other = try await bench.open("b", flow: "outgoing")
        await bench.wait(step: 1_000) { bench.isParked(other) }
        #expect(try await bench.engine.resolve(other, as: .rejected, by: "ann", evidence: "released by hand"))
        await bench.wait { bench.outcome(other) == .rejected }
        await bench.end()
    }

    @Test("A release that failed for good is made anew, and is listed as stuck while it is not confirmed")
    func releaseFailed() async throws {
        let bench = Bench()
        bench.transport.script(.send, .word("refused"))
        bench.transport.script(.release, .breaks, .word("failed"), .breaks, .gate)
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.transport.sent(.release).count == 1 }
        #expect(bench.record(id).stage == "undoing")
        await bench.wait { bench.transport.sent(.release).count == 4 }
        #expect(bench.journal.rows[id]?.view.stage == "unknown")
        let spans = bench.transport.sent(.release).map { sent in
            sent.headers.first { $0.name == "traceparent" }?.value
        }
        #expect(spans[0] == spans[1], "the same bytes while nothing is known of them")
        #expect(spans[1] != spans[2], "other bytes after a failure that stays")
        #expect(spans[2] == spans[3])
        bench.transport.openGate()
        await bench.wait { bench.outcome(id) == .rejected }
        await bench.end()
    }

    @Test("Posting refused after the pivot: the amount is on suspense until a person places it") func suspense()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.post, .word("refused"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.isParked(id) }
        #expect(bench.units(.suspense, Model.far) == 10)
        #expect(bench.units(.transit, Model.far) == 0)
        #expect(bench.transport.sent(.release).isEmpty)
        #expect(try await bench.engine.resolve(id, as: .settled, by: "ann", evidence: "posted by hand"))
        await bench.wait { bench.outcome(id) == .settled }
        #expect(bench.units(.suspense, Model.far) == 0)
        #expect(bench.units(.customers, Model.far) == 10)
        await bench.end()
    }

    @Test("A posting that cannot be sent is shown and tried for ever") func forEver() async throws {
        let bench = Bench()
        bench.transport.script(.post, .notSent)
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait(step: 1_000) { bench.isParked(id) }
        bench.transport.script(.post, .word("done"))
        await bench.wait(steps: 120, step: 1_000) { bench.outcome(id) == .settled }
        #expect(!bench.isParked(id))
        #expect(bench.units(.customers, Model.far) == 10)
        await bench.end()
    }

    @Test("Requests of one lane go one at a time, others at once") func lanes() async throws {
        let bench = Bench()
        bench.transport.script(.find, .gate)
        for index in 0..<3 { _ = await bench.order("lane-\(index)", flow: "outgoing", debtor: "acc") }
        await bench.settle()
        #expect(bench.transport.sent(.find).count == 1)
        for index in 0..<3 { _ = await bench.order("free-\(index)", flow: "outgoing") }
        await bench.settle()
        #expect(bench.transport.sent(.find).count == 4)
        await bench.wait {
            bench.transport.openGate()
            return bench.transport.sent(.find).count == 6
        }
        #expect(bench.transport.mostAtOnce(.reserve) <= 4)
        await bench.wait {
            bench.transport.openGate()
            return bench.journal.rows.values.allSatisfy { $0.view.outcome == "settled" }
        }
        await bench.end()
    }
}

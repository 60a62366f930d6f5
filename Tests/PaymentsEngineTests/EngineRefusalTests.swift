import Payments
@testable import PaymentsEngine
import Synchronization
import Testing

@Suite("What is told beside the steps, and names that are taken")
struct EngineRefusalTests {
    @Test("A refused repeat stands in the audit log with who, what and why, and in the archive byte for byte")
    func refusedRepeat() async throws {
        let bench = Bench()
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .settled }
        let before = bench.journal.rows[id]?.messages.count ?? 0
        let start = bench.clock.now
        for _ in 0..<50 { _ = await bench.receive(Model.opening("a", flow: "outgoing", hash: "h2")) }
        let log = try await bench.store.auditLog(tenant: Model.tenant, limit: 9)
        let line = try #require(log.first)
        #expect(log.count == 1 && line.who == "near peer" && line.action == "refused order")
        #expect(line.subject == id.text && line.detail.hasPrefix("duplicate"))
        let told = bench.journal.rows[id]?.messages.dropFirst(before) ?? []
        #expect(told.count == 100)
        #expect(told.first?.direction == .received && told.first?.bytes == [1])
        #expect(told.last?.direction == .sent && told.last?.bytes == Array("duplicate".utf8))
        #expect(bench.engine.refusedMessages == 50)
        // The others of that minute are one line.
        await bench.wait(step: 1_000) { bench.clock.now.milliseconds(since: start) > 62_000 }
        let later = try await bench.store.auditLog(tenant: Model.tenant, limit: 9)
        #expect(later.count == 2 && later.contains { $0.detail.hasPrefix("49 more within a minute: duplicate") })
        #expect(bench.record(id).sequence == bench.journal.rows[id]?.events.count)
        await bench.end()
    }

    @Test("Refusals that were only counted are written when the engine ends") func countAtTheEnd() async throws {
        let bench = Bench()
        _ = try await bench.open("a", flow: "outgoing")
        await bench.settle()
        for _ in 0..<3 { _ = await bench.receive(Model.opening("a", flow: "outgoing", hash: "h2")) }
        await bench.end()
        let log = try await bench.store.auditLog(tenant: Model.tenant, limit: 9)
        #expect(log.contains { $0.detail.hasPrefix("2 more") })
    }

    @Test("However many kinds of refusal a peer thinks of, the lines are bounded and the count is not lost")
    func manyKinds() {
        var book = RefusalBook()
        let now = Instant(seconds: 1_800_000_000)
        var lines = 0
        for index in 0..<100_000 {
            let message = RefusedMessage(
                tenant: "t", network: "n", peer: "p\(index % 3_000)", message: "m\(index)", subject: "s", why: "w")
            if book.note(message, at: now) != nil { lines += 1 }
        }
        #expect(lines <= 2 * Limits.refusalKinds + 1)
        let summaries = book.due(now.adding(milliseconds: Limits.refusalsAreOneMilliseconds), all: false)
        #expect(summaries.reduce(lines) { $0 + $1.count } == 100_000 && book.total == 100_000)
    }

    @Test("The answer to an enquiry is in the payment's archive; one about nothing is in the audit log")
    func enquiries() async throws {
        let bench = Bench()
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .settled }
        #expect(await bench.receive(Model.enquiry("a")) == .reply(WireReply(status: 202)))
        await bench.settle()
        #expect(bench.transport.sent.last?.body == "status settled")
        #expect(bench.journal.rows[id]?.messages.last?.bytes == Array("status settled".utf8))
        #expect(try await bench.store.auditLog(tenant: Model.tenant, limit: 9).isEmpty)
        #expect(await bench.receive(Model.enquiry("nothing")) == .reply(WireReply(status: 202)))
        let log = try await bench.store.auditLog(tenant: Model.tenant, limit: 9)
        #expect(log.map(\.subject) == ["nothing"])
        #expect(bench.journal.rows.count == 1)
        await bench.end()
    }

    @Test("Answers beside the steps never take the line from payments: beyond the limit enquiries hear busy")
    func manyReports() async throws {
        let bench = Bench()
        let id = try await bench.open("a", flow: "outgoing")
        await bench.wait { bench.outcome(id) == .settled }
        bench.transport.script(.notify, .gate)
        for _ in 0..<Limits.reportsUnderWay { _ = await bench.receive(Model.enquiry("a")) }
        #expect(await bench.receive(Model.enquiry("a")) == .busy("too many answers are under way"))
        await bench.wait {
            bench.transport.openGate()
            return bench.transport.hanging == 0
        }
        #expect(await bench.receive(Model.enquiry("a")) == .reply(WireReply(status: 202)))
        await bench.end()
    }

    @Test("An order on a payment that makes no offer is refused, not swallowed") func noOffer() async throws {
        let bench = Bench()
        bench.transport.script(.send, .word("pending"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.settle()
        let receipt = await bench.receive(Model.takeUp("a"))
        #expect(receipt == .reply(WireReply(status: 409, body: Array("quoteUnknown".utf8))))
        #expect(bench.journal.keys[Correlation("near/transfer", "a")] == nil)
        await bench.tell(.send, "a", "done")
        await bench.wait { bench.outcome(id) == .settled }
        await bench.end()
    }

    @Test("A decision on a payment that went on meanwhile is told to have decided nothing") func lateDecision()
        async throws
    {
        let bench = Bench()
        bench.transport.script(.send, .word("pending"))
        let id = try await bench.open("a", flow: "outgoing")
        await bench.settle()
        let events = bench.journal.rows[id]?.events.count
        let decision = Input.Content.resolve(as: .rejected, by: "ann", evidence: "statement 12")
        let submission = await bench.engine.submit(decision, id, received: nil)
        guard case .declined(id, let reason)? = submission else {
            await bench.end()
            return #expect(Bool(false), "\(String(describing: submission))")
        }
        #expect(reason.canonical == "notParked")
        #expect(bench.journal.rows[id]?.events.count == events)
        await bench.end()
    }

    @Test("A name whose payment is not in the journal begins nothing and archives nothing") func ghost() async throws {
        let bench = Bench()
        let ghost = PaymentID(at: bench.clock.now, engine: 3, entropy: 9)
        bench.store.shelf.state.withLock {
            $0.journal.keys[Correlation("far/network.send", "x")] = KeyHolder(payment: ghost, contentHash: "")
        }
        let inbound = Model.telling(.send, "x", "done", network: Model.far)
        guard case .busy = await bench.receive(inbound, from: Model.far) else {
            await bench.end()
            return #expect(Bool(false), "it was taken")
        }
        #expect(bench.journal.rows.isEmpty)
        await bench.end()
    }
}

@Suite("What the engine keeps in memory")
struct EngineMemoryTests {
    @Test("A burst of orders does not pass the limit of payments in flight together") func burst() async throws {
        let bench = Bench(paymentsInFlight: 3)
        bench.transport.script(.find, .gate)
        let orders = (0..<40).map { index in Task { await bench.order("b\(index)", flow: "outgoing") } }
        var opened = 0
        for order in orders where await order.value.payment != nil { opened += 1 }
        #expect(opened == 3 && bench.journal.rows.count == 3)
        await bench.wait {
            bench.transport.openGate()
            return bench.journal.rows.values.allSatisfy { $0.view.outcome != nil }
        }
        await bench.end()
    }

    @Test("Timers that were set anew do not pile up until their time") func timers() {
        var heap = TimerHeap()
        let now = Instant(seconds: 1_800_000_000)
        let payment = PaymentID(at: now, engine: 0, entropy: 1)
        for index in 0..<50_000 { heap.push(payment, at: now.adding(milliseconds: 86_400_000 - Int64(index))) }
        #expect(heap.entries < 2_000)
        #expect(heap.popDue(now.adding(milliseconds: 86_400_000)) == [payment])
    }

    @Test("A shard forgets payments beyond its limit: those that have not moved for longest") func cache() {
        var shard = Shard(world: Model.world(), cachedPayments: 8)
        let ids = (0..<50).map {
            PaymentID(at: Instant(seconds: 1_800_000_000), engine: 0, entropy: UInt64($0))
        }
        let busy = PaymentID(at: Instant(seconds: 1_800_000_000), engine: 0, entropy: 1_000)
        for id in ids {
            shard.trim(now: Instant(seconds: 1_800_000_000))
            shard.insert(CachedPayment(record: PaymentRecord(id: id)))
            shard.insert(CachedPayment(record: PaymentRecord(id: busy)))
            #expect(shard.remembered <= 10)
        }
        let forgotten = Set(shard.missing((ids + [busy]).map { Input(payment: $0, content: .timer, entropy: 0) }))
        #expect(forgotten.isSuperset(of: ids.dropLast(8)))
        #expect(forgotten.isDisjoint(with: ids.suffix(3) + [busy]))
    }

    @Test("A shard forgets a payment that does not move, however few there are") func silence() {
        var shard = Shard(world: Model.world())
        let begun = Instant(seconds: 1_800_000_000)
        let (silent, busy) = (PaymentID(high: 1, low: 1), PaymentID(high: 1, low: 2))
        shard.insert(CachedPayment(record: PaymentRecord(id: silent)))
        for second in 0...3 {
            shard.trim(now: begun.adding(milliseconds: Int64(second) * 2_000))
            shard.insert(CachedPayment(record: PaymentRecord(id: busy)))
        }
        let inputs = [silent, busy].map { Input(payment: $0, content: .timer, entropy: 0) }
        #expect(shard.missing(inputs) == [silent])
    }

    @Test("Nothing is kept of payments that have ended") func ended() async throws {
        let bench = Bench()
        for index in 0..<20 { _ = try await bench.open("e\(index)", flow: "outgoing") }
        await bench.wait { bench.journal.rows.values.allSatisfy { $0.view.outcome == "settled" } }
        await bench.settle()
        #expect(bench.engine.state.withLock { $0.stop.outlooks.isEmpty })
        await bench.end()
    }
}

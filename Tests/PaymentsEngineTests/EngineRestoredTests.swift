import Payments
@testable import PaymentsEngine
import Testing

@Suite("The engine on a restored journal")
struct EngineRestoredTests {
    private static let why = "restored from a backup: whether its order left after that is not known"

    /// The next life, on the journal as it was when the first was copied.
    private func restored(_ first: Bench) -> Bench {
        Bench(
            shelf: first.store.shelf, clock: first.clock, epoch: NodeEpoch(node: "n1", epoch: 2), starts: false)
    }

    @Test("An order that had not left by the backup waits for a person and is never sent anew") func notSent()
        async throws
    {
        let first = Bench()
        first.transport.script(.reserve, .silent)
        let id = try await first.open("a", flow: "outgoing")
        await first.settle()
        first.die()
        let second = restored(first)
        #expect(try await second.engine.holdRestored([id], why: Self.why) == 1)
        #expect(try await second.engine.holdRestored([id], why: Self.why) == 0)
        #expect(second.alarms == ["payment parked: \(Self.why)"])
        second.start()
        for _ in 0..<600 {
            await second.settle()
            second.clock.advance(1_000)
        }
        #expect(second.isParked(id) && second.record(id).parked == Self.why)
        #expect(second.transport.sent(.send).isEmpty)
        #expect(second.journal.rows[id]?.view.isStuck == true)
        await first.end(also: second)
    }

    @Test("An order that had left by the backup is asked about, and ends as its network says") func sent() async throws
    {
        let first = Bench()
        first.transport.script(.send, .silent)
        let id = try await first.open("a", flow: "outgoing")
        await first.settle()
        first.die()
        let second = restored(first)
        #expect(try await second.engine.holdRestored([id], why: Self.why) == 0)
        second.start()
        await second.wait { second.outcome(id) == .settled }
        #expect(first.transport.sent(.send).count == 1)
        #expect(second.transport.sent(.send).map(\.body) == ["query a"])
        await first.end(also: second)
    }

    /// Restored while it waited for the quote, and decided: the order had been carried out after the backup.
    private func decided(_ first: Bench, reserve word: String) async throws -> (PaymentID, Bench) {
        first.transport.script(.quote, .silent)
        let id = try await first.open("a", flow: "outgoing")
        await first.settle()
        first.die()
        let second = restored(first)
        second.transport.script(.reserve, .word(word))
        #expect(try await second.engine.holdRestored([id], why: Self.why) == 1)
        second.start()
        #expect(try await second.engine.resolve(id, as: .settled, by: "ann", evidence: "hub report, line 4"))
        return (id, second)
    }

    @Test("Decided as settled before its quote: nothing is asked of the network, the customer pays") func settled()
        async throws
    {
        let first = Bench()
        let (id, second) = try await decided(first, reserve: "done")
        await second.wait { second.outcome(id) == .settled }
        #expect(second.transport.sent(.quote).isEmpty && second.transport.sent(.send).isEmpty)
        #expect(second.transport.sent(.reserve).count == 1 && second.transport.sent(.post).count == 1)
        #expect(second.units(.position, Model.far) == -10 && second.units(.transit, Model.far) == 0)
        await first.end(also: second)
    }

    @Test("Decided as settled, and the customer's bank does not hold the money: a person's to place") func noHold()
        async throws
    {
        let first = Bench()
        let (id, second) = try await decided(first, reserve: "refused")
        await second.wait { second.isParked(id) }
        #expect(second.record(id).parked?.contains("after the money moved") == true)
        #expect(second.outcome(id) == nil && second.transport.sent(.notify).isEmpty)
        await first.end(also: second)
    }
}

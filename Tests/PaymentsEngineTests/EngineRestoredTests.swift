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
}

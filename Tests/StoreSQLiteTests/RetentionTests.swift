import Foundation
import Payments
import Synchronization
import Testing

@testable import StoreSQLite

@Suite("Retention")
struct RetentionTests {
    let folder = ScratchFolder()

    /// A clock that a test sets.
    private final class Days: Sendable {
        private let days = Mutex<Int64>(0)
        var now: Instant { days.withLock { Sample.start.adding(milliseconds: $0 * 86_400_000) } }
        func set(_ day: Int64) { days.withLock { $0 = day } }
    }

    private func open(_ policy: RetentionPolicy, _ clock: Days) async throws -> SQLiteStore {
        var options = SQLiteStore.Options()
        options.projectionIntervalMilliseconds = 3_600_000
        options.retention = policy
        options.now = { clock.now }
        return try await SQLiteStore.open(
            folder: folder.path, node: "a", tenants: SQLiteBench.tenants, options: options)
    }

    private static func policy() -> RetentionPolicy {
        var policy = RetentionPolicy()
        (policy.keys, policy.exchanges, policy.journal, policy.payments) = (10, 20, 30, 40)
        (policy.feed, policy.archive, policy.audit) = (15, 35, nil)
        return policy
    }

    /// A payment as of the day, with something in every class.
    private func put(_ number: Int, _ store: SQLiteStore, _ clock: Days, outcome: String?) async throws -> PaymentID {
        let payment = PaymentID(at: clock.now, engine: 1, entropy: UInt64(number))
        var append = Sample.append(payment)
        (append.view.receivedAt, append.view.changedAt, append.view.outcome) = (clock.now, clock.now, outcome)
        append.keys = [Correlation("key", "\(number)")]
        append.exchanges = [Sample.exchange(1)]
        append.messages = [
            ArchivedMessage(
                direction: .received, peer: "hub", message: "m", time: clock.now, bytes: [1])
        ]
        #expect(try await store.append(append) == .committed)
        return payment
    }

    @Test("each class of an ended payment goes when its days are over, and not before")
    func eachClassInItsTime() async throws {
        let clock = Days()
        let store = try await open(Self.policy(), clock)
        let payment = try await put(1, store, clock, outcome: "settled")
        try await store.audit(
            AuditEntry(time: clock.now, who: "olga", action: "look", subject: "p", detail: "d"), tenant: "blue")
        let key = Correlation("key", "1")
        func left() async throws -> [Int] {
            _ = try await store.retain()
            let keys = try await store.holder(of: key) == nil ? 0 : 1
            let lists = try await store.list(PaymentQuery(tenant: "blue")).count
            return [
                keys, try await store.exchanges(of: payment).count, try await store.events(of: payment, after: 0).count,
                try await store.feed(tenant: "blue", after: 0, limit: 9).count,
                try await store.messages(of: payment).count, lists,
            ]
        }
        clock.set(10)
        #expect(try await left() == [1, 1, 1, 1, 1, 1])
        clock.set(11)
        #expect(try await left() == [0, 1, 1, 1, 1, 1])
        clock.set(16)
        #expect(try await left() == [0, 1, 1, 0, 1, 1])
        clock.set(21)
        #expect(try await left() == [0, 0, 1, 0, 1, 1])
        clock.set(31)
        #expect(try await store.report(Self.policy()).removable.journal == 1)
        #expect(try await left() == [0, 0, 0, 0, 1, 1])
        #expect(try await store.view(of: payment)?.outcome == "settled")
        #expect(try await store.rebuild(tenant: "blue").payments == 0)
        #expect(try await store.list(PaymentQuery(tenant: "blue", stage: "received")).map(\.id) == [payment])
        clock.set(36)
        #expect(try await left() == [0, 0, 0, 0, 0, 1])
        clock.set(41)
        #expect(try await left() == [0, 0, 0, 0, 0, 0])
        clock.set(4_000)
        _ = try await store.retain()
        #expect(try await store.auditLog(tenant: "blue", limit: 9).count == 1)
        #expect(store.statistics.removed.keys == 1 && store.statistics.removed.journal == 1)
        await store.close()
    }

    @Test("nothing of a payment without an outcome goes, however old it is")
    func openPaymentsStay() async throws {
        let clock = Days()
        let store = try await open(Self.policy(), clock)
        let payment = try await put(1, store, clock, outcome: nil)
        let ended = try await put(2, store, clock, outcome: "rejected")
        clock.set(3_000)
        #expect(try await store.report(Self.policy()).removable.keys == 1)
        _ = try await store.retain()
        #expect(try await store.holder(of: Correlation("key", "1"))?.payment == payment)
        #expect(try await store.holder(of: Correlation("key", "2")) == nil)
        #expect(try await store.exchanges(of: payment).count == 1)
        #expect(try await store.events(of: payment, after: 0).count == 1)
        #expect(try await store.messages(of: payment).count == 1)
        #expect(try await store.feed(tenant: "blue", after: 0, limit: 9).map(\.payment) == [payment])
        #expect(try await store.list(PaymentQuery(tenant: "blue")).map(\.id) == [payment])
        #expect(try await store.events(of: ended, after: 0).isEmpty)
        await store.close()
    }

    @Test("a name stays as long as its payment is young, however old the name is")
    func longPaymentsKeepTheirNames() async throws {
        let clock = Days()
        let store = try await open(Self.policy(), clock)
        let payment = try await put(1, store, clock, outcome: nil)
        clock.set(100)
        var last = Sample.append(payment, expected: 1, stage: "settled")
        (last.view.outcome, last.view.changedAt, last.view.receivedAt) = ("settled", clock.now, Sample.start)
        #expect(try await store.append(last) == .committed)
        clock.set(109)
        _ = try await store.retain()
        #expect(try await store.holder(of: Correlation("key", "1"))?.payment == payment)
        clock.set(111)
        _ = try await store.retain()
        #expect(try await store.holder(of: Correlation("key", "1")) == nil)
        await store.close()
    }

    @Test("many batches are removed in one round, and the rest is untouched")
    func manyBatches() async throws {
        let clock = Days()
        let store = try await open(Self.policy(), clock)
        for number in 1...700 { _ = try await put(number, store, clock, outcome: "settled") }
        clock.set(32)
        let young = try await put(9_999, store, clock, outcome: "settled")
        let removed = try await store.retain()
        #expect(removed.keys == 700 && removed.journal == 700 && removed.feed == 700 && removed.archive == 0)
        #expect(try await store.events(of: young, after: 0).count == 1)
        #expect(try await store.list(PaymentQuery(tenant: "blue", limit: 1_000)).count == 701)
        await store.close()
    }

    @Test(
        "a policy that would forget a repeat too early, or a name after its payment, is none",
        arguments: [
            (6, 60, 400), (30, 20, 400), (30, 60, 40), (0, 60, 400),
        ])
    func objections(_ keys: Int, _ exchanges: Int, _ journal: Int) {
        var policy = RetentionPolicy()
        #expect(policy.objection == nil)
        (policy.keys, policy.exchanges, policy.journal) = (keys, exchanges, journal)
        #expect(policy.objection != nil)
    }
}

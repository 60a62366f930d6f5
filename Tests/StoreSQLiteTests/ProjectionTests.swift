import Foundation
import GRDB
import Payments
import Testing

@testable import StoreSQLite

@Suite("Tenants' databases")
struct ProjectionTests {
    let folder = ScratchFolder()

    private func open() async throws -> SQLiteStore {
        var options = SQLiteStore.Options()
        // Rounds come when a test asks for one, or at the end.
        options.projectionIntervalMilliseconds = 3_600_000
        return try await SQLiteStore.open(
            folder: folder.path, node: "a", tenants: SQLiteBench.tenants, options: options)
    }

    /// Runs SQL on a file of the store, as an operator's shell would, and gives the first column of the answer.
    @discardableResult
    private func sql(_ file: String, _ sql: String) throws -> [String] {
        let queue = try DatabaseQueue(path: folder.path + "/" + file)
        defer { try? queue.close() }
        return try queue.inDatabase { database in
            try Row.fetchAll(database, sql: sql).map { "\($0[0] as DatabaseValue)" }
        }
    }

    private func fill(_ store: SQLiteStore) async throws {
        for number in 1...4 {
            var append = Sample.append(
                Sample.payment(UInt64(number)), tenant: SQLiteBench.tenants[number % 2])
            append.messages = [Sample.message(number), Sample.message(number + 10)]
            #expect(try await store.append(append) == .committed)
        }
        let entry = AuditEntry(time: Sample.start, who: "olga", action: "look", subject: "s", detail: "d")
        try await store.audit(entry, tenant: "blue")
    }

    @Test("what a tenant's database holds leaves the journal, and every read stays as it was")
    func prunes() async throws {
        let store = try await open()
        try await fill(store)
        let payment = Sample.payment(2)
        let before = try await (
            store.list(PaymentQuery(tenant: "blue")), store.messages(of: payment),
            store.auditLog(tenant: "blue", limit: 9)
        )
        #expect(before.0.count == 2 && before.1.count == 2 && before.2.count == 1)
        try await store.settle()
        let after = try await (
            store.list(PaymentQuery(tenant: "blue")), store.messages(of: payment),
            store.auditLog(tenant: "blue", limit: 9)
        )
        #expect(after == before)
        #expect(store.statistics.unprojected == 0)
        await store.close()
        #expect(try sql("journal.sqlite", "SELECT count(*) FROM messages") == ["0"])
        #expect(try sql("journal.sqlite", "SELECT count(*) FROM changes") == ["0"])
        #expect(try sql("journal.sqlite", "SELECT count(*) FROM audits") == ["0"])
        #expect(try sql("tenants/blue.sqlite", "SELECT count(*) FROM messages") == ["4"])
        #expect(try sql("tenants/green.sqlite", "SELECT count(*) FROM payments") == ["2"])
    }

    @Test("closing brings the tenants up to date, and positions go on from there")
    func closes() async throws {
        let store = try await open()
        try await fill(store)
        await store.close()
        let next = try await open()
        var append = Sample.append(Sample.payment(2), expected: 1, stage: "settled")
        append.messages = [Sample.message(7)]
        #expect(try await next.append(append) == .committed)
        #expect(try await next.messages(of: Sample.payment(2)).count == 3)
        try await next.settle()
        #expect(try await next.messages(of: Sample.payment(2)).last == Sample.message(7))
        #expect(
            try await next.list(PaymentQuery(tenant: "blue", stage: "settled")).map(\.id) == [Sample.payment(2)])
        await next.close()
    }

    @Test("a tenant's view is written anew from the journal; its archive stays")
    func rebuilds() async throws {
        let store = try await open()
        try await fill(store)
        try await store.settle()
        let expected = try await store.list(PaymentQuery(tenant: "blue"))
        await store.close()
        try sql("tenants/blue.sqlite", "UPDATE payments SET stage = 'wrong'")
        try sql("tenants/blue.sqlite", "DELETE FROM payments WHERE id = (SELECT min(id) FROM payments)")
        let next = try await open()
        #expect(try await next.list(PaymentQuery(tenant: "blue")) != expected)
        let reports = Slot<[Int]>()
        let report = try await next.rebuild(tenant: "blue") { reports.value = (reports.value ?? []) + [$0.payments] }
        #expect(report.payments == 2 && reports.value == [2])
        #expect(try await next.list(PaymentQuery(tenant: "blue")) == expected)
        #expect(try await next.messages(of: Sample.payment(2)).count == 2)
        await #expect(throws: StoreError.tenantUnknown("nobody")) { try await next.rebuild(tenant: "nobody") }
        await next.close()
    }

    @Test("a tenant whose database is lost gets its view back")
    func lostTenant() async throws {
        let store = try await open()
        try await fill(store)
        let expected = try await store.list(PaymentQuery(tenant: "blue"))
        await store.close()
        try FileManager.default.removeItem(atPath: folder.path + "/tenants/blue.sqlite")
        let next = try await open()
        #expect(try await next.rebuild(tenant: "blue").payments == 2)
        #expect(try await next.list(PaymentQuery(tenant: "blue")) == expected)
        await next.close()
    }

    @Test("one tenant's broken database holds up neither payments nor the other tenant, and loses nothing")
    func brokenTenant() async throws {
        let tenants = folder.path + "/tenants"
        try FileManager.default.createDirectory(atPath: tenants, withIntermediateDirectories: true)
        let broken = URL(fileURLWithPath: tenants + "/blue.sqlite")
        try Data(repeating: 0x41, count: 8_192).write(to: broken)
        let store = try await open()
        try await fill(store)
        await #expect(throws: StoreError.self) { try await store.settle() }
        #expect(store.statistics.stalledTenants.keys.sorted() == ["blue"])
        #expect(try await store.list(PaymentQuery(tenant: "green")).count == 2)
        #expect(try await store.append(Sample.append(Sample.payment(9))) == .committed)
        try FileManager.default.removeItem(at: broken)
        try await store.settle()
        #expect(store.statistics.stalledTenants.isEmpty)
        #expect(try await store.list(PaymentQuery(tenant: "blue")).count == 3)
        #expect(try await store.messages(of: Sample.payment(2)).count == 2)
        await store.close()
        #expect(try sql("tenants/blue.sqlite", "SELECT count(*) FROM messages") == ["4"])
    }

    @Test("reads stay right while everything is projected and pruned at once")
    func readsDuringProjection() async throws {
        let store = try await open()
        for number in 1...60 {
            var append = Sample.append(Sample.payment(UInt64(number)))
            append.messages = [Sample.message(number)]
            #expect(try await store.append(append) == .committed)
            async let settled: Void = store.settle()
            #expect(try await store.list(PaymentQuery(tenant: "blue", limit: 100)).count == number)
            #expect(try await store.messages(of: Sample.payment(UInt64(number))) == append.messages)
            try await settled
        }
        await store.close()
    }
}

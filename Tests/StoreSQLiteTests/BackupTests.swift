import Foundation
import GRDB
import Payments
import Testing

@testable import StoreSQLite

@Suite("Backup and restore")
struct BackupTests {
    let folder = ScratchFolder()
    let target = ScratchFolder()

    private func open(_ path: String? = nil, node: String = "a") async throws -> SQLiteStore {
        var options = SQLiteStore.Options()
        options.projectionIntervalMilliseconds = 5
        options.pruneIntervalMilliseconds = 20
        return try await SQLiteStore.open(
            folder: path ?? folder.path, node: node, tenants: SQLiteBench.tenants, options: options)
    }

    private static func paid(_ number: Int) -> Append {
        var append = Sample.append(
            Sample.payment(UInt64(number)), events: 2, tenant: SQLiteBench.tenants[number % 2])
        append.messages = [Sample.message(number)]
        append.keys = [Correlation("key", "\(number)")]
        append.exchanges = [Sample.exchange(1)]
        append.bookings = [
            .move("out", Sample.euros(Int128(number)), from: .position, "hub", to: .transit, "hub")
        ]
        return append
    }

    @Test("a backup under load holds every payment that was committed before it, and fits together")
    func underLoad() async throws {
        let store = try await open()
        let (before, during) = (300, 600)
        for number in 1...before { #expect(try await store.append(Self.paid(number)) == .committed) }
        let (cut, position) = try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                group.addTask {
                    for number in stride(from: before + 1 + lane, through: before + during, by: 4) {
                        _ = try await store.append(Self.paid(number))
                    }
                }
            }
            let first = try await store.feed(tenant: "blue", after: 0, limit: 10_000).count
            let cut = try await store.backup(to: target.path)
            try await group.waitForAll()
            return (cut, first)
        }
        await store.close()
        #expect(
            position > 0 && cut.files.sorted() == ["journal.sqlite", "tenants/blue.sqlite", "tenants/green.sqlite"])
        let report = try await Restoration.seal(folder: target.path, taken: Sample.start)
        #expect(report.payments >= before && report.payments <= before + during)
        #expect(report.openPayments == cut.openPayments && report.position == cut.position)
        let restored = try await open(target.path)
        #expect(try await restored.balances(tenant: nil).reduce(Int128(0)) { $0 + $1.balance.units } == 0)
        var listed = 0
        for tenant in SQLiteBench.tenants {
            let views = try await restored.list(PaymentQuery(tenant: tenant, limit: 10_000))
            listed += views.count
            for view in views {
                #expect(try await restored.events(of: view.id, after: 0).count == view.sequence)
                #expect(try await restored.messages(of: view.id).count == 1)
            }
            let feed = try await restored.feed(tenant: tenant, after: 0, limit: 10_000)
            #expect(Set(feed.map(\.payment)) == Set(views.map(\.id)) && feed.count == views.count)
        }
        #expect(listed == report.payments)
        for number in 1...before {
            #expect(try await restored.view(of: Sample.payment(UInt64(number))) != nil)
        }
        await restored.close()
    }

    @Test("what was under way in a backup is nobody's after the restore, and no place of the feed is given out again")
    func afterRestore() async throws {
        let store = try await open()
        _ = try await open(target.path + "-other").close()
        #expect(try await store.append(Self.paid(2)) == .committed)
        _ = try await store.backup(to: target.path)
        #expect(try await store.append(Self.paid(4)) == .committed)
        let lost = try #require(try await store.feed(tenant: "blue", after: 0, limit: 10).last)
        await store.close()
        _ = try await Restoration.seal(folder: target.path, taken: Sample.start)
        let restored = try await open(target.path)
        #expect(restored.epoch.epoch == store.epoch.epoch + 1)
        let orphans = try await restored.orphans(now: Sample.start, leaseUntil: Sample.lease, limit: 10)
        #expect(orphans.map(\.payment) == [Sample.payment(2)])
        #expect(try await restored.restoredFrom() == Sample.start)
        #expect(try await restored.openPayments(after: nil, limit: 10) == [Sample.payment(2)])
        #expect(try await restored.append(Self.paid(6)) == .committed)
        let news = try await restored.feed(tenant: "blue", after: lost.cursor, limit: 10)
        #expect(news.map(\.payment) == [Sample.payment(6)])
        try await restored.endRestoration()
        #expect(try await restored.restoredFrom() == nil)
        await restored.close()
        let again = try await open(target.path)
        #expect(try await again.restoredFrom() == nil)
        #expect(
            try await again.feed(tenant: "blue", after: lost.cursor, limit: 10).map(\.payment) == [Sample.payment(6)])
        await again.close()
        try? FileManager.default.removeItem(atPath: target.path + "-other")
    }

    @Test("a folder that is not empty takes no backup, and what is damaged is not sealed")
    func refusals() async throws {
        let store = try await open()
        #expect(try await store.append(Self.paid(2)) == .committed)
        try FileManager.default.createDirectory(atPath: target.path, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: target.path + "/present"))
        await #expect(throws: StoreError.unavailable("\(target.path) is not empty")) {
            try await store.backup(to: target.path)
        }
        try FileManager.default.removeItem(atPath: target.path)
        _ = try await store.backup(to: target.path)
        await store.close()
        let queue = try DatabaseQueue(path: target.path + "/journal.sqlite")
        try await queue.write {
            try $0.execute(sql: "INSERT INTO ledger VALUES ('blue', 'fees', 'hub', 'EUR', '5')")
        }
        try queue.close()
        await #expect(throws: StoreOpenError.self) {
            try await Restoration.seal(folder: target.path, taken: Sample.start)
        }
    }

    @Test("databases of the first version open, with all that they hold")
    func oldDatabases() async throws {
        let tenants = folder.path + "/tenants"
        try FileManager.default.createDirectory(atPath: tenants, withIntermediateDirectories: true)
        let id = [UInt8](repeating: 1, count: 16)
        let row = """
            INSERT INTO payments (id, tenant, sequence, kind, origin, network, stage, is_parked, amount, currency,
                received_at, changed_at)
            VALUES (?, 'blue', 1, 'transfer', 'channel', 'hub', 'send', 0, '700', 'EUR', 5, 6)
            """
        let journal = try DatabaseQueue(path: folder.path + "/journal.sqlite")
        try JournalSchema.migrator.migrate(journal, upTo: "journal 1")
        try await journal.write { database in
            try database.execute(sql: row, arguments: [Data(id)])
            try database.execute(
                sql: "INSERT INTO events VALUES (?, 1, 6, 'booked', x'00')", arguments: [Data(id)])
            try database.execute(
                sql: "INSERT INTO changes (position, tenant, payment) VALUES (4, 'blue', ?)", arguments: [Data(id)])
            try database.execute(
                sql: "INSERT INTO keys VALUES ('scope', 'name-1', ?, 'h', 6)", arguments: [Data(id)])
        }
        try journal.close()
        let tenant = try DatabaseQueue(path: tenants + "/blue.sqlite")
        try TenantSchema.migrator.migrate(tenant, upTo: "tenant 1")
        try await tenant.write { try $0.execute(sql: row, arguments: [Data(id)]) }
        try tenant.close()
        let store = try await open()
        let views = try await store.list(PaymentQuery(tenant: "blue"))
        #expect(views.count == 1 && views[0].network == "hub" && views[0].settledAt == nil)
        let standing = try await store.standing()
        #expect(standing.count == 2 && standing.allSatisfy { $0.inFlight == 1 && $0.unbooked.isZero })
        try await store.settle()
        #expect(try await store.list(PaymentQuery(tenant: "blue", search: "name-1")).isEmpty)
        #expect(try await store.rebuild(tenant: "blue").payments == 1)
        #expect(try await store.list(PaymentQuery(tenant: "blue", search: "name-1")) == views)
        await store.close()
    }
}

import Foundation
import GRDB
import Payments
import Testing

@testable import StoreSQLite

@Suite("The SQLite store")
struct SQLiteStoreTests {
    let folder = ScratchFolder()

    private func open(
        _ path: String? = nil, node: String = "a", tenants: [String] = SQLiteBench.tenants,
        options: SQLiteStore.Options = .init()
    ) async throws -> SQLiteStore {
        try await SQLiteStore.open(folder: path ?? folder.path, node: node, tenants: tenants, options: options)
    }

    // MARK: Opening

    @Test("a second opening of the folder is refused and names the process that has it")
    func exclusiveFolder() async throws {
        let store = try await open()
        let held = StoreOpenError.held(folder: folder.path, processID: Int(ProcessInfo.processInfo.processIdentifier))
        await #expect(throws: held) { try await open(node: "b") }
        await #expect(throws: held) {
            try await SQLiteStore.openReadOnly(folder: folder.path, tenants: SQLiteBench.tenants)
        }
        #expect(held.description.contains("process \(ProcessInfo.processInfo.processIdentifier) "))
        await store.close()
        let next = try await open(node: "b")
        await next.close()
    }

    @Test(
        "a tenant's name that is no plain file name is refused",
        arguments: ["", "../blue", "a/b", ".hidden", "blue\u{0}", "naïve", String(repeating: "x", count: 65), "a b"])
    func tenantNames(_ name: String) async throws {
        await #expect(throws: StoreOpenError.tenantName(name)) { try await open(tenants: ["blue", name]) }
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test("other users of the machine cannot read what is stored")
    func privateFiles() async throws {
        try FileManager.default.createDirectory(
            atPath: folder.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let store = try await open()
        #expect(try await store.append(Sample.append(Sample.payment(1))) == .committed)
        for file in ["journal.sqlite", "journal.sqlite-wal", "lock", "tenants/blue.sqlite"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + file)
            let permissions = try #require(attributes[.posixPermissions] as? NSNumber)
            #expect(permissions.intValue & 0o077 == 0, "\(file)")
        }
        await store.close()
    }

    @Test("a folder that a newer program wrote is refused")
    func newerSchema() async throws {
        await (try await open()).close()
        let queue = try DatabaseQueue(path: folder.path + "/journal.sqlite")
        try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('journal 99')") }
        try queue.close()
        let refusal = StoreOpenError.newerSchema(path: folder.path + "/journal.sqlite", migration: "journal 99")
        await #expect(throws: refusal) { try await open() }
    }

    @Test("a ledger that does not add up is found when the store opens")
    func crookedLedger() async throws {
        await (try await open()).close()
        let queue = try DatabaseQueue(path: folder.path + "/journal.sqlite")
        try await queue.write {
            try $0.execute(sql: "INSERT INTO ledger VALUES ('blue', 'position', 'hub', 'EUR', '5')")
        }
        try queue.close()
        let refusal = StoreOpenError.journal(
            path: folder.path + "/journal.sqlite", .corrupt("the ledger does not add up to zero in EUR"))
        await #expect(throws: refusal) { try await open() }
    }

    @Test("a file that is no database is refused as corrupt")
    func damagedFile() async throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try Data(repeating: 0x41, count: 8_192).write(to: URL(fileURLWithPath: folder.path + "/journal.sqlite"))
        await #expect { try await open() } throws: { error in
            guard case StoreOpenError.journal(_, .corrupt) = error else { return false }
            return true
        }
    }

    @Test("a store opened for reading shows everything and changes nothing")
    func readOnly() async throws {
        let store = try await open()
        var append = Sample.append(Sample.payment(1))
        append.messages = [Sample.message(1)]
        #expect(try await store.append(append) == .committed)
        await store.close()
        let reader = try await SQLiteStore.openReadOnly(folder: folder.path, tenants: SQLiteBench.tenants)
        #expect(try await reader.list(PaymentQuery(tenant: "blue")).map(\.id) == [Sample.payment(1)])
        #expect(try await reader.messages(of: Sample.payment(1)) == append.messages)
        await #expect(throws: StoreError.self) { try await reader.append(Sample.append(Sample.payment(2))) }
        await reader.close()
        let again = try await open()
        #expect(again.epoch.epoch == store.epoch.epoch + 1)
        await again.close()
    }

    // MARK: Durability

    @Test("what was acknowledged is there after the machine stops in the middle of writing")
    func crashImage() async throws {
        let store = try await open()
        let image = ScratchFolder()
        try FileManager.default.createDirectory(atPath: image.path, withIntermediateDirectories: true)
        let copied = try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                group.addTask { _ = try await store.append(Sample.append(Sample.payment(UInt64(number)), events: 3)) }
            }
            for _ in 0..<100 { try await group.next() }
            let acknowledged = store.statistics.appends
            for file in ["journal.sqlite", "journal.sqlite-wal"] {
                try FileManager.default.copyItem(atPath: folder.path + "/" + file, toPath: image.path + "/" + file)
            }
            try await group.waitForAll()
            return acknowledged
        }
        let reader = try await SQLiteStore.openReadOnly(folder: image.path, tenants: SQLiteBench.tenants)
        let seen = try await reader.openPayments()
        await reader.close()
        let survivor = try await open(image.path)
        let open = try await survivor.openPayments()
        #expect(copied >= 100 && open >= copied && open <= 400 && seen == open)
        for view in try await survivor.list(PaymentQuery(tenant: "blue", limit: 400)) {
            #expect(try await survivor.events(of: view.id, after: 0).count == view.sequence)
        }
        #expect(try await survivor.append(Sample.append(Sample.payment(1_000))) == .committed)
        await survivor.close()
        await store.close()
    }

    @Test("the journal forces every commit to disk")
    func synchronousLevel() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let connection = try Connection(path: folder.path + "/journal.sqlite", access: .readWrite)
        defer { connection.close() }
        #expect(try connection.query("PRAGMA synchronous").begin().first { $0.integer(0) } == 2)
        #expect(try connection.query("PRAGMA journal_mode").begin().first { $0.text(0) } == "wal")
    }

    @Test("when the disk is full all waiting appends fail, nothing of them is stored, and space makes it work again")
    func fullDisk() async throws {
        let store = try await open()
        let first = Sample.payment(1)
        #expect(try await store.append(Sample.append(first)) == .committed)
        try await setPageLimit(of: store, 1)
        var large = Sample.append(Sample.payment(2))
        large.messages = [
            ArchivedMessage(
                direction: .received, peer: "hub", message: "m", time: Sample.start,
                bytes: [UInt8](repeating: 7, count: 1 << 20))
        ]
        let batch = [Sample.append(first, expected: 1), large]
        await #expect { try await store.append(batch, leaseUntil: Sample.lease) } throws: { error in
            guard case StoreError.unavailable(let why) = error else { return false }
            return why.contains("full")
        }
        #expect(try await store.view(of: Sample.payment(2)) == nil)
        #expect(try await store.view(of: first)?.sequence == 1)
        try await setPageLimit(of: store, 1 << 30)
        #expect(try await store.append(batch, leaseUntil: Sample.lease) == [.committed, .committed])
        #expect(store.statistics.failedCommits > 0)
        await store.close()
    }

    private func setPageLimit(of store: SQLiteStore, _ pages: Int) async throws {
        try await store.writer().write { (tables) throws(SQLFault) -> Result<Void, StoreError> in
            try tables.limitPages(pages)
            return .success(())
        }
    }

    @Test("a commit that failed on the device is nothing once the next write holds, and unknown until then")
    func failedCommit() async throws {
        let store = try await open()
        let payment = Sample.payment(1)
        let deviceError: Int32 = 1_034
        try store.writer().injectedFault.value = .refused(deviceError)
        await #expect { try await store.append(Sample.append(payment)) } throws: { error in
            guard case StoreError.unavailable = error else { return false }
            return true
        }
        try store.writer().injectedFault.value = .lasting(deviceError)
        await #expect { try await store.append(Sample.append(payment)) } throws: { error in
            guard case StoreError.unknown = error else { return false }
            return true
        }
        try store.writer().injectedFault.value = nil
        #expect(try await store.view(of: payment) == nil)
        #expect(try await store.append(Sample.append(payment)) == .committed)
        // Who waits for what began before such a commit is told by the journal alone.
        #expect(store.journal.feed.hasNews(payment, after: 0, .any) == true)
        try store.writer().injectedFault.value = .refused(deviceError)
        await #expect(throws: StoreError.self) { try await store.append(Sample.append(payment, expected: 1)) }
        #expect(store.journal.feed.hasNews(payment, after: 0, .any) == nil)
        #expect(await store.waitForChange(of: payment, after: 0, until: Instant(seconds: 0)))
        await store.close()
    }

    @Test("balances are what the disk says after a commit failed")
    func ledgerAfterFailure() async throws {
        let store = try await open()
        var append = Sample.append(Sample.payment(1))
        append.bookings = [.move("out", Sample.euros(5), from: .position, "hub", to: .transit, "hub")]
        try store.writer().injectedFault.value = .refused(1_034)
        await #expect(throws: StoreError.self) { try await store.append(append) }
        #expect(try await store.append(append) == .committed)
        let position = try await store.balances(tenant: "blue").first { $0.account == .position }
        #expect(position?.balance == Sample.euros(-5))
        await store.close()
    }

    @Test("what cannot be written alone does not take the rest of the commit with it")
    func oneBadJob() async throws {
        let store = try await open()
        let twice = Sample.payment(1)
        var bad = Sample.append(twice)
        bad.exchanges = [Sample.exchange(1), Sample.exchange(1)]
        let results = await withTaskGroup(of: Bool.self) { [bad] group in
            for number in 2..<200 {
                group.addTask { (try? await store.append(Sample.append(Sample.payment(UInt64(number))))) == .committed }
            }
            group.addTask { (try? await store.append(bad)) == nil }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(results == 199)
        #expect(try await store.view(of: twice) == nil)
        await store.close()
    }

    @Test("closing commits what waits")
    func closingDrains() async throws {
        let store = try await open()
        let appends = (0..<200).map { number in
            Task { try await store.append(Sample.append(Sample.payment(UInt64(number)))) }
        }
        #expect(try await appends[0].value == .committed)
        await store.close()
        var committed = 0
        for append in appends where (try? await append.value) == .committed { committed += 1 }
        let next = try await open()
        #expect(try await next.openPayments() == committed)
        await next.close()
    }

    // MARK: The deadline of a wait

    @Test("a wait ends when the given clock reaches the deadline")
    func deadlineOfInjectedClock() async throws {
        var options = SQLiteStore.Options()
        options.now = { Sample.start }
        let store = try await open(options: options)
        #expect(await !store.waitForChange(of: Sample.payment(1), after: 0, until: Sample.start))
        await store.close()
    }

    // MARK: Group commit

    @Test("appends that wait share a commit, whatever their tenants")
    func groupCommit() async throws {
        let store = try await open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<512 {
                group.addTask {
                    let tenant = SQLiteBench.tenants[number % 2]
                    _ = try await store.append(
                        Sample.append(Sample.payment(UInt64(number)), events: 2, tenant: tenant))
                }
            }
            try await group.waitForAll()
        }
        let statistics = store.statistics
        #expect(statistics.appends == 512 && statistics.events == 1_024)
        #expect(statistics.commits < 256 && statistics.largestCommit > 1)
        #expect(statistics.commitMicroseconds.p50 <= statistics.commitMicroseconds.p99)
        #expect(statistics.commitMicroseconds.p99 <= statistics.commitMicroseconds.longest)
        await store.close()
    }
}

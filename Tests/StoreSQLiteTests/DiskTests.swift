import Foundation
import Payments
import Testing

@testable import StoreSQLite

@Suite("The disk")
struct DiskTests {
    let folder = ScratchFolder()

    private func open(leastFree: Int64 = 0) async throws -> SQLiteStore {
        var options = SQLiteStore.Options()
        options.leastFreeBytes = leastFree
        return try await SQLiteStore.open(
            folder: folder.path, node: "a", tenants: SQLiteBench.tenants, options: options)
    }

    @Test("a store whose disk is full is not ready, loses nothing, and is ready by itself once there is room")
    func fullAndFree() async throws {
        let full: Int32 = 13
        let store = try await open()
        #expect(try await store.append(Sample.append(Sample.payment(1))) == .committed)
        #expect(await store.unreadiness() == nil)
        try store.writer().injectedFault.value = .lasting(full)
        for number in UInt64(2)...20 {
            await #expect(throws: StoreError.self) { try await store.append(Sample.append(Sample.payment(number))) }
        }
        #expect(await store.unreadiness()?.contains("13") == true)
        #expect(store.statistics.lastFailure != nil && store.statistics.failedCommits >= 19)
        #expect(try await store.openPayments() == 1)
        #expect(try await store.feed(tenant: "blue", after: 0, limit: 99).count == 1)
        try store.writer().injectedFault.value = nil
        // Nobody orders anything: looking at it is enough.
        #expect(await store.unreadiness() == nil)
        #expect(store.statistics.lastFailure == nil)
        for number in UInt64(2)...20 {
            #expect(try await store.append(Sample.append(Sample.payment(number))) == .committed)
        }
        #expect(try await store.feed(tenant: "blue", after: 0, limit: 99).count == 20)
        await store.close()
    }

    @Test("with little room left nothing new is to begin, and what is under way is stored")
    func littleRoom() async throws {
        let store = try await open()
        #expect(store.reluctance == nil)
        #expect(try await store.append(Sample.append(Sample.payment(1))) == .committed)
        await store.close()
        let tight = try await open(leastFree: .max)
        #expect(tight.reluctance?.contains("are free") == true)
        #expect(await tight.unreadiness() == tight.reluctance)
        #expect(try await tight.append(Sample.append(Sample.payment(1), expected: 1)) == .committed)
        await tight.close()
    }

    @Test("statistics tell sizes, batches and who lags behind the feed")
    func statistics() async throws {
        let store = try await open()
        let batch = (1...40).map { Sample.append(Sample.payment($0)) }
        _ = try await store.append(batch, leaseUntil: Sample.lease)
        let feed = try await store.feed(tenant: "blue", after: 0, limit: 99)
        try await store.setMark("webhook", tenant: "blue", to: feed[9].cursor)
        let statistics = store.statistics
        #expect(statistics.appendsInCommit.longest == 40 && statistics.journalBytes > 0 && statistics.freeBytes > 0)
        #expect(try await store.feedLags() == [FeedLag(tenant: "blue", name: "webhook", entries: 30)])
        try await store.settle()
        #expect(try await store.feedLags() == [FeedLag(tenant: "blue", name: "webhook", entries: 30)])
        #expect(store.statistics.unprojected == 0)
        await store.close()
    }
}

import Foundation
public import Payments
import Synchronization

/// Looks at the room on the disk, at most once a second however often it is asked.
final class DiskWatch: Sendable {
    private struct State {
        var lookedAt: ContinuousClock.Instant?
        var complaint: String?
    }

    private let folder: String
    private let leastFreeBytes: Int64
    private let state = Mutex(State())

    init(folder: String, leastFreeBytes: Int64) {
        self.folder = folder
        self.leastFreeBytes = leastFreeBytes
    }

    var complaint: String? {
        state.withLock { state in
            let now = ContinuousClock.now
            if let lookedAt = state.lookedAt, now - lookedAt < .seconds(1) { return state.complaint }
            state.lookedAt = now
            let free = Disk.freeBytes(folder) ?? .max
            state.complaint =
                free < leastFreeBytes
                ? "\(free >> 20) MB are free on the disk of \(folder), and \(leastFreeBytes >> 20) MB are kept free"
                : nil
            return state.complaint
        }
    }
}

extension SQLiteStore {
    public var reluctance: String? { journal.disk.complaint }

    /// Why the store takes nothing new now, for readiness; nil when it does. After a write that failed it tries one of
    /// its own, so it is ready again as soon as there is room, without a restart.
    public func unreadiness() async -> String? {
        if let complaint = reluctance { return complaint }
        guard let writer = journal.writer, let failure = writer.lastFailure.value else { return nil }
        do throws(StoreError) {
            try await writer.write { (tables) throws(SQLFault) -> Result<Void, StoreError> in
                try tables.touch()
                return .success(())
            }
            return nil
        } catch {
            return failure
        }
    }

    /// How far each follower of a feed is behind it.
    public func feedLags() async throws(StoreError) -> [FeedLag] {
        try await readers().read { (desk) throws(SQLFault) in
            let marks = try desk.journal.query("SELECT tenant, name, value FROM cursors ORDER BY tenant, name").begin()
                .rows { ($0.text(0), $0.text(1), $0.integer(2)) }
            return try marks.map { (tenant, name, mark) throws(SQLFault) in
                let behind = try desk.feedCount(tenant, after: mark)
                return FeedLag(tenant: tenant, name: name, entries: behind)
            }
        }
    }
}

/// Entries of a tenant's feed that a follower has not marked yet.
public struct FeedLag: Sendable, Equatable {
    public var tenant: String
    public var name: String
    public var entries: Int
}

extension ReadDesk {
    /// Counts no further than this: more is far behind, however many.
    private static let mostCounted = 100_000

    fileprivate func feedCount(_ tenant: String, after mark: Int64) throws(SQLFault) -> Int {
        let store = try tenants.find(tenant)
        let resting =
            try store?.connection.query(
                "SELECT count(*), ifnull(max(position), 0) FROM (SELECT position FROM feed WHERE position > ? LIMIT ?)"
            ).begin().put(mark).put(ReadDesk.mostCounted).first { (Int($0.integer(0)), $0.integer(1)) } ?? (0, 0)
        let recent =
            try journal.query(
                "SELECT count(*) FROM changes WHERE position > ? AND tenant = ? AND kinds IS NOT NULL"
            ).begin().put(max(mark, resting.1)).put(tenant).first { Int($0.integer(0)) } ?? 0
        return resting.0 + recent
    }
}

import Foundation
public import Payments

/// How large a store is, and what its retention would remove now.
public struct StoreReport: Sendable, Equatable {
    public struct File: Sendable, Equatable {
        /// `journal`, or a tenant's name.
        public var name: String
        public var bytes: Int64
        /// The log that is not moved into the file yet.
        public var logBytes: Int64
    }

    public var files: [File] = []
    /// Free on the disk.
    public var freeBytes: Int64 = 0
    public var removable = RetentionCounts()
}

extension SQLiteStore {
    /// Sizes, and what the policy would remove. Counts every row that is old: minutes on a large store, and no payment
    /// waits for it.
    public func report(_ policy: RetentionPolicy) async throws(StoreError) -> StoreReport {
        let (folder, names, now) = (journal.folder, tenants.sorted(), now())
        return try await readers().read { (desk) throws(SQLFault) in
            var report = StoreReport()
            report.files = [StoreReport.File(name: "journal", path: Journal.path(folder))]
            report.files += names.map {
                StoreReport.File(name: $0, path: TenantShelf.path(folder: folder, tenant: $0))
            }
            report.freeBytes = Disk.freeBytes(folder) ?? 0
            report.removable = try desk.removable(policy, now: now, tenants: names)
            return report
        }
    }
}

extension StoreReport.File {
    fileprivate init(name: String, path: String) {
        self.init(name: name, bytes: Disk.bytes(path), logBytes: Disk.bytes(path + "-wal"))
    }
}

enum Disk {
    static func bytes(_ path: String) -> Int64 {
        var information = stat()
        return stat(path, &information) == 0 ? Int64(information.st_size) : 0
    }

    static func freeBytes(_ folder: String) -> Int64? {
        var information = statvfs()
        guard statvfs(folder, &information) == 0 else { return nil }
        return Int64(clamping: UInt64(information.f_bavail) * UInt64(information.f_frsize))
    }
}

extension ReadDesk {
    func removable(_ policy: RetentionPolicy, now: Instant, tenants names: [String]) throws(SQLFault) -> RetentionCounts
    {
        func cutoff(_ days: Int?) -> Instant? { days.map { now.adding(milliseconds: -Int64($0) * 86_400_000) } }
        var counts = RetentionCounts()
        let ended = "p.outcome IS NOT NULL AND p.changed_at < ?1"
        if let cutoff = cutoff(policy.keys) {
            counts.keys = try count(
                "SELECT count(*) FROM keys k JOIN payments p ON p.id = k.payment WHERE \(ended)", cutoff)
        }
        if let cutoff = cutoff(policy.exchanges) {
            counts.exchanges = try count(
                "SELECT count(DISTINCT e.payment) FROM exchanges e JOIN payments p ON p.id = e.payment WHERE \(ended)",
                cutoff)
        }
        if let cutoff = cutoff(policy.journal) {
            counts.journal = try count("SELECT count(*) FROM payments p WHERE \(ended)", cutoff)
        }
        for name in names {
            guard let store = try tenants.find(name) else { continue }
            for kind in TenantStore.Resting.allCases {
                guard let cutoff = cutoff(kind.days(policy)) else { continue }
                let number =
                    try store.connection.query("SELECT count(*) FROM (\(kind.old))").begin().put(cutoff)
                    .first { Int($0.integer(0)) } ?? 0
                switch kind {
                case .feed: counts.feed += number
                case .archive: counts.archive += number
                case .payments: counts.payments += number
                case .audit: counts.audit += number
                }
            }
        }
        return counts
    }

    private func count(_ sql: String, _ cutoff: Instant) throws(SQLFault) -> Int {
        try journal.query(sql).begin().put(cutoff).first { Int($0.integer(0)) } ?? 0
    }
}

import Foundation
import Payments

/// The projector's thread-bound half: its connections, and how far each tenant is.
final class ProjectionDesk {
    private let journal: Connection
    private let shelf: TenantShelf
    private let writer: JournalWriter
    private let interval: Duration
    private let pruneInterval: Duration
    private let retention: RetentionDesk
    private let retentionInterval: Duration
    private let tenants: [String]
    private let changesAtOnce: Int
    private let bytesAtOnce: Int64
    private var retainAt: ContinuousClock.Instant
    private var isRetaining = false
    private(set) var progress = Projector.Progress()
    /// Tenants with commits that are not forced to disk, and the last position that surely is.
    private var unforced: [String: Int64] = [:]
    private var pruned: Int64
    private var pauseUntil = ContinuousClock.now
    private var pruneAt = ContinuousClock.now
    private var hasBacklog = true

    init(
        folder: String, tenants: [String], options: SQLiteStore.Options, writer: JournalWriter
    ) throws(SQLFault) {
        self.tenants = tenants
        changesAtOnce = ProjectionDesk.changesAtOnce(tenants.count)
        bytesAtOnce = ProjectionDesk.bytesAtOnce(tenants.count)
        journal = try Connection(path: Journal.path(folder), access: .readOnly)
        shelf = TenantShelf(
            folder: folder, access: .write, limit: ProjectionDesk.affordable(options.openTenants),
            sharers: tenants.count)
        self.writer = writer
        retention = RetentionDesk(policy: options.retention, now: options.now, journal: journal, writer: writer)
        retentionInterval = .milliseconds(options.retentionIntervalMilliseconds)
        retainAt = .now + min(retentionInterval, ProjectionDesk.firstRetention)
        interval = .milliseconds(options.projectionIntervalMilliseconds)
        pruneInterval = .milliseconds(options.pruneIntervalMilliseconds)
        pruned =
            try journal.query("SELECT value FROM marks WHERE name = 'projected'").begin()
            .first { $0.integer(0) } ?? 0
        progress.projected = pruned
        pauseUntil = .now + interval
        pruneAt = .now + pruneInterval
    }

    /// Each open database holds three descriptors (file, log, shared memory); half of the process's are for others.
    private static func affordable(_ wanted: Int) -> Int {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return min(wanted, 64) }
        return min(wanted, Int(min(limits.rlim_cur, 1 << 20)) / 6)
    }

    func close() {
        shelf.close()
        journal.close()
    }

    // MARK: Pace

    /// Between two rounds the disk belongs to the payments.
    var isPausing: Bool { ContinuousClock.now < pauseUntil }

    var isPruneDue: Bool { progress.projected > pruned && ContinuousClock.now >= pruneAt }

    /// What payments need comes first: nothing is removed while the tenants' databases are behind.
    var isRetentionDue: Bool {
        !isPausing && !hasBacklog && progress.stalled.isEmpty && ContinuousClock.now >= retainAt
    }

    var nextLook: DispatchTime {
        if isPausing || hasBacklog { return dispatchTime(pauseUntil) }
        return dispatchTime(progress.projected > pruned ? min(pruneAt, nextRetention) : nextRetention)
    }

    private var nextRetention: ContinuousClock.Instant {
        progress.stalled.isEmpty ? retainAt : max(retainAt, .now + pruneInterval)
    }

    /// A minute after the start, so that a gateway that is often started anew removes too.
    private static let firstRetention: Duration = .seconds(60)

    private func dispatchTime(_ instant: ContinuousClock.Instant) -> DispatchTime {
        let (seconds, attoseconds) = (instant - ContinuousClock.now).components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        return DispatchTime.now() + DispatchTimeInterval.nanoseconds(Int(max(0, nanoseconds) + 1))
    }

    private func pause(after started: ContinuousClock.Instant) {
        // A tenth of the time is enough to keep up with a day's load, a fifth to catch up.
        let took = ContinuousClock.now - started
        pauseUntil = .now + (hasBacklog ? took * 4 : max(interval, took * 9))
    }

    // MARK: Rounds

    /// One batch of commits goes to the tenants that they concern.
    func round() {
        let started = ContinuousClock.now
        do throws(SQLFault) {
            let batch = try read(after: progress.projected, tenant: nil)
            hasBacklog = batch.isFull
            guard batch.last > progress.projected else { return }
            for (tenant, delta) in batch.tenants where progress.stalled[tenant] == nil { apply(delta, to: tenant) }
            progress.projected = batch.last
        } catch {
            // The journal cannot be read now; the next round tries again.
            hasBacklog = true
        }
        pause(after: started)
    }

    func projectAll() {
        repeat {
            let before = progress.projected
            round()
            if progress.projected == before { break }
        } while true
    }

    private func apply(_ delta: Delta, to tenant: String) {
        let before = progress.projected
        do throws(SQLFault) {
            try write(delta, to: tenant, surelyHas: before)
        } catch {
            shelf.drop(tenant)
            progress.stalled[tenant] = Projector.Stall(position: before, reason: error.message)
        }
    }

    private func write(_ delta: Delta, to tenant: String, surelyHas before: Int64) throws(SQLFault) {
        let store = try shelf.open(tenant)
        try store.connection.transaction { () throws(SQLFault) in
            for view in delta.views { try store.show(view) }
            for message in delta.messages { try store.archive(message) }
            for audit in delta.audits { try store.log(audit) }
            for change in delta.changes { try store.write(change) }
            try store.setPosition(delta.last)
        }
        if unforced[tenant] == nil { unforced[tenant] = before }
    }

    /// Tenants whose database refused get what they missed once it accepts again.
    private func retryStalled() {
        for (tenant, stall) in progress.stalled {
            var position = stall.position
            do throws(SQLFault) {
                while true {
                    let batch = try read(after: position, tenant: tenant)
                    guard let delta = batch.tenants[tenant] else { break }
                    try write(delta, to: tenant, surelyHas: position)
                    position = delta.last
                }
                progress.stalled[tenant] = nil
            } catch {
                shelf.drop(tenant)
                progress.stalled[tenant] = Projector.Stall(position: position, reason: error.message)
            }
        }
    }

    // MARK: Pruning

    /// Forces the tenants' databases to disk and lets the journal forget what they have.
    func prune() {
        let started = ContinuousClock.now
        retryStalled()
        for tenant in Array(unforced.keys) {
            do throws(SQLFault) {
                if try shelf.open(tenant).connection.checkpoint() { unforced[tenant] = nil }
            } catch {
                shelf.drop(tenant)
            }
        }
        let held = Array(unforced.values) + progress.stalled.values.map(\.position)
        let durable = held.min().map { min($0, progress.projected) } ?? progress.projected
        while pruned < durable {
            let next = nextCut(to: durable)
            let result = writer.writeBlocking { (tables) throws(SQLFault) -> Result<Void, StoreError> in
                try tables.prune(through: next)
                return .success(())
            }
            guard case .success = result else { break }
            pruned = next
        }
        pause(after: started)
        pruneAt = .now + pruneInterval
    }

    /// So few at once that no commit of a payment waits long behind a deletion.
    private func nextCut(to durable: Int64) -> Int64 {
        let find = try? journal.query(
            "SELECT position FROM changes WHERE position > ? AND position < ? ORDER BY position LIMIT 1 OFFSET ?")
        let place = try? find?.begin().put(pruned).put(durable).put(ProjectionDesk.changesPrunedAtOnce)
            .first { $0.integer(0) }
        return place ?? durable
    }

    private static let changesPrunedAtOnce = 400

    // MARK: Retention

    /// A batch of what is kept no longer, or the begin of a round that looks for it.
    func retain() {
        let started = ContinuousClock.now
        if !isRetaining { retention.begin(tenants: tenants) }
        isRetaining = retention.step(shelf)
        progress.removed = retention.removed
        if isRetaining {
            pauseUntil = max(pauseUntil, .now + (ContinuousClock.now - started) * 4)
        } else {
            retainAt = .now + retentionInterval
        }
    }

    /// A whole round, for tests and tools.
    func retainAll() {
        retention.begin(tenants: tenants)
        while retention.step(shelf) {}
        progress.removed = retention.removed
        isRetaining = false
    }

    // MARK: Rebuilding

    /// Writes the tenant's view anew from the journal. The archive and the audit log stay: the journal has pruned
    /// most of both.
    func rebuild(_ tenant: String, _ report: (RebuildReport) -> Void) throws(SQLFault) -> RebuildReport {
        let store = try shelf.open(tenant)
        var counts = RebuildReport()
        let before = min(unforced[tenant] ?? pruned, pruned)
        try journal.snapshot { () throws(SQLFault) in
            let head =
                try journal.query("SELECT ifnull(max(position), 0) FROM changes").begin()
                .first { $0.integer(0) } ?? 0
            try store.connection.transaction { () throws(SQLFault) in
                let since =
                    try journal.query("SELECT value FROM marks WHERE name = 'pruned'").begin().first { $0.instant(0) }
                try store.forgetViews(since: since ?? Instant(nanoseconds: .min))
                try journal.query("SELECT \(ViewRow.columns) FROM payments WHERE tenant = ?").begin().put(tenant)
                    .each { (row) throws(SQLFault) in
                        try store.show(row.view())
                        counts.payments += 1
                        if counts.payments % ProjectionDesk.paymentsPerReport == 0 { report(counts) }
                    }
                try journal.query(
                    """
                    SELECT k.payment, k.scope, k.key FROM keys k JOIN payments p ON p.id = k.payment
                    WHERE p.tenant = ?
                    """
                ).begin().put(tenant).each { (row) throws(SQLFault) in
                    try store.name(row.payment(0), [Correlation(row.text(1), row.text(2))])
                }
                try journal.query(
                    "SELECT \(JournalChange.columns) FROM changes WHERE tenant = ? ORDER BY position"
                ).begin().put(tenant).each { (row) throws(SQLFault) in try store.write(row.change()) }
                try journal.query("SELECT \(PlacedMessage.columns) FROM messages WHERE tenant = ?").begin()
                    .put(tenant).each { (row) throws(SQLFault) in
                        try store.archive(row.placedMessage())
                        counts.messages += 1
                    }
                try journal.query("SELECT \(PlacedAudit.columns) FROM audits WHERE tenant = ?").begin().put(tenant)
                    .each { (row) throws(SQLFault) in
                        try store.log(row.placedAudit())
                        counts.auditEntries += 1
                    }
                try store.setPosition(head)
            }
        }
        unforced[tenant] = before
        progress.stalled[tenant] = nil
        report(counts)
        return counts
    }

    private static let paymentsPerReport = 1_000

    // MARK: Reading the journal

    /// What one tenant gets of a batch.
    private struct Delta {
        var views: [PaymentView] = []
        var messages: [PlacedMessage] = []
        var audits: [PlacedAudit] = []
        var changes: [JournalChange] = []
        var last: Int64 = 0
    }

    private struct Batch {
        var tenants: [String: Delta] = [:]
        var last: Int64
        var isFull = false
    }

    /// What one batch holds in memory. Each tenant in it costs a transaction, so that many tenants want larger ones: a
    /// few banks 2 MB of messages, hundreds up to 32.
    private static func changesAtOnce(_ tenants: Int) -> Int { min(2_048 + 32 * tenants, 16_384) }
    private static func bytesAtOnce(_ tenants: Int) -> Int64 { Int64(min(max(2 << 20, tenants << 16), 32 << 20)) }

    private func read(after start: Int64, tenant: String?) throws(SQLFault) -> Batch {
        try journal.snapshot { () throws(SQLFault) in
            var changes = try self.changes(after: start, tenant: tenant)
            guard let newest = changes.last?.position else { return Batch(last: start) }
            let last = try cut(newest, after: start, tenant: tenant, changes)
            var batch = Batch(last: last)
            batch.isFull = changes.count == changesAtOnce || last < newest
            changes.removeAll { $0.position > last }
            try collect(changes, into: &batch)
            try collectArchives(after: start, tenant: tenant, into: &batch)
            return batch
        }
    }

    private func changes(after start: Int64, tenant: String?) throws(SQLFault) -> [JournalChange] {
        try journal.query(
            """
            SELECT \(JournalChange.columns) FROM changes WHERE position > ?1 AND (?2 IS NULL OR tenant = ?2)
            ORDER BY position LIMIT ?3
            """
        ).begin().put(start).put(tenant).put(changesAtOnce)
            .rows { (row) throws(SQLFault) in try row.change() }
    }

    /// The last change whose messages still fit into memory with those before it; at least the first.
    private func cut(_ newest: Int64, after start: Int64, tenant: String?, _ changes: [JournalChange]) throws(SQLFault)
        -> Int64
    {
        var bytes: Int64 = 0
        var tooFar: Int64?
        try journal.query(
            """
            SELECT position, length(bytes) FROM messages
            WHERE position > ?1 AND position <= ?2 AND (?3 IS NULL OR tenant = ?3) ORDER BY position
            """
        ).begin().put(start).put(newest).put(tenant).each { row in
            bytes += row.integer(1)
            if bytes > bytesAtOnce, tooFar == nil { tooFar = row.integer(0) }
        }
        guard let tooFar else { return newest }
        return changes.last { $0.position < tooFar }?.position ?? changes[0].position
    }

    private func collect(_ changes: [JournalChange], into batch: inout Batch) throws(SQLFault) {
        let find = try journal.query("SELECT \(ViewRow.columns) FROM payments WHERE id = ?")
        var seen: Set<PaymentID> = []
        for change in changes {
            batch.tenants[change.tenant, default: Delta()].last = change.position
            batch.tenants[change.tenant]?.changes.append(change)
            guard let payment = change.payment, seen.insert(payment).inserted else { continue }
            let view = try find.begin().put(payment).first { (row) throws(SQLFault) in try row.view() }
            if let view { batch.tenants[change.tenant]?.views.append(view) }
        }
    }

    private func collectArchives(after start: Int64, tenant: String?, into batch: inout Batch) throws(SQLFault) {
        let range = "WHERE position > ?1 AND position <= ?2 AND (?3 IS NULL OR tenant = ?3) ORDER BY position"
        let messages = try journal.query("SELECT \(PlacedMessage.columns), tenant FROM messages \(range)").begin()
            .put(start).put(batch.last).put(tenant)
            .rows { (row) throws(SQLFault) in (row.text(7), try row.placedMessage()) }
        for (tenant, message) in messages { batch.tenants[tenant]?.messages.append(message) }
        let audits = try journal.query("SELECT \(PlacedAudit.columns), tenant FROM audits \(range)").begin()
            .put(start).put(batch.last).put(tenant).rows { ($0.text(6), $0.placedAudit()) }
        for (tenant, audit) in audits { batch.tenants[tenant]?.audits.append(audit) }
    }
}

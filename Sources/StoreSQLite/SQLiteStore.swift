import Foundation
public import Payments
import Synchronization

/// The journal and the tenants' databases in one folder, for one process on one machine.
///
/// Every result is of durable state: `append` returns after the commit is on disk, reads see all that was committed
/// before them.
public final class SQLiteStore: PaymentStore {
    /// Limits and pace. The defaults suit a gateway; tests and tools change single values.
    public struct Options: Sendable {
        /// Several stores of one process, each with its node name, may share the folder. Other processes stay out
        /// all the same.
        public var isShared = false
        /// Threads that read.
        public var readers = 2
        /// Appends that one commit takes at once.
        public var commitAppends = Limits.commitAppends
        /// Calls that wait for the writer before more are refused as unavailable.
        public var waitingWrites = 16_384
        public var waitingReads = 16_384
        /// Callers of `news` at one time.
        public var waiters = 2 * Limits.paymentsInFlight
        /// Tenants' databases that stay open for writing, three file descriptors each. No more than half of the
        /// descriptors that the process may have are used.
        public var openTenants = 1_024
        /// Tenants' databases that each reading thread keeps open.
        public var openTenantsPerReader = 16
        /// Shortest time between two rounds that bring the tenants' databases up to date. No read waits for one.
        public var projectionIntervalMilliseconds = 1_000
        /// Time after which those are forced to disk and the journal forgets what they hold.
        public var pruneIntervalMilliseconds = 10_000
        /// What is removed once it is old, and the time between two rounds that look for it.
        public var retention = RetentionPolicy()
        public var retentionIntervalMilliseconds = 3_600_000
        /// Free on the disk below which nothing new should begin; what is under way goes on as long as there is any.
        public var leastFreeBytes: Int64 = 64 << 20
        /// The clock that the deadlines of waits are of.
        public var now: @Sendable () -> Instant = { systemNow() }

        public init() {}
    }

    public let epoch: NodeEpoch
    let journal: Journal
    let tenants: Set<String>
    let now: @Sendable () -> Instant
    private let isClosed = Mutex(false)

    private init(_ journal: Journal, epoch: NodeEpoch, tenants: [String], options: Options) {
        self.journal = journal
        self.epoch = epoch
        self.tenants = Set(tenants)
        now = options.now
    }

    deinit {
        guard !isClosed.withLock({ $0 }) else { return }
        Task { [journal] in await journal.leave() }
    }

    /// Opens the folder, makes what is missing and begins a new epoch of the node. Fails at once while another
    /// process has it.
    public static func open(
        folder: String, node: String, tenants: [String], options: Options = Options()
    ) async throws(StoreOpenError) -> SQLiteStore {
        if let bad = tenants.first(where: { !isTenantName($0) }) { throw .tenantName(bad) }
        let opened = await WorkThread.run { () -> Result<Journal, StoreOpenError> in
            do throws(StoreOpenError) {
                return .success(try Journal.open(folder: folder, tenants: tenants, options: options))
            } catch {
                return .failure(error)
            }
        }
        let journal = try opened.get()
        do throws(StoreError) {
            guard let writer = journal.writer else { throw .closed }
            let epoch = try await writer.write { (tables) throws(SQLFault) in
                .success(try tables.beginEpoch(of: node))
            }
            return SQLiteStore(journal, epoch: epoch, tenants: tenants, options: options)
        } catch {
            await journal.leave()
            throw .journal(path: Journal.path(folder), error)
        }
    }

    /// Opens the folder to look at it while no gateway works in it. Every write is refused; nothing is claimed or
    /// changed.
    public static func openReadOnly(
        folder: String, tenants: [String], options: Options = Options()
    ) async throws(StoreOpenError) -> SQLiteStore {
        if let bad = tenants.first(where: { !isTenantName($0) }) { throw .tenantName(bad) }
        let opened = await WorkThread.run { () -> Result<Journal, StoreOpenError> in
            do throws(StoreOpenError) {
                return .success(try Journal.openReadOnly(folder: folder, options: options))
            } catch {
                return .failure(error)
            }
        }
        return SQLiteStore(
            try opened.get(), epoch: NodeEpoch(node: "", epoch: 0), tenants: tenants, options: options)
    }

    /// Commits what waits, brings the tenants' databases up to date and gives the folder free. Later calls fail
    /// with `closed`.
    public func close() async {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if !wasClosed { await journal.leave() }
    }

    // MARK: PaymentStore, writes

    public func append(_ batch: [Append], leaseUntil: Instant) async throws(StoreError) -> [AppendResult] {
        let writer = try writer()
        guard !batch.isEmpty else { return [] }
        for append in batch { try check(append) }
        return try await writer.write(weight: batch.count) { [epoch] (tables) throws(SQLFault) in
            try tables.append(batch, by: epoch, leaseUntil: leaseUntil)
        }
    }

    private func check(_ append: Append) throws(StoreError) {
        guard tenants.contains(append.tenant) else { throw .tenantUnknown(append.tenant) }
        guard append.expected > 0 || !append.events.isEmpty else {
            throw .corrupt("payment \(append.payment) is not in the journal, and its append begins it with no event")
        }
        for (index, event) in append.events.enumerated() where event.sequence != append.expected + index + 1 {
            throw .corrupt("event \(event.sequence) of payment \(append.payment) follows \(append.expected + index)")
        }
    }

    public func dueTimers(now: Instant, leaseUntil: Instant, limit: Int) async throws(StoreError) -> [PaymentID] {
        try await writer().write { [epoch] (tables) throws(SQLFault) in
            .success(try tables.dueTimers(by: epoch, now: now, leaseUntil: leaseUntil, limit: max(limit, 0)))
        }
    }

    public func orphans(now: Instant, leaseUntil: Instant, limit: Int) async throws(StoreError) -> [OrphanedExchange] {
        try await writer().write { [epoch] (tables) throws(SQLFault) in
            .success(try tables.orphans(by: epoch, now: now, leaseUntil: leaseUntil, limit: max(limit, 0)))
        }
    }

    public func extendLeases(until: Instant) async throws(StoreError) {
        try await writer().write { [epoch] (tables) throws(SQLFault) -> Result<Void, StoreError> in
            try tables.extendLeases(of: epoch, until: until)
            return .success(())
        }
    }

    public func audit(_ entry: AuditEntry, tenant: String) async throws(StoreError) {
        guard tenants.contains(tenant) else { throw .tenantUnknown(tenant) }
        try await writer().write { (tables) throws(SQLFault) -> Result<Void, StoreError> in
            try tables.audit(entry, tenant: tenant)
            return .success(())
        }
    }

    // MARK: PaymentStore, reads

    public func events(of payment: PaymentID, after sequence: Int) async throws(StoreError) -> [StoredEvent] {
        try await readers().read { (desk) throws(SQLFault) in try desk.events(of: payment, after: sequence) }
    }

    public func holder(of key: Correlation) async throws(StoreError) -> KeyHolder? {
        try await readers().read { (desk) throws(SQLFault) in try desk.holder(of: key) }
    }

    public func exchanges(of payment: PaymentID) async throws(StoreError) -> [Exchange] {
        try await readers().read { (desk) throws(SQLFault) in try desk.exchanges(of: payment) }
    }

    public func histories(of payments: [PaymentID]) async throws(StoreError) -> [PaymentHistory] {
        try await readers().read { (desk) throws(SQLFault) in
            var histories: [PaymentHistory] = []
            for payment in payments {
                let events = try desk.events(of: payment, after: 0)
                histories.append(PaymentHistory(events: events, exchanges: try desk.exchanges(of: payment)))
            }
            return histories
        }
    }

    public func newestReply(of payment: PaymentID) async throws(StoreError) -> Exchange? {
        try await readers().read { (desk) throws(SQLFault) in try desk.newestReply(of: payment) }
    }

    public func nextTimer() async throws(StoreError) -> Instant? {
        try await readers().read { (desk) throws(SQLFault) in try desk.nextTimer() }
    }

    public func openPayments() async throws(StoreError) -> Int {
        try await readers().read { (desk) throws(SQLFault) in try desk.openPayments() }
    }

    public func balances(tenant: String?) async throws(StoreError) -> [LedgerBalance] {
        try await readers().read { (desk) throws(SQLFault) in try desk.balances(tenant: tenant) }
    }

    public func view(of payment: PaymentID) async throws(StoreError) -> PaymentView? {
        let tenants = tenants
        return try await readers().read { (desk) throws(SQLFault) in
            if let view = try desk.view(of: payment) { return view }
            return try desk.restingView(of: payment, tenants)
        }
    }

    public func messages(of payment: PaymentID) async throws(StoreError) -> [ArchivedMessage] {
        let tenants = tenants
        return try await readers().read { (desk) throws(SQLFault) in try desk.messages(of: payment, tenants) }
    }

    public func list(_ query: PaymentQuery) async throws(StoreError) -> [PaymentView] {
        let floor = try floor(of: query.tenant)
        return try await readers().read { (desk) throws(SQLFault) in try desk.list(query, after: floor) }
    }

    public func auditLog(tenant: String, limit: Int) async throws(StoreError) -> [AuditEntry] {
        guard tenants.contains(tenant) else { throw .tenantUnknown(tenant) }
        return try await readers().read { (desk) throws(SQLFault) in try desk.auditLog(tenant: tenant, limit: limit) }
    }

    public func news(
        of payment: PaymentID, after sequence: Int, heeding kind: Awaited, until deadline: Instant
    ) async -> News? {
        guard let readers = try? readers(),
            let waiter = journal.feed.join(.payment(payment), after: Int64(sequence), heeding: kind)
        else { return nil }
        defer { journal.feed.leave(waiter) }
        // Joined first, looked second: a commit in between is heard or seen, never neither.
        var isThere = journal.feed.hasNews(payment, after: sequence, kind)
        if isThere == nil {
            isThere = try? await readers.read { (desk) throws(SQLFault) in
                try desk.isNews(of: payment, after: sequence, kind)
            }
        }
        // Not known is not no: whoever waits looks again.
        if isThere != false { waiter.settle(News()) }
        return await waiter.wait(until: deadline, now: now)
    }

    // MARK: For operators

    /// What the writer did since the folder was opened.
    public var statistics: StoreStatistics {
        var statistics = journal.statistics.snapshot
        statistics.waitingWrites = journal.writer?.waiting ?? 0
        if let progress = journal.projector?.snapshot {
            statistics.unprojected = max(0, (journal.writer?.head ?? 0) - progress.projected)
            statistics.stalledTenants = progress.stalled.mapValues(\.reason)
            statistics.removed = progress.removed
        }
        statistics.lastFailure = journal.writer?.lastFailure.value
        statistics.journalBytes = Disk.bytes(Journal.path(journal.folder))
        statistics.logBytes = Disk.bytes(Journal.path(journal.folder) + "-wal")
        statistics.freeBytes = Disk.freeBytes(journal.folder) ?? 0
        return statistics
    }

    /// Brings every tenant's database up to date, forces it to disk and prunes the journal of what they hold.
    public func settle() async throws(StoreError) {
        let projector = try projector()
        let result = await withCheckedContinuation { continuation in
            if !projector.request(.settle { continuation.resume(returning: $0) }) {
                continuation.resume(returning: .failure(.closed))
            }
        }
        try result.get()
    }

    /// Removes at once what the policy keeps no longer; the projector does the same by itself in the background.
    /// Returns what was removed since the store was opened.
    public func retain() async throws(StoreError) -> RetentionCounts {
        let projector = try projector()
        let counts: RetentionCounts? = await withCheckedContinuation { continuation in
            if !projector.request(.retain { continuation.resume(returning: $0) }) {
                continuation.resume(returning: nil)
            }
        }
        guard let counts else { throw .closed }
        return counts
    }

    /// Writes the tenant's view anew from the journal; `progress` is called every thousand payments and at the end.
    public func rebuild(
        tenant: String, progress: @escaping @Sendable (RebuildReport) -> Void = { _ in }
    ) async throws(StoreError) -> RebuildReport {
        guard tenants.contains(tenant) else { throw .tenantUnknown(tenant) }
        let projector = try projector()
        let result = await withCheckedContinuation { continuation in
            let reply: @Sendable (Result<RebuildReport, StoreError>) -> Void = { continuation.resume(returning: $0) }
            if !projector.request(.rebuild(tenant: tenant, progress: progress, reply: reply)) {
                reply(.failure(.closed))
            }
        }
        return try result.get()
    }

    // MARK: What is open

    /// The writer, for tests that make its commits fail.
    func writer() throws(StoreError) -> JournalWriter {
        guard !isClosed.withLock({ $0 }) else { throw .closed }
        guard let writer = journal.writer else { throw .unavailable("the store was opened for reading alone") }
        return writer
    }

    /// Everything up to this position is in the tenant's database; nil when nobody writes to it.
    func floor(of tenant: String) throws(StoreError) -> Int64? {
        guard tenants.contains(tenant) else { throw .tenantUnknown(tenant) }
        return journal.projector?.floor(of: tenant)
    }

    func readers() throws(StoreError) -> ReaderPool {
        guard !isClosed.withLock({ $0 }) else { throw .closed }
        return journal.readers
    }

    func projector() throws(StoreError) -> Projector {
        guard !isClosed.withLock({ $0 }) else { throw .closed }
        guard let projector = journal.projector else { throw .unavailable("the store was opened for reading alone") }
        return projector
    }
}

/// The computer's clock.
@Sendable
private func systemNow() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}

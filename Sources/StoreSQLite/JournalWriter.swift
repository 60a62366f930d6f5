import Foundation
import Payments
import Synchronization

/// Something that waits to be part of a commit.
protocol WriteJob: Sendable {
    /// How much of a commit it fills: its appends.
    var weight: Int { get }
    func run(in tables: JournalTables) throws(SQLFault)
    /// Called once, after the commit (nil) or after all hope is lost.
    func finish(_ failure: StoreError?)
}

/// A write with an answer. The answer is given only once it is durable.
final class WriteCommand<Value: Sendable>: WriteJob {
    typealias Body = @Sendable (JournalTables) throws(SQLFault) -> Result<Value, StoreError>

    let weight: Int
    private let body: Body
    private let answer = Slot<Result<Value, StoreError>>()
    private let reply: @Sendable (Result<Value, StoreError>) -> Void

    init(weight: Int, body: @escaping Body, reply: @escaping @Sendable (Result<Value, StoreError>) -> Void) {
        self.weight = weight
        self.body = body
        self.reply = reply
    }

    func run(in tables: JournalTables) throws(SQLFault) { answer.value = try body(tables) }

    func finish(_ failure: StoreError?) {
        reply(failure.map { .failure($0) } ?? answer.value ?? .failure(.closed))
    }
}

/// What a test makes of a commit, in place of a disk that fails.
enum CommitFault: Sendable {
    /// The commit is refused with this code before it is tried.
    case refused(Int32)
    /// As `refused`, and the disk refuses the next write too.
    case lasting(Int32)
}

/// The journal's one writer: a thread that takes all that waits, up to a limit, writes it in one transaction and
/// wakes everyone after the commit. While one commit is on its way to disk the next batch fills; nothing ever waits
/// for a clock.
final class JournalWriter: Sendable {
    private let mailbox: Mailbox<any WriteJob>
    private let statistics: StatisticsBook
    private let feed: ChangeFeed
    private let afterCommit = Slot<@Sendable () -> Void>()
    private let ended = Latch()
    private let committedHead = Atomic<Int64>(0)
    let injectedFault = Slot<CommitFault>()
    /// What SQLite said of the last commit; nil when it held.
    let lastFailure = Slot<String>()

    /// Opens the journal on the writer's thread, brings it to the present schema and starts to write.
    init(path: String, options: SQLiteStore.Options, statistics: StatisticsBook, feed: ChangeFeed)
        throws(StoreOpenError)
    {
        mailbox = Mailbox(limit: options.waitingWrites)
        self.statistics = statistics
        self.feed = feed
        let appends = options.commitAppends
        try WorkThread.start(named: "journal-writer") { () throws(StoreOpenError) in
            try JournalWriter.openTables(path)
        } run: { [self] tables in
            drain(tables, appends: appends)
            tables.close()
            ended.open()
        }
    }

    private static func openTables(_ path: String) throws(StoreOpenError) -> JournalTables {
        do throws(SQLFault) {
            let connection = try Connection(path: path, access: .readWrite, cachePages: 3_000)
            let applied = try connection.appliedMigrations()
            if let newer = applied.first(where: { !JournalSchema.migrations.contains($0) }) {
                throw SQLFault(code: JournalWriter.newerSchema, message: newer)
            }
            if applied != JournalSchema.migrations { try connection.migrate(JournalSchema.migrator) }
            let tables = try JournalTables(connection)
            let unbalanced = try tables.unbalancedCurrencies()
            guard unbalanced.isEmpty else {
                throw .damaged("the ledger does not add up to zero in \(unbalanced.joined(separator: ", "))")
            }
            return tables
        } catch  where error.code == newerSchema {
            throw .newerSchema(path: path, migration: error.message)
        } catch {
            throw .journal(path: path, error.storeError)
        }
    }

    private static let newerSchema: Int32 = -1

    /// Called on the writer's thread after each commit that changed something.
    func whenCommitted(_ body: @escaping @Sendable () -> Void) { afterCommit.value = body }

    var waiting: Int { mailbox.count }

    /// The newest committed position.
    var head: Int64 { committedHead.load(ordering: .relaxed) }

    func submit(_ job: any WriteJob) {
        switch mailbox.post(job) {
        case .accepted: break
        case .full: job.finish(.unavailable("too many writes wait for the journal"))
        case .closed: job.finish(.closed)
        }
    }

    func write<Value: Sendable>(weight: Int = 1, _ body: @escaping WriteCommand<Value>.Body) async throws(StoreError)
        -> Value
    {
        let result = await withCheckedContinuation { continuation in
            submit(WriteCommand(weight: weight, body: body) { continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    /// As the asynchronous form, for a thread that may block.
    func writeBlocking<Value: Sendable>(_ body: @escaping WriteCommand<Value>.Body) -> Result<Value, StoreError> {
        let done = DispatchSemaphore(value: 0)
        let answer = Slot<Result<Value, StoreError>>()
        submit(
            WriteCommand(weight: 1, body: body) { result in
                answer.value = result
                done.signal()
            })
        done.wait()
        return answer.value ?? .failure(.closed)
    }

    /// Refuses new writes, commits what waits and closes the journal.
    func stop() async {
        mailbox.close()
        await ended.wait()
    }

    func stopWithoutWaiting() { mailbox.close() }

    // MARK: On the writer's thread

    private func drain(_ tables: JournalTables, appends: Int) {
        var unchecked = 0
        while let jobs = mailbox.take(budget: appends, weight: \.weight) {
            commit(jobs, tables)
            unchecked += jobs.count
            // The log is moved into the file while nobody waits.
            if unchecked >= JournalWriter.jobsBeforeIdleCheckpoint, mailbox.count == 0 {
                try? tables.checkpoint()
                unchecked = 0
            }
        }
    }

    private static let jobsBeforeIdleCheckpoint = 4_000

    private func commit(_ jobs: [any WriteJob], _ tables: JournalTables) {
        let started = ContinuousClock.now
        do throws(SQLFault) {
            try tables.begin()
            for job in jobs { try job.run(in: tables) }
            try tables.finish()
        } catch {
            tables.rollBack()
            return recover(jobs, from: error, tables)
        }
        let written = ContinuousClock.now
        do throws(SQLFault) {
            try commitUnlessInjected(tables)
        } catch {
            tables.rollBack()
            note(error)
            feed.forget()
            let failure = verdict(on: error, tables)
            for job in jobs { job.finish(failure) }
            return
        }
        let synced = ContinuousClock.now
        committedHead.store(tables.head, ordering: .relaxed)
        lastFailure.value = nil
        let weight = jobs.reduce(0) { $0 + $1.weight }
        statistics.noteCommit(
            appends: tables.changed.count, events: tables.eventCount, weight: weight,
            duration: synced - started, sync: synced - written)
        feed.announce(tables.changed, tables.told)
        for job in jobs { job.finish(nil) }
        afterCommit.value?()
    }

    /// A fault before COMMIT: nothing is stored. One job's own fault does not take the others with it.
    private func recover(_ jobs: [any WriteJob], from fault: SQLFault, _ tables: JournalTables) {
        if fault.isOfOneJob, jobs.count > 1 {
            for job in jobs { commit([job], tables) }
            return
        }
        note(fault)
        for job in jobs { job.finish(fault.storeError) }
    }

    private func note(_ fault: SQLFault) {
        statistics.noteFailure()
        lastFailure.value = "SQLite \(fault.code): \(fault.message)"
    }

    private func commitUnlessInjected(_ tables: JournalTables) throws(SQLFault) {
        switch injectedFault.value {
        case nil: try tables.commit()
        case .refused(let code):
            injectedFault.value = nil
            throw SQLFault(code: code, message: "refused by a test")
        case .lasting(let code): throw SQLFault(code: code, message: "refused by a test")
        }
    }

    /// A COMMIT that failed on the device may still be found in the log after a crash. Only a later commit that
    /// takes its place in the log settles that it never happened; if that fails too, nobody knows.
    private func verdict(on fault: SQLFault, _ tables: JournalTables) -> StoreError {
        guard fault.primary == JournalWriter.deviceError else { return fault.storeError }
        do throws(SQLFault) {
            if case .lasting(let code) = injectedFault.value {
                throw SQLFault(code: code, message: "refused by a test")
            }
            try tables.writeFence()
            return fault.storeError
        } catch {
            return .unknown("SQLite \(fault.code): \(fault.message)")
        }
    }

    /// SQLITE_IOERR
    private static let deviceError: Int32 = 10
}

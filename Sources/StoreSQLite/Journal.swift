import Foundation
import Payments
import Synchronization

/// One journal file, opened: its writer, its readers, its projector and its feed. Stores are handles on it.
final class Journal: Sendable {
    let folder: String
    let statistics = StatisticsBook()
    let feed: ChangeFeed
    let disk: DiskWatch
    let readers: ReaderPool
    /// Nil when the folder was opened for reading alone.
    let writer: JournalWriter?
    let projector: Projector?
    private let lock: FolderLock
    /// The name under which other stores of this process find the journal; nil when it is not shared.
    private let sharedName: String?

    static func path(_ folder: String) -> String { folder + "/journal.sqlite" }

    private init(
        folder: String, tenants: [String], options: SQLiteStore.Options, sharedName: String?
    ) throws(StoreOpenError) {
        self.folder = folder
        self.sharedName = sharedName
        feed = ChangeFeed(limit: options.waiters)
        disk = DiskWatch(folder: folder, leastFreeBytes: options.leastFreeBytes)
        lock = try FolderLock(folder: folder, mode: .exclusive)
        let writer = try JournalWriter(
            path: Journal.path(folder), options: options, statistics: statistics, feed: feed)
        do throws(SQLFault) {
            readers = try ReaderPool(folder: folder, options: options)
            projector = try Projector(folder: folder, tenants: tenants, options: options, writer: writer)
        } catch {
            writer.stopWithoutWaiting()
            throw .journal(path: Journal.path(folder), error.storeError)
        }
        self.writer = writer
    }

    private init(readingFrom folder: String, options: SQLiteStore.Options) throws(StoreOpenError) {
        self.folder = folder
        sharedName = nil
        writer = nil
        projector = nil
        feed = ChangeFeed(limit: 0)
        disk = DiskWatch(folder: folder, leastFreeBytes: 0)
        lock = try FolderLock(folder: folder, mode: .shared)
        do throws(SQLFault) {
            let connection = try Connection(path: Journal.path(folder), access: .readOnly)
            defer { connection.close() }
            let applied = try connection.appliedMigrations()
            if let newer = applied.first(where: { !JournalSchema.migrations.contains($0) }) {
                throw SQLFault(code: Journal.newerSchema, message: newer)
            }
            guard applied == JournalSchema.migrations else { throw SQLFault(code: Journal.olderSchema, message: "") }
            readers = try ReaderPool(folder: folder, options: options)
        } catch {
            switch error.code {
            case Journal.newerSchema: throw .newerSchema(path: Journal.path(folder), migration: error.message)
            case Journal.olderSchema: throw .olderSchema(path: Journal.path(folder))
            default: throw .journal(path: Journal.path(folder), error.storeError)
            }
        }
    }

    private static let newerSchema: Int32 = -1
    private static let olderSchema: Int32 = -2

    // MARK: Opening

    /// Journals that several stores of this process share, with the number of stores on each.
    private static let shared = Mutex<[String: (journal: Journal, users: Int)]>([:])

    static func open(
        folder: String, tenants: [String], options: SQLiteStore.Options
    ) throws(StoreOpenError) -> Journal {
        do {
            try FileManager.default.createDirectory(
                atPath: folder + "/tenants", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw .folder(path: folder, reason: error.localizedDescription)
        }
        guard options.isShared else {
            let journal = try Journal(folder: folder, tenants: tenants, options: options, sharedName: nil)
            TenantStore.makeMissing(folder: folder, tenants: tenants)
            return journal
        }
        let name = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        // Two stores that open at once must find one journal, so the second waits here, on a thread that may.
        let result = shared.withLock { journals -> Result<Journal, StoreOpenError> in
            if let (journal, users) = journals[name] {
                journals[name] = (journal, users + 1)
                TenantStore.makeMissing(folder: folder, tenants: tenants)
                return .success(journal)
            }
            do throws(StoreOpenError) {
                let journal = try Journal(folder: folder, tenants: tenants, options: options, sharedName: name)
                journals[name] = (journal, 1)
                TenantStore.makeMissing(folder: folder, tenants: tenants)
                return .success(journal)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    static func openReadOnly(folder: String, options: SQLiteStore.Options) throws(StoreOpenError) -> Journal {
        guard FileManager.default.fileExists(atPath: path(folder)) else {
            throw .folder(path: path(folder), reason: "there is no journal here")
        }
        return try Journal(readingFrom: folder, options: options)
    }

    /// The last store that leaves closes the journal: what waits is committed, projected and pruned first.
    func leave() async {
        if let sharedName {
            let isLast = Journal.shared.withLock { journals in
                guard let (journal, users) = journals[sharedName], journal === self else { return true }
                journals[sharedName] = users > 1 ? (journal, users - 1) : nil
                return users <= 1
            }
            guard isLast else { return }
        }
        feed.close()
        // Readers first: the last connection to a file tidies it, and only one that writes can.
        await readers.stop()
        await projector?.stop()
        await writer?.stop()
        lock.release()
    }
}

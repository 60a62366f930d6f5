import Foundation
public import Payments

/// What a backup holds of a store: the cut, and the files that were written for it.
public struct BackupCut: Sendable, Equatable {
    /// The newest commit that is in it.
    public var position: Int64
    public var openPayments: Int
    /// Names of the schema's migrations that the files have seen.
    public var journalSchema: [String]
    public var tenantSchema: [String]
    /// Names of the tenants that have a database.
    public var tenants: [String]
    /// Paths within the target, the journal first.
    public var files: [String]
}

extension SQLiteStore {
    /// Copies the journal and every tenant's database as they are at one moment, while payments go on. The target is a
    /// folder that is empty or not there yet. Payments wait no longer than for any other reader; the projection of
    /// the tenants' databases stands still for the moment of the cut.
    public func backup(to target: String) async throws(StoreError) -> BackupCut {
        let projector = try projector()
        let folder = journal.folder
        let result = await WorkThread.run { () -> Result<BackupCut, StoreError> in
            do throws(StoreError) {
                return .success(try Backup(folder: folder, target: target).run(projector))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// One backup, on a thread of its own with connections of its own.
private struct Backup {
    let folder: String
    let target: String

    private struct Source {
        var connection: Connection
        var file: String
    }

    func run(_ projector: Projector) throws(StoreError) -> BackupCut {
        var tenants: [Source] = []
        defer { for source in tenants { source.connection.close() } }
        do {
            try makeFolders()
            let hold = ProjectionHold()
            guard projector.request(.hold(hold)) else { throw StoreError.closed }
            hold.waitUntilHeld()
            let journal: Source
            do {
                defer { hold.release() }
                // Nothing moves from the journal to the tenants now, so what is read from here on fits together.
                for name in try names() { tenants.append(try open("tenants/\(name).sqlite")) }
                journal = try open("journal.sqlite")
            }
            defer { journal.connection.close() }
            var cut = try describe(journal.connection)
            for source in [journal] + tenants {
                try source.connection.copy(to: target + "/" + source.file)
                cut.files.append(source.file)
            }
            cut.tenants = try names()
            return cut
        } catch let error as StoreError {
            throw error
        } catch let error as SQLFault {
            throw error.storeError
        } catch {
            throw .unavailable("\(target): \(error.localizedDescription)")
        }
    }

    private func makeFolders() throws {
        let files = FileManager.default
        if let present = try? files.contentsOfDirectory(atPath: target), !present.isEmpty {
            throw StoreError.unavailable("\(target) is not empty")
        }
        try files.createDirectory(
            atPath: target + "/tenants", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    private func names() throws -> [String] {
        let suffix = ".sqlite"
        return try FileManager.default.contentsOfDirectory(atPath: folder + "/tenants").filter { $0.hasSuffix(suffix) }
            .map { String($0.dropLast(suffix.count)) }.sorted()
    }

    /// Opens the file and fixes what is read from it to this moment.
    private func open(_ file: String) throws(SQLFault) -> Source {
        let connection = try Connection(path: folder + "/" + file, access: .readOnly)
        try connection.execute("BEGIN DEFERRED")
        _ = try connection.query("SELECT count(*) FROM sqlite_master").begin().first { $0.integer(0) }
        return Source(connection: connection, file: file)
    }

    private func describe(_ journal: Connection) throws(SQLFault) -> BackupCut {
        let position = try journal.query(JournalTables.newestPositionSQL).begin().first { $0.integer(0) } ?? 0
        let open = try journal.query("SELECT count(*) FROM payments INDEXED BY payments_open WHERE outcome IS NULL")
        return BackupCut(
            position: position, openPayments: try open.begin().first { Int($0.integer(0)) } ?? 0,
            journalSchema: JournalSchema.migrations, tenantSchema: TenantSchema.migrations, tenants: [], files: [])
    }
}

/// Keeps the projector where it is for a moment.
final class ProjectionHold: Sendable {
    private let held = DispatchSemaphore(value: 0)
    private let released = DispatchSemaphore(value: 0)

    func waitUntilHeld() { held.wait() }

    func release() { released.signal() }

    /// On the projector's thread.
    func stand() {
        held.signal()
        released.wait()
    }
}

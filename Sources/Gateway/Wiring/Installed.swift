import Foundation
import Mapping
import Payments
import PaymentsEngine

/// Everything that a reload exchanges as one: what new payments run on from then on.
final class Installed: Sendable {
    let tables: Tables
    let routes: RouteTable
    let routeFile: TableFile
    /// By `name|tenant`.
    let neighbours: [String: Neighbour]
    /// Mapping tables, schemas and the routing table as they were read.
    let files: [TableFile]
    /// What the hooks read; it may be large, so only this much of it is kept.
    let bankFiles: [BankFile]
    /// Puts in use what the hooks have read.
    let commits: [@Sendable () -> Void]

    /// Hash of the mapping tables and schemas: what payments remember.
    var version: String { tables.version }
    /// Hash of all files.
    let hash: String

    init(
        tables: Tables, routes: RouteTable, routeFile: TableFile, neighbours: [String: Neighbour],
        bankFiles: [BankFile] = [], commits: [@Sendable () -> Void] = []
    ) {
        self.tables = tables
        self.routes = routes
        self.routeFile = routeFile
        self.neighbours = neighbours
        files = tables.shelved + [TableFile(name: "routes/\(routeFile.name)", bytes: routeFile.bytes)]
        self.bankFiles = bankFiles
        self.commits = commits
        hash = ContentName.of(
            set: files.map { ($0.name, ContentName.of($0.bytes)) } + bankFiles.map { ($0.name, $0.hash) })
    }
}

/// A file of a hook: its content by its hash, and how many lines it has.
struct BankFile: Sendable {
    let name: String
    let hash: String
    let lines: Int

    init(_ file: TableFile) {
        name = file.name
        hash = ContentName.of(file.bytes)
        lines = file.bytes.count { $0 == 0x0A }
    }
}

/// A table of the bank's own beside mapping tables, schemas and routes, such as a calendar or a directory, that a start
/// and a reload read with them.
struct TableHook: Sendable {
    /// As reports name it, such as `calendars/target.csv`.
    let name: String
    let path: String
    /// Reads and checks the file; the answer puts it in use, which cannot fail. Called for every reload, also when the
    /// file is as it was: other tables may have changed what it may say.
    let prepare: @Sendable (_ file: TableFile, _ tables: Tables) throws(TableErrors) -> @Sendable () -> Void
}

/// Reads the tables that a configuration names, whole.
struct TableSource: Sendable {
    let mappings: String
    let schemas: String
    let routes: String
    let networks: Set<String>
    let hooks: [TableHook]
    /// How much of the tables a start looks at, and how much a reading anew, for which nobody waits.
    var atStart = Tables.Extent.served
    var anew = Tables.Extent.everything
    let neighbours: @Sendable (Tables) throws -> [String: Neighbour]

    /// Every fault of what is looked at, at once.
    func read(_ extent: Tables.Extent) throws(TableErrors) -> Installed {
        let found: Tables.Examination
        do {
            found = try Tables.examine(
                mappings: mappings, schemas: schemas, extent, routes: routes, networks: networks)
        } catch let errors as TableErrors {
            throw errors
        } catch {
            throw TableSource.fault(mappings, "the tables cannot be read: \(error)")
        }
        var errors = found.errors
        var bankFiles: [BankFile] = []
        var commits: [@Sendable () -> Void] = []
        if let tables = found.tables {
            for hook in hooks {
                do throws(TableErrors) {
                    let file = try hook.file()
                    bankFiles.append(BankFile(file))
                    commits.append(try hook.prepare(file, tables))
                } catch {
                    errors += error.errors
                }
            }
        }
        guard errors.isEmpty, let tables = found.tables, let routes = found.routes, let file = found.routeFile else {
            throw TableErrors(errors.isEmpty ? [TableSource.missing(mappings)] : errors)
        }
        do {
            return Installed(
                tables: tables, routes: routes, routeFile: file, neighbours: try neighbours(tables),
                bankFiles: bankFiles, commits: commits)
        } catch {
            throw TableSource.fault(mappings, "\(error)")
        }
    }

    private static func missing(_ path: String) -> TableError {
        TableError(file: path, line: 1, column: 1, problem: "the tables cannot be used", remedy: "mend them")
    }

    static func fault(_ path: String, _ problem: String) -> TableErrors {
        TableErrors([
            TableError(
                file: path, line: 1, column: 1, problem: problem, remedy: "name what is there and may be read")
        ])
    }
}

extension TableHook {
    fileprivate func file() throws(TableErrors) -> TableFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TableSource.fault(path, "the table cannot be read")
        }
        return TableFile(name: name, bytes: [UInt8](data))
    }
}

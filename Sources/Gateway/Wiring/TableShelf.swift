import Foundation
import Mapping
import Payments

/// Every set of tables that a payment of this store may have begun with (law 8), beside the journal: a payment is
/// carried on with its own tables after a reload, and after a restart too.
///
///     tables/files/HASH            one file of a set, named by its content
///     tables/sets/VERSION.tsv      name and hash of each file of a set; the time of the file is its last use
///     tables/routes/VERSION.csv    routing tables: why a decision of before was taken
///     tables/flows/NAME@HASH.tsv   flow tables: kept for ever, since the story of a payment is told by its flow
struct TableShelf: Sendable {
    /// Sets that stay whatever their age, and how long others stay after their last use. A payment that is open longer
    /// than that goes on with the newest tables, which is told.
    static let usualFewest = 32
    static let keptSeconds: TimeInterval = 90 * 86_400
    /// No set has more files; what says otherwise is no set of ours.
    private static let mostFiles = 2_000

    private let folder: URL
    private let fewest: Int
    private var files: URL { folder.appendingPathComponent("files", isDirectory: true) }
    private var sets: URL { folder.appendingPathComponent("sets", isDirectory: true) }
    private var routes: URL { folder.appendingPathComponent("routes", isDirectory: true) }
    private var flows: URL { folder.appendingPathComponent("flows", isDirectory: true) }

    /// - Parameter folder: The state folder of the gateway; `fewest`: of sets and of routing tables.
    init(folder: String, fewest: Int = TableShelf.usualFewest) throws {
        self.init(lookingInto: folder, fewest: fewest)
        for made in [files, sets, flows, routes] {
            try FileManager.default.createDirectory(
                at: made, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    /// The shelf as it stands, which may not be there: whoever only looks makes nothing.
    init(lookingInto folder: String, fewest: Int = TableShelf.usualFewest) {
        self.fewest = fewest
        self.folder = URL(fileURLWithPath: folder, isDirectory: true)
            .appendingPathComponent("tables", isDirectory: true)
    }

    // MARK: keeping

    /// Keeps a set before the first payment begins with it; durable when this returns.
    func keep(_ tables: Tables) throws {
        var rows = ["name\thash"]
        for file in tables.shelved {
            let hash = ContentName.of(file.bytes)
            let place = files.appendingPathComponent(hash)
            if !FileManager.default.fileExists(atPath: place.path) { try TableShelf.write(file.bytes, to: place) }
            rows.append("\(file.name)\t\(hash)")
        }
        for file in tables.files where file.name.hasPrefix("flows/") {
            let name = String(file.name.dropFirst("flows/".count).dropLast(".tsv".count))
            guard let flow = tables.flows[name] else { continue }
            let place = flows.appendingPathComponent("\(name)@\(flow.version).tsv")
            if !FileManager.default.fileExists(atPath: place.path) { try TableShelf.write(file.bytes, to: place) }
        }
        let set = sets.appendingPathComponent("\(tables.version).tsv")
        if FileManager.default.fileExists(atPath: set.path) { return touch(tables.version) }
        try TableShelf.write(Array((rows.joined(separator: "\n") + "\n").utf8), to: set)
    }

    /// Keeps a routing table, which explains its decisions after it is no longer in use.
    func keep(routes file: TableFile, version: String) throws {
        let place = routes.appendingPathComponent("\(version).csv")
        guard FileManager.default.fileExists(atPath: place.path) else {
            return try TableShelf.write(file.bytes, to: place)
        }
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: place.path)
    }

    /// A routing table of before; nil when it is not kept.
    /// - Parameter name: Of its file, which is part of its version.
    func routeFile(_ version: String, name: String) -> TableFile? {
        guard TableShelf.isHash(version) else { return nil }
        let data = FileManager.default.contents(atPath: routes.appendingPathComponent("\(version).csv").path)
        return data.map { TableFile(name: name, bytes: [UInt8]($0)) }
    }

    private static func isHash(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
    }

    /// Notes that a set was in use until now.
    func touch(_ version: String, at time: Date = Date()) {
        let path = sets.appendingPathComponent("\(version).tsv").path
        try? FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
    }

    /// Bytes that a power cut does not take back: flushed under another name, then renamed.
    private static func write(_ bytes: [UInt8], to place: URL) throws {
        let draft = place.deletingLastPathComponent().appendingPathComponent(".\(place.lastPathComponent).new")
        guard FileManager.default.createFile(atPath: draft.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown) }
        let handle = try FileHandle(forWritingTo: draft)
        try handle.write(contentsOf: Data(bytes))
        try handle.synchronize()
        try handle.close()
        guard rename(draft.path, place.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        let folder = open(place.deletingLastPathComponent().path, O_RDONLY)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    // MARK: taking from it

    /// Every flow table that is kept, by `NAME@HASH`. One that this program cannot read is left out: a payment that
    /// needs it says so.
    func keptFlows() throws -> [String: Flow] {
        var found: [String: Flow] = [:]
        for name in try names(in: flows) {
            let parts = name.split(separator: "@").map(String.init)
            guard parts.count == 2 else { continue }
            let bytes = [UInt8](try Data(contentsOf: flows.appendingPathComponent("\(name).tsv")))
            let file = TableFile(name: "flows/\(parts[0]).tsv", bytes: bytes)
            let table = try? FlowTables(files: [file], explores: false)
            if let flow = table?[parts[0]], flow.version == parts[1] { found[name] = flow }
        }
        return found
    }

    /// Versions of the sets that are kept, the last used first.
    func versions() throws -> [String] {
        try names(in: sets).map { ($0, lastUse(set($0))) }.sorted { ($0.1, $0.0) > ($1.1, $1.0) }.map(\.0)
    }

    /// A set by its version, compiled; nil when it is not there or this program cannot read it.
    func tables(_ version: String) -> Tables? {
        guard let rows = rows(version) else { return nil }
        var kept: [TableFile] = []
        for (name, hash) in rows {
            guard let data = FileManager.default.contents(atPath: files.appendingPathComponent(hash).path) else {
                return nil
            }
            kept.append(TableFile(name: name, bytes: [UInt8](data)))
        }
        guard let tables = try? Tables(shelved: kept), tables.version == version else { return nil }
        return tables
    }

    private func rows(_ version: String) -> [(name: String, hash: String)]? {
        guard TableShelf.isHash(version),
            let data = FileManager.default.contents(atPath: sets.appendingPathComponent("\(version).tsv").path),
            let sheet = try? TableSheet(TableFile(name: version, bytes: [UInt8](data))),
            sheet.columns == ["name", "hash"], sheet.rows.count <= TableShelf.mostFiles
        else { return nil }
        return sheet.rows.map { ($0.cells[0].text, $0.cells[1].text) }
    }

    private func names(in folder: URL) throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".tsv") && !$0.hasPrefix(".") }.map { String($0.dropLast(".tsv".count)) }.sorted()
    }

    private func set(_ version: String) -> URL { sets.appendingPathComponent("\(version).tsv") }

    private func lastUse(_ file: URL) -> Date {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }

    // MARK: retiring

    /// Removes sets that no payment can need any more, and files that no set names.
    func retire(now: Date = Date()) throws {
        try retireRoutes(now)
        let versions = try versions()
        let old = versions.dropFirst(fewest).filter {
            lastUse(set($0)) < now.addingTimeInterval(-TableShelf.keptSeconds)
        }
        guard !old.isEmpty else { return }
        var needed: Set<String> = []
        for version in versions where !old.contains(version) {
            // A set that cannot be read may still name any file.
            guard let rows = rows(version) else { return }
            needed.formUnion(rows.map(\.hash))
        }
        for version in old { try FileManager.default.removeItem(at: set(version)) }
        for hash in try FileManager.default.contentsOfDirectory(atPath: files.path) where !needed.contains(hash) {
            try FileManager.default.removeItem(at: files.appendingPathComponent(hash))
        }
    }

    private func retireRoutes(_ now: Date) throws {
        let kept = try FileManager.default.contentsOfDirectory(atPath: routes.path)
            .map { routes.appendingPathComponent($0) }.sorted { lastUse($0) > lastUse($1) }
        for file in kept.dropFirst(fewest)
        where lastUse(file) < now.addingTimeInterval(-TableShelf.keptSeconds) {
            try FileManager.default.removeItem(at: file)
        }
    }
}

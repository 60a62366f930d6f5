import Crypto
import FormatJSON
import Foundation
import Payments
import StoreSQLite

/// What a backup says of itself: written last, so a folder without it is no backup.
struct BackupManifest: Sendable, Equatable {
    struct File: Sendable, Equatable {
        var path: String
        var bytes: Int
        var sha256: String
    }

    static let format = "interlock-backup-1"
    static let name = "manifest.json"

    var program: String
    var node: String
    var takenAt: Instant
    /// The newest commit that is in it.
    var position: Int64
    var openPayments: Int
    var journalSchema: [String]
    var tenantSchema: [String]
    var tenants: [String]
    var files: [File]

    var bytes: Int { files.reduce(0) { $0 + $1.bytes } }

    var json: JSONValue {
        [
            "format": .string(BackupManifest.format), "program": .string(program), "node": .string(node),
            "takenAt": .string(takenAt.text), "takenAtNanoseconds": .integer(takenAt.nanoseconds),
            "position": .integer(position), "openPayments": .integer(openPayments),
            "journalSchema": .array(journalSchema.map { .string($0) }),
            "tenantSchema": .array(tenantSchema.map { .string($0) }), "tenants": .array(tenants.map { .string($0) }),
            "files": .array(
                files.map {
                    ["path": .string($0.path), "bytes": .integer($0.bytes), "sha256": .string($0.sha256)]
                }),
        ]
    }

    init(
        cut: BackupCut, program: String, node: String, takenAt: Instant, files: [File]
    ) {
        self.program = program
        self.node = node
        self.takenAt = takenAt
        self.files = files
        position = cut.position
        openPayments = cut.openPayments
        journalSchema = cut.journalSchema
        tenantSchema = cut.tenantSchema
        tenants = cut.tenants
    }

    init?(_ json: JSONValue) {
        guard json["format"]?.string == BackupManifest.format, let program = json["program"]?.string,
            let node = json["node"]?.string, let taken = json["takenAtNanoseconds"]?.number.flatMap({ Int64($0) }),
            let position = json["position"]?.number.flatMap({ Int64($0) }), let open = json["openPayments"]?.int,
            let files = json["files"]?.array
        else { return nil }
        self.program = program
        self.node = node
        takenAt = Instant(nanoseconds: taken)
        self.position = position
        openPayments = open
        journalSchema = json["journalSchema"]?.array?.compactMap(\.string) ?? []
        tenantSchema = json["tenantSchema"]?.array?.compactMap(\.string) ?? []
        tenants = json["tenants"]?.array?.compactMap(\.string) ?? []
        self.files = files.compactMap { file in
            guard let path = file["path"]?.string, let bytes = file["bytes"]?.int, let hash = file["sha256"]?.string
            else { return nil }
            return File(path: path, bytes: bytes, sha256: hash)
        }
        guard self.files.count == files.count else { return nil }
    }
}

/// A folder with a backup: the databases as they were at one moment, the tables that payments began with, and the
/// manifest. Everything here blocks: it runs on threads of its own.
struct BackupFolder: Sendable {
    let path: String

    init(_ path: String) { self.path = path }

    // MARK: Writing

    /// Adds what is beside the databases, which stand in the folder already, and seals all with the manifest.
    func seal(_ cut: BackupCut, from folder: String, program: String, node: String, takenAt: Instant) throws
        -> BackupManifest
    {
        var files: [BackupManifest.File] = []
        for file in cut.files { files.append(try BackupFolder.describe(file, in: path)) }
        for file in try BackupFolder.beside(folder) {
            files.append(try BackupFolder.copy(file, from: folder, to: path))
        }
        let manifest = BackupManifest(cut: cut, program: program, node: node, takenAt: takenAt, files: files)
        try Data(manifest.json.bytes(pretty: true)).write(
            to: URL(fileURLWithPath: path + "/" + BackupManifest.name), options: .atomic)
        return manifest
    }

    /// Files of the state folder that are neither databases nor of the running process.
    private static func beside(_ folder: String) throws -> [String] {
        try all(folder).filter { file in
            let isDatabase = [".sqlite", "-wal", "-shm", "-journal"].contains { file.hasSuffix($0) }
            return !isDatabase && file != "lock" && !file.hasPrefix("operator/")
        }
    }

    /// Regular files below the folder, by their paths within it.
    private static func all(_ folder: String) throws -> [String] {
        let files = FileManager.default
        guard let walk = files.enumerator(atPath: folder) else { throw Failure.usage("\(folder) cannot be read") }
        var found: [String] = []
        for case let file as String in walk {
            let attributes = try files.attributesOfItem(atPath: folder + "/" + file)
            if attributes[.type] as? FileAttributeType == .typeRegular { found.append(file) }
        }
        return found.sorted()
    }

    // MARK: Reading

    /// The manifest, after every file was held against it.
    func verified() throws -> BackupManifest {
        let place = path + "/" + BackupManifest.name
        guard let data = FileManager.default.contents(atPath: place) else {
            throw Failure.usage("\(path) is no whole backup: it has no \(BackupManifest.name)")
        }
        guard let json = try? JSONValue.parse(Array(data)), let manifest = BackupManifest(json) else {
            throw Failure.usage("\(place) is not the manifest of a backup that this program can read")
        }
        let listed = Set(manifest.files.map(\.path))
        guard listed.contains("journal.sqlite"), listed.allSatisfy(BackupFolder.isInside) else {
            throw Failure.usage("\(place) lists no journal, or files outside the backup")
        }
        let present = Set(try BackupFolder.all(path)).subtracting([BackupManifest.name])
        if let stray = present.subtracting(listed).sorted().first {
            throw Failure.usage("\(path)/\(stray) is not of this backup: its manifest does not list it")
        }
        for file in manifest.files {
            guard present.contains(file.path) else { throw Failure.usage("\(path)/\(file.path) is missing") }
            let found = try BackupFolder.describe(file.path, in: path)
            guard found == file else {
                throw Failure.usage(
                    "\(path)/\(file.path) is not what was backed up: it has \(found.bytes) bytes of \(file.bytes), "
                        + "or other ones")
            }
        }
        return manifest
    }

    private static func isInside(_ file: String) -> Bool {
        !file.hasPrefix("/") && !file.split(separator: "/").contains("..")
    }

    /// Copies a verified backup into a folder that is empty or not there. The folder takes its place whole, or not at
    /// all.
    func restore(_ manifest: BackupManifest, to folder: String) async throws -> RestoreReport {
        let files = FileManager.default
        if let present = try? files.contentsOfDirectory(atPath: folder), !present.isEmpty {
            throw Failure.usage("\(folder) is not empty: a restore takes an empty folder")
        }
        let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        try files.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let building = "\(folder).restoring"
        try? files.removeItem(atPath: building)
        do {
            for file in manifest.files {
                guard try BackupFolder.copy(file.path, from: path, to: building) == file else {
                    throw Failure.usage("\(path)/\(file.path) changed while it was copied")
                }
            }
            let report = try await Restoration.seal(folder: building, taken: manifest.takenAt)
            try? files.removeItem(atPath: folder)
            try files.moveItem(atPath: building, toPath: folder)
            return report
        } catch {
            try? files.removeItem(atPath: building)
            throw error
        }
    }

    // MARK: Files

    private static func copy(_ file: String, from source: String, to target: String) throws -> BackupManifest.File {
        let place = target + "/" + file
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: place).deletingLastPathComponent().path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try FileManager.default.copyItem(atPath: source + "/" + file, toPath: place)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place)
        return try describe(file, in: target)
    }

    private static func describe(_ file: String, in folder: String) throws -> BackupManifest.File {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder + "/" + file))
        defer { try? handle.close() }
        var hash = SHA256()
        var bytes = 0
        while let data = try handle.read(upToCount: 4 << 20), !data.isEmpty {
            hash.update(data: data)
            bytes += data.count
        }
        // What is described is on disk: a manifest never outlives its files.
        fsync(handle.fileDescriptor)
        let digits = hash.finalize().map { String(format: "%02x", $0) }
        return BackupManifest.File(path: file, bytes: bytes, sha256: digits.joined())
    }
}

import ArgumentParser
import FormatJSON
import Foundation
import Payments
import StoreSQLite
import Synchronization

/// What an operator asks of the running process's store: its sizes, and a backup.
final class StoreDesk: Sendable {
    private enum Backup: Sendable {
        case none
        case running(target: String)
        case done(JSONValue)
        case failed(String)
    }

    private let store: SQLiteStore
    private let config: GatewayConfig
    private let backup = Mutex(Backup.none)

    init(store: SQLiteStore, config: GatewayConfig) {
        self.store = store
        self.config = config
    }

    /// Nil when the request is about something else.
    func handle(_ request: WireRequest) async -> WireReply? {
        switch (request.method, request.path) {
        case ("GET", "/store"): return await report()
        case ("POST", "/backup"): return begin(request.body)
        case ("GET", "/backup"): return progress()
        default: return nil
        }
    }

    private func report() async -> WireReply {
        do throws(StoreError) {
            return reply(200, StorePage.json(try await store.report(config.retention), config.retention))
        } catch {
            return reply(503, ["error": .string("the store is not available: \(error)")])
        }
    }

    /// A backup takes as long as its disk: it is begun here and asked after.
    private func begin(_ body: [UInt8]) -> WireReply {
        guard let target = try? JSONValue.parse(body)["target"]?.string, target.hasPrefix("/") else {
            return reply(400, ["error": "backup needs target, a folder's whole path"])
        }
        let isFirst = backup.withLock { backup in
            if case .running = backup { return false }
            backup = .running(target: target)
            return true
        }
        guard isFirst else { return reply(409, ["error": "a backup is being made"]) }
        Task { [store, config] in
            let result: Backup
            do {
                result = .done(try await BackupRun(store: store, config: config).make(target).json)
            } catch let failure as Failure {
                result = .failed(failure.description)
            } catch {
                result = .failed("\(error)")
            }
            self.backup.withLock { $0 = result }
        }
        return reply(202, ["status": "running"])
    }

    private func progress() -> WireReply {
        switch backup.withLock({ $0 }) {
        case .none: reply(404, ["error": "no backup was asked for"])
        case .running(let target): reply(200, ["status": "running", "target": .string(target)])
        case .done(let manifest): reply(200, ["status": "done", "manifest": manifest])
        case .failed(let why): reply(200, ["status": "failed", "error": .string(why)])
        }
    }

    private func reply(_ status: Int, _ value: JSONValue) -> WireReply {
        WireReply(status: status, headers: [WireHeader("Content-Type", "application/json")], body: value.bytes())
    }
}

/// Makes one backup of an open store.
struct BackupRun: Sendable {
    let store: SQLiteStore
    let config: GatewayConfig

    func make(_ target: String) async throws -> BackupManifest {
        // What is committed later may or may not be in it.
        let taken = WallClock.now()
        let cut: BackupCut
        do throws(StoreError) {
            cut = try await store.backup(to: target)
        } catch {
            throw Failure.usage("no backup was made: \(error)")
        }
        let (folder, node) = (config.folder, config.node)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        try BackupFolder(target).seal(
                            cut, from: folder, program: Interlock.configuration.version, node: node, takenAt: taken)
                    })
            }
        }
    }
}

/// Sizes of a store, as JSON and as text.
enum StorePage {
    static func json(_ report: StoreReport, _ policy: RetentionPolicy) -> JSONValue {
        let files = report.files.map { file -> JSONValue in
            ["name": .string(file.name), "bytes": .integer(file.bytes), "logBytes": .integer(file.logBytes)]
        }
        let classes = zip(policy.values, report.removable.values).map { kept, removable -> JSONValue in
            .members([
                "class": .string(kept.name), "days": kept.days.map { .integer($0) } ?? .string("forever"),
                "removable": .integer(removable.count),
            ])
        }
        return [
            "files": .array(files), "freeBytes": .integer(report.freeBytes), "retention": .array(classes),
        ]
    }

    static func text(_ json: JSONValue) -> String {
        func megabytes(_ value: JSONValue?) -> String {
            String(format: "%.1f MB", Double(value?.int ?? 0) / Double(1 << 20))
        }
        var lines = (json["files"]?.array ?? []).map { file in
            "\(column(file["name"]?.string ?? "", 20)) \(column(megabytes(file["bytes"]), 14)) "
                + "log \(megabytes(file["logBytes"]))"
        }
        lines.append("\(column("free on the disk", 20)) \(megabytes(json["freeBytes"]))")
        lines.append("")
        for row in json["retention"]?.array ?? [] {
            let days = row["days"]?.int.map { "\($0) days" } ?? "for ever"
            lines.append(
                "\(column(row["class"]?.string ?? "", 20)) \(column("kept \(days)", 16)) "
                    + "\(row["removable"]?.number ?? "0") would be removed now")
        }
        return lines.joined(separator: "\n")
    }

    private static func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

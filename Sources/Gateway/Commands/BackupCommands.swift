import ArgumentParser
import EdgeHTTP
import FormatJSON
import Foundation
import Payments
import StoreSQLite

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the journal and the tenants' databases as they are at one moment.",
        discussion: """
            While the gateway runs it makes the backup itself, and payments go on. TARGET is a folder that is empty or
            not there yet, on the gateway's machine. Its manifest.json is written last and holds the hash of every file:
            a folder without it is no backup. Keep backups away from this machine; they hold all that the bank's
            customers paid.

            Example: interlock backup /backups/monday --config interlock.yaml
            """)

    @Argument(help: "The folder to write to.") var target: String
    @Option(help: "The configuration of the gateway.") var config: String
    @Flag(help: "For programs: the manifest.") var json = false

    /// Milliseconds between two questions whether it is done.
    private static let pauseMilliseconds = 200

    func run() async throws {
        let config = try Reporting.configuration(config)
        let target = URL(fileURLWithPath: target).standardizedFileURL.path
        let answer = try await Reporting.attempt { try await make(target, config) }
        guard let manifest = BackupManifest(answer) else {
            throw Failure.usage("the gateway's answer cannot be read")
        }
        if json { return Reporting.print(answer.description) }
        Reporting.print(
            """
            backed up to \(target): \(manifest.files.count) files, \(manifest.bytes >> 20) MB, \
            \(manifest.tenants.count) tenants, \(manifest.openPayments) open payments, commit \(manifest.position)
            """)
    }

    private func make(_ target: String, _ config: GatewayConfig) async throws -> JSONValue {
        let doubt = "Without a manifest.json \(target) is no backup."
        return try await OperatorSocket.with(config) { line in
            let begun = try await line.ask("POST", "/backup", body: ["target": .string(target)], doubt: doubt)
            guard begun != nil else { return try await offline(config, target) }
            while let state = try await line.ask("GET", "/backup", doubt: doubt) {
                if let manifest = state["manifest"] { return manifest }
                try await Task.sleep(for: .milliseconds(BackupCommand.pauseMilliseconds))
            }
            throw Failure.usage("the gateway ended while it made the backup: \(target) is no backup")
        }
    }

    private func offline(_ config: GatewayConfig, _ target: String) async throws -> JSONValue {
        guard FileManager.default.fileExists(atPath: "\(config.folder)/journal.sqlite") else {
            throw Failure.usage("there is nothing to back up in \(config.folder)")
        }
        Reporting.complain("no gateway runs on \(config.folder): reading its store")
        let store = try await SQLiteStore.open(
            folder: config.folder, node: "\(config.node)-backup", tenants: config.tenants.map(\.name))
        do {
            let manifest = try await BackupRun(store: store, config: config).make(target)
            await store.close()
            return manifest.json
        } catch {
            await store.close()
            throw error
        }
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a state folder of a backup.",
        discussion: """
            Every file is held against the manifest first; a backup that is torn or was changed is refused, and FOLDER
            is not made. FOLDER is empty or not there: the folder that the configuration names. No gateway may run on
            it.

            What happened after the backup is not in it. The next start asks the networks and core banks about orders
            that had left by then, and parks every payment whose order had not: it may have left later. Those are
            decided one by one, by the networks' reports. Payments that came after the backup are not known any more: a
            network's enquiry about them is answered so, and a repeat of one of them is a new payment.

            Example: interlock restore /backups/monday /var/lib/interlock
            """)

    @Argument(help: "The folder of the backup.") var source: String
    @Argument(help: "The state folder to make.") var folder: String
    @Flag(help: "Only hold the backup against its manifest.") var check = false

    func run() async throws {
        try await Reporting.attempt {
            let backup = BackupFolder(URL(fileURLWithPath: source).standardizedFileURL.path)
            let manifest = try backup.verified()
            let about = "the backup of \(manifest.node) of \(manifest.takenAt.text), commit \(manifest.position)"
            if check { return Reporting.print("\(about): all \(manifest.files.count) files are as they were written") }
            let report = try await backup.restore(
                manifest, to: URL(fileURLWithPath: folder).standardizedFileURL.path)
            Reporting.print(
                """
                restored \(about), to \(folder): \(report.payments) payments, \(report.openPayments) of them open
                What happened after \(manifest.takenAt.text) is not in it. The next start asks about what had left by
                then and parks what had not: see interlock payments list --stuck.
                """)
        }
    }
}

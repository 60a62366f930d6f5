import ArgumentParser
import EdgeHTTP
import FormatJSON
import Foundation
import Payments
import StoreSQLite

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Look after the databases.", subcommands: [Show.self, Rebuild.self],
        defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How large they are, and what retention would remove now.",
            discussion: "Example: interlock store --config interlock.yaml")
        @Option(help: "The configuration of the gateway.") var config: String
        @Flag(help: "For programs.") var json = false

        func run() async throws {
            let config = try Reporting.configuration(config)
            let answer = try await OperatorLine(config).call("GET", "/store", withinMilliseconds: 600_000) { desk in
                StorePage.json(try await desk.store.report(config.retention), config.retention)
            }
            Reporting.print(json ? answer.description : StorePage.text(answer))
        }
    }

    struct Rebuild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a tenant's view anew from the journal. The gateway must not run meanwhile.",
            discussion: "Example: interlock store rebuild bank-a --config interlock.yaml")
        @Argument(help: "The tenant.") var tenant: String
        @Option(help: "The configuration of the gateway.") var config: String

        func run() async throws {
            let config = try Reporting.configuration(config)
            let tenants = config.tenants.map(\.name)
            guard tenants.contains(tenant) else {
                Reporting.complain(
                    "there is no tenant \(tenant): the configuration has \(tenants.joined(separator: ", "))")
                throw ExitCode(1)
            }
            try await Reporting.attempt {
                let store = try await SQLiteStore.open(
                    folder: config.folder, node: "\(config.node)-rebuild", tenants: config.tenants.map(\.name))
                do {
                    let report = try await store.rebuild(tenant: tenant) { progress in
                        Reporting.complain(words(progress))
                    }
                    await store.close()
                    Reporting.print("rebuilt \(tenant): \(words(report))")
                } catch {
                    await store.close()
                    throw Failure.usage("\(tenant) was not rebuilt: \(words(error))")
                }
            }
        }

        private func words(_ report: RebuildReport) -> String {
            "\(report.payments) payments, \(report.messages) messages, \(report.auditEntries) audit entries"
        }

        private func words(_ error: any Error) -> String {
            switch error as? StoreError {
            case .unavailable(let why): "the store is not available: \(why)"
            case .unknown(let why): "what became of it is not known: \(why)"
            case .corrupt(let why): "the store is damaged: \(why)"
            case .tenantUnknown(let name): "the store has no tenant \(name)"
            case .closed: "the store was closed"
            case nil: "\(error)"
            }
        }
    }
}

import ArgumentParser
import EdgeHTTP
import Foundation
import StoreSQLite

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Look after the databases.", subcommands: [Rebuild.self])

    struct Rebuild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a tenant's view anew from the journal. The gateway must not run meanwhile.",
            discussion: "Example: interlock store rebuild bank-a --config interlock.yaml")
        @Argument(help: "The tenant.") var tenant: String
        @Option(help: "The configuration of the gateway.") var config: String

        func run() async throws {
            let config = try Reporting.configuration(config)
            try await Reporting.attempt {
                let store = try await SQLiteStore.open(
                    folder: config.folder, node: "\(config.node)-rebuild", tenants: config.tenants.map(\.name))
                do {
                    let report = try await store.rebuild(tenant: tenant) { progress in
                        Reporting.complain("\(progress)")
                    }
                    await store.close()
                    Reporting.print("rebuilt \(tenant): \(report)")
                } catch {
                    await store.close()
                    throw Failure.usage("\(tenant) was not rebuilt: \(error)")
                }
            }
        }
    }
}

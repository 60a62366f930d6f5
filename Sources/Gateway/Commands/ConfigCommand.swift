import ArgumentParser
import Foundation
import Mapping

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check a configuration, or print an annotated example.",
        subcommands: [Check.self, Example.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Read the configuration, its secrets, tables and routes as a start would; every error with its line.")
        @Argument(help: "The configuration, one YAML file.") var config: String

        func run() async throws {
            let config = try Reporting.configuration(config)
            try await Reporting.attempt {
                let tables = try Tables.read(mappings: config.mappings, schemas: config.schemas)
                let routes = try tables.routes(path: config.routes, networks: Set(config.networks.map(\.name)))
                _ = try Assembly.world(config, tables, routes) { name, _ in tables.flows[name] }
            }
            let (tenants, networks, banks) = (config.tenants.count, config.networks.count, config.coreBanks.count)
            Reporting.print("ok: \(tenants) tenants, \(networks) networks, \(banks) core banks")
        }
    }

    struct Example: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a configuration with every setting explained.")

        func run() async throws { Reporting.print(ExampleConfig.text) }
    }
}

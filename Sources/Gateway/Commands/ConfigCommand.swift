import ArgumentParser
import Foundation
import Mapping

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check a configuration, or print an annotated example.",
        subcommands: [Check.self, Example.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read the configuration as a start would; every error at once, each with its line.",
            discussion: """
                Looks at the settings, secrets, certificates and keys, addresses, tables and routes. Nothing is
                started and nobody is called.

                Example: interlock config check interlock.yaml
                """)
        @Argument(help: "The configuration, one YAML file.") var config: String
        @Flag(help: "As for `serve --insecure-loopback`: plain HTTP on this machine is no error.")
        var insecureLoopback = false

        func run() async throws {
            let (read, findings) = ConfigReader.examine(
                path: config, for: .run(insecureLoopback: insecureLoopback))
            var faults = findings.sorted.map(\.description)
            if let read { faults += ConfigCommand.tableFaults(read) }
            guard let config = read, faults.isEmpty else {
                Reporting.complain(faults.joined(separator: "\n"))
                throw ExitCode(1)
            }
            let (tenants, networks, banks) = (config.tenants.count, config.networks.count, config.coreBanks.count)
            Reporting.print("ok: \(tenants) tenants, \(networks) networks, \(banks) core banks")
        }
    }

    /// What is wrong with the tables and the routes, which other files hold.
    private static func tableFaults(_ config: GatewayConfig) -> [String] {
        let files = FileManager.default
        // What is not there has its problem, at the setting that names it.
        guard files.fileExists(atPath: config.mappings), files.fileExists(atPath: config.schemas) else { return [] }
        do {
            let tables = try Tables.read(mappings: config.mappings, schemas: config.schemas, .everything)
            let networks = Set(config.networks.map(\.name).filter { !$0.isEmpty })
            guard files.isReadableFile(atPath: config.routes) else { return [] }
            _ = try tables.routes(path: config.routes, networks: networks)
            return try Controls(config, now: WallClock.now()).faults(tables).map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    struct Example: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a configuration with every setting explained.")

        func run() async throws { Reporting.print(ExampleConfig.text) }
    }
}

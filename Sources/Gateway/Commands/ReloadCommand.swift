import ArgumentParser
import EdgeHTTP
import FormatJSON
import Foundation
import Payments

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Let the running gateway read its tables anew, without a stop.",
        discussion: """
            Reads mappings, schemas, routes and the other tables that the configuration names. When one of them has a
            fault, nothing is exchanged: the tables in use stay, and every fault is told with file, line and column,
            here and in the log. Payments in flight end with the tables that they began with. SIGHUP does the same.

            Exit code 0: the new tables are in use, or nothing had changed; 1: they have faults, or no gateway runs.

            Examples:
              interlock reload --check --config interlock.yaml
              interlock reload --config interlock.yaml
            """)

    @Option(help: "The configuration of the gateway.") var config: String
    @Flag(help: "Only tell what a reload would change: hashes, and rows added and removed in each table.")
    var check = false
    @Flag(help: "For programs.") var json = false

    func run() async throws {
        let config = try Reporting.configuration(config)
        let report = try await Reporting.attempt { try await ask(config) }
        let text = json ? report.description : ReloadReport.text(report)
        if report["outcome"]?.string == "refused" || report["outcome"]?.string == "busy" {
            if json { Reporting.print(text) } else { Reporting.complain(text) }
            throw ExitCode(1)
        }
        Reporting.print(text)
    }

    private func ask(_ config: GatewayConfig) async throws -> JSONValue {
        let answer = try await OperatorSocket.with(config) { line in
            try await line.ask(
                "POST", check ? "/tables/check" : "/tables/reload", withinMilliseconds: 120_000,
                doubt: "Its log says whether it reloaded.")
        }
        guard let answer else {
            throw Failure.usage(
                "no gateway runs on \(config.folder): it reads the tables when it starts; see interlock tables check")
        }
        return answer
    }
}

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
        let client = try EdgeClient(to: try EdgeDestination("unix:\(config.operatorSocket)"))
        let request = WireRequest(method: "POST", path: check ? "/tables/check" : "/tables/reload", query: "")
        let outcome = await client.send(request, timeoutMilliseconds: 120_000)
        await client.shutdown()
        switch outcome {
        case .replied(let reply):
            guard let json = try? JSONValue.parse(reply.body) else {
                throw Failure.usage("the gateway's answer cannot be read")
            }
            if let error = json["error"]?.string { throw Failure.usage(error) }
            return json
        case .unknown(let why):
            throw Failure.usage("the gateway did not answer in full: \(why). Its log says whether it reloaded.")
        case .notSent:
            throw Failure.usage(
                "no gateway runs on \(config.folder): it reads the tables when it starts; see interlock tables check")
        }
    }
}

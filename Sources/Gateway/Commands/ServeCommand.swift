import ArgumentParser
import EdgeHTTP
import Foundation
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the gateway until SIGTERM or SIGINT.",
        discussion: """
            A stop (SIGTERM or SIGINT) drains: new payments are refused as busy, answers to those in flight are taken
            until nothing more is to be expected or the configured time is over, then the process ends. What is open
            by then is durable and goes on after the next start. A second signal ends the drain at once.
            Logs are JSON lines on standard error; the first line on standard output tells where it listens.
            """)

    @Option(help: "The configuration, one YAML file.")
    var config: String

    @Flag(help: "Plain HTTP on 127.0.0.1, without TLS. For trying things on one machine only.")
    var insecureLoopback = false

    @Option(help: "trace, debug, info, notice, warning or error.")
    var logLevel = "info"

    func run() async throws {
        SpareMemory.shareArenas()
        EdgeLoops.use(GatewayConfig.halfTheCores)
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("\(logLevel) is no log level")
        }
        LoggingSystem.bootstrap { label in JSONLineHandler(label: label) }
        var logger = Logger(label: "interlock")
        logger.logLevel = level
        signal(SIGPIPE, SIG_IGN)
        let config = try Reporting.configuration(config, for: .run(insecureLoopback: insecureLoopback))
        let assembly = try await Reporting.attempt {
            try await Assembly.make(config, insecureLoopback: insecureLoopback, logger: logger)
        }
        try await Reporting.attempt {
            let serving: Serving
            do {
                serving = try Serving(assembly, insecureLoopback: insecureLoopback)
            } catch {
                await assembly.close()
                throw error
            }
            try await serving.run()
        }
    }
}

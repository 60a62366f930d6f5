import ArgumentParser
import ChannelAPI
import EdgeHTTP
import Foundation
import Logging
import Mapping
import Payments
import PaymentsEngine
import ServiceLifecycle
import StoreSQLite
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the gateway until SIGTERM or SIGINT.",
        discussion: """
            A stop drains: nothing new is accepted, what is in flight is answered or durable, then the process ends.
            Logs are JSON lines on standard error; the first line on standard output tells where it listens.
            """)

    @Option(help: "The configuration, one YAML file.")
    var config: String

    @Flag(help: "Plain HTTP on 127.0.0.1, without TLS. For trying things on one machine only.")
    var insecureLoopback = false

    @Option(help: "trace, debug, info, notice, warning or error.")
    var logLevel = "info"

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("\(logLevel) is no log level")
        }
        LoggingSystem.bootstrap { label in JSONLineHandler(label: label) }
        var logger = Logger(label: "interlock")
        logger.logLevel = level
        signal(SIGPIPE, SIG_IGN)
        let config = try Reporting.configuration(config)
        try Serving.checkListeners(config, insecureLoopback: insecureLoopback)
        let assembly = try await Reporting.attempt {
            try await Assembly.make(config, insecureLoopback: insecureLoopback, logger: logger)
        }
        try await Serving(assembly: assembly, insecureLoopback: insecureLoopback).run()
    }
}

/// The running process: three listeners and the engine, stopped in order.
struct Serving: Sendable {
    let assembly: Assembly
    let insecureLoopback: Bool

    static func checkListeners(_ config: GatewayConfig, insecureLoopback: Bool) throws {
        for (name, listener) in [("scheme", config.scheme), ("channel", config.channel)] {
            if insecureLoopback {
                guard listener.host == "127.0.0.1" else {
                    throw ValidationError(
                        "--insecure-loopback binds to 127.0.0.1 only; \(name).host is \(listener.host)")
                }
            } else if listener.certificate == nil || (name == "scheme" && listener.clientRoots == nil) {
                let needs = name == "scheme" ? "certificate, key and clientRoots" : "certificate and key"
                throw ValidationError("\(name).tls needs \(needs), or use --insecure-loopback on one machine")
            }
        }
    }

    func run() async throws {
        let health = Health(engine: assembly.engine, store: assembly.store)
        let scheme = try server(assembly.config.scheme) { request, peer in
            if let reply = await health.reply(to: request) { return reply }
            return await assembly.scheme.handle(request, peer)
        }
        let channel = try server(assembly.config.channel) { request, _ in
            if let reply = await health.reply(to: request) { return reply }
            return await assembly.channel.handle(request)
        }
        let desk = OperatorDesk(
            engine: assembly.engine, tenants: assembly.config.tenants.map(\.name), explain: assembly.routes.misses)
        let operators = try EdgeServer(
            EdgeListener(.unixSocket(path: assembly.config.operatorSocket)), logger: assembly.logger
        ) { request, _ in await desk.handle(request) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: EngineService(assembly: assembly)), .init(service: operators),
                    .init(service: channel), .init(service: scheme),
                    .init(service: Announcement(scheme: scheme, channel: channel, config: assembly.config)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: assembly.logger))
        try await group.run()
    }

    private func server(_ listener: ListenerConfig, handler: @escaping EdgeHandler) throws -> EdgeServer {
        var tls: EdgeListenerTLS?
        if let certificate = listener.certificate, let key = listener.key, !insecureLoopback {
            tls = EdgeListenerTLS(
                certificateChainPath: certificate, privateKeyPath: key, clientTrustRootsPath: listener.clientRoots)
        }
        return try EdgeServer(
            EdgeListener(.tcp(host: listener.host, port: listener.port), tls: tls), logger: assembly.logger,
            handler: handler)
    }
}

/// The engine and what it stands on. It is the first service, so it stops last, when nobody can send anything new.
private struct EngineService: Service {
    let assembly: Assembly

    func run() async throws {
        await withGracefulShutdownHandler {
            await assembly.engine.run()
        } onGracefulShutdown: {
            Task { await assembly.engine.drain() }
        }
        await assembly.transport.shutdown()
        await assembly.store.close()
    }
}

/// Tells on standard output where the gateway listens, once it does.
private struct Announcement: Service {
    let scheme: EdgeServer
    let channel: EdgeServer
    let config: GatewayConfig

    func run() async throws {
        let (schemePort, channelPort) = (try await scheme.port, try await channel.port)
        let line =
            "{\"ready\":true,\"scheme\":\"\(config.scheme.host):\(schemePort)\","
            + "\"channel\":\"\(config.channel.host):\(channelPort)\",\"operator\":\"\(config.operatorSocket)\"}\n"
        FileHandle.standardOutput.write(Data(line.utf8))
        try await gracefulShutdown()
    }
}

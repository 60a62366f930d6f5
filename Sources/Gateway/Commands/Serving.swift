import ChannelAPI
import EdgeHTTP
import Foundation
import Logging
import Mapping
import Payments
import PaymentsEngine
import StoreSQLite
import UnixSignals

/// The running process: three doors and the engine, opened and closed in order.
struct Serving: Sendable {
    private let assembly: Assembly
    private let operators: EdgeServer
    /// Monitoring over TCP, where it is configured.
    private let monitoring: EdgeServer?
    private let operations: Operations
    private let scheme: EdgeServer
    private let channel: EdgeServer

    /// Time that requests which are still being read or answered get once the drain has ended.
    private static let lastAnswersMilliseconds: Int64 = 5_000

    init(_ assembly: Assembly, insecureLoopback: Bool) throws {
        self.assembly = assembly
        let operations = Operations(assembly)
        let health = operations.health
        self.operations = operations
        scheme = try Serving.server(
            assembly.config.scheme, assembly, insecureLoopback,
            refuse: { reason, request, peer in assembly.scheme.refuse(EdgeFault(reason), request, peer) },
            handler: { request, peer in
                if let reply = await health.reply(to: request, isOperator: false) { return reply }
                return await assembly.scheme.handle(request, peer)
            })
        channel = try Serving.server(
            assembly.config.channel, assembly, insecureLoopback,
            refuse: { reason, _, _ in EdgeFault(reason).problem },
            streaming: { request, _ in
                if let reply = await health.reply(to: request, isOperator: false) { return .whole(reply) }
                switch await assembly.channel.handle(request) {
                case .whole(let reply): return .whole(reply)
                case .stream(let stream):
                    return .stream(EdgeStream(headers: stream.headers, next: stream.next, ended: stream.ended))
                }
            })
        let desk = OperatorDesk(
            engine: assembly.engine, tenants: assembly.config.tenants.map(\.name), explain: assembly.tables.misses,
            tables: TablesDesk(tables: assembly.tables),
            controls: ControlsDesk(
                engine: assembly.engine, controls: assembly.controls, tenants: assembly.config.tenants.map(\.name)))
        let storeDesk = StoreDesk(store: assembly.store, config: assembly.config)
        operators = try EdgeServer(
            EdgeListener(.unixSocket(path: assembly.config.operatorSocket)), logger: assembly.logger
        ) { request, _ in
            if let reply = await operations.handle(request) { return reply }
            if let reply = await storeDesk.handle(request) { return reply }
            return await desk.handle(request)
        }
        monitoring = try assembly.config.operators.map { listener in
            try Serving.server(
                listener, assembly, insecureLoopback, refuse: { _, _, _ in nil },
                handler: { request, _ in await operations.handleMonitoring(request) })
        }
        operations.watch(doors(insecureLoopback))
    }

    /// The doors with TLS, for the watch over their files.
    private func doors(_ insecureLoopback: Bool) -> [CertificateWatch.Endpoint] {
        let config = assembly.config
        var doors: [(String, ListenerConfig, EdgeServer)] = [
            ("scheme", config.scheme, scheme), ("channel", config.channel, channel),
        ]
        if let listener = config.operators, let monitoring { doors.append(("operators", listener, monitoring)) }
        return doors.compactMap { name, listener, server in
            guard listener.certificate != nil, !insecureLoopback else { return nil }
            return CertificateWatch.Endpoint(
                name: name, certificate: listener.certificate, key: listener.key, roots: listener.clientRoots,
                revoked: listener.revoked, reload: { () throws(EdgeFailure) in try server.reload() })
        }
    }

    private static func server(
        _ listener: ListenerConfig, _ assembly: Assembly, _ insecureLoopback: Bool,
        refuse: @escaping @Sendable (EdgeRefusal, WireRequest, EdgePeer) -> WireReply?, handler: @escaping EdgeHandler
    ) throws -> EdgeServer {
        try server(
            listener, assembly, insecureLoopback, refuse: refuse, streaming: { .whole(await handler($0, $1)) })
    }

    private static func server(
        _ listener: ListenerConfig, _ assembly: Assembly, _ insecureLoopback: Bool,
        refuse: @escaping @Sendable (EdgeRefusal, WireRequest, EdgePeer) -> WireReply?,
        streaming handler: @escaping EdgeStreamHandler
    ) throws -> EdgeServer {
        var tls: EdgeListenerTLS?
        if let certificate = listener.certificate, let key = listener.key, !insecureLoopback {
            tls = EdgeListenerTLS(
                certificateChainPath: certificate, privateKeyPath: key, clientTrustRootsPath: listener.clientRoots,
                revokedPath: listener.revoked)
        }
        var limits = EdgeLimits()
        // Orders that hold their connection open must not keep out the answers that they wait for; how many payments
        // may be in flight is the engine's to say, in the scheme's own words.
        limits.requestsInFlight = limits.connections
        return try EdgeServer(
            EdgeListener(.tcp(host: listener.host, port: listener.port), tls: tls, limits: limits),
            logger: assembly.logger, refuse: refuse, streaming: handler)
    }

    /// What ends first tells why the process ends.
    private enum Ended: Sendable {
        case signal
        case door(String, (any Error)?)
        case engine
        /// Nothing that matters here.
        case other
    }

    /// Serves until a signal, or until a door breaks. While the engine drains the doors stay open: answers to payments
    /// in flight come in by them. Every door is open before the engine sends anything and before
    /// "ready" is said.
    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        var failure: (any Error)?
        await withTaskGroup(of: Ended.self) { group in
            var doors = [("operator", operators), ("channel", channel), ("scheme", scheme)]
            if let monitoring { doors.append(("operators", monitoring)) }
            for (name, door) in doors {
                group.addTask {
                    do {
                        try await door.run()
                        return .door(name, nil)
                    } catch {
                        return .door(name, error)
                    }
                }
            }
            do {
                try await announce()
                group.addTask {
                    await assembly.engine.run()
                    return .engine
                }
                group.addTask {
                    await operations.run()
                    return .other
                }
                group.addTask {
                    await assembly.webhooks.run()
                    return .other
                }
                group.addTask {
                    await SpareMemory.keepGivingBack()
                    return .other
                }
                let (stops, stop) = AsyncStream.makeStream(of: Never.self)
                group.addTask {
                    for await _ in stops {}
                    return .signal
                }
                group.addTask {
                    await obey(signals, stop)
                    return .other
                }
                while let ended = await group.next() {
                    if case .other = ended { continue }
                    if case .door(let name, let error) = ended { failure = error ?? Failure.usage("\(name) closed") }
                    break
                }
                await assembly.engine.drain(within: assembly.config.drainMilliseconds)
            } catch {
                failure = error
            }
            await shut()
            group.cancelAll()
        }
        await assembly.close()
        if let failure { throw failure }
    }

    /// SIGHUP reloads the tables. The first of the other signals begins a stop, the next one ends its drain.
    private func obey(_ signals: UnixSignalsSequence, _ stop: AsyncStream<Never>.Continuation) async {
        await withDiscardingTaskGroup { group in
            for await signal in signals {
                guard signal != .sighup else {
                    operations.reloadCertificates()
                    // A stop need not wait for it.
                    group.addTask { _ = await assembly.tables.reload() }
                    continue
                }
                assembly.logger.notice("stopping", metadata: ["signal": "\(signal)"])
                if assembly.engine.isDraining { assembly.engine.hurry() }
                stop.finish()
            }
        }
    }

    /// Tells on standard output where the gateway listens, once every door is open.
    private func announce() async throws {
        let config = assembly.config
        _ = try await operators.port
        let channelPort = try await Serving.port(channel, "channel")
        let schemePort = try await Serving.port(scheme, "scheme")
        var metrics = ""
        if let monitoring, let listener = config.operators {
            metrics = ",\"operators\":\"\(listener.host):\(try await Serving.port(monitoring, "operators"))\""
        }
        SpareMemory.giveBack()
        let line =
            "{\"ready\":true,\"scheme\":\"\(config.scheme.host):\(schemePort)\","
            + "\"channel\":\"\(config.channel.host):\(channelPort)\""
            + ",\"operator\":\"\(config.operatorSocket)\"\(metrics)}\n"
        FileHandle.standardOutput.write(Data(line.utf8))
    }

    private static func port(_ server: EdgeServer, _ name: String) async throws -> Int {
        do {
            return try await server.port
        } catch {
            throw Failure.usage("\(name): \(error)")
        }
    }

    // MARK: stopping

    /// Answers what is still being asked, closes the doors and lets the engine store what it has.
    private func shut() async {
        assembly.channel.endStreams()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                async let channel: Void = channel.shutdown()
                await scheme.shutdown()
                await channel
                return true
            }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(Serving.lastAnswersMilliseconds))
                return false
            }
            if await group.next() == false { assembly.logger.warning("connections were cut: they took too long") }
            group.cancelAll()
        }
        await operators.shutdown()
        await monitoring?.shutdown()
        assembly.engine.close()
        let open = (try? await assembly.store.openPayments()) ?? assembly.engine.openPayments
        assembly.logger.notice(
            "stopped", metadata: ["openPayments": "\(open)", "refusedMessages": "\(assembly.engine.refusedMessages)"])
    }
}

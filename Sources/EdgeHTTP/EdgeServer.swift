import Glibc
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import Payments
public import ServiceLifecycle
import Synchronization

/// An HTTP/1.1 server on one listener. `run()` serves until the graceful shutdown of its service group, or of
/// `shutdown()`: then nothing more is accepted, requests in flight are answered, and connections close.
public final class EdgeServer: Service {
    private let listener: EdgeListener
    private let logger: Logger
    private let serve: @Sendable () async throws -> Void
    private let stop: @Sendable () async throws -> Void
    private let keys: EdgeServerKeys?
    private let binding: EdgeBinding
    private let didRun = Atomic(false)

    /// - Parameters:
    ///   - admission: shared with other servers, or this server's own by the listener's limits.
    ///   - refuse: a scheme's own words for what the edge refuses; nil gives the standard answer.
    public init(
        _ listener: EdgeListener, admission: EdgeAdmission? = nil,
        logger: Logger = Logger(label: "edge", factory: { _ in SwiftLogNoOpLogHandler() }),
        refuse: @escaping @Sendable (EdgeRefusal, WireRequest, EdgePeer) -> WireReply? = { _, _, _ in nil },
        streaming handler: @escaping EdgeStreamHandler
    ) throws(EdgeFailure) {
        let limits = listener.limits
        let isMutual = listener.tls?.clientTrustRootsPath != nil
        let responder = EdgeResponder(
            limits: limits, requiresCertificate: isMutual,
            admission: admission
                ?? EdgeAdmission(requests: limits.requestsInFlight, bodyBytes: limits.bodyBytesInFlight),
            refuse: refuse, handler: handler, logger: logger)
        let channel = EdgeChannel(responder: responder, isMutual: isMutual)
        let binding = EdgeBinding()
        if let tls = listener.tls {
            let keys = try EdgeServerKeys(tls)
            let secured = EdgeSecuredChannel(base: channel, keys: keys, isMutual: isMutual)
            (serve, stop) = Self.actions(secured, listener, binding, logger)
            self.keys = keys
        } else {
            (serve, stop) = Self.actions(channel, listener, binding, logger)
            keys = nil
        }
        self.listener = listener
        self.logger = logger
        self.binding = binding
    }

    /// A server whose answers are all whole.
    public convenience init(
        _ listener: EdgeListener, admission: EdgeAdmission? = nil,
        logger: Logger = Logger(label: "edge", factory: { _ in SwiftLogNoOpLogHandler() }),
        refuse: @escaping @Sendable (EdgeRefusal, WireRequest, EdgePeer) -> WireReply? = { _, _, _ in nil },
        handler: @escaping EdgeHandler
    ) throws(EdgeFailure) {
        try self.init(
            listener, admission: admission, logger: logger, refuse: refuse,
            streaming: { .whole(await handler($0, $1)) })
    }

    /// The port in use, as soon as there is one; 0 for a socket file. Throws what `run()` throws when it cannot listen.
    public var port: Int {
        get async throws { try await binding.port }
    }

    /// Listens and serves; returns when everything is closed.
    public func run() async throws {
        guard !didRun.exchange(true, ordering: .relaxed) else { throw EdgeFailure.alreadyRan }
        do {
            if case .unixSocket(let path) = listener.address { try await EdgeUnixSocket.prepare(path) }
            try await serve()
        } catch let failure as EdgeFailure {
            binding.fail(failure)
            throw failure
        } catch {
            let failure = EdgeFailure.cannotListen(address: "\(listener.address)", reason: Self.words(error))
            binding.fail(failure)
            throw failure
        }
        binding.fail(.cannotListen(address: "\(listener.address)", reason: "shut down"))
        if case .unixSocket(let path) = listener.address { EdgeUnixSocket.remove(path) }
    }

    /// Reads the certificate files anew, for connections from now on; a kept one whose certificate was taken back ends
    /// with its next bytes. When the files cannot be used the old ones stay.
    public func reload() throws(EdgeFailure) { try keys?.reload() }

    /// Graceful shutdown for a server that runs outside a service group; returns when it is complete.
    public func shutdown() async {
        do {
            try await stop()
        } catch {
            logger.error("shutdown", metadata: ["listener": "\(listener.address)", "error": "\(error)"])
        }
    }

    private static func actions<Channel: ServerChildChannel>(
        _ channel: Channel, _ listener: EdgeListener, _ binding: EdgeBinding, _ logger: Logger
    ) -> (@Sendable () async throws -> Void, @Sendable () async throws -> Void) {
        let address: BindAddress =
            switch listener.address {
            case .tcp(let host, let port): .hostname(host, port: port)
            case .unixSocket(let path): .unixDomainSocket(path: path)
            }
        let server = Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(
                address: address, backlog: 1024,
                availableConnectionsDelegate: .maximum(connectionLimit(listener.limits), logger: logger)),
            onServerRunning: { channel in await accept(on: channel, listener, binding, logger) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        return ({ try await server.run() }, { try await server.shutdownGracefully() })
    }
}

extension EdgeServer {
    /// What the system said, for the person who chose the address.
    private static func words(_ error: any Error) -> String {
        guard let failure = error as? IOError else { return "\(error)" }
        switch failure.errnoCode {
        case EADDRINUSE: return "the address is in use by another process"
        case EADDRNOTAVAIL: return "this machine has no such address"
        case EACCES: return "this user may not use the port"
        default: return String(cString: strerror(failure.errnoCode))
        }
    }

    /// Half of what the process may open at all: stores and outgoing connections need the rest.
    private static func connectionLimit(_ limits: EdgeLimits) -> Int {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return limits.connections }
        return min(limits.connections, max(1, Int(clamping: files.rlim_cur) / 2))
    }

    /// Completes the listening socket before the first connection is taken.
    private static func accept(
        on channel: any NIOCore.Channel, _ listener: EdgeListener, _ binding: EdgeBinding, _ logger: Logger
    ) async {
        do {
            if case .unixSocket(let path) = listener.address { try EdgeUnixSocket.protect(path) }
            // A failed accept, as when no file descriptor is free, must neither end the server nor make it spin.
            try await channel.eventLoop.submit {
                let patience = AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { error in
                    logger.warning("cannot accept", metadata: ["error": "\(error)"])
                    return .milliseconds(200)
                }
                try channel.pipeline.syncOperations.addHandler(patience, position: .first)
            }.get()
            binding.succeed(channel.localAddress?.port ?? 0)
        } catch {
            let failure = EdgeFailure.cannotListen(address: "\(listener.address)", reason: "\(error)")
            binding.fail(error as? EdgeFailure ?? failure)
            channel.close(promise: nil)
        }
    }
}

/// The port of a server that may not be listening yet.
final class EdgeBinding: Sendable {
    private enum State {
        case waiting([CheckedContinuation<Int, any Error>])
        case known(Result<Int, any Error>)
    }

    private let state = Mutex(State.waiting([]))

    var port: Int {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let known: Result<Int, any Error>? = state.withLock { state in
                    switch state {
                    case .known(let result): return result
                    case .waiting(let others):
                        state = .waiting(others + [continuation])
                        return nil
                    }
                }
                if let known { continuation.resume(with: known) }
            }
        }
    }

    func succeed(_ port: Int) { settle(.success(port)) }

    func fail(_ failure: EdgeFailure) { settle(.failure(failure)) }

    /// The first result stands.
    private func settle(_ result: Result<Int, any Error>) {
        let waiting: [CheckedContinuation<Int, any Error>] = state.withLock { state in
            guard case .waiting(let waiting) = state else { return [] }
            state = .known(result)
            return waiting
        }
        for continuation in waiting { continuation.resume(with: result) }
    }
}

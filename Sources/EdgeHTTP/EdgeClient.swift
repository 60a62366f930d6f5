import AsyncHTTPClient
public import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
public import Payments

/// What a client shows to its peer, and by which roots and name it knows it; all files PEM.
public struct EdgeIdentity: Sendable, Equatable {
    public struct Own: Sendable, Equatable {
        public var certificateChainPath: String
        public var privateKeyPath: String

        public init(certificateChainPath: String, privateKeyPath: String) {
            self.certificateChainPath = certificateChainPath
            self.privateKeyPath = privateKeyPath
        }
    }

    /// nil shows no certificate.
    public var own: Own?
    /// nil trusts the system's roots.
    public var trustRootsPath: String?
    /// The name that the peer's certificate must bear when it is not the host of the destination.
    public var serverName: String?
    /// Lists of certificates that were taken back (PEM); nil asks none.
    public var revokedPath: String?

    public init(
        own: Own? = nil, trustRootsPath: String? = nil, serverName: String? = nil, revokedPath: String? = nil
    ) {
        self.own = own
        self.trustRootsPath = trustRootsPath
        self.serverName = serverName
        self.revokedPath = revokedPath
    }
}

/// What one client bears.
public struct EdgeClientLimits: Sendable, Equatable {
    /// Requests on their way at once, and so connections to the peer.
    public var inFlight = 64
    /// Requests that wait for a place; those beyond are not sent.
    public var waiting = 1024
    /// Longest answer body; a longer one makes the outcome unknown.
    public var answerBytes = 5 * 1024 * 1024
    /// TCP connection and TLS handshake together.
    public var connectMilliseconds = 3_000
    /// Keep below the peer's own idle limit, or requests meet connections that are just closing.
    public var idleMilliseconds = 20_000

    public init() {}
}

/// Sends requests to one peer over kept connections, and says truthfully what became of each. It never follows a
/// redirect and never repeats a request by itself.
public final class EdgeClient: Sendable {
    public let destination: EdgeDestination
    private let identity: EdgeIdentity
    private let limits: EdgeClientLimits
    private let url: String
    private let hasHostName: Bool
    private let pools: EdgePools
    private let peer = EdgePeerGuard()
    private let turnstile: EdgeTurnstile
    private let departures = EdgeDepartures()
    private let logger: Logger

    /// The longest wait for an answer that is accepted.
    static let longestTimeoutMilliseconds = 600_000

    public init(
        to destination: EdgeDestination, identity: EdgeIdentity = EdgeIdentity(),
        limits: EdgeClientLimits = EdgeClientLimits(),
        logger: Logger = Logger(label: "edge", factory: { _ in SwiftLogNoOpLogHandler() })
    ) throws(EdgeFailure) {
        var serverName: String?
        if destination.isSecure, let name = identity.serverName, name != destination.host {
            guard !name.isEmpty, name.utf8.allSatisfy({ EdgeDestination.isNameByte($0) }) else {
                throw .destinationNotUnderstood(name)
            }
            serverName = name
        }
        let (departures, peer) = (departures, peer)
        let client = try Self.pool(to: destination, identity, limits, departures, peer)
        pools = EdgePools(client, logger: logger)
        self.destination = destination
        self.identity = identity
        self.limits = limits
        self.logger = logger
        url = destination.poolURL(serverName: serverName)
        hasHostName = destination.socketPath == nil
        turnstile = EdgeTurnstile(places: limits.inFlight, waiting: limits.waiting)
    }

    /// Reads the certificate files anew: new requests take connections with them, what is on its way is not touched.
    /// When the files cannot be used the old connections stay.
    public func reload() throws(EdgeFailure) {
        guard destination.isSecure else { return }
        pools.replace(with: try Self.pool(to: destination, identity, limits, departures, peer))
    }

    /// What the peer showed on its newest connection; nil before the first and without TLS.
    public var peerCertificate: EdgeCertificate? { peer.certificate }

    private static func pool(
        to destination: EdgeDestination, _ identity: EdgeIdentity, _ limits: EdgeClientLimits,
        _ departures: EdgeDepartures, _ peer: EdgePeerGuard
    ) throws(EdgeFailure) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        if destination.isSecure {
            configuration.tlsConfiguration = try EdgeTLS.clientSettings(identity)
            peer.trust(try identity.revokedPath.map { path throws(EdgeFailure) in try EdgeRevocations(path: path) })
            if let name = identity.serverName, name != destination.host {
                configuration.dnsOverride = [name: destination.host]
            }
        }
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(connect: .milliseconds(Int64(limits.connectMilliseconds)), read: nil)
        configuration.connectionPool = .init(
            idleTimeout: .milliseconds(Int64(limits.idleMilliseconds)),
            concurrentHTTP1ConnectionsPerHostSoftLimit: limits.inFlight)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.eventLoop.submit {
                let pipeline = channel.pipeline.syncOperations
                let encoder = try pipeline.handler(type: HTTPRequestEncoder.self)
                try pipeline.addHandler(EdgeDeparture(departures, peer), position: .after(encoder))
            }
        }
        return HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }

    /// Sends a request and waits for the whole answer, at most `timeoutMilliseconds` from now including any wait for a
    /// place. Cancelling the caller's task ends the wait with the outcome that is then true.
    public func send(_ request: WireRequest, timeoutMilliseconds: Int) async -> WireOutcome {
        let target = destination.pathPrefix + request.path + (request.query.isEmpty ? "" : "?" + request.query)
        guard EdgeTarget.isToken(request.method), EdgeTarget.isPath(request.path), EdgeTarget.isQuery(request.query)
        else { return .notSent("the method, path or query cannot be written in a request line") }

        let number = departures.announce(target: target)
        let prepared = prepare(request, number)
        let attempt = Task { await self.attempt(prepared) }
        let start = ContinuousClock.now
        let patience = min(max(timeoutMilliseconds, 1), Self.longestTimeoutMilliseconds)
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(Int64(patience))) {
            attempt.cancel()
        }
        let result = await withTaskCancellationHandler {
            await attempt.value
        } onCancel: {
            attempt.cancel()
        }
        timer.cancel()
        let neverLeft = departures.take(number) != nil
        let objection = departures.objection(number)
        switch result {
        case .success(let reply):
            return .replied(reply)
        case .failure(let trouble):
            if let objection, neverLeft {
                logger.warning("peer refused", metadata: ["peer": "\(destination)", "why": "\(objection)"])
                return .notSent("\(destination): \(objection)")
            }
            logger.debug("no answer", metadata: ["from": "\(destination)", "reason": "\(trouble)"])
            let waited = (ContinuousClock.now - start) / .milliseconds(1)
            let reason = trouble.text(destination: destination, waitedMilliseconds: Int(waited))
            return neverLeft ? .notSent(reason) : .unknown(reason)
        }
    }

    /// Closes all connections; what is on its way ends as `unknown`.
    public func shutdown() async { await pools.shutdown() }

    private func prepare(_ request: WireRequest, _ number: UInt64) -> HTTPClientRequest {
        var prepared = HTTPClientRequest(url: url)
        prepared.method = HTTPMethod(rawValue: request.method)
        prepared.headers.reserveCapacity(request.headers.count + 3)
        for header in request.headers { prepared.headers.add(name: header.name, value: header.value) }
        prepared.headers.replaceOrAdd(name: EdgeDepartures.header, value: String(number))
        if !hasHostName && !prepared.headers.contains(name: "Host") {
            prepared.headers.add(name: "Host", value: "localhost")
        }
        if !request.body.isEmpty { prepared.body = .bytes(ByteBuffer(bytes: request.body)) }
        return prepared
    }

    private func attempt(_ request: HTTPClientRequest) async -> Result<WireReply, EdgeTrouble> {
        switch await turnstile.enter() {
        case .entered: break
        case .full: return .failure(.tooManyWaiting)
        case .cancelled: return .failure(.ranOutOfTime)
        }
        defer { turnstile.leave() }
        guard let (pool, client) = pools.enter() else { return .failure(.broken("the client was shut down")) }
        defer { pools.leave(pool) }
        do {
            let answer = try await client.execute(request, deadline: .distantFuture, logger: nil)
            var body: [UInt8] = []
            for try await part in answer.body {
                guard body.count + part.readableBytes <= limits.answerBytes else {
                    return .failure(.answerTooLong(limits.answerBytes))
                }
                body.append(contentsOf: part.readableBytesView)
            }
            let headers = answer.headers.map { WireHeader($0.name, $0.value) }
            return .success(WireReply(status: Int(answer.status.code), headers: headers, body: body))
        } catch {
            return .failure(Task.isCancelled ? .ranOutOfTime : .broken("\(error)"))
        }
    }
}

/// Why there is no answer; whether the request left is another question, which `EdgeDepartures` answers.
enum EdgeTrouble: Error, Sendable {
    case tooManyWaiting
    case ranOutOfTime
    case answerTooLong(Int)
    case broken(String)

    func text(destination: EdgeDestination, waitedMilliseconds: Int) -> String {
        switch self {
        case .tooManyWaiting: "too many requests wait for \(destination)"
        case .ranOutOfTime: "no answer from \(destination) after \(waitedMilliseconds) ms"
        case .answerTooLong(let bytes): "the answer of \(destination) is longer than \(bytes) bytes"
        case .broken(let reason): "\(destination): \(reason)"
        }
    }
}

import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Payments
import Synchronization

/// Hummingbird's HTTP/1.1 connection with our gate in its pipeline and the peer's identity at hand for every request.
struct EdgeChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let responder: EdgeResponder
    private let configuration: HTTP1Channel.Configuration
    private let isMutual: Bool

    init(responder: EdgeResponder, isMutual: Bool) {
        self.responder = responder
        self.isMutual = isMutual
        let limits = responder.limits
        configuration = HTTP1Channel.Configuration(
            idleTimeout: .milliseconds(Int64(limits.idleMilliseconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
                maxHeaderFieldCount: limits.headerFields))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        HTTP1Channel(responder: { _, _, _ in }, configuration: configuration)
            .setup(channel: channel, logger: logger)
            .flatMapThrowing { value in
                let pipeline = channel.pipeline.syncOperations
                let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
                let gate = EdgeGate(limits: responder.limits) { [responder, isMutual] channel in
                    let secured = try? channel.pipeline.syncOperations.handler(type: NIOSSLHandler.self)
                    let proven = isMutual ? secured?.peerCertificate : nil
                    return responder.unreadable(by: EdgeConnectionIdentity.peer(of: channel, proven))
                }
                try pipeline.addHandler(gate, position: .after(decoder))
                return value
            }
    }

    func handle(value: Value, logger: Logger) async {
        let identity = EdgeConnectionIdentity(isMutual: isMutual)
        let responder = responder
        let connection = HTTP1Channel(
            responder: { (request: Request, writer: consuming ResponseWriter, channel: any Channel) in
                try await responder.respond(
                    to: request, from: await identity.peer(of: channel), on: channel, with: writer)
            }, configuration: configuration)
        await connection.handle(value: value, logger: logger)
    }
}

/// Reads the certificate of a connection once, at its first request.
final class EdgeConnectionIdentity: Sendable {
    private let isMutual: Bool
    private let known = Mutex<EdgePeer?>(nil)

    init(isMutual: Bool) {
        self.isMutual = isMutual
    }

    func peer(of channel: any Channel) async -> EdgePeer {
        if let peer = known.withLock({ $0 }) { return peer }
        var proven: NIOSSLCertificate?
        if isMutual { proven = try? await channel.nioSSL_peerCertificate().get() }
        let peer = Self.peer(of: channel, proven)
        known.withLock { $0 = peer }
        return peer
    }

    static func peer(of channel: any Channel, _ proven: NIOSSLCertificate?) -> EdgePeer {
        EdgePeer(remoteAddress: text(of: channel), certificate: proven.flatMap { EdgeTLS.identity(of: $0) })
    }

    private static func text(of channel: any Channel) -> String {
        guard let address = channel.remoteAddress else { return "unknown" }
        if let host = address.ipAddress, let port = address.port { return "\(host):\(port)" }
        return channel.localAddress?.pathname.map { "unix:\($0)" } ?? "unix"
    }
}

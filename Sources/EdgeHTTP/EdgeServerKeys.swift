import Glibc
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Payments
import Synchronization

/// What a TLS listener shows and trusts at this moment; its files are read anew without a restart.
final class EdgeServerKeys: Sendable {
    private struct State {
        var context: NIOSSLContext
        var revocations: EdgeRevocations?
    }

    private let tls: EdgeListenerTLS
    private let state: Mutex<State>

    init(_ tls: EdgeListenerTLS) throws(EdgeFailure) {
        self.tls = tls
        state = Mutex(try Self.read(tls))
    }

    /// What was good before stands when the files cannot be used.
    func reload() throws(EdgeFailure) {
        let fresh = try Self.read(tls)
        state.withLock { $0 = fresh }
    }

    var context: NIOSSLContext { state.withLock { $0.context } }

    func objection(to certificate: EdgeCertificate) -> String? {
        let revocations = state.withLock { $0.revocations }
        return certificate.objection(revocations, now: Instant(seconds: Int64(time(nil))))
    }

    private static func read(_ tls: EdgeListenerTLS) throws(EdgeFailure) -> State {
        let settings = try EdgeTLS.serverSettings(tls)
        var revocations: EdgeRevocations?
        if let path = tls.revokedPath { revocations = try EdgeRevocations(path: path) }
        do {
            return State(context: try NIOSSLContext(configuration: settings), revocations: revocations)
        } catch {
            throw .tlsRefused(reason: "\(error)")
        }
    }
}

/// TLS under our HTTP/1.1 connection, with the keys of the moment at which the connection comes.
struct EdgeSecuredChannel: ServerChildChannel {
    typealias Value = EdgeChannel.Value

    let base: EdgeChannel
    let keys: EdgeServerKeys
    let isMutual: Bool

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(
                NIOSSLServerHandler(context: keys.context, customVerificationCallback: nil, configuration: .init()))
            if isMutual { try pipeline.addHandler(EdgeCertificateGate(keys, logger)) }
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// Lets no byte through of a peer whose certificate was taken back or has run out, be the connection new or kept.
final class EdgeCertificateGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let keys: EdgeServerKeys
    private let logger: Logger
    private var certificate: EdgeCertificate?
    private var isRead = false
    private var isShut = false

    init(_ keys: EdgeServerKeys, _ logger: Logger) {
        self.keys = keys
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isShut else { return }
        if !isRead {
            let secured = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
            certificate = secured?.peerCertificate.flatMap { EdgeCertificate($0) }
            isRead = true
        }
        guard let why = certificate.flatMap({ keys.objection(to: $0) }) else { return context.fireChannelRead(data) }
        isShut = true
        let address = context.remoteAddress.map { "\($0)" } ?? "unknown"
        logger.warning("peer refused", metadata: ["peer": "\(address)", "why": "\(why)"])
        context.close(promise: nil)
    }
}

import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Requests that have not left yet. A request leaves at most once: either the connection takes it out to write its
/// first byte, or its sender takes it back; the one who comes second finds nothing. So "not sent" is a fact, never a
/// guess from the kind of error.
final class EdgeDepartures: Sendable {
    /// Carries the number of a request through the connection pool; never written to the wire.
    static let header = "Interlock-Departure"

    private struct State {
        var next: UInt64 = 0
        var targets: [UInt64: String] = [:]
        var objections: [UInt64: String] = [:]
    }

    private let state = Mutex(State())

    /// - Parameter target: path and query, exactly as they are to be written.
    func announce(target: String) -> UInt64 {
        state.withLock { state in
            state.next += 1
            state.targets[state.next] = target
            return state.next
        }
    }

    /// The target if the request was still here; nil if it left, or was taken back.
    func take(_ number: UInt64) -> String? {
        state.withLock { $0.targets.removeValue(forKey: number) }
    }

    /// Notes why a request that is still here may not leave.
    func object(_ number: UInt64, _ why: String) {
        state.withLock { state in
            if state.targets[number] != nil { state.objections[number] = why }
        }
    }

    func objection(_ number: UInt64) -> String? {
        state.withLock { $0.objections.removeValue(forKey: number) }
    }
}

/// The last handler before the bytes: lets through only requests that their sender has not taken back.
final class EdgeDeparture: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    struct TakenBack: Error {}

    private let departures: EdgeDepartures
    private let peer: EdgePeerGuard
    private var certificate: EdgeCertificate?
    private var isRead = false
    private var isShut = false

    init(_ departures: EdgeDepartures, _ peer: EdgePeerGuard) {
        self.departures = departures
        self.peer = peer
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isShut else {
            promise?.fail(TakenBack())
            return
        }
        guard case .head(var head) = unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        let number = head.headers.first(name: EdgeDepartures.header).flatMap { UInt64($0) }
        if let number, let why = objection(context) {
            departures.object(number, why)
            return shut(context, promise)
        }
        guard let number, let target = departures.take(number) else { return shut(context, promise) }
        head.headers.remove(name: EdgeDepartures.header)
        head.uri = target
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    private func shut(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        isShut = true
        promise?.fail(TakenBack())
        context.close(promise: nil)
    }

    private func objection(_ context: ChannelHandlerContext) -> String? {
        if !isRead {
            let secured = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
            certificate = secured?.peerCertificate.flatMap { EdgeCertificate($0) }
            isRead = true
        }
        return certificate.flatMap { peer.objection(to: $0) }
    }
}

// EdgeHTTP is the house's only door to HTTP: it moves bytes and knows nothing of what they mean.
//
//   inwards    EdgeListener (what to listen on) -> EdgeServer -> handler(WireRequest, EdgePeer) -> EdgeReply
//   outwards   EdgeDestination, EdgeIdentity    -> EdgeClient.send(WireRequest)               -> WireOutcome
//
// One connection on its way in: TLS, HTTP/1.1 decoder (Hummingbird), EdgeGate (time limits, orderly close),
// EdgeResponder (admission, body limit, peer identity), the handler. One request on its way out: EdgeTurnstile
// (in-flight limit), connection pool (AsyncHTTPClient), EdgeDeparture (the point after which a request may have
// left), TLS.

public import Payments

/// Answers one request. It runs to its end even when the peer hangs up meanwhile; only the cancellation of the server's
/// own task cancels it.
public typealias EdgeHandler = @Sendable (WireRequest, EdgePeer) async -> WireReply

/// Who sent a request.
public struct EdgePeer: Sendable, Equatable {
    /// IP address and port, or the socket path, as text for logs and audit.
    public let remoteAddress: String
    /// The certificate that the peer proved to own; nil on listeners without mutual TLS.
    public let certificate: PeerCertificate?

    public init(remoteAddress: String, certificate: PeerCertificate?) {
        self.remoteAddress = remoteAddress
        self.certificate = certificate
    }
}

/// Why the edge itself answered a request instead of passing it to the handler.
public enum EdgeRefusal: Sendable, Equatable {
    /// All places are taken: 503 with `Retry-After`.
    case busy
    /// The body is longer than the listener accepts: 413.
    case bodyTooLarge
    /// The request did not arrive in full within the listener's time limit: 408.
    case readTimedOut
    /// What came is no HTTP/1.1 request, or its header is longer than the listener accepts: 400. Of the request only
    /// what was read before is known, often nothing.
    case requestUnreadable
    /// The request target is not a path: 400.
    case targetNotAPath
    /// The listener asks for a client certificate and this one could not be read: 403.
    case certificateUnreadable

    /// The answer that is sent when a listener has none of its own.
    public var standardReply: WireReply {
        switch self {
        case .busy: WireReply(status: 503, headers: [WireHeader("Retry-After", "1")])
        case .bodyTooLarge: WireReply(status: 413)
        case .readTimedOut: WireReply(status: 408)
        case .requestUnreadable, .targetNotAPath: WireReply(status: 400)
        case .certificateUnreadable: WireReply(status: 403)
        }
    }
}

/// Why a listener or a client could not be set up. Nothing starts half-configured.
public enum EdgeFailure: Error, Sendable, Equatable, CustomStringConvertible {
    case certificateChainUnreadable(path: String, reason: String)
    case privateKeyUnreadable(path: String, reason: String)
    case trustRootsUnreadable(path: String, reason: String)
    case revocationsUnreadable(path: String, reason: String)
    /// Certificate and key were read but do not make a TLS context, as when they do not belong together.
    case tlsRefused(reason: String)
    case cannotListen(address: String, reason: String)
    /// A living process answers on this socket.
    case socketInUse(path: String)
    /// The socket's folder is not a folder, belongs to someone else, or lets others in.
    case socketFolderOpen(path: String)
    /// Not `http://host:port`, `https://host:port` (each with an optional path prefix) or `unix:/path`.
    case destinationNotUnderstood(String)
    /// A server value serves once.
    case alreadyRan

    public var description: String {
        switch self {
        case .certificateChainUnreadable(let path, let reason): "certificate chain \(path): \(reason)"
        case .privateKeyUnreadable(let path, let reason): "private key \(path): \(reason)"
        case .trustRootsUnreadable(let path, let reason): "trust roots \(path): \(reason)"
        case .revocationsUnreadable(let path, let reason): "revocation list \(path): \(reason)"
        case .tlsRefused(let reason): "TLS: \(reason)"
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .socketInUse(let path): "\(path) is in use by another process"
        case .socketFolderOpen(let path): "\(path) must be a folder of this user with mode 0700"
        case .destinationNotUnderstood(let text): "\(text) is not an http, https or unix destination"
        case .alreadyRan: "this server was already run"
        }
    }
}

/// One listener: where it listens, how it identifies itself and its peers, and what it bears.
public struct EdgeListener: Sendable, Equatable {
    public enum Address: Sendable, Equatable, CustomStringConvertible {
        /// Port 0 takes any free port; `EdgeServer.port` tells which.
        case tcp(host: String, port: Int)
        /// A socket for this machine's own user: mode 0600 in a folder of mode 0700, which is made when missing.
        case unixSocket(path: String)

        public var description: String {
            switch self {
            case .tcp(let host, let port): "\(host):\(port)"
            case .unixSocket(let path): "unix:\(path)"
            }
        }
    }

    public var address: Address
    /// nil listens in plain text.
    public var tls: EdgeListenerTLS?
    public var limits: EdgeLimits

    /// Bytes that the path of a Unix socket may have.
    public static let longestSocketPath = 103

    public init(_ address: Address, tls: EdgeListenerTLS? = nil, limits: EdgeLimits = EdgeLimits()) {
        self.address = address
        self.tls = tls
        self.limits = limits
    }
}

/// The files of a TLS listener, all PEM. TLS 1.2 is the least that is spoken.
public struct EdgeListenerTLS: Sendable, Equatable {
    public var certificateChainPath: String
    public var privateKeyPath: String
    /// Roots of the client certificates: when given, a peer without a certificate of these roots is refused in the
    /// handshake (mutual TLS).
    public var clientTrustRootsPath: String?
    /// Lists of client certificates that were taken back (PEM); nil asks none.
    public var revokedPath: String?

    public init(
        certificateChainPath: String, privateKeyPath: String, clientTrustRootsPath: String? = nil,
        revokedPath: String? = nil
    ) {
        self.certificateChainPath = certificateChainPath
        self.privateKeyPath = privateKeyPath
        self.clientTrustRootsPath = clientTrustRootsPath
        self.revokedPath = revokedPath
    }
}

/// What one listener bears. Whatever is over a limit is refused early, so that hostile peers cost little.
public struct EdgeLimits: Sendable, Equatable {
    /// Longest body of one request; 5 MB as FSPIOP 1.1 §3.1 allows.
    public var bodyBytes = 5 * 1024 * 1024
    /// All header fields of one request together.
    public var headerBytes = 32 * 1024
    public var headerFields = 128
    /// Requests that are being read or handled at once.
    public var requestsInFlight = 512
    /// Body bytes that are held at once, over all requests.
    public var bodyBytesInFlight = 256 * 1024 * 1024
    /// Connections; those beyond wait in the system's accept queue.
    public var connections = 4096
    /// A connection without a request is closed after this; so is one that does not finish its TLS handshake.
    public var idleMilliseconds = 60_000
    /// From the first header line to the last body byte.
    public var requestReadMilliseconds = 15_000
    /// How long a peer may refuse to take our answer.
    public var answerStallMilliseconds = 15_000
    /// How long, and how much, a refused peer may go on sending before the connection is cut: cutting at once would
    /// destroy the answer on its way.
    public var lingerMilliseconds = 2_000
    public var lingerBytes = 1024 * 1024

    public init() {}
}

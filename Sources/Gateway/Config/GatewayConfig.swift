import Foundation
import Payments
import StoreSQLite

/// Everything that one `interlock serve` needs to know, read once, checked whole.
public struct GatewayConfig: Sendable {
    public var node: String
    /// Names this engine in payment ids.
    public var engine: Int
    /// Where the journal, the tenants' databases and the operators' socket live.
    public var folder: String
    public var mappings: String
    public var schemas: String
    public var routes: String
    public var scheme: ListenerConfig
    public var channel: ListenerConfig
    /// Machines that decide side by side, each with commits of its own: fewer of them share a commit more often.
    public var shards: Int
    public var paymentsInFlight: Int
    /// How long a stop waits for answers to payments in flight.
    public var drainMilliseconds: Int64
    public var tenants: [TenantConfig]
    public var networks: [NeighbourConfig]
    public var coreBanks: [NeighbourConfig]
    public var controls = ControlsConfig()
    /// How long each class of data is kept.
    var retention = RetentionPolicy()
    /// Where monitoring reads metrics and readiness over TCP; nil leaves them to the operators' socket.
    public var operators: ListenerConfig?

    public var operatorSocket: String { GatewayConfig.operatorSocket(in: folder) }

    static func operatorSocket(in folder: String) -> String { "\(folder)/operator/interlock.sock" }
}

public struct ListenerConfig: Sendable {
    public var host: String
    public var port: Int
    public var certificate: String?
    public var key: String?
    /// Roots of client certificates: with them the listener asks for mutual TLS.
    public var clientRoots: String?
    /// Client certificates that their issuers took back.
    public var revoked: String?
}

public struct TenantConfig: Sendable {
    public var name: String
    public var coreBank: String
    public var apiKeys: [APIKeyConfig]
    public var controls = TenantControls()
    public var webhooks: [WebhookConfig] = []
}

/// A channel's key, stored as its SHA-256 only.
public struct APIKeyConfig: Sendable {
    public var name: String
    public var sha256: String
}

/// A network, a core bank or a screening service.
public struct NeighbourConfig: Sendable {
    public var name: String
    public var adapter: String
    public var address: String
    public var certificate: String?
    public var key: String?
    public var roots: String?
    public var serverName: String?
    /// Certificates of its own that their issuers took back.
    public var revoked: String?
    public var heartbeat: HeartbeatConfig?
    public var clockMilliseconds: Int64
    public var marginMilliseconds: Int64
    /// How long after an order's expiry the network may still settle it; the scheme's usual time when not given.
    public var latenessMilliseconds: Int64?
    public var inFlight: Int
    public var peers: [PeerConfig]
    /// By tenant: what the adapter needs to know of us there.
    public var tenants: [String: TenantSettings]
    public var controls = NetworkControls()
    /// What its silence means, where a flow leaves that to the configuration.
    var silence = UnknownPolicy.operatorDecides
}

public struct TenantSettings: Sendable {
    public var values: [String: String]
    public var secrets: [String: Secret]
    /// Headers that only the edge adds, such as Authorization: they never enter the journal.
    public var headers: [String: Secret]
}

/// Who may speak for a network, by the name in its certificate.
public struct PeerConfig: Sendable {
    public var certificate: String
    /// FSP ids, BICs or member ids; `*` is every name but our own.
    public var sources: [String]
}

extension GatewayConfig {
    /// Half of the cores, rounded down and at least one: how many there are of what is cheaper where it is shared, such
    /// as shards, the threads of the sockets and what glibc keeps for them.
    static let halfTheCores = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)

    /// The most that a configuration may ask for.
    static let mostShards = 64
}

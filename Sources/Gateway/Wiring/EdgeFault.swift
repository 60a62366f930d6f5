import ChannelAPI
import EdgeHTTP
import Payments
import PaymentsEngine

/// What is refused before an adapter or the channel sees it, in the house's own terms: every answer of a door says what
/// was wrong and how to mend it, in the words of whoever speaks there.
struct EdgeFault: Sendable {
    let status: Int
    /// One of `mappings/codes/reasons.tsv`.
    let canonical: String
    let rule: String
    let says: String

    init(status: Int, canonical: String, rule: String, says: String) {
        self.status = status
        self.canonical = canonical
        self.rule = rule
        self.says = says
    }

    init(_ refusal: EdgeRefusal) {
        self =
            switch refusal {
            case .busy: .busy
            case .bodyTooLarge: .bodyTooLarge
            case .readTimedOut: .readTimedOut
            case .requestUnreadable: .requestUnreadable
            case .targetNotAPath: .targetNotAPath
            case .certificateUnreadable: .certificateUnreadable
            }
    }

    static let busy = EdgeFault(
        status: 503, canonical: "serviceUnavailable", rule: "busy",
        says: "Too much is being read or answered. Nothing was taken: repeat the request later.")

    static let bodyTooLarge = EdgeFault(
        status: 413, canonical: "payloadTooLarge", rule: "body",
        says: "The body is longer than \(EdgeLimits().bodyBytes) bytes. Send a shorter one.")

    static let readTimedOut = EdgeFault(
        status: 408, canonical: "malformed", rule: "time",
        says: "The request did not arrive in full in time. Nothing was taken: repeat it whole.")

    static let requestUnreadable = EdgeFault(
        status: 400, canonical: "malformed", rule: "HTTP/1.1",
        says: "This is no HTTP/1.1 request, or its header is too long. Mend its framing and header.")

    static let targetNotAPath = EdgeFault(
        status: 400, canonical: "malformed", rule: "target",
        says: "The request's target is no path. Write a path that begins with a slash.")

    static let certificateUnreadable = EdgeFault(
        status: 403, canonical: "permissionMissing", rule: "certificate",
        says: "Your certificate cannot be read, so it names nobody. Show one in X.509 version 3.")

    static let noEndpoint = EdgeFault(
        status: 404, canonical: "messageMisrouted", rule: "endpoint",
        says: "There is no endpoint here. Paths begin with /NETWORK/TENANT as configured.")

    var refusal: Refusal { Refusal(.wire, Reason(canonical), rule: rule, says: says) }

    /// As the channels of the bank hear it.
    var problem: WireReply { Channel.problem(status: status, says: says) }
}

extension SchemeEndpoint {
    /// The scheme's own words for what never became a message. Whose words these are the path tells, or else the
    /// peer's certificate; with neither, a plain problem.
    func refuse(_ fault: EdgeFault, _ request: WireRequest, _ peer: EdgePeer) -> WireReply {
        guard let (neighbour, inner) = speaker(request, peer) else { return fault.problem }
        let context = InboundContext(
            settings: neighbour.settings, permittedSources: [], now: engine.now, entropy: entropy())
        var reply = neighbour.adapter.refuse(fault.refusal, inner, context)
        // Who calls a wrong address must see so, even where the scheme has one status for all that is malformed.
        if fault.status == 404 { reply.status = 404 }
        return reply
    }

    private func speaker(_ request: WireRequest, _ peer: EdgePeer) -> (Neighbour, WireRequest)? {
        let parts = request.path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        var named = parts.first.map { networks[SchemeEndpoint.network(String($0))] } ?? nil
        if let config = named, permitted(config, peer) == nil { named = nil }
        let ordered = networks.values.sorted { $0.name < $1.name }
        guard let config = named ?? ordered.first(where: { permitted($0, peer) != nil }) else { return nil }
        var tenants = config.tenants.keys.sorted()
        if named != nil, parts.count > 1, config.tenants[String(parts[1])] != nil { tenants = [String(parts[1])] }
        guard let tenant = tenants.first, let neighbour = world.neighbour(config.name, tenant) else { return nil }
        var inner = request
        inner.path = named != nil && parts.count == 3 ? "/" + parts[2] : "/"
        return (neighbour, inner)
    }
}

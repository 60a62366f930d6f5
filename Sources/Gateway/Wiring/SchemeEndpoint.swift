import EdgeHTTP
import Logging
import Payments
import PaymentsEngine

/// The door of the networks: certificate -> peer -> network and tenant -> adapter -> engine. Paths are
/// `/{network}/{tenant}/...` with the network's configured name; the rest is the scheme's own path.
struct SchemeEndpoint: Sendable {
    let engine: Engine
    let world: World
    let networks: [String: NeighbourConfig]
    /// Plain HTTP on loopback: there is no certificate to ask.
    let trustsLoopback: Bool
    let entropy: @Sendable () -> UInt64
    let logger: Logger

    func handle(_ request: WireRequest, _ peer: EdgePeer) async -> WireReply {
        guard let place = place(of: request), let config = networks[place.network],
            let neighbour = world.neighbour(place.network, place.tenant)
        else {
            logger.notice("no such endpoint", metadata: ["path": "\(request.path)", "peer": "\(peer.remoteAddress)"])
            return refuse(.noEndpoint, request, peer)
        }
        var inner = request
        inner.path = place.rest
        guard let sources = permitted(config, peer) else {
            return await refuse(unknownPeer(peer), inner, neighbour, [], peer)
        }
        let context = context(neighbour, sources)
        let inbound: Inbound
        do throws(Refusal) {
            inbound = try neighbour.adapter.decode(inner, context)
        } catch {
            return await refuse(error, inner, neighbour, sources, peer)
        }
        #if DEBUG
            if PlantedDefect.isPlanted(.lostCallback), case .tells = inbound.meaning {
                return inbound.acknowledgement ?? WireReply(status: 202)
            }
        #endif
        let sender = Sender(
            tenant: place.tenant, network: place.network, peer: peer.certificate?.commonName ?? "loopback",
            trace: TraceContext(of: request))
        let raw = ArchivedMessage(
            direction: .received, peer: place.network, message: inbound.message, time: context.now, bytes: request.body)
        let receipt = await engine.receive(inbound, from: sender, raw: raw)
        if case .refused(let refusal) = receipt { await note(refusal, inner, neighbour, peer) }
        return reply(receipt, inner, neighbour, context)
    }

    private func reply(
        _ receipt: Receipt, _ request: WireRequest, _ neighbour: Neighbour, _ context: InboundContext
    ) -> WireReply {
        switch receipt {
        case .reply(let reply): return reply
        case .accepted: return WireReply(status: 202)
        case .busy(let why):
            return neighbour.adapter.refuse(
                Refusal(.wire, Reason("serviceUnavailable"), rule: "busy", says: why), request, context)
        case .refused(let refusal): return answer(refusal, request, neighbour, context)
        // A stop does not wait for the decision: the order is taken, and its answer is asked for or comes later.
        case .noAnswer: return WireReply(status: engine.isDraining ? 202 : 504)
        }
    }

    private func refuse(
        _ refusal: Refusal, _ request: WireRequest, _ neighbour: Neighbour, _ sources: [String], _ peer: EdgePeer
    ) async -> WireReply {
        await note(refusal, request, neighbour, peer)
        return answer(refusal, request, neighbour, context(neighbour, sources))
    }

    /// The scheme's own answer to what is refused: in this connection, or as a message of its own where answers are
    /// that and the line has room.
    private func answer(
        _ refusal: Refusal, _ request: WireRequest, _ neighbour: Neighbour, _ context: InboundContext
    ) -> WireReply {
        let settings = neighbour.settings
        if let message = neighbour.adapter.objection(refusal, request, context),
            engine.tell(message, to: Sender(tenant: settings.tenant, network: settings.network, peer: settings.network))
        {
            return WireReply(status: 202)
        }
        return neighbour.adapter.refuse(refusal, request, context)
    }

    private func context(_ neighbour: Neighbour, _ sources: [String]) -> InboundContext {
        let settings = neighbour.settings
        var context = InboundContext(
            settings: settings, permittedSources: sources, now: engine.now, entropy: entropy())
        if let date = world.businessDate(settings.network, settings.tenant, context.now) { context.businessDate = date }
        return context
    }

    /// Tells a refusal: the place and the rule, no value of the message.
    private func note(
        _ refusal: Refusal, _ request: WireRequest, _ neighbour: Neighbour, _ peer: EdgePeer
    ) async {
        let line = refusal.line.map { " line \($0)" } ?? ""
        await engine.refused(
            RefusedMessage(
                tenant: neighbour.settings.tenant, network: neighbour.settings.network,
                peer: peer.certificate?.commonName ?? "without certificate", message: name(of: request),
                subject: "\(refusal.path.prefix(100))\(line)",
                why: "\(refusal.layer.rawValue) \(refusal.rule): \(refusal.reason.canonical)"))
    }

    /// Method and resource; what follows may be a person's number.
    private func name(of request: WireRequest) -> String {
        let resource = request.path.split(separator: "/").first.map { String($0.prefix(32)) } ?? ""
        return "\(request.method) /\(resource)"
    }

    private func unknownPeer(_ peer: EdgePeer) -> Refusal {
        let name = peer.certificate?.commonName ?? "no certificate"
        return Refusal(
            .identity, Reason("permissionMissing"), path: "certificate", rule: "peer",
            says: "the certificate \(name) may not speak for this network")
    }

    /// What the peer's certificate may speak for; nil when it is not this network's peer.
    func permitted(_ config: NeighbourConfig, _ peer: EdgePeer) -> [String]? {
        guard let certificate = peer.certificate else {
            return trustsLoopback ? config.peers.flatMap(\.sources) : nil
        }
        let names = [certificate.commonName] + certificate.dnsNames
        return config.peers.first { names.contains($0.certificate) }?.sources
    }

    private func place(of request: WireRequest) -> (network: String, tenant: String, rest: String)? {
        let parts = request.path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        guard parts.count >= 2 else { return nil }
        let rest = parts.count == 3 ? "/" + parts[2] : "/"
        return (SchemeEndpoint.network(String(parts[0])), String(parts[1]), rest)
    }

    /// A network's name as it stands in a path.
    static func network(_ part: String) -> String {
        guard part.utf8.contains(UInt8(ascii: "%")) else { return part }
        return part.replacing("%3A", with: ":").replacing("%3a", with: ":")
    }
}

import EdgeHTTP
import Logging
import Payments
import PaymentsEngine

/// Carries the engine's requests to the configured neighbours. Headers that are secrets are added here, on the way out,
/// so they never stand in the journal.
final class EdgeTransport: Transport {
    private struct Line: Sendable {
        var client: EdgeClient
        var headers: [String: [WireHeader]]
    }

    private let lines: [String: Line]
    private let now: @Sendable () -> Instant
    private let watch: NetworkWatch

    private init(_ lines: [String: Line], now: @escaping @Sendable () -> Instant, watch: NetworkWatch) {
        self.lines = lines
        self.now = now
        self.watch = watch
    }

    /// Sets up the line to every neighbour; what was set up is closed again when one of them is not possible.
    static func open(
        _ neighbours: [NeighbourConfig], now: @escaping @Sendable () -> Instant, watch: NetworkWatch, logger: Logger
    ) async throws -> EdgeTransport {
        var lines: [String: Line] = [:]
        for neighbour in neighbours {
            do throws(EdgeFailure) {
                lines[neighbour.name] = try line(to: neighbour, logger)
            } catch {
                for line in lines.values { await line.client.shutdown() }
                throw Failure.usage("\(neighbour.name): \(error)")
            }
        }
        return EdgeTransport(lines, now: now, watch: watch)
    }

    private static func line(to neighbour: NeighbourConfig, _ logger: Logger) throws(EdgeFailure) -> Line {
        var identity = EdgeIdentity()
        if let certificate = neighbour.certificate, let key = neighbour.key {
            identity.own = EdgeIdentity.Own(certificateChainPath: certificate, privateKeyPath: key)
        }
        identity.trustRootsPath = neighbour.roots
        identity.serverName = neighbour.serverName
        identity.revokedPath = neighbour.revoked
        var limits = EdgeClientLimits()
        limits.inFlight = neighbour.inFlight
        limits.waiting = Limits.exchangesWaiting
        let client = try EdgeClient(
            to: try EdgeDestination(neighbour.address), identity: identity, limits: limits, logger: logger)
        let headers = neighbour.tenants.mapValues { tenant in
            tenant.headers.sorted { $0.key < $1.key }.map { WireHeader($0.key, $0.value.value) }
        }
        return Line(client: client, headers: headers)
    }

    func send(_ request: WireRequest, to peer: String, tenant: String, deadline: Instant) async -> WireOutcome {
        guard let line = lines[peer] else { return .notSent("no neighbour is named \(peer)") }
        let milliseconds = deadline.milliseconds(since: now())
        guard milliseconds > 0 else { return .notSent("its time was over before it could leave") }
        var request = request
        request.headers += line.headers[tenant] ?? []
        watch.begin(peer)
        let sent = now()
        let outcome = await line.client.send(request, timeoutMilliseconds: Int(min(milliseconds, 600_000)))
        watch.note(outcome, from: peer, sent: sent, heard: now())
        return outcome
    }

    /// Asks a neighbour whether it lives; what it says goes to the watch alone.
    func heartbeat(_ peer: String, _ request: WireRequest, timeoutMilliseconds: Int) async {
        guard let line = lines[peer] else { return }
        let sent = now()
        let outcome = await line.client.send(request, timeoutMilliseconds: timeoutMilliseconds)
        watch.note(outcome, from: peer, sent: sent, heard: now(), isHeartbeat: true)
    }

    /// The line's TLS files, and what takes them into use when they change.
    func endpoints(of neighbours: [NeighbourConfig]) -> [CertificateWatch.Endpoint] {
        neighbours.compactMap { neighbour in
            guard let client = lines[neighbour.name]?.client, client.destination.isSecure else { return nil }
            return CertificateWatch.Endpoint(
                name: neighbour.name, certificate: neighbour.certificate, key: neighbour.key, roots: neighbour.roots,
                revoked: neighbour.revoked, reload: { () throws(EdgeFailure) in try client.reload() },
                peer: { client.peerCertificate })
        }
    }

    func shutdown() async {
        for line in lines.values { await line.client.shutdown() }
    }
}

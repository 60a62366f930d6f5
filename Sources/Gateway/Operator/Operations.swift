import EdgeHTTP
import FormatJSON
import Payments
import PaymentsEngine

/// What an operator has of the running process beside payments: metrics, readiness, the neighbours, and what goes on by
/// itself to keep them true.
struct Operations: Sendable {
    let health: Health
    let metrics: MetricsPage
    private let assembly: Assembly
    private let certificates: CertificateWatch

    init(_ assembly: Assembly) {
        self.assembly = assembly
        MetricsPage.begin()
        certificates = CertificateWatch(logger: assembly.logger)
        health = Health(
            engine: assembly.engine, store: assembly.store, lookout: assembly.lookout, certificates: certificates,
            tables: assembly.tables, controls: assembly.controls)
        metrics = MetricsPage(
            lookout: assembly.lookout, certificates: certificates, engine: assembly.engine, store: assembly.store,
            tables: assembly.tables, webhooks: assembly.webhooks, config: assembly.config)
    }

    /// The doors that have TLS files, beside the lines to the neighbours.
    func watch(_ doors: [CertificateWatch.Endpoint]) {
        let config = assembly.config
        let neighbours = config.networks + config.coreBanks + config.controls.screening
        certificates.add(doors + assembly.transport.endpoints(of: neighbours))
    }

    /// Nil when the request is about something else.
    func handle(_ request: WireRequest) async -> WireReply? {
        if let reply = await health.reply(to: request, isOperator: true) { return reply }
        switch (request.method, request.path) {
        case ("GET", "/metrics"): return metrics.reply()
        case ("GET", "/networks"):
            return json(
                200, NetworksPage(assembly.lookout.networks.rows, certificates.lines, now: assembly.engine.now).json)
        case ("GET", "/stuck"): return await stuck(request.query)
        case ("GET", "/legs"): return await legs(request.query)
        default: return nil
        }
    }

    private func stuck(_ query: String) async -> WireReply {
        let limit = query.split(separator: "=").last.flatMap { Int($0) } ?? StuckPage.usual
        let page = StuckPage(
            store: assembly.store, tenants: assembly.config.tenants.map(\.name), flow: assembly.tables.pinnedFlow)
        do {
            return json(200, try await page.json(limit: min(max(limit, 1), DeskQuery.most)))
        } catch {
            return json(503, ["error": "the store is not available"])
        }
    }

    private func legs(_ text: String) async -> WireReply {
        guard let query = LegsDesk.Query(text) else {
            return json(400, ["error": "known are neighbour, tenant, date and after"])
        }
        let desk = LegsDesk(store: assembly.store, flow: assembly.tables.pinnedFlow, config: assembly.config)
        do {
            return json(200, try await desk.page(query))
        } catch let failure as Failure {
            return json(400, ["error": .string(failure.description)])
        } catch {
            return json(503, ["error": "the store is not available"])
        }
    }

    private func json(_ status: Int, _ value: JSONValue) -> WireReply {
        WireReply(status: status, headers: [WireHeader("Content-Type", "application/json")], body: value.bytes())
    }

    /// For monitoring over TCP: no payments, and nothing that decides anything.
    func handleMonitoring(_ request: WireRequest) async -> WireReply {
        let known: Set<String> = ["/metrics", "/networks", "/health/live", "/health/ready"]
        if known.contains(request.path), let reply = await handle(request) { return reply }
        return json(404, ["error": .string("known are GET \(known.sorted().joined(separator: ", "))")])
    }

    /// Takes changed TLS files into use now.
    func reloadCertificates() { certificates.look() }

    /// Watches until the task is cancelled.
    func run() async {
        let config = assembly.config
        let targets = (config.networks + config.coreBanks + config.controls.screening).compactMap { neighbour in
            neighbour.heartbeat.map { Heartbeats.Target(name: neighbour.name, heartbeat: $0) }
        }
        let transport = assembly.transport
        let heartbeats = Heartbeats(targets: targets) { name, request, timeout in
            await transport.heartbeat(name, request, timeoutMilliseconds: timeout)
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await heartbeats.run() }
            group.addTask { await assembly.lookout.watchLedger(assembly.engine, assembly.store) }
            group.addTask { await assembly.lookout.resume(assembly.store, tenants: config.tenants.map(\.name)) }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(CertificateWatch.lookMilliseconds))
                    certificates.look()
                }
            }
        }
    }
}

/// The table of `interlock networks`.
struct NetworksPage: Sendable {
    let rows: [NetworkWatch.Row]
    let certificates: [CertificateWatch.Line]
    let now: Instant

    init(_ rows: [NetworkWatch.Row], _ certificates: [CertificateWatch.Line], now: Instant) {
        self.rows = rows
        self.certificates = certificates
        self.now = now
    }

    var json: JSONValue {
        ["networks": .array(rows.map(row))]
    }

    private func row(_ row: NetworkWatch.Row) -> JSONValue {
        func days(_ use: CertificateWatch.Line.Use) -> JSONValue? {
            certificates.first { $0.endpoint == row.name && $0.use == use }.map { .integer($0.days(at: now)) }
        }
        return .members([
            "name": .string(row.name), "kind": .string(row.isNetwork ? "network" : "other"),
            "state": .string(row.isUp ? "up" : "down"), "since": .string(row.since.text),
            "breaker": .string(row.breaker.rawValue), "why": row.why.isEmpty ? nil : .string(row.why),
            "failuresInARow": .integer(row.failuresInARow), "lastAnswer": row.lastAnswer.map { .string($0.text) },
            "lastStatus": row.lastStatus.map { .integer($0) },
            "heartbeat": row.heartbeatAnswered.map { .string($0 ? "answered" : "silent") },
            "p50Milliseconds": row.p50Milliseconds.map { .integer($0) },
            "p99Milliseconds": row.p99Milliseconds.map { .integer($0) }, "underWay": .integer(row.underWay),
            "clockSkewMilliseconds": row.clockSkewMilliseconds.map { .integer($0) },
            "ownCertificateDaysLeft": days(.own), "peerCertificateDaysLeft": days(.peer),
        ])
    }
}

import ChannelAPI
import EdgeHTTP
import Foundation
import Logging
import Mapping
import Payments
import PaymentsEngine
import StoreSQLite

/// A whole gateway, put together from its configuration.
struct Assembly: Sendable {
    let config: GatewayConfig
    let tables: TablesInUse
    let controls: Controls
    let store: SQLiteStore
    let engine: Engine
    let transport: EdgeTransport
    let scheme: SchemeEndpoint
    let channel: Channel
    let webhooks: WebhookDeliverer
    let webhookLines: WebhookLines
    let lookout: Lookout
    let logger: Logger

    static func make(_ config: GatewayConfig, insecureLoopback: Bool, logger: Logger) async throws -> Assembly {
        let controls = try Controls(config, now: WallClock.now())
        let tables = try tables(of: config, hooks: controls.hooks, logger: logger)
        let lookout = Lookout(
            config, reasons: tables.current.tables.mappings.codes.table("reasons")?.canonicals ?? [], logger: logger)
        var world = world(config, tables)
        world.health = { lookout.networks.health($0) }
        world.isRetryable = { tables.current.tables.mappings.isRetryable($0) }
        controls.attach(to: &world)
        #if DEBUG
            world = world.withPlantedDefect
        #endif
        var options = SQLiteStore.Options()
        options.now = WallClock.now
        options.retention = config.retention
        let store = try await SQLiteStore.open(
            folder: config.folder, node: config.node, tenants: config.tenants.map(\.name), options: options)
        let transport: EdgeTransport
        do {
            transport = try await EdgeTransport.open(
                config.networks + config.coreBanks + config.controls.screening, now: WallClock.now,
                watch: lookout.networks, logger: logger)
        } catch {
            await store.close()
            throw error
        }
        var carrier: any Transport = transport
        #if DEBUG
            if PlantedDefect.planted != nil { carrier = DefectiveTransport(inner: transport) }
        #endif
        let engine = Engine(
            world: world, store: store, transport: carrier, clock: WallClock.engine, entropy: WallClock.entropy,
            observer: lookout.observer(LogObserver.make(logger)), number: UInt16(config.engine), shards: config.shards,
            paymentsInFlight: config.paymentsInFlight)
        let scheme = SchemeEndpoint(
            engine: engine, world: world,
            networks: Dictionary(config.networks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }),
            trustsLoopback: insecureLoopback, entropy: WallClock.entropy, logger: logger)
        let lines: WebhookLines
        do {
            try await RestoredStart.hold(engine, store, logger)
            lines = try await WebhookLines.open(config.tenants, logger: logger)
        } catch {
            await transport.shutdown()
            await store.close()
            throw error
        }
        let webhooks = WebhookDeliverer(
            WebhookLines.webhooks(config.tenants), engine: engine, clock: WallClock.engine, jitter: WallClock.entropy,
            send: lines.send, tell: WebhookLines.tell(logger))
        let kinds = tables.current.tables.mappings.codes.table("identifiers")?.canonicals ?? []
        let keys = config.tenants.flatMap { tenant in
            tenant.apiKeys.map { (sha256: $0.sha256, caller: APIKeys.Caller(tenant: tenant.name, key: $0.name)) }
        }
        let channel = Channel(
            engine: engine, keys: APIKeys(keys), identifierKinds: Set(kinds), webhooks: webhooks,
            explain: tables.misses)
        return Assembly(
            config: config, tables: tables, controls: controls, store: store, engine: engine, transport: transport,
            scheme: scheme, channel: channel, webhooks: webhooks, webhookLines: lines, lookout: lookout, logger: logger)
    }

    /// Gives everything free; nothing of it works afterwards.
    func close() async {
        await webhookLines.shutdown()
        await transport.shutdown()
        await store.close()
    }

    /// Everything that a reload reads anew.
    static func tables(
        of config: GatewayConfig, hooks: [TableHook] = [], logger: Logger
    ) throws -> TablesInUse {
        let source = TableSource(
            mappings: config.mappings, schemas: config.schemas, routes: config.routes,
            networks: Set(config.networks.map(\.name)), hooks: hooks, neighbours: { try neighbours(config, $0) })
        return try TablesInUse(source, folder: config.folder, logger: logger)
    }

    /// Pure look-ups over the configuration, which the reader has checked, and the tables in use.
    static func world(_ config: GatewayConfig, _ tables: TablesInUse) -> World {
        let banks = Dictionary(config.tenants.map { ($0.name, $0.coreBank) }, uniquingKeysWith: { first, _ in first })
        var world = World(
            flow: tables.flow,
            pinnedFlow: tables.pinnedFlow,
            route: { tables.current.routes.decide($0) },
            neighbours: tables.neighbour,
            coreBank: { banks[$0] })
        world.tablesVersion = { tables.version }
        return world
    }

    private static func neighbours(_ config: GatewayConfig, _ tables: Tables) throws -> [String: Neighbour] {
        var result: [String: Neighbour] = [:]
        for neighbour in config.networks + config.coreBanks + config.controls.screening {
            guard let entry = Registry.entry(neighbour.adapter) else {
                throw Failure.usage("\(neighbour.name): no adapter is named \(neighbour.adapter)")
            }
            var adapter = entry.make(tables)
            if let lateness = neighbour.latenessMilliseconds { adapter.capabilities.latenessMilliseconds = lateness }
            for (tenant, own) in neighbour.tenants.sorted(by: { $0.key < $1.key }) {
                var values = own.values.merging(own.secrets.mapValues(\.value)) { first, _ in first }
                if let currencies = neighbour.controls.currencies {
                    values["currencies"] = currencies.map(\.code).sorted().joined(separator: " ")
                }
                let settings = AdapterSettings(network: neighbour.name, tenant: tenant, values: values)
                result["\(neighbour.name)|\(tenant)"] = Neighbour(
                    adapter: adapter, settings: settings, clockMilliseconds: neighbour.clockMilliseconds,
                    marginMilliseconds: neighbour.marginMilliseconds, silence: neighbour.silence)
            }
        }
        for tenant in config.tenants {
            let settings = AdapterSettings(network: Channel.network, tenant: tenant.name, values: [:])
            result["\(Channel.network)|\(tenant.name)"] = Neighbour(
                adapter: Channel.adapter(), settings: settings, clockMilliseconds: 5_000)
        }
        return result
    }
}

/// The host's clock and dice: read here and handed in everywhere else.
enum WallClock {
    /// One for the process: no part of it may see another time.
    static let guarded = GuardedClock()
    static let now: @Sendable () -> Instant = { guarded.now() }

    static let entropy: @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }

    static let engine = EngineClock(now: now) { milliseconds in
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }
}

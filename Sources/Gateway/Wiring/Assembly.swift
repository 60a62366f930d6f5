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
    let tables: Tables
    let routes: RouteTable
    let store: SQLiteStore
    let engine: Engine
    let transport: EdgeTransport
    let scheme: SchemeEndpoint
    let channel: Channel
    let logger: Logger

    static func make(_ config: GatewayConfig, insecureLoopback: Bool, logger: Logger) async throws -> Assembly {
        let tables = try Tables.read(mappings: config.mappings, schemas: config.schemas)
        let names = Set(config.networks.map(\.name))
        let routes = try tables.routes(path: config.routes, networks: names)
        let shelf = try FlowShelf(folder: config.folder, current: tables.flows, files: tables.files)
        var world = try world(config, tables, routes, pinned: shelf.flow)
        #if DEBUG
            world = world.withPlantedDefect
        #endif
        let store = try await SQLiteStore.open(
            folder: config.folder, node: config.node, tenants: config.tenants.map(\.name))
        let transport: EdgeTransport
        do {
            transport = try await EdgeTransport.open(
                config.networks + config.coreBanks, now: WallClock.now, logger: logger)
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
            observer: LogObserver.make(logger), number: UInt16(config.engine), shards: config.shards,
            paymentsInFlight: config.paymentsInFlight)
        let scheme = SchemeEndpoint(
            engine: engine, world: world,
            networks: Dictionary(config.networks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }),
            trustsLoopback: insecureLoopback, entropy: WallClock.entropy, logger: logger)
        let kinds = tables.mappings.codes.table("identifiers")?.canonicals ?? []
        let keys = config.tenants.flatMap { tenant in
            tenant.apiKeys.map { (sha256: $0.sha256, caller: APIKeys.Caller(tenant: tenant.name, key: $0.name)) }
        }
        let channel = Channel(engine: engine, keys: APIKeys(keys), identifierKinds: Set(kinds), explain: routes.misses)
        return Assembly(
            config: config, tables: tables, routes: routes, store: store, engine: engine, transport: transport,
            scheme: scheme, channel: channel, logger: logger)
    }

    /// Gives everything free; nothing of it works afterwards.
    func close() async {
        await transport.shutdown()
        await store.close()
    }

    /// Pure look-ups over the configuration, which the reader has checked.
    static func world(
        _ config: GatewayConfig, _ tables: Tables, _ routes: RouteTable,
        pinned: @escaping @Sendable (String, String) -> Flow?
    ) throws -> World {
        let neighbours = try neighbours(config, tables)
        let banks = Dictionary(config.tenants.map { ($0.name, $0.coreBank) }, uniquingKeysWith: { first, _ in first })
        let flows = tables.flows.flows
        return World(
            flow: { flows[$0] },
            pinnedFlow: pinned,
            route: { routes.decide($0) },
            neighbour: { neighbours["\($0)|\($1)"] },
            coreBank: { banks[$0] })
    }

    private static func neighbours(_ config: GatewayConfig, _ tables: Tables) throws -> [String: Neighbour] {
        var result: [String: Neighbour] = [:]
        for neighbour in config.networks + config.coreBanks {
            guard let entry = Registry.entry(neighbour.adapter) else {
                throw Failure.usage("\(neighbour.name): no adapter is named \(neighbour.adapter)")
            }
            var adapter = entry.make(tables)
            if let lateness = neighbour.latenessMilliseconds { adapter.capabilities.latenessMilliseconds = lateness }
            for (tenant, own) in neighbour.tenants.sorted(by: { $0.key < $1.key }) {
                let values = own.values.merging(own.secrets.mapValues(\.value)) { first, _ in first }
                let settings = AdapterSettings(network: neighbour.name, tenant: tenant, values: values)
                result["\(neighbour.name)|\(tenant)"] = Neighbour(
                    adapter: adapter, settings: settings, clockMilliseconds: neighbour.clockMilliseconds,
                    marginMilliseconds: neighbour.marginMilliseconds)
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
    static let now: @Sendable () -> Instant = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    static let entropy: @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }

    static let engine = EngineClock(now: now) { milliseconds in
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }
}

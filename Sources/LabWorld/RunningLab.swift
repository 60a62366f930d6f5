import FormatJSON
import Foundation

/// Everything that runs: the world outside on loopback, and one real gateway between it and three banks.
final class RunningLab: Sendable {
    struct Options: Sendable {
        var folder: String
        var interlock: String
        var defect: String?
        var clocks = LabClocks.short
    }

    let folder: String
    let authority: LabCA
    let hub: Hub
    let wallets: [String: SimulatedFSP]
    let clearing: Clearing
    let core: CoreBank
    let gateway: GatewayProcess
    let ready: GatewayProcess.Ready
    let operators: OperatorClient
    let channelClient: LabClient
    let configuration: Configuration

    private init(
        _ world: World, authority: LabCA, gateway: GatewayProcess, ready: GatewayProcess.Ready,
        configuration: Configuration
    ) throws {
        folder = configuration.folder
        self.authority = authority
        (hub, wallets, clearing, core) = (world.hub, world.wallets, world.clearing, world.core)
        self.gateway = gateway
        self.ready = ready
        self.configuration = configuration
        operators = OperatorClient(socket: ready.operatorSocket)
        channelClient = try LabClient(identity: authority.issue(commonName: LabPeer.operatorName))
    }

    /// Where the gateway takes messages of a network for a tenant.
    func endpoint(_ network: String, _ tenant: String) -> String {
        "https://localhost:\(ready.schemePort)/\(network)/\(tenant)"
    }

    var channelBase: String { "https://localhost:\(ready.channelPort)" }

    func channel(_ tenant: String) -> ChannelClient {
        ChannelClient(tenant: tenant, client: channelClient, base: channelBase)
    }

    func stop() async {
        await gateway.terminate()
        await operators.stop()
        await channelClient.stop()
        await hub.stop()
        await clearing.stop()
        await core.stop()
    }
}

// MARK: - Start

extension RunningLab {
    /// The peers, listening.
    private struct World {
        let hub: Hub
        let wallets: [String: SimulatedFSP]
        let clearing: Clearing
        let core: CoreBank
    }

    /// Starts peers, then the gateway, then tells the peers where it is.
    static func start(_ options: Options) async throws -> RunningLab {
        let authority = try LabCA(folder: "\(options.folder)/tls")
        _ = try authority.issue(commonName: Cast.gatewayName)
        let world = try await peers(authority, options.clocks)
        var configuration = Configuration(
            folder: options.folder,
            addresses: .init(hub: world.hub.peer.port, clearing: world.clearing.peer.port, core: world.core.peer.port),
            clocks: options.clocks)
        try configuration.write(coreUser: world.core.settings.user, corePassword: world.core.settings.password)
        let gateway = GatewayProcess(
            executable: options.interlock, configuration: configuration.file, log: "\(options.folder)/gateway.log",
            defect: options.defect)
        let ready = try await gateway.start()
        // The same doors after a restart.
        configuration.schemePort = ready.schemePort
        configuration.channelPort = ready.channelPort
        try configuration.rewrite()
        let lab = try RunningLab(
            world, authority: authority, gateway: gateway, ready: ready, configuration: configuration)
        await lab.admitGateway()
        return lab
    }

    private static func peers(_ authority: LabCA, _ clocks: LabClocks) async throws -> World {
        var hubSettings = Hub.Settings()
        hubSettings.timeoutScanMilliseconds = clocks.hubScan
        let hub = try Hub(identity: authority.issue(commonName: hubSettings.name), settings: hubSettings)
        var clearingSettings = Clearing.Settings()
        clearingSettings.name = Cast.clearingName
        clearingSettings.bic = Cast.clearingBIC
        clearingSettings.currency = Cast.currency
        clearingSettings.answerClockMilliseconds = clocks.rail
        clearingSettings.finalTimeoutMilliseconds = clocks.rail
        let clearing = try Clearing(
            identity: authority.issue(commonName: Cast.clearingName), settings: clearingSettings)
        let core = try CoreBank(identity: authority.issue(commonName: "corebank"))
        try await hub.start()
        try await clearing.start()
        try await core.start()
        var wallets: [String: SimulatedFSP] = [:]
        for wallet in Cast.wallets {
            var policy = SimulatedFSP.Policy()
            policy.asksForNotification = wallet.fspId == Cast.grace.fspId
            let fsp = SimulatedFSP(fspId: wallet.fspId, secret: "secret of \(wallet.fspId)", policy: policy)
            await fsp.open(
                msisdn: wallet.msisdn, name: wallet.name, balance: amount(wallet.balance), currency: Cast.currency)
            await hub.attach(fsp)
            wallets[wallet.fspId] = fsp
        }
        for customer in Cast.customers {
            await core.open(
                tenant: customer.tenant, account: customer.account, currency: Cast.currency,
                balance: amount(customer.balance), name: customer.name)
            guard let alias = customer.alias else { continue }
            await core.register(
                tenant: customer.tenant, type: alias.kind, value: alias.value, account: customer.account)
            if alias.kind == "MSISDN" {
                await hub.own(type: "MSISDN", identifier: alias.value, fspId: customer.tenant)
            }
        }
        return World(hub: hub, wallets: wallets, clearing: clearing, core: core)
    }

    private func admitGateway() async {
        for tenant in ["bank-a", "bank-c"] {
            await hub.register(fspId: tenant, baseURL: endpoint(Cast.hub, tenant), commonName: Cast.gatewayName)
        }
        await clearing.simulate(bic: Cast.farBIC, balance: amount("1000000"))
        for (tenant, bic) in Cast.bics {
            await clearing.join(
                bic: bic, baseURL: endpoint(Cast.rail, tenant), commonName: Cast.gatewayName,
                balance: amount("1000000"))
        }
    }
}

/// For amounts that stand in the lab's own text.
func amount(_ text: String) -> LabAmount {
    guard let amount = LabAmount(text) else { preconditionFailure("\(text) is no amount") }
    return amount
}

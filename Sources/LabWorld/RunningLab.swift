import FormatJSON
import Foundation

/// Everything that runs: the world outside on loopback, and one real gateway between it and three banks.
final class RunningLab: Sendable {
    struct Options: Sendable {
        var folder: String
        var interlock: String
        var defect: String?
        var clocks = LabClocks.short
        var setting = Setting()
    }

    /// What one world has that the others have not.
    struct Setting: Sendable {
        /// The networks' calendars, where they have others than `always`, and the calendars' YAML.
        var calendars: [String: String] = [:]
        var calendarRows: [String] = []
        /// Rows of caps that come before the usual ones.
        var capRows: [String] = []
        /// What the second rail is told when our time is over and the far leg is not known.
        var secondRailSilence = "ACWP"
        /// More files in the folder, by name.
        var files: [String: String] = [:]
        /// The days around which the calendars are arranged.
        var days: LabDays?
    }

    let options: Options
    let folder: String
    let authority: LabCA
    let hub: Hub
    let wallets: [String: SimulatedFSP]
    let clearing: Clearing
    let secondClearing: Clearing
    let core: CoreBank
    let screening: Screening
    let receiver: WebhookReceiver
    let gateway: GatewayProcess
    let ready: GatewayProcess.Ready
    let operators: OperatorClient
    let channelClient: LabClient
    let configuration: Configuration

    private init(
        _ world: World, authority: LabCA, gateway: GatewayProcess, ready: GatewayProcess.Ready,
        configuration: Configuration, options: Options
    ) throws {
        self.options = options
        folder = configuration.folder
        self.authority = authority
        (hub, wallets, core, screening) = (world.hub, world.wallets, world.core, world.screening)
        (clearing, secondClearing, receiver) = (world.clearing, world.secondClearing, world.receiver)
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

    /// Every rail, with the name that the gateway knows it by and the one that the books use.
    var clearings: [(clearing: Clearing, network: (name: String, short: String))] {
        [(clearing, (Cast.rail, "rail")), (secondClearing, (Cast.secondRail, "rail2"))]
    }

    /// The wallets' FSPs hear from the hub what callbacks did not tell them.
    func catchUp() async {
        let states = await hub.transfers.mapValues(\.state)
        for wallet in wallets.values { await wallet.learn(finalStates: states) }
    }

    /// For another world like this one, in a folder inside this one's.
    func options(for name: String, _ setting: Setting) -> Options {
        var own = options
        own.folder = "\(folder)/\(name)"
        own.setting = setting
        return own
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
        await secondClearing.stop()
        await core.stop()
        await screening.stop()
        await receiver.stop()
    }
}

// MARK: - Start

extension RunningLab {
    /// The peers, listening.
    private struct World {
        let hub: Hub
        let wallets: [String: SimulatedFSP]
        let clearing: Clearing
        let secondClearing: Clearing
        let core: CoreBank
        let screening: Screening
        let receiver: WebhookReceiver
    }

    /// Starts peers, then the gateway, then tells the peers where it is.
    static func start(_ options: Options) async throws -> RunningLab {
        let authority = try LabCA(folder: "\(options.folder)/tls")
        _ = try authority.issue(commonName: Cast.gatewayName)
        try authority.revoke([])
        let world = try await peers(authority, options.clocks)
        var configuration = Configuration(
            folder: options.folder,
            addresses: .init(
                hub: world.hub.peer.port, clearing: world.clearing.peer.port,
                secondClearing: world.secondClearing.peer.port, core: world.core.peer.port,
                screening: world.screening.peer.port, webhook: world.receiver.port),
            clocks: options.clocks, setting: options.setting)
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
            world, authority: authority, gateway: gateway, ready: ready, configuration: configuration,
            options: options)
        await lab.admitGateway()
        return lab
    }

    private static func peers(_ authority: LabCA, _ clocks: LabClocks) async throws -> World {
        var hubSettings = Hub.Settings()
        hubSettings.timeoutScanMilliseconds = clocks.hubScan
        let hub = try Hub(identity: authority.issue(commonName: hubSettings.name), settings: hubSettings)
        let clearing = try clearing(authority, Cast.clearingName, Cast.clearingBIC, clocks.rail)
        let second = try self.clearing(
            authority, Cast.secondClearingName, Cast.secondClearingBIC, clocks.secondRail, isAsynchronous: true)
        let core = try CoreBank(identity: authority.issue(commonName: "corebank"))
        let screening = try Screening(identity: authority.issue(commonName: "screening"))
        var rules = Screening.Rules()
        (rules.refusedNames, rules.reviewedNames) = ([Cast.refusedName], [Cast.reviewedName])
        screening.set(rules)
        try await hub.start()
        try await clearing.start()
        try await second.start()
        try await core.start()
        try await screening.start()
        let receiver = WebhookReceiver(secret: Cast.webhookSecret)
        try await receiver.start(identity: authority.issue(commonName: "receiver"))
        for rail in [clearing, second] {
            rail.peer.offerReport { [weak rail] bic in await rail?.report(of: bic) ?? DayReport() }
        }
        let wallets = await self.wallets(on: hub)
        await openAccounts(at: core, on: hub)
        return World(
            hub: hub, wallets: wallets, clearing: clearing, secondClearing: second, core: core, screening: screening,
            receiver: receiver)
    }

    private static func clearing(
        _ authority: LabCA, _ name: String, _ bic: String, _ clock: Int, isAsynchronous: Bool = false
    ) throws -> Clearing {
        var settings = Clearing.Settings()
        settings.name = name
        settings.bic = bic
        settings.currency = Cast.currency
        settings.answerClockMilliseconds = clock
        settings.finalTimeoutMilliseconds = clock
        settings.isAsynchronous = isAsynchronous
        return try Clearing(identity: authority.issue(commonName: name), settings: settings)
    }

    private static func wallets(on hub: Hub) async -> [String: SimulatedFSP] {
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
        return wallets
    }

    private static func openAccounts(at core: CoreBank, on hub: Hub) async {
        // The bank without customers has an account of its own there: it is asked whose an identifier is.
        await core.open(
            tenant: "bank-c", account: "C-HOUSE", currency: Cast.currency, balance: .zero, name: "Bank C")
        for msisdn in [Cast.farMSISDN, Cast.duoMSISDN] {
            await hub.own(type: "MSISDN", identifier: msisdn, fspId: "bank-c")
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
    }

    private func admitGateway() async {
        for tenant in ["bank-a", "bank-c"] {
            await hub.register(fspId: tenant, baseURL: endpoint(Cast.hub, tenant), commonName: Cast.gatewayName)
        }
        let plenty = amount("1000000")
        for (rail, network) in clearings {
            await rail.simulate(bic: Cast.farBIC, balance: plenty)
            for (tenant, bic) in Cast.bics {
                await rail.join(
                    bic: bic, baseURL: endpoint(network.name, tenant), commonName: Cast.gatewayName, balance: plenty)
            }
        }
        await secondClearing.simulate(bic: Cast.duoBIC, balance: plenty)
        await clearing.join(
            bic: Cast.duoBIC, baseURL: endpoint(Cast.rail, "bank-c"), commonName: Cast.gatewayName, balance: plenty)
    }
}

/// For amounts that stand in the lab's own text.
func amount(_ text: String) -> LabAmount {
    guard let amount = LabAmount(text) else { preconditionFailure("\(text) is no amount") }
    return amount
}

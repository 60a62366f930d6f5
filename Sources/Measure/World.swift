import Foundation
import LabWorld

/// The far sides of the path, in this process: a hub with one wallet, a clearing with one bank, a core bank without
/// delays; and a second hub that can be silent while the first one works.
final class World: Sendable {
    let authority: LabCA
    let hub: Hub
    let mute: Hub
    let clearing: Clearing
    let core: CoreBank
    private let payer: SimulatedFSP
    private let channel: LabClient

    static let currency = "KES"
    static let wallet = "254722000001"
    static let railBIC = "FARBKENAXXX"
    static let bankBIC = "BKBBKENAXXX"
    /// The bank that carries payments between hub and rail.
    static let bridgeBIC = "BKCBKENAXXX"
    /// A wallet on the second hub.
    static let muteWallet = "254733000001"
    /// Accounts of each bank: enough that payments in flight seldom meet in one.
    static let accounts = 512

    private init(
        _ authority: LabCA, hubs: (Hub, Hub), _ clearing: Clearing, _ core: CoreBank, _ payer: SimulatedFSP
    ) throws {
        self.authority = authority
        (hub, mute) = hubs
        (self.clearing, self.core, self.payer) = (clearing, core, payer)
        channel = try LabClient(identity: authority.issue(commonName: "channel"))
    }

    var addresses: Installation.Addresses {
        .init(
            hub: "https://localhost:\(hub.peer.port)", clearing: "https://localhost:\(clearing.peer.port)",
            core: "https://localhost:\(core.peer.port)")
    }

    /// The same and the second hub.
    var addressesWithMute: Installation.Addresses {
        var addresses = self.addresses
        addresses.mute = "https://localhost:\(mute.peer.port)"
        return addresses
    }

    /// Measures in a world with a folder of its own, which stays when something went wrong.
    static func with(
        _ name: String, below disk: String, _ measure: (World, String) async throws -> Findings
    ) async throws -> Findings {
        let folder = try Place.scratch(name, below: disk)
        let world = try await start(folder: folder)
        do {
            let findings = try await measure(world, folder)
            await world.stop()
            Place.remove(folder)
            return findings
        } catch {
            await world.stop()
            throw MeasureFailure("\(error) (its files are in \(folder))")
        }
    }

    static func start(folder: String) async throws -> World {
        let authority = try LabCA(folder: "\(folder)/tls")
        _ = try authority.issue(commonName: "gateway")
        let hub = try Hub(identity: authority.issue(commonName: "switch"))
        var muteSettings = Hub.Settings()
        // What waits for it waits for ever.
        muteSettings.timeoutScanMilliseconds = 3_600_000
        let mute = try Hub(identity: authority.issue(commonName: "switch", fileName: "mute"), settings: muteSettings)
        var settings = Clearing.Settings()
        settings.name = "rtp1"
        settings.bic = "LABCZZ22XXX"
        settings.currency = currency
        let clearing = try Clearing(identity: authority.issue(commonName: "rtp1"), settings: settings)
        var coreSettings = CoreBank.Settings()
        coreSettings.serviceMilliseconds = 0
        coreSettings.conflictMilliseconds = 0
        let core = try CoreBank(identity: authority.issue(commonName: "corebank"), settings: coreSettings)
        try await hub.start()
        try await mute.start()
        try await clearing.start()
        try await core.start()
        let rich = LabAmount(units: 10_000_000_000_000)
        let wallets = ["wallet-blue", "wallet-green"].map { SimulatedFSP(fspId: $0, secret: "measure") }
        await wallets[0].open(msisdn: Self.wallet, name: "Wanjiru", balance: rich, currency: currency)
        await wallets[1].open(msisdn: Self.muteWallet, name: "Grace", balance: rich, currency: currency)
        await hub.attach(wallets[0])
        await mute.attach(wallets[1])
        for number in 0..<accounts {
            await core.open(tenant: "bank-a", account: "A-\(number)", currency: currency, balance: rich)
            await core.open(tenant: "bank-b", account: "B-\(number)", currency: currency, balance: rich)
            await core.register(tenant: "bank-b", type: "IBAN", value: iban(number), account: "B-\(number)")
            await hub.own(type: "MSISDN", identifier: farMSISDN(number), fspId: "bank-c")
        }
        return try World(authority, hubs: (hub, mute), clearing, core, wallets[0])
    }

    /// Tells hubs and clearing where the gateway is.
    func admit(hubBase: String, clearingBase: String) async {
        for bank in ["bank-a", "bank-c"] {
            await hub.register(fspId: bank, baseURL: "\(hubBase)/mojaloop:hub1/\(bank)", commonName: "gateway")
        }
        await mute.register(fspId: "bank-a", baseURL: "\(hubBase)/mojaloop:hub2/bank-a", commonName: "gateway")
        let rich = LabAmount(units: 10_000_000_000_000)
        await clearing.simulate(bic: Self.railBIC, balance: rich)
        for (bank, bic) in [("bank-b", Self.bankBIC), ("bank-c", Self.bridgeBIC)] {
            await clearing.join(
                bic: bic, baseURL: "\(clearingBase)/iso:rtp1/\(bank)", commonName: "gateway", balance: rich)
        }
    }

    func stop() async {
        await channel.stop()
        await hub.stop()
        await mute.stop()
        await clearing.stop()
        await core.stop()
    }

    // MARK: - Paying

    /// A bank on the rail pays an account at the core bank.
    func payFromRail(_ number: Int) async throws {
        let order = ClearingOrder(
            from: Self.railBIC, to: Self.bankBIC, amount: LabAmount("1.25") ?? .zero,
            creditorAccount: Self.iban(number % Self.accounts))
        let payment = await clearing.pay(order)
        guard payment.state == .settled else {
            let complaints = clearing.journal.violations.suffix(3) + core.journal.violations.suffix(3)
            throw MeasureFailure("a payment from the rail ended as \(payment); \(complaints)")
        }
    }

    /// A bank on the rail pays a wallet on the hub: the near side hears yes once the far side has paid.
    func payFromRailToWallet() async throws {
        var order = ClearingOrder(
            from: Self.railBIC, to: Self.bridgeBIC, amount: LabAmount("1.25") ?? .zero, creditorAccount: Self.wallet)
        order.creditorScheme = "MSISDN"
        let payment = await clearing.pay(order)
        guard payment.state == .settled else {
            let complaints = clearing.journal.violations.suffix(3) + hub.journal.violations.suffix(3)
            throw MeasureFailure("a payment from the rail to the hub ended as \(payment); \(complaints)")
        }
    }

    /// A wallet on the hub pays an account at a bank on the rail.
    func payFromWalletToRail(_ number: Int) async throws {
        var order = HubPaymentOrder(
            from: Self.wallet, to: Self.farMSISDN(number % Self.accounts), amount: LabAmount("1.25") ?? .zero,
            currency: Self.currency)
        order.expirySeconds = 60
        order.patienceSeconds = 65
        let payment = await payer.pay(order)
        guard payment.state == .committed else {
            let complaints = clearing.journal.violations.suffix(3) + hub.journal.violations.suffix(3)
            throw MeasureFailure("a payment from the hub to the rail ended as \(payment); \(complaints)")
        }
    }

    /// A customer pays a wallet on the hub by the channel API.
    func payToWallet(_ number: Int, channel base: String) async throws {
        let reply = try await order(number, to: Self.wallet, wait: 20, channel: base)
        let text = String(decoding: reply.body, as: UTF8.self)
        guard text.contains("\"outcome\":\"settled\"") else {
            throw MeasureFailure("a payment to the wallet ended otherwise: \(reply.status) \(text.prefix(900))")
        }
    }

    /// Orders a payment over the second hub and does not wait for its end; false when the gateway refused it.
    func orderToMute(_ number: Int, channel base: String) async throws -> Bool {
        (200..<300).contains(try await order(number, to: Self.muteWallet, wait: 0, channel: base).status)
    }

    private func order(_ number: Int, to wallet: String, wait: Int, channel base: String) async throws -> LabReply {
        let order = """
            {"amount":"1.25","currency":"\(Self.currency)","debtor":{"name":"Ada Achieng",\
            "account":{"kind":"ACCOUNT_ID","value":"A-\(number % Self.accounts)"}},\
            "creditor":{"identifier":{"kind":"MSISDN","value":"\(wallet)"}}}
            """
        let request = LabRequest(
            method: "POST", path: "/v1/payments",
            headers: [
                ("Authorization", "Bearer \(Installation.apiKey)"), ("Content-Type", "application/json"),
                ("Idempotency-Key", UUID().uuidString.lowercased()), ("Prefer", "wait=\(wait)"),
            ], body: Array(order.utf8))
        let outcome = await channel.send(request, to: base, milliseconds: 30_000)
        guard case .replied(let reply) = outcome else { throw MeasureFailure("the channel did not answer: \(outcome)") }
        return reply
    }

    /// By which the hub's customers know an account on the rail: one for each payment in flight.
    static func farMSISDN(_ number: Int) -> String {
        let digits = String(number)
        return "25475500" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// A German IBAN with right check digits.
    static func iban(_ number: Int) -> String {
        let digits = String(number)
        let account = "37040044" + String(repeating: "0", count: 10 - digits.count) + digits
        // ISO 13616: the country as numbers and two zeros at the end, modulo 97.
        let rest = (account + "131400").utf8.reduce(0) { ($0 * 10 + Int($1 - 0x30)) % 97 }
        let check = 98 - rest
        return "DE" + (check < 10 ? "0" : "") + String(check) + account
    }
}

import Foundation
import LabWorld

/// The far sides of the path, in this process: a hub with one wallet, a clearing with one bank, a core bank without
/// delays.
final class World: Sendable {
    let authority: LabCA
    let hub: Hub
    let clearing: Clearing
    let core: CoreBank
    private let channel: LabClient

    static let currency = "KES"
    static let wallet = "254722000001"
    static let railBIC = "FARBKENAXXX"
    static let bankBIC = "BKBBKENAXXX"
    /// Accounts of each bank: enough that payments in flight seldom meet in one.
    static let accounts = 512

    private init(_ authority: LabCA, _ hub: Hub, _ clearing: Clearing, _ core: CoreBank) throws {
        self.authority = authority
        (self.hub, self.clearing, self.core) = (hub, clearing, core)
        channel = try LabClient(identity: authority.issue(commonName: "channel"))
    }

    var addresses: Installation.Addresses {
        .init(
            hub: "https://localhost:\(hub.peer.port)", clearing: "https://localhost:\(clearing.peer.port)",
            core: "https://localhost:\(core.peer.port)")
    }

    static func start(folder: String) async throws -> World {
        let authority = try LabCA(folder: "\(folder)/tls")
        _ = try authority.issue(commonName: "gateway")
        let hub = try Hub(identity: authority.issue(commonName: "switch"))
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
        try await clearing.start()
        try await core.start()
        let rich = LabAmount(units: 10_000_000_000_000)
        let wallet = SimulatedFSP(fspId: "wallet-blue", secret: "measure", policy: .init())
        await wallet.open(msisdn: Self.wallet, name: "Wanjiru", balance: rich, currency: currency)
        await hub.attach(wallet)
        for number in 0..<accounts {
            await core.open(tenant: "bank-a", account: "A-\(number)", currency: currency, balance: rich)
            await core.open(tenant: "bank-b", account: "B-\(number)", currency: currency, balance: rich)
            await core.register(tenant: "bank-b", type: "IBAN", value: iban(number), account: "B-\(number)")
        }
        return try World(authority, hub, clearing, core)
    }

    /// Tells hub and clearing where the gateway is.
    func admit(hubBase: String, clearingBase: String) async {
        await hub.register(fspId: "bank-a", baseURL: hubBase + "/mojaloop:hub1/bank-a", commonName: "gateway")
        let rich = LabAmount(units: 10_000_000_000_000)
        await clearing.simulate(bic: Self.railBIC, balance: rich)
        await clearing.join(
            bic: Self.bankBIC, baseURL: clearingBase + "/iso:rtp1/bank-b", commonName: "gateway", balance: rich)
    }

    func stop() async {
        await channel.stop()
        await hub.stop()
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

    /// A customer pays a wallet on the hub by the channel API.
    func payToWallet(_ number: Int, channel base: String) async throws {
        let order = """
            {"amount":"1.25","currency":"\(Self.currency)","debtor":{"name":"Ada Achieng",\
            "account":{"kind":"ACCOUNT_ID","value":"A-\(number % Self.accounts)"}},\
            "creditor":{"identifier":{"kind":"MSISDN","value":"\(Self.wallet)"}}}
            """
        let request = LabRequest(
            method: "POST", path: "/v1/payments",
            headers: [
                ("Authorization", "Bearer \(Installation.apiKey)"), ("Content-Type", "application/json"),
                ("Idempotency-Key", UUID().uuidString.lowercased()), ("Prefer", "wait=20"),
            ], body: Array(order.utf8))
        let outcome = await channel.send(request, to: base, milliseconds: 30_000)
        guard case .replied(let reply) = outcome else { throw MeasureFailure("the channel did not answer: \(outcome)") }
        let text = String(decoding: reply.body, as: UTF8.self)
        guard text.contains("\"outcome\":\"settled\"") else {
            throw MeasureFailure("a payment to the wallet ended otherwise: \(reply.status) \(text.prefix(900))")
        }
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

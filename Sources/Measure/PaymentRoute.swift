/// The ways over the gateway that are measured whole: one from each network to a core bank or from a channel, and both
/// bridges.
enum PaymentRoute: String, CaseIterable {
    case rail = "ISO 20022 to Fineract"
    case wallet = "channel to Mojaloop"
    case railToHub = "ISO 20022 to Mojaloop"
    case hubToRail = "Mojaloop to ISO 20022"

    /// The bank whose payments go this way.
    var tenant: String {
        switch self {
        case .rail: "bank-b"
        case .wallet: "bank-a"
        case .railToHub, .hubToRail: "bank-c"
        }
    }

    /// For names of files.
    var id: String {
        switch self {
        case .rail: "rail"
        case .wallet: "wallet"
        case .railToHub: "to-hub"
        case .hubToRail: "to-rail"
        }
    }

    /// Brings one payment to its end; fails when it ends otherwise than settled.
    func pay(_ number: Int, _ world: World, channel: String) async throws {
        switch self {
        case .rail: try await world.payFromRail(number)
        case .wallet: try await world.payToWallet(number, channel: channel)
        case .railToHub: try await world.payFromRailToWallet()
        case .hubToRail: try await world.payFromWalletToRail(number)
        }
    }
}

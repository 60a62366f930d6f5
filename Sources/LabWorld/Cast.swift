/// Who takes part: three banks behind one gateway, two wallets on the hub, one bank on the rail, and their customers.
enum Cast {
    static let currency = "KES"
    static let hub = "mojaloop:hub1"
    static let rail = "iso:rtp1"
    /// A second rail, with a clock of its own.
    static let secondRail = "iso:rtp2"
    static let core = "fineract:core"
    static let screening = "screen:lab"

    /// The name in the gateway's own certificate.
    static let gatewayName = "gateway"
    static let clearingName = "rtp1"
    static let clearingBIC = "LABCZZ22XXX"

    /// A bank on the rail that the clearing plays.
    static let farBIC = "FARBKENAXXX"
    static let farAccount = "FAR-FATUMA"
    /// The hub's customers know that account by this number; bank-c answers for it.
    static let farMSISDN = "254755000001"

    static let secondClearingName = "rtp2"
    static let secondClearingBIC = "LABDZZ22XXX"
    /// A bank on the second rail; on the first one bank-c takes its payments.
    static let duoBIC = "DUOBKENAXXX"
    static let duoAccount = "DUO-DALMAR"
    static let duoMSISDN = "254755000002"

    /// Names that the lab's screening service refuses, or wants a person to look at.
    static let refusedName = "Boris Barred"
    static let reviewedName = "Rita Review"

    static let tenants = ["bank-a", "bank-b", "bank-c"]
    static let bics = ["bank-b": "BKBBKENAXXX", "bank-c": "BKCBKENAXXX"]

    struct Customer: Sendable {
        var tenant: String
        var account: String
        var name: String
        var balance: String
        /// Kind and value of the name by which networks find the account.
        var alias: (kind: String, value: String)?
    }

    static let alice = Customer(tenant: "bank-a", account: "A-ALICE", name: "Alice Achieng", balance: "10000")
    static let amina = Customer(
        tenant: "bank-a", account: "A-AMINA", name: "Amina Abdi", balance: "500", alias: ("MSISDN", "254711000001"))
    static let pauper = Customer(tenant: "bank-a", account: "A-PAUPER", name: "Paul Pauper", balance: "5")
    static let bob = Customer(
        tenant: "bank-b", account: "B-BOB", name: "Bob Barasa", balance: "2000",
        alias: ("IBAN", "DE89370400440532013000"))
    static let customers = [alice, amina, pauper, bob]

    struct Wallet: Sendable {
        var fspId: String
        var msisdn: String
        var name: String
        var balance: String
    }

    /// Its FSP answers a transfer with COMMITTED at once.
    static let wanjiru = Wallet(fspId: "wallet-blue", msisdn: "254722000001", name: "Wanjiru", balance: "1000")
    /// Its FSP answers RESERVED and waits for the hub's word.
    static let grace = Wallet(fspId: "wallet-green", msisdn: "254733000001", name: "Grace", balance: "1000")
    static let wallets = [wanjiru, grace]

    /// Nobody has this number.
    static let nobodyMSISDN = "254799999999"
    static let nobodyIBAN = "GB33BUKB20201555555555"

    /// Signs what bank-a's program hears of its payments.
    static let webhookSecret = "lab-secret-of-the-webhook"

    static func apiKey(_ tenant: String) -> String { "lab-key-of-\(tenant)" }
}

import FormatJSON

/// One line of a tenant's ledger: money on one account; the lines of a posting add up to zero.
public struct CoreBankPosting: Sendable, Equatable {
    public enum Kind: String, Sendable { case opening, withdrawal, deposit, fee }

    public let kind: Kind
    /// Empty for openings.
    public let transferCode: String
    /// External id, or `nostro`, `fees`, `capital`.
    public let account: String
    /// Positive when the account gains.
    public let amount: LabAmount
    public let currency: String
}

/// Core banks behind Apache Fineract's interoperation API, several tenants on one listener, with its known defects.
///
/// Verbs of its mood board: `parties`, `accounts`, `quotes`, `prepare`, `create`, `release`.
public actor CoreBank {
    public struct Settings: Sendable {
        public var user = "mifos"
        public var password = "password"
        /// How long one operation on an account takes; a second one that meets it fails.
        public var serviceMilliseconds = 2
        /// How long the loser of two operations on one account waits for its 409.
        public var conflictMilliseconds = 1_000

        public init() {}
    }

    /// A savings account.
    public struct Account: Sendable {
        public struct Hold: Sendable, Equatable {
            public let amount: LabAmount
            public internal(set) var active: Bool
        }

        public let externalId: String
        /// The holder's; empty where the client's file is not filled in.
        public let name: String
        public let currency: String
        public internal(set) var balance: LabAmount
        public internal(set) var isClosed = false
        /// The product's charge for a withdrawal.
        public internal(set) var withdrawalFee: LabAmount
        /// By transferCode; released ones stay, as they do in Fineract.
        public internal(set) var holds: [String: Hold] = [:]
        /// transferCodes that were posted.
        var posted: Set<String> = []
        /// What the interoperation API shows as the account's transactions, oldest first.
        var history: [Entry] = []

        /// One line of what the API shows; it does not name the transfer.
        struct Entry {
            /// Fineract's name: `AMOUNT_HOLD`, `AMOUNT_RELEASE`, `WITHDRAWAL`, `WITHDRAWAL_FEE`, `DEPOSIT`.
            let type: String
            let amount: LabAmount
            let balance: LabAmount
            let note: String
            let at: Int64
        }

        mutating func show(_ type: String, _ amount: LabAmount, note: String? = nil) {
            let words = type.lowercased().replacing("_", with: " ")
            history.append(
                Entry(type: type, amount: amount, balance: balance, note: note ?? words, at: LabTime.now()))
        }

        public var held: LabAmount { holds.values.filter(\.active).reduce(.zero) { $0 + $1.amount } }
        public var available: LabAmount { balance - held }
    }

    struct Tenant {
        var accounts: [String: Account] = [:]
        /// `TYPE/value[/sub]` to the account's external id.
        var identifiers: [String: String] = [:]
        var ledger: [CoreBankPosting] = []
        var commands: [String: Command] = [:]
        var busy: Set<String> = []
    }

    /// What is kept under an Idempotency-Key.
    struct Command {
        let hash: [UInt8]
        var reply: LabReply?
    }

    public nonisolated let peer: LabPeer
    public nonisolated let settings: Settings
    var tenants: [String: Tenant] = [:]
    private var ledgerSums: [String: CoreBankSums] = [:]

    public static let basePath = "/fineract-provider/api/v1/interoperation"

    public init(identity: LabIdentity, settings: Settings = Settings(), name: String = "corebank") throws {
        peer = try LabPeer(name: name, identity: identity)
        self.settings = settings
    }

    public nonisolated var journal: LabJournal { peer.journal }
    public nonisolated var moods: MoodBoard { peer.moods }
    /// Base URL without path.
    public nonisolated var url: String { peer.url }

    public func start(port: Int = 0) async throws {
        try await peer.listen(port: port) { [weak self] request in
            await self?.respond(to: request) ?? .close
        }
        peer.offerReport { [weak self] tenant in await self?.report(of: tenant) ?? DayReport() }
    }

    public func stop() async { await peer.stop() }

    // MARK: - Books

    /// Opens a savings account, and the tenant when it is new; the opening balance comes from the bank's capital.
    public func open(
        tenant: String, account: String, currency: String, balance: LabAmount, withdrawalFee: LabAmount = .zero,
        name: String = ""
    ) {
        var book = tenants[tenant] ?? Tenant()
        book.accounts[account] = Account(
            externalId: account, name: name, currency: currency, balance: balance, withdrawalFee: withdrawalFee)
        book.ledger += Self.posting(.opening, "", from: "capital", to: account, balance, currency)
        tenants[tenant] = book
        journal.changed()
    }

    /// Closes an account; its balance stays where it is.
    public func close(tenant: String, account: String) { tenants[tenant]?.accounts[account]?.isClosed = true }

    public func register(tenant: String, type: String, value: String, subId: String? = nil, account: String) {
        tenants[tenant]?.identifiers[Hub.partyKey(type, value, subId)] = account
    }

    public func account(tenant: String, _ externalId: String) -> Account? { tenants[tenant]?.accounts[externalId] }

    /// Every posting of a tenant, oldest first.
    public func ledger(tenant: String) -> [CoreBankPosting] { tenants[tenant]?.ledger ?? [] }

    /// What the network owes the bank (positive) in a currency: the counter-account of all transfers.
    public func nostro(tenant: String, currency: String) -> LabAmount {
        sums(of: tenant).balance("nostro", currency)
    }

    private func sums(of tenant: String) -> CoreBankSums {
        // Taken out of the dictionary meanwhile: they are changed in place.
        var sums = ledgerSums.removeValue(forKey: tenant) ?? CoreBankSums()
        sums.read(on: ledger(tenant: tenant))
        ledgerSums[tenant] = sums
        return sums
    }

    /// What is wrong with a tenant's books, in words; empty when they are right.
    public func auditFindings(tenant: String) -> [String] {
        guard let book = tenants[tenant] else { return ["unknown tenant \(tenant)"] }
        let sums = sums(of: tenant)
        var findings = sums.findings
        for account in book.accounts.values {
            let posted = sums.balance(account.externalId, account.currency)
            if posted != account.balance {
                findings.append("\(account.externalId): balance \(account.balance), postings \(posted)")
            }
        }
        return findings
    }

    /// The two lines of one posting.
    static func posting(
        _ kind: CoreBankPosting.Kind, _ code: String, from: String, to: String, _ amount: LabAmount, _ currency: String
    ) -> [CoreBankPosting] {
        [
            .init(kind: kind, transferCode: code, account: from, amount: -amount, currency: currency),
            .init(kind: kind, transferCode: code, account: to, amount: amount, currency: currency),
        ]
    }
}

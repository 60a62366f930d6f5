import FormatJSON

/// Every balance in the world, by name: accounts at core banks, wallets, positions on the hub, settlement accounts, and
/// the gateway's own ledger. Zero and absent are the same.
struct Books: Sendable, Equatable {
    private(set) var entries: [String: LabAmount] = [:]

    subscript(name: String) -> LabAmount {
        get { entries[name] ?? .zero }
        set { entries[name] = newValue == .zero ? nil : newValue }
    }

    static func += (left: inout Books, right: Books) {
        for (name, amount) in right.entries { left[name] += amount }
    }

    static func -= (left: inout Books, right: Books) {
        for (name, amount) in right.entries { left[name] -= amount }
    }

    /// Without the names for which this holds.
    func without(_ isLeftOut: (String) -> Bool) -> Books {
        var books = Books()
        for (name, amount) in entries where !isLeftOut(name) { books[name] = amount }
        return books
    }

    static func + (left: Books, right: Books) -> Books {
        var sum = left
        sum += right
        return sum
    }

    /// Every name whose balance is another one than expected, in words.
    func differences(from expected: Books) -> [String] {
        Set(entries.keys).union(expected.entries.keys).sorted().compactMap { name in
            self[name] == expected[name] ? nil : "\(name) is \(self[name]), expected \(expected[name])"
        }
    }
}

/// What each kind of payment moves, on every book that it touches.
extension Books {
    static func account(_ customer: Cast.Customer) -> String { "core \(customer.tenant) \(customer.account)" }
    static func held(_ customer: Cast.Customer) -> String { "core \(customer.tenant) \(customer.account) held" }
    private static func wallet(_ wallet: Cast.Wallet) -> String { "wallet \(wallet.fspId) \(wallet.msisdn)" }
    static func ledger(_ tenant: String, _ account: String, _ network: String) -> String {
        "ledger \(tenant) \(account) \(network)"
    }

    private init(_ moves: KeyValuePairs<String, LabAmount>) {
        for (name, amount) in moves { self[name] += amount }
    }

    /// Our customer pays a wallet on the hub; `received` is less where the wallet's FSP takes a fee.
    static func toWallet(
        _ from: Cast.Customer, _ to: Cast.Wallet, _ amount: LabAmount, received: LabAmount? = nil
    ) -> Books {
        Books([
            account(from): -amount, "core \(from.tenant) nostro": amount, "hub \(from.tenant)": amount,
            "hub \(to.fspId)": -amount, wallet(to): received ?? amount,
            ledger(from.tenant, "position", Cast.hub): -amount, ledger(from.tenant, "customers", Cast.hub): amount,
        ])
    }

    /// A wallet on the hub pays our customer.
    static func fromWallet(_ from: Cast.Wallet, _ to: Cast.Customer, _ amount: LabAmount) -> Books {
        Books([
            wallet(from): -amount, "hub \(from.fspId)": amount, "hub \(to.tenant)": -amount, account(to): amount,
            "core \(to.tenant) nostro": -amount, ledger(to.tenant, "position", Cast.hub): amount,
            ledger(to.tenant, "customers", Cast.hub): -amount,
        ])
    }

    /// A bank on the rail pays our customer.
    static func fromRail(_ to: Cast.Customer, _ amount: LabAmount) -> Books {
        Books([
            "rail \(Cast.farBIC)": -amount, "rail \(Cast.bics[to.tenant] ?? "")": amount, account(to): amount,
            "core \(to.tenant) nostro": -amount, ledger(to.tenant, "position", Cast.rail): amount,
            ledger(to.tenant, "customers", Cast.rail): -amount,
        ])
    }

    /// Our customer pays an account at a bank on the rail.
    static func toRail(_ from: Cast.Customer, _ amount: LabAmount) -> Books {
        Books([
            account(from): -amount, "core \(from.tenant) nostro": amount,
            "rail \(Cast.bics[from.tenant] ?? "")": -amount, "rail \(Cast.farBIC)": amount,
            "far \(Cast.farAccount)": amount,
            ledger(from.tenant, "position", Cast.rail): -amount, ledger(from.tenant, "customers", Cast.rail): amount,
        ])
    }

    /// A bank on the rail pays a wallet on the hub, through us; nothing stays with us.
    static func bridged(_ to: Cast.Wallet, _ amount: LabAmount) -> Books {
        nearLeg(amount) + farLeg(to, amount)
            + Books([
                ledger("bank-c", "position", Cast.rail): amount, ledger("bank-c", "position", Cast.hub): -amount,
            ])
    }

    /// The rail's leg of a bridge, without our own ledger.
    static func nearLeg(_ amount: LabAmount) -> Books {
        Books(["rail \(Cast.farBIC)": -amount, "rail \(Cast.bics["bank-c"] ?? "")": amount])
    }

    /// The hub's leg of a bridge, without our own ledger.
    static func farLeg(_ to: Cast.Wallet, _ amount: LabAmount) -> Books {
        Books(["hub bank-c": amount, "hub \(to.fspId)": -amount, wallet(to): amount])
    }

    /// A wallet on the hub pays an account at a bank on the rail, through us; nothing stays with us.
    static func carriedToRail(_ from: Cast.Wallet, _ amount: LabAmount) -> Books {
        nearHubLeg(from, amount) + farRailLeg(amount)
            + Books([
                ledger("bank-c", "position", Cast.hub): amount, ledger("bank-c", "position", Cast.rail): -amount,
            ])
    }

    /// The hub's leg of a payment that came from a wallet, without our own ledger.
    static func nearHubLeg(_ from: Cast.Wallet, _ amount: LabAmount) -> Books {
        Books([wallet(from): -amount, "hub \(from.fspId)": amount, "hub bank-c": -amount])
    }

    /// The rail's leg of a payment that went on to it, without our own ledger.
    static func farRailLeg(_ amount: LabAmount) -> Books {
        Books([
            "rail \(Cast.bics["bank-c"] ?? "")": -amount, "rail \(Cast.farBIC)": amount,
            "far \(Cast.farAccount)": amount,
        ])
    }

    /// A bank on one rail pays an account at a bank on the other; nothing stays with us.
    static func fromRailToRail(_ amount: LabAmount) -> Books {
        nearRailLeg(amount) + secondRailLeg(amount)
            + Books([
                ledger("bank-c", "position", Cast.rail): amount,
                ledger("bank-c", "position", Cast.secondRail): -amount,
            ])
    }

    /// The first rail's leg of a payment for the second.
    static func nearRailLeg(_ amount: LabAmount) -> Books {
        Books(["rail \(Cast.farBIC)": -amount, "rail \(Cast.duoBIC)": amount])
    }

    /// The second rail's leg.
    static func secondRailLeg(_ amount: LabAmount) -> Books {
        Books([
            "rail2 \(Cast.bics["bank-c"] ?? "")": -amount, "rail2 \(Cast.duoBIC)": amount,
            "far \(Cast.duoAccount)": amount,
        ])
    }

    /// A bank on the second rail pays a wallet on the hub, through us.
    static func bridgedFromSecondRail(_ to: Cast.Wallet, _ amount: LabAmount) -> Books {
        nearSecondRailLeg(amount) + farLeg(to, amount)
            + Books([
                ledger("bank-c", "position", Cast.secondRail): amount,
                ledger("bank-c", "position", Cast.hub): -amount,
            ])
    }

    static func nearSecondRailLeg(_ amount: LabAmount) -> Books {
        Books(["rail2 \(Cast.duoBIC)": -amount, "rail2 \(Cast.bics["bank-c"] ?? "")": amount])
    }

    /// Our customer pays an account at a bank on the second rail.
    static func toSecondRail(
        _ from: Cast.Customer, _ amount: LabAmount, account number: String = Cast.duoAccount, bic: String = Cast.duoBIC
    ) -> Books {
        Books([
            account(from): -amount, "core \(from.tenant) nostro": amount,
            "rail2 \(Cast.bics[from.tenant] ?? "")": -amount, "rail2 \(bic)": amount, "far \(number)": amount,
            ledger(from.tenant, "position", Cast.secondRail): -amount,
            ledger(from.tenant, "customers", Cast.secondRail): amount,
        ])
    }

    /// A wallet on the hub pays an account at a bank on the second rail, through us; nothing stays with us.
    static func carriedToSecondRail(_ from: Cast.Wallet, _ amount: LabAmount) -> Books {
        nearHubLeg(from, amount) + secondRailLeg(amount)
            + Books([
                ledger("bank-c", "position", Cast.hub): amount,
                ledger("bank-c", "position", Cast.secondRail): -amount,
            ])
    }

    /// A bank on the second rail pays our customer.
    static func fromSecondRail(_ to: Cast.Customer, _ amount: LabAmount) -> Books {
        Books([
            "rail2 \(Cast.duoBIC)": -amount, "rail2 \(Cast.bics[to.tenant] ?? "")": amount, account(to): amount,
            "core \(to.tenant) nostro": -amount, ledger(to.tenant, "position", Cast.secondRail): amount,
            ledger(to.tenant, "customers", Cast.secondRail): -amount,
        ])
    }

    /// What bank-c's ledger shows of a leg that it paid on a network while the other leg is not certain, or will not
    /// come any more.
    static func exposed(_ network: String, _ amount: LabAmount) -> Books {
        Books([ledger("bank-c", "position", network): -amount, ledger("bank-c", "exposure", network): amount])
    }

    /// One customer pays another of the same bank: no network, nothing on our own ledger in the end.
    static func onUs(_ from: Cast.Customer, _ to: Cast.Customer, _ amount: LabAmount) -> Books {
        Books([account(from): -amount, account(to): amount])
    }

    static func one(_ name: String, _ amount: LabAmount) -> Books { Books([name: amount]) }
}

extension RunningLab {
    /// All balances as they stand now.
    func books() async throws -> Books {
        var books = Books()
        for customer in Cast.customers {
            guard let account = await core.account(tenant: customer.tenant, customer.account) else { continue }
            books["core \(customer.tenant) \(customer.account)"] = account.balance
            books[Books.held(customer)] = account.held
        }
        for tenant in Cast.tenants {
            books["core \(tenant) nostro"] = await core.nostro(tenant: tenant, currency: Cast.currency)
        }
        for fspId in ["bank-a", "bank-c"] + Cast.wallets.map(\.fspId) {
            books["hub \(fspId)"] = await hub.position(of: fspId, currency: Cast.currency)
        }
        for wallet in Cast.wallets {
            let account = await wallets[wallet.fspId]?.accounts[wallet.msisdn]
            books["wallet \(wallet.fspId) \(wallet.msisdn)"] = account?.balance ?? .zero
            books["wallet \(wallet.fspId) \(wallet.msisdn) held"] = account?.held ?? .zero
        }
        for (rail, network) in clearings {
            for bic in [Cast.farBIC, Cast.duoBIC] + Cast.bics.values {
                books["\(network.short) \(bic)"] = await rail.settlementBalance(of: bic)
            }
            books["far \(Cast.farAccount)"] += await rail.credited(Cast.farAccount, at: Cast.farBIC)
            books["far \(Cast.duoAccount)"] += await rail.credited(Cast.duoAccount, at: Cast.duoBIC)
        }
        for row in try await operators.get("/balances")["balances"]?.array ?? [] {
            let name = ["tenant", "account", "network"].map { row[$0]?.string ?? "?" }.joined(separator: " ")
            books["ledger \(name)"] += LabAmount(row["balance"]?.string ?? "") ?? .zero
        }
        return books
    }

    /// What no book may ever show, whatever the scenario.
    func auditFindings() async -> [String] {
        var findings: [String] = []
        for tenant in Cast.tenants {
            findings += await core.auditFindings(tenant: tenant).map { "core \(tenant): \($0)" }
        }
        let offHub = await hub.imbalance(currency: Cast.currency)
        if offHub != .zero { findings.append("the hub's positions are off by \(offHub)") }
        for (rail, network) in clearings {
            let off = await rail.imbalance
            if off != .zero { findings.append("the settlement accounts of \(network.name) are off by \(off)") }
        }
        return findings
    }
}

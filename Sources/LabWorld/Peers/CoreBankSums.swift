/// What a tenant's ledger adds up to. It is read on from where it was read last, so that a look at a long ledger costs
/// what has come since then.
struct CoreBankSums: Sendable {
    private struct Purse: Hashable {
        var account: String
        var currency: String
    }

    private var linesRead = 0
    private var totals: [String: LabAmount] = [:]
    private var balances: [Purse: LabAmount] = [:]
    /// Accounts with the transfers that were posted to them, and those of them that were posted more than once.
    private var posted: Set<String> = []
    private var repeated: [String: Int] = [:]

    mutating func read(on ledger: [CoreBankPosting]) {
        for line in ledger[linesRead...] {
            totals[line.currency, default: .zero] += line.amount
            balances[Purse(account: line.account, currency: line.currency), default: .zero] += line.amount
            guard line.kind != .opening, line.kind != .fee, line.account != "nostro" else { continue }
            let name = line.account + " " + line.transferCode
            if !posted.insert(name).inserted { repeated[name, default: 1] += 1 }
        }
        linesRead = ledger.count
    }

    func balance(_ account: String, _ currency: String) -> LabAmount {
        balances[Purse(account: account, currency: currency)] ?? .zero
    }

    /// What no ledger may show.
    var findings: [String] {
        totals.filter { $0.value != .zero }.map { "ledger in \($0.key) is off by \($0.value)" }
            + repeated.map { "\($0.key) was posted \($0.value) times" }
    }
}

import FormatJSON
import Synchronization

/// What every book must show while a run goes on: where it began, what its payments moved, and for payments that cross
/// the gateway between two networks what both networks say of each leg.
final class SoakBooks: Sendable {
    private struct State {
        var moves = Books()
        /// Outcomes that the gateway has told, by payment.
        var told: [String: String] = [:]
        /// What the hub had carried out for the crowd's bank when the crowd came; nil before that.
        var beforeCrowd: Set<String>?
    }

    private let lab: RunningLab
    private let before: Books
    private let legsBefore: Books
    private let state = Mutex(State())

    /// Payments whose outcome is asked for again after a kill, and how many are asked about at the same time.
    static let toldLimit = 300
    private static let askers = 6

    init(lab: RunningLab) async throws {
        self.lab = lab
        before = try await lab.books()
        legsBefore = await Self.bridgedLegs(lab)
    }

    func note(_ moves: Books) { state.withLock { $0.moves += moves } }

    /// From here on a crowd pays over the hub. Most of its transfers are lost there; one whose turn comes when the hub
    /// speaks again is paid, and the hub says which.
    func crowdComes() async {
        let paid = await Set(committed().map(\.id))
        state.withLock { $0.beforeCrowd = paid }
    }

    private func committed() async -> [HubTransfer] {
        await lab.hub.transfers(of: Cast.alice.tenant).filter {
            $0.state == .committed && $0.payer == Cast.alice.tenant
        }
    }

    /// What the crowd paid: on every book but its own accounts, which the bank's nostro stands against.
    private func crowdMoves() async -> Books {
        guard let before = state.withLock({ $0.beforeCrowd }) else { return Books() }
        var moves = Books()
        for transfer in await committed() where !before.contains(transfer.id) {
            guard let wallet = Cast.wallets.first(where: { $0.fspId == transfer.payee }) else { continue }
            moves += Books.toWallet(Cast.alice, wallet, transfer.amount).without { $0 == Books.account(Cast.alice) }
        }
        return moves
    }

    // MARK: what holds at any moment

    /// Holds in the middle of traffic: nothing posted twice, no network's book off, the ledger sums to zero, and every
    /// payment that was told an outcome is there with that outcome.
    func findingsInFlight() async -> [String] {
        var findings = await lab.auditFindings()
        do {
            var sum = LabAmount.zero
            for row in try await lab.operators.get("/balances")["balances"]?.array ?? [] {
                sum += LabAmount(row["balance"]?.string ?? "") ?? .zero
            }
            if sum != .zero { findings.append("the ledger's sum is \(sum)") }
            findings += try await changed(state.withLock { $0.told })
            let rows = try await lab.operators.get("/payments?limit=\(Self.toldLimit)")["payments"]?.array ?? []
            state.withLock { state in
                state.told = [:]
                for row in rows {
                    guard let id = row["id"]?.string, let outcome = row["outcome"]?.string else { continue }
                    state.told[id] = outcome
                }
            }
        } catch {
            findings.append("\(error)")
        }
        return findings
    }

    /// Payments that had this outcome once and have it no more.
    private func changed(_ told: [String: String]) async throws -> [String] {
        let list = Array(told)
        return try await withThrowingTaskGroup(of: [String].self) { group in
            for first in 0..<Self.askers {
                group.addTask {
                    var findings: [String] = []
                    for index in stride(from: first, to: list.count, by: Self.askers) {
                        let (id, outcome) = list[index]
                        let now = try await self.lab.operators.payment(id)["outcome"]?.string
                        guard now != outcome else { continue }
                        findings.append("payment \(id) was \(outcome), and is \(now ?? "lost") now")
                    }
                    return findings
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    // MARK: what holds when nothing is under way

    /// Every book against what it must be; empty when all agree.
    func findingsAtRest() async throws -> [String] {
        await lab.catchUp()
        let legs = await Self.bridgedLegs(lab)
        var expected = before + state.withLock { $0.moves } + legs + (await crowdMoves())
        expected -= legsBefore
        let now = try await lab.books()
        // What one leg paid and the other did not stands on exposure: it follows from the legs and the zero sum.
        let follows = { (name: String) in name.hasPrefix("ledger bank-c") && !name.contains(" position ") }
        var findings = now.without(follows).differences(from: expected.without(follows))
        for (name, balance) in now.entries where name.hasPrefix("ledger ") && name.contains(" transit ") {
            findings.append("\(name) is \(balance) although nothing is under way")
        }
        return findings
    }

    /// Every payment with the same ends moves the same books: they are added up before any book is.
    private struct Ends: Hashable {
        var payer: String
        var payee: String
        /// Where it arrived, when bank-c sent it over a rail.
        var account: String?
    }

    /// Both legs of every payment that bank-c carried between networks, as the networks have them.
    private static func bridgedLegs(_ lab: RunningLab) async -> Books {
        var books = await hubLegs(lab)
        for (clearing, network) in lab.clearings {
            let own = Cast.bics["bank-c"]
            var carried: [Ends: LabAmount] = [:]
            for transaction in await clearing.allTransactions where transaction.state == .settled {
                let takesAsOwn = network.name == Cast.rail && transaction.creditorAgent == Cast.duoBIC
                let isOut = transaction.payer == own
                guard isOut || transaction.creditorAgent == own || takesAsOwn else { continue }
                let ends = Ends(
                    payer: transaction.payer, payee: transaction.creditorAgent,
                    account: isOut ? transaction.creditorAccount : nil)
                carried[ends, default: .zero] += transaction.amount
            }
            for (ends, amount) in carried {
                books["\(network.short) \(ends.payer)"] -= amount
                books["\(network.short) \(ends.payee)"] += amount
                if let account = ends.account { books["far \(account)"] += amount }
                books[Books.ledger("bank-c", "position", network.name)] += ends.account == nil ? amount : -amount
            }
        }
        return books
    }

    private static func hubLegs(_ lab: RunningLab) async -> Books {
        var carried: [Ends: LabAmount] = [:]
        for transfer in await lab.hub.transfers(of: "bank-c") where transfer.state == .committed {
            carried[Ends(payer: transfer.payer, payee: transfer.payee), default: .zero] += transfer.amount
        }
        var books = Books()
        for (ends, sum) in carried {
            let isOut = ends.payer == "bank-c"
            let amount = isOut ? sum : -sum
            let other = isOut ? ends.payee : ends.payer
            books["hub bank-c"] += amount
            books["hub \(other)"] -= amount
            if let wallet = Cast.wallets.first(where: { $0.fspId == other }) {
                books["wallet \(wallet.fspId) \(wallet.msisdn)"] += amount
            }
            books[Books.ledger("bank-c", "position", Cast.hub)] -= amount
        }
        return books
    }

    /// What stands on exposure, over all networks.
    func exposed() async throws -> LabAmount {
        try await lab.books().entries.filter { $0.key.contains(" exposure ") }.reduce(.zero) { $0 + $1.value }
    }
}

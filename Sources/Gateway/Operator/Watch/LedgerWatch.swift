import Payments
import Synchronization

/// The position ledger, added up again and again: the sum over all accounts of a tenant is zero in every currency, or
/// nothing more is sent.
final class LedgerWatch: Sendable {
    struct Sum: Sendable, Hashable {
        var tenant: String
        var currency: Currency
        var isZero: Bool
    }

    private struct State {
        var balances: [LedgerBalance] = []
        var isKnown = false
    }

    private let state = Mutex(State())

    /// As they were read last.
    var balances: [LedgerBalance] { state.withLock { $0.balances } }

    /// Takes what the store says; true when it adds up.
    func note(_ balances: [LedgerBalance]) -> Bool {
        state.withLock { $0 = State(balances: balances, isKnown: true) }
        return LedgerWatch.sums(of: balances).allSatisfy(\.isZero)
    }

    static func sums(of balances: [LedgerBalance]) -> [Sum] {
        struct Key: Hashable {
            var tenant: String
            var currency: Currency
        }
        var totals: [Key: Int128] = [:]
        for balance in balances {
            totals[Key(tenant: balance.tenant, currency: balance.balance.currency), default: 0] += balance.balance.units
        }
        return totals.map { Sum(tenant: $0.tenant, currency: $0.currency, isZero: $1 == 0) }
            .sorted { ($0.tenant, $0.currency.code) < ($1.tenant, $1.currency.code) }
    }
}

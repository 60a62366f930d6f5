/// The accounts of the position ledger (money.md), per tenant, network and currency.
public enum LedgerAccount: String, Sendable, CaseIterable {
    /// What we may still send on the network.
    case position
    /// Between two legs.
    case transit
    /// One leg certain, the other not.
    case exposure
    /// Ours to place.
    case suspense
    case fees
    /// The core bank's side of every movement: what we owe our customers.
    case customers
}

/// One line of a booking.
public struct LedgerEntry: Sendable, Hashable {
    public var account: LedgerAccount
    public var network: String
    /// Signed: the lines of one booking add up to zero in each currency.
    public var amount: Money

    public init(_ account: LedgerAccount, _ network: String, _ amount: Money) {
        self.account = account
        self.network = network
        self.amount = amount
    }
}

/// A balanced set of lines with the reason for it.
public struct Booking: Sendable, Hashable {
    public var says: String
    public var entries: [LedgerEntry]

    /// Refuses lines that do not add up to zero in every currency: an unbalanced booking can't exist.
    public init?(_ says: String, _ entries: [LedgerEntry]) {
        var sums: [Currency: Int128] = [:]
        for entry in entries { sums[entry.amount.currency, default: 0] += entry.amount.units }
        guard sums.values.allSatisfy({ $0 == 0 }) else { return nil }
        self.says = says
        self.entries = entries
    }

    /// Moves an amount from one account to another.
    public static func move(
        _ says: String, _ amount: Money, from: LedgerAccount, _ fromNetwork: String, to: LedgerAccount,
        _ toNetwork: String
    ) -> Booking {
        let entries = [LedgerEntry(from, fromNetwork, amount.negated), LedgerEntry(to, toNetwork, amount)]
        guard let booking = Booking(says, entries) else { preconditionFailure("a move is balanced") }
        return booking
    }
}

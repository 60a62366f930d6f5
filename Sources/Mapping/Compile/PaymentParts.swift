import Payments

/// Parts of a payment that are often empty: a writer skips the rows of an empty part, and the search for losses too,
/// without asking for each field.
enum PaymentParts {
    /// Bit 0 is what belongs to no part; it is never empty.
    static let everything: UInt64 = ~0

    private static let noAccount = Account()
    private static let noAgent = Agent()
    private static let noSettlement = Settlement()
    private static let noIdentifications = Identifications()
    private static let noAmounts = Amounts()
    private static let noRemittance = Remittance()

    /// A part's prefix and whether it is filled; a longer prefix takes its fields out of the shorter.
    private static let parts: [(prefix: String, filled: @Sendable (borrowing Payment) -> Bool)] = [
        ("", { _ in true }),
        ("debtor.", { !$0.isEmpty(.debtor) }), ("debtor.address.", { $0.debtor.hasAddress }),
        ("creditor.", { !$0.isEmpty(.creditor) }), ("creditor.address.", { $0.creditor.hasAddress }),
        ("ultimateDebtor.", { !$0.isEmpty(.ultimateDebtor) }),
        ("ultimateDebtor.address.", { $0.ultimateDebtor.hasAddress }),
        ("ultimateCreditor.", { !$0.isEmpty(.ultimateCreditor) }),
        ("ultimateCreditor.address.", { $0.ultimateCreditor.hasAddress }),
        ("initiatingParty.", { !$0.isEmpty(.initiatingParty) }),
        ("initiatingParty.address.", { $0.initiatingParty.hasAddress }),
        ("debtorAccount.", { $0.debtorAccount != noAccount }),
        ("creditorAccount.", { $0.creditorAccount != noAccount }),
        ("debtorAgent.", { !$0.isEmpty(.debtorAgent) }),
        ("debtorAgent.address.", { $0.debtorAgent.hasAddress }),
        ("creditorAgent.", { !$0.isEmpty(.creditorAgent) }),
        ("creditorAgent.address.", { $0.creditorAgent.hasAddress }),
        ("intermediaryAgent.", { !$0.isEmpty(.intermediaryAgent) }),
        ("intermediaryAgent.address.", { $0.intermediaryAgent.hasAddress }),
        ("message.from.", { !$0.isEmpty(.message) && $0.message.from != noAgent }),
        ("message.from.address.", { $0.message.from.hasAddress }),
        ("message.to.", { !$0.isEmpty(.message) && $0.message.to != noAgent }),
        ("message.to.address.", { $0.message.to.hasAddress }),
        ("message.instructingAgent.", { !$0.isEmpty(.message) && $0.message.instructingAgent != noAgent }),
        ("message.instructingAgent.address.", { $0.message.instructingAgent.hasAddress }),
        ("message.instructedAgent.", { !$0.isEmpty(.message) && $0.message.instructedAgent != noAgent }),
        ("message.instructedAgent.address.", { $0.message.instructedAgent.hasAddress }),
        ("terms.", { !$0.isEmpty(.terms) }), ("status.", { !$0.isEmpty(.status) }),
        ("type.", { !$0.isEmpty(.type) }), ("fees[].", { !$0.fees.isEmpty }),
        ("settlement.", { $0.settlement != noSettlement }), ("id.", { $0.id != noIdentifications }),
        ("amount.", { $0.amount != noAmounts }), ("remittance.", { $0.remittance != noRemittance }),
    ]

    /// What a row that keeps a sub-tree asks for; the writer sets it when the side-car has something for such a row.
    static let kept: UInt64 = 1 << 63

    static func filled(_ payment: borrowing Payment) -> UInt64 {
        var mask: UInt64 = 0
        for (index, part) in parts.enumerated() where part.filled(payment) { mask |= 1 << UInt64(index) }
        return mask
    }

    /// The part of each field of `PaymentFields.all`, as a bit.
    static let bits: [UInt64] = PaymentFields.all.map { field in
        var best = 0
        for (index, part) in parts.enumerated()
        where field.name.hasPrefix(part.prefix) && part.prefix.utf8.count > parts[best].prefix.utf8.count {
            best = index
        }
        return 1 << UInt64(best)
    }
}

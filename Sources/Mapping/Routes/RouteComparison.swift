public import Payments

/// Two rules tables asked the same questions: which payments would go another way, and how much money with them.
public struct RouteComparison: Sendable {
    /// A payment that the new table sends another way.
    public struct Move: Sendable, Equatable {
        public let payment: PaymentID
        public let amount: Money?
        public let oldLine: Int
        public let oldTarget: RouteTarget
        public let oldFlow: String
        public let newLine: Int
        public let newTarget: RouteTarget
        public let newFlow: String
    }

    /// What goes to one target in one currency.
    public struct Total: Sendable, Equatable {
        public let target: String
        /// Nil: payments whose amount is not known.
        public let currency: Currency?
        public fileprivate(set) var oldCount = 0
        public fileprivate(set) var newCount = 0
        /// Hundred-thousandths of the currency's main unit.
        public fileprivate(set) var oldUnits: Int128 = 0
        public fileprivate(set) var newUnits: Int128 = 0
    }

    private struct Key: Hashable {
        var target: String
        var currency: Currency?
    }

    private let old: RouteTable
    private let new: RouteTable
    private let limit: Int
    private let asksForOwn: Bool
    private var byKey: [Key: Total] = [:]
    public private(set) var compared = 0
    public private(set) var moved = 0
    /// The same target and flow by another row or with other alternates.
    public private(set) var otherRow = 0
    /// The payment went another way than the old table says: over an alternate, or by a table before it.
    public private(set) var notAsOld = 0
    /// The first that moved, as many as the limit.
    public private(set) var moves: [Move] = []

    public init(old: RouteTable, new: RouteTable, limit: Int = 100) {
        self.old = old
        self.new = new
        self.limit = limit
        asksForOwn = (old.rows + new.rows).contains { $0.creditor == .sameTenant || $0.creditor == .directory }
    }

    /// By target, then by currency.
    public var totals: [Total] {
        byKey.values.sorted { ($0.target, $0.currency?.code ?? "") < ($1.target, $1.currency?.code ?? "") }
    }

    /// - Parameter decided: what was decided then. Whether the payee was a customer of ours or in the directory is not
    ///   in the question: it is taken to be as the old table's row needs it to say the same.
    public mutating func add(_ payment: PaymentID, _ asked: RouteQuestion, decided: RouteDecision?) {
        let question = completed(asked, decided)
        let before = old.decide(question)
        let after = new.decide(question)
        compared += 1
        if let decided, decided.target != before.target { notAsOld += 1 }
        let currency = question.amount?.currency
        let units = question.amount?.units ?? 0
        let from = Key(target: before.target.description, currency: currency)
        let to = Key(target: after.target.description, currency: currency)
        byKey[from, default: Total(target: from.target, currency: currency)].oldCount += 1
        byKey[from]?.oldUnits &+= units
        byKey[to, default: Total(target: to.target, currency: currency)].newCount += 1
        byKey[to]?.newUnits &+= units
        guard before.target != after.target || before.flow != after.flow else {
            if before.line != after.line || before.alternates != after.alternates { otherRow += 1 }
            return
        }
        moved += 1
        guard moves.count < limit else { return }
        moves.append(
            Move(
                payment: payment, amount: question.amount, oldLine: before.line, oldTarget: before.target,
                oldFlow: before.flow, newLine: after.line, newTarget: after.target, newFlow: after.flow))
    }

    private func completed(_ asked: RouteQuestion, _ decided: RouteDecision?) -> RouteQuestion {
        guard asksForOwn, let decided else { return asked }
        for (isOurs, isInDirectory) in [(false, false), (true, false), (false, true), (true, true)] {
            var question = asked
            question.creditorIsOurs = isOurs
            question.creditorIsInDirectory = isInDirectory
            let answer = old.decide(question)
            if answer.target == decided.target, answer.flow == decided.flow { return question }
        }
        return asked
    }
}

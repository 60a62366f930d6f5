import Payments

extension RouteRow {
    /// Whether every payment that the other row takes is taken by this one too. Proven column by column.
    func covers(_ other: RouteRow) -> Bool {
        (kind == nil || kind == other.kind) && coversNames(of: other) && coversRanges(of: other)
    }

    /// The same for all columns but the kind, the amounts and the days.
    func coversNames(of other: RouteRow) -> Bool {
        func takes(_ own: String?, _ other: String?) -> Bool { own == nil || own == other }
        return takes(tenant, other.tenant) && takes(purpose, other.purpose)
            && (currency == nil || currency == other.currency) && Pattern.covers(from, other.from)
            && Pattern.covers(creditorAgent, other.creditorAgent) && IdentifierPattern.covers(debtor, other.debtor)
            && IdentifierPattern.covers(creditor, other.creditor)
    }

    private func coversRanges(of other: RouteRow) -> Bool {
        if let amountFrom {
            guard let low = other.amountFrom, low >= amountFrom else { return false }
        }
        if let amountTo {
            guard let high = other.amountTo, high <= amountTo else { return false }
        }
        if let validFrom {
            guard let first = other.validFrom, first >= validFrom else { return false }
        }
        if let validUntil {
            guard let last = other.validUntil, last <= validUntil else { return false }
        }
        return true
    }

    /// Whether some payment may match both rows.
    func meets(_ other: RouteRow) -> RouteMeeting {
        func apart(_ own: String?, _ other: String?) -> Bool { own != nil && other != nil && own != other }
        guard !apart(tenant, other.tenant), !apart(kind, other.kind), !apart(purpose, other.purpose),
            currency == nil || other.currency == nil || currency == other.currency, meetsRanges(of: other),
            Pattern.meet(from, other.from)
        else { return .never }
        // A payment may name several agents, and a party may have several identifiers.
        let isOne =
            Pattern.meet(creditorAgent, other.creditorAgent) && IdentifierPattern.meet(debtor, other.debtor)
            && IdentifierPattern.meet(creditor, other.creditor)
        return isOne ? .withOneName : .withSeveralNames
    }

    private func meetsRanges(of other: RouteRow) -> Bool {
        func meet<Value: Comparable>(_ low: Value?, _ high: Value?) -> Bool {
            guard let low, let high else { return true }
            return low <= high
        }
        return meet(amountFrom, amountTo) && meet(other.amountFrom, other.amountTo) && meet(amountFrom, other.amountTo)
            && meet(other.amountFrom, amountTo) && meet(validFrom, validUntil)
            && meet(other.validFrom, other.validUntil) && meet(validFrom, other.validUntil)
            && meet(other.validFrom, validUntil)
    }

    /// What a payment would notice: alternates and notes left out.
    func goesWhere(_ other: RouteRow) -> Bool { target == other.target && flow == other.flow }
}

/// Which payments can match two rows.
enum RouteMeeting {
    case never
    /// Only one whose party has several identifiers, or whose agent has several names.
    case withSeveralNames
    case withOneName
}

extension Pattern {
    static func covers(_ own: Pattern?, _ other: Pattern?) -> Bool {
        guard let own else { return true }
        guard let other else { return false }
        switch (own, other) {
        case (.exact(let own), .exact(let other)): return own == other
        case (.exact, .prefix): return false
        case (.prefix, .exact(let text)): return own.matches(text)
        case (.prefix, .prefix(let start)): return own.matches(start)
        }
    }

    static func meet(_ one: Pattern?, _ other: Pattern?) -> Bool {
        one == nil || other == nil || covers(one, other) || covers(other, one)
    }
}

extension IdentifierPattern {
    static func covers(_ own: IdentifierPattern?, _ other: IdentifierPattern?) -> Bool {
        guard let own else { return true }
        switch (own, other) {
        case (.identifier(let kind, let pattern), .identifier(let otherKind, let otherPattern)):
            return kind == otherKind && Pattern.covers(pattern, otherPattern)
        default: return own == other
        }
    }

    static func meet(_ one: IdentifierPattern?, _ other: IdentifierPattern?) -> Bool {
        guard let one, let other else { return true }
        switch (one, other) {
        case (.identifier(let kind, let pattern), .identifier(let otherKind, let otherPattern)):
            return kind == otherKind && Pattern.meet(pattern, otherPattern)
        // An account of ours has identifiers too.
        default: return true
        }
    }
}

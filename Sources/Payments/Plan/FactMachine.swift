/// What is known to be true of a payment. A set, not a ladder: a payment can be settled and blocked, settled and not
/// posted.
public enum Fact: String, Sendable, CaseIterable {
    case received
    case validated
    /// The payee's side said that it will take the money.
    case accepted
    /// The money moved between the agents, for good.
    case settled
    /// The payee's account was credited, or the payer's debited: the core bank's books are final.
    case posted
    /// Settled, and the payee's bank holds it back.
    case blocked
    case rejected
    case cancelled
    case returned
}

/// A set of facts, in one word.
public struct FactSet: Sendable, Hashable {
    private var bits: UInt16 = 0

    public init() {}
    public init(_ facts: [Fact]) { for fact in facts { bits |= FactSet.bit(fact) } }

    public func contains(_ fact: Fact) -> Bool { bits & FactSet.bit(fact) != 0 }
    public var all: [Fact] { Fact.allCases.filter(contains) }

    fileprivate mutating func insert(_ fact: Fact) { bits |= FactSet.bit(fact) }
    private static func bit(_ fact: Fact) -> UInt16 {
        guard let index = Fact.allCases.firstIndex(of: fact) else { preconditionFailure("every fact is a case") }
        return 1 << UInt16(index)
    }
}

public enum FactVerdict: Equatable, Sendable {
    case joined
    case already
    /// The set says the opposite; it stands, and an operator must know.
    case contradicts(Fact)
    /// This can only be true after another fact.
    case lacks(Fact)
}

/// The machine of facts: which may join which set and which contradict. Enumerated in `docs/machines.md`.
public enum FactMachine {
    public static func apply(_ fact: Fact, to facts: inout FactSet) -> FactVerdict {
        if facts.contains(fact) { return .already }
        for other in contradictions(of: fact) where facts.contains(other) { return .contradicts(other) }
        for needed in requirements(of: fact) where !facts.contains(needed) { return .lacks(needed) }
        facts.insert(fact)
        return .joined
    }

    static func contradictions(of fact: Fact) -> [Fact] {
        switch fact {
        case .received, .validated, .accepted: []
        case .settled, .posted, .blocked, .returned: [.rejected, .cancelled]
        case .rejected: [.settled, .posted, .blocked, .returned, .cancelled]
        case .cancelled: [.settled, .posted, .blocked, .returned, .rejected]
        }
    }

    static func requirements(of fact: Fact) -> [Fact] {
        switch fact {
        case .received: []
        case .validated, .accepted, .settled, .rejected, .cancelled: [.received]
        case .posted, .blocked, .returned: [.settled]
        }
    }
}

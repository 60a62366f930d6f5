/// How long each class of data is kept, in days; nil keeps it for ever. What belongs to a payment without an outcome
/// is never removed, whatever its age.
public struct RetentionPolicy: Sendable, Equatable {
    /// Names of ended payments, by which repeats are known: a repeat that comes later is a new payment.
    public var keys: Int? = 30
    /// Requests and answers of ended payments as they were sent, with which repeats are answered.
    public var exchanges: Int? = 60
    /// Events of ended payments: the timeline, and what a view is written anew from.
    public var journal: Int? = 400
    /// What became of payments, for webhooks and integrators.
    public var feed: Int? = 30
    /// Raw messages.
    public var archive: Int? = 3_650
    /// The rows that lists show, and the names that a search finds them by.
    public var payments: Int?
    public var audit: Int?

    public init() {}

    /// No repeat may come later than this and still be known (money.md).
    public static let leastKeys = 7

    /// What is wrong with it, in words; nil when it can be used.
    public var objection: String? {
        for (name, days) in values where days.map({ $0 < 1 }) ?? false { return "\(name) is at least 1 day" }
        if let keys, keys < RetentionPolicy.leastKeys {
            return "keys is at least \(RetentionPolicy.leastKeys) days: repeats are known by them"
        }
        let chain = [("keys", keys), ("exchanges", exchanges), ("journal", journal), ("payments", payments)]
        for ((shorter, left), (longer, right)) in zip(chain, chain.dropFirst()) {
            guard let right else { continue }
            guard let left, left <= right else { return "\(longer) is not shorter than \(shorter)" }
        }
        return nil
    }

    /// The classes by the names that the configuration has for them.
    public var values: [(name: String, days: Int?)] {
        [
            ("keys", keys), ("exchanges", exchanges), ("journal", journal), ("feed", feed), ("archive", archive),
            ("payments", payments), ("audit", audit),
        ]
    }
}

/// Rows, by the class of data that they belong to.
public struct RetentionCounts: Sendable, Equatable {
    public var keys = 0
    public var exchanges = 0
    /// Payments whose events left the journal.
    public var journal = 0
    public var feed = 0
    public var archive = 0
    public var payments = 0
    public var audit = 0

    public init() {}

    public var values: [(name: String, count: Int)] {
        [
            ("keys", keys), ("exchanges", exchanges), ("journal", journal), ("feed", feed), ("archive", archive),
            ("payments", payments), ("audit", audit),
        ]
    }
}

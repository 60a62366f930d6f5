/// Something about a rules table that its author should look at.
public struct RouteFinding: Sendable, Equatable {
    public enum Level: String, Sendable, CaseIterable {
        /// The table does not do what it says.
        case error
        /// It does, and somebody may be surprised.
        case warning
        case note
    }

    public enum Kind: String, Sendable, CaseIterable {
        /// Earlier rows take every payment that the row would take.
        case neverReached
        /// The row's ends are the wrong way round: it takes nothing.
        case emptyRange
        /// The flow does not suit where the row sends.
        case flowUnsuited
        case alternateUnused
        /// Two rows take some payment and send it different ways: the order decides.
        case orderDecides
        case expired
        /// Payments that only the last row takes, to refuse them.
        case gap
    }

    public let kind: Kind
    public let level: Level
    /// The row's line; 0 when no row is meant.
    public let line: Int
    /// The other row's line, where there is one.
    public let other: Int?
    public let says: String
}

/// What a look at a whole rules table found.
public struct RouteReport: Sendable, Equatable {
    /// By kind, then by line.
    public internal(set) var findings: [RouteFinding] = []
    /// Pairs of rows that send some payment different ways, beyond those that are listed.
    public internal(set) var pairsLeftOut = 0
    /// Pairs that only a payment with several identifiers or agent names can match both of.
    public internal(set) var pairsWithSeveralNames = 0
    /// How many rows, from the first one, were compared with each other for that.
    public internal(set) var rowsCompared = 0

    public var hasErrors: Bool { findings.contains { $0.level == .error } }

    public func count(_ level: RouteFinding.Level) -> Int { findings.count { $0.level == level } }
}

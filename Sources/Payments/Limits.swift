/// Every queue, body, depth, retry and timer of the house that is not a table's business (law 7). One place to read,
/// one to change.
public enum Limits {
    /// Events that wait for one shard before new payments are refused with the scheme's own "busy".
    public static let mailboxInputs = 4096
    /// Inputs that one step of a shard takes at once.
    public static let batchInputs = 256
    /// Appends that one commit takes at once.
    public static let commitAppends = 512
    /// Payments under way that a shard keeps in memory, those that moved last; the store has them all. One takes some
    /// thirty kilobytes, with the bytes that it sent.
    public static let cachedPayments = 4_096
    /// For how long one stays that does not move: twice this at most, and less once more than a few have moved.
    public static let cachedMilliseconds: Int64 = 2_000
    public static let cachedMillisecondsOfMany: Int64 = 250
    public static let cachedFew = 64
    /// Payments in flight in one engine before new ones are refused.
    public static let paymentsInFlight = 50_000
    /// Requests to one neighbour at the same time, and those that wait for a place.
    public static let exchangesPerPeer = 256
    public static let exchangesWaiting = 8192
    /// How long a claim on a request lasts unless it is lengthened.
    public static let leaseMilliseconds: Int64 = 30_000
    /// Wait between two questions about one unknown outcome: doubled each time, up to the longest.
    public static let firstQueryDelayMilliseconds: Int64 = 1_000
    public static let longestQueryDelayMilliseconds: Int64 = 60_000
    /// Questions to one neighbour in a second, beyond the first about each payment: where thousands wait for a silent
    /// far side the waits are longer than the doubling makes them, up to the longest all the same.
    public static let questionsPerSecond: Int64 = 200
    /// Questions about one unknown outcome before the payment is parked for an operator.
    public static let queries = 12
    /// Wait before a notification or a posting is tried again.
    public static let firstRetryDelayMilliseconds: Int64 = 500
    public static let longestRetryDelayMilliseconds: Int64 = 60_000
    /// Attempts of a step whose row says "for ever" before the payment is also shown as parked; it goes on trying.
    public static let attemptsBeforeParked = 20
    /// Undos of one step without a confirmation before the payment is listed as stuck; they go on.
    public static let undosBeforeStuck = 3
    /// A request that leaves its lane with less than this, or a third of its whole time, is not sent any more.
    public static let leastTimeToAnswerMilliseconds: Int64 = 2_000
    /// How long a lane stays closed after a request without an answer: the far side may still work on it.
    public static let laneGraceMilliseconds: Int64 = 1_000
    /// How long an open connection waits for its answer when the scheme names no clock.
    public static let openAnswerMilliseconds: Int64 = 60_000
    /// Time that a stop waits for what is in flight, unless the configuration says another.
    public static let drainMilliseconds: Int64 = 20_000
    /// Answers beside a payment's own steps that are on their way at the same time.
    public static let reportsUnderWay = 256
    /// Refusals of the same kind within this time are one line of the audit log, with their count.
    public static let refusalsAreOneMilliseconds: Int64 = 60_000
    /// Kinds of refusal that are told apart within that time; twice as many lines at most.
    public static let refusalKinds = 1_024
    /// Elements of a list in one payment: identifiers, remittance lines, charges.
    public static let listElements = 1_000
    /// Duplicate keys are kept at least this long (money.md: seven days).
    public static let keyRetentionMilliseconds: Int64 = 8 * 86_400_000
}

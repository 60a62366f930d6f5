import Synchronization

/// What the writer did since the store was opened: the numbers a benchmark and a metrics page are made of.
public struct StoreStatistics: Sendable, Equatable {
    public var commits = 0
    public var failedCommits = 0
    public var appends = 0
    public var events = 0
    /// Appends that the fullest commit carried.
    public var largestCommit = 0
    /// Appends that a commit carried.
    public var appendsInCommit = Quantiles()
    /// BEGIN to the end of COMMIT.
    public var commitMicroseconds = Quantiles()
    /// COMMIT alone: the log's write and its fsync.
    public var syncMicroseconds = Quantiles()
    /// Appends and other writes that wait for the next commit.
    public var waitingWrites = 0
    /// The journal's file, and its log that is not moved into the file yet.
    public var journalBytes: Int64 = 0
    public var logBytes: Int64 = 0
    public var freeBytes: Int64 = 0
    /// What SQLite said of the last commit; nil when it held.
    public var lastFailure: String?
    /// What retention removed.
    public var removed = RetentionCounts()
    /// Commit positions that the tenants' databases do not show yet.
    public var unprojected: Int64 = 0
    /// Tenants whose database refuses what the journal has for it, with SQLite's words.
    public var stalledTenants: [String: String] = [:]

    public init() {}

    public var eventsPerCommit: Double { commits == 0 ? 0 : Double(events) / Double(commits) }
    public var appendsPerCommit: Double { commits == 0 ? 0 : Double(appends) / Double(commits) }
}

/// Upper bounds of the middle and the slow end, exact to an eighth.
public struct Quantiles: Sendable, Equatable {
    public var p50: Int64 = 0
    public var p99: Int64 = 0
    public var longest: Int64 = 0

    public init() {}
}

final class StatisticsBook: Sendable {
    private struct State {
        var statistics = StoreStatistics()
        var durations = Histogram()
        var syncs = Histogram()
        var weights = Histogram()
    }

    private let state = Mutex(State())

    func noteCommit(appends: Int, events: Int, weight: Int, duration: Duration, sync: Duration) {
        state.withLock { state in
            state.statistics.commits += 1
            state.statistics.appends += appends
            state.statistics.events += events
            state.statistics.largestCommit = max(state.statistics.largestCommit, weight)
            state.durations.add(duration.microseconds)
            state.syncs.add(sync.microseconds)
            state.weights.add(Int64(appends))
        }
    }

    func noteFailure() { state.withLock { $0.statistics.failedCommits += 1 } }

    var snapshot: StoreStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.commitMicroseconds = state.durations.quantiles
            statistics.syncMicroseconds = state.syncs.quantiles
            statistics.appendsInCommit = state.weights.quantiles
            return statistics
        }
    }
}

/// Counts in buckets of an eighth of an octave: constant size, whatever is counted.
struct Histogram {
    private var counts = [Int](repeating: 0, count: 64 * 8)
    private var total = 0
    private(set) var longest: Int64 = 0

    mutating func add(_ value: Int64) {
        let value = max(value, 0)
        counts[Histogram.bucket(value)] += 1
        total += 1
        longest = max(longest, value)
    }

    /// The upper bound of the bucket in which the quantile lies.
    func quantile(_ share: Double) -> Int64 {
        guard total > 0 else { return 0 }
        let rank = Int((Double(total) * share).rounded(.up))
        var seen = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return min(Histogram.upperBound(index), longest) }
        }
        return longest
    }

    private static func bucket(_ value: Int64) -> Int {
        guard value >= 8 else { return Int(value) }
        let octave = 63 - value.leadingZeroBitCount
        return (octave - 2) * 8 + Int(value >> (octave - 3)) & 7
    }

    private static func upperBound(_ bucket: Int) -> Int64 {
        guard bucket >= 8 else { return Int64(bucket) }
        let octave = bucket / 8 + 2
        return Int64(8 + bucket % 8 + 1) << (octave - 3) - 1
    }
}

extension Histogram {
    fileprivate var quantiles: Quantiles {
        var quantiles = Quantiles()
        quantiles.p50 = quantile(0.5)
        quantiles.p99 = quantile(0.99)
        quantiles.longest = longest
        return quantiles
    }
}

extension Duration {
    fileprivate var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}

import EdgeHTTP
import Payments
import Synchronization

/// What the house knows of its neighbours' health: the outcomes of all requests, and heartbeats where they are
/// configured. A network that gave no answer several times in a row is taken as down, and tried again by single
/// requests until it answers.
final class NetworkWatch: Sendable {
    enum Breaker: String, Sendable, Equatable {
        /// Everything goes.
        case closed
        /// Nothing new goes there.
        case open
        /// One payment at a time may try.
        case halfOpen = "half-open"
    }

    /// One neighbour as the operators' table shows it.
    struct Row: Sendable, Equatable {
        var name: String
        var isNetwork: Bool
        var breaker = Breaker.closed
        /// Since when the breaker stands so.
        var since: Instant
        var why = ""
        var failuresInARow = 0
        var lastAnswer: Instant?
        var lastStatus: Int?
        /// nil without heartbeats.
        var heartbeatAnswered: Bool?
        var p50Milliseconds: Int64?
        var p99Milliseconds: Int64?
        /// Requests that are out or wait for a place.
        var underWay = 0
        var clockSkewMilliseconds: Int64?

        var isUp: Bool { breaker != .open }
    }

    fileprivate struct Entry {
        var row: Row
        var skew = ClockSkew()
        /// The newest latencies in milliseconds, a ring.
        var latencies: [Int64] = []
        var next = 0
        /// When a trial was let through while the breaker is half open.
        var trial: Instant?
    }

    /// Requests without an answer in a row that open the breaker.
    static let failuresUntilOpen = 5
    /// How long it stays open before one payment may try, and how long that one is waited for.
    static let openMilliseconds: Int64 = 10_000
    static let trialMilliseconds: Int64 = 10_000
    fileprivate static let latenciesKept = 512

    private let entries: Mutex<[String: Entry]>
    private let now: @Sendable () -> Instant
    private let changed: @Sendable (Row) -> Void

    init(
        networks: [String], coreBanks: [String], now: @escaping @Sendable () -> Instant,
        changed: @escaping @Sendable (Row) -> Void = { _ in }
    ) {
        var entries: [String: Entry] = [:]
        let start = now()
        for name in coreBanks { entries[name] = Entry(row: Row(name: name, isNetwork: false, since: start)) }
        for name in networks { entries[name] = Entry(row: Row(name: name, isNetwork: true, since: start)) }
        self.entries = Mutex(entries)
        self.now = now
        self.changed = changed
    }

    // MARK: asking

    /// Whether a new payment may go there. While the breaker is half open the first to ask is the trial.
    func health(_ network: String) -> NetworkHealth {
        let now = now()
        return entries.withLock { entries in
            guard var entry = entries[network] else { return .up }
            defer { entries[network] = entry }
            switch entry.row.breaker {
            case .closed: return .up
            case .open:
                guard now.milliseconds(since: entry.row.since) >= NetworkWatch.openMilliseconds,
                    entry.row.heartbeatAnswered != false
                else { return .down(entry.row.why) }
                entry.row.breaker = .halfOpen
                entry.row.since = now
                entry.trial = now
                return .up
            case .halfOpen:
                if let trial = entry.trial, now.milliseconds(since: trial) < NetworkWatch.trialMilliseconds {
                    return .down(entry.row.why + "; one payment tries it now")
                }
                entry.trial = now
                return .up
            }
        }
    }

    /// All neighbours by name, as they stand; asking changes nothing.
    var rows: [Row] {
        let all = entries.withLock { $0 }
        return all.values.map { entry in
            var row = entry.row
            let sorted = entry.latencies.sorted()
            if !sorted.isEmpty {
                row.p50Milliseconds = sorted[sorted.count / 2]
                row.p99Milliseconds = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
            }
            row.clockSkewMilliseconds = entry.skew.certainMilliseconds
            return row
        }.sorted { ($0.isNetwork ? 0 : 1, $0.name) < ($1.isNetwork ? 0 : 1, $1.name) }
    }

    /// Our clock against the middle of the neighbours'; nil before any of them answered.
    var clockSkewMilliseconds: Int64? {
        ClockSkew.median(entries.withLock { $0.values.compactMap(\.skew.certainMilliseconds) })
    }

    // MARK: hearing

    /// A request sets out; `note` must follow.
    func begin(_ name: String) { entries.withLock { $0[name]?.row.underWay += 1 } }

    /// What became of a request. An answer of any status but those of a broken gateway (502, 503, 504) is life.
    func note(_ outcome: WireOutcome, from name: String, sent: Instant, heard: Instant, isHeartbeat: Bool = false) {
        let changedRow = entries.withLock { entries -> Row? in
            guard var entry = entries[name] else { return nil }
            defer { entries[name] = entry }
            let before = entry.row.breaker
            if !isHeartbeat { entry.row.underWay -= 1 }
            switch outcome {
            case .replied(let reply):
                entry.skew.note(date: reply.header("Date"), sent: sent, answered: heard)
                entry.answered(reply.status, sent, heard, isHeartbeat)
            case .notSent(let why), .unknown(let why):
                if isHeartbeat { entry.row.heartbeatAnswered = false }
                entry.fail(why, at: heard)
            }
            return entry.row.breaker == before ? nil : entry.row
        }
        if let changedRow { changed(changedRow) }
    }

}

extension NetworkWatch.Entry {
    fileprivate mutating func answered(_ status: Int, _ sent: Instant, _ heard: Instant, _ isHeartbeat: Bool) {
        row.lastStatus = status
        row.lastAnswer = heard
        if !isHeartbeat { keep(max(0, heard.milliseconds(since: sent))) }
        let isAlive = isHeartbeat ? status < 500 : ![502, 503, 504].contains(status)
        if isHeartbeat { row.heartbeatAnswered = isAlive }
        guard isAlive else { return fail("it answers \(status)", at: heard) }
        row.failuresInARow = 0
        trial = nil
        guard row.breaker != .closed else { return }
        row.breaker = .closed
        row.since = heard
        row.why = ""
    }

    fileprivate mutating func fail(_ why: String, at heard: Instant) {
        row.failuresInARow += 1
        let isOver = row.breaker == .halfOpen || row.failuresInARow >= NetworkWatch.failuresUntilOpen
        guard isOver, row.breaker != .open else { return }
        row.breaker = .open
        row.since = heard
        row.why = "no answer \(row.failuresInARow) times in a row: \(why.prefix(200))"
        trial = nil
    }

    private mutating func keep(_ milliseconds: Int64) {
        if latencies.count < NetworkWatch.latenciesKept {
            latencies.append(milliseconds)
        } else {
            latencies[next] = milliseconds
        }
        next = (next + 1) % NetworkWatch.latenciesKept
    }
}

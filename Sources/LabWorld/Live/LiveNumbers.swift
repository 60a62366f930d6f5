import FormatJSON

/// What the live view shows, as the gateway's own pages told it a moment ago.
struct LiveNumbers: Sendable {
    struct Hop: Sendable {
        var name: String
        /// Microseconds.
        var p50: Int
        var p99: Int
    }

    /// The ledger of one tenant on one network.
    struct Standing: Sendable {
        var tenant: String
        var network: String
        var accounts: [(name: String, balance: LabAmount)]
    }

    var isUp = true
    var settled = 0
    var rejected = 0
    /// Ended payments a second, over the last ten seconds.
    var perSecond = 0.0
    var open = 0
    var underWay = 0
    var stuck = 0
    var hops: [Hop] = []
    var standings: [Standing] = []
    /// Sum over the whole ledger.
    var ledgerSum = LabAmount.zero

    /// One line for logs.
    var line: String {
        guard isUp else { return "the gateway does not answer" }
        let slowest = hops.max { $0.p99 < $1.p99 }
        return "\(Self.tenths(perSecond)) payments/s, \(settled) settled, \(rejected) rejected, \(open) open, "
            + "\(stuck) stuck, "
            + (slowest.map { "slowest hop \($0.name) p99 \(Self.milliseconds($0.p99)) ms, " } ?? "")
            + (ledgerSum == .zero ? "ledger sums to zero" : "THE LEDGER IS OFF BY \(ledgerSum)")
    }

    static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    static func milliseconds(_ microseconds: Int) -> String { "\(microseconds / 1000).\(microseconds % 1000 / 100)" }
}

/// Counts payments and times as they end.
actor LiveCounter {
    private let operators: OperatorClient
    private var numbers = LiveNumbers()
    private var ended: Set<String> = []
    private var samples: [String: [Int]] = [:]
    private var history: [(at: ContinuousClock.Instant, ended: Int)] = []

    /// Samples of one hop that are kept.
    static let sampleLimit = 512
    /// Timelines that are read in one round.
    static let timelinesPerRound = 16
    static let hops = [
        "receive", "decode", "recognise", "route", "plan", "commit", "reserve", "send", "settle", "notify",
    ]

    init(operators: OperatorClient) { self.operators = operators }

    /// Asks the gateway again; what it does not answer stays as it was.
    func round() async -> LiveNumbers {
        do {
            let state = try await operators.get("/state")
            numbers.open = state["open"]?.int ?? 0
            numbers.underWay = state["underWay"]?.int ?? 0
            numbers.stuck = try await operators.payments(stuck: true).count
            try await countEnded()
            try await readLedger()
            numbers.isUp = true
        } catch {
            numbers.isUp = false
        }
        let now = ContinuousClock.now
        history.append((now, ended.count))
        history.removeAll { now - $0.at > .seconds(10) }
        if let first = history.first, now > first.at {
            numbers.perSecond = Double(ended.count - first.ended) / ((now - first.at) / .seconds(1))
        }
        return numbers
    }

    private func countEnded() async throws {
        var before = ""
        var fresh: [String] = []
        for _ in 0..<10 {
            let page = try await operators.get("/payments?limit=200" + before)
            let rows = page["payments"]?.array ?? []
            let new = rows.filter { row in
                guard let id = row["id"]?.string, let outcome = row["outcome"]?.string else { return false }
                guard ended.insert(id).inserted else { return false }
                if outcome == "settled" { numbers.settled += 1 } else { numbers.rejected += 1 }
                return true
            }
            fresh += new.compactMap { $0["kind"]?.string == "transfer" ? $0["id"]?.string : nil }
            guard !new.isEmpty, let next = page["before"]?.string else { break }
            before = "&before=\(next)"
        }
        for id in fresh.prefix(Self.timelinesPerRound) { sample(try await operators.payment(id)) }
        numbers.hops = Self.hops.compactMap { hop in
            guard let times = samples[hop]?.sorted(), !times.isEmpty else { return nil }
            return LiveNumbers.Hop(name: hop, p50: times[times.count / 2], p99: times[times.count * 99 / 100])
        }
    }

    private func sample(_ page: JSONValue) {
        var spent: [String: Int] = [:]
        for line in page["timeline"]?.array ?? [] {
            guard let hop = line["hop"]?.string, let time = line["afterMicroseconds"]?.int else { continue }
            spent[hop, default: 0] += time
        }
        for (hop, time) in spent {
            samples[hop, default: []].append(time)
            if (samples[hop]?.count ?? 0) > Self.sampleLimit { samples[hop]?.removeFirst() }
        }
    }

    private func readLedger() async throws {
        var standings: [LiveNumbers.Standing] = []
        var sum = LabAmount.zero
        for row in try await operators.get("/balances")["balances"]?.array ?? [] {
            guard let tenant = row["tenant"]?.string, let network = row["network"]?.string,
                let account = row["account"]?.string, let balance = LabAmount(row["balance"]?.string ?? "")
            else { continue }
            sum += balance
            if let index = standings.firstIndex(where: { $0.tenant == tenant && $0.network == network }) {
                standings[index].accounts.append((account, balance))
            } else {
                standings.append(.init(tenant: tenant, network: network, accounts: [(account, balance)]))
            }
        }
        numbers.ledgerSum = sum
        numbers.standings = standings.sorted { ($0.tenant, $0.network) < ($1.tenant, $1.network) }
    }
}

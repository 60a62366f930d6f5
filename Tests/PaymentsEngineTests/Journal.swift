import Payments
import Testing

/// A journal in memory: what `MemoryStore` and the simulation commit to. Checks on the way in what every store
/// promises.
struct Journal: Sendable {
    struct Row: Sendable {
        var tenant: String
        var events: [StoredEvent] = []
        var view: PaymentView
        var wake: Instant?
        var claimedUntil: Instant?
        var messages: [ArchivedMessage] = []
    }

    struct Claimed: Sendable {
        var exchange: Exchange
        var isOpen: Bool
        var epoch: NodeEpoch
        var lease: Instant
    }

    struct Account: Hashable, Sendable {
        var tenant: String
        var account: LedgerAccount
        var network: String
        var currency: Currency
    }

    var rows: [PaymentID: Row] = [:]
    var exchanges: [PaymentID: [Int: Claimed]] = [:]
    var keys: [Correlation: KeyHolder] = [:]
    var balances: [Account: Int128] = [:]
    var defects: [String] = []
    var feed: [(tenant: String, entry: FeedEntry)] = []

    mutating func append(_ append: Append, epoch: NodeEpoch, leaseUntil: Instant) -> AppendResult {
        let id = append.payment
        guard rows[id]?.events.count ?? 0 == append.expected else { return .conflict }
        for key in append.keys {
            if let holder = keys[key], holder.payment != id {
                return .keyTaken(key, holder.payment, contentHash: holder.contentHash)
            }
        }
        for exchange in append.exchanges where exchanges[id]?[exchange.number] != nil { return .conflict }
        if append.expected == 0, append.events.isEmpty { defects.append("\(id): begins without an event") }
        tell(append, stageBefore: rows[id]?.view.stage)
        var row = rows[id] ?? Row(tenant: append.tenant, view: append.view)
        for (offset, event) in append.events.enumerated() where event.sequence != append.expected + offset + 1 {
            defects.append("\(id): event \(event.sequence) after \(append.expected + offset)")
        }
        if append.view.sequence != append.expected + append.events.count { defects.append("\(id): the view is stale") }
        row.events += append.events
        row.messages += append.messages
        row.view = append.view
        row.wake = append.wake
        row.claimedUntil = nil
        rows[id] = row
        for key in append.keys where keys[key] == nil {
            keys[key] = KeyHolder(payment: id, contentHash: append.contentHash)
        }
        for exchange in append.exchanges {
            exchanges[id, default: [:]][exchange.number] = Claimed(
                exchange: exchange, isOpen: true, epoch: epoch, lease: leaseUntil)
        }
        for number in append.closed { exchanges[id]?[number]?.isOpen = false }
        book(append)
        if row.events.count(where: { $0.kind == "finished" }) > 1 { defects.append("\(id): two outcomes") }
        return .committed
    }

    private mutating func tell(_ append: Append, stageBefore: String?) {
        guard !append.events.isEmpty else { return }
        let entry = FeedEntry(
            cursor: Int64(feed.count + 1), payment: append.payment, sequence: append.expected + append.events.count,
            kinds: append.events.map(\.kind), stageBefore: stageBefore, stage: append.view.stage,
            outcome: append.view.outcome, reason: append.view.reason, isParked: append.view.isParked,
            time: append.view.changedAt)
        feed.append((append.tenant, entry))
    }

    /// Open payments by network, as caps count them.
    var standing: [Standing] {
        var found: [Standing] = []
        for row in rows.values where row.view.outcome == nil {
            guard let amount = row.view.amount else { continue }
            let isBooked = row.events.contains { $0.kind == "booked" }
            let origin = row.view.origin == row.view.network ? nil : row.view.origin
            let places: [(String?, Standing.Side)] = [(row.view.network, .target), (origin, .origin)]
            for case (let network?, let side) in places {
                let own = isBooked ? Money.zero(amount.currency) : amount
                let index = found.firstIndex {
                    ($0.tenant, $0.network) == (row.tenant, network) && $0.side == side
                        && $0.currency == amount.currency
                }
                if let index, let sum = try? found[index].unbooked.adding(own) {
                    found[index].inFlight += 1
                    found[index].unbooked = sum
                } else {
                    found.append(
                        Standing(
                            tenant: row.tenant, network: network, side: side, currency: amount.currency, inFlight: 1,
                            unbooked: own))
                }
            }
        }
        return found
    }

    private mutating func book(_ append: Append) {
        for entry in append.bookings.flatMap(\.entries) {
            let account = Account(
                tenant: append.tenant, account: entry.account, network: entry.network, currency: entry.amount.currency)
            balances[account, default: 0] += entry.amount.units
        }
        var sums: [Currency: Int128] = [:]
        for (account, units) in balances { sums[account.currency, default: 0] += units }
        for (currency, sum) in sums where sum != 0 { defects.append("the ledger is \(sum) out in \(currency)") }
    }

    func units(_ account: LedgerAccount, _ network: String) -> Int128 {
        balances.filter { $0.key.account == account && $0.key.network == network }.values.reduce(0, +)
    }

    mutating func due(_ now: Instant, leaseUntil: Instant) -> [PaymentID] {
        let due = rows.filter { row in
            guard let wake = row.value.wake else { return false }
            return wake <= now && row.value.claimedUntil.map { $0 <= now } ?? true
        }
        for id in due.keys { rows[id]?.claimedUntil = leaseUntil }
        return due.keys.sorted()
    }

    /// Open exchanges of dead epochs and of claims that ran out; the caller's from now on.
    mutating func orphans(of epoch: NodeEpoch, now: Instant, leaseUntil: Instant) -> [OrphanedExchange] {
        var found: [OrphanedExchange] = []
        for (id, numbers) in exchanges {
            for (number, claimed) in numbers where claimed.isOpen {
                let isDead = claimed.epoch.node == epoch.node && claimed.epoch.epoch < epoch.epoch
                guard isDead || claimed.lease <= now else { continue }
                exchanges[id]?[number]?.epoch = epoch
                exchanges[id]?[number]?.lease = leaseUntil
                found.append(OrphanedExchange(payment: id, exchange: claimed.exchange))
            }
        }
        return found.sorted { ($0.payment, $0.exchange.number) < ($1.payment, $1.exchange.number) }
    }
}

public import Payments
import Synchronization

/// What one payment wants to have out on one network.
struct Claim: Sendable, Hashable {
    var payment: PaymentID
    var tenant: String
    var network: String
    var amount: Money
    /// It comes from this network: nothing of ours is sent there.
    var isNear: Bool
}

/// What a tenant has out on a network in a currency, against its caps.
public struct Allowance: Sendable, Hashable {
    public var tenant: String
    public var network: String
    public var currency: Currency
    public var inFlight = 0
    /// Amounts of payments under way that are not booked yet, in units.
    public var claimed: Int128 = 0
    /// Balance of the position ledger: negative when more was sent than came back.
    public var position: Int128 = 0
    public var exposure: Int128 = 0

    public init(tenant: String, network: String, currency: Currency) {
        self.tenant = tenant
        self.network = network
        self.currency = currency
    }
}

/// The caps' side of the ledger: what is booked, and what payments under way may still book. In memory; the store's
/// balances and open payments are its beginning.
final class Allowances: Sendable {
    struct Key: Hashable {
        var tenant: String
        var network: String
        var currency: Currency
    }

    struct State {
        var rows: [Key: Allowance] = [:]
        var claims: [PaymentID: Share] = [:]
        /// Payments that gave their share back until their day comes.
        var waiting: Set<PaymentID> = []
        /// The ledger does not add up to zero: nothing is sent any more.
        var isBroken = false
        /// Payments from before this moment are in the rows already.
        var since = Instant(nanoseconds: .min)
    }

    struct Share {
        var key: Key
        var units: Int128
    }

    private let state = Mutex(State())
    private let caps: @Sendable (String, String, Currency) -> Caps?

    init(caps: @escaping @Sendable (String, String, Currency) -> Caps?) {
        self.caps = caps
    }

    /// The share, or why there is none. A second claim of a payment takes the place of its first.
    func claim(_ claim: Claim) -> Reason? {
        let key = Key(tenant: claim.tenant, network: claim.network, currency: claim.amount.currency)
        let caps = self.caps(claim.tenant, claim.network, claim.amount.currency)
        return state.withLock { state -> Reason? in
            state.release(claim.payment)
            state.waiting.remove(claim.payment)
            if state.isBroken, !claim.isNear {
                return Reason("serviceUnavailable", detail: "the ledger does not add up: nothing is sent")
            }
            var row = state.rows[key] ?? Allowance(tenant: key.tenant, network: key.network, currency: key.currency)
            if let caps, let why = Allowances.obstacle(claim, row, caps) { return why }
            row.inFlight += 1
            let units = claim.isNear ? 0 : claim.amount.units
            row.claimed += units
            state.rows[key] = row
            state.claims[claim.payment] = Share(key: key, units: units)
            return nil
        }
    }

    private static func obstacle(_ claim: Claim, _ row: Allowance, _ caps: Caps) -> Reason? {
        let units = claim.amount.units
        if let single = caps.single, units > single.units {
            return full("a single amount on \(claim.network) is capped at \(single)")
        }
        if let most = caps.inFlight, row.inFlight >= most {
            return full("\(row.inFlight) payments are under way on \(claim.network); the cap is \(most)")
        }
        if let exposure = caps.exposure, abs(row.exposure) >= exposure.units {
            return full("the exposure on \(claim.network) is at its cap of \(exposure)")
        }
        guard !claim.isNear else { return nil }
        if let position = caps.position, -row.position + row.claimed + units > position.units {
            return full("the position on \(claim.network) is capped at \(position)")
        }
        return nil
    }

    private static func full(_ why: String) -> Reason { Reason("agentLiquidity", detail: why) }

    func unclaim(_ payment: PaymentID) {
        state.withLock { state in
            state.release(payment)
            state.waiting.remove(payment)
        }
    }

    /// What the rows hold for a payment from before this process becomes its own share.
    func adopt(_ record: PaymentRecord) {
        guard let tenant = record.origin?.tenant else { return }
        state.withLock { $0.adopt(record, tenant, isBooked: !record.bookings.isEmpty) }
    }

    /// Gives the share back while the payment waits for its day.
    func rest(_ payment: PaymentID) {
        state.withLock { state in
            state.release(payment)
            state.waiting.insert(payment)
        }
    }

    /// A commit: what is booked is no claim any more, and what has ended needs no place.
    func committed(_ record: PaymentRecord, bookings: [Booking], isNew: Bool) {
        guard let tenant = record.origin?.tenant else { return }
        state.withLock { state in
            // A commit that was thought lost, and was not: it is under way whatever the caps say now.
            if isNew { state.count(record, tenant) }
            if !isNew { state.adopt(record, tenant, isBooked: record.bookings.count > bookings.count) }
            for entry in bookings.flatMap(\.entries) { state.book(entry, tenant) }
            if !bookings.isEmpty, let share = state.claims[record.id] {
                state.rows[share.key]?.claimed -= share.units
                state.claims[record.id]?.units = 0
            }
            if record.outcome != nil {
                state.release(record.id)
                state.waiting.remove(record.id)
            }
        }
    }

    /// What the store knows at the start. Payments that were under way count until they end.
    func begin(_ balances: [LedgerBalance], _ standing: [Standing], now: Instant) {
        state.withLock { state in
            state.since = now
            for entry in standing where entry.side == .target {
                state.set(Key(tenant: entry.tenant, network: entry.network, currency: entry.currency)) { row in
                    row.inFlight += entry.inFlight
                    row.claimed += entry.unbooked.units
                }
            }
            for balance in balances where balance.account == .position || balance.account == .exposure {
                let key = Key(tenant: balance.tenant, network: balance.network, currency: balance.balance.currency)
                state.set(key) { row in
                    if balance.account == .position {
                        row.position = balance.balance.units
                    } else {
                        row.exposure = balance.balance.units
                    }
                }
            }
        }
    }

    func breakSends(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }

    var all: [Allowance] { state.withLock { Array($0.rows.values) } }
}

extension Allowances.State {
    mutating func set(_ key: Allowances.Key, _ change: (inout Allowance) -> Void) {
        change(&rows[key, default: Allowance(tenant: key.tenant, network: key.network, currency: key.currency)])
    }

    /// A payment that began and holds no share gets one.
    mutating func count(_ record: PaymentRecord, _ tenant: String) {
        guard claims[record.id] == nil, !waiting.contains(record.id), record.outcome == nil, record.refusal == nil,
            record.origin?.kind != .partyLookup, let network = record.network,
            let amount = record.payment.amount.settlement ?? record.payment.amount.instructed
        else { return }
        let key = Allowances.Key(tenant: tenant, network: network, currency: amount.currency)
        set(key) { row in
            row.inFlight += 1
            row.claimed += amount.units
        }
        claims[record.id] = Allowances.Share(key: key, units: amount.units)
    }

    /// A payment from before this process is counted already: it gets the share that stands for it.
    mutating func adopt(_ record: PaymentRecord, _ tenant: String, isBooked: Bool) {
        guard claims[record.id] == nil, !waiting.contains(record.id), let began = record.receivedAt, began < since,
            let network = record.network,
            let amount = record.payment.amount.settlement ?? record.payment.amount.instructed
        else { return }
        let key = Allowances.Key(tenant: tenant, network: network, currency: amount.currency)
        guard rows[key] != nil else { return }
        claims[record.id] = Allowances.Share(key: key, units: isBooked ? 0 : amount.units)
    }

    mutating func release(_ payment: PaymentID) {
        guard let share = claims.removeValue(forKey: payment) else { return }
        rows[share.key]?.inFlight -= 1
        rows[share.key]?.claimed -= share.units
    }

    mutating func book(_ entry: LedgerEntry, _ tenant: String) {
        guard entry.account == .position || entry.account == .exposure else { return }
        let key = Allowances.Key(tenant: tenant, network: entry.network, currency: entry.amount.currency)
        set(key) { row in
            if entry.account == .position {
                row.position += entry.amount.units
            } else {
                row.exposure += entry.amount.units
            }
        }
    }
}

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
    /// A bridge: the other network, which it comes from. What one leg pays and the other does not stands on exposure.
    var near: String?
    /// The payment begins with it: should its commit find that another has the name, it never was.
    var isFirst = false
}

/// What became of a claim.
enum ClaimVerdict: Sendable, Equatable {
    case held
    case refused(Reason)
    /// There is no room only because of payments whose first commit is under way; those that turn out to be repeats of
    /// others give it back.
    case contested(Reason)
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
        var claims: [PaymentID: [Share]] = [:]
        /// Payments that gave their share back until their day comes.
        var waiting: Set<PaymentID> = []
        /// Payments that hold a share and are not in the journal yet.
        var unproven: Set<PaymentID> = []
        /// Who waits until some of them are decided.
        var doubts: [Doubt] = []
        /// The ledger does not add up to zero: nothing is sent any more.
        var isBroken = false
        /// Payments from before this moment are in the rows already.
        var since = Instant(nanoseconds: .min)
    }

    struct Doubt {
        var about: Set<PaymentID>
        var continuation: CheckedContinuation<Void, Never>
    }

    /// What one payment counts for in one row.
    struct Share {
        var key: Key
        var units: Int128
    }

    private let state = Mutex(State())
    private let caps: @Sendable (String, String, Currency) -> Caps?
    private let isNetwork: @Sendable (_ origin: String, _ tenant: String) -> Bool

    /// - Parameter isNetwork: whether payments that come from there move money there: a channel of the bank's own
    ///   counts for its on-us payments alone.
    init(
        caps: @escaping @Sendable (String, String, Currency) -> Caps?,
        isNetwork: @escaping @Sendable (String, String) -> Bool
    ) {
        self.caps = caps
        self.isNetwork = isNetwork
    }

    /// Changes the state and lets those go on whose doubt ended with it.
    private func change<Value>(_ body: (inout State) -> Value) -> Value {
        let (value, ended) = state.withLock { state in (body(&state), state.endedDoubts()) }
        for continuation in ended { continuation.resume() }
        return value
    }

    /// Returns once every payment that is unproven now got into the journal, or gave its share up.
    func decided() async {
        await withCheckedContinuation { continuation in
            let isDecided = state.withLock { state in
                if state.unproven.isEmpty { return true }
                state.doubts.append(Doubt(about: state.unproven, continuation: continuation))
                return false
            }
            if isDecided { continuation.resume() }
        }
    }

    /// How many wait for a decision.
    var doubts: Int { state.withLock { $0.doubts.count } }

    /// The share, or why there is none. A second claim of a payment takes the place of its first, if it is held; one
    /// that is not changes nothing.
    func claim(_ claim: Claim) -> ClaimVerdict {
        let currency = claim.amount.currency
        let networks = [claim.network] + [claim.near].compactMap { $0 }
        return change { state -> ClaimVerdict in
            if state.isBroken, !claim.isNear {
                return .refused(Reason("serviceUnavailable", detail: "the ledger does not add up: nothing is sent"))
            }
            var shares: [Share] = []
            for network in networks {
                let key = Key(tenant: claim.tenant, network: network, currency: currency)
                let isSentHere = network == claim.network && !claim.isNear
                let row = state.row(key, without: CollectionOfOne(claim.payment))
                if let caps = caps(claim.tenant, network, currency),
                    let why = Allowances.obstacle(claim, network, row, caps, isSentHere: isSentHere)
                {
                    let proven = state.row(key, without: state.unproven.union([claim.payment]))
                    let still = Allowances.obstacle(claim, network, proven, caps, isSentHere: isSentHere)
                    return still == nil ? .contested(why) : .refused(why)
                }
                shares.append(Share(key: key, units: isSentHere ? claim.amount.units : 0))
            }
            state.release(claim.payment)
            state.waiting.remove(claim.payment)
            state.hold(shares, for: claim.payment)
            if claim.isFirst { state.unproven.insert(claim.payment) }
            return .held
        }
    }

    private static func obstacle(
        _ claim: Claim, _ network: String, _ row: Allowance, _ caps: Caps, isSentHere: Bool
    ) -> Reason? {
        let units = claim.amount.units
        if let single = caps.single, units > single.units {
            return full("a single amount on \(network) is capped at \(single)")
        }
        if let most = caps.inFlight, row.inFlight >= most {
            return full("\(row.inFlight) payments are under way on \(network); the cap is \(most)")
        }
        if let exposure = caps.exposure {
            if abs(row.exposure) >= exposure.units {
                return full("the exposure on \(network) is at its cap of \(exposure)")
            }
            if claim.near != nil, abs(row.exposure) + units > exposure.units {
                return full("with this amount the exposure on \(network) may pass its cap of \(exposure)")
            }
        }
        guard isSentHere else { return nil }
        if let position = caps.position, -row.position + row.claimed + units > position.units {
            return full("the position on \(network) is capped at \(position)")
        }
        return nil
    }

    private static func full(_ why: String) -> Reason { Reason("agentLiquidity", detail: why) }

    func unclaim(_ payment: PaymentID) {
        change { state in
            state.release(payment)
            state.waiting.remove(payment)
        }
    }

    /// What the rows hold for a payment from before this process becomes its own share.
    func adopt(_ record: PaymentRecord) {
        guard let tenant = record.origin?.tenant else { return }
        state.withLock { $0.adopt(record, shares(record, tenant, isBooked: !record.bookings.isEmpty)) }
    }

    /// Gives the share back while the payment waits for its day.
    func rest(_ payment: PaymentID) {
        change { state in
            state.release(payment)
            state.waiting.insert(payment)
        }
    }

    /// A commit: what is booked is no claim any more, and what has ended needs no place.
    /// - Parameter wasOpen: the payment had no outcome before it.
    func committed(_ record: PaymentRecord, bookings: [Booking], isNew: Bool, wasOpen: Bool = true) {
        guard let tenant = record.origin?.tenant else { return }
        change { state in
            state.unproven.remove(record.id)
            // A commit that was thought lost, and was not: it is under way whatever the caps say now.
            if isNew { state.count(record, shares(record, tenant, isBooked: false)) }
            if !isNew, wasOpen {
                state.adopt(record, shares(record, tenant, isBooked: record.bookings.count > bookings.count))
            }
            for entry in bookings.flatMap(\.entries) { state.book(entry, tenant) }
            if !bookings.isEmpty { state.settle(record.id) }
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
            for entry in standing where entry.side == .target || isNetwork(entry.network, entry.tenant) {
                state.set(Key(tenant: entry.tenant, network: entry.network, currency: entry.currency)) { row in
                    row.inFlight += entry.inFlight
                    if entry.side == .target { row.claimed += entry.unbooked.units }
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

    /// The rows that a payment counts for: of the network that it goes to, and of the one that it comes from.
    private func shares(_ record: PaymentRecord, _ tenant: String, isBooked: Bool) -> [Share] {
        guard let amount = record.payment.amount.settlement ?? record.payment.amount.instructed else { return [] }
        func share(_ network: String, _ units: Int128) -> Share {
            Share(
                key: Key(tenant: tenant, network: network, currency: amount.currency), units: units)
        }
        let far = record.network.map { share($0, isBooked ? 0 : amount.units) }
        let near = record.origin.map(\.network).flatMap { origin in
            origin != record.network && (far == nil || isNetwork(origin, tenant)) ? share(origin, 0) : nil
        }
        return [far, near].compactMap { $0 }
    }

    func breakSends(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }

    var all: [Allowance] { state.withLock { Array($0.rows.values) } }
}

extension Allowances.State {
    mutating func set(_ key: Allowances.Key, _ change: (inout Allowance) -> Void) {
        change(&rows[key, default: Allowance(tenant: key.tenant, network: key.network, currency: key.currency)])
    }

    mutating func hold(_ shares: [Allowances.Share], for payment: PaymentID) {
        for share in shares {
            set(share.key) { row in
                row.inFlight += 1
                row.claimed += share.units
            }
        }
        claims[payment] = shares
    }

    /// What is booked is claimed no more.
    mutating func settle(_ payment: PaymentID) {
        guard var shares = claims[payment] else { return }
        for place in shares.indices {
            rows[shares[place].key]?.claimed -= shares[place].units
            shares[place].units = 0
        }
        claims[payment] = shares
    }

    /// A payment that began and holds no share gets one.
    mutating func count(_ record: PaymentRecord, _ shares: [Allowances.Share]) {
        guard claims[record.id] == nil, !waiting.contains(record.id), record.outcome == nil, record.refusal == nil,
            record.origin?.kind != .partyLookup, record.flow?.pivot != nil
        else { return }
        hold(shares, for: record.id)
    }

    /// A payment from before this process is counted already: it gets the share that stands for it.
    mutating func adopt(_ record: PaymentRecord, _ shares: [Allowances.Share]) {
        guard claims[record.id] == nil, !waiting.contains(record.id), let began = record.receivedAt, began < since
        else { return }
        let counted = shares.filter { rows[$0.key] != nil }
        if !counted.isEmpty { claims[record.id] = counted }
    }

    /// The row as it would be if these payments held no share.
    func row(_ key: Allowances.Key, without payments: some Sequence<PaymentID>) -> Allowance {
        var row = rows[key] ?? Allowance(tenant: key.tenant, network: key.network, currency: key.currency)
        for share in payments.lazy.compactMap({ claims[$0] }).joined() where share.key == key {
            row.inFlight -= 1
            row.claimed -= share.units
        }
        return row
    }

    /// Those whose every question is answered by now; they are in the list no more.
    mutating func endedDoubts() -> [CheckedContinuation<Void, Never>] {
        guard !doubts.isEmpty else { return [] }
        for place in doubts.indices { doubts[place].about.formIntersection(unproven) }
        let ended = doubts.filter(\.about.isEmpty)
        doubts.removeAll(where: \.about.isEmpty)
        return ended.map(\.continuation)
    }

    mutating func release(_ payment: PaymentID) {
        unproven.remove(payment)
        for share in claims.removeValue(forKey: payment) ?? [] {
            rows[share.key]?.inFlight -= 1
            rows[share.key]?.claimed -= share.units
        }
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

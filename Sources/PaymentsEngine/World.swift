public import Payments

/// A neighbour as the engine knows it: its translator, our settings there, and its clock.
public struct Neighbour: Sendable {
    public var adapter: Adapter
    public var settings: AdapterSettings
    /// The network's own clock: how long an order there may take until its final answer.
    public var clockMilliseconds: Int64
    /// Margin that we keep before our own answer is due (money.md, bridges).
    public var marginMilliseconds: Int64
    /// What its silence means, where a flow's row leaves that to the configuration: refuse, leave or operator.
    public var silence: UnknownPolicy
    /// Beyond the far network's clock, what an order that takes up our offer must leave us (money.md, bridges).
    public var orderMarginMilliseconds: Int64

    public init(
        adapter: Adapter, settings: AdapterSettings, clockMilliseconds: Int64, marginMilliseconds: Int64 = 2_000,
        silence: UnknownPolicy = .operatorDecides, orderMarginMilliseconds: Int64 = 3_000
    ) {
        self.adapter = adapter
        self.settings = settings
        self.clockMilliseconds = clockMilliseconds
        self.marginMilliseconds = marginMilliseconds
        self.silence = silence
        self.orderMarginMilliseconds = orderMarginMilliseconds
    }
}

/// What the machines may ask of the configuration: look-ups, the same answer for the same question until a reload.
/// What they decide by it is an event, so a journal replays without them.
public struct World: Sendable {
    /// The flow that new payments of this name begin with.
    public var flow: @Sendable (_ name: String) -> Flow?
    /// A flow in the version that a payment began with (law 8).
    public var pinnedFlow: @Sendable (_ name: String, _ version: String) -> Flow?
    public var route: @Sendable (RouteQuestion) -> RouteDecision
    /// The neighbour of this name in the eyes of a tenant, its translator by the tables of that version; nil is the
    /// newest.
    public var neighbours: @Sendable (_ name: String, _ tenant: String, _ tables: String?) -> Neighbour?
    /// The name of the tenant's core bank.
    public var coreBank: @Sendable (_ tenant: String) -> String?
    /// The name of the tenant's screening service; nil when it has none.
    public var screening: @Sendable (_ tenant: String) -> String? = { _ in nil }
    /// Content hash of the mapping tables that new payments begin with.
    public var tablesVersion: @Sendable () -> String? = { nil }
    /// When payments go out on a network, and on which day they settle.
    public var calendar: @Sendable (_ network: String, _ tenant: String) -> BusinessCalendar? = { _, _ in nil }
    /// Identifiers that the tenant answers for on behalf of accounts elsewhere.
    public var directory: @Sendable (_ tenant: String) -> Directory? = { _ in nil }
    /// Whether the payee is a customer of this tenant, as far as names alone say it; the core bank has the last word.
    public var isOurs: @Sendable (_ payment: Payment, _ tenant: String) -> Bool = { _, _ in false }
    public var caps: @Sendable (_ tenant: String, _ network: String, _ currency: Currency) -> Caps? = { _, _, _ in nil }
    public var health: @Sendable (_ network: String) -> NetworkHealth = { _ in .up }
    /// Currencies that the network settles; nil is any.
    public var currencies: @Sendable (_ network: String) -> Set<Currency>? = { _ in nil }
    /// Whether another network may be tried after a refusal for this canonical reason.
    public var isRetryable: @Sendable (_ reason: String) -> Bool = { _ in false }
    /// Takes a share of the caps for a payment, or says why there is none. The engine sets it.
    var claim: @Sendable (Claim) -> ClaimVerdict = { _ in .held }
    /// Returns when it is known of every payment that claims now whether it begins.
    var decided: @Sendable () async -> Void = {}
    /// Gives the share back.
    var unclaim: @Sendable (PaymentID) -> Void = { _ in }
    /// Gives a payment from before this process the share that is counted for it already.
    var adopt: @Sendable (PaymentRecord) -> Void = { _ in }
    /// How many payments a neighbour is asked about. The engine sets it.
    var questions: @Sendable (_ neighbour: String) -> Int = { _ in 0 }
    /// Gives it back until the payment's day comes.
    var rest: @Sendable (PaymentID) -> Void = { _ in }

    public init(
        flow: @escaping @Sendable (String) -> Flow?, pinnedFlow: @escaping @Sendable (String, String) -> Flow?,
        route: @escaping @Sendable (RouteQuestion) -> RouteDecision,
        neighbours: @escaping @Sendable (String, String, String?) -> Neighbour?,
        coreBank: @escaping @Sendable (String) -> String?
    ) {
        self.flow = flow
        self.pinnedFlow = pinnedFlow
        self.route = route
        self.neighbours = neighbours
        self.coreBank = coreBank
    }

    public func neighbour(_ name: String, _ tenant: String, tables: String? = nil) -> Neighbour? {
        neighbours(name, tenant, tables)
    }
}

extension World {
    /// Whom a step of this payment speaks to.
    func neighbour(for verb: Verb, _ record: PaymentRecord) -> Neighbour? {
        guard let tenant = record.origin?.tenant, let name = name(for: verb, record) else { return nil }
        return neighbour(name, tenant, tables: record.tables)
    }

    /// Whom it is asked about again and again what became of this payment; nil while a first question may still tell.
    func asked(about record: PaymentRecord) -> String? {
        guard record.outcome == nil, record.parked == nil, let flow = record.flow,
            let step = record.steps.firstIndex(where: { $0.state == .unknown && $0.queries > 0 }),
            flow.steps.indices.contains(step)
        else { return nil }
        return name(for: flow.steps[step].verb, record)
    }

    func name(for verb: Verb, _ record: PaymentRecord) -> String? {
        guard let origin = record.origin else { return nil }
        switch verb.side {
        case .origin: return origin.network
        case .network: return record.network
        case .ams: return coreBank(origin.tenant)
        case .screening: return screening(origin.tenant)
        case .house: return nil
        }
    }

    /// Whether payments that come from there move money there, as a network's do and a channel's do not.
    func settles(_ origin: String, _ tenant: String) -> Bool {
        neighbour(origin, tenant)?.adapter.capabilities.verbs.contains(.accept) ?? false
    }

    /// The settlement day of what goes out there now; nil where the calendar does not reach.
    public func businessDate(_ network: String, _ tenant: String, _ now: Instant) -> CivilDate? {
        guard let calendar = calendar(network, tenant) else { return now.date }
        return calendar.businessDate(at: now)
    }
}

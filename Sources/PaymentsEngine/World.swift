public import Payments

/// A neighbour as the engine knows it: its translator, our settings there, and its clock.
public struct Neighbour: Sendable {
    public var adapter: Adapter
    public var settings: AdapterSettings
    /// The network's own clock: how long an order there may take until its final answer.
    public var clockMilliseconds: Int64
    /// Margin that we keep before our own answer is due (money.md, bridges).
    public var marginMilliseconds: Int64

    public init(
        adapter: Adapter, settings: AdapterSettings, clockMilliseconds: Int64, marginMilliseconds: Int64 = 2_000
    ) {
        self.adapter = adapter
        self.settings = settings
        self.clockMilliseconds = clockMilliseconds
        self.marginMilliseconds = marginMilliseconds
    }
}

/// What the machines may ask of the configuration: pure look-ups, the same answer for the same question until a reload.
public struct World: Sendable {
    /// The flow that new payments of this name begin with.
    public var flow: @Sendable (_ name: String) -> Flow?
    /// A flow in the version that a payment began with (law 8).
    public var pinnedFlow: @Sendable (_ name: String, _ version: String) -> Flow?
    public var route: @Sendable (RouteQuestion) -> RouteDecision
    /// The neighbour of this name in the eyes of a tenant.
    public var neighbour: @Sendable (_ name: String, _ tenant: String) -> Neighbour?
    /// The name of the tenant's core bank.
    public var coreBank: @Sendable (_ tenant: String) -> String?

    public init(
        flow: @escaping @Sendable (String) -> Flow?, pinnedFlow: @escaping @Sendable (String, String) -> Flow?,
        route: @escaping @Sendable (RouteQuestion) -> RouteDecision,
        neighbour: @escaping @Sendable (String, String) -> Neighbour?,
        coreBank: @escaping @Sendable (String) -> String?
    ) {
        self.flow = flow
        self.pinnedFlow = pinnedFlow
        self.route = route
        self.neighbour = neighbour
        self.coreBank = coreBank
    }
}

extension World {
    /// Whom a step of this payment speaks to.
    func neighbour(for verb: Verb, _ record: PaymentRecord) -> Neighbour? {
        guard let origin = record.origin else { return nil }
        switch verb.side {
        case .origin: return neighbour(origin.network, origin.tenant)
        case .network: return record.network.flatMap { neighbour($0, origin.tenant) }
        case .ams: return coreBank(origin.tenant).flatMap { neighbour($0, origin.tenant) }
        case .screening: return nil
        }
    }
}

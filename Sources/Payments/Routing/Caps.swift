/// What a tenant may have out on one network in one currency. A payment that would pass any of them is refused before
/// money is held (money.md, the position ledger). What is nil has no cap.
public struct Caps: Sendable, Equatable {
    /// The largest single amount.
    public var single: Money?
    /// The most that may have been sent on the network and not yet come back over it: how far `position` may fall.
    public var position: Money?
    /// The most that may stand on `exposure`: one leg certain, the other not.
    public var exposure: Money?
    /// Payments under way at once.
    public var inFlight: Int?

    public init(single: Money? = nil, position: Money? = nil, exposure: Money? = nil, inFlight: Int? = nil) {
        self.single = single
        self.position = position
        self.exposure = exposure
        self.inFlight = inFlight
    }
}

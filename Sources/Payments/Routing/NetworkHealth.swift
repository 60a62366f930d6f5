/// Whether a network takes payments now, as heartbeats and the outcomes of our requests tell.
public enum NetworkHealth: Sendable, Equatable {
    case up
    /// Nothing new goes there, and why.
    case down(String)
}

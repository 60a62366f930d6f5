public import Payments

/// An answer: whole, or one that grows while its connection is open.
public enum EdgeReply: Sendable {
    case whole(WireReply)
    case stream(EdgeStream)
}

/// Answers one request, perhaps with a stream. Like `EdgeHandler` it runs to its end even when the peer hangs up.
public typealias EdgeStreamHandler = @Sendable (WireRequest, EdgePeer) async -> EdgeReply

/// A body without a known end. The next part is asked for only when the one before has been taken by the connection,
/// so a slow peer holds one part, and one that takes nothing is cut off by `EdgeLimits.answerStallMilliseconds`.
public struct EdgeStream: Sendable {
    public var status: Int
    public var headers: [WireHeader]
    /// The next bytes; nil ends the answer. Its task is cancelled when the peer has gone: return soon then.
    public var next: @Sendable () async -> [UInt8]?
    /// Called once, when nothing is asked for any more, however it ended.
    public var ended: @Sendable () -> Void

    public init(
        status: Int = 200, headers: [WireHeader], next: @escaping @Sendable () async -> [UInt8]?,
        ended: @escaping @Sendable () -> Void
    ) {
        self.status = status
        self.headers = headers
        self.next = next
        self.ended = ended
    }
}

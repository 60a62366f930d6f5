import FormatJSON
public import Payments
import Synchronization

/// An answer of the API: whole, or a stream of server-sent events.
public enum ChannelReply: Sendable {
    case whole(WireReply)
    case stream(ChannelStream)

    static func json(_ status: Int, _ json: JSONValue, headers: [WireHeader] = []) -> ChannelReply {
        .whole(jsonReply(status, json, headers: headers))
    }
}

/// A body that grows: whoever carries it asks for the next bytes when the last ones were taken.
public struct ChannelStream: Sendable {
    public var headers: [WireHeader]
    /// Nil ends the stream. Returns soon when its task is cancelled.
    public var next: @Sendable () async -> [UInt8]?
    /// To be called once when nothing is asked for any more.
    public var ended: @Sendable () -> Void
}

/// What a channel bears; whatever is over is refused.
public struct ChannelLimits: Sendable {
    /// Streams of events that are open at once, over all banks and for one of them.
    public var streams = 256
    public var streamsPerTenant = 32
    /// A stream without events says so after this long, so that nobody between takes it for dead.
    public var heartbeatMilliseconds: Int64 = 15_000
    /// Events that one page holds at most; entries of the feed that one answer looks through for them.
    public var eventsPerPage = 500
    public var entriesPerAnswer = 5_000
    /// How long a lookup of a party waits when the caller does not say.
    public var lookupMilliseconds: Int64 = 10_000

    public init() {}
}

func jsonReply(_ status: Int, _ json: JSONValue, headers: [WireHeader] = []) -> WireReply {
    // Pages name persons: no cache between keeps them, under whatever header the key came.
    let own = [WireHeader("Content-Type", "application/json"), WireHeader("Cache-Control", "no-store")]
    return WireReply(status: status, headers: own + headers, body: json.bytes())
}

/// Counts the open streams and lets them go when the gateway stops.
final class OpenStreams: Sendable {
    private struct State {
        var isClosed = false
        var open: [String: Int] = [:]
        var waits: [UInt64: Task<Bool, Never>] = [:]
        var lastWait: UInt64 = 0
    }

    private let state = Mutex(State())

    var isClosed: Bool { state.withLock { $0.isClosed } }
    var count: Int { state.withLock { $0.open.values.reduce(0, +) } }

    /// False when there is no place for another one.
    func enter(_ tenant: String, _ limits: ChannelLimits) -> Bool {
        state.withLock { state in
            let own = state.open[tenant] ?? 0
            guard !state.isClosed, own < limits.streamsPerTenant, state.open.values.reduce(0, +) < limits.streams
            else { return false }
            state.open[tenant] = own + 1
            return true
        }
    }

    func leave(_ tenant: String) {
        state.withLock { state in
            let left = (state.open[tenant] ?? 1) - 1
            state.open[tenant] = left > 0 ? left : nil
        }
    }

    /// Runs a wait that ends with the caller's task, or with `close`.
    func wait(_ body: @escaping @Sendable () async -> Bool) async -> Bool {
        let task = Task { await body() }
        let number = state.withLock { state -> UInt64? in
            guard !state.isClosed else { return nil }
            state.lastWait += 1
            state.waits[state.lastWait] = task
            return state.lastWait
        }
        guard let number else {
            task.cancel()
            return false
        }
        defer { _ = state.withLock { $0.waits.removeValue(forKey: number) } }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Every stream ends, and no other begins.
    func close() {
        let waits = state.withLock { state in
            state.isClosed = true
            return Array(state.waits.values)
        }
        for wait in waits { wait.cancel() }
    }
}

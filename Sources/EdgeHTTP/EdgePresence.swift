import NIOCore
import Synchronization

/// Tells an answer that takes long whether its peer is still there. A peer that closes its side has gone: nobody waits
/// for a stream without listening to it.
final class EdgePresence: Sendable {
    private struct State {
        var isGone = false
        var asking: Task<[UInt8]?, Never>?
    }

    private let state = Mutex(State())

    /// That of a connection with a gate in its pipeline.
    static func of(_ channel: any Channel) async throws -> EdgePresence {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: EdgeGate.self).presence
        }.get()
    }

    func leave() {
        let asking = state.withLock { state in
            state.isGone = true
            return state.asking
        }
        asking?.cancel()
    }

    /// The next part of a stream; nil at its end, and when the peer has gone or the server is cancelled.
    func next(of stream: EdgeStream) async -> [UInt8]? {
        let asking = Task { await stream.next() }
        let isGone = state.withLock { state in
            state.asking = asking
            return state.isGone
        }
        if isGone { asking.cancel() }
        let part = await withTaskCancellationHandler {
            await asking.value
        } onCancel: {
            asking.cancel()
        }
        return state.withLock { state in
            state.asking = nil
            return state.isGone ? nil : part
        }
    }
}

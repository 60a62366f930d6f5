import Payments
@testable import PaymentsEngine
import Synchronization

/// Time that moves when the test says so.
final class ManualClock: Sendable {
    private struct State {
        var now = Instant(seconds: 1_800_000_000)
        var sleepers: [(until: Instant, continuation: CheckedContinuation<Void, Never>)] = []
        var isOver = false
        var pausing = 0
    }

    private let state = Mutex(State())

    var now: Instant { state.withLock { $0.now } }

    var engineClock: EngineClock { EngineClock(now: { self.now }, sleep: { await self.sleep($0) }) }

    /// Whether a shard rests before it tries its store again.
    var isPausing: Bool { state.withLock { $0.pausing > 0 } }

    func sleep(_ milliseconds: Int64) async {
        let isPause = milliseconds == ShardDriver.pauseMilliseconds
        if isPause { state.withLock { $0.pausing += 1 } }
        defer { if isPause { state.withLock { $0.pausing -= 1 } } }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state -> Bool in
                if state.isOver { return true }
                state.sleepers.append((state.now.adding(milliseconds: milliseconds), continuation))
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    func advance(_ milliseconds: Int64) {
        let due = state.withLock { state in
            state.now = state.now.adding(milliseconds: milliseconds)
            let due = state.sleepers.filter { $0.until <= state.now }
            state.sleepers.removeAll { $0.until <= state.now }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Nobody sleeps any more.
    func end() {
        let all = state.withLock { state in
            state.isOver = true
            defer { state.sleepers = [] }
            return state.sleepers
        }
        for sleeper in all { sleeper.continuation.resume() }
    }
}

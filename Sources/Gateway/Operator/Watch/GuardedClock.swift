import Foundation
import Payments
import Synchronization

/// The time that the house lives by: it begins at the host's clock and then goes by the monotonic one, so it never goes
/// backwards and never leaps. It follows the host's clock by a tenth of the time that passes: when that is set by an
/// hour, no timer fires early and none is an hour late.
final class GuardedClock: Sendable {
    /// The host's clocks, read at one moment: the one that can be set, and the one that only goes on.
    struct Reading: Sendable {
        var wall: Instant
        var steady: Instant
    }

    /// The host's clock was set while we ran.
    struct Jump: Sendable, Equatable {
        var milliseconds: Int64
        var at: Instant
    }

    /// What a readiness page and an alert need to know.
    struct Report: Sendable, Equatable {
        /// The host's clock against the time that the house lives by; positive when the host is ahead.
        var hostOffsetMilliseconds: Int64 = 0
        var jumps = 0
        var lastJump: Jump?
    }

    private struct State {
        var wall: Instant
        var steady: Instant
        var shown: Instant
        var jumps = 0
        var lastJump: Jump?
    }

    /// Differences beyond this are told.
    static let toleratedMilliseconds: Int64 = 1_000

    private let read: @Sendable () -> Reading
    private let jumped = Mutex<@Sendable (Jump) -> Void>({ _ in })
    private let state: Mutex<State>

    init(read: @escaping @Sendable () -> Reading = GuardedClock.hostReading) {
        self.read = read
        let first = read()
        state = Mutex(State(wall: first.wall, steady: first.steady, shown: first.wall))
    }

    func now() -> Instant {
        let (now, jump) = state.withLock { state in advance(&state) }
        if let jump { jumped.withLock { $0 }(jump) }
        return now
    }

    /// Who is told that the host's clock was set.
    func onJump(_ tell: @escaping @Sendable (Jump) -> Void) { jumped.withLock { $0 = tell } }

    var report: Report {
        _ = now()
        return state.withLock { state in
            Report(
                hostOffsetMilliseconds: state.wall.milliseconds(since: state.shown), jumps: state.jumps,
                lastJump: state.lastJump)
        }
    }

    private func advance(_ state: inout State) -> (Instant, Jump?) {
        let reading = read()
        // Two threads may come here in the other order than they read; the later reading stands.
        let passed = max(0, reading.steady.nanoseconds - state.steady.nanoseconds)
        guard passed > 0 || reading.steady == state.steady else { return (state.shown, nil) }
        let moved = reading.wall.nanoseconds - state.wall.nanoseconds - passed
        let distance = reading.wall.nanoseconds - state.shown.nanoseconds - passed
        let pull = min(max(distance, -passed / 10), passed / 10)
        state.shown = Instant(nanoseconds: state.shown.nanoseconds + passed + pull)
        state.steady = reading.steady
        state.wall = reading.wall
        guard abs(moved) > GuardedClock.toleratedMilliseconds * 1_000_000 else { return (state.shown, nil) }
        let jump = Jump(milliseconds: moved / 1_000_000, at: state.shown)
        state.jumps += 1
        state.lastJump = jump
        return (state.shown, jump)
    }

    /// Time that the machine slept has passed, so the steady clock counts it.
    static let hostReading: @Sendable () -> Reading = {
        let (seconds, attoseconds) = begin.duration(to: .now).components
        return Reading(
            wall: Instant(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000) * 1_000),
            steady: Instant(nanoseconds: seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    }

    private static let begin = ContinuousClock.now
}

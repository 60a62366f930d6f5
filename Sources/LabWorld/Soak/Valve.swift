import Synchronization

/// How many payments of a soak run are under way: as many as the machine carries, none while the books are checked.
final class Valve: Sendable {
    private struct State {
        var limit: Int
        var underWay = 0
        var isShut = false
        /// Milliseconds that payments took since the last adjustment.
        var times: [Int] = []
    }

    static let least = 5
    static let most = 60
    /// Payments quicker than this let more in; slower ones than four times this fewer.
    static let comfortableMilliseconds = 900

    private let state: Mutex<State>
    private let signal = LabJournal()

    init(limit: Int) { state = Mutex(State(limit: limit)) }

    var underWay: Int { state.withLock { $0.underWay } }
    var limit: Int { state.withLock { $0.limit } }

    /// Waits for a place; false when the time is over first.
    func enter(until end: ContinuousClock.Instant) async -> Bool {
        while ContinuousClock.now < end {
            let isIn = state.withLock { state in
                guard !state.isShut, state.underWay < state.limit else { return false }
                state.underWay += 1
                return true
            }
            if isIn { return true }
            await pause(milliseconds: 20)
        }
        return false
    }

    func leave(after milliseconds: Int) {
        state.withLock { state in
            state.underWay -= 1
            state.times.append(milliseconds)
        }
    }

    func shut() { state.withLock { $0.isShut = true } }
    func open() { state.withLock { $0.isShut = false } }

    /// More places while payments are quick, fewer when they are slow.
    func adjust() {
        state.withLock { state in
            guard state.times.count >= state.limit / 2 else { return }
            let median = state.times.sorted()[state.times.count / 2]
            state.times = []
            if median < Self.comfortableMilliseconds { state.limit = min(state.limit + 3, Self.most) }
            if median > 4 * Self.comfortableMilliseconds { state.limit = max(state.limit - 3, Self.least) }
        }
    }
}

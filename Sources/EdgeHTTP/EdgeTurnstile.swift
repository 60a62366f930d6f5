import Synchronization

/// Lets a fixed number of requests in at once; a bounded number wait in order, the rest are turned away.
final class EdgeTurnstile: Sendable {
    enum Entry: Sendable {
        case entered
        case full
        case cancelled
    }

    private struct State {
        var free: Int
        var nextNumber: UInt64 = 0
        var waiting: [(number: UInt64, continuation: CheckedContinuation<Entry, Never>)] = []
    }

    private let waitingLimit: Int
    private let state: Mutex<State>

    init(places: Int, waiting: Int) {
        waitingLimit = waiting
        state = Mutex(State(free: places))
    }

    /// After `.entered` the caller must call `leave()`, whatever happens.
    func enter() async -> Entry {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let entry = enterOrWait(number, continuation) { continuation.resume(returning: entry) }
            }
        } onCancel: {
            giveUp(number)
        }
    }

    private func enterOrWait(_ number: UInt64, _ continuation: CheckedContinuation<Entry, Never>) -> Entry? {
        state.withLock { state in
            if Task.isCancelled { return .cancelled }
            if state.free > 0 {
                state.free -= 1
                return .entered
            }
            guard state.waiting.count < waitingLimit else { return .full }
            state.waiting.append((number, continuation))
            return nil
        }
    }

    private func giveUp(_ number: UInt64) {
        let continuation: CheckedContinuation<Entry, Never>? = state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiting.remove(at: index).continuation
        }
        continuation?.resume(returning: .cancelled)
    }

    func leave() {
        let next: CheckedContinuation<Entry, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: .entered)
    }
}

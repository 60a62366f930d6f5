import Foundation
import Synchronization

/// A bounded queue in front of a thread, or of several that share the work.
final class Mailbox<Item: Sendable>: Sendable {
    enum Admission { case accepted, full, closed }

    private struct State {
        var items: [Item] = []
        var isClosed = false
        /// The signal was given and no taker has seen it yet.
        var isSignalled = false
        var isPoked = false
        var heedsPokes = false
    }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.items.count } }

    func post(_ item: Item) -> Admission {
        let (admission, wakes) = state.withLock { state -> (Admission, Bool) in
            guard !state.isClosed else { return (.closed, false) }
            guard state.items.count < limit else { return (.full, false) }
            state.items.append(item)
            return (.accepted, Self.wake(&state))
        }
        if wakes { signal.signal() }
        return admission
    }

    /// Tells the taker that there is something to look at; costs nothing while it does not want to know.
    func poke() {
        let wakes = state.withLock { state in
            state.isPoked = true
            return state.heedsPokes && Self.wake(&state)
        }
        if wakes { signal.signal() }
    }

    /// Refuses new items. What waits is still taken.
    func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            return Self.wake(&state)
        }
        if wakes { signal.signal() }
    }

    /// Waits for items and takes those whose weights fit into `budget` (at least one); nil when closed and empty.
    func take(budget: Int = .max, weight: (Item) -> Int = { _ in 1 }) -> [Item]? {
        while true {
            if let items = attempt(budget: budget, weight: weight) { return items.isEmpty ? nil : items }
            signal.wait()
            state.withLock { $0.isSignalled = false }
        }
    }

    /// Waits for items, for a poke if those are heeded, or until the deadline; nil when closed and empty.
    func take(until deadline: DispatchTime, heedingPokes: Bool) -> [Item]? {
        while true {
            let isPoked = state.withLock { state in
                state.heedsPokes = heedingPokes
                guard heedingPokes, state.isPoked else { return false }
                state.isPoked = false
                return true
            }
            if let items = attempt(budget: .max, weight: { _ in 1 }) { return items.isEmpty ? nil : items }
            if isPoked { return [] }
            let result = signal.wait(timeout: deadline)
            state.withLock { state in
                if result == .success { state.isSignalled = false }
            }
            if result == .timedOut { return [] }
        }
    }

    private static func wake(_ state: inout State) -> Bool {
        defer { state.isSignalled = true }
        return !state.isSignalled
    }

    /// Nil: nothing there yet. Empty: closed.
    private func attempt(budget: Int, weight: (Item) -> Int) -> [Item]? {
        let (items, more) = state.withLock { state -> ([Item]?, Bool) in
            guard !state.items.isEmpty else {
                return state.isClosed ? ([], Self.wake(&state)) : (nil, false)
            }
            var rest = budget
            var count = 0
            for item in state.items {
                rest -= weight(item)
                guard count == 0 || rest >= 0 else { break }
                count += 1
            }
            let taken = Array(state.items[..<count])
            state.items.removeFirst(count)
            let more = (!state.items.isEmpty || state.isClosed) && Self.wake(&state)
            return (taken, more)
        }
        // Another taker may help with the rest, or must learn that the mailbox is closed.
        if more { signal.signal() }
        return items
    }
}

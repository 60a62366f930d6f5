import Synchronization

/// A bounded queue with one reader: pushing never waits, so a full box is the sender's to handle (law 7).
public final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var reader: CheckedContinuation<Void, Never>?
        var isClosed = false
        /// Elements that the reader took and has not done with yet.
        var taken = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    public init(limit: Int) { self.limit = limit }

    public var isClosed: Bool { state.withLock { $0.isClosed } }
    public var count: Int { state.withLock { $0.elements.count } }
    /// Elements that wait, and those that the reader works on until it comes back for more.
    public var unfinished: Int { state.withLock { $0.elements.count + $0.taken } }

    /// False when the box is full or closed.
    public func offer(_ element: Element) -> Bool { push(element, limit: limit) }

    /// For results of work that is already admitted: these are bounded by what is in flight, and none may be lost.
    @discardableResult
    public func admit(_ element: Element) -> Bool { push(element, limit: .max) }

    private func push(_ element: Element, limit: Int) -> Bool {
        let (accepted, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed, state.elements.count < limit else { return (false, nil) }
            state.elements.append(element)
            defer { state.reader = nil }
            return (true, state.reader)
        }
        reader?.resume()
        return accepted
    }

    /// Everything that waits, up to `most`; suspends while the box is empty. Nil once it is closed and empty.
    public func take(most: Int) async -> [Element]? {
        while true {
            let batch = state.withLock { state -> [Element] in
                let batch = Array(state.elements.prefix(most))
                state.elements.removeFirst(batch.count)
                state.taken = batch.count
                return batch
            }
            if !batch.isEmpty { return batch }
            if state.withLock({ $0.isClosed }) { return nil }
            await withCheckedContinuation { continuation in
                let resumeNow = state.withLock { state -> Bool in
                    if !state.elements.isEmpty || state.isClosed { return true }
                    state.reader = continuation
                    return false
                }
                if resumeNow { continuation.resume() }
            }
        }
    }

    public func close() {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isClosed = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }
}

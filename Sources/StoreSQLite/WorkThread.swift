import Foundation
import Synchronization

/// A thread of our own for calls that block, so that no thread of the cooperative pool ever waits for a disk.
enum WorkThread {
    /// Starts a thread, prepares its state there and returns once that is done; `run` then owns the state until it
    /// returns.
    static func start<State, Failure: Error>(
        named name: String, prepare: @escaping @Sendable () throws(Failure) -> State,
        run: @escaping @Sendable (State) -> Void
    ) throws(Failure) {
        let ready = DispatchSemaphore(value: 0)
        let failure = Slot<Failure>()
        let thread = Thread {
            do throws(Failure) {
                let state = try prepare()
                ready.signal()
                run(state)
            } catch {
                failure.value = error
                ready.signal()
            }
        }
        thread.name = name
        thread.stackSize = 2 << 20
        thread.start()
        ready.wait()
        if let failure = failure.value { throw failure }
    }

    /// Runs one blocking call on a thread of its own.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: body()) }
            thread.start()
        }
    }
}

/// A value handed from one thread to another.
final class Slot<Value: Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)

    var value: Value? {
        get { content.withLock { $0 } }
        set { content.withLock { $0 = newValue } }
    }
}

/// Opens once; who waits is let through then.
final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

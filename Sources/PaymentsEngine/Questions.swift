import Payments
import Synchronization

/// How many payments each neighbour is asked about: those whose outcome the first question did not tell.
final class Questions: Sendable {
    private struct State {
        var asked: [PaymentID: String] = [:]
        var counts: [String: Int] = [:]
    }

    private let state = Mutex(State())

    func count(at neighbour: String) -> Int { state.withLock { $0.counts[neighbour] ?? 0 } }

    /// - Parameter neighbour: whom the payment is asked about as it is now; nil when nobody is asked any more.
    func note(_ payment: PaymentID, asked neighbour: String?) {
        state.withLock { state in
            let before = state.asked[payment]
            guard before != neighbour else { return }
            state.asked[payment] = neighbour
            if let before { state.counts[before] = (state.counts[before] ?? 1) - 1 }
            if let neighbour { state.counts[neighbour, default: 0] += 1 }
        }
    }
}

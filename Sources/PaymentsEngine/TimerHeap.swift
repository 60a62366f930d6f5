import Payments

/// The next moments at which payments of this engine want to be looked at, earliest first.
struct TimerHeap: Sendable {
    private var heap: [(at: Instant, payment: PaymentID)] = []
    /// The newest wish of each payment; what else the heap holds of it is passed over.
    private var wanted: [PaymentID: Instant] = [:]

    var earliest: Instant? { heap.first?.at }
    /// Entries held, passed over or not.
    var entries: Int { heap.count }

    mutating func cancel(_ payment: PaymentID) { wanted[payment] = nil }

    mutating func push(_ payment: PaymentID, at instant: Instant) {
        guard wanted.updateValue(instant, forKey: payment) != instant else { return }
        if heap.count > 2 * wanted.count + TimerHeap.staleEntries { return rebuild() }
        sift(instant, payment)
    }

    /// Entries that are passed over stay until their time, which may be far off; beyond this many they are dropped.
    private static let staleEntries = 1_024

    private mutating func rebuild() {
        heap.removeAll(keepingCapacity: true)
        for (payment, instant) in wanted { sift(instant, payment) }
    }

    private mutating func sift(_ instant: Instant, _ payment: PaymentID) {
        heap.append((instant, payment))
        var child = heap.count - 1
        while child > 0, heap[child].at < heap[(child - 1) / 2].at {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popDue(_ now: Instant) -> [PaymentID] {
        var due: [PaymentID] = []
        while let first = heap.first, first.at <= now {
            removeFirst()
            guard wanted[first.payment] == first.at else { continue }
            wanted[first.payment] = nil
            due.append(first.payment)
        }
        return due
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let left = parent * 2 + 1
            guard left < heap.count else { return }
            let right = left + 1
            let smaller = right < heap.count && heap[right].at < heap[left].at ? right : left
            guard heap[smaller].at < heap[parent].at else { return }
            heap.swapAt(smaller, parent)
            parent = smaller
        }
    }
}

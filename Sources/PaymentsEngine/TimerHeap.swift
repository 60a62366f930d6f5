import Payments

/// The next moments at which payments of this engine want to be looked at, earliest first.
struct TimerHeap: Sendable {
    private var heap: [(at: Instant, payment: PaymentID)] = []

    var earliest: Instant? { heap.first?.at }

    mutating func push(_ payment: PaymentID, at instant: Instant) {
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
            due.append(first.payment)
            removeFirst()
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

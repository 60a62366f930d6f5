public import Payments

extension Engine {
    /// Before the first `run` on a journal that was restored from a backup: what is not in it may have happened since.
    /// A payment whose order had not left by then may have left after it, under a name that is lost: a person must say
    /// what became of it, and nothing is sent anew. One whose order had left goes on by asking. Returns how many were
    /// held.
    public func holdRestored(_ payments: [PaymentID], why: String) async throws(StoreError) -> Int {
        var held = 0
        for payment in payments where try await holdRestored(payment, why) {
            observer.alarm(payment, "payment parked: \(why)")
            held += 1
        }
        return held
    }

    private func holdRestored(_ payment: PaymentID, _ why: String) async throws(StoreError) -> Bool {
        guard let record = try await record(of: payment), record.outcome == nil, let flow = record.flow,
            let pivot = flow.pivot, record.steps.indices.contains(pivot), record.steps[pivot].state == .planned,
            record.parkedStep != pivot
        else { return false }
        var exchanges: [Int: Exchange] = [:]
        for exchange in try await store.exchanges(of: payment) { exchanges[exchange.number] = exchange }
        let now = clock.now()
        var turn = Turn(
            CachedPayment(record: record, exchanges: exchanges), world: world, now: now, entropy: entropy())
        turn.emit(.parked(step: pivot, why: why))
        let append = turn.finished().append
        let lease = now.adding(milliseconds: Limits.leaseMilliseconds)
        guard try await store.append([append], leaseUntil: lease).first == .committed else {
            throw .unknown("payment \(payment) changed while it was to be held")
        }
        return true
    }
}

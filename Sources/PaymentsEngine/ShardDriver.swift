import Payments
import Synchronization

/// Moves data between a shard's mailbox, the store and the dispatcher. While one commit is on its way the next batch
/// fills.
final class ShardDriver: Sendable {
    struct Envelope: Sendable {
        var input: Input
        var attempts = 0
        var answer: (@Sendable (Submission) -> Void)?
    }

    /// Conflicts in a row after which an input is given back as failed; each means another engine made progress.
    static let maximumAttempts = 8
    /// Wait before a store that failed is tried again.
    static let pauseMilliseconds: Int64 = 200
    /// How often inputs wait for what they would be decided by, and none of them can be decided then.
    private static let contests = 8

    let mailbox: Mailbox<Envelope>
    private let world: World
    private let store: any PaymentStore
    private let clock: EngineClock
    private let observer: EngineObserver
    private let committed: @Sendable (TurnResult) -> Void
    /// Nothing was to be stored; when the payment wants to be looked at again stands in its append.
    private let rested: @Sendable (TurnResult) -> Void

    init(
        world: World, store: any PaymentStore, clock: EngineClock, observer: EngineObserver,
        committed: @escaping @Sendable (TurnResult) -> Void,
        rested: @escaping @Sendable (TurnResult) -> Void
    ) {
        self.world = world
        self.store = store
        self.clock = clock
        self.observer = observer
        self.committed = committed
        self.rested = rested
        mailbox = Mailbox(limit: Limits.mailboxInputs)
    }

    func run() async {
        var shard = Shard(world: world)
        while let batch = await mailbox.take(most: Limits.batchInputs) {
            await process(batch, &shard)
        }
    }

    /// What is contested is decided before anything that waits in the mailbox.
    private func process(_ batch: [Envelope], _ shard: inout Shard) async {
        var batch = batch
        var patience = Self.contests
        while true {
            let contested = await process(batch, &shard, isLast: patience == 0)
            guard !contested.isEmpty else { return }
            if contested.count == batch.count { patience -= 1 }
            batch = contested
            await world.decided()
        }
    }

    /// Returns the inputs that are to be decided again.
    private func process(_ batch: [Envelope], _ shard: inout Shard, isLast: Bool) async -> [Envelope] {
        let ready = await load(batch, &shard)
        guard !ready.isEmpty else { return [] }
        let results = shard.step(ready.map(\.input), now: clock.now(), heedsContests: !isLast)
        var envelopes: [Envelope] = []
        var pending: [TurnResult] = []
        var contested: [Envelope] = []
        // What follows a contested turn of its payment was made of a state that never was.
        var held: Set<PaymentID> = []
        for (envelope, result) in zip(ready, results) {
            let payment = envelope.input.payment
            if held.contains(payment) || result.isContested {
                forget(result)
                held.insert(payment)
                contested.append(envelope)
            } else if result.append.isEmpty {
                rested(result)
                tell(envelope, result)
            } else {
                envelopes.append(envelope)
                pending.append(result)
            }
        }
        if !pending.isEmpty { await append(envelopes, pending, &shard) }
        return contested
    }

    private func append(_ envelopes: [Envelope], _ pending: [TurnResult], _ shard: inout Shard) async {
        let lease = clock.now().adding(milliseconds: Limits.leaseMilliseconds)
        do throws(StoreError) {
            let outcomes = try await store.append(pending.map(\.append), leaseUntil: lease)
            for (index, outcome) in outcomes.enumerated() {
                settle(envelopes[index], pending[index], outcome, &shard)
            }
        } catch {
            await failed(envelopes, pending, error, &shard)
        }
    }

    private func load(_ batch: [Envelope], _ shard: inout Shard) async -> [Envelope] {
        var broken: [PaymentID: StoreError] = [:]
        shard.trim(now: clock.now())
        let missing = shard.missing(batch.map(\.input))
        // All in one go; should one of them be unreadable, each by itself.
        let together = missing.count > 1 ? try? await store.histories(of: missing) : nil
        for (index, payment) in missing.enumerated() {
            do throws(StoreError) {
                let known = together?[index]
                let history =
                    if let known { known } else { try await store.histories(of: [payment]).first }
                shard.insert(try cached(payment, history))
            } catch {
                broken[payment] = error
                observer.trouble("payment \(payment) cannot be read: \(error)")
            }
        }
        // A store that is away is not asked again at once.
        if broken.values.contains(where: { !isOfOnePayment($0) }) { await clock.sleep(Self.pauseMilliseconds) }
        return batch.filter { envelope in
            guard let error = broken[envelope.input.payment] else { return true }
            again(envelope, error)
            return false
        }
    }

    private func cached(_ payment: PaymentID, _ history: PaymentHistory?) throws(StoreError) -> CachedPayment {
        guard let history, !history.events.isEmpty else { throw .corrupt("payment \(payment) is not in the journal") }
        guard let record = try? Replay.fold(payment, history.events, flows: world.pinnedFlow) else {
            throw .corrupt("payment \(payment) has an event or a flow that this version does not know")
        }
        var byNumber: [Int: Exchange] = [:]
        for exchange in history.exchanges { byNumber[exchange.number] = exchange }
        return CachedPayment(record: record, exchanges: byNumber)
    }

    private func settle(_ envelope: Envelope, _ result: TurnResult, _ outcome: AppendResult, _ shard: inout Shard) {
        switch outcome {
        case .committed:
            shard.commit(result)
            done(envelope, result)
        case .conflict:
            forget(result)
            shard.drop(envelope.input.payment)
            again(envelope, .unknown("another engine was faster \(envelope.attempts + 1) times"))
        case .keyTaken(let key, let holder, let hash):
            forget(result)
            shard.drop(envelope.input.payment)
            if envelope.input.claims(key) {
                // Under the first name it may be the order itself again; under any other it is another order.
                let isRepeat = key == envelope.input.duplicateKey
                envelope.answer?(.duplicate(of: holder, contentHash: isRepeat ? hash : nil))
                return
            }
            // Any other name that is taken is not the payment's: the input counts without it.
            observer.trouble(
                "the name \(key.scope) \(key.key) of payment \(envelope.input.payment) is taken by \(holder)")
            var next = envelope
            next.input.taken.append(key)
            readmit(next)
        }
    }

    /// A payment that did not begin holds no share of the caps.
    private func forget(_ result: TurnResult) {
        if result.append.expected == 0 { world.unclaim(result.after.record.id) }
    }

    private func done(_ envelope: Envelope, _ result: TurnResult) {
        committed(result)
        tell(envelope, result)
    }

    private func tell(_ envelope: Envelope, _ result: TurnResult) {
        let record = result.after.record
        if let declined = result.declined {
            envelope.answer?(.declined(record.id, declined))
        } else {
            envelope.answer?(.accepted(record.id, sequence: record.sequence))
        }
    }

    private func failed(
        _ envelopes: [Envelope], _ results: [TurnResult], _ error: StoreError, _ shard: inout Shard
    ) async {
        observer.trouble("a commit of \(results.count) payments failed: \(error)")
        if isOfOnePayment(error), envelopes.count > 1 {
            // One append that the store will never take must not hold up the others.
            for (envelope, result) in zip(envelopes, results) { await append([envelope], [result], &shard) }
            return
        }
        // What is already under way must not be lost while the disk is full or the server away: it waits and tries
        // again.
        for result in results {
            forget(result)
            shard.drop(result.after.record.id)
        }
        // Nothing of it is stored: who waits for a word has it before the pause.
        let isLost = isUnavailable(error)
        for envelope in envelopes where isLost && envelope.answer != nil { again(envelope, error) }
        if !isOfOnePayment(error) { await clock.sleep(Self.pauseMilliseconds) }
        for (envelope, result) in zip(envelopes, results) where !isLost || envelope.answer == nil {
            if case .unknown = error, await isStored(result.append) {
                done(envelope, result)
            } else {
                again(envelope, error)
            }
        }
    }

    /// Whether a commit whose fate is unknown happened: our events stand in the journal, or others in their place. An
    /// append without events may be made again.
    private func isStored(_ append: Append) async -> Bool {
        guard !append.events.isEmpty else { return false }
        while !mailbox.isClosed {
            do throws(StoreError) {
                let events = try await store.events(of: append.payment, after: append.expected)
                return Array(events.prefix(append.events.count)) == append.events
            } catch .closed {
                return false
            } catch {
                observer.trouble("the fate of a commit of payment \(append.payment) cannot be read: \(error)")
                await clock.sleep(Self.pauseMilliseconds)
            }
        }
        return false
    }

    /// New payments are told at once; results of work under way come back until they are stored.
    private func again(_ envelope: Envelope, _ error: StoreError) {
        if case .closed = error { return envelope.answer?(.failed(error)) ?? () }
        if isOfOnePayment(error) {
            observer.trouble("an input of payment \(envelope.input.payment) cannot be stored: \(error)")
            return envelope.answer?(.failed(error)) ?? ()
        }
        if envelope.answer != nil, envelope.attempts >= Self.maximumAttempts || isUnavailable(error) {
            envelope.answer?(.failed(error))
            return
        }
        var next = envelope
        next.attempts += 1
        readmit(next)
    }

    private func readmit(_ envelope: Envelope) {
        if !mailbox.admit(envelope) { envelope.answer?(.failed(.closed)) }
    }

    /// Faults of what is stored, which waiting does not mend.
    private func isOfOnePayment(_ error: StoreError) -> Bool {
        switch error {
        case .corrupt, .tenantUnknown: true
        case .unavailable, .unknown, .closed: false
        }
    }

    private func isUnavailable(_ error: StoreError) -> Bool {
        if case .unavailable = error { return true }
        return false
    }
}

extension Append {
    var isEmpty: Bool {
        events.isEmpty && exchanges.isEmpty && closed.isEmpty && messages.isEmpty && keys.isEmpty
    }
}

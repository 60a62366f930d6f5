public import Payments
import Synchronization

/// Who sent a message, as the edge established it.
public struct Sender: Sendable {
    public var tenant: String
    /// The configured network or channel.
    public var network: String
    public var peer: String
    public var trace: TraceContext?

    public init(tenant: String, network: String, peer: String, trace: TraceContext? = nil) {
        self.tenant = tenant
        self.network = network
        self.peer = peer
        self.trace = trace
    }
}

/// What the sender gets.
public enum Receipt: Sendable, Equatable {
    case reply(WireReply)
    /// Durable; the answer is not this connection's business any more.
    case accepted(PaymentID)
    /// Full, draining, or the store is away: nothing was stored. The adapter says "busy" in the scheme's words.
    case busy(String)
    /// Refused for the given reason; the adapter says so in the scheme's words.
    case refused(Refusal)
    /// The answer was not there in time; the payment goes on.
    case noAnswer(PaymentID)
}

/// What became of an order.
public enum Opening: Sendable, Equatable {
    case opened(PaymentID)
    /// The same order again: this is its payment.
    case repeated(PaymentID)
    /// The name stands for an order with other content.
    case otherContent(PaymentID)
    /// A repeat where the network wants none.
    case refusedRepeat(PaymentID)
    /// Nothing was stored.
    case busy(String)
}

extension Engine {
    /// Takes an understood message: makes it durable, then answers. The acknowledgement never comes before the commit
    /// (law 1).
    public func receive(_ inbound: Inbound, from sender: Sender, raw: ArchivedMessage) async -> Receipt {
        do throws(StoreError) {
            switch inbound.meaning {
            case .opens(let kind, let payment): return try await opens(inbound, kind, payment, sender, raw)
            case .takesUp(let order): return try await takesUp(inbound, order, sender, raw)
            case .tells(let verbs, let heard): return try await tells(inbound, verbs, heard, sender, raw)
            case .asksStatus(let enquiry): return try await asksStatus(inbound, enquiry, sender, raw)
            case .nothing: return .reply(inbound.acknowledgement ?? WireReply(status: 202))
            }
        } catch {
            observer.trouble("a message from \(sender.network) could not be stored: \(error)")
            return .busy("the store is not available")
        }
    }

    private func opens(
        _ inbound: Inbound, _ kind: PaymentKind, _ payment: Payment, _ sender: Sender, _ raw: ArchivedMessage
    ) async throws(StoreError) -> Receipt {
        if let untimely = inbound.untimely {
            guard let key = inbound.keys.first, try await store.holder(of: key) != nil else {
                return .refused(untimely)
            }
        }
        switch await open(inbound, from: sender, raw: raw) {
        case .busy(let why): return .busy(why)
        case .opened(let id): return await answer(inbound, id, isNew: true)
        case .repeated(let id): return await answer(inbound, id)
        case .otherContent(let id):
            return await refuseRepeat(inbound, payment, id, sender, raw, inbound.duplicate.otherContent)
        case .refusedRepeat(let id):
            return await refuseRepeat(inbound, payment, id, sender, raw, inbound.duplicate.sameContent)
        }
    }

    /// The payment that has this name; nil when none has.
    private func payment(named key: Correlation) async throws(StoreError) -> PaymentID? {
        if let known = state.withLock({ $0.recentKeys[key] }) { return known }
        return try await store.holder(of: key)?.payment
    }

    /// Begins a payment, once for each name: the first of `inbound.keys` tells a repeat.
    public func open(_ inbound: Inbound, from sender: Sender, raw: ArchivedMessage) async -> Opening {
        guard case .opens(let kind, _) = inbound.meaning else { return .busy("not an order") }
        // Nearly every order is new, and the commit finds out which is not. The store is asked first where a repeat is
        // likely, and where nothing new may begin: a repeat gets its answer all the same.
        if isLikelyRepeat(inbound), let opening = await known(inbound, raw) { return opening }
        if let refusal = store.reluctance ?? enter() { return await known(inbound, raw) ?? .busy(refusal) }
        defer { state.withLock { $0.opening -= 1 } }
        let origin = Origin(
            tenant: sender.tenant, network: sender.network, peer: sender.peer, kind: kind,
            contentHash: inbound.contentHash, answerBy: inbound.answerBy, trace: sender.trace?.text)
        switch await submit(.opens(inbound, origin), newPayment(), received: raw) {
        case nil: return .busy("the queue is full")
        case .failed?: return .busy("the store is not available")
        case .duplicate(let holder, let hash)?: return await again(inbound, holder, hash, raw)
        case .accepted(let id, _)?, .declined(let id, _)?: return .opened(id)
        }
    }

    /// Whether an order of this name came a while ago.
    private func isLikelyRepeat(_ inbound: Inbound) -> Bool {
        inbound.keys.first.map { key in state.withLock { $0.recentKeys[key] != nil } } ?? false
    }

    /// Orders on their way into the journal count: a burst of them must not pass the limit together.
    private func enter() -> String? {
        state.withLock { state in
            if state.stop.end != nil { return "the gateway is stopping" }
            if state.open + state.opening >= paymentsInFlight { return "too many payments in flight" }
            state.opening += 1
            return nil
        }
    }

    /// What becomes of an order whose name some payment has already; nil when none has.
    private func known(_ inbound: Inbound, _ raw: ArchivedMessage) async -> Opening? {
        guard let key = inbound.keys.first else { return nil }
        do throws(StoreError) {
            guard let holder = try await store.holder(of: key) else { return nil }
            return await again(inbound, holder.payment, holder.contentHash, raw)
        } catch {
            return .busy("the store is not available")
        }
    }

    private func again(
        _ inbound: Inbound, _ holder: PaymentID, _ hash: String?, _ raw: ArchivedMessage?
    ) async -> Opening {
        guard hash == inbound.contentHash else { return .otherContent(holder) }
        guard case .replay = inbound.duplicate.sameContent else { return .refusedRepeat(holder) }
        switch await submit(.repeated(inbound), holder, received: raw) {
        case .accepted?, .declined?: return .repeated(holder)
        case nil: return .busy("the queue is full")
        case .failed?, .duplicate?: return .busy("the store is not available")
        }
    }

    private func refuseRepeat(
        _ inbound: Inbound, _ order: Payment, _ holder: PaymentID, _ sender: Sender, _ raw: ArchivedMessage?,
        _ rule: DuplicateRule.Answer
    ) async -> Receipt {
        guard case .refuse(let canonical) = rule else { return await answer(inbound, holder) }
        let reason = Reason(canonical, detail: "the same identification with other content")
        return await report(.duplicate(order, reason), about: holder, inbound, sender, raw)
            ?? acknowledged(inbound, holder)
    }

    private func duplicate(
        _ inbound: Inbound, _ order: Payment, _ holder: PaymentID, _ hash: String?, _ sender: Sender,
        _ raw: ArchivedMessage?
    ) async -> Receipt {
        switch await again(inbound, holder, hash, raw) {
        case .busy(let why): return .busy(why)
        case .opened(let id), .repeated(let id): return await answer(inbound, id)
        case .otherContent(let id):
            return await refuseRepeat(inbound, order, id, sender, raw, inbound.duplicate.otherContent)
        case .refusedRepeat(let id):
            return await refuseRepeat(inbound, order, id, sender, raw, inbound.duplicate.sameContent)
        }
    }

    private func takesUp(
        _ inbound: Inbound, _ order: Payment, _ sender: Sender, _ raw: ArchivedMessage
    ) async throws(StoreError) -> Receipt {
        // As with orders that begin a payment: the turn and the commit find out which is a repeat.
        if isLikelyRepeat(inbound), let holder = try await store.holder(of: inbound.keys[0]) {
            return await duplicate(inbound, order, holder.payment, holder.contentHash, sender, raw)
        }
        for key in inbound.keys.dropFirst() {
            guard let offer = try await payment(named: key) else { continue }
            var own = inbound
            own.keys = [inbound.keys[0]]
            switch await submit(.takesUp(own, order: order), offer, received: raw) {
            case nil: return .busy("the queue is full")
            case .failed(let error)?: return .busy("not stored: \(error)")
            case .duplicate(let other, let hash)?: return await duplicate(inbound, order, other, hash, sender, raw)
            case .declined(let id, let reason)?:
                if let taken = try await store.holder(of: inbound.keys[0]) {
                    // The offer's archive has it by now.
                    let own = taken.payment == id ? nil : raw
                    return await duplicate(inbound, order, taken.payment, taken.contentHash, sender, own)
                }
                return await report(.duplicate(order, reason), about: id, inbound, sender, nil)
                    ?? acknowledged(inbound, id)
            case .accepted(let id, _)?: return await answer(inbound, id)
            }
        }
        if let key = inbound.keys.first, let holder = try await store.holder(of: key) {
            return await duplicate(inbound, order, holder.payment, holder.contentHash, sender, raw)
        }
        let reason = Reason("quoteUnknown", detail: "no offer of ours stands behind this order")
        return await report(.duplicate(order, reason), about: nil, inbound, sender, raw)
            ?? .reply(inbound.acknowledgement ?? WireReply(status: 202))
    }

    private func tells(
        _ inbound: Inbound, _ verbs: [Verb], _ heard: Heard, _ sender: Sender, _ raw: ArchivedMessage
    ) async throws(StoreError) -> Receipt {
        let content = Input.Content.tells(inbound, verbs, heard, network: sender.network)
        if let receipt = await tellsAll(inbound, content, raw) { return receipt }
        // A name that many wait for is no payment's own: what comes once more under it is for nobody.
        let unheard = inbound.keys.filter { key in !state.withLock { $0.waitingRoom.wasCalled(key) } }
        for key in unheard {
            guard let payment = try await payment(named: key) else { continue }
            switch await submit(content, payment, received: raw) {
            case nil: return .busy("the queue is full")
            case .failed(let error)?: return .busy("not stored: \(error)")
            case .duplicate?, .declined?, .accepted?: return acknowledged(inbound, payment)
            }
        }
        if unheard.count == inbound.keys.count {
            observer.trouble("\(inbound.message) from \(sender.network) answers nothing that we asked")
        }
        return .reply(inbound.acknowledgement ?? WireReply(status: 202))
    }

    /// An answer that every payment hears that waits for it; nil when none does.
    private func tellsAll(_ inbound: Inbound, _ content: Input.Content, _ raw: ArchivedMessage) async -> Receipt? {
        let waiting = state.withLock { state in inbound.keys.flatMap { state.waitingRoom.call($0) } }
        guard let first = waiting.first else { return nil }
        // Together: each waits for a commit, and one commit takes them all.
        await withTaskGroup(of: Void.self) { group in
            for payment in waiting {
                group.addTask {
                    if case .accepted? = await self.submit(content, payment, received: raw) { return }
                    // One that does not hear it now asks again when its time is up.
                    self.observer.trouble("\(inbound.message) was not stored for payment \(payment)")
                }
            }
        }
        return acknowledged(inbound, first)
    }

    private func asksStatus(
        _ inbound: Inbound, _ enquiry: Payment, _ sender: Sender, _ raw: ArchivedMessage
    ) async throws(StoreError) -> Receipt {
        for key in inbound.keys {
            guard let payment = try await payment(named: key) else { continue }
            return await report(.status(enquiry: enquiry), about: payment, inbound, sender, raw)
                ?? acknowledged(inbound, payment)
        }
        return await report(.status(enquiry: enquiry), about: nil, inbound, sender, raw)
            ?? .reply(inbound.acknowledgement ?? WireReply(status: 202))
    }

    private func answer(_ inbound: Inbound, _ payment: PaymentID, isNew: Bool = false) async -> Receipt {
        if let acknowledgement = inbound.acknowledgement { return .reply(acknowledgement) }
        let deadline =
            (inbound.answerBy ?? clock.now().adding(milliseconds: Limits.openAnswerMilliseconds))
            .adding(milliseconds: 500)
        return await heldAnswer(of: payment, isNew: isNew, until: deadline).map { .reply($0) }
            ?? .noAnswer(payment)
    }

    private func acknowledged(_ inbound: Inbound, _ payment: PaymentID) -> Receipt {
        inbound.acknowledgement.map { .reply($0) } ?? .accepted(payment)
    }

    /// The answer that the payment holds for its origin's connection; waits on the store's feed, so it does not matter
    /// which engine commits it.
    /// - Parameter isNew: The payment has just begun: there is nothing to read yet.
    public func heldAnswer(of payment: PaymentID, isNew: Bool = false, until deadline: Instant) async -> WireReply? {
        var seen = 0
        var isKnown = !isNew
        while true {
            if isKnown {
                do throws(StoreError) {
                    // An answer is mostly what woke us.
                    if let reply = try await storedReply(of: payment) { return reply }
                    // Else the place in the journal first: an answer that is committed after it wakes us.
                    let view = try await store.view(of: payment)
                    if let reply = try await storedReply(of: payment) { return reply }
                    // What was removed meanwhile has no answer any more.
                    guard let view, view.outcome == nil else { return nil }
                    seen = view.sequence
                } catch {
                    // What could not be read may be the answer: it is looked for again, and not waited for.
                    guard error != .closed, clock.now() < deadline, !Task.isCancelled else { return nil }
                    await clock.sleep(Engine.rereadMilliseconds)
                    continue
                }
            }
            isKnown = true
            guard let news = await news(of: payment, after: seen, heeding: .answer, until: deadline) else { return nil }
            if let reply = Engine.wire(news.reply) { return reply }
        }
    }

    private func storedReply(of payment: PaymentID) async throws(StoreError) -> WireReply? {
        Engine.wire(try await store.newestReply(of: payment))
    }

    private static func wire(_ exchange: Exchange?) -> WireReply? {
        guard case .reply(let reply)? = exchange.flatMap({ StoredWire(bytes: $0.wire) }) else { return nil }
        return reply
    }

    private static let rereadMilliseconds: Int64 = 100

    /// Returns when the payment has ended or is parked, or at the deadline.
    public func waitForOutcome(of payment: PaymentID, until deadline: Instant) async {
        // The row of the view tells enough; folding the journal anew at each change would cost more than the payment.
        while let view = try? await store.view(of: payment), view.outcome == nil, !view.isParked {
            guard await news(of: payment, after: view.sequence, heeding: .rest, until: deadline) != nil else { return }
        }
    }

    /// The record as the journal tells it now.
    public func record(of payment: PaymentID) async throws(StoreError) -> PaymentRecord? {
        try await history(of: payment)?.record
    }

    /// The record, and what it is made of.
    public func history(
        of payment: PaymentID
    ) async throws(StoreError) -> (record: PaymentRecord, happenings: [Replay.Happening])? {
        let events = try await store.events(of: payment, after: 0)
        guard !events.isEmpty else { return nil }
        do {
            var happenings: [Replay.Happening] = []
            happenings.reserveCapacity(events.count)
            let record = try Replay.fold(payment, events, flows: world.pinnedFlow) { happenings.append($0) }
            return (record, happenings)
        } catch {
            throw .corrupt("payment \(payment): \(error)")
        }
    }

    /// An operator's decision on a parked payment; recorded with name and evidence, in the journal and the audit log.
    public func resolve(
        _ payment: PaymentID, as outcome: PaymentOutcome, by: String, evidence: String
    ) async throws(StoreError) -> Bool {
        guard let record = try await record(of: payment), record.parked != nil else { return false }
        switch await submit(.resolve(as: outcome, by: by, evidence: evidence), payment, received: nil) {
        case .accepted?: break
        // It went on by itself while the decision was on its way: there is nothing left to decide.
        case .declined?: return false
        case nil, .failed?, .duplicate?: throw .unavailable("the decision was not stored: try again")
        }
        let entry = AuditEntry(
            time: clock.now(), who: by, action: "resolve as \(outcome.rawValue)", subject: payment.text,
            detail: evidence)
        do throws(StoreError) {
            try await store.audit(entry, tenant: record.origin?.tenant ?? "")
        } catch {
            // The decision stands, with name and evidence, in the journal.
            observer.trouble("the decision on \(payment) is in the journal and not in the audit log: \(error)")
        }
        return true
    }
}

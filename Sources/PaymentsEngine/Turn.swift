import Payments

/// One input applied to one payment: folds events, asks the flow what comes next and composes it. Synchronous and free
/// of IO; nothing that it decides is visible or sent before its append is committed.
struct Turn {
    let world: World
    let now: Instant
    var identity: IdentitySource
    var record: PaymentRecord
    var exchanges: [Int: Exchange]
    var events: [StoredEvent] = []
    var fresh: [Exchange] = []
    /// Those of the fresh requests that were composed in this turn, by number.
    private var composed: [Int: StoredWire] = [:]
    var closed: [Int] = []
    var keys: [Correlation] = []
    var awaits: [Correlation] = []
    var contentHash = ""
    var messages: [ArchivedMessage] = []
    var bookings: [Booking] = []
    var alarms: [String] = []
    /// Names that belong to other payments, as a commit found out.
    let taken: [Correlation]
    /// Why an order that came for this payment is not part of it.
    var declined: Reason?
    var wake: Instant?
    /// The caps were full of payments that may turn out never to have begun.
    var isContested = false
    /// Whether such a turn is thrown away; else it is decided as if the caps were full for good.
    var heedsContests = true
    let expected: Int
    private let stageBefore: String

    init(_ cached: CachedPayment, world: World, now: Instant, entropy: UInt64, taken: [Correlation] = []) {
        self.taken = taken
        self.world = world
        self.now = now
        identity = IdentitySource(seed: entropy)
        record = cached.record
        exchanges = cached.exchanges
        expected = cached.record.sequence
        stageBefore = cached.record.sequence == 0 ? "new" : cached.record.stage
    }

    /// Folds the event and notes it for the journal.
    @discardableResult
    mutating func emit(_ event: PaymentEvent) -> StepVerdict {
        let verdict = PaymentMachine.apply(event, at: now, to: &record, flows: world.pinnedFlow)
        let (kind, body) = EventCodec.encode(event)
        events.append(StoredEvent(sequence: record.sequence, time: now, kind: kind, body: body))
        if case .booked(let booking) = event { bookings.append(booking) }
        return verdict
    }

    /// A fact joins once.
    mutating func state(_ fact: Fact) {
        if !record.facts.contains(fact) { emit(.stated(fact)) }
    }

    /// Repeats of an answer take numbers that no event of the journal names.
    var nextExchange: Int { max(record.exchanges, (exchanges.keys.max() ?? -1) + 1) }

    mutating func note(_ booking: Booking?) {
        if let booking { emit(.booked(booking)) }
    }

    /// Adds a request or reply to what leaves after the commit.
    mutating func depart(
        _ composed: Composed, step: Int, purpose: Purpose, peer: String, deadline: Instant, isRepeatable: Bool
    ) -> Int? {
        let number = nextExchange
        let form: Exchange.Form
        let wire: StoredWire
        let body: [UInt8]
        switch composed.form {
        case .request(var request):
            form = .request
            // What goes out once more was within an earlier span.
            request.headers.removeAll { $0.isNamed("traceparent") }
            request.headers.append(WireHeader("traceparent", record.trace.traceparent(span: identity.next())))
            wire = .request(request, lane: composed.lane)
            self.composed[number] = wire
            body = request.body
        case .reply(let reply):
            form = .reply
            wire = .reply(reply)
            body = reply.body
        case .nothing, .wait: return nil
        }
        let exchange = Exchange(
            number: number, step: step, purpose: purpose, peer: peer, form: form, message: composed.message,
            wire: wire.bytes, deadline: deadline, isRepeatable: isRepeatable)
        fresh.append(exchange)
        exchanges[number] = exchange
        if form == .reply { closed.append(number) }
        keys += composed.keys
        awaits += composed.shared
        messages.append(
            ArchivedMessage(direction: .sent, peer: peer, message: composed.message, time: now, bytes: body))
        return number
    }

    mutating func park(_ step: Int, _ why: String) {
        guard record.parked == nil else { return }
        emit(.parked(step: step, why: why))
        alarms.append("payment parked: \(why)")
    }

    mutating func wakeNoLater(than instant: Instant) {
        wake = min(wake ?? instant, instant)
    }

    func finished() -> TurnResult {
        var append = Append(
            payment: record.id, tenant: record.origin?.tenant ?? "", expected: expected, view: record.view(now: now))
        append.events = events
        append.exchanges = fresh
        append.closed = closed
        append.wake = record.outcome == nil ? wake : nil
        append.keys = keys.filter { !taken.contains($0) }
        append.contentHash = contentHash
        append.messages = messages
        append.bookings = bookings
        let departures = fresh.filter { $0.form == .request }.map {
            Departing(exchange: $0, composed: composed[$0.number])
        }
        return TurnResult(
            append: append, after: CachedPayment(record: record, exchanges: exchanges), departures: departures,
            alarms: alarms, declined: declined, stageBefore: stageBefore, awaits: awaits, isContested: isContested)
    }
}

extension PaymentRecord {
    /// The row that lists and searches show.
    func view(now: Instant) -> PaymentView {
        var view = PaymentView(
            id: id, tenant: origin?.tenant ?? "", sequence: sequence, kind: origin?.kind.rawValue ?? "",
            origin: origin?.network ?? "", stage: stage, receivedAt: receivedAt ?? now, changedAt: changedAt ?? now)
        view.network = network
        view.outcome = outcome?.rawValue
        view.isParked = parked != nil
        view.amount = payment.amount.settlement ?? payment.amount.instructed
        view.endToEnd = payment.id.endToEnd
        view.debtor = (payment.debtorAccount.identifiers.first ?? payment.debtor.identifiers.first)?.value
        view.creditor = (payment.creditorAccount.identifiers.first ?? payment.creditor.identifiers.first)?.value
        view.reason = outcome == .settled ? nil : reason?.canonical
        if let flow, let step = parkedStep ?? openStep, steps.indices.contains(step) {
            view.step = flow.steps[step].name
            view.openSince = steps[step].firstAskedAt
            view.doubt = (parked ?? steps[step].doubt).map { String($0.prefix(200)) }
        }
        if let pivot = flow?.pivot, steps.indices.contains(pivot), steps[pivot].state == .done {
            view.settledAt = steps[pivot].settledAt
        }
        view.businessDate = payment.settlement.date
        return view
    }

    /// The first one that is under way.
    private var openStep: Int? { steps.indices.first { steps[$0].state.isOpen } }
}

import FormatJSON
public import Payments
import PaymentsEngine

/// What happened to a payment, as integrators hear it: by webhook, stream or page, the same words.
public struct PaymentNews: Sendable {
    /// What a receiver tells events apart by.
    public enum Kind: String, Sendable, CaseIterable {
        case received = "payment.received"
        /// The payer is asked for his word on the terms.
        case confirmation = "payment.confirmation"
        /// A step was taken and nothing of the others happened.
        case moved = "payment.moved"
        case parked = "payment.parked"
        case resolved = "payment.resolved"
        /// A far side said the opposite of what it had said.
        case contradicted = "payment.contradicted"
        case settled = "payment.settled"
        case rejected = "payment.rejected"

        /// What a receiver gets that names none: every kind but the single steps.
        public static let usual = Set(allCases).subtracting([.moved])
    }

    public var kind: Kind
    public var entry: FeedEntry
    let view: PaymentView

    /// The same for ever, so that a receiver takes an event once however often it comes.
    public var id: String { "\(entry.payment).\(entry.sequence)" }
    var cursor: String { PaymentNews.cursor(entry.cursor) }

    static func cursor(_ place: Int64) -> String { Cursor.text("e", String(place)) }

    /// Nil for a text that is no cursor of events.
    static func place(_ text: String) -> Int64? {
        Cursor.value("e", text).flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The payment as it stood after the event: the same when it is told again later.
    var json: JSONValue {
        var row = PaymentPage.row(view)
        row["stage"] = .string(entry.stage)
        row["outcome"] = entry.outcome.map { .string($0) }
        row["reason"] = entry.reason.map { .string($0) }
        row["changedAt"] = .string(entry.time.text)
        return .members([
            "id": .string(id), "cursor": .string(cursor), "type": .string(kind.rawValue),
            "at": .string(entry.time.text), "payment": row,
        ])
    }
}

/// Turns the store's feed into news. One commit is one event, named by the most that happened in it.
struct NewsDesk: Sendable {
    let engine: Engine

    /// The news of the feed behind a cursor, and the place up to which the feed was looked through.
    func news(of tenant: String, after place: Int64, limit: Int) async throws(StoreError) -> (
        news: [PaymentNews], place: Int64
    ) {
        let entries = try await engine.store.feed(tenant: tenant, after: place, limit: limit)
        var news: [PaymentNews] = []
        for entry in entries {
            // A payment whose data was deleted leaves its place in the feed and nothing to tell.
            guard let view = try await engine.store.view(of: entry.payment) else { continue }
            news.append(PaymentNews(kind: try await kind(entry), entry: entry, view: view))
        }
        return (news, entries.last?.cursor ?? place)
    }

    /// The newest place of the feed: what comes after it is new. Found by asking for what is behind ever closer places.
    func newestPlace(of tenant: String) async throws(StoreError) -> Int64 {
        func isBehind(_ place: Int64) async throws(StoreError) -> Bool {
            try await !engine.store.feed(tenant: tenant, after: place, limit: 1).isEmpty
        }
        guard try await isBehind(0) else { return 0 }
        var low: Int64 = 0
        var high: Int64 = 1
        while try await isBehind(high) {
            low = high
            high = high > .max / 2 ? .max : high * 2
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if try await isBehind(middle) { low = middle } else { high = middle }
        }
        return high
    }

    private func kind(_ entry: FeedEntry) async throws(StoreError) -> PaymentNews.Kind {
        if entry.kinds.contains("contradicted") { return .contradicted }
        if entry.kinds.contains("finished") {
            return entry.outcome == PaymentOutcome.settled.rawValue ? .settled : .rejected
        }
        if entry.kinds.contains("parked") { return .parked }
        if entry.kinds.contains("asked"), try await asksThePayer(entry) { return .confirmation }
        if entry.kinds.contains("resolved") { return .resolved }
        return entry.stageBefore == nil ? .received : .moved
    }

    /// Whether the commit asked the payer for his word.
    private func asksThePayer(_ entry: FeedEntry) async throws(StoreError) -> Bool {
        guard let record = try await engine.record(of: entry.payment),
            record.payment.type.confirmation == PaymentOrder.confirmationRequired, let flow = record.flow
        else { return false }
        let events = try await engine.store.events(of: entry.payment, after: entry.sequence - entry.kinds.count)
        for stored in events.prefix(entry.kinds.count) {
            guard case .asked(let step, .ask, _, _, _, _)? = EventCodec.decode(kind: stored.kind, body: stored.body),
                flow.steps.indices.contains(step)
            else { continue }
            if flow.steps[step].verb == .confirm { return true }
        }
        return false
    }
}

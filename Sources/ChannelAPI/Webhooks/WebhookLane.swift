import Payments
import PaymentsEngine
import Synchronization

/// One webhook on its way through the feed.
final class WebhookLane: Sendable {
    private struct State {
        var place: Int64?
        /// Grows with each replay: what was begun before does not count any more.
        var replays = 0
        var isParked = false
        var delivered = 0
        var attempts = 0
        var nextAttemptAt: Instant?
        var lastDeliveredAt: Instant?
        var lastFailure: String?
        var pause: Task<Void, Never>?
    }

    let webhook: Webhook
    private let engine: Engine
    private let clock: EngineClock
    private let jitter: @Sendable () -> UInt64
    private let send: WebhookSender
    private let tell: @Sendable (WebhookReport) -> Void
    private let state = Mutex(State())

    /// Entries that are read from the feed at once.
    private static let page = 64
    /// The wait before the second attempt; doubled each time, up to the longest.
    private static let firstPauseMilliseconds: Int64 = 1_000
    private static let longestPauseMilliseconds: Int64 = 600_000
    /// How long a lane without events waits for one before it looks again.
    private static let idleMilliseconds: Int64 = 60_000

    init(
        _ webhook: Webhook, engine: Engine, clock: EngineClock, jitter: @escaping @Sendable () -> UInt64,
        send: @escaping WebhookSender, tell: @escaping @Sendable (WebhookReport) -> Void
    ) {
        self.webhook = webhook
        self.engine = engine
        self.clock = clock
        self.jitter = jitter
        self.send = send
        self.tell = tell
    }

    var standing: WebhookStanding {
        state.withLock { state in
            WebhookStanding(
                name: webhook.name, state: state.isParked ? .parked : state.attempts > 0 ? .retrying : .flowing,
                place: state.place ?? 0, events: webhook.events.map(\.rawValue).sorted(), delivered: state.delivered,
                attempts: state.attempts, nextAttemptAt: state.nextAttemptAt, lastDeliveredAt: state.lastDeliveredAt,
                lastFailure: state.lastFailure)
        }
    }

    // MARK: replay

    /// Tells everything behind a place again, or goes on from where a parked webhook stands.
    func replay(after place: Int64?) async throws(StoreError) {
        if let place { try await engine.store.setMark(webhook.mark, tenant: webhook.tenant, to: place) }
        let pause = state.withLock { state in
            if let place { state.place = place }
            state.replays += 1
            state.isParked = false
            state.attempts = 0
            state.nextAttemptAt = nil
            return state.pause
        }
        pause?.cancel()
        report(.replayed, says: place == nil ? "from where it stood" : "from the place that was asked for")
    }

    private var replays: Int { state.withLock { $0.replays } }

    // MARK: the lane

    func run() async {
        while !Task.isCancelled {
            let replays = replays
            guard let place = await begin(since: replays) else { continue }
            if state.withLock({ $0.isParked }) {
                await pause(since: replays) { [clock] in await clock.sleep(WebhookLane.idleMilliseconds) }
                continue
            }
            do throws(StoreError) {
                let read = try await NewsDesk(engine: engine)
                    .news(of: webhook.tenant, after: place, limit: WebhookLane.page)
                if read.place == place {
                    await waitForNews(place, since: replays)
                } else {
                    try await deliver(read.news, upTo: read.place, since: replays)
                }
            } catch {
                report(.storeAway, says: "\(error)")
                await pause(since: replays) { [clock] in await clock.sleep(WebhookLane.firstPauseMilliseconds) }
            }
        }
    }

    /// The place that it has come to: in the store, or for a new webhook the end of the feed.
    private func begin(since replays: Int) async -> Int64? {
        if let place = state.withLock({ $0.place }) { return place }
        do throws(StoreError) {
            let store = engine.store
            if let place = try await store.mark(webhook.mark, tenant: webhook.tenant) {
                state.withLock { $0.place = $0.place ?? place }
                return place
            }
            let place = try await NewsDesk(engine: engine).newestPlace(of: webhook.tenant)
            try await store.setMark(webhook.mark, tenant: webhook.tenant, to: place)
            state.withLock { $0.place = $0.place ?? place }
            return place
        } catch {
            report(.storeAway, says: "\(error)")
            await pause(since: replays) { [clock] in await clock.sleep(WebhookLane.firstPauseMilliseconds) }
            return nil
        }
    }

    private func waitForNews(_ place: Int64, since replays: Int) async {
        let (store, tenant) = (engine.store, webhook.tenant)
        let deadline = engine.now.adding(milliseconds: WebhookLane.idleMilliseconds)
        await pause(since: replays) { [engine, clock] in
            if await store.waitForFeed(tenant: tenant, after: place, until: deadline) { return }
            // The store lets only so many wait: whoever finds no place looks again a little later.
            if engine.now < deadline, !Task.isCancelled { await clock.sleep(WebhookLane.firstPauseMilliseconds) }
        }
    }

    /// A wait that a replay ends, and the end of the lane.
    private func pause(since replays: Int, _ body: @escaping @Sendable () async -> Void) async {
        let task = Task { await body() }
        let isOver = state.withLock { state in
            state.pause = task
            return state.replays != replays
        }
        // The replay came between the caller's look and this wait, and found nothing to end.
        if isOver { task.cancel() }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        state.withLock { $0.pause = nil }
    }

    private func deliver(_ news: [PaymentNews], upTo end: Int64, since replays: Int) async throws(StoreError) {
        for item in news where webhook.events.contains(item.kind) {
            guard await deliver(item, since: replays) else { return }
            try await advance(to: item.entry.cursor, since: replays)
        }
        try await advance(to: end, since: replays)
    }

    private func advance(to place: Int64, since replays: Int) async throws(StoreError) {
        let isNew = state.withLock { state in
            guard state.replays == replays, state.place != place else { return false }
            state.place = place
            return true
        }
        if isNew { try await engine.store.setMark(webhook.mark, tenant: webhook.tenant, to: place) }
    }

    /// True when the receiver took it; false when it does not, or something else is to be told now.
    private func deliver(_ news: PaymentNews, since replays: Int) async -> Bool {
        for attempt in 1...max(1, webhook.attempts) {
            guard !Task.isCancelled, replays == self.replays else { return false }
            let outcome = await attemptOnce(news)
            guard let failure = WebhookLane.failure(outcome) else {
                state.withLock { state in
                    state.delivered += 1
                    state.attempts = 0
                    state.nextAttemptAt = nil
                    state.lastDeliveredAt = clock.now()
                }
                report(.delivered, news, attempt, says: "taken")
                return true
            }
            if Task.isCancelled { return false }
            let isLast = attempt >= webhook.attempts
            report(isLast ? .parked : .failed, news, attempt, says: failure)
            let pause = pauseMilliseconds(after: attempt, outcome)
            state.withLock { state in
                guard state.replays == replays else { return }
                state.lastFailure = failure
                state.attempts = attempt
                state.isParked = isLast
                state.nextAttemptAt = isLast ? nil : clock.now().adding(milliseconds: pause)
            }
            if !isLast { await self.pause(since: replays) { [clock] in await clock.sleep(pause) } }
        }
        return false
    }

    /// Cut off by the deadline, whatever the sender and the receiver do.
    private func attemptOnce(_ news: PaymentNews) async -> WireOutcome {
        let request = webhook.request(news, at: clock.now())
        let (webhook, clock, send) = (webhook, clock, send)
        let timeout = webhook.timeoutMilliseconds
        return await withTaskGroup(of: WireOutcome?.self) { group in
            group.addTask { await send(webhook, request, timeout) }
            group.addTask {
                await clock.sleep(Int64(timeout) + 500)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .unknown("no answer within \(timeout) ms")
        }
    }

    /// Nil when the receiver took the event. Nothing that the receiver wrote is told: it may be anything.
    private static func failure(_ outcome: WireOutcome) -> String? {
        switch outcome {
        case .replied(let reply) where (200...299).contains(reply.status): nil
        case .replied(let reply): "status \(reply.status)"
        case .notSent: "no connection"
        case .unknown: "no answer in time"
        }
    }

    private func pauseMilliseconds(after attempt: Int, _ outcome: WireOutcome) -> Int64 {
        if case .replied(let reply) = outcome, let text = reply.header("Retry-After"), let seconds = Int64(text) {
            // A receiver may write any number.
            return min(max(seconds, 1), WebhookLane.longestPauseMilliseconds / 1000) * 1000
        }
        let doubled = WebhookLane.firstPauseMilliseconds << Int64(min(attempt - 1, 20))
        let longest = min(doubled, WebhookLane.longestPauseMilliseconds)
        return longest / 2 + Int64(jitter() % UInt64(longest / 2 + 1))
    }

    private func report(
        _ what: WebhookReport.What, _ news: PaymentNews? = nil, _ attempt: Int = 0, says: String
    ) {
        tell(
            WebhookReport(
                what: what, tenant: webhook.tenant, webhook: webhook.name, event: news?.id, attempt: attempt,
                says: says))
    }
}

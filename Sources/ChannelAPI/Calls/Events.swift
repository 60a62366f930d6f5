import FormatJSON
import Payments
import PaymentsEngine

/// What happened to the bank's payments: page by page, or as a stream that stays open.
extension Channel {
    /// Which events a caller wants.
    struct NewsFilter: Sendable {
        var payment: PaymentID?
        var stage: String?
        var kinds: Set<PaymentNews.Kind>?

        func wants(_ news: PaymentNews) -> Bool {
            (payment == nil || payment == news.entry.payment) && (stage == nil || stage == news.entry.stage)
                && (kinds.map { $0.contains(news.kind) } ?? true)
        }
    }

    func events(_ call: Call) async throws(Problem) -> ChannelReply {
        var filter = NewsFilter(payment: nil, stage: try ListFilter.stage(call), kinds: nil)
        if let text = call.value(.ofPayment) {
            guard let id = PaymentID(text) else { throw .malformed("\(text) is no payment id", path: "?payment") }
            filter.payment = id
        }
        if let text = call.value(.type) { filter.kinds = try kinds(text) }
        let limit = try call.number(.eventLimit, default: 100, 1...limits.eventsPerPage)
        if wantsStream(call) { return try await stream(filter, call) }
        let after = try place(call.value(.afterEvent), at: "?after") ?? 0
        return try await page(filter, after, limit, call)
    }

    private func kinds(_ text: String) throws(Problem) -> Set<PaymentNews.Kind> {
        var kinds: Set<PaymentNews.Kind> = []
        for word in text.split(separator: ",") {
            guard let kind = PaymentNews.Kind(rawValue: String(word)) else {
                let known = PaymentNews.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw .malformed("\(word) is none; known are \(known)", path: "?type")
            }
            kinds.insert(kind)
        }
        return kinds
    }

    private func place(_ text: String?, at path: String) throws(Problem) -> Int64? {
        guard let text else { return nil }
        guard let place = PaymentNews.place(text) else { throw .malformed("this is no cursor of ours", path: path) }
        return place
    }

    private func wantsStream(_ call: Call) -> Bool {
        guard let accept = call.value(.accept) else { return false }
        return accept.split(separator: ",").contains { type in
            MediaType.trimmed(type.prefix { $0 != ";" }).lowercased() == "text/event-stream"
        }
    }

    // MARK: pages

    private func page(
        _ filter: NewsFilter, _ after: Int64, _ limit: Int, _ call: Call
    ) async throws(Problem) -> ChannelReply {
        let deadline = wait(call).map { engine.now.adding(milliseconds: $0) }
        var place = after
        var found: [PaymentNews] = []
        var looked = 0
        do throws(StoreError) {
            while found.count < limit, looked < limits.entriesPerAnswer {
                let part = try await NewsDesk(engine: engine)
                    .news(of: call.caller.tenant, after: place, limit: limit - found.count)
                if part.place == place {
                    guard found.isEmpty, let deadline, await somethingNew(call.caller.tenant, place, deadline) else {
                        break
                    }
                    continue
                }
                place = part.place
                looked += max(1, part.news.count)
                found += part.news.filter { filter.wants($0) }
            }
        } catch {
            throw .storeAway
        }
        return .json(
            200, ["events": .array(found.map(\.json)), "cursor": .string(PaymentNews.cursor(place))])
    }

    private func somethingNew(_ tenant: String, _ place: Int64, _ deadline: Instant) async -> Bool {
        let store = engine.store
        return await streams.wait { await store.waitForFeed(tenant: tenant, after: place, until: deadline) }
    }

    // MARK: streams

    private func stream(_ filter: NewsFilter, _ call: Call) async throws(Problem) -> ChannelReply {
        let tenant = call.caller.tenant
        var place = try place(call.value(.lastEventID), at: "Last-Event-ID")
        if place == nil { place = try self.place(call.value(.afterEvent), at: "?after") }
        if place == nil {
            do throws(StoreError) {
                place = try await NewsDesk(engine: engine).newestPlace(of: tenant)
            } catch {
                throw .storeAway
            }
        }
        guard !streams.isClosed else { throw Problem(.busy, "The gateway is stopping. Come back to the next one.") }
        guard streams.enter(tenant, limits) else {
            throw Problem(
                .tooMany, "Too many streams are open: close one, or ask for pages.",
                headers: [WireHeader("Retry-After", "10")])
        }
        let source = EventStream(channel: self, tenant: tenant, filter: filter, place: place ?? 0)
        let streams = streams
        return .stream(
            ChannelStream(
                headers: [
                    WireHeader("Content-Type", "text/event-stream"), WireHeader("Cache-Control", "no-store"),
                ],
                next: { await source.next() }, ended: { streams.leave(tenant) }))
    }
}

/// One open stream (WHATWG HTML §9.2). It holds no events: it reads on from its place when the last part was taken, so
/// a slow reader falls behind and loses nothing.
actor EventStream {
    private let channel: Channel
    private let tenant: String
    private let filter: Channel.NewsFilter
    private var place: Int64
    private var hasBegun = false

    /// Events in one part.
    private static let part = 64
    private static let secondLookMilliseconds = 250
    /// What the reader is to wait before it connects anew.
    private static let retryMilliseconds = 3_000

    init(channel: Channel, tenant: String, filter: Channel.NewsFilter, place: Int64) {
        self.channel = channel
        self.tenant = tenant
        self.filter = filter
        self.place = place
    }

    func next() async -> [UInt8]? {
        if !hasBegun {
            hasBegun = true
            return Array("retry: \(EventStream.retryMilliseconds)\n\n".utf8)
        }
        let (engine, tenant) = (channel.engine, tenant)
        let heartbeat = engine.now.adding(milliseconds: channel.limits.heartbeatMilliseconds)
        while !Task.isCancelled {
            // Without the store there is nothing to tell: the reader comes back with its place.
            guard
                let read = try? await NewsDesk(engine: engine)
                    .news(of: tenant, after: place, limit: EventStream.part)
            else { return nil }
            let isEnd = read.place == place
            place = read.place
            let wanted = read.news.filter { filter.wants($0) }
            if !wanted.isEmpty { return wanted.flatMap { EventStream.bytes($0) } }
            // A stop ends the stream when all that is there has been told.
            if isEnd, channel.streams.isClosed { return nil }
            if engine.now >= heartbeat { return Array(": still here\nid: \(PaymentNews.cursor(place))\n\n".utf8) }
            guard isEnd else { continue }
            let (store, behind) = (engine.store, place)
            let isNew = await channel.streams.wait {
                await store.waitForFeed(tenant: tenant, after: behind, until: heartbeat)
            }
            // The store lets only so many wait: whoever finds no place looks again a little later.
            if !isNew, !channel.streams.isClosed, engine.now < heartbeat {
                try? await Task.sleep(for: .milliseconds(EventStream.secondLookMilliseconds))
            }
        }
        return nil
    }

    private static func bytes(_ news: PaymentNews) -> [UInt8] {
        Array("id: \(news.cursor)\nevent: \(news.kind.rawValue)\ndata: ".utf8) + news.json.bytes() + Array("\n\n".utf8)
    }
}

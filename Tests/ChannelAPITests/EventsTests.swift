import FormatJSON
import Payments
import Testing

@testable import ChannelAPI

/// What happened, by page and by stream.
@Suite("Events")
struct EventsTests {
    private func events(_ bench: Bench, _ query: String = "", prefer: String? = nil) async throws -> JSONValue {
        var request = WireRequest(method: "GET", path: "/v1/events", query: query)
        if let prefer { request.headers.append(WireHeader("Prefer", prefer)) }
        return try JSONValue.parse(await bench.send(request).body)
    }

    private func stream(
        _ bench: Bench, query: String = "", lastEventID: String? = nil, bearer: String = "key-of-a"
    ) async -> ChannelReply {
        var request = WireRequest(method: "GET", path: "/v1/events", query: query)
        request.headers = [WireHeader("Accept", "text/event-stream"), WireHeader("Authorization", "Bearer \(bearer)")]
        if let lastEventID { request.headers.append(WireHeader("Last-Event-ID", lastEventID)) }
        return await bench.channel.handle(request)
    }

    private func opened(_ reply: ChannelReply) throws -> ChannelStream {
        guard case .stream(let stream) = reply else { throw CancellationError() }
        return stream
    }

    /// The next part that holds an event.
    private func part(_ stream: ChannelStream) async throws -> String {
        while let bytes = await stream.next() {
            let text = String(decoding: bytes, as: UTF8.self)
            if text.contains("event: ") { return text }
        }
        throw CancellationError()
    }

    @Test func aPaymentsLifeIsToldInOrderAndACursorGoesOnBehindIt() async throws {
        try await withChannel(Scripted.world) { bench in
            let id = try await bench.asked("e-1")
            _ = await bench.post("/v1/payments/\(id)/confirm", #"{"accept":true}"#)
            let first = try await events(bench, "type=payment.received,payment.confirmation,payment.settled")
            let list = first["events"]?.array ?? []
            #expect(list.compactMap { $0["type"]?.string }.last == "payment.settled")
            #expect(list.contains { $0["type"]?.string == "payment.confirmation" })
            #expect(list.last?["payment"]?["outcome"]?.string == "settled")
            #expect(list.last?["payment"]?["amount"]?.string == "100.00")
            #expect(Set(list.compactMap { $0["id"]?.string }).count == list.count)
            let end = try #require(first["cursor"]?.string)
            #expect(try await events(bench, "after=\(end)")["events"]?.array?.isEmpty == true)

            // Page by page it is the same.
            var cursor: String?
            var pages: [JSONValue] = []
            while true {
                let page = try await events(bench, "limit=1" + (cursor.map { "&after=\($0)" } ?? ""))
                guard let event = page["events"]?.array?.first else { break }
                pages.append(event)
                cursor = page["cursor"]?.string
            }
            let all = try await events(bench)["events"]?.array ?? []
            #expect(pages == all && all.count >= list.count)
            // Told again, an early event shows the payment as it was then.
            #expect(all.first?["payment"]?["outcome"] == nil)
        }
    }

    @Test func filtersAndStrangers() async throws {
        try await withChannel(Scripted.world) { bench in
            let one = try await bench.received(name: "a")
            _ = try await bench.received(name: "b")
            let own = try await events(bench, "payment=\(one)&stage=settled")["events"]?.array ?? []
            #expect(own.count == 1 && own[0]["payment"]?["id"]?.string == one.text)
            let others = await bench.get("/v1/events", bearer: "key-of-b")
            #expect(try JSONValue.parse(others.body)["events"]?.array?.isEmpty == true)
            for query in [
                "type=news", "after=zzz", "limit=0", "limit=501", "payment=1", "when=now", "limit=1&limit=2",
                "stage=setled",
            ] {
                #expect(await bench.get("/v1/events", query: query).status == 400, "\(query)")
            }
        }
    }

    @Test func aPageMayWaitForWhatComes() async throws {
        try await withChannel(Scripted.world) { bench in
            let waiting = Task { try await events(bench, prefer: "wait=10") }
            let id = try await bench.received(name: "w")
            let list = try await waiting.value["events"]?.array
            #expect(list?.first?["payment"]?["id"]?.string == id.text)
        }
    }

    @Test func aStreamTellsWhatIsNewAndGoesOnWhereItWasLeft() async throws {
        try await withChannel(Scripted.world) { bench in
            _ = try await bench.received(name: "before")
            let stream = try opened(await stream(bench, query: "type=payment.settled"))
            #expect(stream.headers.contains(WireHeader("Content-Type", "text/event-stream")))
            #expect(await stream.next() == Array("retry: 3000\n\n".utf8))
            let one = try await bench.received(name: "one")
            let text = try await part(stream)
            #expect(text.contains(one.text) && !text.contains("IN-before"), "only what is new")
            #expect(
                text.hasPrefix("id: ") && text.contains("\nevent: payment.settled\ndata: {") && text.hasSuffix("}\n\n"))
            stream.ended()

            let two = try await bench.received(name: "two")
            let last = try #require(text.split(separator: "\n").first?.dropFirst("id: ".count))
            let again = try opened(await self.stream(bench, query: "type=payment.settled", lastEventID: String(last)))
            let more = try await part(again)
            #expect(more.contains(two.text) && !more.contains(one.text), "nothing lost, nothing twice")
            again.ended()
            #expect(bench.channel.openStreams == 0)
        }
    }

    @Test func aQuietStreamSaysThatItIsThere() async throws {
        var limits = ChannelLimits()
        limits.heartbeatMilliseconds = 30
        try await withChannel(Scripted.world, limits: limits) { bench in
            let stream = try opened(await stream(bench))
            _ = await stream.next()
            for _ in 0..<3 {
                let beat = String(decoding: await stream.next() ?? [], as: UTF8.self)
                #expect(beat.hasPrefix(": ") && beat.hasSuffix("\n\n"))
            }
            stream.ended()
        }
    }

    @Test func streamsAreCountedAndTheNextOneIsToldToWait() async throws {
        var limits = ChannelLimits()
        limits.streamsPerTenant = 2
        limits.streams = 3
        try await withChannel(Scripted.world, limits: limits) { bench in
            let one = try opened(await stream(bench))
            let two = try opened(await stream(bench))
            guard case .whole(let refused) = await stream(bench) else { throw CancellationError() }
            #expect(refused.status == 429 && refused.header("Retry-After") == "10")
            let other = try opened(await stream(bench, bearer: "key-of-b"))
            two.ended()
            let three = try opened(await stream(bench))
            #expect(bench.channel.openStreams == 3)
            for stream in [one, other, three] { stream.ended() }
            #expect(bench.channel.openStreams == 0)
        }
    }

    @Test func aStopEndsStreamsAndAGonePeerEndsItsOwn() async throws {
        try await withChannel(Scripted.world) { bench in
            let one = try opened(await stream(bench))
            let two = try opened(await stream(bench))
            for stream in [one, two] { _ = await stream.next() }
            let gone = Task { await one.next() }
            gone.cancel()
            #expect(await gone.value == nil)
            let waiting = Task { await two.next() }
            bench.channel.endStreams()
            #expect(await waiting.value == nil)
            guard case .whole(let refused) = await stream(bench) else { throw CancellationError() }
            #expect(refused.status == 503 && refused.header("Retry-After") != nil)
        }
    }

    @Test func cursorsAreNothingToBuildByHand() {
        for place in [Int64(0), 1, 255, 1 << 40, .max] {
            #expect(PaymentNews.place(PaymentNews.cursor(place)) == place)
        }
        for text in ["", "e5", "ZTU=", "ZTU ", "bjE", "ZS0x", "ZTB4", String(repeating: "Z", count: 100)] {
            #expect(PaymentNews.place(text) == nil, "\(text)")
        }
        let id = PaymentID(high: 7, low: 9)
        #expect(ListCursor(ListCursor.before(id).text) == .before(id))
        #expect(ListCursor(ListCursor.after(id).text) == .after(id))
        #expect(ListCursor(PaymentNews.cursor(5)) == nil)
    }

    @Test func listsAreFilteredByEverythingThatARowShows() async throws {
        try await withChannel(Scripted.world) { bench in
            _ = try await bench.received("10.00", name: "l-1")
            _ = try await bench.received("20.00", name: "l-2")
            _ = await bench.order(Bench.order("30.00", confirm: false), key: "l-3")
            func count(_ query: String) async throws -> Int? {
                let reply = await bench.get("/v1/payments", query: query)
                return try JSONValue.parse(reply.body)["payments"]?.array?.count
            }
            let expected = [
                "currency=KES": 3, "currency=EUR": 0, "currency=KES&amountFrom=20": 2,
                "currency=KES&amountFrom=10.01&amountTo=29.99": 1, "origin=channel": 1, "origin=net:test": 2,
                "network=net:test": 1, "outcome=settled": 3, "outcome=rejected": 0, "endToEndId=IN-l-2": 1,
                "endToEndId=E2E-1": 1, "search=IN-l-1": 1, "receivedFrom=2020-01-01&receivedUntil=2999-01-01": 3,
                "receivedUntil=2020-01-01": 0, "receivedFrom=2999-01-01T00:00:00%2B01:00": 0, "stuck=true": 0,
            ]
            for (query, number) in expected { #expect(try await count(query) == number, "\(query)") }
            let bad = [
                "amountFrom=1", "currency=XXY", "currency=KES&amountFrom=-1", "outcome=fine", "cursor=abc",
                "receivedFrom=yesterday", "search=a&endToEndId=b", "limit=501",
            ]
            for query in bad { #expect(await bench.get("/v1/payments", query: query).status == 400, "\(query)") }
        }
    }
}

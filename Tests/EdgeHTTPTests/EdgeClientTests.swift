import EdgeHTTP
import NIOCore
import Payments
import Synchronization
import Testing

@Suite("Client: replied, not sent, or unknown")
struct EdgeClientTests {
    private let post = WireRequest(method: "POST", path: "/transfers", body: Array("{}".utf8))

    private func plain(_ port: Int) -> String { "http://127.0.0.1:\(port)" }

    // MARK: not sent

    @Test func refusedConnectionIsNotSent() async throws {
        let refused = try await ask(plain(deadPort()), post)
        #expect(refused.isNotSent)
        let absent = try await ask("unix:/nowhere/interlock.sock", post)
        #expect(absent.isNotSent)
    }

    @Test func unfinishedHandshakeIsNotSent() async throws {
        let held = Moment()
        let outcome = try await misbehaving({ _, _ in await held.passed }) { port in
            var limits = EdgeClientLimits()
            limits.connectMilliseconds = 500
            let url = "https://127.0.0.1:\(port)"
            let outcome = try await ask(url, post, limits: limits, timeoutMilliseconds: 50)
            held.happen()
            return outcome
        }
        #expect(outcome.isNotSent, "\(outcome)")
    }

    @Test func brokenHandshakeIsNotSent() async throws {
        let outcome = try await misbehaving({ _, outbound in
            try await outbound.write(.init(string: "HTTP/1.1 400 Bad Request\r\n\r\n"))
        }) { port in
            try await ask("https://127.0.0.1:\(port)", post)
        }
        #expect(outcome.isNotSent, "\(outcome)")
    }

    @Test func requestWithoutAPlaceIsNotSent() async throws {
        let entered = Moment()
        let release = Moment()
        try await serving(handler: { _, _ in
            entered.happen()
            await release.passed
            return WireReply(status: 200)
        }) { port in
            var limits = EdgeClientLimits()
            limits.inFlight = 1
            limits.waiting = 1
            let client = try EdgeClient(to: EdgeDestination(plain(port)), limits: limits)
            async let first = client.send(post, timeoutMilliseconds: 10_000)
            await entered.passed
            async let waited = client.send(post, timeoutMilliseconds: 100)
            #expect(await waited.isNotSent, "its time ran out while it waited for a place")

            async let waiting = client.send(post, timeoutMilliseconds: 10_000)
            async let rival = client.send(post, timeoutMilliseconds: 10_000)
            release.happen()
            #expect(await first.reply?.status == 200)
            let outcomes = await [waiting, rival]
            #expect(outcomes.contains { $0.reply?.status == 200 }, "the place is free again")
            #expect(outcomes.allSatisfy { $0.reply?.status == 200 || $0.isNotSent })
            await client.shutdown()
        }
    }

    @Test(arguments: [
        WireRequest(method: "GET", path: "/a b"),
        WireRequest(method: "GET", path: "/a\r\nX: y"),
        WireRequest(method: "GET", path: "relative"),
        WireRequest(method: "GET", path: "/a", query: "b c"),
        WireRequest(method: "GET", path: "/a", query: "b#c"),
        WireRequest(method: "GE T", path: "/a"),
        WireRequest(method: "", path: "/a"),
        WireRequest(method: "GET", path: "/a", headers: [WireHeader("X", "a\r\nY: b")]),
        WireRequest(method: "GET", path: "/a", headers: [WireHeader("X", "a\nb")]),
        WireRequest(method: "GET", path: "/a", headers: [WireHeader("X Y", "a")]),
        WireRequest(method: "GET", path: "/a", headers: [WireHeader("X\r\n", "a")]),
    ])
    func requestThatCouldBeReadAsTwoIsNotSent(_ request: WireRequest) async throws {
        let seen = Seen()
        try await serving(handler: { request, peer in
            seen.note(request, peer)
            return WireReply(status: 200)
        }) { port in
            let outcome = try await ask(plain(port), request)
            #expect(outcome.isNotSent)
        }
        #expect(seen.requests.isEmpty)
    }

    // MARK: unknown

    @Test func silenceIsUnknown() async throws {
        let release = Moment()
        try await serving(handler: { _, _ in
            await release.passed
            return WireReply(status: 200)
        }) { port in
            let outcome = try await askBriefly(plain(port), post)
            #expect(outcome.isUnknown, "\(outcome)")
            release.happen()
        }
    }

    @Test func cancelledWaitIsUnknownOnceTheRequestLeft() async throws {
        let entered = Moment()
        let release = Moment()
        try await serving(handler: { _, _ in
            entered.happen()
            await release.passed
            return WireReply(status: 200)
        }) { port in
            let url = plain(port)
            let asking = Task { try await ask(url, post) }
            await entered.passed
            asking.cancel()
            let outcome = try await asking.value
            #expect(outcome.isUnknown)
            release.happen()
        }
    }

    @Test func closingAfterReadingIsUnknownAndNotRepeated() async throws {
        let connections = Atomic(0)
        for method in ["GET", "PUT", "POST"] {
            let outcome = try await misbehaving({ inbound, _ in
                connections.add(1, ordering: .relaxed)
                var iterator = inbound.makeAsyncIterator()
                _ = try await readRequest(&iterator)
            }) { port in
                try await ask("http://127.0.0.1:\(port)", WireRequest(method: method, path: "/"))
            }
            #expect(outcome.isUnknown, "\(outcome)")
        }
        #expect(connections.load(ordering: .relaxed) == 3)
    }

    @Test func keptConnectionThatClosesOnTheNextRequestIsUnknown() async throws {
        let requests = Atomic(0)
        let outcomes = try await misbehaving({ inbound, outbound in
            var iterator = inbound.makeAsyncIterator()
            guard try await readRequest(&iterator) else { return }
            requests.add(1, ordering: .relaxed)
            try await outbound.write(.init(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
            guard try await readRequest(&iterator) else { return }
            requests.add(1, ordering: .relaxed)
        }) { port in
            let client = try EdgeClient(to: EdgeDestination("http://127.0.0.1:\(port)"))
            let get = WireRequest(method: "GET", path: "/")
            let first = await client.send(get, timeoutMilliseconds: 10_000)
            let outcomes = [first, await client.send(get, timeoutMilliseconds: 10_000)]
            await client.shutdown()
            return outcomes
        }
        #expect(outcomes[0].reply?.status == 200)
        #expect(outcomes[1].isUnknown)
        #expect(requests.load(ordering: .relaxed) == 2)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "NOT HTTP\r\n\r\n",
    ])
    func halfAnAnswerIsUnknown(_ answer: String) async throws {
        let outcome = try await misbehaving({ inbound, outbound in
            var iterator = inbound.makeAsyncIterator()
            _ = try await readRequest(&iterator)
            try await outbound.write(.init(string: answer))
        }) { port in
            try await ask("http://127.0.0.1:\(port)", WireRequest(method: "GET", path: "/"))
        }
        #expect(outcome.isUnknown, "\(outcome)")
    }

    @Test func answerThatStallsIsUnknown() async throws {
        let held = Moment()
        let outcome = try await misbehaving({ inbound, outbound in
            var iterator = inbound.makeAsyncIterator()
            _ = try await readRequest(&iterator)
            try await outbound.write(.init(string: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
            await held.passed
        }) { port in
            let request = WireRequest(method: "GET", path: "/")
            let outcome = try await askBriefly("http://127.0.0.1:\(port)", request)
            held.happen()
            return outcome
        }
        #expect(outcome.isUnknown, "\(outcome)")
    }

    @Test func answerOverTheLimitIsUnknown() async throws {
        let body = [UInt8](repeating: 1, count: 1001)
        try await serving(handler: { _, _ in WireReply(status: 200, body: body) }) { port in
            var limits = EdgeClientLimits()
            limits.answerBytes = 1000
            let cut = try await ask(plain(port), post, limits: limits)
            #expect(cut.isUnknown)
            limits.answerBytes = 1001
            let whole = try await ask(plain(port), post, limits: limits)
            #expect(whole.reply?.body.count == 1001)
        }
    }

    // MARK: replied

    @Test func requestArrivesAsItWasGiven() async throws {
        let seen = Seen()
        try await serving(handler: { request, peer in
            seen.note(request, peer)
            return WireReply(status: 404, headers: [WireHeader("X-One", "1")], body: Array("gone".utf8))
        }) { port in
            let request = WireRequest(
                method: "PUT", path: "/parties//MSISDN/%2b1%2F/", query: "a=1&b=%7C",
                headers: [WireHeader("FSPIOP-Source", "dfspA"), WireHeader("Content-Length", "99")],
                body: Array("body".utf8))
            let reply = try await ask(plain(port) + "/hub/v1/", request).reply
            #expect(reply?.status == 404)
            #expect(reply?.header("x-one") == "1")
            #expect(reply?.body == Array("gone".utf8))
        }
        let request = try #require(seen.requests.first)
        #expect(request.method == "PUT")
        #expect(request.path == "/hub/v1/parties//MSISDN/%2b1%2F/")
        #expect(request.query == "a=1&b=%7C")
        #expect(request.header("FSPIOP-Source") == "dfspA")
        #expect(request.header("Content-Length") == "4")
        #expect(request.header("Host")?.hasPrefix("127.0.0.1:") == true)
        #expect(!request.headers.contains { $0.name.lowercased().hasPrefix("interlock") })
        #expect(request.body == Array("body".utf8))
    }

    @Test func redirectIsAnAnswer() async throws {
        let seen = Seen()
        try await serving(handler: { request, peer in
            seen.note(request, peer)
            return WireReply(status: 307, headers: [WireHeader("Location", "/elsewhere")])
        }) { port in
            let outcome = try await ask(plain(port), post)
            #expect(outcome.reply?.status == 307)
        }
        #expect(seen.requests.count == 1)
    }

    @Test func manyRequestsShareFewConnections() async throws {
        let seen = Seen()
        try await serving(handler: { request, peer in
            seen.note(request, peer)
            return WireReply(status: 200, body: request.body)
        }) { port in
            var limits = EdgeClientLimits()
            limits.inFlight = 4
            let client = try EdgeClient(to: EdgeDestination(plain(port)), limits: limits)
            await withTaskGroup { group in
                for number in 0..<200 {
                    group.addTask {
                        let body = Array("\(number)".utf8)
                        let request = WireRequest(method: "POST", path: "/", body: body)
                        return await client.send(request, timeoutMilliseconds: 30_000).reply?.body == body
                    }
                }
                for await isEcho in group { #expect(isEcho) }
            }
            await client.shutdown()
        }
        #expect(seen.requests.count == 200)
        #expect(Set(seen.peers.map(\.remoteAddress)).count <= 4)
    }

    // MARK: destinations

    @Test func destinationsAreRead() throws {
        #expect("\(try EdgeDestination("https://hub.test"))" == "https://hub.test:443")
        #expect("\(try EdgeDestination("http://[::1]:8080/a/b/"))" == "http://[::1]:8080/a/b")
        #expect(try EdgeDestination("unix:/run/interlock/control").socketPath == "/run/interlock/control")
        let wrong = [
            "", "hub.test", "ftp://hub.test", "http://", "http://a:b", "http://a:0", "http://a:99999", "http://u@h/",
            "http://a b", "http://a/b?c", "http://[::1", "unix:relative", "http://a/\r\nX: y",
        ]
        for text in wrong {
            #expect(throws: EdgeFailure.destinationNotUnderstood(text)) { try EdgeDestination(text) }
        }
    }
}

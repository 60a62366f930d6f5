import EdgeHTTP
import Glibc
import NIOCore
import Payments
import Testing

@Suite("Server: answers, limits and hostile peers")
struct EdgeServerTests {
    @Test func emptyAnswerHasItsReasonAndLength() async throws {
        try await serving(handler: { _, _ in WireReply(status: 202) }) { port in
            let answer = try await exchange(port, "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}") {
                $0.hasSuffix("\r\n\r\n")
            }
            #expect(answer.hasPrefix("HTTP/1.1 202 Accepted\r\n"))
            #expect(answer.contains("\r\nContent-Length: 0\r\n"))
            #expect(answer.contains("\r\nDate: "))
            #expect(!answer.lowercased().contains("transfer-encoding"))
        }
    }

    @Test func requestArrivesAsItWasWritten() async throws {
        let seen = Seen()
        try await serving(handler: { request, peer in
            seen.note(request, peer)
            return WireReply(status: 200, headers: [WireHeader("X-Kind", "echo")], body: request.body)
        }) { port in
            let request =
                "POST /parties/MSISDN/%2B25%2F1?a=%20b&c HTTP/1.1\r\nHost: hub.test\r\nFSPIOP-Source: dfspA\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
            let answer = try await exchange(port, request) { $0.hasSuffix("abcdefg") }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("X-Kind: echo\r\n"))
        }
        let request = try #require(seen.requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/parties/MSISDN/%2B25%2F1")
        #expect(request.query == "a=%20b&c")
        #expect(request.header("host") == "hub.test")
        #expect(request.header("fspiop-source") == "dfspA")
        #expect(request.headers.contains(WireHeader("FSPIOP-Source", "dfspA")))
        #expect(request.body == Array("abcdefg".utf8))
        #expect(seen.peers.first?.certificate == nil)
        #expect(seen.peers.first?.remoteAddress.hasPrefix("127.0.0.1:") == true)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await serving(handler: { request, _ in
            WireReply(status: 200, body: Array("<\(request.path)>".utf8))
        }) { port in
            let both = "GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let answer = try await exchange(port, both)
            let one = try #require(answer.firstRange(of: "</one>"))
            let two = try #require(answer.firstRange(of: "</two>"))
            #expect(one.upperBound <= two.lowerBound)
        }
    }

    @Test func oldAndHeadRequests() async throws {
        try await serving(handler: { _, _ in WireReply(status: 200, body: Array("body".utf8)) }) { port in
            let old = try await exchange(port, "GET / HTTP/1.0\r\n\r\n")
            #expect(old.hasSuffix("body"), "HTTP/1.0 without keep-alive ends with the connection")
            let head = try await exchange(port, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n")
            #expect(head.contains("Content-Length: 4\r\n"))
            #expect(head.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func expectedContinueIsSaid() async throws {
        try await serving(handler: { request, _ in WireReply(status: 200, body: request.body) }) { port in
            let answer = try await raw(port) { inbound, outbound in
                var iterator = inbound.makeAsyncIterator()
                let head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n"
                try await outbound.write(.init(string: head + "Connection: close\r\n\r\n"))
                let first = try await iterator.next().map(text)
                #expect(first == "HTTP/1.1 100 Continue\r\n\r\n")
                try await outbound.write(.init(string: "late"))
                var rest = ""
                while let part = try await iterator.next() { rest += text(part) }
                return rest
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("late"))
        }
    }

    @Test func announcedBodyOverTheLimitIsRefusedUnread() async throws {
        let seen = Seen()
        try await serving(handler: { request, peer in
            seen.note(request, peer)
            return WireReply(status: 200)
        }) { port in
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5242881\r\n\r\n"
            let answer = try await exchange(port, head) { $0.hasSuffix("\r\n\r\n") }
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.contains("\r\nConnection: close\r\n"))
        }
        #expect(seen.requests.isEmpty)
    }

    @Test func growingBodyOverTheLimitIsCutOff() async throws {
        var listener = EdgeListener(loopback)
        listener.limits.bodyBytes = 10_000
        let seen = Seen()
        try await serving(
            listener,
            handler: { request, peer in
                seen.note(request, peer)
                return WireReply(status: 200)
            }
        ) { port in
            let chunk = "1000\r\n" + String(repeating: "x", count: 0x1000) + "\r\n"
            let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            let answer = try await exchange(port, head + chunk + chunk + chunk)
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
        }
        #expect(seen.requests.isEmpty)
    }

    @Test func bodyOfExactlyTheLimitPasses() async throws {
        let body = [UInt8](repeating: 7, count: EdgeLimits().bodyBytes)
        try await serving(handler: { request, _ in
            WireReply(status: 200, body: Array("\(request.body.count)".utf8))
        }) { port in
            let outcome = try await ask("http://127.0.0.1:\(port)", WireRequest(method: "POST", path: "/", body: body))
            #expect(outcome.reply?.body == Array("5242880".utf8))
        }
    }

    @Test func fullServerSaysBusyInTheSchemesWordsAndRecovers() async throws {
        var listener = EdgeListener(loopback)
        listener.limits.requestsInFlight = 1
        let entered = Moment()
        let release = Moment()
        try await serving(
            listener,
            refuse: { reason, request, _ in
                guard reason == .busy, request.path == "/scheme" else { return nil }
                return WireReply(status: 503, body: Array("2003".utf8))
            },
            handler: { request, _ in
                if request.path == "/first" {
                    entered.happen()
                    await release.passed
                }
                return WireReply(status: 200)
            }
        ) { port in
            let url = "http://127.0.0.1:\(port)"
            async let first = ask(url, WireRequest(method: "GET", path: "/first"))
            await entered.passed
            let second = try await ask(url, WireRequest(method: "POST", path: "/second", body: [1, 2, 3])).reply
            #expect(second?.status == 503)
            #expect(second?.header("Retry-After") == "1")
            let scheme = try await ask(url, WireRequest(method: "GET", path: "/scheme")).reply
            #expect(scheme?.body == Array("2003".utf8))
            release.happen()
            let served = try await first
            #expect(served.reply?.status == 200)
            let third = try await ask(url, WireRequest(method: "GET", path: "/third"))
            #expect(third.reply?.status == 200)
        }
    }

    @Test func bodyBytesInFlightAreLimited() async throws {
        var listener = EdgeListener(loopback)
        listener.limits.bodyBytesInFlight = 1000
        try await serving(listener, handler: { _, _ in WireReply(status: 200) }) { port in
            let url = "http://127.0.0.1:\(port)"
            let large = WireRequest(method: "POST", path: "/", body: [UInt8](repeating: 0, count: 1001))
            let refused = try await ask(url, large)
            #expect(refused.reply?.status == 503)
            let small = WireRequest(method: "POST", path: "/", body: [UInt8](repeating: 0, count: 1000))
            let accepted = try await ask(url, small)
            #expect(accepted.reply?.status == 200)
            let again = try await ask(url, small)
            #expect(again.reply?.status == 200)
        }
    }

    @Test func tricklingBodyTimesOut() async throws {
        var listener = EdgeListener(loopback)
        listener.limits.requestReadMilliseconds = 50
        listener.limits.lingerMilliseconds = 50
        try await serving(listener, handler: { _, _ in WireReply(status: 200) }) { port in
            let answer = try await exchange(port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func connectionThatNeverFinishesItsHeadersIsClosed() async throws {
        var listener = EdgeListener(loopback)
        listener.limits.idleMilliseconds = 1_000
        try await serving(listener, handler: { _, _ in WireReply(status: 200) }) { port in
            let answer = try await exchange(port, "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            #expect(answer.isEmpty)
        }
    }

    @Test(arguments: [
        "GARBAGE\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{FC}\u{3}\u{3}",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n",
        "GET /" + String(repeating: "y", count: 200_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "y", count: 100_000) + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "X: y\r\n", count: 1_000) + "\r\n",
    ])
    func malformedRequestIsRefusedAndTheServerLives(_ request: String) async throws {
        var listener = EdgeListener(loopback)
        listener.limits.lingerMilliseconds = 50
        let seen = Seen()
        try await serving(
            listener,
            refuse: { reason, _, peer in
                guard reason == .requestUnreadable, peer.remoteAddress.hasPrefix("127.0.0.1:") else { return nil }
                return WireReply(
                    status: 400, headers: [WireHeader("Content-Type", "text/own")], body: Array("own words".utf8))
            },
            handler: { request, peer in
                seen.note(request, peer)
                return WireReply(status: 200)
            }
        ) { port in
            let answer = try await exchange(port, request)
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(answer)")
            #expect(answer.contains("\r\nContent-Type: text/own\r\n") && answer.hasSuffix("\r\n\r\nown words"))
            #expect(answer.contains("\r\nContent-Length: 9\r\n") && answer.contains("\r\nConnection: close\r\n"))
            #expect(seen.requests.isEmpty)
            let good = try await ask("http://127.0.0.1:\(port)", WireRequest(method: "GET", path: "/"))
            #expect(good.reply?.status == 200)
        }
    }

    @Test func connectionsThatBreakOffHarmNobody() async throws {
        let seen = Seen()
        try await serving(handler: { request, peer in
            seen.note(request, peer)
            return WireReply(status: 200)
        }) { port in
            let starts = ["", "P", "POST / HT", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n", "\r\n\r\n\r\n"]
            for start in starts {
                try await raw(port) { _, outbound in try await outbound.write(.init(string: start)) }
            }
            let good = try await ask("http://127.0.0.1:\(port)", WireRequest(method: "GET", path: "/good"))
            #expect(good.reply?.status == 200)
        }
        #expect(seen.requests.map(\.path) == ["/good"])
    }

    @Test func resetConnectionsHarmNobody() async throws {
        try await serving(handler: { _, _ in WireReply(status: 200) }) { port in
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
            for _ in 1...500 { reset(address) }
            let good = try await ask("http://127.0.0.1:\(port)", WireRequest(method: "GET", path: "/good"))
            #expect(good.reply?.status == 200)
        }
    }

    /// Connects and at once resets the connection, so that the server accepts what is already dead.
    private func reset(_ address: SocketAddress) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var abandon = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abandon, socklen_t(MemoryLayout<linger>.size))
        _ = address.withSockAddr { pointer, size in connect(descriptor, pointer, socklen_t(size)) }
        close(descriptor)
    }

    @Test func handlerFinishesWhenItsClientIsGone() async throws {
        let entered = Moment()
        let release = Moment()
        let finished = Moment()
        try await serving(handler: { _, _ in
            entered.happen()
            await release.passed
            if !Task.isCancelled { finished.happen() }
            return WireReply(status: 200)
        }) { port in
            try await raw(port) { _, outbound in
                try await outbound.write(.init(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
                await entered.passed
            }
            release.happen()
            await finished.passed
        }
    }

    @Test func answerThatIsNotHTTPBecomesAnError() async throws {
        let bad = [
            WireReply(status: 200, headers: [WireHeader("X", "a\r\nSet-Cookie: b")]),
            WireReply(status: 200, headers: [WireHeader("X\r\nY", "a")]),
            WireReply(status: 99), WireReply(status: 100_000), WireReply(status: -1),
        ]
        for reply in bad {
            try await serving(handler: { _, _ in reply }) { port in
                let outcome = try await ask("http://127.0.0.1:\(port)", WireRequest(method: "GET", path: "/"))
                #expect(outcome.reply?.status == 500)
                #expect(outcome.reply?.header("Set-Cookie") == nil)
            }
        }
    }

    @Test func gracefulShutdownAnswersWhatIsInFlight() async throws {
        let entered = Moment()
        let release = Moment()
        let server = try EdgeServer(EdgeListener(loopback)) { _, _ in
            entered.happen()
            await release.passed
            return WireReply(status: 200, body: Array("kept".utf8))
        }
        async let ended: Void = server.run()
        let port = try await server.port
        let url = "http://127.0.0.1:\(port)"
        async let inFlight = ask(url, WireRequest(method: "POST", path: "/", body: [1]))
        await entered.passed

        async let closed: Void = server.shutdown()
        while await connects(to: port) {}
        let late = try await ask(url, WireRequest(method: "GET", path: "/"))
        #expect(late.isNotSent)

        release.happen()
        let reply = try await inFlight.reply
        #expect(reply?.body == Array("kept".utf8))
        #expect(reply?.header("Connection") == "close")
        await closed
        try await ended
    }

    private func connects(to port: Int) async -> Bool {
        do {
            try await raw(port) { _, _ in }
            return true
        } catch {
            return false
        }
    }

    @Test func secondServerOnTheSamePortFails() async throws {
        try await serving(handler: { _, _ in WireReply(status: 200) }) { port in
            let second = try EdgeServer(EdgeListener(.tcp(host: "127.0.0.1", port: port))) { _, _ in
                WireReply(status: 200)
            }
            await #expect(throws: EdgeFailure.self) { try await second.run() }
            await #expect(throws: EdgeFailure.self) { try await second.port }
        }
    }
}

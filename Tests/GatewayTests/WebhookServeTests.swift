import FormatJSON
import Foundation
import Testing

@testable import Gateway

/// Events of the running program over real sockets: webhooks, streams, and what a restart does to them.
@Suite("Webhooks and streams of the running program", .serialized)
struct WebhookServeTests {
    /// A gateway whose orders end as rejected within a moment: its core bank is not there.
    private func configuration(_ scratch: Scratch, _ hooks: [(name: String, port: Int)]) throws -> String {
        let path = try RunningGateway.configuration(scratch, hub: 9, drain: "1s")
        try scratch.write("hook", "a secret of the receiver")
        try scratch.write("hook-old", "the secret before that one")
        let list = hooks.map { hook in
            """
                  - name: \(hook.name)
                    url: http://127.0.0.1:\(hook.port)/hook?from=interlock
                    secret: {file: hook}
                    previousSecret: {file: hook-old}
                    events: [payment.rejected]
                    timeout: 300ms
                    attempts: 50
            """
        }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let changed = text.replacingOccurrences(
            of: "    apiKeys:\n", with: "    webhooks:\n\(list.joined(separator: "\n"))\n    apiKeys:\n")
        #expect(changed != text)
        return try scratch.write("interlock.yaml", changed)
    }

    private func payment(_ answer: String) throws -> String {
        let end = try #require(answer.range(of: "\r\n\r\n"))
        return try #require(try JSONValue.parse(String(answer[end.upperBound...]))["id"]?.string)
    }

    @Test func aHangingReceiverDelaysNobodyAndAKilledGatewayGoesOnWhereItWas() async throws {
        let scratch = try Scratch()
        let hanging = try HookReceiver { _ in .silence }
        // Fails twice, then takes two events, then fails until the gateway is killed.
        let moody = try HookReceiver { number in number == 3 || number == 4 ? .status(204) : .status(500) }
        let config = try configuration(scratch, [("hanging", hanging.port), ("moody", moody.port)])
        let gateway = try RunningGateway(config)
        let ready = try await gateway.ready()
        var ids: [String] = []
        for number in 0..<3 {
            let answer = try await RunningGateway.order(ready.channel, key: "w-\(number)", prefer: "wait=30")
            ids.append(try payment(answer))
        }
        await moody.until { $0.deliveries.count >= 5 }
        #expect(moody.taken.map { String($0.prefix(26)) } == Array(ids[..<2]))
        await hanging.until { $0.deliveries.count >= 2 }
        #expect(Set(hanging.deliveries.map { $0.header("Interlock-Event") }).count == 1, "asked again, cut off")
        let first = moody.deliveries[0]
        #expect(first.head.hasPrefix("POST /hook?from=interlock HTTP/1.1"))
        let signature = try #require(first.header("Interlock-Signature"))
        #expect(signature.firstMatch(of: /^t=\d{10},v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/) != nil, "\(signature)")
        let event = try JSONValue.parse(first.body)
        #expect(event["type"]?.string == "payment.rejected" && event["payment"]?["id"]?.string == ids[0])
        gateway.signal(SIGKILL)
        _ = await gateway.end()
        moody.stop()

        let well = try HookReceiver { _ in .status(200) }
        let again = try RunningGateway(try configuration(scratch, [("hanging", hanging.port), ("moody", well.port)]))
        let port = try await again.ready().channel
        let answer = try await RunningGateway.order(port, key: "w-3", prefer: "wait=30")
        ids.append(try payment(answer))
        await well.until { $0.taken.count >= 2 }
        #expect((moody.taken + well.taken).map { String($0.prefix(26)) } == ids, "each once, in order")

        let log = gateway.errors + again.errors
        for word in ["a secret of", "the secret before", "254700000001", "from=interlock"] {
            #expect(!log.contains(word), "the log tells \(word)")
        }
        #expect(log.contains("\"webhook failed\""))
        let stopped = ContinuousClock.now
        again.signal(SIGTERM)
        #expect(await again.end() == 0)
        #expect(ContinuousClock.now - stopped < .seconds(5), "a receiver that hangs does not hold up a stop")
        for receiver in [hanging, well] { receiver.stop() }
    }

    @Test func aStreamTellsAllFromItsPlaceAndEndsWithTheGateway() async throws {
        let scratch = try Scratch()
        let gateway = try RunningGateway(try RunningGateway.configuration(scratch, hub: 9, drain: "1s"))
        let port = try await gateway.ready().channel
        let answer = try await RunningGateway.order(port, key: "s-1", prefer: "wait=30")
        let id = try payment(answer)
        let request = [
            "GET /v1/events?type=payment.received,payment.rejected HTTP/1.1", "Host: localhost",
            "Authorization: Bearer test", "Accept: text/event-stream", "Last-Event-ID: ZTA", "", "",
        ].joined(separator: "\r\n")
        let stream = Task { try await RunningGateway.exchange(port, request) }
        let second = try payment(try await RunningGateway.order(port, key: "s-2", prefer: "wait=30"))
        gateway.signal(SIGTERM)
        #expect(await gateway.end() == 0)
        let text = try await stream.value
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.contains("text/event-stream"))
        #expect(text.contains("retry: 3000") && text.contains(id) && text.contains(second))
        #expect(text.hasSuffix("0\r\n\r\n"), "it ended, it was not cut")
    }

    @Test(arguments: [
        ("secret: {file: hook}", "", "webhooks[0].secret: is missing"),
        ("a secret of the receiver", "short", "is shorter than 16 characters"),
        ("payment.rejected", "payment.gone", "is no event"),
        ("http://127.0.0.1", "http://bank.example", "is plain HTTP to another machine"),
        ("http://127.0.0.1", "bank.example", "is no address"),
        ("name: ledger", "name: The Ledger", "letters a-z"),
        ("timeout: 300ms", "timeout: 2m", "60s at most"), ("attempts: 50", "atempts: 50", "did you mean attempts"),
    ])
    func aWebhookThatCannotBeIsTold(_ from: String, _ to: String, _ says: String) async throws {
        let scratch = try Scratch()
        let path = try configuration(scratch, [("ledger", 9)])
        if from.hasPrefix("a secret") {
            try scratch.write("hook", to)
        } else {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.contains(from))
            try scratch.write("interlock.yaml", text.replacingFirst(from, to))
        }
        do {
            _ = try ConfigReader.read(path: path, for: .run(insecureLoopback: true))
            Issue.record("it was taken")
        } catch let problems as ConfigProblems {
            #expect(problems.description.contains(says), "\(problems)")
        }
    }
}

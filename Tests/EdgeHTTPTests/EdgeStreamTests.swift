import EdgeHTTP
import NIOCore
import Payments
import Synchronization
import Testing

/// Parts that a test gives one by one.
private final class Source: Sendable {
    let ended = Moment()
    let cancelled = Moment()
    private let state = Mutex((parts: [[UInt8]?](), waiting: [CheckedContinuation<Void, Never>](), asked: 0))

    var asked: Int { state.withLock { $0.asked } }

    func give(_ part: String?) {
        let waiting = state.withLock { state in
            state.parts.append(part.map { Array($0.utf8) })
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func next() async -> [UInt8]? {
        state.withLock { $0.asked += 1 }
        return await withTaskCancellationHandler {
            while true {
                if let part = state.withLock({ $0.parts.isEmpty ? nil : .some($0.parts.removeFirst()) }) { return part }
                await withCheckedContinuation { continuation in
                    let isThere = state.withLock { state in
                        if state.parts.isEmpty { state.waiting.append(continuation) }
                        return !state.parts.isEmpty
                    }
                    if isThere { continuation.resume() }
                }
            }
        } onCancel: {
            cancelled.happen()
            give(nil)
        }
    }

    var stream: EdgeStream {
        EdgeStream(
            headers: [WireHeader("Content-Type", "text/event-stream")], next: { await self.next() },
            ended: { self.ended.happen() })
    }
}

@Suite("Server: answers that grow")
struct EdgeStreamTests {
    private func streaming<Value: Sendable>(
        _ source: Source, _ listener: EdgeListener = EdgeListener(loopback),
        _ body: (Int, EdgeServer) async throws -> Value
    ) async throws -> Value {
        let server = try EdgeServer(listener, streaming: { _, _ in .stream(source.stream) })
        async let running: Void = server.run()
        let port = try await server.port
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(port, server))
        } catch {
            result = .failure(error)
        }
        source.give(nil)
        await server.shutdown()
        try await running
        return try result.get()
    }

    @Test func partsArriveAsTheyAreMadeAndTheEndEndsTheConnection() async throws {
        let source = Source()
        try await streaming(source) { port, _ in
            let answer = try await raw(port) { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
                var answer = ""
                var given = 0
                source.give("part-0\n\n")
                for try await piece in inbound {
                    answer += text(piece)
                    if answer.contains("part-\(given)\n\n"), given < 3 {
                        given += 1
                        source.give(given < 3 ? "part-\(given)\n\n" : nil)
                    }
                }
                return answer
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("Content-Type: text/event-stream\r\n"))
            #expect(answer.lowercased().contains("transfer-encoding: chunked\r\n"))
            #expect(!answer.lowercased().contains("content-length"))
            #expect(answer.hasSuffix("0\r\n\r\n"), "the body has its end")
            await source.ended.passed
        }
    }

    @Test func aPeerThatGoesEndsItsStreamAtOnce() async throws {
        let source = Source()
        try await streaming(source) { port, _ in
            _ = try await exchange(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") { $0.hasSuffix("\r\n\r\n") }
            await source.cancelled.passed
            await source.ended.passed
        }
    }

    @Test func aPeerThatTakesNothingHoldsOnePartAndIsCutOff() async throws {
        var listener = EdgeListener(loopback)
        listener.limits.answerStallMilliseconds = 200
        let source = Source()
        let part = String(repeating: "x", count: 1 << 20)
        try await streaming(source, listener) { port, _ in
            try await raw(port) { _, outbound in
                try await outbound.write(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
                for _ in 0..<40 { source.give(part) }
                await source.ended.passed
            }
            #expect(source.asked < 30, "what nobody takes is not asked for")
        }
    }

    @Test func anIdleStreamIsNotAnIdleConnection() async throws {
        var listener = EdgeListener(loopback)
        listener.limits.idleMilliseconds = 50
        let source = Source()
        try await streaming(source, listener) { port, _ in
            let answer = try await raw(port) { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
                var answer = ""
                let later = Task {
                    try await ContinuousClock().sleep(for: .milliseconds(200))
                    source.give("late\n\n")
                    source.give(nil)
                }
                for try await piece in inbound { answer += text(piece) }
                try await later.value
                return answer
            }
            #expect(answer.contains("late\n\n"))
        }
    }

    @Test func onlyAGETGetsAStream() async throws {
        let source = Source()
        try await streaming(source) { port, _ in
            let answer = try await exchange(port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n") {
                $0.hasSuffix("\r\n\r\n")
            }
            #expect(answer.hasPrefix("HTTP/1.1 500"))
            await source.ended.passed
        }
    }
}

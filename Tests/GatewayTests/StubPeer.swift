import Foundation
import Synchronization

/// A neighbour of few words on a real socket: what it answers to each request is the test's.
final class StubPeer: Sendable {
    struct Answer: Sendable {
        var bytes: [UInt8]
        /// The connection ends after these bytes.
        var closes = false

        static func json(_ status: Int, _ body: String, date: String? = nil) -> Answer {
            let head =
                [
                    "HTTP/1.1 \(status) Said", "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
                ] + (date.map { ["Date: \($0)"] } ?? [])
            return Answer(bytes: Array((head + ["", body]).joined(separator: "\r\n").utf8))
        }

        /// Promises a whole body, writes half of it and hangs up.
        static func half(_ body: String) -> Answer {
            let text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            return Answer(bytes: Array(text.utf8) + body.utf8.prefix(body.utf8.count / 2), closes: true)
        }

        /// Half a body whose end only the hang-up tells.
        static func cutOff(_ body: String) -> Answer {
            let text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
            return Answer(bytes: Array(text.utf8) + body.utf8.prefix(body.utf8.count / 2), closes: true)
        }

        static let silence = Answer(bytes: [], closes: true)

        static func garbage() -> Answer { Answer(bytes: [0x16, 0x03, 0x00, 0xFF, 0x0A, 0x0A], closes: true) }
    }

    let port: Int
    private let descriptor: Int32
    private let seen = Seen()

    private final class Seen: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func note(_ line: String) { lines.withLock { $0.append(line) } }
    }

    /// First lines of the requests that came, in order.
    var requests: [String] { seen.all }

    /// - Parameter respond: of the first line of a request; nil hangs up without a word.
    init(_ respond: @escaping @Sendable (String) -> Answer?) throws {
        (descriptor, port) = try Listener.open()
        let descriptor = descriptor
        let seen = seen
        Thread.detachNewThread {
            while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                Thread.detachNewThread {
                    StubPeer.serve(connection) { line in
                        seen.note(line)
                        return respond(line)
                    }
                    close(connection)
                }
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private static func serve(_ connection: Int32, _ respond: (String) -> Answer?) {
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            while let (line, length) = request(text) {
                text.removeFirst(length)
                guard let answer = respond(line) else { return }
                guard send(connection, answer.bytes, answer.bytes.count, Int32(MSG_NOSIGNAL)) >= 0 else { return }
                if answer.closes { return }
            }
            let count = recv(connection, &part, part.count, 0)
            guard count > 0 else { return }
            text += part[..<count]
        }
    }

    /// The first line of a request that is there in full, and its length.
    private static func request(_ bytes: [UInt8]) -> (String, Int)? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let head = text[..<end.lowerBound]
        let lines = head.components(separatedBy: "\r\n")
        let length =
            lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
        let whole = head.utf8.count + 4 + length
        return bytes.count >= whole ? (lines[0], whole) : nil
    }
}

extension StubPeer {
    /// A core bank that does everything, but for what `other` says about a request's first line.
    static func coreBank(_ other: @escaping @Sendable (String) -> Answer? = { _ in nil }) throws -> StubPeer {
        try StubPeer { line in
            if let answer = other(line) { return answer }
            if line.contains("/transfers") { return .json(200, #"{"state":"ACCEPTED"}"#) }
            if line.contains("/quotes") {
                return .json(200, #"{"state":"ACCEPTED","fspFee":{"amount":0,"currency":"KES"}}"#)
            }
            return .json(200, #"{"accountId":"A-1","currency":"KES","status":"ACTIVE"}"#)
        }
    }
}

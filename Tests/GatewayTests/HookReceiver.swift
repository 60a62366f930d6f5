import Foundation
import Synchronization

/// A receiver of webhooks on a real socket: what it was sent, and what it says to each request.
final class HookReceiver: Sendable {
    enum Answer: Sendable { case status(Int), silence }

    struct Delivery: Sendable {
        var head: String
        var body: String
        func header(_ name: String) -> String? {
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    private struct State {
        var deliveries: [Delivery] = []
        var taken: [String] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let port: Int
    private let descriptor: Int32
    private let state = Mutex(State())
    private let answer: @Sendable (_ number: Int) -> Answer

    init(_ answer: @escaping @Sendable (Int) -> Answer) throws {
        (descriptor, port) = try Listener.open()
        self.answer = answer
        Thread.detachNewThread { [self] in
            while case let peer = accept(self.descriptor, nil, nil), peer >= 0 {
                Thread.detachNewThread { [self] in serve(peer) }
            }
        }
    }

    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    var deliveries: [Delivery] { state.withLock { $0.deliveries } }
    /// Ids of the events that were taken, in order.
    var taken: [String] { state.withLock { $0.taken } }

    /// Waits until enough was taken, or asked.
    func until(_ holds: (HookReceiver) -> Bool) async {
        while true {
            let seen = deliveries.count + taken.count
            if holds(self) { return }
            await withCheckedContinuation { continuation in
                let isOld = state.withLock { state in
                    guard state.deliveries.count + state.taken.count == seen else { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isOld { continuation.resume() }
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiting = state.withLock { state in
            body(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func serve(_ peer: Int32) {
        defer { close(peer) }
        var held: [UInt8] = []
        while let delivery = request(peer, &held) {
            change { $0.deliveries.append(delivery) }
            switch answer(deliveries.count) {
            case .silence:
                // Reads on, so that the connection stays open until the other side has enough.
                var part = [UInt8](repeating: 0, count: 256)
                while recv(peer, &part, part.count, 0) > 0 {}
                return
            case .status(let status):
                if status < 300 { change { $0.taken.append(delivery.header("Interlock-Event") ?? "") } }
                let text = "HTTP/1.1 \(status) Answer\r\nContent-Length: 0\r\n\r\n"
                _ = send(peer, text, text.utf8.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    /// The next request of a connection; nil at its end.
    private func request(_ peer: Int32, _ held: inout [UInt8]) -> Delivery? {
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            if let end = String(decoding: held, as: UTF8.self).range(of: "\r\n\r\n") {
                let text = String(decoding: held, as: UTF8.self)
                let head = String(text[..<end.lowerBound])
                let length = Delivery(head: head, body: "").header("Content-Length").flatMap { Int($0) } ?? 0
                let start = head.utf8.count + 4
                if held.count >= start + length {
                    let body = String(decoding: held[start..<start + length], as: UTF8.self)
                    held.removeFirst(start + length)
                    return Delivery(head: head, body: body)
                }
            }
            guard case let count = recv(peer, &part, part.count, 0), count > 0 else { return nil }
            held += part[..<count]
        }
    }
}

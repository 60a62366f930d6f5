import LabWorld
import Synchronization

/// The far sides of a forwarder: one listener that answers as recorded, and the requests that follow.
final class ScriptWorld: Sendable {
    private struct Open {
        var left: Int
        var done: CheckedContinuation<String?, Never>
    }

    private let script: Script
    private let followers: [Int: [Int]]
    private let client: LabClient
    private let server = Mutex<LabServer?>(nil)
    private let target = Mutex("")
    private let open = Mutex<[Int: Open]>([:])

    init(script: Script, identity: LabIdentity) async throws {
        self.script = script
        followers = script.followers
        client = try LabClient(identity: identity)
        let started = try await LabServer.start(identity: identity) { [weak self] request in
            self?.answer(request) ?? .close
        }
        server.withLock { $0 = started }
    }

    /// Base URL of the listener.
    var url: String { "https://localhost:\(server.withLock { $0?.port } ?? 0)" }

    /// Tells where the forwarder is.
    func send(to base: String) { target.withLock { $0 = base } }

    func stop() async {
        await server.withLock { $0 }?.stop()
        await client.stop()
    }

    /// Begins a payment; returns when every request towards the forwarder is answered.
    func pay(_ payment: Int) async throws {
        let trouble = await withCheckedContinuation { done in
            open.withLock { $0[payment] = Open(left: script.inward, done: done) }
            Task { await send(payment, script.opening) }
        }
        if let trouble { throw MeasureFailure("the forwarder: \(trouble)") }
    }

    private func answer(_ request: LabRequest) -> LabAnswer {
        guard let mark = Mark.read(request.header(Mark.header)), script.crossings.indices.contains(mark.crossing) else {
            return .reply(LabReply(status: 400))
        }
        follow(mark.payment, mark.crossing)
        let crossing = script.crossings[mark.crossing]
        return .reply(
            LabReply(
                status: crossing.status, headers: crossing.replyHeaders.map { ($0.name, $0.value) },
                body: crossing.replyBody))
    }

    private func follow(_ payment: Int, _ index: Int) {
        for next in followers[index] ?? [] { Task { await send(payment, next) } }
    }

    private func send(_ payment: Int, _ index: Int) async {
        let crossing = script.crossings[index]
        let request = LabRequest(
            method: crossing.method, path: crossing.path, query: crossing.query,
            headers: crossing.headers.map { ($0.name, $0.value) } + [(Mark.header, Mark.text(payment, index))],
            body: crossing.body)
        let outcome = await client.send(request, to: target.withLock { $0 }, milliseconds: 30_000)
        guard outcome.status == crossing.status else { return end(payment, "\(outcome)") }
        follow(payment, index)
        end(payment, nil)
    }

    /// One request less; the payment ends with the last, or with the first that fails.
    private func end(_ payment: Int, _ trouble: String?) {
        let done = open.withLock { open -> CheckedContinuation<String?, Never>? in
            guard var entry = open[payment] else { return nil }
            entry.left -= 1
            open[payment] = entry.left == 0 || trouble != nil ? nil : entry
            return open[payment] == nil ? entry.done : nil
        }
        done?.resume(returning: trouble)
    }
}

import LabWorld
import Synchronization

/// One request and its answer on the way between the gateway and a far side.
struct Crossing: Codable, Sendable {
    struct Header: Codable, Sendable {
        var name: String
        var value: String
    }

    /// Where it went: `hub`, `clearing`, `core`, `gateway`.
    var link: String
    /// Towards the gateway.
    var isInward: Bool
    /// Nanoseconds since 1970: the request seen, the answer seen.
    var begun: Int64
    var ended: Int64
    var method: String
    var path: String
    var query: String
    var headers: [Header]
    var body: [UInt8]
    var status: Int
    var replyHeaders: [Header]
    var replyBody: [UInt8]

    /// Both directions, heads included, as HTTP/1.1 writes them.
    var bytes: Int {
        method.utf8.count + path.utf8.count + query.utf8.count + 12 + body.count + 17 + replyBody.count
            + (headers + replyHeaders).reduce(4) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    }
}

/// Stands between the gateway and the far sides for a few payments and writes down what crosses.
final class Recorder: Sendable {
    private let seen = Mutex<[Crossing]>([])
    private let ends = Mutex<[(server: LabServer, client: LabClient)]>([])

    /// Opens a door for which requests go on to `target`, under the certificate of their sender.
    /// - Returns: the base URL of the door.
    func open(_ link: String, isInward: Bool, as identity: LabIdentity, target: String) async throws -> String {
        let client = try LabClient(identity: identity)
        let server = try await LabServer.start(identity: identity) { [weak self] request in
            await self?.pass(request, link, isInward: isInward, client, target) ?? .close
        }
        ends.withLock { $0.append((server, client)) }
        return "https://localhost:\(server.port)"
    }

    private func pass(
        _ request: LabRequest, _ link: String, isInward: Bool, _ client: LabClient, _ target: String
    ) async -> LabAnswer {
        let begun = wallClock()
        let headers = Self.endToEnd(request.headers)
        var onward = request
        onward.headers = headers.map { ($0.name, $0.value) }
        guard case .replied(let reply) = await client.send(onward, to: target, milliseconds: 30_000) else {
            return .close
        }
        let replyHeaders = Self.endToEnd(reply.headers)
        let crossing = Crossing(
            link: link, isInward: isInward, begun: begun, ended: wallClock(), method: request.method,
            path: request.path, query: request.query, headers: headers, body: request.body, status: reply.status,
            replyHeaders: replyHeaders, replyBody: reply.body)
        seen.withLock { $0.append(crossing) }
        return .reply(
            LabReply(status: reply.status, headers: replyHeaders.map { ($0.name, $0.value) }, body: reply.body))
    }

    /// What each end of a connection says for itself is not passed on.
    private static func endToEnd(_ headers: [(name: String, value: String)]) -> [Crossing.Header] {
        let own: Set<String> = ["host", "content-length", "transfer-encoding", "connection", "server"]
        return headers.filter { !own.contains($0.name.lowercased()) }.map {
            Crossing.Header(name: $0.name, value: $0.value)
        }
    }

    /// What crossed since the last call, in the order of the requests.
    func take() -> [Crossing] {
        seen.withLock { seen in
            defer { seen = [] }
            return seen.sorted { $0.begun < $1.begun }
        }
    }

    /// How much crossed since then, to see when it is quiet.
    var count: Int { seen.withLock { $0.count } }

    func stop() async {
        for end in ends.withLock({ $0 }) {
            await end.server.stop()
            await end.client.stop()
        }
    }
}

import FormatJSON
import Synchronization

/// What every peer of the lab has: a listener, a client with its own certificate, moods, and a journal.
public final class LabPeer: Sendable {
    public let name: String
    public let identity: LabIdentity
    public let moods = MoodBoard()
    public let journal = LabJournal()
    public let client: LabClient

    private let server = Mutex<LabServer?>(nil)
    private let boards = Mutex<[String: MoodBoard]>([:])

    /// Common name of the certificate that may set moods besides the peer's own.
    public static let operatorName = "lab"

    public init(name: String, identity: LabIdentity) throws {
        self.name = name
        self.identity = identity
        client = try LabClient(identity: identity)
    }

    /// `https://127.0.0.1:PORT`; empty before `listen`.
    public var url: String { server.withLock { $0?.url } ?? "" }
    /// The bound port; 0 before `listen`.
    public var port: Int { server.withLock { $0?.port } ?? 0 }

    /// Starts the listener. `PUT /lab/mood` is served here for `curl`; everything else goes to the handler.
    public func listen(
        port: Int = 0, handler: @escaping @Sendable (LabRequest) async -> LabAnswer
    ) async throws {
        let started = try await LabServer.start(identity: identity, port: port) { request in
            if request.path.hasPrefix("/lab/") { return .reply(self.administer(request)) }
            return await handler(request)
        }
        server.withLock { $0 = started }
    }

    /// Ends the listener and the client.
    public func stop() async {
        let running = server.withLock { server in
            defer { server = nil }
            return server
        }
        await running?.stop()
        await client.stop()
    }

    /// Moods of someone who lives inside this peer, such as a simulated FSP; set with `"peer": name`.
    func adopt(_ board: MoodBoard, as name: String) {
        boards.withLock { $0[name] = board }
    }

    private func administer(_ request: LabRequest) -> LabReply {
        guard request.commonName == Self.operatorName || request.commonName == identity.commonName else {
            return LabReply(status: 403)
        }
        switch (request.method, request.path) {
        case ("PUT", "/lab/mood"):
            guard let json = try? JSONValue.parse(request.body) else { return LabReply(status: 400) }
            var board: MoodBoard? = moods
            if let inner = json["peer"]?.string, inner != name { board = boards.withLock { $0[inner] } }
            return LabReply(status: board?.apply(json) == true ? 204 : 400)
        case ("DELETE", "/lab/mood"):
            moods.clear()
            for board in boards.withLock({ Array($0.values) }) { board.clear() }
            return LabReply(status: 204)
        case ("GET", "/lab/violations"):
            return .json(200, .array(journal.violations.map { .string($0) }))
        default:
            return LabReply(status: 404)
        }
    }
}

/// Waits without holding up anybody else; ends early when the task is cancelled.
func pause(milliseconds: Int) async {
    guard milliseconds > 0 else { return }
    try? await Task.sleep(for: .milliseconds(milliseconds))
}

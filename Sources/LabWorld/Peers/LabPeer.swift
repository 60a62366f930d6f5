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
    private let reports = Mutex<(@Sendable (String) async -> DayReport)?>(nil)

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

    /// Starts the listener. `GET /health`, and for `curl` `PUT /lab/mood` and `GET /lab/report?participant=NAME`, are
    /// served here; everything else goes to the handler.
    public func listen(
        port: Int = 0, handler: @escaping @Sendable (LabRequest) async -> LabAnswer
    ) async throws {
        let started = try await LabServer.start(identity: identity, port: port) { request in
            if request.path == "/health" { return await self.beat() }
            if request.path == "/lab/report" { return .reply(await self.report(request)) }
            if request.path.hasPrefix("/lab/") { return .reply(self.administer(request)) }
            return await handler(request)
        }
        server.withLock { $0 = started }
    }

    /// Ends the listener and the client.
    public func stop() async {
        await goAway()
        await client.stop()
    }

    /// Ends the listener alone: until it is started again, on the same port, nobody reaches this peer.
    func goAway() async {
        let running = server.withLock { server in
            defer { server = nil }
            return server
        }
        await running?.stop()
    }

    /// Moods of someone who lives inside this peer, such as a simulated FSP; set with `"peer": name`.
    func adopt(_ board: MoodBoard, as name: String) {
        boards.withLock { $0[name] = board }
    }

    /// What the peer answers when a participant asks for its report of the day.
    func offerReport(_ make: @escaping @Sendable (String) async -> DayReport) {
        reports.withLock { $0 = make }
    }

    /// The answer to a heartbeat; a mood of the verb `health`, or of all verbs, can take it away.
    private func beat() async -> LabAnswer {
        let mood = moods.take("health")
        await pause(milliseconds: mood.delayBeforeMilliseconds + mood.delayAfterMilliseconds)
        return switch mood {
        case .reset: .close
        case .error: .reply(.json(500, ["status": "DOWN"]))
        case .busy(let seconds): .reply(.busy(seconds: seconds, ["status": "DOWN"]))
        default: mood.answer(.json(200, ["status": "OK"]))
        }
    }

    private func report(_ request: LabRequest) async -> LabReply {
        guard mayAdminister(request) else { return LabReply(status: 403) }
        let named = request.query.split(separator: "&").first { $0.hasPrefix("participant=") }?.dropFirst(12)
        guard request.method == "GET", let named, let make = reports.withLock({ $0 }) else {
            return LabReply(status: 404)
        }
        let text = await make(String(named)).csv
        return LabReply(status: 200, headers: [("Content-Type", "text/csv; charset=utf-8")], body: Array(text.utf8))
    }

    private func mayAdminister(_ request: LabRequest) -> Bool {
        request.commonName == Self.operatorName || request.commonName == identity.commonName
    }

    private func administer(_ request: LabRequest) -> LabReply {
        guard mayAdminister(request) else { return LabReply(status: 403) }
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

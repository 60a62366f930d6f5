import Crypto
import FormatJSON
import Foundation
import Synchronization

/// A program of the bank's that hears what becomes of its payments: it believes only what is signed, and takes each
/// event once however often it comes.
///
/// Verb of its mood board: `event`.
public final class WebhookReceiver: Sendable {
    public struct Event: Sendable, Equatable {
        public let id: String
        public let type: String
        public let payment: String
    }

    private struct State {
        var server: LabServer?
        var events: [Event] = []
        var ids: Set<String> = []
    }

    public let journal = LabJournal()
    public let moods = MoodBoard()
    private let secret: SymmetricKey
    private let state = Mutex(State())

    /// A signature that is older than this is somebody's repeat.
    static let oldestSeconds: Int64 = 300
    static let eventsLimit = 100_000

    public init(secret: String) { self.secret = SymmetricKey(data: Data(secret.utf8)) }

    public var port: Int { state.withLock { $0.server?.port ?? 0 } }
    /// Events that it has taken, in the order in which they came first.
    public var events: [Event] { state.withLock { $0.events } }

    /// Where no certificate is asked for, as on the web.
    public func start(identity: LabIdentity, port: Int = 0) async throws {
        let server = try await LabServer.start(identity: identity, port: port, demandsCertificate: false) {
            [weak self] request in await self?.respond(to: request) ?? .close
        }
        state.withLock { $0.server = server }
    }

    public func stop() async { await state.withLock({ $0.server })?.stop() }

    public func respond(to request: LabRequest) async -> LabAnswer {
        let mood = moods.take("event")
        if mood == .reset { return .close }
        await pause(milliseconds: mood.delayBeforeMilliseconds)
        if mood == .lost { return .never }
        if case .busy(let seconds) = mood { return .reply(.busy(seconds: seconds, ["says": "later"])) }
        if case .error(let code) = mood { return .reply(LabReply(status: Int(code) ?? 500)) }
        guard isSigned(request) else {
            journal.violation("an event without a right signature: \(request.header("Interlock-Signature") ?? "none")")
            return .reply(LabReply(status: 401))
        }
        guard let json = try? JSONValue.parse(request.body), let id = json["id"]?.string,
            let type = json["type"]?.string, let payment = json.at("payment.id")?.string
        else {
            journal.violation("an event that names no id, type and payment")
            return .reply(LabReply(status: 400))
        }
        if request.header("Interlock-Event") != id { journal.violation("event \(id): the header names another") }
        state.withLock { state in
            guard state.events.count < Self.eventsLimit, state.ids.insert(id).inserted else { return }
            state.events.append(Event(id: id, type: type, payment: payment))
        }
        journal.note(.received, "event", id: id, party: request.header("Interlock-Webhook") ?? "", status: 204)
        return mood.answer(LabReply(status: 204))
    }

    /// `t=SECONDS,v1=HEX`: HMAC-SHA256 over `SECONDS.BODY`.
    private func isSigned(_ request: LabRequest) -> Bool {
        let parts = (request.header("Interlock-Signature") ?? "").split(separator: ",")
        guard let time = parts.first(where: { $0.hasPrefix("t=") })?.dropFirst(2), let seconds = Int64(time),
            abs(LabTime.now() / 1000 - seconds) <= Self.oldestSeconds
        else { return false }
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(time).".utf8) + request.body, using: secret)
        let wanted = "v1=" + code.map { String(format: "%02x", $0) }.joined()
        return parts.contains { $0 == wanted }
    }
}

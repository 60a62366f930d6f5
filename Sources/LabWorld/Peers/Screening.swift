import FormatJSON
import Synchronization

/// A screening service: asked before money moves, it allows, refuses, or wants a person to look.
///
/// Verb of its mood board: `screen`. A mood `error` with `refuse`, `review` or another word is that decision, with a
/// number that HTTP status; all other faults are those of every peer.
public final class Screening: Sendable {
    /// What it decides by the names in the payment; everybody else is allowed.
    public struct Rules: Sendable {
        public var refusedNames: Set<String> = []
        public var reviewedNames: Set<String> = []

        public init() {}
    }

    private struct State {
        var rules = Rules()
        var asked: [String: [UInt8]] = [:]
    }

    public let peer: LabPeer
    private let state = Mutex(State())

    static let namesLimit = 100_000

    public init(identity: LabIdentity, name: String = "screening") throws {
        peer = try LabPeer(name: name, identity: identity)
    }

    public var journal: LabJournal { peer.journal }
    public var moods: MoodBoard { peer.moods }
    public var url: String { peer.url }

    public func start(port: Int = 0) async throws {
        try await peer.listen(port: port) { [weak self] request in await self?.respond(to: request) ?? .close }
    }

    public func stop() async { await peer.stop() }

    public func set(_ rules: Rules) { state.withLock { $0.rules = rules } }

    public func respond(to request: LabRequest) async -> LabAnswer {
        guard request.method == "POST", request.path.hasSuffix("/screen") else {
            journal.violation("\(request.method) \(request.path): the service takes POST /screen")
            return .reply(LabReply(status: 404))
        }
        guard let json = try? JSONValue.parse(request.body), let id = json["id"]?.string else {
            journal.violation("a question without a payment's id")
            return .reply(LabReply(status: 400))
        }
        judge(json, id, request)
        let mood = moods.take("screen")
        if mood == .reset { return .close }
        await pause(milliseconds: mood.delayBeforeMilliseconds)
        if mood == .lost { return .never }
        let reply = reply(to: json, mood)
        journal.note(.received, "screen", id: id, party: json["tenant"]?.string ?? "", status: reply.status)
        await pause(milliseconds: mood.delayAfterMilliseconds)
        return mood.answer(reply)
    }

    private func reply(to json: JSONValue, _ mood: Mood) -> LabReply {
        if case .busy(let seconds) = mood { return .busy(seconds: seconds, ["says": "later"]) }
        var decision = decision(on: json)
        if case .error(let code) = mood {
            if let status = Int(code) { return .json(status, ["says": "broken"]) }
            decision = code.isEmpty ? "refuse" : code
        }
        return .json(
            200,
            [
                "decision": .string(decision), "reason": "the lab's list of names",
                "reference": .string("CASE-\(json["id"]?.string?.suffix(6) ?? "")"),
            ])
    }

    private func decision(on json: JSONValue) -> String {
        let names = ["debtor.name", "creditor.name"].compactMap { json.at($0)?.string }
        let rules = state.withLock { $0.rules }
        if names.contains(where: { rules.refusedNames.contains($0) }) { return "refuse" }
        return names.contains(where: { rules.reviewedNames.contains($0) }) ? "review" : "allow"
    }

    /// What the question must hold, and that one key never asks about two things.
    private func judge(_ json: JSONValue, _ id: String, _ request: LabRequest) {
        let texts = ["tenant", "direction", "kind", "origin", "amount", "currency"]
        for name in texts where json[name]?.string?.isEmpty ?? true {
            journal.violation("screening of \(id) without \(name)")
        }
        if LabAmount(json["amount"]?.string ?? "") == nil { journal.violation("screening of \(id): amount") }
        guard let key = request.header("Idempotency-Key"), key.hasPrefix(id) else {
            return journal.violation("screening of \(id) without an Idempotency-Key of its own")
        }
        let isOther = state.withLock { state in
            if state.asked.count >= Self.namesLimit { state.asked = [:] }
            defer { state.asked[key] = request.body }
            return state.asked[key].map { $0 != request.body } ?? false
        }
        if isOther { journal.violation("screening of \(id): same Idempotency-Key, other content") }
    }
}

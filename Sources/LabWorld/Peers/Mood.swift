import FormatJSON
import Synchronization

/// How a peer behaves toward one exchange: the faults that a gateway must survive.
public enum Mood: Sendable, Equatable {
    case normal
    /// Waits, then acts and answers.
    case slow(milliseconds: Int)
    /// Acts at once, answers late.
    case late(milliseconds: Int)
    /// Acts, and tells nobody.
    case silent
    /// Neither acts nor answers: as if the message had never come.
    case lost
    /// Acts once, answers or calls back twice.
    case twice
    /// Refuses with this code of its own scheme; an empty code means the peer's choice.
    case error(code: String)
    /// Says something that is not true: a wrong fulfilment, another amount, a success that did not happen.
    case lying
    /// Closes the connection after reading, without acting.
    case reset
    /// Acts, then closes the connection instead of answering.
    case resetAfter
    /// Acts, then sends half of the answer's body and closes.
    case halfBody
    /// Acts, then sends a whole HTTP answer that holds half of the body.
    case truncated
    /// Acts, then answers with bytes that are no message.
    case garbage
    /// Acts, then takes so long over sending the answer, a few bytes at a time.
    case drip(milliseconds: Int)
    /// Does not act: 503, and when to come again.
    case busy(seconds: Int)
    /// Calls back first, answers the request after.
    case callbackFirst
    /// Holds a callback back until another one has gone to the same receiver.
    case reordered

    /// Reads the names of the admin endpoint, such as `slow` with milliseconds or `error` with a code.
    public init?(name: String, milliseconds: Int = 0, code: String = "") {
        switch name {
        case "normal": self = .normal
        case "slow": self = .slow(milliseconds: milliseconds)
        case "late": self = .late(milliseconds: milliseconds)
        case "silent": self = .silent
        case "lost": self = .lost
        case "twice": self = .twice
        case "error": self = .error(code: code)
        case "lying": self = .lying
        case "reset": self = .reset
        case "resetAfter": self = .resetAfter
        case "halfBody": self = .halfBody
        case "truncated": self = .truncated
        case "garbage": self = .garbage
        case "drip": self = .drip(milliseconds: milliseconds)
        case "busy": self = .busy(seconds: max(1, milliseconds / 1000))
        case "callbackFirst": self = .callbackFirst
        case "reordered": self = .reordered
        default: return nil
        }
    }

    var delayBeforeMilliseconds: Int { if case .slow(let wait) = self { wait } else { 0 } }
    var delayAfterMilliseconds: Int { if case .late(let wait) = self { wait } else { 0 } }

    /// The answer as this mood lets it out, where the peer has acted.
    func answer(_ reply: LabReply) -> LabAnswer {
        switch self {
        case .silent, .lost: .never
        case .resetAfter: .close
        case .halfBody: .half(reply)
        case .truncated:
            .reply(
                LabReply(
                    status: reply.status, headers: reply.headers, body: Array(reply.body.prefix(reply.body.count / 2))))
        case .garbage:
            .reply(LabReply(status: 200, headers: reply.headers, body: Array("<<<{no message\u{0}".utf8)))
        case .drip(let milliseconds): .drip(reply, milliseconds: milliseconds)
        default: .reply(reply)
        }
    }
}

extension LabReply {
    /// 503 with Retry-After, and a body in the peer's own words.
    static func busy(seconds: Int, _ body: JSONValue) -> LabReply {
        var reply = LabReply.json(503, body)
        reply.headers.append(("Retry-After", String(seconds)))
        return reply
    }
}

/// The moods of one peer: queued for the next exchanges of a verb, or standing until changed.
/// A queued mood goes before a standing one, a verb's own before that of `all`.
public final class MoodBoard: Sendable {
    private struct State {
        var queued: [String: [Mood]] = [:]
        var standing: [String: Mood] = [:]
    }

    private let state = Mutex(State())

    /// Every verb of a peer that is not named apart.
    public static let all = "all"

    public init() {}

    /// The next exchanges of this verb, as many as `times`, go this way.
    public func next(_ verb: String, _ mood: Mood, times: Int = 1) {
        state.withLock { $0.queued[verb, default: []] += Array(repeating: mood, count: times) }
    }

    /// The next exchange of this verb goes this way, unless one is to go wrong already: what is drawn often and used
    /// seldom does not pile up.
    public func once(_ verb: String, _ mood: Mood) {
        state.withLock { state in
            if state.queued[verb]?.isEmpty ?? true { state.queued[verb] = [mood] }
        }
    }

    /// Every exchange of this verb goes this way from now on.
    public func always(_ verb: String, _ mood: Mood) {
        state.withLock { $0.standing[verb] = mood }
    }

    /// Back to normal for every verb.
    public func clear() {
        state.withLock { $0 = State() }
    }

    /// What stands or waits on the board, in words: `fulfil silent`.
    public var words: [String] {
        state.withLock { state in
            let standing = state.standing.filter { $0.value != .normal }.map { "\($0.key) \($0.value)" }
            let queued = state.queued.filter { !$0.value.isEmpty }.map { "\($0.key) next \($0.value[0])" }
            return (standing + queued).sorted()
        }
    }

    /// The mood of this verb alone, whatever stands for all; nil for none.
    func takeOwn(_ verb: String) -> Mood? {
        state.withLock { state in
            guard state.queued[verb]?.isEmpty == false else { return state.standing[verb] }
            return state.queued[verb]?.removeFirst()
        }
    }

    func take(_ verb: String) -> Mood {
        state.withLock { state in
            for key in [verb, Self.all] {
                if let first = state.queued[key]?.first {
                    state.queued[key]?.removeFirst()
                    return first
                }
            }
            return state.standing[verb] ?? state.standing[Self.all] ?? .normal
        }
    }

    /// `{"verb":"transfer","mood":"slow","milliseconds":500,"code":"","times":1}`; times 0 means always.
    func apply(_ json: JSONValue) -> Bool {
        guard let name = json["mood"]?.string,
            let mood = Mood(
                name: name, milliseconds: json["milliseconds"]?.int ?? 0, code: json["code"]?.string ?? "")
        else { return false }
        let verb = json["verb"]?.string ?? Self.all
        let times = json["times"]?.int ?? 1
        guard (0...1000).contains(times) else { return false }
        if times == 0 { always(verb, mood) } else { next(verb, mood, times: times) }
        return true
    }
}

import Payments

/// A message that was refused, or that asks about nothing that we know, for the audit log: who, what and why. No
/// bodies and no personal data.
public struct RefusedMessage: Sendable, Hashable {
    public var tenant: String
    public var network: String
    public var peer: String
    /// The message's name, or the request's method and resource.
    public var message: String
    /// The payment that it was held against, or the place in the message that is wrong.
    public var subject: String
    /// Layer, rule and reason.
    public var why: String

    public init(tenant: String, network: String, peer: String, message: String, subject: String, why: String) {
        self.tenant = tenant
        self.network = network
        self.peer = peer
        self.message = message
        self.subject = subject
        self.why = why
    }

    /// No longer than a line of a log should be, whatever a peer wrote.
    var bounded: RefusedMessage {
        RefusedMessage(
            tenant: tenant, network: network, peer: String(peer.prefix(64)), message: String(message.prefix(64)),
            subject: String(subject.prefix(128)), why: String(why.prefix(256)))
    }
}

/// Bounds what refusals may cost: the first of a kind is told at once, more of it within a minute are counted and told
/// as one. A peer that sends a million of them writes two lines a minute, and no refusal goes uncounted.
struct RefusalBook {
    struct Line: Sendable, Equatable {
        var message: RefusedMessage
        /// 1 for the first; for a summary, how many came after it.
        var count: Int
        var isSummary: Bool
    }

    private var counts: [RefusedMessage: (since: Instant, more: Int)] = [:]
    private(set) var total = 0

    /// The line to write now; nil when the message is only counted.
    mutating func note(_ message: RefusedMessage, at now: Instant) -> Line? {
        total += 1
        var kind = message
        if counts[kind] == nil, counts.count >= Limits.refusalKinds {
            // Too many kinds to tell apart: one line for all that remain of the peer.
            kind.message = "various"
            kind.subject = ""
            kind.why = "more kinds of refusal than are told apart"
            if counts[kind] == nil, counts.count >= 2 * Limits.refusalKinds { kind.peer = "various" }
        }
        if let known = counts[kind] {
            counts[kind] = (known.since, known.more + 1)
            return nil
        }
        counts[kind] = (now, 0)
        return Line(message: kind, count: 1, isSummary: false)
    }

    /// Summaries of the kinds whose minute is over, or of all.
    mutating func due(_ now: Instant, all: Bool) -> [Line] {
        let begun = now.adding(milliseconds: -Limits.refusalsAreOneMilliseconds)
        let over = counts.filter { all || $0.value.since <= begun }
        for kind in over.keys { counts[kind] = nil }
        return over.filter { $0.value.more > 0 }.map { Line(message: $0.key, count: $0.value.more, isSummary: true) }
    }
}

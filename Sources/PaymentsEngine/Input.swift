public import Payments

/// Something that happened and concerns one payment. Time and entropy come with it: the machine has no clock and no
/// dice.
public struct Input: Sendable {
    /// Indirect: an input passes through several hands, and is copied at each.
    public indirect enum Content: Sendable {
        /// A payment begins.
        case opens(Inbound, Origin)
        /// Our offer is taken up by the order itself.
        case takesUp(Inbound, order: Payment)
        /// A far side says something about a step.
        case tells(Inbound, [Verb], Heard, network: String)
        /// The same order came again with the same content.
        case repeated(Inbound)
        /// Something was asked and told beside the payment's own steps: for its archive alone.
        case beside([ArchivedMessage])
        /// What became of a request of ours.
        case exchanged(Exchange, WireOutcome)
        /// The process that sent this request died, or its claim ran out: it may have left.
        case interrupted(Exchange)
        case timer
        /// An operator decides what no machine can.
        case resolve(as: PaymentOutcome, by: String, evidence: String)
        /// The payer's word on the terms.
        case confirm(Bool)
        /// The payer calls the payment off.
        case cancel(String)
    }

    public var payment: PaymentID
    public var content: Content
    /// The bytes that came, for the archive.
    public var received: ArchivedMessage?
    public var entropy: UInt64
    /// Names that a commit found to belong to other payments: left out, or refused where the step hangs on them.
    public var taken: [Correlation] = []

    public init(payment: PaymentID, content: Content, received: ArchivedMessage? = nil, entropy: UInt64) {
        self.payment = payment
        self.content = content
        self.received = received
        self.entropy = entropy
    }
}

extension Input {
    /// The name that tells a repeat of the order from another one; nil for inputs that are no orders.
    var duplicateKey: Correlation? {
        switch content {
        case .opens(let inbound, _), .takesUp(let inbound, _): inbound.keys.first
        default: nil
        }
    }
}

extension Input {
    /// Whether no other payment may have this name: all that an order is found by, not its aliases.
    func claims(_ key: Correlation) -> Bool {
        if case .opens(let inbound, _) = content { return inbound.keys.contains(key) }
        return key == duplicateKey
    }
}

/// A payment in a shard's memory: the fold of its journal and the bytes that it may have to send again.
public final class CachedPayment: Sendable {
    public let record: PaymentRecord
    public let exchanges: [Int: Exchange]

    public init(record: PaymentRecord, exchanges: [Int: Exchange] = [:]) {
        self.record = record
        self.exchanges = exchanges
    }
}

/// A request that leaves after its commit, as bytes and as it was composed: what was just written is not read again.
public struct Departing: Sendable {
    public let exchange: Exchange
    /// Nil for bytes that were stored earlier and go out once more.
    public let composed: StoredWire?
}

/// What one input did to one payment: to be committed whole, then acted upon.
public final class TurnResult: Sendable {
    public let append: Append
    /// The payment as it is once the append is committed.
    public let after: CachedPayment
    /// Requests to send after the commit.
    public let departures: [Departing]
    /// What an operator must hear of.
    public let alarms: [String]
    /// Why an order is not part of the payment; it is answered beside it.
    public let declined: Reason?
    /// The stage that the payment was in, for logs.
    public let stageBefore: String
    /// Names under which it waits for answers that others may wait for too.
    public let awaits: [Correlation]
    /// Made while the caps were full of payments that may turn out never to have begun: to be thrown away, with what
    /// follows of its payment, and made again.
    public let isContested: Bool

    init(
        append: Append, after: CachedPayment, departures: [Departing], alarms: [String], declined: Reason?,
        stageBefore: String, awaits: [Correlation], isContested: Bool = false
    ) {
        self.append = append
        self.after = after
        self.departures = departures
        self.alarms = alarms
        self.declined = declined
        self.stageBefore = stageBefore
        self.awaits = awaits
        self.isContested = isContested
    }
}

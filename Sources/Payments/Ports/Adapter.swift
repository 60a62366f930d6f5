/// What an adapter can speak, as data.
public struct Capabilities: Sendable, Equatable {
    /// Verbs that it composes.
    public var verbs: Set<Verb>
    /// Verbs whose outcome it can ask for after a silence.
    public var queries: Set<Verb>
    /// Verbs whose stored bytes may be sent again under the stored ids (law 2).
    public var repeatable: Set<Verb>
    /// How late, after an order's expiry, the far side may still carry it out.
    public var latenessMilliseconds: Int64

    public init(
        verbs: Set<Verb>, queries: Set<Verb> = [], repeatable: Set<Verb> = [], latenessMilliseconds: Int64 = 0
    ) {
        self.verbs = verbs
        self.queries = queries
        self.repeatable = repeatable
        self.latenessMilliseconds = latenessMilliseconds
    }
}

/// The settings of one configured neighbour that its adapter needs: our names there, theirs, prefixes, versions.
public struct AdapterSettings: Sendable, Equatable {
    /// The neighbour's configured name, `mojaloop:hub1`, `iso:rtp1`, `fineract:bank-a`.
    public var network: String
    public var tenant: String
    /// Named values, such as `fspId`, `bic`, `hubName`; each adapter documents its own.
    public var values: [String: String]

    public init(network: String, tenant: String, values: [String: String]) {
        self.network = network
        self.tenant = tenant
        self.values = values
    }

    public subscript(_ name: String) -> String? { values[name] }
}

/// All that a translator may know when it writes: no clock, no randomness, no IO of its own.
public struct ComposeInput: Sendable {
    public var verb: Verb
    public var purpose: Purpose
    public var record: PaymentRecord
    public var step: Int
    /// 1 for the first try of this step.
    public var attempt: Int
    public var settings: AdapterSettings
    public var now: Instant
    /// The moment after which an answer is too late for us.
    public var deadline: Instant
    /// Seed of the ids and secrets that this request may need; journaled by what is `learned`.
    public var entropy: UInt64
    /// The exchange whose outcome a query asks for, when it is known.
    public var asked: WireRequest?
    /// How the payment ended, for a notification; nil before that.
    public var outcome: PaymentOutcome?
    /// The far leg of a bridge is not known when the origin must be answered, and the origin's network has a word for
    /// it: settled, not posted.
    public var isSettledNotPosted = false
    /// The settlement date of a payment that goes out there now, by the network's calendar and the tenant's time zone.
    public var businessDate: CivilDate

    public init(
        verb: Verb, purpose: Purpose, record: PaymentRecord, step: Int, attempt: Int, settings: AdapterSettings,
        now: Instant, deadline: Instant, entropy: UInt64
    ) {
        self.verb = verb
        self.purpose = purpose
        self.record = record
        self.step = step
        self.attempt = attempt
        self.settings = settings
        self.now = now
        self.deadline = deadline
        self.entropy = entropy
        businessDate = now.date
    }
}

/// What leaves for a neighbour.
public enum ComposedForm: Sendable, Equatable {
    case request(WireRequest)
    /// The answer to the request that the origin holds open.
    case reply(WireReply)
    /// The network has no such message, or needs none here: the step is skipped.
    case nothing(String)
    /// Nothing leaves: the step waits until the far side speaks, or its time is over. Says for what.
    case wait(String)
}

/// A composed message and what its making fixed: stored with the event before it is sent.
public struct Composed: Sendable, Equatable {
    public var form: ComposedForm
    /// Fields that composing settled (new ids, condition, deadlines); they join the payment.
    public var learned: Payment
    /// Names under which the answer will come back.
    public var keys: [Correlation]
    /// Names under which an answer comes that is not this payment's alone: all that wait under one of them hear it.
    public var shared: [Correlation] = []
    public var losses: [Loss]
    /// The outcome is known by the sending alone: no answer with meaning follows (a notification).
    public var doneWhenDelivered: Bool
    /// The message's name for archive and timeline: `pacs.008.001.08`, `POST /quotes`.
    public var message: String
    /// When set, the answer must come by then; else the step's own `within`.
    public var answerBy: Instant?
    /// Requests of one lane go out one at a time (Fineract: one operation per account).
    public var lane: String?

    public init(
        _ form: ComposedForm, message: String, learned: Payment = Payment(), keys: [Correlation] = [],
        losses: [Loss] = [], doneWhenDelivered: Bool = false, answerBy: Instant? = nil, lane: String? = nil
    ) {
        self.lane = lane
        self.form = form
        self.message = message
        self.learned = learned
        self.keys = keys
        self.losses = losses
        self.doneWhenDelivered = doneWhenDelivered
        self.answerBy = answerBy
    }
}

/// What an answer or a message of the far side says about a step.
public struct Heard: Sendable, Equatable {
    public var observation: Observation
    public var learned: Payment
    /// Facts that the message states beside the step's outcome.
    public var facts: [Fact]

    public init(_ observation: Observation, learned: Payment = Payment(), facts: [Fact] = []) {
        self.observation = observation
        self.learned = learned
        self.facts = facts
    }
}

/// A message that reached us, understood.
public struct Inbound: Sendable, Equatable {
    public enum Meaning: Sendable, Equatable {
        /// A payment, quote or lookup begins. A repeat of `keys` is a duplicate.
        case opens(PaymentKind, Payment)
        /// Something is said about a step of a payment of ours, found by `keys`: the first of the verbs that its flow
        /// holds.
        case tells([Verb], Heard)
        /// The origin goes on: the offer of ours is taken up and the order itself is here.
        case takesUp(Payment)
        /// Asks what became of a payment; answered from its record, never from a guess.
        case asksStatus(Payment)
        /// Understood, and nothing needs to be done.
        case nothing(String)
    }

    public var meaning: Meaning
    /// Names under which the payment is found, tried in order. For `opens`, the first is the duplicate key, and all are
    /// exclusive: an order of which any belongs to another payment is refused by `duplicate.otherContent`.
    public var keys: [Correlation]
    /// Further names to keep with the payment, where no other has them.
    public var aliases: [Correlation]
    public var message: String
    public var contentHash: String
    /// The answer to send as soon as the event is durable; nil holds the connection until the payment has its answer.
    public var acknowledgement: WireReply?
    public var answerBy: Instant?
    /// Why an order of this content comes too late, or too early, to be taken. It holds for a new one alone: a repeat
    /// gets the answer that the first one got, whenever it comes.
    public var untimely: Refusal?
    /// What the network's rule wants for a repeat.
    public var duplicate: DuplicateRule
    public var losses: [Loss]

    public init(
        _ meaning: Meaning, keys: [Correlation], message: String, contentHash: String = "",
        acknowledgement: WireReply? = nil, aliases: [Correlation] = [], answerBy: Instant? = nil,
        duplicate: DuplicateRule = DuplicateRule(), losses: [Loss] = []
    ) {
        self.meaning = meaning
        self.keys = keys
        self.message = message
        self.contentHash = contentHash
        self.acknowledgement = acknowledgement
        self.aliases = aliases
        self.answerBy = answerBy
        self.duplicate = duplicate
        self.losses = losses
    }
}

/// What repeats get (money.md, Duplicates).
public struct DuplicateRule: Sendable, Equatable {
    public enum Answer: Sendable, Equatable {
        /// The stored answer again, resent if it was a request of ours.
        case replay
        /// Refused with this canonical reason; the first payment goes on untouched.
        case refuse(String)
    }

    public var sameContent: Answer
    public var otherContent: Answer

    public init(sameContent: Answer = .replay, otherContent: Answer = .refuse("duplicate")) {
        self.sameContent = sameContent
        self.otherContent = otherContent
    }
}

/// A message that we refuse before it becomes a payment: which layer, where, and how to mend it.
public struct Refusal: Error, Sendable, Equatable {
    public enum Layer: String, Sendable { case wire, schema, profile, business, identity }

    public var layer: Layer
    public var reason: Reason
    /// Element path or header name.
    public var path: String
    public var line: Int?
    public var column: Int?
    public var rule: String
    public var says: String

    public init(
        _ layer: Layer, _ reason: Reason, path: String = "", line: Int? = nil, column: Int? = nil, rule: String = "",
        says: String
    ) {
        self.layer = layer
        self.reason = reason
        self.path = path
        self.line = line
        self.column = column
        self.rule = rule
        self.says = says
    }
}

/// What an adapter is told about the sender of a message, after its certificate named it.
public struct InboundContext: Sendable {
    public var settings: AdapterSettings
    /// Names (FSP ids, BICs, member ids) that the peer's certificate may speak for; `*` stands for every name but our
    /// own.
    public var permittedSources: [String]
    public var now: Instant
    public var entropy: UInt64
    /// The settlement date there now, by the network's calendar and the tenant's time zone.
    public var businessDate: CivilDate

    public init(settings: AdapterSettings, permittedSources: [String], now: Instant, entropy: UInt64) {
        self.settings = settings
        self.permittedSources = permittedSources
        self.now = now
        self.entropy = entropy
        businessDate = now.date
    }
}

/// A message about a payment that is no step of it.
public enum Report: Sendable, Equatable {
    /// The answer to a status enquiry.
    case status(enquiry: Payment)
    /// The refusal of a repeat that is no repeat, or comes when it may not.
    case duplicate(Payment, Reason)
}

/// One network or core bank: a stateless translator between bytes and meaning. No IO, no clock, no log.
public struct Adapter: Sendable {
    public var name: String
    public var capabilities: Capabilities
    /// Bytes of the neighbour -> meaning. Identity (does the sender speak for the source it names?) is part of it.
    public var decode: @Sendable (WireRequest, InboundContext) throws(Refusal) -> Inbound
    /// The scheme's own answer to a message that was refused, to a full gateway and to a repeat that is no payment.
    public var refuse: @Sendable (Refusal, WireRequest, InboundContext) -> WireReply
    /// A step -> bytes.
    public var compose: @Sendable (ComposeInput) throws(Refusal) -> Composed
    /// The synchronous answer to what was composed.
    public var read: @Sendable (WireReply, ComposeInput) -> Heard
    /// Holds what was heard against the record before it is applied: a proof that proves nothing becomes unknown, never
    /// done.
    public var verify: @Sendable (_ verb: Verb, _ heard: Heard, _ record: PaymentRecord) -> Heard
    /// Does the order that takes up our offer match it (`record` holds the offer)? Done with what joins the payment, or
    /// refused.
    public var takeUp: @Sendable (_ order: Payment, _ record: PaymentRecord, _ now: Instant) -> Heard
    /// What is told beside a payment's own steps, from its record.
    public var report: @Sendable (Report, ComposeInput) throws(Refusal) -> Composed
    /// The answer to a refused message where answers leave as messages of their own; nil: `refuse` answers it in its
    /// connection.
    public var objection: @Sendable (Refusal, WireRequest, InboundContext) -> WireRequest? = { _, _, _ in nil }
    /// Whether the network takes "settled, not posted" from us when our time is up.
    public var answersSettledNotPosted: @Sendable (AdapterSettings) -> Bool = { _ in false }

    public init(
        name: String, capabilities: Capabilities,
        decode: @escaping @Sendable (WireRequest, InboundContext) throws(Refusal) -> Inbound,
        refuse: @escaping @Sendable (Refusal, WireRequest, InboundContext) -> WireReply,
        compose: @escaping @Sendable (ComposeInput) throws(Refusal) -> Composed,
        read: @escaping @Sendable (WireReply, ComposeInput) -> Heard,
        verify: @escaping @Sendable (Verb, Heard, PaymentRecord) -> Heard = { _, heard, _ in heard },
        takeUp: @escaping @Sendable (Payment, PaymentRecord, Instant) -> Heard,
        report: @escaping @Sendable (Report, ComposeInput) throws(Refusal) -> Composed
    ) {
        self.verify = verify
        self.takeUp = takeUp
        self.name = name
        self.capabilities = capabilities
        self.decode = decode
        self.refuse = refuse
        self.compose = compose
        self.read = read
        self.report = report
    }
}

/// What a step does, in words that no network owns. An adapter lists the verbs that it can speak.
public enum Verb: String, Sendable, CaseIterable {
    /// Wait until the network's calendar lets the payment out: a cut-off, a holiday, a date that the order asks for.
    case due = "calendar.due"
    /// Ask the bank's screening service; it allows, refuses, or wants a person to look.
    case screen = "fraud.screen"
    /// Find the identifier in the tenant's own directory of accounts elsewhere.
    case directory = "directory.find"
    case lookup = "network.lookup"
    case quote = "network.quote"
    case send = "network.send"
    /// Wait for the payer's word on the terms.
    case confirm = "channel.confirm"
    case find = "ams.find"
    /// On-us: the payee's account at the same core bank.
    case findCreditor = "ams.find-creditor"
    case validate = "ams.validate"
    case reserve = "ams.reserve"
    case release = "ams.release"
    case post = "ams.post"
    case credit = "ams.credit"
    /// Tell the network that the payment came from our terms.
    case offer = "origin.offer"
    /// Tell it that we take the payment: for the payee's side the point of no return.
    case accept = "origin.accept"
    /// Tell whoever ordered the payment how it ended.
    case notify = "origin.notify"

    /// What the verb does to money; the explorer holds flows to it.
    public var effect: MoneyEffect {
        switch self {
        case .reserve: .hold
        case .release: .release
        case .post: .consumeHold
        case .credit: .credit
        case .send, .accept: .commit
        default: .none
        }
    }

    /// Silence until its deadline is a refusal: an offer that nobody takes up or confirms lapses, and no money has
    /// moved.
    public var lapses: Bool { self == .offer || self == .confirm }

    /// Whom the verb speaks to.
    public var side: Side {
        switch self {
        case .lookup, .quote, .send: .network
        case .find, .findCreditor, .validate, .reserve, .release, .post, .credit: .ams
        case .offer, .accept, .notify, .confirm: .origin
        case .screen: .screening
        case .due, .directory: .house
        }
    }
}

public enum MoneyEffect: Sendable { case none, hold, release, consumeHold, credit, commit }

/// The four neighbours of a payment, and the house itself, which answers from its own tables at once.
public enum Side: String, Sendable { case origin, network, ams, screening, house }

/// The ten hops: the same ten words in the README, the traces and the operators' timeline.
public enum Hop: String, Sendable, CaseIterable {
    case receive, decode, recognise, route, plan, commit, reserve, send, settle, notify
}

/// What to do when a step's outcome is unknown. A row may name several, tried in order.
public enum UnknownPolicy: String, Sendable {
    /// Ask again, a new attempt. Only for steps without effect on money.
    case retry
    /// Ask the far side what became of it.
    case query
    /// Take it as refused. Only for steps without effect on money.
    case refuse
    /// Go on without it.
    case leave
    case operatorDecides = "operator"
    /// What the neighbour's configuration says: refuse, leave (go on without it) or operator.
    case policy
}

/// One row of a flow table.
public struct FlowStep: Sendable, Equatable {
    public var name: String
    public var verb: Verb
    public var hop: Hop
    public var undo: Verb?
    public var isPivot: Bool
    /// Milliseconds to wait for the answer; nil means the network's own clock.
    public var withinMilliseconds: Int64?
    /// Attempts after the first; nil means for ever.
    public var retries: Int?
    public var onUnknown: [UnknownPolicy]

    public init(
        name: String, verb: Verb, hop: Hop, undo: Verb?, isPivot: Bool, withinMilliseconds: Int64?, retries: Int?,
        onUnknown: [UnknownPolicy]
    ) {
        self.name = name
        self.verb = verb
        self.hop = hop
        self.undo = undo
        self.isPivot = isPivot
        self.withinMilliseconds = withinMilliseconds
        self.retries = retries
        self.onUnknown = onUnknown
    }
}

/// A kind of payment as a list of steps with one pivot (money.md): undo before it, only forward after it.
public struct Flow: Sendable, Equatable {
    public var name: String
    /// Content hash of the table it came from. A payment keeps the flow that it began with (law 8).
    public var version: String
    public var steps: [FlowStep]

    public init(name: String, version: String, steps: [FlowStep]) {
        self.name = name
        self.version = version
        self.steps = steps
    }

    public var pivot: Int? { steps.firstIndex { $0.isPivot } }

    public func index(of verb: Verb) -> Int? { steps.firstIndex { $0.verb == verb } }
}

/// How a payment ended.
public enum PaymentOutcome: String, Sendable, CaseIterable {
    case settled
    case rejected
}

public import Payments

/// Carries bytes to a neighbour. The engine never sees a socket.
public protocol Transport: Sendable {
    func send(_ request: WireRequest, to peer: String, tenant: String, deadline: Instant) async -> WireOutcome
}

/// Time and dice, handed in so that a test or a simulation owns them.
public struct EngineClock: Sendable {
    public var now: @Sendable () -> Instant
    public var sleep: @Sendable (_ milliseconds: Int64) async -> Void

    public init(now: @escaping @Sendable () -> Instant, sleep: @escaping @Sendable (Int64) async -> Void) {
        self.now = now
        self.sleep = sleep
    }
}

/// What the engine tells the outside about its work: for logs and metrics. No bodies, no personal data.
public struct EngineObserver: Sendable {
    public struct Transition: Sendable {
        public var payment: PaymentID
        public var tenant: String
        /// The trace id that the payment's requests carry as well.
        public var trace: String
        public var from: String
        public var to: String
        public var events: [String]
        /// The network or channel that the payment came from, and the one that it goes to.
        public var origin = ""
        public var network: String?
        public var outcome: PaymentOutcome?
        /// Canonical; nil for a payment that settled.
        public var reason: String?
        /// This commit is the payment's first.
        public var began = false
        public var received = Instant(nanoseconds: 0)
        /// When its turn was taken, and how long it took from there until it was durable.
        public var at = Instant(nanoseconds: 0)
        public var commitMicroseconds: Int64 = 0
        /// Steps whose state this turn settled.
        public var steps: [Step] = []

        public struct Step: Sendable {
            public var verb: Verb
            public var hop: Hop
            public var state: StepState
            /// Since the step was asked for the first time.
            public var microseconds: Int64
        }

        public init(payment: PaymentID, tenant: String, trace: String, from: String, to: String, events: [String]) {
            self.payment = payment
            self.tenant = tenant
            self.trace = trace
            self.from = from
            self.to = to
            self.events = events
        }
    }

    public var moved: @Sendable (Transition) -> Void
    public var alarm: @Sendable (PaymentID, String) -> Void
    public var exchanged: @Sendable (PaymentID, Exchange, WireOutcome, _ milliseconds: Int64) -> Void
    public var trouble: @Sendable (String) -> Void
    /// A refused message, or how many more of its kind came after the first.
    public var refused: @Sendable (RefusedMessage, _ count: Int) -> Void

    public init(
        moved: @escaping @Sendable (Transition) -> Void = { _ in },
        alarm: @escaping @Sendable (PaymentID, String) -> Void = { _, _ in },
        exchanged: @escaping @Sendable (PaymentID, Exchange, WireOutcome, Int64) -> Void = { _, _, _, _ in },
        trouble: @escaping @Sendable (String) -> Void = { _ in },
        refused: @escaping @Sendable (RefusedMessage, Int) -> Void = { _, _ in }
    ) {
        self.moved = moved
        self.alarm = alarm
        self.exchanged = exchanged
        self.trouble = trouble
        self.refused = refused
    }
}

/// What became of an input.
public enum Submission: Sendable, Equatable {
    case accepted(PaymentID, sequence: Int)
    /// A name of the order belongs to another payment: its content, or nil where only a further name is the same.
    case duplicate(of: PaymentID, contentHash: String?)
    /// Stored, and the order is not part of this payment: it is answered beside it.
    indirect case declined(PaymentID, Reason)
    /// Not stored; nothing happened.
    case failed(StoreError)
}

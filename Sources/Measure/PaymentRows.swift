import Payments

/// The rows that one payment adds to the journal: six appends with fourteen events, four requests, two names, eight
/// archived messages and three bookings, sized as those of a payment from a bank on a rail to a core bank.
struct PaymentRows: Sendable {
    /// Appends of one payment, and the events of each.
    static let eventsPerAppend = [4, 2, 2, 2, 2, 2]
    static let appends = eventsPerAppend.count
    static let events = eventsPerAppend.reduce(0, +)

    private let message = Array(repeating: UInt8(ascii: "m"), count: 1_700)
    private let wire = Array(repeating: UInt8(ascii: "w"), count: 900)
    private let received = Array(repeating: UInt8(ascii: "r"), count: 2_300)
    private let body = Array(repeating: UInt8(ascii: "b"), count: 210)
    private let amount: Money

    /// Names that do not grow with time, as those of a far side: every one lands elsewhere in the index.
    private let hasRandomNames: Bool

    init(hasRandomNames: Bool = false) throws {
        amount = try Self.anAmount()
        self.hasRandomNames = hasRandomNames
    }

    static func anAmount() throws -> Money {
        guard let currency = Currency("KES"), let amount = Money(units: 12_550_000, currency: currency) else {
            throw MeasureFailure("KES is no currency")
        }
        return amount
    }

    /// The append of this number, from 0, of a payment.
    func append(_ number: Int, of payment: PaymentID, tenant: String, at now: Instant) -> Append {
        let known = Self.eventsPerAppend[..<number].reduce(0, +)
        let isLast = number == Self.appends - 1
        var append = Append(
            payment: payment, tenant: tenant, expected: known,
            view: view(payment, tenant, isLast: isLast, sequence: known + Self.eventsPerAppend[number], now))
        append.events = (1...Self.eventsPerAppend[number]).map { index in
            // The first event holds the payment as it was received.
            let body = number == 0 && index == 1 ? received : body
            return StoredEvent(sequence: known + index, time: now, kind: "observed", body: body)
        }
        if number == 0 {
            append.contentHash = "0123456789abcdef0123456789abcdef"
            var dice = IdentitySource(seed: payment.low)
            let name = hasRandomNames ? dice.hexText() : payment.text
            append.keys = [
                Correlation("iso:rtp1/\(tenant)/transaction", name),
                Correlation("iso:rtp1/\(tenant)/message", name),
            ]
        }
        if (0..<4).contains(number) { append.exchanges = [exchange(number, now)] }
        if (1..<5).contains(number) { append.closed = [number - 1] }
        append.messages = messages(number, now)
        if number > 1, number < 5 {
            append.bookings = [.move("moved", amount, from: .transit, "iso:rtp1", to: .position, "iso:rtp1")]
        }
        append.wake = isLast ? nil : now.adding(milliseconds: 5_000)
        return append
    }

    private func exchange(_ number: Int, _ now: Instant) -> Exchange {
        Exchange(
            number: number, step: number, purpose: .ask, peer: "fineract:core", form: .request,
            message: "POST /transfers", wire: wire, deadline: now.adding(milliseconds: 2_000), isRepeatable: true)
    }

    private func messages(_ number: Int, _ now: Instant) -> [ArchivedMessage] {
        switch number {
        case 0:
            [
                ArchivedMessage(
                    direction: .received, peer: "iso:rtp1", message: "pacs.008.001.08", time: now, bytes: received),
                sent(now),
            ]
        case 1..<4: [sent(now), answer(now)].dropLast(number == 3 ? 1 : 0)
        case 4: [answer(now)]
        default: []
        }
    }

    private func sent(_ now: Instant) -> ArchivedMessage {
        ArchivedMessage(direction: .sent, peer: "fineract:core", message: "POST /transfers", time: now, bytes: body)
    }

    private func answer(_ now: Instant) -> ArchivedMessage {
        ArchivedMessage(
            direction: .received, peer: "fineract:core", message: "POST /transfers", time: now, bytes: message)
    }

    private func view(
        _ payment: PaymentID, _ tenant: String, isLast: Bool, sequence: Int, _ now: Instant
    ) -> PaymentView {
        var view = PaymentView(
            id: payment, tenant: tenant, sequence: sequence, kind: "transfer", origin: "iso:rtp1",
            stage: isLast ? "settled" : "crediting", receivedAt: now, changedAt: now)
        view.network = "iso:rtp1"
        view.outcome = isLast ? "settled" : nil
        view.amount = amount
        view.endToEnd = "E2E-\(payment.text)"
        view.debtor = "DE02120300000000202051"
        view.creditor = "DE89370400440532013000"
        return view
    }
}

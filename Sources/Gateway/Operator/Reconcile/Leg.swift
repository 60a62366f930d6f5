import FormatJSON
import Payments

/// What moved, or was to move, between a tenant and one neighbour: a line of a reconciliation, whoever tells it.
struct Leg: Sendable, Equatable {
    enum Direction: String, Sendable { case out, `in` }
    enum State: String, Sendable { case settled, rejected, open }

    /// Ours; nil for a line of the neighbour's report.
    var payment: PaymentID?
    /// Every name under which the neighbour may list it; the report has one.
    var names: [String]
    var direction: Direction
    var amount: Money
    var state: State

    var json: JSONValue {
        .members([
            "payment": payment.map { .string($0.text) }, "names": .array(names.map { .string($0) }),
            "direction": .string(direction.rawValue),
            "amount": .string(amount.decimal(atLeast: amount.currency.exponent)),
            "currency": .string(amount.currency.code), "state": .string(state.rawValue),
        ])
    }

    init(payment: PaymentID? = nil, names: [String], direction: Direction, amount: Money, state: State) {
        self.payment = payment
        self.names = names
        self.direction = direction
        self.amount = amount
        self.state = state
    }

    /// As the running process told it.
    init?(_ json: JSONValue) {
        guard let direction = json["direction"]?.string.flatMap(Direction.init(rawValue:)),
            let state = json["state"]?.string.flatMap(State.init(rawValue:)),
            let currency = json["currency"]?.string.flatMap({ Currency($0) }),
            let amount = json["amount"]?.string.flatMap({ Leg.money($0, currency) })
        else { return nil }
        let names = (json["names"]?.array ?? []).compactMap(\.string)
        let payment = json["payment"]?.string.flatMap { PaymentID($0) }
        self.init(payment: payment, names: names, direction: direction, amount: amount, state: state)
    }

    /// A plain decimal, up to 18 digits and five of them after the dot.
    static func money(_ text: String, _ currency: Currency) -> Money? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...18).contains(whole.utf8.count), whole.utf8.allSatisfy(isDigit) else {
            return nil
        }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard parts.count == 1 || (1...Money.scale).contains(fraction.utf8.count), fraction.utf8.allSatisfy(isDigit)
        else { return nil }
        let digits = whole + fraction + String(repeating: "0", count: Money.scale - fraction.utf8.count)
        return Int128(digits).flatMap { Money(units: $0, currency: currency) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension Leg {
    /// What a payment's record says that moved there; empty when nothing was to.
    static func of(_ record: PaymentRecord, at neighbour: String, coreBank: String?) -> [Leg] {
        guard let origin = record.origin, origin.kind == .transfer, let flow = record.flow,
            flow.steps.count == record.steps.count
        else { return [] }
        let payment = record.payment
        let agreed = payment.terms.transferAmount ?? payment.amount.settlement ?? payment.amount.instructed
        var legs: [Leg] = []
        func add(_ direction: Direction, _ amount: Money?, _ state: State) {
            guard let amount else { return }
            legs.append(
                Leg(payment: record.id, names: names(of: record), direction: direction, amount: amount, state: state))
        }
        func step(_ verb: Verb) -> StepRecord? { flow.index(of: verb).map { record.steps[$0] } }
        if origin.network == neighbour, let accept = step(.accept) {
            let isBridge = record.network != nil
            add(.in, isBridge ? payment.amount.settlement ?? agreed : agreed, state(accept, record))
        }
        if record.network == neighbour, let send = step(.send), send.attempts > 0 {
            add(.out, agreed, state(send, record))
        }
        guard coreBank == neighbour else { return legs }
        if let reserve = step(.reserve), reserve.attempts > 0 {
            add(.out, agreed, step(.post)?.state == .done ? .settled : ofHold(reserve, record))
        }
        if let credit = step(.credit), credit.attempts > 0 {
            add(.in, payment.terms.payeeReceiveAmount ?? agreed, state(credit, record))
        }
        return legs
    }

    private static func state(_ step: StepRecord, _ record: PaymentRecord) -> State {
        switch step.state {
        case .done: .settled
        case .refused, .undone, .skipped: .rejected
        case .planned: record.outcome == nil ? .open : .rejected
        case .asked, .unknown, .undoing: .open
        }
    }

    private static func ofHold(_ reserve: StepRecord, _ record: PaymentRecord) -> State {
        switch reserve.state {
        case .refused, .undone, .skipped: .rejected
        case .planned: record.outcome == nil ? .open : .rejected
        case .done, .asked, .unknown, .undoing: .open
        }
    }

    private static func names(of record: PaymentRecord) -> [String] {
        let id = record.payment.id
        // What we carry on from another network has our own id as its name on the next one.
        let all = [
            id.transfer, id.uetr, id.transaction, id.clearingReference, id.instruction, id.endToEnd, id.amsTransfer,
            id.amsCredit,
            record.id.text,
        ]
        var names: [String] = []
        for name in all.compactMap({ $0 }) where !names.contains(name) { names.append(name) }
        return names
    }
}

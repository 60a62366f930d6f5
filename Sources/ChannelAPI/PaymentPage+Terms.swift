import FormatJSON
import Payments

extension PaymentPage {
    /// What the payer agrees to: who is paid, how much arrives, what it costs, and until when that holds.
    var terms: JSONValue? {
        let terms = record.payment.terms
        guard record.payment.isTouched(.terms) || confirmationStep != nil else { return nil }
        let charge = terms.transferAmount ?? record.payment.amount.settlement
        var debited = charge
        if let fee = terms.ownFee, let sum = charge.flatMap({ try? $0.adding(fee) }) { debited = sum }
        return .members([
            "creditorName": record.payment.creditor.fullName.map { .string($0) },
            "amount": record.payment.amount.settlement.map(Self.money),
            "transferAmount": terms.transferAmount.map(Self.money),
            "creditorReceives": (terms.payeeReceiveAmount ?? terms.transferAmount).map(Self.money),
            "creditorFee": terms.payeeFee.map(Self.money),
            "creditorCommission": terms.payeeCommission.map(Self.money),
            "ownFee": terms.ownFee.map(Self.money), "debited": debited.map(Self.money),
            "expiresAt": terms.expiresAt.map { .string($0.instant.text) },
        ])
    }

    /// Whether the payer's word is awaited or given, and until when it may come.
    var confirmation: JSONValue? {
        guard let step = confirmationStep else { return nil }
        let entry = record.steps[step]
        let state: String
        switch entry.state {
        case .planned: state = record.outcome == nil ? "notYetAsked" : "notAsked"
        case .asked: state = "awaited"
        case .done: state = "given"
        case .refused: state = entry.reason?.canonical == "quoteExpired" ? "lapsed" : "refused"
        default: state = "notAsked"
        }
        return .members([
            "state": .string(state), "until": entry.state == .asked ? entry.deadline.map { .string($0.text) } : nil,
        ])
    }

    private var confirmationStep: Int? {
        guard record.payment.type.confirmation == PaymentOrder.confirmationRequired, let flow = record.flow,
            let step = flow.index(of: .confirm), record.steps.indices.contains(step)
        else { return nil }
        return step
    }

    private static func money(_ money: Money) -> JSONValue {
        [
            "amount": .string(money.decimal(atLeast: money.currency.exponent)),
            "currency": .string(money.currency.code),
        ]
    }
}

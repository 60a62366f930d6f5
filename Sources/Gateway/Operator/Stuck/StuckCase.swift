import ChannelAPI
import FormatJSON
import Payments
import PaymentsEngine

/// One stuck payment, with all that a person needs to decide it: what is at risk, what was asked and heard, what the
/// house will still try, where to look, and the command.
struct StuckCase: Sendable {
    let record: PaymentRecord
    let events: [StoredEvent]
    let exchanges: [Exchange]

    /// The parked step, or the one whose outcome is open.
    var step: Int? {
        if let parked = record.parkedStep, record.steps.indices.contains(parked) { return parked }
        return record.steps.firstIndex { [.unknown, .undoing, .asked].contains($0.state) }
    }

    private var row: FlowStep? { step.flatMap { index in record.flow.map { $0.steps[index] } } }

    /// What may be lost: the largest amount that stands open on the books, or else what a customer's account holds for
    /// it; nothing where neither is.
    var atRisk: Money? {
        if let open = standing.map(\.amount).max(by: { abs($0.units) < abs($1.units) }) {
            return open.isPositive ? open : open.negated
        }
        let own =
            record.payment.terms.transferAmount ?? record.payment.amount.settlement
            ?? record.payment.amount.instructed
        return holds ? own : own.map { Money.zero($0.currency) }
    }

    /// A hold stands at the core bank, or may stand there.
    private var holds: Bool {
        guard let step = record.flow?.index(of: .reserve), record.steps.indices.contains(step) else { return false }
        return [.asked, .unknown, .done, .undoing].contains(record.steps[step].state)
    }

    /// What its bookings leave on the accounts that must come to rest.
    var standing: [LedgerEntry] {
        var sums: [[String]: Int128] = [:]
        let open: Set<LedgerAccount> = [.transit, .exposure, .suspense]
        for entry in record.bookings.flatMap(\.entries) where open.contains(entry.account) {
            let key = [entry.account.rawValue, entry.network, entry.amount.currency.code]
            sums[key, default: 0] += entry.amount.units
        }
        return sums.filter { $0.value != 0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.compactMap {
            guard let account = LedgerAccount(rawValue: $0.key[0]), let currency = Currency($0.key[2]),
                let amount = Money(units: $0.value, currency: currency)
            else { return nil }
            return LedgerEntry(account, $0.key[1], amount)
        }
    }

    var json: JSONValue {
        let prospect = Prospect.of(record)
        return .members([
            "atRisk": atRisk.map { .string($0.decimal(atLeast: $0.currency.exponent)) },
            "atRiskCurrency": atRisk.map { .string($0.currency.code) },
            "stands": .array(
                standing.map { entry in
                    [
                        "account": .string(entry.account.rawValue), "network": .string(entry.network),
                        "amount": .string(entry.amount.decimal(atLeast: entry.amount.currency.exponent)),
                        "currency": .string(entry.amount.currency.code),
                    ]
                }),
            "step": row.map { .string($0.name) },
            "why": (record.parked ?? step.flatMap { record.steps[$0].doubt }).map { .string($0) },
            "since": since.map { .string($0.text) }, "evidence": evidence, "names": names,
            "next": .members([
                "what": .string(prospect.what), "at": prospect.at.map { .string($0.text) },
            ]),
            "look": .string(StuckAdvice.look(at: row, record)),
            "todo": .array(StuckAdvice.commands(record).map { .string($0) }),
        ])
    }

    private var since: Instant? {
        step.flatMap { record.steps[$0].firstAskedAt } ?? record.changedAt
    }

    /// Everything that was asked and heard about the step, and what a person or the far side said besides.
    private var evidence: JSONValue {
        guard let index = step, let name = row?.name else { return .array([]) }
        let lines = PaymentPage(record: record, events: events).timeline.array ?? []
        let kinds = ["parked: ", "resolved ", "contradiction: ", "origin told "]
        var found: [JSONValue] = lines.compactMap { line in
            guard let says = line["says"]?.string, says.hasPrefix("\(name): ") || kinds.contains(where: says.hasPrefix)
            else { return nil }
            return .members(["at": line["at"], "says": .string(says)])
        }
        let asked = exchanges.filter { $0.step == index }.sorted { $0.number < $1.number }
        if let last = asked.last {
            found.append(
                .members([
                    "says": .string(
                        "\(asked.count) requests to \(last.peer), the last \(last.message) (\(last.purpose.rawValue)), "
                            + "answer due \(last.deadline.text)")
                ]))
        }
        return .array(found)
    }

    /// The names under which the far side knows the payment.
    private var names: JSONValue {
        let id = record.payment.id
        return .members([
            "transferId": id.transfer.map { .string($0) }, "uetr": id.uetr.map { .string($0) },
            "transactionId": id.transaction.map { .string($0) }, "endToEndId": id.endToEnd.map { .string($0) },
            "instructionId": id.instruction.map { .string($0) },
            "clearingReference": id.clearingReference.map { .string($0) },
            "coreBankTransferCode": id.amsTransfer.map { .string($0) },
        ])
    }
}

/// Where the truth about a step stands outside, and how a person tells it to the house.
enum StuckAdvice {
    static func look(at row: FlowStep?, _ record: PaymentRecord) -> String {
        let id = record.payment.id
        let hold = id.amsTransfer.map { " \($0)" } ?? ""
        let there = record.network ?? record.origin?.network ?? "the network"
        let transfer =
            [id.transfer, id.uetr, id.transaction, id.endToEnd].compactMap { $0 }.first.map { " \($0)" } ?? ""
        let origin = record.origin?.network ?? "the network"
        switch row?.verb {
        case .reserve, .release:
            return "the core bank: is there a hold under the transfer code\(hold)? It stands: settled; none: rejected"
        case .send:
            return
                "the report of \(there) of that day: transfer\(transfer). Listed as settled: settled; refused, or the "
                + "day is closed without it: rejected"
        case .post:
            return "the core bank: is the posting of\(hold) there? There, or made by hand: settled; it cannot be made: "
                + "rejected, the amount stands on suspense"
        case .credit:
            return "the core bank: is the credit\(hold) there? There, or made by hand: settled; it cannot be made: "
                + "rejected, the amount stands on suspense"
        case .accept:
            return
                "the report of \(origin) of that day: transfer\(transfer). It settled: settled; it refused: rejected, "
                + "the amount stands on exposure"
        case .screen:
            return "the screening service's case: let it through: settled; stop it: rejected"
        default: return "the far side's own record of \(row?.name ?? "the payment")"
        }
    }

    /// What can be typed now; a payment that is not parked goes on by itself and cannot be decided.
    static func commands(_ record: PaymentRecord) -> [String] {
        let show = "interlock payments show \(record.id) --config CONFIG"
        guard record.parked != nil else { return [show] }
        let resolve = "interlock payments resolve \(record.id) --as"
        let rest = "--reason \"WHY\" --evidence \"WHAT YOU SAW, AND WHERE\" --config CONFIG"
        return [show, "\(resolve) settled \(rest)", "\(resolve) rejected \(rest)"]
    }
}

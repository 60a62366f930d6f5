import Payments

/// Where agents stand that a header or a transaction may name; a refusal says which of the two it was.
enum ISOPlace {
    static let from = "AppHdr/Fr"
    static let instructing = "GrpHdr/InstgAgt"
    static let instructed = "GrpHdr/InstdAgt"
}

/// What must hold of a credit transfer before it becomes a payment, beyond its schema: identity first, then the order.
/// Each rule has a name, a place and a canonical reason.
struct ISOBusinessRules {
    let settings: ISOSettings
    let permitted: [String]
    let now: Instant
    /// The rail's settlement date now.
    let businessDate: CivilDate

    /// A moment of acceptance may lie ahead of our clock by so much.
    static let clockSkewMilliseconds: Int64 = 60_000

    func check(_ message: ISOMessage) throws(Refusal) {
        try sender(message)
        try receiver(message)
        guard message.definition == ISO20022.Definition.creditTransfer else { return }
        try Self.content(message)
        guard message.payment.settlement.date != nil else {
            throw Self.business(
                "dateInvalid", "CdtTrfTxInf/IntrBkSttlmDt", "settlement-date.present", "There is no settlement date.")
        }
        if let currency = message.payment.amount.settlement?.currency, !settings.carries(currency) {
            throw Self.business(
                "currencyNotSupported", "CdtTrfTxInf/IntrBkSttlmAmt/@Ccy", "currency.carried",
                "The rail does not carry \(currency.code).")
        }
        guard settings.isServed(message.payment.creditorAgent) else {
            throw Self.business(
                "creditorAgentUnknown", "CdtTrfTxInf/CdtrAgt", "creditor-agent.served",
                "The creditor agent \(message.payment.creditorAgent.railName ?? "without a name") is not served here.")
        }
    }

    /// What an order must say whoever sends it to whom, and when.
    static func content(_ message: ISOMessage) throws(Refusal) {
        guard message.definition == ISO20022.Definition.creditTransfer else { return }
        try count(message)
        try identification(message.payment)
        try amounts(message.payment)
        try accounts(message.payment)
    }

    /// The certificate's names, against those that the message claims to speak for.
    func sender(_ message: ISOMessage) throws(Refusal) {
        let header = message.payment.message
        if message.header != nil {
            try claim(header.from, ISOPlace.from, "header.from", "The header names no sender that can be checked.")
        }
        if isNamed(header.instructingAgent, in: message.payment) {
            try claim(
                header.instructingAgent, ISOPlace.instructing, "instructing-agent.named",
                "The instructing agent has neither BIC nor member identification.")
        }
        guard !permitted.isEmpty else {
            throw identity("", "sender.permitted", "The sender's certificate speaks for nobody here.")
        }
    }

    /// Whether the message has an instructing agent, under whatever name: a LEI or a name of words cannot be checked.
    private func isNamed(_ agent: Agent, in payment: Payment) -> Bool {
        guard agent.railNames.isEmpty, agent == Agent() else { return true }
        return payment.sideCar.contains { $0.path.hasPrefix("iso20022:") && $0.path.contains("/InstgAgt/") }
    }

    /// Every name under which an agent is said to speak must be the sender's: one that is does not vouch for another.
    private func claim(_ agent: Agent, _ path: String, _ rule: String, _ nameless: String) throws(Refusal) {
        guard !agent.railNames.isEmpty else { throw identity(path, rule, nameless) }
        for name in agent.railNames where !permits(name) {
            throw identity(path, "sender.permitted", "The sender may not speak for \(name).")
        }
    }

    private func permits(_ name: String) -> Bool {
        if permitted.contains(where: { Agent(railName: $0).railName == name }) { return true }
        return permitted.contains("*") && !settings.ours.railNames.contains(name)
    }

    private func receiver(_ message: ISOMessage) throws(Refusal) {
        let header = message.payment.message
        for (agent, path) in [(header.to, "AppHdr/To"), (header.instructedAgent, ISOPlace.instructed)] {
            guard let name = agent.railName, !settings.isServed(agent) else { continue }
            throw Self.business("messageMisrouted", path, "receiver.ours", "\(name) is not served here.")
        }
        if message.header != nil, let named = header.definition, named != message.definition {
            throw Self.business(
                "contentInvalid", "AppHdr/MsgDefIdr", "header.definition",
                "The header says \(named) and the Document is \(message.definition).")
        }
        let isBusinessIdMissing = header.businessId?.allSatisfy { $0 == " " } ?? true
        if message.header != nil, isBusinessIdMissing {
            throw Self.business(
                "missingElement", "AppHdr/BizMsgIdr", "header.identification", "The header has no identification.")
        }
    }

    private static func count(_ message: ISOMessage) throws(Refusal) {
        let found = message.payments.count
        guard found == 1 else {
            throw business(
                "transactionCountWrong", "GrpHdr/NbOfTxs", "transactions.one",
                "One transaction for each message is served; there are \(found).")
        }
        guard let count = message.payment.message.count, count == 1 else {
            throw business(
                "transactionCountWrong", "GrpHdr/NbOfTxs", "transactions.one",
                "NbOfTxs is not 1, the number of transactions.")
        }
    }

    private static func identification(_ payment: Payment) throws(Refusal) {
        guard let transaction = payment.id.transaction, !transaction.isEmpty else {
            throw business(
                "missingElement", "CdtTrfTxInf/PmtId/TxId", "transaction.identified",
                "There is no TxId, by which a repeat is told from a new payment.")
        }
        guard payment.debtorAgent.railName != nil else {
            throw business(
                "debtorAgentUnknown", "CdtTrfTxInf/DbtrAgt/FinInstnId", "debtor-agent.named",
                "The debtor agent has neither BIC nor member identification.")
        }
        guard payment.settlement.method == "CLRG" else {
            throw business(
                "contentInvalid", "GrpHdr/SttlmInf/SttlmMtd", "settlement.clearing",
                "The settlement method is \(payment.settlement.method ?? "missing"); CLRG is served.")
        }
    }

    private static func amounts(_ payment: Payment) throws(Refusal) {
        let path = "CdtTrfTxInf/IntrBkSttlmAmt"
        guard let amount = payment.amount.settlement else {
            throw business("amountInvalid", path, "amount.present", "There is no settlement amount.")
        }
        guard amount.currency.isListed else {
            throw business(
                "currencyNotSupported", path + "/@Ccy", "currency.listed",
                "\(amount.currency.code) is no currency of ISO 4217.")
        }
        guard amount.isPositive else { throw business("amountZero", path, "amount.positive", "The amount is zero.") }
        guard amount.fitsMinorUnit else {
            throw business(
                "amountTooFine", path, "amount.minor-unit",
                "The amount has \(amount.fractionDigits) decimals, \(amount.currency) has \(amount.currency.exponent).")
        }
        for entry in payment.sideCar where ISORoom.isTotal(entry.path) {
            try total(entry, amount)
        }
    }

    private static func total(_ entry: SideCarEntry, _ amount: Money) throws(Refusal) {
        let path = String(entry.path.dropFirst("iso20022:".count))
        guard !path.hasSuffix("@Ccy") else {
            guard entry.value == amount.currency.code else {
                throw business(
                    "controlTotalsWrong", path, "totals.currency",
                    "The header's total is in another currency than the payment, \(amount.currency.code).")
            }
            return
        }
        guard (try? Money(entry.value, amount.currency, rule: .iso20022)) == amount else {
            throw business(
                "controlTotalsWrong", path, "totals.agree", "The header's total is not the amount of the payment.")
        }
    }

    /// Why this order comes too late, or too early: of no account for a repeat of one that came in time.
    func untimely(_ payment: Payment) -> Refusal? {
        let path = "CdtTrfTxInf/IntrBkSttlmDt"
        if let date = payment.settlement.date,
            (date.dayNumber - businessDate.dayNumber).magnitude > settings.settlementDays.magnitude
        {
            return Self.business(
                "dateInvalid", path, "settlement-date.near",
                "The settlement date \(date.text) is too far from the business date, \(businessDate.text).")
        }
        guard let accepted = payment.acceptedAt else { return nil }
        let age = now.milliseconds(since: accepted.instant)
        if age < -Self.clockSkewMilliseconds {
            return Self.business(
                "dateInvalid", "CdtTrfTxInf/AccptncDtTm", "acceptance.past",
                "The moment of acceptance lies ahead of us.")
        }
        if age >= settings.clockMilliseconds {
            return Self.business(
                "timeoutCreditorAgent", "CdtTrfTxInf/AccptncDtTm", "clock.running",
                "The rail's clock of \(settings.clockMilliseconds) ms ran out before the message came.")
        }
        return nil
    }

    private static func accounts(_ payment: Payment) throws(Refusal) {
        for identifier in payment.creditorAccount.identifiers where identifier.kind == "IBAN" {
            guard let value = identifier.value, IBAN.isValid(value) else {
                throw business(
                    "creditorAccountUnknown", "CdtTrfTxInf/CdtrAcct/Id/IBAN", "creditor-iban.check-digits",
                    "The check digits of the creditor's IBAN are wrong.")
            }
        }
        for identifier in payment.debtorAccount.identifiers where identifier.kind == "IBAN" {
            guard let value = identifier.value, IBAN.isValid(value) else {
                throw business(
                    "debtorAccountUnknown", "CdtTrfTxInf/DbtrAcct/Id/IBAN", "debtor-iban.check-digits",
                    "The check digits of the debtor's IBAN are wrong.")
            }
        }
        let isNamed = payment.creditorAccount.identifiers.contains { !($0.value ?? "").isEmpty }
        guard isNamed else {
            throw business(
                "creditorAccountUnknown", "CdtTrfTxInf/CdtrAcct", "creditor-account.named",
                "The creditor's account has no name that we can look up.")
        }
    }

    private static func business(_ reason: String, _ path: String, _ rule: String, _ says: String) -> Refusal {
        Refusal(.business, Reason(reason, detail: says), path: path, rule: rule, says: says)
    }

    private func identity(_ path: String, _ rule: String, _ says: String) -> Refusal {
        Refusal(.identity, Reason("permissionMissing", detail: says), path: path, rule: rule, says: says)
    }
}

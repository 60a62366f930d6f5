import FormatJSON
import Payments

/// Offer, order and fulfilment held against each other: the checks that need the payment's record.
enum Agreement {
    /// How decoding marks an order that leaves too little time (money.md: refused before any leg is begun).
    static let expiresTooSoon = "EXPIRES_TOO_SOON"

    static func refused(_ code: String, _ canonical: String, _ says: String) -> Reason {
        Reason(canonical, network: "fspiop", foreign: code, detail: says)
    }

    // MARK: - Payee's side

    /// Does the order take up what we offered? What is learned names the transfer in any case, so it can be answered.
    static func takeUp(_ order: Payment, _ record: PaymentRecord, _ now: Instant) -> Heard {
        var learned = Payment()
        learned.id.transfer = order.id.transfer
        learned.expiresAt = order.expiresAt
        if let reason = objection(order, record.payment, now) { return Heard(.refused(reason), learned: learned) }
        return Heard(.done, learned: learned)
    }

    private static func objection(_ order: Payment, _ offered: Payment, _ now: Instant) -> Reason? {
        let terms = offered.terms
        guard terms.ilpPacket != nil, let condition = terms.condition, let amount = terms.transferAmount else {
            return refused(ErrorCode.quoteUnknown, "quoteUnknown", "Quote ID not found - no terms were offered")
        }
        if let known = offered.id.transfer, known != order.id.transfer {
            return refused(ErrorCode.modified, "duplicate", "The quote was taken up by another transfer")
        }
        guard order.terms.ilpPacket == terms.ilpPacket else {
            return refused(ErrorCode.validation, "contentInvalid", "ilpPacket is not the one of the quote")
        }
        guard order.terms.condition == condition else {
            return refused(ErrorCode.validation, "contentInvalid", "condition is not the one of the quote")
        }
        guard (order.terms.transferAmount ?? order.amount.settlement) == amount else {
            return refused(ErrorCode.validation, "amountNotAsAgreed", "amount is not the transferAmount of the quote")
        }
        guard order.debtorAgent.fspId == offered.debtorAgent.fspId else {
            return refused(ErrorCode.validation, "contentInvalid", "payerFsp is not the one that asked for the quote")
        }
        if let expiry = terms.expiresAt, expiry.instant <= now {
            return refused(ErrorCode.quoteExpired, "quoteExpired", "Quote expired at \(expiry.text)")
        }
        guard let expiry = order.expiresAt, expiry.instant > now, order.status.code != expiresTooSoon else {
            return refused(ErrorCode.transferExpired, "timeoutClearing", "Transfer expires too soon to be carried out")
        }
        return nil
    }

    // MARK: - Payer's side

    /// What is wrong with the terms in themselves; nil when they hold together.
    static func inconsistency(_ terms: Terms, quote: String, now: Instant) -> Reason? {
        guard let amount = terms.transferAmount, let text = terms.ilpPacket, let expiry = terms.expiresAt else {
            return refused(ErrorCode.missing, "missingElement", "The quote lacks amount, ilpPacket or expiration")
        }
        guard expiry.instant > now else {
            return refused(ErrorCode.quoteExpired, "quoteExpired", "The quote had expired when it came")
        }
        guard let said = PacketTerms(text) else {
            let says = "ilpPacket is no Interledger payment packet of version 1 with a Transaction"
            return refused(ErrorCode.malformed, "malformed", says)
        }
        guard ILPPacket.minorUnits(amount) == said.packet.minorUnits else {
            return refused(ErrorCode.validation, "amountNotAsAgreed", "ilpPacket and transferAmount differ")
        }
        if let named = said.transaction?["quoteId"]?.string, named != quote {
            return refused(ErrorCode.validation, "contentInvalid", "ilpPacket is of another quote")
        }
        return nil
    }

    /// Holds an answer or an error against the record before it counts. What somebody says who is not the one asked
    /// changes nothing. Nothing is learned twice: terms that a hold was made for, or a fulfilment, are never
    /// overwritten by a later message.
    static func verify(_ verb: Verb, _ heard: Heard, _ record: PaymentRecord) -> Heard {
        var heard = heard
        let speaker = heard.learned.message.from.fspId
        heard.learned.message.from.fspId = nil
        guard counts(speaker, verb, record.payment) else { return Heard(.pending) }
        switch verb {
        case .lookup: return isOpen(.lookup, record) ? heard : Heard(heard.observation)
        case .quote: return verifyQuote(heard, record)
        case .send: return heard.learned.status.code == nil ? heard : verifyPayment(heard, record)
        case .accept: return heard.learned.status.code == nil ? verifyPayeeError(heard) : verifyCredit(heard, record)
        default: return heard
        }
    }

    /// Whose word counts about a step, be it an answer or an error: the hub's (nil) about everything; the payee's
    /// institution's about its quote and its acceptance. How a transfer to us ended only the hub knows. A lookup has no
    /// counterpart yet: who answers names itself, and the hub lets only the party's own institution through.
    private static func counts(_ speaker: String?, _ verb: Verb, _ payment: Payment) -> Bool {
        guard let speaker, verb != .lookup else { return true }
        guard verb == .quote || verb == .send, let payee = payment.creditorAgent.fspId else { return false }
        return isSame(speaker, payee)
    }

    /// Some hubs change the case of names on the way.
    static func isSame(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }

    private static func isOpen(_ verb: Verb, _ record: PaymentRecord) -> Bool {
        guard let step = record.flow?.index(of: verb), record.steps.indices.contains(step) else { return false }
        return record.steps[step].state == .asked || record.steps[step].state == .unknown
    }

    private static func verifyQuote(_ heard: Heard, _ record: PaymentRecord) -> Heard {
        guard heard.learned.terms.ilpPacket != nil else { return heard }
        guard isOpen(.quote, record) else { return Heard(heard.observation) }
        guard let reason = unacceptable(heard.learned.terms, record.payment) else { return heard }
        return Heard(.refused(reason))
    }

    /// money.md: never more than was ordered leaves the payer, and an amount fixed for the payee arrives in full.
    private static func unacceptable(_ terms: Terms, _ payment: Payment) -> Reason? {
        guard let transfer = terms.transferAmount, let ordered = payment.amount.settlement ?? payment.amount.instructed
        else { return refused(ErrorCode.missing, "missingElement", "The quote has no transferAmount") }
        guard transfer.currency == ordered.currency else {
            return refused(ErrorCode.validation, "currencyNotSupported", "The quote is in another currency")
        }
        guard transfer.isPositive, transfer.units <= ordered.units else {
            let says = "The quote takes \(transfer), \(ordered) was ordered"
            return refused(ErrorCode.validation, "chargesNotAccepted", says)
        }
        if payment.type.amountType == "RECEIVE" {
            let fees = terms.payeeFee?.units ?? 0
            let received = terms.payeeReceiveAmount ?? Money(units: transfer.units - fees, currency: transfer.currency)
            guard received == ordered else {
                return refused(ErrorCode.validation, "amountNotAsAgreed", "The payee would not receive \(ordered)")
            }
        }
        guard let said = terms.ilpPacket.flatMap({ PacketTerms($0) }) else {
            return refused(ErrorCode.malformed, "malformed", "ilpPacket cannot be read")
        }
        return said.objection(to: payment, terms, ordered: ordered)
    }

    /// The payer's view: only the fulfilment proves that the payee is paid.
    private static func verifyPayment(_ heard: Heard, _ record: PaymentRecord) -> Heard {
        var heard = heard
        let told = heard.learned.terms.fulfilment
        heard.learned.terms.fulfilment = nil
        guard case .done = heard.observation else { return heard }
        let known = record.payment.terms.fulfilment
        guard let condition = record.payment.terms.condition, let fulfilment = told ?? known else {
            return Heard(.unknown("COMMITTED without a fulfilment"))
        }
        guard ILPCondition.opens(fulfilment, condition) else {
            return Heard(.unknown("the fulfilment does not match the condition"))
        }
        heard.learned.terms.fulfilment = fulfilment
        return heard
    }

    /// The payee's view: the hub settles, and where it names a fulfilment it is the one that we gave. Another one
    /// belongs to another transfer, so it settles nothing of ours.
    private static func verifyCredit(_ heard: Heard, _ record: PaymentRecord) -> Heard {
        var heard = heard
        let told = heard.learned.terms.fulfilment
        heard.learned.terms.fulfilment = nil
        guard case .done = heard.observation, let told, told != record.payment.terms.fulfilment else { return heard }
        return Heard(.unknown("COMMITTED with a fulfilment that is not ours"))
    }

    /// An error about an answer that holds our fulfilment says that this message failed. Only the hub's own end of the
    /// transfer takes the fulfilment back; all else is asked for.
    private static func verifyPayeeError(_ heard: Heard) -> Heard {
        guard case .refused(let reason) = heard.observation, reason.network == "fspiop",
            let code = reason.foreign, code != ErrorCode.transferExpired, code != "ABORTED"
        else { return heard }
        return Heard(.unknown("error \(code) \(reason.detail ?? "")"))
    }
}

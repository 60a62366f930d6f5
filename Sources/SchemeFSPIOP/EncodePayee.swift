import FormatJSON
import Payments

extension Encoder {
    /// PUT /quotes/{ID}: our terms. Packet, condition and fulfilment are made here, once, and stored with the payment.
    func offer(_ step: Step) throws(Refusal) -> Composed {
        let config = step.config
        let now = step.input.now
        var payment = step.payment
        guard let quote = payment.id.quote, let amount = payment.amount.settlement ?? payment.amount.instructed else {
            throw Refusal(.business, Reason("internalError"), says: "There is no quote to answer")
        }
        if let asked = payment.expiresAt?.instant, asked <= now {
            throw .fspiop(
                .business, ErrorCode.quoteExpired, "quoteExpired", path: "expiration", rule: "FSPIOP 1.1 §6.5.3.2",
                says: "Quote expired before it was answered")
        }
        var learned = Payment()
        if payment.terms.ilpPacket != nil, let until = payment.terms.expiresAt?.instant, until > now {
            learned.terms = payment.terms
        } else {
            let latest = now.adding(milliseconds: config.quoteMilliseconds)
            let expiry = min(latest, payment.expiresAt?.instant ?? latest)
            learned.terms = try terms(amount, until: Instant(milliseconds: expiry.milliseconds), payment, step)
        }
        payment.overlay(learned)
        let (body, losses) = try bodies.write(.quotesPut, Encoder.terms(of: payment))
        try BodyRules.quotesPut.check(body, "")
        let request = message("PUT", .quotes, "/quotes/\(quote)", to: payment.debtorAgent.fspId, body, step)
        return Composed(
            .request(request), message: "PUT /quotes", learned: learned, losses: losses,
            answerBy: payment.terms.expiresAt?.instant)
    }

    /// What is ours to say about the quote. The side-car is the payer's: its place and extensions are not the payee's,
    /// and the fulfilment is nobody's before the transfer.
    private static func terms(of payment: Payment) -> Payment {
        var written = payment
        written.terms.fulfilment = nil
        written.sideCar = []
        return written
    }

    private func terms(
        _ amount: Money, until expiry: Instant, _ payment: Payment, _ step: Step
    ) throws(Refusal) -> Terms {
        guard ILPPacket.holds(amount) else {
            throw .fspiop(
                .business, ErrorCode.payeeLimit, "creditorLimitExceeded", path: "amount", rule: "FSPIOP 1.1 §4.1",
                says: "The amount is larger than a payment packet can carry")
        }
        guard let minorUnits = ILPPacket.minorUnits(amount) else {
            throw Refusal(
                .business, Reason("amountTooFine"), path: "amount", says: "\(amount) is finer than its minor unit")
        }
        let config = step.config
        var terms = Terms()
        terms.transferAmount = amount
        terms.payeeReceiveAmount = amount
        terms.payeeFee = Money.zero(amount.currency)
        terms.expiresAt = DateTime(expiry)
        let party = payment.creditor.identifiers.first ?? payment.creditorAccount.identifiers.first
        let account = ILPPacket.account(
            fspId: config.fspId, idType: party?.kind ?? "ACCOUNT_ID", identifier: party?.value ?? "",
            subId: party?.subId)
        let transaction = try transaction(amount, expiry, payment)
        let packet = ILPPacket(minorUnits: minorUnits, account: account, transaction: transaction.canonicalBytes).text
        guard packet.utf8.count <= ILPPacket.longestText else {
            throw Refusal(.business, Reason("contentTooLong"), path: "ilpPacket", says: "The packet would be too long")
        }
        let fulfilment = ILPCondition.fulfilment(packet: packet, secret: config.ilpSecret)
        terms.ilpPacket = packet
        terms.condition = ILPCondition.condition(for: fulfilment)
        terms.fulfilment = fulfilment
        return terms
    }

    /// The Transaction object of the packet (FSPIOP 1.1 §7.4.17), its parties as the quote's table writes them.
    private func transaction(_ amount: Money, _ expiry: Instant, _ payment: Payment) throws(Refusal) -> JSONValue {
        let (quote, _) = try bodies.write(.quotesPost, payment)
        guard let text = try? amount.text(.fspiop) else {
            throw Refusal(.business, Reason("amountTooFine"), path: "amount", says: "\(amount) has too many digits")
        }
        return JSONValue.members([
            "quoteId": quote["quoteId"], "transactionId": quote["transactionId"], "payee": quote["payee"],
            "payer": quote["payer"], "transactionType": quote["transactionType"], "note": quote["note"],
            "amount": ["amount": .string(text), "currency": .string(amount.currency.code)],
            "expiration": .string(expiry.text),
        ])
    }

    /// PUT /transfers/{ID}: we take the payment. In version 1.1 as RESERVED, so that the hub tells us by PATCH what
    /// became of it; in 1.0, which has no PATCH, as COMMITTED, and we ask.
    func accept(_ step: Step) throws(Refusal) -> Composed {
        guard let id = step.payment.id.transfer, let fulfilment = step.payment.terms.fulfilment else {
            throw Refusal(.business, Reason("internalError"), says: "There is no transfer to accept")
        }
        if let expiry = step.payment.expiresAt?.instant, expiry <= step.input.now {
            throw .fspiop(
                .business, ErrorCode.transferExpired, "timeoutClearing", path: "expiration",
                rule: "FSPIOP 1.1 §6.7.1.2", says: "Transfer expired before it was accepted")
        }
        var answer = Payment()
        answer.terms.fulfilment = fulfilment
        answer.status.code = step.config.version == .oneOne ? "RESERVED" : "COMMITTED"
        answer.status.completedAt = DateTime(Instant(milliseconds: step.input.now.milliseconds))
        let (body, _) = try bodies.write(.transfersPut, answer)
        try BodyRules.transfersPut.check(body, "")
        let request = message("PUT", .transfers, "/transfers/\(id)", to: step.payment.debtorAgent.fspId, body, step)
        return Composed(
            .request(request), message: "PUT /transfers", keys: [step.config.key(.transfer, id)],
            answerBy: step.input.now.adding(milliseconds: step.config.patchMilliseconds))
    }

    // MARK: - Telling how it ended

    func notify(_ step: Step) throws(Refusal) -> Composed {
        let record = step.input.record
        if record.origin?.kind == .partyLookup { return try notifyLookup(step) }
        guard step.input.outcome == .rejected else {
            return Composed(.nothing("the network itself settled the transfer"), message: "PUT /transfers")
        }
        let reason = record.reason ?? Reason("internalError")
        if let transfer = record.payment.id.transfer {
            // Our fulfilment is out, or the network ended the transfer: it knows.
            if Encoder.attempts(.accept, record) > 0 {
                return Composed(.nothing("the network itself ended the transfer"), message: "PUT /transfers/error")
            }
            if let expiry = record.payment.expiresAt?.instant, expiry <= step.input.now {
                return Composed(
                    .nothing("the transfer has expired, and the hub ends it by its own clock"),
                    message: "PUT /transfers/error")
            }
            return failure(.transfers, "/transfers/\(transfer)", reason, to: record.payment.debtorAgent.fspId, step)
        }
        if Encoder.attempts(.offer, record) > 0, Encoder.left(.offer, record) {
            return Composed(.nothing("the offer was made, and nobody took it up"), message: "PUT /quotes/error")
        }
        guard let quote = record.payment.id.quote else {
            return Composed(.nothing("nothing was asked that could be answered"), message: "PUT /quotes/error")
        }
        return failure(.quotes, "/quotes/\(quote)", reason, to: record.payment.debtorAgent.fspId, step)
    }

    /// A step that a refusal of our own ended before a request was made has no deadline: nothing ever left.
    private static func left(_ verb: Verb, _ record: PaymentRecord) -> Bool {
        guard let step = record.flow?.index(of: verb), record.steps.indices.contains(step) else { return false }
        return record.steps[step].deadline != nil
    }

    private static func attempts(_ verb: Verb, _ record: PaymentRecord) -> Int {
        guard let step = record.flow?.index(of: verb), record.steps.indices.contains(step),
            record.steps[step].deadline != nil
        else { return 0 }
        return record.steps[step].attempts
    }

    private func notifyLookup(_ step: Step) throws(Refusal) -> Composed {
        var payment = step.payment
        guard let party = Encoder.name(of: payment) else {
            return Composed(.nothing("no party was asked for"), message: "PUT /parties")
        }
        let asker = payment.debtorAgent.fspId
        if step.input.outcome == .rejected {
            return failure(.parties, party.path, step.input.record.reason ?? Reason("internalError"), to: asker, step)
        }
        payment.creditorAgent.fspId = step.config.fspId
        payment.creditor.identifiers = [Identifier(party.idType, party.identifier, subId: party.subId)]
        // A name that the network's rule does not take is left out: the lookup itself is right without it.
        if let name = payment.creditor.name, !Form.isPartyName(name) { payment.creditor.name = nil }
        let (body, losses) = try bodies.write(.partiesPut, payment)
        try BodyRules.party.check(body, "")
        return Composed(
            .request(message("PUT", .parties, party.path, to: asker, body, step)), message: "PUT /parties",
            losses: losses, doneWhenDelivered: true)
    }

    private func failure(
        _ resource: Resource, _ path: String, _ reason: Reason, to destination: String?, _ step: Step
    ) -> Composed {
        let information = ErrorInformation(reason, bodies)
        let request = message("PUT", resource, path + "/error", to: destination, information.json, step)
        return Composed(.request(request), message: "PUT /\(resource.rawValue)/error", doneWhenDelivered: true)
    }

    // MARK: - Beside a payment's steps

    func report(_ report: Report, _ input: ComposeInput) throws(Refusal) -> Composed {
        guard let config = FSPIOPConfig(input.settings) else {
            throw Refusal(.business, Reason("internalError"), says: "The network's settings are not valid")
        }
        let step = Step(input: input, config: config)
        switch report {
        case .duplicate(let order, let reason): return repeatRefused(order, reason, step)
        case .status(let enquiry):
            let asker = enquiry.message.from.fspId ?? step.payment.debtorAgent.fspId
            guard Encoder.mayAsk(asker, step) else { return refuse(enquiry, to: asker, step) }
            if let transfer = enquiry.id.transfer { return try transferState(transfer, to: asker, step) }
            return try quoteState(enquiry.id.quote ?? "", to: asker, step)
        }
    }

    /// Terms and fulfilment are told to the hub and to the two institutions of the payment. To anybody else there is no
    /// such quote or transfer.
    private static func mayAsk(_ asker: String?, _ step: Step) -> Bool {
        guard let asker, asker != step.config.hubName else { return true }
        return [step.payment.debtorAgent.fspId, step.payment.creditorAgent.fspId].contains { party in
            party.map { Agreement.isSame($0, asker) } ?? false
        }
    }

    private func refuse(_ enquiry: Payment, to asker: String?, _ step: Step) -> Composed {
        if let transfer = enquiry.id.transfer { return unknownTransfer(transfer, to: asker, step) }
        return unknownQuote(enquiry.id.quote ?? "", to: asker, step)
    }

    private func unknownTransfer(_ id: String, to asker: String?, _ step: Step) -> Composed {
        let unknown = Reason("originalNotFound", network: "fspiop", foreign: ErrorCode.transferUnknown)
        return failure(.transfers, "/transfers/\(id)", unknown, to: asker, step)
    }

    private func unknownQuote(_ id: String, to asker: String?, _ step: Step) -> Composed {
        let unknown = Reason("quoteUnknown", network: "fspiop", foreign: ErrorCode.quoteUnknown)
        return failure(.quotes, "/quotes/\(id)", unknown, to: asker, step)
    }

    private func repeatRefused(_ order: Payment, _ reason: Reason, _ step: Step) -> Composed {
        let asker = order.debtorAgent.fspId
        if let transfer = order.id.transfer {
            return failure(.transfers, "/transfers/\(transfer)", reason, to: asker, step)
        }
        if let quote = order.id.quote { return failure(.quotes, "/quotes/\(quote)", reason, to: asker, step) }
        guard let party = Encoder.name(of: order) else {
            return Composed(.nothing("nothing names what was repeated"), message: "PUT /parties/error")
        }
        return failure(.parties, party.path, reason, to: asker, step)
    }

    /// The state as the journal holds it, never a guess.
    private func transferState(_ id: String, to asker: String?, _ step: Step) throws(Refusal) -> Composed {
        let record = step.input.record
        guard record.payment.id.transfer == id else { return unknownTransfer(id, to: asker, step) }
        var answer = Payment()
        if Encoder.isSettledHere(record) {
            answer.status.code = "COMMITTED"
            answer.terms.fulfilment = record.payment.terms.fulfilment
            answer.status.completedAt = record.payment.status.completedAt
        } else if record.facts.contains(.rejected) {
            answer.status.code = "ABORTED"
        } else {
            answer.status.code = Encoder.attempts(.accept, record) > 0 ? "RESERVED" : "RECEIVED"
        }
        let (body, _) = try bodies.write(.transfersPut, answer)
        return Composed(
            .request(message("PUT", .transfers, "/transfers/\(id)", to: asker, body, step)), message: "PUT /transfers",
            doneWhenDelivered: true)
    }

    /// On a bridge `settled` speaks of the far leg: what this network did is told by the step that it decided.
    private static func isSettledHere(_ record: PaymentRecord) -> Bool {
        guard let flow = record.flow, flow.index(of: .send) != nil, let step = flow.index(of: .accept),
            record.steps.indices.contains(step)
        else { return record.facts.contains(.settled) }
        return record.steps[step].state == .done
    }

    /// The terms, or why there are none. While there is neither, the answer to the quote itself is on its way.
    private func quoteState(_ id: String, to asker: String?, _ step: Step) throws(Refusal) -> Composed {
        let record = step.input.record
        guard record.payment.id.quote == id else { return unknownQuote(id, to: asker, step) }
        guard record.payment.terms.ilpPacket != nil else {
            guard record.outcome == .rejected || record.facts.contains(.rejected), let reason = record.reason else {
                return Composed(.nothing("the quote is not answered yet"), message: "PUT /quotes")
            }
            return failure(.quotes, "/quotes/\(id)", reason, to: asker, step)
        }
        let (body, _) = try bodies.write(.quotesPut, Encoder.terms(of: step.payment))
        return Composed(
            .request(message("PUT", .quotes, "/quotes/\(id)", to: asker, body, step)), message: "PUT /quotes",
            doneWhenDelivered: true)
    }
}

import Mapping
import Payments

extension ISORoom {
    func compose(_ input: ComposeInput) throws(Refusal) -> Composed {
        let settings = try ISOSettings.of(input.settings)
        switch (input.verb, input.purpose) {
        case (.send, .ask): return try creditTransfer(input, settings)
        case (.send, .query): return try enquiry(about: sentOriginal(input.record), input, settings)
        case (.accept, .ask): return try acceptance(input, settings)
        case (.accept, .query):
            return try enquiry(about: ISOOriginal(order: input.record.payment), input, settings)
        case (.notify, _): return try notification(input, settings)
        default:
            let verb = input.verb.rawValue
            return Composed(.nothing("\(verb) has no message on this network"), message: verb)
        }
    }

    /// The message identification of a credit transfer of ours: made of the payment's own, so that it is known again
    /// after a crash and two payments never share one.
    static func messageId(of record: PaymentRecord) -> String { "IL" + record.id.text }

    /// The names under which the rail knows an order that we sent.
    func sentOriginal(_ record: PaymentRecord) -> ISOOriginal {
        var original = ISOOriginal(order: record.payment)
        original.messageId = ISORoom.messageId(of: record)
        original.createdAt = nil
        return original
    }

    // MARK: - Our order

    private func creditTransfer(_ input: ComposeInput, _ settings: ISOSettings) throws(Refusal) -> Composed {
        var ids = IdentitySource(seed: input.entropy)
        let known = input.record.payment
        var learned = Payment()
        learned.id.transaction = short(known.id.transaction) ?? input.record.id.text
        learned.id.instruction = short(known.id.instruction) ?? learned.id.transaction
        learned.id.endToEnd = short(known.id.endToEnd) ?? "NOTPROVIDED"
        learned.id.uetr = known.id.uetr.flatMap { ISOOriginal.isUETR($0) ? $0 : nil } ?? ids.uuid()
        learned.settlement.date = known.settlement.date ?? input.now.date
        learned.acceptedAt = known.acceptedAt ?? DateTime(input.now)
        if known.expiresAt == nil {
            learned.expiresAt = DateTime(input.now.adding(milliseconds: settings.clockMilliseconds))
        }
        var order = known
        order.overlay(learned)
        order.status = StatusReport()
        // The rail's own clock, which AccptncDtTm starts, stands for our deadline; totals are those of one payment.
        order.expiresAt = nil
        order.sideCar.removeAll { ISORoom.isTotal($0.path) }
        try complete(&order, settings)
        let draft = ISODraft(
            definition: ISO20022.Definition.creditTransfer, content: order, envelope: settings.envelope,
            receiver: settings.clearing)
        let id = ISORoom.messageId(of: input.record)
        let (bytes, losses) = try write(draft, id: id, settings, now: input.now)
        var original = ISOOriginal(order: learned)
        original.messageId = id
        return Composed(
            .request(post(bytes, settings)), message: draft.definition, learned: learned,
            keys: original.keys(settings) + [settings.correlation("group", id)].compactMap { $0 },
            losses: losses + replaced(known, by: learned, in: draft.definition))
    }

    /// Identifications that the rail cannot carry: another stands in their place.
    private func replaced(_ known: Payment, by learned: Payment, in message: String) -> [Payments.Loss] {
        let pairs = [
            ("id.transaction", known.id.transaction, learned.id.transaction),
            ("id.instruction", known.id.instruction, learned.id.instruction),
            ("id.endToEnd", known.id.endToEnd, learned.id.endToEnd), ("id.uetr", known.id.uetr, learned.id.uetr),
        ]
        return pairs.compactMap { field, from, to in
            guard let from, !from.isEmpty, let to, from != to else { return nil }
            return Payments.Loss(
                message: message, field: field, why: "the rail cannot carry it; \(to) stands in its place")
        }
    }

    /// What a rail needs and the order does not say.
    private func complete(_ order: inout Payment, _ settings: ISOSettings) throws(Refusal) {
        func refuse(_ reason: String, _ field: String, _ says: String) -> Refusal {
            Refusal(.business, Reason(reason, detail: says), path: field, rule: "order.complete", says: says)
        }
        guard let amount = order.terms.transferAmount ?? order.amount.settlement ?? order.amount.instructed else {
            throw refuse("amountInvalid", "amount.settlement", "the order has no amount")
        }
        guard amount.isPositive else { throw refuse("amountZero", "amount.settlement", "the amount is zero") }
        guard amount.fitsMinorUnit else {
            throw refuse("amountTooFine", "amount.settlement", "the amount is finer than the currency's minor unit")
        }
        order.amount.settlement = amount
        guard order.creditorAgent.bic != nil || order.creditorAgent.clearingMember != nil else {
            throw refuse(
                "creditorAgentUnknown", "creditorAgent", "the creditor's agent has no name on the rail")
        }
        if order.debtorAgent.bic == nil, order.debtorAgent.clearingMember == nil { order.debtorAgent = settings.ours }
        order.debtor.name = order.debtor.name ?? ISORoom.joined(order.debtor)
        order.creditor.name = order.creditor.name ?? ISORoom.joined(order.creditor)
        if order.creditorAccount.identifiers.isEmpty {
            order.creditorAccount.identifiers = order.creditor.identifiers
            order.creditor.identifiers = []
        }
        if order.debtorAccount.identifiers.isEmpty {
            order.debtorAccount.identifiers = order.debtor.identifiers
            order.debtor.identifiers = []
        }
        order.settlement.method = "CLRG"
        order.chargeBearer = order.chargeBearer ?? settings.chargeBearer
        if order.settlement.clearingSystemProprietary == nil {
            order.settlement.clearingSystem = order.settlement.clearingSystem ?? settings.clearingSystemCode
        }
        order.type.serviceLevel = order.type.serviceLevel ?? settings.serviceLevel
        order.type.categoryPurpose = order.type.categoryPurpose ?? settings.categoryPurpose
        if order.type.localInstrument == nil, order.type.localInstrumentProprietary == nil {
            order.type.localInstrument = settings.localInstrument
            order.type.localInstrumentProprietary =
                settings.localInstrument == nil ? settings.localInstrumentProprietary : nil
        }
    }

    static func isTotal(_ path: String) -> Bool {
        path.hasSuffix("GrpHdr/CtrlSum") || path.contains("GrpHdr/TtlIntrBkSttlmAmt")
    }

    private static func joined(_ party: Party) -> String {
        let parts = [party.firstName, party.middleName, party.lastName].compactMap { $0 }.filter { !$0.isEmpty }
        return ISOCodes.line(parts.joined(separator: " "), 140) ?? "NOTPROVIDED"
    }

    /// An identification of another network goes on only where it fits Max35Text.
    private func short(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.unicodeScalars.count <= 35 else { return nil }
        return text
    }

    private func post(_ bytes: [UInt8], _ settings: ISOSettings) -> WireRequest {
        WireRequest(method: "POST", path: settings.path, headers: [Self.contentType], body: bytes)
    }

    /// pacs.028: what became of an order, whoever gave it.
    private func enquiry(
        about original: ISOOriginal, _ input: ComposeInput, _ settings: ISOSettings
    ) throws(Refusal) -> Composed {
        var ids = IdentitySource(seed: input.entropy)
        var question = Payment()
        refer(to: original, &question)
        question.status.enquiryId = ids.hexText()
        let draft = ISODraft(
            definition: ISO20022.Definition.statusRequest, content: question, envelope: settings.envelope,
            receiver: settings.clearing)
        let (bytes, _) = try write(draft, id: ids.hexText(), settings, now: input.now)
        return Composed(.request(post(bytes, settings)), message: draft.definition)
    }

    // MARK: - Our answers

    private func acceptance(_ input: ComposeInput, _ settings: ISOSettings) throws(Refusal) -> Composed {
        let order = input.record.payment
        let report = statusReport(
            ISOOriginal(order: order), settings.accept, nil, acceptedAt: order.acceptedAt ?? DateTime(input.now))
        let reply = try answer(report, order, input, settings)
        var composed = Composed(.reply(reply), message: ISO20022.Definition.statusReport)
        composed.doneWhenDelivered = settings.acceptIsFinal
        composed.answerBy = input.now.adding(milliseconds: settings.clockMilliseconds)
        return composed
    }

    /// The negative answer, unless the rail has an answer of ours already or brought the refusal itself.
    private func notification(_ input: ComposeInput, _ settings: ISOSettings) throws(Refusal) -> Composed {
        func nothing(_ why: String) -> Composed { Composed(.nothing(why), message: ISO20022.Definition.statusReport) }
        guard input.outcome == .rejected else { return nothing("the rail told us that the payment is settled") }
        guard !isAnswered(input.record) else { return nothing("the rail has our answer") }
        let report = statusReport(
            ISOOriginal(order: input.record.payment), codes.statusCode("rejected"),
            input.record.reason ?? Reason("refusedNoReason"))
        let reply = try answer(report, input.record.payment, input, settings)
        return Composed(.reply(reply), message: ISO20022.Definition.statusReport, doneWhenDelivered: true)
    }

    /// Whether our answer to the order has left. An acceptance that we could not write is refused by ourselves: then it
    /// has not.
    private func isAnswered(_ record: PaymentRecord) -> Bool {
        if record.answeredEarly != nil { return true }
        guard let index = record.flow?.index(of: .accept), record.steps.indices.contains(index) else { return false }
        let step = record.steps[index]
        switch step.state {
        case .planned, .skipped: return false
        case .refused: return step.reason?.network == ISOCodes.network
        default: return true
        }
    }

    private func answer(
        _ report: Payment, _ order: Payment, _ input: ComposeInput, _ settings: ISOSettings
    ) throws(Refusal) -> WireReply {
        var ids = IdentitySource(seed: input.entropy)
        let draft = ISODraft(
            definition: ISO20022.Definition.statusReport, content: report, envelope: envelope(of: order, settings),
            receiver: sender(of: order, settings))
        let (bytes, _) = try write(draft, id: ids.hexText(), settings, now: input.now)
        return reply(bytes)
    }

    // MARK: - Beside the steps

    func report(_ report: Report, _ input: ComposeInput) throws(Refusal) -> Composed {
        let settings = try ISOSettings.of(input.settings)
        let content: Payment
        let asker: Payment
        switch report {
        case .duplicate(let order, let reason):
            asker = order
            var report = statusReport(ISOOriginal(order: order), codes.statusCode("rejected"), reason)
            if reason.canonical == "duplicate" {
                report.status.additional.append("CdtTrfTxInf/PmtId, rule identification.new")
            }
            content = report
        case .status(let enquiry):
            asker = enquiry
            let (status, reason) = isAbout(enquiry, input.record) ? standing(of: input.record) : unknownOriginal
            content = statusReport(
                ISOOriginal(reference: enquiry.status), status, reason,
                acceptedAt: reason?.canonical == "originalNotFound" ? nil : input.record.payment.acceptedAt)
        }
        let reply = try answer(content, asker, input, settings)
        return Composed(.reply(reply), message: ISO20022.Definition.statusReport, doneWhenDelivered: true)
    }

    /// An enquiry found its payment by one of its names: the others must not be those of another.
    private func isAbout(_ enquiry: Payment, _ record: PaymentRecord) -> Bool {
        guard record.sequence > 0 else { return true }
        var asked = ISOOriginal(reference: enquiry.status)
        // A resend may have carried the order under a message identification of its own.
        asked.messageId = nil
        return ISOOriginal(order: record.payment).agrees(with: asked) || sentOriginal(record).agrees(with: asked)
    }

    private var unknownOriginal: (String, Reason?) { (codes.statusCode("rejected"), Reason("originalNotFound")) }

    /// What the record proves of a payment, as a status of the rail; never a guess.
    private func standing(of record: PaymentRecord) -> (String, Reason?) {
        guard record.sequence > 0 else { return unknownOriginal }
        let facts = record.facts
        let refused = record.reason ?? Reason("refusedNoReason")
        if record.outcome == .rejected || facts.contains(.rejected) { return (codes.statusCode("rejected"), refused) }
        if facts.contains(.cancelled) { return (codes.statusCode("cancelled"), refused) }
        if record.answeredEarly == .rejected {
            return (codes.statusCode("rejected"), record.refusal ?? Reason("timeoutCreditorAgent"))
        }
        if facts.contains(.blocked) { return (codes.statusCode("blocked"), nil) }
        if facts.contains(.settled) || record.outcome == .settled {
            return (codes.statusCode(isCredited(record) ? "posted" : "settled"), nil)
        }
        guard let index = record.flow?.index(of: .accept), record.steps.indices.contains(index) else {
            return (codes.statusCode("pending"), nil)
        }
        switch record.steps[index].state {
        case .asked, .unknown, .done: return (codes.statusCode("accepted"), nil)
        default: return (codes.statusCode("pending"), nil)
        }
    }

    private func isCredited(_ record: PaymentRecord) -> Bool {
        guard let index = record.flow?.index(of: .credit), record.steps.indices.contains(index) else { return false }
        return record.steps[index].state == .done
    }
}

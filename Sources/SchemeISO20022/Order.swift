import Payments

/// Orders of ours: the names that they go out under, and what a rail needs and the payment does not say.
extension ISORoom {
    /// The message identification of a credit transfer of ours: made of the payment's own, so that it is known again
    /// after a crash and two payments never share one.
    static func messageId(of record: PaymentRecord) -> String { "IL" + record.id.text }

    /// The names under which the rail knows an order that we sent.
    func sentOriginal(_ record: PaymentRecord) -> ISOOriginal {
        var names = record.payment
        if ISORoom.isBrought(record) { names.id = ISORoom.names(onward: record) }
        var original = ISOOriginal(order: names)
        original.messageId = ISORoom.messageId(of: record)
        original.createdAt = nil
        return original
    }

    /// Whether another network brought the payment: its names there answer its orders and stay as they are.
    static func isBrought(_ record: PaymentRecord) -> Bool { record.flow?.index(of: .accept) != nil }

    /// The names of an order that carries a brought payment on: those from end to end stay, those of the hop are ours.
    /// They follow from the payment alone, so nothing needs to be kept of them.
    private static func names(onward record: PaymentRecord) -> Identifications {
        let known = record.payment.id
        var ids = IdentitySource(seed: record.id.high &* 0x9E37_79B9_7F4A_7C15 ^ record.id.low)
        var names = known
        names.transaction = record.id.text
        names.instruction = record.id.text
        names.endToEnd = short(known.endToEnd) ?? "NOTPROVIDED"
        names.uetr = known.uetr.flatMap { ISOOriginal.isUETR($0) ? $0 : nil } ?? ids.uuid()
        names.clearingReference = nil
        return names
    }

    func creditTransfer(_ input: ComposeInput, _ settings: ISOSettings) throws(Refusal) -> Composed {
        let known = input.record.payment
        var learned = Payment()
        if known.expiresAt == nil {
            learned.expiresAt = DateTime(input.now.adding(milliseconds: settings.clockMilliseconds))
        }
        var order = known
        if ISORoom.isBrought(input.record) {
            order.id = ISORoom.names(onward: input.record)
            ISORoom.carryOn(&order, settings)
            order.acceptedAt = DateTime(input.now)
        } else {
            name(known, input, &learned)
            order.overlay(learned)
        }
        order.settlement.date = input.businessDate
        order.status = StatusReport()
        // The rail's own clock, which AccptncDtTm starts, stands for our deadline; totals are those of one payment.
        order.expiresAt = nil
        // Ours is a message of its own: fields stand in it where the rail expects them, not as they came.
        order.sideCar.removeAll { ISORoom.isTotal($0.path) || $0.isForm }
        try complete(&order, settings)
        let draft = ISODraft(
            definition: ISO20022.Definition.creditTransfer, content: order, envelope: settings.envelope,
            receiver: settings.clearing)
        let id = ISORoom.messageId(of: input.record)
        let (bytes, losses) = try write(draft, id: id, settings, now: input.now)
        var original = ISOOriginal(order: order)
        original.messageId = id
        let keys = original.keys(settings) + original.ours(settings)
        return Composed(
            .request(post(bytes, settings)), message: draft.definition, learned: learned, keys: keys,
            losses: losses + replaced(known, by: order, input.record, in: draft.definition))
    }

    /// The names of an order of a channel of ours; the settlement date and the moment of acceptance with them.
    private func name(_ known: Payment, _ input: ComposeInput, _ learned: inout Payment) {
        var ids = IdentitySource(seed: input.entropy)
        learned.id.transaction = ISORoom.short(known.id.transaction) ?? input.record.id.text
        learned.id.instruction = ISORoom.short(known.id.instruction) ?? learned.id.transaction
        learned.id.endToEnd = ISORoom.short(known.id.endToEnd) ?? "NOTPROVIDED"
        learned.id.uetr = known.id.uetr.flatMap { ISOOriginal.isUETR($0) ? $0 : nil } ?? ids.uuid()
        learned.settlement.date = input.businessDate
        learned.acceptedAt = known.acceptedAt ?? DateTime(input.now)
    }

    /// Identifications and codes that the rail cannot carry: others stand in their place. Names of one hop are no part
    /// of it: every hop writes its own.
    private func replaced(
        _ known: Payment, by order: Payment, _ record: PaymentRecord, in message: String
    ) -> [Payments.Loss] {
        let travelling = [
            ("id.endToEnd", known.id.endToEnd, order.id.endToEnd), ("id.uetr", known.id.uetr, order.id.uetr),
        ]
        let type = known.type
        let pairs =
            ISORoom.isBrought(record)
            ? travelling + [
                ("type.localInstrument", type.localInstrument, order.type.localInstrument ?? "another"),
                (
                    "type.localInstrumentProprietary", type.localInstrumentProprietary,
                    order.type.localInstrumentProprietary ?? "another"
                ),
            ]
            : [
                ("id.transaction", known.id.transaction, order.id.transaction),
                ("id.instruction", known.id.instruction, order.id.instruction),
            ] + travelling
        return pairs.compactMap { field, from, to in
            guard let from, !from.isEmpty, let to, from != to else { return nil }
            return Payments.Loss(
                message: message, field: field, why: "the rail cannot carry it; \(to) stands in its place")
        }
    }

    // MARK: - Carrying on

    /// Between the hop that brought the payment and ours: what concerned the first clearing alone stays behind, and
    /// who instructed us becomes a previous agent.
    private static func carryOn(_ order: inout Payment, _ settings: ISOSettings) {
        order.settlement.clearingSystem = nil
        order.settlement.clearingSystemProprietary = nil
        if settings.localInstrument != nil || settings.localInstrumentProprietary != nil {
            order.type.localInstrument = nil
            order.type.localInstrumentProprietary = nil
        }
        order.sideCar.removeAll { entry in
            ISORoom.ofOneHop.contains { entry.path.hasPrefix("iso20022:" + $0) }
        }
        let previous = order.message.instructingAgent
        guard let name = previous.railName, name != order.debtorAgent.railName else { return }
        let agents = ["PrvsInstgAgt1", "PrvsInstgAgt2", "PrvsInstgAgt3"]
        let free = agents.first { agent in
            !order.sideCar.contains { $0.path.hasPrefix("iso20022:CdtTrfTxInf/\(agent)/") }
        }
        guard let free else { return }
        let place = "iso20022:CdtTrfTxInf/\(free)/FinInstnId/"
        let element = previous.bic == nil ? "ClrSysMmbId/MmbId" : "BICFI"
        order.sideCar.append(SideCarEntry(path: place + element, value: previous.bic ?? name))
    }

    /// What was kept of the clearing and of the agents between which the order came.
    private static let ofOneHop = [
        "GrpHdr/SttlmInf/", "GrpHdr/InstgAgt/", "GrpHdr/InstdAgt/", "CdtTrfTxInf/InstgAgt/", "CdtTrfTxInf/InstdAgt/",
        "CdtTrfTxInf/SttlmTmIndctn", "CdtTrfTxInf/SttlmTmReq",
    ]

    static func isTotal(_ path: String) -> Bool {
        path.hasSuffix("GrpHdr/CtrlSum") || path.contains("GrpHdr/TtlIntrBkSttlmAmt")
    }

    // MARK: - Completing

    /// What a rail needs and the order does not say.
    private func complete(_ order: inout Payment, _ settings: ISOSettings) throws(Refusal) {
        try checkAmount(&order, settings)
        guard order.creditorAgent.bic != nil || order.creditorAgent.clearingMember != nil else {
            throw Self.incomplete(
                "creditorAgentUnknown", "creditorAgent", "the creditor's agent has no name on the rail")
        }
        guard !settings.isOurs(order.creditorAgent) else {
            throw Self.incomplete(
                "creditorAgentUnknown", "creditorAgent", "the creditor's agent is ourselves, and the rail leads back")
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

    private func checkAmount(_ order: inout Payment, _ settings: ISOSettings) throws(Refusal) {
        guard let amount = order.terms.transferAmount ?? order.amount.settlement ?? order.amount.instructed else {
            throw Self.incomplete("amountInvalid", "amount.settlement", "the order has no amount")
        }
        guard amount.isPositive else {
            throw Self.incomplete("amountZero", "amount.settlement", "the amount is zero")
        }
        guard amount.fitsMinorUnit else {
            throw Self.incomplete(
                "amountTooFine", "amount.settlement", "the amount is finer than the currency's minor unit")
        }
        guard settings.carries(amount.currency) else {
            throw Self.incomplete(
                "currencyNotSupported", "amount.settlement", "the rail does not carry \(amount.currency.code)")
        }
        order.amount.settlement = amount
    }

    private static func incomplete(_ reason: String, _ field: String, _ says: String) -> Refusal {
        Refusal(.business, Reason(reason, detail: says), path: field, rule: "order.complete", says: says)
    }

    private static func joined(_ party: Party) -> String {
        let parts = [party.firstName, party.middleName, party.lastName].compactMap { $0 }.filter { !$0.isEmpty }
        return ISOCodes.line(parts.joined(separator: " "), 140) ?? "NOTPROVIDED"
    }

    /// An identification of another network goes on only where it fits Max35Text.
    private static func short(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.unicodeScalars.count <= 35 else { return nil }
        return text
    }
}

/// What the clearing knows of one transaction.
public struct ClearingTransaction: Sendable {
    public enum State: String, Sendable { case pending, settled, rejected }

    public internal(set) var txId: String
    public internal(set) var endToEndId: String
    public let instructionId: String?
    public internal(set) var messageId: String
    public internal(set) var uetr: String?
    public let amount: LabAmount
    public let currency: String
    /// `YYYY-MM-DD`
    public let settlementDate: String
    public let acceptedAt: String?
    public let debtorAgent: String
    public let creditorAgent: String
    public let debtorAccount: String
    public let creditorAccount: String
    public internal(set) var state = State.pending
    /// ISO status reason of a rejection.
    public internal(set) var reason: String?
    /// Whether the participant acknowledged the final report; nil when none was due or it was not yet sent.
    public internal(set) var finalDelivered: Bool?
    /// The participant that sent the order, when it is not the debtor agent.
    public internal(set) var instructing: String?
    /// The creditor agent's answer within the clock, and what it said after the clock or after its ACWP.
    public internal(set) var answered: String?
    public internal(set) var late: String?
    public internal(set) var followUp: String?

    /// Whose settlement account pays.
    public var payer: String { instructing ?? debtorAgent }

    /// Debtor agent, TxId and settlement date: the duplicate rule.
    var key: String { "\(debtorAgent)|\(txId)|\(settlementDate)" }
}

extension ClearingTransaction {
    /// Stands for what a status request asked about and nobody knows.
    init(unknown txId: String, messageId: String, endToEndId: String) {
        self.init(
            txId: txId, endToEndId: endToEndId, instructionId: nil, messageId: messageId, uetr: nil, amount: .zero,
            currency: "", settlementDate: "", acceptedAt: nil, debtorAgent: "", creditorAgent: "", debtorAccount: "",
            creditorAccount: "", state: .rejected)
    }

    /// Reads the transaction of a pacs.008; says what is missing.
    static func read(_ content: XMLTree) -> (transaction: ClearingTransaction?, fault: String) {
        guard content.name == "FIToFICstmrCdtTrf", let header = content["GrpHdr"], let messageId = header.text("MsgId"),
            header.text("CreDtTm") != nil
        else { return (nil, "GrpHdr") }
        guard content.all("CdtTrfTxInf").count == 1, header.text("NbOfTxs") == "1", let tx = content["CdtTrfTxInf"]
        else { return (nil, "one transaction and NbOfTxs 1") }
        guard header.text("SttlmInf/SttlmMtd") == "CLRG" else { return (nil, "SttlmMtd CLRG") }
        guard let txId = tx.text("PmtId/TxId"), let endToEndId = tx.text("PmtId/EndToEndId") else {
            return (nil, "PmtId/TxId and EndToEndId")
        }
        for id in [messageId, txId, endToEndId] where !(1...35).contains(id.count) { return (nil, "length of \(id)") }
        guard let amountNode = tx["IntrBkSttlmAmt"], let currency = amountNode.attributes["Ccy"],
            let amount = LabAmount(amountNode.text), amount > .zero
        else { return (nil, "IntrBkSttlmAmt") }
        guard amount.fits(decimals: LabAmount.decimals(of: currency)) else { return (nil, "decimals of \(amount)") }
        for path in ["CtrlSum", "TtlIntrBkSttlmAmt"] {
            if let total = header.text(path), LabAmount(total) != amount { return (nil, path) }
        }
        guard let date = tx.text("IntrBkSttlmDt") ?? header.text("IntrBkSttlmDt"),
            LabTime.parseISO(date + "T00:00:00.000Z") != nil
        else { return (nil, "IntrBkSttlmDt") }
        guard let debtorAgent = ISOMessages.agent(tx["DbtrAgt"]), let creditorAgent = ISOMessages.agent(tx["CdtrAgt"])
        else { return (nil, "DbtrAgt and CdtrAgt") }
        guard tx.text("ChrgBr") != nil, tx["Dbtr"] != nil, tx["Cdtr"] != nil else { return (nil, "ChrgBr, Dbtr, Cdtr") }
        guard let creditorAccount = ISOMessages.account(tx["CdtrAcct"]) else { return (nil, "CdtrAcct") }
        let acceptedAt = tx.text("AccptncDtTm")
        if let acceptedAt, LabTime.parseISO(acceptedAt, exactMilliseconds: false) == nil { return (nil, "AccptncDtTm") }
        let transaction = ClearingTransaction(
            txId: txId, endToEndId: endToEndId, instructionId: tx.text("PmtId/InstrId"), messageId: messageId,
            uetr: tx.text("PmtId/UETR"), amount: amount, currency: currency, settlementDate: date,
            acceptedAt: acceptedAt, debtorAgent: debtorAgent, creditorAgent: creditorAgent,
            debtorAccount: ISOMessages.account(tx["DbtrAcct"]) ?? "", creditorAccount: creditorAccount)
        return (transaction, "")
    }
}

/// Credit transfers that a participant posts.
extension Clearing {
    func take(_ envelope: ISOMessages.Envelope, from bic: String, hash: [UInt8]) async -> LabAnswer {
        let content = envelope.content
        let messageId = content.text("GrpHdr/MsgId") ?? "NOTPROVIDED"
        if let fault = headerFault(envelope, from: bic) {
            return refuse(fault, status: 400, bic, verb: "pacs.008", related: messageId)
        }
        let instructing =
            ISOMessages.agent(content["GrpHdr/InstgAgt"]) ?? ISOMessages.agent(content["CdtTrfTxInf/InstgAgt"])
        guard instructing == bic else {
            return refuse("InstgAgt is not the sender", status: 403, bic, verb: "pacs.008", related: messageId)
        }
        let (read, fault) = ClearingTransaction.read(content)
        guard let transaction = read else {
            return refuse(fault, status: 400, bic, verb: "pacs.008", related: messageId)
        }
        if case .error(let text)? = moods.takeOwn("message") {
            journal.note(.received, "pacs.008", id: transaction.txId, party: bic, status: 400)
            return await reject(text, status: 400, bic, related: messageId)
        }
        return await take(transaction, envelope, from: bic)
    }

    private func take(
        _ read: ClearingTransaction, _ envelope: ISOMessages.Envelope, from bic: String
    ) async -> LabAnswer {
        var transaction = read
        if transaction.debtorAgent != bic { transaction.instructing = bic }
        let mood = moods.take("pacs.008")
        if mood == .reset { return .close }
        await pause(milliseconds: mood.delayBeforeMilliseconds)
        journal.note(.received, "pacs.008", id: transaction.txId, party: bic, status: 200)
        if mood == .lost { return settings.isAsynchronous ? acknowledgement(mood) : .never }
        if settings.isAsynchronous, case .error(let code)? = moods.takeOwn("early") {
            return await refuseFirst(transaction, code.isEmpty ? "AB09" : code, to: bic, mood: mood)
        }
        if let reason = refusal(of: transaction, from: bic, mood: mood) {
            if reason != "AM05" { keepRejected(transaction, reason: reason) }
            let status = ISOMessages.Status(code: "RJCT", reason: reason)
            return await answer(
                ISOMessages.report(named(transaction), status, from: settings.bic, to: bic), to: bic, mood: mood)
        }
        reserve(transaction)
        guard settings.isAsynchronous || settings.postsFinal else {
            await clear(transaction, envelope, mood: mood)
            if mood == .twice { Task { await self.postFinal(transaction.key, to: bic) } }
            Task {
                // The answer goes out in the connection first.
                await pause(milliseconds: 250)
                await self.contradict(transaction.key, to: bic)
            }
            guard let report = result(transaction.key, to: bic, mood) else { return .never }
            return await answer(report, to: bic, mood: mood)
        }
        if settings.isAsynchronous, mood == .callbackFirst {
            await finish(transaction, envelope, from: bic, mood: mood)
        } else {
            Task { await self.finish(transaction, envelope, from: bic, mood: mood) }
        }
        if settings.isAsynchronous { return acknowledgement(mood) }
        let report = ISOMessages.report(transaction, .init(code: "ACTC"), from: settings.bic, to: bic)
        return await answer(report, to: bic, mood: mood)
    }

    /// The no is told before the order is taken, or instead of that where the mood breaks the connection.
    private func refuseFirst(
        _ transaction: ClearingTransaction, _ code: String, to bic: String, mood: Mood
    ) async -> LabAnswer {
        keepRejected(transaction, reason: code)
        let status = ISOMessages.Status(code: "RJCT", reason: code)
        let report = ISOMessages.report(named(transaction), status, from: settings.bic, to: bic)
        await deliver(report, to: bic, mood: mood)
        return acknowledgement(mood)
    }

    /// Brings the order to its end and tells it in a message of its own.
    private func finish(
        _ transaction: ClearingTransaction, _ envelope: ISOMessages.Envelope, from bic: String, mood: Mood
    ) async {
        await clear(transaction, envelope, mood: mood)
        if settings.isAsynchronous, let report = result(transaction.key, to: bic, mood) {
            await deliver(report, to: bic, mood: mood)
            await contradict(transaction.key, to: bic)
        } else {
            await postFinal(transaction.key, to: bic)
        }
    }

    private func result(_ key: String, to bic: String, _ mood: Mood) -> XMLTree? {
        guard let known = transactions[key] else { return nil }
        let status = self.status(of: known)
        var about = named(known)
        if mood == .lying { about.txId = "OTHER" + known.txId.suffix(20) }
        return ISOMessages.report(about, status, from: settings.bic, to: bic)
    }

    private func headerFault(_ envelope: ISOMessages.Envelope, from bic: String) -> String? {
        guard let header = envelope.header else { return nil }
        if header.namespace != ISOMessages.namespace(ISOMessages.header) { return "namespace of AppHdr" }
        if header.text("MsgDefIdr") != envelope.message { return "MsgDefIdr is not the Document's" }
        if ISOMessages.agent(header["Fr/FIId"]) != bic { return "AppHdr/Fr is not the sender" }
        return header.text("BizMsgIdr") == nil ? "BizMsgIdr" : nil
    }

    private func refusal(of transaction: ClearingTransaction, from bic: String, mood: Mood) -> String? {
        if transactions[transaction.key] != nil {
            journal.violation("pacs.008 \(transaction.txId) from \(bic): sent again instead of asked for")
            return "AM05"
        }
        if case .error(let code) = mood { return code.isEmpty ? "AB09" : code }
        if transaction.debtorAgent != bic, participants[transaction.debtorAgent]?.url != nil {
            journal.violation("pacs.008 \(transaction.txId) from \(bic): DbtrAgt is \(transaction.debtorAgent)")
            return "RC01"
        }
        if transaction.currency != settings.currency { return "AM03" }
        guard isNear(transaction.settlementDate) else { return "DT01" }
        guard let creditor = participants[transaction.creditorAgent], transaction.creditorAgent != bic else {
            return "RC01"
        }
        if (participants[bic]?.settlement ?? .zero) < transaction.amount { return "AM23" }
        return creditor.refused[transaction.creditorAccount]
    }

    private func isNear(_ date: String) -> Bool {
        let today = LabTime.parseISO(businessDay + "T00:00:00.000Z") ?? LabTime.now()
        let reach = Int64(settings.settlementDays)
        return (-reach...reach).contains { LabTime.isoDate(today + $0 * 86_400_000) == date }
    }

    private func keepRejected(_ transaction: ClearingTransaction, reason: String) {
        var rejected = transaction
        rejected.state = .rejected
        rejected.reason = reason
        transactions[transaction.key] = rejected
        journal.changed()
    }

    /// Settles a reserved transfer to a simulated agent, or asks the creditor agent within the rail's clock.
    private func clear(_ transaction: ClearingTransaction, _ envelope: ISOMessages.Envelope, mood: Mood) async {
        if participants[transaction.creditorAgent]?.url == nil { return settle(transaction.key) }
        let message = ISOMessages.wrap(
            envelope.content, message: ISOMessages.creditTransfer, from: settings.bic, to: transaction.creditorAgent,
            id: ISOMessages.newId())
        _ = await present(transaction, message, settlesWhenSilent: false)
        await postFinal(transaction.key, to: transaction.creditorAgent)
    }
}

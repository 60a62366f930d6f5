/// What a simulated participant pays to an account at another participant.
public struct ClearingOrder: Sendable {
    public var fromBIC: String
    public var toBIC: String
    public var amount: LabAmount
    public var debtorName = "Ada Debtor"
    public var debtorAccount = "DBTR-1"
    public var creditorName = "Cem Creditor"
    public var creditorAccount: String
    /// Name of the scheme of an account number that is none, such as MSISDN.
    public var creditorScheme: String?
    public var remittance: String?
    public var txId = ISOMessages.newId()
    public var endToEndId = ISOMessages.newId()
    public var uetr: String? = FSPIOPRules.newIdentifier()
    /// The clearing settles although no answer came in time, and its final report is lost: only pacs.028 tells.
    public var settlesWhenSilent = false
    /// Wraps header and Document in BusMsg; otherwise a bare Document goes out.
    public var wrapped = true

    public init(from: String, to: String, amount: LabAmount, creditorAccount: String) {
        fromBIC = from
        toBIC = to
        self.amount = amount
        self.creditorAccount = creditorAccount
    }
}

/// How a payment through the clearing ended, and how the creditor agent behaved.
public struct ClearingPayment: Sendable {
    public let txId: String
    public let state: ClearingTransaction.State
    /// ISO status reason of a rejection.
    public let reason: String?
    /// The creditor agent's own status code; nil when it did not answer in time.
    public let answered: String?
    /// From the post of the pacs.008 to the answer.
    public let answerMilliseconds: Int
}

extension Clearing {
    /// Sends a payment from a simulated participant and brings it to its end: answer, settlement, final report.
    public func pay(_ order: ClearingOrder) async -> ClearingPayment {
        let transaction = ClearingTransaction(
            txId: order.txId, endToEndId: order.endToEndId, instructionId: order.txId, messageId: ISOMessages.newId(),
            uetr: order.uetr, amount: order.amount, currency: settings.currency,
            settlementDate: businessDay, acceptedAt: LabTime.iso(LabTime.now()),
            debtorAgent: order.fromBIC, creditorAgent: order.toBIC, debtorAccount: order.debtorAccount,
            creditorAccount: order.creditorAccount)
        reserve(transaction)
        let content = Self.creditTransfer(transaction, order)
        let message =
            order.wrapped
            ? ISOMessages.wrap(
                content, message: ISOMessages.creditTransfer, from: order.fromBIC, to: order.toBIC,
                id: transaction.messageId)
            : XMLTree("Document", namespace: ISOMessages.namespace(ISOMessages.creditTransfer), [content])
        let begun = ContinuousClock.now
        let answered = await present(transaction, message, settlesWhenSilent: order.settlesWhenSilent)
        let spent = (ContinuousClock.now - begun) / .milliseconds(1)
        if answered != nil || !order.settlesWhenSilent {
            await postFinal(transaction.key, to: order.toBIC)
        }
        let known = transactions[transaction.key] ?? transaction
        return ClearingPayment(
            txId: known.txId, state: known.state, reason: known.reason, answered: answered,
            answerMilliseconds: Int(spent))
    }

    /// Presents a pacs.008 to the creditor agent and acts on its answer; returns the agent's status code.
    func present(_ transaction: ClearingTransaction, _ message: XMLTree, settlesWhenSilent: Bool) async -> String? {
        let (answer, fault) = await answer(to: message, transaction)
        if let fault {
            journal.violation("answer of \(transaction.creditorAgent) to \(transaction.txId): \(fault)")
            reject(transaction.key, reason: "AB09")
            return nil
        }
        var word = answer
        if word == nil, settings.asksWhenSilent { word = await ask(about: transaction.txId) }
        guard let word, word.code != "PDNG" else {
            if settlesWhenSilent { settle(transaction.key) } else { reject(transaction.key, reason: "AB05") }
            return nil
        }
        transactions[transaction.key]?.answered = word.code
        if !Self.positive.contains(word.code) {
            reject(transaction.key, reason: word.reason ?? "NARR")
        } else if case .error(let code) = moods.take("settlement") {
            reject(transaction.key, reason: code.isEmpty ? "ED05" : code)
        } else {
            settle(transaction.key)
        }
        return answer?.code
    }

    /// The creditor agent's answer within the clock: neither means that there was none.
    private func answer(
        to message: XMLTree, _ transaction: ClearingTransaction
    ) async -> (answer: ClearingAnswer?, fault: String?) {
        let begun = ContinuousClock.now
        let clock = settings.answerClockMilliseconds
        let outcome = await post(message, to: transaction.creditorAgent, clock)
        journal.note(
            .sent, "pacs.008", id: transaction.txId, party: transaction.creditorAgent, status: outcome.status ?? 0)
        guard case .replied(let reply) = outcome else { return (nil, nil) }
        guard settings.isAsynchronous else { return Self.read(reply, about: transaction) }
        guard (200..<300).contains(reply.status), reply.body.isEmpty else {
            return (nil, "HTTP \(reply.status) with \(reply.body.count) bytes where 202 was due")
        }
        let left = clock - Int((ContinuousClock.now - begun) / .milliseconds(1))
        return (await nextAnswer(transaction.key, after: 0, milliseconds: max(0, left)), nil)
    }

    /// Posts the final pacs.002 to a participant; a participant that refuses it breaks a rule.
    func postFinal(_ key: String, to bic: String) async {
        guard let transaction = transactions[key], participants[bic]?.url != nil else { return }
        let mood = moods.take("pacs.002")
        if mood == .silent || mood == .lost || mood == .reset { return noteFinal(key, delivered: false) }
        await pause(milliseconds: mood.delayBeforeMilliseconds + mood.delayAfterMilliseconds)
        var status = self.status(of: transaction)
        if mood == .lying { status = status.code == "ACSC" ? .init(code: "RJCT", reason: "AB05") : .init(code: "ACSC") }
        let report = ISOMessages.report(named(transaction), status, from: settings.bic, to: bic)
        for _ in 0..<(mood == .twice ? 2 : 1) {
            let outcome = await post(report, to: bic, settings.finalTimeoutMilliseconds)
            journal.note(.sent, "pacs.002", id: transaction.txId, party: bic, status: outcome.status ?? 0)
            let delivered = (200..<300).contains(outcome.status ?? 0)
            if let status = outcome.status, !delivered {
                journal.violation("\(bic) refused the final report on \(transaction.txId): HTTP \(status)")
            }
            noteFinal(key, delivered: delivered)
        }
        await contradict(key, to: bic)
    }

    func post(_ message: XMLTree, to bic: String, _ milliseconds: Int) async -> LabOutcome {
        guard let base = participants[bic]?.url else { return .failed("\(bic) is not connected") }
        let request = LabRequest(
            method: "POST", path: "/iso20022/\(settings.name)",
            headers: [("Content-Type", "application/xml; charset=utf-8"), ("Date", LabTime.imf(LabTime.now()))],
            body: message.bytes)
        return await peer.client.send(request, to: base, milliseconds: milliseconds)
    }

    static func creditTransfer(_ transaction: ClearingTransaction, _ order: ClearingOrder) -> XMLTree {
        let amount = XMLTree(
            "IntrBkSttlmAmt",
            transaction.amount.text(decimals: LabAmount.decimals(of: transaction.currency)),
            attributes: ["Ccy": transaction.currency])
        let header = XMLTree(
            "GrpHdr",
            [
                XMLTree("MsgId", transaction.messageId), XMLTree("CreDtTm", LabTime.iso(LabTime.now())),
                XMLTree("NbOfTxs", "1"), XMLTree("SttlmInf", [XMLTree("SttlmMtd", "CLRG")]),
                ISOMessages.agent("InstgAgt", transaction.debtorAgent),
                ISOMessages.agent("InstdAgt", transaction.creditorAgent),
            ])
        let identification = XMLTree(
            "PmtId",
            [
                transaction.instructionId.map { XMLTree("InstrId", $0) }, XMLTree("EndToEndId", transaction.endToEndId),
                XMLTree("TxId", transaction.txId), transaction.uetr.map { XMLTree("UETR", $0) },
            ])
        let type = XMLTree(
            "PmtTpInf",
            [XMLTree("SvcLvl", [XMLTree("Cd", "INST")]), XMLTree("LclInstrm", [XMLTree("Cd", "INST")])])
        let body = XMLTree(
            "CdtTrfTxInf",
            [
                identification, type, amount, XMLTree("IntrBkSttlmDt", transaction.settlementDate),
                transaction.acceptedAt.map { XMLTree("AccptncDtTm", $0) }, XMLTree("ChrgBr", "SLEV"),
                XMLTree("Dbtr", [XMLTree("Nm", order.debtorName)]),
                ISOMessages.account("DbtrAcct", transaction.debtorAccount),
                ISOMessages.agent("DbtrAgt", transaction.debtorAgent),
                ISOMessages.agent("CdtrAgt", transaction.creditorAgent),
                XMLTree("Cdtr", [XMLTree("Nm", order.creditorName)]),
                order.creditorScheme.map { scheme in
                    XMLTree(
                        "CdtrAcct",
                        [
                            XMLTree(
                                "Id",
                                [
                                    XMLTree(
                                        "Othr",
                                        [
                                            XMLTree("Id", transaction.creditorAccount),
                                            XMLTree("SchmeNm", [XMLTree("Prtry", scheme)]),
                                        ])
                                ])
                        ])
                } ?? ISOMessages.account("CdtrAcct", transaction.creditorAccount),
                order.remittance.map { XMLTree("RmtInf", [XMLTree("Ustrd", $0)]) },
            ])
        return XMLTree("FIToFICstmrCdtTrf", [header, body])
    }
}

/// What a creditor agent said about a transaction.
public struct ClearingAnswer: Sendable, Equatable {
    /// TxSts, such as ACCP.
    public let code: String
    public let reason: String?
}

/// Answers between the clearing and its participants, in the connection or as messages of their own.
extension Clearing {
    static let positive: Set<String> = ["ACCP", "ACSP", "ACWP", "ACTC", "ACSC", "ACCC"]

    // MARK: - To participants

    /// The answer to a participant's message, the way the mood says.
    func answer(_ tree: XMLTree, to bic: String, mood: Mood) async -> LabAnswer {
        guard settings.isAsynchronous else {
            await pause(milliseconds: mood.delayAfterMilliseconds)
            return mood.answer(xml(tree))
        }
        if mood == .callbackFirst {
            await deliver(tree, to: bic, mood: mood)
        } else {
            Task { await self.deliver(tree, to: bic, mood: mood) }
        }
        return acknowledgement(mood)
    }

    /// Where answers are messages of their own, the connection carries nothing else.
    func acknowledgement(_ mood: Mood) -> LabAnswer {
        mood == .resetAfter ? .close : .reply(LabReply(status: 202))
    }

    func deliver(_ tree: XMLTree, to bic: String, mood: Mood) async {
        if mood == .silent || mood == .lost { return }
        await pause(milliseconds: mood.delayAfterMilliseconds)
        for _ in 0..<(mood == .twice ? 2 : 1) {
            let outcome = await post(tree, to: bic, settings.finalTimeoutMilliseconds)
            journal.note(.sent, "answer", id: bic, party: bic, status: outcome.status ?? 0)
        }
    }

    /// The transaction as the next report names it: a mood of `ids` makes one of its names wrong.
    func named(_ transaction: ClearingTransaction) -> ClearingTransaction {
        guard case .error(let name)? = moods.takeOwn("ids") else { return transaction }
        var other = transaction
        let wrong = ISOMessages.newId()
        switch name {
        case "OrgnlMsgId": other.messageId = wrong
        case "OrgnlEndToEndId": other.endToEndId = wrong
        case "OrgnlUETR": other.uetr = FSPIOPRules.newIdentifier()
        default: other.txId = wrong
        }
        return other
    }

    /// After the true final word the opposite, where a mood of `contradiction` wants it.
    func contradict(_ key: String, to bic: String) async {
        guard let transaction = transactions[key], case .error(let code)? = moods.takeOwn("contradiction") else {
            return
        }
        let status: ISOMessages.Status =
            transaction.state == .settled
            ? .init(code: "RJCT", reason: code.isEmpty ? "AB05" : code) : .init(code: "ACSC")
        let report = ISOMessages.report(transaction, status, from: settings.bic, to: bic)
        let outcome = await post(report, to: bic, settings.finalTimeoutMilliseconds)
        journal.note(.sent, "contradiction", id: transaction.txId, party: bic, status: outcome.status ?? 0)
    }

    // MARK: - From participants

    /// A pacs.002 that a participant posts: its answer to an order or an enquiry, or what followed on one.
    func hear(_ envelope: ISOMessages.Envelope, from bic: String) -> LabAnswer {
        let txId = envelope.content.text("TxInfAndSts/OrgnlTxId") ?? ""
        let known = transactions.values.first { $0.txId == txId && $0.creditorAgent == bic }
        guard let transaction = known else {
            return refuse(
                "a report about nothing that went to \(bic)", status: 400, bic, verb: "pacs.002", related: txId)
        }
        let (answer, fault) = Self.read(envelope.content, about: transaction)
        guard let answer, fault == nil else {
            return refuse(fault ?? "", status: 400, bic, verb: "pacs.002", related: transaction.messageId)
        }
        journal.note(.received, "pacs.002", id: txId, party: bic, status: 202)
        let key = transaction.key
        if asking.remove(key) == nil, let first = transaction.answered {
            follow(answer, on: first, transaction)
        } else if transaction.answered == nil, transaction.state != .pending {
            transactions[key]?.late = answer.code
        }
        heard[key, default: []].append(answer)
        journal.changed()
        return .reply(LabReply(status: 202))
    }

    /// A second word about an order: the same once more, or what became of it after ACWP.
    private func follow(_ answer: ClearingAnswer, on first: String, _ transaction: ClearingTransaction) {
        if first == "ACWP", ["ACCC", "BLCK", "PDNG", "RJCT"].contains(answer.code) {
            transactions[transaction.key]?.followUp = answer.code
        } else if answer.code != first {
            journal.violation(
                "\(transaction.creditorAgent) said \(first) of \(transaction.txId), and then \(answer.code)")
        }
    }

    /// An admi.002 that a participant posts: it could not read a message of ours.
    func hearReject(_ envelope: ISOMessages.Envelope, from bic: String) -> LabAnswer {
        let related = envelope.content.text("RltdRef/Ref") ?? ""
        journal.note(.received, "admi.002", id: related, party: bic, status: 202)
        rejects.append("\(related): \(envelope.content.text("Rsn/RsnDesc") ?? "")")
        return .reply(LabReply(status: 202))
    }

    /// What a pacs.002 says of this transaction, or what is wrong with it.
    static func read(
        _ content: XMLTree, about transaction: ClearingTransaction
    ) -> (answer: ClearingAnswer?, fault: String?) {
        guard content.name == "FIToFIPmtStsRpt" else { return (nil, "no \(ISOMessages.statusReport)") }
        let messageId =
            content.text("OrgnlGrpInfAndSts/OrgnlMsgId") ?? content.text("TxInfAndSts/OrgnlGrpInf/OrgnlMsgId")
        guard messageId == transaction.messageId else { return (nil, "OrgnlMsgId \(messageId ?? "missing")") }
        guard content.all("TxInfAndSts").count == 1, let tx = content["TxInfAndSts"],
            tx.text("OrgnlTxId") == transaction.txId
        else { return (nil, "OrgnlTxId") }
        if let endToEnd = tx.text("OrgnlEndToEndId"), endToEnd != transaction.endToEndId {
            return (nil, "OrgnlEndToEndId \(endToEnd)")
        }
        if let uetr = tx.text("OrgnlUETR"), uetr != transaction.uetr { return (nil, "OrgnlUETR \(uetr)") }
        let reason = tx.text("StsRsnInf/Rsn/Cd") ?? tx.text("StsRsnInf/Rsn/Prtry")
        switch tx.text("TxSts") {
        case "RJCT" where reason == nil: return (nil, "TxSts RJCT without a reason")
        case let code? where code.count == 4: return (ClearingAnswer(code: code, reason: reason), nil)
        case let code: return (nil, "TxSts \(code ?? "missing")")
        }
    }

    // MARK: - Asking

    /// Asks the creditor agent by pacs.028 what it knows of a transaction; nil when it does not say in time.
    public func ask(about txId: String) async -> ClearingAnswer? {
        guard let transaction = transaction(txId: txId), participants[transaction.creditorAgent]?.url != nil else {
            return nil
        }
        let key = transaction.key
        let count = heard[key]?.count ?? 0
        if settings.isAsynchronous { asking.insert(key) }
        defer { asking.remove(key) }
        let question = ISOMessages.enquiry(transaction, from: settings.bic, to: transaction.creditorAgent)
        let outcome = await post(question, to: transaction.creditorAgent, settings.answerClockMilliseconds)
        journal.note(.sent, "pacs.028", id: txId, party: transaction.creditorAgent, status: outcome.status ?? 0)
        guard case .replied(let reply) = outcome, (200..<300).contains(reply.status) else { return nil }
        guard settings.isAsynchronous else {
            let (answer, fault) = Self.read(reply, about: transaction)
            if let fault { journal.violation("answer of \(transaction.creditorAgent) to pacs.028 \(txId): \(fault)") }
            return answer
        }
        return await nextAnswer(key, after: count, milliseconds: settings.answerClockMilliseconds)
    }

    /// What a participant says of a transaction after the answers that it gave before.
    func nextAnswer(_ key: String, after count: Int, milliseconds: Int) async -> ClearingAnswer? {
        _ = await journal.wait(seconds: Double(milliseconds) / 1_000) { await self.answers(key) > count }
        guard let answers = heard[key], answers.count > count else { return nil }
        return answers[count]
    }

    private func answers(_ key: String) -> Int { heard[key]?.count ?? 0 }

    static func read(
        _ reply: LabReply, about transaction: ClearingTransaction
    ) -> (answer: ClearingAnswer?, fault: String?) {
        guard reply.status == 200 else { return (nil, "HTTP \(reply.status)") }
        guard let envelope = ISOMessages.read(reply.body), envelope.message == ISOMessages.statusReport else {
            return (nil, "no \(ISOMessages.statusReport)")
        }
        return read(envelope.content, about: transaction)
    }
}

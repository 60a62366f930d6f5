/// One transaction of a message in words: who, whom, how much, when, over whom, under which names.
struct ExplainTransfer {
    /// The transaction, then what it stands in and refers to: the first that has an element says it.
    let nodes: [MessageNode]
    let words: ExplainWords

    /// - Parameters:
    ///   - around: payment blocks and headers of the message, the nearest first.
    init(_ node: MessageNode, around: [MessageNode], words: ExplainWords) {
        nodes = [node] + [node["OrgnlTxRef"]].compactMap { $0 } + around
        self.words = words
    }

    private var node: MessageNode { nodes[0] }

    func node(_ paths: String...) -> MessageNode? {
        for node in nodes {
            for path in paths {
                if let found = node[path] { return found }
            }
        }
        return nil
    }

    func value(_ paths: String...) -> String? {
        for node in nodes {
            for path in paths {
                if let text = node[path]?.text, !text.isEmpty { return text }
            }
        }
        return nil
    }

    /// What moves, or should: the amount between the institutions before the one that was ordered.
    var amountNode: MessageNode? {
        node(
            "RtrdIntrBkSttlmAmt", "RvsdIntrBkSttlmAmt", "IntrBkSttlmAmt", "Amt/InstdAmt", "Amt/EqvtAmt/Amt", "InstdAmt",
            "OrgnlIntrBkSttlmAmt", "OrgnlInstdAmt", "Amt")
    }

    var amount: String { amountNode?.amount ?? "an amount that is not said" }

    var debtor: String { ExplainParties.short(node("Dbtr")) ?? "a debtor who is not named" }
    var creditor: String { ExplainParties.short(node("Cdtr")) ?? "a creditor who is not named" }
    var hasParties: Bool { ExplainParties.party(node("Dbtr")) != nil || ExplainParties.party(node("Cdtr")) != nil }

    /// Everything that there is, in the order of a form.
    func tell(_ told: inout Explanation) {
        amounts(&told)
        days(&told)
        parties(&told)
        identifiers(&told)
        originals(&told)
        kind(&told)
        purpose(&told)
    }

    private func amounts(_ told: inout Explanation) {
        told.tell("amount", "amount", amountNode?.amount)
        if let instructed = node("InstdAmt", "RtrdInstdAmt"), instructed.amount != amountNode?.amount {
            told.tell("instructedAmount", "instructed", instructed.amount)
        }
        if let original = node("OrgnlIntrBkSttlmAmt"), original.amount != amountNode?.amount {
            told.tell("originalAmount", "original amount", original.amount)
        }
        told.tell("exchangeRate", "exchange rate", value("XchgRate", "XchgRateInf/XchgRate"))
        told.tell("charges", "charges borne", words.code(value("ChrgBr"), "chargeBearer"))
        for charge in node.all("ChrgsInf") {
            guard let amount = charge["Amt"]?.amount else { continue }
            let agent = ExplainParties.agent(charge["Agt"]).map { " by \($0)" } ?? ""
            told.tell("charge", "charge taken", amount + agent)
        }
    }

    private func days(_ told: inout Explanation) {
        told.tell("settlementDate", "settlement", value("IntrBkSttlmDt", "FctvIntrBkSttlmDt/Dt"))
        told.tell("originalSettlementDate", "settled on", value("OrgnlIntrBkSttlmDt"))
        told.tell("requestedDate", "to be paid on", value("ReqdExctnDt/Dt", "ReqdExctnDt/DtTm", "ReqdExctnDt"))
        told.tell("requestedCollectionDate", "to be collected on", value("ReqdColltnDt"))
        told.tell("acceptedAt", "accepted at", value("AccptncDtTm"))
        told.tell("expiresAt", "expires at", value("XpryDt/DtTm", "XpryDt/Dt", "PmtInstrXpryDtTm"))
        told.tell("priority", "priority", words.code(value("SttlmPrty", "PmtTpInf/InstrPrty"), "priority"))
    }

    private func parties(_ told: inout Explanation) {
        told.tell("initiatingParty", "ordered by", ExplainParties.partyInFull(node["InitgPty"]))
        told.tell("ultimateDebtor", "for", ExplainParties.partyInFull(node("UltmtDbtr")))
        told.tell("debtor", "debtor", ExplainParties.partyInFull(node("Dbtr")))
        told.tell("debtorAccount", "debtor account", ExplainParties.account(node("DbtrAcct"), words))
        told.tell("debtorAgent", "debtor agent", ExplainParties.agent(node("DbtrAgt")))
        told.tell("instructingAgent", "instructing", ExplainParties.agent(node["InstgAgt"]))
        told.tell("instructedAgent", "instructed", ExplainParties.agent(node["InstdAgt"]))
        for number in 1...3 {
            told.tell("previousAgent", "came by", ExplainParties.agent(node("PrvsInstgAgt\(number)")))
        }
        for number in 1...3 {
            told.tell("intermediaryAgent", "by way of", ExplainParties.agent(node("IntrmyAgt\(number)")))
        }
        told.tell("creditorAgent", "creditor agent", ExplainParties.agent(node("CdtrAgt")))
        told.tell("creditorAccount", "creditor account", ExplainParties.account(node("CdtrAcct"), words))
        told.tell("creditor", "creditor", ExplainParties.partyInFull(node("Cdtr")))
        told.tell("ultimateCreditor", "to the good of", ExplainParties.partyInFull(node("UltmtCdtr")))
    }

    private func identifiers(_ told: inout Explanation) {
        told.tell("instructionId", "instruction", node.value("PmtId/InstrId"))
        told.tell("endToEndId", "end to end", node.value("PmtId/EndToEndId"))
        told.tell("transactionId", "transaction", node.value("PmtId/TxId"))
        told.tell("uetr", "UETR", node.value("PmtId/UETR"))
        told.tell("clearingReference", "clearing ref", node.value("PmtId/ClrSysRef", "ClrSysRef"))
        told.tell("statusId", "status id", node.value("StsId", "CxlStsId"))
        told.tell("returnId", "return id", node.value("RtrId", "RvslId", "CxlId"))
        told.tell("caseId", "case", node.value("Case/Id", "RslvdCase/Id"))
    }

    /// What the message is about: names of an earlier one.
    private func originals(_ told: inout Explanation) {
        let group = node("OrgnlGrpInf", "OrgnlGrpInfAndSts", "OrgnlGrpInfAndCxl") ?? MessageNode(name: "")
        if let id = group.value("OrgnlMsgId") {
            let type = group.value("OrgnlMsgNmId").map { " (\($0))" } ?? ""
            let day = group.value("OrgnlCreDtTm").map { " of \($0)" } ?? ""
            told.tell("originalMessage", "refers to", id + type + day)
        }
        told.tell("originalPaymentId", "original block", value("OrgnlPmtInfId"))
        told.tell("originalInstructionId", "original instruction", node.value("OrgnlInstrId"))
        told.tell("originalEndToEndId", "original end to end", node.value("OrgnlEndToEndId"))
        told.tell("originalTransactionId", "original transaction", node.value("OrgnlTxId"))
        told.tell("originalUetr", "original UETR", node.value("OrgnlUETR"))
        told.tell("originalClearingReference", "original clearing ref", node.value("OrgnlClrSysRef"))
    }

    private func kind(_ told: inout Explanation) {
        guard let type = node("PmtTpInf") else { return }
        let level = words.code(type.value("SvcLvl/Cd", "SvcLvl/Prtry"), "serviceLevel")
        told.tell("serviceLevel", "service level", level)
        let instrument = words.code(type.value("LclInstrm/Cd", "LclInstrm/Prtry"), "localInstrument")
        told.tell("localInstrument", "instrument", instrument)
        told.tell("category", "category", words.code(type.value("CtgyPurp/Cd", "CtgyPurp/Prtry"), "category"))
    }

    private func purpose(_ told: inout Explanation) {
        told.tell("purpose", "purpose", words.code(value("Purp/Cd", "Purp/Prtry"), "purpose"))
        for line in node.all("RmtInf/Ustrd").prefix(3) { told.tell("remittance", "remittance", line.text) }
        for structured in node.all("RmtInf/Strd").prefix(3) {
            let reference = structured.value("CdtrRefInf/Ref").map { "reference \($0)" }
            let document = structured.value("RfrdDocInf/Nb").map { "document \($0)" }
            let parts = [reference, document].compactMap { $0 }
            told.tell("remittance", "remittance", parts.isEmpty ? "structured" : parts.joined(separator: ", "))
        }
    }
}

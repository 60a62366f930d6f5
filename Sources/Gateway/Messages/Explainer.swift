import FormatXML
import Payments

/// Tells a message in plain words: what it is, who pays whom, what is unusual, and what schema and rails say of it.
struct Explainer {
    let words: ExplainWords
    /// For the schema's word on the file.
    let checker: MessageChecker
    let rails: Rails
    /// The day that "in the past" is told by.
    let day: CivilDate

    static let greatestMessages = 20
    static let greatestTransactions = 10
    static let greatestUnusual = 20
    static let greatestFindings = 5

    /// Each message of a file in XML, and whether there was one; throws for what is not well-formed.
    func explain(xml bytes: [UInt8]) throws(XMLError) -> (told: [Explanation], isMessage: Bool) {
        var tree = MessageTree()
        var limits = MessageChecker.limits
        limits.roots = 2
        try XMLReader(limits: limits).read(bytes, into: &tree)
        let messages = ExplainedMessage.find(tree.roots)
        guard !messages.isEmpty else { return ([stranger(tree.roots.first ?? MessageNode(name: ""))], false) }
        let findings = ExplainFindings(bytes, checker, rails)
        let told = messages.map { message in
            var told = tell(message)
            findings.tell(message, &told)
            return told
        }
        return (told, true)
    }

    func explain(_ message: ExplainedMessage) -> Explanation { tell(message) }

    private func tell(_ message: ExplainedMessage) -> Explanation {
        let kind = words.kind(definition: message.definition, root: message.body.name)
        let name = message.definition.isEmpty ? message.body.name : message.definition
        var told = Explanation(
            "messages", kind.map { "\(name), \($0.name)" } ?? "\(name), a message that has no words here")
        told.mark("message", message.definition)
        told.mark("root", message.body.name)
        told.mark("name", kind?.name ?? "")
        told.tell("purpose", "what for", kind?.says)
        envelope(message, &told)
        group(message.body, &told)
        switch message.body.name {
        case "BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn":
            told.add(ExplainStatements(words: words).tell(message.body), atMost: Self.greatestTransactions)
        case "CstmrCdtTrfInitn", "CstmrDrctDbtInitn":
            told.add(ExplainBlocks(words: words).tell(message), atMost: Self.greatestTransactions)
        default: transactions(message, &told)
        }
        if told.sections.isEmpty { structure(message.body, &told) }
        let unusual = Unusual(message, words, day).all.map { found in
            var section = Explanation("unusual", found.line)
            section.mark("kind", found.kind)
            section.mark("path", found.path)
            section.mark("line", found.position.line > 0 ? String(found.position.line) : "")
            section.mark("says", found.says)
            return section
        }
        told.add(unusual, atMost: Self.greatestUnusual)
        return told
    }

    // MARK: envelope and group

    private func envelope(_ message: ExplainedMessage, _ told: inout Explanation) {
        let wrapper = message.envelope.isEmpty ? "none, a bare document" : message.envelope.joined(separator: " / ")
        told.tell("envelope", "envelope", wrapper)
        guard let header = message.header else { return told.tell("header", "header", "none") }
        told.tell("header", "header", message.headerDefinition)
        told.tell(
            "headerFrom", "from", ExplainParties.agent(header["Fr/FIId"]) ?? ExplainParties.party(header["Fr/OrgId"]))
        told.tell("headerTo", "to", ExplainParties.agent(header["To/FIId"]) ?? ExplainParties.party(header["To/OrgId"]))
        told.tell("businessId", "business id", header.value("BizMsgIdr"))
        told.tell("service", "service", header.value("BizSvc"))
        told.tell("headerCreatedAt", "header written", header.value("CreDt"))
        told.tell("copy", "copy", words.code(header.value("CpyDplct"), "copy"))
        if header["Sgntr"] != nil { told.tell("signature", "signature", "there is one; it is not verified here") }
    }

    private func group(_ body: MessageNode, _ told: inout Explanation) {
        let header = body["GrpHdr"] ?? body["Assgnmt"] ?? body["MsgHdr"] ?? MessageNode(name: "")
        told.tell("messageId", "message id", header.value("MsgId", "Id") ?? body.value("MsgId", "Case/Id"))
        told.tell("createdAt", "written", header.value("CreDtTm"))
        told.tell("count", "transactions", header.value("NbOfTxs"))
        told.tell("controlSum", "control sum", header.value("CtrlSum"))
        let total = header["TtlIntrBkSttlmAmt"] ?? header["TtlRtrdIntrBkSttlmAmt"]
        told.tell("total", "total", total?.amount)
        told.tell("settlementDate", "settlement", header.value("IntrBkSttlmDt"))
        let system = header.value("SttlmInf/ClrSys/Cd", "SttlmInf/ClrSys/Prtry").map { " (\($0))" } ?? ""
        let method = words.code(header.value("SttlmInf/SttlmMtd"), "settlementMethod")
        told.tell("settlementMethod", "settled", method.map { $0 + system })
        told.tell("instructingAgent", "instructing", ExplainParties.agent(header["InstgAgt"]))
        told.tell("instructedAgent", "instructed", ExplainParties.agent(header["InstdAgt"]))
        told.tell("initiatingParty", "ordered by", ExplainParties.partyInFull(header["InitgPty"]))
        told.tell("assigner", "asked by", ExplainParties.party(header["Assgnr"]))
        told.tell("assignee", "asked of", ExplainParties.party(header["Assgne"]))
        told.tell("expiresAt", "expires at", header.value("PmtInstrXpryDtTm"))
        told.tell("confirmation", "outcome", words.code(body.value("Sts/Conf"), "cancellationStatus"))
        ExplainStatuses(words: words).group(body, &told)
    }

    // MARK: transactions

    private func transactions(_ message: ExplainedMessage, _ told: inout Explanation) {
        let all = message.transactions
        if all.count > 1 {
            told.tell("found", "found", "\(all.count) transactions")
            let amounts = all.compactMap { ExplainTransfer($0.node, around: $0.around, words: words).amountNode }
            for sum in ExplainSums(amounts).texts { told.tell("sum", "sum", sum) }
        }
        let shown = all.prefix(Self.greatestTransactions + 1).map { transaction($0, message.body.name) }
        told.add(shown, atMost: Self.greatestTransactions)
        if all.count > shown.count { told.omitted = [("transactions", all.count - Self.greatestTransactions)] }
    }

    private func transaction(_ found: ExplainedMessage.Transaction, _ root: String) -> Explanation {
        let transfer = ExplainTransfer(found.node, around: found.around, words: words)
        let statuses = ExplainStatuses(words: words)
        var told = Explanation("transactions", title(transfer, found.node, root))
        told.mark("path", found.path)
        statuses.transaction(found.node, &told)
        transfer.tell(&told)
        if let covered = found.node["UndrlygCstmrCdtTrf"] {
            let inner = ExplainTransfer(covered, around: [], words: words)
            let amount = (inner.amountNode ?? transfer.amountNode)?.amount ?? ""
            var section = Explanation("underlying", "for the payment of \(inner.debtor) to \(inner.creditor) \(amount)")
            inner.tell(&section)
            told.sections.append(section)
        }
        return told
    }

    private func title(_ transfer: ExplainTransfer, _ node: MessageNode, _ root: String) -> String {
        let (debtor, creditor, amount) = (transfer.debtor, transfer.creditor, transfer.amount)
        let which = node.value("OrgnlEndToEndId", "OrgnlTxId", "OrgnlUETR", "OrgnlInstrId").map { " \($0)" } ?? ""
        switch root {
        case "FIToFICstmrCdtTrf", "FICdtTrf", "CstmrCdtTrfInitn": return "\(debtor) pays \(creditor) \(amount)"
        case "FIToFICstmrDrctDbt", "FIDrctDbt", "CstmrDrctDbtInitn":
            return "\(creditor) collects \(amount) from \(debtor)"
        case "CdtrPmtActvtnReq": return "\(creditor) asks \(debtor) for \(amount)"
        case "PmtRtr", "FIToFIPmtRvsl":
            let whose = transfer.hasParties ? " of what \(debtor) paid \(creditor)" : which.isEmpty ? "" : " of\(which)"
            return "\(amount) goes back\(whose)"
        case "FIToFIPmtCxlReq", "CstmrPmtCxlReq":
            let whose = transfer.hasParties ? " that \(debtor) paid \(creditor)" : which.isEmpty ? "" : " of\(which)"
            return "asks to stop or give back \(transfer.amountNode?.amount ?? "the money")\(whose)"
        case "FIToFIPmtStsReq": return "asks what became of the payment\(which)"
        case "RsltnOfInvstgtn":
            let outcome = words.code(node.value("TxCxlSts"), "cancellationStatus") ?? "no outcome"
            return "about the payment\(which): \(outcome)"
        default:
            let status = words.code(node.value("TxSts"), "status")
            return "the payment\(which)\(status.map { ": \($0)" } ?? "")"
        }
    }

    // MARK: messages that have no words here

    /// A document in which nothing is a message of ISO 20022.
    private func stranger(_ root: MessageNode) -> Explanation {
        var told = Explanation("messages", "\(root.name), no message of ISO 20022 by its namespace")
        told.mark("root", root.name)
        told.tell("namespace", "namespace", root.namespace)
        structure(root, &told)
        return told
    }

    /// Identifications, amounts and days that stand in it, wherever that is.
    private func structure(_ body: MessageNode, _ told: inout Explanation) {
        var left = (identifiers: 12, amounts: 8, days: 8)
        body.walk { node, path in
            guard node.children.isEmpty, !node.text.isEmpty else { return }
            let text = OffendingText.shown(node.text)
            if node.attribute("Ccy") != nil, left.amounts > 0 {
                left.amounts -= 1
                told.tell("amountFound", "amount", "\(node.amount ?? text)  \(path)")
            } else if node.name.hasSuffix("Id") || node.name.hasSuffix("Ref") || node.name == "UETR",
                left.identifiers > 0
            {
                left.identifiers -= 1
                told.tell("identifierFound", "id", "\(text)  \(path)")
            } else if node.name.hasSuffix("Dt") || node.name.hasSuffix("DtTm") || node.name.hasSuffix("Tm"),
                left.days > 0
            {
                left.days -= 1
                told.tell("timeFound", "time", "\(text)  \(path)")
            } else if ["RsnDesc", "RjctgPtyRsn", "EvtCd", "EvtDesc", "EvtParam", "AddtlInf", "ReqHdlg"].contains(
                node.name)
            {
                told.tell("text", "says", "\(text)  \(path)")
            } else if node.name == "Vrfctn" {
                told.tell("verified", "verified", text)
            }
        }
    }
}

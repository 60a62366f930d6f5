import FormatXML
import Payments
import SchemeISO20022

/// What a person should look at in a message that is valid all the same.
struct Unusual {
    struct Found: Sendable {
        /// A stable name: `uetr.missing`.
        var kind: String
        var path: String
        var position: XMLPosition
        var says: String

        var line: String {
            let place = position.line > 0 ? "line \(position.line), " : ""
            return path.isEmpty ? "unusual: \(says)" : "unusual: \(place)\(path): \(says)"
        }
    }

    private let message: ExplainedMessage
    private let words: ExplainWords
    private let day: CivilDate
    private(set) var all: [Found] = []

    /// Messages that move money, or ask for it.
    private static let orders: Set<String> = [
        "FIToFICstmrCdtTrf", "FICdtTrf", "FIToFICstmrDrctDbt", "CstmrCdtTrfInitn", "CstmrDrctDbtInitn",
        "CdtrPmtActvtnReq",
    ]
    /// Messages between institutions, whose payments have a UETR that follows them.
    private static let tracked: Set<String> = ["FIToFICstmrCdtTrf", "FICdtTrf"]

    init(_ message: ExplainedMessage, _ words: ExplainWords, _ day: CivilDate) {
        self.message = message
        self.words = words
        self.day = day
        header()
        totals()
        for transaction in message.transactions { look(transaction) }
        everywhere()
    }

    private mutating func note(_ kind: String, _ path: String, _ node: MessageNode?, _ says: String) {
        all.append(
            Found(kind: kind, path: path, position: node?.position ?? XMLPosition(line: 0, column: 0), says: says))
    }

    private mutating func header() {
        let group = message.body["GrpHdr"]
        if let header = message.header {
            let named = header["MsgDefIdr"]
            if let name = named?.text, !name.isEmpty, !message.definition.isEmpty, name != message.definition {
                note(
                    "header.definition", "AppHdr/MsgDefIdr", named, "says \(name); the message is \(message.definition)"
                )
            }
            if header.value("PssblDplct") == "true" {
                note(
                    "header.duplicate", "AppHdr/PssblDplct", header["PssblDplct"],
                    "the message may have been sent before")
            }
            if let copy = header["CpyDplct"] {
                note("header.copy", "AppHdr/CpyDplct", copy, words.code(copy.text, "copy") ?? copy.text)
            }
        }
        if let created = group?["CreDtTm"], let moment = CivilDate(created.text.prefix(10)), moment > day {
            note("created.ahead", "GrpHdr/CreDtTm", created, "lies after \(day.text)")
        }
    }

    /// What a header counts and sums, against what is there.
    private mutating func totals() {
        guard let group = message.body["GrpHdr"], Unusual.orders.contains(message.body.name) else { return }
        let transactions = message.transactions
        if let count = group["NbOfTxs"], let said = Int(count.text), said != transactions.count {
            note("count.differs", "GrpHdr/NbOfTxs", count, "says \(said); there are \(transactions.count)")
        }
        if transactions.count > 1, message.body["PmtInf"] == nil {
            let says = "\(transactions.count) transactions in one message; instant rails take one"
            note("transactions.several", "", nil, says)
        }
        let amounts = transactions.compactMap { ExplainTransfer($0.node, around: $0.around, words: words).amountNode }
        let sums = ExplainSums(amounts)
        guard sums.isWhole, let currency = sums.currencies.first, sums.currencies.count == 1 else { return }
        for (path, node) in [("CtrlSum", group["CtrlSum"]), ("TtlIntrBkSttlmAmt", group["TtlIntrBkSttlmAmt"])] {
            guard let node, let said = try? Money(node.text, currency, rule: .iso20022), said != sums[currency] else {
                continue
            }
            note("total.differs", "GrpHdr/\(path)", node, "says \(node.text); the sum is \(sums[currency])")
        }
    }

    private mutating func look(_ found: ExplainedMessage.Transaction) {
        let transfer = ExplainTransfer(found.node, around: found.around, words: words)
        let root = message.body.name
        if Unusual.tracked.contains(root), found.node.value("PmtId/UETR") == nil {
            note(
                "uetr.missing", "\(found.path)/PmtId", found.node["PmtId"] ?? found.node,
                "there is no UETR to follow it by")
        }
        if let id = found.node["PmtId/EndToEndId"], id.text == "NOTPROVIDED" {
            note("end-to-end.missing", "\(found.path)/PmtId/EndToEndId", id, "the debtor gave no reference")
        }
        for name in ["UltmtDbtr", "UltmtCdtr"] {
            guard let party = found.node[name], let who = ExplainParties.party(party) else { continue }
            let says = name == "UltmtDbtr" ? "the debtor pays for \(who)" : "the creditor takes it for \(who)"
            note("party.ultimate", "\(found.path)/\(name)", party, says)
        }
        if let debtor = ExplainParties.account(transfer.node("DbtrAcct/Id").map { wrapped($0) }, words),
            debtor == ExplainParties.account(transfer.node("CdtrAcct/Id").map { wrapped($0) }, words)
        {
            note(
                "account.same", "\(found.path)/CdtrAcct", found.node["CdtrAcct"],
                "debtor and creditor have the same account")
        }
        guard Unusual.orders.contains(root) else { return }
        for name in ["IntrBkSttlmDt", "ReqdExctnDt", "ReqdColltnDt"] {
            // A block or a header may say it for its transactions.
            past(transfer.node(name), found.node[name] == nil ? name : "\(found.path)/\(name)")
        }
    }

    private func wrapped(_ id: MessageNode) -> MessageNode {
        var account = MessageNode(name: "Acct")
        account.children = [id]
        return account
    }

    private mutating func past(_ node: MessageNode?, _ path: String) {
        guard let node else { return }
        let text = node.text.isEmpty ? node.value("Dt", "DtTm") ?? "" : node.text
        guard let said = CivilDate(text.prefix(10)), said != day else { return }
        let days = said.dayNumber - day.dayNumber
        // A block or header says it for many transactions: once is enough.
        guard
            !all.contains(where: {
                $0.kind.hasPrefix("date.") && $0.position == node.position && node.position.line > 0
            })
        else { return }
        let count = "\(days.magnitude) day\(days.magnitude == 1 ? "" : "s")"
        if days < 0 {
            note("date.past", path, node, "\(said.text) lies \(count) before \(day.text)")
        } else {
            note("date.ahead", path, node, "\(said.text) lies \(count) after \(day.text)")
        }
    }

    // MARK: elements wherever they stand

    private mutating func everywhere() {
        var found: [(String, String, MessageNode, String)] = []
        message.body.walk { node, path in
            switch node.name {
            case "PstlAdr": if let says = Unusual.address(node) { found.append((says.0, path, node, says.1)) }
            case "SplmtryData":
                found.append(("data.supplementary", path, node, "data that only the network understands"))
            case "IBAN" where !node.text.isEmpty && !IBAN.isValid(node.text):
                found.append(("iban.wrong", path, node, "the check digits of \(node.text) are wrong"))
            default: break
            }
            if node.attribute("Ccy") != nil, let says = Unusual.amount(node) {
                found.append((says.0, path, node, says.1))
            }
            if let says = self.code(node, path) { found.append(("code.unknown", path, node, says)) }
        }
        for (kind, path, node, says) in found { note(kind, path, node, says) }
    }

    private static func address(_ node: MessageNode) -> (String, String)? {
        guard node["AdrLine"] != nil else { return nil }
        let hasTown = node.value("TwnNm") != nil && node.value("Ctry") != nil
        return hasTown
            ? ("address.hybrid", "a hybrid address: lines beside town and country")
            : ("address.lines", "address lines alone, without town and country in elements of their own")
    }

    private static func amount(_ node: MessageNode) -> (String, String)? {
        guard let code = node.attribute("Ccy") else { return nil }
        guard let currency = Currency(code), currency.isListed else {
            return ("currency.unknown", "\(code) is no currency of ISO 4217")
        }
        guard let money = ExplainSums.money(node) else { return nil }
        if !money.fitsMinorUnit {
            return (
                "amount.fine", "\(code) \(node.text) has more decimals than \(code) has (\(currency.exponent))"
            )
        }
        return money.isZero && node.name.hasSuffix("SttlmAmt") ? ("amount.zero", "the amount is zero") : nil
    }

    /// Elements whose codes ISO publishes apart from the schemas, by the end of their path.
    private static let sets: [(ending: String, set: String)] = [
        ("TxSts", "ExternalPaymentTransactionStatus1Code"), ("StsRsnInf/Rsn/Cd", "ExternalStatusReason1Code"),
        ("GrpSts", "ExternalPaymentGroupStatus1Code"), ("RtrRsnInf/Rsn/Cd", "ExternalReturnReason1Code"),
        ("CxlRsnInf/Rsn/Cd", "ExternalCancellationReason1Code"),
        ("CxlStsRsnInf/Rsn/Cd", "ExternalPaymentCancellationRejection1Code"),
        ("Prxy/Tp/Cd", "ExternalProxyAccountType1Code"), ("Purp/Cd", "ExternalPurpose1Code"),
        ("SvcLvl/Cd", "ExternalServiceLevel1Code"), ("LclInstrm/Cd", "ExternalLocalInstrument1Code"),
        ("CtgyPurp/Cd", "ExternalCategoryPurpose1Code"), ("ClrSysId/Cd", "ExternalClearingSystemIdentification1Code"),
        ("ClrSys/Cd", "ExternalCashClearingSystem1Code"),
    ]

    private func code(_ node: MessageNode, _ path: String) -> String? {
        guard node.name == "Cd" || node.name == "TxSts" || node.name == "GrpSts", node.children.isEmpty else {
            return nil
        }
        let plain = path.split(separator: "/").map { $0.prefix { $0 != "[" } }.joined(separator: "/")
        guard let set = Unusual.sets.first(where: { plain.hasSuffix("/" + $0.ending) || plain == $0.ending })?.set,
            words.isListed(node.text, in: set) == false
        else { return nil }
        return "\(node.text) is not in \(set)"
    }
}

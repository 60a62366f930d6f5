import Payments

/// Sums of amounts as they stand in messages, exact, by currency.
struct ExplainSums {
    private var sums: [Currency: Money] = [:]
    /// Amounts that are none, or a sum beyond all bounds: told instead of a sum that would be wrong.
    private var isBroken = false

    init() {}

    init(_ nodes: [MessageNode]) {
        for node in nodes { add(node) }
    }

    mutating func add(_ node: MessageNode) {
        guard let money = ExplainSums.money(node),
            let sum = try? (sums[money.currency] ?? .zero(money.currency)).adding(money)
        else { return isBroken = true }
        sums[money.currency] = sum
    }

    static func money(_ node: MessageNode) -> Money? {
        guard let currency = node.attribute("Ccy").flatMap({ Currency($0) }) else { return nil }
        return try? Money(node.text, currency, rule: .iso20022)
    }

    var texts: [String] {
        if isBroken { return ["not known: an amount cannot be read"] }
        return sums.values.sorted { $0.currency < $1.currency }.map(\.description)
    }

    subscript(currency: Currency) -> Money { sums[currency] ?? .zero(currency) }
    var isWhole: Bool { !isBroken }
    var currencies: [Currency] { sums.keys.sorted() }
}

/// Statements, reports and notices of an account: balances, and entries counted and summed.
struct ExplainStatements {
    let words: ExplainWords
    private static let greatestBalances = 12

    func tell(_ body: MessageNode) -> [Explanation] {
        (body.all("Stmt") + body.all("Rpt") + body.all("Ntfctn")).map(statement)
    }

    private func statement(_ node: MessageNode) -> Explanation {
        let account = ExplainParties.account(node["Acct"], words) ?? "an account that is not named"
        var told = Explanation("statements", "account \(account)")
        told.tell("id", "id", node.value("Id"))
        told.tell("number", "number", node.value("ElctrncSeqNb", "LglSeqNb"))
        told.tell("createdAt", "written", node.value("CreDtTm"))
        let ends = [node.value("FrToDt/FrDtTm", "FrToDt/FrDt"), node.value("FrToDt/ToDtTm", "FrToDt/ToDt")]
        told.tell(
            "period", "period", ends.contains { $0 != nil } ? ends.map { $0 ?? "?" }.joined(separator: " to ") : nil)
        told.tell("owner", "owner", ExplainParties.party(node["Acct/Ownr"]))
        told.tell("servicer", "kept at", ExplainParties.agent(node["Acct/Svcr"]))
        told.tell("page", "page", node.value("StmtPgntn/PgNb", "RptPgntn/PgNb"))
        for balance in node.all("Bal").prefix(Self.greatestBalances) {
            let type = balance.value("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
            let day = balance.value("Dt/Dt", "Dt/DtTm").map { " on \($0)" } ?? ""
            let amount =
                "\(balance["Amt"]?.amount ?? "?") \(words.says(balance.value("CdtDbtInd") ?? "", "indicator") ?? "")"
            told.tell("balance", "balance", "\(words.code(type, "balance") ?? "of no type"): \(amount)\(day)")
        }
        entries(node, &told)
        return told
    }

    private func entries(_ node: MessageNode, _ told: inout Explanation) {
        let entries = node.all("Ntry")
        var sums: [String: ExplainSums] = [:]
        var counts: [String: Int] = [:]
        var states: [String: Int] = [:]
        for entry in entries {
            let side = entry.value("CdtDbtInd") ?? "?"
            counts[side, default: 0] += 1
            if let amount = entry["Amt"] { sums[side, default: ExplainSums()].add(amount) }
            states[entry.value("Sts/Cd", "Sts/Prtry", "Sts") ?? "?", default: 0] += 1
        }
        told.tell("entryCount", "entries", String(entries.count))
        for side in ["CRDT", "DBIT"] {
            guard let count = counts[side] else { continue }
            let says = side == "CRDT" ? "credits" : "debits"
            told.tell(says, says, "\(count), together \((sums[side]?.texts ?? []).joined(separator: ", "))")
        }
        for (state, count) in states.sorted(by: { $0.key < $1.key }) where state != "?" {
            told.tell("entryStatus", "status", "\(count) \(words.code(state, "entryStatus") ?? state)")
        }
        let details = entries.reduce(0) { $0 + $1.all("NtryDtls/TxDtls").count }
        if details > 0 { told.tell("transactionCount", "transactions", "\(details) in the entries") }
        for entry in entries.prefix(5) {
            let says = words.says(entry.value("CdtDbtInd") ?? "", "indicator") ?? "?"
            let day = entry.value("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm").map { " on \($0)" } ?? ""
            let of = entry.value("NtryDtls/TxDtls/Refs/EndToEndId", "AcctSvcrRef", "NtryRef").map { ", \($0)" } ?? ""
            told.tell("entry", "entry", "\(entry["Amt"]?.amount ?? "?") \(says)\(day)\(of)")
        }
        if entries.count > 5 { told.tell("entriesOmitted", "", "\(entries.count - 5) more entries") }
    }
}

/// The blocks of an order of a customer: from one account, on one day.
struct ExplainBlocks {
    let words: ExplainWords
    private static let greatestTransactions = 5

    func tell(_ message: ExplainedMessage) -> [Explanation] {
        let isDebit = message.body.name == "CstmrDrctDbtInitn"
        return message.body.all("PmtInf").map { block in
            let transactions = block.all(isDebit ? "DrctDbtTxInf" : "CdtTrfTxInf")
            let around = [block, message.body["GrpHdr"], message.body].compactMap { $0 }
            let transfers = transactions.map { ExplainTransfer($0, around: around, words: words) }
            let whole = ExplainTransfer(block, around: [], words: words)
            let sums = ExplainSums(transfers.compactMap(\.amountNode))
            let party = isDebit ? "\(whole.creditor) collects" : "\(whole.debtor) pays"
            let count = transactions.count == 1 ? "1 transaction" : "\(transactions.count) transactions"
            var told = Explanation("blocks", "\(party) \(sums.texts.joined(separator: ", ")) in \(count)")
            told.tell("id", "block", block.value("PmtInfId"))
            told.tell("method", "method", block.value("PmtMtd"))
            told.tell(
                "booking", "booked as", block.value("BtchBookg").map { $0 == "true" ? "one entry" : "single entries" })
            told.tell("countSaid", "count said", block.value("NbOfTxs"))
            told.tell("controlSum", "control sum", block.value("CtrlSum"))
            told.tell("sum", "sum", sums.texts.joined(separator: ", "))
            whole.tell(&told)
            let shown = zip(transactions, transfers).prefix(Self.greatestTransactions + 1).map { node, transfer in
                let says = isDebit ? "from \(transfer.debtor)" : "to \(transfer.creditor)"
                var section = Explanation("transactions", "\(transfer.amount) \(says)")
                ExplainTransfer(node, around: [], words: words).tell(&section)
                return section
            }
            told.add(shown, atMost: Self.greatestTransactions)
            if transactions.count > shown.count {
                told.omitted = [("transactions", transactions.count - Self.greatestTransactions)]
            }
            return told
        }
    }
}

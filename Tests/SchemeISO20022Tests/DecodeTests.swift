import Payments
import SchemeISO20022
import Testing

@Suite struct DecodeTests {
    @Test(arguments: [true, false]) func anOrderOpensAPayment(isWrapped: Bool) throws {
        let order = Order()
        let inbound = try Rail.decode(isWrapped ? order.wrapped() : order.document)
        guard case .opens(.transfer, let payment) = inbound.meaning else {
            Issue.record("\(inbound.meaning)")
            return
        }
        #expect(payment.amount.settlement?.description == "KES 1250.50")
        #expect(payment.id.transaction == "TX-0009")
        #expect(payment.creditorAccount.identifier("ACCOUNT_ID") == "CR-1")
        #expect(payment.debtorAgent.bic == "TMRDKEN0")
        #expect(inbound.keys.first == Correlation("iso:rtp1/bank-a/order", "TMRDKEN0XXX\u{1F}TX-0009\u{1F}2026-03-02"))
        #expect(inbound.aliases.contains(Correlation("iso:rtp1/bank-a/message", "TMRD-20260302-0009\u{1F}TX-0009")))
        #expect(inbound.acknowledgement == nil)
        #expect(inbound.answerBy?.text == "2026-03-02T08:15:38.500Z")
        #expect(inbound.duplicate.otherContent == .refuse("duplicate"))
    }

    @Test func theClockCannotBeMovedByADateAhead() throws {
        var order = Order()
        order.accepted = "<AccptncDtTm>2026-03-02T08:15:59Z</AccptncDtTm>"
        #expect(try Rail.decode(order.document).answerBy == Rail.now.adding(milliseconds: 9_000))
        order.accepted = ""
        #expect(try Rail.decode(order.document).answerBy == Rail.now.adding(milliseconds: 9_000))
    }

    struct Rule: Sendable, CustomTestStringConvertible {
        var name: String
        var layer: Refusal.Layer
        var reason: String
        var code: String
        var change: @Sendable (inout Order) -> Void
        var testDescription: String { name }

        init(
            _ name: String, _ reason: String, _ code: String, layer: Refusal.Layer = .business,
            _ change: @escaping @Sendable (inout Order) -> Void
        ) {
            self.name = name
            self.reason = reason
            self.code = code
            self.layer = layer
            self.change = change
        }
    }

    static let rules: [Rule] = [
        Rule("transactions.one", "transactionCountWrong", "AM18") {
            $0.transactions = 2
            $0.count = "2"
        },
        Rule("transaction.identified", "missingElement", "CH21") { $0.transaction = "" },
        Rule("debtor-agent.named", "debtorAgentUnknown", "RC03") { $0.debtorAgent = "<Nm>Some Bank</Nm>" },
        Rule("settlement.clearing", "contentInvalid", "CH16") { $0.method = "INDA" },
        Rule("currency.listed", "currencyNotSupported", "AM03") {
            $0.amount = "<IntrBkSttlmAmt Ccy=\"XQX\">1.00</IntrBkSttlmAmt>"
        },
        Rule("amount.positive", "amountZero", "AM01") {
            $0.amount = "<IntrBkSttlmAmt Ccy=\"KES\">0.00</IntrBkSttlmAmt>"
        },
        Rule("NbOfTxs of none", "transactionCountWrong", "AM18") { $0.count = "3" },
        Rule("amount.minor-unit", "amountTooFine", "CH20") {
            $0.amount = "<IntrBkSttlmAmt Ccy=\"KES\">1.001</IntrBkSttlmAmt>"
        },
        Rule("amount.minor-unit", "amountTooFine", "CH20") {
            $0.amount = "<IntrBkSttlmAmt Ccy=\"JPY\">1.5</IntrBkSttlmAmt>"
        },
        Rule("totals.agree", "controlTotalsWrong", "AM10") { $0.group = "<CtrlSum>1250.51</CtrlSum>" },
        Rule("totals.currency", "controlTotalsWrong", "AM10") {
            $0.group = "<TtlIntrBkSttlmAmt Ccy=\"EUR\">1250.50</TtlIntrBkSttlmAmt>"
        },
        Rule("header.or-transaction", "contentInvalid", "CH16") {
            $0.group = "<IntrBkSttlmDt>2020-01-01</IntrBkSttlmDt>"
        },
        Rule("settlement-date.present", "dateInvalid", "DT01") { $0.date = "" },
        Rule("settlement-date.near", "dateInvalid", "DT01") { $0.date = "<IntrBkSttlmDt>2026-03-09</IntrBkSttlmDt>" },
        Rule("settlement-date.near", "dateInvalid", "DT01") { $0.date = "<IntrBkSttlmDt>2025-03-02</IntrBkSttlmDt>" },
        Rule("acceptance.past", "dateInvalid", "DT01") {
            $0.accepted = "<AccptncDtTm>2026-03-02T09:15:29Z</AccptncDtTm>"
        },
        Rule("clock.running", "timeoutCreditorAgent", "AB05") {
            $0.accepted = "<AccptncDtTm>2026-03-02T08:15:20Z</AccptncDtTm>"
        },
        Rule("receiver.ours", "messageMisrouted", "DS28") { $0.instructed = "OTHRGB2L" },
        Rule("creditor-agent.served", "creditorAgentUnknown", "RC04") {
            $0.creditorAgent = "<BICFI>OTHRGB2L</BICFI>"
        },
        Rule("creditor-iban.check-digits", "creditorAccountUnknown", "AC01") {
            $0.creditorAccount = "<CdtrAcct><Id><IBAN>DE88370400440532013000</IBAN></Id></CdtrAcct>"
        },
        Rule("debtor-iban.check-digits", "debtorAccountUnknown", "AC02") {
            $0.debtorAccount = "<DbtrAcct><Id><IBAN>DE88370400440532013000</IBAN></Id></DbtrAcct>"
        },
        Rule("creditor-account.named", "creditorAccountUnknown", "AC01") { $0.creditorAccount = "" },
    ]

    @Test(arguments: rules) func aRuleRefusesWithItsReason(rule: Rule) throws {
        var order = Order()
        rule.change(&order)
        let request = Rail.post(order.document)
        let refusal = try #require(throws: Refusal.self) {
            if let untimely = try Rail.adapter.decode(request, Rail.context()).untimely { throw untimely }
        }
        #expect(refusal.layer == rule.layer)
        #expect(refusal.reason.canonical == rule.reason)
        #expect(!refusal.says.isEmpty)
        let reply = Rail.adapter.refuse(refusal, request, Rail.context())
        #expect(reply.status == 200)
        let said = Rail.check(reply.body)
        #expect(said["TxInfAndSts/TxSts"] == ["RJCT"])
        #expect(said["Rsn/Cd"] == [rule.code])
        #expect(said["TxInfAndSts/OrgnlEndToEndId"] == ["INV-77"])
        #expect(said["OrgnlGrpInfAndSts/OrgnlMsgId"] ?? said["OrgnlGrpInf/OrgnlMsgId"] == ["TMRD-20260302-0009"])
        #expect((said["StsRsnInf/AddtlInf"]?.first?.count ?? 0) <= 105)
    }

    @Test func whatHeaderAndTransactionSayAlikeIsTaken() throws {
        var order = Order()
        order.group = "<IntrBkSttlmDt>2026-03-02</IntrBkSttlmDt>"
        guard case .opens(_, let payment) = try Rail.decode(order.document).meaning else {
            Issue.record("it is no order")
            return
        }
        #expect(payment.settlement.date?.text == "2026-03-02")
    }

    @Test func aRuleSaysWhereItIsBroken() throws {
        var order = Order()
        order.amount = "<IntrBkSttlmAmt Ccy=\"KES\">0.00</IntrBkSttlmAmt>"
        let refusal = try #require(throws: Refusal.self) { try Rail.decode(order.wrapped()) }
        #expect(refusal.path == "CdtTrfTxInf/IntrBkSttlmAmt")
        #expect(refusal.rule == "amount.positive")
        let line = order.wrapped().split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
            $0.contains("IntrBkSttlmAmt")
        }
        #expect(refusal.line == line.map { $0 + 1 })
        #expect((refusal.column ?? 0) > 0)
    }

    @Test func ibansWithRightDigitsPass() throws {
        var order = Order()
        order.creditorAccount = "<CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>"
        order.debtorAccount = "<DbtrAcct><Id><IBAN>GB82WEST12345698765432</IBAN></Id></DbtrAcct>"
        _ = try Rail.decode(order.document)
    }

    @Test func furtherAgentsAreServedWhenTheSettingsSaySo() throws {
        var order = Order()
        order.creditorAgent = "<BICFI>OTHRGB2L</BICFI>"
        order.instructed = "OTHRGB2LXXX"
        _ = try Rail.decode(order.document, Rail.context(["serves": "OTHRGB2L THRDGB2L"]))
    }

    @Test func aHeaderThatNamesAnotherMessageIsRefused() throws {
        let refusal = try #require(throws: Refusal.self) {
            try Rail.decode(Order().wrapped(definition: "pacs.002.001.10"))
        }
        #expect(refusal.rule == "header.definition")
        let misrouted = try #require(throws: Refusal.self) { try Rail.decode(Order().wrapped(to: "OTHRGB2L")) }
        #expect(misrouted.reason.canonical == "messageMisrouted")
    }

    @Test(arguments: [
        (["TMRDKEN0"], "TMRDKEN0", true), (["*"], "TMRDKEN0", true), (["TMRDKEN0XXX"], "TMRDKEN0", true),
        (["OTHRGB2L"], "TMRDKEN0", false), ([], "TMRDKEN0", false), (["*"], "ZIWAUGK0", false),
        (["*", "ZIWAUGK0"], "ZIWAUGK0", true),
    ]) func aSenderSpeaksOnlyForItsNames(permitted: [String], from: String, isHeard: Bool) throws {
        var order = Order()
        order.instructing = from
        let context = Rail.context(permitted: permitted)
        for text in [order.document, Order().wrapped(from: from)] {
            let request = Rail.post(text)
            if isHeard {
                _ = try? Rail.adapter.decode(request, context)
                continue
            }
            let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, context) }
            #expect(refusal.layer == .identity)
            let reply = Rail.adapter.refuse(refusal, request, context)
            #expect(reply.status == 403)
            #expect(!Rail.check(reply.body)["Rsn/RjctgPtyRsn", default: []].isEmpty)
        }
        if isHeard { _ = try Rail.decode(order.document, context) }
    }

    // MARK: - Repeats

    @Test func aResendUnderAnotherMessageHasTheSameContent() throws {
        var again = Order()
        again.messageId = "TMRD-20260302-0010"
        again.created = "2026-03-02T08:15:31Z"
        let first = try Rail.decode(Order().document)
        let urgent = again.wrapped(id: "TMRD-B-10").replacingOccurrence(
            of: "</CreDt>", with: "</CreDt><Prty>HIGH</Prty>")
        for text in [again.document, again.wrapped(id: "TMRD-B-10"), urgent] {
            let other = try Rail.decode(text)
            #expect(other.keys.first == first.keys.first)
            #expect(other.contentHash == first.contentHash)
        }
    }

    @Test(
        arguments: [
            { @Sendable (order: inout Order) in order.amount = "<IntrBkSttlmAmt Ccy=\"KES\">1250.51</IntrBkSttlmAmt>" },
            { @Sendable (order: inout Order) in order.amount = "<IntrBkSttlmAmt Ccy=\"UGX\">1250</IntrBkSttlmAmt>" },
            { @Sendable (order: inout Order) in order.endToEnd = "INV-78" },
            { @Sendable (order: inout Order) in order.remittance = "Invoice 78" },
            { @Sendable (order: inout Order) in order.group = "<CtrlSum>1250.50</CtrlSum>" },
            { @Sendable (order: inout Order) in
                order.creditorAccount = "<CdtrAcct><Id><Othr><Id>CR-2</Id></Othr></Id></CdtrAcct>"
            },
        ] as [@Sendable (inout Order) -> Void]) func anyOtherContentHasAnotherHash(
            change: @Sendable (inout Order) -> Void
        ) throws
    {
        var other = Order()
        change(&other)
        #expect(try Rail.decode(other.document).contentHash != Rail.decode(Order().document).contentHash)
    }

    @Test func equalNamesAtTwoBanksAreTwoOrders() throws {
        var other = Order()
        other.debtorAgent = "<BICFI>OTHRGB2L</BICFI>"
        #expect(try Rail.decode(other.document).keys.first != Rail.decode(Order().document).keys.first)
    }
}

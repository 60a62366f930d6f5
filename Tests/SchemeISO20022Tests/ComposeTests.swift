import Payments
import SchemeISO20022
import Testing

@Suite struct ComposeTests {
    private func request(_ composed: Composed) throws -> WireRequest {
        guard case .request(let request) = composed.form else { throw Records.Missing() }
        return request
    }

    private func reply(_ composed: Composed) throws -> WireReply {
        guard case .reply(let reply) = composed.form else { throw Records.Missing() }
        return reply
    }

    // MARK: - Our order

    @Test func anOrderGoesOutUnderNamesThatAreLearned() throws {
        let record = try Records.ordered()
        let composed = try Rail.adapter.compose(Records.input(.send, .ask, record, ["clearingSystemCode": "FDN"]))
        let sent = try request(composed)
        #expect(sent.method == "POST")
        #expect(sent.path == "/iso20022")
        let said = Rail.check(sent.body)
        #expect(said["GrpHdr/MsgId"] == ["IL" + record.id.text])
        #expect(said["AppHdr/BizMsgIdr"] == said["GrpHdr/MsgId"])
        #expect(said["AppHdr/MsgDefIdr"] == ["pacs.008.001.08"])
        #expect(said["SttlmInf/SttlmMtd"] == ["CLRG"])
        #expect(said["ClrSys/Cd"] == ["FDN"])
        #expect(said["CdtTrfTxInf/IntrBkSttlmAmt"] == ["80.00"])
        #expect(said["CdtTrfTxInf/IntrBkSttlmDt"] == ["2026-03-02"])
        #expect(said["CdtTrfTxInf/AccptncDtTm"] == ["2026-03-02T08:15:31.000Z"])
        #expect(said["PmtId/TxId"] == [record.id.text])
        #expect(said["PmtId/EndToEndId"] == ["NOTPROVIDED"])
        // Header from and to, instructing and instructed agent, debtor's and creditor's.
        #expect(
            said["FinInstnId/BICFI"] == ["ZIWAUGK0", "CLRGKEN0", "ZIWAUGK0", "CLRGKEN0", "ZIWAUGK0", "TMRDKEN0"])
        #expect(composed.learned.id.transaction == record.id.text)
        #expect(composed.learned.id.uetr == said["PmtId/UETR"]?.first)
        #expect(composed.learned.expiresAt?.instant == Rail.now.adding(milliseconds: 10_000))
        #expect(composed.learned.message == MessageHeader())
        #expect(Set(composed.keys.map(\.scope)).count == 5)
        #expect(!composed.doneWhenDelivered)
        #expect(composed.losses == [])
    }

    @Test func theSameInputMakesTheSameBytes() throws {
        let input = try Records.input(.send, .ask, Records.ordered())
        #expect(try Rail.adapter.compose(input) == Rail.adapter.compose(input))
    }

    @Test func theAgreedAmountGoesOut() throws {
        var record = try Records.ordered()
        record.payment.terms.transferAmount = try Money("81.25", #require(Currency("KES")))
        let said = try Rail.check(request(Rail.adapter.compose(Records.input(.send, .ask, record))).body)
        #expect(said["CdtTrfTxInf/IntrBkSttlmAmt"] == ["81.25"])
    }

    @Test func namesOfAnotherNetworkThatDoNotFitAreNotCut() throws {
        var record = try Records.ordered()
        record.payment.id.transaction = "0f6a2c1e-7d54-4f60-9a35-6f2b8c1d2e3f"
        record.payment.id.endToEnd = "ORDER 4711"
        record.payment.debtor.name = nil
        record.payment.debtor.firstName = "Ada"
        record.payment.debtor.lastName = "Nakato"
        let said = try Rail.check(request(Rail.adapter.compose(Records.input(.send, .ask, record))).body)
        #expect(said["PmtId/TxId"] == [record.id.text])
        #expect(said["PmtId/EndToEndId"] == ["ORDER 4711"])
        #expect(said["Dbtr/Nm"] == ["Ada Nakato"])
    }

    @Test func aBareDocumentGoesOutWhereTheRailWantsOne() throws {
        let record = try Records.ordered()
        let sent = try request(Rail.adapter.compose(Records.input(.send, .ask, record, ["envelope": "none"])))
        #expect(Rail.check(sent.body)["AppHdr/BizMsgIdr"] == nil)
    }

    @Test(arguments: ISO20022HeaderVersions.all) func everyHeaderVersionIsValid(version: String) throws {
        let record = try Records.ordered()
        let sent = try request(Rail.adapter.compose(Records.input(.send, .ask, record, ["header": version])))
        #expect(Rail.check(sent.body)["AppHdr/BizMsgIdr"] != nil)
        #expect(String(decoding: sent.body, as: UTF8.self).contains(version))
    }

    @Test func anOrderThatTheRailCannotCarryIsRefusedBeforeItLeaves() throws {
        var nobody = try Records.ordered()
        nobody.payment.creditorAgent = Agent()
        var fine = try Records.ordered()
        fine.payment.amount.settlement = try Money("1.005", #require(Currency("KES")))
        for (record, reason) in [(nobody, "creditorAgentUnknown"), (fine, "amountTooFine")] {
            let input = Records.input(.send, .ask, record)
            let refusal = try #require(throws: Refusal.self) { try Rail.adapter.compose(input) }
            #expect(refusal.reason.canonical == reason)
        }
    }

    @Test func anEnquiryNamesTheOrderThatWasSent() throws {
        var record = try Records.ordered()
        let sent = try Rail.adapter.compose(Records.input(.send, .ask, record))
        record.payment.overlay(sent.learned)
        let order = try Rail.check(request(sent).body)
        let asked = try Rail.adapter.compose(Records.input(.send, .query, record))
        #expect(asked.message == "pacs.028.001.03")
        let said = try Rail.check(request(asked).body)
        #expect(said["OrgnlGrpInf/OrgnlMsgId"] == order["GrpHdr/MsgId"])
        #expect(said["OrgnlGrpInf/OrgnlMsgNmId"] == ["pacs.008.001.08"])
        #expect(said["TxInf/OrgnlTxId"] == order["PmtId/TxId"])
        #expect(said["TxInf/OrgnlEndToEndId"] == order["PmtId/EndToEndId"])
        #expect(said["TxInf/OrgnlUETR"] == order["PmtId/UETR"])
        #expect(said["GrpHdr/MsgId"] != order["GrpHdr/MsgId"])
    }

    // MARK: - Our answers

    @Test(arguments: [true, false]) func anAcceptanceAnswersTheHeldOrder(isWrapped: Bool) throws {
        let record = try Records.received(wrapped: isWrapped)
        let composed = try Rail.adapter.compose(Records.input(.accept, .ask, record))
        let answer = try reply(composed)
        #expect(answer.status == 200)
        let said = Rail.check(answer.body)
        #expect(said["TxInfAndSts/TxSts"] == ["ACCP"])
        #expect(said["OrgnlGrpInfAndSts/OrgnlMsgId"] == ["TMRD-20260302-0009"])
        #expect(said["TxInfAndSts/OrgnlTxId"] == ["TX-0009"])
        #expect(said["TxInfAndSts/OrgnlInstrId"] == ["IN-9"])
        #expect(said["AppHdr/MsgDefIdr"] == (isWrapped ? ["pacs.002.001.10"] : nil))
        #expect(!composed.doneWhenDelivered)
        #expect(composed.answerBy == Rail.now.adding(milliseconds: 10_000))
    }

    @Test func whereOurYesIsFinalNothingIsAwaited() throws {
        let record = try Records.received()
        let extra = ["acceptIsFinal": "yes", "accept": "ACSP"]
        let composed = try Rail.adapter.compose(Records.input(.accept, .ask, record, extra))
        #expect(composed.doneWhenDelivered)
        #expect(try Rail.check(reply(composed).body)["TxInfAndSts/TxSts"] == ["ACSP"])
    }

    @Test func aDoubtAboutOurAnswerIsAskedByTheNamesOfTheOrder() throws {
        let record = try Records.received()
        let said = try Rail.check(request(Rail.adapter.compose(Records.input(.accept, .query, record))).body)
        #expect(said["OrgnlGrpInf/OrgnlMsgId"] == ["TMRD-20260302-0009"])
        #expect(said["TxInf/OrgnlTxId"] == ["TX-0009"])
    }

    @Test func aRejectionIsAnsweredWithItsReason() throws {
        var record = try Records.received()
        record.refusal = Reason("creditorAccountClosed", network: "fineract", foreign: "x", detail: "closed in May")
        let composed = try Rail.adapter.compose(Records.input(.notify, .ask, record, outcome: .rejected))
        #expect(composed.doneWhenDelivered)
        let said = try Rail.check(reply(composed).body)
        #expect(said["TxInfAndSts/TxSts"] == ["RJCT"])
        #expect(said["Rsn/Cd"] == ["AC04"])
        #expect(said["StsRsnInf/AddtlInf"] == ["closed in May"])
    }

    @Test func whyWeScreenedIsToldToNobody() throws {
        var record = try Records.received()
        record.refusal = Reason("screeningRefused", detail: "name on list 12")
        let composed = try Rail.adapter.compose(Records.input(.notify, .ask, record, outcome: .rejected))
        let text = try String(decoding: reply(composed).body, as: UTF8.self)
        #expect(!text.contains("list"))
        #expect(text.contains("MS03"))
    }

    @Test(arguments: [StepState.asked, .unknown, .done]) func nothingIsToldAfterOurAnswer(state: StepState) throws {
        var record = try Records.received()
        let accept = try #require(record.flow?.index(of: .accept))
        record.steps[accept].state = state
        for outcome in PaymentOutcome.allCases {
            let composed = try Rail.adapter.compose(Records.input(.notify, .ask, record, outcome: outcome))
            guard case .nothing = composed.form else {
                Issue.record("\(composed.form)")
                continue
            }
        }
    }

    @Test func aRefusalOfOurOwnAfterAnUnwrittenAcceptanceIsTold() throws {
        var record = try Records.received()
        let accept = try #require(record.flow?.index(of: .accept))
        record.steps[accept].state = .refused
        record.steps[accept].reason = Reason("internalError")
        _ = try reply(Rail.adapter.compose(Records.input(.notify, .ask, record, outcome: .rejected)))
        record.steps[accept].reason = Reason("agentLiquidity", network: "iso", foreign: "AM23")
        let composed = try Rail.adapter.compose(Records.input(.notify, .ask, record, outcome: .rejected))
        guard case .nothing = composed.form else {
            Issue.record("\(composed.form)")
            return
        }
    }

    @Test func verbsOfOtherNetworksAreSkipped() throws {
        let record = try Records.received()
        for verb in [Verb.lookup, .quote, .offer] {
            guard case .nothing = try Rail.adapter.compose(Records.input(verb, .ask, record)).form else {
                Issue.record("\(verb)")
                continue
            }
            #expect(!Rail.adapter.capabilities.verbs.contains(verb))
        }
    }

    // MARK: - Beside the steps

    @Test func anotherOrderUnderTheSameNamesIsRefused() throws {
        let record = try Records.received()
        let composed = try Rail.adapter.report(
            .duplicate(record.payment, Reason("duplicate")), Records.input(.notify, .ask, record))
        let said = try Rail.check(reply(composed).body)
        #expect(said["TxInfAndSts/TxSts"] == ["RJCT"])
        #expect(said["Rsn/Cd"] == ["AM05"])
    }

    struct Standing: Sendable, CustomTestStringConvertible {
        var code: String
        var reason: String?
        var change: @Sendable (inout PaymentRecord) -> Void
        var testDescription: String { code }

        init(_ code: String, _ reason: String? = nil, _ change: @escaping @Sendable (inout PaymentRecord) -> Void) {
            self.code = code
            self.reason = reason
            self.change = change
        }
    }

    static let standings: [Standing] = [
        Standing("RJCT", "AG09") { $0.sequence = 0 },
        Standing("PDNG") { _ in },
        Standing("ACCP") { $0.steps[3].state = .asked },
        Standing("ACCP") { $0.steps[3].state = .unknown },
        Standing("ACSC") { $0.facts = FactSet([.received, .settled]) },
        Standing("ACCC") {
            $0.facts = FactSet([.received, .settled])
            $0.steps[4].state = .done
        },
        Standing("BLCK") { $0.facts = FactSet([.received, .settled, .blocked]) },
        Standing("RJCT", "AC06") {
            $0.outcome = .rejected
            $0.refusal = Reason("creditorAccountBlocked")
        },
        Standing("RJCT", "AB05") { $0.answeredEarly = .rejected },
    ]

    @Test(arguments: standings) func anEnquiryIsAnsweredFromTheRecord(standing: Standing) throws {
        var record = try Records.received()
        standing.change(&record)
        let inbound = try Rail.adapter.decode(
            WireRequest(
                method: "POST", path: "/", headers: [WireHeader("Content-Type", "application/xml")],
                body: request(Rail.adapter.compose(Records.input(.accept, .query, record))).body),
            Rail.context(["bic": "CLRGKEN0", "clearingBic": "ZIWAUGK0"]))
        guard case .asksStatus(let enquiry) = inbound.meaning else { throw Records.Missing() }
        let composed = try Rail.adapter.report(.status(enquiry: enquiry), Records.input(.notify, .ask, record))
        let said = try Rail.check(reply(composed).body)
        #expect(said["TxInfAndSts/TxSts"] == [standing.code])
        #expect(said["Rsn/Cd"]?.first == standing.reason)
        #expect(said["TxInfAndSts/OrgnlTxId"] == ["TX-0009"])
    }
}

enum ISO20022HeaderVersions {
    static let all = ["head.001.001.01", "head.001.001.02", "head.001.001.03"]
}

import Payments
import SchemeISO20022
import Testing

/// Who speaks: every header and every agent that names a sender is held against the certificate.
@Suite struct SenderTests {
    private func refused(
        _ text: String, permitted: [String] = ["TMRDKEN0"], _ sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (refusal: Refusal, status: Int, said: [String: [String]]) {
        let context = Rail.context(permitted: permitted)
        let request = Rail.post(text)
        let refusal = try #require(
            throws: Refusal.self, sourceLocation: sourceLocation,
            performing: { try Rail.adapter.decode(request, context) })
        let reply = Rail.adapter.refuse(refusal, request, context)
        return (refusal, reply.status, Rail.check(reply.body, sourceLocation))
    }

    @Test(arguments: ["urn:iso:std:iso:20022:tech:xsd:head.001.001.99", "urn:evil", ""])
    func aHeaderOfAnUnknownVersionIsNotPassedOver(namespace: String) throws {
        var order = Order()
        order.instructing = ""
        let known = "xmlns=\"urn:iso:std:iso:20022:tech:xsd:head.001.001.02\""
        let text = order.wrapped(from: "EVILKENA").replacingOccurrence(of: known, with: "xmlns=\"\(namespace)\"")
        let (refusal, status, said) = try refused(text, permitted: ["*"])
        #expect(refusal.reason.canonical == "versionNotSupported")
        #expect(refusal.path == "BusMsg/AppHdr")
        #expect(refusal.line == 1)
        #expect(status == 400)
        #expect(said["Rsn/RjctgPtyRsn"] == ["FF01"])
        #expect(said["Rsn/RsnDesc"]?.first?.contains("head.001.001.02") == true)
        #expect(!refusal.says.contains("there is no table for"))
    }

    /// A rail may wrap the standard's header in an element of its own.
    @Test func aHeaderThatARailWrapsIsReadAndChecked() throws {
        let wrapped = Order().wrapped(from: "EVILKENA")
        let head = "urn:iso:std:iso:20022:tech:xsd:head.001.001.02"
        let own = wrapped.replacingOccurrence(of: "<AppHdr xmlns=\"\(head)\">", with: "<AppHdr xmlns=\"urn:rail\">")
            .replacingOccurrence(of: "<Fr>", with: "<Fr xmlns=\"\(head)\">")
            .replacingOccurrence(of: "<To>", with: "<To xmlns=\"\(head)\">")
            .replacingOccurrence(of: "<BizMsgIdr>", with: "<BizMsgIdr xmlns=\"\(head)\">")
            .replacingOccurrence(of: "<MsgDefIdr>", with: "<MsgDefIdr xmlns=\"\(head)\">")
            .replacingOccurrence(of: "<CreDt>", with: "<CreDt xmlns=\"\(head)\">")
        let (refusal, status, _) = try refused(own)
        #expect(refusal.says == "The sender may not speak for EVILKENAXXX.")
        #expect(status == 403)
    }

    @Test(arguments: [
        "<LEI>5493001KJTIIGC8Y1R12</LEI>", "<Nm>Tumaini Bank</Nm>",
        "<Othr><Id>X</Id><SchmeNm><Cd>Y</Cd></SchmeNm></Othr>",
        "<BICFI>TMRDKEN0</BICFI><ClrSysMmbId><MmbId>EVIL</MmbId></ClrSysMmbId>",
        "<BICFI>TMRDKEN0</BICFI><Othr><Id>evil</Id></Othr>",
    ]) func anInstructingAgentIsCheckedByEveryName(agent: String) throws {
        let text = Order().document.replacingOccurrence(
            of: "<InstgAgt><FinInstnId><BICFI>TMRDKEN0</BICFI>", with: "<InstgAgt><FinInstnId>\(agent)")
        let (refusal, status, said) = try refused(text)
        #expect(refusal.layer == .identity)
        #expect(refusal.path == "GrpHdr/InstgAgt")
        #expect((refusal.line ?? 0) > 0)
        #expect(status == 403)
        #expect(said["Rsn/ErrLctn"]?.first?.contains("GrpHdr/InstgAgt") == true)
    }

    @Test func everyNameOfAnAgentMayBePermitted() throws {
        let text = Order().document.replacingOccurrence(
            of: "<InstgAgt><FinInstnId><BICFI>TMRDKEN0</BICFI>",
            with: "<InstgAgt><FinInstnId><BICFI>TMRDKEN0</BICFI><ClrSysMmbId><MmbId>77</MmbId></ClrSysMmbId>")
        _ = try Rail.decode(text, Rail.context(permitted: ["TMRDKEN0", "77"]))
        _ = try Rail.decode(text, Rail.context(permitted: ["*"]))
    }

    @Test func anAgentOfTheTransactionIsRefusedAtItsPlace() throws {
        var order = Order()
        order.instructing = ""
        let text = order.document.replacingOccurrence(
            of: "<Dbtr>", with: "<InstgAgt><FinInstnId><BICFI>EVILKENA</BICFI></FinInstnId></InstgAgt><Dbtr>")
        let (refusal, _, _) = try refused(text)
        #expect(refusal.path == "CdtTrfTxInf/InstgAgt")
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
            $0.contains("<InstgAgt>")
        }
        #expect(refusal.line == line.map { $0 + 1 })
    }

    /// An agent of the transaction cannot hide the header's: one of them names the sender.
    @Test func anAgentIsNamedInOnePlace() throws {
        let text = Order().document.replacingOccurrence(of: "<BICFI>TMRDKEN0", with: "<BICFI>EVILKENA")
            .replacingOccurrence(
                of: "<Dbtr>", with: "<InstgAgt><FinInstnId><BICFI>TMRDKEN0</BICFI></FinInstnId></InstgAgt><Dbtr>")
        let refusal = try refused(text).refusal
        #expect(refusal.rule == "header.or-transaction")
    }
}

/// What a refusal tells its sender: the place, the rule, and what to do.
@Suite struct RefusalTests {
    @Test func aReportNamesPlaceAndRule() throws {
        var order = Order()
        order.amount = "<IntrBkSttlmAmt Ccy=\"KES\">1.001</IntrBkSttlmAmt>"
        let request = Rail.post(order.document)
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, Rail.context()) }
        let said = Rail.check(Rail.adapter.refuse(refusal, request, Rail.context()).body)
        let lines = said["StsRsnInf/AddtlInf"] ?? []
        #expect(lines.count == 2)
        #expect(
            lines.last == "line \(refusal.line ?? 0), column 26, CdtTrfTxInf/IntrBkSttlmAmt, rule amount.minor-unit",
            "\(lines)")
    }

    @Test func aMissingElementIsToldAtItsParent() throws {
        var order = Order()
        order.transaction = ""
        let refusal = try #require(throws: Refusal.self) { try Rail.decode(order.document) }
        #expect(refusal.path == "CdtTrfTxInf/PmtId/TxId")
        let lines = order.document.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(refusal.line == (lines.firstIndex { $0.contains("<PmtId>") } ?? -1) + 1)
    }

    @Test func aRejectedMessageNamesTheRuleAndTheMend() throws {
        let request = Rail.post(Order().document.replacingOccurrence(of: "<NbOfTxs>1", with: "<NbOfTxs>one"))
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, Rail.context()) }
        let said = Rail.check(Rail.adapter.refuse(refusal, request, Rail.context()).body)
        #expect(said["Rsn/AddtlData"] == ["rule \(refusal.rule)"])
        #expect(said["Rsn/RsnDesc"]?.first?.hasSuffix("Send a value that the schema of the message allows.") == true)
    }

    @Test func oneTransactionIsOne() throws {
        var order = Order()
        order.count = "3"
        let refusal = try #require(throws: Refusal.self) { try Rail.decode(order.document) }
        #expect(refusal.says == "1 transaction stands in the message")
    }

    @Test(arguments: [
        ("/", "POST", 0), ("/iso20022", "POST", 0), ("/iso20022/rtp1", "POST", 0), ("/own", "POST", 0),
        ("/other", "POST", 404), ("/../bank-c", "POST", 404), ("/iso20022/rtp2", "POST", 404),
        ("/iso20022/../x", "POST", 404), ("/", "GET", 405), ("/iso20022", "PUT", 405), ("/other", "GET", 404),
    ]) func messagesArePostedToOnePlace(path: String, method: String, status: Int) throws {
        var request = Rail.post(Order().document)
        request.path = path
        request.method = method
        let context = Rail.context(["path": "/own"])
        guard status > 0 else {
            _ = try Rail.adapter.decode(request, context)
            return
        }
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, context) }
        let reply = Rail.adapter.refuse(refusal, request, context)
        #expect(reply.status == status)
        #expect((reply.header("allow") == "POST") == (status == 405))
        #expect(Rail.check(reply.body)["Rsn/RjctgPtyRsn"] != nil)
    }

    @Test(arguments: [("OrgnlEndToEndId", "RJCT"), ("OrgnlInstrId", "RJCT"), ("", "PDNG")])
    func anEnquiryUnderAnotherNameIsAboutNoPaymentOfOurs(other: String, status: String) throws {
        let record = try Records.received()
        var enquiry = Payment()
        enquiry.status.originalMessage = record.payment.message.id
        enquiry.status.originalTransaction = record.payment.id.transaction
        enquiry.status.originalEndToEnd = other == "OrgnlEndToEndId" ? "INV-78" : record.payment.id.endToEnd
        enquiry.status.originalInstruction = other == "OrgnlInstrId" ? "IN-8" : record.payment.id.instruction
        let composed = try Rail.adapter.report(.status(enquiry: enquiry), Records.input(.accept, .query, record))
        guard case .reply(let reply) = composed.form else { throw Records.Missing() }
        let said = Rail.check(reply.body)
        #expect(said["TxInfAndSts/TxSts"] == [status])
        #expect(said["Rsn/Cd"] == (status == "RJCT" ? ["AG09"] : nil))
    }
}

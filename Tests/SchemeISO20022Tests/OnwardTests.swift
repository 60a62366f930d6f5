import FormatXML
import Payments
import SchemeISO20022
import Testing

/// One rail brings a payment and another carries it on: nothing is lost that a pacs.008 can say, and each rail keeps
/// its own names, dates and clock.
@Suite struct OnwardTests {
    private static let uetr = "9a3f1c52-7d0e-4b6a-8c11-2f4e6d8a0b13"
    private static let second = [
        "bic": "ZIWAUGK0", "clearingBic": "SECNKEN0", "clearingSystemCode": "RT2", "serves": "FARBKEN0",
    ]

    /// A pacs.008 that says all that the rail's rules let it say.
    private static func full() -> String {
        var order = Order()
        order.uetr = "<UETR>\(uetr)</UETR><ClrSysRef>FIRST-CLEARING-1</ClrSysRef>"
        order.creditorAgent = "<BICFI>FARBKEN0</BICFI><Nm>Far Bank</Nm>"
        var text = order.document
        text = text.replacing(
            "<IntrBkSttlmAmt",
            with: """
                <PmtTpInf><InstrPrty>HIGH</InstrPrty><SvcLvl><Cd>SDVA</Cd></SvcLvl><SvcLvl><Cd>G001</Cd></SvcLvl>\
                <LclInstrm><Prtry>FIRST</Prtry></LclInstrm><CtgyPurp><Cd>CASH</Cd></CtgyPurp></PmtTpInf>
                <IntrBkSttlmAmt
                """)
        text = text.replacing(
            "<ChrgBr>SLEV</ChrgBr>",
            with: """
                <InstdAmt Ccy="USD">10.00</InstdAmt><XchgRate>125.05</XchgRate><ChrgBr>SHAR</ChrgBr>
                <ChrgsInf><Amt Ccy="KES">1.00</Amt>\
                <Agt><FinInstnId><BICFI>TMRDKEN0</BICFI></FinInstnId></Agt></ChrgsInf>
                <ChrgsInf><Amt Ccy="KES">2.00</Amt>\
                <Agt><FinInstnId><BICFI>MIDLKEN0</BICFI></FinInstnId></Agt></ChrgsInf>
                <PrvsInstgAgt1><FinInstnId><BICFI>MIDLKEN0</BICFI></FinInstnId></PrvsInstgAgt1>
                <IntrmyAgt1><FinInstnId><BICFI>NEXTKEN0</BICFI></FinInstnId></IntrmyAgt1>
                <UltmtDbtr><Nm>Ultimate payer</Nm></UltmtDbtr><InitgPty><Nm>Initiator</Nm></InitgPty>
                """)
        text = text.replacing(
            "<RmtInf>",
            with: """
                <UltmtCdtr><Nm>Ultimate payee</Nm></UltmtCdtr>
                <InstrForCdtrAgt><Cd>PHOB</Cd><InstrInf>call first</InstrInf></InstrForCdtrAgt>
                <InstrForCdtrAgt><Cd>TELB</Cd></InstrForCdtrAgt>
                <InstrForNxtAgt><InstrInf>with care</InstrInf></InstrForNxtAgt><Purp><Cd>GDDS</Cd></Purp>
                <RgltryRptg><Dtls><Cd>10</Cd><Inf>goods</Inf></Dtls><Dtls><Cd>11</Cd></Dtls></RgltryRptg>
                <RltdRmtInf><RmtId>REM-1</RmtId></RltdRmtInf>
                <RmtInf>
                """)
        let structured = { (number: String) in
            """
            <Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>\(number)</Nb></RfrdDocInf>\
            <RfrdDocAmt><DuePyblAmt Ccy="KES">5.00</DuePyblAmt></RfrdDocAmt>\
            <CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>RF-\(number)</Ref></CdtrRefInf>\
            <AddtlRmtInf>more of \(number)</AddtlRmtInf></Strd>
            """
        }
        return text.replacing(
            "</RmtInf>", with: ["A1", "A2", "A3"].map(structured).joined() + "</RmtInf>")
    }

    private func settings(_ more: [String: String] = [:]) -> AdapterSettings {
        AdapterSettings(network: "iso:rtp2", tenant: "bank-a", values: Self.second.merging(more) { $1 })
    }

    private func record(_ document: String = full()) throws -> PaymentRecord {
        try Records.bridged(document, ["serves": "FARBKEN0"])
    }

    private func compose(
        _ record: PaymentRecord, _ purpose: Purpose = .ask, _ more: [String: String] = [:]
    ) throws -> (Composed, [String: [String]]) {
        var input = Records.input(.send, purpose, record)
        input.settings = settings(more.merging(["serves": ""]) { old, _ in old })
        input.businessDate = try #require(CivilDate("2026-03-03"))
        let composed = try Rail.adapter.compose(input)
        guard case .request(let request) = composed.form else { throw Records.Missing() }
        return (composed, Rail.check(request.body))
    }

    /// Element and value of every leaf of the transaction, in order.
    private func leaves(_ bytes: [UInt8]) -> [String] {
        var sink = Transaction()
        _ = try? XMLReader().read(bytes, into: &sink)
        return sink.leaves
    }

    private struct Transaction: XMLSink {
        var path: [String] = []
        var leaves: [String] = []

        mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
            path.append(String(xml: name.local))
            return .next
        }
        mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
            guard let place = path.firstIndex(of: "CdtTrfTxInf") else { return .next }
            leaves.append(path[place...].joined(separator: "/") + "=" + String(xml: bytes))
            return .next
        }
        mutating func end(_ name: XMLName) -> XMLFlow {
            path.removeLast()
            return .next
        }
    }

    @Test func nothingIsLostThatTheMessageCanSay() throws {
        let document = Self.full()
        let (composed, said) = try compose(record(document))
        #expect(composed.losses == [])
        guard case .request(let request) = composed.form else { throw Records.Missing() }
        let before = leaves(Array(document.utf8))
        let after = leaves(request.body)
        // The hop's own: two names, the first clearing's reference, date and moment of the second rail.
        let own = ["PmtId/InstrId", "PmtId/TxId", "PmtId/ClrSysRef", "IntrBkSttlmDt", "AccptncDtTm"]
        func isOwn(_ leaf: String) -> Bool { own.contains { leaf.hasPrefix("CdtTrfTxInf/\($0)=") } }
        #expect(before.count >= 60)
        #expect(after.filter { !isOwn($0) } == before.filter { !isOwn($0) })
        #expect(said["Strd/AddtlRmtInf"] == ["more of A1", "more of A2", "more of A3"])
        #expect(said["CdtrRefInf/Ref"] == ["RF-A1", "RF-A2", "RF-A3"])
        #expect(said["SvcLvl/Cd"] == ["SDVA", "G001"])
    }

    @Test func namesOfTheHopAreNewAndThoseFromEndToEndStay() throws {
        let record = try record()
        let (composed, said) = try compose(record)
        #expect(said["GrpHdr/MsgId"] == ["IL" + record.id.text])
        #expect(said["PmtId/TxId"] == [record.id.text])
        #expect(said["PmtId/EndToEndId"] == ["INV-77"])
        #expect(said["PmtId/UETR"] == [Self.uetr])
        #expect(said["PmtId/ClrSysRef"] == nil)
        #expect(said["ClrSys/Cd"] == ["RT2"])
        // Nothing of it joins the payment: our answer on the first rail speaks of the first rail's names.
        #expect(composed.learned.id == Identifications())
        #expect(composed.learned.settlement.date == nil)
        #expect(composed.learned.acceptedAt == nil)
        var after = record
        after.payment.overlay(composed.learned)
        let answer = try Rail.adapter.compose(Records.input(.accept, .ask, after))
        guard case .reply(let reply) = answer.form else { throw Records.Missing() }
        let first = Rail.check(reply.body)
        #expect(first["TxInfAndSts/OrgnlTxId"] == ["TX-0009"])
        #expect(first["TxInfAndSts/OrgnlInstrId"] == ["IN-9"])
        #expect(first["TxInfAndSts/AccptncDtTm"] == ["2026-03-02T08:15:29.500Z"])
    }

    @Test func agentsDateAndClockAreThoseOfTheSecondRail() throws {
        let (composed, said) = try compose(record())
        #expect(said["CdtTrfTxInf/IntrBkSttlmDt"] == ["2026-03-03"])
        #expect(said["CdtTrfTxInf/AccptncDtTm"] == ["2026-03-02T08:15:31.000Z"])
        #expect(composed.learned.expiresAt?.instant == Rail.now.adding(milliseconds: 10_000))
        // Header from and to, instructing and instructed agent: we and the second clearing.
        #expect(Array(said["FinInstnId/BICFI"]?.prefix(4) ?? []) == ["ZIWAUGK0", "SECNKEN0", "ZIWAUGK0", "SECNKEN0"])
        #expect(Array(said["FinInstnId/BICFI"]?.suffix(2) ?? []) == ["TMRDKEN0", "FARBKEN0"])
    }

    @Test func whoInstructedUsForTheDebtorsAgentIsNamed() throws {
        let document = Self.full().replacing(
            "<InstgAgt><FinInstnId><BICFI>TMRDKEN0", with: "<InstgAgt><FinInstnId><BICFI>INDRKEN0")
        let (composed, said) = try compose(record(document))
        #expect(composed.losses == [])
        let agents = said["FinInstnId/BICFI"] ?? []
        #expect(agents.contains("MIDLKEN0"))
        #expect(agents.firstIndex(of: "INDRKEN0").map { agents[$0 - 1] } == "MIDLKEN0")
    }

    @Test func aCodeOfTheSecondRailTakesThePlaceOfTheFirstOnesAndIsToldAsALoss() throws {
        let (composed, said) = try compose(record(), .ask, ["localInstrument": "INST"])
        #expect(said["LclInstrm/Cd"] == ["INST"])
        #expect(said["LclInstrm/Prtry"] == nil)
        #expect(composed.losses.map(\.field) == ["type.localInstrumentProprietary"])
    }

    @Test func aPaymentWithoutAUETRGetsOneThatIsKnownAgain() throws {
        let record = try record(Order(creditorAgent: "<BICFI>FARBKEN0</BICFI>").document)
        let (composed, said) = try compose(record)
        let uetr = try #require(said["PmtId/UETR"]?.first)
        #expect(composed.learned.id.uetr == nil)
        let (_, asked) = try compose(record, .query)
        #expect(asked["TxInf/OrgnlUETR"] == [uetr])
        #expect(asked["TxInf/OrgnlTxId"] == [record.id.text])
        // The first rail is not told of a name that it never gave.
        let answer = try Rail.adapter.compose(Records.input(.accept, .ask, record))
        guard case .reply(let reply) = answer.form else { throw Records.Missing() }
        #expect(Rail.check(reply.body)["TxInfAndSts/OrgnlUETR"] == nil)
    }

    @Test func theSecondRailsAnswerIsFoundAndHeldAgainstItsOwnNames() throws {
        let record = try record()
        let (composed, _) = try compose(record)
        let context = InboundContext(settings: settings(), permittedSources: ["*"], now: Rail.now, entropy: 7)
        let right = StatusMessage(
            originalMessage: "IL" + record.id.text, transaction: record.id.text, endToEnd: "INV-77", uetr: Self.uetr)
        let ofTheFirst = StatusMessage(transaction: "TX-0009", uetr: Self.uetr)
        for (message, isOurs) in [(right, true), (ofTheFirst, false)] {
            var request = Rail.post(message.document)
            request.path = "/iso20022/rtp2"
            let inbound = try Rail.adapter.decode(request, context)
            #expect(!Set(composed.keys).isDisjoint(with: inbound.keys))
            guard case .tells(_, let heard) = inbound.meaning else { throw Records.Missing() }
            #expect((Rail.adapter.verify(.send, heard, record).observation == .done) == isOurs)
        }
        #expect(composed.keys.allSatisfy { $0.scope.hasPrefix("iso:rtp2/") })
    }

    @Test func anOrderIsNotSentBackToOurselves() throws {
        let record = try Records.bridged(Order().document)
        let refusal = try #require(throws: Refusal.self) { try compose(record) }
        #expect(refusal.reason.canonical == "creditorAgentUnknown")
    }
}

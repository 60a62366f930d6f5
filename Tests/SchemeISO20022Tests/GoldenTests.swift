import Payments
import SchemeISO20022
import Testing

/// Whole messages of ours, byte for byte: a change of a table or of the writer shows here before a rail sees it.
@Suite struct GoldenTests {
    private static let report = "urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10"

    private func expect(_ body: [UInt8], _ lines: String, _ sourceLocation: SourceLocation = #_sourceLocation) {
        let pieces = lines.split(separator: "\n").map { line in line.drop { $0 == " " } }
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + pieces.joined()
        #expect(String(decoding: body, as: UTF8.self) == text, sourceLocation: sourceLocation)
        _ = Rail.check(body, sourceLocation)
    }

    private func body(_ composed: Composed) throws -> [UInt8] {
        switch composed.form {
        case .request(let request): return request.body
        case .reply(let reply): return reply.body
        case .nothing, .wait: throw Records.Missing()
        }
    }

    @Test func aRejectionUnderAHeader() throws {
        var record = try Records.received(wrapped: true)
        record.refusal = Reason("creditorAccountClosed")
        let composed = try Rail.adapter.compose(Records.input(.notify, .ask, record, outcome: .rejected))
        expect(
            try body(composed),
            """
            <BusMsg><AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02">
            <Fr><FIId><FinInstnId><BICFI>ZIWAUGK0</BICFI></FinInstnId></FIId></Fr>
            <To><FIId><FinInstnId><BICFI>TMRDKEN0</BICFI></FinInstnId></FIId></To>
            <BizMsgIdr>956eeb2f2632d7bd03f166b233e3ef28</BizMsgIdr><MsgDefIdr>pacs.002.001.10</MsgDefIdr>
            <CreDt>2026-03-02T08:15:31.000Z</CreDt></AppHdr>
            <Document xmlns="\(Self.report)"><FIToFIPmtStsRpt>
            <GrpHdr><MsgId>956eeb2f2632d7bd03f166b233e3ef28</MsgId><CreDtTm>2026-03-02T08:15:31.000Z</CreDtTm>
            <InstgAgt><FinInstnId><BICFI>ZIWAUGK0</BICFI></FinInstnId></InstgAgt>
            <InstdAgt><FinInstnId><BICFI>TMRDKEN0</BICFI></FinInstnId></InstdAgt></GrpHdr>
            <OrgnlGrpInfAndSts><OrgnlMsgId>TMRD-20260302-0009</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>
            <OrgnlCreDtTm>2026-03-02T08:15:30Z</OrgnlCreDtTm></OrgnlGrpInfAndSts>
            <TxInfAndSts><OrgnlInstrId>IN-9</OrgnlInstrId><OrgnlEndToEndId>INV-77</OrgnlEndToEndId>
            <OrgnlTxId>TX-0009</OrgnlTxId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn>
            <AddtlInf>The payee's account is closed</AddtlInf></StsRsnInf></TxInfAndSts></FIToFIPmtStsRpt></Document>
            </BusMsg>
            """)
    }

    @Test func aBareAcceptance() throws {
        expect(
            try body(Rail.adapter.compose(Records.input(.accept, .ask, Records.received()))),
            """
            <Document xmlns="\(Self.report)"><FIToFIPmtStsRpt>
            <GrpHdr><MsgId>956eeb2f2632d7bd03f166b233e3ef28</MsgId><CreDtTm>2026-03-02T08:15:31.000Z</CreDtTm>
            <InstgAgt><FinInstnId><BICFI>ZIWAUGK0</BICFI></FinInstnId></InstgAgt>
            <InstdAgt><FinInstnId><BICFI>TMRDKEN0</BICFI></FinInstnId></InstdAgt></GrpHdr>
            <OrgnlGrpInfAndSts><OrgnlMsgId>TMRD-20260302-0009</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>
            <OrgnlCreDtTm>2026-03-02T08:15:30Z</OrgnlCreDtTm></OrgnlGrpInfAndSts>
            <TxInfAndSts><OrgnlInstrId>IN-9</OrgnlInstrId><OrgnlEndToEndId>INV-77</OrgnlEndToEndId>
            <OrgnlTxId>TX-0009</OrgnlTxId><TxSts>ACCP</TxSts>
            <AccptncDtTm>2026-03-02T08:15:29.500Z</AccptncDtTm></TxInfAndSts></FIToFIPmtStsRpt></Document>
            """)
    }

    @Test func anEnquiry() throws {
        let input = try Records.input(.accept, .query, Records.received(), ["envelope": "none"])
        expect(
            try body(Rail.adapter.compose(input)),
            """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.028.001.03"><FIToFIPmtStsReq>
            <GrpHdr><MsgId>529f0f135767524794e34a0effe11c58</MsgId><CreDtTm>2026-03-02T08:15:31.000Z</CreDtTm>
            <InstgAgt><FinInstnId><BICFI>ZIWAUGK0</BICFI></FinInstnId></InstgAgt>
            <InstdAgt><FinInstnId><BICFI>CLRGKEN0</BICFI></FinInstnId></InstdAgt></GrpHdr>
            <OrgnlGrpInf><OrgnlMsgId>TMRD-20260302-0009</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>
            <OrgnlCreDtTm>2026-03-02T08:15:30Z</OrgnlCreDtTm></OrgnlGrpInf>
            <TxInf><StsReqId>956eeb2f2632d7bd03f166b233e3ef28</StsReqId><OrgnlInstrId>IN-9</OrgnlInstrId>
            <OrgnlEndToEndId>INV-77</OrgnlEndToEndId><OrgnlTxId>TX-0009</OrgnlTxId></TxInf></FIToFIPmtStsReq></Document>
            """)
    }

    @Test func aMessageReject() throws {
        var order = Order()
        order.amount = "<IntrBkSttlmAmt Ccy=\"KES\">1,00</IntrBkSttlmAmt>"
        let request = Rail.post(order.document)
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, Rail.context()) }
        expect(
            Rail.adapter.refuse(refusal, request, Rail.context()).body,
            """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:admi.002.001.01"><admi.002.001.01>
            <RltdRef><Ref>TMRD-20260302-0009</Ref></RltdRef><Rsn><RjctgPtyRsn>CH16</RjctgPtyRsn>
            <RjctnDtTm>2026-03-02T08:15:31.000Z</RjctnDtTm>
            <ErrLctn>line 4, column 26, /Document/FIToFICstmrCdtTrf/CdtTrfTxInf/IntrBkSttlmAmt</ErrLctn>
            <RsnDesc>\(refusal.says) Send a value that the schema of the message allows.</RsnDesc>
            <AddtlData>rule cvc-datatype-valid</AddtlData></Rsn></admi.002.001.01></Document>
            """)
    }
}

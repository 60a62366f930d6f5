import FormatXML
import Mapping
import Payments
import Testing

/// Status reports, enquiries and headers, alone and in envelopes.
@Suite struct ISOMessageTests {
    static let mappings = MappingFiles.mappings

    static func report() -> Payment {
        var payment = Payment()
        payment.message.id = "S-1"
        payment.message.createdAt = DateTime("2026-11-23T10:00:05.000Z")
        payment.message.businessId = "S-1"
        payment.message.definition = "pacs.002.001.10"
        payment.message.service = "instant"
        payment.message.businessCreatedAt = DateTime("2026-11-23T10:00:05.000Z")
        payment.message.from.bic = "BANKDEFF"
        payment.message.to.clearingMember = "021150706"
        payment.status.originalMessage = "M-77"
        payment.status.originalMessageType = "pacs.008.001.08"
        payment.status.originalEndToEnd = "E-1"
        payment.status.originalTransaction = "T-1"
        payment.status.code = "RJCT"
        payment.status.reason = "AC04"
        payment.status.additional = ["The account is closed", "since May"]
        payment.status.acceptedAt = DateTime("2026-11-23T10:00:01+01:00")
        return payment
    }

    @Test(arguments: [("pacs.002.001.10", "pacs.002.001.10"), ("pacs.028.001.03", "pacs.028.001.03")])
    func whatIsWrittenIsValidAndReadsBack(_ message: String, _ schema: String) throws {
        var payment = Self.report()
        if message.hasPrefix("pacs.028") {
            payment.status.code = nil
            payment.status.reason = nil
            payment.status.additional = []
            payment.status.acceptedAt = nil
            payment.status.enquiryId = "Q-1"
        }
        payment.message = MessageHeader()
        payment.message.id = "S-1"
        payment.message.createdAt = DateTime("2026-11-23T10:00:05.000Z")
        let translator = Self.mappings.translator("iso20022/\(message)")!
        let writing = try translator.write(payment)
        #expect(writing.losses.isEmpty)
        let again = try translator.read(xml: writing.bytes, schema: MappingFiles.schema(schema))
        #expect(again.payment == payment)
        #expect(again.kept == 0)
    }

    @Test(arguments: ["head.001.001.01", "head.001.001.02", "head.001.001.03"])
    func anEnvelopeIsReadInOnePass(_ head: String) throws {
        let report = Self.report()
        var writer = XMLWriter()
        writer.declaration()
        try writer.start("Envelope")
        try writer.namespace("urn:example:envelope")
        try writer.attribute("version", "2")
        try writer.element("Session", "42")
        #expect(try Self.mappings.translator("iso20022/\(head)")!.write([report], into: &writer).isEmpty)
        #expect(try Self.mappings.translator("iso20022/pacs.002.001.10")!.write([report], into: &writer).isEmpty)
        writer.end()
        let schemas = MappingFiles.schemas
        let reading = try Self.mappings.readISO(
            writer.bytes,
            validation: .parts { (namespace) throws(XMLSchemaFault) in try schemas.schema(namespace: namespace) })
        #expect(reading.definition == "pacs.002.001.10")
        #expect(reading.header == head)
        var expected = report
        expected.sideCar = [
            SideCarEntry(path: "envelope:Envelope/@version", value: "2"),
            SideCarEntry(path: "envelope:Envelope/Session", value: "42"),
        ]
        #expect(reading.payment == expected)
        #expect(reading.kept == 2)
    }

    @Test func aNetworksOwnNamesForHeaderAndDocumentAreRead() throws {
        let bytes = Array(
            """
            <Message xmlns="urn:rail"><AppHdr>
            <h:Fr xmlns:h="urn:iso:std:iso:20022:tech:xsd:head.001.001.01"><h:FIId><h:FinInstnId>
            <h:BICFI>BANKDEFF</h:BICFI>
            </h:FinInstnId></h:FIId></h:Fr>
            <h:BizMsgIdr xmlns:h="urn:iso:std:iso:20022:tech:xsd:head.001.001.01">B-1</h:BizMsgIdr>
            <h:MsgDefIdr xmlns:h="urn:iso:std:iso:20022:tech:xsd:head.001.001.01">pacs.002.001.10</h:MsgDefIdr>
            <h:CreDt xmlns:h="urn:iso:std:iso:20022:tech:xsd:head.001.001.01">2026-11-23T10:00:00Z</h:CreDt></AppHdr>
            <Report><r:FIToFIPmtStsRpt xmlns:r="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10">
            <r:GrpHdr><r:MsgId>S-2</r:MsgId><r:CreDtTm>2026-11-23T10:00:00</r:CreDtTm></r:GrpHdr>
            <r:TxInfAndSts><r:OrgnlEndToEndId>E-1</r:OrgnlEndToEndId><r:TxSts>ACTC</r:TxSts></r:TxInfAndSts>
            </r:FIToFIPmtStsRpt></Report></Message>
            """.utf8)
        let reading = try Self.mappings.readISO(bytes)
        #expect(reading.payment.message.businessId == "B-1")
        #expect(reading.payment.message.from.bic == "BANKDEFF")
        #expect(reading.payment.status.code == "ACTC")
    }

    @Test func anUnknownMessageIsNamed() {
        let bytes = Array(#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.099.001.01"><A/></Document>"#.utf8)
        let error = #expect(throws: TranslationError.self) { try Self.mappings.readISO(bytes) }
        #expect(error?.reason == .versionNotSupported)
        #expect(error?.text.contains("pacs.099.001.01") == true)
        let none = #expect(throws: TranslationError.self) { try Self.mappings.readISO(Array("<Ping/>".utf8)) }
        #expect(none?.reason == .malformed)
    }

    @Test func aSecondMessageIsRefused() throws {
        let document = CreditTransferTests.document.split(separator: "\n").dropFirst().joined(separator: "\n")
        let error = #expect(throws: TranslationError.self) {
            try Self.mappings.readISO(Array("<Bundle>\(document)\(document)</Bundle>".utf8))
        }
        #expect(error?.reason == .elementNotAllowed)
    }

    /// What stands around all messages of a file, or around none, is said of each of them.
    @Test(arguments: [0, 1, 2])
    func whatWrappersSayOfOtherMessagesIsNotKept(_ number: Int) throws {
        let document = CreditTransferTests.document.split(separator: "\n").dropFirst().joined(separator: "\n")
        let items = (0..<3).map { #"<Item n="\#($0)"><Id>I-\#($0)</Id><Body b="c">\#(document)</Body></Item>"# }
        let unknown = "urn:iso:std:iso:20022:tech:xsd:pacs.099.001.01"
        let other = #"<Item n="9"><Document xmlns="\#(unknown)"><A>9</A></Document></Item>"#
        let text = #"<Bundle day="2026-11-23">\#(items.joined(separator: other))<End>3</End></Bundle>"#
        let reading = try Self.mappings.readISO(Array(text.utf8), message: number)
        let envelope = reading.payment.sideCar.filter { $0.path.hasPrefix("envelope:") }
        #expect(
            envelope == [
                SideCarEntry(path: "envelope:Bundle/@day", value: "2026-11-23"),
                SideCarEntry(path: "envelope:Bundle/Item/@n", value: "\(number)"),
                SideCarEntry(path: "envelope:Bundle/Item/Id", value: "I-\(number)"),
                SideCarEntry(path: "envelope:Bundle/Item/Body/@b", value: "c"),
                SideCarEntry(path: "envelope:Bundle/End", value: "3"),
            ])
    }

    @Test func aRejectionOfTheSystemIsRead() throws {
        let bytes = Array(
            """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:admi.002.001.01"><admi.002.001.01>
            <RltdRef><Ref>M-77</Ref></RltdRef><Rsn><RjctgPtyRsn>E001</RjctgPtyRsn><ErrLctn>/Document</ErrLctn>
            <RsnDesc>Not valid</RsnDesc></Rsn></admi.002.001.01></Document>
            """.utf8)
        let translator = Self.mappings.translator("iso20022/admi.002.001.01")!
        let payment = try translator.read(xml: bytes, schema: MappingFiles.schema("admi.002.001.01")).payment
        #expect(payment.status.reasonProprietary == "E001")
        #expect(payment.status.originalMessage == "M-77")
        let writing = try translator.write(payment)
        #expect(writing.losses.isEmpty)
        let again = try translator.read(xml: writing.bytes, schema: MappingFiles.schema("admi.002.001.01")).payment
        #expect(again == payment)
    }
}

import FormatXML
import Mapping
import Payments
import Testing

/// Files of very many transactions, read as a stream.
@Suite struct StreamReadTests {
    private static let mappings = MappingFiles.mappings

    /// A pain.001 of groups of transfers; every second transfer says something that no row maps.
    private static func company(groups: Int, of size: Int, said: Int? = nil, rest: String = "") -> String {
        var text = """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr><MsgId>M-1</MsgId>\
            <CreDtTm>2026-11-23T06:00:00Z</CreDtTm><NbOfTxs>\(said ?? groups * size)</NbOfTxs>\
            <InitgPty><Nm>Achieng Trading</Nm></InitgPty></GrpHdr>
            """
        for group in 0..<groups {
            text += """
                <PmtInf><PmtInfId>G-\(group)</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-11-23</Dt></ReqdExctnDt>\
                <Dbtr><Nm>Achieng \(group)</Nm></Dbtr><DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct>\
                <DbtrAgt><FinInstnId><BICFI>FARBKENAXXX</BICFI></FinInstnId></DbtrAgt>
                """
            for number in 0..<size {
                let tax = number % 2 == 0 ? "" : "<Tax><Cdtr><TaxId>T-\(number)</TaxId></Cdtr></Tax>"
                text += """
                    <CdtTrfTxInf><PmtId><EndToEndId>E-\(group)-\(number)</EndToEndId></PmtId>\
                    <Amt><InstdAmt Ccy="EUR">\(number + 1).50</InstdAmt></Amt>\
                    <Cdtr><Nm>Grace \(number)</Nm></Cdtr>\(tax)</CdtTrfTxInf>
                    """
            }
            text += "</PmtInf>"
        }
        return text + rest + "</CstmrCdtTrfInitn></Document>"
    }

    private static func stream(_ text: String) -> XMLStream {
        let bytes = Array(text.utf8)
        var given = 0
        return XMLStream { memory in
            let count = min(4_096, memory.count, bytes.count - given)
            memory.copyBytes(from: bytes[given..<given + count])
            given += count
            return count
        }
    }

    private static var validation: XMLValidation {
        .parts { (namespace) throws(XMLSchemaFault) in try MappingFiles.schemas.schema(namespace: namespace) }
    }

    private static func read(_ text: String) -> (reading: ISOStreamReading, payments: [Payment]) {
        var payments: [Payment] = []
        let reading = mappings.streamISO(stream(text), validation: validation) { payments.append($0) }
        return (reading, payments)
    }

    @Test func aStreamGivesThePaymentsOfTheWhole() throws {
        let text = Self.company(groups: 3, of: 40)
        let whole = try Self.mappings.readISO(Array(text.utf8), validation: Self.validation)
        let (reading, payments) = Self.read(text)
        #expect(reading.error == nil)
        #expect(reading.definition == "pain.001.001.09")
        #expect(reading.count == 120)
        #expect(payments == whole.payments)
        #expect(payments[41].id.endToEnd == "E-1-1")
        #expect(payments[41].debtor.name == "Achieng 1")
        #expect(payments[41].sideCar.contains { $0.value == "T-1" })
    }

    @Test func aHeaderBeforeTheMessageIsInEachOfItsPayments() throws {
        let head = """
            <AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><Fr><FIId><FinInstnId>\
            <BICFI>FARBKENAXXX</BICFI></FinInstnId></FIId></Fr><To><FIId><FinInstnId><BICFI>BKBBKENAXXX</BICFI>\
            </FinInstnId></FIId></To><BizMsgIdr>B-1</BizMsgIdr><MsgDefIdr>pain.001.001.09</MsgDefIdr>\
            <CreDt>2026-11-23T06:00:00Z</CreDt></AppHdr>
            """
        let text = "<Envelope>\(head)\(Self.company(groups: 1, of: 3))</Envelope>"
        let whole = try Self.mappings.readISO(Array(text.utf8), validation: Self.validation)
        let (reading, payments) = Self.read(text)
        #expect(reading.error == nil)
        #expect(reading.around?.header == "head.001.001.02")
        #expect(payments == whole.payments)
        #expect(payments.allSatisfy { $0.message.businessId == "B-1" })
    }

    /// More than one message may hold: a file of a company has no end.
    @Test func moreTransactionsThanAMessageMayHaveAreRead() {
        let text = Self.company(groups: 11, of: 1_000)
        #expect(throws: TranslationError.self) { try Self.mappings.readISO(Array(text.utf8)) }
        #expect(Self.read(text).reading.count == 11_000)
    }

    @Test func aCountThatDoesNotAgreeIsToldAtTheEnd() throws {
        let (reading, payments) = Self.read(Self.company(groups: 2, of: 2, said: 5))
        #expect(payments.count == 4)
        guard case .content(let error)? = reading.error else { throw reading.error ?? .content(.none) }
        #expect(error.reason == .transactionCountWrong)
        #expect(error.text == "4 transactions stand in the message")
    }

    @Test func whatTheSchemaRefusesAtTheEndIsAnErrorOfTheWhole() throws {
        let (reading, payments) = Self.read(Self.company(groups: 2, of: 2, rest: "<Nonsense/>"))
        #expect(payments.count == 4)
        guard case .document(let error)? = reading.error else { throw reading.error ?? .content(.none) }
        #expect(error.reason == .invalid)
        #expect(reading.around == nil)
    }
}

extension TranslationError {
    /// For a test that found no error where one must be.
    fileprivate static let none = TranslationError(.internalError, path: "", rule: "", text: "there is no error")
}

import FormatXML
import Mapping
import Payments
import Testing

/// pacs.008 both ways: what a customer credit transfer says, element by element.
@Suite struct CreditTransferTests {
    static let translator = MappingFiles.mappings.translator("iso20022/pacs.008.001.08")!

    static let document = """
        <?xml version="1.0" encoding="UTF-8"?>
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08">
          <FIToFICstmrCdtTrf>
            <GrpHdr>
              <MsgId>M-77</MsgId><CreDtTm>2026-11-23T10:00:00.000Z</CreDtTm><BtchBookg>false</BtchBookg>
              <NbOfTxs>2</NbOfTxs>
              <SttlmInf><SttlmMtd>CLRG</SttlmMtd><ClrSys><Cd>FDN</Cd></ClrSys></SttlmInf>
              <InstgAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>USABA</Cd></ClrSysId><MmbId>021040078</MmbId>
                </ClrSysMmbId></FinInstnId></InstgAgt>
            </GrpHdr>
            <CdtTrfTxInf>
              <PmtId><InstrId>I-1</InstrId><EndToEndId>E-1</EndToEndId><TxId>T-1</TxId>
                <UETR>8a562c67-ca16-48ba-b074-65581be6f011</UETR></PmtId>
              <PmtTpInf><SvcLvl><Cd>SDVA</Cd></SvcLvl><SvcLvl><Prtry>FAST</Prtry></SvcLvl>
                <CtgyPurp><Prtry>CONSUMER</Prtry></CtgyPurp></PmtTpInf>
              <IntrBkSttlmAmt Ccy="USD">1250.50</IntrBkSttlmAmt>
              <IntrBkSttlmDt>2026-11-23</IntrBkSttlmDt>
              <ChrgBr>SLEV</ChrgBr>
              <ChrgsInf><Amt Ccy="USD">1.25</Amt>
                <Agt><FinInstnId><BICFI>BANKUS33</BICFI></FinInstnId></Agt></ChrgsInf>
              <Dbtr><Nm>Ada &amp; Söhne</Nm><PstlAdr><StrtNm>High Street</StrtNm><Ctry>US</Ctry>
                <AdrLine>Floor 2</AdrLine><AdrLine>Door 9</AdrLine></PstlAdr>
                <Id><PrvtId><DtAndPlcOfBirth><BirthDt>1990-02-03</BirthDt><CityOfBirth>Boston</CityOfBirth>
                  <CtryOfBirth>US</CtryOfBirth></DtAndPlcOfBirth>
                  <Othr><Id>+16175550100</Id><SchmeNm><Prtry>MSISDN</Prtry></SchmeNm></Othr></PrvtId></Id></Dbtr>
              <DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>USD</Ccy>
                <Prxy><Tp><Cd>TELE</Cd></Tp><Id>+16175550100</Id></Prxy></DbtrAcct>
              <DbtrAgt><FinInstnId><BICFI>BANKUS33XXX</BICFI></FinInstnId></DbtrAgt>
              <CdtrAgt><FinInstnId><ClrSysMmbId><MmbId>122199983</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>
              <Cdtr><Nm>Grace</Nm></Cdtr>
              <CdtrAcct><Id><Othr><Id>5647772655</Id><SchmeNm><Cd>BBAN</Cd></SchmeNm></Othr></Id></CdtrAcct>
              <Purp><Cd>GIFT</Cd></Purp>
              <Tax><RefNb>R-9</RefNb><Rcrd><Tp>A</Tp></Rcrd><Rcrd><Tp>B</Tp></Rcrd></Tax>
              <RmtInf><Ustrd>Line one</Ustrd><Ustrd>Line two</Ustrd>
                <Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>
            </CdtTrfTxInf>
            <CdtTrfTxInf>
              <PmtId><EndToEndId>E-2</EndToEndId></PmtId>
              <IntrBkSttlmAmt Ccy="JPY">5000</IntrBkSttlmAmt>
              <ChrgBr>DEBT</ChrgBr>
              <Dbtr><Nm>Lin</Nm></Dbtr>
              <DbtrAgt><FinInstnId><BICFI>BANKJPJT</BICFI></FinInstnId></DbtrAgt>
              <CdtrAgt><FinInstnId><BICFI>BANKUS33</BICFI></FinInstnId></CdtrAgt>
              <Cdtr><Id><OrgId><LEI>5493001KJTIIGC8Y1R12</LEI></OrgId></Id></Cdtr>
            </CdtTrfTxInf>
          </FIToFICstmrCdtTrf>
        </Document>
        """

    static func reading(_ text: String = document) throws(TranslationError) -> Reading {
        try translator.read(xml: Array(text.utf8), schema: MappingFiles.schema("pacs.008.001.08"))
    }

    @Test func everyElementReachesItsField() throws {
        let reading = try Self.reading()
        #expect(reading.payments.count == 2)
        let payment = reading.payment
        #expect(payment.message.id == "M-77")
        #expect(payment.message.count == 2)
        #expect(payment.message.instructingAgent.clearingMember == "021040078")
        #expect(payment.settlement.clearingSystem == "FDN")
        #expect(payment.id.uetr == "8a562c67-ca16-48ba-b074-65581be6f011")
        #expect(payment.type.serviceLevel == "SDVA")
        #expect(payment.type.categoryPurposeProprietary == "CONSUMER")
        #expect(payment.amount.settlement == Money(units: 125_050_000, currency: Currency("USD")!))
        #expect(payment.fees.count == 1)
        #expect(payment.fees[0].agent.bic == "BANKUS33")
        #expect(payment.debtor.name == "Ada & Söhne")
        #expect(payment.debtor.address.lines == ["Floor 2", "Door 9"])
        #expect(payment.debtor.dateOfBirth == CivilDate(year: 1990, month: 2, day: 3))
        #expect(payment.debtor.identifiers == [Identifier("MSISDN", "+16175550100")])
        var proxy = Identifier("MSISDN", "+16175550100")
        proxy.scheme = "TELE"
        #expect(payment.debtorAccount.identifiers == [Identifier("IBAN", "DE02120300000000202051"), proxy])
        #expect(payment.creditorAgent.clearingMember == "122199983")
        #expect(payment.creditorAccount.identifiers == [Identifier("BBAN", "5647772655")])
        #expect(payment.purpose == "GIFT")
        #expect(payment.remittance.unstructured == ["Line one", "Line two"])
        #expect(payment.remittance.creditorReference == "RF18539007547034")
        let second = reading.payments[1]
        #expect(second.id.endToEnd == "E-2")
        #expect(second.message.id == "M-77")
        #expect(second.id.uetr == nil)
        #expect(second.creditor.lei == "5493001KJTIIGC8Y1R12")
    }

    @Test func whatNoRowMapsIsKeptWithItsPath() throws {
        let reading = try Self.reading()
        #expect(
            reading.payment.sideCar == [
                SideCarEntry(path: "iso20022:GrpHdr/BtchBookg", value: "false"),
                SideCarEntry(path: "iso20022:CdtTrfTxInf/PmtTpInf/SvcLvl[2]/Prtry", value: "FAST"),
                SideCarEntry(path: "iso20022:CdtTrfTxInf/Tax/RefNb", value: "R-9"),
                SideCarEntry(path: "iso20022:CdtTrfTxInf/Tax/Rcrd/Tp", value: "A"),
                SideCarEntry(path: "iso20022:CdtTrfTxInf/Tax/Rcrd[2]/Tp", value: "B"),
            ])
        #expect(reading.kept == 5)
    }

    @Test func whatIsWrittenIsValidAndReadsBackTheSame() throws {
        let reading = try Self.reading()
        let writing = try Self.translator.write(reading.payments)
        let again = try Self.reading(String(decoding: writing.bytes, as: UTF8.self))
        #expect(again.payments == reading.payments)
        #expect(writing.losses.isEmpty)
    }

    @Test func anAliasAloneStandsInTheAccountAndBesideANumberInTheProxy() throws {
        var payment = try Self.reading().payments[1]
        payment.creditorAccount.identifiers = [Identifier("EMAIL", "lin@bank.example")]
        payment.debtorAccount.identifiers = [Identifier("ACCOUNT_ID", "00-1"), Identifier("WALLET", "W1")]
        let text = String(decoding: try Self.translator.write(payment).bytes, as: UTF8.self)
        #expect(
            text.contains(
                "<CdtrAcct><Id><Othr><Id>lin@bank.example</Id><SchmeNm><Prtry>EMAIL</Prtry></SchmeNm></Othr></Id>"
                    + "</CdtrAcct>"))
        #expect(
            text.contains(
                "<DbtrAcct><Id><Othr><Id>00-1</Id></Othr></Id><Prxy><Tp><Cd>EWAL</Cd></Tp><Id>W1</Id></Prxy></DbtrAcct>"
            ))
        #expect(try Self.reading(text).payment.creditorAccount == payment.creditorAccount)
        #expect(try Self.reading(text).payment.debtorAccount == payment.debtorAccount)
    }

    @Test func aFaultNamesItsPlaceAndItsReason() throws {
        func fault(_ from: String, _ to: String, schema: Bool = false) -> TranslationError? {
            let text = Self.document.replacing(from, with: to)
            do {
                _ = try Self.translator.read(
                    xml: Array(text.utf8), schema: schema ? MappingFiles.schema("pacs.008.001.08") : nil)
                return nil
            } catch {
                return error
            }
        }
        let late = fault("<EndToEndId>E-2</EndToEndId>", "")
        #expect(late?.reason == .missingElement)
        #expect(late?.text == "CdtTrfTxInf/PmtId/EndToEndId is missing")
        #expect(late?.path == "CdtTrfTxInf[2]")
        #expect(late?.line == 37)
        let letters = fault("1250.50", "12x0")
        #expect(letters?.reason == .amountInvalid)
        #expect(letters?.path == "CdtTrfTxInf/IntrBkSttlmAmt")
        #expect(letters?.line == 16)
        #expect(letters?.rule.hasPrefix("fields/iso20022/pacs.008.001.08.tsv:") == true)
        #expect(fault("<NbOfTxs>2", "<NbOfTxs>3")?.reason == .transactionCountWrong)
        #expect(fault("2026-11-23T10:00:00.000Z", "2026-02-30T10:00:00Z")?.reason == .dateInvalid)
        #expect(fault("pacs.008.001.08\"", "pacs.008.001.02\"")?.reason == .versionNotSupported)
        #expect(fault("<ChrgBr>DEBT", "<ChrgBr>NONE", schema: true)?.reason == .contentInvalid)
        #expect(fault("</Document>", "")?.reason == .malformed)
    }

    @Test func anOrderThatLacksWhatTheMessageNeedsIsRefused() throws {
        var payment = try Self.reading().payments[1]
        payment.debtorAgent = Agent()
        let error = #expect(throws: TranslationError.self) { try Self.translator.write(payment) }
        #expect(error?.reason == .missingElement)
        #expect(error?.path == "CdtTrfTxInf/DbtrAgt")
        payment.debtorAgent.bic = "BANKJPJT"
        payment.amount.settlement = nil
        #expect(throws: TranslationError.self) { try Self.translator.write(payment) }
    }
}

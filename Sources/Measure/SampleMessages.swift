/// Messages as networks send them: no space between elements, every value plausible.
enum SampleMessages {
    /// 2.3 kB: a payment between two people, with addresses and one line of remittance.
    static let transfer = document(payment: plainPayment)

    /// 3.7 kB: a company pays an invoice, with structured addresses, contacts, regulatory and structured remittance.
    static let richTransfer = document(payment: richPayment)

    private static func document(payment: String) -> [UInt8] {
        let text = head + payment + "</CdtTrfTxInf></FIToFICstmrCdtTrf></Document>"
        return Array(text.utf8.filter { $0 != UInt8(ascii: "\n") })
    }

    private static let head = """
        <?xml version="1.0" encoding="UTF-8"?>
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf><GrpHdr>
        <MsgId>20261123BKBBKENAXXX0000000000042</MsgId><CreDtTm>2026-11-23T10:15:30.123Z</CreDtTm>
        <NbOfTxs>1</NbOfTxs><TtlIntrBkSttlmAmt Ccy="EUR">1250.50</TtlIntrBkSttlmAmt>
        <SttlmInf><SttlmMtd>CLRG</SttlmMtd><ClrSys><Cd>TGT</Cd></ClrSys></SttlmInf>
        <InstgAgt><FinInstnId><BICFI>FARBKENAXXX</BICFI></FinInstnId></InstgAgt>
        <InstdAgt><FinInstnId><BICFI>BKBBKENAXXX</BICFI></FinInstnId></InstdAgt></GrpHdr><CdtTrfTxInf>
        <PmtId><InstrId>INSTR-20261123-0000042</InstrId><EndToEndId>E2E-20261123-0000042</EndToEndId>
        <TxId>TX-20261123-00000000042</TxId><UETR>8a562c67-ca16-48ba-b074-65581be6f011</UETR></PmtId>
        <PmtTpInf><InstrPrty>HIGH</InstrPrty><SvcLvl><Cd>INST</Cd></SvcLvl><LclInstrm><Cd>INST</Cd></LclInstrm>
        <CtgyPurp><Cd>CASH</Cd></CtgyPurp></PmtTpInf><IntrBkSttlmAmt Ccy="EUR">1250.50</IntrBkSttlmAmt>
        <IntrBkSttlmDt>2026-11-23</IntrBkSttlmDt><AccptncDtTm>2026-11-23T10:15:29.987Z</AccptncDtTm>
        <InstdAmt Ccy="EUR">1250.50</InstdAmt><ChrgBr>SLEV</ChrgBr>
        """

    private static let plainPayment = """
        <Dbtr><Nm>Ada Achieng Lovelace</Nm><PstlAdr><StrtNm>Kenyatta Avenue</StrtNm><BldgNb>17</BldgNb>
        <PstCd>00100</PstCd><TwnNm>Nairobi</TwnNm><Ctry>KE</Ctry></PstlAdr></Dbtr>
        <DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct>
        <DbtrAgt><FinInstnId><BICFI>FARBKENAXXX</BICFI></FinInstnId></DbtrAgt>
        <CdtrAgt><FinInstnId><BICFI>BKBBKENAXXX</BICFI></FinInstnId></CdtrAgt>
        <Cdtr><Nm>Grace Wanjiru Hopper</Nm><PstlAdr><StrtNm>Moi Avenue</StrtNm><BldgNb>4</BldgNb>
        <PstCd>80100</PstCd><TwnNm>Mombasa</TwnNm><Ctry>KE</Ctry></PstlAdr></Cdtr>
        <CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct><Purp><Cd>GDDS</Cd></Purp>
        <RgltryRptg><DbtCdtRptgInd>DEBT</DbtCdtRptgInd><Dtls><Tp>PURPOSE</Tp><Ctry>KE</Ctry><Cd>1104</Cd>
        <Inf>Goods bought by a private person</Inf></Dtls></RgltryRptg>
        <RmtInf><Ustrd>Invoice 2026-0042 of 20 November, with thanks for the quick delivery of the loom</Ustrd>
        <Ustrd>The second half follows in December, when the spare parts have arrived as agreed</Ustrd>
        <Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>
        </RmtInf>
        """

    private static let richPayment = """
        <UltmtDbtr><Nm>Achieng Holdings International Limited</Nm>
        <Id><OrgId><LEI>5493001KJTIIGC8Y1R12</LEI></OrgId></Id></UltmtDbtr>
        <Dbtr><Nm>Achieng Trading Company Limited</Nm><PstlAdr><Dept>Accounts payable</Dept>
        <StrtNm>Kenyatta Avenue</StrtNm><BldgNb>17</BldgNb><BldgNm>Jubilee House</BldgNm><Flr>3</Flr>
        <PstCd>00100</PstCd><TwnNm>Nairobi</TwnNm><CtrySubDvsn>Nairobi County</CtrySubDvsn><Ctry>KE</Ctry></PstlAdr>
        <Id><OrgId><Othr><Id>KE-PIN-P051234567X</Id><SchmeNm><Cd>TXID</Cd></SchmeNm></Othr></OrgId></Id></Dbtr>
        <DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy>
        <Prxy><Tp><Cd>TELE</Cd></Tp><Id>+254711000001</Id></Prxy></DbtrAcct>
        <DbtrAgt><FinInstnId><BICFI>FARBKENAXXX</BICFI><Nm>Far Bank of Kenya</Nm></FinInstnId></DbtrAgt>
        <CdtrAgt><FinInstnId><BICFI>BKBBKENAXXX</BICFI><Nm>Bank B of Kenya</Nm></FinInstnId></CdtrAgt>
        <Cdtr><Nm>Wanjiru Hopper Engineering Limited</Nm><PstlAdr><Dept>Accounts receivable</Dept>
        <StrtNm>Moi Avenue</StrtNm><BldgNb>4</BldgNb><BldgNm>Fort House</BldgNm><Flr>1</Flr><PstCd>80100</PstCd>
        <TwnNm>Mombasa</TwnNm><CtrySubDvsn>Mombasa County</CtrySubDvsn><Ctry>KE</Ctry></PstlAdr>
        <Id><OrgId><LEI>529900T8BM49AURSDO55</LEI></OrgId></Id></Cdtr>
        <CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy>
        <Prxy><Tp><Cd>EMAL</Cd></Tp><Id>pay@hopper.example</Id></Prxy></CdtrAcct>
        <UltmtCdtr><Nm>Hopper Group Holdings Limited</Nm>
        <Id><OrgId><LEI>213800WSGIIZCXF1P572</LEI></OrgId></Id></UltmtCdtr>
        <InstrForNxtAgt><InstrInf>Credit on the day of acceptance</InstrInf></InstrForNxtAgt><Purp><Cd>SUPP</Cd></Purp>
        <RgltryRptg><DbtCdtRptgInd>BOTH</DbtCdtRptgInd><Authrty><Nm>Central Bank of Kenya</Nm><Ctry>KE</Ctry></Authrty>
        <Dtls><Tp>PURPOSE</Tp><Ctry>KE</Ctry><Cd>1104</Cd><Amt Ccy="EUR">1250.50</Amt>
        <Inf>Machines for a power plant</Inf></Dtls></RgltryRptg>
        <RmtInf><Ustrd>Invoice 2026-0042 of 20 November for turbine blades</Ustrd>
        <Ustrd>Order 4711, delivered on 12 November in Mombasa</Ustrd>
        <Ustrd>The second delivery of the same order follows in December and is paid apart</Ustrd>
        <Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>2026-0039</Nb>
        <RltdDt>2026-11-02</RltdDt></RfrdDocInf>
        <RfrdDocAmt><DuePyblAmt Ccy="EUR">250.50</DuePyblAmt></RfrdDocAmt></Strd>
        <Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>2026-0042</Nb>
        <RltdDt>2026-11-20</RltdDt></RfrdDocInf><RfrdDocAmt><DuePyblAmt Ccy="EUR">1250.50</DuePyblAmt></RfrdDocAmt>
        <CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>
        </RmtInf>
        """
}

extension SampleMessages {
    /// An FSPIOP POST /quotes.
    static let quote = Array(
        """
        {"quoteId":"7c23e80c-d078-4077-8263-2c047876fcf6","transactionId":"85feac2f-39b2-491b-817e-4a03203d4f14",
        "payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254711000001","fspId":"bank-a"},
        "name":"Ada Achieng Lovelace","personalInfo":{"complexName":{"firstName":"Ada","middleName":"Achieng",
        "lastName":"Lovelace"},"dateOfBirth":"1990-02-03"}},
        "payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254722000001","fspId":"wallet-blue"},
        "name":"Grace Wanjiru Hopper","personalInfo":{"complexName":{"firstName":"Grace","middleName":"Wanjiru",
        "lastName":"Hopper"}}},"amountType":"SEND","amount":{"currency":"KES","amount":"1250.5"},
        "fees":{"currency":"KES","amount":"2.25"},
        "transactionType":{"scenario":"TRANSFER","initiator":"PAYER","initiatorType":"CONSUMER"},
        "geoCode":{"latitude":"-1.2921","longitude":"36.8219"},"note":"Invoice 2026-0042, with thanks",
        "expiration":"2026-11-23T10:16:30.123Z","extensionList":{"extension":[{"key":"branch","value":"Nairobi 17"},
        {"key":"channel","value":"mobile application 4.2"}]}}
        """.utf8)

    /// An FSPIOP POST /transfers; the packet is as long as one of interledger version 1 with a quote in it.
    static let fspiopTransfer = Array(
        """
        {"transferId":"b51ec534-ee48-4575-b6a9-ead2955b8069","payerFsp":"bank-a","payeeFsp":"wallet-blue",
        "amount":{"currency":"KES","amount":"1250.5"},"ilpPacket":"\(packet)",
        "condition":"HOr22-H3AfTDHrSkPjJtVPRdKouuMkDXTR4ejlQa8Ks","expiration":"2026-11-23T10:16:30.123Z",
        "extensionList":{"extension":[{"key":"branch","value":"Nairobi 17"},
        {"key":"channel","value":"mobile application 4.2"}]}}
        """.utf8)

    private static let packet: String = {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let bytes = (0..<720).map { letters[($0 * 37 + $0 / 64) % 64] }
        return "AYIC" + String(decoding: bytes, as: UTF8.self)
    }()
}

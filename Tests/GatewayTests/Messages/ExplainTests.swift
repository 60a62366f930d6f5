import FormatJSON
import Foundation
import Testing

/// `explain` as somebody reads it who was woken for one message.
@Suite("Explain command")
struct ExplainTests {
    private var vectors: URL { Program.root.appendingPathComponent("conformance/vectors/iso20022") }

    private func explain(_ file: String, _ more: String...) async throws -> String {
        let result = try await Program.run(["explain", "--as-of", "2026-03-02"] + more + [file])
        #expect(result.code == 0, "\(result.complaints)")
        return result.output
    }

    private func vector(_ name: String) -> String { vectors.appendingPathComponent(name).path }

    @Test func aCreditTransferIsToldInOneSentenceAndItsParts() async throws {
        let text = try await explain(vector("pacs.008-minimal.xml"))
        #expect(text.contains("pacs.008.001.08, customer credit transfer between institutions"))
        #expect(text.contains("Wanjala Hardware Stores pays Nakato Poultry Farm KES 1250.00"))
        for fact in ["TMRDKEN0", "ZIWAUGK0", "INV-2211", "TMRD-20260302-0001", "CLRG, through a clearing system"] {
            #expect(text.contains(fact), "\(fact)")
        }
        #expect(text.contains("there is no UETR to follow it by") && text.contains("schema: valid"))
        #expect(text.contains("none, a bare document"))
    }

    @Test func theSameIsThereForPrograms() async throws {
        let json = try JSONValue.parse(try await explain(vector("pacs.008-minimal.xml"), "--json"))
        let message = try #require(json["messages"]?[0])
        #expect(message["message"]?.string == "pacs.008.001.08" && message["messageId"]?.string == "TMRD-20260302-0001")
        let transaction = try #require(message["transactions"]?[0])
        #expect(transaction["amount"]?.string == "KES 1250.00" && transaction["endToEndId"]?.string == "INV-2211")
        #expect(transaction["debtor"]?.string == "Wanjala Hardware Stores")
        #expect(message["unusual"]?.array?.contains { $0["kind"]?.string == "uetr.missing" } == true)
        #expect(message["schema"]?[0]?["verdict"]?.string == "ok")
    }

    @Test func aStatusIsToldWithItsReasonAndWhatItIsAbout() async throws {
        let refused = try await explain(vector("pacs.002-rjct-ac01.xml"))
        #expect(refused.contains("RJCT, refused; no money moved"))
        #expect(refused.contains("AC01, the payee's account is not known"))
        #expect(refused.contains("refers to"))
        let settled = try await explain(vector("pacs.002-acwp.xml"))
        #expect(settled.contains("the payee is not credited yet"))
    }

    @Test func aRecallAndAReturnNameTheOriginal() async throws {
        let recall = try await explain(vector("camt.056-recall.xml"))
        #expect(recall.contains("request to cancel") && recall.contains("asks to stop or give back"))
        let back = try await explain(vector("pacs.004-return.xml"))
        #expect(back.contains("payment return") && back.contains("goes back"))
        #expect(back.contains("original"))
        let enquiry = try await explain(vector("pacs.028-enquiry.xml"))
        #expect(enquiry.contains("asks what became of the payment"))
        let rejection = try await explain(vector("admi.002-rejection.xml"))
        #expect(rejection.contains("A message was not read; nothing was done with it"))
    }

    /// One message with everything that a person should look at.
    @Test func whatIsUnusualIsPointedAt() async throws {
        let scratch = try Scratch()
        let text = try String(contentsOf: vectors.appendingPathComponent("pacs.008-minimal.xml"), encoding: .utf8)
        let odd =
            text
            .replacingOccurrences(of: "KES\">1250.00", with: "JPY\">1250.50")
            .replacingOccurrences(of: "<EndToEndId>INV-2211", with: "<EndToEndId>NOTPROVIDED")
            .replacingOccurrences(
                of: "<ChrgBr>", with: "<IntrBkSttlmDt>2026-02-27</IntrBkSttlmDt><ChrgBr>"
            )
            .replacingOccurrences(of: "<NbOfTxs>1<", with: "<NbOfTxs>3<")
            .replacingOccurrences(
                of: "<Nm>Wanjala Hardware Stores</Nm>",
                with: "<Nm>Wanjala Hardware Stores</Nm><PstlAdr><AdrLine>Moi Avenue 1</AdrLine></PstlAdr>"
            )
            .replacingOccurrences(
                of: "<Dbtr>", with: "<UltmtDbtr><Nm>Achieng Farm</Nm></UltmtDbtr><Dbtr>", options: [],
                range: text.startIndex..<text.endIndex
            )
            .replacingOccurrences(
                of: "<DbtrAgt>", with: "<DbtrAcct><Id><IBAN>DE02120300000000202052</IBAN></Id></DbtrAcct><DbtrAgt>"
            )
            .replacingOccurrences(
                of: "</Cdtr>",
                with: "</Cdtr><CdtrAcct><Id><IBAN>DE02120300000000202052</IBAN></Id></CdtrAcct>")
        let file = try scratch.write("odd.xml", odd)
        let json = try JSONValue.parse(try await explain(file, "--json"))
        let unusual = json["messages"]?[0]?["unusual"]?.array ?? []
        let kinds = Set(unusual.compactMap { $0["kind"]?.string })
        for kind in [
            "amount.fine", "end-to-end.missing", "date.past", "count.differs", "address.lines", "party.ultimate",
            "iban.wrong", "account.same", "uetr.missing",
        ] {
            #expect(kinds.contains(kind), "\(kind): \(kinds)")
        }
        #expect(unusual.allSatisfy { $0["says"]?.string?.isEmpty == false })
        let date = try #require(unusual.first { $0["kind"]?.string == "date.past" })
        #expect(date["says"]?.string == "2026-02-27 lies 3 days before 2026-03-02")
        let clean = try JSONValue.parse(try await explain(vector("pacs.008-minimal.xml"), "--json"))
        #expect(clean["messages"]?[0]?["unusual"]?.array?.count == 1, "only the missing UETR")
    }

    @Test func hybridAddressesSupplementaryDataAndStrangeCodesAreSeen() async throws {
        let scratch = try Scratch()
        let text = try String(contentsOf: vectors.appendingPathComponent("pacs.002-rjct-ac01.xml"), encoding: .utf8)
        let file = try scratch.write("code.xml", text.replacingOccurrences(of: "AC01", with: "ZZ77"))
        let strange = try await explain(file)
        #expect(strange.contains("ZZ77 is not in ExternalStatusReason1Code"))
        let supplementary = try await explain(vector("pacs.008-supplementary-data.xml"))
        #expect(supplementary.contains("data that only the network understands"))
    }

    @Test func severalTransactionsAreCountedAndSummed() async throws {
        let text = try await explain(vector("pacs.008-two-transactions.xml"))
        #expect(text.contains("2 transactions") && text.contains("instant rails take one"))
        #expect(text.components(separatedBy: " pays ").count == 3)
    }

    private let statement = """
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
        <GrpHdr><MsgId>ST-1</MsgId><CreDtTm>2026-03-02T20:00:00Z</CreDtTm></GrpHdr>
        <Stmt><Id>S1</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ownr><Nm>Mwangi Ltd</Nm></Ownr></Acct>
        <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
        <Dt><Dt>2026-03-02</Dt></Dt></Bal>
        <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">110.05</Amt><CdtDbtInd>CRDT</CdtDbtInd>
        <Dt><Dt>2026-03-02</Dt></Dt></Bal>
        <Ntry><Amt Ccy="EUR">20.10</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>
        <Ntry><Amt Ccy="EUR">0.05</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>
        <Ntry><Amt Ccy="EUR">10.10</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>
        </Stmt></BkToCstmrStmt></Document>
        """

    @Test func aStatementIsToldByItsBalancesAndSums() async throws {
        let scratch = try Scratch()
        let text = try await explain(try scratch.write("statement.xml", statement))
        #expect(text.contains("account IBAN DE02120300000000202051") && text.contains("Mwangi Ltd"))
        #expect(text.contains("OPBD, opening, booked: EUR 100.00 credit on 2026-03-02"))
        #expect(text.contains("2, together EUR 20.15") && text.contains("1, together EUR 10.10"))
        #expect(text.contains("3 BOOK, booked"))
    }

    private let order = """
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>
        <GrpHdr><MsgId>PAY-1</MsgId><CreDtTm>2026-03-02T08:00:00Z</CreDtTm><NbOfTxs>2</NbOfTxs><CtrlSum>31.00</CtrlSum>
        <InitgPty><Nm>Mwangi Ltd</Nm></InitgPty></GrpHdr>
        <PmtInf><PmtInfId>B1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-03-02</Dt></ReqdExctnDt>
        <Dbtr><Nm>Mwangi Ltd</Nm></Dbtr><DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct>
        <DbtrAgt><FinInstnId><BICFI>BYLADEM1001</BICFI></FinInstnId></DbtrAgt>
        <CdtTrfTxInf><PmtId><EndToEndId>E1</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">10.50</InstdAmt></Amt>
        <Cdtr><Nm>Otieno</Nm></Cdtr></CdtTrfTxInf>
        <CdtTrfTxInf><PmtId><EndToEndId>E2</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">20.00</InstdAmt></Amt>
        <Cdtr><Nm>Nakato</Nm></Cdtr></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>
        """

    @Test func anOrderOfACustomerIsToldByItsBlocks() async throws {
        let scratch = try Scratch()
        let text = try await explain(try scratch.write("order.xml", order))
        #expect(text.contains("Mwangi Ltd pays EUR 30.50 in 2 transactions"))
        #expect(text.contains("EUR 10.50 to Otieno") && text.contains("EUR 20.00 to Nakato"))
        #expect(text.contains("BYLADEM1001") && text.contains("says 31.00; the sum is EUR 30.50"))
    }

    @Test func aMessageWithoutWordsIsToldFromItsStructure() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(
            "fee.xml",
            """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:zzzz.001.001.01"><Fees><MsgId>F-7</MsgId>
            <Amt Ccy="KES">12.00</Amt></Fees></Document>
            """)
        let text = try await explain(file)
        #expect(text.contains("zzzz.001.001.01") && text.contains("F-7") && text.contains("KES 12.00"))
        let none = try await Program.run(["explain", try scratch.write("other.xml", "<order><total>1</total></order>")])
        #expect(none.code == 2 && none.output.contains("no message of ISO 20022"))
        let broken = try await Program.run(["explain", try scratch.write("broken.xml", "<a><b></a>")])
        #expect(broken.code == 1 && broken.complaints.contains("broken.xml:1:") && broken.complaints.contains("mend"))
        let missing = try await Program.run(["explain", "\(scratch.path)/missing.xml"])
        #expect(missing.code == 64 && missing.complaints.contains("there is no such file"))
    }

    @Test func aHeaderAndItsWrapperAreTold() async throws {
        let text = try await explain(vector("pacs.008-wrapped.xml"))
        #expect(text.contains("BusMsg") && text.contains("head.001.001.02") && text.contains("business id"))
    }

    @Test func aCoverNamesThePaymentThatItIsFor() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(
            "cover.xml",
            """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.009.001.08"><FICdtTrf>
            <GrpHdr><MsgId>COV-1</MsgId><CreDtTm>2026-03-02T08:00:00Z</CreDtTm><NbOfTxs>1</NbOfTxs>
            <SttlmInf><SttlmMtd>INDA</SttlmMtd></SttlmInf></GrpHdr>
            <CdtTrfTxInf><PmtId><EndToEndId>E1</EndToEndId><UETR>0d9a44c7-53be-4f60-a1d8-7b20c5e91f36</UETR></PmtId>
            <IntrBkSttlmAmt Ccy="EUR">10.00</IntrBkSttlmAmt><IntrBkSttlmDt>2026-03-02</IntrBkSttlmDt>
            <Dbtr><FinInstnId><BICFI>TMRDKEN0</BICFI></FinInstnId></Dbtr>
            <Cdtr><FinInstnId><BICFI>ZIWAUGK0</BICFI></FinInstnId></Cdtr>
            <UndrlygCstmrCdtTrf><Dbtr><Nm>Mwangi Ltd</Nm></Dbtr>
            <DbtrAgt><FinInstnId><BICFI>TMRDKEN0</BICFI></FinInstnId></DbtrAgt>
            <CdtrAgt><FinInstnId><BICFI>ZIWAUGK0</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>Nakato</Nm></Cdtr>
            </UndrlygCstmrCdtTrf></CdtTrfTxInf></FICdtTrf></Document>
            """)
        let text = try await explain(file)
        #expect(text.contains("TMRDKEN0 pays ZIWAUGK0 EUR 10.00"))
        #expect(text.contains("for the payment of Mwangi Ltd to Nakato EUR 10.00"))
    }

    @Test func aHeaderThatARailWouldRefuseIsPartOfItsWord() async throws {
        let text = try await explain(vector("pacs.008-wrapped.xml"), "--json")
        let rails = try JSONValue.parse(text)["messages"]?[0]?["rails"]?.array ?? []
        #expect(!rails.isEmpty)
        let paths = rails.flatMap { $0["findings"]?.array ?? [] }.compactMap { $0["path"]?.string }
        #expect(paths.contains { $0.hasPrefix("AppHdr") }, "\(paths)")
    }

    @Test func theRailsThatWouldTakeItAreNamed() async throws {
        let text = try await explain(vector("pacs.008-minimal.xml"))
        #expect(text.contains("rail sepa-inst would refuse it"))
    }

    /// What a Mojaloop hub says in ISO 20022 has no namespace.
    @Test func aMessageInJSONIsToldByItsMembers() async throws {
        let scratch = try Scratch()
        let file = try scratch.write(
            "transfer.json",
            """
            {"GrpHdr":{"MsgId":"01JBVM19DJQ96BS9X6VA5AMW2Y","CreDtTm":"2026-03-02T12:57:42.066Z","NbOfTxs":"1",
              "SttlmInf":{"SttlmMtd":"CLRG"},"PmtInstrXpryDtTm":"2026-03-02T12:58:42.063Z"},
             "CdtTrfTxInf":{"PmtId":{"TxId":"01JBVM19DFKNRWC21FGJNTHRAT"},"ChrgBr":"SHAR",
              "Cdtr":{"Id":{"PrvtId":{"Othr":{"SchmeNm":{"Prtry":"MSISDN"},"Id":"16665551002"}}}},
              "Dbtr":{"Nm":"Joe","Id":{"PrvtId":{"Othr":{"SchmeNm":{"Prtry":"MSISDN"},"Id":"16135551001"}}}},
              "CdtrAgt":{"FinInstnId":{"Othr":{"Id":"payeefsp"}}},"DbtrAgt":{"FinInstnId":{"Othr":{"Id":"payerfsp"}}},
              "IntrBkSttlmAmt":{"Ccy":"XXX","ActiveCurrencyAndAmount":"90"}}}
            """)
        let text = try await explain(file)
        #expect(text.contains("Joe pays MSISDN 16665551002 XXX 90") && text.contains("payeefsp"))
        let quote = try scratch.write("quote.json", "{\"quoteId\":\"1\",\"payee\":{}}")
        let other = try await Program.run(["explain", quote])
        #expect(other.code == 2 && other.complaints.contains("interlock translate"))
    }
}

import FormatJSON
import Foundation
import Testing

/// `tables coverage`, `tables loss` and `translate` as a user runs them.
@Suite("Translate command")
struct TranslateTests {
    private var vectors: URL { Program.root.appendingPathComponent("conformance/vectors/iso20022") }
    private var order: String { vectors.appendingPathComponent("pacs.008-proxy-telephone.xml").path }

    private let quote = """
        {"quoteId":"b51ec534-ee48-4575-b6a9-ead2955b8069","transactionId":"a8323bc6-c228-4df2-ae82-e5a997baf899",
         "payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254711000111","fspId":"bank-a"},
                  "personalInfo":{"complexName":{"firstName":"Ada","lastName":"Lovelace"}}},
         "payee":{"partyIdInfo":{"partyIdType":"IBAN","partyIdentifier":"DE02120300000000202051","fspId":"bank-b"},
                  "name":"Grace"},
         "amountType":"SEND","amount":{"currency":"KES","amount":"1250.5"},
         "transactionType":{"scenario":"TRANSFER","initiator":"PAYER","initiatorType":"CONSUMER"},"note":"Rent",
         "geoCode":{"latitude":"+45.4","longitude":"12.2"}}
        """

    @Test func anOrderOfARailBecomesAQuoteWithItsReport() async throws {
        let result = try await Program.run(["translate", "--to", "fspiop", "--json", order])
        #expect(result.code == 0, "\(result.complaints)")
        let json = try JSONValue.parse(result.output)
        #expect(json["source"]?.string == "iso20022/pacs.008.001.08")
        #expect(json["target"]?.string == "fspiop/quotes.post")
        let made = (json["made"]?.array ?? []).compactMap { $0["field"]?.string }
        #expect(made == ["id.quote", "id.schemeTransaction"])
        #expect(json["message"]?["quoteId"]?.string == json["made"]?[0]?["value"]?.string)
        let lost = (json["losses"]?.array ?? []).compactMap { $0["field"]?.string }
        #expect(lost.contains("id.endToEnd"))
        #expect(json["message"]?["amount"]?["amount"] != nil)
        let text = try await Program.run(["translate", "--to", "fspiop", order])
        #expect(
            text.complaints.contains("made   id.quote = ") && text.complaints.contains("lost   id.endToEnd: no place"))
        #expect(
            try JSONValue.parse(text.output)["quoteId"] == json["message"]?["quoteId"], "the same file, the same ids")
    }

    @Test func aQuoteBecomesAValidOrderOfARail() async throws {
        let scratch = try Scratch()
        let file = try scratch.write("quote.json", quote)
        let result = try await Program.run(["translate", "--to", "iso20022", file])
        #expect(result.code == 0, "\(result.complaints)")
        let message = try scratch.write("order.xml", result.output)
        let valid = try await Program.run(["validate", message])
        #expect(valid.code == 0, "\(valid.output)")
        for field in ["message.id", "message.createdAt", "settlement.date", "id.uetr"] {
            #expect(result.complaints.contains("made   \(field) = "), "\(field)")
        }
        #expect(result.complaints.contains("moved  creditor.identifiers[] -> creditorAccount.identifiers[]"))
        #expect(
            result.output.contains("<Nm>Ada Lovelace</Nm>") && result.output.contains("<IBAN>DE02120300000000202051"))
        #expect(result.complaints.contains("kept   2 values in the side-car"))
    }

    @Test func theCanonicalPaymentGoesOutAndComesBack() async throws {
        let scratch = try Scratch()
        let first = try await Program.run(["translate", "--to", "canonical", order])
        #expect(first.code == 0, "\(first.complaints)")
        let file = try scratch.write("payment.json", first.output)
        let again = try await Program.run(["translate", "--to", "canonical", file])
        #expect(again.output == first.output)
        let back = try scratch.write("back.xml", try await Program.run(["translate", "--to", "iso20022", file]).output)
        let round = try await Program.run(["translate", "--to", "canonical", back])
        let (before, after) = (try JSONValue.parse(first.output), try JSONValue.parse(round.output))
        for member in before.object?.members ?? [] { #expect(after[member.key] == member.value, "\(member.key)") }
    }

    @Test(arguments: [
        ("{\"quoteId\":\"b51ec534\",\n \"payee\":{}}", "file.json:1:12: quoteId: "),
        (
            "{\"amount.settlment\": \"KES 1\"}",
            "file.json:1:2: amount.settlment: no field is named amount.settlment, did you mean"
        ),
        (
            "{\"debtor.name\": \"A\",\n \"amount.settlement\": \"1 KES\"}",
            "file.json:2:2: amount.settlement: 1 KES is no money"
        ),
        ("{\"a\": }", "file.json:1:7: "), ("hello", "file.json:1:1: this is neither XML nor JSON"),
        ("", "file.json:1:1: the file is empty"), ("{\"some\": \"thing\"}", "say what it is with --from"),
        ("<a/>", "file.json:1:1: "),
    ])
    func whatIsWrongIsToldWithItsPlace(_ text: String, _ says: String) async throws {
        let scratch = try Scratch()
        let result = try await Program.run(["translate", "--to", "canonical", try scratch.write("file.json", text)])
        #expect(result.code == 1 && result.output.isEmpty)
        #expect(result.complaints.contains(says), "\(result.complaints)")
    }

    @Test func ofSeveralTransactionsOneIsNamed() async throws {
        let file = vectors.appendingPathComponent("pacs.008-two-transactions.xml").path
        let both = try await Program.run(["translate", "--to", "fspiop", file])
        #expect(both.code == 1 && both.complaints.contains("has 2 transactions"), "\(both.complaints)")
        let canonical = try await Program.run(["translate", "--to", "canonical", file])
        #expect(try JSONValue.parse(canonical.output).array?.count == 2)
        let second = try await Program.run(["translate", "--to", "canonical", "--transaction", "2", file])
        #expect(try JSONValue.parse(second.output) == JSONValue.parse(canonical.output)[1])
        let scratch = try Scratch()
        let payments = try scratch.write("two.json", canonical.output)
        let back = try await Program.run(["translate", "--to", "iso20022", payments])
        #expect(back.output.contains("<NbOfTxs>2</NbOfTxs>"), "\(back.complaints)")
        let third = try await Program.run(["translate", "--to", "canonical", "--transaction", "3", file])
        #expect(third.code == 1)
    }

    @Test func aTransferWithoutTermsIsRefusedWithTheWay() async throws {
        let result = try await Program.run(["translate", "--to", "fspiop", "--message", "transfers.post", order])
        #expect(result.code == 1)
        #expect(result.complaints.contains("payeeFsp") && result.complaints.contains("translate to quotes.post"))
        let none = try await Program.run(["translate", "--to", "fspiop", "--message", "transfer.post", order])
        #expect(none.code == 1 && none.complaints.contains("fspiop/transfers.post"))
    }

    @Test func coverageAndLossAreTold() async throws {
        let all = try await Program.run(["tables", "coverage"])
        #expect(all.code == 0 && all.output.contains("iso20022/pacs.008.001.08  rows "), "\(all.complaints)")
        let one = try await Program.run(["tables", "coverage", "pacs.008.001.08"])
        #expect(one.output.contains("  CdtTrfTxInf/IntrBkSttlmAmt  amount.settlement  amount @Ccy\n"))
        #expect(one.output.contains("\nkept in the side-car and written again\n"))
        let json = try JSONValue.parse(try await Program.run(["tables", "coverage", "--json", "quotes.post"]).output)
        #expect(json["message"]?.string == "fspiop/quotes.post" && json["schema"] == nil)
        let loss = try await Program.run(["tables", "loss", "iso20022/pacs.008.001.08", "fspiop/quotes.post"])
        #expect(
            loss.output.contains("\nno place\n")
                && loss.output.contains("  debtor.name  text of 140 -> 128 characters, cut"))
    }

    @Test func aMessageIsNamedShortAndAStrangerToldWhatIsNear() async throws {
        let folder = Program.root.appendingPathComponent("mappings/fields/iso20022").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        let newest = try #require(files.filter { $0.hasPrefix("pacs.008.001.") }.max()).dropLast(".tsv".count)
        for name in ["pacs.008", "pacs.008.001", "iso20022/pacs.008"] {
            let found = try await Program.run(["tables", "coverage", name])
            #expect(found.output.hasPrefix("iso20022/\(newest)  rows "), "\(name) \(found.complaints)")
        }
        let loss = try await Program.run(["tables", "loss", "pacs.008.08", "quotes.post"])
        #expect(loss.output.hasPrefix("iso20022/pacs.008.001.08 -> fspiop/quotes.post: "), "\(loss.complaints)")
        for (name, near) in [
            ("pacs.008.001.99", "near it are iso20022/pacs.008.001.08, iso20022/pacs.008.001.09"),
            ("pacs.999", "near it are iso20022/pacs.002, iso20022/pacs.004"),
            ("transfers", "near it are fspiop/transfers.patch, fspiop/transfers.post, fspiop/transfers.put;"),
            ("qoutes.post", "near it are quotes.post;"), ("xyz", "there is no table xyz: interlock tables coverage"),
        ] {
            let stranger = try await Program.run(["tables", "loss", name, "quotes.post"])
            #expect(stranger.code == 1 && stranger.complaints.contains(near), "\(name): \(stranger.complaints)")
        }
    }
}

/// Between any two of the messages that people ask for, and what cannot be.
@Suite("Translate between messages")
struct TranslateBetweenTests {
    private var vectors: URL { Program.root.appendingPathComponent("conformance/vectors/iso20022") }
    private var minimal: String { vectors.appendingPathComponent("pacs.008-minimal.xml").path }
    private var alias: String { vectors.appendingPathComponent("pacs.008-proxy-telephone.xml").path }

    private let order = """
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr><MsgId>PAY-1</MsgId>
        <CreDtTm>2026-03-02T08:00:00Z</CreDtTm><NbOfTxs>1</NbOfTxs><InitgPty><Nm>Mwangi Ltd</Nm></InitgPty></GrpHdr>
        <PmtInf><PmtInfId>B1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-03-02</Dt></ReqdExctnDt>
        <Dbtr><Nm>Mwangi Ltd</Nm></Dbtr><DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct>
        <DbtrAgt><FinInstnId><BICFI>BYLADEM1001</BICFI></FinInstnId></DbtrAgt>
        <CdtTrfTxInf><PmtId><EndToEndId>E1</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">10.50</InstdAmt></Amt>
        <CdtrAgt><FinInstnId><BICFI>DEUTDEFF</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>Otieno</Nm></Cdtr>
        <CdtrAcct><Id><Othr><Id>12345</Id></Othr></Id></CdtrAcct></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>
        """

    /// A transfer whose packet carries who pays whom, as FSPIOP 1.1 §4.1 packs it.
    private func transfer() -> String {
        let transaction = """
            {"transactionId":"a8323bc6-c228-4df2-ae82-e5a997baf899","quoteId":"b51ec534-ee48-4575-b6a9-ead2955b8069",
            "payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254700000001","fspId":"bank-b"},
            "name":"Otieno"},"payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254711000111",
            "fspId":"bank-a"},"name":"Ada"},"amount":{"currency":"KES","amount":"100"},
            "transactionType":{"scenario":"TRANSFER","initiator":"PAYER","initiatorType":"CONSUMER"}}
            """
        func url(_ bytes: [UInt8]) -> String {
            Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=", with: "")
        }
        func variable(_ bytes: [UInt8]) -> [UInt8] {
            bytes.count < 128
                ? [UInt8(bytes.count)] + bytes : [0x82, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
        }
        var content: [UInt8] = [0, 0, 0, 0, 0, 0, 0x27, 0x10]
        content += variable(Array("g.bank-b.msisdn.254700000001".utf8))
        content += variable(Array(url(Array(transaction.utf8)).utf8)) + [0]
        let packet = url([1] + variable(content))
        return """
            {"transferId":"b51ec534-ee48-4575-b6a9-ead2955b8069","payerFsp":"bank-a","payeeFsp":"bank-b",
             "amount":{"currency":"KES","amount":"100"},"ilpPacket":"\(packet)",
             "condition":"f5sqb7tBTWPd5Y8BDFdMm9BJR_MNI4isf8p8n4D5pHA","expiration":"2026-03-02T08:00:30.000Z"}
            """
    }

    private func translate(_ target: String, _ file: String) async throws -> Program.Result {
        try await Program.run(["translate", "--to", target, file])
    }

    /// The message of the defect: it was refused without a word on what else would be lost.
    @Test func aRefusalNamesEveryPlaceTheMendAndTheLosses() async throws {
        let result = try await translate("quote", minimal)
        #expect(result.code == 1 && result.output.isEmpty)
        for line in ["refused payee.partyIdInfo: ", "refused payer.partyIdInfo: ", "lost   id.endToEnd: no place"] {
            #expect(result.complaints.contains(line), "\(line)\n\(result.complaints)")
        }
        #expect(result.complaints.contains("CdtTrfTxInf/CdtrAcct/Id/IBAN"), "where the source can say it")
        let json = try JSONValue.parse(
            try await Program.run(["translate", "--json", "--to", "quote", minimal]).output)
        let refused = json["refused"]?.array ?? []
        #expect(refused.compactMap { $0["path"]?.string } == ["payee.partyIdInfo", "payer.partyIdInfo"])
        #expect(refused.allSatisfy { $0["mend"]?.string?.isEmpty == false && $0["rule"]?.string?.isEmpty == false })
        #expect(json["losses"]?.array?.contains { $0["field"]?.string == "id.endToEnd" } == true)
        #expect(json["message"] == nil)
    }

    @Test func whatIsTooLongIsToldOnce() async throws {
        let scratch = try Scratch()
        let long = String(repeating: "1", count: 200)
        let payment = """
            {"message.id": "M-\(long)", "id.endToEnd": "E-1", "id.instruction": "I-\(long)",
             "amount.settlement": "EUR 10", "settlement.method": "CLRG", "debtor.name": "D-\(long)",
             "creditor.name": "Otieno", "debtorAgent.bic": "BYLADEM1001", "creditorAgent.bic": "DEUTDEFF",
             "debtorAccount.identifiers[0].kind": "BBAN", "debtorAccount.identifiers[0].value": "B-\(long)"}
            """
        let result = try await translate("pacs.008", try scratch.write("payment.json", payment))
        #expect(result.code == 1)
        let lines = result.complaints.split(separator: "\n")
        for field in ["message.id", "id.instruction", "debtor.name", "debtorAccount.identifiers["] {
            let told = lines.filter { $0.contains(field) && !$0.contains("].kind") }
            #expect(told.count == 1, "\(field): \(told)")
        }
    }

    @Test func whatTheHeaderSaysOfTheFirstIsLostOfTheOthers() async throws {
        let scratch = try Scratch()
        func payment(_ name: String) -> String {
            """
            {"id.endToEnd": "E-\(name)", "amount.instructed": "EUR 10", "initiatingParty.name": "\(name)",
             "debtor.name": "Mwangi Ltd", "creditor.name": "Otieno", "debtorAgent.bic": "BYLADEM1001",
             "debtorAccount.identifiers[0].kind": "IBAN",
             "debtorAccount.identifiers[0].value": "DE02120300000000202051"}
            """
        }
        let file = try scratch.write("two.json", "[\(payment("Ada")), \(payment("Grace"))]")
        let result = try await translate("pain.001", file)
        #expect(result.code == 0, "\(result.complaints)")
        let lost = result.complaints.split(separator: "\n").filter { $0.hasPrefix("lost ") }
        #expect(lost == ["lost   payment 2 initiatingParty.name: its place is taken  (Grace)"])
    }

    @Test func anOrderIsNoTransferAndTheWayIsTold() async throws {
        let result = try await translate("transfer", alias)
        #expect(result.code == 1)
        for path in ["ilpPacket", "condition", "payeeFsp"] { #expect(result.complaints.contains("refused \(path): ")) }
        #expect(result.complaints.contains("translate to quotes.post"))
    }

    @Test func anAgentWithoutANameIsMendedInTheWordsOfTheTarget() async throws {
        let scratch = try Scratch()
        let text = try String(contentsOfFile: minimal, encoding: .utf8)
        let file = try scratch.write("order.xml", text.replacing("<BICFI>ZIWAUGK0</BICFI>", with: ""))
        let rail = try await translate("pacs.008.001.12", file)
        #expect(rail.code == 1 && rail.complaints.contains("refused CdtTrfTxInf/CdtrAgt: "), "\(rail.complaints)")
        #expect(
            rail.complaints.contains("mend  Say it in the source: CdtTrfTxInf/CdtrAgt/FinInstnId/BICFI, "),
            "\(rail.complaints)")
        let hub = try await translate("transfer", file)
        #expect(hub.complaints.contains("mend  A hub names institutions by names of its own"), "\(hub.complaints)")
    }

    @Test func anOrderOfACustomerBecomesAValidTransferBetweenInstitutionsAndBack() async throws {
        let scratch = try Scratch()
        let file = try scratch.write("order.xml", order)
        let forth = try await translate("pacs.008", file)
        #expect(forth.code == 0, "\(forth.complaints)")
        #expect(forth.output.contains("<IntrBkSttlmAmt Ccy=\"EUR\">10.50<"))
        #expect(forth.output.contains("<IntrBkSttlmDt>2026-03-02<"))
        #expect(forth.complaints.contains("moved  requestedExecutionDate -> settlement.date"))
        #expect(forth.complaints.contains("lost   id.batch"))
        let message = try scratch.write("message.xml", forth.output)
        #expect(try await Program.run(["validate", message]).code == 0)
        let back = try await translate("pain.001", message)
        #expect(back.code == 0, "\(back.complaints)")
        let again = try scratch.write("again.xml", back.output)
        let valid = try await Program.run(["validate", again])
        #expect(valid.code == 0, "\(valid.output)\(back.output)")
        for text in [
            "<EndToEndId>E1<", "<InstdAmt Ccy=\"EUR\">10.50<", "<Dt>2026-03-02<", "<PmtMtd>TRF<", "<Nm>Otieno<",
        ] {
            #expect(back.output.contains(text), "\(text)")
        }
        let exact = try await translate("pacs.008.001.08", file)
        #expect(exact.output.contains("xsd:pacs.008.001.08"))
        let quote = try await translate("quote", file)
        #expect(quote.code == 0 && quote.output.contains("\"partyIdentifier\": \"12345\""), "\(quote.complaints)")
    }

    @Test func aTransferIsPutIntoISOByWhatItsPacketSays() async throws {
        let scratch = try Scratch()
        let file = try scratch.write("transfer.json", transfer())
        let result = try await translate("pacs.008", file)
        #expect(result.code == 0, "\(result.complaints)")
        #expect(result.output.contains("<Nm>Otieno</Nm>") && result.output.contains("<Nm>Ada</Nm>"))
        #expect(result.output.contains("254700000001") && result.output.contains("Ccy=\"KES\">100.00<"))
        #expect(result.complaints.contains("moved  terms.ilpPacket -> "))
        let message = try scratch.write("message.xml", result.output)
        let valid = try await Program.run(["validate", message])
        #expect(valid.code == 0, "\(valid.output)")
        let quote = try await translate("quote", file)
        #expect(quote.code == 0 && quote.output.contains("b51ec534-ee48-4575-b6a9-ead2955b8069"), "\(quote.complaints)")
        let same = try await translate("transfer", file)
        #expect(same.code == 0 && same.output.contains("bank-b"), "\(same.complaints)")
        let canonical = try await translate("canonical", file)
        let payment = try scratch.write("payment.json", canonical.output)
        #expect(try await translate("transfer", payment).output.contains("\"condition\": \"f5sqb7tBTWPd5Y8BDFdMm9BJR"))
    }

    @Test func aWordThatIsNoMessageIsAMistakeOfTheCommandLine() async throws {
        let nonsense = try await translate("nonsense", minimal)
        #expect(nonsense.code == 64 && nonsense.complaints.contains("pacs.008"))
        let unknown = try await translate("pacs.008.001.99", minimal)
        #expect(unknown.code == 1 && unknown.complaints.contains("iso20022/pacs.008.001.08"))
    }
}

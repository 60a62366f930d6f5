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
        let stranger = try await Program.run(["tables", "loss", "pacs.009", "quotes.post"])
        #expect(stranger.code == 1 && stranger.complaints.contains("there is no table pacs.009"))
    }
}

import FormatJSON
import Mapping
import Payments
import Testing

/// FSPIOP 1.1 and Fineract: what their tables say, and what is lost between networks.
@Suite struct BridgeTests {
    static let mappings = MappingFiles.mappings

    static func translator(_ message: String) -> Translator { mappings.translator(message)! }

    static let quote = """
        {"quoteId":"b51ec534-ee48-4575-b6a9-ead2955b8069","transactionId":"a8323bc6-c228-4df2-ae82-e5a997baf899",
         "payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254711000111","fspId":"bank-a",
                                 "extensionList":{"extension":[{"key":"k","value":"v"}]}},
                  "name":"Ada Lovelace","personalInfo":{"complexName":{"firstName":"Ada","lastName":"Lovelace"},
                  "dateOfBirth":"1990-02-03"}},
         "payee":{"partyIdInfo":{"partyIdType":"IBAN","partyIdentifier":"DE02120300000000202051"},
                  "merchantClassificationCode":"4321"},
         "amountType":"SEND","amount":{"currency":"KES","amount":"1250.5"},
         "transactionType":{"scenario":"TRANSFER","initiator":"PAYER","initiatorType":"CONSUMER"},
         "geoCode":{"latitude":"+45.4","longitude":"12.2"},"note":"Rent",
         "expiration":"2026-11-23T10:00:00.000Z",
         "extensionList":{"extension":[{"key":"origin","value":"E-1"},{"value":"x","key":"batch"}]}}
        """

    @Test func aQuoteReachesItsFields() throws {
        let payment = try Self.translator("fspiop/quotes.post").read(json: Array(Self.quote.utf8)).payment
        #expect(payment.id.quote == "b51ec534-ee48-4575-b6a9-ead2955b8069")
        #expect(payment.id.schemeTransaction == "a8323bc6-c228-4df2-ae82-e5a997baf899")
        #expect(payment.debtor.identifiers == [Identifier("MSISDN", "254711000111")])
        #expect(payment.debtorAgent.fspId == "bank-a")
        #expect(payment.debtor.firstName == "Ada")
        #expect(payment.debtor.dateOfBirth == CivilDate(year: 1990, month: 2, day: 3))
        #expect(payment.creditor.identifiers == [Identifier("IBAN", "DE02120300000000202051")])
        #expect(payment.creditor.merchantCategory == "4321")
        #expect(payment.amount.settlement == Money(units: 125_050_000, currency: Currency("KES")!))
        #expect(payment.type.scenario == "TRANSFER")
        #expect(payment.remittance.unstructured == ["Rent"])
        #expect(payment.expiresAt?.text == "2026-11-23T10:00:00.000Z")
        #expect(
            Set(payment.sideCar) == [
                SideCarEntry(path: "fspiop:payer.partyIdInfo.extensionList.extension[1].key", value: "k"),
                SideCarEntry(path: "fspiop:payer.partyIdInfo.extensionList.extension[1].value", value: "v"),
                SideCarEntry(path: "fspiop:geoCode.latitude", value: "+45.4"),
                SideCarEntry(path: "fspiop:geoCode.longitude", value: "12.2"),
                SideCarEntry(path: "fspiop:extensionList.origin", value: "E-1"),
                SideCarEntry(path: "fspiop:extensionList.batch", value: "x"),
            ])
    }

    @Test func aQuoteIsWrittenAsItWasRead() throws {
        let translator = Self.translator("fspiop/quotes.post")
        let payment = try translator.read(json: Array(Self.quote.utf8)).payment
        let writing = try translator.write(payment)
        #expect(writing.losses.isEmpty)
        let again = try translator.read(json: writing.bytes).payment
        #expect(Set(again.sideCar) == Set(payment.sideCar))
        var (left, right) = (again, payment)
        left.sideCar = []
        right.sideCar = []
        #expect(left == right)
    }

    /// Whatever else stands in the list of extensions is no extension, and takes no extension's place.
    @Test(arguments: [
        (#"[{"key":"a","meta":{},"value":"b"}]"#, "", ["extension.meta.#object"]),
        (#"[{"meta":{"x":["y"]},"key":"a","value":"b"}]"#, "", ["extension.meta.x[1]"]),
        (#"[{"key":"a","value":"b"}]"#, #","note":{}"#, ["note.#object"]),
        (#"[{"key":"a","value":"b"}]"#, #","note":"","more":[]"#, ["note", "more.#list"]),
        (#"[{"key":"a","value":"b","settlementReferenceNo":5}]"#, "", ["extension.settlementReferenceNo.#number"]),
    ])
    func whatIsNoExtensionIsKeptApart(_ list: String, _ more: String, _ kept: [String]) throws {
        let translator = Self.translator("fspiop/quotes.post")
        let known = #"[{"key":"origin","value":"E-1"},{"value":"x","key":"batch"}]"#
        let text = Self.quote.replacing(known, with: list + more)
        let payment = try translator.read(json: Array(text.utf8)).payment
        let own = kept.map { "fspiop/quotes.post:extensionList.\($0)" }
        #expect(payment.sideCar.contains(SideCarEntry(path: "fspiop:extensionList.a", value: "b")))
        #expect(payment.sideCar.map(\.path).filter { $0.hasPrefix("fspiop/quotes.post:") } == own)
        #expect(payment.sideCar.filter { $0.path.hasPrefix("fspiop:extensionList.") }.count == 1)
        let writing = try translator.write(payment)
        let again = try JSONValue.parse(writing.bytes)
        #expect(again["extensionList"] == ["extension": [["key": "a", "value": "b"]]])
        #expect(writing.losses.map(\.field) == own.map { "sideCar[\($0)]" })
        // The list goes on: what comes after it stands in an element of its own.
        let two = Self.quote.replacing(known, with: "\(list.dropLast()),\(known.dropFirst())\(more)")
        let extensions = try translator.read(json: Array(two.utf8)).payment.sideCar
            .filter { $0.path.hasPrefix("fspiop:extensionList.") }.map { "\($0.path.dropFirst(21)) \($0.value)" }
        #expect(extensions == ["a b", "origin E-1", "batch x"])
    }

    @Test func everyMessageOfATransferIsWrittenByTheLetter() throws {
        var payment = Payment()
        payment.id.transfer = "b51ec534-ee48-4575-b6a9-ead2955b8069"
        payment.creditorAgent.fspId = "payee-fsp"
        payment.debtorAgent.fspId = "payer-fsp"
        payment.terms.transferAmount = Money(units: 1_000_000, currency: Currency("KES")!)
        payment.terms.ilpPacket = "AYIBgQAAAAAAAASw"
        payment.terms.condition = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY"
        payment.terms.fulfilment = "WLctttbu2HvTsa1XWvUoGRcQozHsqeu9Ahl2JW9Bsu8"
        payment.expiresAt = DateTime("2026-11-23T10:00:00+01:00")
        payment.status.code = "COMMITTED"
        payment.status.completedAt = DateTime("2026-11-23T09:00:01.250Z")
        payment.sideCar = [SideCarEntry(path: "fspiop:extensionList.endToEnd", value: "E-1")]
        func text(_ message: String) throws -> String {
            String(decoding: try Self.translator(message).write(payment).bytes, as: UTF8.self)
        }
        let extensions = #""extensionList":{"extension":[{"key":"endToEnd","value":"E-1"}]}}"#
        #expect(
            try text("fspiop/transfers.post")
                == #"{"transferId":"b51ec534-ee48-4575-b6a9-ead2955b8069","payeeFsp":"payee-fsp","#
                + #""payerFsp":"payer-fsp","#
                + #""amount":{"currency":"KES","amount":"10"},"ilpPacket":"AYIBgQAAAAAAAASw","#
                + #""condition":"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY","expiration":"2026-11-23T09:00:00.000Z","#
                + extensions)
        #expect(
            try text("fspiop/transfers.put")
                == #"{"fulfilment":"WLctttbu2HvTsa1XWvUoGRcQozHsqeu9Ahl2JW9Bsu8","#
                + #""completedTimestamp":"2026-11-23T09:00:01.250Z","transferState":"COMMITTED","# + extensions)
        #expect(
            try text("fspiop/transfers.patch")
                == #"{"completedTimestamp":"2026-11-23T09:00:01.250Z","transferState":"COMMITTED","# + extensions)
        payment.sideCar = []
        payment.status.reason = "4001"
        payment.status.description = String(repeating: "é", count: 200)
        #expect(
            try text("fspiop/error.put")
                == #"{"errorInformation":{"errorCode":"4001","errorDescription":""#
                + String(repeating: "é", count: 128) + #""}}"#)
        let losses = try Self.translator("fspiop/error.put").write(payment).losses
        #expect(losses.contains { $0.field == "status.description" && $0.reason == .cut })
    }

    @Test(arguments: [
        (
            #"{"transferState":"COMMITTED","completedTimestamp":"2026-11-23T09:00:01Z"}"#, "dateInvalid",
            "completedTimestamp"
        ),
        (#"{"completedTimestamp":"2026-11-23T09:00:01.000Z"}"#, "missingElement", ""),
        (#"{"transferState":7}"#, "malformed", "transferState"),
        (#"{"transferState":["COMMITTED"]}"#, "malformed", ""),
        (#"{"transferState":{"a":"b"}}"#, "malformed", "transferState"),
        (#"{"transferState":null}"#, "malformed", "transferState"),
        (#"{"transferState":""}"#, "contentInvalid", "transferState"),
        (#"{"transferState":"COMMITTED","fulfilment":"short"}"#, "contentInvalid", "fulfilment"),
        (
            #"{"transferState":"COMMITTED","extensionList":{"extension":[{"key":"k"}]}}"#, "missingElement",
            "extensionList.extension"
        ),
        (#"["COMMITTED"]"#, "malformed", ""), (#""COMMITTED""#, "malformed", ""), ("{", "malformed", "$"),
    ])
    func aWrongBodyIsRefusedWithItsPlace(_ body: String, _ reason: String, _ path: String) {
        let error = #expect(throws: TranslationError.self) {
            try Self.translator("fspiop/transfers.put").read(json: Array(body.utf8))
        }
        #expect(error?.reason.rawValue == reason)
        #expect(error?.path == path)
        #expect(error?.line == 1)
    }

    @Test func tooManyExtensionsAreRefused() {
        let one = #"{"key":"k","value":"v"}"#
        let many = Array(repeating: one, count: 17).joined(separator: ",")
        let body = #"{"transferState":"COMMITTED","extensionList":{"extension":[\#(many)]}}"#
        let error = #expect(throws: TranslationError.self) {
            try Self.translator("fspiop/transfers.put").read(json: Array(body.utf8))
        }
        #expect(error?.reason == .elementNotAllowed)
        #expect(error?.path == "extensionList.extension[17]")
    }

    @Test(arguments: ["1250.50", "01", "1.12345", "-1", "1e3", ""])
    func anAmountThatFSPIOPRefusesIsRefused(_ amount: String) {
        let body = Self.quote.replacing("1250.5", with: amount)
        #expect(throws: TranslationError.self) {
            try Self.translator("fspiop/quotes.post").read(json: Array(body.utf8))
        }
    }

    @Test func whatABridgeCannotCarryIsReported() throws {
        var payment = try CreditTransferTests.reading().payment
        payment.id.quote = "b51ec534-ee48-4575-b6a9-ead2955b8069"
        payment.id.schemeTransaction = "a8323bc6-c228-4df2-ae82-e5a997baf899"
        payment.creditor.identifiers = [Identifier("WALLET", "W-1")]
        let writing = try Self.translator("fspiop/quotes.post").write(payment)
        let losses = Dictionary(writing.losses.map { ($0.field, $0) }, uniquingKeysWith: { first, _ in first })
        #expect(losses["debtor.address.streetName"]?.reason == .noPlace)
        #expect(losses["debtor.address.streetName"]?.value == "High Street")
        #expect(losses["debtor.address.lines[1]"]?.value == "Door 9")
        #expect(losses["debtorAccount.identifiers[0].value"]?.value == "DE02120300000000202051")
        #expect(losses["remittance.unstructured[1]"]?.reason == .placeTaken)
        #expect(losses["creditor.identifiers[0].kind"]?.reason == .coarser)
        #expect(losses["sideCar[iso20022:CdtTrfTxInf/Tax/RefNb]"]?.value == "R-9")
        #expect(losses["id.endToEnd"]?.value == "E-1")
        #expect(losses["debtor.name"] == nil)
        #expect(losses["message.id"] == nil)
    }

    @Test func fineractOrdersAndAnswers() throws {
        var payment = Payment()
        payment.id.amsTransaction = "t-1"
        payment.id.amsTransfer = "x-1"
        payment.type.role = "PAYEE"
        payment.amount.settlement = Money(units: 1_000_000, currency: Currency("TZS")!)
        payment.creditorAccount.identifiers = [Identifier("MSISDN", "255"), Identifier("ACCOUNT_ID", "ext-7")]
        let writing = try Self.translator("fineract/transfer.post").write(payment)
        #expect(
            String(decoding: writing.bytes, as: UTF8.self)
                == #"{"transferCode":"x-1","transactionCode":"t-1","accountId":"ext-7","#
                + #""amount":{"currency":"TZS","amount":"10"},"transactionRole":"PAYEE","#
                + #""transactionType":{"scenario":"TRANSFER","initiator":"PAYER","initiatorType":"CONSUMER"}}"#)
        #expect(
            writing.losses.map(\.field) == [
                "creditorAccount.identifiers[0].kind", "creditorAccount.identifiers[0].value",
            ])
        let answer =
            #"{"transactionCode":"t-1","state":"ACCEPTED","fspFee":{"amount":1.50,"currency":"TZS"},"expiration":null}"#
        let quote = try Self.translator("fineract/quote.answer").read(json: Array(answer.utf8)).payment
        #expect(quote.terms.ownFee == Money(units: 150_000, currency: Currency("TZS")!))
        let refusal = """
            {"developerMessage":"d","httpStatusCode":"403","defaultUserMessage":"No funds",
             "userMessageGlobalisationCode":"validation.msg.domain.rule.violation",
             "errors":[{"userMessageGlobalisationCode":"error.msg.savingsaccount.insufficient.balance"}]}
            """
        let status = try Self.translator("fineract/error.answer").read(json: Array(refusal.utf8)).payment.status
        #expect(status.additional == ["error.msg.savingsaccount.insufficient.balance"])
        #expect(status.reason == "validation.msg.domain.rule.violation")
    }
}

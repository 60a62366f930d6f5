import Mapping
import Payments
import Testing

/// An amount of JSON is an object of two members: in either order it is one amount, and with one of them it is none.
@Suite struct AmountHalvesTests {
    private static func read(_ amount: String) throws -> Payment {
        let text = """
            {"transferId": "b51ec534-ee48-4575-b6a9-ead2955b8069", "payerFsp": "bank-a", "payeeFsp": "wallet-blue",
             "amount": \(amount), "ilpPacket": "AYIC", "condition": "HOr22-H3AfTDHrSkPjJtVPRdKouuMkDXTR4ejlQa8Ks",
             "expiration": "2026-11-23T10:16:30.123Z"}
            """
        let translator = try #require(MappingFiles.mappings.translator("fspiop/transfers.post"))
        return try translator.read(json: Array(text.utf8)).payment
    }

    @Test(arguments: [
        #"{"currency": "KES", "amount": "1250.5"}"#, #"{"amount": "1250.5", "currency": "KES"}"#,
        #"{"currency": "K\u0045S", "amount": "\u0031250.5"}"#,
    ])
    func inEitherOrder(_ amount: String) throws {
        let kes = try #require(Currency("KES"))
        #expect(try Self.read(amount).terms.transferAmount == Money("1250.5", kes))
    }

    @Test(
        arguments: [
            (#"{"currency": "KES"}"#, "amount.amount is missing"), (#"{"amount": "1"}"#, "amount.currency is missing"),
            (#"{}"#, "amount"), (#"{"currency": "KEN1", "amount": "1"}"#, "is not a currency code"),
            (#"{"amount": "1", "currency": "kes"}"#, "is not a currency code"),
            (#"{"currency": "KES", "amount": "1.50"}"#, ""), (#"{"currency": "KES", "amount": 1.5}"#, "string"),
            (#"{"currency": 404, "amount": "1"}"#, "string"), (#""KES 1""#, "object"),
        ])
    func aHalfIsNone(_ amount: String, _ says: String) throws {
        let error = try #require(throws: TranslationError.self) { try Self.read(amount) }
        #expect(says.isEmpty || error.description.contains(says), "\(error)")
        #expect(error.path.contains("amount") || error.description.contains("amount"), "\(error)")
        #expect(error.line == 2, "\(error)")
    }

    @Test func whatNoRowMapsStandsBesideIt() throws {
        let payment = try Self.read(#"{"currency": "KES", "scale": 2, "amount": "7"}"#)
        #expect(payment.terms.transferAmount?.decimal(atLeast: 0) == "7")
        #expect(payment.sideCar.map(\.path) == ["fspiop:amount.scale.#number"])
    }
}

import FormatJSON
import Payments
import Testing

@testable import SchemeFSPIOP

@Suite("The payee's packet is of the payment that was asked about") struct PacketTermsTests {
    static let account = "g.bluebank.msisdn.254711"

    /// The terms of the other bank, with another packet in them.
    static func terms(account: String = account, _ transaction: String) throws -> Terms {
        var terms = try Bench.peerTerms("12.50", fspId: "bluebank")
        let packet = ILPPacket(minorUnits: 1250, account: account, transaction: Array(transaction.utf8))
        terms.ilpPacket = packet.text
        return terms
    }

    static func reason(_ terms: Terms, amountType: String = "SEND") throws -> Reason? {
        let heard = try AgreementTests.verified(terms, amountType: amountType)
        guard case .refused(let reason) = heard.observation else { return nil }
        #expect(heard.learned.terms == Terms(), "nothing of a refused packet is kept")
        return reason
    }

    static let whole = """
        {"quoteId":"\(Bench.quoteId)","transactionId":"\(Bench.transactionId)",\
        "payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254711","fspId":"bluebank"}},\
        "payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254700000001","fspId":"greenbank"}},\
        "amount":{"amount":"12.50","currency":"EUR"}}
        """

    @Test(
        "What agrees is taken, and what is not said is not missed",
        arguments: [
            whole, "", "{}", #"{"payee":{"partyIdInfo":{}},"amount":null}"#,
            whole.replacing("bluebank", with: "BLUEBANK"), whole.replacing("12.50", with: "12.5"),
        ])
    func agreeing(_ transaction: String) throws {
        #expect(try Self.reason(Self.terms(transaction)) == nil)
        #expect(try Self.reason(Self.terms(account: "g.BlueBank.MSISDN.254711", transaction)) == nil)
    }

    @Test(
        "What names something else is refused",
        arguments: [
            ("\"254711\"", "\"254712\"", "ilpPacket is of another payee"),
            ("\"254711\"", "254711", "ilpPacket is of another payee"),
            (
                #"MSISDN","partyIdentifier":"254711"#, #"ALIAS","partyIdentifier":"254711"#,
                "ilpPacket is of another payee"
            ),
            ("bluebank", "redbank", "ilpPacket is of another payee"),
            ("254700000001", "254700000002", "ilpPacket is of another payer"),
            ("greenbank", "redbank", "ilpPacket is of another payer"),
            (Bench.transactionId, "00000000-0000-4000-8000-000000000000", "ilpPacket is of another transaction"),
            (Bench.quoteId, "00000000-0000-4000-8000-000000000000", "ilpPacket is of another quote"),
            ("EUR", "USD", "The amount in ilpPacket is neither what the quote takes nor what was ordered"),
            ("12.50", "12.51", "The amount in ilpPacket is neither what the quote takes nor what was ordered"),
            ("12.50", "a lot", "The amount in ilpPacket is neither what the quote takes nor what was ordered"),
        ])
    func disagreeing(_ right: String, _ wrong: String, _ says: String) throws {
        let transaction = Self.whole.replacing(right, with: wrong)
        #expect(transaction != Self.whole)
        for amountType in ["SEND", "RECEIVE"] {
            #expect(try Self.reason(Self.terms(transaction), amountType: amountType)?.detail == says)
        }
    }

    @Test(
        "The whole account is that of the payee",
        arguments: [
            "g.bluebank.msisdn.254712", "g.bluebank.msisdn.254711.1", "g.bluebank.alias.254711", "g.bluebank.",
            "g.bluebank", "g.redbank.msisdn.254711", "",
        ])
    func otherAccount(_ account: String) throws {
        #expect(try Self.reason(Self.terms(account: account, Self.whole))?.detail == "ilpPacket is of another account")
    }

    @Test("A Transaction that cannot be read is refused", arguments: ["[]", "{", "null", #"{"note":1,"note":2}"#])
    func unreadable(_ transaction: String) throws {
        #expect(try Self.reason(Self.terms(transaction))?.canonical == "malformed")
    }
}

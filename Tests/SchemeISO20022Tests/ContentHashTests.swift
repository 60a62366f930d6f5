import Payments
import Testing

@testable import SchemeISO20022

@Suite("What names the content of an order")
struct ContentHashTests {
    /// Journals hold such names for years: a version that makes others would take every repeat for another order.
    @Test func theNameOfAContentIsTheSameForEver() throws {
        var order = Payment()
        order.id.endToEnd = "E-1"
        order.message.id = "of the message alone"
        order.status.originalMessage = "of a report alone"
        order.amount.settlement = try Money("12.50", try #require(Currency("EUR")), rule: .exact)
        order.creditor.name = "Zoë"
        order.creditor.identifiers = [Identifier("IBAN", "X")]
        var fee = Charge()
        fee.amount = try Money("0.10", try #require(Currency("EUR")), rule: .exact)
        order.fees = [fee]
        order.sideCar = [
            SideCarEntry(path: "envelope:BusMsg/@x", value: "of the envelope alone"),
            SideCarEntry(path: "iso20022:CdtTrfTxInf/Tax/Dtl", value: "7"),
        ]
        // FNV-1a in two lanes over the names and values above, in the order of the vocabulary.
        #expect(ISOContent.hash(order) == "f7711d03e4a451a55a80c7beed68c9de")
    }
}

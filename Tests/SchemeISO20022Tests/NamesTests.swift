import Payments
import SchemeISO20022
import Testing

/// Which names of an order are its own, and what becomes of names that a rail cannot carry.
@Suite struct NamesTests {
    private static let uetr = "9a3f1c52-7d0e-4b6a-8c11-2f4e6d8a0b13"

    /// The order as another bank, or the same one, could send it.
    private func keys(_ change: (inout Order) -> Void = { _ in }) throws -> Set<Correlation> {
        var order = Order()
        order.uetr = "<UETR>\(Self.uetr)</UETR>"
        change(&order)
        return Set(try Rail.decode(order.document).keys)
    }

    @Test func anOrderClaimsItsMessageAndItsUETR() throws {
        let first = try keys()
        #expect(first.count == 3)
        // Another transaction in the same message, and another message about the same UETR, cannot be.
        let sameMessage = try keys {
            $0.transaction = "<TxId>TX-0010</TxId>"
            $0.uetr = ""
        }
        #expect(first.intersection(sameMessage).map(\.scope) == ["iso:rtp1/bank-a/sent"])
        let sameUETR = try keys {
            $0.messageId = "TMRD-20260302-0010"
            $0.transaction = "<TxId>TX-0010</TxId>"
        }
        #expect(first.intersection(sameUETR).map(\.scope) == ["iso:rtp1/bank-a/uetr"])
    }

    @Test func equalMessageIdsOfTwoSendersAreTwoMessages() throws {
        let other = try keys {
            $0.instructing = "OTHRGB2L"
            $0.debtorAgent = "<BICFI>OTHRGB2L</BICFI>"
            $0.uetr = ""
        }
        #expect(try keys().isDisjoint(with: other))
    }

    @Test func aNameThatIsReplacedIsALoss() throws {
        var record = try Records.ordered()
        let long = String(repeating: "x", count: 36)
        record.payment.id.transaction = long
        record.payment.id.endToEnd = long
        let composed = try Rail.adapter.compose(Records.input(.send, .ask, record))
        #expect(composed.losses.map(\.field) == ["id.transaction", "id.endToEnd"])
        #expect(composed.losses.allSatisfy { $0.message == "pacs.008.001.08" })
        #expect(composed.losses.first?.why.contains("\(record.id.text) stands in its place") == true)
        #expect(composed.losses.last?.why.contains("NOTPROVIDED") == true)
    }
}

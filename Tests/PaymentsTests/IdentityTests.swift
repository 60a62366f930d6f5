import Payments
import Testing

@Suite("Identifiers") struct IdentityTests {
    @Test("A payment's id reads back, and its text sorts as it does") func textRoundTrip() throws {
        var dice = Dice(seed: 0x1D)
        var ids: [PaymentID] = [PaymentID(high: 0, low: 0), PaymentID(high: .max, low: .max)]
        for _ in 0..<2_000 { ids.append(PaymentID(high: dice.next(), low: dice.next())) }
        for id in ids {
            #expect(id.text.utf8.count == 26)
            #expect(PaymentID(id.text) == id)
        }
        #expect(ids.sorted().map(\.text) == ids.map(\.text).sorted())
    }

    @Test("Ids name their engine and sort by time") func parts() {
        let early = PaymentID(at: Instant(milliseconds: 1_700_000_000_000), engine: 7, entropy: .max)
        let late = PaymentID(at: Instant(milliseconds: 1_700_000_000_001), engine: 0, entropy: 0)
        #expect(early.engine == 7)
        #expect(early < late)
        #expect(early.text < late.text)
    }

    @Test(
        "What is no payment id",
        arguments: [
            "", "0", String(repeating: "0", count: 25), String(repeating: "0", count: 27),
            "8" + String(repeating: "0", count: 25), String(repeating: "I", count: 26),
            String(repeating: "U", count: 26),
            "0000000000000000000000000a", "ÄÄÄÄÄÄÄÄÄÄÄÄÄ",
        ])
    func refused(_ text: String) {
        #expect(PaymentID(text) == nil)
    }

    @Test("UUIDs are version 4, variant 1, lower case, and never twice") func uuids() {
        var source = IdentitySource(seed: 42)
        var seen: Set<String> = []
        for _ in 0..<2_000 {
            let uuid = source.uuid()
            let bytes = Array(uuid.utf8)
            #expect(bytes.count == 36)
            #expect([8, 13, 18, 23].allSatisfy { bytes[$0] == 0x2D })
            #expect(bytes[14] == 0x34, "version 4: \(uuid)")
            #expect("89ab".utf8.contains(bytes[19]), "variant 1: \(uuid)")
            #expect(bytes.allSatisfy { "0123456789abcdef-".utf8.contains($0) })
            #expect(seen.insert(uuid).inserted)
        }
    }

    @Test("The same entropy makes the same ids, so a replay writes the same bytes") func replay() {
        var first = IdentitySource(seed: 99)
        var second = IdentitySource(seed: 99)
        #expect((0..<50).map { _ in first.uuid() } == (0..<50).map { _ in second.uuid() })
        #expect(first.bytes(33) == second.bytes(33))
        var other = IdentitySource(seed: 100)
        #expect(other.uuid() != IdentitySource(seed: 99).firstUUID)
    }

    @Test("Hexadecimal ids fit an ISO 20022 Max35Text") func hexText() {
        var source = IdentitySource(seed: 1)
        let text = source.hexText()
        #expect(text.utf8.count == 32)
        #expect(text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        #expect(source.bytes(0).isEmpty)
        #expect(source.bytes(13).count == 13)
    }
}

extension IdentitySource {
    fileprivate var firstUUID: String {
        var copy = self
        return copy.uuid()
    }
}

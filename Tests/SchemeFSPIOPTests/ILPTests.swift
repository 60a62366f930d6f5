import FormatJSON
import FoundationEssentials
import Payments
import Testing

@testable import SchemeFSPIOP

@Suite struct ILPTests {
    static let packet =
        "AYGoAAAAAAAABOIfZy5ncmVlbmJhbmsubXNpc2RuLjI1NDcwMDAwMDAwMX5leUpoYlc5MWJuUWlPbnNpWVcxdmRXNTBJam9pTVRJ"
        + "dU5TSXNJbU4xY25KbGJtTjVJam9pUlZWU0luMHNJbkYxYjNSbFNXUWlPaUkxWmpsaU1XTXpaUzAzWkRJMExUUmhPR0l0T1dNMU5T"
        + "MHdaVFpoTW1JeFpEUm1OekFpZlEA"

    @Test func packetConditionAndFulfilmentAreThoseOfAnIndependentComputation() throws {
        let transaction =
            #"{"amount":{"amount":"12.5","currency":"EUR"},"quoteId":"5f9b1c3e-7d24-4a8b-9c55-0e6a2b1d4f70"}"#
        let packet = ILPPacket(
            minorUnits: 1250,
            account: ILPPacket.account(fspId: "greenbank", idType: "MSISDN", identifier: "254700000001", subId: nil),
            transaction: Array(transaction.utf8))
        #expect(packet.text == Self.packet)
        #expect(ILPPacket(Self.packet) == packet)
        let fulfilment = ILPCondition.fulfilment(packet: Self.packet, secret: "a secret of the payee")
        #expect(fulfilment == "B0nSYLB8PHnFN8P92K7SKATzNTSFAROGSo4FkFHiN1s")
        #expect(ILPCondition.condition(for: fulfilment) == "L-l7EfO4u3qfoVNu6_Sa0eeTJR-SkJY-VBmY5QizMec")
        #expect(ILPCondition.opens(fulfilment, "L-l7EfO4u3qfoVNu6_Sa0eeTJR-SkJY-VBmY5QizMec"))
        #expect(!ILPCondition.opens(fulfilment, "M-l7EfO4u3qfoVNu6_Sa0eeTJR-SkJY-VBmY5QizMec"))
    }

    @Test func packetsOfEveryLengthComeBack() {
        var source = IdentitySource(seed: 11)
        for length in [0, 1, 95, 96, 97, 127, 128, 191, 192, 255, 256, 1000, 18_000] {
            let packet = ILPPacket(
                minorUnits: source.next(), account: "g.bank.msisdn.\(length)", transaction: source.bytes(length))
            #expect(ILPPacket(packet.text) == packet, "transaction of \(length) bytes")
        }
    }

    @Test func whatIsNoPacketIsRefusedWithoutHarm() {
        let bytes = Base64.decode(url: Self.packet) ?? []
        for end in 0..<bytes.count { #expect(ILPPacket(Base64.url(Array(bytes[..<end]))) == nil, "cut at \(end)") }
        #expect(ILPPacket(Base64.url(bytes + [0])) == nil, "a byte too many")
        #expect(ILPPacket(Base64.url([0x0C] + bytes.dropFirst())) == nil, "version 4")
        #expect(ILPPacket("not base64!") == nil)
        #expect(ILPPacket(String(repeating: "A", count: 32_769)) == nil, "longer than a packet may be")
        #expect(ILPPacket("AYT_____") == nil, "a length of four octets")
        var source = IdentitySource(seed: 3)
        for _ in 0..<2000 {
            var broken = bytes
            broken[Int(source.next() % UInt64(broken.count))] = UInt8(truncatingIfNeeded: source.next())
            if let packet = ILPPacket(Base64.url(broken)) { #expect(ILPPacket(packet.text) == packet) }
        }
    }

    @Test(
        arguments: [
            ("12.5", "EUR", 1250), ("12", "JPY", 12), ("0.001", "KWD", 1),
            ("99999999999999999", "EUR", 9_999_999_999_999_999_900),
        ] as [(String, String, UInt64)])
    func amountsInMinorUnits(_ text: String, _ currency: String, _ units: UInt64) {
        #expect(ILPPacket.minorUnits(Bench.money(text, currency)) == units)
    }

    @Test(arguments: [("0.5", "JPY"), ("0.001", "EUR"), ("0.0001", "KWD"), ("999999999999999999", "EUR")])
    func amountsThatNoPacketCanCarryAreRefusedNotRounded(_ text: String, _ currency: String) {
        #expect(ILPPacket.minorUnits(Bench.money(text, currency)) == nil)
    }

    @Test(arguments: [0, 1, 2, 3, 31, 32, 33, 255])
    func base64RoundTrips(_ length: Int) {
        var source = IdentitySource(seed: UInt64(length))
        let bytes = source.bytes(length)
        #expect(Base64.decode(url: Base64.url(bytes)) == bytes)
        #expect(Base64.standard(bytes) == Data(bytes).base64EncodedString())
    }

    @Test(arguments: [
        "", "short", "B0nSYLB8PHnFN8P92K7SKATzNTSFAROGSo4FkFHiN1+", "B0nSYLB8PHnFN8P92K7SKATzNTSFAROGSo4FkFHiN1s=",
    ])
    func whatIsNoFulfilmentHasNoCondition(_ text: String) {
        #expect(ILPCondition.condition(for: text) == nil)
    }

    static let fixtures = Bench.root + "/../shared/fixtures/ilp"
    static let hasFixtures = FileManager.default.fileExists(atPath: "\(fixtures)/derived-vectors.json")

    @Test(.enabled(if: hasFixtures)) func knownVectorsOfTheNetwork() throws {
        let derived = try Self.json("derived-vectors.json")
        var seen = 0
        for vector in derived["vectors"]?.array ?? [] where vector["version"]?.string == "v1" {
            let transaction = try #require(vector["canonicalTransactionJson"]?.string)
            let units = try #require(
                vector["amount"]?.string.flatMap { UInt64($0) } ?? vector["amount"]?.int.map { UInt64($0) })
            let packet = ILPPacket(
                minorUnits: units, account: try #require(vector["account"]?.string),
                transaction: Array(transaction.utf8))
            #expect(packet.text == vector["ilpPacket"]?.string)
            let fulfilment = ILPCondition.fulfilment(
                packet: packet.text, secret: try #require(vector["secret"]?.string))
            #expect(fulfilment == vector["fulfilment"]?.string)
            #expect(ILPCondition.condition(for: fulfilment) == vector["condition"]?.string)
            seen += 1
        }
        #expect(seen > 0)
        let harvested = try Self.json("harvested.json")
        for pair in harvested["fulfilmentConditionPairs"]?.array ?? [] {
            #expect(ILPCondition.opens(pair["fulfilment"]?.string ?? "", pair["condition"]?.string ?? ""))
        }
        for known in harvested["secretConfirmed"]?.array ?? [] {
            let text = try #require(known["packet"]?.string)
            #expect(ILPPacket(text)?.text == text, "a packet of the network is written as it was read")
            let fulfilment = ILPCondition.fulfilment(packet: text, secret: known["secret"]?.string ?? "")
            #expect(ILPCondition.condition(for: fulfilment) == known["condition"]?.string)
        }
    }

    @Test(.enabled(if: hasFixtures)) func currenciesHaveTheNetworksDecimals() throws {
        for member in try Self.json("currency-decimals.json").object ?? JSONObject() {
            guard let currency = Currency(member.key), currency.isListed, let decimals = member.value.int else {
                continue
            }
            #expect(currency.exponent == decimals, "\(currency)")
        }
    }

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue.parse(Array(try #require(FileManager.default.contents(atPath: "\(fixtures)/\(name)"))))
    }
}

import FormatJSON
import Testing

@Suite("JSON values")
struct JSONValueTests {
    private let payment: JSONValue = [
        "transferId": "b51ec534",
        "amount": ["currency": "USD", "amount": "12.50"],
        "extensions": [["key": "a", "value": 1], ["key": "b", "value": true]],
        "matrix": [[1, 2], [3, 4]],
    ]

    @Test("members and elements are reached by key, index and path")
    func access() {
        #expect(payment["amount"]?["currency"]?.string == "USD")
        #expect(payment["extensions"]?[1]?["value"]?.bool == true)
        #expect(payment.at("amount.amount")?.string == "12.50")
        #expect(payment.at("$.extensions[0].value")?.int == 1)
        #expect(payment.at("matrix[1][0]")?.int == 3)
        #expect(payment.at("$") == payment)
        #expect(payment.at("extensions[2].value") == nil)
        #expect(payment.at("extensions[-1]") == nil)
        #expect(payment.at("extensions[x]") == nil)
        #expect(payment.at("transferId.amount") == nil)
        #expect(payment["amount"]?[0] == nil)
        #expect(JSONValue.array([1]).at("$[0]")?.int == 1)
    }

    @Test("an integer is exact or nothing")
    func integers() {
        #expect(JSONValue.number("9223372036854775807").int == Int.max)
        #expect(JSONValue.number("9223372036854775808").int == nil)
        #expect(JSONValue.number("1.0").int == nil)
        #expect(JSONValue.number("1e3").int == nil)
        #expect(JSONValue.string("1").int == nil)
        #expect(JSONValue.integer(-5) == -5)
    }

    @Test("members keep their order when set and vanish when set to nil")
    func editing() {
        var value = payment
        value["amount"]?["amount"] = "13.00"
        value["matrix"] = nil
        value["extensions"] = .null
        value["note"] = "x"
        let expected =
            #"{"transferId":"b51ec534","amount":{"currency":"USD","amount":"13.00"},"extensions":null,"note":"x"}"#
        #expect(value.description == expected)
    }

    @Test("members without a value are left out")
    func optionalMembers() {
        let absent: String? = nil
        let value = JSONValue.members(["a": "x", "b": absent.map(JSONValue.string), "c": .null])
        #expect(value.description == #"{"a":"x","c":null}"#)
    }

    @Test("equality is by content")
    func equality() throws {
        #expect(try JSONValue.parse("{\"a\":1,\"b\":[2]}") == ["b": [2], "a": 1])
        #expect(try JSONValue.parse("[1,2]") != [2, 1])
        #expect(JSONValue.number("1.0") != 1)
        #expect(JSONValue.string("1") != 1)
        #expect(JSONValue.string("e\u{301}") != "é")
        #expect(try JSONValue.parse("{\"e\u{301}\":1,\"é\":2}")["é"]?.int == 2)
    }

    @Test("what the writer writes the reader reads back, for any tree", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let value = Self.tree(&random, depth: 5)
        #expect(try JSONValue.parse(value.bytes()) == value)
        #expect(try JSONValue.parse(value.bytes(pretty: true)).bytes() == value.bytes())
        #expect(try JSONValue.parse(value.canonicalBytes).canonicalBytes == value.canonicalBytes)
    }

    private static func tree(_ random: inout SplitMix, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2:
            let whole = Int64.random(in: .min ... .max, using: &random)
            return .number("\(whole).\(UInt16.random(in: 0...999, using: &random))e-7")
        case 3, 4: return .string(text(&random))
        case 5, 6:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<30, using: &random) {
                object[text(&random)] = tree(&random, depth: depth - 3)
            }
            return .object(object)
        default:
            return .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in tree(&random, depth: depth - 1) })
        }
    }

    private static func text(_ random: inout SplitMix) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<24, using: &random) {
            let bound: UInt32 = [0x20, 0x80, 0x80, 0x800, 0x110000].randomElement(using: &random)!
            text.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: 0..<bound, using: &random)) ?? "\"")
        }
        return text
    }
}

/// A seeded source of numbers, so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

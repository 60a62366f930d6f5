import FormatJSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test(
        "escapes are those of JSON.stringify",
        arguments: [
            ("a/b", "\"a/b\""),
            ("\"\\", "\"\\\"\\\\\""),
            ("\u{8}\u{C}\n\r\t", "\"\\b\\f\\n\\r\\t\""),
            ("\u{0}\u{1}\u{B}\u{F}\u{10}\u{1A}\u{1F}", "\"\\u0000\\u0001\\u000b\\u000f\\u0010\\u001a\\u001f\""),
            ("\u{7F}\u{2028}\u{2029}é€𝄞<>&'", "\"\u{7F}\u{2028}\u{2029}é€𝄞<>&'\""),
            ("12345678\n12345678", "\"12345678\\n12345678\""),
            ("", "\"\""),
        ])
    func escapes(text: String, written: String) throws {
        #expect(JSONValue.string(text).description == written)
        #expect(try JSONValue.parse(written).string == text)
    }

    @Test("events make a compact document")
    func compact() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", "x")
        writer.key("b")
        writer.beginArray()
        writer.number(1)
        writer.number("2.50")
        writer.bool(true)
        writer.null()
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.member("c", ["d": false])
        writer.endObject()
        let written = #"{"a":"x","b":[1,2.50,true,null,{}],"c":{"d":false}}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == written)
    }

    @Test("pretty printing is that of JSON.stringify with two spaces")
    func pretty() {
        let value: JSONValue = ["a": [1, ["b": "c"]], "d": [:], "e": []]
        #expect(
            String(decoding: value.bytes(pretty: true), as: UTF8.self) == """
                {
                  "a": [
                    1,
                    {
                      "b": "c"
                    }
                  ],
                  "d": {},
                  "e": []
                }
                """)
    }

    @Test("canonical order is by UTF-16 code units, which is not the order of UTF-8")
    func canonical() throws {
        let value = try JSONValue.parse(
            #"{"\ufb33":1,"\ud83d\ude00":2,"\u20ac":3,"\r":4,"1":5,"\u0080":6,"\u00f6":7,"z":{"b":1.0,"a":"/"},"":[]}"#)
        let sorted =
            #"{"":[],"\r":4,"1":5,"z":{"a":"/","b":1.0},"\#u{80}":6,"ö":7,"€":3,"😀":2,"\#u{FB33}":1}"#
        #expect(String(decoding: value.canonicalBytes, as: UTF8.self) == sorted)
    }

    @Test("canonical order agrees with UTF-16 for any keys", arguments: 0..<50 as Range<UInt64>)
    func canonicalOrder(seed: UInt64) {
        var random = SplitMix(state: seed)
        let letters = [
            "a", "b", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{EFFF}", "\u{FFFF}",
            "\u{10000}", "\u{FFFFF}", "\u{10FFFF}",
        ]
        var object = JSONObject()
        for _ in 0..<100 {
            let length = Int.random(in: 0..<4, using: &random)
            object[(0..<length).map { _ in letters.randomElement(using: &random) ?? "" }.joined()] = .null
        }
        let expected = object.keys.sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) }
        let written = try? JSONValue.parse(JSONValue.object(object).canonicalBytes).object?.keys
        #expect(written == expected)
    }

    @Test("canonical bytes do not depend on order, space or escapes of the document")
    func canonicalIsStable() throws {
        let left = try JSONValue.parse("{\"b\":[1.10,{\"y\":1,\"x\":2}],\"a\":\"\\u0041\"}")
        let right = try JSONValue.parse(" { \"a\" : \"A\", \"b\" : [ 1.10, { \"x\":2, \"y\":1 } ] } ")
        #expect(left.canonicalBytes == right.canonicalBytes)
        #expect(left == right)
        #expect(left.description != right.description)
    }

    @Test(
        "a text that is no number never breaks the document",
        arguments: [
            "", "abc", "1,\"x\":2", "01", "1.", ".5", "+1", "NaN", "1e", "0x1", " 1", "1 ", "--1", "1.2.3", "1\n",
        ])
    func noNumber(text: String) throws {
        let value: JSONValue = ["amount": .number(text)]
        #expect(try JSONValue.parse(value.bytes())["amount"]?.string == text)
    }
}

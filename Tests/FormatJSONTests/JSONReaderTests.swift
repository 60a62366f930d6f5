import FormatJSON
import Testing

@Suite("Reading JSON")
struct JSONReaderTests {
    @Test(
        "sound documents are read and written back compactly",
        arguments: [
            ("{}", "{}"),
            (" [ ] ", "[]"),
            ("\t\r\n null\n", "null"),
            ("true", "true"),
            ("[false,true,null]", "[false,true,null]"),
            ("\"\"", "\"\""),
            ("{ \"a\" : { \"b\" : [ 1 , { \"c\" : \"d\" } ] } }", "{\"a\":{\"b\":[1,{\"c\":\"d\"}]}}"),
            ("[[],{},[[]],[{}]]", "[[],{},[[]],[{}]]"),
            ("{\"\":1,\"a\":2,\"A\":3}", "{\"\":1,\"a\":2,\"A\":3}"),
            ("\"\u{7F}\u{2028}\u{FFFF}é€𝄞\"", "\"\u{7F}\u{2028}\u{FFFF}é€𝄞\""),
            ("\"a\\/b\"", "\"a/b\""),
            ("\"\\u0041\\u00e9\\u20AC\\ud834\\uDD1E\"", "\"Aé€𝄞\""),
            ("\"\\u0000\\u001F\\b\\f\\n\\r\\t\\\"\\\\\"", "\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\\""),
        ])
    func accepts(text: String, compact: String) throws {
        #expect(try JSONValue.parse(text).description == compact)
    }

    @Test(
        "numbers keep their text",
        arguments: [
            "0", "-0", "1", "10", "0.10", "100.00", "-12.5", "1e5", "1E+05", "1.50e-007",
            "12345678901234567890.123456789",
            "0e0", "0.0",
        ])
    func exactNumbers(text: String) throws {
        #expect(try JSONValue.parse(text).number == text)
        #expect(try JSONValue.parse("{\"amount\":\(text)}").description == "{\"amount\":\(text)}")
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let text: String
        let reason: JSONError.Reason
        let offset: Int
        let path: String
        var testDescription: String { text }

        init(_ text: String, _ reason: JSONError.Reason, _ offset: Int, _ path: String = "$") {
            self.text = text
            self.reason = reason
            self.offset = offset
            self.path = path
        }
    }

    @Test(
        "unsound documents are refused with reason, place and path",
        arguments: [
            Refusal("", .empty, 0),
            Refusal(" \n ", .empty, 3),
            Refusal("\u{FEFF}{}", .byteOrderMark, 0),
            Refusal("{", .unexpectedEnd, 1),
            Refusal("[", .unexpectedEnd, 1, "$[0]"),
            Refusal("[1", .unexpectedEnd, 2, "$[0]"),
            Refusal("\"abc", .unexpectedEnd, 4),
            Refusal("\"abc\\", .unexpectedEnd, 5),
            Refusal("\"\\u00", .unexpectedEnd, 5),
            Refusal("tru", .unexpectedEnd, 3),
            Refusal("-", .unexpectedEnd, 1),
            Refusal("1.", .unexpectedEnd, 2),
            Refusal("1e", .unexpectedEnd, 2),
            Refusal("1e+", .unexpectedEnd, 3),
            Refusal("{\"a\"", .unexpectedEnd, 4, "$.a"),
            Refusal("{\"a\":", .unexpectedEnd, 5, "$.a"),
            Refusal("{} {}", .trailingContent, 3),
            Refusal("{},", .trailingContent, 2),
            Refusal("1 2", .trailingContent, 2),
            Refusal("nullx", .trailingContent, 4),
            Refusal("[1,]", .unexpectedByte, 3, "$[1]"),
            Refusal("[,1]", .unexpectedByte, 1, "$[0]"),
            Refusal("[1 2]", .unexpectedByte, 3, "$[0]"),
            Refusal("[1}", .unexpectedByte, 2, "$[0]"),
            Refusal("{\"a\":1,}", .unexpectedByte, 7),
            Refusal("{,}", .unexpectedByte, 1),
            Refusal("{a:1}", .unexpectedByte, 1),
            Refusal("{'a':1}", .unexpectedByte, 1),
            Refusal("{\"a\" 1}", .unexpectedByte, 5, "$.a"),
            Refusal("{\"a\":}", .unexpectedByte, 5, "$.a"),
            Refusal("{\"a\":1]", .unexpectedByte, 6, "$.a"),
            Refusal("{1:2}", .unexpectedByte, 1),
            Refusal("NaN", .unexpectedByte, 0),
            Refusal("Infinity", .unexpectedByte, 0),
            Refusal("-Infinity", .invalidNumber, 1),
            Refusal("+1", .unexpectedByte, 0),
            Refusal(".5", .unexpectedByte, 0),
            Refusal("TRUE", .unexpectedByte, 0),
            Refusal("nuLl", .unexpectedByte, 2),
            Refusal("// a\n1", .unexpectedByte, 0),
            Refusal("\u{00A0}1", .unexpectedByte, 0),
            Refusal("01", .leadingZero, 0),
            Refusal("-01", .leadingZero, 1),
            Refusal("[00]", .leadingZero, 1, "$[0]"),
            Refusal("1.x", .invalidNumber, 2),
            Refusal("1ex", .invalidNumber, 2),
            Refusal("0x10", .trailingContent, 1),
            Refusal("\"a\nb\"", .controlCharacter, 2),
            Refusal("\"12345678\u{1F}\"", .controlCharacter, 9),
            Refusal("\"\0\"", .controlCharacter, 1),
            Refusal("\"\\x41\"", .invalidEscape, 1),
            Refusal("\"\\U0041\"", .invalidEscape, 1),
            Refusal("\"\\u00g0\"", .invalidEscape, 1),
            Refusal("\"\\ud834\"", .loneSurrogate, 1),
            Refusal("\"\\ud834x\\udd1e\"", .loneSurrogate, 1),
            Refusal("\"\\ud834\\ud834\"", .loneSurrogate, 1),
            Refusal("\"\\udd1e\\ud834\"", .loneSurrogate, 1),
            Refusal("{\"a\":1,\"a\":2}", .duplicateKey, 7, "$.a"),
            Refusal("{\"a\":1,\"\\u0061\":2}", .duplicateKey, 7, "$.a"),
            Refusal("{\"\\u0061\":1,\"a\":2}", .duplicateKey, 12, "$.a"),
            Refusal("[{},{\"x\":{\"b\":1,\"c\":[],\"b\":{}}}]", .duplicateKey, 23, "$[1].x.b"),
            Refusal("{\"a\":{\"b\":[0,1,{\"c d\":nul}]}}", .unexpectedByte, 25, "$.a.b[2][\"c d\"]"),
        ])
    func refuses(_ refusal: Refusal) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(refusal.text) }
        #expect(error?.reason == refusal.reason)
        #expect(error?.offset == refusal.offset)
        #expect(error?.path == refusal.path)
    }

    @Test(
        "bytes that are not UTF-8 are refused where they stand",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        for padding in 0..<10 {
            let document = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
            let error = #expect(throws: JSONError.self) { try JSONValue.parse(document) }
            #expect(error?.reason == .invalidUTF8)
            #expect(error?.offset == 1 + padding)
        }
    }

    @Test("an error names line and column in characters")
    func place() {
        let error = #expect(throws: JSONError.self) {
            try JSONValue.parse("{\n  \"prénom\": \"Zoé\",\n  \"é\": tru\n}")
        }
        #expect(error?.line == 3)
        #expect(error?.column == 11)
        #expect(error?.description == "line 3, column 11, $[\"é\"]: expected 'true', found byte 0x0A")
    }

    @Test("a string is scanned right at every length and every place of a special byte")
    func stringLengths() throws {
        for length in 0..<40 {
            for place in 0...length {
                for special in ["\\n", "é", "\\\"", "𝄞", ""] {
                    let before = String(repeating: "x", count: place)
                    let after = String(repeating: "y", count: length - place)
                    let decoded = ["\\n": "\n", "\\\"": "\""][special] ?? special
                    let read = try JSONValue.parse("\"\(before)\(special)\(after)\"").string
                    #expect(read == before + decoded + after)
                }
            }
        }
    }

    @Test("a document cut at any byte is refused, not crashed on")
    func truncated() {
        let document = Array(
            ("{\"a\":[1,-2.5e+10,true,false,null,{\"k\\u00e9\":\"v\\ud834\\udd1e\\n\"}],"
                + "\"é€𝄞\":{\"z\":\"\\\\\"}}").utf8)
        #expect(throws: Never.self) { try JSONValue.parse(document) }
        for length in 0..<document.count {
            #expect(throws: JSONError.self) { try JSONValue.parse(Array(document[..<length])) }
        }
    }

    @Test("any change of a byte is read or refused, and what is read can be written and read again")
    func mutated() throws {
        let document = Array("{\"a\":[1,-2.5e+10,true,null,{\"k\\u00e9\":\"v\\ud834\\udd1e\"}],\"é\":\"\\\\\"}".utf8)
        var sound = 0
        for index in document.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = document
                changed[index] = byte
                guard let value = try? JSONValue.parse(changed) else { continue }
                sound += 1
                #expect(try JSONValue.parse(value.bytes()) == value)
            }
        }
        #expect(sound > document.count)
    }
}

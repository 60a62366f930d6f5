import Mapping
import Payments
import Testing

/// What no field is for comes back in JSON as what it was: lists, objects, numbers to the digit, booleans.
@Suite struct KeptJSONTests {
    static func translator(_ rows: String) throws -> Translator {
        try #require(try Mappings(files: TablesTests.files(rows)).translator("net/order"))
    }

    static func written(_ text: String, _ translator: Translator) throws -> String {
        let reading = try translator.read(json: Array(text.utf8))
        let writing = try translator.write(reading.payments)
        #expect(writing.losses.isEmpty, "\(reading.payment.sideCar)")
        #expect(try translator.read(json: writing.bytes).payments == reading.payments)
        return String(decoding: writing.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        "1.50", "-0.10e+2", "0", "12345678901234567890.000", "true", "false", #""true""#, #""1.50""#, "\"\"",
        #"["one"]"#, "[1]", #"[1,"1",true,"true"]"#, #"[{"a":1}]"#, #"[{"a":"b"},{"a":["b"]}]"#, "[]", "{}", "[{}]",
        "[[]]", "[[1,2],[3]]", #"[["1"],[],[[true]],{"a":[{}]}]"#,
        #"{"a":[1],"b":[],"c":{},"d":{"e":[[1,2],[],[["3"]],{"f":[{}]}]},"g":"h"}"#,
        #"{"":"a"}"#, #"{"":{"":1}}"#, ##"{"#number":{"a":1}}"##,
        ##"{"#boolean":"yes"}"##, ##"{"#object":""}"##, #"{"":["a"]}"#, #"{"":[["a"]]}"#, #"{"[1]":"v"}"#,
        #"{"a[1]":"v"}"#, #"{"a[2]":["v"]}"#, #"{"a.b":"v","a":{"b":"w"}}"#, #"{"%":1,"":2,"%25":3,"%2E":4,"5%":5}"#,
        ##"{"a#b":1,"]":{"é.%[":[{".":{}}]}}"##,
    ])
    func whatIsKeptComesBackAsItCame(_ value: String) throws {
        let translator = try Self.translator("id.uetr\tu\ttext\t-\t-\n-\tx\tkeep\t-\t-")
        let text = #"{"u":"U-1","x":\#(value)}"#
        #expect(try Self.written(text, translator) == text)
    }

    @Test func whatStandsInAConstantsPlaceComesBackToo() throws {
        let translator = try Self.translator("-\tc\tconst 5\t-\t-")
        for text in [#"{"c":5}"#, #"{"c":"5"}"#, #"{"c":"6"}"#] {
            #expect(try Self.written(text, translator) == text)
        }
    }

    /// Entries of before lists and numbers were told apart from texts.
    @Test func entriesWithoutTheirKindAreTexts() throws {
        let translator = try Self.translator("-\tx\tkeep\t-\t-")
        var payment = Payment()
        payment.sideCar = [
            SideCarEntry(path: "net:x.a", value: "1"), SideCarEntry(path: "net:x.b", value: "2"),
            SideCarEntry(path: "net:x.b[2]", value: "3"), SideCarEntry(path: "net:x.5%", value: "4"),
        ]
        let text = String(decoding: try translator.write(payment).bytes, as: UTF8.self)
        #expect(text == #"{"x":{"a":"1","b":["2","3"],"5%":"4"}}"#)
    }

    @Test func whatMeansSomethingInAPathIsEscapedInAName() throws {
        let translator = try Self.translator("id.uetr\tu\ttext\t-\t-")
        let text = ##"{"a.b":{"c[1]":"1","#d":"2","%":"3","":"4"}}"##
        let paths = try translator.read(json: Array(text.utf8)).payment.sideCar.map(\.path)
        #expect(paths == ["net:a%2Eb.c%5B1]", "net:a%2Eb.%23d", "net:a%2Eb.%25", "net:a%2Eb.%"])
    }
}

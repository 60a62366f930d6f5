import FormatJSON
import Testing

@Suite("Events of a document")
struct JSONSinkTests {
    private struct Log: JSONSink {
        var events: [String] = []
        var stopAtKey: String?
        var refuseAtKey: String?

        private mutating func note(_ event: String) -> JSONFlow {
            events.append(event)
            return .next
        }

        mutating func beginObject(at offset: Int) -> JSONFlow { note("{ \(offset)") }
        mutating func endObject(at offset: Int) -> JSONFlow { note("} \(offset)") }
        mutating func beginArray(at offset: Int) -> JSONFlow { note("[ \(offset)") }
        mutating func endArray(at offset: Int) -> JSONFlow { note("] \(offset)") }
        mutating func bool(_ value: Bool, at offset: Int) -> JSONFlow { note("\(value) \(offset)") }
        mutating func null(at offset: Int) -> JSONFlow { note("null \(offset)") }

        mutating func key(_ name: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
            let text = String(json: name)
            if text == stopAtKey { return .stop }
            if text == refuseAtKey { return .refuse("this member is unknown") }
            return note("key \(text) \(offset)")
        }

        mutating func string(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
            note("string \(String(json: text)) \(offset)")
        }

        mutating func number(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
            note("number \(String(json: text)) \(offset)")
        }
    }

    @Test("come in document order with their offsets")
    func order() throws {
        var log = Log()
        try JSONReader(Array("{\"a\": [1, \"x\\n\"], \"\\u0062\": {\"c\": null}, \"d\": true}".utf8)).read(into: &log)
        #expect(
            log.events == [
                "{ 0", "key a 1", "[ 6", "number 1 7", "string x\n 10", "] 15", "key b 18", "{ 28", "key c 29",
                "null 34", "} 38", "key d 41", "true 46", "} 50",
            ])
    }

    @Test("end when the sink stops, whatever follows")
    func stop() throws {
        var log = Log(stopAtKey: "b")
        try JSONReader(Array("{\"a\":1,\"b\":garbage".utf8)).read(into: &log)
        #expect(log.events == ["{ 0", "key a 1", "number 1 5"])
    }

    @Test("a refusal of the sink says where")
    func refuse() {
        var log = Log(refuseAtKey: "b")
        let error = #expect(throws: JSONError.self) {
            try JSONReader(Array("{\"a\":[\n{\"b\":1}]}".utf8)).read(into: &log)
        }
        #expect(
            error
                == JSONError(
                    reason: .refused, offset: 8, place: JSONPlace(line: 2, column: 2), path: "$.a[0].b",
                    text: "this member is unknown"))
    }

    private struct Amount: JSONSink {
        var inAmount = false
        var amount = ""

        mutating func key(_ name: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
            switch name {
            case "amount": inAmount = true
            default: inAmount = false
            }
            return .next
        }

        mutating func string(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> JSONFlow {
            guard inAmount else { return .next }
            amount = String(json: text)
            return .stop
        }
    }

    @Test("a sink names only the events it wants and matches keys as bytes")
    func partial() throws {
        var amount = Amount()
        let text = "{\"currency\":\"USD\",\"amounts\":\"9\",\"note\":[1,true,null],\"amount\":\"12.50\",\"x\":0}"
        try JSONReader(Array(text.utf8)).read(into: &amount)
        #expect(amount.amount == "12.50")
    }
}

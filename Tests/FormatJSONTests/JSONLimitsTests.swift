import FormatJSON
import Testing

@Suite("Limits of a document")
struct JSONLimitsTests {
    private func reason(_ text: String, _ limits: JSONLimits) -> JSONError.Reason? {
        do {
            _ = try JSONValue.parse(text, limits: limits)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("size in bytes")
    func documentBytes() {
        #expect(reason("[1,2]", JSONLimits(documentBytes: 5)) == nil)
        #expect(reason("[1,2] ", JSONLimits(documentBytes: 5)) == .documentTooLarge)
        #expect(JSONLimits.standard.documentBytes == 5 * 1024 * 1024)
    }

    @Test("depth, mixed and far beyond")
    func depth() {
        #expect(reason("[{\"a\":[]}]", JSONLimits(depth: 3)) == nil)
        #expect(reason("[{\"a\":[[]]}]", JSONLimits(depth: 3)) == .tooDeep)
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(reason(deep, .standard) == nil)
        #expect(reason("[" + deep + "]", .standard) == .tooDeep)
        #expect(reason(String(repeating: "[", count: 1_000_000), .standard) == .tooDeep)
        #expect(reason(String(repeating: "{\"a\":", count: 500_000), .standard) == .tooDeep)
    }

    @Test("members, elements and values")
    func counts() {
        #expect(reason("{\"a\":1,\"b\":2}", JSONLimits(members: 2)) == nil)
        #expect(reason("{\"a\":1,\"b\":2,\"c\":3}", JSONLimits(members: 2)) == .tooManyMembers)
        #expect(reason("[1,2]", JSONLimits(elements: 2)) == nil)
        #expect(reason("[1,2,3]", JSONLimits(elements: 2)) == .tooManyElements)
        #expect(reason("[1]", JSONLimits(elements: 0)) == .tooManyElements)
        #expect(reason("[[1],[2]]", JSONLimits(values: 5)) == nil)
        #expect(reason("[[1],[2]]", JSONLimits(values: 4)) == .tooManyValues)
    }

    @Test("strings, keys and numbers")
    func lengths() {
        #expect(reason("\"12345\"", JSONLimits(stringBytes: 5)) == nil)
        #expect(reason("\"123456\"", JSONLimits(stringBytes: 5)) == .stringTooLong)
        #expect(reason("{\"123456\":1}", JSONLimits(stringBytes: 5)) == .stringTooLong)
        #expect(reason("12345", JSONLimits(numberBytes: 5)) == nil)
        #expect(reason("1234.5", JSONLimits(numberBytes: 5)) == .numberTooLong)
    }

    @Test("an object of many members is read whole and still has each key once")
    func crowdedObject() throws {
        let members = (0..<5_000).map { "\"\($0.isMultiple(of: 3) ? "\\u006b" : "k")\($0)\":\($0)" }
        let text = members.joined(separator: ",")
        let value = try JSONValue.parse("{\(text)}")
        #expect(value.object?.count == 5_000)
        #expect(value["k4998"]?.int == 4_998)
        for repeated in [0, 15, 16, 17, 4_999] {
            let error = #expect(throws: JSONError.self) { try JSONValue.parse("{\(text),\"k\(repeated)\":0}") }
            #expect(error?.reason == .duplicateKey)
            #expect(error?.path == "$.k\(repeated)")
        }
    }

    @Test("crowded objects inside each other keep their keys apart")
    func crowdedNested() throws {
        let filler = (0..<20).map { "\"f\($0)\":0" }.joined(separator: ",")
        let inner = "{\(filler),\"x\":{\(filler)}}"
        #expect(try JSONValue.parse("{\(filler),\"x\":\(inner),\"y\":\(inner)}").at("y.x.f19")?.int == 0)
        #expect(reason("{\(filler),\"x\":\(inner),\"f3\":1}", .standard) == .duplicateKey)
    }

    @Test("a path shows the start of an endless key only")
    func longKeyInPath() {
        let key = String(repeating: "k", count: 100_000)
        let error = #expect(throws: JSONError.self) { try JSONValue.parse("{\"\(key)\":?}") }
        #expect(error?.reason == .unexpectedByte)
        #expect((error?.path.utf8.count ?? .max) < 100)
    }
}

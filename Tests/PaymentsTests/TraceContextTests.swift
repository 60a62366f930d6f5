import Payments
import Testing

@Suite("Only a trace of the W3C form is taken on") struct TraceContextTests {
    static let trace = "0af7651916cd43dd8448eb211c80319c"
    static let good = "00-\(trace)-b7ad6b7169203331-01"

    @Test func aRightOneIsKept() throws {
        let context = try #require(TraceContext(Self.good))
        #expect(context.traceID == Self.trace)
        #expect(context.text == Self.good)
        #expect(context.traceparent(span: 255) == "00-\(Self.trace)-00000000000000ff-01")
        #expect(TraceContext(context.traceparent(span: 0)) != nil, "a span is never all zero")
    }

    @Test(arguments: [
        "", "00", "-", "00---", "\(good)-", "\(good)-more", " \(good)", "\(good)\n", "01-\(trace)-b7ad6b7169203331-01",
        "ff-\(trace)-b7ad6b7169203331-01", "00-\(String(repeating: "0", count: 32))-b7ad6b7169203331-01",
        "00-\(trace)-0000000000000000-01", "00-\(trace.uppercased())-b7ad6b7169203331-01",
        "00-\(trace)-b7ad6b716920333g-01", "00-\(trace)-b7ad6b7169203331-0", "00-\(trace)-b7ad6b7169203331-zz",
        "00-\(String(repeating: "\"", count: 32))-b7ad6b7169203331-01", "00-\(trace.dropLast())\n-b7ad6b7169203331-01",
        "00-\(trace)b-7ad6b7169203331-01", "00_\(trace)_b7ad6b7169203331_01",
    ])
    func anyOtherIsNot(_ text: String) {
        #expect(TraceContext(text) == nil)
        var record = PaymentRecord(id: PaymentID(high: 1, low: 2))
        record.origin = Origin(
            tenant: "t", network: "n", peer: "p", kind: .transfer, contentHash: "", trace: text)
        #expect(record.trace.traceID == "00000000000000010000000000000002", "a journal's old one is not taken either")
    }

    @Test func aRequestNamesOneTraceOrNone() {
        var request = WireRequest(method: "POST", path: "/")
        #expect(TraceContext(of: request) == nil)
        request.headers = [WireHeader("TraceParent", Self.good)]
        #expect(TraceContext(of: request)?.text == Self.good)
        request.headers.append(WireHeader("traceparent", Self.good))
        #expect(TraceContext(of: request) == nil)
    }

    @Test func aPaymentWithoutOneHasItsOwn() {
        var record = PaymentRecord(id: PaymentID(high: 1, low: 2))
        #expect(TraceContext(record.trace.text) == record.trace)
        record.origin = Origin(
            tenant: "t", network: "n", peer: "p", kind: .transfer, contentHash: "", trace: Self.good)
        #expect(record.trace.text == Self.good)
    }
}

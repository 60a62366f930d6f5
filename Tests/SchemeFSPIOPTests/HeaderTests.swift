import FormatJSON
import Payments
import SchemeFSPIOP
import Testing

@Suite struct HeaderTests {
    /// A quote that is right but for what is set here; a nil value takes the header away.
    static func quote(_ changes: [(String, String?)]) -> WireRequest {
        var request = Bench.request("POST", "/quotes", Bench.quote)
        for (name, value) in changes {
            request.headers.removeAll { $0.name == name }
            if let value { request.headers.append(WireHeader(name, value)) }
        }
        return request
    }

    static let media = "application/vnd.interoperability.quotes+json"

    @Test(
        arguments: [
            [("Accept", media)], [("Accept", media + ";version=1")], [("Accept", media + ";version=1.0")],
            [("Accept", media + ";version=1.1")], [("Accept", media + "; version=1")],
            [("Accept", media + " ; version=1")],
            [("Accept", media + ";version=2," + media + ";version=1")],
            [("Content-Type", media + ";version=1.0")], [("Content-Type", media + "; version=1.1")],
            [("FSPIOP-Destination", nil)], [("FSPIOP-Signature", "{}")], [("FSPIOP-Proxy", "proxy")],
            [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")],
        ] as [[(String, String?)]])
    func acceptedHeaders(_ changes: [(String, String?)]) {
        #expect(Bench.refusal(Self.quote(changes))?.refusal == nil)
    }

    @Test(
        arguments: [
            ([("Accept", nil)], Refused(400, "3102")), ([("Content-Type", nil)], Refused(400, "3102")),
            ([("Date", nil)], Refused(400, "3102")), ([("FSPIOP-Source", nil)], Refused(400, "3102")),
            ([("FSPIOP-Source", "")], Refused(400, "3102")),
            ([("FSPIOP-Source", "a name with spaces")], Refused(400, "3101")),
            ([("FSPIOP-Source", "blaubär")], Refused(400, "3101")),
            ([("FSPIOP-Source", "blue\u{7F}")], Refused(400, "3101")),
            ([("FSPIOP-Source", String(repeating: "x", count: 33))], Refused(400, "3101")),
            ([("Accept", "application/json")], Refused(400, "3101")), ([("Accept", "*/*")], Refused(400, "3101")),
            ([("Accept", media + ";version=1, " + media + ";version=2")], Refused(400, "3101")),
            ([("Accept", media + ";version=1,")], Refused(400, "3101")),
            ([("Accept", media + ";version=")], Refused(400, "3101")),
            ([("Accept", media + ";version=1.x")], Refused(400, "3101")),
            ([("Accept", media + "  ;version=1")], Refused(400, "3101")),
            ([("Accept", "application/vnd.interoperability.transfers+json;version=1")], Refused(400, "3101")),
            ([("Accept", "application/vnd.interoperability.iso20022.quotes+json;version=1")], Refused(400, "3101")),
            ([("Accept", media + ";version=2")], Refused(406, "3001")),
            ([("Accept", media + ";version=1.2")], Refused(406, "3001")),
            ([("Content-Type", "application/json")], Refused(400, "3101")),
            ([("Content-Type", media)], Refused(400, "3101")),
            ([("Content-Type", media + ";version=1")], Refused(400, "3101")),
            ([("Content-Type", media + ";version=1.1;charset=utf-8")], Refused(400, "3101")),
            ([("Content-Type", media + ";version=2.0")], Refused(406, "3001")),
            ([("Content-Type", media + ";version=1.2")], Refused(406, "3001")),
            ([("Date", "2026-11-23T18:34:40.000Z")], Refused(400, "3101")),
            ([("Date", "Tue, 30 Feb 2026 18:34:40 GMT")], Refused(400, "3101")),
            ([("FSPIOP-Destination", "redbank")], Refused(400, "3100")),
            ([("FSPIOP-Destination", "GreenBank")], Refused(400, "3100")),
            ([("FSPIOP-Source", "greenbank")], Refused(403, "3100")),
        ] as [([(String, String?)], Refused)])
    func refusedHeaders(_ changes: [(String, String?)], _ wanted: Refused) {
        #expect(Bench.refusal(Self.quote(changes))?.answer == wanted)
    }

    @Test func callbacksNeedNoAcceptAndMayHaveOne() {
        let callback = Bench.request("PUT", "/quotes/\(Bench.quoteId)/error", Bench.error("5100"))
        #expect(Bench.refusal(callback) == nil)
        var other = callback
        other.headers.append(WireHeader("Accept", Self.media + ";version=1"))
        #expect(Bench.refusal(other) == nil)
    }

    @Test func linesOfAcceptAreOneList() {
        var request = Self.quote([("Accept", Self.media + ";version=2")])
        #expect(Bench.refusal(request)?.answer == Refused(406, "3001"))
        request.headers.append(WireHeader("accept", Self.media + ";version=1"))
        #expect(Bench.refusal(request)?.refusal == nil)
        request.headers.append(WireHeader("Accept", "text/html"))
        #expect(Bench.refusal(request)?.answer == Refused(400, "3101"))
    }

    @Test(arguments: ["FSPIOP-Source", "FSPIOP-Destination", "Content-Type", "Date"])
    func aHeaderThatStandsTwiceIsRefused(_ name: String) {
        var request = Self.quote([])
        request.headers.append(WireHeader(name.lowercased(), request.header(name) ?? ""))
        #expect(Bench.refusal(request)?.answer == Refused(400, "3101"))
    }

    @Test func aVersionThatIsNotServedIsAnsweredWithThoseThatAre() throws {
        let refused = try #require(Bench.refusal(Self.quote([("Accept", Self.media + ";version=3")])))
        #expect(
            String(decoding: refused.reply.body, as: UTF8.self) == """
                {"errorInformation":{"errorCode":"3001","errorDescription":"The Client requested to use an unsupported \
                version - 3","extensionList":{"extension":[{"key":"1","value":"0"},{"key":"1","value":"1"}]}}}
                """)
        #expect(refused.reply.header("Content-Type") == Self.media + ";version=1.1")
    }

    @Test func versionOneZeroServesOnlyItself() {
        let old = Bench.context(["version": "1.0"])
        #expect(Bench.refusal(Bench.request("POST", "/quotes", Bench.quote, version: "1.0"), old) == nil)
        let newer = Bench.request("POST", "/quotes", Bench.quote, version: "1.1")
        #expect(Bench.refusal(newer, old)?.answer == Refused(406, "3001"))
    }

    @Test func aCertificateSpeaksForItsNamesAlone() {
        let request = Bench.request("POST", "/quotes", Bench.quote)
        #expect(Bench.refusal(request, Bench.context(permitted: ["bluebank"])) == nil)
        #expect(Bench.refusal(request, Bench.context(permitted: ["redbank"]))?.answer == Refused(403, "3100"))
        #expect(Bench.refusal(request, Bench.context(permitted: []))?.answer == Refused(403, "3100"))
        #expect(Bench.refusal(request, Bench.context(permitted: ["BLUEBANK"]))?.refusal.layer == .identity)
    }

    @Test(arguments: [
        ("POST", "/quotes/", 404, "3002"), ("POST", "/", 404, "3002"), ("POST", "", 404, "3002"),
        ("POST", "/nothing", 404, "3002"), ("GET", "/transfers/\(Bench.transferId)/more", 404, "3002"),
        ("GET", "/parties/MSISDN", 404, "3002"), ("GET", "/parties/MSISDN/1/2/3", 404, "3002"),
        ("POST", "/bulkTransfers", 501, "2002"), ("GET", "/participants/MSISDN/1", 501, "2002"),
        ("DELETE", "/quotes", 405, "3000"), ("PATCH", "/quotes/\(Bench.quoteId)", 405, "3000"),
        ("GET", "/transfers", 405, "3000"), ("POST", "/parties/MSISDN/1", 405, "3000"),
        ("GET", "/transfers/\(Bench.transferId)/error", 405, "3000"), ("GET", "/parties/PASSPORT/1", 400, "3101"),
        ("GET", "/transfers/9D8C7B6A-5E4F-4A3B-8C2D-1E0F9A8B7C6D", 400, "3101"), ("GET", "/transfers/1", 400, "3101"),
        ("GET", "/parties/MSISDN/%zz", 400, "3101"), ("GET", "/parties/MSISDN/%00", 400, "3101"),
        ("GET", "/parties/MSISDN/%ff", 400, "3101"), ("GET", "/parties/MSISDN/..", 400, "3101"),
        ("GET", "/parties/MSISDN/.", 400, "3101"), ("GET", "/parties/MSISDN/%2E%2e", 400, "3101"),
        ("GET", "/parties/MSISDN/1/..", 400, "3101"), ("GET", "/parties/MSISDN/1/error", 405, "3000"),
        ("GET", "/parties/MSISDN/1/2/error", 405, "3000"),
        ("GET", "/parties/MSISDN/" + String(repeating: "1", count: 129), 400, "3101"),
    ])
    func pathsThatAreRefused(_ method: String, _ path: String, _ status: Int, _ code: String) {
        #expect(Bench.refusal(Bench.request(method, path))?.answer == Refused(status, code))
    }

    @Test(arguments: [
        ("serviceUnavailable", 503, "2003"), ("tooManyRequests", 503, "2005"), ("payloadTooLarge", 400, "3104"),
        ("internalError", 500, "2000"), ("signatureInvalid", 400, "3105"), ("duplicate", 400, "3106"),
        ("noSuchReason", 500, "2001"),
    ])
    func refusalsOfTheHouse(_ canonical: String, _ status: Int, _ code: String) throws {
        let refusal = Refusal(.wire, Reason(canonical), says: "No \u{7} more")
        let reply = Bench.adapter.refuse(refusal, Bench.request("POST", "/transfers"), Bench.context())
        #expect(reply.status == status)
        let body = try JSONValue.parse(reply.body)
        #expect(body.at("errorInformation.errorCode")?.string == code)
        #expect(body.at("errorInformation.errorDescription")?.string == "No  more")
        #expect(reply.header("Retry-After") == (status == 503 ? "5" : nil))
        #expect(reply.header("Content-Type") == "application/vnd.interoperability.transfers+json;version=1.1")
    }

    @Test func whoMayNotSpeakHearsOneCodeWhoeverFoundItOut() throws {
        let stranger = Refusal(.identity, Reason("permissionMissing"), path: "certificate", says: "not a peer")
        let reply = Bench.adapter.refuse(stranger, Bench.request("POST", "/quotes"), Bench.context())
        let other = Bench.request("POST", "/quotes", Bench.quote, source: "redbank")
        let forged = Bench.refusal(other, Bench.context(permitted: ["bluebank"]))
        #expect(reply.status == 403)
        #expect(try JSONValue.parse(reply.body).at("errorInformation.errorCode") == "3100")
        #expect(forged?.answer == Refused(403, "3100"))
        #expect(Bench.refusal(other)?.answer == Refused(403, "3100"), "a payer of another institution")
    }

    @Test func aPayeeWhoseNameCannotStandInAPathIsNotLookedUp() {
        for identifier in [
            Identifier("ALIAS", ".."), Identifier("ALIAS", "."), Identifier("BUSINESS", "1", subId: "error"),
        ] {
            var payment = Payment()
            payment.creditor.identifiers = [identifier]
            let refusal = ComposeTests.refusal(Bench.input(.lookup, Bench.record(Bench.outgoing, payment)))
            #expect(refusal?.reason.canonical == "identifierUnknown")
        }
    }
}

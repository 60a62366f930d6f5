import Payments
import SchemeISO20022
import Testing

@Suite struct HostileTests {
    private func refused(
        _ request: WireRequest, _ layer: Refusal.Layer, _ status: Int = 400,
        _ sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (Refusal, [String: [String]]) {
        let refusal = try #require(
            throws: Refusal.self, sourceLocation: sourceLocation,
            performing: { try Rail.adapter.decode(request, Rail.context()) })
        #expect(refusal.layer == layer, "\(refusal)", sourceLocation: sourceLocation)
        let reply = Rail.adapter.refuse(refusal, request, Rail.context())
        #expect(reply.status == status, sourceLocation: sourceLocation)
        #expect(reply.header("content-type") == "application/xml; charset=utf-8", sourceLocation: sourceLocation)
        let said = Rail.check(reply.body, sourceLocation)
        #expect(said["Rsn/RjctgPtyRsn"] != nil, sourceLocation: sourceLocation)
        return (refusal, said)
    }

    @Test func aDocumentTypeIsRefusedAndNothingIsExpanded() throws {
        let text =
            "<!DOCTYPE Document [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>\n"
            + Order().document
            .replacingOccurrence(of: "Wanjala", with: "&e;")
        let (refusal, said) = try refused(Rail.post(text), .wire)
        #expect(refusal.rule == "doctype")
        #expect(refusal.line == 1)
        #expect(said["RltdRef/Ref"] == ["NOTPROVIDED"])
    }

    @Test func aTruncatedMessageIsAnsweredUnderItsOwnName() throws {
        let text = Order().wrapped()
        let (_, said) = try refused(Rail.post(String(text.prefix(text.count / 2))), .wire)
        #expect(said["RltdRef/Ref"] == ["TMRD-B-9"])
    }

    @Test(arguments: ["", " ", "{}", "\u{0}", "<a/>", "<Document/>"])
    func whatIsNoMessageIsRefused(text: String) throws {
        let request = Rail.post(text)
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, Rail.context()) }
        let reply = Rail.adapter.refuse(refusal, request, Rail.context())
        #expect(reply.status == 400)
        _ = Rail.check(reply.body)
    }

    @Test func anOversizedMessageIsRefused() throws {
        let text = Order().document + String(repeating: " ", count: 6 << 20)
        let (refusal, _) = try refused(Rail.post(text), .wire)
        #expect(refusal.reason.canonical == "payloadTooLarge")
    }

    @Test func aCommentInsideAnAmountHidesNothing() throws {
        var order = Order()
        order.amount = "<IntrBkSttlmAmt Ccy=\"KES\">1<!-- x -->250<?x y?>.50</IntrBkSttlmAmt>"
        guard case .opens(_, let payment) = try Rail.decode(order.document).meaning else { throw Records.Missing() }
        #expect(payment.amount.settlement?.description == "KES 1250.50")
    }

    @Test func aSchemaFaultSaysItsPlaceAndRule() throws {
        var order = Order()
        order.amount = "<IntrBkSttlmAmt Ccy=\"KES\">1,00</IntrBkSttlmAmt>"
        let (refusal, said) = try refused(Rail.post(order.wrapped("Envelope")), .schema)
        #expect(refusal.path.hasSuffix("CdtTrfTxInf/IntrBkSttlmAmt"))
        #expect((refusal.line ?? 0) > 0)
        #expect(said["RltdRef/Ref"] == ["TMRD-B-9"])
        #expect(said["Rsn/ErrLctn"]?.first?.contains("IntrBkSttlmAmt") == true)
        #expect(said["Rsn/RsnDesc"]?.first?.isEmpty == false)
    }

    @Test(arguments: [
        "application/json", "text/plain", "application/xml; charset=utf-7", "application/xml; charset=EBCDIC",
    ])
    func onlyXMLInAKnownCharsetIsRead(type: String) throws {
        let request = Rail.post(Order().document, type: type)
        #expect(try refused(request, .wire).0.path == "Content-Type")
    }

    @Test(arguments: ["application/xml", "text/xml; charset=utf-8", "Application/XML;Charset=\"UTF-8\""])
    func theTypesOfXMLAreRead(type: String) throws {
        _ = try Rail.adapter.decode(Rail.post(Order().document, type: type), Rail.context())
    }

    @Test func aCharsetThatTheDocumentContradictsIsRefused() throws {
        let text = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + Order().document
        _ = try refused(Rail.post(text, type: "application/xml; charset=utf-8"), .wire)
    }

    @Test func aDoorReadsUTF8AndOthersOnlyWhereTheRailSaysSo() throws {
        let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + Order().document
        let lenient = Rail.context(["encodings": "lenient"])
        for type in ["application/xml", "application/xml; charset=iso-8859-1"] {
            _ = try refused(Rail.post(latin, type: type), .wire)
            _ = try Rail.adapter.decode(Rail.post(latin, type: type), lenient)
        }
        var wide = Rail.post("")
        wide.body = ([0xFEFF] + Array(Order().document.utf16)).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try refused(wide, .wire).0.reason.canonical == "charactersNotAllowed")
        _ = try Rail.adapter.decode(wide, lenient)
    }

    @Test func twoMessagesInOneEnvelopeAreRefused() throws {
        let request = Rail.post("<BusMsg>" + Order().document + Order().document + "</BusMsg>")
        _ = try refused(request, .schema)
    }

    @Test func aVersionThatIsNotServedIsRefused() throws {
        let text = Order().document.replacingOccurrence(of: "pacs.008.001.08", with: "pacs.008.001.99")
        #expect(try refused(Rail.post(text), .profile).0.reason.canonical == "versionNotSupported")
    }

    @Test func onlyPostIsTaken() throws {
        var request = Rail.post(Order().document)
        request.method = "PUT"
        _ = try refused(request, .wire, 405)
    }

    @Test func aFullGatewaySaysWhenToComeBack() throws {
        let refusal = Refusal(.business, Reason("tooManyRequests"), says: "too many payments in flight")
        let reply = Rail.adapter.refuse(refusal, Rail.post(Order().wrapped()), Rail.context())
        #expect(reply.status == 503)
        #expect(reply.header("retry-after") != nil)
        #expect(Rail.check(reply.body)["Rsn/RjctgPtyRsn"] == ["ED06"])
    }

    @Test func anAnswerWearsWhatTheRequestWore() throws {
        var order = Order()
        order.method = "INDA"
        let bare = Rail.post(order.document)
        let wrapped = Rail.post(order.wrapped("Envelope"))
        for (request, start) in [(bare, "<Document "), (wrapped, "<Envelope><AppHdr ")] {
            let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, Rail.context()) }
            let body = String(decoding: Rail.adapter.refuse(refusal, request, Rail.context()).body, as: UTF8.self)
            #expect(body.split(separator: "\n")[1].hasPrefix(start), "\(body)")
        }
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(wrapped, Rail.context()) }
        let reply = Rail.adapter.refuse(refusal, wrapped, Rail.context())
        #expect(Rail.check(reply.body)["FinInstnId/BICFI"]?.prefix(2) == ["ZIWAUGK0", "TMRDKEN0"])
    }

    @Test func aWrapperOfANetworksNamespaceIsRepeated() throws {
        var order = Order()
        order.method = "INDA"
        let text = order.wrapped("Envelope")
            .replacingOccurrence(of: "<Envelope>", with: "<Envelope xmlns=\"urn:x:y\"><Inner>")
            .replacingOccurrence(of: "</Envelope>", with: "</Inner></Envelope>")
        let refusal = try #require(throws: Refusal.self) { try Rail.decode(text) }
        let body = String(decoding: Rail.adapter.refuse(refusal, Rail.post(text), Rail.context()).body, as: UTF8.self)
        #expect(body.contains("<Envelope xmlns=\"urn:x:y\"><Inner><AppHdr"), "\(body)")
    }

    @Test func wrongSettingsAreTold() {
        #expect(ISO20022.faults(in: Rail.settings()).isEmpty)
        let wrong = [
            "bic": "short", "clockMilliseconds": "soon", "accept": "yes", "path": "iso", "header": "head.002",
            "acceptIsFinal": "maybe", "envelope": "a b", "final": "ACSC settled",
        ]
        #expect(ISO20022.faults(in: Rail.settings(wrong)).count == wrong.count)
        #expect(!ISO20022.faults(in: AdapterSettings(network: "n", tenant: "t", values: [:])).isEmpty)
    }
}

extension String {
    func replacingOccurrence(of text: String, with other: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return replacingCharacters(in: range, with: other)
    }

    private func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}

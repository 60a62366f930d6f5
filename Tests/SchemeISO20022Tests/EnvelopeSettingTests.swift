import FormatXML
import Mapping
import Payments
import SchemeISO20022
import Testing

/// What a rail's settings make of the envelope of what we send: written, read back by our own reader, valid by schema.
@Suite struct EnvelopeSettingTests {
    /// Elements and namespace declarations in the order of the bytes, as far as the message's own content.
    private func shape(_ body: [UInt8]) -> String {
        let text = String(decoding: body, as: UTF8.self)
        let tags = text.split(separator: "<").dropFirst().map { "<" + $0.prefix { $0 != ">" } + ">" }
        let known = [
            "AppHdr", "Document", "CreditTransfer", "MessageStatusReport", "FIToFI", "Fr>", "Envelope", "Message",
        ]
        return tags.filter { tag in !tag.hasPrefix("</") && known.contains { tag.contains($0) } || tag.contains("xmlns")
        }
        .joined()
    }

    private func order(_ settings: [String: String]) throws -> [UInt8] {
        let composed = try Rail.adapter.compose(try Records.input(.send, .ask, Records.ordered(), settings))
        guard case .request(let request) = composed.form else { throw Records.Missing() }
        return request.body
    }

    private static let head = "urn:iso:std:iso:20022:tech:xsd:head.001.001"
    private static let pacs = "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"

    struct Case: Sendable, CustomTestStringConvertible {
        var settings: [String: String]
        var parts: [String]
        var shape: String
        var testDescription: String { settings.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ") }
    }

    static let cases = [
        Case(
            settings: [:], parts: ["/BusMsg/AppHdr", "/BusMsg/Document"],
            shape: "<AppHdr xmlns=\"\(head).02\"><Fr><Document xmlns=\"\(pacs)\"><FIToFICstmrCdtTrf>"),
        Case(
            settings: ["envelope": "bare"], parts: ["/Document"],
            shape: "<Document xmlns=\"\(pacs)\"><FIToFICstmrCdtTrf>"),
        Case(
            settings: ["envelope": "none", "prefixes": "document=doc"], parts: ["/Document"],
            shape: "<doc:Document xmlns:doc=\"\(pacs)\"><doc:FIToFICstmrCdtTrf>"),
        Case(
            settings: [
                "envelope": "Envelope", "envelopeNamespace": "urn:swift:xsd:envelope", "header": "head.001.001.03",
            ],
            parts: ["/Envelope/AppHdr", "/Envelope/Document"],
            shape: "<Envelope xmlns=\"urn:swift:xsd:envelope\"><AppHdr xmlns=\"\(head).03\"><Fr>"
                + "<Document xmlns=\"\(pacs)\"><FIToFICstmrCdtTrf>"),
        Case(
            settings: [
                "envelope": "DataPDU/Body", "envelopeNamespace": "urn:swift:saa:xsd:saa.2.0",
                "header": "head.001.001.01",
                "prefixes": "envelope=saa header=h, document=d",
            ], parts: ["/DataPDU/Body/AppHdr", "/DataPDU/Body/Document"],
            shape: "<saa:DataPDU xmlns:saa=\"urn:swift:saa:xsd:saa.2.0\"><h:AppHdr xmlns:h=\"\(head).01\"><h:Fr>"
                + "<d:Document xmlns:d=\"\(pacs)\"><d:FIToFICstmrCdtTrf>"),
        Case(
            settings: ["envelope": "fednow-incoming"],
            parts: ["AppHdr", "Document"].map {
                "/FedNowIncoming/FedNowIncomingMessage/FedNowCustomerCreditTransfer/\($0)"
            },
            shape:
                "<FedNowIncoming xmlns=\"urn:fednow:incoming:v001\"><FedNowIncomingMessage>"
                + "<FedNowCustomerCreditTransfer>"
                + "<AppHdr xmlns=\"\(head).02\"><Fr><Document xmlns=\"\(pacs)\"><FIToFICstmrCdtTrf>"),
        Case(
            settings: ["envelope": "fednow-outgoing", "envelopeNamespace": "urn:fednow:outgoing:v002"],
            parts: ["AppHdr", "Document"].map {
                "/FedNowOutgoing/FedNowOutgoingMessage/FedNowCustomerCreditTransfer/\($0)"
            },
            shape:
                "<FedNowOutgoing xmlns=\"urn:fednow:outgoing:v002\"><FedNowOutgoingMessage>"
                + "<FedNowCustomerCreditTransfer>"
                + "<AppHdr xmlns=\"\(head).02\"><Fr><Document xmlns=\"\(pacs)\"><FIToFICstmrCdtTrf>"),
        Case(
            settings: ["envelope": "tch"], parts: ["/Message/AppHdr", "/Message/CreditTransfer"],
            shape: "<Message xmlns=\"urn:tch\" xmlns:head=\"\(head).01\" xmlns:ct=\"\(pacs)\"><AppHdr><head:Fr>"
                + "<CreditTransfer><ct:FIToFICstmrCdtTrf>"),
        Case(
            settings: ["envelope": "tch", "prefixes": "envelope=t header=h document=d"],
            parts: ["/Message/AppHdr", "/Message/CreditTransfer"],
            shape: "<t:Message xmlns:t=\"urn:tch\" xmlns:h=\"\(head).01\" xmlns:d=\"\(pacs)\"><t:AppHdr><h:Fr>"
                + "<t:CreditTransfer><d:FIToFICstmrCdtTrf>"),
    ]

    @Test(arguments: cases) func whatIsWrittenIsReadBackAndValid(one: Case) throws {
        let body = try order(one.settings)
        #expect(shape(body) == one.shape)
        let findings = ExaminerTests.examiner.examine(body, through: .business)
        #expect(findings.map(\.part) == one.parts)
        #expect(findings.allSatisfy { $0.verdict == .ok }, "\(findings)")
        let reading = try Rail.mappings.readISO(
            body,
            validation: .parts { (namespace) throws(XMLSchemaFault) in
                try Rail.schemas.schema(namespace: namespace)
            })
        let plain = try Rail.mappings.readISO(order([:]))
        #expect(reading.definition == "pacs.008.001.08")
        #expect((reading.header == nil) == (one.parts.count == 1))
        #expect(reading.payment.amount == plain.payment.amount)
        #expect(reading.payment.id.endToEnd == plain.payment.id.endToEnd)
        if reading.header != nil { #expect(reading.payment.message.definition == "pacs.008.001.08") }
    }

    @Test(arguments: cases) func everyAnswerWearsTheSame(one: Case) throws {
        var order = Order()
        order.endToEnd = "INV-78"
        let inbound = try Rail.decode(order.wrapped(), Rail.context(one.settings))
        guard case .opens(_, let payment) = inbound.meaning else { throw Records.Missing() }
        var record = PaymentRecord(id: Records.id)
        record.payment = payment
        let composed = try Rail.adapter.report(
            .duplicate(payment, Reason("duplicate")), Records.input(.notify, .ask, record, one.settings))
        guard case .reply(let reply) = composed.form else { throw Records.Missing() }
        let findings = ExaminerTests.examiner.examine(reply.body, through: .schema)
        #expect(
            findings.allSatisfy { $0.verdict == .ok } && findings.last?.definition == "pacs.002.001.10", "\(findings)")
    }

    /// What a message of a typed or renamed envelope is refused by wears the name of the refusal, not of the message.
    @Test(arguments: [("fednow-outgoing", "FedNowMessageReject"), ("tch", "MessageReject")])
    func aRefusalHasItsOwnElement(envelope: String, element: String) throws {
        let body = String(decoding: try order(["envelope": envelope]), as: UTF8.self)
        let broken = body.replacingOccurrence(of: "SLEV", with: "NONE")
        #expect(broken != body)
        let context = Rail.context(["envelope": envelope])
        let request = Rail.post(broken)
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, context) }
        #expect(refusal.layer == .schema)
        let reply = Rail.adapter.refuse(refusal, request, context)
        #expect(String(decoding: reply.body, as: UTF8.self).contains("<\(element)>"))
        #expect(Rail.check(reply.body)["RltdRef/Ref"] != nil)
    }

    @Test(
        arguments: [
            (
                ["envelope": "Bus Msg"],
                ["envelope: ", "none", "bare", "fednow-incoming", "fednow-outgoing", "tch", "BusMsg"]
            ),
            (["envelope": "fednow"], []),
            (["envelope": "DataPDU//Body"], ["envelope: ", "/ between them"]),
            (["envelope": "a/b/c/d/e/f/g/h/i"], ["envelope: ", "8"]),
            (["header": "head.001.001.09"], ["header: ", "head.001.001.01, head.001.001.02, head.001.001.03"]),
            (["envelope": "tch", "header": "head.001.001.02"], ["header: ", "tch", "head.001.001.01"]),
            (["envelope": "fednow-incoming", "header": "head.001.001.03"], ["header: ", "head.001.001.02"]),
            (["envelopeNamespace": "urn a"], ["envelopeNamespace: "]),
            (["prefixes": "head"], ["prefixes: ", "envelope=PREFIX, header=PREFIX, document=PREFIX"]),
            (["prefixes": "body=b"], ["prefixes: ", "envelope=PREFIX, header=PREFIX, document=PREFIX"]),
            (["prefixes": "document=1"], ["prefixes: ", "16"]),
            (["prefixes": "document=xmlish"], ["prefixes: ", "xml"]),
            (["prefixes": "envelope=e"], ["prefixes: ", "envelopeNamespace"]),
            (["prefixes": "header=x document=x"], ["prefixes: ", "two namespaces"]),
            (["envelope": "none", "prefixes": "header=h"], ["prefixes: ", "header"]),
            (["encodings": "utf-16"], ["encodings: utf-16 is neither lenient nor strict"]),
        ] as [([String: String], [String])])
    func aWrongSettingSaysWhatIsAllowed(settings: [String: String], words: [String]) {
        let faults = ISO20022.faults(in: Rail.settings(settings))
        if words.isEmpty {
            #expect(faults.isEmpty, "fednow alone is an element's name")
        } else {
            #expect(faults.count == 1, "\(faults)")
            for word in words { #expect(faults.first?.contains(word) == true, "\(faults)") }
        }
    }
}

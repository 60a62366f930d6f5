import FormatXML
import FoundationEssentials
import Mapping
import Payments
import SchemeISO20022
import Testing

/// The adapter over the repository's own tables and schemas, and messages to feed it.
enum Rail {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let mappings: Mappings = {
        do {
            return try Mappings(files: tables())
        } catch {
            preconditionFailure("the tables do not compile: \(error)")
        }
    }()

    static let schemas = XMLSchemaFolder(path: root.appending(path: "xsd").path)
    static let adapter = ISO20022.adapter(mappings: mappings, schemas: schemas)
    static let now = DateTime("2026-03-02T08:15:31Z")!.instant

    private static func tables() throws -> [TableFile] {
        let folder = root.appending(path: "mappings").resolvingSymlinksInPath()
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".tsv") }.sorted()
            .map { TableFile(name: $0, bytes: [UInt8](try Data(contentsOf: folder.appending(path: $0)))) }
    }

    static func vector(_ name: String, in folder: String = "iso20022") throws -> [UInt8] {
        let folder = root.appending(path: "conformance/vectors/\(folder)").resolvingSymlinksInPath()
        return [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    static func settings(_ extra: [String: String] = [:]) -> AdapterSettings {
        let values = ["bic": "ZIWAUGK0", "clearingBic": "CLRGKEN0"]
        return AdapterSettings(
            network: "iso:rtp1", tenant: "bank-a", values: values.merging(extra) { $1 })
    }

    static func context(
        _ extra: [String: String] = [:], permitted: [String] = ["*"], now: Instant = now
    ) -> InboundContext {
        InboundContext(settings: settings(extra), permittedSources: permitted, now: now, entropy: 7)
    }

    static func post(_ text: String, type: String = "application/xml") -> WireRequest {
        WireRequest(
            method: "POST", path: "/iso20022/rtp1", headers: [WireHeader("content-type", type)], body: Array(text.utf8))
    }

    static func decode(_ text: String, _ context: InboundContext = context()) throws(Refusal) -> Inbound {
        try adapter.decode(post(text), context)
    }

    /// Reads an answer of ours the way its receiver does: whole, by the schema of every part.
    static func check(_ body: [UInt8], _ sourceLocation: SourceLocation = #_sourceLocation) -> [String: [String]] {
        let examined = XMLParts.examine(body) { (namespace) throws(XMLSchemaFault) in
            try schemas.schema(namespace: namespace)
        }
        let text = String(decoding: body, as: UTF8.self)
        #expect(examined.isValid, "\(examined) in \(text)", sourceLocation: sourceLocation)
        var leaves = Leaves()
        _ = try? XMLReader().read(body, into: &leaves)
        return leaves.values
    }

    struct Leaves: XMLSink {
        var path: [String] = []
        var values: [String: [String]] = [:]

        mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
            path.append(String(xml: name.local))
            return .next
        }
        mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLFlow {
            values[path.suffix(2).joined(separator: "/"), default: []].append(String(xml: bytes))
            return .next
        }
        mutating func end(_ name: XMLName) -> XMLFlow {
            path.removeLast()
            return .next
        }
    }
}

/// A pacs.008 that every rule lets through; each test changes one thing.
struct Order {
    var messageId = "TMRD-20260302-0009"
    var created = "2026-03-02T08:15:30Z"
    var count = "1"
    var method = "CLRG"
    var group = ""
    var instructing = "TMRDKEN0"
    var instructed = "ZIWAUGK0"
    var endToEnd = "INV-77"
    var transaction = "<TxId>TX-0009</TxId>"
    var uetr = ""
    var amount = "<IntrBkSttlmAmt Ccy=\"KES\">1250.50</IntrBkSttlmAmt>"
    var date = "<IntrBkSttlmDt>2026-03-02</IntrBkSttlmDt>"
    var accepted = "<AccptncDtTm>2026-03-02T08:15:29.500Z</AccptncDtTm>"
    var debtorAgent = "<BICFI>TMRDKEN0</BICFI>"
    var creditorAgent = "<BICFI>ZIWAUGK0</BICFI>"
    var debtorAccount = "<DbtrAcct><Id><Othr><Id>DB-1</Id></Othr></Id></DbtrAcct>"
    var creditorAccount = "<CdtrAcct><Id><Othr><Id>CR-1</Id></Othr></Id></CdtrAcct>"
    var remittance = "Invoice 77"
    var transactions = 1

    var document: String {
        let agent = { (name: String, bic: String) in
            bic.isEmpty ? "" : "<\(name)><FinInstnId><BICFI>\(bic)</BICFI></FinInstnId></\(name)>"
        }
        let transaction = """
            <CdtTrfTxInf><PmtId><InstrId>IN-9</InstrId><EndToEndId>\(endToEnd)</EndToEndId>\(transaction)\(uetr)</PmtId>
            \(amount)
            \(date)\(accepted)<ChrgBr>SLEV</ChrgBr>
            <Dbtr><Nm>Wanjala</Nm></Dbtr>\(debtorAccount)
            <DbtrAgt><FinInstnId>\(debtorAgent)</FinInstnId></DbtrAgt>
            <CdtrAgt><FinInstnId>\(creditorAgent)</FinInstnId></CdtrAgt>
            <Cdtr><Nm>Nakato</Nm></Cdtr>\(creditorAccount)
            <RmtInf><Ustrd>\(remittance)</Ustrd></RmtInf></CdtTrfTxInf>
            """
        return """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>
            <GrpHdr><MsgId>\(messageId)</MsgId><CreDtTm>\(created)</CreDtTm><NbOfTxs>\(count)</NbOfTxs>\(group)\
            <SttlmInf><SttlmMtd>\(method)</SttlmMtd></SttlmInf>\
            \(agent("InstgAgt", instructing))\(agent("InstdAgt", instructed))</GrpHdr>
            \(Array(repeating: transaction, count: transactions).joined())</FIToFICstmrCdtTrf></Document>
            """
    }

    func wrapped(
        _ wrapper: String = "BusMsg", from: String = "TMRDKEN0", to: String = "ZIWAUGK0",
        definition: String = "pacs.008.001.08", id: String = "TMRD-B-9"
    ) -> String {
        Header(from: from, to: to, definition: definition, id: id).wrap(document, wrapper)
    }
}

struct Header {
    var from: String
    var to: String
    var definition: String
    var id: String

    func wrap(_ document: String, _ wrapper: String) -> String {
        """
        <\(wrapper)><AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02">
        <Fr><FIId><FinInstnId><BICFI>\(from)</BICFI></FinInstnId></FIId></Fr>
        <To><FIId><FinInstnId><BICFI>\(to)</BICFI></FinInstnId></FIId></To>
        <BizMsgIdr>\(id)</BizMsgIdr><MsgDefIdr>\(definition)</MsgDefIdr><CreDt>2026-03-02T08:15:30Z</CreDt></AppHdr>
        \(document)</\(wrapper)>
        """
    }
}

/// A pacs.002 as a clearing writes it.
struct StatusMessage {
    var originalMessage = "TMRD-20260302-0009"
    var transaction: String? = "TX-0009"
    var endToEnd: String? = "INV-77"
    var uetr: String?
    var status: String? = "ACSC"
    var group: String?
    var reason: String?

    var document: String {
        func element(_ name: String, _ value: String?) -> String { value.map { "<\(name)>\($0)</\(name)>" } ?? "" }
        let why = reason.map { "<StsRsnInf><Rsn><Cd>\($0)</Cd></Rsn><AddtlInf>because</AddtlInf></StsRsnInf>" } ?? ""
        let isGroup = group != nil
        let transactionPart =
            isGroup
            ? ""
            : "<TxInfAndSts>" + element("OrgnlEndToEndId", endToEnd) + element("OrgnlTxId", transaction)
                + element("OrgnlUETR", uetr) + element("TxSts", status) + why + "</TxInfAndSts>"
        return """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10"><FIToFIPmtStsRpt>
            <GrpHdr><MsgId>CLR-1</MsgId><CreDtTm>2026-03-02T08:15:33Z</CreDtTm></GrpHdr>
            <OrgnlGrpInfAndSts><OrgnlMsgId>\(originalMessage)</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>\
            \(element("GrpSts", group))\(isGroup ? why : "")</OrgnlGrpInfAndSts>\(transactionPart)
            </FIToFIPmtStsRpt></Document>
            """
    }
}

/// An admi.002 as a clearing writes it.
struct MessageReject {
    var related: String

    var document: String {
        """
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:admi.002.001.01"><admi.002.001.01>
        <RltdRef><Ref>\(related)</Ref></RltdRef>
        <Rsn><RjctgPtyRsn>FF01</RjctgPtyRsn><RsnDesc>no MsgId</RsnDesc></Rsn>
        </admi.002.001.01></Document>
        """
    }
}

/// A pacs.028 as a clearing or a participant writes it.
struct Enquiry {
    var from = "CLRGKEN0"
    var originalMessage = "TMRD-20260302-0009"
    var transaction = "TX-0009"

    var document: String {
        """
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.028.001.03"><FIToFIPmtStsReq>
        <GrpHdr><MsgId>ASK-1</MsgId><CreDtTm>2026-03-02T08:15:33Z</CreDtTm>
        <InstgAgt><FinInstnId><BICFI>\(from)</BICFI></FinInstnId></InstgAgt></GrpHdr>
        <OrgnlGrpInf><OrgnlMsgId>\(originalMessage)</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>\
        </OrgnlGrpInf><TxInf><OrgnlTxId>\(transaction)</OrgnlTxId></TxInf></FIToFIPmtStsReq></Document>
        """
    }
}

/// Flows and records as the engine would hold them.
enum Records {
    static let incoming = flow("incoming", [.find, .validate, .offer, .accept, .credit, .notify], pivot: 3)
    static let outgoing = flow("outgoing", [.find, .reserve, .send, .post, .notify], pivot: 2)
    static let bridge = flow("bridge", [.lookup, .quote, .send, .accept, .notify], pivot: 2)

    private static func flow(_ name: String, _ verbs: [Verb], pivot: Int) -> Flow {
        Flow(
            name: name, version: "1",
            steps: verbs.enumerated().map { index, verb in
                FlowStep(
                    name: verb.rawValue, verb: verb, hop: .send, undo: nil, isPivot: index == pivot,
                    withinMilliseconds: nil, retries: 0, onUnknown: [.query])
            })
    }

    static let id = PaymentID(at: Rail.now, engine: 1, entropy: 0x0123_4567_89AB_CDEF)

    static func received(_ order: Order = Order(), wrapped: Bool = false) throws -> PaymentRecord {
        let inbound = try Rail.decode(wrapped ? order.wrapped() : order.document)
        guard case .opens(_, let payment) = inbound.meaning else { throw Missing() }
        var record = PaymentRecord(id: id)
        record.origin = Origin(
            tenant: "bank-a", network: "iso:rtp1", peer: "clearing", kind: .transfer, contentHash: inbound.contentHash)
        record.payment = payment
        record.flow = incoming
        record.steps = incoming.steps.map { _ in StepRecord() }
        record.sequence = 3
        return record
    }

    /// A payment that one rail brought and another carries on.
    static func bridged(_ document: String, _ extra: [String: String] = [:]) throws -> PaymentRecord {
        let inbound = try Rail.decode(document, Rail.context(extra))
        guard case .opens(_, let payment) = inbound.meaning else { throw Missing() }
        var record = PaymentRecord(id: id)
        record.origin = Origin(
            tenant: "bank-a", network: "iso:rtp1", peer: "clearing", kind: .transfer, contentHash: inbound.contentHash)
        record.payment = payment
        record.flow = bridge
        record.steps = bridge.steps.map { _ in StepRecord() }
        record.sequence = 3
        return record
    }

    static func ordered() throws -> PaymentRecord {
        var record = PaymentRecord(id: id)
        record.origin = Origin(tenant: "bank-a", network: "channel", peer: "app", kind: .transfer, contentHash: "")
        record.payment.amount.settlement = try Money("80", #require(Currency("KES")))
        record.payment.debtor.name = "Nakato"
        record.payment.debtorAccount.identifiers = [Identifier("ACCOUNT_ID", "CR-1")]
        record.payment.creditor.name = "Wanjala"
        record.payment.creditorAccount.identifiers = [Identifier("ACCOUNT_ID", "DB-1")]
        record.payment.creditorAgent.bic = "TMRDKEN0"
        record.flow = outgoing
        record.steps = outgoing.steps.map { _ in StepRecord() }
        record.sequence = 3
        return record
    }

    static func input(
        _ verb: Verb, _ purpose: Purpose = .ask, _ record: PaymentRecord, _ extra: [String: String] = [:],
        outcome: PaymentOutcome? = nil
    ) -> ComposeInput {
        var input = ComposeInput(
            verb: verb, purpose: purpose, record: record, step: record.flow?.index(of: verb) ?? 0, attempt: 1,
            settings: Rail.settings(extra), now: Rail.now, deadline: Rail.now.adding(milliseconds: 5_000), entropy: 42)
        input.outcome = outcome
        return input
    }

    struct Missing: Error {}
}

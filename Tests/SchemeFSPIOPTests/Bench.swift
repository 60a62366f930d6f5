import FormatJSON
import FoundationEssentials
import Mapping
import Payments
import SchemeFSPIOP

/// The repository's tables, the adapter over them, and the cast: `greenbank` is us, `bluebank` the other bank.
enum Bench {
    /// The package's folder.
    static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    static let mappings: Mappings = {
        let folder = "\(root)/mappings"
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        let files = names.filter { $0.hasSuffix(".tsv") || $0.hasSuffix(".csv") }.compactMap { name in
            FileManager.default.contents(atPath: "\(folder)/\(name)").map { TableFile(name: name, bytes: Array($0)) }
        }
        do {
            return try Mappings(files: files)
        } catch {
            fatalError("the tables do not load: \(error)")
        }
    }()

    static let adapter = FSPIOP.adapter(mappings: mappings)

    static let now = Instant(milliseconds: 1_795_462_480_000)
    static let quoteId = "5f9b1c3e-7d24-4a8b-9c55-0e6a2b1d4f70"
    static let transactionId = "0c1e7f5a-2b3d-4e6f-8a9b-1c2d3e4f5a6b"
    static let transferId = "9d8c7b6a-5e4f-4a3b-8c2d-1e0f9a8b7c6d"

    static func settings(_ more: [String: String] = [:]) -> AdapterSettings {
        var values = ["fspId": "greenbank", "ilpSecret": "a secret of the payee"]
        values.merge(more) { $1 }
        return AdapterSettings(network: "mojaloop:hub1", tenant: "green", values: values)
    }

    static func context(_ more: [String: String] = [:], permitted: [String] = ["*"]) -> InboundContext {
        InboundContext(settings: settings(more), permittedSources: permitted, now: now, entropy: 7)
    }

    static func key(_ what: String, _ id: String) -> Correlation { Correlation("mojaloop:hub1/green/\(what)", id) }

    /// A request as the hub forwards it, right in every header.
    static func request(
        _ method: String, _ path: String, _ body: String = "", source: String = "bluebank", version: String = "1.1"
    ) -> WireRequest {
        let resource = path.split(separator: "/").first.map(String.init) ?? ""
        var headers = [
            WireHeader("Content-Type", "application/vnd.interoperability.\(resource)+json;version=\(version)"),
            WireHeader("Date", now.imfFixdate), WireHeader("FSPIOP-Source", source),
            WireHeader("FSPIOP-Destination", "greenbank"),
        ]
        if method == "GET" || method == "POST" {
            headers.append(WireHeader("Accept", "application/vnd.interoperability.\(resource)+json;version=1"))
        }
        return WireRequest(method: method, path: path, headers: headers, body: Array(body.utf8))
    }

    static func money(_ text: String, _ code: String = "EUR") -> Money {
        guard let currency = Currency(code), let money = try? Money(text, currency) else {
            fatalError("\(text) \(code) is no amount")
        }
        return money
    }

    static func time(_ milliseconds: Int64) -> DateTime { DateTime(now.adding(milliseconds: milliseconds)) }

    // MARK: - Messages

    static let quote = """
        {"quoteId":"\(quoteId)","transactionId":"\(transactionId)",\
        "payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254711","fspId":"bluebank"},\
        "name":"Ann Other"},\
        "payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254700000001","fspId":"greenbank"}},\
        "amountType":"SEND","amount":{"amount":"12.5","currency":"EUR"},\
        "transactionType":{"scenario":"TRANSFER","initiator":"PAYER","initiatorType":"CONSUMER"},"note":"rent"}
        """

    static func order(_ payment: Payment, transferId: String = transferId, amount: String = "12.5") -> String {
        """
        {"transferId":"\(transferId)","payerFsp":"bluebank","payeeFsp":"greenbank",\
        "amount":{"amount":"\(amount)","currency":"EUR"},"ilpPacket":"\(payment.terms.ilpPacket ?? "")",\
        "condition":"\(payment.terms.condition ?? "")","expiration":"\(time(20_000).text)"}
        """
    }

    static func error(_ code: String, _ text: String = "Something is wrong") -> String {
        #"{"errorInformation":{"errorCode":"\#(code)","errorDescription":"\#(text)"}}"#
    }

    // MARK: - Records

    static func flow(_ name: String, _ verbs: [Verb]) -> Flow {
        let steps = verbs.map { verb in
            FlowStep(
                name: verb.rawValue, verb: verb, hop: .send, undo: nil, isPivot: verb == .send || verb == .accept,
                withinMilliseconds: nil, retries: 0, onUnknown: [.query])
        }
        return Flow(name: name, version: "1", steps: steps)
    }

    static let outgoing = flow("outgoing", [.find, .lookup, .quote, .validate, .reserve, .send, .post, .notify])
    static let incoming = flow("incoming", [.find, .validate, .offer, .accept, .credit, .notify])
    static let bridge = flow("bridge", [.lookup, .quote, .send, .accept, .notify])

    static func record(_ flow: Flow, _ payment: Payment, kind: PaymentKind = .transfer) -> PaymentRecord {
        var record = PaymentRecord(id: PaymentID(high: 1, low: 2))
        record.origin = Origin(tenant: "green", network: "mojaloop:hub1", peer: "hub", kind: kind, contentHash: "")
        record.flow = flow
        record.steps = Array(repeating: StepRecord(), count: flow.steps.count)
        record.payment = payment
        return record
    }

    static func input(
        _ verb: Verb, _ record: PaymentRecord, purpose: Purpose = .ask, outcome: PaymentOutcome? = nil,
        _ more: [String: String] = [:]
    ) -> ComposeInput {
        var input = ComposeInput(
            verb: verb, purpose: purpose, record: record, step: record.flow?.index(of: verb) ?? 0, attempt: 1,
            settings: settings(more), now: now, deadline: now.adding(milliseconds: 30_000), entropy: 42)
        input.outcome = outcome
        return input
    }

    /// A payment of a customer of ours, before anything is agreed.
    static func ordered() -> Payment {
        var payment = Payment()
        payment.amount.settlement = money("12.50")
        payment.amount.instructed = money("12.50")
        payment.debtor.name = "Gerda Green"
        payment.debtor.identifiers = [Identifier("MSISDN", "254700000001")]
        payment.creditor.identifiers = [Identifier("MSISDN", "254711")]
        payment.remittance.unstructured = ["rent"]
        return payment
    }

    /// The same after lookup and quote.
    static func agreed() throws -> Payment {
        var payment = ordered()
        payment.creditorAgent.fspId = "bluebank"
        payment.debtorAgent.fspId = "greenbank"
        payment.id.quote = quoteId
        payment.id.schemeTransaction = transactionId
        payment.type.amountType = "SEND"
        payment.terms = try peerTerms("12.50", fspId: "bluebank")
        return payment
    }

    /// Terms as another bank makes them: its own adapter, its own secret.
    static func peerTerms(_ amount: String, fspId: String) throws -> Terms {
        var asked = ordered()
        asked.id.quote = quoteId
        asked.id.schemeTransaction = transactionId
        asked.debtorAgent.fspId = "greenbank"
        asked.creditorAgent.fspId = fspId
        asked.amount.settlement = money(amount)
        asked.amount.instructed = money(amount)
        asked.type.scenario = "TRANSFER"
        asked.type.initiator = "PAYER"
        asked.type.initiatorType = "CONSUMER"
        asked.type.amountType = "SEND"
        let record = record(incoming, asked)
        let input = input(.offer, record, ["fspId": fspId, "ilpSecret": "a secret of somebody else"])
        return try adapter.compose(input).learned.terms
    }

    /// What a quote that reached us became, with our offer made.
    static func offered() throws -> (payment: Payment, composed: Composed) {
        guard case .opens(_, var payment) = try adapter.decode(request("POST", "/quotes", quote), context()).meaning
        else {
            fatalError("a quote opens a payment")
        }
        let composed = try adapter.compose(input(.offer, record(incoming, payment)))
        payment.overlay(composed.learned)
        return (payment, composed)
    }
}

/// What a refusal becomes on the wire.
struct Refused: Equatable {
    var status: Int
    var code: String

    init(_ status: Int, _ code: String) {
        self.status = status
        self.code = code
    }
}

extension Bench {
    /// Decodes; nil when the message is taken, else the scheme's own answer.
    static func refusal(
        _ request: WireRequest, _ context: InboundContext = context()
    ) -> (answer: Refused, reply: WireReply, refusal: Refusal)? {
        do throws(Refusal) {
            if let untimely = try adapter.decode(request, context).untimely { throw untimely }
            return nil
        } catch {
            let reply = adapter.refuse(error, request, context)
            let code = (try? JSONValue.parse(reply.body))?.at("errorInformation.errorCode")?.string
            return (Refused(reply.status, code ?? "no errorInformation"), reply, error)
        }
    }

    static func sent(_ composed: Composed) -> WireRequest {
        guard case .request(let request) = composed.form else { return WireRequest(method: "none", path: "") }
        return request
    }

    static func body(_ composed: Composed) -> String { String(decoding: sent(composed).body, as: UTF8.self) }
}

import AMSFineract
import FoundationEssentials
import Mapping
import Payments

/// The repository's tables, the adapter over them, and payments of a payer and of a payee.
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

    static let adapter = Fineract.adapter(mappings: mappings)
    static let now = Instant(milliseconds: 1_795_462_480_000)
    static let transactionCode = "0c1e7f5a-2b3d-4e6f-8a9b-1c2d3e4f5a6b"
    static let transferCode = "9d8c7b6a-5e4f-4a3b-8c2d-1e0f9a8b7c6d"

    static func settings(_ more: [String: String] = [:]) -> AdapterSettings {
        var values = ["tenantId": "green"]
        values.merge(more) { $1 }
        return AdapterSettings(network: "fineract:green", tenant: "green", values: values)
    }

    static func money(_ text: String, _ code: String = "EUR") -> Money {
        guard let currency = Currency(code), let money = try? Money(text, currency) else {
            fatalError("\(text) \(code) is no amount")
        }
        return money
    }

    static func flow(_ name: String, _ verbs: [Verb]) -> Flow {
        let steps = verbs.map { verb in
            FlowStep(
                name: verb.rawValue, verb: verb, hop: .reserve, undo: verb == .reserve ? .release : nil,
                isPivot: verb == .send || verb == .accept, withinMilliseconds: nil, retries: 0, onUnknown: [.query])
        }
        return Flow(name: name, version: "1", steps: steps)
    }

    static let outgoing = flow("outgoing", [.find, .quote, .validate, .reserve, .send, .post, .notify])
    static let incoming = flow("incoming", [.find, .validate, .offer, .accept, .credit, .notify])

    static func record(_ flow: Flow, _ payment: Payment) -> PaymentRecord {
        var record = PaymentRecord(id: PaymentID(high: 1, low: 2))
        record.origin = Origin(tenant: "green", network: "channel", peer: "app", kind: .transfer, contentHash: "")
        record.flow = flow
        record.steps = Array(repeating: StepRecord(), count: flow.steps.count)
        record.payment = payment
        return record
    }

    /// The step of the verb; a release is asked at its reserve.
    static func input(
        _ verb: Verb, _ record: PaymentRecord, purpose: Purpose = .ask, attempt: Int = 1, _ more: [String: String] = [:]
    ) -> ComposeInput {
        let step = record.flow?.index(of: verb == .release ? .reserve : verb) ?? 0
        return ComposeInput(
            verb: verb, purpose: purpose, record: record, step: step, attempt: attempt, settings: settings(more),
            now: now, deadline: now.adding(milliseconds: 5_000), entropy: 42)
    }

    /// A payment whose accounts are known and whose core-bank names are made.
    static func known() -> Payment {
        var payment = Payment()
        payment.amount.settlement = money("12.50")
        payment.terms.transferAmount = money("12.50")
        payment.debtorAccount.identifiers = [Identifier("ACCOUNT_ID", "SA-0001")]
        payment.creditorAccount.identifiers = [Identifier("ACCOUNT_ID", "SA-0002")]
        payment.id.amsTransaction = transactionCode
        payment.id.amsTransfer = transferCode
        payment.remittance.unstructured = ["rent"]
        return payment
    }

    static func sent(_ composed: Composed) -> WireRequest {
        guard case .request(let request) = composed.form else { return WireRequest(method: "none", path: "") }
        return request
    }

    static func body(_ composed: Composed) -> String { String(decoding: sent(composed).body, as: UTF8.self) }

    /// Fineract's error envelope.
    static func error(_ code: String, top: String = "validation.msg.domain.rule.violation") -> String {
        """
        {"developerMessage":"d","httpStatusCode":"403","defaultUserMessage":"top",\
        "userMessageGlobalisationCode":"\(top)",\
        "errors":[{"developerMessage":"d","defaultUserMessage":"says why","userMessageGlobalisationCode":"\(code)",\
        "parameterName":"id","args":[]}]}
        """
    }
}

import FormatJSON
import Payments
import ScreenHTTP
import Testing

private enum Bench {
    static let adapter = ScreenHTTP.adapter()

    static func input(
        _ payment: Payment, from: String = "channel", to: RouteTarget = .network("iso:rtp1"),
        settings: [String: String] = [:], attempt: Int = 1
    ) -> ComposeInput {
        let now = Instant(milliseconds: 1_790_000_000_000)
        var record = PaymentRecord(id: PaymentID(at: now, engine: 1, entropy: 7))
        record.payment = payment
        record.origin = Origin(tenant: "blue", network: from, peer: "app", kind: .transfer, contentHash: "")
        record.route = RouteDecision(version: "v", line: 2, target: to, alternates: [], flow: "outgoing", note: "")
        return ComposeInput(
            verb: .screen, purpose: .ask, record: record, step: 0, attempt: attempt,
            settings: AdapterSettings(network: "screen:main", tenant: "blue", values: settings), now: now,
            deadline: now.adding(milliseconds: 500), entropy: 1)
    }

    static func payment() throws -> Payment {
        var payment = Payment()
        payment.amount.settlement = try Money("100.5", try #require(Currency("KES")))
        payment.id.endToEnd = "E2E-1"
        payment.debtor.name = "Achieng Otieno"
        payment.debtor.dateOfBirth = CivilDate("1980-02-28")
        payment.debtorAgent.bic = "BANKAKE1"
        payment.creditor.identifiers = [Identifier("MSISDN", "+254700000001", subId: "till 7")]
        payment.creditorAccount.name = "Kamau \"& Sons\" Ltd"
        payment.remittance.unstructured = ["Invoice 7"]
        return payment
    }

    static func request(_ input: ComposeInput) throws -> WireRequest {
        guard case .request(let request) = try adapter.compose(input).form else {
            throw Refusal(.wire, Reason("other"), says: "nothing left")
        }
        return request
    }

    static func read(_ status: Int, _ body: String) throws -> Heard {
        adapter.read(WireReply(status: status, body: Array(body.utf8)), input(try payment()))
    }
}

@Suite("What the screening service is asked") struct QuestionTests {
    @Test("Payment, parties and the amount in digits") func body() throws {
        let request = try Bench.request(Bench.input(try Bench.payment()))
        #expect(request.method == "POST")
        #expect(request.path == "/screen")
        #expect(request.header("content-type") == "application/json")
        let body = try JSONValue.parse(request.body)
        #expect(body["amount"] == "100.50")
        #expect(body["currency"] == "KES")
        #expect(body["tenant"] == "blue")
        #expect(body["direction"] == "outgoing")
        #expect(body["network"] == "iso:rtp1")
        #expect(body["kind"] == "transfer")
        #expect(body["debtor"]?["name"] == "Achieng Otieno")
        #expect(body["debtor"]?["dateOfBirth"] == "1980-02-28")
        #expect(body["debtor"]?["agent"]?["bic"] == "BANKAKE1")
        #expect(body["creditor"]?["name"] == "Kamau \"& Sons\" Ltd")
        #expect(
            body["creditor"]?["identifiers"] == [["kind": "MSISDN", "value": "+254700000001", "subId": "till 7"]])
        #expect(body["remittance"] == ["Invoice 7"])
        #expect(body["uetr"] == nil, "what is not known is not said")
        #expect(body["ultimateDebtor"] == nil)
    }

    @Test("A repeat of one attempt is known by its key, a new attempt is not taken for it") func key() throws {
        let payment = try Bench.payment()
        let first = try Bench.request(Bench.input(payment)).header("Idempotency-Key")
        #expect(try Bench.request(Bench.input(payment)).header("Idempotency-Key") == first)
        #expect(try Bench.request(Bench.input(payment, attempt: 2)).header("Idempotency-Key") != first)
    }

    @Test("The direction is seen from the bank") func direction() throws {
        func direction(_ from: String, _ to: RouteTarget) throws -> JSONValue? {
            let request = try Bench.request(Bench.input(try Bench.payment(), from: from, to: to))
            return try JSONValue.parse(request.body)["direction"]
        }
        #expect(try direction("channel", .onUs) == "onUs")
        #expect(try direction("mojaloop:hub1", .onUs) == "incoming")
        #expect(try direction("mojaloop:hub1", .network("iso:rtp1")) == "bridge")
    }

    @Test("The path is configured, and only a path is taken") func path() throws {
        let settings = ["path": "/v2/check"]
        #expect(try Bench.request(Bench.input(try Bench.payment(), settings: settings)).path == "/v2/check")
        for bad in ["v2", "", "/a b", "/a?x=1", "/\u{e4}", "/" + String(repeating: "a", count: 300)] {
            let settings = AdapterSettings(network: "s", tenant: "t", values: ["path": bad])
            #expect(ScreenHTTPConfig.problems(settings).count == 1, "\(bad)")
            #expect(ScreenHTTPConfig(settings) == nil)
        }
    }

    @Test("It does nothing but screen, and is sent nothing") func refuses() throws {
        var input = Bench.input(try Bench.payment())
        input.verb = .send
        #expect(throws: Refusal.self) { _ = try Bench.adapter.compose(input) }
        let context = InboundContext(settings: input.settings, permittedSources: ["*"], now: input.now, entropy: 1)
        #expect(throws: Refusal.self) { _ = try Bench.adapter.decode(WireRequest(method: "POST", path: "/"), context) }
    }
}

@Suite("What its answer means") struct DecisionTests {
    @Test("Allowed, refused, or a person looks") func decisions() throws {
        #expect(try Bench.read(200, #"{"decision":"allow"}"#).observation == .done)
        let refused = try Bench.read(200, #"{"decision":"refuse","reason":"on list 7","reference":"C-1"}"#)
        #expect(
            refused.observation == .refused(Reason("screeningRefused", network: "screening", foreign: "C-1")),
            "why is told to nobody: the reason would travel to the network")
        let review = try Bench.read(200, #"{"decision":"review","reason":"near match","reference":"C-2","more":1}"#)
        #expect(
            review.observation
                == .review(
                    Reason("screeningRefused", network: "screening", foreign: "C-2", detail: "near match")))
    }

    @Test(
        "Whatever else comes back decides nothing",
        arguments: [
            (200, ""), (200, "allow"), (200, "[]"), (200, #""allow""#), (200, "{}"), (200, #"{"decision":"maybe"}"#),
            (200, #"{"decision":"ALLOW"}"#), (200, #"{"decision":true}"#), (200, #"{"decision":"allow"#),
            (200, #"{"decision":"allow","decision":"refuse"}"#), (200, #"{"Decision":"allow"}"#),
            (201, #"{"decision":"allow"}"#), (202, #"{"decision":"refuse"}"#), (400, #"{"decision":"refuse"}"#),
            (429, ""), (500, #"{"decision":"allow"}"#), (503, ""), (302, ""),
        ])
    func silence(_ status: Int, _ body: String) throws {
        guard case .unknown = try Bench.read(status, body).observation else {
            Issue.record("\(status) \(body) decided")
            return
        }
    }

    @Test("An answer longer than the protocol's is not read") func long() throws {
        let body = #"{"decision":"allow","x":""# + String(repeating: "a", count: 70_000) + #""}"#
        guard case .unknown = try Bench.read(200, body).observation else {
            Issue.record("it decided")
            return
        }
    }

    @Test("What people read of it is bounded and plain") func plain() throws {
        let long = String(repeating: "\u{1F}x", count: 2_000)
        let text = "a\u{1b}[31mred\nline\u{202E}" + long
        let body: JSONValue = ["decision": "review", "reason": .string(text), "reference": .string(text)]
        guard case .review(let reason) = try Bench.read(200, body.description).observation else {
            Issue.record("no review")
            return
        }
        let says = try #require(reason.detail)
        #expect(says.hasPrefix("a[31mredline"))
        #expect(says.unicodeScalars.count <= 500)
        #expect((reason.foreign ?? "").unicodeScalars.count <= 100)
        #expect(says.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
    }
}

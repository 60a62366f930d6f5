import ChannelAPI
import FormatJSON
import Foundation
import Payments
import PaymentsEngine
import StoreSQLite
import Synchronization

/// A made-up network that the test scripts: it takes every transfer and knows one wallet.
enum Scripted {
    static let network = "net:test"
    /// The one identifier that the network knows, two that it does not, and one about which it says nothing.
    static let wanjiru = "+254700000001"
    static let unknown = "+254700000404"
    static let forbidden = "+254700000403"
    static let silent = "+254700000408"
    /// One about which it says something late.
    static let slow = "+254700000202"
    /// Payments to this one hold the amount at the core bank first, which answers late.
    static let holding = "+254700000010"
    /// A transfer of this amount is not answered until the test says so.
    static let held = "13.13"

    static let adapter = Adapter(
        name: "scripted",
        capabilities: Capabilities(
            verbs: [.lookup, .quote, .send, .notify, .reserve, .release], queries: [.send, .reserve]),
        decode: { _, _ throws(Refusal) in throw Refusal(.wire, Reason("malformed"), says: "nothing comes in here") },
        refuse: { _, _, _ in WireReply(status: 400) },
        compose: { input throws(Refusal) in
            let payment = input.record.payment
            let name = payment.creditor.identifiers.first?.value ?? "nobody"
            switch input.verb {
            case .lookup:
                return Composed(
                    .request(WireRequest(method: "GET", path: "/parties", body: Array(name.utf8))),
                    message: "GET /parties")
            case .send:
                let amount = payment.amount.settlement.map { $0.decimal(atLeast: 2) } ?? ""
                return Composed(
                    .request(WireRequest(method: "POST", path: "/transfers", body: Array(amount.utf8))),
                    message: "POST /transfers")
            case .reserve, .release:
                let path = "/\(input.verb.rawValue)"
                return Composed(.request(WireRequest(method: "POST", path: path)), message: "POST \(path)")
            case .quote:
                var learned = Payment()
                learned.terms.transferAmount = payment.amount.settlement
                learned.terms.payeeReceiveAmount = payment.amount.settlement
                return Composed(.nothing("terms are fixed"), message: "POST /quotes", learned: learned)
            default: return Composed(.nothing("this network wants no notice"), message: "none")
            }
        },
        read: { reply, input in
            switch reply.status {
            case 200 where input.verb == .lookup:
                var learned = Payment()
                learned.creditor.name = String(decoding: reply.body, as: UTF8.self)
                learned.creditorAgent.fspId = "wallets"
                return Heard(.done, learned: learned)
            case 200: return Heard(.done)
            case 404: return Heard(.refused(Reason("identifierUnknown", network: "net", foreign: "3204")))
            case 403: return Heard(.refused(Reason("agentServiceRefused")))
            default: return Heard(.unknown("status \(reply.status)"))
            }
        },
        takeUp: { _, _, _ in Heard(.refused(Reason("internalError"))) },
        report: { _, _ throws(Refusal) in Composed(.nothing("none"), message: "none") })

    static func step(
        _ verb: Verb, _ hop: Hop, undo: Verb? = nil, isPivot: Bool = false, _ onUnknown: [UnknownPolicy]
    ) -> FlowStep {
        FlowStep(
            name: verb.rawValue.split(separator: ".").last.map(String.init) ?? "", verb: verb, hop: hop, undo: undo,
            isPivot: isPivot, withinMilliseconds: verb == .lookup ? 300 : 30_000, retries: 0, onUnknown: onUnknown)
    }

    static let flows: [String: Flow] = {
        let notify = step(.notify, .notify, [.retry, .leave])
        let lookup = step(.lookup, .plan, [.refuse])
        let flows = [
            Flow(
                name: "outgoing", version: "1",
                steps: [
                    lookup, step(.quote, .plan, [.refuse]), step(.confirm, .plan, [.refuse]),
                    step(.send, .send, isPivot: true, [.query, .operatorDecides]), notify,
                ]),
            Flow(
                name: "holding", version: "1",
                steps: [
                    step(.reserve, .reserve, undo: .release, [.query, .operatorDecides]),
                    step(.send, .send, isPivot: true, [.query, .operatorDecides]), notify,
                ]),
            Flow(name: "parties", version: "1", steps: [lookup, notify]),
            Flow(name: "incoming", version: "1", steps: [notify]),
            Flow(name: "refused", version: "1", steps: [notify]),
        ]
        return Dictionary(uniqueKeysWithValues: flows.map { ($0.name, $0) })
    }()

    /// Everything from the network is for a customer of ours; everything from a channel to a wallet goes out.
    static func route(_ question: RouteQuestion) -> RouteDecision {
        func decision(_ line: Int, _ target: RouteTarget, _ flow: String) -> RouteDecision {
            RouteDecision(version: "1", line: line, target: target, alternates: [], flow: flow, note: "test")
        }
        let isWallet = question.creditor.contains { $0.kind == "MSISDN" }
        switch (question.kind, question.from) {
        case (.partyLookup, _) where isWallet: return decision(10, .network(network), "parties")
        case (.transfer, network): return decision(20, .onUs, "incoming")
        case (.transfer, Channel.network) where question.creditor.contains { $0.value == holding }:
            return decision(25, .network(network), "holding")
        case (.transfer, Channel.network) where isWallet: return decision(30, .network(network), "outgoing")
        default: return decision(999, .refuse("creditorAgentUnknown"), "")
        }
    }

    static let world: World = World(
        flow: { flows[$0] }, pinnedFlow: { name, _ in flows[name] }, route: route,
        neighbours: { name, tenant, _ in
            let settings = AdapterSettings(network: name, tenant: tenant, values: [:])
            let adapter = name == Channel.network ? Channel.adapter() : Scripted.adapter
            return Neighbour(adapter: adapter, settings: settings, clockMilliseconds: 5_000)
        }, coreBank: { _ in "core" })
}

/// Answers for the scripted network.
final class ScriptedNetwork: Transport {
    private let state = Mutex((released: false, waiting: [CheckedContinuation<Void, Never>]()))

    func send(_ request: WireRequest, to peer: String, tenant: String, deadline: Instant) async -> WireOutcome {
        let body = String(decoding: request.body, as: UTF8.self)
        switch (request.path, body) {
        case ("/parties", Scripted.unknown): return .replied(WireReply(status: 404))
        case ("/parties", Scripted.forbidden): return .replied(WireReply(status: 403))
        case ("/parties", Scripted.silent): return .unknown("no answer")
        case ("/parties", Scripted.slow): await released()
        case ("/parties", _): return .replied(WireReply(status: 200, body: Array("Wanjiru Kamau".utf8)))
        case ("/ams.reserve", _), (_, Scripted.held): await released()
        default: break
        }
        return .replied(WireReply(status: 200))
    }

    private func released() async {
        await withCheckedContinuation { continuation in
            let isReleased = state.withLock { state in
                if !state.released { state.waiting.append(continuation) }
                return state.released
            }
            if isReleased { continuation.resume() }
        }
    }

    /// Answers the transfers that were held, and every other one at once.
    func release() {
        let waiting = state.withLock { state in
            state.released = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

extension Bench {
    /// A payment that the network brought for a customer of bank A, settled.
    func received(_ amount: String = "10.00", name: String, kind: PaymentKind = .transfer) async throws -> PaymentID {
        var payment = Payment()
        guard let currency = Currency("KES") else { throw CancellationError() }
        payment.amount.settlement = try Money(amount, currency, rule: .channel)
        payment.debtor.name = "Wanjiru Kamau"
        payment.debtor.identifiers = [Identifier("MSISDN", Scripted.wanjiru)]
        payment.debtorAgent.fspId = "wallets"
        payment.creditor.name = "Ada"
        payment.creditorAccount.identifiers = [Identifier("ACCOUNT_ID", "A-AMINA")]
        payment.id.endToEnd = "IN-\(name)"
        let inbound = Inbound(
            .opens(kind, payment), keys: [Correlation("net", name)], message: "POST /transfers", contentHash: name,
            acknowledgement: WireReply(status: 202))
        let sender = Sender(tenant: "bank-a", network: Scripted.network, peer: "net")
        let raw = ArchivedMessage(
            direction: .received, peer: "net", message: "POST /transfers", time: engine.now, bytes: [])
        guard case .opened(let id) = await engine.open(inbound, from: sender, raw: raw) else {
            throw CancellationError()
        }
        await engine.waitForOutcome(of: id, until: engine.now.adding(milliseconds: 10_000))
        return id
    }

    /// An order that is carried out by the scripted network, asked for confirmation or not.
    static func order(_ amount: String = "100.00", to value: String = Scripted.wanjiru, confirm: Bool = true) -> String
    {
        let word = confirm ? ",\"confirmation\":\"required\"" : ""
        return """
            {"amount":"\(amount)","currency":"KES",
             "debtor":{"name":"Ada","account":{"kind":"ACCOUNT_ID","value":"A-AMINA"}},
             "creditor":{"identifier":{"kind":"MSISDN","value":"\(value)"}},"endToEndId":"E2E-1"\(word)}
            """
    }

    func post(_ path: String, _ body: String, key: String? = nil, prefer: String = "wait=10") async -> WireReply {
        var request = WireRequest(method: "POST", path: path, body: Array(body.utf8))
        request.headers = [WireHeader("Content-Type", "application/json"), WireHeader("Prefer", prefer)]
        if let key { request.headers.append(WireHeader("Idempotency-Key", key)) }
        return await send(request)
    }

    /// Orders a payment and waits until its payer is asked for his word.
    func asked(_ name: String, amount: String = "100.00") async throws -> String {
        let reply = await order(Bench.order(amount), key: name, prefer: "wait=0")
        let id = try JSONValue.parse(reply.body)["id"]?.string ?? ""
        try await until(id) { $0["confirmation"]?["state"]?.string == "awaited" }
        return id
    }

    /// Waits for a change of the payment until its page is as it should be.
    @discardableResult
    func until(_ id: String, _ holds: (JSONValue) -> Bool) async throws -> JSONValue {
        guard let payment = PaymentID(id) else { throw CancellationError() }
        let deadline = engine.now.adding(milliseconds: 10_000)
        while true {
            let seen = try await store.view(of: payment)?.sequence ?? 0
            let page = try JSONValue.parse(await get("/v1/payments/\(id)").body)
            if holds(page) { return page }
            guard await store.waitForChange(of: payment, after: seen, until: deadline) else {
                throw CancellationError()
            }
        }
    }

    func page(_ id: String) async throws -> JSONValue { try JSONValue.parse(await get("/v1/payments/\(id)").body) }
}

import Payments
import PaymentsEngine

/// Translators for a made-up network and a made-up core bank. A request is `POST /verb` with `purpose e2e` as its body;
/// an answer is one word: done, pending, refused, absent, and anything else decides nothing.
enum Model {
    static let tenant = "bank"
    static let near = "near"
    static let far = "far"
    static let core = "core"
    /// A second network to the same payees.
    static let other = "other"
    static let screen = "screen"
    /// The one identifier that the directory lists.
    static let listed = Identifier("MSISDN", "+254700000001")

    static func ten(_ currency: String = "EUR") -> Money {
        guard let code = Currency(currency), let money = Money(units: 1_000_000, currency: code) else {
            preconditionFailure("ten of a currency")
        }
        return money
    }

    static func network(answersByReply: Bool = false, without verbs: Set<Verb> = []) -> Adapter {
        let own: Set<Verb> = [.lookup, .quote, .send, .offer, .accept, .notify, .confirm]
        return adapter(
            "network",
            Capabilities(verbs: own.subtracting(verbs), queries: [.send, .accept], latenessMilliseconds: 5_000),
            answersByReply: answersByReply)
    }

    static func ams(repeatable: Bool = true, without verbs: Set<Verb> = []) -> Adapter {
        let own: Set<Verb> = [.find, .findCreditor, .validate, .reserve, .release, .post, .credit]
        return adapter(
            "ams",
            Capabilities(verbs: own.subtracting(verbs), queries: own, repeatable: repeatable ? own : []),
            answersByReply: false)
    }

    static func screening() -> Adapter {
        adapter("screening", Capabilities(verbs: [.screen]), answersByReply: false)
    }

    private static func adapter(_ name: String, _ capabilities: Capabilities, answersByReply: Bool) -> Adapter {
        Adapter(
            name: name, capabilities: capabilities,
            decode: { _, _ throws(Refusal) in
                throw Refusal(.wire, Reason("malformed"), says: "the model decodes nothing")
            },
            refuse: { _, _, _ in WireReply(status: 400) },
            compose: { input throws(Refusal) in try compose(input, answersByReply) },
            read: { reply, _ in read(String(decoding: reply.body, as: UTF8.self)) },
            takeUp: { order, record, _ in
                var learned = Payment()
                learned.expiresAt = order.expiresAt
                return order.amount.settlement == record.payment.amount.settlement
                    ? Heard(.done, learned: learned) : Heard(.refused(Reason("amountNotAsAgreed")))
            },
            report: { report, input throws(Refusal) in
                guard case .duplicate(_, let reason) = report else {
                    let body = Array("status \(input.record.stage)".utf8)
                    let answer = WireRequest(method: "POST", path: "/\(Verb.notify.rawValue)", body: body)
                    return Composed(.request(answer), message: "report")
                }
                return Composed(
                    .reply(WireReply(status: 409, body: Array(reason.canonical.utf8))), message: "report")
            })
    }

    private static func compose(_ input: ComposeInput, _ answersByReply: Bool) throws(Refusal) -> Composed {
        let e2e = input.record.payment.id.endToEnd ?? "none"
        if e2e.hasPrefix("unspeakable"), input.verb == .quote {
            throw Refusal(.business, Reason("currencyNotSupported"), says: "no words for it")
        }
        if input.verb == .confirm {
            let isWanted = input.record.payment.type.confirmation == "required"
            return Composed(isWanted ? .wait("the payer's word") : .nothing("nobody wants it"), message: "confirm")
        }
        var body = "\(input.purpose.rawValue) \(e2e)"
        // A core bank knows each plan's hold by a name of its own.
        if input.verb.side == .ams, !input.record.tried.isEmpty { body += " plan-\(input.record.tried.count)" }
        if input.isSettledNotPosted { body += " settled-not-posted" }
        if input.verb == .accept { body += " attempt-\(input.attempt)" }
        if input.verb == .notify { body += " \(input.outcome?.rawValue ?? "none")" }
        if input.verb == .notify || input.verb == .accept, answersByReply {
            return Composed(
                .reply(WireReply(status: 200, body: Array("\(input.verb.rawValue) \(body)".utf8))),
                message: input.verb.rawValue, doneWhenDelivered: true)
        }
        var learned = Payment()
        if input.purpose == .ask, input.verb == .send {
            var identity = IdentitySource(seed: input.entropy)
            learned.id.transfer = identity.uuid()
            if input.record.payment.expiresAt == nil { learned.expiresAt = DateTime(input.deadline) }
        }
        let scope = "\(input.settings.network)/\(input.verb.rawValue)"
        var keys = [Correlation(scope, e2e)]
        // As on a hub: the answer goes under the name of the order that it answers.
        if input.verb == .accept, input.record.flow?.index(of: .offer) != nil {
            keys.append(Correlation("\(near)/transfer", e2e))
        }
        return Composed(
            .request(WireRequest(method: "POST", path: "/\(input.verb.rawValue)", body: Array(body.utf8))),
            message: input.verb.rawValue, learned: learned, keys: keys,
            lane: input.settings.network == core ? input.record.payment.debtor.name : nil)
    }

    static func read(_ word: String) -> Heard {
        if word.hasPrefix("done ") {
            var learned = Payment()
            if case .money(let amount)? = FieldKind.money.value(from: String(word.dropFirst(5))) {
                learned.terms.transferAmount = amount
            }
            return Heard(.done, learned: learned)
        }
        switch word {
        case "done": return Heard(.done)
        case "pending": return Heard(.pending)
        case "refused": return Heard(.refused(Reason("creditorRefused", network: "model", foreign: "NO")))
        case "absent": return Heard(.absent(Reason("originalNotFound")))
        case "failed": return Heard(.failed("a failure of its own"))
        case "review": return Heard(.review(Reason("screeningRefused", detail: "a name on a list")))
        default: return Heard(.unknown("\(word) says nothing"))
        }
    }

    /// Configuration with the flow by the first word of the order's end-to-end id.
    static func world(
        near: Adapter = network(), far: Adapter = network(), core: Adapter = ams(), clock: Int64 = 20_000,
        alternates: [String] = [], silence: UnknownPolicy = .operatorDecides
    ) -> World {
        var directory = Directory()
        _ = directory.add(
            Directory.Line(agentKind: .bic, agent: "BANKKEXX", accountKind: "IBAN", account: "KE01"), for: listed)
        let listing = directory
        var world = World(
            flow: ModelFlows.named, pinnedFlow: { name, _ in ModelFlows.named(name) },
            route: { question in
                let flow = question.purpose ?? "outgoing"
                let target: RouteTarget =
                    flow == "refused" ? .refuse("routeNotPossible") : flow == "incoming" ? .onUs : .network(Model.far)
                return RouteDecision(
                    version: "r1", line: 1, target: flow == "on-us" ? .onUs : target, alternates: alternates,
                    flow: flow, note: "")
            },
            neighbours: { name, tenant, _ in
                let adapters = [
                    Model.near: near, Model.far: far, Model.core: core, Model.other: far, Model.screen: screening(),
                ]
                return adapters[name].map {
                    Neighbour(
                        adapter: $0, settings: AdapterSettings(network: name, tenant: tenant, values: [:]),
                        clockMilliseconds: clock, silence: silence)
                }
            },
            coreBank: { _ in Model.core })
        world.screening = { _ in Model.screen }
        world.directory = { _ in listing }
        world.isRetryable = { $0 == "creditorRefused" || $0 == "agentOffline" }
        return world
    }

    static func order(_ e2e: String, flow: String, amount: Money = ten(), debtor: String? = nil) -> Payment {
        var payment = Payment()
        payment.id.endToEnd = e2e
        payment.amount.settlement = amount
        payment.purpose = flow
        payment.debtor.name = debtor
        if flow == "bridge-offer" { payment.creditor.identifiers = [listed] }
        return payment
    }

    static func opening(
        _ e2e: String, flow: String, amount: Money = ten(), answerBy: Instant? = nil, hash: String = "h1",
        debtor: String? = nil, acknowledged: Bool = true
    ) -> Inbound {
        Inbound(
            .opens(flow == "lookup" ? .partyLookup : .transfer, order(e2e, flow: flow, amount: amount, debtor: debtor)),
            keys: [Correlation("\(near)/order", e2e)], message: "order", contentHash: hash,
            acknowledgement: acknowledged ? WireReply(status: 202) : nil, answerBy: answerBy)
    }

    static func takeUp(
        _ e2e: String, amount: Money = ten(), hash: String = "t1", until: Instant? = nil
    ) -> Inbound {
        var taken = order(e2e, flow: "incoming", amount: amount)
        taken.expiresAt = until.map { DateTime($0) }
        return Inbound(
            .takesUp(taken),
            keys: [Correlation("\(near)/transfer", e2e), Correlation("\(near)/order", e2e)], message: "transfer",
            contentHash: hash, acknowledgement: WireReply(status: 202))
    }

    static func enquiry(_ e2e: String) -> Inbound {
        Inbound(
            .asksStatus(Payment()), keys: [Correlation("\(near)/order", e2e)], message: "enquiry",
            acknowledgement: WireReply(status: 202))
    }

    static func telling(_ verb: Verb, _ e2e: String, _ word: String, network: String) -> Inbound {
        Inbound(
            .tells([verb], read(word)), keys: [Correlation("\(network)/\(verb.rawValue)", e2e)], message: "callback",
            acknowledgement: WireReply(status: 200))
    }
}

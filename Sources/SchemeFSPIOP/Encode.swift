import FormatJSON
import Payments

/// A step -> bytes.
struct Encoder {
    let bodies: Bodies

    func compose(_ input: ComposeInput) throws(Refusal) -> Composed {
        guard let config = FSPIOPConfig(input.settings) else {
            throw Refusal(.business, Reason("internalError"), says: "The network's settings are not valid")
        }
        let step = Step(input: input, config: config)
        switch (input.purpose, input.verb) {
        case (.ask, .lookup): return try lookup(step)
        case (.ask, .quote): return try quote(step)
        case (.ask, .send): return try send(step)
        case (.ask, .offer): return try offer(step)
        case (.ask, .accept): return try accept(step)
        case (.ask, .notify): return try notify(step)
        case (.query, .send), (.query, .accept): return try enquire(step)
        default:
            throw Refusal(
                .business, Reason("featureNotSupported"),
                says: "FSPIOP has no \(input.purpose) of \(input.verb.rawValue)")
        }
    }

    struct Step {
        let input: ComposeInput
        let config: FSPIOPConfig

        var payment: Payment { input.record.payment }
    }

    // MARK: - Payer's side

    private func lookup(_ step: Step) throws(Refusal) -> Composed {
        if step.payment.creditorAgent.fspId != nil {
            return Composed(.nothing("the payee's institution is known"), message: "GET /parties")
        }
        guard let party = Encoder.name(of: step.payment) else {
            throw Refusal(
                .business, Reason("identifierUnknown"), path: "creditor.identifiers[]", rule: "FSPIOP 1.1 §7.5.6",
                says: "The payee has no identifier that FSPIOP can look up")
        }
        let request = message("GET", .parties, party.path, to: nil, nil, step)
        // The answer names the party alone, and several payments may ask for one party at a time.
        var composed = Composed(.request(request), message: "GET /parties")
        composed.shared = [step.config.key(.party, party.key)]
        return composed
    }

    static func name(of payment: Payment) -> PartyName? {
        for identifier in payment.creditor.identifiers + payment.creditorAccount.identifiers {
            guard let kind = identifier.kind, PartyName.idTypes.contains(kind), let value = identifier.value else {
                continue
            }
            let name = PartyName(idType: kind, identifier: value, subId: identifier.subId)
            if name.problem == nil { return name }
        }
        return nil
    }

    /// POST /quotes without `expiration`, so that a further attempt under the same ids says the same (3106 else).
    private func quote(_ step: Step) throws(Refusal) -> Composed {
        var identity = IdentitySource(seed: step.input.entropy)
        var learned = Payment()
        learned.id.quote = step.payment.id.quote ?? identity.uuid()
        learned.id.schemeTransaction = step.payment.id.schemeTransaction ?? identity.uuid()
        learned.type.scenario = step.payment.type.scenario ?? "TRANSFER"
        learned.type.initiator = step.payment.type.initiator ?? "PAYER"
        learned.type.initiatorType = step.payment.type.initiatorType ?? "CONSUMER"
        let isBridge = step.input.record.flow?.name == "bridge"
        learned.type.amountType = isBridge ? "RECEIVE" : step.payment.type.amountType ?? "SEND"
        learned.debtorAgent.fspId = step.config.fspId
        var payment = step.payment
        payment.overlay(learned)
        let amount = payment.amount.settlement ?? payment.amount.instructed
        payment.amount.settlement = amount
        payment.amount.instructed = payment.amount.instructed ?? amount
        payment.expiresAt = nil
        Encoder.nameParties(&payment)
        let (body, losses) = try bodies.write(.quotesPost, payment)
        try BodyRules.quotesPost.check(body, "")
        let request = message("POST", .quotes, "/quotes", to: payment.creditorAgent.fspId, body, step)
        let id = learned.id.quote ?? ""
        return Composed(
            .request(request), message: "POST /quotes", learned: learned, keys: [step.config.key(.quote, id)],
            losses: losses)
    }

    /// FSPIOP knows a party by one identifier: an account's number stands in where the party itself has none.
    static func nameParties(_ payment: inout Payment) {
        func usable(_ party: Party, _ account: Account) -> [Identifier] {
            let all = party.identifiers + account.identifiers
            let known = all.filter { $0.kind.map(PartyName.idTypes.contains) ?? false }
            return Array((known.isEmpty ? all : known).prefix(1))
        }
        payment.creditor.identifiers = usable(payment.creditor, payment.creditorAccount)
        payment.debtor.identifiers = usable(payment.debtor, payment.debtorAccount)
    }

    /// POST /transfers. It expires before our own deadline, so that the hub's last word comes in time.
    private func send(_ step: Step) throws(Refusal) -> Composed {
        let config = step.config
        let now = step.input.now
        var payment = step.payment
        guard let terms = payment.terms.expiresAt?.instant, let payee = payment.creditorAgent.fspId else {
            throw Refusal(.business, Reason("quoteRefused"), says: "There are no terms to send the transfer under")
        }
        guard terms > now else {
            throw Refusal(.business, Reason("quoteExpired"), path: "terms.expiresAt", says: "The quote has expired")
        }
        let latest = min(
            step.input.deadline.adding(milliseconds: -config.marginMilliseconds),
            now.adding(milliseconds: config.transferMilliseconds))
        let expiry = min(latest, terms)
        guard expiry.milliseconds(since: now) >= config.marginMilliseconds else {
            throw Refusal(
                .business, Reason("timeoutInstructedAgent"), path: "expiration",
                says: "Too little time is left for the transfer")
        }
        var identity = IdentitySource(seed: step.input.entropy)
        var learned = Payment()
        learned.id.transfer = payment.id.transfer ?? identity.uuid()
        learned.expiresAt = DateTime(Instant(milliseconds: expiry.milliseconds))
        learned.debtorAgent.fspId = config.fspId
        payment.overlay(learned)
        payment.terms.transferAmount = payment.terms.transferAmount ?? payment.amount.settlement
        payment.amount.settlement = payment.terms.transferAmount
        payment.terms.fulfilment = nil
        let (body, losses) = try bodies.write(.transfersPost, payment)
        try BodyRules.transfersPost.check(body, "")
        let id = learned.id.transfer ?? ""
        return Composed(
            .request(message("POST", .transfers, "/transfers", to: payee, body, step)), message: "POST /transfers",
            learned: learned, keys: [config.key(.transfer, id)], losses: losses,
            answerBy: expiry.adding(milliseconds: config.marginMilliseconds))
    }

    // MARK: - Both sides

    /// GET /transfers/{ID}. For our own acceptance every second question is the stored PUT again: it may never have
    /// arrived, and the same bytes are safe (FSPIOP 1.1 §3.2.5).
    private func enquire(_ step: Step) throws(Refusal) -> Composed {
        let queries =
            step.input.record.steps.indices.contains(step.input.step)
            ? step.input.record.steps[step.input.step].queries : 0
        if step.input.verb == .accept, queries % 2 == 1, let asked = step.input.asked {
            return Composed(.request(asked), message: "PUT /transfers", answerBy: patience(step))
        }
        guard let id = step.payment.id.transfer else {
            throw Refusal(.business, Reason("internalError"), says: "The transfer has no id to ask for")
        }
        let counterpart =
            step.input.verb == .send ? step.payment.creditorAgent.fspId : step.payment.debtorAgent.fspId
        let request = message("GET", .transfers, "/transfers/\(id)", to: counterpart, nil, step)
        return Composed(
            .request(request), message: "GET /transfers", keys: [step.config.key(.transfer, id)],
            answerBy: patience(step))
    }

    private func patience(_ step: Step) -> Instant {
        step.input.now.adding(milliseconds: step.config.patchMilliseconds)
    }

    /// Keys sorted, compact: the bytes that every signature check of the network agrees on.
    func message(
        _ method: String, _ resource: Resource, _ path: String, to destination: String?, _ body: JSONValue?,
        _ step: Step
    ) -> WireRequest {
        let headers = Headers.outgoing(method, resource, to: destination, at: step.input.now, step.config)
        return WireRequest(method: method, path: path, headers: headers, body: body?.canonicalBytes ?? [])
    }
}

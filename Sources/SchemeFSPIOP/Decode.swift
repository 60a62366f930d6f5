import FormatJSON
import Payments

/// Bytes of the network -> meaning: headers, identity, path, form of the body, and what the message says.
struct Decoder {
    let bodies: Bodies

    func decode(_ request: WireRequest, _ context: InboundContext) throws(Refusal) -> Inbound {
        guard let config = FSPIOPConfig(context.settings) else {
            throw Refusal(.business, Reason("internalError"), says: "The network's settings are not valid")
        }
        let target = try Target(request)
        let headers = try Headers(request, target.resource, config, permitted: context.permittedSources)
        let message = Message(request: request, headers: headers, config: config, context: context)
        switch target {
        case .party(let party, let isError):
            if request.method == "GET" { return asks(party, message) }
            return isError ? try partyRefused(party, message) : try partyFound(party, message)
        case .quotes: return try quoteAsked(message)
        case .quote(let id, let isError):
            if request.method == "GET" { return enquiry(message, quote: id) }
            return isError ? try quoteRefused(id, message) : try quoteAnswered(id, message)
        case .transfers: return try transferOrdered(message)
        case .transfer(let id, let isError):
            switch request.method {
            case "GET": return enquiry(message, transfer: id)
            case "PATCH": return try transferNotified(id, message)
            default: return isError ? try transferRefused(id, message) : try transferAnswered(id, message)
            }
        }
    }

    /// A received message and what is known about it.
    struct Message {
        let request: WireRequest
        let headers: Headers
        let config: FSPIOPConfig
        let context: InboundContext

        /// Nothing to read in the acknowledgement: 202 for what will be answered, 200 for an answer.
        var acknowledgement: WireReply {
            WireReply(status: request.method == "GET" || request.method == "POST" ? 202 : 200)
        }

        /// Who says it, when it is a participant; the hub itself may speak about everything.
        var speaker: String? { headers.source == config.hubName ? nil : headers.source }
    }

    /// The body as a tree, its form checked, with the hash by which a repeat is recognised.
    func body(_ message: Message, _ form: Form) throws(Refusal) -> (json: JSONValue, hash: String) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(message.request.body, limits: .fspiop)
        } catch {
            throw Decoder.refusal(error)
        }
        try form.check(json, "")
        let hash = ContentHash.of(
            Array(message.headers.source.utf8), Array(message.request.method.utf8), json.canonicalBytes)
        return (json, hash)
    }

    private static func refusal(_ error: JSONError) -> Refusal {
        let code: String
        let canonical: String
        switch error.reason {
        case .documentTooLarge: (code, canonical) = (ErrorCode.tooLarge, "payloadTooLarge")
        case .tooManyMembers, .tooManyElements, .tooManyValues, .tooDeep:
            (code, canonical) = (ErrorCode.tooManyElements, "contentTooLong")
        default: (code, canonical) = (ErrorCode.malformed, "malformed")
        }
        var refusal = Refusal.fspiop(
            .schema, code, canonical, path: error.path, rule: "RFC 8259", says: "The body is no JSON - \(error)")
        refusal.line = error.line
        refusal.column = error.column
        return refusal
    }

    // MARK: - Parties

    private func asks(_ party: PartyName, _ message: Message) -> Inbound {
        var payment = Payment()
        payment.creditor.identifiers = [Identifier(party.idType, party.identifier, subId: party.subId)]
        payment.creditorAgent.fspId = message.config.fspId
        payment.debtorAgent.fspId = message.headers.source
        var identity = IdentitySource(seed: message.context.entropy)
        return Inbound(
            .opens(.partyLookup, payment), keys: [message.config.key(.lookup, identity.uuid())],
            message: "GET /parties", contentHash: ContentHash.of(Array(party.key.utf8)),
            acknowledgement: message.acknowledgement)
    }

    private func partyFound(_ party: PartyName, _ message: Message) throws(Refusal) -> Inbound {
        let (json, hash) = try body(message, BodyRules.party)
        let information = json.at("party.partyIdInfo")
        guard information?["partyIdType"]?.string == party.idType,
            information?["partyIdentifier"]?.string == party.identifier
        else {
            throw .invalid(
                .business, "party.partyIdInfo", "The party in the body is not the one in the path",
                rule: "FSPIOP 1.1 §6.3.4.1")
        }
        let named = information?["fspId"]?.string
        if let named, let speaker = message.speaker, named != speaker {
            throw .invalid(
                .identity, "party.partyIdInfo.fspId", "FSPIOP-Source \(speaker) cannot name the party of \(named)",
                rule: "FSPIOP 1.1 §6.3.4.1")
        }
        guard let fspId = named ?? message.speaker else { throw .missing("party.partyIdInfo.fspId") }
        let read = try bodies.read(.partiesPut, message.request.body)
        var learned = Payment()
        learned.creditor = read.creditor
        learned.creditor.identifiers = []
        learned.creditorAgent.fspId = fspId
        return answer([.lookup], Heard(.done, learned: learned), message, hash, [message.config.key(.party, party.key)])
    }

    private func partyRefused(_ party: PartyName, _ message: Message) throws(Refusal) -> Inbound {
        let (information, hash) = try error(message)
        return answer([.lookup], plainRefusal(information), message, hash, [message.config.key(.party, party.key)])
    }

    // MARK: - Quotes

    private func quoteAsked(_ message: Message) throws(Refusal) -> Inbound {
        let (json, hash) = try body(message, BodyRules.quotesPost)
        let config = message.config
        if let payerFsp = json.at("payer.partyIdInfo.fspId")?.string, payerFsp != message.headers.source {
            throw .invalid(
                .identity, "payer.partyIdInfo.fspId", "FSPIOP-Source cannot ask for a payer of \(payerFsp)",
                rule: "FSPIOP 1.1 §6.5.3.2")
        }
        if let payeeFsp = json.at("payee.partyIdInfo.fspId")?.string, payeeFsp != config.fspId {
            throw .fspiop(
                .business, ErrorCode.payeeUnknown, "creditorAgentUnknown", path: "payee.partyIdInfo.fspId",
                rule: "FSPIOP 1.1 §6.5.3.2", says: "Payee FSP ID not found - this is \(config.fspId)")
        }
        var payment = try bodies.read(.quotesPost, message.request.body)
        payment.debtorAgent.fspId = message.headers.source
        payment.creditorAgent.fspId = config.fspId
        payment.amount.settlement = payment.amount.settlement ?? payment.amount.instructed
        guard let quote = payment.id.quote, payment.amount.settlement?.isPositive == true else {
            throw .invalid(.business, "amount.amount", "The amount is zero", rule: "FSPIOP 1.1 §6.5.3.2")
        }
        let transaction = payment.id.schemeTransaction.map { [config.key(.transaction, $0)] } ?? []
        var inbound = Inbound(
            .opens(.transfer, payment), keys: [config.key(.quote, quote)], message: "POST /quotes", contentHash: hash,
            acknowledgement: message.acknowledgement, aliases: transaction, answerBy: payment.expiresAt?.instant)
        if let expiry = payment.expiresAt, expiry.instant <= message.context.now {
            inbound.untimely = .fspiop(
                .business, ErrorCode.quoteExpired, "quoteExpired", path: "expiration", rule: "FSPIOP 1.1 §6.5.3.2",
                says: "Quote expired at \(expiry.text), before it reached us")
        }
        return inbound
    }

    private func quoteAnswered(_ id: String, _ message: Message) throws(Refusal) -> Inbound {
        let (_, hash) = try body(message, BodyRules.quotesPut)
        let read = try bodies.read(.quotesPut, message.request.body)
        var learned = Payment()
        learned.terms = read.terms
        let heard: Heard
        if let wrong = Agreement.inconsistency(read.terms, quote: id, now: message.context.now) {
            heard = Heard(.refused(wrong))
        } else {
            heard = Heard(.done, learned: learned)
        }
        return answer([.quote], heard, message, hash, [message.config.key(.quote, id)])
    }

    private func quoteRefused(_ id: String, _ message: Message) throws(Refusal) -> Inbound {
        let (information, hash) = try error(message)
        return answer([.quote], plainRefusal(information), message, hash, [message.config.key(.quote, id)])
    }

    // MARK: - Shared

    func error(_ message: Message) throws(Refusal) -> (ErrorInformation, String) {
        let (_, hash) = try body(message, BodyRules.error)
        guard let information = ErrorInformation(message.request.body) else { throw .missing("errorInformation") }
        return (information, hash)
    }

    /// A refusal of a step without money. A code that no table lists decides nothing (law 6).
    private func plainRefusal(_ information: ErrorInformation) -> Heard {
        guard bodies.canonical(information.code) != nil else {
            return Heard(.unknown("error \(information.code) \(information.description)"))
        }
        return Heard(.refused(information.reason(bodies)))
    }

    /// Every answer and every error goes through here with its speaker's name: whether it counts is for
    /// `Agreement.verify` to say, which knows the payment.
    func answer(
        _ verbs: [Verb], _ heard: Heard, _ message: Message, _ hash: String, _ keys: [Correlation]
    ) -> Inbound {
        var heard = heard
        heard.learned.message.from.fspId = message.speaker
        let parts = message.request.path.split(separator: "/")
        let suffix = parts.count > 2 && parts.last == "error" ? "/error" : ""
        let name = "\(message.request.method) /\(parts.first ?? "")\(suffix)"
        return Inbound(
            .tells(verbs, heard), keys: keys, message: name, contentHash: hash,
            acknowledgement: message.acknowledgement)
    }

    private func enquiry(_ message: Message, quote: String? = nil, transfer: String? = nil) -> Inbound {
        var payment = Payment()
        payment.id.quote = quote
        payment.id.transfer = transfer
        payment.message.from.fspId = message.headers.source
        let config = message.config
        let key = transfer.map { config.key(.transfer, $0) } ?? config.key(.quote, quote ?? "")
        let resource = transfer == nil ? "quotes" : "transfers"
        return Inbound(
            .asksStatus(payment), keys: [key], message: "GET /\(resource)", acknowledgement: message.acknowledgement)
    }
}

extension JSONLimits {
    /// FSPIOP 1.1 §3.1.4: no message is longer than 5 242 880 bytes; no defined one is deeper than eight levels.
    static let fspiop = JSONLimits(documentBytes: 5_242_880, depth: 32, members: 200, elements: 1_000, values: 10_000)
}

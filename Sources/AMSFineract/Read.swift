import FormatJSON
import Payments

/// Fineract's answer -> what became of the step.
///
/// A command either commits with its answer or is rolled back with its error, so an error in Fineract's own envelope is
/// definite where its code is known; a broken or strange answer never is.
struct ReplyReader {
    let codes: Codes

    func read(_ reply: WireReply, _ input: ComposeInput) -> Heard {
        let exchange = Exchange(reply: reply, input: input, error: InteropError(reply.body))
        if input.verb == .validate, input.record.origin?.kind == .partyLookup { return named(exchange) }
        switch reply.status {
        case 200: return succeeded(exchange)
        case 401: return notRun(exchange, "the core bank does not know our user or tenant")
        case 403 where exchange.error?.isAuthorisation == true:
            return notRun(exchange, "our user lacks a right at the core bank")
        case 400, 403: return refused(exchange)
        case 404: return notFound(exchange)
        case 425: return Heard(.unknown("the core bank is still working on it"))
        case 429: return notRun(exchange, "the core bank has too many requests")
        case 409 where exchange.isReplayed, 500...599 where exchange.isReplayed: return failed(exchange)
        default: return Heard(.unknown(exchange.says))
        }
    }

    private struct Exchange {
        let reply: WireReply
        let input: ComposeInput
        let error: InteropError?

        var role: Role { Role(input.record, input.verb) }
        /// The stored result of an earlier request with this key: final for the key.
        var isReplayed: Bool { reply.header("x-served-from-cache")?.lowercased() == "true" }
        /// The code that was sent: on-us the credit has its own.
        var transferCode: String? {
            let id = input.record.payment.id
            return input.verb == .credit ? id.amsCredit ?? id.amsTransfer : id.amsTransfer
        }
        var movesMoney: Bool { input.verb.effect != .none }
        var says: String {
            guard let error else { return "HTTP \(reply.status)" }
            return "HTTP \(reply.status), \(error.specific)"
        }
    }

    // MARK: - 200

    private func succeeded(_ exchange: Exchange) -> Heard {
        guard let json = try? JSONValue.parse(exchange.reply.body, limits: .fineract) else {
            return Heard(.unknown("the core bank's answer is no JSON"))
        }
        if exchange.input.verb == .find || exchange.input.verb == .findCreditor { return found(json, exchange) }
        // Without a state the command may only be waiting for somebody's approval.
        guard json["state"]?.string == "ACCEPTED" else {
            let state = json["state"]?.string.flatMap { InteropError.isCode($0) ? $0 : nil }
            return Heard(.unknown("the core bank answered state \(state ?? "missing")"))
        }
        if exchange.input.verb == .validate { return quoted(json, exchange) }
        if let code = json["transferCode"]?.string, code != exchange.transferCode {
            return Heard(.unknown("the core bank answered for another transfer"))
        }
        return moved(exchange)
    }

    private func moved(_ exchange: Exchange) -> Heard {
        let isBooked = exchange.input.verb == .post || exchange.input.verb == .credit
        return Heard(.done, facts: isBooked ? [.posted] : [])
    }

    /// The list that is learned takes the old one's place, so it holds the old names too. GET /accounts tells state and
    /// currency as well.
    private func found(_ json: JSONValue, _ exchange: Exchange) -> Heard {
        guard let accountId = json["accountId"]?.string, !accountId.isEmpty else {
            return Heard(.unknown("the core bank named no account"))
        }
        if json["status"]?.string == "CLOSED" { return refused("creditorAccountClosed", "CLOSED", exchange) }
        let ordered = exchange.role.amount(exchange.input.record.payment)
        if let currency = json["currency"]?.string, let ordered, ordered.currency.code != currency {
            return refused("creditorCurrencyNotSupported", currency, exchange)
        }
        let known = exchange.role.account(exchange.input.record.payment)
        var account = Account()
        account.identifiers = known.identifiers.filter { $0.kind != "ACCOUNT_ID" }
        account.identifiers.append(Identifier("ACCOUNT_ID", accountId))
        var learned = Payment()
        exchange.role.learn(account, &learned)
        return Heard(.done, learned: learned)
    }

    /// The name of the account's holder. Whatever goes wrong here, the lookup is answered, without a name.
    private func named(_ exchange: Exchange) -> Heard {
        guard exchange.reply.status == 200,
            let json = try? JSONValue.parse(exchange.reply.body, limits: .fineract)
        else { return Heard(.done) }
        let parts = ["firstName", "middleName", "lastName"].compactMap { json[$0]?.string }
        let name = json["displayName"]?.string ?? parts.filter { !$0.isEmpty }.joined(separator: " ")
        var learned = Payment()
        if !name.isEmpty { learned.creditor.name = name }
        return Heard(.done, learned: learned)
    }

    private func quoted(_ json: JSONValue, _ exchange: Exchange) -> Heard {
        guard exchange.role == .payer, let fee = json["fspFee"], !fee.isNull else { return Heard(.done) }
        guard let text = fee["amount"]?.string ?? fee["amount"]?.number,
            let currency = fee["currency"]?.string.flatMap({ Currency($0) }),
            let money = ReplyReader.money(text, currency)
        else { return Heard(.unknown("the core bank's fee cannot be read")) }
        let ordered = exchange.role.amount(exchange.input.record.payment)
        guard ordered?.currency == currency || money.isZero else {
            return refused("currencyNotSupported", nil, exchange)
        }
        var learned = Payment()
        learned.terms.ownFee = money
        return Heard(.done, learned: learned)
    }

    /// Fineract's columns have six decimals, so zeros may follow beyond what money has.
    private static func money(_ text: String, _ currency: Currency) -> Money? {
        var digits = text[...]
        if digits.contains(".") {
            while digits.last == "0" { digits = digits.dropLast() }
            if digits.last == "." { digits = digits.dropLast() }
        }
        return try? Money(parsing: digits.utf8, currency: currency, rule: .fineract)
    }

    // MARK: - Errors

    /// The command did not run. For a first try that is as good as not sent; of an earlier try it says nothing.
    private func notRun(_ exchange: Exchange, _ why: String) -> Heard {
        Heard(exchange.input.purpose == .ask ? .unsent(why) : .unknown(why))
    }

    private func refused(_ exchange: Exchange) -> Heard {
        guard let error = exchange.error else { return Heard(.unknown(exchange.says)) }
        switch exchange.input.verb {
        case .reserve where error.contains(InteropCode.answersRepeatedPrepare): return Heard(.done)
        case .post where error.contains(InteropCode.answersRepeatedCreate),
            .credit where error.contains(InteropCode.answersRepeatedCreate):
            return moved(exchange)
        case .release: return Heard(.unknown(exchange.says))
        default: break
        }
        guard !error.contains(InteropCode.answersRepeatedCreate), !error.contains(InteropCode.answersRepeatedPrepare)
        else { return Heard(.unknown("the core bank says that the transfer is in another state: \(error.specific)")) }
        return mapped(error, exchange)
    }

    /// The most specific code that a row lists decides; one that none lists decides nothing (law 6). When money may
    /// have moved by an earlier try, only the stored answer to that try counts: to the repeat the core bank may say
    /// "too little money" because the hold stands.
    private func mapped(_ error: InteropError, _ exchange: Exchange) -> Heard {
        if exchange.movesMoney, exchange.input.purpose == .query, !exchange.isReplayed {
            return Heard(.unknown(exchange.says))
        }
        for code in error.codes.reversed() {
            guard let canonical = codes.canonical(code) else { continue }
            return refused(canonical, error.specific, exchange)
        }
        return Heard(.unknown(exchange.says))
    }

    private func refused(_ canonical: String, _ foreign: String?, _ exchange: Exchange) -> Heard {
        let named = exchange.role.named(canonical)
        return Heard(.refused(Reason(named, network: Fineract.name, foreign: foreign, detail: codes.says(named))))
    }

    private func notFound(_ exchange: Exchange) -> Heard {
        guard let error = exchange.error else { return Heard(.unknown(exchange.says)) }
        if exchange.input.verb == .release {
            guard error.contains(InteropCode.holdMissing) else { return Heard(.unknown(exchange.says)) }
            return released(exchange)
        }
        return mapped(error, exchange)
    }

    private static let noHold = "the core bank knows no such hold"

    /// After a RELEASE whose answer was lost: it has been released. To the first RELEASE the hold should have been
    /// there, so a person looks.
    private func released(_ exchange: Exchange) -> Heard {
        let step = exchange.input.step
        let steps = exchange.input.record.steps
        guard steps.indices.contains(step), steps[step].undos > 1, steps[step].doubt != ReplyReader.noHold else {
            return Heard(.unknown(ReplyReader.noHold))
        }
        return Heard(.done)
    }

    /// The key's stored result is an error of the server: the command was rolled back, and this key will never do more.
    /// That is no word about the payment, so it is asked anew under another key (law 2); should an earlier try have
    /// acted after all, Fineract knows the transfer by its code.
    private func failed(_ exchange: Exchange) -> Heard {
        Heard(.failed("the core bank keeps a failure of its own, \(exchange.says)"))
    }
}

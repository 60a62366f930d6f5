import Payments

/// A step -> a request of the interoperation API.
struct Encoder {
    let codes: Codes

    func compose(_ input: ComposeInput) throws(Refusal) -> Composed {
        guard let config = FineractConfig(input.settings) else {
            throw Refusal(.business, Reason("internalError"), says: "The core bank's settings are not valid")
        }
        let step = Step(input: input, config: config, role: Role(input.record, input.verb))
        switch input.verb {
        case .find, .findCreditor: return try find(step)
        case .validate where step.isLookup: return try kyc(step)
        case .validate: return try validate(step)
        case .reserve: return try reserve(step)
        case .release: return try release(step)
        case .post: return try post(step)
        case .credit: return try credit(step)
        default:
            throw Refusal(
                .business, Reason("featureNotSupported"), says: "A core bank has no \(input.verb.rawValue)")
        }
    }

    struct Step {
        let input: ComposeInput
        let config: FineractConfig
        let role: Role

        var payment: Payment { input.record.payment }
        /// Somebody asks whose account it is; no order follows.
        var isLookup: Bool { input.record.origin?.kind == .partyLookup }
    }

    // MARK: - Finding the account

    /// Whose account is it? By its own number GET /accounts, by any other name GET /parties. Needless where the order
    /// names the account itself.
    private func find(_ step: Step) throws(Refusal) -> Composed {
        let account = step.role.account(step.payment)
        if account.identifier("ACCOUNT_ID") != nil {
            return Composed(.nothing("the order names the account"), message: "GET /parties")
        }
        for identifier in step.role.party(step.payment).identifiers + account.identifiers {
            guard let kind = identifier.kind, let idType = codes.idType(kind), let value = identifier.value,
                PathSegment.isName(value), identifier.subId.map({ $0.isEmpty || PathSegment.isName($0) }) ?? true
            else { continue }
            let subId = identifier.subId ?? ""
            if idType == "ACCOUNT_ID", subId.isEmpty {
                return look("/interoperation/accounts/\(PathSegment.encode(value))", "GET /accounts", step)
            }
            let tail = subId.isEmpty ? "" : "/\(PathSegment.encode(subId))"
            return look("/interoperation/parties/\(idType)/\(PathSegment.encode(value))\(tail)", "GET /parties", step)
        }
        let unknown = step.role.named("creditorAccountUnknown")
        throw Refusal(
            .business, Reason(unknown), path: "identifiers[]", rule: "Fineract interoperation idType",
            says: "The \(step.role.rawValue.lowercased()) has no identifier that the core bank can look up")
    }

    /// GET /accounts/{id}/kyc: the holder's name, for the answer to a lookup. Fineract's account data has none.
    private func kyc(_ step: Step) throws(Refusal) -> Composed {
        guard let account = step.role.account(step.payment).identifier("ACCOUNT_ID"), PathSegment.isName(account) else {
            return Composed(.nothing("the account is not known"), message: "GET /accounts/kyc")
        }
        return look("/interoperation/accounts/\(PathSegment.encode(account))/kyc", "GET /accounts/kyc", step)
    }

    private func look(_ path: String, _ message: String, _ step: Step) -> Composed {
        let request = WireRequest(method: "GET", path: path, headers: headers(step, hasBody: false))
        return Composed(.request(request), message: message)
    }

    // MARK: - Orders

    /// POST /quotes: is the account there, open, in the currency, and (payer) is there enough money; and the bank's own
    /// fee. For a payee this is the only check there is: PREPARE looks at nothing.
    private func validate(_ step: Step) throws(Refusal) -> Composed {
        var identity = IdentitySource(seed: step.input.entropy)
        var learned = Payment()
        learned.id.amsTransaction = step.payment.id.amsTransaction ?? identity.uuid()
        var order = try InteropOrder(step.payment, step.role)
        order.name(transaction: learned.id.amsTransaction)
        order.name(quote: identity.uuid())
        return try request("/interoperation/quotes", "", .quote, "quotes", learned, step, order)
    }

    /// PREPARE: the hold. Each attempt has a transferCode of its own: a code that was released can't be held again.
    private func reserve(_ step: Step) throws(Refusal) -> Composed {
        var identity = IdentitySource(seed: step.input.entropy)
        var learned = Payment()
        learned.id.amsTransaction = step.payment.id.amsTransaction ?? identity.uuid()
        let transferCode = identity.uuid()
        learned.id.amsTransfer = transferCode
        return try transfer(.prepare, transferCode, learned, step)
    }

    /// RELEASE, the hold's undo.
    private func release(_ step: Step) throws(Refusal) -> Composed {
        guard let transferCode = step.payment.id.amsTransfer else {
            throw Refusal(.business, Reason("internalError"), says: "There is no hold to release")
        }
        return try transfer(.release, transferCode, Payment(), step)
    }

    /// CREATE for the payer: the hold becomes the debit. Fineract would debit after a RELEASE as well, so a hold that
    /// is not known to stand is never posted.
    private func post(_ step: Step) throws(Refusal) -> Composed {
        let record = step.input.record
        guard let hold = record.flow?.index(of: .reserve), record.steps.indices.contains(hold),
            record.steps[hold].state == .done, record.steps[hold].undos == 0,
            let transferCode = step.payment.id.amsTransfer
        else {
            throw Refusal(
                .business, Reason("internalError"), rule: "no CREATE after RELEASE",
                says: "The hold is not known to stand, so it is not posted")
        }
        return try transfer(.create, transferCode, Payment(), step)
    }

    /// CREATE for the payee: the deposit. The transferCode stays the same in every attempt: the core bank itself then
    /// refuses a second deposit.
    private func credit(_ step: Step) throws(Refusal) -> Composed {
        var identity = IdentitySource(seed: step.input.entropy)
        var learned = Payment()
        learned.id.amsTransaction = step.payment.id.amsTransaction ?? identity.uuid()
        // On-us the payment has a code already: that of the hold, which is the debit now.
        let isOnUs = step.input.record.flow?.index(of: .reserve) != nil
        let known = isOnUs ? step.payment.id.amsCredit : step.payment.id.amsTransfer
        let transferCode = known ?? identity.uuid()
        if isOnUs { learned.id.amsCredit = transferCode } else { learned.id.amsTransfer = transferCode }
        return try transfer(.create, transferCode, learned, step)
    }

    private func transfer(
        _ action: Action, _ transferCode: String, _ learned: Payment, _ step: Step
    ) throws(Refusal) -> Composed {
        var order = try InteropOrder(step.payment, step.role)
        order.name(transaction: step.payment.id.amsTransaction ?? learned.id.amsTransaction)
        order.name(transfer: transferCode)
        return try request(
            "/interoperation/transfers", "action=\(action.rawValue)", .transfer, action.rawValue, learned, step, order)
    }

    private func request(
        _ path: String, _ query: String, _ table: Codes.Table, _ name: String, _ learned: Payment, _ step: Step,
        _ order: InteropOrder
    ) throws(Refusal) -> Composed {
        let (body, losses) = try codes.write(table, order.payment)
        let request = WireRequest(
            method: "POST", path: path, query: query, headers: headers(step, hasBody: true), body: body)
        return Composed(
            .request(request), message: "POST \(name)", learned: learned, losses: losses, lane: order.accountId)
    }

    // MARK: - Headers

    private func headers(_ step: Step, hasBody: Bool) -> [WireHeader] {
        var headers = [
            WireHeader("Fineract-Platform-TenantId", step.config.tenantId),
            WireHeader("Accept", "application/json"),
        ]
        if hasBody {
            headers.append(WireHeader("Content-Type", "application/json"))
            headers.append(WireHeader(step.config.idempotencyHeader, Encoder.key(step)))
        }
        return headers
    }

    /// Of payment, verb and attempt: a repeat of the stored bytes has the same key, a new attempt after a failure that
    /// the server remembers has another. Fineract keeps 50 characters.
    /// A payment that goes to another network begins anew, with keys of its own.
    private static func key(_ step: Step) -> String {
        let record = step.input.record
        let plan = record.tried.count * 100
        let name = step.input.verb.rawValue.split(separator: ".").last ?? ""
        guard step.input.purpose == .undo, record.steps.indices.contains(step.input.step) else {
            return "\(record.id.text)-\(name)-\(step.input.attempt + plan)"
        }
        return "\(record.id.text)-\(name)-\(record.steps[step.input.step].undos + 1 + plan)"
    }
}

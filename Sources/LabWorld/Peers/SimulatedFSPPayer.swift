import FormatJSON

/// How a payment of a simulated FSP ended.
public struct HubPayment: Sendable, Equatable {
    public enum State: String, Sendable { case committed, refused, unknown }

    public var state: State
    /// The step that decided: `party`, `quote` or `transfer`.
    public var step: String
    public var transferId: String
    public var quoteId: String
    public var transactionId: String
    /// What left the payer's account; zero unless committed.
    public var transferAmount = LabAmount.zero
    public var payeeReceiveAmount: LabAmount?
    /// FSPIOP code of a refusal.
    public var errorCode: String?
    /// The name that the lookup gave.
    public var payeeName: String?
}

/// What a simulated FSP pays.
public struct HubPaymentOrder: Sendable {
    public var fromMSISDN: String
    public var toType = "MSISDN"
    public var toIdentifier: String
    public var amount: LabAmount
    public var currency: String
    /// `SEND` or `RECEIVE`.
    public var amountType = "SEND"
    public var note: String?
    /// Given to the transfer's expiration.
    public var expirySeconds = 10.0
    /// How long to wait for each callback.
    public var patienceSeconds = 10.0
    /// Sends the prepare a second time, same bytes.
    public var sendsTwice = false
    /// Sends an order with another condition first, under an id of its own.
    public var tampersFirst = false

    public init(from: String, to: String, amount: LabAmount, currency: String) {
        fromMSISDN = from
        toIdentifier = to
        self.amount = amount
        self.currency = currency
    }
}

extension SimulatedFSP {
    /// Puts this FSP on a listener of its own, speaking to the hub over HTTP; the caller stops the peer and registers
    /// its URL with the hub.
    public func serve(identity: LabIdentity, hubURL: String, port: Int = 0) async throws -> LabPeer {
        let peer = try LabPeer(name: fspId, identity: identity)
        peer.adopt(moods, as: fspId)
        try await peer.listen(port: port) { [weak self] request in
            guard let self else { return .close }
            return .reply(await self.respond(to: request))
        }
        connect { request in await peer.client.send(request, to: hubURL) }
        return peer
    }

    /// Looks up, asks for terms, checks them, transfers, and on silence asks the hub until it knows.
    public nonisolated func pay(_ order: HubPaymentOrder) async -> HubPayment {
        var payment = HubPayment(
            state: .refused, step: "party", transferId: FSPIOPRules.newIdentifier(),
            quoteId: FSPIOPRules.newIdentifier(), transactionId: FSPIOPRules.newIdentifier())
        let partyPath = "/parties/\(order.toType)/\(order.toIdentifier)"
        await forget(partyPath)
        let lookup = FSPIOPRules.message(
            "GET", partyPath, resource: "parties", source: fspId, destination: nil, body: nil)
        guard let party = await ask(lookup, path: partyPath, order: order, payment: &payment) else { return payment }
        payment.payeeName = party.at("party.name")?.string
        guard let payeeFsp = party.at("party.partyIdInfo.fspId")?.string else {
            journal.violation("PUT \(partyPath) names no FSP")
            return payment
        }
        payment.step = "quote"
        guard let quote = await askTerms(order, party: party, payeeFsp: payeeFsp, payment: &payment) else {
            return payment
        }
        payment.step = "transfer"
        await transfer(order, quote: quote, payeeFsp: payeeFsp, payment: &payment)
        return payment
    }

    private nonisolated func askTerms(
        _ order: HubPaymentOrder, party: JSONValue, payeeFsp: String, payment: inout HubPayment
    ) async -> JSONValue? {
        let path = "/quotes/\(payment.quoteId)"
        let body = JSONValue.members([
            "quoteId": .string(payment.quoteId), "transactionId": .string(payment.transactionId),
            "payee": party["party"],
            "payer": [
                "partyIdInfo": [
                    "partyIdType": "MSISDN", "partyIdentifier": .string(order.fromMSISDN), "fspId": .string(fspId),
                ]
            ],
            "amountType": .string(order.amountType), "amount": FSPIOPRules.money(order.amount, order.currency),
            "transactionType": ["scenario": "TRANSFER", "initiator": "PAYER", "initiatorType": "CONSUMER"],
            "note": order.note.map { .string($0) },
        ])
        let message = FSPIOPRules.message(
            "POST", "/quotes", resource: "quotes", source: fspId, destination: payeeFsp, body: body)
        guard let quote = await ask(message, path: path, order: order, payment: &payment) else { return nil }
        payment.payeeReceiveAmount = (quote.at("payeeReceiveAmount.amount")?.string).flatMap { LabAmount($0) }
        if let fault = termsFault(quote, order: order, payment: payment) {
            journal.violation("quote \(payment.quoteId) from \(payeeFsp): \(fault)")
            return nil
        }
        return quote
    }

    /// What a careful payer checks before it sends money.
    private nonisolated func termsFault(_ quote: JSONValue, order: HubPaymentOrder, payment: HubPayment) -> String? {
        guard let amount = (quote.at("transferAmount.amount")?.string).flatMap({ LabAmount.fspiop($0) }),
            quote.at("transferAmount.currency")?.string == order.currency
        else { return "no transferAmount" }
        if order.amountType == "SEND", amount > order.amount { return "\(amount) to transfer, \(order.amount) offered" }
        if order.amountType == "RECEIVE", payment.payeeReceiveAmount != order.amount { return "payee gets less" }
        guard let packet = quote["ilpPacket"]?.string, let paid = ILPVersion1.read(packet),
            let transaction = try? JSONValue.parse(paid.transaction)
        else { return "the packet cannot be read" }
        if paid.minorUnits != amount.minorUnits(decimals: LabAmount.decimals(of: order.currency)) {
            return "the packet says \(paid.minorUnits)"
        }
        if transaction["quoteId"]?.string != payment.quoteId { return "the packet is of another quote" }
        if transaction["transactionId"]?.string != payment.transactionId { return "packet of another transaction" }
        guard let until = (quote["expiration"]?.string).flatMap({ LabTime.parseISO($0) }), until > LabTime.now() else {
            return "expired terms"
        }
        return nil
    }

    private nonisolated func transfer(
        _ order: HubPaymentOrder, quote: JSONValue, payeeFsp: String, payment: inout HubPayment
    ) async {
        let amount = LabAmount(quote.at("transferAmount.amount")?.string ?? "") ?? .zero
        guard await hold(order.fromMSISDN, amount) else {
            payment.errorCode = "4000"
            return
        }
        let expiration = LabTime.now() + Int64(order.expirySeconds * 1000)
        let body = JSONValue.members([
            "transferId": .string(payment.transferId), "payerFsp": .string(fspId), "payeeFsp": .string(payeeFsp),
            "amount": quote["transferAmount"], "ilpPacket": quote["ilpPacket"], "condition": quote["condition"],
            "expiration": .string(LabTime.iso(expiration)),
        ])
        if order.tampersFirst { await tamper(body, order, payeeFsp: payeeFsp, payment) }
        let message = FSPIOPRules.message(
            "POST", "/transfers", resource: "transfers", source: fspId, destination: payeeFsp, body: body)
        if order.sendsTwice { _ = await send(message) }
        let path = "/transfers/\(payment.transferId)"
        var answer = await ask(message, path: path, order: order, payment: &payment)
        if answer == nil, payment.state == .unknown {
            let enquiry = FSPIOPRules.message(
                "GET", path, resource: "transfers", source: fspId, destination: nil, body: nil)
            answer = await ask(enquiry, path: path, order: order, payment: &payment)
        }
        let condition = quote["condition"]?.string ?? ""
        switch (answer?["transferState"]?.string, payment.state) {
        case ("COMMITTED", _):
            if !ILPVersion1.opens(condition, answer?["fulfilment"]?.string ?? "") {
                journal.violation("transfer \(payment.transferId) from \(payeeFsp): the fulfilment does not match")
            }
            payment.state = .committed
            payment.transferAmount = amount
            await settle(order.fromMSISDN, amount, paid: true)
        case ("ABORTED", _), (nil, .refused):
            payment.state = .refused
            await settle(order.fromMSISDN, amount, paid: false)
        default:
            payment.state = .unknown
        }
    }

    /// The order with a condition that nobody offered; it must be refused.
    private nonisolated func tamper(
        _ order: JSONValue, _ wanted: HubPaymentOrder, payeeFsp: String, _ payment: HubPayment
    ) async {
        let id = FSPIOPRules.newIdentifier()
        var body = order
        body["transferId"] = .string(id)
        body["condition"] = .string(Base64URL.encode(FSPIOPRules.digest(Array(id.utf8))))
        let message = FSPIOPRules.message(
            "POST", "/transfers", resource: "transfers", source: fspId, destination: payeeFsp, body: body)
        var ignored = payment
        if await ask(message, path: "/transfers/\(id)", order: wanted, payment: &ignored) != nil
            || ignored.state != .refused
        {
            journal.violation("an order that follows no offer was taken by \(payeeFsp)")
        }
    }

    /// Sends and waits for the callback: its body, or nil with the payment's state saying why.
    private nonisolated func ask(
        _ message: LabRequest, path: String, order: HubPaymentOrder, payment: inout HubPayment
    ) async -> JSONValue? {
        let outcome = await send(message)
        if case .replied(let reply) = outcome, reply.status != 202 {
            payment.state = .refused
            payment.errorCode =
                (try? JSONValue.parse(reply.body))?.at("errorInformation.errorCode")?.string ?? "\(reply.status)"
            return nil
        }
        let arrived = await journal.wait(seconds: order.patienceSeconds) {
            await self.answer(path) != nil
        }
        guard arrived, let callback = await answer(path) else {
            payment.state = .unknown
            return nil
        }
        let json = try? JSONValue.parse(callback.body)
        if callback.path.hasSuffix("/error") {
            payment.state = .refused
            payment.errorCode = json?.at("errorInformation.errorCode")?.string
            return nil
        }
        return json
    }

    private func answer(_ path: String) -> LabRequest? { heard[path + "/error"] ?? heard[path] }

    private func forget(_ path: String) {
        heard[path] = nil
        heard[path + "/error"] = nil
    }

    private func hold(_ msisdn: String, _ amount: LabAmount) -> Bool {
        guard let account = accounts[msisdn], account.balance - account.held >= amount else { return false }
        accounts[msisdn]?.held += amount
        return true
    }

    /// Ends a payment in doubt as the hub's report says: its amount leaves the account or is free again.
    func settle(_ msisdn: String, _ amount: LabAmount, paid: Bool) {
        accounts[msisdn]?.held -= amount
        if paid { accounts[msisdn]?.balance -= amount }
        journal.changed()
    }
}

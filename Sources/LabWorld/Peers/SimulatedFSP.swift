import FormatJSON

/// Another bank's or wallet's FSP on the hub: accounts by MSISDN, fees, own books, and moods of its own.
///
/// Verbs of its mood board: `party`, `quote`, `transfer` (as payee).
public actor SimulatedFSP {
    /// A customer's account.
    public struct Account: Sendable {
        public var name: String
        public var balance: LabAmount
        /// Part of the balance that payments in flight have taken already.
        public var held = LabAmount.zero
        public let currency: String
    }

    /// What this FSP does as payee.
    public struct Policy: Sendable {
        /// Taken from what the payee gets (amountType SEND) or added to what is transferred (RECEIVE).
        public var payeeFee = LabAmount.zero
        /// Answers RESERVED and credits on PATCH, instead of COMMITTED at once.
        public var asksForNotification = false
        /// How long a quote holds.
        public var quoteSeconds: Int64 = 60

        public init() {}
    }

    struct Offer {
        let terms: ILPVersion1.Terms
        let payer: String
        let msisdn: String
        let transferAmount: LabAmount
        let receiveAmount: LabAmount
        let currency: String
        let answer: LabRequest
        let hash: [UInt8]
    }

    struct Incoming {
        enum State { case promised, credited, refused, takenBack }
        let msisdn: String
        let amount: LabAmount
        let hash: [UInt8]
        let answer: LabRequest
        var state: State
    }

    public nonisolated let fspId: String
    public nonisolated let moods = MoodBoard()
    public nonisolated let journal = LabJournal()

    public internal(set) var accounts: [String: Account]
    public var policy: Policy
    let secret: [UInt8]
    var offers: [String: Offer] = [:]
    var incoming: [String: Incoming] = [:]
    /// Callbacks heard as payer, by path.
    var heard: [String: LabRequest] = [:]
    private var uplink: @Sendable (LabRequest) async -> LabOutcome = { _ in .failed("not connected") }

    public init(
        fspId: String, secret: String = "lab", accounts: [String: Account] = [:], policy: Policy = Policy()
    ) {
        self.fspId = fspId
        self.secret = Array(secret.utf8)
        self.accounts = accounts
        self.policy = policy
    }

    public var msisdns: [String] { accounts.keys.sorted() }

    /// Opens an account, also while the hub runs; the hub's lookup service must be told by `Hub.own`.
    public func open(msisdn: String, name: String, balance: LabAmount, currency: String) {
        accounts[msisdn] = Account(name: name, balance: balance, currency: currency)
    }

    public func setPolicy(_ policy: Policy) { self.policy = policy }

    /// Sum of all balances of a currency.
    public func total(currency: String) -> LabAmount {
        accounts.values.filter { $0.currency == currency }.reduce(.zero) { $0 + $1.balance }
    }

    /// The way to the hub: in process, or over HTTP.
    public func connect(_ send: @escaping @Sendable (LabRequest) async -> LabOutcome) { uplink = send }

    func send(_ message: LabRequest) async -> LabOutcome {
        var outgoing = message
        outgoing.commonName = fspId
        let outcome = await uplink(outgoing)
        journal.note(
            .sent, "\(message.method) /\(message.segments.first ?? "")",
            id: message.segments.dropFirst().joined(separator: "/"), party: "hub", status: outcome.status ?? 0)
        return outcome
    }

    // MARK: - Receiving

    /// One FSPIOP message from the hub.
    public func respond(to request: LabRequest) async -> LabReply {
        let segments = request.segments
        let resource = segments.first ?? ""
        let label = "\(request.method) /\(resource)"
        let id = segments.dropFirst().joined(separator: "/")
        let source = request.header("FSPIOP-Source") ?? ""
        do {
            _ = try FSPIOPRules.checkHeaders(request, resource: resource)
            let status = try receive(request, segments, source: source)
            journal.note(.received, label, id: id, party: source, status: status)
            return LabReply(status: status)
        } catch {
            journal.violation("\(label) \(id) from \(source): \(error.code) \(error.text)")
            journal.note(.received, label, id: id, party: source, status: error.status)
            return .json(error.status, error.body)
        }
    }

    private func receive(_ request: LabRequest, _ segments: [String], source: String) throws(FSPIOPFault) -> Int {
        switch (request.method, segments[0]) {
        case ("GET", "parties") where segments.count >= 3:
            describeParty(request, segments, source: source)
        case ("POST", "quotes"):
            try offer(request, source: source)
        case ("POST", "transfers"):
            try accept(request, source: source)
        case ("PUT", "transfers") where segments.count == 3 && incoming[segments[1]] != nil:
            takeBack(segments[1])
            return 200
        case ("PUT", "parties"), ("PUT", "quotes"), ("PUT", "transfers"):
            heard[request.path] = request
            journal.changed()
            return 200
        case ("PATCH", "transfers") where segments.count == 2:
            try learn(request, segments[1])
            return 200
        default:
            throw FSPIOPFault(status: 404, code: "3002", text: "Unknown URI - \(request.path)")
        }
        return 202
    }

    /// Calls back as the mood says.
    private func answer(_ message: LabRequest, mood: Mood) {
        if mood == .silent || mood == .lost || mood == .reset || mood == .resetAfter { return }
        Task {
            await pause(milliseconds: mood.delayBeforeMilliseconds + mood.delayAfterMilliseconds)
            _ = await self.send(message)
            if mood == .twice { _ = await self.send(message) }
        }
    }

    private func refusal(_ path: String, _ resource: String, to source: String, _ code: String, _ text: String)
        -> LabRequest
    {
        FSPIOPRules.message(
            "PUT", path + "/error", resource: resource, source: fspId, destination: source,
            body: FSPIOPFault(code: code, text: text).body)
    }

    private func describeParty(_ request: LabRequest, _ segments: [String], source: String) {
        let mood = moods.take("party")
        if case .error(let code) = mood {
            let code = code.isEmpty ? "3204" : code
            return answer(refusal(request.path, "parties", to: source, code, "Party not found"), mood: mood)
        }
        guard segments[1] == "MSISDN", let account = accounts[segments[2]] else {
            return answer(refusal(request.path, "parties", to: source, "3204", "Party not found"), mood: mood)
        }
        let identifier = mood == .lying ? segments[2] + "9" : segments[2]
        let party: JSONValue = [
            "party": [
                "partyIdInfo": [
                    "partyIdType": "MSISDN", "partyIdentifier": .string(identifier), "fspId": .string(fspId),
                ],
                "name": .string(account.name),
            ]
        ]
        answer(
            FSPIOPRules.message(
                "PUT", request.path, resource: "parties", source: fspId, destination: source, body: party),
            mood: mood)
    }

    private func offer(_ request: LabRequest, source: String) throws(FSPIOPFault) {
        let json = try FSPIOPRules.body(of: request, required: ["quoteId", "transactionId", "payee", "payer"])
        let quoteId = try FSPIOPRules.correlationId(json, "quoteId")
        let transactionId = try FSPIOPRules.correlationId(json, "transactionId")
        let (amount, currency) = try FSPIOPRules.money(json["amount"], "amount")
        let mood = moods.take("quote")
        let path = "/quotes/\(quoteId)"
        let hash = FSPIOPRules.contentHash(json)
        if let known = offers[transactionId] {
            if known.hash == hash { return answer(known.answer, mood: mood) }
            return answer(refusal(path, "quotes", to: source, "3106", "Modified request"), mood: mood)
        }
        if case .error(let code) = mood {
            let code = code.isEmpty ? "5100" : code
            return answer(refusal(path, "quotes", to: source, code, "Payee refuses the quote"), mood: mood)
        }
        let msisdn = json.at("payee.partyIdInfo.partyIdentifier")?.string ?? ""
        guard let account = accounts[msisdn] else {
            return answer(refusal(path, "quotes", to: source, "3204", "Party not found"), mood: mood)
        }
        guard account.currency == currency else {
            return answer(refusal(path, "quotes", to: source, "5106", "Unsupported currency"), mood: mood)
        }
        let adds = json["amountType"]?.string == "RECEIVE"
        var transferAmount = adds ? amount + policy.payeeFee : amount
        let receiveAmount = adds ? amount : amount - policy.payeeFee
        if mood == .lying { transferAmount = transferAmount + transferAmount }
        guard receiveAmount > .zero else {
            return answer(refusal(path, "quotes", to: source, "5200", "Amount below the fee"), mood: mood)
        }
        let expiration = LabTime.iso(LabTime.now() + policy.quoteSeconds * 1000)
        let terms = promise(json, quoteId, transactionId, transferAmount, currency, expiration)
        let body = JSONValue.members([
            "transferAmount": FSPIOPRules.money(transferAmount, currency),
            "payeeReceiveAmount": FSPIOPRules.money(receiveAmount, currency),
            "payeeFspFee": policy.payeeFee == .zero ? nil : FSPIOPRules.money(policy.payeeFee, currency),
            "expiration": .string(expiration), "ilpPacket": .string(terms.packet),
            "condition": .string(terms.condition),
        ])
        let reply = FSPIOPRules.message(
            "PUT", path, resource: "quotes", source: fspId, destination: source, body: body)
        offers[transactionId] = Offer(
            terms: terms, payer: source, msisdn: msisdn, transferAmount: transferAmount, receiveAmount: receiveAmount,
            currency: currency, answer: reply, hash: hash)
        answer(reply, mood: mood)
    }

    private func promise(
        _ quote: JSONValue, _ quoteId: String, _ transactionId: String, _ amount: LabAmount, _ currency: String,
        _ expiration: String
    ) -> ILPVersion1.Terms {
        let transaction = JSONValue.members([
            "quoteId": .string(quoteId), "transactionId": .string(transactionId), "payee": quote["payee"],
            "payer": quote["payer"], "amount": FSPIOPRules.money(amount, currency),
            "transactionType": quote["transactionType"], "expiration": .string(expiration), "note": quote["note"],
        ])
        let identifier = quote.at("payee.partyIdInfo.partyIdentifier")?.string ?? ""
        return ILPVersion1.terms(
            minorUnits: amount.minorUnits(decimals: LabAmount.decimals(of: currency)) ?? 0,
            account: ILPVersion1.account(fspId: fspId, type: "MSISDN", identifier: identifier),
            transaction: transaction.canonicalBytes, secret: secret)
    }

    private func accept(_ request: LabRequest, source: String) throws(FSPIOPFault) {
        let json = try FSPIOPRules.body(of: request, required: ["transferId", "ilpPacket", "condition", "expiration"])
        let id = try FSPIOPRules.correlationId(json, "transferId")
        let (amount, currency) = try FSPIOPRules.money(json["amount"], "amount")
        let path = "/transfers/\(id)"
        let mood = moods.take("transfer")
        let hash = FSPIOPRules.contentHash(json)
        if let known = incoming[id] {
            if known.hash == hash { return answer(known.answer, mood: mood) }
            return answer(refusal(path, "transfers", to: source, "3106", "Modified request"), mood: mood)
        }
        if mood == .lost { return }
        var refused: (code: String, text: String)?
        if case .error(let code) = mood {
            refused = (code.isEmpty ? "5104" : code, "Payee rejected the transaction")
        }
        let packet = json["ilpPacket"]?.string ?? ""
        let condition = json["condition"]?.string
        let offer = offers.values.first { $0.terms.packet == packet && $0.terms.condition == condition }
        if refused == nil, offer == nil || offer?.transferAmount != amount || offer?.currency != currency {
            journal.violation("transfer \(id) from \(source) does not follow a quote of \(fspId)")
            refused = ("5105", "The transfer follows no quote")
        }
        if let refused {
            let reply = refusal(path, "transfers", to: source, refused.code, refused.text)
            incoming[id] = Incoming(msisdn: "", amount: amount, hash: hash, answer: reply, state: .refused)
            return answer(reply, mood: mood)
        }
        guard let offer else { return }
        let fulfilment = mood == .lying ? Base64URL.encode(FSPIOPRules.digest(secret)) : offer.terms.fulfilment
        let body = JSONValue.members([
            "transferState": policy.asksForNotification ? "RESERVED" : "COMMITTED", "fulfilment": .string(fulfilment),
            "completedTimestamp": .string(LabTime.iso(LabTime.now())),
        ])
        let reply = FSPIOPRules.message(
            "PUT", path, resource: "transfers", source: fspId, destination: source, body: body)
        incoming[id] = Incoming(
            msisdn: offer.msisdn, amount: offer.receiveAmount, hash: hash, answer: reply, state: .promised)
        if !policy.asksForNotification { credit(id) }
        answer(reply, mood: mood)
    }

    private func credit(_ id: String) {
        guard let known = incoming[id], known.state == .promised else { return }
        accounts[known.msisdn]?.balance += known.amount
        incoming[id]?.state = .credited
        journal.changed()
    }

    /// The hub refused our fulfilment: the payee was not paid after all.
    private func takeBack(_ id: String) {
        guard let known = incoming[id] else { return }
        if known.state == .credited { accounts[known.msisdn]?.balance -= known.amount }
        if known.state != .refused { incoming[id]?.state = .takenBack }
        journal.changed()
    }

    /// What an FSP does that promised to pay and hears nothing more: it asks the hub, whose word this is.
    func learn(finalStates: [String: HubTransfer.State]) {
        for (id, known) in incoming where known.state == .promised {
            switch finalStates[id] {
            case .committed: credit(id)
            case .aborted: takeBack(id)
            default: break
            }
        }
    }

    private func learn(_ request: LabRequest, _ id: String) throws(FSPIOPFault) {
        let json = try FSPIOPRules.body(of: request, required: ["transferState", "completedTimestamp"])
        switch json["transferState"]?.string {
        case "COMMITTED": credit(id)
        case "ABORTED": takeBack(id)
        default: throw .malformed("transferState")
        }
    }
}

/// An instant-payment clearing: ISO 20022 XML posted over mutual TLS, settlement on its own accounts, final by
/// pacs.002.
///
/// Verbs of its mood board: `pacs.008` (from a participant), `pacs.028`, `pacs.002` (its final reports to a
/// participant), `settlement` (an error here rejects what the creditor agent has accepted). By their own name alone,
/// never as part of `all`: `message` (an error answers the next order by admi.002), `ids` (an error names the
/// identification that is wrong in the next report), `contradiction` (an error lets the opposite follow on the final
/// word), `early` (on a rail with messages of its own an error refuses the next order before it is taken).
public actor Clearing {
    public struct Settings: Sendable {
        /// Last segment of the participants' endpoint: BASE/iso20022/NAME.
        public var name = "rtp"
        /// How the clearing names itself as an agent.
        public var bic = "LABCZZ22XXX"
        public var currency = "USD"
        /// The rail's clock: how long a creditor agent may take to answer.
        public var answerClockMilliseconds = 10_000
        /// How long a participant may take to acknowledge a final report.
        public var finalTimeoutMilliseconds = 10_000
        /// Answers a pacs.008 with ACTC and posts the final pacs.002 afterwards, instead of answering ACSC at once.
        public var postsFinal = false
        /// Every answer, theirs and ours, is a message of its own; connections carry 202 and nothing else.
        public var isAsynchronous = false
        /// Asks a creditor agent that is silent when the clock has run out, and takes its word.
        public var asksWhenSilent = false
        /// Days that IntrBkSttlmDt may be away from today.
        public var settlementDays = 0

        public init() {}
    }

    struct Participant {
        let bic: String
        let commonName: String?
        let url: String?
        var settlement: LabAmount
        /// Credited to accounts at a simulated participant.
        var credited: [String: LabAmount] = [:]
        /// Accounts that a simulated participant refuses, with the reason.
        var refused: [String: String] = [:]
    }

    public nonisolated let peer: LabPeer
    public nonisolated let settings: Settings
    var participants: [String: Participant] = [:]
    var transactions: [String: ClearingTransaction] = [:]
    /// What creditor agents said in messages of their own, by transaction; and which of them were asked.
    var heard: [String: [ClearingAnswer]] = [:]
    var asking: Set<String> = []
    /// Messages of ours that participants could not read, in their words.
    public internal(set) var rejects: [String] = []
    /// The day on which this rail settles now, where it is not the day of UTC.
    private var ownDay: String?
    private var openingTotal = LabAmount.zero

    public init(identity: LabIdentity, settings: Settings = Settings()) throws {
        peer = try LabPeer(name: settings.name, identity: identity)
        self.settings = settings
    }

    public nonisolated var journal: LabJournal { peer.journal }
    public nonisolated var moods: MoodBoard { peer.moods }
    /// Base URL; participants post to `/iso20022` below it.
    public nonisolated var url: String { peer.url }

    public func start(port: Int = 0) async throws {
        try await peer.listen(port: port) { [weak self] request in
            await self?.respond(to: request) ?? .close
        }
    }

    public func stop() async { await peer.stop() }

    /// Admits a participant that is reached at `baseURL`/iso20022/NAME and speaks with this certificate.
    public func join(bic: String, baseURL: String, commonName: String, balance: LabAmount) {
        participants[bic] = Participant(bic: bic, commonName: commonName, url: baseURL, settlement: balance)
        openingTotal += balance
    }

    /// Admits a participant that lives inside the clearing and takes every account that it does not refuse.
    public func simulate(bic: String, balance: LabAmount, refused: [String: String] = [:]) {
        participants[bic] = Participant(bic: bic, commonName: nil, url: nil, settlement: balance, refused: refused)
        openingTotal += balance
    }

    /// From now on the rail settles on this day, `YYYY-MM-DD`, and takes no payment of another.
    public func settles(on day: String) { ownDay = day }

    var businessDay: String { ownDay ?? LabTime.isoDate(LabTime.now()) }

    /// From now on a simulated participant refuses this account with this reason, such as AC04.
    public func refuse(account: String, at bic: String, reason: String) {
        participants[bic]?.refused[account] = reason
    }

    // MARK: - Books

    public func settlementBalance(of bic: String) -> LabAmount { participants[bic]?.settlement ?? .zero }

    /// What an account at a simulated participant has received.
    public func credited(_ account: String, at bic: String) -> LabAmount {
        participants[bic]?.credited[account] ?? .zero
    }

    /// Every transaction that the clearing took on, in no order.
    public var allTransactions: [ClearingTransaction] { Array(transactions.values) }

    /// The transaction with this TxId between whatever agents; nil when there is none.
    public func transaction(txId: String) -> ClearingTransaction? {
        transactions.values.first { $0.txId == txId }
    }

    /// Settlement accounts add up to what was paid in, reservations included: zero in a right book.
    public var imbalance: LabAmount {
        let reserved = transactions.values.filter { $0.state == .pending }.reduce(LabAmount.zero) { $0 + $1.amount }
        return participants.values.reduce(.zero) { $0 + $1.settlement } + reserved - openingTotal
    }

    /// Takes the amount out of the debtor agent's settlement account until the outcome is known.
    func reserve(_ transaction: ClearingTransaction) {
        transactions[transaction.key] = transaction
        participants[transaction.payer]?.settlement -= transaction.amount
        journal.changed()
    }

    func settle(_ key: String) {
        guard var transaction = transactions[key], transaction.state == .pending else { return }
        transaction.state = .settled
        transactions[key] = transaction
        participants[transaction.creditorAgent]?.settlement += transaction.amount
        if participants[transaction.creditorAgent]?.url == nil {
            participants[transaction.creditorAgent]?.credited[transaction.creditorAccount, default: .zero] +=
                transaction.amount
        }
        journal.changed()
    }

    func reject(_ key: String, reason: String) {
        guard var transaction = transactions[key], transaction.state == .pending else { return }
        transaction.state = .rejected
        transaction.reason = reason
        transactions[key] = transaction
        participants[transaction.payer]?.settlement += transaction.amount
        journal.changed()
    }

    func noteFinal(_ key: String, delivered: Bool) {
        transactions[key]?.finalDelivered = delivered
        journal.changed()
    }

    func status(of transaction: ClearingTransaction) -> ISOMessages.Status {
        switch transaction.state {
        case .pending: .init(code: "PDNG")
        case .settled: .init(code: "ACSC")
        case .rejected: .init(code: "RJCT", reason: transaction.reason)
        }
    }

    // MARK: - Receiving

    /// One message that a participant posted.
    public func respond(to request: LabRequest) async -> LabAnswer {
        guard request.method == "POST", request.path == "/iso20022" else {
            journal.violation("\(request.method) \(request.path): the clearing takes POST /iso20022")
            return .reply(LabReply(status: 404))
        }
        let holders = participants.values.filter { $0.commonName == request.commonName && $0.url != nil }
        guard var sender = holders.first else {
            journal.violation("\(request.commonName ?? "nobody") is no participant")
            return .reply(LabReply(status: 403))
        }
        guard (request.header("Content-Type") ?? "").hasPrefix("application/xml") else {
            return refuse("Content-Type must be application/xml", status: 415, sender.bic, verb: "message")
        }
        guard let envelope = ISOMessages.read(request.body) else {
            return refuse("not a well-formed message with one Document", status: 400, sender.bic, verb: "message")
        }
        // One certificate may stand for several participants: then the message says for which.
        if let named = ISOMessages.agent(envelope.header?["Fr/FIId"]),
            let holder = holders.first(where: { $0.bic == named })
        {
            sender = holder
        }
        switch envelope.message {
        case ISOMessages.creditTransfer: return await take(envelope, from: sender.bic, hash: request.body)
        case ISOMessages.statusRequest: return await enquire(envelope, from: sender.bic)
        case ISOMessages.statusReport: return hear(envelope, from: sender.bic)
        case ISOMessages.messageReject: return hearReject(envelope, from: sender.bic)
        default:
            return refuse("\(envelope.message) is not taken here", status: 400, sender.bic, verb: envelope.message)
        }
    }

    func refuse(
        _ text: String, status: Int, _ bic: String, verb: String, related: String = "NOTPROVIDED"
    ) -> LabAnswer {
        journal.violation("\(verb) \(related) from \(bic): \(text)")
        journal.note(.received, verb, id: related, party: bic, status: status)
        return .reply(
            xml(ISOMessages.reject(text, related: related, from: settings.bic, to: bic), status: status))
    }

    /// An admi.002 without a broken rule behind it.
    func reject(_ text: String, status: Int, _ bic: String, related: String) async -> LabAnswer {
        let tree = ISOMessages.reject(text, related: related, from: settings.bic, to: bic)
        guard settings.isAsynchronous else { return .reply(xml(tree, status: status)) }
        return await answer(tree, to: bic, mood: .normal)
    }

    func xml(_ tree: XMLTree, status: Int = 200) -> LabReply {
        LabReply(
            status: status, headers: [("Content-Type", "application/xml; charset=utf-8")], body: tree.bytes)
    }

    private func enquire(_ envelope: ISOMessages.Envelope, from bic: String) async -> LabAnswer {
        let content = envelope.content
        let txId = content.text("TxInf/OrgnlTxId")
        let messageId = content.text("OrgnlGrpInf/OrgnlMsgId") ?? content.text("TxInf/OrgnlGrpInf/OrgnlMsgId")
        guard content.name == "FIToFIPmtStsReq", content.text("GrpHdr/MsgId") != nil, content.all("TxInf").count == 1,
            let txId, let messageId
        else {
            return refuse(
                "a status request names one OrgnlTxId and its OrgnlMsgId", status: 400, bic, verb: "pacs.028")
        }
        let mood = moods.take("pacs.028")
        if mood == .reset { return .close }
        await pause(milliseconds: mood.delayBeforeMilliseconds)
        journal.note(.received, "pacs.028", id: txId, party: bic, status: 200)
        let known = transactions.values.first {
            $0.txId == txId && $0.messageId == messageId && ($0.payer == bic || $0.creditorAgent == bic)
        }
        let asked = ClearingTransaction(
            unknown: txId, messageId: messageId, endToEndId: content.text("TxInf/OrgnlEndToEndId") ?? "NOTPROVIDED")
        var status = known.map { self.status(of: $0) } ?? ISOMessages.Status(code: "RJCT", reason: "NOOR")
        if case .error(let code) = mood { status = .init(code: "RJCT", reason: code.isEmpty ? "AB09" : code) }
        var about = known.map { named($0) } ?? asked
        if mood == .lying { about.txId = "OTHER" + txId.suffix(20) }
        return await answer(ISOMessages.report(about, status, from: settings.bic, to: bic), to: bic, mood: mood)
    }
}

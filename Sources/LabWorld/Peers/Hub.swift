import FormatJSON

/// A Mojaloop switch: account lookup, quotes, transfers and positions over FSPIOP 1.1, on one listener.
///
/// Verbs of its mood board: `party`, `partyAnswer`, `quote`, `quoteAnswer`, `quoteEnquiry`, `transfer`, `fulfil`,
/// `enquiry`.
public actor Hub {
    /// How this hub is run.
    public struct Settings: Sendable {
        /// The hub's own name in FSPIOP-Source.
        public var name = "switch"
        /// Between two scans for expired transfers; a production hub takes 15 s.
        public var timeoutScanMilliseconds = 15_000
        /// How long the hub waits for the HTTP answer of an FSP.
        public var sendTimeoutMilliseconds = 10_000

        public init() {}
    }

    /// A registered FSP.
    struct Participant {
        let fspId: String
        /// Common name of the certificate that may speak for it.
        let commonName: String
        let address: Address
        var netDebitCap: [String: LabAmount]
        /// What the FSP owes (positive) or is owed, reservations included, by currency.
        var position: [String: LabAmount] = [:]
    }

    enum Address {
        case url(String)
        case inside(SimulatedFSP)
    }

    public nonisolated let peer: LabPeer
    public nonisolated let settings: Settings

    var participants: [String: Participant] = [:]
    /// Oracle: `TYPE/identifier[/subId]` to the FSP that owns it.
    var owners: [String: String] = [:]
    var quotes: [String: HubQuote] = [:]
    var transfers: [String: HubTransfer] = [:]
    /// Callbacks that another one to the same FSP must overtake first.
    var heldBack: [String: [LabRequest]] = [:]
    /// Who has asked for a party, by the same key as `owners`.
    var lookups: [String: Set<String>] = [:]
    private var scan: Task<Void, Never>?

    public init(identity: LabIdentity, settings: Settings = Settings()) throws {
        peer = try LabPeer(name: settings.name, identity: identity)
        self.settings = settings
    }

    public nonisolated var journal: LabJournal { peer.journal }
    public nonisolated var moods: MoodBoard { peer.moods }
    public nonisolated var url: String { peer.url }

    /// Opens the listener and starts the timeout scan.
    public func start(port: Int = 0) async throws {
        try await peer.listen(port: port) { [weak self] request in
            await self?.respond(to: request) ?? .close
        }
        peer.offerReport { [weak self] name in await self?.report(of: name) ?? DayReport() }
        let interval = settings.timeoutScanMilliseconds
        scan = Task { [weak self] in
            while !Task.isCancelled {
                await pause(milliseconds: interval)
                if Task.isCancelled { return }
                await self?.expireTransfers()
            }
        }
    }

    public func stop() async {
        scan?.cancel()
        await peer.stop()
    }

    /// Admits an FSP whose callbacks go to `baseURL` and for which the holder of this certificate speaks.
    public func register(
        fspId: String, baseURL: String, commonName: String, netDebitCap: [String: LabAmount] = [:]
    ) {
        participants[fspId] = Participant(
            fspId: fspId, commonName: commonName, address: .url(baseURL), netDebitCap: netDebitCap)
    }

    /// Admits a simulated FSP that lives in this process; its accounts are made known to the lookup service.
    public func attach(_ fsp: SimulatedFSP, netDebitCap: [String: LabAmount] = [:]) async {
        participants[fsp.fspId] = Participant(
            fspId: fsp.fspId, commonName: fsp.fspId, address: .inside(fsp), netDebitCap: netDebitCap)
        for msisdn in await fsp.msisdns { own(type: "MSISDN", identifier: msisdn, fspId: fsp.fspId) }
        peer.adopt(fsp.moods, as: fsp.fspId)
        await fsp.connect { [weak self] request in
            guard let self else { return .failed("hub is gone") }
            return switch await self.respond(to: request) {
            case .reply(let reply), .half(let reply): .replied(reply)
            case .drip(let reply, _): .replied(reply)
            case .close, .never: .failed("no answer")
            }
        }
    }

    /// Tells the lookup service which FSP answers for an identifier.
    public func own(type: String, identifier: String, subId: String? = nil, fspId: String) {
        owners[Self.partyKey(type, identifier, subId)] = fspId
    }

    /// What the FSP owes the others (positive) in a currency, reservations included.
    public func position(of fspId: String, currency: String) -> LabAmount {
        participants[fspId]?.position[currency] ?? .zero
    }

    /// The sum of all positions less what is reserved: zero in a right book.
    public func imbalance(currency: String) -> LabAmount {
        let positions = participants.values.reduce(LabAmount.zero) { $0 + ($1.position[currency] ?? .zero) }
        let reserved = transfers.values.filter { $0.state == .reserved && $0.currency == currency }
        return positions - reserved.reduce(.zero) { $0 + $1.amount }
    }

    static func partyKey(_ type: String, _ identifier: String, _ subId: String?) -> String {
        type + "/" + identifier + (subId.map { "/" + $0 } ?? "")
    }

    // MARK: - Receiving

    /// One FSPIOP message from an FSP, however it came.
    public func respond(to request: LabRequest) async -> LabAnswer {
        let segments = request.segments
        let resource = segments.first ?? ""
        let source = request.header("FSPIOP-Source") ?? ""
        let label = "\(request.method) /\(resource)"
        let id = segments.dropFirst().joined(separator: "/")
        do {
            let minor = try admit(request, resource: resource, source: source)
            let verb = try Self.verb(request.method, segments)
            let mood = moods.take(verb)
            if mood == .reset { return .close }
            await pause(milliseconds: mood.delayBeforeMilliseconds)
            if case .busy(let seconds) = mood {
                journal.note(.received, label, id: id, party: source, status: 503)
                let fault = FSPIOPFault(status: 503, code: "2003", text: "Service currently unavailable")
                return .reply(.busy(seconds: seconds, fault.body))
            }
            let status = request.method == "PUT" || request.method == "PATCH" ? 200 : 202
            if mood != .lost { try handle(verb, request, source: source, minor: minor, mood: mood) }
            if mood == .callbackFirst { await calledBack(source, about: Self.subject(of: request)) }
            journal.note(.received, label, id: id, party: source, status: status)
            let reply = LabReply(status: status)
            return switch mood {
            case .resetAfter: .close
            case .halfBody: .half(reply)
            default: .reply(reply)
            }
        } catch {
            journal.violation("\(label) \(id) from \(source): \(error.code) \(error.text)")
            journal.note(.received, label, id: id, party: source, status: error.status)
            return .reply(.json(error.status, error.body, type: "\(FSPIOPRules.vendor)\(resource)+json;version=1.1"))
        }
    }

    /// What callbacks about a request will name: the id in its body, or the rest of its path.
    private static func subject(of request: LabRequest) -> String {
        let json = request.body.isEmpty ? nil : try? JSONValue.parse(request.body)
        return json?["transferId"]?.string ?? json?["quoteId"]?.string
            ?? request.segments.dropFirst().joined(separator: "/")
    }

    /// Returns when a callback about this has gone to the FSP, or after three seconds.
    private func calledBack(_ fspId: String, about id: String) async {
        let journal = self.journal
        _ = await journal.wait(seconds: 3) {
            journal.newest(200).contains { $0.direction == .sent && $0.party == fspId && $0.id.hasPrefix(id) }
        }
    }

    private func admit(_ request: LabRequest, resource: String, source: String) throws(FSPIOPFault) -> Int {
        guard ["parties", "quotes", "transfers"].contains(resource) else {
            throw FSPIOPFault(status: 404, code: "3002", text: "Unknown URI - \(request.path)")
        }
        let minor = try FSPIOPRules.checkHeaders(request, resource: resource)
        guard let participant = participants[source] else {
            throw FSPIOPFault(code: "3100", text: "Generic validation error - unknown FSPIOP-Source \(source)")
        }
        guard request.commonName == participant.commonName else {
            throw FSPIOPFault(
                status: 403, code: "3100",
                text: "Generic validation error - the certificate may not speak for \(source)")
        }
        return minor
    }

    private static func verb(_ method: String, _ segments: [String]) throws(FSPIOPFault) -> String {
        let isError = segments.last == "error"
        switch (method, segments[0], segments.count) {
        case ("GET", "parties", 3...4): return "party"
        case ("PUT", "parties", 3...5): return "partyAnswer"
        case ("POST", "quotes", 1): return "quote"
        case ("GET", "quotes", 2): return "quoteEnquiry"
        case ("PUT", "quotes", 2): return "quoteAnswer"
        case ("PUT", "quotes", 3) where isError: return "quoteAnswer"
        case ("POST", "transfers", 1): return "transfer"
        case ("GET", "transfers", 2): return "enquiry"
        case ("PUT", "transfers", 2): return "fulfil"
        case ("PUT", "transfers", 3) where isError: return "fulfil"
        default: throw FSPIOPFault(status: 405, code: "3000", text: "Generic client error - method not allowed")
        }
    }

    private func handle(
        _ verb: String, _ request: LabRequest, source: String, minor: Int, mood: Mood
    ) throws(FSPIOPFault) {
        let segments = request.segments
        switch verb {
        case "party": try lookUp(request, segments, source: source, mood: mood)
        case "partyAnswer": try answerLookUp(request, segments, source: source, mood: mood)
        case "quote": try quote(request, source: source, mood: mood)
        case "quoteAnswer": try answerQuote(request, segments, source: source, mood: mood)
        case "transfer": try prepare(request, source: source, mood: mood)
        case "quoteEnquiry": enquireQuote(segments[1], source: source, mood: mood)
        case "enquiry": enquire(segments[1], source: source, mood: mood)
        default:
            if segments.count == 3 {
                try abort(request, segments[1], source: source, mood: mood)
            } else {
                try fulfil(request, segments[1], source: source, minor: minor, mood: mood)
            }
        }
    }

    // MARK: - Sending

    /// Sends a message of the hub's own to an FSP without waiting for it, the way the mood says.
    func tell(_ fspId: String, _ message: LabRequest, mood: Mood) {
        if mood == .silent || mood == .lost { return }
        if mood == .reordered { return heldBack[fspId, default: []].append(message) }
        let overtaken = heldBack.removeValue(forKey: fspId) ?? []
        Task {
            await pause(milliseconds: mood.delayAfterMilliseconds)
            await self.deliver(message, to: fspId)
            if mood == .twice { await self.deliver(message, to: fspId) }
            for older in overtaken { await self.deliver(older, to: fspId) }
        }
    }

    /// A refusal as a callback: PUT …/error.
    func refuse(_ fspId: String, _ path: String, resource: String, _ fault: FSPIOPFault, mood: Mood = .normal) {
        tell(
            fspId,
            FSPIOPRules.message(
                "PUT", path + "/error", resource: resource, source: settings.name, destination: fspId,
                body: fault.body),
            mood: mood)
    }

    /// Passes a message on byte for byte, with its destination named, and holds the receiver to the protocol.
    @discardableResult
    func deliver(_ message: LabRequest, to fspId: String) async -> LabOutcome {
        guard let participant = participants[fspId] else { return .failed("unknown FSP \(fspId)") }
        var outgoing = message
        outgoing.setHeader("FSPIOP-Destination", fspId)
        outgoing.headers.removeAll { ["host", "content-length", "connection"].contains($0.name.lowercased()) }
        let outcome: LabOutcome
        switch participant.address {
        case .inside(let fsp):
            outgoing.commonName = settings.name
            outcome = .replied(await fsp.respond(to: outgoing))
        case .url(let base):
            outcome = await peer.client.send(outgoing, to: base, milliseconds: settings.sendTimeoutMilliseconds)
        }
        let segments = outgoing.segments
        journal.note(
            .sent, "\(message.method) /\(segments.first ?? "")", id: segments.dropFirst().joined(separator: "/"),
            party: fspId, status: outcome.status ?? 0)
        if case .replied(let reply) = outcome { judge(reply, to: message, from: fspId) }
        return outcome
    }

    private func judge(_ reply: LabReply, to message: LabRequest, from fspId: String) {
        let expected = message.method == "PUT" || message.method == "PATCH" ? 200 : 202
        if (200..<300).contains(reply.status), reply.status != expected || !reply.body.isEmpty {
            journal.violation(
                "\(fspId) answered \(message.method) \(message.path): \(reply.status), \(reply.body.count) bytes")
        } else if reply.status >= 300, message.method == "PUT" || message.method == "PATCH" {
            journal.violation("\(fspId) refused the callback \(message.method) \(message.path): \(reply.status)")
        }
    }

    /// Passes a request on; when the receiver cannot be reached or refuses it, its sender gets an error callback.
    func pass(_ message: LabRequest, to fspId: String, onFailure source: String, path: String, mood: Mood) {
        if mood == .silent { return }
        let resource = message.segments.first ?? ""
        Task {
            await pause(milliseconds: mood.delayAfterMilliseconds)
            let outcome = await self.deliver(message, to: fspId)
            if mood == .twice { await self.deliver(message, to: fspId) }
            let fault: FSPIOPFault
            switch outcome {
            case .replied(let reply) where reply.status < 300: return
            case .replied(let reply) where reply.status == 406:
                fault = FSPIOPFault(code: "3001", text: "Unacceptable version requested")
            case .replied(let reply):
                fault = FSPIOPFault(code: "3201", text: "Destination FSP Error - HTTP \(reply.status)")
            case .failed:
                fault = FSPIOPFault(code: "1001", text: "Destination communication error")
            }
            self.refuse(source, path, resource: resource, fault)
        }
    }
}

import FormatJSON

/// What the hub knows of one transfer.
public struct HubTransfer: Sendable {
    public enum State: String, Sendable { case reserved = "RESERVED", committed = "COMMITTED", aborted = "ABORTED" }

    public let id: String
    public let payer: String
    public let payee: String
    public let amount: LabAmount
    public let currency: String
    public let condition: String
    /// Milliseconds since 1970.
    public let expiration: Int64
    public internal(set) var state: State
    public internal(set) var fulfilment: String?
    public internal(set) var completedAt: Int64?
    /// FSPIOP code of what aborted it.
    public internal(set) var errorCode: String?
    /// The payee answered RESERVED and wants to be told the outcome.
    public internal(set) var payeeAsked = false

    let hash: [UInt8]
    var fulfilHash: [UInt8]?
    /// The last callback to the payer, to send again for the same request.
    var payerCallback: LabRequest?
}

/// Transfers: reservation, commit, abort, expiry. Every change of state moves positions in the same turn.
extension Hub {
    /// The transfer of this id; nil when the hub never reserved it.
    public func transfer(_ id: String) -> HubTransfer? { transfers[id] }

    /// Transfers of which this FSP is payer or payee, in no order.
    public func transfers(of fspId: String) -> [HubTransfer] {
        transfers.values.filter { $0.payer == fspId || $0.payee == fspId }
    }

    /// Waits until the transfer is committed or aborted.
    public nonisolated func waitForFinal(_ id: String, seconds: Double = 5) async -> HubTransfer? {
        _ = await journal.wait(seconds: seconds) {
            guard let transfer = await self.transfer(id) else { return false }
            return transfer.state != .reserved
        }
        return await transfer(id)
    }

    func prepare(_ request: LabRequest, source: String, mood: Mood) throws(FSPIOPFault) {
        let json = try FSPIOPRules.body(
            of: request, required: ["transferId", "payeeFsp", "payerFsp", "ilpPacket", "condition", "expiration"])
        let id = try FSPIOPRules.correlationId(json, "transferId")
        let (amount, currency) = try FSPIOPRules.money(json["amount"], "amount")
        let expiration = try FSPIOPRules.dateTime(json, "expiration")
        guard let condition = json["condition"]?.string, FSPIOPRules.isCondition(condition) else {
            throw .malformed("condition")
        }
        guard let packet = json["ilpPacket"]?.string, let payment = ILPVersion1.read(packet) else {
            throw .malformed("ilpPacket")
        }
        let hash = FSPIOPRules.contentHash(json)
        if let known = transfers[id] { return repeated(known, hash: hash, source: source) }
        let transfer = HubTransfer(
            id: id, payer: source, payee: json["payeeFsp"]?.string ?? "", amount: amount, currency: currency,
            condition: condition, expiration: expiration, state: .reserved, hash: hash)
        if let fault = refusal(of: transfer, json, payment, mood: mood) {
            return refuse(source, "/transfers/\(id)", resource: "transfers", fault)
        }
        transfers[id] = transfer
        participants[source]?.position[currency, default: .zero] += amount
        journal.changed()
        if mood == .silent { return }
        var message = request
        if mood == .lying {
            var other = json
            other["amount"] = FSPIOPRules.money(amount + amount, currency)
            message.body = other.canonicalBytes
        }
        let payee = transfer.payee
        Task {
            await pause(milliseconds: mood.delayAfterMilliseconds)
            await self.deliver(message, to: payee)
            if mood == .twice { await self.deliver(message, to: payee) }
        }
    }

    private func repeated(_ known: HubTransfer, hash: [UInt8], source: String) {
        guard known.hash == hash, known.payer == source else {
            journal.violation("transfer \(known.id) from \(source): same id, other content")
            let fault = FSPIOPFault(code: "3106", text: "Modified request - transfer \(known.id)")
            return refuse(source, "/transfers/\(known.id)", resource: "transfers", fault)
        }
        if let callback = known.payerCallback { tell(source, callback, mood: .normal) }
    }

    private func refusal(
        of transfer: HubTransfer, _ json: JSONValue, _ payment: ILPVersion1.Payment, mood: Mood
    ) -> FSPIOPFault? {
        if case .error(let code) = mood {
            return FSPIOPFault(code: code.isEmpty ? "2001" : code, text: "Internal server error")
        }
        let broken: String? =
            if json["payerFsp"]?.string != transfer.payer {
                "payerFsp is not FSPIOP-Source"
            } else if transfer.payee == transfer.payer {
                "payer and payee FSP are the same"
            } else if !transfer.amount.fits(decimals: 4) || transfer.amount == .zero {
                "amount"
            } else if transfer.expiration <= LabTime.now() {
                "expiration is in the past"
            } else if payment.minorUnits
                != transfer.amount.minorUnits(decimals: LabAmount.decimals(of: transfer.currency))
            {
                "the packet says \(payment.minorUnits), the transfer \(transfer.amount)"
            } else {
                nil
            }
        if let broken {
            journal.violation("transfer \(transfer.id) from \(transfer.payer): \(broken)")
            return FSPIOPFault(code: "3100", text: "Generic validation error - \(broken)")
        }
        guard participants[transfer.payee] != nil else {
            return FSPIOPFault(code: "3203", text: "Payee FSP ID not found")
        }
        let position = participants[transfer.payer]?.position[transfer.currency] ?? .zero
        if let cap = participants[transfer.payer]?.netDebitCap[transfer.currency], position + transfer.amount > cap {
            return FSPIOPFault(code: "4001", text: "Payer FSP insufficient liquidity")
        }
        return nil
    }

    func fulfil(
        _ request: LabRequest, _ id: String, source: String, minor: Int, mood: Mood
    ) throws(FSPIOPFault) {
        let json = try FSPIOPRules.body(of: request, required: ["transferState"])
        guard let state = json["transferState"]?.string,
            ["RECEIVED", "RESERVED", "COMMITTED", "ABORTED"].contains(state)
        else { throw .malformed("transferState") }
        if json["completedTimestamp"] != nil { _ = try FSPIOPRules.dateTime(json, "completedTimestamp") }
        let path = "/transfers/\(id)"
        guard let known = transfers[id] else {
            journal.violation("fulfil of \(id) from \(source): unknown transfer")
            let fault = FSPIOPFault(code: "3208", text: "Transfer ID not found")
            return refuse(source, path, resource: "transfers", fault)
        }
        let hash = FSPIOPRules.contentHash(json)
        if let fault = refusal(ofFulfil: known, json, hash: hash, source: source) {
            if fault.code != "3303" { journal.violation("fulfil of \(id) from \(source): \(fault.text)") }
            return refuse(source, path, resource: "transfers", fault)
        }
        if known.fulfilHash == hash {
            if known.payeeAsked, known.state != .reserved { notifyPayee(known, mood: mood) }
            return
        }
        transfers[id]?.fulfilHash = hash
        if state == "ABORTED" { return finish(id, .aborted, code: "5105", callback: request, mood: mood) }
        if known.expiration <= LabTime.now() {
            transfers[id]?.payeeAsked = state == "RESERVED"
            let fault = FSPIOPFault(code: "3303", text: "Transfer expired")
            return refuse(source, path, resource: "transfers", fault)
        }
        guard let fulfilment = json["fulfilment"]?.string, ILPVersion1.opens(known.condition, fulfilment) else {
            journal.violation("fulfil of \(id) from \(source): the fulfilment does not match the condition")
            let fault = FSPIOPFault(code: "3100", text: "Generic validation error - invalid fulfilment")
            refuse(source, path, resource: "transfers", fault)
            return finish(id, .aborted, code: fault.code, callback: errorCallback(known, fault), mood: .normal)
        }
        transfers[id]?.fulfilment = fulfilment
        transfers[id]?.payeeAsked = state == "RESERVED"
        if state == "RESERVED", minor < 1 {
            journal.violation("fulfil of \(id) from \(source): RESERVED in version 1.0 is never committed")
            return
        }
        commit(id, mood: mood)
    }

    private func refusal(
        ofFulfil known: HubTransfer, _ json: JSONValue, hash: [UInt8], source: String
    ) -> FSPIOPFault? {
        let rule = "Generic validation error - "
        guard known.payee.lowercased() == source.lowercased() else {
            return FSPIOPFault(code: "3100", text: rule + "\(source) is not the payee of \(known.id)")
        }
        if let first = known.fulfilHash, first != hash {
            return FSPIOPFault(code: "3106", text: "Modified request - fulfil of \(known.id)")
        }
        if known.fulfilHash == nil, known.state != .reserved {
            return FSPIOPFault(
                code: known.errorCode == "3303" ? "3303" : "3100",
                text: known.errorCode == "3303" ? "Transfer expired" : rule + "non-RESERVED transfer state")
        }
        return nil
    }

    private func commit(_ id: String, mood: Mood) {
        guard var known = transfers[id] else { return }
        if case .error(let code) = mood {
            let fault = FSPIOPFault(code: code.isEmpty ? "2001" : code, text: "Internal server error")
            return finish(id, .aborted, code: fault.code, callback: errorCallback(known, fault), mood: .normal)
        }
        let now = LabTime.now()
        known.completedAt = now
        transfers[id]?.completedAt = now
        if mood == .lying { known.fulfilment = Base64URL.encode(FSPIOPRules.digest(Array(id.utf8))) }
        finish(id, .committed, code: nil, callback: stateCallback(known, .committed), mood: mood)
    }

    /// The payee's refusal: PUT /transfers/{ID}/error.
    func abort(_ request: LabRequest, _ id: String, source: String, mood: Mood) throws(FSPIOPFault) {
        try checkError(request)
        guard let known = transfers[id], known.payee.lowercased() == source.lowercased() else {
            throw FSPIOPFault(code: "3208", text: "Transfer ID not found")
        }
        guard known.state == .reserved, known.fulfilHash == nil else {
            return journal.violation("\(source) refuses transfer \(id) that is \(known.state.rawValue) or fulfilled")
        }
        let code = (try? JSONValue.parse(request.body))?.at("errorInformation.errorCode")?.string
        finish(id, .aborted, code: code, callback: request, mood: mood)
    }

    /// The last change of state: positions move, the payer hears of it, and the payee when it asked.
    private func finish(_ id: String, _ state: HubTransfer.State, code: String?, callback: LabRequest, mood: Mood) {
        guard var known = transfers[id], known.state == .reserved else { return }
        known.state = state
        known.errorCode = code
        known.completedAt = known.completedAt ?? LabTime.now()
        known.payerCallback = callback
        transfers[id] = known
        let taker = state == .committed ? known.payee : known.payer
        participants[taker]?.position[known.currency, default: .zero] -= known.amount
        journal.changed()
        tell(known.payer, callback, mood: mood)
        if known.payeeAsked { notifyPayee(known, mood: mood == .lying ? .normal : mood) }
    }

    private func notifyPayee(_ known: HubTransfer, mood: Mood) {
        let body: JSONValue = [
            "completedTimestamp": .string(LabTime.iso(known.completedAt ?? LabTime.now())),
            "transferState": .string(known.state.rawValue),
        ]
        tell(
            known.payee,
            FSPIOPRules.message(
                "PATCH", "/transfers/\(known.id)", resource: "transfers", source: settings.name,
                destination: known.payee, body: body), mood: mood)
    }

    func stateCallback(_ known: HubTransfer, _ state: HubTransfer.State) -> LabRequest {
        var body: JSONValue = ["transferState": .string(state.rawValue)]
        if state == .committed, let fulfilment = known.fulfilment { body["fulfilment"] = .string(fulfilment) }
        if state != .reserved, let at = known.completedAt { body["completedTimestamp"] = .string(LabTime.iso(at)) }
        let source = state == .committed ? known.payee : settings.name
        return FSPIOPRules.message(
            "PUT", "/transfers/\(known.id)", resource: "transfers", source: source, destination: known.payer,
            body: body)
    }

    private func errorCallback(_ known: HubTransfer, _ fault: FSPIOPFault) -> LabRequest {
        FSPIOPRules.message(
            "PUT", "/transfers/\(known.id)/error", resource: "transfers", source: settings.name,
            destination: known.payer, body: fault.body)
    }

    func enquire(_ id: String, source: String, mood: Mood) {
        let path = "/transfers/\(id)"
        var fault: FSPIOPFault?
        if case .error(let code) = mood {
            fault = FSPIOPFault(code: code.isEmpty ? "2001" : code, text: "Internal server error")
        }
        let known = transfers[id].flatMap { [$0.payer, $0.payee].contains(source) ? $0 : nil }
        if known == nil { fault = fault ?? FSPIOPFault(code: "3208", text: "Transfer ID not found") }
        if let fault { return refuse(source, path, resource: "transfers", fault, mood: mood) }
        guard let known else { return }
        var message = stateCallback(known, mood == .lying ? .aborted : known.state)
        message.setHeader("FSPIOP-Source", settings.name)
        message.setHeader("FSPIOP-Destination", source)
        tell(source, message, mood: mood)
    }

    /// Aborts every reserved transfer whose time is over; the scan calls it, a test may call it with a time to come.
    /// - Parameter now: milliseconds since 1970; nil for the clock's.
    public func expireTransfers(now given: Int64? = nil) {
        let now = given ?? LabTime.now()
        for known in transfers.values where known.state == .reserved && known.expiration <= now {
            let fault = FSPIOPFault(code: "3303", text: "Transfer expired")
            finish(known.id, .aborted, code: fault.code, callback: errorCallback(known, fault), mood: .normal)
        }
    }
}

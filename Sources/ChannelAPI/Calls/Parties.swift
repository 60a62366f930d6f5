import FormatJSON
import Payments
import PaymentsEngine

/// Whose an identifier is, as a network tells it: a payment of kind `partyLookup` that moves no money.
extension Channel {
    func party(_ call: Call) async throws(Problem) -> ChannelReply {
        guard let kind = call.value(.identifierKind), identifierKinds.contains(kind) else {
            let known = identifierKinds.sorted().joined(separator: ", ")
            throw .malformed("the kind is one of \(known)", path: "/kind")
        }
        guard let value = call.value(.identifierValue), value.unicodeScalars.count <= 128,
            value.unicodeScalars.allSatisfy({ OrderNames.isText($0) })
        else { throw .malformed("the identifier is a text of 1 to 128 characters", path: "/value") }
        if kind == "IBAN", let fault = OrderNames.fault(iban: value) { throw .malformed("it \(fault)", path: "/value") }
        var payment = Payment()
        payment.creditor.identifiers = [Identifier(kind, value)]
        payment.type.scenario = "TRANSFER"
        // Every lookup is one of its own: what a network said yesterday may not hold today.
        let name = Correlation("\(Channel.network)/\(call.caller.tenant)/lookup", Channel.newName())
        let inbound = Inbound(
            .opens(.partyLookup, payment), keys: [name], message: "GET /v1/parties", contentHash: "",
            duplicate: DuplicateRule(sameContent: .replay, otherContent: .replay))
        switch await open(inbound, call) {
        case .busy(let why): throw Problem(.busy, "\(why). Repeat the request.")
        case .opened(let id), .repeated(let id), .otherContent(let id), .refusedRepeat(let id):
            let patience = wait(call) ?? limits.lookupMilliseconds
            await engine.waitForOutcome(of: id, until: engine.now.adding(milliseconds: patience))
            return try answer(kind, value, try await ownPage(id, call.caller).record)
        }
    }

    private func answer(_ kind: String, _ value: String, _ record: PaymentRecord) throws(Problem) -> ChannelReply {
        let creditor = record.payment.creditor
        var json = JSONValue.members([
            "kind": .string(kind), "value": .string(value), "lookup": .string(record.id.text),
            "network": record.network.map { .string($0) },
        ])
        switch record.outcome {
        case nil:
            return .json(202, json, headers: [WireHeader("Location", "/v1/payments/\(record.id)")])
        case .settled?:
            json["name"] = creditor.fullName.map { .string($0) }
            json["agent"] = Channel.agent(record.payment.creditorAgent)
            json["currency"] = record.payment.creditorAccount.currency.map { .string($0) }
            return .json(200, json)
        case .rejected?: throw refused(record)
        }
    }

    private func refused(_ record: PaymentRecord) -> Problem {
        let canonical = record.reason?.canonical ?? "other"
        let said = record.reason?.foreign.map { " (\($0))" } ?? ""
        let says = "\(canonical)\(said); lookup \(record.id) tells more"
        switch canonical {
        case "identifierUnknown", "creditorAccountUnknown", "creditorAccountClosed":
            return Problem(.partyNotFound, says, at: "/value")
        case _ where canonical.hasPrefix("timeout") || canonical == "noAnswerCreditor":
            return Problem(.noAnswer, says)
        default: return Problem(.lookupRefused, says)
        }
    }

    private static func agent(_ agent: Agent) -> JSONValue? {
        let json = JSONValue.members([
            "bic": agent.bic.map { .string($0) }, "fspId": agent.fspId.map { .string($0) },
            "clearingMember": agent.clearingMember.map { .string($0) },
        ])
        return json.object?.isEmpty == false ? json : nil
    }

    private static func newName() -> String {
        String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
    }
}

extension Party {
    /// The name as a person reads it.
    var fullName: String? {
        if let name { return name }
        let parts = [firstName, middleName, lastName].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }
}

import FormatJSON
import Payments

/// A payment -> what the screening service is asked about it.
struct Question {
    private let input: ComposeInput
    private let config: ScreenHTTPConfig

    init(_ input: ComposeInput) throws(Refusal) {
        guard input.verb == .screen else {
            throw Refusal(
                .business, Reason("featureNotSupported"), says: "A screening service has no \(input.verb.rawValue)")
        }
        guard let config = ScreenHTTPConfig(input.settings) else {
            throw Refusal(.business, Reason("internalError"), says: "The screening service's settings are not valid")
        }
        self.input = input
        self.config = config
    }

    func composed() -> Composed {
        let request = WireRequest(
            method: "POST", path: config.path,
            headers: [
                WireHeader("Content-Type", "application/json"), WireHeader("Accept", "application/json"),
                WireHeader("Idempotency-Key", "\(input.record.id.text)-\(input.attempt)"),
            ], body: body.bytes())
        return Composed(.request(request), message: "POST screen")
    }

    private var body: JSONValue {
        let record = input.record
        let payment = record.payment
        let amount = payment.amount.settlement ?? payment.amount.instructed
        return .members([
            "id": .string(record.id.text), "attempt": .integer(input.attempt),
            "tenant": .string(input.settings.tenant), "direction": .string(direction.rawValue),
            "kind": text(record.origin?.kind.rawValue), "origin": text(record.origin?.network),
            "network": text(record.network),
            "amount": amount.map { .string($0.decimal(atLeast: $0.currency.exponent)) },
            "currency": text(amount?.currency.code), "endToEndId": text(payment.id.endToEnd),
            "uetr": text(payment.id.uetr),
            "debtor": party(payment.debtor, payment.debtorAccount, payment.debtorAgent),
            "creditor": party(payment.creditor, payment.creditorAccount, payment.creditorAgent),
            "ultimateDebtor": party(payment.ultimateDebtor), "ultimateCreditor": party(payment.ultimateCreditor),
            "purpose": text(payment.purpose ?? payment.purposeProprietary),
            "remittance": list(payment.remittance.unstructured.map { .string($0) }),
        ])
    }

    /// Seen from the bank.
    private enum Direction: String { case outgoing, incoming, bridge, onUs }

    private var direction: Direction {
        let isOurs = input.record.origin?.network == "channel"
        switch (isOurs, input.record.network) {
        case (true, nil): return .onUs
        case (true, _): return .outgoing
        case (false, nil): return .incoming
        case (false, _): return .bridge
        }
    }

    private func party(_ party: Party, _ account: Account = Account(), _ agent: Agent = Agent()) -> JSONValue? {
        let parts = [party.firstName, party.middleName, party.lastName].compactMap { $0 }.joined(separator: " ")
        let name = party.name ?? account.name ?? (parts.isEmpty ? nil : parts)
        let shown = JSONValue.members([
            "name": text(name), "country": text(party.countryOfResidence ?? party.address.country),
            "dateOfBirth": text(party.dateOfBirth?.text), "countryOfBirth": text(party.countryOfBirth),
            "bic": text(party.bic), "lei": text(party.lei), "agent": institution(agent),
            "identifiers": list((party.identifiers + account.identifiers).map(identifier)),
        ])
        return shown.object?.isEmpty == false ? shown : nil
    }

    private func institution(_ agent: Agent) -> JSONValue? {
        let shown = JSONValue.members([
            "bic": text(agent.bic), "lei": text(agent.lei), "clearingMember": text(agent.clearingMember),
            "fspId": text(agent.fspId), "name": text(agent.name),
        ])
        return shown.object?.isEmpty == false ? shown : nil
    }

    private func identifier(_ identifier: Identifier) -> JSONValue {
        .members([
            "kind": text(identifier.kind), "value": text(identifier.value), "subId": text(identifier.subId),
        ])
    }

    private func list(_ elements: [JSONValue]) -> JSONValue? { elements.isEmpty ? nil : .array(elements) }
    private func text(_ text: String?) -> JSONValue? { text.map { .string($0) } }
}

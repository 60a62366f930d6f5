import Crypto
import FormatJSON
import Payments

/// Reads an order of a channel. A member that it does not know is an error: a misspelt name must not be lost.
///
///     {"amount": "100.00", "currency": "KES",
///      "debtor": {"name": "...", "account": {"kind": "ACCOUNT_ID", "value": "..."}},
///      "creditor": {"name": "...", "identifier": {"kind": "MSISDN", "value": "+254..."}, "agent": {"bic": "..."}},
///      "endToEndId": "...", "purpose": "...", "remittance": "..."}
struct OrderReader {
    struct Order {
        var payment: Payment
        var contentHash: String
    }

    let kinds: Set<String>

    func read(_ body: [UInt8]) throws(Problem) -> Order {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(body)
        } catch {
            throw .malformed("line \(error.line), column \(error.column): \(error.text)", path: error.path)
        }
        try known(json, "$", ["amount", "currency", "debtor", "creditor", "endToEndId", "purpose", "remittance"])
        var payment = Payment()
        payment.amount.settlement = try money(json)
        payment.id.endToEnd = try text(json, "endToEndId", at: "$", limit: 35)
        payment.purpose = try text(json, "purpose", at: "$", limit: 4)
        if let note = try text(json, "remittance", at: "$", limit: 140) { payment.remittance.unstructured = [note] }
        try debtor(json, &payment)
        try creditor(json, &payment)
        payment.type.scenario = "TRANSFER"
        payment.chargeBearer = "SLEV"
        let digest = SHA256.hash(data: json.canonicalBytes)
        return Order(
            payment: payment,
            contentHash: digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
    }

    private func debtor(_ json: JSONValue, _ payment: inout Payment) throws(Problem) {
        let debtor = try object(json, "debtor", at: "$")
        try known(debtor, "$.debtor", ["name", "account"])
        payment.debtor.name = try text(debtor, "name", at: "$.debtor", limit: 140)
        let account = try object(debtor, "account", at: "$.debtor")
        payment.debtorAccount.identifiers = [try identifier(account, "$.debtor.account")]
    }

    private func creditor(_ json: JSONValue, _ payment: inout Payment) throws(Problem) {
        let creditor = try object(json, "creditor", at: "$")
        try known(creditor, "$.creditor", ["name", "identifier", "account", "agent"])
        payment.creditor.name = try text(creditor, "name", at: "$.creditor", limit: 140)
        if let inner = creditor["identifier"] {
            payment.creditor.identifiers = [try identifier(inner, "$.creditor.identifier")]
        }
        if let inner = creditor["account"] {
            payment.creditorAccount.identifiers = [try identifier(inner, "$.creditor.account")]
        }
        guard creditor["identifier"] != nil || creditor["account"] != nil else {
            throw .invalid("name the creditor by identifier or account", at: "$.creditor")
        }
        guard let agent = creditor["agent"] else { return }
        try known(agent, "$.creditor.agent", ["bic", "fspId", "clearingMember"])
        payment.creditorAgent.bic = try text(agent, "bic", at: "$.creditor.agent", limit: 11)
        if let bic = payment.creditorAgent.bic, !OrderNames.isBIC(bic) {
            throw .invalid("is no BIC: 8 or 11 capitals and digits, such as FARBKENA", at: "$.creditor.agent.bic")
        }
        payment.creditorAgent.fspId = try text(agent, "fspId", at: "$.creditor.agent", limit: 32)
        payment.creditorAgent.clearingMember = try text(agent, "clearingMember", at: "$.creditor.agent", limit: 35)
    }

    private func money(_ json: JSONValue) throws(Problem) -> Money {
        guard let code = try text(json, "currency", at: "$", limit: 3) else {
            throw .invalid("is missing: write an ISO 4217 code", at: "$.currency")
        }
        guard let currency = Currency(code), currency.isListed else {
            throw .invalid("\(code) is not an ISO 4217 currency", at: "$.currency")
        }
        guard let digits = json["amount"]?.string else {
            throw .invalid("write the amount as a string of digits, such as \"12.50\"", at: "$.amount")
        }
        do throws(AmountRefusal) {
            return try Money(digits, currency, rule: .channel)
        } catch {
            throw .invalid("\(error)", at: "$.amount")
        }
    }

    private func identifier(_ json: JSONValue, _ path: String) throws(Problem) -> Identifier {
        try known(json, path, ["kind", "value", "subId"])
        guard let kind = try text(json, "kind", at: path, limit: 32), kinds.contains(kind) else {
            throw .invalid("write one of \(kinds.sorted().joined(separator: ", "))", at: path + ".kind")
        }
        guard let value = try text(json, "value", at: path, limit: 128) else {
            throw .invalid("is missing", at: path + ".value")
        }
        if kind == "IBAN", let fault = OrderNames.fault(iban: value) { throw .invalid(fault, at: path + ".value") }
        return Identifier(kind, value, subId: try text(json, "subId", at: path, limit: 128))
    }

    private func object(_ json: JSONValue, _ name: String, at path: String) throws(Problem) -> JSONValue {
        guard let inner = json[name] else { throw .invalid("is missing", at: "\(path).\(name)") }
        guard inner.object != nil else { throw .invalid("is not an object", at: "\(path).\(name)") }
        return inner
    }

    private func text(_ json: JSONValue, _ name: String, at path: String, limit: Int) throws(Problem) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.string, !text.isEmpty, text.unicodeScalars.count <= limit else {
            throw .invalid("is not a text of 1 to \(limit) characters", at: "\(path).\(name)")
        }
        guard text.unicodeScalars.allSatisfy({ OrderNames.isText($0) }) else {
            throw .invalid("holds characters that no message can carry", at: "\(path).\(name)")
        }
        return text
    }

    private func known(_ json: JSONValue, _ path: String, _ names: Set<String>) throws(Problem) {
        guard let object = json.object else { throw .invalid("is not an object", at: path) }
        for member in object where !names.contains(member.key) {
            throw .invalid(
                "is not known here; known are \(names.sorted().joined(separator: ", "))", at: "\(path).\(member.key)")
        }
    }
}

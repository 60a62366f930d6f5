import Crypto
import FormatJSON
import Payments

/// What the words of an order stand for in a payment.
enum PaymentOrder {
    /// The payer wants to see the terms before anything is held.
    static let confirmationRequired = "required"
}

/// Reads an order of a channel. A member that it does not know is an error: a misspelt name must not be lost.
///
///     {"amount": "100.00", "currency": "KES",
///      "debtor": {"name": "...", "account": {"kind": "ACCOUNT_ID", "value": "..."}},
///      "creditor": {"name": "...", "identifier": {"kind": "MSISDN", "value": "+254..."}, "agent": {"bic": "..."}},
///      "endToEndId": "...", "purpose": "...", "remittance": "...", "requestedExecutionDate": "2026-12-01",
///      "confirmation": "required"}
struct OrderReader {
    struct Order {
        var payment: Payment
        var contentHash: String
    }

    let kinds: Set<String>

    func read(_ bytes: [UInt8]) throws(Problem) -> Order {
        let body = try BodyReader(bytes)
        try body.known(
            "$",
            [
                "amount", "currency", "debtor", "creditor", "endToEndId", "purpose", "remittance", "confirmation",
                "requestedExecutionDate",
            ])
        let json = body.json
        var payment = Payment()
        payment.amount.settlement = try OrderReader.money(body)
        payment.id.endToEnd = try body.text(json, "endToEndId", at: "$", limit: 35)
        payment.purpose = try body.text(json, "purpose", at: "$", limit: 4)
        if let note = try body.text(json, "remittance", at: "$", limit: 140) {
            payment.remittance.unstructured = [note]
        }
        if let word = try body.text(json, "confirmation", at: "$", limit: 16) {
            guard word == PaymentOrder.confirmationRequired else {
                throw .invalid("write \"required\", or nothing", at: "$.confirmation")
            }
            payment.type.confirmation = word
        }
        if let text = try body.text(json, "requestedExecutionDate", at: "$", limit: 10) {
            guard let date = CivilDate(text) else {
                throw .invalid("is no date: write it as 2026-12-01", at: "$.requestedExecutionDate")
            }
            payment.requestedExecutionDate = date
        }
        try debtor(body, &payment)
        try creditor(body, &payment)
        payment.type.scenario = "TRANSFER"
        payment.chargeBearer = "SLEV"
        return Order(payment: payment, contentHash: OrderReader.hash(json))
    }

    /// SHA-256 of the content, whatever the order of its members.
    static func hash(_ json: JSONValue) -> String {
        SHA256.hash(data: json.canonicalBytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private func debtor(_ body: BodyReader, _ payment: inout Payment) throws(Problem) {
        let debtor = try body.object(body.json, "debtor", at: "$")
        try body.known(debtor, "$.debtor", ["name", "account"])
        payment.debtor.name = try body.text(debtor, "name", at: "$.debtor", limit: 140)
        let account = try body.object(debtor, "account", at: "$.debtor")
        payment.debtorAccount.identifiers = [try identifier(body, account, "$.debtor.account")]
    }

    private func creditor(_ body: BodyReader, _ payment: inout Payment) throws(Problem) {
        let creditor = try body.object(body.json, "creditor", at: "$")
        try body.known(creditor, "$.creditor", ["name", "identifier", "account", "agent"])
        payment.creditor.name = try body.text(creditor, "name", at: "$.creditor", limit: 140)
        if let inner = creditor["identifier"] {
            payment.creditor.identifiers = [try identifier(body, inner, "$.creditor.identifier")]
        }
        if let inner = creditor["account"] {
            payment.creditorAccount.identifiers = [try identifier(body, inner, "$.creditor.account")]
        }
        guard creditor["identifier"] != nil || creditor["account"] != nil else {
            throw .invalid("name the creditor by identifier or account", at: "$.creditor")
        }
        guard let agent = creditor["agent"] else { return }
        let path = "$.creditor.agent"
        try body.known(agent, path, ["bic", "fspId", "clearingMember"])
        payment.creditorAgent.bic = try body.text(agent, "bic", at: path, limit: 11)
        if let bic = payment.creditorAgent.bic, !OrderNames.isBIC(bic) {
            throw .invalid("is no BIC: 8 or 11 capitals and digits, such as FARBKENA", at: "\(path).bic")
        }
        payment.creditorAgent.fspId = try body.text(agent, "fspId", at: path, limit: 32)
        payment.creditorAgent.clearingMember = try body.text(agent, "clearingMember", at: path, limit: 35)
    }

    private static func money(_ body: BodyReader) throws(Problem) -> Money {
        guard let code = try body.text(body.json, "currency", at: "$", limit: 3) else {
            throw .invalid("is missing: write an ISO 4217 code", at: "$.currency")
        }
        guard let currency = Currency(code), currency.isListed else {
            throw .invalid("\(code) is not an ISO 4217 currency", at: "$.currency")
        }
        guard let digits = body.json["amount"]?.string else {
            throw .invalid("write the amount as a string of digits, such as \"12.50\"", at: "$.amount")
        }
        return try money(digits, currency)
    }

    static func money(_ digits: String, _ currency: Currency) throws(Problem) -> Money {
        do throws(AmountRefusal) {
            return try Money(digits, currency, rule: .channel)
        } catch {
            throw .invalid("\(error)", at: "$.amount")
        }
    }

    private func identifier(_ body: BodyReader, _ json: JSONValue, _ path: String) throws(Problem) -> Identifier {
        try body.known(json, path, ["kind", "value", "subId"])
        guard let kind = try body.text(json, "kind", at: path, limit: 32), kinds.contains(kind) else {
            throw .invalid("write one of \(kinds.sorted().joined(separator: ", "))", at: path + ".kind")
        }
        guard let value = try body.text(json, "value", at: path, limit: 128) else {
            throw .invalid("is missing", at: path + ".value")
        }
        if kind == "IBAN", let fault = OrderNames.fault(iban: value) { throw .invalid(fault, at: path + ".value") }
        return Identifier(kind, value, subId: try body.text(json, "subId", at: path, limit: 128))
    }
}

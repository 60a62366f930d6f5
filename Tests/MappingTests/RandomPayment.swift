import Mapping
import Payments

/// Payments at random from a seed: every field of a message's table, filled or not, with values that its network
/// allows.
struct RandomPayment {
    private var source: IdentitySource
    private let translator: Translator
    /// Lengths that the rows of a field allow; several rows leave what all allow.
    private var lengths: [String: ClosedRange<Int>] = [:]
    private var shapes: [String: String] = [:]

    init(seed: UInt64, _ translator: Translator) {
        source = IdentitySource(seed: seed)
        self.translator = translator
        for row in translator.coverage {
            guard let field = row.field else { continue }
            let words = row.form.split(separator: " ")
            if let range = words.first(where: { $0.contains("..") }) {
                let bounds = range.split(separator: ".").compactMap { Int($0) }
                let before = lengths[field] ?? 1...10_000
                lengths[field] = max(before.lowerBound, bounds[0])...min(before.upperBound, bounds[1], 60)
            }
            if let place = words.firstIndex(of: "as") { shapes[field] = String(words[place + 1]) }
        }
    }

    mutating func next() -> Payment {
        var payment = Payment()
        let said = Set(translator.fields)
        for list in PaymentFields.lists where list.name != "sideCar[]" {
            let fields = PaymentFields.inList(list.name).filter { said.contains($0.name) }
            guard !fields.isEmpty else { continue }
            for _ in 0..<below(list.name.hasSuffix("identifiers[]") ? 2 : 3) {
                list.append(&payment)
                for field in fields { fill(field, &payment) }
            }
        }
        let required = Set(translator.coverage.filter { $0.required }.compactMap(\.field))
        for field in PaymentFields.scalar where said.contains(field.name) {
            if required.contains(field.name) || below(3) > 0 { fill(field, &payment) }
        }
        complete(&payment)
        return payment
    }

    /// What holds between fields and no row says.
    private mutating func complete(_ payment: inout Payment) {
        let lists: [WritableKeyPath<Payment, [Identifier]>] = [
            \.debtor.identifiers, \.creditor.identifiers, \.debtorAccount.identifiers, \.creditorAccount.identifiers,
        ]
        for list in lists {
            for index in payment[keyPath: list].indices where payment[keyPath: list][index].kind == "IBAN" {
                payment[keyPath: list][index].value = "DE02120300000000202051"
            }
        }
        payment.message.count = payment.message.count.map { _ in 1 }
        // A case has a maker, whom no field names.
        payment.id.case = nil
        if translator.message.hasSuffix("acmt.024.001.02") { payment.status.code = below(2) == 0 ? "true" : "false" }
        if translator.message.contains("camt.029") {
            payment.status.groupCode = pick(["CNCL", "RJCR", "PDCR"])
            payment.status.code = pick(["ACCR", "RJCR", "PDCR"])
        }
        if translator.message.hasSuffix("admi.004.001.02") { payment.status.code = "E00\(below(10))" }
        if translator.message.hasPrefix("iso20022/pain.0"), payment.amount.instructed == nil {
            payment.amount.instructed = Money(units: 12_500_000, currency: Currency("EUR")!)
        }
        if translator.message.contains("pain.001"), payment.debtorAccount.identifiers.isEmpty {
            payment.debtorAccount.identifiers = [Identifier("IBAN", "DE02120300000000202051")]
        }
        if translator.message.hasPrefix("iso20022/pain.0") {
            payment.requestedExecutionDate = payment.requestedExecutionDate ?? CivilDate(dayNumber: 20_000)
        }
        if payment.debtor.identifiers.isEmpty { payment.debtor.identifiers = [Identifier("MSISDN", "254711")] }
        if payment.creditor.identifiers.isEmpty { payment.creditor.identifiers = [Identifier("ALIAS", "ada")] }
        if payment.debtorAgent.isEmpty { payment.debtorAgent.bic = "BANKDEFF" }
        if payment.creditorAgent.isEmpty { payment.creditorAgent.bic = "BANKDEFF" }
        payment.debtor.name = payment.debtor.name ?? "Ada"
        payment.creditor.name = payment.creditor.name ?? "Grace"
        if payment.status.originalMessage != nil { payment.status.originalMessageType = "pacs.008.001.08" }
        if payment.type.role != nil {
            payment.type.role = "PAYER"
            payment.debtorAccount.identifiers = [Identifier("ACCOUNT_ID", "a-1")]
            payment.creditorAccount.identifiers = []
        } else if translator.message.hasPrefix("fineract/") {
            payment.creditorAccount.identifiers = [Identifier("ACCOUNT_ID", "a-2")]
        }
        for agent in [\Payment.debtorAgent, \.creditorAgent, \.intermediaryAgent] {
            if payment[keyPath: agent].clearingMember == nil { payment[keyPath: agent].clearingSystem = nil }
        }
    }

    private mutating func fill(_ field: Field, _ payment: inout Payment) {
        let value: FieldValue
        switch field.kind {
        case .text:
            guard let text = text(field.name) else { return }
            value = .text(text)
        case .money:
            let units = Int128(below(1_000_000) + 1) * 1000
            value = .money(Money(units: units, currency: Currency("EUR")!)!)
        case .date: value = .date(CivilDate(dayNumber: Int64(below(30_000))))
        case .dateTime: value = .dateTime(DateTime(Instant(milliseconds: Int64(below(4_000_000_000_000)))))
        case .count: value = .count(1)
        }
        _ = field.set(&payment, value)
    }

    private mutating func text(_ name: String) -> String? {
        switch name.split(separator: ".").last.map(String.init) ?? "" {
        case "kind":
            return pick(["MSISDN", "EMAIL", "PERSONAL_ID", "BUSINESS", "ALIAS", "IBAN", "ACCOUNT_ID", "DEVICE"])
        case "scheme": return below(4) == 0 ? "CUST" : nil
        case "schemeProprietary": return below(4) == 0 ? "house" : nil
        case "bic": return pick(["BANKDEFF", "BANKKENAXXX"])
        case "lei": return "5493001KJTIIGC8Y1R12"
        case "country", "countryOfBirth", "countryOfResidence": return pick(["DE", "KE"])
        case "currency": return "EUR"
        case "uetr", "originalUetr": return source.uuid()
        case "phone": return "+49-3012345"
        case "method": return pick(["CLRG", "INDA"])
        case "priority", "instructionPriority": return pick(["HIGH", "NORM"])
        case "clearingChannel": return "RTGS"
        case "chargeBearer": return pick(["SLEV", "SHAR"])
        case "exchangeRate": return "1.25"
        case "possibleDuplicate": return "true"
        case "scenario": return pick(["TRANSFER", "PAYMENT"])
        case "type" where name.hasSuffix("address.type"): return "HOME"
        default: break
        }
        switch shapes[name] {
        case "uuid": return source.uuid()
        case "digits": return String(String(1000 + below(9000)).prefix(lengths[name]?.upperBound ?? 4))
        case "condition": return "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY"
        case "base64url": return "AYIBgQAAAAAAAASw"
        default: break
        }
        let range = lengths[name] ?? 1...20
        let letters = ["a", "B", "7", "ß", "ł", "&", "<", "\"", "漢", " x"]
        var text = "q"
        while text.unicodeScalars.count < range.upperBound, text.unicodeScalars.count < range.lowerBound || below(8) > 0
        {
            text += text.unicodeScalars.count + 2 <= range.upperBound ? pick(letters) : "z"
        }
        return text
    }

    private mutating func pick(_ values: [String]) -> String { values[below(values.count)] }
    private mutating func below(_ bound: Int) -> Int { Int(source.next() % UInt64(bound)) }
}

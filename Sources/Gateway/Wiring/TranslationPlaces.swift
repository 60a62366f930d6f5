import FormatJSON
import Mapping
import Payments
import SchemeFSPIOP

/// Puts what a payment says where the target looks for it, as the gateway does when it sends an order. Everything that
/// is put elsewhere is told.
struct TranslationPlaces {
    let tables: Tables
    let target: String
    private(set) var moved: [(from: String, to: String)] = []

    init(tables: Tables, target: String) {
        self.tables = tables
        self.target = target
    }

    mutating func place(_ payment: inout Payment) {
        openPacket(&payment)
        amounts(&payment)
        if target == "fspiop/quotes.post" {
            nameParties(&payment)
        } else if target == "fspiop/transfers.post", payment.terms.transferAmount == nil {
            payment.terms.transferAmount = payment.amount.settlement
            if payment.amount.settlement != nil { note("amount.settlement", "terms.transferAmount") }
        } else if target.hasPrefix("iso20022/pacs.008.") {
            nameAccounts(&payment)
            if payment.settlement.date == nil, let date = payment.requestedExecutionDate {
                payment.settlement.date = date
                note("requestedExecutionDate", "settlement.date")
            }
        } else if target.hasPrefix("iso20022/pain.001.") {
            nameAccounts(&payment)
            order(&payment)
        }
    }

    private mutating func note(_ from: String, _ to: String) { moved.append((from, to)) }

    private mutating func amounts(_ payment: inout Payment) {
        guard payment.amount.settlement == nil, payment.status.code == nil, !target.hasPrefix("iso20022/pain.001.")
        else {
            return
        }
        if let amount = payment.terms.transferAmount {
            payment.amount.settlement = amount
            note("terms.transferAmount", "amount.settlement")
        } else if let amount = payment.amount.instructed {
            payment.amount.settlement = amount
            // A rail says both; a hub has one amount.
            if target.hasPrefix("fspiop/") { payment.amount.instructed = nil }
            note("amount.instructed", "amount.settlement")
        }
    }

    /// How a customer pays by an order of ours; no field is for it, since other networks know no cheques.
    private static let method = SideCarEntry(path: "iso20022:PmtInf/PmtMtd", value: "TRF")

    /// A customer's order says the amount that is instructed, its day, and who orders.
    private mutating func order(_ payment: inout Payment) {
        if !payment.sideCar.contains(where: { $0.path == Self.method.path }) {
            payment.sideCar.append(Self.method)
            note("a credit transfer", "PmtInf/PmtMtd = TRF")
        }
        if payment.amount.instructed == nil, let amount = payment.amount.settlement ?? payment.terms.transferAmount {
            payment.amount.instructed = amount
            payment.amount.settlement = nil
            note("amount.settlement", "amount.instructed")
        }
        if payment.requestedExecutionDate == nil, let date = payment.settlement.date {
            payment.requestedExecutionDate = date
            payment.settlement.date = nil
            note("settlement.date", "requestedExecutionDate")
        }
        if payment.initiatingParty == Party(), payment.debtor.name != nil {
            payment.initiatingParty.name = payment.debtor.name
            note("debtor.name", "initiatingParty.name")
        }
    }

    /// FSPIOP knows a party by one identifier: an account's number stands in where the party itself has none.
    private mutating func nameParties(_ payment: inout Payment) {
        name(&payment, \.creditor, \.creditorAccount, "creditor")
        name(&payment, \.debtor, \.debtorAccount, "debtor")
    }

    private mutating func name(
        _ payment: inout Payment, _ party: WritableKeyPath<Payment, Party>,
        _ account: WritableKeyPath<Payment, Account>, _ side: String
    ) {
        let kinds = tables.mappings.codes.table("identifiers")
        // One whose kind is understood there as it is here; else one that has a code at all.
        func isExact(_ identifier: Identifier) -> Bool {
            let code = identifier.kind.flatMap { kinds?.code(for: $0, in: "fspiop") }
            return code.flatMap { kinds?.canonical(of: $0, in: "fspiop") } == identifier.kind && code != nil
        }
        func isKnown(_ identifier: Identifier) -> Bool {
            identifier.kind.map { kinds?.code(for: $0, in: "fspiop") != nil } ?? false
        }
        guard !payment[keyPath: party].identifiers.contains(where: isKnown),
            let index = payment[keyPath: account].identifiers.firstIndex(where: isExact)
                ?? payment[keyPath: account].identifiers.firstIndex(where: isKnown)
        else { return }
        payment[keyPath: party].identifiers = [payment[keyPath: account].identifiers.remove(at: index)]
        note("\(side)Account.identifiers[\(index)]", "\(side).identifiers[0]")
    }

    /// A rail knows a party by its account, and by a name in one piece.
    private mutating func nameAccounts(_ payment: inout Payment) {
        nameAccount(&payment, \.creditor, \.creditorAccount, "creditor")
        nameAccount(&payment, \.debtor, \.debtorAccount, "debtor")
    }

    private mutating func nameAccount(
        _ payment: inout Payment, _ party: WritableKeyPath<Payment, Party>,
        _ account: WritableKeyPath<Payment, Account>, _ side: String
    ) {
        var known = payment[keyPath: party]
        if payment[keyPath: account].identifiers.isEmpty, !known.identifiers.isEmpty {
            payment[keyPath: account].identifiers = known.identifiers
            known.identifiers = []
            note("\(side).identifiers[]", "\(side)Account.identifiers[]")
        }
        let parts = [known.firstName, known.middleName, known.lastName].compactMap { $0 }
        if known.name == nil, !parts.isEmpty {
            known.name = parts.joined(separator: " ")
            note("\(side).firstName, middleName, lastName", "\(side).name")
        }
        payment[keyPath: party] = known
    }

    // MARK: the packet of a transfer

    /// A transfer itself names institutions and an amount; who pays whom stands in its packet, in the words of a quote.
    private mutating func openPacket(_ payment: inout Payment) {
        guard target != "fspiop/transfers.post", payment.creditor == Party(), let packet = payment.terms.ilpPacket,
            let bytes = FSPIOP.transaction(ofPacket: packet), var transaction = try? JSONValue.parse(bytes),
            transaction.object != nil, let quotes = tables.mappings.translator("fspiop/quotes.post")
        else { return }
        // The packet does not say for whom the amount is fixed.
        if transaction["amountType"] == nil { transaction["amountType"] = "SEND" }
        guard let said = try? quotes.read(json: transaction.bytes()).payment else { return }
        var count = 0
        for field in PaymentFields.all where !field.name.contains("[") && field.name != "type.amountType" {
            guard field.get(payment, 0) == nil, let value = field.get(said, 0) else { continue }
            if field.set(&payment, value) { count += 1 }
        }
        for side in [\Payment.creditor, \Payment.debtor] where payment[keyPath: side].identifiers.isEmpty {
            payment[keyPath: side].identifiers = said[keyPath: side].identifiers
            count += payment[keyPath: side].identifiers.count
        }
        if payment.remittance.unstructured.isEmpty { payment.remittance.unstructured = said.remittance.unstructured }
        if count > 0 { note("terms.ilpPacket", "\(count) fields of the transaction in it") }
    }
}

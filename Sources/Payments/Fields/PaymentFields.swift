/// Every name of the canonical vocabulary, in one order for ever: the tables, the journal and the loss reports use it.
public enum PaymentFields {
    public static let all: [Field] = vocabulary.leaves.map {
        Field(name: $0.name, kind: $0.kind, list: $0.list, read: $0.get, set: $0.set)
    }
    /// By field, where its value lies.
    public static let places: [FieldPlace] = vocabulary.leaves.map { leaf in
        FieldPlace(
            offset: leaf.list == nil ? Int32(leaf.offset) : -1, kind: leaf.kind, part: Payment.Part.of(field: leaf.name)
        )
    }
    public static let lists: [FieldList] = vocabulary.lists.map {
        FieldList(name: $0.name, counts: $0.count, append: $0.append, removeAll: $0.removeAll)
    }

    public static func field(_ name: String) -> Field? { byName[name].map { all[$0] } }
    public static func list(_ name: String) -> FieldList? { listByName[name].map { lists[$0] } }
    /// The place of a field in `all`: a small number that compiled tables use.
    public static func index(_ name: String) -> Int? { byName[name] }

    private static let byName = Dictionary(
        all.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { _, _ in preconditionFailure("a field named twice") }
    )
    private static let listByName = Dictionary(
        lists.enumerated().map { ($1.name, $0) },
        uniquingKeysWith: { _, _ in preconditionFailure("a list named twice") })

    private static let vocabulary: Vocabulary<Payment> = {
        var fields = Vocabulary<Payment>()
        identifications(&fields)
        fields.part(
            "message", MessageHeader.vocabulary, see: { $0.pointee.messageBox.place }, change: { $1(&$0.message) })
        order(&fields)
        parties(&fields)
        fields.part(
            "terms", Terms.vocabulary, see: { $0.pointee.termsBox.place }, change: { $1(&$0.terms) })
        fields.part(
            "status", StatusReport.vocabulary, see: { $0.pointee.statusBox.place }, change: { $1(&$0.status) })
        fields.elements(
            "sideCar[]", { $0.pointee.sideCar }, { $1(&$0.sideCar) }, empty: SideCarEntry(path: "", value: ""),
            SideCarEntry.vocabulary)
        return fields
    }()

    private static func identifications(_ fields: inout Vocabulary<Payment>) {
        fields.text("id.instruction", \.id.instruction)
        fields.text("id.endToEnd", \.id.endToEnd)
        fields.text("id.transaction", \.id.transaction)
        fields.text("id.uetr", \.id.uetr)
        fields.text("id.clearingReference", \.id.clearingReference)
        fields.text("id.quote", \.id.quote)
        fields.text("id.schemeTransaction", \.id.schemeTransaction)
        fields.text("id.transfer", \.id.transfer)
        fields.text("id.amsTransaction", \.id.amsTransaction)
        fields.text("id.amsTransfer", \.id.amsTransfer)
        fields.text("id.amsCredit", \.id.amsCredit)
        fields.text("id.original", \.id.original)
        fields.text("id.batch", \.id.batch)
        fields.text("id.case", \.id.case)
        fields.text("id.request", \.id.request)
    }

    private static func order(_ fields: inout Vocabulary<Payment>) {
        fields.money("amount.settlement", \.amount.settlement)
        fields.money("amount.instructed", \.amount.instructed)
        fields.text("amount.exchangeRate", \.amount.exchangeRate)
        fields.text("settlement.method", \.settlement.method)
        fields.date("settlement.date", \.settlement.date)
        fields.text("settlement.clearingSystem", \.settlement.clearingSystem)
        fields.text("settlement.clearingSystemProprietary", \.settlement.clearingSystemProprietary)
        fields.text("settlement.priority", \.settlement.priority)
        fields.part(
            "type", PaymentType.vocabulary, see: { $0.pointee.typeBox.place }, change: { $1(&$0.type) })
        fields.text("chargeBearer", \.chargeBearer)
        fields.elements(
            "fees[]", { $0.pointee.fees }, { $1(&$0.fees) }, empty: Charge(), Charge.vocabulary)
        fields.text("purpose", \.purpose)
        fields.text("purposeProprietary", \.purposeProprietary)
        fields.texts(
            "remittance.unstructured[]", { $0.pointee.remittance.unstructured }, { $1(&$0.remittance.unstructured) })
        fields.text("remittance.creditorReference", \.remittance.creditorReference)
        fields.texts("regulatory[]", { $0.pointee.regulatory }, { $1(&$0.regulatory) })
        fields.dateTime("acceptedAt", \.acceptedAt)
        fields.dateTime("expiresAt", \.expiresAt)
        fields.date("requestedExecutionDate", \.requestedExecutionDate)
    }

    private static func parties(_ fields: inout Vocabulary<Payment>) {
        fields.part("debtor", Party.vocabulary, see: { $0.pointee.debtorBox.place }, change: { $1(&$0.debtor) })
        fields.part("creditor", Party.vocabulary, see: { $0.pointee.creditorBox.place }, change: { $1(&$0.creditor) })
        fields.part(
            "ultimateDebtor", Party.vocabulary, see: { $0.pointee.ultimateDebtorBox.place },
            change: { $1(&$0.ultimateDebtor) })
        fields.part(
            "ultimateCreditor", Party.vocabulary, see: { $0.pointee.ultimateCreditorBox.place },
            change: { $1(&$0.ultimateCreditor) })
        fields.part(
            "initiatingParty", Party.vocabulary, see: { $0.pointee.initiatingPartyBox.place },
            change: { $1(&$0.initiatingParty) })
        fields.part(
            "debtorAccount", Account.vocabulary, see: { $0.pointee.debtorAccountBox.place },
            change: { $1(&$0.debtorAccount) })
        fields.part(
            "creditorAccount", Account.vocabulary, see: { $0.pointee.creditorAccountBox.place },
            change: { $1(&$0.creditorAccount) })
        fields.part(
            "debtorAgent", Agent.vocabulary, see: { $0.pointee.debtorAgentBox.place }, change: { $1(&$0.debtorAgent) })
        fields.part(
            "creditorAgent", Agent.vocabulary, see: { $0.pointee.creditorAgentBox.place },
            change: { $1(&$0.creditorAgent) })
        fields.part(
            "intermediaryAgent", Agent.vocabulary, see: { $0.pointee.intermediaryAgentBox.place },
            change: { $1(&$0.intermediaryAgent) })
    }

}

extension Payment {
    /// Lays the fields that `other` fills over this payment: how an answer joins the payment it answers. A list that
    /// `other` fills takes the place of the one that stands here.
    public mutating func overlay(_ other: Payment) {
        PaymentFields.forEachFilledList(of: other) { list, count in
            PaymentFields.lists[list].removeAll(&self)
            let fields = PaymentFields.inList(PaymentFields.lists[list].name)
            for index in 0..<count {
                PaymentFields.lists[list].append(&self)
                for field in fields {
                    if let value = field.get(other, index) { _ = field.set(&self, value) }
                }
            }
        }
        PaymentFields.forEachScalar(of: other) { field, value in _ = PaymentFields.places[field].set(&self, value) }
    }

    /// The field's value outside of lists, by name. An unknown name is a defect of the caller.
    public func value(_ name: String) -> FieldValue? {
        guard let field = PaymentFields.field(name) else { preconditionFailure("no field \(name)") }
        return field.get(self, 0)
    }
}

extension PaymentFields {
    /// The fields that stand outside of lists.
    public static let scalar: [Field] = all.filter { $0.list == nil }
    /// The fields of one list's element.
    public static func inList(_ name: String) -> [Field] { byList[name] ?? [] }

    /// Every value outside of lists by its field's place in `all`, and in that order; untouched parts are passed over
    /// as a whole.
    public static func forEachScalar(of payment: borrowing Payment, _ body: (Int, FieldValue) -> Void) {
        withUnsafePointer(to: payment) { payment in
            forEachPlace(in: payment) { index, place, kind in
                if let value = kind.value(at: place) { body(index, value) }
            }
        }
    }

    /// By list, the part of a payment that it stands in.
    private static let listParts: [Payment.Part?] = lists.map { Payment.Part.of(field: $0.name) }

    /// The lists that have elements, by their places in `lists`, and how many.
    public static func forEachFilledList(of payment: borrowing Payment, _ body: (_ list: Int, _ count: Int) -> Void) {
        withUnsafePointer(to: payment) { payment in
            for list in lists.indices {
                if let part = listParts[list], !Payment.isTouched(part, of: payment) { continue }
                let count = lists[list].counts(payment)
                if count > 0 { body(list, count) }
            }
        }
    }

    /// The fields outside of lists that have a value, of a payment where it lies, by their places in `all`.
    public static func forEachPresent(in payment: UnsafePointer<Payment>, _ body: (Int) -> Void) {
        forEachPlace(in: payment) { index, place, kind in
            if kind.isThere(at: place) { body(index) }
        }
    }

    @inline(__always)
    private static func forEachPlace(
        in payment: UnsafePointer<Payment>, _ body: (Int, UnsafeRawPointer, FieldKind) -> Void
    ) {
        places.withUnsafeBufferPointer { places in
            for run in runs {
                if let part = run.part, !Payment.isTouched(part, of: payment) { continue }
                let part = Payment.place(of: run.part, in: payment)
                for index in run.fields { body(index, part + Int(places[index].offset), places[index].kind) }
            }
        }
    }

    /// Neighbours in `all` that stand in one part of a payment and in no list.
    private static let runs: [(part: Payment.Part?, fields: Range<Int>)] = {
        var runs: [(part: Payment.Part?, fields: Range<Int>)] = []
        for index in places.indices where places[index].isThere {
            let part = places[index].part
            if let last = runs.last, last.part == part, last.fields.upperBound == index {
                runs[runs.count - 1].fields = last.fields.lowerBound..<index + 1
            } else {
                runs.append((part, index..<index + 1))
            }
        }
        return runs
    }()

    private static let byList = Dictionary(grouping: all.filter { $0.list != nil }, by: { $0.list ?? "" })
}

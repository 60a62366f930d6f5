/// Every name of the canonical vocabulary, in one order for ever: the tables, the journal and the loss reports use it.
public enum PaymentFields {
    public static let all: [Field] = vocabulary.leaves.map {
        Field(name: $0.name, kind: $0.kind, list: $0.list, get: $0.get, set: $0.set)
    }
    public static let lists: [FieldList] = vocabulary.lists.map {
        FieldList(name: $0.name, count: $0.count, append: $0.append, removeAll: $0.removeAll)
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
        header(&fields)
        order(&fields)
        parties(&fields)
        terms(&fields)
        status(&fields)
        fields.elements(
            "sideCar[]", { $0.sideCar }, { $1(&$0.sideCar) }, empty: SideCarEntry(path: "", value: ""),
            SideCarEntry.vocabulary)
        return fields
    }()

    private static func identifications(_ fields: inout Vocabulary<Payment>) {
        fields.text("id.instruction", { $0.id.instruction }, { $0.id.instruction = $1 })
        fields.text("id.endToEnd", { $0.id.endToEnd }, { $0.id.endToEnd = $1 })
        fields.text("id.transaction", { $0.id.transaction }, { $0.id.transaction = $1 })
        fields.text("id.uetr", { $0.id.uetr }, { $0.id.uetr = $1 })
        fields.text("id.clearingReference", { $0.id.clearingReference }, { $0.id.clearingReference = $1 })
        fields.text("id.quote", { $0.id.quote }, { $0.id.quote = $1 })
        fields.text("id.schemeTransaction", { $0.id.schemeTransaction }, { $0.id.schemeTransaction = $1 })
        fields.text("id.transfer", { $0.id.transfer }, { $0.id.transfer = $1 })
        fields.text("id.amsTransaction", { $0.id.amsTransaction }, { $0.id.amsTransaction = $1 })
        fields.text("id.amsTransfer", { $0.id.amsTransfer }, { $0.id.amsTransfer = $1 })
    }

    private static func header(_ fields: inout Vocabulary<Payment>) {
        fields.text("message.id", { $0.message.id }, { $0.message.id = $1 })
        fields.dateTime("message.createdAt", { $0.message.createdAt }, { $0.message.createdAt = $1 })
        fields.count("message.count", { $0.message.count }, { $0.message.count = $1 })
        fields.text("message.businessId", { $0.message.businessId }, { $0.message.businessId = $1 })
        fields.dateTime(
            "message.businessCreatedAt", { $0.message.businessCreatedAt },
            { $0.message.businessCreatedAt = $1 })
        fields.text("message.definition", { $0.message.definition }, { $0.message.definition = $1 })
        fields.text("message.service", { $0.message.service }, { $0.message.service = $1 })
        fields.text(
            "message.possibleDuplicate", { $0.message.possibleDuplicate },
            { $0.message.possibleDuplicate = $1 })
        agent("message.from", &fields, see: { $1($0.message.from) }, change: { $1(&$0.message.from) })
        agent("message.to", &fields, see: { $1($0.message.to) }, change: { $1(&$0.message.to) })
        agent(
            "message.instructingAgent", &fields, see: { $1($0.message.instructingAgent) },
            change: { $1(&$0.message.instructingAgent) })
        agent(
            "message.instructedAgent", &fields, see: { $1($0.message.instructedAgent) },
            change: { $1(&$0.message.instructedAgent) })
    }

    private static func order(_ fields: inout Vocabulary<Payment>) {
        fields.money("amount.settlement", { $0.amount.settlement }, { $0.amount.settlement = $1 })
        fields.money("amount.instructed", { $0.amount.instructed }, { $0.amount.instructed = $1 })
        fields.text("amount.exchangeRate", { $0.amount.exchangeRate }, { $0.amount.exchangeRate = $1 })
        fields.text("settlement.method", { $0.settlement.method }, { $0.settlement.method = $1 })
        fields.date("settlement.date", { $0.settlement.date }, { $0.settlement.date = $1 })
        fields.text(
            "settlement.clearingSystem", { $0.settlement.clearingSystem },
            { $0.settlement.clearingSystem = $1 })
        fields.text(
            "settlement.clearingSystemProprietary", { $0.settlement.clearingSystemProprietary },
            { $0.settlement.clearingSystemProprietary = $1 })
        fields.text("settlement.priority", { $0.settlement.priority }, { $0.settlement.priority = $1 })
        fields.text("type.instructionPriority", { $0.type.instructionPriority }, { $0.type.instructionPriority = $1 })
        fields.text("type.clearingChannel", { $0.type.clearingChannel }, { $0.type.clearingChannel = $1 })
        fields.text("type.serviceLevel", { $0.type.serviceLevel }, { $0.type.serviceLevel = $1 })
        fields.text(
            "type.serviceLevelProprietary", { $0.type.serviceLevelProprietary },
            { $0.type.serviceLevelProprietary = $1 })
        fields.text("type.localInstrument", { $0.type.localInstrument }, { $0.type.localInstrument = $1 })
        fields.text(
            "type.localInstrumentProprietary", { $0.type.localInstrumentProprietary },
            { $0.type.localInstrumentProprietary = $1 })
        fields.text("type.categoryPurpose", { $0.type.categoryPurpose }, { $0.type.categoryPurpose = $1 })
        fields.text(
            "type.categoryPurposeProprietary", { $0.type.categoryPurposeProprietary },
            { $0.type.categoryPurposeProprietary = $1 })
        fields.text("type.scenario", { $0.type.scenario }, { $0.type.scenario = $1 })
        fields.text("type.subScenario", { $0.type.subScenario }, { $0.type.subScenario = $1 })
        fields.text("type.initiator", { $0.type.initiator }, { $0.type.initiator = $1 })
        fields.text("type.initiatorType", { $0.type.initiatorType }, { $0.type.initiatorType = $1 })
        fields.text("type.amountType", { $0.type.amountType }, { $0.type.amountType = $1 })
        fields.text("type.role", { $0.type.role }, { $0.type.role = $1 })
        fields.text("chargeBearer", { $0.chargeBearer }, { $0.chargeBearer = $1 })
        fields.elements(
            "fees[]", { $0.fees }, { $1(&$0.fees) }, empty: Charge(), Charge.vocabulary)
        fields.text("purpose", { $0.purpose }, { $0.purpose = $1 })
        fields.text("purposeProprietary", { $0.purposeProprietary }, { $0.purposeProprietary = $1 })
        fields.texts("remittance.unstructured[]", { $0.remittance.unstructured }, { $1(&$0.remittance.unstructured) })
        fields.text(
            "remittance.creditorReference", { $0.remittance.creditorReference },
            { $0.remittance.creditorReference = $1 })
        fields.texts("regulatory[]", { $0.regulatory }, { $1(&$0.regulatory) })
        fields.dateTime("acceptedAt", { $0.acceptedAt }, { $0.acceptedAt = $1 })
        fields.dateTime("expiresAt", { $0.expiresAt }, { $0.expiresAt = $1 })
    }

    private static func parties(_ fields: inout Vocabulary<Payment>) {
        party("debtor", &fields, see: { $1($0.debtor) }, count: { $1($0.debtor) }, change: { $1(&$0.debtor) })
        party("creditor", &fields, see: { $1($0.creditor) }, count: { $1($0.creditor) }, change: { $1(&$0.creditor) })
        party(
            "ultimateDebtor", &fields, see: { $1($0.ultimateDebtor) }, count: { $1($0.ultimateDebtor) },
            change: { $1(&$0.ultimateDebtor) })
        party(
            "ultimateCreditor", &fields, see: { $1($0.ultimateCreditor) }, count: { $1($0.ultimateCreditor) },
            change: { $1(&$0.ultimateCreditor) })
        party(
            "initiatingParty", &fields, see: { $1($0.initiatingParty) }, count: { $1($0.initiatingParty) },
            change: { $1(&$0.initiatingParty) })
        fields.part(
            "debtorAccount", Account.vocabulary, see: { $1($0.debtorAccount) }, count: { $1($0.debtorAccount) },
            change: { $1(&$0.debtorAccount) })
        fields.part(
            "creditorAccount", Account.vocabulary, see: { $1($0.creditorAccount) }, count: { $1($0.creditorAccount) },
            change: { $1(&$0.creditorAccount) })
        agent("debtorAgent", &fields, see: { $1($0.debtorAgent) }, change: { $1(&$0.debtorAgent) })
        agent("creditorAgent", &fields, see: { $1($0.creditorAgent) }, change: { $1(&$0.creditorAgent) })
        agent("intermediaryAgent", &fields, see: { $1($0.intermediaryAgent) }, change: { $1(&$0.intermediaryAgent) })
    }

    private static func terms(_ fields: inout Vocabulary<Payment>) {
        fields.money("terms.transferAmount", { $0.terms.transferAmount }, { $0.terms.transferAmount = $1 })
        fields.money("terms.payeeReceiveAmount", { $0.terms.payeeReceiveAmount }, { $0.terms.payeeReceiveAmount = $1 })
        fields.money("terms.payeeFee", { $0.terms.payeeFee }, { $0.terms.payeeFee = $1 })
        fields.money("terms.payeeCommission", { $0.terms.payeeCommission }, { $0.terms.payeeCommission = $1 })
        fields.money("terms.ownFee", { $0.terms.ownFee }, { $0.terms.ownFee = $1 })
        fields.dateTime("terms.expiresAt", { $0.terms.expiresAt }, { $0.terms.expiresAt = $1 })
        fields.text("terms.ilpPacket", { $0.terms.ilpPacket }, { $0.terms.ilpPacket = $1 })
        fields.text("terms.condition", { $0.terms.condition }, { $0.terms.condition = $1 })
        fields.text("terms.fulfilment", { $0.terms.fulfilment }, { $0.terms.fulfilment = $1 })
    }

    private static func status(_ fields: inout Vocabulary<Payment>) {
        fields.text("status.code", { $0.status.code }, { $0.status.code = $1 })
        fields.text("status.reason", { $0.status.reason }, { $0.status.reason = $1 })
        fields.text("status.reasonProprietary", { $0.status.reasonProprietary }, { $0.status.reasonProprietary = $1 })
        fields.text("status.description", { $0.status.description }, { $0.status.description = $1 })
        fields.texts("status.additional[]", { $0.status.additional }, { $1(&$0.status.additional) })
        fields.dateTime("status.acceptedAt", { $0.status.acceptedAt }, { $0.status.acceptedAt = $1 })
        fields.dateTime("status.completedAt", { $0.status.completedAt }, { $0.status.completedAt = $1 })
        fields.text("status.originalMessage", { $0.status.originalMessage }, { $0.status.originalMessage = $1 })
        fields.text(
            "status.originalMessageType", { $0.status.originalMessageType },
            { $0.status.originalMessageType = $1 })
        fields.dateTime(
            "status.originalCreatedAt", { $0.status.originalCreatedAt },
            { $0.status.originalCreatedAt = $1 })
        fields.text(
            "status.originalInstruction", { $0.status.originalInstruction },
            { $0.status.originalInstruction = $1 })
        fields.text("status.originalEndToEnd", { $0.status.originalEndToEnd }, { $0.status.originalEndToEnd = $1 })
        fields.text(
            "status.originalTransaction", { $0.status.originalTransaction },
            { $0.status.originalTransaction = $1 })
        fields.text("status.originalUetr", { $0.status.originalUetr }, { $0.status.originalUetr = $1 })
        fields.text("status.groupCode", { $0.status.groupCode }, { $0.status.groupCode = $1 })
        fields.text("status.groupReason", { $0.status.groupReason }, { $0.status.groupReason = $1 })
        fields.text(
            "status.groupReasonProprietary", { $0.status.groupReasonProprietary },
            { $0.status.groupReasonProprietary = $1 })
        fields.text("status.statusId", { $0.status.statusId }, { $0.status.statusId = $1 })
        fields.text("status.enquiryId", { $0.status.enquiryId }, { $0.status.enquiryId = $1 })
    }

    private static func party(
        _ name: String, _ fields: inout Vocabulary<Payment>,
        see: @escaping @Sendable (borrowing Payment, (borrowing Party) -> FieldValue?) -> FieldValue?,
        count: @escaping @Sendable (borrowing Payment, (borrowing Party) -> Int) -> Int,
        change: @escaping @Sendable (inout Payment, (inout Party) -> Bool) -> Bool
    ) {
        fields.part(name, Party.vocabulary, see: see, count: count, change: change)
    }

    /// An agent in its place.
    private static func agent(
        _ name: String, _ fields: inout Vocabulary<Payment>,
        see: @escaping @Sendable (borrowing Payment, (borrowing Agent) -> FieldValue?) -> FieldValue?,
        change: @escaping @Sendable (inout Payment, (inout Agent) -> Bool) -> Bool
    ) {
        fields.part(
            name, Agent.vocabulary, see: see,
            count: { payment, counts in
                var number = 0
                _ = see(payment) {
                    number = counts($0)
                    return nil
                }
                return number
            }, change: change)
    }
}

extension Payment {
    /// Lays the fields that `other` fills over this payment: how an answer joins the payment it answers. A list that
    /// `other` fills takes the place of the one that stands here.
    public mutating func overlay(_ other: Payment) {
        for list in PaymentFields.lists.indices {
            let count = PaymentFields.lists[list].count(other)
            guard count > 0 else { continue }
            PaymentFields.lists[list].removeAll(&self)
            let fields = PaymentFields.inList(PaymentFields.lists[list].name)
            for index in 0..<count {
                PaymentFields.lists[list].append(&self)
                for field in fields {
                    if let value = field.get(other, index) { _ = field.set(&self, value) }
                }
            }
        }
        PaymentFields.forEachScalar(of: other) { field, value in _ = field.set(&self, value) }
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

    /// Every value outside of lists, in the order of `all`; empty parts are passed over as a whole.
    public static func forEachScalar(of payment: borrowing Payment, _ body: (Field, FieldValue) -> Void) {
        for run in runs {
            if let part = run.part, payment.isEmpty(part) { continue }
            for index in run.fields {
                if let value = scalar[index].get(payment, 0) { body(scalar[index], value) }
            }
        }
    }

    /// Neighbours in `scalar` that stand in one part of a payment.
    private static let runs: [(part: Payment.Part?, fields: Range<Int>)] = {
        let parts = Dictionary(Payment.Part.allCases.map { ("\($0)", $0) }, uniquingKeysWith: { first, _ in first })
        var runs: [(part: Payment.Part?, fields: Range<Int>)] = []
        for index in scalar.indices {
            let name = scalar[index].name
            let part = name.contains(".") ? name.split(separator: ".").first.flatMap { parts[String($0)] } : nil
            if let last = runs.last, last.part == part {
                runs[runs.count - 1].fields = last.fields.lowerBound..<index + 1
            } else {
                runs.append((part, index..<index + 1))
            }
        }
        return runs
    }()

    private static let byList = Dictionary(grouping: all.filter { $0.list != nil }, by: { $0.list ?? "" })
}

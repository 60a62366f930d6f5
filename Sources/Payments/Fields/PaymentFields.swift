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
        fields.elements("sideCar[]", \.sideCar, empty: SideCarEntry(path: "", value: ""), SideCarEntry.vocabulary)
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
    }

    private static func header(_ fields: inout Vocabulary<Payment>) {
        fields.text("message.id", \.message.id)
        fields.dateTime("message.createdAt", \.message.createdAt)
        fields.count("message.count", \.message.count)
        fields.text("message.businessId", \.message.businessId)
        fields.dateTime("message.businessCreatedAt", \.message.businessCreatedAt)
        fields.text("message.definition", \.message.definition)
        fields.text("message.service", \.message.service)
        fields.text("message.possibleDuplicate", \.message.possibleDuplicate)
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
        fields.money("amount.settlement", \.amount.settlement)
        fields.money("amount.instructed", \.amount.instructed)
        fields.text("amount.exchangeRate", \.amount.exchangeRate)
        fields.text("settlement.method", \.settlement.method)
        fields.date("settlement.date", \.settlement.date)
        fields.text("settlement.clearingSystem", \.settlement.clearingSystem)
        fields.text("settlement.clearingSystemProprietary", \.settlement.clearingSystemProprietary)
        fields.text("settlement.priority", \.settlement.priority)
        fields.text("type.instructionPriority", \.type.instructionPriority)
        fields.text("type.clearingChannel", \.type.clearingChannel)
        fields.text("type.serviceLevel", \.type.serviceLevel)
        fields.text("type.serviceLevelProprietary", \.type.serviceLevelProprietary)
        fields.text("type.localInstrument", \.type.localInstrument)
        fields.text("type.localInstrumentProprietary", \.type.localInstrumentProprietary)
        fields.text("type.categoryPurpose", \.type.categoryPurpose)
        fields.text("type.categoryPurposeProprietary", \.type.categoryPurposeProprietary)
        fields.text("type.scenario", \.type.scenario)
        fields.text("type.subScenario", \.type.subScenario)
        fields.text("type.initiator", \.type.initiator)
        fields.text("type.initiatorType", \.type.initiatorType)
        fields.text("type.amountType", \.type.amountType)
        fields.text("type.role", \.type.role)
        fields.text("chargeBearer", \.chargeBearer)
        fields.elements("fees[]", \.fees, empty: Charge(), Charge.vocabulary)
        fields.text("purpose", \.purpose)
        fields.text("purposeProprietary", \.purposeProprietary)
        fields.texts("remittance.unstructured[]", \.remittance.unstructured)
        fields.text("remittance.creditorReference", \.remittance.creditorReference)
        fields.texts("regulatory[]", \.regulatory)
        fields.dateTime("acceptedAt", \.acceptedAt)
        fields.dateTime("expiresAt", \.expiresAt)
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
        fields.money("terms.transferAmount", \.terms.transferAmount)
        fields.money("terms.payeeReceiveAmount", \.terms.payeeReceiveAmount)
        fields.money("terms.payeeFee", \.terms.payeeFee)
        fields.money("terms.payeeCommission", \.terms.payeeCommission)
        fields.money("terms.ownFee", \.terms.ownFee)
        fields.dateTime("terms.expiresAt", \.terms.expiresAt)
        fields.text("terms.ilpPacket", \.terms.ilpPacket)
        fields.text("terms.condition", \.terms.condition)
        fields.text("terms.fulfilment", \.terms.fulfilment)
    }

    private static func status(_ fields: inout Vocabulary<Payment>) {
        fields.text("status.code", \.status.code)
        fields.text("status.reason", \.status.reason)
        fields.text("status.reasonProprietary", \.status.reasonProprietary)
        fields.text("status.description", \.status.description)
        fields.texts("status.additional[]", \.status.additional)
        fields.dateTime("status.acceptedAt", \.status.acceptedAt)
        fields.dateTime("status.completedAt", \.status.completedAt)
        fields.text("status.originalMessage", \.status.originalMessage)
        fields.text("status.originalMessageType", \.status.originalMessageType)
        fields.dateTime("status.originalCreatedAt", \.status.originalCreatedAt)
        fields.text("status.originalInstruction", \.status.originalInstruction)
        fields.text("status.originalEndToEnd", \.status.originalEndToEnd)
        fields.text("status.originalTransaction", \.status.originalTransaction)
        fields.text("status.originalUetr", \.status.originalUetr)
        fields.text("status.groupCode", \.status.groupCode)
        fields.text("status.groupReason", \.status.groupReason)
        fields.text("status.groupReasonProprietary", \.status.groupReasonProprietary)
        fields.text("status.statusId", \.status.statusId)
        fields.text("status.enquiryId", \.status.enquiryId)
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
        for list in PaymentFields.lists where list.count(other) > 0 { list.removeAll(&self) }
        for list in PaymentFields.lists {
            let fields = PaymentFields.inList(list.name)
            for index in 0..<list.count(other) {
                list.append(&self)
                for field in fields {
                    if let value = field.get(other, index) { _ = field.set(&self, value) }
                }
            }
        }
        for field in PaymentFields.scalar {
            if let value = field.get(other, 0) { _ = field.set(&self, value) }
        }
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
    private static let byList = Dictionary(grouping: all.filter { $0.list != nil }, by: { $0.list ?? "" })
}

/// Every name of the canonical vocabulary, in one order for ever: the tables, the journal and the loss reports use it.
public enum PaymentFields {
    public static let all: [Field] = vocabulary.leaves.map {
        Field(name: $0.name, kind: $0.kind, list: $0.list, read: $0.get, set: $0.set)
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
        header(&fields)
        order(&fields)
        parties(&fields)
        terms(&fields)
        status(&fields)
        fields.elements(
            "sideCar[]", { $0.pointee.sideCar }, { $1(&$0.sideCar) }, empty: SideCarEntry(path: "", value: ""),
            SideCarEntry.vocabulary)
        return fields
    }()

    private static func identifications(_ fields: inout Vocabulary<Payment>) {
        fields.text("id.instruction", { $0.pointee.id.instruction }, { $0.id.instruction = $1 })
        fields.text("id.endToEnd", { $0.pointee.id.endToEnd }, { $0.id.endToEnd = $1 })
        fields.text("id.transaction", { $0.pointee.id.transaction }, { $0.id.transaction = $1 })
        fields.text("id.uetr", { $0.pointee.id.uetr }, { $0.id.uetr = $1 })
        fields.text("id.clearingReference", { $0.pointee.id.clearingReference }, { $0.id.clearingReference = $1 })
        fields.text("id.quote", { $0.pointee.id.quote }, { $0.id.quote = $1 })
        fields.text("id.schemeTransaction", { $0.pointee.id.schemeTransaction }, { $0.id.schemeTransaction = $1 })
        fields.text("id.transfer", { $0.pointee.id.transfer }, { $0.id.transfer = $1 })
        fields.text("id.amsTransaction", { $0.pointee.id.amsTransaction }, { $0.id.amsTransaction = $1 })
        fields.text("id.amsTransfer", { $0.pointee.id.amsTransfer }, { $0.id.amsTransfer = $1 })
        fields.text("id.amsCredit", { $0.pointee.id.amsCredit }, { $0.id.amsCredit = $1 })
        fields.text("id.original", { $0.pointee.id.original }, { $0.id.original = $1 })
        fields.text("id.batch", { $0.pointee.id.batch }, { $0.id.batch = $1 })
        fields.text("id.case", { $0.pointee.id.case }, { $0.id.case = $1 })
        fields.text("id.request", { $0.pointee.id.request }, { $0.id.request = $1 })
    }

    private static func header(_ fields: inout Vocabulary<Payment>) {
        fields.text("message.id", { $0.pointee.messageBox.place.pointee.id }, { $0.message.id = $1 })
        fields.dateTime(
            "message.createdAt", { $0.pointee.messageBox.place.pointee.createdAt }, { $0.message.createdAt = $1 })
        fields.count("message.count", { $0.pointee.messageBox.place.pointee.count }, { $0.message.count = $1 })
        fields.text(
            "message.businessId", { $0.pointee.messageBox.place.pointee.businessId }, { $0.message.businessId = $1 })
        fields.dateTime(
            "message.businessCreatedAt", { $0.pointee.messageBox.place.pointee.businessCreatedAt },
            { $0.message.businessCreatedAt = $1 })
        fields.text(
            "message.definition", { $0.pointee.messageBox.place.pointee.definition }, { $0.message.definition = $1 })
        fields.text("message.service", { $0.pointee.messageBox.place.pointee.service }, { $0.message.service = $1 })
        fields.text(
            "message.possibleDuplicate", { $0.pointee.messageBox.place.pointee.possibleDuplicate },
            { $0.message.possibleDuplicate = $1 })
        fields.part(
            "message.from", Agent.vocabulary, see: { $0.pointee.messageBox.place.pointee.fromBox.place },
            change: { $1(&$0.message.from) })
        fields.part(
            "message.to", Agent.vocabulary, see: { $0.pointee.messageBox.place.pointee.toBox.place },
            change: { $1(&$0.message.to) })
        fields.part(
            "message.instructingAgent", Agent.vocabulary,
            see: { $0.pointee.messageBox.place.pointee.instructingAgentBox.place },
            change: { $1(&$0.message.instructingAgent) })
        fields.part(
            "message.instructedAgent", Agent.vocabulary,
            see: { $0.pointee.messageBox.place.pointee.instructedAgentBox.place },
            change: { $1(&$0.message.instructedAgent) })
    }

    private static func order(_ fields: inout Vocabulary<Payment>) {
        fields.money("amount.settlement", { $0.pointee.amount.settlement }, { $0.amount.settlement = $1 })
        fields.money("amount.instructed", { $0.pointee.amount.instructed }, { $0.amount.instructed = $1 })
        fields.text("amount.exchangeRate", { $0.pointee.amount.exchangeRate }, { $0.amount.exchangeRate = $1 })
        fields.text("settlement.method", { $0.pointee.settlement.method }, { $0.settlement.method = $1 })
        fields.date("settlement.date", { $0.pointee.settlement.date }, { $0.settlement.date = $1 })
        fields.text(
            "settlement.clearingSystem", { $0.pointee.settlement.clearingSystem },
            { $0.settlement.clearingSystem = $1 })
        fields.text(
            "settlement.clearingSystemProprietary", { $0.pointee.settlement.clearingSystemProprietary },
            { $0.settlement.clearingSystemProprietary = $1 })
        fields.text("settlement.priority", { $0.pointee.settlement.priority }, { $0.settlement.priority = $1 })
        fields.text(
            "type.instructionPriority", { $0.pointee.typeBox.place.pointee.instructionPriority },
            { $0.type.instructionPriority = $1 })
        fields.text(
            "type.clearingChannel", { $0.pointee.typeBox.place.pointee.clearingChannel },
            { $0.type.clearingChannel = $1 })
        fields.text(
            "type.serviceLevel", { $0.pointee.typeBox.place.pointee.serviceLevel }, { $0.type.serviceLevel = $1 })
        fields.text(
            "type.serviceLevelProprietary", { $0.pointee.typeBox.place.pointee.serviceLevelProprietary },
            { $0.type.serviceLevelProprietary = $1 })
        fields.text(
            "type.localInstrument", { $0.pointee.typeBox.place.pointee.localInstrument },
            { $0.type.localInstrument = $1 })
        fields.text(
            "type.localInstrumentProprietary", { $0.pointee.typeBox.place.pointee.localInstrumentProprietary },
            { $0.type.localInstrumentProprietary = $1 })
        fields.text(
            "type.categoryPurpose", { $0.pointee.typeBox.place.pointee.categoryPurpose },
            { $0.type.categoryPurpose = $1 })
        fields.text(
            "type.categoryPurposeProprietary", { $0.pointee.typeBox.place.pointee.categoryPurposeProprietary },
            { $0.type.categoryPurposeProprietary = $1 })
        fields.text("type.scenario", { $0.pointee.typeBox.place.pointee.scenario }, { $0.type.scenario = $1 })
        fields.text("type.subScenario", { $0.pointee.typeBox.place.pointee.subScenario }, { $0.type.subScenario = $1 })
        fields.text("type.initiator", { $0.pointee.typeBox.place.pointee.initiator }, { $0.type.initiator = $1 })
        fields.text(
            "type.initiatorType", { $0.pointee.typeBox.place.pointee.initiatorType }, { $0.type.initiatorType = $1 })
        fields.text("type.amountType", { $0.pointee.typeBox.place.pointee.amountType }, { $0.type.amountType = $1 })
        fields.text("type.role", { $0.pointee.typeBox.place.pointee.role }, { $0.type.role = $1 })
        fields.text(
            "type.confirmation", { $0.pointee.typeBox.place.pointee.confirmation }, { $0.type.confirmation = $1 })
        fields.text("chargeBearer", { $0.pointee.chargeBearer }, { $0.chargeBearer = $1 })
        fields.elements(
            "fees[]", { $0.pointee.fees }, { $1(&$0.fees) }, empty: Charge(), Charge.vocabulary)
        fields.text("purpose", { $0.pointee.purpose }, { $0.purpose = $1 })
        fields.text("purposeProprietary", { $0.pointee.purposeProprietary }, { $0.purposeProprietary = $1 })
        fields.texts(
            "remittance.unstructured[]", { $0.pointee.remittance.unstructured }, { $1(&$0.remittance.unstructured) })
        fields.text(
            "remittance.creditorReference", { $0.pointee.remittance.creditorReference },
            { $0.remittance.creditorReference = $1 })
        fields.texts("regulatory[]", { $0.pointee.regulatory }, { $1(&$0.regulatory) })
        fields.dateTime("acceptedAt", { $0.pointee.acceptedAt }, { $0.acceptedAt = $1 })
        fields.dateTime("expiresAt", { $0.pointee.expiresAt }, { $0.expiresAt = $1 })
        fields.date(
            "requestedExecutionDate", { $0.pointee.requestedExecutionDate }, { $0.requestedExecutionDate = $1 })
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

    private static func terms(_ fields: inout Vocabulary<Payment>) {
        fields.money(
            "terms.transferAmount", { $0.pointee.termsBox.place.pointee.transferAmount },
            { $0.terms.transferAmount = $1 })
        fields.money(
            "terms.payeeReceiveAmount", { $0.pointee.termsBox.place.pointee.payeeReceiveAmount },
            { $0.terms.payeeReceiveAmount = $1 })
        fields.money("terms.payeeFee", { $0.pointee.termsBox.place.pointee.payeeFee }, { $0.terms.payeeFee = $1 })
        fields.money(
            "terms.payeeCommission", { $0.pointee.termsBox.place.pointee.payeeCommission },
            { $0.terms.payeeCommission = $1 })
        fields.money("terms.ownFee", { $0.pointee.termsBox.place.pointee.ownFee }, { $0.terms.ownFee = $1 })
        fields.dateTime("terms.expiresAt", { $0.pointee.termsBox.place.pointee.expiresAt }, { $0.terms.expiresAt = $1 })
        fields.text("terms.ilpPacket", { $0.pointee.termsBox.place.pointee.ilpPacket }, { $0.terms.ilpPacket = $1 })
        fields.text("terms.condition", { $0.pointee.termsBox.place.pointee.condition }, { $0.terms.condition = $1 })
        fields.text("terms.fulfilment", { $0.pointee.termsBox.place.pointee.fulfilment }, { $0.terms.fulfilment = $1 })
    }

    private static func status(_ fields: inout Vocabulary<Payment>) {
        fields.text("status.code", { $0.pointee.statusBox.place.pointee.code }, { $0.status.code = $1 })
        fields.text("status.reason", { $0.pointee.statusBox.place.pointee.reason }, { $0.status.reason = $1 })
        fields.text(
            "status.reasonProprietary", { $0.pointee.statusBox.place.pointee.reasonProprietary },
            { $0.status.reasonProprietary = $1 })
        fields.text(
            "status.description", { $0.pointee.statusBox.place.pointee.description }, { $0.status.description = $1 })
        fields.texts(
            "status.additional[]", { $0.pointee.statusBox.place.pointee.additional }, { $1(&$0.status.additional) })
        fields.dateTime(
            "status.acceptedAt", { $0.pointee.statusBox.place.pointee.acceptedAt }, { $0.status.acceptedAt = $1 })
        fields.dateTime(
            "status.completedAt", { $0.pointee.statusBox.place.pointee.completedAt }, { $0.status.completedAt = $1 })
        fields.text(
            "status.originalMessage", { $0.pointee.statusBox.place.pointee.originalMessage },
            { $0.status.originalMessage = $1 })
        fields.text(
            "status.originalMessageType", { $0.pointee.statusBox.place.pointee.originalMessageType },
            { $0.status.originalMessageType = $1 })
        fields.dateTime(
            "status.originalCreatedAt", { $0.pointee.statusBox.place.pointee.originalCreatedAt },
            { $0.status.originalCreatedAt = $1 })
        fields.text(
            "status.originalInstruction", { $0.pointee.statusBox.place.pointee.originalInstruction },
            { $0.status.originalInstruction = $1 })
        fields.text(
            "status.originalEndToEnd", { $0.pointee.statusBox.place.pointee.originalEndToEnd },
            { $0.status.originalEndToEnd = $1 })
        fields.text(
            "status.originalTransaction", { $0.pointee.statusBox.place.pointee.originalTransaction },
            { $0.status.originalTransaction = $1 })
        fields.text(
            "status.originalUetr", { $0.pointee.statusBox.place.pointee.originalUetr }, { $0.status.originalUetr = $1 })
        fields.text("status.groupCode", { $0.pointee.statusBox.place.pointee.groupCode }, { $0.status.groupCode = $1 })
        fields.text(
            "status.groupReason", { $0.pointee.statusBox.place.pointee.groupReason }, { $0.status.groupReason = $1 })
        fields.text(
            "status.groupReasonProprietary", { $0.pointee.statusBox.place.pointee.groupReasonProprietary },
            { $0.status.groupReasonProprietary = $1 })
        fields.text("status.statusId", { $0.pointee.statusBox.place.pointee.statusId }, { $0.status.statusId = $1 })
        fields.text("status.enquiryId", { $0.pointee.statusBox.place.pointee.enquiryId }, { $0.status.enquiryId = $1 })
        fields.text(
            "status.originalBatch", { $0.pointee.statusBox.place.pointee.originalBatch },
            { $0.status.originalBatch = $1 })
        fields.money(
            "status.originalAmount", { $0.pointee.statusBox.place.pointee.originalAmount },
            { $0.status.originalAmount = $1 })
        fields.date(
            "status.originalDate", { $0.pointee.statusBox.place.pointee.originalDate },
            { $0.status.originalDate = $1 })
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

    /// Every value outside of lists, in the order of `all`; untouched parts are passed over as a whole.
    public static func forEachScalar(of payment: borrowing Payment, _ body: (Field, FieldValue) -> Void) {
        withUnsafePointer(to: payment) { payment in
            for run in runs {
                if let part = run.part, !Payment.isTouched(part, of: payment) { continue }
                for index in run.fields {
                    if let value = scalar[index].read(payment, 0) { body(scalar[index], value) }
                }
            }
        }
    }

    /// Neighbours in `scalar` that stand in one part of a payment.
    private static let runs: [(part: Payment.Part?, fields: Range<Int>)] = {
        var runs: [(part: Payment.Part?, fields: Range<Int>)] = []
        for index in scalar.indices {
            let part = Payment.Part.of(field: scalar[index].name)
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

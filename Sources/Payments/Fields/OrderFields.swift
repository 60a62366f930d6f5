extension MessageHeader {
    static let vocabulary: Vocabulary<MessageHeader> = {
        var fields = Vocabulary<MessageHeader>()
        fields.text("id", \.id)
        fields.dateTime("createdAt", \.createdAt)
        fields.count("count", \.count)
        fields.text("businessId", \.businessId)
        fields.dateTime("businessCreatedAt", \.businessCreatedAt)
        fields.text("definition", \.definition)
        fields.text("service", \.service)
        fields.text("possibleDuplicate", \.possibleDuplicate)
        fields.part("from", Agent.vocabulary, see: { $0.pointee.fromBox.place }, change: { $1(&$0.from) })
        fields.part("to", Agent.vocabulary, see: { $0.pointee.toBox.place }, change: { $1(&$0.to) })
        fields.part(
            "instructingAgent", Agent.vocabulary, see: { $0.pointee.instructingAgentBox.place },
            change: { $1(&$0.instructingAgent) })
        fields.part(
            "instructedAgent", Agent.vocabulary, see: { $0.pointee.instructedAgentBox.place },
            change: { $1(&$0.instructedAgent) })
        return fields
    }()
}

extension PaymentType {
    static let vocabulary: Vocabulary<PaymentType> = {
        var fields = Vocabulary<PaymentType>()
        fields.text("instructionPriority", \.instructionPriority)
        fields.text("clearingChannel", \.clearingChannel)
        fields.text("serviceLevel", \.serviceLevel)
        fields.text("serviceLevelProprietary", \.serviceLevelProprietary)
        fields.text("localInstrument", \.localInstrument)
        fields.text("localInstrumentProprietary", \.localInstrumentProprietary)
        fields.text("categoryPurpose", \.categoryPurpose)
        fields.text("categoryPurposeProprietary", \.categoryPurposeProprietary)
        fields.text("scenario", \.scenario)
        fields.text("subScenario", \.subScenario)
        fields.text("initiator", \.initiator)
        fields.text("initiatorType", \.initiatorType)
        fields.text("amountType", \.amountType)
        fields.text("role", \.role)
        fields.text("confirmation", \.confirmation)
        return fields
    }()
}

extension Terms {
    static let vocabulary: Vocabulary<Terms> = {
        var fields = Vocabulary<Terms>()
        fields.money("transferAmount", \.transferAmount)
        fields.money("payeeReceiveAmount", \.payeeReceiveAmount)
        fields.money("payeeFee", \.payeeFee)
        fields.money("payeeCommission", \.payeeCommission)
        fields.money("ownFee", \.ownFee)
        fields.dateTime("expiresAt", \.expiresAt)
        fields.text("ilpPacket", \.ilpPacket)
        fields.text("condition", \.condition)
        fields.text("fulfilment", \.fulfilment)
        return fields
    }()
}

extension StatusReport {
    static let vocabulary: Vocabulary<StatusReport> = {
        var fields = Vocabulary<StatusReport>()
        fields.text("code", \.code)
        fields.text("reason", \.reason)
        fields.text("reasonProprietary", \.reasonProprietary)
        fields.text("description", \.description)
        fields.texts("additional[]", { $0.pointee.additional }, { $1(&$0.additional) })
        fields.dateTime("acceptedAt", \.acceptedAt)
        fields.dateTime("completedAt", \.completedAt)
        fields.text("originalMessage", \.originalMessage)
        fields.text("originalMessageType", \.originalMessageType)
        fields.dateTime("originalCreatedAt", \.originalCreatedAt)
        fields.text("originalInstruction", \.originalInstruction)
        fields.text("originalEndToEnd", \.originalEndToEnd)
        fields.text("originalTransaction", \.originalTransaction)
        fields.text("originalUetr", \.originalUetr)
        fields.text("groupCode", \.groupCode)
        fields.text("groupReason", \.groupReason)
        fields.text("groupReasonProprietary", \.groupReasonProprietary)
        fields.text("statusId", \.statusId)
        fields.text("enquiryId", \.enquiryId)
        fields.text("originalBatch", \.originalBatch)
        fields.money("originalAmount", \.originalAmount)
        fields.date("originalDate", \.originalDate)
        return fields
    }()
}

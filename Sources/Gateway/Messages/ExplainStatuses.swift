/// Statuses and reasons in words: of reports, returns, requests to cancel and their answers.
struct ExplainStatuses {
    let words: ExplainWords

    /// What is said of the group as a whole.
    func group(_ body: MessageNode, _ told: inout Explanation) {
        for group in body.all("OrgnlGrpInfAndSts") {
            if let id = group.value("OrgnlMsgId") {
                let type = group.value("OrgnlMsgNmId").map { " (\($0))" } ?? ""
                told.tell("originalMessage", "refers to", id + type)
            }
            told.tell("groupStatus", "group status", words.code(group.value("GrpSts"), "status"))
            reasons(group.all("StsRsnInf"), "reason", &told)
        }
        if let group = body["OrgnlGrpInf"], body["TxInf"] == nil, let id = group.value("OrgnlMsgId") {
            told.tell("originalMessage", "refers to", id)
        }
        if let reference = body["RltdRef"] { told.tell("originalMessage", "refers to", reference.value("Ref")) }
        for block in body.all("OrgnlPmtInfAndSts") {
            told.tell("blockStatus", "block status", words.code(block.value("PmtInfSts"), "status"))
            reasons(block.all("StsRsnInf"), "reason", &told)
        }
    }

    /// What is said of a transaction.
    func transaction(_ node: MessageNode, _ told: inout Explanation) {
        told.tell("status", "status", words.code(node.value("TxSts"), "status"))
        told.tell("cancellationStatus", "outcome", words.code(node.value("TxCxlSts"), "cancellationStatus"))
        reasons(node.all("StsRsnInf"), "reason", &told)
        reasons(node.all("RtrRsnInf") + node.all("RvslRsnInf"), "reason", &told)
        reasons(node.all("CxlRsnInf"), "cancellation", &told)
        reasons(node.all("CxlStsRsnInf"), "cancellationRefusal", &told)
    }

    private func reasons(_ nodes: [MessageNode], _ set: String, _ told: inout Explanation) {
        for node in nodes {
            if let code = node.value("Rsn/Cd") {
                told.tell("reason", "reason", words.code(code, set))
            } else if let own = node.value("Rsn/Prtry") {
                told.tell("reason", "reason", "\(own), \(words.ofNetwork(own) ?? "a reason of the network's own")")
            }
            told.tell("reasonBy", "said by", ExplainParties.party(node["Orgtr"]))
            for text in node.all("AddtlInf").prefix(4) { told.tell("reasonText", "text", text.text) }
        }
    }
}

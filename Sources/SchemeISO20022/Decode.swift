import FormatXML
import Mapping
import Payments

extension ISORoom {
    func decode(_ request: WireRequest, _ context: InboundContext) throws(Refusal) -> Inbound {
        let settings = try ISOSettings.of(context.settings)
        try ISODoor.check(request, settings, context.settings.network)
        let limits = try ISORoom.limits(
            contentType: request.header("Content-Type"), of: request,
            encodings: settings.isLenient ? .lenient : .strict)
        let message = try message(request.body, limits: limits)
        let rules = ISOBusinessRules(
            settings: settings, permitted: context.permittedSources, now: context.now,
            businessDate: context.businessDate)
        do throws(Refusal) {
            try rules.check(message)
            switch message.definition {
            case ISO20022.Definition.creditTransfer:
                var order = order(message, settings, context)
                order.untimely = rules.untimely(message.payment).map { placed($0, request.body, limits) }
                return order
            case ISO20022.Definition.statusReport: return try statusReport(message, settings)
            case ISO20022.Definition.statusRequest: return try statusRequest(message, settings)
            default: return messageReject(message, settings)
            }
        } catch {
            throw placed(error, request.body, limits)
        }
    }

    /// A refusal by a rule with the line and column of the element that broke it, or of the one in which it is missing.
    /// - Parameter only: Of a file of many messages, where the one begins that broke it.
    func placed(_ refusal: Refusal, _ bytes: [UInt8], _ limits: XMLLimits, only: XMLPosition? = nil) -> Refusal {
        guard refusal.line == nil, !refusal.path.isEmpty else { return refusal }
        var refusal = refusal
        var outline = ISOOutline(keepsLeaves: true, only: only)
        // What can be read of it has the place.
        _ = try? XMLReader(limits: limits).read(bytes, into: &outline)
        refusal.path = outline.spot(refusal.path)
        var path = refusal.path.split(separator: "/@").first.map(String.init) ?? ""
        while !path.isEmpty {
            if let position = outline.position(of: path) {
                refusal.line = position.line
                refusal.column = position.column
                break
            }
            path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        }
        return refusal
    }

    private func order(_ message: ISOMessage, _ settings: ISOSettings, _ context: InboundContext) -> Inbound {
        let payment = message.payment
        let original = ISOOriginal(order: payment)
        let key = settings.correlation(
            "order", payment.debtorAgent.railName, payment.id.transaction, payment.settlement.date?.text)
        guard let key else { preconditionFailure("the rules let through only an order that has a key") }
        let accepted = min(payment.acceptedAt?.instant ?? context.now, context.now)
        let answerBy = accepted.adding(milliseconds: settings.clockMilliseconds - settings.marginMilliseconds)
        return Inbound(
            .opens(.transfer, payment), keys: [key] + original.exclusive(payment, settings),
            message: message.definition,
            contentHash: ISOContent.hash(payment), acknowledgement: acknowledgement(settings),
            aliases: original.keys(settings),
            answerBy: answerBy, duplicate: DuplicateRule(sameContent: .replay, otherContent: .refuse("duplicate")))
    }

    /// Where answers are messages of their own, the connection ends as soon as the message is durable.
    private func acknowledgement(_ settings: ISOSettings) -> WireReply? {
        settings.isAsynchronous ? WireReply(status: 202) : nil
    }

    /// The status of a payment of ours, as a message of its own: the final one of a rail, or a late answer.
    private func statusReport(_ message: ISOMessage, _ settings: ISOSettings) throws(Refusal) -> Inbound {
        guard message.payments.count == 1 else {
            throw Refusal(
                .business, Reason("transactionCountWrong"), path: "FIToFIPmtStsRpt/TxInfAndSts",
                rule: "transactions.one",
                says: "A report about one transaction is served; there are \(message.payments.count).")
        }
        let report = message.payment
        let original = ISOOriginal(reference: report.status)
        var keys = original.keys(settings)
        if let key = settings.correlation(
            "order", report.debtorAgent.railName, original.transaction, report.settlement.date?.text)
        {
            keys.append(key)
        }
        // Only our own message and transaction identifications stand alone, since no two banks agree on theirs.
        keys += original.ours(settings)
        guard !keys.isEmpty else {
            throw Refusal(
                .business, Reason("missingElement"), path: "FIToFIPmtStsRpt/TxInfAndSts", rule: "original.named",
                says: "The report names no original message and transaction.")
        }
        return Inbound(
            .tells([.accept, .send], heard(report, settings)), keys: keys, message: message.definition,
            contentHash: ISOContent.hash(report), acknowledgement: WireReply(status: 202))
    }

    private func statusRequest(_ message: ISOMessage, _ settings: ISOSettings) throws(Refusal) -> Inbound {
        let keys = ISOOriginal(reference: message.payment.status).keys(settings)
        guard message.payments.count == 1, !keys.isEmpty else {
            throw Refusal(
                .business, Reason("missingElement"), path: "FIToFIPmtStsReq/TxInf", rule: "original.named",
                says: "An enquiry names one original transaction and the message that carried it.")
        }
        return Inbound(
            .asksStatus(message.payment), keys: keys, message: message.definition,
            acknowledgement: acknowledgement(settings))
    }

    /// A refusal of a message of ours that came on its own, by the identification of that message: the answer to an
    /// order, or word that an answer of ours was not read.
    private func messageReject(_ message: ISOMessage, _ settings: ISOSettings) -> Inbound {
        let status = message.payment.status
        let keys = [settings.correlation("group", status.originalMessage)].compactMap { $0 }
        guard status.originalMessage != "NOTPROVIDED", !keys.isEmpty else {
            return Inbound(
                .nothing("the rail refused a message: \(status.description ?? "without a reason")"), keys: [],
                message: message.definition, acknowledgement: WireReply(status: 202))
        }
        var learned = Payment()
        learned.status = status
        return Inbound(
            .tells([.accept, .send], Heard(rejection(status), learned: learned)), keys: keys,
            message: message.definition, contentHash: ISOContent.hash(message.payment),
            acknowledgement: WireReply(status: 202))
    }

    // MARK: - What a status says

    /// What a report says about the step that it is about. Only a listed code decides (law 6).
    func heard(_ report: Payment, _ settings: ISOSettings) -> Heard {
        let code = report.status.code ?? report.status.groupCode
        var learned = Payment()
        learned.status = report.status
        if let reference = report.id.clearingReference { learned.id.clearingReference = reference }
        guard let code else { return Heard(.unknown("the report gives no status"), learned: learned) }
        guard let meaning = codes.status(code) else {
            return Heard(.unknown("the status \(code) is not known"), learned: learned)
        }
        switch meaning {
        case "rejected", "cancelled": return Heard(refusal(report.status, meaning), learned: learned)
        case _ where settings.final.contains(code): break
        default: return Heard(.pending, learned: learned)
        }
        let facts: [Fact] = meaning == "blocked" ? [.settled, .blocked] : [.settled]
        return Heard(.done, learned: learned, facts: facts)
    }

    private func refusal(_ status: StatusReport, _ meaning: String) -> Observation {
        var reason = codes.reason(of: status)
        if reason.foreign == nil, meaning == "cancelled" { reason.canonical = "cancelledByDebtor" }
        switch reason.canonical {
        case "originalNotFound": return .absent(reason)
        case "duplicate":
            // The clearing holds an order under our names: what became of that one must be asked, not assumed.
            return .unknown("the clearing says that it has this order already (\(reason.foreign ?? "AM05"))")
        default: return .refused(reason)
        }
    }
}

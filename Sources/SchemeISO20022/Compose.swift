import Mapping
import Payments

extension ISORoom {
    func compose(_ input: ComposeInput) throws(Refusal) -> Composed {
        let settings = try ISOSettings.of(input.settings)
        switch (input.verb, input.purpose) {
        case (.send, .ask): return try creditTransfer(input, settings)
        case (.send, .query): return try enquiry(about: sentOriginal(input.record), input, settings)
        case (.accept, .ask): return try acceptance(input, settings)
        case (.accept, .query):
            let order = input.record.payment
            return try enquiry(about: ISOOriginal(order: order), input, settings.named(asIn: order))
        case (.notify, _): return try notification(input, settings)
        default:
            let verb = input.verb.rawValue
            return Composed(.nothing("\(verb) has no message on this network"), message: verb)
        }
    }

    func post(_ bytes: [UInt8], _ settings: ISOSettings) -> WireRequest {
        WireRequest(method: "POST", path: settings.path, headers: [Self.contentType], body: bytes)
    }

    /// pacs.028: what became of an order, whoever gave it.
    private func enquiry(
        about original: ISOOriginal, _ input: ComposeInput, _ settings: ISOSettings
    ) throws(Refusal) -> Composed {
        var ids = IdentitySource(seed: input.entropy)
        var question = Payment()
        refer(to: original, &question)
        question.status.enquiryId = ids.hexText()
        let draft = ISODraft(
            definition: ISO20022.Definition.statusRequest, content: question, envelope: settings.envelope,
            receiver: settings.clearing)
        let (bytes, _) = try write(draft, id: ids.hexText(), settings, now: input.now)
        return Composed(.request(post(bytes, settings)), message: draft.definition)
    }

    // MARK: - Our answers

    private func acceptance(_ input: ComposeInput, _ settings: ISOSettings) throws(Refusal) -> Composed {
        let order = input.record.payment
        let status = input.isSettledNotPosted ? codes.statusCode("settledNotPosted") : settings.accept
        let report = statusReport(
            ISOOriginal(order: order), status, nil, acceptedAt: order.acceptedAt ?? DateTime(input.now))
        var composed = try answer(report, order, input, settings)
        composed.doneWhenDelivered = settings.acceptIsFinal
        composed.answerBy = input.now.adding(milliseconds: settings.clockMilliseconds)
        return composed
    }

    /// The negative answer, unless the rail has an answer of ours already or brought the refusal itself.
    private func notification(_ input: ComposeInput, _ settings: ISOSettings) throws(Refusal) -> Composed {
        func nothing(_ why: String) -> Composed { Composed(.nothing(why), message: ISO20022.Definition.statusReport) }
        let order = input.record.payment
        if input.isSettledNotPosted { return try acceptance(input, settings) }
        if input.record.answeredEarly == .settled {
            guard !isRefused(.accept, input.record) else { return nothing("the rail took our answer back") }
            guard input.outcome == .settled else { return nothing("the rail settled it: a return (pacs.004) is due") }
            let report = statusReport(
                ISOOriginal(order: order), codes.statusCode("posted"), nil, acceptedAt: order.acceptedAt)
            // The connection of the order has had its answer: this is one more, wherever answers go.
            return try answer(report, order, input, settings, isAside: true)
        }
        guard input.outcome == .rejected else { return nothing("the rail told us that the payment is settled") }
        guard !isAnswered(input.record) else { return nothing("the rail has our answer") }
        let report = statusReport(
            ISOOriginal(order: order), codes.statusCode("rejected"), input.record.reason ?? Reason("refusedNoReason"))
        return try answer(report, order, input, settings)
    }

    /// Whether our answer to the order has left. An acceptance that we could not write is refused by ourselves: then it
    /// has not.
    private func isAnswered(_ record: PaymentRecord) -> Bool {
        // A no that never left is told again.
        if record.answeredEarly != nil { return record.earlyUnsentAt == nil }
        guard let index = record.flow?.index(of: .accept), record.steps.indices.contains(index) else { return false }
        let step = record.steps[index]
        switch step.state {
        case .planned, .skipped: return false
        case .refused: return step.reason?.network == ISOCodes.network
        default: return true
        }
    }

    /// A report in the connection that its asker holds open, or as a message of its own where the rail wants that.
    private func answer(
        _ report: Payment, _ order: Payment, _ input: ComposeInput, _ settings: ISOSettings, isAside: Bool = false
    ) throws(Refusal) -> Composed {
        var ids = IdentitySource(seed: input.entropy)
        let draft = ISODraft(
            definition: ISO20022.Definition.statusReport, content: report, envelope: envelope(of: order, settings),
            receiver: sender(of: order, settings))
        let id = ids.hexText()
        let (bytes, _) = try write(draft, id: id, settings.named(asIn: order), now: input.now)
        let isMessage = settings.isAsynchronous || isAside
        // A refusal of the answer itself, should one come, names it.
        return Composed(
            isMessage ? .request(post(bytes, settings)) : .reply(reply(bytes)), message: draft.definition,
            keys: isMessage ? [settings.correlation("group", id)].compactMap { $0 } : [], doneWhenDelivered: true)
    }

    // MARK: - Beside the steps

    func report(_ report: Report, _ input: ComposeInput) throws(Refusal) -> Composed {
        let settings = try ISOSettings.of(input.settings)
        var content: Payment
        let asker: Payment
        switch report {
        case .duplicate(let order, let reason):
            asker = order
            var report = statusReport(ISOOriginal(order: order), codes.statusCode("rejected"), reason)
            if reason.canonical == "duplicate" {
                report.status.additional.append("CdtTrfTxInf/PmtId, rule identification.new")
            }
            content = report
        case .status(let enquiry):
            asker = enquiry
            let isKnown =
                input.record.sequence > 0 && isAbout(enquiry, input.record)
                && concerns(enquiry, input.record.payment, settings)
            let (status, reason) = isKnown ? standing(of: input.record) : (codes.statusCode("rejected"), nil)
            content = statusReport(
                ISOOriginal(reference: enquiry.status), status, isKnown ? reason : Reason("originalNotFound"),
                acceptedAt: isKnown ? input.record.payment.acceptedAt : nil)
            if !isKnown, let code = settings.notKnown { content.status.reason = code }
        }
        return try answer(content, asker, input, settings)
    }

    /// An enquiry found its payment by one of its names: the others must not be those of another.
    private func isAbout(_ enquiry: Payment, _ record: PaymentRecord) -> Bool {
        var asked = ISOOriginal(reference: enquiry.status)
        // A resend may have carried the order under a message identification of its own.
        asked.messageId = nil
        return ISOOriginal(order: record.payment).agrees(with: asked) || sentOriginal(record).agrees(with: asked)
    }

    /// Others than the clearing and those whom the payment names are told that it is not known. Who asks without a
    /// name is the clearing: the certificate of a participant speaks in its name.
    private func concerns(_ enquiry: Payment, _ payment: Payment, _ settings: ISOSettings) -> Bool {
        let askers = [enquiry.message.from, enquiry.message.instructingAgent].compactMap(\.railName)
        let message = payment.message
        let agents = [
            settings.clearing, message.from, message.to, message.instructingAgent, message.instructedAgent,
            payment.debtorAgent, payment.creditorAgent,
        ]
        let names = Set(agents.flatMap(\.railNames))
        return askers.allSatisfy { names.contains($0) }
    }

    /// What the record proves of a payment, as a status of the rail; never a guess.
    private func standing(of record: PaymentRecord) -> (String, Reason?) {
        let facts = record.facts
        if record.answeredEarly == .settled, !isRefused(.accept, record) {
            // The far leg may end as it will: the rail has settled, and what comes then is a posting or a return.
            return (codes.statusCode(record.outcome == .settled ? "posted" : "settledNotPosted"), nil)
        }
        let refused = record.reason ?? Reason("refusedNoReason")
        if record.outcome == .rejected || facts.contains(.rejected) { return (codes.statusCode("rejected"), refused) }
        if facts.contains(.cancelled) { return (codes.statusCode("cancelled"), refused) }
        if record.answeredEarly == .rejected {
            return (codes.statusCode("rejected"), record.refusal ?? Reason("timeoutCreditorAgent"))
        }
        if facts.contains(.blocked) { return (codes.statusCode("blocked"), nil) }
        if isSettledHere(record) || record.outcome == .settled {
            return (codes.statusCode(isCredited(record) ? "posted" : "settled"), nil)
        }
        guard let index = record.flow?.index(of: .accept), record.steps.indices.contains(index) else {
            return (codes.statusCode("pending"), nil)
        }
        switch record.steps[index].state {
        case .asked, .unknown, .done: return (codes.statusCode("accepted"), nil)
        default: return (codes.statusCode("pending"), nil)
        }
    }

    /// On a bridge `settled` speaks of the far leg: what this rail did is told by the step that it decided.
    private func isSettledHere(_ record: PaymentRecord) -> Bool {
        guard let flow = record.flow, flow.index(of: .send) != nil, let step = flow.index(of: .accept),
            record.steps.indices.contains(step)
        else { return record.facts.contains(.settled) }
        return record.steps[step].state == .done
    }

    private func isRefused(_ verb: Verb, _ record: PaymentRecord) -> Bool {
        guard let index = record.flow?.index(of: verb), record.steps.indices.contains(index) else { return false }
        return record.steps[index].state == .refused
    }

    private func isCredited(_ record: PaymentRecord) -> Bool {
        guard let index = record.flow?.index(of: .credit), record.steps.indices.contains(index) else { return false }
        return record.steps[index].state == .done
    }
}

extension ISOSettings {
    /// Under the name that a message was brought to, where we take another agent's: what is said about its order is
    /// said as that agent, whom alone the rail knows in it.
    fileprivate func named(asIn message: Payment) -> ISOSettings {
        let addressed = [message.message.to, message.message.instructedAgent, message.creditorAgent]
        guard let named = addressed.first(where: isServed) else { return self }
        var own = self
        own.ours = named
        return own
    }
}

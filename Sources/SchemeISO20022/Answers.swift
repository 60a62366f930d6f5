import FormatXML
import Mapping
import Payments

extension ISORoom {
    /// The synchronous answer to an order or enquiry of ours. Only a valid report about this very order says anything.
    func read(_ reply: WireReply, _ input: ComposeInput) -> Heard {
        guard case .success(let settings) = ISOSettings.read(input.settings) else {
            return Heard(.unknown("the settings of the rail cannot be used"))
        }
        if reply.status == 202 || reply.status == 204, reply.body.isEmpty { return Heard(.pending) }
        let message: ISOMessage
        do throws(Refusal) {
            message = try self.message(reply.body, limits: .standard)
        } catch {
            return Heard(.unknown("HTTP \(reply.status), and an answer that cannot be read: \(error.says)"))
        }
        let status = message.payment.status
        switch message.definition {
        case ISO20022.Definition.statusReport where (200..<300).contains(reply.status):
            guard message.payments.count == 1, expected(input).agrees(with: ISOOriginal(reference: status)) else {
                return Heard(.unknown("the answer is about another payment"))
            }
            return heard(message.payment, settings)
        case ISO20022.Definition.messageReject: return rejected(status, reply.status, input)
        default: return Heard(.unknown("HTTP \(reply.status) with \(message.definition)"))
        }
    }

    private func expected(_ input: ComposeInput) -> ISOOriginal {
        input.verb == .accept ? ISOOriginal(order: input.record.payment) : sentOriginal(input.record)
    }

    /// admi.002: the clearing did not process a message of ours. Of an order that is a refusal; of an enquiry it says
    /// nothing about the order.
    private func rejected(_ status: StatusReport, _ http: Int, _ input: ComposeInput) -> Heard {
        let says = status.description ?? "without a description"
        guard input.purpose == .ask, input.verb == .send, (200..<500).contains(http) else {
            return Heard(.unknown("HTTP \(http), message refused: \(says)"))
        }
        let related = status.originalMessage ?? ""
        guard related == ISORoom.messageId(of: input.record) || related == "NOTPROVIDED" else {
            return Heard(.unknown("the refusal is about another message"))
        }
        let code = status.reason ?? status.reasonProprietary
        var reason = Reason("malformed", network: ISOCodes.network, foreign: code, detail: says)
        if let code {
            let listed = codes.reason(code: code, detail: says)
            if listed.canonical != "other" { reason = listed }
        }
        return Heard(reason.canonical == "duplicate" ? .unknown(says) : .refused(reason))
    }

    /// A report found its payment by one of its names: the others must not speak of another order.
    func verify(_ verb: Verb, _ heard: Heard, _ record: PaymentRecord) -> Heard {
        let reference = ISOOriginal(reference: heard.learned.status)
        guard reference.messageId != nil || reference.transaction != nil || reference.uetr != nil else { return heard }
        let own = verb == .accept ? ISOOriginal(order: record.payment) : sentOriginal(record)
        guard own.agrees(with: reference) else {
            return Heard(.unknown("the report's names are not all those of this payment"))
        }
        return heard
    }

    // MARK: - Refusals

    /// The scheme's own answer to what we do not take: nothing is kept of it.
    func refuse(_ refusal: Refusal, _ request: WireRequest, _ context: InboundContext) -> WireReply {
        guard case .success(let settings) = ISOSettings.read(context.settings) else { return WireReply(status: 503) }
        var limits = XMLLimits.standard
        limits.roots = 2
        let (outline, _) = outline(request.body, leaves: true, validate: false, limits: limits)
        let isBusy = ["tooManyRequests", "serviceUnavailable"].contains(refusal.reason.canonical)
        let isReport = refusal.layer == .business && !isBusy
        var draft: ISODraft
        var status = 200
        var headers: [WireHeader] = []
        let envelope = outline.documents.isEmpty ? settings.envelope : outline.envelope
        let sender = sender(of: outline, settings)
        if isReport, let original = ISOOriginal(outline: outline) {
            var report = statusReport(original, codes.statusCode("rejected"), refusal.reason)
            report.status.additional += ISOCodes.place(of: refusal)
            draft = ISODraft(
                definition: ISO20022.Definition.statusReport, content: report, envelope: envelope, receiver: sender)
        } else {
            status = ISODoor.status(refusal, isBusy: isBusy)
            headers = ISODoor.headers(refusal, isBusy: isBusy)
            draft = ISODraft(
                definition: ISO20022.Definition.messageReject, content: messageReject(refusal, outline, context.now),
                envelope: envelope, receiver: sender)
        }
        var ids = IdentitySource(seed: context.entropy)
        let id = ids.hexText()
        if let written = try? write(draft, id: id, settings, now: context.now) {
            return reply(written.bytes, status: status, headers: headers)
        }
        // The request's envelope could not be repeated: ours, then.
        draft.envelope = settings.envelope
        draft.receiver = settings.clearing
        let bytes = (try? write(draft, id: id, settings, now: context.now))?.bytes
        return bytes.map { reply($0, status: status, headers: headers) } ?? WireReply(status: status, headers: headers)
    }

    /// Whom a refusal goes to: who says to have sent the message, when the name can be one.
    private func sender(of outline: ISOOutline, _ settings: ISOSettings) -> Agent {
        for place in ["AppHdr/Fr/FIId/FinInstnId", "GrpHdr/InstgAgt/FinInstnId"] {
            for leaf in outline.leaves where leaf.path.hasSuffix(place + "/BICFI") && Agent.isBIC(leaf.value) {
                return Agent(railName: leaf.value)
            }
            for leaf in outline.leaves where leaf.path.hasSuffix(place + "/ClrSysMmbId/MmbId") {
                guard !leaf.value.isEmpty, leaf.value.unicodeScalars.count <= 35 else { continue }
                var agent = Agent()
                agent.clearingMember = leaf.value
                return agent
            }
        }
        return settings.clearing
    }

    private func messageReject(_ refusal: Refusal, _ outline: ISOOutline, _ now: Instant) -> Payment {
        let related = outline.value("BizMsgIdr") ?? outline.value("GrpHdr/MsgId") ?? ""
        var payment = Payment()
        payment.status.originalMessage = ISOCodes.line(related, 35) ?? "NOTPROVIDED"
        payment.status.reasonProprietary = codes.reasonCode(refusal.reason)
        payment.status.completedAt = DateTime(now)
        let says = [refusal.says, refusal.mend].compactMap { $0 }.joined(separator: " ")
        payment.status.description = ISOCodes.line(says, 350)
        if let place = ISOCodes.line(refusal.place, 350) {
            payment.sideCar = [SideCarEntry(path: "iso20022:Rsn/ErrLctn", value: place)]
        }
        if let rule = ISOCodes.line(refusal.rule, 350) {
            payment.sideCar.append(SideCarEntry(path: "iso20022:Rsn/AddtlData", value: "rule \(rule)"))
        }
        return payment
    }
}

extension Refusal {
    /// Line, column and path for ErrLctn.
    var place: String {
        var place = line.map { line in column.map { "line \(line), column \($0)" } ?? "line \(line)" } ?? ""
        if !path.isEmpty { place += place.isEmpty ? path : ", \(path)" }
        return place
    }
}

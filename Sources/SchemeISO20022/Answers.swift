import FormatXML
import Mapping
import Payments

extension ISORoom {
    /// The synchronous answer to an order or enquiry of ours. Only a valid report about this very order says anything.
    func read(_ reply: WireReply, _ input: ComposeInput) -> Heard {
        guard case .success(let settings) = ISOSettings.read(input.settings) else {
            return Heard(.unknown("the settings of the rail cannot be used"))
        }
        if let heard = acknowledged(reply, input, settings) { return heard }
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

    /// The far side took the message and says no more in this connection; nil when it does.
    private func acknowledged(_ reply: WireReply, _ input: ComposeInput, _ settings: ISOSettings) -> Heard? {
        let isTaken = (200..<300).contains(reply.status)
        // What we tell is told once it is taken, whatever a rail may add.
        if input.verb == .notify {
            return Heard(isTaken ? .done : .unknown("HTTP \(reply.status) to an answer of ours"))
        }
        let isEmpty = reply.body.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let isAnswer = input.verb == .accept && input.purpose == .ask
        guard isEmpty, isTaken, settings.isAsynchronous || isAnswer || [202, 204].contains(reply.status) else {
            return nil
        }
        return Heard(isAnswer && settings.acceptIsFinal ? .done : .pending)
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
        return Heard(rejection(status))
    }

    /// What the refusal of a message says about the order that it was.
    func rejection(_ status: StatusReport) -> Observation {
        let says = status.description ?? "without a description"
        let code = status.reason ?? status.reasonProprietary
        var reason = Reason("malformed", network: ISOCodes.network, foreign: code, detail: says)
        if let code {
            let listed = codes.reason(code: code, detail: says)
            if listed.canonical != "other" { reason = listed }
        }
        return reason.canonical == "duplicate" ? .unknown(says) : .refused(reason)
    }

    /// A report found its payment by one of its names: the others must not speak of another order. A refusal of a
    /// message names that message alone: of an answer of ours it says that the rail has none yet.
    func verify(_ verb: Verb, _ heard: Heard, _ record: PaymentRecord) -> Heard {
        let reference = ISOOriginal(reference: heard.learned.status)
        guard reference.messageId != nil || reference.transaction != nil || reference.uetr != nil else { return heard }
        let own = verb == .accept ? ISOOriginal(order: record.payment) : sentOriginal(record)
        guard own.agrees(with: reference) else {
            let isOfMessage = reference.transaction == nil && reference.uetr == nil && reference.endToEnd == nil
            return Heard(
                .unknown(
                    verb == .accept && isOfMessage
                        ? "the rail refused our answer: \(heard.learned.status.description ?? "without a description")"
                        : "the report's names are not all those of this payment"))
        }
        return heard
    }

    // MARK: - Refusals

    /// The scheme's own answer to what we do not take: nothing is kept of it.
    func refuse(_ refusal: Refusal, _ request: WireRequest, _ context: InboundContext) -> WireReply {
        guard case .success(let settings) = ISOSettings.read(context.settings) else { return WireReply(status: 503) }
        let objection = objection(refusal, request, context, settings)
        let isBusy = ISODoor.isBusy(refusal)
        let status =
            objection.draft.definition == ISO20022.Definition.statusReport
            ? 200 : ISODoor.status(refusal, isBusy: isBusy)
        let headers = status == 200 ? [] : ISODoor.headers(refusal, isBusy: isBusy)
        guard let bytes = written(objection.draft, settings, context) else {
            return WireReply(status: status, headers: headers)
        }
        return reply(bytes, status: status, headers: headers)
    }

    /// The same as a message of its own, on a rail where answers are that. What the door itself refuses is refused at
    /// the door, and a refusal is never refused by another: two systems would talk for ever.
    func object(_ refusal: Refusal, _ request: WireRequest, _ context: InboundContext) -> WireRequest? {
        guard case .success(let settings) = ISOSettings.read(context.settings), settings.isAsynchronous,
            refusal.layer != .identity, !ISODoor.isBusy(refusal), !ISODoor.refuses(refusal)
        else { return nil }
        let objection = objection(refusal, request, context, settings)
        guard objection.about != ISO20022.Definition.messageReject else { return nil }
        return written(objection.draft, settings, context).map { post($0, settings) }
    }

    /// A report about the order where there is one, else word that the message was not read.
    private func objection(
        _ refusal: Refusal, _ request: WireRequest, _ context: InboundContext, _ settings: ISOSettings
    ) -> (draft: ISODraft, about: String) {
        var limits = XMLLimits.standard
        limits.roots = 2
        let (outline, _) = outline(request.body, leaves: true, validate: false, limits: limits)
        // An envelope that names its messages has another name for the answer than for what it answers.
        let isOurs = outline.documents.isEmpty || (settings.envelope.layout != .plain && !outline.headers.isEmpty)
        let envelope = isOurs ? settings.envelope : outline.envelope
        let sender = sender(of: outline, settings)
        guard refusal.layer == .business, !ISODoor.isBusy(refusal), let original = ISOOriginal(outline: outline) else {
            let draft = ISODraft(
                definition: ISO20022.Definition.messageReject, content: messageReject(refusal, outline, context.now),
                envelope: envelope, receiver: sender)
            return (draft, outline.definition)
        }
        var report = statusReport(original, codes.statusCode("rejected"), refusal.reason)
        report.status.additional += ISOCodes.place(of: refusal)
        let draft = ISODraft(
            definition: ISO20022.Definition.statusReport, content: report, envelope: envelope, receiver: sender)
        return (draft, outline.definition)
    }

    private func written(_ draft: ISODraft, _ settings: ISOSettings, _ context: InboundContext) -> [UInt8]? {
        var ids = IdentitySource(seed: context.entropy)
        let id = ids.hexText()
        if let written = try? write(draft, id: id, settings, now: context.now) { return written.bytes }
        // The request's envelope could not be repeated: ours, then.
        var draft = draft
        draft.envelope = settings.envelope
        draft.receiver = settings.clearing
        return (try? write(draft, id: id, settings, now: context.now))?.bytes
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

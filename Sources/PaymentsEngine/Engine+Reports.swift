public import Payments
import Synchronization

/// What is told beside a payment's own steps: answers to enquiries, refusals of repeats that are none. They move
/// nothing, and an auditor finds every one of them: in the archive of the payment that they are about, and refusals in
/// the tenant's audit log as well.
extension Engine {
    /// Messages that were refused since the start.
    public var refusedMessages: Int { state.withLock { $0.refusals.total } }

    /// Notes a refusal in the tenant's audit log and the process's log: the first of its kind before it is answered,
    /// more of the same within a minute as one line with their count.
    public func refused(_ message: RefusedMessage) async {
        let now = clock.now()
        let bounded = message.bounded
        if let line = state.withLock({ $0.refusals.note(bounded, at: now) }) { await write(line) }
    }

    func writeRefusals(all: Bool) async {
        let now = clock.now()
        for line in state.withLock({ $0.refusals.due(now, all: all) }) { await write(line) }
    }

    private func write(_ line: RefusalBook.Line) async {
        let message = line.message
        observer.refused(message, line.count)
        let again = line.isSummary ? "\(line.count) more within a minute: " : ""
        let entry = AuditEntry(
            time: clock.now(), who: "\(message.network) \(message.peer)", action: "refused \(message.message)",
            subject: message.subject, detail: again + message.why)
        do throws(StoreError) {
            try await store.audit(entry, tenant: message.tenant)
        } catch {
            observer.trouble("a refusal could not be written to the audit log of \(message.tenant): \(error)")
        }
    }

    /// Tells something about a payment from its record as the journal holds it. A request of ours is sent once: it
    /// changes nothing, and the sender asks again when it is lost. Nil leaves the acknowledgement to the caller.
    /// - Parameter raw: What came; nil when the payment's archive has it.
    func report(
        _ report: Report, about payment: PaymentID?, _ inbound: Inbound, _ sender: Sender, _ raw: ArchivedMessage?
    ) async -> Receipt? {
        guard let neighbour = world.neighbour(sender.network, sender.tenant) else { return nil }
        var record = PaymentRecord(id: payment ?? newPayment())
        if let payment {
            guard let known = try? await self.record(of: payment) else { return .busy("the store is not available") }
            record = known
        }
        let now = clock.now()
        let deadline = now.adding(milliseconds: Engine.reportMilliseconds)
        let input = ComposeInput(
            verb: .notify, purpose: .ask, record: record, step: 0, attempt: 1, settings: neighbour.settings, now: now,
            deadline: deadline, entropy: entropy())
        let composed = try? neighbour.adapter.report(report, input)
        if let why = refusal(in: report, payment) {
            await refused(
                RefusedMessage(
                    tenant: sender.tenant, network: sender.network, peer: sender.peer, message: inbound.message,
                    subject: payment?.text ?? inbound.keys.first?.key ?? "", why: why))
        }
        if let payment, await !archive(composed, about: payment, sender, raw, now) {
            return .busy("the store is not available")
        }
        switch composed?.form {
        case .reply(let reply): return .reply(reply)
        case .nothing, .wait, nil: return nil
        case .request(let request): return send(request, sender, deadline)
        }
    }

    private static let reportMilliseconds: Int64 = 5_000

    private func refusal(in report: Report, _ payment: PaymentID?) -> String? {
        switch report {
        case .duplicate(_, let reason):
            return [reason.canonical, reason.detail].compactMap { $0 }.joined(separator: ": ")
        case .status: return payment == nil ? "originalNotFound: it asks about no payment of ours" : nil
        }
    }

    private func archive(
        _ composed: Composed?, about payment: PaymentID, _ sender: Sender, _ raw: ArchivedMessage?, _ now: Instant
    ) async -> Bool {
        var told: [ArchivedMessage] = []
        if let composed, let body = composed.form.body {
            told.append(
                ArchivedMessage(
                    direction: .sent, peer: sender.network, message: composed.message, time: now, bytes: body))
        }
        guard case .accepted? = await submit(.beside(told), payment, received: raw) else { return false }
        return true
    }

    /// Tells a network something that is about no payment of ours, such as why its message was not taken. Sent once;
    /// false when too many such messages are under way.
    public func tell(_ request: WireRequest, to sender: Sender) -> Bool {
        send(request, sender, clock.now().adding(milliseconds: Engine.reportMilliseconds)) == nil
    }

    /// Requests of our own that no step stands for are few at a time: payments need the line.
    private func send(_ request: WireRequest, _ sender: Sender, _ deadline: Instant) -> Receipt? {
        let mayGo = state.withLock { state -> Bool in
            guard state.reports < Limits.reportsUnderWay else { return false }
            state.reports += 1
            return true
        }
        guard mayGo else { return .busy("too many answers are under way") }
        Task {
            _ = await self.sendAside(request, sender, deadline)
            self.state.withLock { $0.reports -= 1 }
        }
        return nil
    }
}

extension ComposedForm {
    fileprivate var body: [UInt8]? {
        switch self {
        case .request(let request): request.body
        case .reply(let reply): reply.body
        case .nothing, .wait: nil
        }
    }
}

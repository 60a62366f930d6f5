import Payments

/// Hop 4: which network, by the rules table, the networks' health and the bank's caps; and the next one when the first
/// does not take the payment.
extension Turn {
    mutating func open(_ inbound: Inbound, _ origin: Origin) {
        guard record.sequence == 0, case .opens(let kind, let payment) = inbound.meaning else { return }
        keys = inbound.keys + inbound.aliases
        contentHash = inbound.contentHash
        emit(.received(origin, payment))
        if kind == .partyLookup, isAskedByNetwork(origin) {
            let isElsewhere = world.directory(origin.tenant)?.find(payment.named) != nil
            return plan(isElsewhere ? "lookup-directory" : "lookup")
        }
        let question = self.question(kind, payment, origin)
        let decision = world.route(question)
        if case .refuse(let reason) = decision.target {
            emit(.routed(decision))
            emit(.refused(Reason(reason)))
            return plan("refused")
        }
        switch choose(decision) {
        case .path(let chosen):
            emit(.routed(chosen))
            plan(kind == .partyLookup ? (chosen.target == .onUs ? "lookup" : "parties") : chosen.flow)
        case .none(let reason):
            emit(.routed(decision))
            emit(.refused(reason))
            plan("refused")
        }
    }

    /// A network asks whose customer an identifier is; one of our own channels asks it of a network.
    private func isAskedByNetwork(_ origin: Origin) -> Bool {
        world.neighbour(origin.network, origin.tenant)?.adapter.capabilities.verbs.contains(.lookup) ?? true
    }

    private func question(_ kind: PaymentKind, _ payment: Payment, _ origin: Origin) -> RouteQuestion {
        let date = world.businessDate(origin.network, origin.tenant, now) ?? now.date
        var question = RouteQuestion(
            tenant: origin.tenant, kind: kind, from: origin.network, payment: payment, date: date)
        if let entry = world.directory(origin.tenant)?.find(payment.named) {
            question.creditorIsInDirectory = true
            question.creditorAgents += [entry.agent.bic, entry.agent.clearingMember, entry.agent.fspId].compactMap {
                $0
            }
        }
        question.creditorIsOurs = world.isOurs(payment, origin.tenant)
        return question
    }

    private mutating func plan(_ name: String) {
        guard let flow = world.flow(name) else {
            emit(.refused(Reason("internalError", detail: "no flow table \(name)")))
            emit(.finished(.rejected))
            return
        }
        emit(
            .planned(
                flow: flow.name, version: flow.version, tables: world.tablesVersion(), steps: flow.steps.map(\.name)))
    }

    // MARK: the first network that takes it

    private enum Choice {
        case path(RouteDecision)
        case none(Reason)
    }

    /// The first of the row's networks that is up, serves the currency and has room; else why the first has not.
    private mutating func choose(_ decision: RouteDecision) -> Choice {
        guard case .network(let first) = decision.target else {
            if let reason = room(record.origin?.network ?? "", isNear: true) { return .none(reason) }
            return .path(decision)
        }
        let candidates = [first] + decision.alternates
        var misses: [(network: String, reason: Reason)] = []
        for (index, network) in candidates.enumerated() {
            if let reason = obstacle(network) {
                // The turn is thrown away: it must leave nothing behind.
                if isContested { return .none(reason) }
                misses.append((network, reason))
                continue
            }
            var chosen = decision
            chosen.target = .network(network)
            chosen.alternates = Array(candidates[(index + 1)...])
            let why = misses.map { "\($0.network): \($0.reason.detail ?? $0.reason.canonical)" }
            if !why.isEmpty { chosen.note += " (instead of \(why.joined(separator: "; ")))" }
            return .path(chosen)
        }
        return .none(misses[0].reason)
    }

    private mutating func obstacle(_ network: String) -> Reason? {
        guard let origin = record.origin else { return nil }
        guard world.neighbour(network, origin.tenant) != nil else {
            return Reason("internalError", detail: "\(origin.tenant) has no settings on \(network)")
        }
        if let served = world.currencies(network), let currency = amount?.currency, !served.contains(currency) {
            return Reason("currencyNotSupported", detail: "\(network) does not settle \(currency.code)")
        }
        if case .down(let why) = world.health(network) {
            return Reason("agentOffline", detail: "\(network) is down: \(why)")
        }
        return room(network, isNear: false)
    }

    /// The caps' word. Held until the payment ends: others see what this one may still send.
    private mutating func room(_ network: String, isNear: Bool) -> Reason? {
        guard let origin = record.origin, origin.kind != .partyLookup, let amount else { return nil }
        world.adopt(record)
        let isBridge = !isNear && origin.network != network && world.settles(origin.network, origin.tenant)
        let claim = Claim(
            payment: record.id, tenant: origin.tenant, network: network, amount: amount, isNear: isNear,
            near: isBridge ? origin.network : nil, isFirst: expected == 0)
        switch world.claim(claim) {
        case .held: return nil
        case .refused(let reason): return reason
        case .contested(let reason):
            isContested = heedsContests
            return reason
        }
    }

    private var amount: Money? { record.payment.amount.settlement ?? record.payment.amount.instructed }

    /// Asks the caps again for a payment that waited for its day.
    mutating func claimAgain() -> Reason? {
        record.network.map { room($0, isNear: false) } ?? room(record.origin?.network ?? "", isNear: true)
    }

    // MARK: the next network

    /// The network refused for a reason of its own, or could not be reached, and nothing that cannot be taken back ever
    /// left: the next of the row's networks, if one takes it. True when the payment begins anew.
    mutating func takeAlternate(_ flow: Flow) -> Bool {
        guard let decision = record.route, !decision.alternates.isEmpty, record.refusal == nil,
            record.answeredEarly == nil, let pivot = flow.pivot,
            let refused = record.states.firstIndex(of: .refused), refused <= pivot,
            flow.steps[refused].verb.side == .network, neverLeft(pivot), !isAnswered(flow),
            world.isRetryable(record.steps[refused].reason?.canonical ?? ""), hasTime(flow)
        else { return false }
        var rest = decision
        rest.target = .network(decision.alternates[0])
        rest.alternates = Array(decision.alternates.dropFirst())
        rest.note += " (after \(record.network ?? "?"): \(record.steps[refused].reason?.canonical ?? "refused"))"
        guard case .path(let chosen) = choose(rest) else { return false }
        emit(.routed(chosen))
        // The tables that it began with stay its own (law 8).
        emit(
            .planned(
                flow: flow.name, version: flow.version, tables: record.tables, steps: flow.steps.map(\.name)))
        return true
    }

    /// The origin has heard something that another network would make untrue: how it ended, or terms that it took up.
    private func isAnswered(_ flow: Flow) -> Bool {
        let notify = flow.index(of: .notify).map { record.steps[$0] }
        let offer = flow.index(of: .offer).map { record.steps[$0].state }
        return notify.map { $0.state != .planned || $0.attempts > 0 } ?? false || offer == .done
    }

    /// A step that our own refusal ended before a request was made has no deadline.
    private func neverLeft(_ step: Int) -> Bool {
        let entry = record.steps[step]
        guard !entry.mayHaveLeft else { return false }
        return entry.state == .planned || (entry.state == .refused && entry.deadline == nil)
    }

    private func hasTime(_ flow: Flow) -> Bool {
        guard let answerBy = originDeadline(flow) else { return true }
        let margin = world.neighbour(for: .notify, record)?.marginMilliseconds ?? 0
        return now.adding(milliseconds: margin) < answerBy
    }
}

extension Payment {
    /// What the payee is named by.
    var named: [Identifier] { creditor.identifiers + creditorAccount.identifiers }
}

import Payments

/// The bookings that money.md ties to each step: who owes whom at every moment.
extension Turn {
    /// What moves on the network of the flow's pivot.
    /// Once it moved, it is what moved: whatever is learned later, the bookings of one payment cover each other.
    private var networkAmount: Money? {
        record.bookings.dropFirst(record.firstBooking).first?.entries.first { $0.amount.isPositive }?.amount
            ?? record.payment.terms.transferAmount ?? record.payment.amount.settlement
    }
    /// What the origin's network moves.
    private var originAmount: Money? {
        record.payment.amount.settlement ?? record.payment.terms.transferAmount ?? record.payment.amount.instructed
    }

    /// Debtor and creditor at one core bank: no network moves anything.
    private var isOnUs: Bool { record.route?.target == .onUs && record.flow?.index(of: .reserve) != nil }

    /// The account of the position ledger that the near leg is booked under.
    private var nearName: String? { isOnUs ? "on-us" : record.origin?.network }
    /// And the far leg.
    private var farName: String? { isOnUs ? "on-us" : record.network }

    /// Where the amount stands while the far leg is not certain.
    private var openAccount: LedgerAccount { record.answeredEarly == nil ? .transit : .exposure }

    mutating func book(step: Int, before: StepState) {
        guard let flow = record.flow else { return }
        let after = record.steps[step].state
        guard after != before else { return }
        if after == .done {
            if step == flow.pivot { state(.settled) }
            if flow.steps[step].verb.effect == .consumeHold || flow.steps[step].verb.effect == .credit {
                state(.posted)
            }
        }
        switch flow.steps[step].verb {
        case .send: bookSend(before, after)
        case .accept: bookAccept(step, flow, after)
        case .post: bookPost(after)
        case .credit: bookCredit(after)
        default: break
        }
    }

    private mutating func bookSend(_ before: StepState, _ after: StepState) {
        guard let network = record.network, let amount = networkAmount else { return }
        switch after {
        case .asked where before == .planned:
            note(.move("sent on \(network)", amount, from: .position, network, to: .transit, network))
        case .planned where before == .asked || before == .unknown:
            note(.move("never left", amount, from: openAccount, network, to: .position, network))
        // A person's word about an order that left after the moment of a backup: nothing of it is booked yet.
        case .refused where before == .planned: break
        case .done where before == .planned:
            note(.move("sent on \(network)", amount, from: .position, network, to: openAccount, network))
        case .refused:
            let from = openAccount
            note(.move("refused by \(network)", amount, from: from, network, to: .position, network))
        case .done where record.answeredEarly == .settled && isNearSettled:
            guard let origin = record.origin?.network, let near = originAmount else { return }
            note(bridgeBooking(origin, near: .exposure, near, far: .exposure))
        default: break
        }
    }

    private mutating func bookAccept(_ step: Int, _ flow: Flow, _ after: StepState) {
        guard let origin = record.origin?.network else { return }
        let isBridge = flow.pivot.map { step > $0 } ?? false
        if isBridge {
            guard after == .done else { return }
            if record.answeredEarly == .settled, let pivot = flow.pivot, record.states[pivot] != .done {
                guard let near = originAmount else { return }
                note(.move("settled, not posted", near, from: .exposure, origin, to: .position, origin))
            } else {
                note(bridgeSettled(origin, record.answeredEarly == nil ? .transit : .exposure))
            }
            return
        }
        guard after == .done, let amount = networkAmount else { return }
        note(.move("received on \(origin)", amount, from: .transit, origin, to: .position, origin))
    }

    /// Near leg settled after the far leg: what stood open on the far side is covered, what is left over is ours.
    private func bridgeSettled(_ origin: String, _ open: LedgerAccount) -> Booking? {
        guard let near = originAmount else { return nil }
        return bridgeBooking(origin, near: .position, near, far: open)
    }

    private var isNearSettled: Bool {
        record.flow?.index(of: .accept).map { record.steps[$0].state == .done } ?? false
    }

    private func bridgeBooking(
        _ origin: String, near account: LedgerAccount, _ near: Money, far open: LedgerAccount
    ) -> Booking? {
        guard let far = networkAmount, let network = record.network else { return nil }
        var entries = [LedgerEntry(account, origin, near), LedgerEntry(open, network, far.negated)]
        if let margin = try? near.subtracting(far) {
            if !margin.isZero { entries.append(LedgerEntry(.fees, origin, margin.negated)) }
        } else {
            // Two currencies: each is balanced on its own, and the exchange between them is ours to place.
            entries += [LedgerEntry(.suspense, origin, near.negated), LedgerEntry(.suspense, network, far)]
        }
        return Booking("bridged from \(origin) to \(network)", entries)
    }

    private mutating func bookPost(_ after: StepState) {
        guard after == .done, let network = farName, let amount = networkAmount else { return }
        note(.move("the debtor's account was debited", amount, from: .transit, network, to: .customers, network))
        if let fee = record.payment.terms.ownFee, !fee.isZero {
            note(.move("our fee", fee, from: .fees, network, to: .customers, network))
        }
    }

    private mutating func bookCredit(_ after: StepState) {
        guard after == .done, let origin = nearName, let amount = networkAmount else { return }
        note(.move("the creditor's account was credited", amount, from: .customers, origin, to: .transit, origin))
    }

    /// A person did by other means what was refused after the pivot: the amount leaves where it was put aside.
    mutating func bookPlacedByHand(_ step: Int, _ flow: Flow) {
        guard let amount = networkAmount, let origin = nearName else { return }
        switch flow.steps[step].verb {
        case .credit:
            note(.move("credited by hand", amount, from: .customers, origin, to: .suspense, origin))
            state(.posted)
        case .post:
            guard let network = record.network else { return }
            note(.move("debited by hand", amount, from: .suspense, network, to: .customers, network))
            state(.posted)
        case .accept: note(bridgeSettled(origin, .exposure))
        default: break
        }
    }

    /// A step after the pivot was refused: the money is ours to place.
    mutating func bookRefusalAfterPivot(_ step: Int, _ flow: Flow) {
        guard let amount = networkAmount else { return }
        switch flow.steps[step].verb {
        case .credit:
            guard let origin = nearName else { return }
            note(.move("the credit was refused", amount, from: .suspense, origin, to: .transit, origin))
        case .accept:
            guard let network = record.network, record.answeredEarly == nil else { return }
            note(.move("the near leg was refused", amount, from: .transit, network, to: .exposure, network))
        case .post:
            guard let network = record.network else { return }
            note(.move("the debit was refused", amount, from: .transit, network, to: .suspense, network))
        default: break
        }
    }

    mutating func bookEarlyAnswer(_ flow: Flow) {
        guard let pivot = flow.pivot, record.states[pivot] == .asked || record.states[pivot] == .unknown,
            let network = record.network, let amount = networkAmount
        else { return }
        note(
            .move(
                "the origin was answered, \(network) is silent", amount, from: .transit, network, to: .exposure, network
            )
        )
    }

    /// On-us, a person gave the debtor the money back that the creditor's account did not take.
    mutating func bookGivenBack(_ step: Int, _ flow: Flow) {
        guard isOnUs, flow.steps[step].verb == .credit, let amount = networkAmount else { return }
        note(.move("given back by hand", amount, from: .customers, "on-us", to: .suspense, "on-us"))
        state(.returned)
    }

    /// A person gave the money back that the origin's network had settled on our word, or brought it to the payee.
    mutating func bookReturn(_ outcome: PaymentOutcome) {
        guard let origin = record.origin?.network, let near = originAmount else { return }
        let to: LedgerAccount = outcome == .rejected ? .position : .suspense
        note(.move("returned or placed by hand", near, from: to, origin, to: .exposure, origin))
    }
}

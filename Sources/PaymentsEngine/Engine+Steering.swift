public import Payments

/// What became of a payer's word on a payment under way.
public enum Steering: Sendable, Equatable {
    case done
    /// Too late, or never possible: why.
    case notPossible(String)
    case unknownPayment
    /// Nothing was stored.
    case busy(String)
}

extension Engine {
    /// The payer's yes or no to the terms of a payment that waits for it.
    public func confirm(_ payment: PaymentID, accepted isAccepted: Bool, raw: ArchivedMessage) async -> Steering {
        await steer(payment, .confirm(isAccepted), raw)
    }

    /// Calls a payment off. Done means that it will not be carried out: what is held is on its way back.
    public func cancel(_ payment: PaymentID, why: String, raw: ArchivedMessage) async -> Steering {
        await steer(payment, .cancel(why), raw)
    }

    private func steer(_ payment: PaymentID, _ content: Input.Content, _ raw: ArchivedMessage) async -> Steering {
        do throws(StoreError) {
            guard try await store.view(of: payment) != nil else { return .unknownPayment }
        } catch {
            return .busy("the store is not available")
        }
        switch await submit(content, payment, received: raw) {
        case .accepted?: return .done
        case .declined(_, let reason)?: return .notPossible(reason.detail ?? reason.canonical)
        case nil: return .busy("the queue is full")
        case .failed?, .duplicate?: return .busy("the store is not available")
        }
    }

    /// What every tenant has out, against its caps.
    public var standing: [Allowance] {
        allowances.all.sorted { ($0.tenant, $0.network, $0.currency.code) < ($1.tenant, $1.network, $1.currency.code) }
    }

    /// Stops or allows sends: the sum over the ledger is not, or is again, zero. Receives go on.
    public func ledgerIsBroken(_ isBroken: Bool) { allowances.breakSends(isBroken) }

    func seedAllowances() async throws(StoreError) {
        allowances.begin(try await store.balances(tenant: nil), try await store.standing(), now: clock.now())
    }
}

/// What a peer says at the end of the day about the transfers of one participant: the other side of a reconciliation.
public struct DayReport: Sendable, Equatable {
    public enum Direction: String, Sendable { case out, `in` }
    public enum State: String, Sendable { case settled, rejected, open }

    public struct Row: Sendable, Equatable {
        /// The transfer's name at the peer: transferId, TxId, transferCode.
        public var reference: String
        /// As the participant sees it: its money goes out or comes in.
        public var direction: Direction
        public var amount: LabAmount
        public var currency: String
        public var state: State
    }

    public var rows: [Row] = []

    /// First line the names of the columns, then one line for each transfer and direction, by reference.
    public var csv: String {
        let lines = rows.sorted { ($0.reference, $0.direction.rawValue) < ($1.reference, $1.direction.rawValue) }.map {
            [$0.reference, $0.direction.rawValue, $0.amount.text(decimals: 2), $0.currency, $0.state.rawValue]
                .joined(separator: ",")
        }
        return (["reference,direction,amount,currency,state"] + lines).joined(separator: "\n") + "\n"
    }
}

extension Hub {
    /// Transfers of which this FSP is payer or payee.
    public func report(of fspId: String) -> DayReport {
        DayReport(
            rows: transfers(of: fspId).map { transfer in
                let state: DayReport.State =
                    switch transfer.state {
                    case .reserved: .open
                    case .committed: .settled
                    case .aborted: .rejected
                    }
                return DayReport.Row(
                    reference: transfer.id, direction: transfer.payer == fspId ? .out : .in, amount: transfer.amount,
                    currency: transfer.currency, state: state)
            })
    }
}

extension Clearing {
    /// Transactions of which this BIC is payer or creditor agent.
    public func report(of bic: String) -> DayReport {
        DayReport(
            rows: allTransactions.filter { $0.payer == bic || $0.creditorAgent == bic }.map { transaction in
                let state: DayReport.State =
                    switch transaction.state {
                    case .settled: .settled
                    case .rejected: .rejected
                    default: .open
                    }
                return DayReport.Row(
                    reference: transaction.txId,
                    direction: transaction.payer == bic ? .out : .in, amount: transaction.amount,
                    currency: transaction.currency, state: state)
            })
    }
}

extension CoreBank {
    /// Postings and holds of a tenant, by transferCode.
    public func report(of tenant: String) -> DayReport {
        guard let book = tenants[tenant] else { return DayReport() }
        var rows: [DayReport.Row] = []
        for line in book.ledger where book.accounts[line.account] != nil {
            guard line.kind == .withdrawal || line.kind == .deposit else { continue }
            rows.append(
                DayReport.Row(
                    reference: line.transferCode, direction: line.kind == .withdrawal ? .out : .in,
                    amount: line.amount < .zero ? -line.amount : line.amount, currency: line.currency, state: .settled))
        }
        let withdrawn = Set(rows.filter { $0.direction == .out }.map(\.reference))
        for account in book.accounts.values {
            for (code, hold) in account.holds where !withdrawn.contains(code) {
                rows.append(
                    DayReport.Row(
                        reference: code, direction: .out, amount: hold.amount, currency: account.currency,
                        state: hold.active ? .open : .rejected))
            }
        }
        return DayReport(rows: rows)
    }
}

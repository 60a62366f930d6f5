import Payments

/// The balances of the position ledger in the writer's memory. One writer owns the journal, so what is cached stays
/// true until a rollback, which drops it.
final class LedgerBook {
    private struct Line: Hashable {
        var tenant: String
        var account: LedgerAccount
        var network: String
        var currency: Currency
    }

    private let find: Query
    private let write: Query
    private var balances: [Line: Int128] = [:]
    private var changed: Set<Line> = []

    init(_ connection: Connection) throws(SQLFault) {
        find = try connection.query(
            "SELECT balance FROM ledger WHERE tenant = ? AND account = ? AND network = ? AND currency = ?")
        write = try connection.query(
            """
            INSERT INTO ledger (tenant, account, network, currency, balance) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET balance = excluded.balance
            """)
    }

    /// Says what is wrong with the bookings of a batch, before anything of it is written: lines that do not add up
    /// to zero in a currency, or a balance that could leave the range of `Money`.
    func objection(to batch: [Append]) throws(SQLFault) -> String? {
        var turnover: [Line: Int128] = [:]
        for append in batch where !append.bookings.isEmpty {
            var sums: [Currency: Int128] = [:]
            for entry in append.bookings.lazy.flatMap(\.entries) {
                sums[entry.amount.currency, default: 0] += entry.amount.units
                turnover[line(entry, append.tenant), default: 0] += Int128(entry.amount.units.magnitude)
            }
            if let (currency, units) = sums.first(where: { $0.value != 0 }) {
                return "the bookings of payment \(append.payment) leave \(units) hundred-thousandths of \(currency)"
            }
        }
        for (line, units) in turnover {
            guard Int128(try balance(line).magnitude) + units <= Money.limit else {
                return "the balance of \(line.account) in \(line.currency) would be out of range"
            }
        }
        return nil
    }

    func enter(_ append: Append) throws(SQLFault) {
        for booking in append.bookings {
            for entry in booking.entries {
                let line = line(entry, append.tenant)
                balances[line] = try balance(line) + entry.amount.units
                changed.insert(line)
            }
        }
    }

    /// Writes what the transaction changed, once per balance.
    func store() throws(SQLFault) {
        guard !changed.isEmpty else { return }
        for line in changed {
            try write.begin().put(line.tenant).put(line.account.rawValue).put(line.network).put(line.currency.code)
                .put(String(try balance(line))).run()
        }
        changed.removeAll(keepingCapacity: true)
    }

    func forget() {
        balances = [:]
        changed = []
    }

    private func line(_ entry: LedgerEntry, _ tenant: String) -> Line {
        Line(tenant: tenant, account: entry.account, network: entry.network, currency: entry.amount.currency)
    }

    private func balance(_ line: Line) throws(SQLFault) -> Int128 {
        if let units = balances[line] { return units }
        let stored = try find.begin().put(line.tenant).put(line.account.rawValue).put(line.network)
            .put(line.currency.code).first { (row) throws(SQLFault) in
                try row.money(row.text(0), line.currency.code).units
            }
        balances[line] = stored ?? 0
        return stored ?? 0
    }
}

import Payments

/// Lists over a tenant's database and, over it, what the journal has since.
extension ReadDesk {
    static let longestList = 10_000

    /// What the journal holds of a tenant that its database may not show yet.
    private struct Recent {
        var views: [PaymentView] = []
        var names: [PaymentID: [Correlation]] = [:]

        var ids: Set<PaymentID> { Set(views.map(\.id)) }
    }

    /// Read before the tenant's database: what leaves the journal in between is in the database by then, so nothing
    /// falls through.
    private func recent(_ tenant: String, after floor: Int64?) throws(SQLFault) -> Recent {
        try journal.snapshot { () throws(SQLFault) in
            let start = try place(floor)
            var recent = Recent()
            recent.views = try journal.query(
                """
                SELECT \(ViewRow.columns) FROM payments WHERE id IN
                    (SELECT payment FROM changes WHERE position > ? AND tenant = ? AND payment IS NOT NULL)
                """
            ).begin().put(start).put(tenant).rows { (row) throws(SQLFault) in try row.view() }
            try journal.query(
                "SELECT payment, names FROM changes WHERE position > ? AND tenant = ? AND names IS NOT NULL"
            ).begin().put(start).put(tenant).each { (row) throws(SQLFault) in
                recent.names[try row.payment(0), default: []] += NameList.names(row.bytes(1))
            }
            return recent
        }
    }

    func list(_ query: PaymentQuery, after floor: Int64?) throws(SQLFault) -> [PaymentView] {
        let limit = min(max(query.limit, 1), ReadDesk.longestList)
        let recent = try recent(query.tenant, after: floor)
        let store = try tenants.find(query.tenant)
        var named: Set<PaymentID> = []
        if let search = query.search {
            named = Set(try store?.payments(named: search) ?? [])
            for (payment, names) in recent.names where names.contains(where: { $0.key == search }) {
                named.insert(payment)
            }
        }
        let ids = recent.ids
        var place: ListPlace?
        if query.order == .amount, let beside = query.before ?? query.after {
            var view = try view(of: beside)
            if view == nil { view = try store?.view(of: beside) }
            place = view.map { ListPlace($0) }
        }
        let resting = try store?.list(query, beside: place, limit: limit + recent.views.count) ?? []
        let rows =
            recent.views.filter { query.includes($0, named: named) && query.isOnPage($0, beside: place) }
            + resting.filter { !ids.contains($0.id) }
        let sorted = rows.sorted { query.order.precedes($0, $1) }
        return Array(query.isTurnedBack ? sorted.suffix(limit) : sorted.prefix(limit))
    }

    // MARK: Settlements

    func settlements(_ query: SettlementQuery, after floor: Int64?) throws(SQLFault) -> [SettlementLine] {
        let limit = min(max(query.limit, 1), ReadDesk.longestList)
        let recent = try recent(query.tenant, after: floor)
        let store = try tenants.find(query.tenant)
        let ids = recent.ids
        let resting = try store?.settlements(query, limit: limit + recent.views.count) ?? []
        let rows =
            recent.views.filter { query.includes($0) && query.isOnPage($0) } + resting.filter { !ids.contains($0.id) }
        return try rows.sorted { $0.id < $1.id }.prefix(limit).map { (view) throws(SQLFault) in
            var names = try store?.names(of: view.id) ?? []
            for name in recent.names[view.id] ?? [] where !names.contains(name) { names.append(name) }
            return SettlementLine(view: view, direction: query.direction(of: view), names: names)
        }
    }

    func settledTotals(_ query: SettlementQuery, after floor: Int64?) throws(SQLFault) -> [SettlementTotal] {
        let recent = try recent(query.tenant, after: floor)
        let ids = recent.ids
        var sums = SettlementSums()
        for view in recent.views where query.includes(view) { try sums.add(view, query) }
        try tenants.find(query.tenant)?.eachSettlement(query) { (view) throws(SQLFault) in
            if !ids.contains(view.id) { try sums.add(view, query) }
        }
        return sums.totals
    }
}

/// Where a payment stands in the order of amounts: by currency, then the largest first; without an amount last.
struct ListPlace: Sendable {
    var currency: String
    var units: Int128
    var id: PaymentID

    init(_ view: PaymentView) {
        currency = view.amount?.currency.code ?? ListPlace.noCurrency
        units = view.amount?.units ?? 0
        id = view.id
    }

    /// Sorts behind every code.
    static let noCurrency = "~"

    static func < (left: ListPlace, right: ListPlace) -> Bool {
        if left.currency != right.currency { return left.currency < right.currency }
        return left.units == right.units ? left.id > right.id : left.units > right.units
    }
}

extension PaymentQuery.Order {
    func precedes(_ left: PaymentView, _ right: PaymentView) -> Bool {
        switch self {
        case .newest: left.id > right.id
        case .oldest: left.id < right.id
        case .amount: ListPlace(left) < ListPlace(right)
        }
    }
}

extension PaymentQuery {
    /// The same filter as the database's, for rows that are not there yet.
    func includes(_ view: PaymentView, named: Set<PaymentID>) -> Bool {
        if let stage, view.stage != stage { return false }
        if let outcome, view.outcome != outcome { return false }
        if let network, view.network != network { return false }
        if let origin, view.origin != origin { return false }
        if let currency, view.amount?.currency != currency { return false }
        if let leastAmount, !reaches(view.amount, leastAmount) { return false }
        if let mostAmount, !reaches(mostAmount, view.amount) { return false }
        if let receivedFrom, view.receivedAt < receivedFrom { return false }
        if let receivedUntil, view.receivedAt >= receivedUntil { return false }
        if stuckOnly, !view.isStuck { return false }
        if let search, ![view.endToEnd, view.debtor, view.creditor].contains(search), !named.contains(view.id) {
            return false
        }
        return true
    }

    private func reaches(_ amount: Money?, _ least: Money?) -> Bool {
        guard let amount, let least, amount.currency == least.currency else { return false }
        return amount.units >= least.units
    }

    func isOnPage(_ view: PaymentView, beside place: ListPlace?) -> Bool {
        if order == .amount, let place {
            return before != nil ? place < ListPlace(view) : ListPlace(view) < place
        }
        if let before, view.id >= before { return false }
        if let after, view.id <= after { return false }
        return true
    }
}

extension SettlementQuery {
    func includes(_ view: PaymentView) -> Bool {
        guard view.tenant == tenant, view.network == network || view.origin == network else { return false }
        switch period {
        case .time(let from, let until):
            let time = view.settledAt ?? view.receivedAt
            return time >= from && time < until
        case .businessDate(let date): return view.businessDate == date
        }
    }

    func isOnPage(_ view: PaymentView) -> Bool { after.map { view.id > $0 } ?? true }

    func direction(of view: PaymentView) -> SettlementLine.Direction { view.network == network ? .sent : .received }
}

/// Sums of payments that stand alike.
private struct SettlementSums {
    private struct Kind: Hashable {
        var direction: SettlementLine.Direction
        var stage: String
        var outcome: String?
        var currency: Currency
    }

    private var sums: [Kind: (count: Int, amount: Money)] = [:]

    mutating func add(_ view: PaymentView, _ query: SettlementQuery) throws(SQLFault) {
        guard let amount = view.amount else { return }
        let kind = Kind(
            direction: query.direction(of: view), stage: view.stage, outcome: view.outcome, currency: amount.currency)
        let before = sums[kind] ?? (0, .zero(amount.currency))
        guard let sum = try? before.amount.adding(amount) else {
            throw .damaged("the sum of what was settled in \(amount.currency) is out of range")
        }
        sums[kind] = (before.count + 1, sum)
    }

    var totals: [SettlementTotal] {
        let totals = sums.map { kind, sum in
            SettlementTotal(
                direction: kind.direction, stage: kind.stage, outcome: kind.outcome, count: sum.count,
                amount: sum.amount)
        }
        return totals.sorted {
            ($0.direction.rawValue, $0.amount.currency.code, $0.stage, $0.outcome ?? "")
                < ($1.direction.rawValue, $1.amount.currency.code, $1.stage, $1.outcome ?? "")
        }
    }
}

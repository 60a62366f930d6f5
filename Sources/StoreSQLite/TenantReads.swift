import Payments

/// Conditions of a list, with their values in order.
private struct Conditions {
    private var texts: [String] = []
    private var values: [(Query) -> Void] = []

    mutating func add(_ text: String, _ bind: @escaping (Query) -> Void = { _ in }) {
        texts.append(text)
        values.append(bind)
    }

    var clause: String { texts.isEmpty ? "" : "WHERE " + texts.joined(separator: " AND ") }

    func bind(to query: Query) {
        for value in values { value(query) }
    }
}

extension TenantStore {
    func view(of payment: PaymentID) throws(SQLFault) -> PaymentView? {
        try connection.query("SELECT \(ViewRow.columns) FROM payments WHERE id = ?").begin().put(payment)
            .first { (row) throws(SQLFault) in try row.view() }
    }

    func payments(named key: String) throws(SQLFault) -> [PaymentID] {
        try connection.query("SELECT DISTINCT payment FROM names WHERE key = ?").begin().put(key)
            .rows { (row) throws(SQLFault) in try row.payment(0) }
    }

    func names(of payment: PaymentID) throws(SQLFault) -> [Correlation] {
        try connection.query("SELECT scope, key FROM names WHERE payment = ?").begin().put(payment)
            .rows { Correlation($0.text(0), $0.text(1)) }
    }

    // MARK: Lists

    /// A page of the list, from the payment on that it lies beside. In the order of amounts that one's place is given.
    func list(_ query: PaymentQuery, beside place: ListPlace?, limit: Int) throws(SQLFault) -> [PaymentView] {
        var conditions = Conditions()
        addFilters(of: query, to: &conditions)
        addPage(of: query, beside: place, to: &conditions)
        let find = try connection.query(
            "SELECT \(ViewRow.columns) FROM payments \(conditions.clause) ORDER BY \(order(of: query)) LIMIT ?"
        ).begin()
        conditions.bind(to: find)
        return try find.put(limit).rows { (row) throws(SQLFault) in try row.view() }
    }

    private func addFilters(of query: PaymentQuery, to conditions: inout Conditions) {
        let exact: [(String, String?)] = [
            ("stage", query.stage), ("outcome", query.outcome), ("network", query.network), ("origin", query.origin),
            ("currency", query.currency?.code),
        ]
        for case (let column, let value?) in exact { conditions.add("\(column) = ?") { $0.put(value) } }
        // Whole numbers without leading zeros: the longer is the larger.
        for case (let sign, let amount?) in [(">=", query.leastAmount), ("<=", query.mostAmount)] {
            conditions.add("currency = ? AND (length(amount), amount) \(sign) (?, ?)") {
                let units = String(amount.units)
                $0.put(amount.currency.code).put(units.count).put(units)
            }
        }
        if let from = query.receivedFrom { conditions.add("received_at >= ?") { $0.put(from) } }
        if let until = query.receivedUntil { conditions.add("received_at < ?") { $0.put(until) } }
        if query.stuckOnly { conditions.add("(is_parked = 1 OR stage = 'unknown')") }
        if let search = query.search {
            conditions.add(
                """
                (end_to_end = ? OR debtor = ? OR creditor = ? OR id IN (SELECT payment FROM names WHERE key = ?))
                """
            ) { $0.put(search).put(search).put(search).put(search) }
        }
    }

    private static let amountPlace = "ifnull(currency, '\(ListPlace.noCurrency)')"
    private static let amountSize = "(length(ifnull(amount, '0')), ifnull(amount, '0'), id)"

    private func addPage(of query: PaymentQuery, beside place: ListPlace?, to conditions: inout Conditions) {
        if query.order == .amount {
            guard let place else { return }
            let isBehind = query.before != nil
            let text =
                "(\(TenantStore.amountPlace) \(isBehind ? ">" : "<") ? OR (\(TenantStore.amountPlace) = ? AND "
                + "\(TenantStore.amountSize) \(isBehind ? "<" : ">") (?, ?, ?)))"
            conditions.add(text) {
                let units = String(place.units)
                $0.put(place.currency).put(place.currency).put(units.count).put(units).put(place.id)
            }
            return
        }
        if let before = query.before { conditions.add("id < ?") { $0.put(before) } }
        if let after = query.after { conditions.add("id > ?") { $0.put(after) } }
    }

    /// The order in which the page is found: from the payment on that it lies beside.
    private func order(of query: PaymentQuery) -> String {
        let back = query.isTurnedBack
        switch query.order {
        case .newest: return back ? "id ASC" : "id DESC"
        case .oldest: return back ? "id DESC" : "id ASC"
        case .amount:
            let (place, size) = back ? ("DESC", "ASC") : ("ASC", "DESC")
            return "\(TenantStore.amountPlace) \(place), length(ifnull(amount, '0')) \(size), "
                + "ifnull(amount, '0') \(size), id \(size)"
        }
    }

    // MARK: Settlements

    private func conditions(of query: SettlementQuery) -> Conditions {
        var conditions = Conditions()
        conditions.add("(network = ? OR origin = ?)") { $0.put(query.network).put(query.network) }
        switch query.period {
        case .time(let from, let until):
            conditions.add("ifnull(settled_at, received_at) >= ? AND ifnull(settled_at, received_at) < ?") {
                $0.put(from).put(until)
            }
        case .businessDate(let date): conditions.add("business_date = ?") { $0.put(date.text) }
        }
        return conditions
    }

    func settlements(_ query: SettlementQuery, limit: Int) throws(SQLFault) -> [PaymentView] {
        var conditions = conditions(of: query)
        if let after = query.after { conditions.add("id > ?") { $0.put(after) } }
        let find = try connection.query(
            "SELECT \(ViewRow.columns) FROM payments \(conditions.clause) ORDER BY id LIMIT ?"
        ).begin()
        conditions.bind(to: find)
        return try find.put(limit).rows { (row) throws(SQLFault) in try row.view() }
    }

    func eachSettlement(
        _ query: SettlementQuery, _ body: (PaymentView) throws(SQLFault) -> Void
    ) throws(SQLFault) {
        let conditions = conditions(of: query)
        let find = try connection.query("SELECT \(ViewRow.columns) FROM payments \(conditions.clause)").begin()
        conditions.bind(to: find)
        try find.each { (row) throws(SQLFault) in try body(row.view()) }
    }

    // MARK: The feed

    func feed(after cursor: Int64, limit: Int) throws(SQLFault) -> [FeedEntry] {
        try connection.query(
            "SELECT position, payment, \(Query.feedColumns) FROM feed WHERE position > ? ORDER BY position LIMIT ?"
        ).begin().put(cursor).put(limit).rows { (row) throws(SQLFault) in
            row.feedEntry(row.integer(0), try row.payment(1), from: 2)
        }
    }
}

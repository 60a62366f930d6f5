import Payments

extension ReadDesk {
    /// The journal first, then the tenant's database: each gives its first entries behind the cursor, so the first of
    /// both together are the feed's.
    func feed(_ tenant: String, after cursor: Int64, limit: Int, floor: Int64?) throws(SQLFault) -> [FeedEntry] {
        let limit = min(max(limit, 1), ReadDesk.longestList)
        let recent = try journal.snapshot { () throws(SQLFault) in
            let start = max(cursor, try place(floor))
            return try journal.query(
                """
                SELECT \(JournalChange.columns) FROM changes WHERE position > ? AND tenant = ? AND kinds IS NOT NULL
                ORDER BY position LIMIT ?
                """
            ).begin().put(start).put(tenant).put(limit).rows { (row) throws(SQLFault) in try row.change() }
        }
        let resting = try tenants.find(tenant)?.feed(after: cursor, limit: limit) ?? []
        // The projector may have come further since the journal was read: what both have is told once.
        let known = resting.last?.cursor ?? cursor
        return Array((resting + recent.compactMap(\.entry).filter { $0.cursor > known }).prefix(limit))
    }

    func mark(_ name: String, tenant: String) throws(SQLFault) -> Int64? {
        try journal.query("SELECT value FROM cursors WHERE tenant = ? AND name = ?").begin().put(tenant).put(name)
            .first { $0.integer(0) }
    }

    func standing() throws(SQLFault) -> [Standing] {
        struct Place: Hashable {
            var tenant: String
            var network: String
            var side: Standing.Side
            var currency: Currency
        }
        var found: [Place: (count: Int, unbooked: Int128)] = [:]
        try journal.query(
            """
            SELECT tenant, network, origin, amount, currency, is_booked FROM payments INDEXED BY payments_open
            WHERE outcome IS NULL
            """
        ).begin().each { (row) throws(SQLFault) in
            guard !row.isNull(3) else { return }
            let amount = try row.money(row.text(3), row.text(4))
            let unbooked = row.integer(5) == 0 ? amount.units : 0
            // A payment that leaves where it came from counts once there.
            let origin = row.text(2) == row.textIfAny(1) ? nil : row.text(2)
            let sides: [(String?, Standing.Side)] = [(row.textIfAny(1), .target), (origin, .origin)]
            for case (let network?, let side) in sides {
                let place = Place(tenant: row.text(0), network: network, side: side, currency: amount.currency)
                let before = found[place] ?? (0, 0)
                found[place] = (before.count + 1, before.unbooked + unbooked)
            }
        }
        return try found.map { (place, sum) throws(SQLFault) in
            guard let unbooked = Money(units: sum.unbooked, currency: place.currency) else {
                throw .damaged("what is under way in \(place.currency) is out of range")
            }
            return Standing(
                tenant: place.tenant, network: place.network, side: place.side, currency: place.currency,
                inFlight: sum.count, unbooked: unbooked)
        }.sorted {
            ($0.tenant, $0.network, $0.side.rawValue, $0.currency.code)
                < ($1.tenant, $1.network, $1.side.rawValue, $1.currency.code)
        }
    }
}

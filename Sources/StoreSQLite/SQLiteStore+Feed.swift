public import Payments

extension SQLiteStore {
    public func standing() async throws(StoreError) -> [Standing] {
        try await readers().read { (desk) throws(SQLFault) in try desk.standing() }
    }

    public func feed(tenant: String, after cursor: Int64, limit: Int) async throws(StoreError) -> [FeedEntry] {
        let floor = try floor(of: tenant)
        return try await readers().read { (desk) throws(SQLFault) in
            try desk.feed(tenant, after: cursor, limit: limit, floor: floor)
        }
    }

    public func waitForFeed(tenant: String, after cursor: Int64, until deadline: Instant) async -> Bool {
        guard tenants.contains(tenant), let waiter = journal.feed.join(.tenant(tenant), after: cursor) else {
            return false
        }
        defer { journal.feed.leave(waiter) }
        // Joined first, read second: a commit in between is heard or seen, never neither.
        if let entries = try? await feed(tenant: tenant, after: cursor, limit: 1), !entries.isEmpty {
            waiter.settle(News())
        }
        return await waiter.wait(until: deadline, now: now) != nil
    }

    public func mark(_ name: String, tenant: String) async throws(StoreError) -> Int64? {
        guard tenants.contains(tenant) else { throw .tenantUnknown(tenant) }
        return try await readers().read { (desk) throws(SQLFault) in try desk.mark(name, tenant: tenant) }
    }

    public func setMark(_ name: String, tenant: String, to value: Int64) async throws(StoreError) {
        guard tenants.contains(tenant) else { throw .tenantUnknown(tenant) }
        try await writer().write { (tables) throws(SQLFault) -> Result<Void, StoreError> in
            try tables.setMark(name, tenant: tenant, to: value)
            return .success(())
        }
    }

    public func settlements(_ query: SettlementQuery) async throws(StoreError) -> [SettlementLine] {
        let floor = try floor(of: query.tenant)
        return try await readers().read { (desk) throws(SQLFault) in try desk.settlements(query, after: floor) }
    }

    public func settledTotals(_ query: SettlementQuery) async throws(StoreError) -> [SettlementTotal] {
        let floor = try floor(of: query.tenant)
        return try await readers().read { (desk) throws(SQLFault) in try desk.settledTotals(query, after: floor) }
    }
}

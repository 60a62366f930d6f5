import ChannelAPI
import FormatJSON
import Payments
import PaymentsEngine

/// `payments list --stuck`: one page of truth over all tenants, the most money at risk first.
struct StuckPage: Sendable {
    let store: any PaymentStore
    let tenants: [String]
    let flow: @Sendable (String, String) -> Flow?

    /// Stuck payments that are looked through; more than this is an outage of its own kind, and said so.
    static let most = 10_000
    /// Cases that are told in full, unless fewer are asked for.
    static let usual = 100

    /// A stuck payment and what may be lost of it.
    private struct Risk {
        var view: PaymentView
        var amount: Money?
    }

    /// Currency after currency, in each the most money at risk first; what has no amount comes last.
    func json(limit: Int = StuckPage.usual) async throws -> JSONValue {
        var views: [PaymentView] = []
        for tenant in tenants {
            var query = PaymentQuery(tenant: tenant, stuckOnly: true, limit: 1_000)
            while views.count < StuckPage.most {
                let page = try await store.list(query)
                views += page
                guard page.count == query.limit, let last = page.last else { break }
                query.before = last.id
            }
        }
        var risks: [Risk] = []
        for view in views { risks.append(Risk(view: view, amount: try await atRisk(view))) }
        risks.sort(by: StuckPage.isAhead)
        var rows: [JSONValue] = []
        for risk in risks.prefix(limit) { rows.append(try await row(risk.view)) }
        return .members([
            "atRisk": .array(totals(risks)), "payments": .array(rows), "stuck": .integer(views.count),
            "more": .integer(max(0, views.count - rows.count)),
            "isCut": views.count >= StuckPage.most ? .bool(true) : nil,
        ])
    }

    /// A payment's page, with its case under `case` when it is stuck.
    static func marked(_ page: JSONValue, _ record: PaymentRecord, in store: any PaymentStore) async -> JSONValue {
        guard record.parked != nil || record.stage == "unknown", var object = page.object,
            let events = try? await store.events(of: record.id, after: 0),
            let exchanges = try? await store.exchanges(of: record.id)
        else { return page }
        object["case"] = StuckCase(record: record, events: events, exchanges: exchanges).json
        return .object(object)
    }

    private func row(_ view: PaymentView) async throws -> JSONValue {
        let events = try await store.events(of: view.id, after: 0)
        let exchanges = try await store.exchanges(of: view.id)
        guard var object = PaymentPage.row(view).object else { return PaymentPage.row(view) }
        object["tenant"] = .string(view.tenant)
        if let record = try? Replay.fold(view.id, events, flows: flow) {
            object["case"] = StuckCase(record: record, events: events, exchanges: exchanges).json
        }
        return .object(object)
    }

    private func atRisk(_ view: PaymentView) async throws -> Money? {
        let events = try await store.events(of: view.id, after: 0)
        guard let record = try? Replay.fold(view.id, events, flows: flow) else { return view.amount }
        return StuckCase(record: record, events: [], exchanges: []).atRisk
    }

    private func totals(_ risks: [Risk]) -> [JSONValue] {
        var sums: [String: (units: Int128, count: Int, currency: Currency)] = [:]
        for amount in risks.compactMap(\.amount) {
            var sum = sums[amount.currency.code] ?? (0, 0, amount.currency)
            sum.units += amount.units
            sum.count += 1
            sums[amount.currency.code] = sum
        }
        return sums.sorted { $0.key < $1.key }.map { code, sum in
            let money = Money(units: sum.units, currency: sum.currency)
            return .members([
                "currency": .string(code),
                "amount": money.map { .string($0.decimal(atLeast: $0.currency.exponent)) },
                "payments": .integer(sum.count),
            ])
        }
    }

    private static func isAhead(_ one: Risk, _ other: Risk) -> Bool {
        switch (one.amount, other.amount) {
        case (let left?, let right?):
            if left.currency != right.currency { return left.currency.code < right.currency.code }
            return left.units == right.units ? one.view.id < other.view.id : left.units > right.units
        case (nil, nil): return one.view.id < other.view.id
        case (let left, _): return left != nil
        }
    }
}

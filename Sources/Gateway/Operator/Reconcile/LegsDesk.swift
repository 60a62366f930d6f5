import FormatJSON
import Payments
import PaymentsEngine

/// Our side of a reconciliation, from the store, page by page: the same for the running process and for its store
/// alone.
struct LegsDesk: Sendable {
    struct Query: Sendable, Equatable {
        var neighbour: String
        var tenant: String
        var date: CivilDate
        var after: PaymentID?
    }

    let store: any PaymentStore
    let flow: @Sendable (String, String) -> Flow?
    let config: GatewayConfig

    /// Payments that one page looks at.
    static let pagePayments = 500
    /// A payment received so many days before the date may settle on it.
    private static let daysBefore: Int64 = 7
    private static let daysAfter: Int64 = 2

    /// The legs of one page, and under `after` where the next begins; without it there is none.
    func page(_ query: Query) async throws -> JSONValue {
        guard let tenant = config.tenants.first(where: { $0.name == query.tenant }) else {
            throw Failure.usage("there is no tenant \(query.tenant)")
        }
        let days = query.date.adding(days: -LegsDesk.daysBefore)...query.date.adding(days: LegsDesk.daysAfter)
        guard let zone = Zones.offsets(tenant.controls.timeZone, covering: days) else {
            throw Failure.usage("no time zone is named \(tenant.controls.timeZone)")
        }
        let ids = try await payments(query, zone)
        var legs: [JSONValue] = []
        for id in ids {
            guard let view = try await store.view(of: id), day(of: view, zone) == query.date else { continue }
            let events = try await store.events(of: id, after: 0)
            let record = try Replay.fold(id, events, flows: flow)
            legs += Leg.of(record, at: query.neighbour, coreBank: tenant.coreBank).map(\.json)
        }
        let next = ids.count == LegsDesk.pagePayments ? ids.last : nil
        return .members(["legs": .array(legs), "after": next.map { .string($0.text) }])
    }

    private func payments(_ query: Query, _ zone: ZoneOffsets) async throws -> [PaymentID] {
        let from = zone.instant(query.date.adding(days: -LegsDesk.daysBefore), minute: 0)
        let until = zone.instant(query.date.adding(days: LegsDesk.daysAfter), minute: 0)
        if config.networks.contains(where: { $0.name == query.neighbour }) {
            let lines = try await store.settlements(
                SettlementQuery(
                    tenant: query.tenant, network: query.neighbour, period: .time(from: from, until: until),
                    after: query.after, limit: LegsDesk.pagePayments))
            return lines.map(\.view.id)
        }
        return try await store.payments(
            of: query.tenant, receivedFrom: from, until: until, after: query.after, limit: LegsDesk.pagePayments)
    }

    /// The date that the networks agreed on, or else the tenant's own day when it became final.
    private func day(of view: PaymentView, _ zone: ZoneOffsets) -> CivilDate {
        view.businessDate ?? zone.local(view.settledAt ?? view.receivedAt).date
    }
}

extension LegsDesk.Query {
    /// Reads the query of a URL; nil when it asks for something else.
    init?(_ text: String) {
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            values[parts[0]] = parts[1].replacing("%3A", with: ":")
        }
        guard let neighbour = values["neighbour"], let tenant = values["tenant"],
            let date = values["date"].flatMap({ CivilDate($0) })
        else { return nil }
        self.init(neighbour: neighbour, tenant: tenant, date: date, after: values["after"].flatMap { PaymentID($0) })
    }

    var text: String {
        "neighbour=\(neighbour.replacing(":", with: "%3A"))&tenant=\(tenant)&date=\(date.text)"
            + (after.map { "&after=\($0.text)" } ?? "")
    }
}

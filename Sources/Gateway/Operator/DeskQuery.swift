import ChannelAPI
import FormatJSON
import Payments

/// A page of the operators' list over all tenants, newest first.
struct DeskQuery: Sendable, Equatable {
    /// Payments on one page.
    static let most = 1_000

    var stuckOnly = false
    /// Of `PaymentRecord.stages`; nil for all.
    var stage: String?
    var limit = 200
    /// Only payments older than this one.
    var before: PaymentID?

    init(stuckOnly: Bool = false, stage: String? = nil, limit: Int = 200, before: PaymentID? = nil) {
        self.stuckOnly = stuckOnly
        self.stage = stage
        self.limit = limit
        self.before = before
    }

    /// Reads the query of a URL; nil when it asks for something else.
    init?(_ text: String) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "stuck":
                guard let flag = Bool(parts[1]) else { return nil }
                stuckOnly = flag
            case "stage":
                guard PaymentRecord.stages.contains(parts[1]) else { return nil }
                stage = parts[1]
            case "limit":
                guard let number = Int(parts[1]), (1...DeskQuery.most).contains(number) else { return nil }
                limit = number
            case "before":
                guard let id = PaymentID(parts[1]) else { return nil }
                before = id
            default: return nil
            }
        }
    }

    var text: String {
        "stuck=\(stuckOnly)&limit=\(limit)" + (stage.map { "&stage=\($0)" } ?? "")
            + (before.map { "&before=\($0.text)" } ?? "")
    }

    /// The rows, and under `before` where the next page begins; without it there is none.
    func page(of tenants: [String], in store: any PaymentStore) async throws(StoreError) -> JSONValue {
        var views: [PaymentView] = []
        for tenant in tenants {
            // One more than is shown tells whether there are more.
            let query = PaymentQuery(
                tenant: tenant, stage: stage, stuckOnly: stuckOnly, before: before, limit: limit + 1)
            views += try await store.list(query)
        }
        views.sort { $0.id > $1.id }
        let shown = views.prefix(limit)
        let next = views.count > limit ? shown.last.map { JSONValue.string($0.id.text) } : nil
        return .members(["payments": .array(shown.map(PaymentPage.row)), "before": next])
    }
}

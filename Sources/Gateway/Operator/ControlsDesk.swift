import ChannelAPI
import EdgeHTTP
import FormatJSON
import Payments
import PaymentsEngine

/// What an operator asks about the controls: who waits for a person's word, and how much of each cap is used.
struct ControlsDesk: Sendable {
    let engine: Engine
    let controls: Controls
    let tenants: [String]

    /// Nil when the request is about something else.
    func handle(_ request: WireRequest) async -> WireReply? {
        switch (request.method, request.path) {
        case ("GET", "/caps"): return json(200, ControlsDesk.caps(controls.use(of: engine.standing)))
        case ("GET", "/reviews"):
            do throws(StoreError) {
                let queue = try await ReviewQueue.read(tenants, engine.store) { id throws(StoreError) in
                    try await engine.record(of: id)
                }
                return json(200, queue)
            } catch {
                return json(503, ["error": "the store is not available"])
            }
        default: return nil
        }
    }

    static func caps(_ lines: [CapsUse]) -> JSONValue { ["caps": .array(lines.map(\.json))] }

    private func json(_ status: Int, _ value: JSONValue) -> WireReply {
        WireReply(status: status, headers: [WireHeader("Content-Type", "application/json")], body: value.bytes())
    }
}

/// The payments that screening holds until a person decides, the longest waiting first.
enum ReviewQueue {
    /// Payments of one tenant that are looked at, and so at most listed.
    static let most = 1_000

    static func read(
        _ tenants: [String], _ store: any PaymentStore,
        record: (PaymentID) async throws(StoreError) -> PaymentRecord?
    ) async throws(StoreError) -> JSONValue {
        var rows: [(since: Instant, json: JSONValue)] = []
        var isWhole = true
        for tenant in tenants {
            var query = PaymentQuery(tenant: tenant, stage: "parked", limit: most + 1)
            query.order = .oldest
            let parked = try await store.list(query)
            if parked.count > most { isWhole = false }
            for view in parked.prefix(most) {
                guard let record = try await record(view.id), let held = Held(record) else { continue }
                rows.append((held.since, held.row(view)))
            }
        }
        rows.sort { $0.since < $1.since }
        return ["reviews": .array(rows.map(\.json)), "whole": .bool(isWhole)]
    }

    /// Why a payment waits at its screening step.
    private struct Held {
        var since: Instant
        var because: String
        var reference: String?

        /// Nil when it is parked for another reason.
        init?(_ record: PaymentRecord) {
            guard record.outcome == nil, let step = record.parkedStep, let flow = record.flow,
                flow.steps.indices.contains(step), record.steps.indices.contains(step),
                flow.steps[step].verb == .screen, record.steps[step].state == .unknown
            else { return nil }
            let entry = record.steps[step]
            since = entry.firstAskedAt ?? record.changedAt ?? Instant(nanoseconds: 0)
            reference = entry.review?.foreign
            because =
                entry.review.map { $0.detail ?? "the screening service gave no reason" }
                ?? "the screening service was silent: \(entry.doubt ?? "no answer")"
        }

        func row(_ view: PaymentView) -> JSONValue {
            var row = PaymentPage.row(view)
            row["tenant"] = .string(view.tenant)
            row["heldSince"] = .string(since.text)
            row["because"] = .string(because)
            row["reference"] = reference.map { .string($0) }
            return row
        }
    }
}

import FormatJSON
import Payments
import PaymentsEngine
import StoreSQLite

/// `/health/live`: the process answers. `/health/ready`: it takes payments; says why when it does not.
struct Health: Sendable {
    let engine: Engine
    let store: SQLiteStore

    func reply(to request: WireRequest) async -> WireReply? {
        switch (request.method, request.path) {
        case ("GET", "/health/live"): return json(200, ["status": "live"])
        case ("GET", "/health/ready"): return await ready()
        default: return nil
        }
    }

    private func ready() async -> WireReply {
        if engine.isDraining { return json(503, ["status": "draining"]) }
        do throws(StoreError) {
            let open = try await store.openPayments()
            return json(200, ["status": "ready", "openPayments": .integer(open)])
        } catch {
            return json(503, ["status": "store unavailable", "reason": .string("\(error)")])
        }
    }

    private func json(_ status: Int, _ value: JSONValue) -> WireReply {
        WireReply(status: status, headers: [WireHeader("Content-Type", "application/json")], body: value.bytes())
    }
}

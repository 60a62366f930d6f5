import FormatJSON
import Mapping
import Payments

/// The operators' part of the tables: what is in use, reload them, what a reload would change.
///
///     GET  /tables          versions in use, and how the last reload went
///     POST /tables/reload   reads all tables anew; 200 with the report, 409 when they have faults
///     POST /tables/check    the same report, and nothing changes
struct TablesDesk: Sendable {
    let tables: TablesInUse

    /// Nil when the request is about something else.
    func handle(_ request: WireRequest) async -> WireReply? {
        switch (request.method, request.path) {
        case ("GET", "/tables"): return reply(200, standing)
        case ("POST", "/tables/reload"): return answer(await tables.reload())
        case ("POST", "/tables/check"): return answer(await tables.reload(check: true))
        default: return nil
        }
    }

    /// For readiness and metrics too.
    var standing: JSONValue {
        let (current, last) = (tables.current, tables.lastReload)
        let reload = last.map { last -> JSONValue in
            .members([
                "time": .string(last.time.text), "ok": .bool(last.faults.isEmpty),
                "failure": last.failure.map { .string($0) },
            ])
        }
        return .members([
            "tables": .string(current.version), "routes": .string(current.routes.version), "all": .string(current.hash),
            "lastReload": reload,
        ])
    }

    private func answer(_ report: ReloadReport) -> WireReply {
        switch report.outcome {
        case .reloaded, .unchanged, .wouldReload: reply(200, report.json)
        case .refused, .busy: reply(409, report.json)
        }
    }

    private func reply(_ status: Int, _ value: JSONValue) -> WireReply {
        WireReply(status: status, headers: [WireHeader("Content-Type", "application/json")], body: value.bytes())
    }
}

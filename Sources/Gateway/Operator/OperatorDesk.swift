import ChannelAPI
import EdgeHTTP
import FormatJSON
import Payments
import PaymentsEngine
import StoreSQLite

/// What an operator asks the running process over its owner-only socket: lists, one payment whole, and the decision on
/// a parked one. The same truth as the channel API, over all tenants.
struct OperatorDesk: Sendable {
    let engine: Engine
    let tenants: [String]
    let explain: @Sendable (RouteQuestion) -> [RouteMiss]
    let tables: TablesDesk
    let controls: ControlsDesk

    func handle(_ request: WireRequest) async -> WireReply {
        let parts = request.path.split(separator: "/").map(String.init)
        if let reply = await tables.handle(request) { return reply }
        if let reply = await controls.handle(request) { return reply }
        if let reply = await DecisionsDesk(store: engine.store, tenants: tenants).handle(request) { return reply }
        switch (request.method, parts.first, parts.count) {
        case ("GET", "payments", 1): return await list(request.query)
        case ("GET", "payments", 2): return await show(parts[1])
        case ("POST", "payments", 3) where parts[2] == "resolve": return await resolve(parts[1], request.body)
        case ("GET", "balances", 1): return await balances()
        case ("GET", "state", 1): return state()
        default: return error(404, "no such operator call: \(request.method) \(request.path)")
        }
    }

    private func list(_ text: String) async -> WireReply {
        guard let query = DeskQuery(text) else {
            return error(
                400,
                "known are stuck (true or false), stage (\(PaymentRecord.stages.joined(separator: ", "))), limit (1 to "
                    + "\(DeskQuery.most)) and before (a payment's id)")
        }
        do throws(StoreError) {
            return json(200, try await query.page(of: tenants, in: engine.store))
        } catch {
            return self.error(503, "the store is not available")
        }
    }

    private func show(_ text: String) async -> WireReply {
        guard let id = PaymentID(text), let page = try? await PaymentPage(id, engine: engine) else {
            return error(404, "no payment \(text)")
        }
        let shown = page.json(explain: explain)
        return json(200, await StuckPage.marked(shown, page.record, in: engine.store))
    }

    private func resolve(_ text: String, _ body: [UInt8]) async -> WireReply {
        guard let id = PaymentID(text), let order = try? JSONValue.parse(body),
            let outcome = order["as"]?.string.flatMap(PaymentOutcome.init(rawValue:)),
            let by = order["by"]?.string, !by.isEmpty, let reason = order["reason"]?.string, !reason.isEmpty,
            let evidence = order["evidence"]?.string, !evidence.isEmpty
        else { return error(400, "resolve needs as (settled or rejected), by, reason and evidence") }
        let basis = "reason: \(reason); evidence: \(evidence)"
        do throws(StoreError) {
            guard try await engine.resolve(id, as: outcome, by: by, evidence: basis) else {
                return error(409, "payment \(text) is not parked: there is nothing to decide")
            }
            return json(200, ["payment": .string(text), "resolvedAs": .string(outcome.rawValue)])
        } catch {
            return self.error(503, "the decision was not stored: \(error)")
        }
    }

    private func balances() async -> WireReply {
        guard let balances = try? await engine.store.balances(tenant: nil) else {
            return error(503, "the store is not available")
        }
        let rows = balances.map { balance -> JSONValue in
            [
                "tenant": .string(balance.tenant), "account": .string(balance.account.rawValue),
                "network": .string(balance.network), "currency": .string(balance.balance.currency.code),
                "balance": .string(balance.balance.decimal(atLeast: 2)),
            ]
        }
        return json(200, .members(["balances": .array(rows)]))
    }

    private func state() -> WireReply {
        json(
            200,
            [
                "open": .integer(engine.openPayments), "underWay": .integer(engine.requestsUnderWay),
                "waiting": .integer(engine.waitingInputs), "draining": .bool(engine.isDraining),
                "refusedMessages": .integer(engine.refusedMessages),
            ])
    }

    private func json(_ status: Int, _ value: JSONValue) -> WireReply {
        WireReply(status: status, headers: [WireHeader("Content-Type", "application/json")], body: value.bytes())
    }

    private func error(_ status: Int, _ says: String) -> WireReply { json(status, ["error": .string(says)]) }
}

/// The same questions put to the store of a process that does not run: reading only.
struct ReadOnlyDesk: Sendable {
    let store: SQLiteStore
    let tenants: [String]
    let flow: @Sendable (String, String) -> Flow?

    func list(_ query: DeskQuery) async throws -> JSONValue { try await query.page(of: tenants, in: store) }

    func stuck(limit: Int) async throws -> JSONValue {
        try await StuckPage(store: store, tenants: tenants, flow: flow).json(limit: limit)
    }

    func decisions(_ query: DecisionsDesk.Query) async throws -> JSONValue {
        try await DecisionsDesk(store: store, tenants: tenants).page(query)
    }

    /// Every page of them.
    func legs(_ query: LegsDesk.Query, _ config: GatewayConfig) async throws -> JSONValue {
        let desk = LegsDesk(store: store, flow: flow, config: config)
        var query = query
        var legs: [JSONValue] = []
        repeat {
            let page = try await desk.page(query)
            legs += page["legs"]?.array ?? []
            query.after = page["after"]?.string.flatMap { PaymentID($0) }
        } while query.after != nil
        return ["legs": .array(legs)]
    }

    func show(_ text: String) async throws -> JSONValue? {
        guard let id = PaymentID(text) else { return nil }
        let events = try await store.events(of: id, after: 0)
        guard !events.isEmpty else { return nil }
        let record = try Replay.fold(id, events, flows: flow)
        let shown = PaymentPage(record: record, events: events).json { _ in [] }
        return await StuckPage.marked(shown, record, in: store)
    }
}

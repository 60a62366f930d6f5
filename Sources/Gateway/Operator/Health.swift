import FormatJSON
import Payments
import PaymentsEngine
import StoreSQLite

/// `/health/live`: the process answers. `/health/ready`: it takes payments, and what a person should look at; says why
/// when it does not.
struct Health: Sendable {
    let engine: Engine
    let store: SQLiteStore
    let lookout: Lookout
    let certificates: CertificateWatch
    let tables: TablesInUse
    let controls: Controls

    /// - Parameter isOperator: Banks, networks and their figures are told to those who run the gateway alone; whoever
    ///   reaches its other doors hears whether it is ready.
    func reply(to request: WireRequest, isOperator: Bool) async -> WireReply? {
        switch (request.method, request.path) {
        case ("GET", "/health/live"): return json(200, ["status": "live"])
        case ("GET", "/health/ready"):
            let ready = await ready()
            return isOperator || ready.status != 200 ? ready : json(200, ["status": "ready"])
        default: return nil
        }
    }

    private func ready() async -> WireReply {
        if engine.isDraining { return json(503, ["status": "draining"]) }
        if let why = await store.unreadiness() {
            return json(503, ["status": "store takes nothing new", "reason": .string(why)])
        }
        do throws(StoreError) {
            let open = try await store.openPayments()
            return json(
                200,
                .members([
                    "status": "ready", "openPayments": .integer(open), "warnings": .array(warnings.map { .string($0) }),
                    "networks": networks, "clock": clock, "certificates": keys,
                ]))
        } catch {
            return json(503, ["status": "store unavailable", "reason": .string("\(error)")])
        }
    }

    /// What does not keep payments out and wants to be seen to all the same.
    var warnings: [String] {
        var warnings: [String] = []
        for row in lookout.networks.rows where !row.isUp { warnings.append("\(row.name) is down: \(row.why)") }
        let clock = lookout.clock.report
        if let skew = lookout.networks.clockSkewMilliseconds, abs(skew) > GuardedClock.toleratedMilliseconds {
            warnings.append("our clock is \(Health.apart(skew)) the networks': check the time service of this host")
        }
        if abs(clock.hostOffsetMilliseconds) > GuardedClock.toleratedMilliseconds {
            warnings.append(
                "the host's clock was set by \(clock.hostOffsetMilliseconds) ms while we ran: we follow it slowly, a "
                    + "restart takes it at once")
        }
        let now = engine.now
        for line in certificates.lines where line.days(at: now) < CertificateWatch.warningDays {
            warnings.append(
                "the certificate of \(line.subject) (\(line.endpoint), \(line.use.rawValue)) ends in "
                    + "\(line.days(at: now)) days, at \(line.notAfter.text)")
        }
        for (name, why) in certificates.failures.sorted(by: { $0.key < $1.key }) {
            warnings.append("the TLS files of \(name) changed and cannot be used: \(why)")
        }
        if let failure = tables.lastReload?.failure {
            warnings.append("the last reload was refused, the old tables stay: \(failure)")
        }
        warnings += controls.warnings(at: now)
        warnings += controls.use(of: engine.standing).filter(\.isNear).map(\.warning)
        if !LedgerWatch.sums(of: lookout.ledger.balances).allSatisfy(\.isZero) {
            warnings.append("the ledger does not add up: nothing is sent")
        }
        return warnings
    }

    private static func apart(_ milliseconds: Int64) -> String {
        "\(abs(milliseconds)) ms \(milliseconds > 0 ? "ahead of" : "behind")"
    }

    private var networks: JSONValue {
        .array(
            lookout.networks.rows.map { row in
                .members([
                    "name": .string(row.name), "state": .string(row.isUp ? "up" : "down"),
                    "why": row.why.isEmpty ? nil : .string(row.why),
                ])
            })
    }

    private var clock: JSONValue {
        let report = lookout.clock.report
        return .members([
            "skewMilliseconds": lookout.networks.clockSkewMilliseconds.map { .integer($0) },
            "hostOffsetMilliseconds": .integer(report.hostOffsetMilliseconds), "jumps": .integer(report.jumps),
            "lastJumpMilliseconds": report.lastJump.map { .integer($0.milliseconds) },
            "lastJumpAt": report.lastJump.map { .string($0.at.text) },
        ])
    }

    private var keys: JSONValue {
        let now = engine.now
        return .array(
            certificates.lines.map { line in
                .members([
                    "endpoint": .string(line.endpoint), "use": .string(line.use.rawValue),
                    "daysLeft": .integer(line.days(at: now)), "until": .string(line.notAfter.text),
                ])
            })
    }

    private func json(_ status: Int, _ value: JSONValue) -> WireReply {
        WireReply(status: status, headers: [WireHeader("Content-Type", "application/json")], body: value.bytes())
    }
}

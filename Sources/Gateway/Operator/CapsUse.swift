import FormatJSON
import Payments
import PaymentsEngine

/// How much of a cap is used, by one tenant on one network in one currency.
struct CapsUse: Sendable, Equatable {
    /// Percent of a cap from which it is spoken of.
    static let warningPercent = 80

    enum Kind: String, Sendable, CaseIterable { case single, position, exposure, inFlight }

    var tenant: String
    var network: String
    var currency: Currency
    var kind: Kind
    /// In units of money; payments for `inFlight`. Of a single amount there is no use.
    var used: Int128?
    var cap: Int128

    /// Whole percent, rounded down; a cap of zero is full.
    var percent: Int? {
        guard let used else { return nil }
        return cap > 0 ? Int(clamping: used * 100 / cap) : 100
    }

    var isNear: Bool { (percent ?? 0) >= CapsUse.warningPercent }

    private func amount(_ units: Int128) -> String {
        if kind == .inFlight { return "\(units)" }
        return Money(units: units, currency: currency)?.decimal(atLeast: currency.exponent) ?? "\(units)"
    }

    var json: JSONValue {
        .members([
            "tenant": .string(tenant), "network": .string(network), "currency": .string(currency.code),
            "cap": .string(kind.rawValue), "used": used.map { .string(amount($0)) }, "most": .string(amount(cap)),
            "percent": percent.map { .integer($0) },
        ])
    }

    /// A sentence for readiness.
    var warning: String {
        let unit = kind == .inFlight ? "payments" : currency.code
        return "\(tenant) on \(network) in \(currency.code): \(kind.rawValue) is at \(percent ?? 0) % of its cap, "
            + "\(used.map(amount) ?? "-") of \(amount(cap)) \(unit)"
    }
}

extension Controls {
    /// The use of every cap that stands: of what is or was under way, and of rows that name tenant, network and
    /// currency.
    func use(of standing: [Allowance]) -> [CapsUse] {
        var rows = standing
        for row in capsRows {
            guard let tenant = row.tenant, let network = row.network, let currency = row.currency else { continue }
            if rows.contains(where: { $0.tenant == tenant && $0.network == network && $0.currency == currency }) {
                continue
            }
            rows.append(Allowance(tenant: tenant, network: network, currency: currency))
        }
        rows.sort { ($0.tenant, $0.network, $0.currency.code) < ($1.tenant, $1.network, $1.currency.code) }
        return rows.flatMap { row in
            caps(row.tenant, row.network, row.currency).map { Controls.use(row, of: $0) } ?? []
        }
    }

    private static func use(_ row: Allowance, of caps: Caps) -> [CapsUse] {
        func line(_ kind: CapsUse.Kind, _ used: Int128?, _ cap: Int128?) -> CapsUse? {
            cap.map {
                CapsUse(
                    tenant: row.tenant, network: row.network, currency: row.currency, kind: kind, used: used, cap: $0)
            }
        }
        // What came in more than went out leaves the whole cap.
        let out = max(0, row.claimed - row.position)
        return [
            line(.single, nil, caps.single?.units), line(.position, out, caps.position?.units),
            line(.exposure, max(0, row.exposure), caps.exposure?.units),
            line(.inFlight, Int128(row.inFlight), caps.inFlight.map { Int128($0) }),
        ].compactMap { $0 }
    }
}

extension Allowance {
    /// What a store knows without a running process: the ledger, and the payments that are open.
    static func rows(_ balances: [LedgerBalance], _ standing: [Standing]) -> [Allowance] {
        var rows: [Allowance] = []
        func change(_ tenant: String, _ network: String, _ currency: Currency, _ edit: (inout Allowance) -> Void) {
            let known = rows.firstIndex { $0.tenant == tenant && $0.network == network && $0.currency == currency }
            if let known { return edit(&rows[known]) }
            var row = Allowance(tenant: tenant, network: network, currency: currency)
            edit(&row)
            rows.append(row)
        }
        for balance in balances {
            let units = balance.balance.units
            switch balance.account {
            case .position: change(balance.tenant, balance.network, balance.balance.currency) { $0.position = units }
            case .exposure: change(balance.tenant, balance.network, balance.balance.currency) { $0.exposure = units }
            default: continue
            }
        }
        for row in standing {
            change(row.tenant, row.network, row.currency) {
                $0.inFlight += row.inFlight
                if row.side == .target { $0.claimed += row.unbooked.units }
            }
        }
        return rows
    }
}

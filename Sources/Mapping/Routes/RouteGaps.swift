import Payments

/// Which payments only the last row takes, to refuse them: by kind, by where they come from and by the payee's
/// identifier. What is told is certain; a combination that is not told may still be taken for some amounts or tenants
/// alone.
struct RouteGaps {
    private let rows: ArraySlice<RouteRow>
    private let last: RouteRow?
    private let origins: [Pattern]

    init(_ check: RouteCheck) {
        last = check.table.rows.last
        origins = check.origins
        rows =
            check.table.rows.dropLast().filter { row in
                if case .refuse = row.target { return false }
                return row.validUntil.map { $0 >= check.today } ?? true
            }[...]
    }

    func findings() -> [RouteFinding] {
        guard let last, case .refuse = last.target else { return [] }
        var found: [RouteFinding] = []
        for kind in PaymentKind.allCases {
            let taking = rows.filter { $0.kind == nil || $0.kind == kind.rawValue }
            guard !taking.isEmpty else {
                found.append(gap("no row but the last takes a \(kind.rawValue): it goes to \(last.target)"))
                continue
            }
            for origin in origins {
                let from = taking.filter { Pattern.meet($0.from, origin) }
                let name = origin.written
                guard !from.isEmpty else {
                    found.append(
                        gap("no row but the last takes a \(kind.rawValue) from \(name): it goes to \(last.target)"))
                    continue
                }
                found += holes(kind, name, from, last)
                let missing = missingKinds(from)
                guard !missing.isEmpty else { continue }
                found.append(
                    gap(
                        "no row but the last takes a \(kind.rawValue) from \(name) to "
                            + "\(missing.joined(separator: ", ")): it goes to \(last.target)"))
            }
        }
        return found
    }

    /// Kinds of the payee's identifier that none of the rows takes.
    private func missingKinds(_ from: [RouteRow]) -> [String] {
        var kinds: Set<String> = []
        var taken: Set<String> = []
        for row in rows { if case .identifier(let kind, _)? = row.creditor { kinds.insert(kind) } }
        for row in from {
            switch row.creditor {
            case nil, .sameTenant, .directory: return []
            case .identifier(let kind, _): taken.insert(kind)
            }
        }
        return kinds.subtracting(taken).sorted() + ["any other identifier"]
    }

    // MARK: amounts

    /// Amounts between those that rows take, in each currency that a row names: of the payments that no identifier
    /// keeps apart, and of each kind of identifier that rows name.
    private func holes(_ kind: PaymentKind, _ origin: String, _ from: [RouteRow], _ last: RouteRow) -> [RouteFinding] {
        var found: [RouteFinding] = []
        for creditor in creditors(of: from) {
            let taking = from.filter { $0.mayTake(creditor) }
            for currency in Set(taking.compactMap(\.currency)).sorted(by: { $0.code < $1.code }) {
                let ranges = taking.filter { $0.currency == nil || $0.currency == currency }
                for hole in Self.holes(ranges) {
                    found.append(
                        gap(
                            "no row but the last takes a \(kind.rawValue) from \(origin) to \(creditor ?? "any payee") "
                                + "\(Self.text(hole, currency)): it goes to \(last.target)"))
                }
            }
        }
        return found
    }

    /// Kinds of identifiers that the rows name; nil stands for a payee without any of them.
    private func creditors(of rows: [RouteRow]) -> [String?] {
        var kinds: Set<String> = []
        for case .identifier(let kind, _)? in rows.map(\.creditor) { kinds.insert(kind) }
        return kinds.sorted() + [nil]
    }

    private static func holes(_ rows: [RouteRow]) -> [(low: Int128, high: Int128)] {
        var holes: [(low: Int128, high: Int128)] = []
        // No payment is of nothing.
        var next: Int128 = 1
        for row in rows.sorted(by: { $0.lowest < $1.lowest }) {
            if row.lowest > next { holes.append((next, row.lowest - 1)) }
            if row.highest == .max { return holes }
            next = max(next, row.highest + 1)
        }
        return rows.isEmpty ? [] : holes + [(next, .max)]
    }

    private static func text(_ hole: (low: Int128, high: Int128), _ currency: Currency) -> String {
        func amount(_ units: Int128) -> String {
            Money(units: units, currency: currency).map(\.description) ?? currency.code
        }
        if hole.high == .max { return "of \(amount(hole.low)) and more" }
        if hole.low == 1 { return "of \(amount(hole.high)) and less" }
        return "from \(amount(hole.low)) to \(amount(hole.high))"
    }

    private func gap(_ says: String) -> RouteFinding {
        RouteFinding(kind: .gap, level: .note, line: 0, other: nil, says: says)
    }
}

extension RouteRow {
    /// Whether it may take a payment to an identifier of this kind; nil is a payee whom no row names by kind.
    fileprivate func mayTake(_ creditor: String?) -> Bool {
        switch self.creditor {
        case nil, .sameTenant, .directory: true
        case .identifier(let kind, _): kind == creditor
        }
    }
}

extension Pattern {
    /// As the table writes it.
    var written: String {
        switch self {
        case .exact(let text): text
        case .prefix(let text): text + "*"
        }
    }
}

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

    private func gap(_ says: String) -> RouteFinding {
        RouteFinding(kind: .gap, level: .note, line: 0, other: nil, says: says)
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

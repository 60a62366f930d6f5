public import Payments

/// Looks at a rules table as a whole: what no single row can show.
public struct RouteCheck: Sendable {
    /// Rows that are compared with each other in pairs: beyond, the look would take minutes.
    public static let mostCompared = 8_000

    let table: RouteTable
    let flows: [String: Flow]
    let origins: [Pattern]
    let today: CivilDate
    let pairs: Int

    /// - Parameters:
    ///   - flows: by name, for whether they suit where a row sends; one that is missing is not looked at.
    ///   - origins: names that payments come from; those that the rows name when empty.
    ///   - pairs: how many pairs of rows that disagree are listed at most.
    public init(
        _ table: RouteTable, flows: [String: Flow], origins: Set<String> = [], today: CivilDate, pairs: Int = 100
    ) {
        self.table = table
        self.flows = flows
        self.today = today
        self.pairs = pairs
        if origins.isEmpty {
            var named: [String: Pattern] = [:]
            for case let from? in table.rows.map(\.from) { named[from.written] = from }
            self.origins = named.isEmpty ? [.prefix("")] : named.sorted { $0.key < $1.key }.map(\.value)
        } else {
            self.origins = origins.sorted().map { .exact($0) }
        }
    }

    public func report() -> RouteReport {
        var report = RouteReport()
        let hidden = neverReached()
        report.findings = table.rows.indices.flatMap { single($0) } + hidden.findings
        orders(&report, hidden.places)
        report.findings += RouteGaps(self).findings()
        let order = Dictionary(uniqueKeysWithValues: RouteFinding.Kind.allCases.enumerated().map { ($1, $0) })
        report.findings.sort { left, right in
            (order[left.kind] ?? 0, left.line, left.other ?? 0) < (order[right.kind] ?? 0, right.line, right.other ?? 0)
        }
        return report
    }

    // MARK: One row

    private func single(_ place: Int) -> [RouteFinding] {
        let row = table.rows[place]
        var found: [RouteFinding] = []
        func add(_ kind: RouteFinding.Kind, _ level: RouteFinding.Level, _ says: String) {
            found.append(RouteFinding(kind: kind, level: level, line: row.line, other: nil, says: says))
        }
        if let from = row.amountFrom, let to = row.amountTo, from > to {
            add(.emptyRange, .error, "amountFrom is above amountTo: the row takes nothing")
        }
        if let from = row.validFrom, let until = row.validUntil, from > until {
            add(.emptyRange, .error, "validFrom is after validUntil: the row takes nothing")
        } else if let until = row.validUntil, until < today {
            add(.expired, .note, "was valid until \(until.text)")
        }
        if let says = unsuited(row) { add(.flowUnsuited, .error, says) }
        switch row.target {
        case .network(let name):
            if row.alternates.contains(name) {
                add(.alternateUnused, .warning, "the alternate \(name) is where the row sends already")
            }
            if Set(row.alternates).count != row.alternates.count {
                add(.alternateUnused, .warning, "an alternate stands twice")
            }
        case .onUs, .refuse:
            if !row.alternates.isEmpty {
                add(.alternateUnused, .warning, "alternates of a row that sends to no network are never tried")
            }
        }
        return found
    }

    private func unsuited(_ row: RouteRow) -> String? {
        guard let flow = flows[row.flow] else { return nil }
        let asks = flow.steps.first { $0.verb.side == .network }
        switch row.target {
        case .onUs:
            return asks.map { "stays on us, and the flow \(row.flow) asks a network (\($0.name)): write another flow" }
        case .network(let name):
            return asks == nil ? "sends to \(name), and the flow \(row.flow) asks no network: write another flow" : nil
        case .refuse: return nil
        }
    }

    // MARK: Rows never reached

    private func neverReached() -> (findings: [RouteFinding], places: Set<Int>) {
        var findings: [RouteFinding] = []
        var places: Set<Int> = []
        var unions = RouteUnions()
        let packed = table.index.inOrder
        for place in table.rows.indices {
            let row = table.rows[place]
            let joined = unions.add(row, packed[place].key)
            if let first = table.index.first(RouteProbe(covering: row, table.index.words)), first < place,
                table.rows[first].covers(row)
            {
                findings.append(hidden(row, by: table.rows[first]))
            } else if let joined {
                findings.append(
                    RouteFinding(
                        kind: .neverReached, level: .error, line: row.line, other: joined.line,
                        says: "is never reached: line \(joined.line) and rows after it take all its \(joined.what)"))
            } else if let others = together(place, packed) {
                findings.append(
                    RouteFinding(
                        kind: .neverReached, level: .error, line: row.line, other: others.first,
                        says: "is never reached: lines \(others.map(String.init).joined(separator: ", ")) together "
                            + "take all its payments"))
            } else {
                continue
            }
            places.insert(place)
        }
        return (findings, places)
    }

    /// Lines that leave nothing to the row, each of them taking a part.
    private func together(_ place: Int, _ packed: [RouteIndex.Row]) -> [Int]? {
        guard place < RouteCheck.mostCompared else { return nil }
        let row = table.rows[place]
        var parts: [RouteRow] = []
        for earlier in 0..<place where packed[earlier].mayMeet(packed[place]) {
            let other = table.rows[earlier]
            guard other.kind == nil || row.kind == nil || other.kind == row.kind, other.coversNames(of: row) else {
                continue
            }
            parts.append(other)
            if parts.count == RouteShares.most { break }
        }
        return parts.count < 2 ? nil : RouteShares(row).lines(of: parts)
    }

    private func hidden(_ row: RouteRow, by first: RouteRow) -> RouteFinding {
        let same = first.goesWhere(row) && first.alternates == row.alternates
        let end = same ? "and sends them the same way: the row can go" : "and sends them to \(first.target)"
        return RouteFinding(
            kind: .neverReached, level: same ? .warning : .error, line: row.line, other: first.line,
            says: "is never reached: line \(first.line) takes all its payments \(end)")
    }

    // MARK: Pairs

    private func orders(_ report: inout RouteReport, _ hidden: Set<Int>) {
        let count = min(table.rows.count, RouteCheck.mostCompared)
        report.rowsCompared = count
        let packed = table.index.inOrder
        var close: [RouteFinding] = []
        var far: [RouteFinding] = []
        for later in 0..<count where !hidden.contains(later) {
            for earlier in 0..<later where packed[earlier].mayMeet(packed[later]) {
                let (first, second) = (table.rows[earlier], table.rows[later])
                guard !first.goesWhere(second) else { continue }
                let isLevel = first.priority == second.priority
                // A special case before its general one is how tables are written; of one priority it is an accident.
                if !isLevel, second.covers(first) { continue }
                switch first.meets(second) {
                case .never: continue
                case .withSeveralNames: report.pairsWithSeveralNames += 1
                case .withOneName where (isLevel ? close.count : far.count) >= pairs: report.pairsLeftOut += 1
                case .withOneName:
                    let finding = RouteFinding(
                        kind: .orderDecides, level: isLevel ? .warning : .note, line: second.line, other: first.line,
                        says: "some payments match line \(first.line) too, which "
                            + (isLevel ? "has the same priority and stands before it: " : "is tried first: ")
                            + "they go to \(first.target) and not to \(second.target)")
                    if isLevel { close.append(finding) } else { far.append(finding) }
                }
            }
        }
        let shown = far.prefix(max(0, pairs - close.count))
        report.pairsLeftOut += far.count - shown.count
        report.findings += close + shown
    }
}

extension RouteIndex.Row {
    /// Equal for rows that differ by nothing but amounts and days.
    var key: SIMD8<UInt32> {
        SIMD8(words.0, words.1, words.2, words.3, words.4, words.5, words.6, words.7)
    }

    /// False only when no payment matches both: the cheap columns alone.
    func mayMeet(_ other: RouteIndex.Row) -> Bool {
        func apart(_ own: UInt32, _ other: UInt32) -> Bool { own != 0 && other != 0 && own != other }
        return span.amountLow <= other.span.amountHigh && other.span.amountLow <= span.amountHigh
            && span.dayLow <= other.span.dayHigh && other.span.dayLow <= span.dayHigh
            && !apart(words.0, other.words.0) && !apart(words.1, other.words.1) && !apart(words.6, other.words.6)
            && !apart(words.7, other.words.7)
    }
}

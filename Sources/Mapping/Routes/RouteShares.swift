import Payments

/// Whether rows that each take a part of another row's payments leave anything to it. They take all its names; what
/// is looked at are the kinds, the amounts and the days, cell by cell.
struct RouteShares {
    /// Parts that are put together: beyond, cells grow with the square of the rows.
    static let most = 48

    private let row: RouteRow

    init(_ row: RouteRow) { self.row = row }

    private struct Cell {
        var kind: String
        /// Nil: the payment's amount is not known.
        var amount: Int128?
        var day: Int64
    }

    /// The lines that are needed, in order; nil when some payment is left to the row.
    func lines(of parts: [RouteRow]) -> [Int]? {
        let kinds = row.kind.map { [$0] } ?? PaymentKind.allCases.map(\.rawValue)
        let days = beginnings(
            row.firstDay, row.lastDay, parts.map { ($0.firstDay, $0.lastDay) })
        var amounts = beginnings(
            row.lowest, row.highest, parts.map { ($0.lowest, $0.highest) }
        ).map(Optional.some)
        if row.takesUnknownAmount { amounts.append(nil) }
        var needed: Set<Int> = []
        for kind in kinds {
            for day in days {
                for amount in amounts {
                    let cell = Cell(kind: kind, amount: amount, day: day)
                    guard let taker = parts.first(where: { takes($0, cell) }) else { return nil }
                    needed.insert(taker.line)
                }
            }
        }
        return needed.isEmpty ? nil : needed.sorted()
    }

    /// Where something may change between the ends: in between, every value is like the one before it.
    private func beginnings<Value: FixedWidthInteger>(
        _ low: Value, _ high: Value, _ parts: [(low: Value, high: Value)]
    ) -> [Value] {
        guard low <= high else { return [] }
        var found: Set<Value> = [low]
        for part in parts {
            found.insert(part.low)
            if part.high < .max { found.insert(part.high + 1) }
        }
        return found.filter { $0 >= low && $0 <= high }.sorted()
    }

    private func takes(_ part: RouteRow, _ cell: Cell) -> Bool {
        guard part.kind == nil || part.kind == cell.kind, part.firstDay <= cell.day, cell.day <= part.lastDay else {
            return false
        }
        guard let amount = cell.amount else { return part.takesUnknownAmount }
        return part.lowest <= amount && amount <= part.highest
    }
}

extension RouteRow {
    var lowest: Int128 { amountFrom ?? .min }
    var highest: Int128 { amountTo ?? .max }
    var firstDay: Int64 { validFrom?.dayNumber ?? .min }
    var lastDay: Int64 { validUntil?.dayNumber ?? .max }
    /// A row that asks for nothing of the amount takes a payment whose amount is not known yet.
    var takesUnknownAmount: Bool { currency == nil && amountFrom == nil && amountTo == nil }
}

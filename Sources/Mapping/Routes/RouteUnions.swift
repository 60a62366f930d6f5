import Payments

/// Rows that together leave nothing to a later one. Proven for rows that are alike but for their amounts, or alike but
/// for their days: the cheap case, and the one that people write.
struct RouteUnions {
    struct Joined {
        /// The first of the rows.
        var line: Int
        var what: String
    }

    private struct AmountKey: Hashable {
        var words: SIMD8<UInt32>
        var from: CivilDate?
        var until: CivilDate?
    }

    private struct DayKey: Hashable {
        var words: SIMD8<UInt32>
        var from: Int128?
        var to: Int128?
    }

    private var amounts: [AmountKey: Taken<Int128>] = [:]
    private var days: [DayKey: Taken<Int64>] = [:]

    /// Takes the row among the earlier ones; tells which of them take all that it would take.
    mutating func add(_ row: RouteRow, _ words: SIMD8<UInt32>) -> Joined? {
        let byAmount = AmountKey(words: words, from: row.validFrom, until: row.validUntil)
        let byDay = DayKey(words: words, from: row.amountFrom, to: row.amountTo)
        // A row without a currency takes payments whose amount is not known, which no range holds.
        let amount =
            row.currency == nil
            ? nil
            : amounts[byAmount, default: Taken(line: row.line)].add(row.amountFrom ?? .min, row.amountTo ?? .max)
        let day = days[byDay, default: Taken(line: row.line)].add(
            row.validFrom?.dayNumber ?? .min, row.validUntil?.dayNumber ?? .max)
        if let amount { return Joined(line: amount, what: "amounts") }
        return day.map { Joined(line: $0, what: "days") }
    }

    /// Values that are taken, as ranges in order that do not touch.
    private struct Taken<Value: FixedWidthInteger> {
        let line: Int
        private var ranges: [(low: Value, high: Value)] = []

        init(line: Int) { self.line = line }

        /// The first row's line when the whole range was taken before.
        mutating func add(_ low: Value, _ high: Value) -> Int? {
            guard low <= high else { return nil }
            // The first range that touches or comes after.
            var start = 0
            var end = ranges.count
            while start < end {
                let middle = (start + end) / 2
                if ranges[middle].high < low, ranges[middle].high + 1 < low { start = middle + 1 } else { end = middle }
            }
            if start < ranges.count, ranges[start].low <= low, ranges[start].high >= high { return line }
            var joined = (low: low, high: high)
            var past = start
            while past < ranges.count, high == .max || ranges[past].low <= high + 1 {
                joined.low = min(joined.low, ranges[past].low)
                joined.high = max(joined.high, ranges[past].high)
                past += 1
            }
            ranges.replaceSubrange(start..<past, with: [joined])
            return nil
        }
    }
}

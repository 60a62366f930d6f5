/// Amounts and days cut into some hundred parts each, at the ends of the rows' own ranges.
struct RouteParts: Sendable {
    private static let most = 256

    private let amounts: [Int64]
    private let days: [Int32]

    init(_ spans: [RouteSpan]) {
        amounts = RouteParts.cuts(spans.lazy.map { ($0.amountLow, $0.amountHigh) })
        days = RouteParts.cuts(spans.lazy.map { ($0.dayLow, $0.dayHigh) })
    }

    var amountCount: Int { amounts.count + 1 }
    var dayCount: Int { days.count + 1 }

    func amount(_ value: Int64) -> Int { RouteParts.part(value, amounts) }
    func day(_ value: Int32) -> Int { RouteParts.part(value, days) }

    /// Where parts begin, ascending: before the first cut there is a part too.
    private static func cuts<Value: FixedWidthInteger>(_ ranges: some Sequence<(Value, Value)>) -> [Value] {
        var ends: [Value] = []
        for (low, high) in ranges {
            if low > .min { ends.append(low) }
            if high < .max { ends.append(high + 1) }
        }
        ends.sort()
        var cuts: [Value] = []
        for end in ends where cuts.last != end { cuts.append(end) }
        guard cuts.count >= most else { return cuts }
        // By rank among all ends, so that about as many rows end in each part.
        var ranked: [Value] = []
        for rank in 1..<most {
            let cut = ends[rank * ends.count / most]
            if ranked.last != cut { ranked.append(cut) }
        }
        return ranked
    }

    /// How many cuts are not greater.
    private static func part<Value: Comparable>(_ value: Value, _ cuts: [Value]) -> Int {
        var low = 0
        var count = cuts.count
        while count > 0 {
            let half = count / 2
            if cuts[low + half] <= value {
                low += half + 1
                count -= half + 1
            } else {
                count = half
            }
        }
        return low
    }
}

/// Of many rows that differ only by amounts and days: which may hold those of a question. For each part of either a set
/// of bits tells the rows whose range touches it. What the sets share is few rows, in order.
struct RouteSieve: Sendable {
    /// Words of one set.
    private let width: Int
    private let amounts: [UInt64]
    private let days: [UInt64]

    init(_ spans: [RouteSpan], _ parts: RouteParts) {
        let width = (spans.count + 63) / 64
        self.width = width
        amounts = RouteSieve.sets(
            spans.map { (parts.amount($0.amountLow), parts.amount($0.amountHigh)) }, width,
            parts.amountCount)
        days = RouteSieve.sets(spans.map { (parts.day($0.dayLow), parts.day($0.dayHigh)) }, width, parts.dayCount)
    }

    private static func sets(_ ranges: [(Int, Int)], _ width: Int, _ count: Int) -> [UInt64] {
        var sets = [UInt64](repeating: 0, count: width * count)
        for (row, range) in ranges.enumerated() where range.0 <= range.1 {
            for part in range.0...range.1 { sets[part * width + row / 64] |= 1 << UInt64(row & 63) }
        }
        return sets
    }

    /// The parts of a question's ends: looked up once for all sieves.
    struct Place {
        let amountLow: Int
        let amountHigh: Int
        let dayLow: Int
        let dayHigh: Int

        init(_ span: RouteSpan, _ parts: RouteParts) {
            amountLow = parts.amount(span.amountLow)
            amountHigh = span.amountHigh == span.amountLow ? amountLow : parts.amount(span.amountHigh)
            dayLow = parts.day(span.dayLow)
            dayHigh = span.dayHigh == span.dayLow ? dayLow : parts.day(span.dayHigh)
        }
    }

    /// Calls with each candidate's place among the rows, in order, until the call says no.
    func forEach(_ place: Place, _ body: (Int) -> Bool) {
        let (low, high) = (place.amountLow * width, place.amountHigh * width)
        let (first, last) = (place.dayLow * width, place.dayHigh * width)
        for word in 0..<width {
            var bits = amounts[low + word] & days[first + word]
            guard bits != 0 else { continue }
            bits &= amounts[high + word] & days[last + word]
            while bits != 0 {
                guard body(word * 64 + bits.trailingZeroBitCount) else { return }
                bits &= bits - 1
            }
        }
    }
}

import Payments

/// How far a peer's clock is from ours, from the `Date` of its answers. That header has whole seconds and the answer
/// took time, so each one says an interval; what all of the last ones have in common is what is certain.
struct ClockSkew: Sendable, Equatable {
    /// The bounds, in milliseconds, of our time less the peer's.
    private struct Interval: Sendable, Equatable {
        var least: Int64
        var most: Int64
    }

    private var last: [Interval] = []
    private(set) var samples = 0

    /// Answers that are looked at together.
    private static let most = 16

    init() {}

    /// - Parameter date: the `Date` header (RFC 9110 §5.6.7); one that is not understood says nothing.
    mutating func note(date: String?, sent: Instant, answered: Instant) {
        guard let second = date.flatMap({ Instant(imfFixdate: $0) }), sent <= answered else { return }
        // The peer's clock stood in the second that it wrote, somewhere between our sending and our reading.
        let interval = Interval(
            least: sent.milliseconds(since: second.adding(milliseconds: 1_000)),
            most: answered.milliseconds(since: second))
        last.append(interval)
        if last.count > ClockSkew.most { last.removeFirst() }
        samples += 1
    }

    /// Milliseconds by which our clock is ahead for certain; negative when it is behind, zero while both may agree.
    var certainMilliseconds: Int64? {
        guard var common = last.last else { return nil }
        for interval in last.dropLast().reversed() {
            let narrower = Interval(
                least: max(common.least, interval.least), most: min(common.most, interval.most))
            // One of the clocks was set in between: only what was heard since then counts.
            if narrower.least > narrower.most { break }
            common = narrower
        }
        if common.least > 0 { return common.least }
        return common.most < 0 ? common.most : 0
    }

    /// The middle of what the networks say, so that one with a wrong clock decides nothing; the smaller of two.
    static func median(_ skews: [Int64]) -> Int64? {
        guard !skews.isEmpty else { return nil }
        let sorted = skews.sorted()
        let (low, high) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
        return abs(low) <= abs(high) ? low : high
    }
}

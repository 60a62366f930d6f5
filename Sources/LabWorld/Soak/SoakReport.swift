/// What a soak run says in the end.
struct SoakReport {
    let score: Soak.Score
    let options: Soak.Options
    let seconds: Int

    var text: String {
        let restarts = score.restarts.map(\.milliseconds).sorted()
        var rows = [
            ["seed", "\(options.seed)"], ["time", "\(seconds) s"],
            ["payments", "\(score.ended), \(score.moved) of them moved money"],
            ["kills", "\(score.kills)"],
        ]
        rows += intervals
        rows += [
            [
                "checks",
                "\(score.kills) in flight, the longest \(score.longestInFlight) ms; \(score.checksAtRest) with all "
                    + "books at rest, the longest \(score.longestAtRest) ms",
            ],
            ["decisions of a person", "\(score.decisions)"],
        ]
        if !restarts.isEmpty {
            rows.append([
                "start to ready",
                "median \(restarts[restarts.count / 2]) ms, longest \(restarts[restarts.count - 1]) ms",
            ])
        }
        if let most = score.restarts.max(by: { $0.inFlight < $1.inFlight }) {
            rows.append(["with most in flight", "\(most.inFlight) payments: \(most.milliseconds) ms"])
        }
        let verdict =
            score.troubles.isEmpty
            ? "✓ zero lost, zero doubled, zero-sum at every check; every book of every peer agrees"
            : score.troubles.prefix(40).map { "✗ \($0)" }.joined(separator: "\n")
                + (score.troubles.count > 40 ? "\n✗ and \(score.troubles.count - 40) more" : "")
        return Report.table(rows) + "\n" + verdict
    }

    /// How regular the kills were, and what they met.
    private var intervals: [[String]] {
        let intervals = score.intervals.sorted()
        let underWay = score.underWay.sorted()
        guard let longest = intervals.last, let least = underWay.first else { return [] }
        return [
            [
                "from kill to kill",
                "median \(Self.seconds(intervals[intervals.count / 2])) s, longest \(Self.seconds(longest)) s; "
                    + "\(score.overruns) checks took longer",
            ],
            ["under way at a kill", "median \(underWay[underWay.count / 2]) payments, least \(least)"],
        ]
    }

    private static func seconds(_ milliseconds: Int) -> String { LiveNumbers.tenths(Double(milliseconds) / 1000) }
}

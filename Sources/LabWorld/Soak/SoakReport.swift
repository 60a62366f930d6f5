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
            ["checks", "\(score.kills) in flight, \(score.checksAtRest) with all books at rest"],
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
}

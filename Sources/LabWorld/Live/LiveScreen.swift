/// The live view as lines of text: what a terminal shows below everything that was said.
enum LiveScreen {
    /// - Parameter moods: peers that do not behave now, in words.
    static func lines(
        _ numbers: LiveNumbers, menu: [TryOut], upSeconds: Int, moods: [String], columns: Int, rows: Int
    ) -> [String] {
        var lines = [head(numbers, upSeconds, columns)]
        lines.append(
            "\(LiveNumbers.tenths(numbers.perSecond)) payments/s   settled \(numbers.settled)   rejected "
                + "\(numbers.rejected)   open \(numbers.open)   requests under way \(numbers.underWay)   stuck "
                + "\(numbers.stuck)   "
                + (numbers.ledgerSum == .zero ? "ledger sums to zero" : "LEDGER OFF BY \(numbers.ledgerSum)"))
        lines += hops(numbers.hops)
        lines += numbers.standings.map(standing)
        if !moods.isEmpty { lines.append("misbehaving: " + moods.joined(separator: ", ")) }
        lines += self.menu(menu, columns: columns)
        // One row is left for the cursor.
        return lines.prefix(max(rows - 1, 3)).map { cut($0, columns) }
    }

    private static func head(_ numbers: LiveNumbers, _ seconds: Int, _ columns: Int) -> String {
        let time = "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
        let says = "── the lab, up \(time), gateway \(numbers.isUp ? "ready" : "DOES NOT ANSWER") "
        return says + String(repeating: "─", count: max(0, min(columns, 120) - says.count))
    }

    private static func hops(_ hops: [LiveNumbers.Hop]) -> [String] {
        guard !hops.isEmpty else { return [] }
        let rows = [
            ["hop, ms"] + hops.map(\.name), ["p50"] + hops.map { LiveNumbers.milliseconds($0.p50) },
            ["p99"] + hops.map { LiveNumbers.milliseconds($0.p99) },
        ]
        return Report.table(rows).split(separator: "\n").map(String.init)
    }

    private static func standing(_ standing: LiveNumbers.Standing) -> String {
        let accounts = standing.accounts.filter { $0.balance != .zero }.map {
            "\($0.name) \($0.balance.text(decimals: 2))"
        }
        return "\(standing.tenant) \(standing.network): " + accounts.joined(separator: "  ")
    }

    /// Items side by side, as many as fit.
    private static func menu(_ items: [TryOut], columns: Int) -> [String] {
        let cells = items.map { "[\($0.key)] \($0.title)" } + ["[q] stop everything"]
        let width = (cells.map(\.count).max() ?? 0) + 2
        let perLine = max(1, columns / max(width, 1))
        let height = (cells.count + perLine - 1) / perLine
        return (0..<height).map { row in
            stride(from: row, to: cells.count, by: height).map { index in
                cells[index] + String(repeating: " ", count: width - cells[index].count)
            }.joined()
        }
    }

    static func cut(_ line: String, _ columns: Int) -> String {
        line.count <= columns ? line : String(line.prefix(max(columns - 1, 0))) + "…"
    }
}

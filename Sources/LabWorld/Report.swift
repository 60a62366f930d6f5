import FormatJSON
import Foundation

/// What the lab prints.
enum Report {
    /// A line that is there at once, also where standard output is a file or a pipe.
    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func milliseconds(since begun: ContinuousClock.Instant) -> Int {
        Int((ContinuousClock.now - begun) / .milliseconds(1))
    }

    /// Columns as wide as their widest cell, two spaces apart.
    static func table(_ rows: [[String]]) -> String {
        guard let first = rows.first else { return "" }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).map { cell, width in cell + String(repeating: " ", count: max(0, width - cell.count)) }
                .joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
    }

    /// A payment's way in one line each hop: `plan 12.3 ms`.
    static func hops(_ page: JSONValue) -> String {
        var spent: [(hop: String, microseconds: Int)] = []
        for line in page["timeline"]?.array ?? [] {
            guard let hop = line["hop"]?.string, let microseconds = line["afterMicroseconds"]?.int else { continue }
            if let index = spent.firstIndex(where: { $0.hop == hop }) {
                spent[index].microseconds += microseconds
            } else {
                spent.append((hop, microseconds))
            }
        }
        return spent.map { "\($0.hop) \(tenths($0.microseconds))" }.joined(separator: " · ")
    }

    /// Microseconds as milliseconds with one decimal.
    private static func tenths(_ microseconds: Int) -> String { "\(microseconds / 1000).\(microseconds % 1000 / 100)" }

    static func outcome(_ page: JSONValue) -> String {
        let outcome = page["outcome"]?.string ?? page["stage"]?.string ?? "unknown"
        return page.at("reason.canonical")?.string.map { "\(outcome): \($0)" } ?? outcome
    }

    static func route(_ page: JSONValue) -> String {
        guard let line = page.at("route.line")?.int else { return "-" }
        return "line \(line): \(page.at("route.note")?.string ?? "")"
    }
}

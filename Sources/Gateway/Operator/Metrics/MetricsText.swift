/// Writes the Prometheus text format, version 0.0.4: one HELP and TYPE for each family, every series once.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String { case counter, gauge, histogram }

    /// Names and values of a series, in the order in which they are written.
    typealias Labels = [(name: String, value: String)]

    private(set) var text = ""
    private var families: Set<String> = []

    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: String)]) {
        begin(name, kind, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: String) {
        family(name, kind, help, [([], value)])
    }

    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
        single(name, kind, help, String(value))
    }

    mutating func histograms(_ name: String, _ help: String, _ series: [(labels: Labels, histogram: LatencyHistogram)])
    {
        begin(name, .histogram, help)
        for (labels, histogram) in series {
            var seen = 0
            for (bound, count) in zip(LatencyHistogram.bounds, histogram.counts) {
                seen += count
                line("\(name)_bucket", labels + [("le", MetricsText.seconds(bound))], String(seen))
            }
            line("\(name)_bucket", labels + [("le", "+Inf")], String(histogram.count))
            line("\(name)_sum", labels, MetricsText.seconds(histogram.sum))
            line("\(name)_count", labels, String(histogram.count))
        }
    }

    /// Microseconds as seconds, exactly.
    static func seconds(_ microseconds: Int64) -> String {
        let whole = abs(microseconds) / 1_000_000
        var rest = String(abs(microseconds) % 1_000_000)
        rest = String(repeating: "0", count: 6 - rest.utf8.count) + rest
        while rest.hasSuffix("0") { rest.removeLast() }
        return (microseconds < 0 ? "-" : "") + (rest.isEmpty ? "\(whole)" : "\(whole).\(rest)")
    }

    static func seconds(milliseconds: Int64) -> String { seconds(milliseconds * 1_000) }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        precondition(families.insert(name).inserted, "the family \(name) stands once")
        let escaped = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        text += "# HELP \(name) \(escaped)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: Labels, _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.name)=\"\(MetricsText.escaped($0.value))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

/// Durations in fixed buckets, so that its size does not grow with what is counted.
struct LatencyHistogram: Sendable, Equatable {
    /// Upper bounds in microseconds.
    static let bounds: [Int64] = [
        1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 30_000_000, 60_000_000, 300_000_000,
    ]

    private(set) var counts = [Int](repeating: 0, count: bounds.count)
    private(set) var count = 0
    private(set) var sum: Int64 = 0

    mutating func add(_ microseconds: Int64) {
        let value = max(0, microseconds)
        if let bucket = LatencyHistogram.bounds.firstIndex(where: { value <= $0 }) { counts[bucket] += 1 }
        count += 1
        sum += value
    }
}

import FormatJSON

/// One measured quantity, and the limit of the same run that it is held against.
struct Figure: Sendable {
    enum Bound: Sendable {
        /// The ratio may not be greater.
        case atMost(Double)
        /// The ratio may not be smaller.
        case atLeast(Double)
        /// Shown, not judged.
        case none
    }

    var group: String
    var name: String
    var value: Double
    var unit: String
    /// What the value is divided by, in the same unit; empty when the figure stands alone.
    var limitName = ""
    var limit: Double?
    var bound = Bound.none
    /// Smallest and largest of the single runs' ratios, or of their values where there is no limit.
    var spread: (low: Double, high: Double)?

    var ratio: Double? { limit.map { value / $0 } }

    var passes: Bool {
        switch (bound, ratio) {
        case (.atMost(let most), let ratio?): ratio <= most
        case (.atLeast(let least), let ratio?): ratio >= least
        case (.none, _): true
        case (_, nil): false
        }
    }

    var verdict: String {
        switch bound {
        case .none: ""
        default: passes ? "pass" : "FAIL"
        }
    }

    var boundText: String {
        switch bound {
        case .atMost(let most): "<= \(number(most))"
        case .atLeast(let least): ">= \(number(least))"
        case .none: ""
        }
    }

    var cells: [String] {
        [
            name, "\(number(value)) \(unit)", limit.map { "\(number($0)) \(unit)" } ?? "", limitName,
            ratio.map(number) ?? "", spread.map { "\(number($0.low))–\(number($0.high))" } ?? "", boundText, verdict,
        ]
    }

    var json: JSONValue {
        .members([
            "group": .string(group), "name": .string(name), "value": .number(decimal(value)), "unit": .string(unit),
            "limitName": limitName.isEmpty ? nil : .string(limitName), "limit": limit.map { .number(decimal($0)) },
            "ratio": ratio.map { .number(decimal($0)) }, "low": spread.map { .number(decimal($0.low)) },
            "high": spread.map { .number(decimal($0.high)) }, "bound": boundText.isEmpty ? nil : .string(boundText),
            "pass": boundText.isEmpty ? nil : .bool(passes),
        ])
    }
}

/// Everything that one run of the program found out.
struct Findings: Sendable {
    var figures: [Figure] = []
    /// Lines without a limit: what was sent, how large a commit was.
    var notes: [String] = []
    /// Parts that could not be measured, with the reason: a run that has one has failed.
    var failures: [String] = []

    var passes: Bool { failures.isEmpty && figures.allSatisfy(\.passes) }

    static func + (left: Findings, right: Findings) -> Findings {
        Findings(
            figures: left.figures + right.figures, notes: left.notes + right.notes,
            failures: left.failures + right.failures)
    }
}

/// Three digits that matter; more only left of the point.
func number(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    let size = value.magnitude
    let places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size == 0 ? 2 : 4
    return fixed(value, places)
}

private func decimal(_ value: Double) -> String { value.isFinite ? fixed(value, 4) : "0" }

private func fixed(_ value: Double, _ places: Int) -> String {
    var factor = 1
    for _ in 0..<places { factor *= 10 }
    let scaled = Int((value.magnitude * Double(factor)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % factor)
    return "\(sign)\(scaled / factor)." + String(repeating: "0", count: places - fraction.count) + fraction
}

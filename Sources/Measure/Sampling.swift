import Foundation

/// Values of repeated runs.
struct Samples: Sendable {
    private(set) var sorted: [Double]

    init(_ values: [Double]) { sorted = values.filter(\.isFinite).sorted() }

    var isEmpty: Bool { sorted.isEmpty }
    var median: Double { quantile(0.5) }
    var low: Double { sorted.first ?? .nan }
    var high: Double { sorted.last ?? .nan }

    /// The value that this share of the samples does not exceed.
    func quantile(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        let place = Int((Double(sorted.count) * share).rounded(.up)) - 1
        return sorted[min(max(place, 0), sorted.count - 1)]
    }
}

/// Runs of a subject and of its limit, one after the other in turn, so that what disturbs the machine disturbs both.
struct Duel: Sendable {
    private(set) var subject: [Double] = []
    private(set) var limit: [Double] = []

    mutating func add(_ subject: Double, against limit: Double) {
        self.subject.append(subject)
        self.limit.append(limit)
    }

    /// The medians, and the spread of the single runs' ratios.
    func figure(_ group: String, _ name: String, unit: String, limitName: String, bound: Figure.Bound) -> Figure {
        let ratios = Samples(zip(subject, limit).map { $0 / $1 })
        return Figure(
            group: group, name: name, value: Samples(subject).median, unit: unit, limitName: limitName,
            limit: Samples(limit).median, bound: bound, spread: (ratios.low, ratios.high))
    }
}

/// Seconds that a synchronous body takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let begun = ContinuousClock.now
    try body()
    return (ContinuousClock.now - begun) / .seconds(1)
}

/// The same for one that waits.
func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let begun = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - begun) / .seconds(1)
}

/// Keeps a result from being optimised away.
@inline(never)
func keep<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}

/// Nanoseconds since 1970 by the computer's clock, which all processes of a run share; exact to less than a
/// microsecond.
func wallClock() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000_000_000) }

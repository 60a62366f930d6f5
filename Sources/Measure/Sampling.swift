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

/// Calls of a few microseconds, warm and on one thread.
struct Batches: Sendable {
    let runs: Int

    /// Calls of one timed batch: long enough for the clock, short enough to alternate often.
    static let calls = 1_000
    private static let warmUp = 300
    /// A run is the quickest of so many batches.
    private static let tries = 3

    /// Microseconds of one call of either side. Each run is itself alternating.
    func duel(_ subject: () throws -> Void, against limit: () throws -> Void) rethrows -> Duel {
        for _ in 0..<Self.warmUp {
            try subject()
            try limit()
        }
        var duel = Duel()
        for _ in 0..<runs {
            var best = (subject: Double.infinity, limit: Double.infinity)
            for _ in 0..<Self.tries {
                best.subject = min(best.subject, try Self.microseconds(subject))
                best.limit = min(best.limit, try Self.microseconds(limit))
            }
            duel.add(best.subject, against: best.limit)
        }
        return duel
    }

    /// The same of a work that has no limit beside it.
    func samples(_ work: () throws -> Void) rethrows -> Samples {
        for _ in 0..<Self.warmUp { try work() }
        var samples: [Double] = []
        for _ in 0..<runs {
            var best = Double.infinity
            for _ in 0..<Self.tries { best = min(best, try Self.microseconds(work)) }
            samples.append(best)
        }
        return Samples(samples)
    }

    private static func microseconds(_ body: () throws -> Void) rethrows -> Double {
        try seconds { for _ in 0..<calls { try body() } } * 1_000_000 / Double(calls)
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

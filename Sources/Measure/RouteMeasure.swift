import Foundation
import Mapping
import Payments
import Synchronization

/// A routing decision out of 100,000 rows, against one out of 100 rows and against a look at every row.
struct RouteMeasure {
    let runs: Int

    private static let few = 100
    private static let many = 100_000
    /// Decisions of one run, each timed alone.
    private static let decisions = 20_000
    /// Looks at all rows of one run.
    private static let scans = 20
    /// Payments whose decision is held equal to the scan's: by a table of some rows, because a scan of many takes a
    /// thousand times as long as the decision, and fewer by the table of many.
    private static let some = 1_000
    private static let compared = 100_000
    private static let comparedInMany = 2_000

    func run() throws -> Findings {
        var findings = Findings()
        for shape in RouteTables.Shape.allCases {
            findings = findings + (try measure(shape))
        }
        return findings
    }

    private func measure(_ shape: RouteTables.Shape) throws -> Findings {
        var tables = RouteTables(shape, seed: 7)
        let few = try table(tables.file(rows: Self.few))
        let file = tables.file(rows: Self.many)
        var loaded: RouteTable?
        let load = try seconds { loaded = try table(file) }
        guard let many = loaded else { throw MeasureFailure("the table of \(Self.many) rows was not read") }
        let questions = (0..<Self.decisions).map { _ in tables.question() }
        var small: [Double] = []
        var large: [Double] = []
        var scan: [Double] = []
        var medians: [Double] = []
        for run in 0...runs {
            let one = quantiles(few, questions)
            let other = quantiles(many, questions)
            let all = look(many, questions)
            // The first run warms up.
            guard run > 0 else { continue }
            small.append(one.p99)
            large.append(other.p99)
            medians.append(other.p50)
            scan.append(all)
        }
        let middle = try table(tables.file(rows: Self.some))
        let different = unequal(middle, Self.compared, &tables) + unequal(many, Self.comparedInMany, &tables)
        let ratios = Samples(zip(large, small).map { $0 / $1 })
        let shares = Samples(zip(large, scan).map { $0 / $1 })
        let value = Samples(large).median
        let name = "\(shape.rawValue), \(Self.many) rows"
        return Findings(
            figures: [
                Figure(
                    group: "routes", name: "\(name): decision p99", value: value, unit: "µs",
                    limitName: "p99 at \(Self.few) rows", limit: Samples(small).median, bound: .atMost(4),
                    spread: (ratios.low, ratios.high)),
                Figure(
                    group: "routes", name: "- the same", value: value, unit: "µs", limitName: "a look at every row",
                    limit: Samples(scan).median, bound: .atMost(0.05), spread: (shares.low, shares.high)),
                Figure(group: "routes", name: "- p50", value: Samples(medians).median, unit: "µs"),
                Figure(group: "routes", name: "- reading the file", value: load, unit: "s"),
            ],
            notes: [
                "\(name): of \(Self.compared) decisions out of \(Self.some) rows and \(Self.comparedInMany) out of "
                    + "\(many.rows.count), \(different) are not those of the scan"
            ],
            failures: different == 0 ? [] : ["\(name): \(different) decisions are not those of the scan"])
    }

    private func table(_ file: TableFile) throws -> RouteTable {
        try RouteTable(file: file, flows: RouteTables.flows, networks: Set(RouteTables.networks), reasons: nil)
    }

    private func quantiles(_ table: RouteTable, _ questions: [RouteQuestion]) -> (p50: Double, p99: Double) {
        let clock = ContinuousClock()
        var times: [Double] = []
        times.reserveCapacity(questions.count)
        for question in questions {
            let begun = clock.now
            keep(table.decide(question))
            times.append((clock.now - begun) / .microseconds(1))
        }
        let samples = Samples(times)
        return (samples.quantile(0.5), samples.quantile(0.99))
    }

    /// Microseconds of one look at every row.
    private func look(_ table: RouteTable, _ questions: [RouteQuestion]) -> Double {
        var matching = 0
        let time = seconds {
            for question in questions.prefix(Self.scans) {
                matching += table.rows.withUnsafeBufferPointer { rows in
                    rows.indices.count { rows[$0].missedColumn(question) == nil }
                }
            }
        }
        keep(matching)
        return time * 1_000_000 / Double(Self.scans)
    }

    /// How many of many payments the index decides otherwise than the scan.
    private func unequal(_ table: RouteTable, _ count: Int, _ tables: inout RouteTables) -> Int {
        let questions = (0..<count).map { _ in tables.question() }
        let different = Mutex(0)
        let parts = 8
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            var count = 0
            for index in stride(from: part, to: questions.count, by: parts)
            where table.decide(questions[index]) != table.decideByScan(questions[index]) {
                count += 1
            }
            different.withLock { $0 += count }
        }
        return different.withLock { $0 }
    }
}

import Foundation
import Payments
import StoreSQLite

/// Durable events a second with many appends in flight, against SQLite alone with the same rows.
struct StoreMeasure {
    let runs: Int
    let disk: String

    private static let inFlight = 256
    /// Payments of one run; each of the callers in flight takes its share, one after the other.
    private static let payments = 4_096
    private static let manyTenants = 500
    /// One run of the store.
    private struct Outcome {
        var eventsPerSecond: Double
        var eventsPerCommit: Double
        var appendsPerCommit: Double
        var commit: Quantiles
        /// COMMIT alone: the log's write and its fsync.
        var sync: Quantiles
        var largestCommit: Int
    }

    func run() async throws -> Findings {
        let rows = try PaymentRows()
        var one = Duel()
        var many = Duel()
        var shared: [Outcome] = []
        var alone: [Outcome] = []
        for _ in 0..<runs {
            let folder = try Place.scratch("journal", below: disk)
            defer { Place.remove(folder) }
            let single = try await drive(rows, tenants: 1, folder: "\(folder)/one")
            let crowd = try await drive(rows, tenants: Self.manyTenants, folder: "\(folder)/many")
            let bare = try self.bare(
                rows, batch: max(1, Int(single.appendsPerCommit.rounded())), folder: folder,
                model: "\(folder)/one/journal.sqlite")
            one.add(single.eventsPerSecond, against: bare)
            many.add(crowd.eventsPerSecond, against: single.eventsPerSecond)
            alone.append(single)
            shared.append(crowd)
        }
        let note =
            "\(Self.inFlight) appends in flight, \(Self.payments) payments of \(PaymentRows.appends) appends and "
            + "\(PaymentRows.events) events a run"
        return Findings(
            figures: [
                one.figure(
                    "store", "durable events, 1 tenant", unit: "/s", limitName: "SQLite alone, same rows and batch",
                    bound: .atLeast(0.4)),
                many.figure(
                    "store", "durable events, \(Self.manyTenants) tenants", unit: "/s", limitName: "1 tenant",
                    bound: .atLeast(0.7)),
            ] + Self.commits("1 tenant", alone) + Self.commits("\(Self.manyTenants) tenants", shared), notes: [note])
    }

    private static func commits(_ name: String, _ outcomes: [Outcome]) -> [Figure] {
        let figure = { (what: String, unit: String, value: (Outcome) -> Double) in
            let samples = Samples(outcomes.map(value))
            return Figure(
                group: "store", name: "\(what), \(name)", value: samples.median, unit: unit,
                spread: (samples.low, samples.high))
        }
        return [
            figure("events in a commit", "", \.eventsPerCommit),
            figure("commit p50", "ms") { Double($0.commit.p50) / 1000 },
            figure("commit p99", "ms") { Double($0.commit.p99) / 1000 },
            figure("fsync p50", "ms") { Double($0.sync.p50) / 1000 },
            figure("fsync p99", "ms") { Double($0.sync.p99) / 1000 },
        ]
    }

    private func drive(_ rows: PaymentRows, tenants count: Int, folder: String) async throws -> Outcome {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let tenants = (0..<count).map { "bank-\($0)" }
        let store = try await SQLiteStore.open(folder: folder, node: "measure", tenants: tenants)
        // The tenants' databases exist before the clock runs.
        let warmUp = max(count, Self.inFlight)
        try await append(rows, payments: warmUp, first: 0, tenants, to: store)
        try await store.settle()
        let before = store.statistics
        let spent = try await seconds {
            try await append(rows, payments: Self.payments, first: warmUp, tenants, to: store)
        }
        let after = store.statistics
        await store.close()
        let commits = Double(after.commits - before.commits)
        return Outcome(
            eventsPerSecond: Double(after.events - before.events) / spent,
            eventsPerCommit: Double(after.events - before.events) / commits,
            appendsPerCommit: Double(after.appends - before.appends) / commits, commit: after.commitMicroseconds,
            sync: after.syncMicroseconds, largestCommit: after.largestCommit)
    }

    private func append(
        _ rows: PaymentRows, payments: Int, first: Int, _ tenants: [String], to store: SQLiteStore
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<Self.inFlight {
                group.addTask {
                    for number in stride(from: first + caller, to: first + payments, by: Self.inFlight) {
                        try await pay(rows, number, tenant: tenants[number % tenants.count], store)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func bare(_ rows: PaymentRows, batch: Int, folder: String, model: String) throws -> Double {
        let store = try BareStore(path: "\(folder)/bare.sqlite", like: model)
        try commit(rows, payments: Self.inFlight, first: 0, batch: batch, to: store)
        let spent = try seconds {
            try commit(rows, payments: Self.payments, first: Self.inFlight, batch: batch, to: store)
        }
        return Double(Self.payments * PaymentRows.events) / spent
    }

    /// In the order in which so many callers in flight would send them.
    private func commit(_ rows: PaymentRows, payments: Int, first: Int, batch: Int, to store: BareStore) throws {
        var waiting: [Append] = []
        for wave in stride(from: first, to: first + payments, by: Self.inFlight) {
            let now = Instant(nanoseconds: wallClock())
            for number in 0..<PaymentRows.appends {
                for payment in wave..<min(wave + Self.inFlight, first + payments) {
                    waiting.append(rows.append(number, of: identity(payment), tenant: "bank-0", at: now))
                    guard waiting.count == batch else { continue }
                    try store.commit(waiting)
                    waiting.removeAll(keepingCapacity: true)
                }
            }
        }
        if !waiting.isEmpty { try store.commit(waiting) }
    }
}

/// All appends of one payment, each after the one before is durable.
private func pay(_ rows: PaymentRows, _ number: Int, tenant: String, _ store: SQLiteStore) async throws {
    let now = Instant(nanoseconds: wallClock())
    for part in 0..<PaymentRows.appends {
        let append = rows.append(part, of: identity(number), tenant: tenant, at: now)
        let results = try await store.append([append], leaseUntil: now.adding(milliseconds: 30_000))
        guard results == [.committed] else { throw MeasureFailure("an append was not committed: \(results)") }
    }
}

/// Ids that sort by time, as those of the gateway do.
private func identity(_ number: Int) -> PaymentID {
    var dice = IdentitySource(seed: UInt64(number))
    return PaymentID(
        at: Instant(milliseconds: 1_790_000_000_000 + Int64(number / 4)), engine: 0, entropy: dice.next())
}

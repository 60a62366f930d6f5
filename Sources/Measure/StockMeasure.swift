import Foundation
import Payments
import StoreSQLite

/// What a million stored payments cost the next one, and how long a store with thousands of payments under way takes
/// until it is ready again.
struct StockMeasure {
    let runs: Int
    let disk: String
    var stored = 1_000_000

    private static let payments = 4_096
    private static let inFlight = 256
    private static let underWay = 10_000

    func run() async throws -> Findings {
        let rows = try PaymentRows(hasRandomNames: true)
        let folder = try Place.scratch("stock", below: disk)
        defer { Place.remove(folder) }
        for name in ["full", "empty"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        try await Stock(folder: "\(folder)/full", tenant: "bank-0").fill(payments: stored)
        var duel = Duel()
        var next = 0
        for run in 0...runs {
            // Either goes first in turn: what one leaves to the kernel to write is in the way of the other.
            var rates: [String: Double] = [:]
            for name in run % 2 == 0 ? ["full", "empty"] : ["empty", "full"] {
                rates[name] = try await drive(rows, "\(folder)/\(name)", first: next)
            }
            next += Self.payments
            // The first run warms up.
            if run > 0, let full = rates["full"], let empty = rates["empty"] { duel.add(full, against: empty) }
        }
        let ready = try await restart(rows, "\(folder)/full", first: next)
        return Findings(
            figures: [
                duel.figure(
                    "stock", "durable events, \(stored) payments stored", unit: "/s", limitName: "as many, none stored",
                    bound: .atLeast(0.9)),
                Figure(
                    group: "stock", name: "opened anew with \(Self.underWay) in flight", value: ready, unit: "s",
                    limitName: "2 s", limit: 2, bound: .atMost(1)),
            ])
    }

    private func drive(_ rows: PaymentRows, _ folder: String, first: Int) async throws -> Double {
        let store = try await SQLiteStore.open(folder: folder, node: "measure", tenants: ["bank-0"])
        let spent = try await seconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<Self.inFlight {
                    group.addTask {
                        for number in stride(from: first + caller, to: first + Self.payments, by: Self.inFlight) {
                            try await Self.pay(rows, number, parts: PaymentRows.appends, store)
                        }
                    }
                }
                // As the engine does once a second, all the while.
                group.addTask {
                    for _ in 0..<20 {
                        _ = try await store.openPayments()
                        _ = try await store.dueTimers(
                            now: Instant(nanoseconds: 0), leaseUntil: Instant(nanoseconds: 0), limit: 256)
                        _ = try await store.orphans(
                            now: Instant(nanoseconds: 0), leaseUntil: Instant(nanoseconds: 0), limit: 256)
                    }
                }
                try await group.waitForAll()
            }
        }
        await store.close()
        return Double(Self.payments * PaymentRows.events) / spent
    }

    /// From the opening of the folder to the moment when every request that a dead process left has been handed out.
    private func restart(_ rows: PaymentRows, _ folder: String, first: Int) async throws -> Double {
        let store = try await SQLiteStore.open(folder: folder, node: "measure", tenants: ["bank-0"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<Self.inFlight {
                group.addTask {
                    for number in stride(from: first + caller, to: first + Self.underWay, by: Self.inFlight) {
                        try await Self.pay(rows, number, parts: 3, store)
                    }
                }
            }
            try await group.waitForAll()
        }
        await store.close()
        return try await seconds {
            let store = try await SQLiteStore.open(folder: folder, node: "measure", tenants: ["bank-0"])
            guard try await store.openPayments() == Self.underWay else {
                throw MeasureFailure("the store lost payments under way")
            }
            _ = try await store.standing()
            let now = Instant(nanoseconds: wallClock())
            var orphans = 0
            while true {
                let found = try await store.orphans(now: now, leaseUntil: now.adding(milliseconds: 30_000), limit: 256)
                orphans += found.count
                guard found.count == 256 else { break }
            }
            guard orphans == Self.underWay else { throw MeasureFailure("\(orphans) requests were handed out") }
            Task.detached { await store.close() }
        }
    }

    private static func pay(_ rows: PaymentRows, _ number: Int, parts: Int, _ store: SQLiteStore) async throws {
        let now = Instant(nanoseconds: wallClock())
        var dice = IdentitySource(seed: UInt64(number) &+ 1 << 40)
        let payment = PaymentID(at: now, engine: 0, entropy: dice.next())
        for part in 0..<parts {
            let append = rows.append(part, of: payment, tenant: "bank-0", at: now)
            let results = try await store.append([append], leaseUntil: now.adding(milliseconds: 30_000))
            guard results == [.committed] else { throw MeasureFailure("an append was not committed: \(results)") }
        }
    }
}

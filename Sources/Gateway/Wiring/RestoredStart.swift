import Logging
import Payments
import PaymentsEngine
import StoreSQLite

/// The first start on a folder that was restored from a backup. What happened after the backup is not in it: orders of
/// its open payments may have left since. Those that had left by then are asked about, as after a crash; the others
/// wait for a person, and nothing is sent anew.
enum RestoredStart {
    static func hold(_ engine: Engine, _ store: SQLiteStore, _ logger: Logger) async throws {
        do throws(StoreError) {
            guard let taken = try await store.restoredFrom() else { return }
            let why = "restored from a backup of \(taken.text): whether its order left after that is not known"
            var last: PaymentID?
            var (held, open) = (0, 0)
            while true {
                let page = try await store.openPayments(after: last, limit: Limits.batchInputs)
                guard let end = page.last else { break }
                held += try await engine.holdRestored(page, why: why)
                open += page.count
                last = end
            }
            try await store.endRestoration()
            logger.warning(
                "restored from a backup",
                metadata: ["takenAt": "\(taken.text)", "openPayments": "\(open)", "heldForAPerson": "\(held)"])
        } catch {
            throw Failure.usage("the restored payments could not be seen to: \(error)")
        }
    }
}

import Foundation
import Payments
@testable import StoreSQLite

/// A folder of its own for one test, removed at its end.
final class ScratchFolder: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// One folder that several stores of this process share.
struct SQLiteBench: StoreBench {
    static let tenants = ["blue", "green"]
    let folder = ScratchFolder()
    var options = SQLiteStore.Options()

    init() { options.isShared = true }

    func open(node: String) async throws -> any PaymentStore {
        try await SQLiteStore.open(folder: folder.path, node: node, tenants: SQLiteBench.tenants, options: options)
    }

    func close(_ store: any PaymentStore) async { await (store as? SQLiteStore)?.close() }
}

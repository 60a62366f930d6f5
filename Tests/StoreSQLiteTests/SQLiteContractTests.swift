import Payments
import Testing

@testable import StoreSQLite

@Suite("SQLite keeps the contract of a store")
struct SQLiteContractTests {
    @Test(arguments: StoreContract.all)
    func keeps(_ contract: StoreContract) async throws {
        try await contract.run(SQLiteBench())
    }
}

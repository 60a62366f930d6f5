import ArgumentParser
import FormatJSON
import Payments
import PaymentsEngine
import StoreSQLite

extension PaymentsCommand {
    struct Review: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List payments that screening holds until a person decides, the longest waiting first.",
            discussion: """
                Nothing is held at the core bank and nothing has left while a payment waits here. Decide with

                  interlock payments resolve ID --as settled  ...     let it go on
                  interlock payments resolve ID --as rejected ...     refuse it; why is told to nobody

                Works on the store when no process runs.
                """)
        @Option(help: "The configuration of the gateway.") var config: String
        @Flag(help: "For programs.") var json = false

        func run() async throws {
            let config = try Reporting.configuration(config)
            let answer = try await OperatorLine(config).call("GET", "/reviews") { desk in
                try await ReviewQueue.read(desk.tenants, desk.store) { id throws(StoreError) in
                    let events = try await desk.store.events(of: id, after: 0)
                    return try? Replay.fold(id, events, flows: desk.flow)
                }
            }
            if json { return Reporting.print(answer.description) }
            let rows = answer["reviews"]?.array ?? []
            Reporting.print(rows.isEmpty ? "nothing waits for review" : rows.map(line).joined(separator: "\n"))
            if answer["whole"]?.bool == false {
                Reporting.complain("there are more: \(ReviewQueue.most) parked payments of a tenant were looked at")
            }
        }

        private func line(_ row: JSONValue) -> String {
            func text(_ name: String) -> String { row[name]?.string ?? "-" }
            return [
                text("id"), text("heldSince"), text("tenant"), "\(text("amount")) \(text("currency"))",
                "\(text("debtor")) -> \(text("creditor"))", text("reference"), text("because"),
            ].joined(separator: "  ")
        }
    }
}

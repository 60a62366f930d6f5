import ArgumentParser
import FormatJSON
import Foundation
import Payments
import PaymentsEngine
import StoreSQLite

struct CapsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caps", abstract: "Show how much of each cap is used.",
        discussion: """
            A line for each cap that stands, those at \(CapsUse.warningPercent) % and more with a mark. position is what
            was sent and has not come back, with the amounts of payments under way; exposure what stands between two
            legs of which one is not certain. Works on the store when no process runs.

            Example: interlock caps --config interlock.yaml
            """)
    @Option(help: "The configuration of the gateway.") var config: String
    @Flag(help: "Only caps at \(CapsUse.warningPercent) % and more.") var near = false
    @Flag(help: "For programs.") var json = false

    func run() async throws {
        let config = try Reporting.configuration(config)
        let answer = try await OperatorLine(config).call("GET", "/caps") { desk in
            let rows = Allowance.rows(try await desk.store.balances(tenant: nil), try await desk.store.standing())
            return ControlsDesk.caps(try Controls(config, now: WallClock.now()).use(of: rows))
        }
        var rows = answer["caps"]?.array ?? []
        if near { rows = rows.filter(isNear) }
        if json { return Reporting.print(JSONValue.members(["caps": .array(rows)]).description) }
        Reporting.print(rows.isEmpty ? "no caps" : table(rows))
    }

    private func isNear(_ row: JSONValue) -> Bool { (row["percent"]?.int ?? 0) >= CapsUse.warningPercent }

    private func table(_ rows: [JSONValue]) -> String {
        let names = ["tenant", "network", "currency", "cap", "used", "most"]
        var lines = [names + ["%", ""]]
        for row in rows {
            let cells = names.map { row[$0]?.string ?? "-" }
            lines.append(cells + [row["percent"]?.number ?? "-", isNear(row) ? "!" : ""])
        }
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            let padded = zip(cells, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            return padded.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }.joined(separator: "\n")
    }
}

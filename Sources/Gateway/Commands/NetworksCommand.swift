import ArgumentParser
import FormatJSON

struct NetworksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "networks", abstract: "How the networks, core banks and screening services are.",
        discussion: """
            Asks the running process: up or down and since when, the last answer, the breaker, days that certificates
            are still good, and how long answers take.

            Example: interlock networks --config interlock.yaml
            """)
    @Option(help: "The configuration of the gateway.") var config: String
    @Flag(help: "For programs.") var json = false

    func run() async throws {
        let config = try Reporting.configuration(config)
        let answer = try await OperatorLine(config).call("GET", "/networks") { _ in
            throw Failure.usage("no gateway runs on \(config.folder): nobody watches its networks")
        }
        guard !json else { return Reporting.print(answer.description) }
        Reporting.print(NetworksCommand.table(answer["networks"]?.array ?? []))
    }

    static func table(_ rows: [JSONValue]) -> String {
        func text(_ row: JSONValue, _ name: String, _ unit: String = "") -> String {
            guard let value = row[name] else { return "-" }
            return (value.string ?? value.description) + unit
        }
        let head = [
            "NEIGHBOUR", "STATE", "SINCE", "LAST ANSWER", "BREAKER", "CERTIFICATE", "P50", "P99", "WHY",
        ]
        let lines = rows.map { row in
            [
                text(row, "name"), text(row, "state"), text(row, "since"), text(row, "lastAnswer"),
                text(row, "breaker"), text(row, "ownCertificateDaysLeft", " days"), text(row, "p50Milliseconds", " ms"),
                text(row, "p99Milliseconds", " ms"), text(row, "why"),
            ]
        }
        return Columns.text([head] + lines)
    }
}

/// Columns as wide as what stands in them, the last one as it is.
enum Columns {
    static func text(_ rows: [[String]]) -> String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

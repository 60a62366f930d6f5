import ArgumentParser
import FormatJSON

struct NetworksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "networks", abstract: "How the networks, core banks and screening services are.",
        discussion: """
            Asks the running process: up or down and since when, the last answer, the breaker, days that certificates
            are still good, and how long answers take. When none runs, it says so and shows what is configured; the exit
            code is 1 then.

            Example: interlock networks --config interlock.yaml
            """)
    @Option(help: "The configuration of the gateway.") var config: String
    @Flag(help: "For programs.") var json = false

    func run() async throws {
        let config = try Reporting.configuration(config)
        let answer = try await Reporting.attempt {
            try await OperatorSocket.with(config) { line in
                try await line.ask("GET", "/networks", doubt: "Ask again.")
            }
        }
        guard let answer else {
            let neighbours = config.networks + config.coreBanks + config.controls.screening
            Reporting.print(json ? NetworksCommand.configured(neighbours).description : table(configured: neighbours))
            Reporting.complain(
                "no gateway runs on \(config.folder), so nobody knows how they are: start it with interlock serve, or "
                    + "name the configuration of the one that runs")
            throw ExitCode(1)
        }
        guard !json else { return Reporting.print(answer.description) }
        Reporting.print(NetworksCommand.table(answer["networks"]?.array ?? []))
    }

    private func table(configured neighbours: [NeighbourConfig]) -> String {
        Columns.text([["NEIGHBOUR", "ADAPTER", "ADDRESS"]] + neighbours.map { [$0.name, $0.adapter, $0.address] })
    }

    /// What is set of them, where nobody watches.
    private static func configured(_ neighbours: [NeighbourConfig]) -> JSONValue {
        let rows = neighbours.map { neighbour -> JSONValue in
            [
                "name": .string(neighbour.name), "state": "unwatched", "adapter": .string(neighbour.adapter),
                "address": .string(neighbour.address),
            ]
        }
        return ["networks": .array(rows)]
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

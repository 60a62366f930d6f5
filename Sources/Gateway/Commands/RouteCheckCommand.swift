import ArgumentParser
import FormatJSON
import Foundation
import Mapping
import Payments

extension RouteCommand {
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at a rules table as a whole: rows never reached, rows that disagree, gaps.",
            discussion: """
                FILE is a rules table, or a configuration (.yaml), whose table and networks are taken. Exit code 1 when
                there are errors: the table cannot be read, or does not do what it says. Warnings and notes end with 0.

                Examples:
                  interlock route check routes.csv
                  interlock route check interlock.yaml --json
                """)
        @Option(help: "The folder of tables; the installation's when not given.") var mappings: String?
        @Option(help: "The day, YYYY-MM-DD, by which rows are expired; today in UTC when not given.") var date: String?
        @Option(help: "How many pairs of rows that disagree are listed at most.") var limit = 100
        @Flag(help: "For programs.") var json = false
        @Argument(help: "A rules table (.csv) or a configuration (.yaml).") var file: String

        func validate() throws {
            guard (0...100_000).contains(limit) else { throw ValidationError("--limit is 0 to 100000") }
        }

        func run() async throws {
            try await Reporting.attempt {
                guard let day = date.map({ CivilDate($0) }) ?? WallClock.now().date else {
                    throw Failure.usage("--date is YYYY-MM-DD")
                }
                let read = try RouteFile(file, mappings: mappings)
                let report = RouteCheck(
                    read.table, flows: read.tables.flows.flows, origins: read.origins, today: day, pairs: limit
                ).report()
                Reporting.print(json ? page(report, read).description : text(report, read))
                if report.hasErrors { throw ExitCode(1) }
            }
        }

        private func text(_ report: RouteReport, _ read: RouteFile) -> String {
            var lines = report.findings.map { finding in
                let place = finding.line > 0 ? "\(read.name):\(finding.line): " : "\(read.name): "
                return "\(place)\(finding.level.rawValue): \(finding.says)"
            }
            if report.pairsLeftOut > 0 { lines.append("and \(report.pairsLeftOut) more pairs of rows that disagree") }
            if report.pairsWithSeveralNames > 0 {
                lines.append(
                    "\(report.pairsWithSeveralNames) more pairs disagree only about payments whose payee or agent has "
                        + "several names")
            }
            if report.rowsCompared < read.table.rows.count {
                lines.append("pairs were looked for among the first \(report.rowsCompared) rows only")
            }
            let counts = RouteFinding.Level.allCases.map { "\(report.count($0)) \($0.rawValue)s" }
            lines.append("\(read.table.rows.count) rows: \(counts.joined(separator: ", "))")
            return lines.joined(separator: "\n")
        }

        private func page(_ report: RouteReport, _ read: RouteFile) -> JSONValue {
            let findings = report.findings.map { finding -> JSONValue in
                .members([
                    "kind": .string(finding.kind.rawValue), "level": .string(finding.level.rawValue),
                    "line": finding.line > 0 ? .integer(finding.line) : nil,
                    "otherLine": finding.other.map { .integer($0) }, "says": .string(finding.says),
                ])
            }
            return [
                "file": .string(read.name), "version": .string(read.table.version),
                "rows": .integer(read.table.rows.count), "ok": .bool(!report.hasErrors),
                "findings": .array(findings), "pairsLeftOut": .integer(report.pairsLeftOut),
                "pairsWithSeveralNames": .integer(report.pairsWithSeveralNames),
                "rowsCompared": .integer(report.rowsCompared),
            ]
        }
    }
}

/// A rules table with what its rows refer to: by itself, or as a configuration names it.
struct RouteFile {
    let name: String
    let tables: Tables
    let table: RouteTable
    /// Where payments come from; empty when only the table is known.
    let origins: Set<String>

    init(_ path: String, mappings: String?) throws {
        let share = Installation.share
        guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") else {
            name = path
            tables = try Tables.read(mappings: mappings ?? "\(share)/mappings", schemas: "\(share)/xsd", .alone)
            table = try tables.routes(path: path, networks: [])
            origins = []
            return
        }
        let config = try Reporting.configuration(path)
        let networks = Set(config.networks.map(\.name).filter { !$0.isEmpty })
        name = config.routes
        tables = try Tables.read(mappings: mappings ?? config.mappings, schemas: config.schemas, .alone)
        table = try tables.routes(path: config.routes, networks: networks)
        origins = networks.union(["channel"])
    }
}

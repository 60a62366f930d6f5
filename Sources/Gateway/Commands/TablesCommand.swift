import ArgumentParser
import FormatJSON
import Foundation
import Mapping

struct TablesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tables", abstract: "Check the tables that the gateway runs on, and see what they carry.",
        subcommands: [Check.self, CoverageReading.self, LossReading.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every table: fields, codes, flows, routes, profiles, schemas. All errors at once.",
            discussion: """
                Exit code 0: all tables can be used; 1: each error is told as FILE:LINE:COLUMN with its mend.

                Example: interlock tables check --routes routes.csv
                """)
        @Option(help: "The folder of tables; the installation's when not given.") var mappings: String?
        @Option(help: "The folder of schemas; the installation's when not given.") var schemas: String?
        @Option(help: "A routing table to check with them.") var routes: String?
        @Flag(help: "For programs.") var json = false

        func run() async throws {
            let folder = mappings ?? "\(Installation.share)/mappings"
            let schemaFolder = schemas ?? "\(Installation.share)/xsd"
            try await Reporting.attempt {
                let example = "\(folder)/routes/example.csv"
                let routing = routes ?? (FileManager.default.fileExists(atPath: example) ? example : nil)
                let names = try schemaNames(schemaFolder)
                let found = try Tables.examine(mappings: folder, schemas: schemaFolder, .everything, routes: routing)
                guard found.errors.isEmpty, let tables = found.tables else {
                    report(errors: TableErrors(found.errors).errors, "")
                    throw ExitCode(1)
                }
                var summary = [
                    "\(tables.mappings.messages.count) messages", "\(tables.mappings.codes.names.count) code tables",
                    "\(tables.flows.flows.count) flows",
                ]
                if let routes = found.routes { summary.append("\(routes.rows.count) routes") }
                summary += ["\(found.profiles) profiles", "\(names.count) schemas"]
                report(errors: [], summary.joined(separator: ", "))
            }
        }

        private func schemaNames(_ folder: String) throws -> [String] {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
                throw Failure.usage("the schemas' folder \(folder) cannot be read: name one with --schemas")
            }
            return names.filter { $0.hasSuffix(".xsd") }.sorted()
        }

        private func report(errors: [TableError], _ summary: String) {
            guard json else {
                Reporting.print(errors.isEmpty ? "ok: \(summary)" : errors.map(\.description).joined(separator: "\n"))
                return
            }
            let rows = errors.map(\.json)
            Reporting.print(JSONValue.members(["ok": .bool(errors.isEmpty), "errors": .array(rows)]).description)
        }
    }
}

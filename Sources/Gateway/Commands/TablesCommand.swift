import ArgumentParser
import FormatJSON
import FormatXML
import Foundation
import Mapping

struct TablesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tables", abstract: "Check the tables that the gateway runs on.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every table as a start would: fields, codes, flows, routes, schemas. All errors at once.",
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
            do {
                let tables = try Tables.read(mappings: folder, schemas: schemaFolder)
                var summary = [
                    "\(tables.mappings.messages.count) messages", "\(tables.mappings.codes.names.count) code tables",
                    "\(tables.flows.flows.count) flows",
                ]
                let routing = routes ?? "\(folder)/routes/example.csv"
                if FileManager.default.fileExists(atPath: routing) {
                    summary.append("\(try tables.routes(path: routing, networks: []).rows.count) routes")
                }
                let names = try schemaNames(schemaFolder)
                try tables.schemas.compileAll(names)
                summary.append("\(names.count) schemas")
                report(errors: [], summary.joined(separator: ", "))
            } catch let errors as TableErrors {
                report(errors: errors.errors, "")
                throw ExitCode(1)
            } catch let fault as XMLSchemaFault {
                Reporting.complain("schema \(fault)")
                throw ExitCode(1)
            } catch let failure as Failure {
                Reporting.complain(failure.description)
                throw ExitCode(1)
            }
        }

        private func schemaNames(_ folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".xsd") }.sorted()
        }

        private func report(errors: [TableError], _ summary: String) {
            guard json else {
                Reporting.print(errors.isEmpty ? "ok: \(summary)" : errors.map(\.description).joined(separator: "\n"))
                return
            }
            let rows = errors.map { error -> JSONValue in
                [
                    "file": .string(error.file), "line": .integer(error.line), "column": .integer(error.column),
                    "problem": .string(error.problem), "remedy": .string(error.remedy),
                ]
            }
            Reporting.print(JSONValue.members(["ok": .bool(errors.isEmpty), "errors": .array(rows)]).description)
        }
    }
}

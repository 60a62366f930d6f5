import ArgumentParser
import FormatJSON
import FormatXML
import Foundation
import Mapping

extension TablesCommand {
    /// Where the tables of a command are.
    struct Folders: ParsableArguments {
        @Option(help: "The folder of tables; the installation's when not given.") var mappings: String?
        @Option(help: "The folder of schemas; the installation's when not given.") var schemas: String?

        func read() throws -> Tables {
            let share = Installation.share
            return try Tables.read(
                mappings: mappings ?? "\(share)/mappings", schemas: schemas ?? "\(share)/xsd", .alone)
        }
    }

    struct CoverageReading: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "coverage", abstract: "What the table of a message maps, keeps and leaves out, and why.",
            discussion: """
                Without MESSAGE one line for each table. Leaves are the elements of the message's schema that hold text:
                mapped to a field, kept in the side-car by a row, left out by a row that says why, or named by no row
                (kept in the side-car when read, never written).

                A message is named whole, as iso20022/pacs.008.001.08, or short, as pacs.008.001.08, pacs.008.08 or
                pacs.008, which is its newest version here.

                Examples:
                  interlock tables coverage
                  interlock tables coverage pacs.008.001.08
                """)
        @OptionGroup var folders: Folders
        @Flag(help: "For programs.") var json = false
        @Argument(help: "A message, such as pacs.008.001.08 or quotes.post.") var message: String?

        func run() async throws {
            try await Reporting.attempt {
                let tables = try folders.read()
                let names = try message.map { [try TablesCommand.message($0, tables)] } ?? tables.mappings.messages
                let reports = names.compactMap { tables.mappings.coverage(of: $0, schemas: tables.schemas) }
                if json {
                    let values = reports.map(CoverageReading.object)
                    return Reporting.print((message == nil ? JSONValue.array(values) : values[0]).description)
                }
                let lines = message == nil ? CoverageReading.summary(reports) : CoverageReading.lines(reports[0])
                Reporting.print(lines.joined(separator: "\n"))
            }
        }

        private static func summary(_ reports: [CoverageReport]) -> [String] {
            let width = reports.map(\.message.count).max() ?? 0
            return reports.map { report in
                var words = [report.message.padding(toLength: width, withPad: " ", startingAt: 0)]
                words += [
                    "rows \(report.mapped.count)", "fields \(report.fields.count)", "kept \(report.kept.count)",
                    "left out \(report.omitted.count)",
                ]
                if let schema = report.schema {
                    words.append(
                        "leaves \(schema.leaves): \(schema.mapped) mapped, \(schema.kept) kept, "
                            + "\(unnamed(schema)) unnamed"
                    )
                }
                return words.joined(separator: "  ")
            }
        }

        private static func unnamed(_ schema: SchemaCoverage) -> Int { schema.unnamed.reduce(0) { $0 + $1.leaves } }

        private static func lines(_ report: CoverageReport) -> [String] {
            var lines = summary([report]) + ["", "mapped"]
            lines += report.mapped.map { row in
                let side = row.direction == .both ? "" : row.direction == .readOnly ? " (read only)" : " (written only)"
                return "  \(row.path)  \(row.field ?? "")  \(row.form)\(side)"
            }
            func part(_ title: String, _ rows: [String]) {
                if !rows.isEmpty { lines += ["", title] + rows.map { "  \($0)" } }
            }
            part("written as a constant", report.constant.map { "\($0.path)  \($0.form.dropFirst("const ".count))" })
            part("kept in the side-car and written again", report.kept.map(\.path))
            part("left out", report.omitted.map { "\($0.path)  \($0.note)" })
            part(
                "named by no row: kept when read, never written",
                (report.schema?.unnamed ?? []).map { $0.leaves == 1 ? $0.path : "\($0.path) (\($0.leaves) leaves)" })
            part("fields that it does not say, without a loss", report.excused.map { "\($0.field)  \($0.why)" })
            part("fields that it does not say: a loss when a payment has them", report.unsaid)
            return lines
        }

        private static func object(_ report: CoverageReport) -> JSONValue {
            let rows = report.rows.map { row -> JSONValue in
                .members([
                    "path": .string(row.path), "field": row.field.map { .string($0) }, "form": .string(row.form),
                    "direction": .string(row.direction.rawValue), "required": .bool(row.required),
                    "note": row.note.isEmpty || row.note == "-" ? nil : .string(row.note),
                ])
            }
            let schema = report.schema.map { schema -> JSONValue in
                [
                    "leaves": .integer(schema.leaves), "mapped": .integer(schema.mapped), "kept": .integer(schema.kept),
                    "leftOut": .integer(schema.omitted),
                    "unnamed": .array(
                        schema.unnamed.map { ["path": .string($0.path), "leaves": .integer($0.leaves)] }),
                ]
            }
            return .members([
                "message": .string(report.message), "rows": .array(rows),
                "fields": .array(report.fields.map { .string($0) }), "schema": schema,
                "excused": .array(report.excused.map { ["field": .string($0.field), "why": .string($0.why)] }),
                "unsaid": .array(report.unsaid.map { .string($0) }),
            ])
        }
    }

    struct LossReading: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "loss",
            abstract: "Which fields one message can say that another cannot, and which less exactly.",
            discussion: """
                Known from the tables, without a payment; what a payment loses in fact, `interlock translate` tells.

                Messages are named as for tables coverage.

                Example: interlock tables loss pacs.008.001.08 quotes.post
                """)
        @OptionGroup var folders: Folders
        @Flag(help: "For programs.") var json = false
        @Argument(help: "From this message, such as pacs.008.001.08.") var source: String
        @Argument(help: "To this one.") var target: String

        func run() async throws {
            try await Reporting.attempt {
                let tables = try folders.read()
                let (from, to) = (try TablesCommand.message(source, tables), try TablesCommand.message(target, tables))
                guard let report = tables.mappings.losses(from: from, to: to) else { return }
                guard json else { return Reporting.print(LossReading.lines(report).joined(separator: "\n")) }
                func rows(_ lines: [LossReport.Line]) -> JSONValue {
                    .array(lines.map { ["field": .string($0.field), "says": .string($0.says)] })
                }
                Reporting.print(
                    JSONValue.members([
                        "source": .string(from), "target": .string(to), "carried": .integer(report.carried),
                        "lost": rows(report.lost), "narrower": rows(report.narrower), "excused": rows(report.excused),
                    ]).description)
            }
        }

        private static func lines(_ report: LossReport) -> [String] {
            var lines = ["\(report.source) -> \(report.target): \(report.carried) fields are carried"]
            func part(_ title: String, _ rows: [String]) {
                if !rows.isEmpty { lines += ["", title] + rows.map { "  \($0)" } }
            }
            part("no place", report.lost.map(\.field))
            part("narrower", report.narrower.map { "\($0.field)  \($0.says)" })
            part("no place, and no loss", report.excused.map { "\($0.field)  \($0.says)" })
            return lines
        }
    }

    /// A message that has a table: by its whole name, without its network, or short, as `pacs.008` and `pacs.008.08`.
    /// Of several versions the newest is meant.
    static func message(_ name: String, _ tables: Tables) throws -> String {
        let messages = tables.mappings.messages
        if messages.contains(name) { return name }
        let meant = messages.filter { isShort(name, of: $0) }
        if Set(meant.map(family)).count == 1, let newest = meant.max() { return newest }
        let near = near(name, in: messages)
        let says = near.isEmpty ? "" : "near it are \(near.joined(separator: ", ")); "
        throw Failure.usage("there is no table \(name): \(says)interlock tables coverage lists all")
    }

    private static func isShort(_ name: String, of message: String) -> Bool {
        guard let slash = message.firstIndex(of: "/") else { return false }
        let network = message[...slash]
        let own = name.hasPrefix(network) ? name.dropFirst(network.count) : name[...]
        let asked = own.split(separator: ".", omittingEmptySubsequences: false)
        let whole = message[slash...].dropFirst().split(separator: ".")
        if whole.starts(with: asked) { return true }
        // The third part of a definition is the same in all of its versions, so people leave it out.
        return whole.count == 4 && asked == [whole[0], whole[1], whole[3]]
    }

    /// `iso20022/pacs.008` of `iso20022/pacs.008.001.08`; all of a name without versions.
    private static func family(_ message: String) -> String {
        message.split(separator: ".").prefix(2).joined(separator: ".")
    }

    /// The other versions of what was named, else the families that begin alike, else what is spelt alike.
    private static func near(_ name: String, in messages: [String]) -> [String] {
        let parts = (name.split(separator: "/").last ?? "").split(separator: ".")
        let versions = messages.filter { isShort(parts.prefix(2).joined(separator: "."), of: $0) }
        if parts.count > 1, !versions.isEmpty { return versions }
        let alike = messages.filter { isShort(String(parts.first ?? ""), of: $0) }
        if !alike.isEmpty { return Set(alike.map(family)).sorted() }
        let short = messages.compactMap { $0.split(separator: "/").last.map(String.init) }
        return Spelling.nearest(name, in: short + messages).map { [$0] } ?? []
    }
}

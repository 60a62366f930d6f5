import FoundationEssentials
import Mapping
import Payments
import Testing

/// What the tables say of themselves: coverage of a message, loss between two.
@Suite struct CoverageTests {
    static let order = "iso20022/pacs.008.001.08"

    @Test func aMessageIsCoveredAgainstItsSchema() throws {
        let report = try #require(MappingFiles.mappings.coverage(of: Self.order, schemas: MappingFiles.schemas))
        let schema = try #require(report.schema)
        #expect(report.fields.contains("debtor.name"))
        #expect(report.kept.contains { $0.path == "CdtTrfTxInf/Tax" })
        #expect(report.mapped.contains { $0.path == "GrpHdr/MsgId" && $0.field == "message.id" })
        #expect(schema.mapped > 100)
        #expect(schema.kept > 100)
        #expect(
            schema.leaves == schema.mapped + schema.kept + schema.omitted + schema.unnamed.map(\.leaves).reduce(0, +))
        #expect(MappingFiles.mappings.coverage(of: "iso20022/none", schemas: nil) == nil)
    }

    /// Every leaf of every ISO 20022 message is a field of the payment, or comes back from the side-car.
    @Test(arguments: LosslessTests.definitions)
    func noLeafIsLeftOut(_ definition: String) throws {
        let report = try #require(
            MappingFiles.mappings.coverage(of: "iso20022/\(definition)", schemas: MappingFiles.schemas))
        let schema = try #require(report.schema)
        #expect(schema.unnamed == [])
        #expect(schema.omitted == 0)
        #expect(schema.mapped + schema.kept == schema.leaves)
        #expect(schema.mapped > 2)
    }

    /// A row more is a leaf less that goes to the side-car unread.
    @Test func aRowMovesALeafFromUnnamedToMapped() throws {
        let name = "fields/iso20022/pacs.008.001.08.tsv"
        let files = MappingFiles.all.map { file -> TableFile in
            guard file.name == name else { return file }
            let text = String(decoding: file.bytes, as: UTF8.self)
            return TableFile(name: name, text: text.replacing("  -\tTax\tkeep\t-\t-\n", with: ""))
        }
        let before = try #require(MappingFiles.mappings.coverage(of: Self.order, schemas: MappingFiles.schemas)?.schema)
        let after = try #require(
            try Mappings(files: files).coverage(of: Self.order, schemas: MappingFiles.schemas)?.schema)
        #expect(after.unnamed.contains { $0.path == "CdtTrfTxInf/Tax" })
        #expect(after.kept < before.kept)
        #expect(after.leaves == before.leaves)
    }

    @Test func everyFieldIsSaidExcusedOrUnsaid() throws {
        for message in MappingFiles.mappings.messages {
            let report = try #require(MappingFiles.mappings.coverage(of: message, schemas: MappingFiles.schemas))
            let all = report.fields + report.excused.map(\.field) + report.unsaid
            #expect(Set(all).count == all.count, "\(message)")
            #expect(Set(all) == Set(PaymentFields.all.map(\.name).filter { !$0.hasPrefix("sideCar[]") }), "\(message)")
            let hasSchema = message.hasPrefix("iso20022/")
            #expect((report.schema != nil) == hasSchema, "\(message)")
        }
    }

    @Test func aLossHasItsReason() throws {
        let report = try #require(MappingFiles.mappings.losses(from: Self.order, to: "fspiop/quotes.post"))
        func says(_ lines: [LossReport.Line], _ field: String) -> String? { lines.first { $0.field == field }?.says }
        #expect(says(report.lost, "id.endToEnd") != nil)
        #expect(says(report.lost, "debtor.name") == nil)
        #expect(says(report.narrower, "debtor.name") == "text of 140 -> 128 characters, cut")
        #expect(says(report.narrower, "amount.settlement") == "5 -> 4 decimals, refused when finer")
        #expect(says(report.narrower, "remittance.unstructured[]")?.contains("any number -> 1 element") == true)
        #expect(says(report.excused, "message.id") == "Names one message of one hop; each hop writes its own")
        #expect(report.carried > 10)
        let same = try #require(MappingFiles.mappings.losses(from: Self.order, to: Self.order))
        #expect(same.lost.isEmpty)
        #expect(MappingFiles.mappings.losses(from: Self.order, to: "none") == nil)
    }

    /// What a comparison of tables calls carried is carried by payments: the report of a translation names no field
    /// that the comparison does not.
    @Test func noTranslationLosesWhatTheComparisonCallsCarried() throws {
        for (from, to) in CoveragePage.bridges {
            let source = try #require(MappingFiles.mappings.translator(from))
            let target = try #require(MappingFiles.mappings.translator(to))
            let report = try #require(MappingFiles.mappings.losses(from: from, to: to))
            let known = Set((report.lost + report.narrower).map(\.field))
            var random = RandomPayment(seed: 99, source)
            for _ in 0..<60 {
                let payment = random.next()
                guard let writing = try? target.write(payment) else { continue }
                for loss in writing.losses where loss.reason == .noPlace {
                    let name = loss.field.replacing(/\[\d+\]/, with: "[]")
                    #expect(known.contains(name) || !source.fields.contains(name), "\(from) -> \(to): \(name)")
                }
            }
        }
    }

    @Test func thePageShowsTheTablesAsTheyAre() throws {
        let url = MappingFiles.root.appending(path: "docs/coverage.md")
        let page = try CoveragePage.text()
        if ProcessInfo.processInfo.environment["SNAPSHOT_UPDATE"] == "1" {
            try page.write(to: url, atomically: true, encoding: .utf8)
        }
        let stored = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        let (before, now) = (stored.split(separator: "\n"), page.split(separator: "\n"))
        guard before != now else { return }
        let line = zip(before, now).prefix { $0 == $1 }.count
        Issue.record(
            """
            docs/coverage.md is not what the tables say, from: \(line < now.count ? now[line] : "(end of file)")
            Read the change; if it is meant: SNAPSHOT_UPDATE=1 swift test --filter CoverageTests
            """)
    }
}

/// `docs/coverage.md`, written from the tables.
enum CoveragePage {
    /// The messages that bridges lay side by side.
    static let bridges = [
        ("iso20022/pacs.008.001.08", "fspiop/quotes.post"), ("iso20022/pacs.008.001.08", "fspiop/transfers.post"),
        ("fspiop/quotes.post", "iso20022/pacs.008.001.08"), ("fspiop/transfers.post", "iso20022/pacs.008.001.08"),
        ("iso20022/pacs.002.001.10", "fspiop/transfers.put"), ("fspiop/transfers.put", "iso20022/pacs.002.001.10"),
        ("iso20022/pacs.002.001.10", "fspiop/error.put"), ("fspiop/error.put", "iso20022/pacs.002.001.10"),
        ("iso20022/pacs.008.001.08", "fineract/transfer.post"), ("fspiop/quotes.post", "fineract/transfer.post"),
    ]

    static func text() throws -> String {
        let reports = try MappingFiles.mappings.messages.map {
            try #require(MappingFiles.mappings.coverage(of: $0, schemas: MappingFiles.schemas))
        }
        let losses = try bridges.map { try #require(MappingFiles.mappings.losses(from: $0.0, to: $0.1)) }
        return """
            # What the tables cover

            Written by the tests from `mappings/` and `xsd/`: no payment is run for it. `interlock tables coverage` and
            `interlock tables loss A B` tell the same of an installation's own tables.

            A leaf is an element of a schema that holds text. *Mapped*: a row moves it to a field of the payment or back.
            *Kept*: a row sends its sub-tree to the side-car, and it is written again to the same network. *Left out*: a
            row says why it is never written. *Unnamed*: no row names it; read, it is kept in the side-car with its path,
            and it is not written.

            \(table(["message", "rows", "fields", "kept paths", "left out", "leaves of the schema", "mapped", "kept",
                "unnamed"], reports.map(summary)))

            ## What bridges lose

            From the first message to the second. What a payment loses in fact, its translation tells.

            \(losses.map(bridge).joined(separator: "\n\n"))

            ## Message by message

            \(reports.map(section).joined(separator: "\n\n"))

            """
    }

    private static func summary(_ report: CoverageReport) -> [String] {
        let schema = report.schema.map { schema in
            [schema.leaves, schema.mapped, schema.kept, schema.leaves - schema.mapped - schema.kept - schema.omitted]
                .map(String.init)
        }
        return ["`\(report.message)`"]
            + [report.mapped.count, report.fields.count, report.kept.count, report.omitted.count].map(String.init)
            + (schema ?? ["", "", "", ""])
    }

    private static func bridge(_ report: LossReport) -> String {
        var parts = ["### \(report.source) to \(report.target)", "\(report.carried) fields are carried."]
        if !report.lost.isEmpty { parts.append("No place: \(list(report.lost.map(\.field))).") }
        if !report.narrower.isEmpty {
            parts.append(table(["field", "narrower"], report.narrower.map { ["`\($0.field)`", $0.says] }))
        }
        let reasons = grouped(report.excused)
        if !reasons.isEmpty { parts.append(table(["no loss", "because"], reasons)) }
        return parts.joined(separator: "\n\n")
    }

    private static func section(_ report: CoverageReport) -> String {
        var parts = ["### \(report.message)", "Says \(list(report.fields))."]
        if !report.kept.isEmpty { parts.append("Keeps \(list(report.kept.map(\.path), collapsed: false)).") }
        if !report.constant.isEmpty {
            parts.append(
                "Constant: "
                    + report.constant.map { "`\($0.path)` is `\($0.form.dropFirst(6))`" }.joined(separator: ", ") + "."
            )
        }
        if !report.omitted.isEmpty {
            parts.append(table(["left out", "because"], report.omitted.map { ["`\($0.path)`", $0.note] }))
        }
        if let schema = report.schema, !schema.unnamed.isEmpty {
            let names = schema.unnamed.map { $0.leaves == 1 ? "`\($0.path)`" : "`\($0.path)` (\($0.leaves) leaves)" }
            parts.append("Unnamed: \(names.joined(separator: ", ")).")
        }
        let reasons = grouped(report.excused.map { LossReport.Line(field: $0.field, says: $0.why) })
        if !reasons.isEmpty { parts.append(table(["does not say", "because"], reasons)) }
        if !report.unsaid.isEmpty { parts.append("A loss when a payment has it: \(list(report.unsaid)).") }
        return parts.joined(separator: "\n\n")
    }

    /// Fields by their reason, in the order of the first of each.
    private static func grouped(_ lines: [LossReport.Line]) -> [[String]] {
        var reasons: [String] = []
        for line in lines where !reasons.contains(line.says) { reasons.append(line.says) }
        return reasons.map { reason in [list(lines.filter { $0.says == reason }.map(\.field)), reason] }
    }

    /// Names, those of one part together when there are many.
    private static func list(_ names: [String], collapsed: Bool = true) -> String {
        guard collapsed else { return names.map { "`\($0)`" }.joined(separator: ", ") }
        return folded(names, above: "").map { "`\($0)`" }.joined(separator: ", ")
    }

    private static func folded(_ names: [String], above: String) -> [String] {
        var parts: [(name: String, rest: [String])] = []
        for name in names {
            let part = String(name.prefix { $0 != "." })
            let rest = String(name.dropFirst(part.count + 1))
            if parts.last?.name == part {
                parts[parts.count - 1].rest.append(rest)
            } else {
                parts.append((part, [rest]))
            }
        }
        return parts.flatMap { part, rest -> [String] in
            guard rest.count > 3 else { return rest.map { $0.isEmpty ? part : "\(part).\($0)" } }
            let all = PaymentFields.all.count { $0.name.hasPrefix("\(above)\(part).") }
            if rest.count == all { return ["\(part).*"] }
            return ["\(part).{\(folded(rest, above: "\(above)\(part).").joined(separator: " "))}"]
        }
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        ([header, header.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}

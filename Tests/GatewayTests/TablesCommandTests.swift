import Foundation
import Testing

@testable import Gateway

/// `tables check`, and the start that checks the same: tables that no message could be written by are no tables.
@Suite("Tables command")
struct TablesCommandTests {
    /// A copy of the repository's tables and schemas, to break.
    struct Copy {
        let scratch: Scratch
        var mappings: String { "\(scratch.path)/mappings" }
        var schemas: String { "\(scratch.path)/xsd" }

        init() throws {
            scratch = try Scratch()
            for folder in ["mappings", "xsd"] {
                try FileManager.default.copyItem(
                    atPath: Program.root.appendingPathComponent(folder).path, toPath: "\(scratch.path)/\(folder)")
            }
        }

        func edit(_ file: String, _ text: String, _ other: String) throws {
            let path = "\(scratch.path)/\(file)"
            let old = try String(contentsOfFile: path, encoding: .utf8)
            let new = old.replacingOccurrences(of: text, with: other)
            #expect(new != old, "\(file) has no \(text)")
            try new.write(toFile: path, atomically: true, encoding: .utf8)
        }

        func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(scratch.path)/\(file)") }

        func check(_ more: String...) async throws -> Program.Result {
            try await Program.run(["tables", "check", "--mappings", mappings, "--schemas", schemas] + more)
        }
    }

    private let order = "mappings/fields/iso20022/pacs.008.001.08.tsv"

    @Test func theSummaryCountsWhatIsThere() async throws {
        let result = try await Copy().check()
        #expect(result.code == 0, "\(result.output)\(result.complaints)")
        let counts = result.output.matches(
            of: /ok: \d+ messages, \d+ code tables, \d+ flows, \d+ routes, [1-9]\d* profiles, \d+ schemas\n/)
        #expect(counts.count == 1, "\(result.output)")
    }

    @Test func aProfileThatCannotBeUsedIsToldWithEveryFaultOfIt() async throws {
        let copy = try Copy()
        let file = "mappings/profiles/sepa-inst.tsv"
        try copy.edit(file, "GrpHdr/SttlmInf/SttlmMtd\tis CLRG", "GrpHdr/SttlmInf/SttlmMth\tis CLRG")
        try copy.edit(file, "GrpHdr/NbOfTxs\tis 1", "GrpHdr/NbOfTxs\tmust be 1")
        let table = try String(contentsOfFile: "\(copy.scratch.path)/\(file)", encoding: .utf8)
        let rows = table.split(separator: "\n", omittingEmptySubsequences: false)
        let result = try await copy.check()
        #expect(result.code == 1)
        let told = result.output.split(separator: "\n")
        for (text, says) in [
            ("SttlmMth\t", "no schema knows GrpHdr/SttlmInf/SttlmMth; mend the path"),
            ("must be 1", "must be 1 is not a check; write one of the vocabulary"),
        ] {
            let line = (rows.firstIndex { $0.contains(text) } ?? -1) + 1
            #expect(
                told.contains { $0.hasPrefix("profiles/sepa-inst.tsv:\(line):") && $0.contains(says) },
                "\(result.output)")
        }
        #expect(told.count == 2, "\(result.output)")
        try copy.remove("mappings/profiles/fednow.tsv")
        #expect(try await copy.check().output.contains("profiles/fednow.tsv:1:1: the table is missing"))
        let start = try Tables.examine(mappings: copy.mappings, schemas: copy.schemas, .served)
        #expect(start.errors.isEmpty, "a network names no profile: a start does not read them")
    }

    @Test func aMandatoryElementThatNoRowWritesIsTold() async throws {
        let copy = try Copy()
        try copy.edit(order, "  id.endToEnd\tPmtId/EndToEndId!\ttext 1..35 default NOTPROVIDED\t-\t-\n", "")
        let result = try await copy.check()
        #expect(result.code == 1)
        #expect(result.output.contains("PmtId/EndToEndId is mandatory in the schema and no row writes it"))
        #expect(result.output.hasPrefix("fields/iso20022/pacs.008.001.08.tsv:"))
    }

    @Test func codesAndReasonsThatTheProgramNeedsAreTold() async throws {
        let copy = try Copy()
        try copy.edit("mappings/codes/reasons.tsv", "controlTotalsWrong\t", "sumWrong\t")
        try copy.edit("mappings/codes/reasons.tsv", "creditorAccountClosed\tAC04", "creditorAccountClosed\tZZ99")
        let result = try await copy.check()
        #expect(result.code == 1)
        #expect(result.output.contains("there is no row controlTotalsWrong"))
        #expect(result.output.contains("ZZ99 is no code of ExternalStatusReason1Code"))
        try copy.remove("mappings/codes/reasons.tsv")
        #expect(try await copy.check().output.contains("codes/reasons.tsv:1:1: the table is missing"))
    }

    @Test func aSchemaThatAnAdapterNamesIsMissed() async throws {
        let copy = try Copy()
        try copy.remove("xsd/pacs.008.001.08.xsd")
        let result = try await copy.check()
        #expect(result.code == 1)
        #expect(result.output.contains("there is no schema pacs.008.001.08.xsd"))
        let none = try await Program.run(["tables", "check", "--schemas", "\(copy.scratch.path)/nonexist"])
        #expect(none.code == 1)
        #expect(none.complaints.contains("nonexist cannot be read") && !none.complaints.contains("NSError"))
        #expect(!none.complaints.contains("Domain="))
    }

    @Test func everyKindOfFaultIsToldAtOnce() async throws {
        let copy = try Copy()
        try copy.edit(order, "text 1..35 default NOTPROVIDED", "txet 1..35")
        try copy.edit("mappings/flows/outgoing.tsv", "ams.release", "-")
        try copy.edit("mappings/routes/example.csv", "refuse:RC04", "refuse:QQQQ")
        let told = try await copy.check().output.split(separator: "\n")
        #expect(told.count == 3, "\(told)")
        #expect(told.contains { $0.hasPrefix("example.csv:") && $0.contains("no reason is named QQQQ") })
        #expect(told.contains { $0.contains("txet is not a form") })
        let flow = try String(contentsOfFile: "\(copy.mappings)/flows/outgoing.tsv", encoding: .utf8)
        let row = flow.split(separator: "\n").firstIndex { $0.hasPrefix("reserve\t") } ?? -1
        #expect(
            told.contains { $0.hasPrefix("flows/outgoing.tsv:\(row + 1):1: reserve holds money without a release") })
    }

    @Test func aTableWithTheLineEndsOfAnotherSystemIsRead() async throws {
        let copy = try Copy()
        for file in [order, "mappings/codes/reasons.tsv", "mappings/routes/example.csv", "mappings/flows/bridge.tsv"] {
            try copy.edit(file, "\n", "\r\n")
        }
        let result = try await copy.check()
        #expect(result.code == 0, "\(result.output)")
    }

    /// The list that `tables check` holds the table of reasons against has every reason that a source names.
    @Test func everyReasonThatASourceNamesIsAskedFor() throws {
        let table = try String(
            contentsOf: Program.root.appendingPathComponent("mappings/codes/reasons.tsv"), encoding: .utf8)
        let canonicals = Set(
            table.split(separator: "\n").filter { !$0.hasPrefix("#") }.dropFirst().compactMap {
                $0.split(separator: "\t").first.map(String.init)
            })
        let sources = Program.root.appendingPathComponent("Sources")
        let list = try String(
            contentsOf: sources.appendingPathComponent("Gateway/Wiring/TableRequirements.swift"), encoding: .utf8)
        let asked = Set(list.matches(of: /"([a-z][A-Za-z]+)"/).map { String($0.1) })
        // What is told to an operator alone.
        let unsaid: Set = ["notParked"]
        let rooms = [
            "AMSFineract", "ChannelAPI", "EdgeHTTP", "Gateway", "Mapping", "Payments", "PaymentsEngine", "SchemeFSPIOP",
            "SchemeISO20022", "StoreSQLite",
        ]
        var found = 0
        for room in rooms {
            let folder = sources.appendingPathComponent(room).resolvingSymlinksInPath().path
            for file in try FileManager.default.subpathsOfDirectory(atPath: folder) where file.hasSuffix(".swift") {
                let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                for name in text.matches(of: /Reason\(\s*"([A-Za-z]+)"/).map({ String($0.1) }) {
                    found += 1
                    #expect(asked.contains(name) || unsaid.contains(name), "\(room)/\(file) names \(name)")
                }
                for name in text.matches(of: /"([a-z][A-Za-z]+)"/).map({ String($0.1) }) where canonicals.contains(name)
                {
                    #expect(asked.contains(name), "\(room)/\(file) names \(name)")
                }
            }
        }
        #expect(found > 50)
    }

    // MARK: Beside it

    @Test func validateSaysWhyAFileCannotBeRead() async throws {
        let scratch = try Scratch()
        let missing = try await Program.run(["validate", "\(scratch.path)/none.xml"])
        #expect(missing.code == 2)
        #expect(missing.output == "unsupported \(scratch.path)/none.xml / there is no such file\n")
        let folder = try await Program.run(["validate", scratch.path])
        #expect(folder.code == 2)
        #expect(folder.output == "unsupported \(scratch.path) / there is no file in the folder\n")
    }

    @Test func rulesAreRunOnEveryMessageOfAFile() async throws {
        let vectors = Program.root.appendingPathComponent("conformance/vectors/iso20022")
        let valid = try String(contentsOf: vectors.appendingPathComponent("pacs.008-minimal.xml"), encoding: .utf8)
        let bare = valid.replacingOccurrences(of: "<\\?xml[^>]*\\?>", with: "", options: .regularExpression)
        let scratch = try Scratch()
        let file = try scratch.write("two.xml", "<w>\(bare)\(bare)</w>")
        let result = try await Program.run(["validate", "--through", "business", file])
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.count { $0.hasPrefix("invalid ") && $0.contains(" business ") } == 2)
        #expect(!result.output.contains("second message"))
        let alone = try await Program.run([
            "validate", "--through", "business", vectors.appendingPathComponent("pacs.008-minimal.xml").path,
        ])
        #expect(result.code == alone.code)
    }

    @Test func rebuildSpeaksInWords() async throws {
        let scratch = try Scratch()
        let config = try RunningGateway.configuration(scratch, hub: 9, drain: "1s")
        let stranger = try await Program.run(["store", "rebuild", "nobank", "--config", config])
        #expect(stranger.code == 1)
        #expect(stranger.complaints == "there is no tenant nobank: the configuration has bank-a\n")
        let rebuilt = try await Program.run(["store", "rebuild", "bank-a", "--config", config])
        #expect(rebuilt.code == 0, "\(rebuilt.complaints)")
        #expect(rebuilt.output == "rebuilt bank-a: 0 payments, 0 messages, 0 audit entries\n")
    }

    @Test func nothingStartsOnATableThatCannotBeUsed() async throws {
        let copy = try Copy()
        try copy.remove("xsd/pacs.028.001.03.xsd")
        let config = try RunningGateway.configuration(copy.scratch, hub: 9, drain: "1s")
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try copy.scratch.write("interlock.yaml", "mappings: mappings\nschemas: xsd\n" + text)
        let result = try await Program.run(["serve", "--insecure-loopback", "--config", config])
        #expect(result.code == 1)
        #expect(result.complaints.contains("there is no schema pacs.028.001.03.xsd"), "\(result.complaints)")
        #expect(!result.output.contains("ready"))
    }
}

import FormatJSON
import Foundation
import FoundationXML
import Testing

/// `validate` as a person or a CI job runs it.
@Suite("Validate command")
struct ValidateTests {
    private var vectors: URL { Program.root.appendingPathComponent("conformance/vectors/iso20022") }

    private func vector(_ name: String) throws -> String {
        try String(contentsOf: vectors.appendingPathComponent(name), encoding: .utf8)
    }

    private func objects(_ output: String) throws -> [JSONValue] {
        try output.split(separator: "\n").map { try JSONValue.parse(String($0)) }
    }

    /// A folder of what folders hold: good, bad, foreign, not readable, deeper ones.
    private func inbox() throws -> Scratch {
        let scratch = try Scratch()
        let good = try vector("pacs.008-minimal.xml")
        try scratch.write("in/good.xml", good)
        try scratch.write("in/bad.xml", good.replacingOccurrences(of: "Ccy=\"KES\"", with: "Ccy=\"kes\""))
        try scratch.write("in/deeper/still/status.xml", try vector("pacs.002-accp.xml"))
        try scratch.write("in/notes.txt", "remember the milk")
        try scratch.write("in/other.xml", "<invoice xmlns=\"urn:example:invoice\"><total>1</total></invoice>")
        try scratch.write("in/broken.xml", "<Document><a></Document>")
        try scratch.write("in/.hidden/seen.xml", "not XML")
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/in/dangling.xml", withDestinationPath: "\(scratch.path)/nowhere")
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/in/deeper/round", withDestinationPath: "\(scratch.path)/in")
        return scratch
    }

    @Test func aFolderIsCheckedToItsEndWhateverIsInIt() async throws {
        let scratch = try inbox()
        let folder = "\(scratch.path)/in"
        let result = try await Program.run(["validate", folder])
        #expect(result.code == 1)
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.contains("ok \(folder)/good.xml /Document pacs.008.001.08"))
        #expect(lines.contains("ok \(folder)/deeper/still/status.xml /Document pacs.002.001.10"))
        #expect(lines.contains { $0.hasPrefix("invalid \(folder)/bad.xml:") && $0.contains("IntrBkSttlmAmt/@Ccy") })
        #expect(lines.contains { $0.hasPrefix("invalid \(folder)/broken.xml:1:") && $0.contains(" wire malformed ") })
        #expect(lines.contains { $0.hasPrefix("unsupported \(folder)/notes.txt ") && $0.contains("remember") })
        #expect(lines.contains { $0.hasPrefix("unsupported \(folder)/other.xml ") })
        #expect(lines.contains("unsupported \(folder)/dangling.xml / the link leads to nothing"))
        #expect(!result.output.contains("hidden") && !result.output.contains("round"))
        #expect(lines.contains("7 files: 2 ok, 2 invalid, 3 unsupported"))
        #expect(lines.contains { $0.hasPrefix("  pacs.008.001.08  2  1 ok, 1 invalid") })
        #expect(lines.contains("  1  schema cvc-pattern-valid"))
    }

    @Test func aFindingNamesWhatStandsThereAndTheMend() async throws {
        let scratch = try Scratch()
        let text = try vector("pacs.008-minimal.xml")
            .replacingOccurrences(of: "ZIWAUGK0", with: "ziwaugk0")
            .replacingOccurrences(of: "<ChrgBr>SLEV</ChrgBr>", with: "<ChrgBr>FREE</ChrgBr>")
        let file = try scratch.write("two.xml", text)
        let result = try await Program.run(["validate", "--json", file])
        let part = try #require(try objects(result.output).first)
        let faults = try #require(part["faults"]?.array)
        #expect(faults.count == 2, "every finding is told, not the first alone")
        let bearer = try #require(faults.first { $0["path"]?.string?.hasSuffix("/ChrgBr") == true })
        #expect(bearer["layer"]?.string == "schema" && bearer["rule"]?.string == "cvc-enumeration-valid")
        #expect(bearer["found"]?.string == "FREE" && bearer["severity"]?.string == "error")
        #expect(bearer["mend"]?.string?.contains("CRED, DEBT, SHAR, SLEV") == true)
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("FREE") }
        #expect(bearer["line"]?.int == line.map { $0 + 1 })
        let bic = try #require(faults.first { $0["path"]?.string?.hasSuffix("/BICFI") == true })
        #expect(bic["found"]?.string == "ziwaugk0" && bic["mend"]?.string?.contains("8 or 11 capital") == true)
        let lines = try await Program.run(["validate", file])
        #expect(lines.output.contains("\n  found  FREE\n") && lines.output.contains("\n  mend   "))
    }

    @Test(arguments: [
        ("<Nm>Nakato Poultry Farm</Nm>", "<Nm/>", "Nm", "", "leave the element out"),
        ("<SttlmMtd>CLRG</SttlmMtd>", "", "SttlmInf", "", "Add SttlmMtd"),
        ("<NbOfTxs>1</NbOfTxs>", "<NbOfTxs>1</NbOfTxs><NbOfTxs>1</NbOfTxs>", "NbOfTxs[2]", "1", "Put CtrlSum"),
        (">1250.00<", ">1250,00<", "IntrBkSttlmAmt", "1250,00", "no comma"),
        (">1250.00<", ">1250.123456<", "IntrBkSttlmAmt", "1250.123456", "at most 5 digits after the point"),
        (" Ccy=\"KES\"", "", "IntrBkSttlmAmt", "1250.00", "Add the attribute Ccy"),
        ("T08:15:30Z", " 08:15", "CreDtTm", "2026-03-02 08:15", "with its offset"),
    ])
    func theMendSaysWhatToDo(_ old: String, _ new: String, _ ending: String, _ found: String, _ mend: String)
        async throws
    {
        let scratch = try Scratch()
        let good = try vector("pacs.008-minimal.xml")
        #expect(good.contains(old))
        let result = try await Program.run([
            "validate", "--json", try scratch.write("a.xml", good.replacingOccurrences(of: old, with: new)),
        ])
        let fault = try #require(try objects(result.output).first?["faults"]?[0])
        #expect(fault["path"]?.string?.hasSuffix("/" + ending) == true, "\(fault)")
        #expect(fault["found"]?.string == found, "\(fault)")
        #expect(fault["mend"]?.string?.contains(mend) == true, "\(fault)")
    }

    @Test func theExitCodeIsTheWorst() async throws {
        let scratch = try inbox()
        func code(_ files: String...) async throws -> Int32 {
            try await Program.run(["validate"] + files.map { "\(scratch.path)/in/\($0)" }).code
        }
        #expect(try await code("good.xml", "deeper") == 0)
        #expect(try await code("good.xml", "other.xml") == 2)
        #expect(try await code("other.xml", "bad.xml") == 1)
        #expect(try await code("missing.xml") == 2)
        for wrong in [
            ["--as-of", "yesterday", "a.xml"], ["--through", "everything", "a.xml"], [],
            ["--profile", "none-such", "a.xml"],
            ["--xsd", "/nowhere", "a.xml"], ["--through", "wire", "--profile", "auto", "a.xml"],
            ["--mappings", "/nowhere", "a.xml"],
        ] {
            let result = try await Program.run(["validate"] + wrong)
            #expect(result.code == 64 && result.output.isEmpty && !result.complaints.isEmpty, "\(wrong)")
        }
    }

    @Test func quietTellsOnlyWhatIsWrong() async throws {
        let scratch = try inbox()
        let result = try await Program.run(["validate", "--quiet", "\(scratch.path)/in"])
        #expect(!result.output.contains("ok ") && !result.output.contains("7 files"))
        #expect(result.output.contains("invalid \(scratch.path)/in/bad.xml:"))
        let good = try await Program.run(["validate", "--quiet", "\(scratch.path)/in/good.xml"])
        #expect(good.code == 0 && good.output.isEmpty && good.complaints.isEmpty)
    }

    @Test func theSummaryIsTheLastLineOfJSON() async throws {
        let scratch = try inbox()
        let result = try await Program.run(["validate", "--json", "\(scratch.path)/in"])
        let all = try objects(result.output)
        let summary = try #require(all.last?["summary"])
        #expect(summary["files"]?["ok"]?.int == 2 && summary["files"]?["invalid"]?.int == 2)
        #expect(summary["messages"]?["pacs.008.001.08"]?["invalid"]?.int == 1)
        #expect(summary["findings"]?["schema cvc-pattern-valid"]?.int == 1)
        #expect(all.dropLast().allSatisfy { $0["file"]?.string != nil && $0["verdict"]?.string != nil })
        let single = try objects(try await Program.run(["validate", "--json", "\(scratch.path)/in/good.xml"]).output)
        #expect(single.count == 1 && single[0]["verdict"]?.string == "ok")
    }

    @Test func theReportForCIServersIsWellFormedWhateverIsInIt() async throws {
        let scratch = try inbox()
        let odd = "in/a&b<\"é.xml"
        try scratch.write(odd, "<Document>\u{1}</Document>")
        let report = "\(scratch.path)/report.xml"
        let result = try await Program.run(["validate", "--quiet", "--junit", report, "\(scratch.path)/in"])
        #expect(result.code == 1)
        let read = JUnitReading(Data(try Data(contentsOf: URL(fileURLWithPath: report))))
        #expect(read.isWellFormed)
        #expect(read.counts["testsuites"] == 1 && read.counts["testsuite"] == 8)
        #expect(read.counts["failure"] == 3 && read.counts["skipped"] == 3)
        #expect(read.root["tests"] == "8" && read.root["failures"] == "3" && read.root["skipped"] == "3")
        #expect(read.names.contains("\(scratch.path)/\(odd)"))
        #expect(!FileManager.default.fileExists(atPath: report + ".part"))
    }

    @Test func manyMessagesInOneFileAreJudgedEach() async throws {
        let scratch = try Scratch()
        let message = try vector("pacs.008-minimal.xml").split(separator: "\n").dropFirst().joined(separator: "\n")
        let bad = message.replacingOccurrences(of: "<BICFI>ZIWAUGK0</BICFI>", with: "<BICFI>x</BICFI>")
        let file = try scratch.write("many.xml", "<batch>\(message)\(bad)\(message)\(bad)</batch>")
        let result = try await Program.run(["validate", "--json", file])
        let parts = try objects(result.output).filter { $0["part"] != nil }
        #expect(parts.compactMap { $0["verdict"]?.string } == ["ok", "invalid", "ok", "invalid"])
        #expect(parts[3]["part"]?.string == "/batch/Document[4]")
        #expect(parts[3]["faults"]?[0]?["found"]?.string == "x")
        let text = try await Program.run(["validate", file])
        #expect(text.output.contains("pacs.008.001.08  4  2 ok, 2 invalid"))
    }

    @Test func aFolderOfForeignSchemasIsFoundByNamespace() async throws {
        let scratch = try Scratch()
        // As a rail might ship it: a name of its own, and stricter than ours.
        try scratch.write(
            "xsd/rail-credit-transfer.xsd",
            """
            <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"
                targetNamespace="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08">
              <xs:element name="Document"><xs:complexType><xs:sequence>
                <xs:element name="Nothing" type="xs:string"/>
              </xs:sequence></xs:complexType></xs:element>
            </xs:schema>
            """)
        let file = vectors.appendingPathComponent("pacs.008-minimal.xml").path
        let other = try await Program.run(["validate", "--xsd", "\(scratch.path)/xsd", file])
        #expect(other.code == 1 && other.output.contains("Put Nothing here"), "\(other.output)\(other.complaints)")
        let ours = try await Program.run(["validate", file])
        #expect(ours.code == 0)
    }

    /// Two cores may not see anything that one file after the other does not.
    @Test func fiveHundredFilesTogetherAreWhatTheyAreOneByOne() async throws {
        let scratch = try Scratch()
        let kinds = [
            "pacs.008-minimal.xml", "pacs.008-maximal.xml", "pacs.002-maximal.xml", "schema-bic-lower-case.xml",
            "schema-wrong-order.xml", "wire-truncated.xml", "unsupported-version.xml", "pacs.008-wrapped.xml",
            "wire-doctype.xml", "pacs.004-return.xml",
        ]
        for number in 0..<500 {
            let name = kinds[(number * 7) % kinds.count]
            try FileManager.default.createDirectory(
                atPath: "\(scratch.path)/in/\(number % 9)", withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: vectors.appendingPathComponent(name).path,
                toPath: "\(scratch.path)/in/\(number % 9)/\(number)-\(name)")
        }
        let folder = "\(scratch.path)/in"
        let together = try await Program.run(["validate", "--json", folder])
        let lines = together.output.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("{\"summary\"") }
        let files = try lines.map { try #require(try JSONValue.parse($0)["file"]?.string) }
        #expect(Set(files).count == 500)
        let oneByOne = try await Program.run(["validate", "--json", "--jobs", "1", folder])
        #expect(oneByOne.output == together.output && oneByOne.code == together.code)
        let again = try await Program.run(["validate", "--json", folder])
        #expect(again.output == together.output, "the same order, the same words, every time")
        // One of each kind by a process of its own.
        for name in kinds {
            let file = try #require(files.first { $0.hasSuffix("-" + name) })
            let alone = try await Program.run(["validate", "--json", file])
            let told = lines.filter { $0.contains("\"\(file)\"") }
            #expect(alone.output.split(separator: "\n").map(String.init) == told, "\(name)")
        }
    }

    @Test func profilesAreAThirdLayer() async throws {
        let file = vectors.appendingPathComponent("pacs.008-minimal.xml").path
        let sepa = try await Program.run([
            "validate", "--profile", "sepa-inst", "--as-of", "2026-12-01", "--json", file,
        ])
        #expect(sepa.code == 1, "KES is no currency of a SEPA payment: \(sepa.complaints)")
        let faults = try #require(try objects(sepa.output).first?["faults"]?.array)
        #expect(faults.allSatisfy { $0["layer"]?.string == "profile" && $0["profile"]?.string == "sepa-inst" })
        for fault in faults {
            #expect(fault["rule"]?.string?.isEmpty == false && (fault["line"]?.int ?? 0) > 0)
            #expect(fault["mend"]?.string?.isEmpty == false && fault["text"]?.string?.isEmpty == false)
        }
        let schema = try await Program.run(["validate", file])
        #expect(schema.code == 0)
        let unknown = try await Program.run(["validate", "--profile", "sepa-inzt", file])
        #expect(unknown.code == 64 && unknown.complaints.contains("did you mean sepa-inst?"))
    }
}

/// A report of CI servers as an XML parser of the platform reads it.
private final class JUnitReading: NSObject, XMLParserDelegate {
    private(set) var counts: [String: Int] = [:]
    private(set) var names: [String] = []
    private(set) var root: [String: String] = [:]
    private(set) var isWellFormed = false

    init(_ data: Data) {
        super.init()
        let parser = XMLParser(data: data)
        parser.delegate = self
        isWellFormed = parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        counts[name, default: 0] += 1
        if name == "testsuites" { root = attributes }
        if name == "testsuite", let name = attributes["name"] { names.append(name) }
    }
}

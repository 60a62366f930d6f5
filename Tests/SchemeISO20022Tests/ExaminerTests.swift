import FormatXML
import FoundationEssentials
import Payments
import SchemeISO20022
import Testing

@Suite struct ExaminerTests {
    static let examiner = ISO20022Examiner(mappings: Rail.mappings, schemas: Rail.schemas)

    struct Row: Sendable, CustomTestStringConvertible {
        var file: String
        var expect: String
        var layer: String
        var line: Int?
        var testDescription: String { file }
    }

    static let rows = rows(of: "iso20022")

    static func rows(of folder: String) -> [Row] {
        guard let bytes = try? Rail.vector("manifest.tsv", in: folder) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().map { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return Row(file: cells[0], expect: cells[1], layer: cells[2], line: Int(cells[3]))
        }
    }

    @Test func thereAreVectors() { #expect(Self.rows.count > 70) }

    @Test(arguments: rows) func aVectorGetsItsVerdict(row: Row) throws {
        let findings = try Self.examiner.examine(Rail.vector(row.file), through: .schema)
        #expect(!findings.isEmpty)
        let faults = findings.flatMap { finding -> [ISO20022Examiner.Fault] in
            if case .invalid(let faults) = finding.verdict { faults } else { [] }
        }
        let isUnsupported = findings.contains { if case .unsupported = $0.verdict { true } else { false } }
        let verdict = !faults.isEmpty ? "invalid" : isUnsupported ? "unsupported" : "ok"
        #expect(verdict == row.expect, "\(findings)")
        if let fault = faults.first {
            #expect(fault.layer.rawValue == row.layer)
            // Text where only elements belong is shown where it stands, the vector names the element around it.
            let isInside = fault.rule == "cvc-complex-type.2" && fault.line > row.line ?? 0
            if let line = row.line, !isInside { #expect(fault.line == line, "\(fault)") }
            #expect(!fault.text.isEmpty)
        }
    }

    @Test(arguments: rows.filter { $0.expect == "invalid" }) func whatIsInvalidNeverBecomesAPayment(row: Row) throws {
        var request = Rail.post("")
        request.body = try Rail.vector(row.file)
        let context = Rail.context(permitted: ["*"])
        let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, context) }
        #expect(refusal.layer.rawValue == row.layer)
        let reply = Rail.adapter.refuse(refusal, request, context)
        #expect(reply.status == 400)
        #expect(Rail.check(reply.body)["Rsn/RjctgPtyRsn"] != nil)
    }

    @Test func theBusinessLayerNamesItsRule() throws {
        var order = Order()
        order.amount = "<IntrBkSttlmAmt Ccy=\"JPY\">1.5</IntrBkSttlmAmt>"
        let bytes = Array(order.wrapped().utf8)
        #expect(Self.examiner.examine(bytes, through: .schema).map(\.verdict) == [.ok, .ok])
        let findings = Self.examiner.examine(bytes, through: .business)
        guard case .invalid(let faults)? = findings.last?.verdict else { throw Records.Missing() }
        #expect(faults.first?.layer == .business)
        #expect(faults.first?.rule == "amount.minor-unit")
        #expect((faults.first?.line ?? 0) > 1)
        #expect(findings.first?.verdict == .ok)
        #expect(findings.last?.description.hasPrefix("invalid\t/BusMsg/Document (pacs.008.001.08)\tbusiness\t") == true)
    }

    /// Line and rule of each part, nil where it is sound.
    private func judged(_ text: String) -> [String] {
        Self.examiner.examine(Array(text.utf8), through: .business).map { finding in
            switch finding.verdict {
            case .ok: "ok \(finding.part)"
            case .unsupported: "unsupported \(finding.part)"
            case .invalid(let faults): "\(faults[0].line):\(faults[0].column) \(finding.part) \(faults[0].rule)"
            }
        }
    }

    @Test func everyMessageOfAFileIsJudgedForItself() {
        var bad = Order()
        bad.amount = "<IntrBkSttlmAmt Ccy=\"JPY\">1.50</IntrBkSttlmAmt>"
        let sound = Order().document
        #expect(judged("<w>\n\(sound)\n\(sound)\n</w>") == ["ok /w/Document", "ok /w/Document[2]"])
        let lines = sound.split(separator: "\n", omittingEmptySubsequences: false).count
        let place =
            (sound.split(separator: "\n", omittingEmptySubsequences: false)
                .firstIndex { $0.contains("<IntrBkSttlmAmt") } ?? -1) + 1
        #expect(
            judged("<w>\n\(sound)\n\(bad.document)\n</w>") == [
                "ok /w/Document", "\(1 + lines + place):26 /w/Document[2] amount.minor-unit",
            ])
        // What stands beside a message switches no rule off.
        let unserved = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.009.001.99\"/>"
        #expect(
            judged("<w>\n\(bad.document)\n\(unserved)\n</w>") == [
                "\(1 + place):26 /w/Document amount.minor-unit", "unsupported /w/Document[2]",
            ])
    }

    @Test func aFaultIsOfItsMessageWhereverTheHeaderStands() {
        var bad = Order()
        bad.amount = "<IntrBkSttlmAmt Ccy=\"JPY\">1.50</IntrBkSttlmAmt>"
        let header = Header(from: "TMRDKEN0", to: "ZIWAUGK0", definition: "pacs.008.001.08", id: "B").wrap("", "")
        let bare = header.replacingOccurrence(of: "<>", with: "").replacingOccurrence(of: "</>", with: "")
        let found = judged("<w>\(bad.document)\n\(bare)</w>")
        #expect(found.map { $0.split(separator: " ").last } == ["amount.minor-unit", "/w/AppHdr"], "\(found)")
    }

    @Test func aMissingElementIsPlacedAtItsParent() {
        var order = Order()
        order.transaction = ""
        let line =
            order.document.split(separator: "\n", omittingEmptySubsequences: false)
            .firstIndex { $0.contains("<PmtId>") } ?? -1
        #expect(judged(order.document).first?.hasPrefix("\(line + 1):") == true)
        #expect(judged(order.document).first?.hasSuffix("transaction.identified") == true)
    }

    @Test func everyForeignDocumentIsToldWithItsPath() {
        let text = "<a><b><Document xmlns=\"urn:x\"/><Document xmlns=\"urn:y\"/></b><Document/></a>"
        #expect(
            judged(text) == [
                "unsupported /a/b/Document", "unsupported /a/b/Document[2]", "unsupported /a/Document",
            ])
    }

    @Test func headerAndMessageMayStandSideBySide() {
        let text = Order().wrapped().replacingOccurrence(of: "<BusMsg>", with: "")
            .replacingOccurrence(of: "</BusMsg>", with: "")
        let findings = Self.examiner.examine(Array(text.utf8), through: .schema)
        #expect(findings.map(\.definition) == ["head.001.001.02", "pacs.008.001.08"])
        #expect(findings.map(\.verdict) == [.ok, .ok])
    }
}

/// Published samples beside the repository, each part with the verdict of the standard's own schemas.
@Suite struct SampleTests {
    static let folder = Rail.root.resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "shared/samples/iso20022")

    @Test func ourSchemasAgreeWithTheStandard() throws {
        guard let table = try? Data(contentsOf: Self.folder.appending(path: "VALIDATION.tsv")) else { return }
        var expected: [String: [String]] = [:]
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst() {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let name = cells[5] + " " + (cells[7] == "valid" ? "ok" : "invalid")
            if cells[6] == "yes" { expected[cells[0], default: []].append(name) }
        }
        var compared = 0
        for (file, parts) in expected.sorted(by: { $0.key < $1.key }) {
            guard let data = try? Data(contentsOf: Self.folder.appending(path: file)) else { continue }
            for finding in ExaminerTests.examiner.examine([UInt8](data), through: .schema) {
                let verdict: String
                switch finding.verdict {
                case .ok: verdict = "ok"
                case .invalid: verdict = "invalid"
                case .unsupported: continue
                }
                compared += 1
                #expect(parts.contains("\(finding.definition) \(verdict)"), "\(file): \(finding), expected \(parts)")
            }
        }
        #expect(compared > 100)
    }
}

import FormatXML
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

    static let rows: [Row] = {
        guard let bytes = try? Rail.vector("manifest.tsv") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().map { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return Row(file: cells[0], expect: cells[1], layer: cells[2], line: Int(cells[3]))
        }
    }()

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
            if let line = row.line { #expect(fault.line == line, "\(fault)") }
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

    @Test func headerAndMessageMayStandSideBySide() {
        let text = Order().wrapped().replacingOccurrence(of: "<BusMsg>", with: "").replacingOccurrence(of: "</BusMsg>", with: "")
        let findings = Self.examiner.examine(Array(text.utf8), through: .schema)
        #expect(findings.map(\.definition) == ["head.001.001.02", "pacs.008.001.08"])
        #expect(findings.map(\.verdict) == [.ok, .ok])
    }
}

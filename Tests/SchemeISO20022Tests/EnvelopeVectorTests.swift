import FormatXML
import FoundationEssentials
import Mapping
import Payments
import SchemeISO20022
import Testing

/// The files of `conformance/vectors/envelopes`: what stands around messages, how they follow one another, in which
/// namespaces and encodings, and what a hostile file may try.
@Suite struct EnvelopeVectorTests {
    static let rows = ExaminerTests.rows(of: "envelopes")

    private func read(_ name: String) throws -> [UInt8] { try Rail.vector(name, in: "envelopes") }

    private func examine(_ name: String) throws -> [ISO20022Examiner.Finding] {
        try ExaminerTests.examiner.examine(read(name), through: .schema)
    }

    @Test func thereAreVectors() { #expect(Self.rows.count >= 90) }

    @Test(arguments: rows) func aVectorGetsItsVerdict(row: ExaminerTests.Row) throws {
        let findings = try examine(row.file)
        let faults = findings.flatMap { finding -> [ISO20022Examiner.Fault] in
            if case .invalid(let faults) = finding.verdict { faults } else { [] }
        }
        let reasons = findings.compactMap { finding -> String? in
            if case .unsupported(let why) = finding.verdict { why } else { nil }
        }
        let verdict = !faults.isEmpty ? "invalid" : !reasons.isEmpty ? "unsupported" : "ok"
        #expect(verdict == row.expect, "\(findings)")
        if let fault = faults.first {
            #expect(fault.layer.rawValue == row.layer, "\(fault)")
            if let line = row.line { #expect(fault.line == line, "\(fault)") }
            #expect(fault.line > 0 && fault.column > 0, "\(fault)")
        }
        // What is not known is said, and what is.
        for reason in reasons { #expect(reason.contains("; "), "\(reason)") }
    }

    /// The gateway's door takes one message under one root; the vectors of more are refused there, and so is all that
    /// is invalid: with a place, and never as a payment.
    @Test(arguments: rows.filter { $0.expect == "invalid" }) func noDoorTakesAnInvalidOne(row: ExaminerTests.Row) throws
    {
        var request = Rail.post("")
        request.body = try read(row.file)
        for encodings in ["strict", "lenient"] {
            let context = Rail.context(["encodings": encodings], permitted: ["*"])
            let refusal = try #require(throws: Refusal.self) { try Rail.adapter.decode(request, context) }
            #expect(!refusal.says.isEmpty)
            #expect(Rail.adapter.refuse(refusal, request, context).status == 400)
        }
    }

    @Test(arguments: [
        ("documents-declared", ["/Document", "/Document", "/Document"]),
        ("documents-marked", ["/Document", "/Document"]),
        ("documents-declared-mixed", ["/Document", "/Document", "/BusMsg/AppHdr", "/BusMsg/Document"]),
        ("pairs-in-a-row", ["/AppHdr", "/Document", "/AppHdr", "/Document"]),
        ("envelopes-in-a-row", ["/BusMsg/AppHdr", "/BusMsg/Document", "/BusMsg/AppHdr", "/BusMsg/Document"]),
        ("roots-two-declarations", ["/AppHdr", "/Document"]),
        ("utf-16-two-documents", ["/Document", "/Document"]),
        ("latin-1-two-roots", ["/AppHdr", "/Document"]),
        ("many-under-one-wrapper", ["/Batch/Document", "/Batch/Document[2]", "/Batch/Document[3]"]),
        ("datapdu-prefixed", ["/DataPDU/Body/AppHdr", "/DataPDU/Body/Document"]),
        ("wrapper-deep", ["/a/b/c/d/AppHdr", "/a/b/c/d/Document"]),
        (
            "fednow-incoming-credit",
            ["AppHdr", "Document"].map { "/FedNowIncoming/FedNowIncomingMessage/FedNowCustomerCreditTransfer/" + $0 }
        ),
        ("tch-credit", ["/Message/AppHdr", "/Message/CreditTransfer"]),
    ])
    func everyPartIsNamed(file: String, parts: [String]) throws {
        #expect(try examine(file + ".xml").map(\.part) == parts)
    }

    @Test(arguments: ["comment", "instruction", "cdata", "reference"])
    func anAmountInPiecesIsTheWholeAmount(kind: String) throws {
        let reading = try Rail.mappings.readISO(
            read("amount-\(kind).xml"),
            validation: .parts { (namespace) throws(XMLSchemaFault) in
                try Rail.schemas.schema(namespace: namespace)
            })
        #expect(reading.payment.amount.settlement?.decimal(atLeast: 2) == "48000.00")
    }

    /// Every shape of one message that is in order becomes the same payment.
    @Test(
        arguments: rows.filter { row in
            row.expect == "ok"
                && ["wrapper-", "datapdu-", "fednow-incoming-credit", "tch-credit", "prefix-", "utf-", "latin-"]
                    .contains { row.file.hasPrefix($0) }
                && !row.file.contains("two-")
        })
    func everyShapeReadsAsTheSamePayment(row: ExaminerTests.Row) throws {
        let reading = try Rail.mappings.readISO(read(row.file), limits: .file)
        #expect(reading.definition == "pacs.008.001.08")
        #expect(reading.payments.count == 1)
        #expect(reading.payment.id.endToEnd == "BEANS-10")
        #expect(reading.payment.debtor.name == "Simba Coffee Growers")
        #expect(reading.payment.amount.settlement?.decimal(atLeast: 2) == "48000.00")
    }
}

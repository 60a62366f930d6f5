import FormatJSON
import Foundation
import Testing

/// `validate` over a file that is larger than what is held in memory.
@Suite("Files of any size")
struct LargeFileTests {
    private static let head = """
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr><MsgId>M-1</MsgId>\
        <CreDtTm>2026-11-23T06:00:00Z</CreDtTm><NbOfTxs>COUNT</NbOfTxs><InitgPty><Nm>Achieng Trading</Nm></InitgPty>\
        </GrpHdr><PmtInf><PmtInfId>G-1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-11-23</Dt></ReqdExctnDt>\
        <Dbtr><Nm>Achieng Trading</Nm></Dbtr><DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct>\
        <DbtrAgt><FinInstnId><BICFI>FARBKENAXXX</BICFI></FinInstnId></DbtrAgt>

        """
    private static let tail = "</PmtInf></CstmrCdtTrfInitn></Document>\n"

    /// A transfer a line, the elements few and the texts long: what is slow are elements.
    private static func transfer(currency: String) -> String {
        let lines = (1...10).map { "<Ustrd>\(String(repeating: "\($0 % 10)", count: 140))</Ustrd>" }.joined()
        return "<CdtTrfTxInf><PmtId><EndToEndId>E</EndToEndId></PmtId><Amt>"
            + "<InstdAmt Ccy=\"\(currency)\">1.50</InstdAmt></Amt><RmtInf>\(lines)</RmtInf></CdtTrfTxInf>\n"
    }

    @Test func aFindingAtTheVeryEndIsTold() async throws {
        let scratch = try Scratch()
        let count = 42_000
        let file = try scratch.write("large.xml", Self.head.replacingOccurrences(of: "COUNT", with: "\(count)"))
        let handle = try #require(FileHandle(forWritingAtPath: file))
        defer { try? handle.close() }
        try handle.seekToEnd()
        let thousand = Data(String(repeating: Self.transfer(currency: "EUR"), count: 1_000).utf8)
        for _ in 0..<(count / 1_000 - 1) { try handle.write(contentsOf: thousand) }
        try handle.write(contentsOf: Data(String(repeating: Self.transfer(currency: "EUR"), count: 999).utf8))
        try handle.write(contentsOf: Data((Self.transfer(currency: "eur") + Self.tail).utf8))
        #expect(try handle.offset() > 64 << 20, "the file must be too large to be held")
        let result = try await Program.run(["validate", "--json", file])
        #expect(result.code == 1)
        let part = try JSONValue.parse(result.output)
        #expect(part["message"]?.string == "pain.001.001.09")
        let faults = try #require(part["faults"]?.array)
        #expect(faults.count == 1)
        #expect(faults.first?["rule"]?.string == "cvc-pattern-valid")
        #expect(faults.first?["line"]?.int == count + 1)
        #expect(faults.first?["path"]?.string?.hasSuffix("CdtTrfTxInf[\(count)]/Amt/InstdAmt/@Ccy") == true)
    }

    @Test func whatIsNoXMLIsNotRead() async throws {
        let scratch = try Scratch()
        let file = try scratch.write("large.json", "{\"a\":\"")
        let handle = try #require(FileHandle(forWritingAtPath: file))
        defer { try? handle.close() }
        try handle.truncate(atOffset: UInt64(65 << 20))
        let result = try await Program.run(["validate", file])
        #expect(result.code == 1)
        #expect(result.output.contains("wire documentTooLarge") && result.output.contains("is no XML"))
    }
}

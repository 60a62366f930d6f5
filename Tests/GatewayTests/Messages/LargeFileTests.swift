import FormatJSON
import Foundation
import Payments
import Testing

@testable import Gateway

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

    private static let count = 42_000

    /// More transfers than are held in memory.
    private static func write(_ scratch: Scratch, last: String) throws -> String {
        let file = try scratch.write("large.xml", head.replacingOccurrences(of: "COUNT", with: "\(count)"))
        let handle = try #require(FileHandle(forWritingAtPath: file))
        defer { try? handle.close() }
        try handle.seekToEnd()
        let thousand = Data(String(repeating: transfer(currency: "EUR"), count: 1_000).utf8)
        for _ in 0..<(count / 1_000 - 1) { try handle.write(contentsOf: thousand) }
        try handle.write(contentsOf: Data(String(repeating: transfer(currency: "EUR"), count: 999).utf8))
        try handle.write(contentsOf: Data((last + tail).utf8))
        #expect(try handle.offset() > 64 << 20, "the file must be too large to be held")
        return file
    }

    @Test func aFindingAtTheVeryEndIsTold() async throws {
        let scratch = try Scratch()
        let file = try Self.write(scratch, last: Self.transfer(currency: "eur"))
        let result = try await Program.run(["validate", "--json", file])
        #expect(result.code == 1)
        let part = try JSONValue.parse(result.output)
        #expect(part["message"]?.string == "pain.001.001.09")
        let faults = try #require(part["faults"]?.array)
        #expect(faults.count == 1)
        #expect(faults.first?["rule"]?.string == "cvc-pattern-valid")
        #expect(faults.first?["line"]?.int == Self.count + 1)
        #expect(faults.first?["path"]?.string?.hasSuffix("CdtTrfTxInf[\(Self.count)]/Amt/InstdAmt/@Ccy") == true)
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

    @Test func standardInputMayBeOfAnySize() async throws {
        let scratch = try Scratch()
        let file = try Self.write(scratch, last: Self.transfer(currency: "EUR"))
        let result = try await Program.run(["validate", "--through", "business", "-"], input: file)
        #expect(result.code == 2, "\(result.complaints)")
        #expect(
            result.output == "unsupported - /Document the gateway's own rules are asked of messages up to 67108864 "
                + "bytes\n")
    }

    // MARK: What is asked of a stream

    private func checker(_ depth: CheckDepth, _ profiles: [String] = []) throws -> MessageChecker {
        let installation = try MessageInstallation(mappings: nil, schemas: nil)
        let day = try #require(CivilDate("2026-03-02"))
        return MessageChecker(
            examiner: installation.examiner, depth: depth,
            rails: profiles.isEmpty ? nil : try installation.rails(profiles, day))
    }

    /// A message in the place of one that is too large to be held.
    private func streamed(_ text: String, _ checker: MessageChecker) throws -> CheckedFile {
        let rest = Pipe()
        try rest.fileHandleForWriting.close()
        let stream = MessageStream(first: Array(text.utf8), rest: rest.fileHandleForReading, size: nil)
        return checker.check(stream, MessageFile(name: "-"))
    }

    private func transfer() throws -> String {
        let vector = "conformance/vectors/profiles/sepa-inst/valid-pacs.008.xml"
        return try String(contentsOf: Program.root.appendingPathComponent(vector), encoding: .utf8)
    }

    @Test(arguments: [["sepa-inst"], ["fednow", "mojaloop-iso", "sepa-inst"], ["mojaloop-iso"], ["auto"]])
    func railsSayOfAStreamWhatTheySayOfAMessage(_ profiles: [String]) throws {
        let valid = try transfer()
        let broken = valid.replacing("<SttlmMtd>CLRG", with: "<SttlmMtd>INGA")
        let checker = try checker(.profile, profiles)
        for text in [valid, broken] {
            let held = checker.check(Array(text.utf8), MessageFile(name: "-"))
            let file = try streamed(text, checker)
            #expect(file == held, "\(profiles)")
        }
        if profiles == ["sepa-inst"] {
            #expect(try streamed(broken, checker).parts[0].findings.map(\.rule) == ["SI-023"])
        }
        if profiles == ["mojaloop-iso"] {
            #expect(try streamed(valid, checker).verdict == .unsupported, "it speaks JSON")
        }
    }

    @Test func theGatewaysOwnRulesAreNotAskedOfAStream() throws {
        let checker = try checker(.business)
        let valid = try streamed(try transfer(), checker)
        #expect(valid.verdict == .unsupported)
        #expect(valid.parts[0].unsupported.hasPrefix("the gateway's own rules are asked of messages up to "))
        let text = try transfer().replacing("Ccy=\"EUR\"", with: "Ccy=\"eur\"")
        let broken = try streamed(text, checker)
        #expect(broken.verdict == .invalid, "its schema is asked all the same")
        #expect(broken.parts[0].findings.allSatisfy { $0.layer == .schema })
    }
}

import FoundationEssentials
import Mapping
import Payments
import Testing

/// Foreign codes: total, unambiguous, and never guessed.
@Suite struct CodeTableTests {
    static let reasons = MappingFiles.mappings.codes.table("reasons")!

    @Test func codesAreReadAndWritten() throws {
        let mappings = try Mappings(files: TablesTests.files("id.uetr\ta\ttext\t-\t-"))
        let kinds = try #require(mappings.codes.table("kinds"))
        #expect(kinds.canonicals == ["MSISDN", "EMAIL", "ALIAS"])
        #expect(kinds.canonical(of: "phone", in: "net") == "MSISDN")
        #expect(kinds.canonical(of: "mobile", in: "net") == "MSISDN")
        #expect(kinds.canonical(of: "other", in: "net") == "ALIAS")
        #expect(kinds.canonical(of: "PHONE", in: "net") == nil)
        #expect(kinds.canonical(of: "phone", in: "elsewhere") == nil)
        #expect(kinds.code(for: "MSISDN", in: "net") == "phone")
        #expect(kinds.code(for: "EMAIL", in: "net") == "other")
        #expect(kinds.code(for: "DEVICE", in: "net") == nil)
        #expect(kinds.says("ALIAS") == "A name")
    }

    @Test func knownReasons() {
        #expect(Self.reasons.canonical(of: "AC04", in: "iso") == "creditorAccountClosed")
        #expect(Self.reasons.code(for: "insufficientFunds", in: "fspiop") != nil)
        #expect(Self.reasons.canonical(of: "ZZZZ", in: "iso") == nil)
    }

    @Test(arguments: ["iso", "fspiop"])
    func everyReasonIsWrittenAndEveryCodeReadsToOne(_ network: String) {
        for canonical in Self.reasons.canonicals where !canonical.hasPrefix("notice") {
            #expect(Self.reasons.code(for: canonical, in: network) != nil, "\(canonical) has no \(network) code")
        }
        for code in Self.reasons.codes(in: network) {
            #expect(Self.reasons.canonical(of: code, in: network) != nil)
        }
        for canonical in Self.reasons.canonicals { #expect(Self.reasons.says(canonical)?.isEmpty == false) }
    }

    /// The names that the translators give their refusals are reasons of the table.
    @Test func everyRefusalIsAReason() {
        for reason in TranslationError.Reason.allCases {
            #expect(Self.reasons.canonicals.contains(reason.rawValue), "\(reason) is no canonical reason")
        }
    }

    @Test(.enabled(if: MappingFiles.shared("codesets/ExternalStatusReason1Code.tsv") != nil))
    func everyStatusReasonOfISOReads() throws {
        let file = try #require(MappingFiles.shared("codesets/ExternalStatusReason1Code.tsv"))
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let codes = text.split(separator: "\n").dropFirst().compactMap { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).first.map(String.init)
        }
        #expect(codes.count > 200)
        for code in codes { #expect(Self.reasons.canonical(of: code, in: "iso") != nil, "\(code) reads to nothing") }
    }

    @Test func aCodeThatSaysLessIsReportedAndAForeignOneStaysAtHome() throws {
        let mappings = try Mappings(
            files: TablesTests.files(
                "debtor.identifiers[]\tids[]\t-\t-\t-\n  kind\tkind\tcode kinds\t-\t-\n  value\tvalue\ttext\t-\t-"))
        let translator = try #require(mappings.translator("net/order"))
        let body = #"{"ids":[{"kind":"mobile","value":"1"},{"kind":"fax","value":"2"}]}"#
        var payment = try translator.read(json: Array(body.utf8)).payment
        #expect(payment.debtor.identifiers.map(\.kind) == ["MSISDN", "net:fax"])
        payment.debtor.identifiers[0].kind = "EMAIL"
        let writing = try translator.write(payment)
        #expect(
            String(decoding: writing.bytes, as: UTF8.self)
                == #"{"ids":[{"kind":"other","value":"1"},{"kind":"fax","value":"2"}]}"#)
        #expect(writing.losses.map(\.reason) == [.coarser])
        payment.debtor.identifiers[1].kind = "elsewhere:fax"
        #expect(try translator.write(payment).losses.map(\.reason) == [.coarser, .noCode])
    }
}

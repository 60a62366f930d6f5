import FormatXML
import Mapping
import Testing

/// Bad rows of profiles are told with their place and a remedy, all at once.
@Suite struct ProfileTableTests {
    private func errors(_ files: [TableFile], _ schemas: XMLSchemaFolder = ProfileFiles.noSchemas) -> [TableError] {
        do {
            _ = try ProfileTables(files: files, schemas: schemas)
            return []
        } catch {
            return error.errors
        }
    }

    private static let version = "V-1; pacs.008; .; version pacs.008.001.08"

    @Test(arguments: [
        ("A-1; pacs.008; GrpHdr/MsgId; shiny", 4, "shiny is not a check"),
        ("A-1; pacs.008; GrpHdr//MsgId; slashes", 3, "GrpHdr//MsgId is not a path"),
        ("A-1; pacs.008; GrpHdr:MsgId:X; slashes", 3, "GrpHdr:MsgId:X is not a path"),
        ("A-1; pacs8; GrpHdr/MsgId; slashes", 2, "pacs8 is no message"),
        ("A-1; pacs.008; GrpHdr/MsgId; slashes; -; forbid", 6, "forbid is no severity"),
        ("A-1; pacs.008; GrpHdr/MsgId; slashes; -; warn; 2026-02-30", 7, "2026-02-30 is no day or span of days"),
        (
            "A-1; pacs.008; GrpHdr/MsgId; slashes; -; warn; 2026-03-01..2026-02-01", 7,
            "2026-03-01..2026-02-01 is no day or span of days"
        ),
        ("A-1; pacs.008; GrpHdr/MsgId; slashes; GrpHdr is odd", 5, "GrpHdr is odd is not a condition"),
        ("A-1; pacs.008; GrpHdr/MsgId; slashes; GrpHdr has A", 5, "has is not a test of a message"),
        ("A-1; pacs.008; GrpHdr/MsgId; set Shapes", 4, "there is no set Shapes"),
        ("A-1; pacs.008; GrpHdr/MsgId; length 9..2", 4, "length 9..2 is not a check"),
        ("A-1; pacs.008; GrpHdr/MsgId; like q3", 4, "like q3 is not a check"),
        ("A-1; pacs.008; GrpHdr/MsgId; characters runes", 4, "characters runes is not a check"),
        ("A-1; pacs.008; GrpHdr/MsgId; any of A|B", 4, "the check is about what holds something"),
        ("A-1; pacs.008; GrpHdr; version pacs.008.001.09", 4, "the check is about what holds something"),
        ("A-1; pacs.008; CdtTrfTxInf:.; present", 4, "the path names no element below its scope"),
        ("A-1; pacs.008; Dbtr/PstlAdr; address hybrid", 4, "an address is a scope"),
        ("A-1; pacs.008; //*; present", 4, "//* takes a test of one text alone"),
        ("A-1; pacs.008; head/Fr; distinct", 4, "the header is compared, not searched, by a message's rule"),
        ("V-1; pacs.008; GrpHdr/MsgId; slashes", 1, "the rule V-1 stands in line 2 too"),
    ])
    func aBadRowIsToldWithItsPlace(_ row: String, _ cell: Int, _ problem: String) throws {
        let files = ProfileFiles.files([Self.version, row])
        let errors = errors(files)
        #expect(errors.map(\.problem) == [problem])
        let error = try #require(errors.first)
        #expect(error.file == "profiles/own.tsv")
        #expect(error.line == 3)
        let line = String(decoding: files[1].bytes, as: UTF8.self).split(separator: "\n")[2]
        let before = line.split(separator: "\t", omittingEmptySubsequences: false).prefix(cell - 1)
        #expect(error.column == before.reduce(1) { $0 + $1.count + 1 })
        #expect(!error.remedy.isEmpty)
    }

    @Test func everyErrorIsToldAtOnce() {
        let rows = [
            Self.version, "A-1; pacs.008; GrpHdr/MsgId; shiny", "A-2; pacs.008; a..b; slashes", "A-3; x; .; taken",
        ]
        #expect(errors(ProfileFiles.files(rows)).map(\.line) == [3, 4, 5])
    }

    @Test(arguments: [
        ("A-1; pacs.008; GrpHdr/MsgIdx; slashes", "no schema knows GrpHdr/MsgIdx"),
        ("A-1; pacs.008; CdtTrfTxInf/Dbtr|Cdtr|Otherr/Nm; trimmed", "no schema knows CdtTrfTxInf/Otherr/Nm"),
        ("A-1; pacs.008; //IBANN; iban", "no schema knows IBANN"),
        ("A-1; pacs.008; CdtTrfTxInf/ChrgBr/@Ccy; is EUR", ""),
        ("A-1; pacs.008; CdtTrfTxInf/Dbtr/@Ccy; is EUR", "no schema knows CdtTrfTxInf/Dbtr/@Ccy"),
        ("A-1; pacs.008; CdtTrfTxInf:ChrgBr; is SLEV; Dbtrr present", "no schema knows CdtTrfTxInf/Dbtrr"),
        ("A-1; pacs.008; GrpHdr/NbOfTxs; counts Tx", "no schema knows Tx"),
        ("A-1; pacs.008; GrpHdr/MsgId; same as head/BizMsgId", "no schema knows BizMsgId"),
        ("A-1; head; Frr; present", "no schema knows Frr"),
        ("A-1; pacs.008|pacs.002; GrpHdr/MsgId; slashes", ""),
    ])
    func aPathThatNoSchemaKnowsIsTold(_ row: String, _ problem: String) {
        let files = ProfileFiles.files([Self.version, row])
        #expect(errors(files, MappingFiles.schemas).map(\.problem) == (problem.isEmpty ? [] : [problem]))
    }

    @Test func aProfileThatTakesNothingIsTold() {
        let errors = errors(ProfileFiles.files(["A-1; pacs.008; GrpHdr/MsgId; slashes"]))
        #expect(errors.map(\.problem) == ["no rule says which messages the profile takes"])
    }

    @Test func missingAndUnlistedTablesAreTold() {
        var files = ProfileFiles.files([Self.version])
        files[1] = TableFile(name: "profiles/other.tsv", bytes: files[1].bytes)
        #expect(
            errors(files).map(\.problem) == [
                "profiles/profiles.tsv does not list the profile", "the table is missing",
            ])
        #expect(errors([]).map(\.file) == ["codesets/countries.tsv", "profiles/profiles.tsv"])
    }

    @Test func aBadCountryIsTold() {
        var files = ProfileFiles.files([Self.version])
        files[2] = TableFile(name: "codesets/countries.tsv", text: "country\tiban\tsays\nde\t22\t-\nFR\t99\t-\n")
        #expect(errors(files).map(\.line) == [2, 3])
    }

    @Test func theColumnsAreHeldTo() {
        var files = ProfileFiles.files([Self.version])
        files[1] = TableFile(name: "profiles/own.tsv", text: "rule\tmessage\nA-1\t*\n")
        #expect(errors(files).map(\.problem) == ["the header row is not the one of profiles"])
    }
}

import FormatXML
import Mapping
import Payments
import Testing

/// Findings and their places, envelopes, and one pass beside other sinks.
@Suite struct ProfileReaderTests {
    private func examine(_ rows: [String], _ xml: [UInt8]) throws -> ProfileVerdict {
        try ProfileFiles.own(rows).examine(xml: xml, asOf: ProfileFiles.day)
    }

    @Test func aFindingSaysWhereAndWhat() throws {
        let body = "\n<S><T><X>1</X></T>\n<T><Y/><X>1</X>\n  <X>wrong</X></T></S>"
        let verdict = try examine(["A; *; S/T:X; is 1; Y present; warn"], ProfileFiles.message(body))
        let finding = try #require(verdict.findings.first)
        #expect(verdict.findings.count == 1)
        #expect(finding.path == "S/T[2]/X[2]")
        #expect(finding.text == "wrong")
        #expect((finding.line, finding.column) == (4, 5))
        #expect(finding.severity == .warn && verdict.isTaken)
        #expect(finding.message == "test.001.001.01" && finding.profile == "own" && finding.rule == "A")
        #expect(finding.description == "line 4, column 5, S/T[2]/X[2]: it is wrong (wrong) [own A]")
    }

    @Test func whatIsMissingIsToldAtWhatShouldHoldIt() throws {
        let verdict = try examine(
            ["A; *; S/T:X/Y; present"], ProfileFiles.message("<S><T><X><Y/></X></T>\n<T><X/></T></S>"))
        let finding = try #require(verdict.findings.first)
        #expect(finding.path == "S/T[2]/X/Y")
        #expect(finding.line == 2 && finding.text.isEmpty)
        #expect(!verdict.isTaken)
    }

    @Test func findingsAreOrderedByPlace() throws {
        let rows = ["LATE; *; Z; is 1", "ROOT; *; Q; present", "WAIT; *; X; is 1; Z present", "NOW; *; Y; is 1"]
        let verdict = try examine(rows, ProfileFiles.message("<X>2</X><Y>2</Y><Z>2</Z>"))
        #expect(verdict.findings.map(\.rule) == ["ROOT", "WAIT", "NOW", "LATE"])
    }

    @Test func anElementThatNoRuleNamesHasAPathToo() throws {
        let verdict = try examine(["A; *; //X; is 1"], ProfileFiles.message("<Foo><Bar><X>2</X></Bar></Foo><X>1</X>"))
        #expect(verdict.findings.map(\.path) == ["Foo/Bar/X"])
    }

    @Test func aLongTextIsCut() throws {
        let text = String(repeating: "ä", count: 100)
        let verdict = try examine(["A; *; X; length 1..3"], ProfileFiles.message("<X>\(text)</X>"))
        #expect(verdict.findings.first?.text == String(repeating: "ä", count: ProfileLimits.shownCharacters))
    }

    @Test func findingsAreBoundedAndTheRestCounted() throws {
        let body = String(repeating: "<X>2</X>", count: 250)
        let verdict = try examine(["A; *; X; is 1"], ProfileFiles.message(body))
        #expect(verdict.findings.count == ProfileLimits.findings)
        #expect(verdict.omitted == 150)
        #expect(verdict.findings.last?.path == "X[100]")
        let waiting = try examine(
            ["A; *; X; is 1; X present"], ProfileFiles.message(String(repeating: "<X>2</X>", count: 1500)))
        #expect(waiting.findings.count + waiting.omitted == 1500)
    }

    // MARK: Envelopes

    private static let header =
        "<H:Fr><H:B>A</H:B></H:Fr><H:MsgDefIdr>test.001.001.01</H:MsgDefIdr>"
    private static let headSpace = "urn:iso:std:iso:20022:tech:xsd:head.001.001.01"
    private static let space = "urn:iso:std:iso:20022:tech:xsd:test.001.001.01"

    private static let envelopes = [
        // Header and document side by side in a wrapper.
        """
        <E><H:AppHdr xmlns:H='\(headSpace)'>\(header)</H:AppHdr>
        <Document xmlns='\(space)'><Msg><B>B</B></Msg></Document></E>
        """,
        // A network's own names for both.
        """
        <M xmlns='urn:net' xmlns:H='\(headSpace)' xmlns:t='\(space)'><AppHdr>\(header)</AppHdr>
        <Pay><t:Msg><t:B>B</t:B></t:Msg></Pay></M>
        """,
        // Two roots.
        """
        <H:AppHdr xmlns:H='\(headSpace)'>\(header)</H:AppHdr>
        <Document xmlns='\(space)'><Msg><B>B</B></Msg></Document>
        """,
    ]

    @Test(arguments: envelopes)
    func aHeaderIsComparedWithItsMessage(_ xml: String) throws {
        let rows = [
            "SAME; *; B; same as head/Fr/B", "WHEN; *; B; is C; head/Fr/B = A", "OWN; head; Fr/B; is Z",
            "DEF; *; head/MsgDefIdr; definition", "SEEN; *; .; headed", "TEST; *; head/Fr/B; is Y",
            "HERE; *; head/Fr/B; present",
        ]
        let verdict = try examine(rows, Array(xml.utf8))
        #expect(Set(verdict.findings.map(\.rule)) == ["SAME", "WHEN", "OWN", "TEST"])
        #expect(verdict.findings.first { $0.rule == "OWN" }?.path == "AppHdr/Fr/B")
        #expect(verdict.findings.first { $0.rule == "TEST" }?.path == "AppHdr/Fr/B")
        #expect(verdict.findings.first { $0.rule == "SAME" }?.path == "B")
        #expect(verdict.messages == ["test.001.001.01"])
    }

    @Test func aMessageWithoutHeaderIsToldWhereOneIsAsked() throws {
        let rows = ["SEEN; *; .; headed", "SAME; *; B; same as head/Fr/B", "HERE; *; head/Fr/B; present"]
        let verdict = try examine(rows, ProfileFiles.message("<B>B</B>"))
        #expect(verdict.findings.map(\.rule) == ["SEEN", "HERE"])
    }

    @Test func aSecondMessageHasNotTheFirstOnesHeader() throws {
        let doc = "<Document xmlns='\(Self.space)'><Msg><B>A</B></Msg></Document>"
        let xml = "<E><H:AppHdr xmlns:H='\(Self.headSpace)'>\(Self.header)</H:AppHdr>\(doc)\(doc)</E>"
        let verdict = try examine(["SEEN; *; .; headed"], Array(xml.utf8))
        #expect(verdict.findings.map(\.rule) == ["SEEN"])
        #expect(verdict.messages.count == 2)
    }

    @Test(arguments: [
        ("pacs.008.001.02", "the version"), ("pacs.009.001.08", "the family"),
    ])
    func whatIsNotTakenIsToldAlone(_ definition: String, _ why: String) throws {
        let rows = ["P; pacs.008; .; version pacs.008.001.08", "ALL; *; .; taken", "X; pacs.008|pacs.009; X; is 1"]
        let xml = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:\(definition)'><M><X>2</X></M></Document>"
        let verdict = try examine(rows, Array(xml.utf8))
        #expect(verdict.findings.map(\.rule) == [definition.hasPrefix("pacs.008") ? "P" : "ALL"], "\(why)")
    }

    @Test func aFileWithoutAMessageIsNotTaken() throws {
        let verdict = try examine(["X; *; X; is 1"], Array("<Other/>".utf8))
        #expect(verdict.messages.isEmpty && !verdict.isTaken && verdict.findings.isEmpty)
    }

    // MARK: Beside other sinks

    @Test func oneParseServesTheMappingAndTheProfile() throws {
        let vector = try #require(ProfileFiles.vectors.first { $0.file == "sepa-inst/SI-056.xml" })
        let profile = try #require(ProfileFiles.profiles["sepa-inst"])
        let both = try MappingFiles.mappings.readISO(vector.bytes, beside: profile, asOf: vector.day)
        #expect(both.verdict == (try profile.examine(xml: vector.bytes, asOf: vector.day)))
        #expect(both.reading.payments == (try MappingFiles.mappings.readISO(vector.bytes).payments))
    }

    @Test func aStreamOfManyTransactionsIsReadAsItComes() throws {
        let rows = [
            "COUNT; *; N; counts T", "SUM; *; C; sums T/X", "ONE; *; T:X; is 1; K = A", "PAIR; *; T:X; same as Y",
            "HERE; *; T:Z; present",
        ]
        let good = "<T><K>A</K><X>1</X><Y>1</Y><Z/></T>"
        let count = 20_000
        let body =
            "<N>\(count + 1)</N><C>\(count + 2)</C>" + String(repeating: good, count: count)
            + "<T><K>A</K><X>2</X><Y>1</Y></T>"
        let verdict = try examine(rows, ProfileFiles.message(body))
        #expect(Set(verdict.findings.map(\.rule)) == ["ONE", "PAIR", "HERE"])
        #expect(verdict.findings.allSatisfy { $0.path.hasPrefix("T[\(count + 1)]/") })
    }

    // MARK: JSON

    @Test func jsonIsReadByTheSameRules() throws {
        let rows = [
            "A; *; T/X; is 1", "B; *; T:Y; present", "C; *; //Ccy; currency", "D; *; L; occurs 1..2",
            "E; *; B; is true",
            "F; *; T:.; one of X|Q",
        ]
        let profile = try ProfileFiles.own(rows, format: "json")
        let json = """
            {"T": [{"X": "1", "Y": null},
                   {"X": "2", "Y": 5, "M": {"Ccy": "QQQ", "Q": [{"Ccy": "EUR"}]}}],
             "L": ["a", "b", "c"], "B": false}
            """
        let verdict = try profile.examine(json: Array(json.utf8), message: "test.001.001.01", asOf: ProfileFiles.day)
        #expect(verdict.findings.map(\.rule) == ["D", "B", "A", "C", "E"])
        #expect(verdict.findings.map(\.path) == ["L", "T/Y", "T[2]/X", "T[2]/M/Ccy", "B"])
        #expect(verdict.findings.map(\.line) == [1, 1, 2, 2, 3])
        #expect(verdict.findings[2].text == "2")
        #expect(verdict.messages == ["test.001.001.01"])
    }
}

import Mapping
import Payments
import Testing

/// Each check of the vocabulary, on messages of the test's own.
@Suite struct ProfileCheckTests {
    private func rules(_ rows: [String], _ body: String, _ day: CivilDate = ProfileFiles.day) throws -> [String] {
        try ProfileFiles.own(rows).examine(xml: ProfileFiles.message(body), asOf: day).findings.map(\.rule)
    }

    /// Whether a text passes a check.
    private func passes(_ check: String, _ text: String) throws -> Bool {
        try rules(["A; *; T; \(check)"], "<T>\(text)</T>").isEmpty
    }

    @Test(arguments: [
        ("is X", ["X"], ["x", "", "XX"]),
        ("in A|BB", ["A", "BB"], ["B", "AB"]),
        ("not in A|BB", ["B"], ["A", "BB"]),
        ("set Colours", ["RED", "GREENISH", "GREENISHBLUE"], ["GREEN", "GREENISHBLU", "GREENISHRED", "red"]),
        ("starts A|BC", ["A", "AX", "BCD"], ["B", "XA", ""]),
        ("not starts A|BC", ["B"], ["AX", "BC"]),
        ("length 2..4", ["ab", "äöüß"], ["a", "abcde"]),
        ("characters sepa", ["a-Z 0/?:().,'+"], ["ä", "a_b", "a&amp;b", "a\tb"]),
        ("characters ascii", ["a_b {|}~"], ["ä"]),
        ("characters alphanumeric", ["aZ9"], ["a-"]),
        ("characters digits", ["0123"], ["1a"]),
        ("characters printable", ["ä € 漢"], ["a\tb", "a\nb"]),
        ("slashes", ["a/b", "a"], ["/a", "a/", "a//b", "/"]),
        ("trimmed", ["a b"], [" a", "a ", "a\n"]),
        (
            "like 'M' date A3 x0..2", ["M20260302AB9", "M20240229ABCxy"],
            ["20260302AB9", "M20260230AB9", "M20260302ab9", "M20260302ABCxyz"]
        ),
        ("like d4", ["0123"], ["123", "12345", "12a4"]),
        ("like A2 a1..3", ["A9z"], ["A9", "a9z", "A9-"]),
        ("bic", ["DEUTDEFF", "ABCDFR2AXXX"], ["DEUTXXFF", "DEUTDEF", "DEUTDEFFX", "deutdeff"]),
        ("country", ["DE", "US"], ["XX", "de", "DEU"]),
        ("currency", ["EUR", "KES"], ["EURO", "XAU", "DEM"]),
        ("aba", ["021000021", "011401533"], ["021000022", "02100002", "000000000", "02100002X"]),
        (
            "uetr", ["5b2e7c1a-93d4-4f60-8a17-2c9e41d0b7f3"],
            ["5B2E7C1A-93D4-4F60-8A17-2C9E41D0B7F3", "5b2e7c1a-93d4-1f60-8a17-2c9e41d0b7f3"]
        ),
        (
            "ulid", ["01ARZ3NDEKTSV4RRFFQ69G5FAV"],
            ["01ARZ3NDEKTSV4RRFFQ69G5FAU", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3"]
        ),
        (
            "iban", ["DE89370400440532013000", "FR1420041010050500013M02606"],
            [
                "DE89370400440532013001", "DE8937040044053201300", "US89370400440532013000", "de89370400440532013000",
                "DE",
            ]
        ),
        ("lei", ["5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55"], ["5493001KJTIIGC8Y1R13", "5493001KJTIIGC8Y1R1"]),
        ("reference", ["RF18539007547034"], ["RF18539007547035", "539007547034", "RF1"]),
        ("amount 0.01..100000", ["0.01", "100000.00", " 5 ", "+7"], ["0", "100000.01", "-1", "1,5", "1e3", "", "."]),
        ("amount 0.01..*", ["999999999999999999"], ["0.009"]),
        ("decimals 2", ["1", "1.5", "1.250"], ["1.255", "x"]),
        ("digits 4", ["12.34", "0012.340"], ["123.45", "12345"]),
        (
            "offset", ["2026-03-02T10:00:00Z", "2026-03-02T10:00:00.5+01:00"],
            ["2026-03-02T10:00:00", "2026-03-02", "soon"]
        ),
        ("no offset", ["2026-03-02T10:00:00"], ["2026-03-02T10:00:00Z"]),
        (
            "utc", ["2026-03-02T10:00:00Z", "2026-03-02T10:00:00+00:00"],
            ["2026-03-02T10:00:00+01:00", "2026-03-02T10:00:00"]
        ),
        ("within -1..0", ["2026-03-02", "2026-03-01T23:59:59Z"], ["2026-03-03", "2026-02-28", "2026-02-30"]),
        ("within *..5", ["1999-01-01", "2026-03-07"], ["2026-03-08"]),
    ])
    func textsPassOrDoNot(_ check: String, _ good: [String], _ bad: [String]) throws {
        for text in good { #expect(try passes(check, text), "\(check): \(text)") }
        for text in bad { #expect(try !passes(check, text), "\(check): \(text)") }
    }

    @Test(arguments: [
        ("A; *; S:X; present", "<S><X>1</X></S>", "<S/><S><X>1</X></S>"),
        ("A; *; S:X; present", "", "<S><Y>1</Y></S>"),
        ("A; *; X; present", "<X>1</X>", "<Y>1</Y>"),
        ("A; *; S:X|Y; present", "<S><X>1</X><Y>1</Y></S>", "<S><X>1</X></S>"),
        ("A; *; S/X; absent", "<S><Y>1</Y></S>", "<S><X>1</X></S>"),
        ("A; *; S:X; occurs 1..2", "<S><X/><X/></S>", "<S><X/><X/><X/></S>"),
        ("A; *; S:X; occurs 1..2", "<S><X/></S>", "<S/>"),
        ("A; *; S:.; any of X|Y", "<S><Y/></S>", "<S><Z/></S>"),
        ("A; *; S:.; one of X|Y", "<S><Y/></S>", "<S><X/><Y/></S>"),
        ("A; *; S:.; at most one of X|Y|Z", "<S/>", "<S><X/><Z/></S>"),
        ("A; *; S:.; all or none of X|Y", "<S/><S><X/><Y/></S>", "<S><X/></S>"),
        ("A; *; S:.; any of X|/G/X", "<G><X/></G><S/>", "<G/><S/>"),
        (
            "A; *; S:.; address structured", "<S><TwnNm>A</TwnNm><Ctry>DE</Ctry></S>",
            "<S><TwnNm>A</TwnNm><Ctry>DE</Ctry><AdrLine>x</AdrLine></S>"
        ),
        (
            "A; *; S:.; address hybrid", "<S><TwnNm>A</TwnNm><Ctry>DE</Ctry><AdrLine>x</AdrLine></S>",
            "<S><Ctry>DE</Ctry><AdrLine>x</AdrLine></S>"
        ),
        ("A; *; //S:X; present", "<A><B><S><X/></S></B></A>", "<A><B><S/></B></A>"),
        ("A; *; //X/Y; is 1", "<A><X><Y>1</Y></X><Y>2</Y></A>", "<A><X><Y>2</Y></X></A>"),
        ("A; *; //*; is 1", "<A>1</A><B><C>1</C></B>", "<A>1</A><B><C>2</C></B>"),
        ("A; *; S; total 0..5", "<S><X>ab</X><Y>äöü</Y></S>", "<S><X>abc</X><Y>def</Y></S>"),
        ("A; *; S:X; distinct", "<S><X>1</X><X>2</X></S><S><X>1</X></S>", "<S><X>1</X><Y/><X>2</X><X>1</X></S>"),
        ("A; *; N; counts T", "<N>2</N><T/><T/>", "<N>2</N><T/>"),
        (
            "A; *; N; sums T/X", "<N>0.30</N><T><X>0.1</X></T><T><X>0.2</X></T>",
            "<N>0.31</N><T><X>0.1</X></T><T><X>0.2</X></T>"
        ),
        ("A; *; X; same as Y", "<X>1</X><Y>1</Y>", "<X>1</X><Y>2</Y>"),
        ("A; *; X; same as Y", "<X>1</X>", "<Y>2</Y><X>1</X>"),
        ("A; *; X; same start 2 as Y", "<X>abc</X><Y>abd</Y>", "<X>abc</X><Y>acc</Y>"),
        ("A; *; X; differs from Y", "<X>1</X><Y>2</Y>", "<X>1</X><Y>1</Y>"),
        (
            "A; *; X; country of Y", "<X>ABCDDEFF</X><Y>DE89370400440532013000</Y>",
            "<X>ABCDFRFF</X><Y>DE89370400440532013000</Y>"
        ),
        (
            "A; *; X; not after Y", "<X>2026-03-02T10:00:00+01:00</X><Y>2026-03-02T09:30:00Z</Y>",
            "<X>2026-03-02T10:00:00Z</X><Y>2026-03-02T10:30:00+01:00</Y>"
        ),
        ("A; *; X; not before Y", "<X>2026-03-02</X><Y>2026-03-02</Y>", "<X>2026-03-01</X><Y>2026-03-02T00:00:00Z</Y>"),
        ("A; *; X; minor units", #"<X Ccy="EUR">1.25</X>"#, #"<X Ccy="JPY">1.5</X>"#),
        ("A; *; X; minor units by Y", "<X>1.250</X><Y>EUR</Y>", "<X>1.255</X><Y>EUR</Y>"),
        ("A; *; X/@Ccy; is EUR", #"<X Ccy="EUR">1</X>"#, #"<X Ccy="USD">1</X>"#),
        ("A; *; //@Ccy; is EUR", #"<S><X Ccy="EUR">1</X></S>"#, #"<S><X Ccy="USD">1</X></S>"#),
    ])
    func structuresPassOrDoNot(_ rule: String, _ good: String, _ bad: String) throws {
        if rule.contains("same as"), bad.hasPrefix("<Y>") {
            // The other may stand first.
            #expect(try rules([rule], bad) == ["A"])
        }
        #expect(try rules([rule], good) == [], "\(good)")
        #expect(try Set(rules([rule], bad)) == ["A"], "\(bad)")
    }

    @Test(arguments: [
        ("K present", "<K/><X>1</X>", true), ("K present", "<X>1</X>", false),
        ("K absent", "<X>1</X>", true), ("K absent", "<X>1</X><K/>", false),
        ("K = A", "<X>1</X><K>A</K>", true), ("K = A", "<X>1</X><K>B</K>", false),
        ("K in A|B", "<X>1</X><K>C</K><K>B</K>", true), ("not K in A|B", "<X>1</X><K>C</K><K>B</K>", false),
        ("K starts ab", "<K>abc</K><X>1</X>", true), ("K = A and L = B", "<K>A</K><L>C</L><X>1</X>", false),
        ("K = A or L = B", "<K>C</K><L>B</L><X>1</X>", true), ("/K = A or L = B", "<K>C</K><L>C</L><X>1</X>", false),
    ])
    func aRuleHoldsWhereItsConditionDoes(_ when: String, _ body: String, _ holds: Bool) throws {
        #expect(try rules(["A; *; X; is 2; \(when)"], body) == (holds ? ["A"] : []))
        #expect(try rules(["A; *; X; absent; \(when)"], body) == (holds ? ["A"] : []))
        #expect(try rules(["A; *; Z; present; \(when)"], body) == (holds ? ["A"] : []))
    }

    @Test func conditionsBelongToTheirScope() throws {
        let rule = "A; *; S:X; is 2; K = A"
        #expect(try rules([rule], "<S><X>1</X><K>B</K></S><S><K>A</K><X>2</X></S>") == [])
        #expect(try rules([rule], "<S><X>1</X><K>B</K></S><S><K>A</K><X>1</X></S>") == ["A"])
    }

    @Test(arguments: [
        ("2026-03-01", "2026-02-28", false), ("2026-03-01", "2026-03-01", true), ("2026-03-01", "2099-01-01", true),
        ("..2026-03-01", "2026-03-01", true), ("..2026-03-01", "2026-03-02", false),
        ("2026-03-01..2026-03-31", "2026-03-31", true), ("2026-03-01..2026-03-31", "2026-04-01", false),
    ])
    func aRuleHoldsOnItsDays(_ since: String, _ day: String, _ holds: Bool) throws {
        let rules = try rules(["A; *; X; is 2; -; warn; \(since)"], "<X>1</X>", CivilDate(day)!)
        #expect(rules == (holds ? ["A"] : []))
    }

    @Test func anEmptyElementIsAText() throws {
        #expect(try rules(["A; *; X; is 2"], "<X/>") == ["A"])
        #expect(try rules(["A; *; X; is 2"], "<Y/>") == [])
    }
}

import FormatXML
import Testing

@Suite struct XMLReaderTests {
    @Test func givesElementsAttributesAndWholeText() throws {
        let lines = try events(of: "<a x='1' y=\"&lt;&amp;&#38;\"><b>hello</b><c/></a>")
        #expect(lines == ["<a x=1 y=<&&", "<b", "'hello'", ">b", "<c", ">c", ">a"])
    }

    @Test func commentsInstructionsAndCDATADoNotSplitAnAmount() throws {
        for amount in [
            "1<!--x-->00.00", "1<?x y?>00.00", "1<![CDATA[00.00]]>", "1&#48;0<![CDATA[]]>.00", "<!--1-->100.00",
        ] {
            #expect(try events(of: "<a>\(amount)</a>") == ["<a", "'100.00'", ">a"], "\(amount)")
        }
    }

    @Test func spaceIsGivenInLeavesOnly() throws {
        #expect(
            try events(of: "<a>\n  <b> x </b>\n <c> </c>\n</a>\n")
                == ["<a", "<b", "' x '", ">b", "<c", "' '", ">c", ">a"])
    }

    @Test func mixedContentKeepsItsPieces() throws {
        #expect(try events(of: "<a>one<b/>two</a>") == ["<a", "'one'", "<b", ">b", "'two'", ">a"])
    }

    @Test func prefixedAndDefaultNamespacesReadAlike() throws {
        let plain = try events(of: "<Document xmlns='urn:x'><A>1</A></Document>")
        let prefixed = try events(of: "<n1:Document xmlns:n1='urn:x'><n1:A>1</n1:A></n1:Document>")
        #expect(plain == prefixed)
        #expect(plain.first == "<{urn:x}Document")
    }

    @Test func namespacesBoundOnAnOuterElementHold() throws {
        let lines = try events(of: "<w:W xmlns:w='urn:w' xmlns:d='urn:d'><w:B><d:Document d:k='v'/></w:B></w:W>")
        #expect(lines.contains("<{urn:d}Document {urn:d}k=v"))
    }

    @Test func anAttributeIsFoundByItsPlainName() throws {
        struct Currency: XMLSink {
            var found: String?
            mutating func start(_ name: XMLName, attributes: XMLAttributes, at position: XMLPosition) -> XMLFlow {
                if case "Amt" = name, name.isIn("urn:x") { found = attributes.value("Ccy").map { String(xml: $0) } }
                return .next
            }
        }
        var sink = Currency()
        try XMLReader().read(Array("<a xmlns='urn:x'><Amt z='1' Ccy='EUR'>1</Amt></a>".utf8), into: &sink)
        #expect(sink.found == "EUR")
    }

    @Test func positionsAreThoseOfTheTag() throws {
        var recorder = Recorder()
        try XMLReader().read(Array("<a>\n  <b/>\n\n<c>x</c></a>".utf8), into: &recorder)
        #expect(recorder.positions.map(\.line) == [1, 2, 4])
        #expect(recorder.positions[1].column > 2)
    }

    @Test func everyEncodingThatIsAllowedReadsAlike() throws {
        let wanted = ["<a", "'Zoë €'", ">a"]
        let body = "<a>Zoë €</a>"
        #expect(try events(of: body) == wanted)
        #expect(try events(of: [0xEF, 0xBB, 0xBF] + Array(body.utf8)) == wanted)
        let declared = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + body
        #expect(try events(of: utf16(declared)) == wanted)
        #expect(try events(of: utf16(declared, littleEndian: false)) == wanted)
        #expect(try events(of: utf16(body)) == wanted)
        let latin = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>Zo".utf8) + [0xEB] + Array("</a>".utf8)
        #expect(try events(of: latin) == ["<a", "'Zoë'", ">a"])
    }

    @Test func lineEndsAreNormalised() throws {
        #expect(try events(of: "<a>1\r\n2\r3&#13;</a>") == ["<a", "'1\n2\n3\r'", ">a"])
    }

    @Test func aSinkCanStopOrRefuse() throws {
        let document = Array("<a><b/><c/></a>".utf8)
        var stopping = Recorder(stopAt: "b")
        try XMLReader().read(document, into: &stopping)
        #expect(stopping.lines == ["<a", "<b"])
        var refusing = Recorder(refuseAt: "c")
        let error = #expect(throws: XMLError.self) { try XMLReader().read(document, into: &refusing) }
        #expect(error?.reason == .refused)
        #expect(error?.text == "not for us")
        #expect(error?.path == "/a/c")
    }

    @Test func aSecondRootIsReadOnlyWhereItIsAllowed() throws {
        let pair = "<H>1</H>\n<?xml version=\"1.0\"?>\n<D>2</D>"
        #expect(refusal(of: pair)?.reason == .malformed)
        #expect(try events(of: pair, limits: XMLLimits(roots: 2)) == ["<H", "'1'", ">H", "<D", "'2'", ">D"])
        #expect(refusal(of: "<H/><D/><E/>", limits: XMLLimits(roots: 2))?.reason == .malformed)
    }

    @Test func theSecondRootIsPlacedInTheWholeDocument() throws {
        var recorder = Recorder()
        let reader = XMLReader(limits: XMLLimits(roots: 2))
        try reader.read(Array("<H>\n</H>\n\n<D><x/></D>".utf8), into: &recorder)
        #expect(recorder.positions.map(\.line) == [1, 4, 4])
        let broken = refusal(of: "<H>\n</H>\n<D>\n<x></D>", limits: XMLLimits(roots: 2))
        #expect(broken?.line == 4)
    }

    @Test func oneReaderServesManyTasks() async throws {
        let document = Array("<a><b>text</b></a>".utf8)
        let bad = Array("<a><b>text</a>".utf8)
        let results = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    if index % 3 == 0 { return refusal(of: bad)?.reason == .malformed }
                    return (try? events(of: document)) == ["<a", "<b", "'text'", ">b", ">a"]
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(results.count == 200 && results.allSatisfy { $0 })
    }
}

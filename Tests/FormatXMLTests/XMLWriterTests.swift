import FormatXML
import Testing

@Suite struct XMLWriterTests {
    private func text(_ writer: XMLWriter) -> String { String(decoding: writer.bytes, as: UTF8.self) }

    @Test func writesADocument() throws {
        var writer = XMLWriter()
        writer.declaration()
        try writer.start("Document")
        try writer.namespace("urn:x")
        try writer.start("Amt")
        try writer.attribute("Ccy", "EUR")
        try writer.text("1.00")
        writer.end()
        try writer.element("Nm", "A & B")
        try writer.start("Empty")
        writer.end()
        writer.end()
        #expect(writer.depth == 0)
        #expect(
            text(writer) == """
                <?xml version="1.0" encoding="UTF-8"?>
                <Document xmlns="urn:x"><Amt Ccy="EUR">1.00</Amt><Nm>A &amp; B</Nm><Empty/></Document>
                """)
    }

    @Test func prefixesAreTheCallers() throws {
        var writer = XMLWriter(indent: 2)
        try writer.start("Message")
        try writer.namespace("urn:tch")
        try writer.namespace("urn:ct", prefix: "ct")
        try writer.start(prefix: "ct", "GrpHdr")
        try writer.element("ct:MsgId", "1")
        writer.end()
        writer.end()
        #expect(
            text(writer) == """
                <Message xmlns="urn:tch" xmlns:ct="urn:ct">
                  <ct:GrpHdr>
                    <ct:MsgId>1</ct:MsgId>
                  </ct:GrpHdr>
                </Message>
                """)
    }

    @Test func whatIsWrittenReadsBackExactly() throws {
        let hard = "a<b>&\"'\r\n\t]]> é€😀 \u{85}\u{FFFD} "
        var writer = XMLWriter()
        try writer.start("a")
        try writer.attribute("v", hard)
        try writer.text(hard)
        writer.end()
        #expect(try events(of: writer.bytes) == ["<a v=\(hard)", "'\(hard)'", ">a"])
        var again = XMLWriter()
        try again.start("a")
        try again.attribute("v", hard)
        try again.text(Array(hard.utf8))
        again.end()
        #expect(again.bytes == writer.bytes)
    }

    @Test func aMarkupTextCannotAddMarkup() throws {
        var writer = XMLWriter()
        try writer.element("a", "</a><b x='1'/>")
        #expect(try events(of: writer.bytes) == ["<a", "'</a><b x='1'/>'", ">a"])
    }

    @Test func charactersThatXMLCannotHoldAreErrors() throws {
        for (value, scalar) in [("a\u{0}", 0), ("a\u{1B}", 0x1B), ("a\u{FFFE}", 0xFFFE), ("a\u{FFFF}", 0xFFFF)] {
            var writer = XMLWriter()
            try writer.start("a")
            let error = #expect(throws: XMLWriteError.self) { try writer.text(value) }
            #expect(error == .illegalCharacter(scalar: UInt32(scalar), offset: 1))
        }
    }

    @Test func bytesThatAreNotUTF8AreErrors() throws {
        let wrong: [[UInt8]] = [
            [0x61, 0xC0, 0xAF], [0x61, 0xED, 0xA0, 0x80], [0x61, 0xF5, 0x80, 0x80, 0x80], [0x61, 0xE2, 0x82],
            [0x61, 0x80],
            [0x61, 0xE0, 0x80, 0x80], [0x61, 0xF4, 0x90, 0x80, 0x80],
        ]
        for bytes in wrong {
            var writer = XMLWriter()
            try writer.start("a")
            #expect(throws: XMLWriteError.invalidUTF8(offset: 1)) { try writer.text(bytes) }
        }
    }

    @Test func namesThatWouldBreakTheDocumentAreErrors() throws {
        for name in ["", "a b", "a>", "1a", "a:", ":a", "a:b:c", "a\"", "-a", "a/"] {
            var writer = XMLWriter()
            try writer.start("root")
            #expect(throws: XMLWriteError.illegalName(name)) { try writer.start(name) }
            try writer.element("ok", "1")
            writer.end()
            #expect(text(writer) == "<root><ok>1</ok></root>", "\(name)")
        }
    }

    @Test func keptPiecesAreWrittenAsTheyAre() throws {
        var writer = XMLWriter()
        try writer.start("a")
        writer.raw(Array("<b>1</b>".utf8))
        writer.end()
        #expect(text(writer) == "<a><b>1</b></a>")
    }
}

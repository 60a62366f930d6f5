import FormatXML
import Testing

/// What a hostile document may try, and how it is refused.
@Suite struct XMLSafetyTests {
    static let laughs = """
        <!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
        <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>
        """

    @Test(arguments: [
        "<!DOCTYPE a><a/>",
        "<?xml version='1.0'?><!--x--><!DOCTYPE a []><a/>",
        "<!DOCTYPE a SYSTEM 'file:///etc/hostname'><a/>",
        "<!DOCTYPE a PUBLIC 'x' 'http://127.0.0.1:1/x.dtd'><a/>",
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><a>&e;</a>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/x'> %p;]><a/>",
        "<!DOCTYPE a [<!ATTLIST a x CDATA 'injected'>]><a/>",
        laughs,
    ])
    func everyDoctypeIsRefusedInEveryEncoding(_ document: String) {
        let utf8 = Array(document.utf8)
        for bytes in [utf8, [0xEF, 0xBB, 0xBF] + utf8, utf16(document), utf16(document, littleEndian: false)] {
            let error = refusal(of: bytes)
            #expect(error?.reason == .doctype)
            #expect((error?.line ?? 0) >= 1)
        }
    }

    @Test func noEventComesOutOfADocumentWithADoctype() {
        var recorder = Recorder()
        _ = try? XMLReader().read(Array(Self.laughs.utf8), into: &recorder)
        #expect(recorder.lines.isEmpty)
    }

    @Test func entitiesThatNobodyDeclaredAreErrors() {
        #expect(refusal(of: "<a>&x;</a>")?.reason == .malformed)
        #expect(refusal(of: "<a b='&x;'/>")?.reason == .malformed)
    }

    @Test func schemaLocationsAndStylesheetsAreNeverFollowed() throws {
        let document = """
            <?xml-stylesheet href="http://127.0.0.1:1/x.xsl"?>
            <a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                xsi:schemaLocation="urn:x http://127.0.0.1:1/x.xsd"/>
            """
        #expect(try events(of: document).count == 2)
    }

    @Test func inclusionsAreElementsLikeAnyOther() throws {
        let document = """
            <a><x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/></a>
            """
        #expect(
            try events(of: document) == [
                "<a", "<{http://www.w3.org/2001/XInclude}include href=file:///etc/hostname parse=text",
                ">{http://www.w3.org/2001/XInclude}include", ">a",
            ])
    }

    /// libxml2 looks ahead ten megabytes and no further: where all is there, nothing is looked ahead for.
    @Test func aDocumentOfManyMegabytesIsReadToItsEnd() throws {
        let piece = String(repeating: "0123456789", count: 100_000)
        let last = String(repeating: "z", count: 600)
        let pieces = String(repeating: "<b>\(piece)</b>", count: 11)
        for head in ["", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"] {
            let lines = try events(
                of: "\(head)<a>\(pieces)<c>\(last)</c></a>", limits: XMLLimits(documentBytes: 20_000_000))
            #expect(lines.count == 2 + 12 * 3)
            #expect(lines.suffix(4) == ["<c", "'\(last)'", ">c", ">a"])
        }
    }

    @Test func aTextOfTenMegabytesIsRefusedWhereItStands() {
        let text = "<a>\n  <b>" + String(repeating: "0123456789", count: 1_000_000) + "</b></a>"
        #expect(refusal(of: text)?.reason == .documentTooLarge)
        let error = refusal(of: text, limits: XMLLimits(documentBytes: 20_000_000))
        #expect(error?.reason == .textTooLong)
        #expect(error?.line == 2)
        #expect((error?.column ?? 0) > 5)
        #expect(error?.path == "/a/b")
        var recorder = Recorder()
        var given = 0
        let bytes = Array(text.utf8)
        let stream = XMLStream { memory in
            let count = min(memory.count, bytes.count - given)
            memory.copyBytes(from: bytes[given..<given + count])
            given += count
            return count
        }
        let streamed = #expect(throws: XMLError.self) { try XMLReader().read(stream: stream, into: &recorder) }
        #expect(streamed?.reason == .textTooLong)
        // It was refused after the limit, not after the text.
        #expect(given < 3_000_000)
    }

    @Test func sizeIsHeldBeforeTheParserStarts() {
        let error = refusal(of: "<a>0123456789</a>", limits: XMLLimits(documentBytes: 10))
        #expect(error?.reason == .documentTooLarge)
        #expect(refusal(of: "")?.reason == .empty)
    }

    @Test func depthIsHeld() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(refusal(of: nested(128)) == nil)
        #expect(refusal(of: nested(129))?.reason == .tooDeep)
        #expect(refusal(of: nested(100_000), limits: XMLLimits(depth: 10_000))?.reason == .tooDeep)
    }

    @Test func textIsHeldHoweverItIsCut() {
        let limits = XMLLimits(textBytes: 1000)
        #expect(refusal(of: "<a>\(String(repeating: "x", count: 1000))</a>", limits: limits) == nil)
        #expect(refusal(of: "<a>\(String(repeating: "x", count: 1001))</a>", limits: limits)?.reason == .textTooLong)
        #expect(
            refusal(of: "<a>\(String(repeating: "&amp;", count: 1001))</a>", limits: limits)?.reason == .textTooLong)
        let sections = String(repeating: "<![CDATA[xx]]><!-- -->", count: 501)
        #expect(refusal(of: "<a>\(sections)</a>", limits: limits)?.reason == .textTooLong)
        #expect(refusal(of: "<a b='\(String(repeating: "x", count: 1001))'/>", limits: limits)?.reason == .textTooLong)
    }

    @Test func elementsAttributesAndNamespacesAreHeld() {
        let many = "<a>" + String(repeating: "<b/>", count: 100) + "</a>"
        #expect(refusal(of: many, limits: XMLLimits(elements: 101)) == nil)
        #expect(refusal(of: many, limits: XMLLimits(elements: 100))?.reason == .tooManyElements)
        func attributes(_ count: Int) -> String {
            "<a " + (0..<count).map { "a\($0)='x>y'" }.joined(separator: " ") + "/>"
        }
        #expect(refusal(of: attributes(128)) == nil)
        #expect(refusal(of: attributes(129))?.reason == .tooManyAttributes)
        // Quadratic work inside the C library unless it is refused before.
        #expect(refusal(of: attributes(300_000))?.reason == .tooManyAttributes)
        let huge = "<?xml version='1.0' encoding='UTF-16'?>" + attributes(100_000)
        #expect(refusal(of: utf16(huge))?.reason == .tooManyAttributes)
        #expect(refusal(of: utf16(huge, littleEndian: false))?.reason == .tooManyAttributes)
        let scopes = (0..<10).map { level in
            "<a " + (0..<30).map { "xmlns:p\(level)_\($0)='urn:\(level):\($0)'" }.joined(separator: " ") + ">"
        }
        #expect(refusal(of: scopes.joined() + String(repeating: "</a>", count: 10))?.reason == .tooManyNamespaces)
    }

    @Test func differentNamesAreHeld() {
        let names = (0..<30_000).map { "<n\($0)/>" }.joined()
        #expect(refusal(of: "<a>\(names)</a>")?.reason == .tooManyNames)
        #expect(refusal(of: "<a>\(names)</a>", limits: XMLLimits(names: 40_000)) == nil)
    }

    @Test func aDocumentFullOfErrorsEndsAtTheFirst() {
        let limits = XMLLimits(documentBytes: 20_000_000)
        for wrong in ["&x;", "<", "\u{1}", "]]>", "<p:b/>"] {
            let error = refusal(of: "<a>" + String(repeating: wrong, count: 2_000_000) + "</a>", limits: limits)
            #expect(error?.reason == .malformed)
            #expect(error?.line == 1)
        }
    }

    @Test func longTextWithEqualsSignsIsNoTag() throws {
        let text = String(repeating: "a=b ", count: 20_000)
        #expect(try events(of: "<a>\(text)</a>") == ["<a", "'\(text)'", ">a"])
    }

    @Test(arguments: [
        "<a><b></a>", "<a>", "<a><b>", "<a></b>", "<a b=c/>", "<a b='1' b='2'/>", "<a>&#1;</a>", "<a>\u{1}</a>",
        "<p:a/>",
        "<a/><b/>", "<a/>x", "x<a/>", "<a>]]></a>", "<a b='<'/>", "<a", "<!-- -- --><a/>", " <?xml version='1.0'?><a/>",
    ])
    func whatIsNotWellFormedIsRefusedWithItsPlace(_ document: String) {
        let error = refusal(of: document)
        #expect(error?.reason == .malformed)
        #expect(error?.line == 1)
        #expect(error?.text.isEmpty == false)
        #expect(error?.text.contains("\n") == false)
    }

    @Test func aCutDocumentNamesTheOpenElement() {
        let error = refusal(of: "<Document>\n<A>\n<B>1</B>\n<B>2")
        #expect(error?.reason == .malformed)
        #expect(error?.line == 4)
        #expect(error?.path == "/Document/A/B[2]")
    }

    @Test func wronglyEncodedBytesAreErrors() {
        #expect(refusal(of: Array("<a>Zo".utf8) + [0xEB] + Array("</a>".utf8))?.reason == .invalidEncoding)
        #expect(refusal(of: Array("<a>".utf8) + [0xC0, 0xAF] + Array("</a>".utf8)) != nil)
        #expect(refusal(of: Array("<a>".utf8) + [0xED, 0xA0, 0x80] + Array("</a>".utf8)) != nil)
        let half = utf16("<a>x</a>")[..<10] + [0x00, 0xD8] + utf16("</a>", mark: false)
        #expect(refusal(of: Array(half)) != nil)
        #expect(refusal(of: Array(utf16("<a>x</a>")[..<17])) != nil)
    }

    @Test(arguments: ["UTF-7", "UTF-32", "IBM037", "windows-1252", "ISO-8859-15", "GB18030", "nonsense"])
    func otherEncodingsAreRefused(_ name: String) {
        let error = refusal(of: "<?xml version='1.0' encoding='\(name)'?><a/>")
        #expect(error?.reason == .encodingNotAllowed || error?.reason == .invalidEncoding)
    }

    @Test func encodingsThatContradictTheBytesAreRefused() {
        let latin = "<?xml version='1.0' encoding='ISO-8859-1'?><a/>"
        #expect(refusal(of: [0xEF, 0xBB, 0xBF] + Array(latin.utf8))?.reason == .encodingContradicted)
        #expect(refusal(of: utf16(latin)) != nil)
        #expect(refusal(of: utf16("<?xml version='1.0' encoding='UTF-8'?><a/>"))?.reason == .encodingContradicted)
        #expect(refusal(of: "<?xml version='1.0' encoding='UTF-16'?><a/>") != nil)
        #expect(refusal(of: [0x4C, 0x6F, 0xA7, 0x94, 0x93])?.reason == .encodingNotAllowed)
        #expect(refusal(of: [0, 0, 0, 0x3C, 0, 0, 0, 0x61])?.reason == .encodingNotAllowed)
    }

    @Test func policyRulesOverEncodings() {
        let strict = XMLLimits(encodings: .utf8)
        #expect(refusal(of: "<a/>", limits: strict) == nil)
        #expect(refusal(of: utf16("<a/>"), limits: strict)?.reason == .encodingNotAllowed)
        let latin = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a/>".utf8)
        #expect(refusal(of: latin, limits: strict)?.reason == .encodingNotAllowed)
        #expect(refusal(of: "<a/>", limits: XMLLimits(encodings: .utf16))?.reason == .encodingNotAllowed)
    }

    @Test func everyPrefixOfADocumentIsRefusedAndNothingBreaks() throws {
        let document = Array("<?xml version='1.0'?><a x='&lt;1'><!--c--><b>t<![CDATA[u]]>&amp;</b><?p i?><c/></a>".utf8)
        #expect(refusal(of: document) == nil)
        for length in 0..<document.count {
            #expect(refusal(of: Array(document[..<length])) != nil, "\(length)")
        }
    }

    @Test func bytesChangedAtRandomNeverBreakTheReader() {
        let document = Array("<?xml version='1.0'?><a x='1'><b>t<![CDATA[u]]>&amp;é</b><c xmlns='urn:c'/></a>".utf8)
        var state: UInt64 = 42
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        var read = 0
        for _ in 0..<5000 {
            var changed = document
            for _ in 0...next() % 3 { changed[next() % changed.count] = UInt8(truncatingIfNeeded: next()) }
            if refusal(of: changed) == nil { read += 1 }
        }
        #expect(read > 0 && read < 5000)
        #expect(refusal(of: document) == nil)
    }
}

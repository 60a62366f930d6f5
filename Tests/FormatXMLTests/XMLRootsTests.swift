import FormatXML
import Testing

/// Files of more than one root.
@Suite struct XMLRootsTests {
    private let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

    @Test func wholeDocumentsOneAfterAnotherAreRead() throws {
        let one = declaration + "<Document>1</Document>"
        for between in ["", "\n", " \r\n\t\n"] {
            let text = (0..<5).map { _ in one }.joined(separator: between)
            let lines = try events(of: text, limits: .file)
            #expect(lines.filter { $0 == "'1'" }.count == 5)
        }
        #expect(refusal(of: one + one)?.reason == .malformed)
    }

    @Test func aBareMessageMayNotHideBehindItsLike() {
        for name in ["Document", "AppHdr"] {
            let hidden = refusal(of: "<\(name)>1</\(name)>\n<\(name)>2</\(name)>", limits: .file)
            #expect(hidden?.reason == .malformed)
            #expect(hidden?.line == 2)
            #expect(hidden?.text.contains("a second \(name)") == true)
        }
    }

    @Test func headersAndMessagesAndEnvelopesMayFollowOneAnother() throws {
        let pairs = "<AppHdr>1</AppHdr><Document>2</Document><AppHdr>3</AppHdr>\n<Document>4</Document>"
        #expect(try events(of: pairs, limits: .file).filter { $0.hasPrefix("'") } == ["'1'", "'2'", "'3'", "'4'"])
        let envelopes = "<BusMsg>1</BusMsg><BusMsg>2</BusMsg>"
        #expect(try events(of: envelopes, limits: .file).filter { $0.hasPrefix("'") } == ["'1'", "'2'"])
    }

    @Test func marksAndEncodingsOfEachAreItsOwn() throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let utf8 = mark + Array((declaration + "<Document>€</Document>").utf8)
        #expect(try events(of: utf8 + utf8, limits: .file).filter { $0 == "'€'" }.count == 2)
        let latin =
            Array("<?xml version='1.0' encoding='ISO-8859-1'?><Document>Zo".utf8) + [0xEB]
            + Array("</Document>".utf8)
        #expect(try events(of: utf8 + latin + latin, limits: .file).filter { $0 == "'Zoë'" }.count == 2)
        let strict = XMLLimits(roots: 10, encodings: .strict)
        #expect(refusal(of: utf8 + latin, limits: strict)?.reason == .encodingNotAllowed)
    }

    @Test(arguments: [true, false]) func rootsOfUTF16FollowWithAndWithoutAMark(littleEndian: Bool) throws {
        let one = "<?xml version='1.0' encoding='UTF-16'?><Document>€</Document>"
        for marks in [true, false] {
            let bytes =
                utf16(one, littleEndian: littleEndian) + utf16("\n", littleEndian: littleEndian, mark: false)
                + utf16(one, littleEndian: littleEndian, mark: marks)
            let lines = try events(of: bytes, limits: .file)
            #expect(lines.filter { $0 == "'€'" }.count == 2)
        }
        let pair = utf16("<H>1</H><D>2</D>", littleEndian: littleEndian)
        #expect(try events(of: pair, limits: .file) == ["<H", "'1'", ">H", "<D", "'2'", ">D"])
    }

    @Test func placesAreThoseOfTheWholeFile() {
        let text = "\(declaration)<Document>\n</Document>\n\(declaration)<Document>\n  <x></Document>"
        let error = refusal(of: text, limits: .file)
        #expect(error?.line == 6)
        #expect(error?.path == "/Document/x")
        let sideBySide = refusal(of: "<H></H>  <D>&x;</D>", limits: .file)
        #expect(sideBySide?.line == 1)
        #expect((sideBySide?.column ?? 0) > 12)
    }

    @Test(arguments: ["text", "<", "</Document>", "<!DOCTYPE a><Document/>", "&amp;", "\u{0}"])
    func nothingElseMayFollow(rest: String) {
        for first in ["<Document>1</Document>", "<Document>1</Document>\n"] {
            for limits in [XMLLimits.standard, .file] {
                let error = refusal(of: first + rest, limits: limits)
                #expect(error != nil)
                #expect((error?.line ?? 0) > 0)
            }
        }
    }

    @Test func thereAreNoMoreRootsThanAllowed() throws {
        let one = declaration + "<Document/>"
        let many = String(repeating: one, count: 1000)
        #expect(try events(of: many, limits: .file).count == 2000)
        #expect(refusal(of: many + one, limits: .file)?.reason == .malformed)
    }

    @Test func aSmugglerBetweenTwoRootsIsSeen() {
        let hidden =
            "<Document>1</Document><?xml version='1.0'?><!DOCTYPE Document SYSTEM 'file:///etc/hostname'>"
            + "<Document>&x;</Document>"
        #expect(refusal(of: hidden, limits: .file)?.reason == .doctype)
    }
}

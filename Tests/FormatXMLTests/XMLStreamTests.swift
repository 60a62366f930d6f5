import FormatXML
import FoundationEssentials
import Testing

/// Files that are never in memory as a whole.
@Suite struct XMLStreamTests {
    static let namespace = "urn:iso:std:iso:20022:tech:xsd:test.001.001.01"
    static let folder = XMLSchemaFolder(files: [
        "test.001.001.01.xsd": Array(
            """
            <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="\(namespace)" targetNamespace="\(namespace)"
                elementFormDefault="qualified">
              <xs:element name="Document"><xs:complexType><xs:sequence>
                <xs:element name="Hdr" type="xs:string"/>
                <xs:element name="Tx" maxOccurs="unbounded"><xs:complexType><xs:sequence>
                  <xs:element name="Id" type="xs:int"/><xs:element name="Nm" type="xs:string" maxOccurs="3"/>
                </xs:sequence></xs:complexType></xs:element>
              </xs:sequence></xs:complexType></xs:element>
            </xs:schema>
            """.utf8)
    ])

    /// Gives bytes in pieces of a size.
    private func pieces(_ bytes: [UInt8], of size: Int) -> XMLStream {
        var given = 0
        return XMLStream { memory in
            let count = min(size, memory.count, bytes.count - given)
            memory.copyBytes(from: bytes[given..<given + count])
            given += count
            return count
        }
    }

    private func refusal(
        of stream: XMLStream, limits: XMLLimits = .standard, items: [String] = [], validation: XMLValidation = .none
    ) -> XMLError? {
        var recorder = Recorder()
        do throws(XMLError) {
            try XMLReader(limits: limits).read(stream: stream, items: items, validation: validation, into: &recorder)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [1, 2, 3, 7, 100, 5000]) func piecesOfAnySizeReadAlike(size: Int) throws {
        let body = "<a x='1'>\n<b>Zoë € &amp; &#65;<![CDATA[<x>]]></b><!-- < --><c xmlns='urn:c'/></a>"
        let texts: [[UInt8]] = [
            Array(body.utf8), [0xEF, 0xBB, 0xBF] + Array("<?xml version='1.0'?>\(body)".utf8), utf16(body),
            utf16("<?xml version='1.0' encoding='UTF-16'?>\(body)", littleEndian: false),
            Array("<?xml version='1.0'?>\(body)<?xml version='1.0'?>\n\(body)".utf8),
        ]
        for bytes in texts {
            var recorder = Recorder()
            try XMLReader(limits: .file).read(stream: pieces(bytes, of: size), into: &recorder)
            #expect(try events(of: bytes, limits: .file) == recorder.lines)
        }
    }

    @Test func faultsAreThoseOfMemory() {
        for text in ["", "<a>", "<a></b>", "x", "<a b='1' b='2'/>", "<!DOCTYPE a><a/>", "<a>&x;</a>", "<a/><b"] {
            let streamed = refusal(of: pieces(Array(text.utf8), of: 3), limits: .file)
            let inMemory = FormatXMLTests.refusal(of: Array(text.utf8), limits: .file)
            #expect(streamed?.reason == inMemory?.reason)
            #expect(streamed?.position == inMemory?.position)
            #expect(streamed != nil)
        }
    }

    @Test func theWholeHasALimitOfItsOwn() {
        let text = Array("<a>\(String(repeating: "<b>0123456789</b>", count: 1000))</a>".utf8)
        #expect(refusal(of: pieces(text, of: 999), limits: XMLLimits(documentBytes: 10, elements: 3)) == nil)
        let error = refusal(of: pieces(text, of: 999), limits: XMLLimits(fileBytes: text.count - 1))
        #expect(error?.reason == .documentTooLarge)
        #expect(error?.text.contains("\(text.count - 1)") == true)
        #expect(refusal(of: pieces(text, of: 999), limits: XMLLimits(fileBytes: text.count)) == nil)
    }

    @Test func eachItemIsLimitedAndNotTheirNumber() {
        let item = "<Tx><Id>1</Id><Nm>x</Nm></Tx>"
        let many = Array("<D><H>1</H>\(String(repeating: item, count: 5000))<F/></D>".utf8)
        let limits = XMLLimits(itemBytes: 200, itemElements: 5)
        #expect(refusal(of: pieces(many, of: 4096), limits: limits, items: ["Tx"]) == nil)
        // One that is too large, by bytes and by elements, and too much between two.
        let long = Array("<D>\(item)<Tx>\n<Nm>\(String(repeating: "x", count: 300))</Nm></Tx></D>".utf8)
        let error = refusal(of: pieces(long, of: 4096), limits: limits, items: ["Tx"])
        #expect(error?.reason == .itemTooLarge)
        #expect(error?.line == 2)
        let wide = Array("<D><Tx>\(String(repeating: "<Id/>", count: 6))</Tx></D>".utf8)
        #expect(refusal(of: pieces(wide, of: 4096), limits: limits, items: ["Tx"])?.reason == .itemTooLarge)
        let between = Array("<D>\(String(repeating: "<Id/>", count: 6))\(item)</D>".utf8)
        #expect(refusal(of: pieces(between, of: 4096), limits: limits, items: ["Tx"])?.reason == .itemTooLarge)
    }

    @Test func withoutNamesEveryRootIsAnItem() {
        let one = "<?xml version='1.0'?><D>\(String(repeating: "<x/>", count: 8))</D>"
        let limits = XMLLimits(roots: 50, itemElements: 9)
        #expect(refusal(of: pieces(Array(String(repeating: one, count: 20).utf8), of: 64), limits: limits) == nil)
        let larger = "<D>\(String(repeating: "<x/>", count: 10))</D>"
        #expect(refusal(of: pieces(Array(larger.utf8), of: 64), limits: limits)?.reason == .itemTooLarge)
    }

    @Test func aTagOfVeryManyAttributesEndsEarly() {
        let tag = "<a " + (0..<300_000).map { "a\($0)='x>y'" }.joined(separator: " ") + "/>"
        for bytes in [Array(tag.utf8), utf16(tag)] {
            #expect(refusal(of: pieces(bytes, of: 10_000))?.reason == .tooManyAttributes)
        }
        let comment = "<a><!-- \(String(repeating: "b='c' ", count: 10_000))--></a>"
        #expect(refusal(of: pieces(Array(comment.utf8), of: 10_000)) == nil)
    }

    @Test func aStreamThatBreaksOffIsNotTheDocumentsFault() {
        var isFirst = true
        let stream = XMLStream { memory in
            guard isFirst else { return -1 }
            isFirst = false
            memory.copyBytes(from: Array("<a><b>".utf8))
            return 6
        }
        #expect(refusal(of: stream)?.reason == .unreadable)
        #expect(XMLStream(file: "/nowhere/at/all.xml") == nil)
        #expect(XMLStream(file: "/tmp") == nil)
    }

    /// Takes what it hears and keeps nothing; looks at the memory of the process now and then.
    private struct Watch: XMLSink {
        var items = 0
        var greatest = 0

        mutating func end(_ name: XMLName) -> XMLFlow {
            guard case "Tx" = name else { return .next }
            items += 1
            if items % 10_000 == 0 { greatest = max(greatest, Watch.resident()) }
            return .next
        }

        /// Kilobytes of memory that the process has.
        static func resident() -> Int {
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
            return Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0
        }
    }

    @Test func aLargeFileIsReadAndValidatedInLittleMemory() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "interlock-stream-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        let count = 200_000
        var data = Data("<?xml version=\"1.0\"?><Document xmlns=\"\(Self.namespace)\"><Hdr>h</Hdr>".utf8)
        for number in 0..<count {
            data.append(
                contentsOf: "<Tx><Id>\(number)</Id><Nm>\(String(repeating: "name ", count: 14))</Nm></Tx>\n".utf8)
        }
        data.append(contentsOf: "</Document>".utf8)
        #expect(data.count > 20_000_000)
        try data.write(to: file)
        data = Data()

        let schema = try #require(try Self.folder.schema(namespace: Self.namespace))
        let before = Watch.resident()
        var watch = Watch()
        let stream = try #require(XMLStream(file: file.path))
        let reading = try XMLReader().read(stream: stream, items: ["Tx"], validation: .document(schema), into: &watch)
        #expect(watch.items == count)
        #expect(reading.items == count)
        #expect(reading.validatedParts == 1)
        #expect(watch.greatest - before < 16_384, "\(watch.greatest) kB after \(before) kB")
    }

    @Test func theLastTransactionIsValidatedAsTheFirst() throws {
        let schema = try #require(try Self.folder.schema(namespace: Self.namespace))
        let sound = String(repeating: "<Tx><Id>1</Id><Nm>x</Nm></Tx>\n", count: 50_000)
        let text =
            "<Document xmlns=\"\(Self.namespace)\"><Hdr>h</Hdr>\n\(sound)<Tx><Id>one</Id><Nm>x</Nm></Tx></Document>"
        let error = refusal(of: pieces(Array(text.utf8), of: 65_536), items: ["Tx"], validation: .document(schema))
        #expect(error?.reason == .invalid)
        #expect(error?.line == 50_002)
        #expect(error?.path == "/Document/Tx[50001]/Id")
    }
}

import FormatXML
import FoundationEssentials
import Testing

/// A small schema in two files, the second without a namespace of its own.
enum Order {
    static let namespace = "urn:example:order.001"
    static let main = """
        <?xml version="1.0" encoding="UTF-8"?>
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="\(namespace)" targetNamespace="\(namespace)"
            elementFormDefault="qualified">
          <xs:include schemaLocation="parts.xsd"/>
          <xs:element name="Document" type="Order"/>
          <xs:complexType name="Order">
            <xs:sequence>
              <xs:element name="Id" type="Short"/>
              <xs:element name="Line" type="Line" maxOccurs="unbounded"/>
              <xs:element name="Other" minOccurs="0">
                <xs:complexType><xs:sequence>
                  <xs:any namespace="##any" processContents="lax"/>
                </xs:sequence></xs:complexType>
              </xs:element>
            </xs:sequence>
          </xs:complexType>
        </xs:schema>
        """
    static let parts = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
          <xs:simpleType name="Short">
            <xs:restriction base="xs:string"><xs:minLength value="1"/><xs:maxLength value="5"/></xs:restriction>
          </xs:simpleType>
          <xs:complexType name="Line">
            <xs:sequence><xs:element name="Amt" type="Amount"/></xs:sequence>
          </xs:complexType>
          <xs:complexType name="Amount">
            <xs:simpleContent><xs:extension base="Value"><xs:attribute name="Ccy" type="Code" use="required"/>
            </xs:extension></xs:simpleContent>
          </xs:complexType>
          <xs:simpleType name="Value">
            <xs:restriction base="xs:decimal">
              <xs:fractionDigits value="2"/><xs:minInclusive value="0"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Code">
            <xs:restriction base="xs:string"><xs:pattern value="[A-Z]{3,3}"/></xs:restriction>
          </xs:simpleType>
        </xs:schema>
        """
    static let folder = XMLSchemaFolder(files: [
        "order.001.xsd": Array(main.utf8), "parts.xsd": Array(parts.utf8),
    ])

    static func document(_ lines: String, id: String = "A1") -> String {
        "<Document xmlns=\"\(namespace)\">\n<Id>\(id)</Id>\n\(lines)\n</Document>"
    }

    static let line = "<Line><Amt Ccy=\"EUR\">1.00</Amt></Line>"
    static let good = document(line)

    static func schema() throws -> XMLSchema {
        try #require(try folder.schema(namespace: namespace))
    }
}

@Suite struct XMLSchemaTests {
    private func errors(_ text: String, limits: XMLLimits = .standard) throws -> [XMLSchemaError] {
        refusal(of: Array(text.utf8), limits: limits, validation: .document(try Order.schema()))?.schemaErrors ?? []
    }

    @Test func aSchemaWithAnIncludeCompilesOnceAndValidates() throws {
        let schema = try Order.schema()
        #expect(schema === (try Order.schema()))
        #expect(schema.targetNamespace == Order.namespace)
        #expect(schema.rootNames == ["Document"])
        var recorder = Recorder()
        let reading = try XMLReader().read(Array(Order.good.utf8), validation: .document(schema), into: &recorder)
        #expect(reading.elements == 4 && reading.validatedParts == 1 && reading.roots == 1)
        #expect(recorder.lines.contains("'1.00'"))
    }

    @Test func anErrorSaysWhereAndWhat() throws {
        let found = try errors(Order.document(Order.line + "\n<Line>\n<Amt Ccy=\"EURO\">1.00</Amt></Line>"))
        let error = try #require(found.first)
        #expect(found.count == 1)
        #expect(error.line == 5)
        #expect(error.path == "/Document/Line[2]/Amt/@Ccy")
        #expect(error.rule == .pattern)
        #expect(error.text == "The value 'EURO' is not accepted by the pattern '[A-Z]{3,3}'.")
        #expect(error.description.contains("cvc-pattern-valid"))
    }

    @Test func everyKindOfErrorHasItsRule() throws {
        func first(_ text: String) throws -> (XMLSchemaRule?, String?, Int?) {
            let error = try errors(text).first
            return (error?.rule, error?.path, error?.line)
        }
        #expect(try first(Order.document(Order.line, id: "TOOLONG")) == (.maxLength, "/Document/Id", 2))
        #expect(try first(Order.document(Order.line, id: "")) == (.minLength, "/Document/Id", 2))
        let amount = "/Document/Line/Amt"
        #expect(try first(Order.document("<Line><Amt Ccy='EUR'>1.001</Amt></Line>")) == (.fractionDigits, amount, 3))
        #expect(try first(Order.document("<Line><Amt Ccy='EUR'>-1</Amt></Line>")) == (.minInclusive, amount, 3))
        #expect(try first(Order.document("<Line><Amt Ccy='EUR'>1e2</Amt></Line>")) == (.datatype, amount, 3))
        #expect(try first(Order.document("<Line><Amt>1</Amt></Line>")) == (.attributeMissing, amount, 3))
        #expect(try first(Order.document("<Line><Amt Ccy='EUR' x='1'>1</Amt></Line>")).0 == .attributeNotAllowed)
        #expect(try first(Order.document("<Line/>")) == (.elementContent, "/Document/Line", 3))
        #expect(try first(Order.document("")) == (.elementContent, "/Document", 1))
        #expect(try first(Order.document("<Bad/>")) == (.elementContent, "/Document/Bad", 3))
        #expect(try first(Order.document("stray" + Order.line)).0 == .contentKind)
        #expect(try first("<Other xmlns='\(Order.namespace)'/>") == (.rootUndeclared, "/Other", 1))
        #expect(try first("<Document/>").0 == .rootUndeclared)
    }

    @Test func textCutByCommentsIsValidatedWhole() throws {
        #expect(try errors(Order.document("<Line><Amt Ccy='EUR'>1<!--x-->.<![CDATA[0]]>0</Amt></Line>")).isEmpty)
        #expect(
            try errors(Order.document("<Line><Amt Ccy='EUR'>1.0<!--x-->01</Amt></Line>")).first?.rule == .fractionDigits
        )
    }

    @Test func expectedElementsAreNamedWithoutTheirNamespace() throws {
        let text = try #require(try errors(Order.document("<Bad/>")).first?.text)
        #expect(text == "This element is not expected. Expected is ( Line ).")
    }

    @Test func theNumberOfErrorsIsHeld() throws {
        let many = String(repeating: "<Line><Amt Ccy='eur'>x</Amt></Line>\n", count: 50)
        #expect(try errors(Order.document(many)).count == 10)
        #expect(try errors(Order.document(many), limits: XMLLimits(schemaErrors: 3)).count == 3)
    }

    @Test func aLongOffendingValueIsCut() throws {
        let text = try errors(Order.document(Order.line, id: String(repeating: "é", count: 10_000))).first?.text
        #expect((text?.utf8.count ?? 0) < XMLSchemaError.greatestTextBytes + 10)
    }

    @Test func aSubtreeIsValidatedUnderAnyWrapper() throws {
        let resolve: (String) throws(XMLSchemaFault) -> XMLSchema? = { (namespace) throws(XMLSchemaFault) in
            try Order.folder.schema(namespace: namespace)
        }
        func check(_ text: String) -> (parts: Int?, error: XMLError?) {
            var recorder = Recorder()
            do throws(XMLError) {
                return (
                    try XMLReader().read(Array(text.utf8), validation: .parts(resolve), into: &recorder).validatedParts,
                    nil
                )
            } catch {
                return (nil, error)
            }
        }
        #expect(check("<W><Body a='1'>\(Order.good)</Body><Tail/></W>").parts == 1)
        #expect(check("<W>\(Order.good)\(Order.good)</W>").parts == 2)
        #expect(check("<W/>").parts == 0)
        let bad = check("<W>\n<Body>\(Order.document("<Line/>"))</Body></W>")
        #expect(bad.error?.schemaErrors.first?.path == "/Document/Line")
        #expect(bad.error?.line == 4)
        // Prefixes bound far outside, and a root that the network renamed.
        let inner = "<o:Id>A1</o:Id><o:Line><o:Amt Ccy='EUR'>1</o:Amt></o:Line>"
        #expect(check("<W xmlns:o='\(Order.namespace)'><B><o:Document>\(inner)</o:Document></B></W>").parts == 1)
        #expect(check("<W xmlns='urn:w' xmlns:o='\(Order.namespace)'><Purchase>\(inner)</Purchase></W>").parts == 1)
        let renamed = check("<W xmlns='urn:w' xmlns:o='\(Order.namespace)'><Purchase><o:Id/></Purchase></W>")
        #expect(renamed.error?.schemaErrors.first?.path == "/Purchase/Id")
        #expect(renamed.error?.schemaErrors.last?.path == "/Purchase")
    }

    @Test func aDocumentCannotBringItsOwnSchema() throws {
        let hint = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='urn:other other.xsd'"
        let document = "<Document xmlns='\(Order.namespace)' \(hint)><Id>A</Id>\(Order.line)</Document>"
        #expect(try errors(document).isEmpty)
    }

    @Test func foldersServeOnlyTheirOwnFiles() throws {
        #expect(try Order.folder.schema(file: "../order.001.xsd") == nil)
        #expect(try Order.folder.schema(file: "none.xsd") == nil)
        #expect(try Order.folder.schema(file: "/etc/hostname") == nil)
        #expect(try Order.folder.schema(file: "a/../order.001.xsd") == nil)
        #expect(try Order.folder.schema(namespace: "urn:elsewhere:order.001") == nil)
        #expect(try Order.folder.schema(namespace: "urn:example:components/order.001") == nil)
        let reaching = Order.main.replacing("parts.xsd", with: "/etc/hostname")
        let folder = XMLSchemaFolder(files: ["order.001.xsd": Array(reaching.utf8)])
        let fault = #expect(throws: XMLSchemaFault.self) { try folder.schema(file: "order.001.xsd") }
        #expect(fault?.file == "order.001.xsd")
        #expect(fault?.text.contains("/etc/hostname") == true)
    }

    @Test func aBrokenSchemaIsAFaultAndNotAVerdict() throws {
        let folder = XMLSchemaFolder(files: ["order.001.xsd": Array("<xs:schema".utf8)])
        #expect(throws: XMLSchemaFault.self) { try folder.compileAll(["order.001.xsd"]) }
        #expect(throws: XMLSchemaFault.self) { try folder.compileAll(["missing.xsd"]) }
        let validation = XMLValidation.parts { (namespace) throws(XMLSchemaFault) in
            try folder.schema(namespace: namespace)
        }
        #expect(refusal(of: Array(Order.good.utf8), validation: validation)?.reason == .schemaUnusable)
    }

    @Test func aFolderOnDiskReadsLikeOneInMemory() throws {
        let place = FileManager.default.temporaryDirectory.path + "/format-xml-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        try Data(Order.main.utf8).write(to: URL(filePath: place + "/order.001.xsd"))
        try Data(Order.parts.utf8).write(to: URL(filePath: place + "/parts.xsd"))
        let folder = XMLSchemaFolder(path: place)
        let schema = try #require(try folder.schema(namespace: Order.namespace))
        #expect(refusal(of: Array(Order.good.utf8), validation: .document(schema)) == nil)
        #expect(try folder.schema(file: "absent.xsd") == nil)
    }

    @Test func readingsOfOneSchemaRunSideBySide() async throws {
        let schema = try Order.schema()
        let good = Array(Order.good.utf8)
        let bad = Array(Order.document("<Line><Amt Ccy='x'>y</Amt></Line>").utf8)
        let counts = await withTaskGroup(of: Int.self) { group in
            for index in 0..<300 {
                group.addTask {
                    refusal(of: index % 2 == 0 ? good : bad, validation: .document(schema))?.schemaErrors.count ?? 0
                }
            }
            return await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(counts == [0: 150, 2: 150])
    }

    @Test func aDocumentThatBreaksOffLeavesTheSchemaUsable() throws {
        let schema = try Order.schema()
        for _ in 0..<50 {
            let cut = Array(Order.good.utf8.dropLast(20))
            #expect(refusal(of: cut, validation: .document(schema))?.reason == .malformed)
            #expect(refusal(of: Array(Order.good.utf8), validation: .document(schema)) == nil)
        }
    }
}

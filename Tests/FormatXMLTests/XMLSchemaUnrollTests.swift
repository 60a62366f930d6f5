import FormatXML
import Testing

/// Bounded repetitions: however libxml2 is made to count them, the schema means the same.
@Suite struct XMLSchemaUnrollTests {
    static let namespace = "urn:example:count.001"

    private static func schema(_ particles: String, in group: String = "sequence") -> XMLSchemaFolder {
        XMLSchemaFolder(files: [
            "count.001.xsd": Array(
                """
                <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="\(namespace)"
                    targetNamespace="\(namespace)" elementFormDefault="qualified">
                  <!-- <xs:element name="X" type="xs:string" maxOccurs="3"/> -->
                  <xs:element name="Document"><xs:complexType><xs:\(group)>
                    \(particles)
                  </xs:\(group)></xs:complexType></xs:element>
                </xs:schema>
                """.utf8)
        ])
    }

    /// The errors of a document of these elements.
    private func errors(_ folder: XMLSchemaFolder, _ content: String) throws -> [XMLSchemaError]? {
        let schema = try #require(try folder.schema(namespace: Self.namespace))
        let text = "<Document xmlns=\"\(Self.namespace)\">\(content)</Document>"
        return refusal(of: Array(text.utf8), validation: .document(schema))?.schemaErrors
    }

    @Test(arguments: [(0, 2), (1, 2), (2, 2), (0, 7), (1, 7), (3, 7), (7, 7), (0, 16), (2, 17), (1, 40)])
    func asManyAsAreAllowedAndNoMore(least: Int, most: Int) throws {
        let folder = Self.schema(
            """
            <xs:element name="A" type="xs:string"/>
            <xs:element name="B" type="xs:int" minOccurs="\(least)" maxOccurs="\(most)"/>
            <xs:element name="C" type="xs:string" minOccurs="0"/>
            """)
        for count in 0...most + 1 {
            for last in ["", "<C>c</C>"] {
                let found = try errors(folder, "<A/>" + String(repeating: "<B>1</B>", count: count) + last)
                #expect((found == nil) == (count >= least && count <= most), "\(count) of \(least)...\(most) \(last)")
                #expect(found?.first?.rule ?? .elementContent == .elementContent)
            }
        }
        #expect(try errors(folder, "<A/>" + String(repeating: "<B>x</B>", count: most))?.count ?? 0 > 0)
    }

    @Test func aRepetitionInAChoiceIsOneOfItsBranches() throws {
        let folder = Self.schema(
            """
            <xs:element maxOccurs="2" name="A" type="xs:string"/><xs:element name="B" type="xs:string" maxOccurs="3"
              minOccurs="2"/>
            """, in: "choice")
        for (content, isValid) in [
            ("<A/>", true), ("<A/><A/>", true), ("<A/><A/><A/>", false), ("<B/>", false), ("<B/><B/><B/>", true),
            ("<A/><B/>", false), ("", false),
        ] { #expect((try errors(folder, content) == nil) == isValid, "\(content)") }
    }

    @Test func oneTooManyIsNamedWithWhatIsExpected() throws {
        let folder = Self.schema(
            """
            <xs:element name="A" type="xs:string" minOccurs="0" maxOccurs="3"/><xs:element name="Z" type="xs:string"/>
            """)
        let tooMany = try errors(folder, "<A/><A/><A/><A/><Z/>")?.first
        #expect(tooMany?.path == "/Document/A[4]")
        #expect(tooMany?.text.contains("Expected is ( Z )") == true, "\(tooMany?.text ?? "")")
        let missing = try errors(folder, "<A/>")?.first
        #expect(missing?.text.contains("A, Z") == true, "\(missing?.text ?? "")")
    }

    @Test func aFaultOfASchemaKeepsItsLine() throws {
        let folder = Self.schema(
            "<xs:element name=\"A\" type=\"xs:string\" maxOccurs=\"3\"/>\n<xs:element name=\"B\" type=\"No\"/>")
        let fault = #expect(throws: XMLSchemaFault.self) { try folder.schema(namespace: Self.namespace) }
        #expect(fault?.line == 6)
    }
}

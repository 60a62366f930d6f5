import FormatXML
import Testing

/// libxml2 knows our schemas' namespaces under a short name. Nothing of that may be seen: neither a document that uses
/// the short name, nor a message that tells it.
@Suite struct XMLSchemaAliasTests {
    static let namespace = "urn:example:a-namespace-of-some-length:alias.001"
    /// The short name itself.
    static let short = "q+:"

    private static func folder(_ wildcard: String, _ extra: [String: String] = [:]) -> XMLSchemaFolder {
        var files = [
            "alias.001.xsd": """
            <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:a="\(namespace)"
                targetNamespace="\(namespace)" elementFormDefault="qualified">
              <xs:element name="Document"><xs:complexType><xs:sequence>
                <xs:element name="A" type="a:Number"/>
                <xs:any namespace="\(wildcard)" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
              </xs:sequence></xs:complexType></xs:element>
              <xs:element name="Top" type="a:Number"/>
              <xs:simpleType name="Number"><xs:restriction base="xs:int"/></xs:simpleType>
              <xs:simpleType name="Small"><xs:restriction base="a:Number"><xs:maxInclusive value="9"/>
              </xs:restriction></xs:simpleType>
            </xs:schema>
            """
        ]
        files.merge(extra) { $1 }
        return XMLSchemaFolder(files: files.mapValues { Array($0.utf8) })
    }

    private func errors(_ folder: XMLSchemaFolder, _ text: String) throws -> [XMLSchemaError] {
        let schema = try #require(try folder.schema(namespace: Self.namespace))
        let found = refusal(of: Array(text.utf8), validation: .document(schema))
        #expect(found == nil || found?.reason == .invalid, "\(String(describing: found))")
        return found?.schemaErrors ?? []
    }

    private func document(_ content: String, _ more: String = "") -> String {
        "<Document xmlns=\"\(Self.namespace)\" \(more)>\(content)</Document>"
    }

    @Test func theSchemaIsKnownByItsOwnNamespace() throws {
        let folder = Self.folder("##other")
        #expect(try folder.schema(namespace: Self.namespace)?.targetNamespace == Self.namespace)
        #expect(try folder.schema(namespace: Self.short) == nil)
    }

    @Test func aDocumentOfTheShortNameIsNoneOfTheSchema() throws {
        let folder = Self.folder("##other")
        #expect(try errors(folder, document("<A>1</A>")).isEmpty)
        let whole = try errors(folder, "<Document xmlns=\"\(Self.short)\"><A>1</A></Document>")
        #expect(whole.first?.rule == .rootUndeclared)
        let inner = try errors(folder, document("<A xmlns=\"\(Self.short)\">1</A>"))
        #expect(inner.first?.rule == .elementContent)
        let prefixed = try errors(folder, document("<x:A xmlns:x=\"q&#43;:\">1</x:A>"))
        #expect(prefixed.first?.rule == .elementContent)
    }

    @Test(arguments: [
        ("##other", false, true, true), ("##targetNamespace", true, false, false), ("##any", true, true, true),
        ("urn:foreign \(namespace)", true, true, false), ("urn:foreign", false, true, false),
    ])
    func wildcardsMeanTheNamespacesThatTheySay(wildcard: String, own: Bool, foreign: Bool, short: Bool) throws {
        let folder = Self.folder(wildcard)
        #expect(try errors(folder, document("<A>1</A><Top>2</Top>")).isEmpty == own)
        #expect(try errors(folder, document("<A>1</A><f xmlns=\"urn:foreign\"/>")).isEmpty == foreign)
        #expect(try errors(folder, document("<A>1</A><f xmlns=\"\(Self.short)\"/>")).isEmpty == short)
        // What the schema knows is held to it even there, by its namespace's own name alone.
        if own { #expect(try !errors(folder, document("<A>1</A><Top>two</Top>")).isEmpty) }
        if short { #expect(try errors(folder, document("<A>1</A><Top xmlns=\"\(Self.short)\">two</Top>")).isEmpty) }
    }

    @Test func typesAreNamedThroughEveryPrefix() throws {
        let folder = Self.folder("##other")
        let instance = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
        let bound = "\(instance) xmlns:t=\"\(Self.namespace)\""
        #expect(try errors(folder, document("<A xsi:type=\"t:Small\">9</A>", bound)).isEmpty)
        #expect(try !errors(folder, document("<A xsi:type=\"t:Small\">10</A>", bound)).isEmpty)
        #expect(try errors(folder, document("<A xsi:type=\"Small\">9</A>", instance)).isEmpty)
        let short = "\(instance) xmlns:t=\"\(Self.short)\""
        #expect(try !errors(folder, document("<A xsi:type=\"t:Small\">9</A>", short)).isEmpty)
    }

    @Test func nothingTellsTheShortName() throws {
        let folder = Self.folder("##other")
        for content in ["", "<B/>", "<A>x</A>", "<A>1</A><Top>1</Top>", "<A><A/></A>", "text", "<A x=\"1\">1</A>"] {
            let found = try errors(folder, document(content))
            #expect(!found.isEmpty, "\(content)")
            for error in found { #expect(!"\(error)".contains(Self.short), "\(error)") }
        }
        let wrong = try errors(folder, "<Other xmlns=\"\(Self.namespace)\"/>")
        #expect(wrong.first?.text.contains(Self.short) == false)
        let broken = Self.folder(
            "##other",
            [
                "alias.001.xsd": """
                <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:a="\(Self.namespace)"
                    targetNamespace="\(Self.namespace)"><xs:element name="Document" type="a:None"/></xs:schema>
                """
            ])
        let fault = #expect(throws: XMLSchemaFault.self) { try broken.schema(namespace: Self.namespace) }
        #expect(fault?.text.contains(Self.namespace) == true)
        #expect(fault?.text.contains(Self.short) == false)
    }

    @Test func filesThatAreIncludedSpeakOfTheSameNamespace() throws {
        let folder = Self.folder(
            "##other",
            [
                "alias.001.xsd": """
                <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="\(Self.namespace)"
                    targetNamespace="\(Self.namespace)" elementFormDefault="qualified">
                  <xs:include schemaLocation="own.xsd"/><xs:include schemaLocation="none.xsd"/>
                  <xs:element name="Document" type="Both"/>
                </xs:schema>
                """,
                "own.xsd": """
                <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:o="\(Self.namespace)"
                    targetNamespace="\(Self.namespace)" elementFormDefault="qualified">
                  <xs:complexType name="Both"><xs:sequence>
                    <xs:element name="A" type="o:Chameleon" maxOccurs="2"/>
                  </xs:sequence></xs:complexType>
                </xs:schema>
                """,
                "none.xsd": """
                <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
                  <xs:simpleType name="Chameleon"><xs:restriction base="xs:int"/></xs:simpleType>
                </xs:schema>
                """,
            ])
        #expect(try errors(folder, document("<A>1</A><A>2</A>")).isEmpty)
        #expect(try errors(folder, document("<A>1</A><A>2</A><A>3</A>")).count == 1)
        #expect(try !errors(folder, document("<A>one</A>")).isEmpty)
    }
}

import FormatXML
import Foundation
import Glibc
import Testing

/// The package's own schemas: small in memory, with nothing in them that is not used.
@Suite(.serialized) struct OwnSchemaTests {
    private static let greatestGrowth = 40 << 20
    private let messages = SchemaPlaces.messages(in: SchemaPlaces.own)

    @Test func allTogetherTakeLessThanFortyMebibytes() throws {
        // Other tests may take memory at the same time: what the schemas take is the middle of three growths. All
        // rounds are kept, so that none lives in memory that another gave back.
        var kept: [XMLSchemaFolder] = []
        var growths: [Int] = []
        for _ in 0..<3 {
            let folder = XMLSchemaFolder(path: SchemaPlaces.own)
            try trimHeap()
            let before = try residentBytes()
            try folder.compileAll(messages.map { $0 + ".xsd" })
            growths.append(try residentBytes() - before)
            kept.append(folder)
        }
        let middle = growths.sorted()[1]
        print("\(messages.count) schemas compiled: resident memory grew by \(middle >> 10) KiB")
        #expect(middle > 1 << 20 && middle < Self.greatestGrowth, "\(growths)")
        withExtendedLifetime(kept) {}
    }

    /// Gives back to the system what earlier tests freed: the schemas would live in it, and nothing would grow.
    private func trimHeap() throws {
        // `int malloc_trim(size_t)` of glibc, which its module does not declare.
        let address = try #require(dlsym(nil, "malloc_trim"))
        _ = unsafeBitCast(address, to: (@convention(c) (Int) -> CInt).self)(0)
    }

    private func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = try #require(Int(text.split(separator: " ")[1]))
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// A file of `xsd/`, with what it declares, names and includes.
    private struct File {
        var declared: Set<String> = []
        var named: Set<String> = []
        /// By their paths from `xsd/`.
        var included: [String] = []
    }

    private func read() throws -> [String: File] {
        let root = URL(filePath: SchemaPlaces.own)
        let components = SchemaPlaces.messages(in: root.appending(path: "components").path).map { "components/" + $0 }
        var files: [String: File] = [:]
        for name in messages + components {
            let data = try Data(contentsOf: root.appending(path: name + ".xsd"))
            let schema = try SchemaDeclaration.read(Array(data))
            let folder = name.hasPrefix("components/") ? "components/" : ""
            var file = File()
            for declaration in schema.children {
                if declaration.kind == "include" {
                    file.included.append(folder + declaration["schemaLocation"].dropLast(4))
                } else if declaration.kind != "element" {
                    file.declared.insert(declaration["name"])
                }
                for inner in declaration.all {
                    file.named.formUnion(["type", "base", "ref"].map { inner[$0] })
                }
            }
            files[name] = file
        }
        return files
    }

    @Test func thePageListsEveryMessageOnce() throws {
        let page = try String(contentsOfFile: SchemaPlaces.own + "/README.md", encoding: .utf8)
        let listed = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
            String(row.dropFirst(3).prefix { $0 != "`" })
        }
        #expect(listed == messages)
    }

    @Test func everyComponentIsIncludedByAMessage() throws {
        let files = try read()
        var reached = Set(messages)
        var open = messages
        while let name = open.popLast() {
            for included in try #require(files[name]).included where reached.insert(included).inserted {
                open.append(included)
            }
        }
        #expect(Set(files.keys).subtracting(reached).sorted() == [])
    }

    @Test func everyIncludeIsUsedByTheFileThatHasIt() throws {
        let files = try read()
        for (name, file) in files {
            for included in file.included {
                let declared = try #require(files[included]?.declared, "\(name) includes \(included)")
                #expect(!declared.isDisjoint(with: file.named), "\(name) includes \(included) for nothing")
            }
            #expect(Set(file.included).count == file.included.count, "\(name) includes twice")
        }
    }

    @Test func noMessageCompilesWhatItDoesNotUse() throws {
        // Small types come along with the family that they stand in; whole families do not.
        let files = try read()
        for message in messages {
            var reached: Set = [message]
            var open = [message]
            while let name = open.popLast() {
                for included in files[name]?.included ?? [] where reached.insert(included).inserted {
                    open.append(included)
                }
            }
            let named = reached.reduce(into: Set<String>()) { $0.formUnion(files[$1]?.named ?? []) }
            for component in reached.subtracting([message]) {
                let used = files[component]?.declared.intersection(named) ?? []
                #expect(!used.isEmpty, "\(message) gets \(component) for nothing")
            }
        }
    }
}

/// Official files in the place of our own: a file a message, everything in it.
@Suite struct SingleFileFolderTests {
    private static let hasOfficial = FileManager.default.fileExists(atPath: SchemaPlaces.official)

    @Test(.enabled(if: hasOfficial)) func aFolderOfOfficialSchemasServesEveryMessage() throws {
        let folder = XMLSchemaFolder(path: SchemaPlaces.official)
        let messages = SchemaPlaces.messages(in: SchemaPlaces.official)
        for message in messages {
            let schema = try #require(try folder.schema(file: message + ".xsd"), "\(message)")
            #expect(schema.targetNamespace.hasSuffix(":" + message))
            #expect(try folder.schema(namespace: schema.targetNamespace) === schema, "\(message)")
            let shape = try #require(try folder.shape(file: message + ".xsd"), "\(message)")
            #expect(schema.rootNames == shape.roots.map(\.name).sorted(), "\(message)")
            let content = try #require(shape.roots.first.flatMap { shape.content(of: $0.type) }, "\(message)")
            #expect(!XMLSchemaShape.elements(content).isEmpty, "\(message)")
        }
        print("\(messages.count) official schemas compiled")
        #expect(!messages.isEmpty)
    }

    /// As publishers write them: a byte order mark, notes, prefixes of their own choice, no components.
    private static let namespace = "urn:iso:std:iso:20022:tech:xsd:test.001.001.01"
    private static let schema = """
        \u{FEFF}<?xml version="1.0" encoding="UTF-8"?>
        <!--Written by a publisher.-->
        <schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:p="\(namespace)" targetNamespace="\(namespace)"
            elementFormDefault="qualified">
          <annotation><documentation>A message for trials.</documentation></annotation>
          <element name="Document" type="p:Document"/>
          <complexType name="Document">
            <annotation><documentation>The outermost element.</documentation></annotation>
            <sequence><element name="Trl" type="p:Trial1"/></sequence>
          </complexType>
          <complexType name="Trial1">
            <sequence>
              <element name="Id" type="p:Max35Text"><annotation><documentation>Its name.</documentation></annotation>
              </element>
              <element name="Way" type="p:Way1Choice" minOccurs="0"/>
              <element name="Amt" type="p:Amount1" maxOccurs="2"/>
            </sequence>
          </complexType>
          <complexType name="Way1Choice">
            <choice><element name="Cd" type="p:Way1Code"/><element name="Prtry" type="p:Max35Text"/></choice>
          </complexType>
          <simpleType name="Max35Text">
            <restriction base="string"><minLength value="1"/><maxLength value="35"/></restriction>
          </simpleType>
          <simpleType name="Way1Code">
            <restriction base="string"><enumeration value="BACK"/><enumeration value="FORT"/></restriction>
          </simpleType>
          <simpleType name="Amount1_SimpleType">
            <restriction base="decimal"><fractionDigits value="2"/></restriction>
          </simpleType>
          <complexType name="Amount1">
            <simpleContent><extension base="p:Amount1_SimpleType">
              <attribute name="Ccy" type="p:Max35Text" use="required"/>
            </extension></simpleContent>
          </complexType>
        </schema>
        """

    private func document(_ content: String) -> [UInt8] {
        Array("<Document xmlns=\"\(Self.namespace)\"><Trl>\(content)</Trl></Document>".utf8)
    }

    @Test func aFolderOfOneFileAMessageServesIt() throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "single-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        try Data(Self.schema.utf8).write(to: place.appending(path: "test.001.001.01.xsd"))
        let folder = XMLSchemaFolder(path: place.path)
        let schema = try #require(try folder.schema(namespace: Self.namespace))
        let amount = "<Amt Ccy='EUR'>1.50</Amt>"
        #expect(refusal(of: document("<Id>A</Id>" + amount), validation: .document(schema)) == nil)
        let late = refusal(
            of: document("<Id>A</Id>" + amount + "<Way><Cd>BACK</Cd></Way>"), validation: .document(schema))
        #expect(late?.schemaErrors.first?.rule == .elementContent)
        let long = refusal(of: document("<Id>A</Id><Amt Ccy='EUR'>1.505</Amt>"), validation: .document(schema))
        #expect(long?.schemaErrors.first?.rule == .fractionDigits)
        #expect(try folder.schema(namespace: "urn:iso:std:iso:20022:tech:xsd:test.001.001.02") == nil)
    }

    @Test func itsShapeIsReadLikeThatOfComponents() throws {
        let folder = XMLSchemaFolder(files: ["test.001.001.01.xsd": Array(Self.schema.utf8)])
        let shape = try #require(try folder.shape(file: "test.001.001.01.xsd"))
        #expect(shape.roots.map(\.name) == ["Document"])
        let trial = XMLSchemaShape.elements(try #require(shape.content(of: "Trial1")))
        #expect(trial.map(\.name) == ["Id", "Way", "Amt"])
        #expect(trial.map(\.isMandatory) == [true, false, true])
        guard case .choice(let ways, _) = shape.content(of: "Way1Choice")?.first else {
            Issue.record("the choice is no choice")
            return
        }
        #expect(XMLSchemaShape.elements(ways).map(\.type) == ["Way1Code", "Max35Text"])
        let codes = try #require(shape.value(of: "Way1Code"))
        #expect(codes.allows("BACK") && !codes.allows("BANK"))
        #expect(shape.content(of: "Amount1") == nil)
    }
}

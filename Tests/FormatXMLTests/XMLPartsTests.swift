import FormatXML
import FoundationEssentials
import Testing

@Suite struct XMLPartsTests {
    static let namespace = "urn:iso:std:iso:20022:tech:xsd:test.001.001.01"
    static let header = "urn:iso:std:iso:20022:tech:xsd:head.001.001.01"
    static let folder = XMLSchemaFolder(files: [
        "test.001.001.01.xsd": schema(namespace, root: "Document"),
        "head.001.001.01.xsd": schema(header, root: "AppHdr"),
    ])

    private static func schema(_ namespace: String, root: String) -> [UInt8] {
        Array(
            """
            <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="\(namespace)" targetNamespace="\(namespace)"
                elementFormDefault="qualified">
              <xs:element name="\(root)"><xs:complexType><xs:sequence>
                <xs:element name="Fr" type="xs:int"/><xs:element name="To" type="xs:int"/>
              </xs:sequence></xs:complexType></xs:element>
            </xs:schema>
            """.utf8)
    }

    private func examine(_ text: String) -> XMLExamination { examine(Array(text.utf8)) }

    private func examine(_ bytes: [UInt8]) -> XMLExamination {
        XMLParts.examine(bytes) { (namespace) throws(XMLSchemaFault) in try Self.folder.schema(namespace: namespace) }
    }

    private let app = "<AppHdr xmlns='\(header)'><Fr>1</Fr><To>2</To></AppHdr>"
    private let doc = "<Document xmlns='\(namespace)'><Fr>1</Fr><To>2</To></Document>"

    @Test func partsAreFoundUnderAnyWrapper() {
        let text = "<DataPDU xmlns='urn:swift'><Body>\n\(app)\n\(doc)</Body></DataPDU>"
        let found = examine(text)
        #expect(found.isValid)
        #expect(found.parts.map(\.path) == ["/DataPDU/Body/AppHdr", "/DataPDU/Body/Document"])
        #expect(found.parts.map(\.rootAndName) == ["DataPDU/AppHdr", "DataPDU/Document"])
        #expect(found.parts.map(\.messageDefinition) == ["head.001.001.01", "test.001.001.01"])
        #expect(found.parts.map(\.position.line) == [2, 3])
        let slices = found.parts.compactMap(\.bytes).map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
        #expect(slices == [app, doc])
    }

    @Test func aHeaderAndADocumentWithoutCommonRootAreBothRead() {
        for between in ["", "\n\n", "\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "<!-- next -->"] {
            let text = "<?xml version='1.0'?>\n" + app + between + doc + "\n"
            let found = examine(text)
            #expect(found.isValid, "\(between)")
            #expect(found.parts.map(\.path) == ["/AppHdr", "/Document"])
            let slices = found.parts.compactMap(\.bytes).map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
            #expect(slices == [app, doc])
        }
    }

    @Test func errorsOfASecondRootAreThoseOfTheWholeFile() {
        let bad = "<Document xmlns='\(Self.namespace)'>\n<Fr>x</Fr><To>2</To></Document>"
        let found = examine(app + "\n<?xml version='1.0'?>\n" + bad)
        guard case .invalid(let errors) = found.parts.last?.verdict else {
            Issue.record("the second root is invalid")
            return
        }
        #expect(errors.first?.line == 4)
        #expect(errors.first?.path == "/Document/Fr")
        #expect(found.parts.first?.verdict == .valid)
    }

    @Test func twoDocumentsInARowAreNotWellFormed() {
        let found = examine(doc + doc)
        #expect(found.failure?.reason == .malformed)
        #expect(found.parts.count == 1)
        #expect(!found.isValid)
    }

    @Test func namesThatANetworkGaveTheRootAreParts() {
        let text = """
            <Message xmlns="urn:tch" xmlns:h="\(Self.header)" xmlns:t="\(Self.namespace)">
            <AppHdr><h:Fr>1</h:Fr><h:To>2</h:To></AppHdr>
            <Transfer><t:Fr>1</t:Fr><t:To>zwei</t:To></Transfer></Message>
            """
        let found = examine(text)
        #expect(found.parts.map(\.rootAndName) == ["Message/AppHdr", "Message/Transfer"])
        #expect(found.parts.map(\.messageDefinition) == ["head.001.001.01", "test.001.001.01"])
        #expect(found.parts.first?.verdict == .valid)
        guard case .invalid(let errors) = found.parts.last?.verdict else {
            Issue.record("the transfer is invalid")
            return
        }
        #expect(errors.map(\.path) == ["/Transfer/To"])
        let slice = found.parts.last?.bytes.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
        #expect(slice?.hasPrefix("<Transfer>") == true && slice?.hasSuffix("</Transfer>") == true)
    }

    @Test func aRootInAMessagesNamespaceIsAWrapperOrAWrongRoot() {
        let wrapper = examine("<BusMsg xmlns='\(Self.header)'><AppHdr><Fr>1</Fr><To>2</To></AppHdr>\(doc)</BusMsg>")
        #expect(wrapper.parts.map(\.path) == ["/BusMsg/AppHdr", "/BusMsg/Document"])
        #expect(wrapper.isValid)
        let other = examine("<BusMsg xmlns='\(Self.namespace)'>\(app)\(doc)</BusMsg>")
        #expect(other.parts.map(\.path) == ["/BusMsg/AppHdr", "/BusMsg/Document"])
        #expect(other.isValid)
        // A root by a wrong name is a message all the same, and says so.
        for content in ["<Fr>1</Fr><To>2</To>", "", "text"] {
            let wrong = examine("<Dokument xmlns='\(Self.namespace)'>\(content)</Dokument>")
            guard case .invalid(let errors) = wrong.parts.first?.verdict else {
                Issue.record("\(wrong)")
                continue
            }
            #expect(wrong.parts.map(\.path) == ["/Dokument"])
            #expect(errors.first?.rule == .rootUndeclared)
            #expect(errors.first?.path == "/Dokument")
        }
    }

    @Test func prefixesBoundOutsideHoldInsideThePart() {
        let instance = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
        let body = "<t:Document><t:Fr xsi:type='xs:int'>1</t:Fr><t:To xsi:type='xs:short'>2</t:To></t:Document>"
        let bound = "xmlns:xs='http://www.w3.org/2001/XMLSchema' \(instance) xmlns:t='\(Self.namespace)'"
        #expect(examine("<a \(bound)><b>\(body)</b></a>").isValid)
        // The innermost binding of a prefix counts.
        let wrong = "<a \(bound)><b xmlns:xs='urn:other'>\(body)</b></a>"
        #expect(!examine(wrong).isValid && examine(wrong).isWellFormed)
        let right = "<a xmlns:xs='urn:other' \(instance)><b \(bound)>\(body)</b></a>"
        #expect(examine(right).isValid)
    }

    @Test func manyMessagesAreFoundUnderOneWrapperAndOneAfterAnother() {
        let declared = "<?xml version='1.0'?>" + doc
        let bad = doc.replacing("<To>2", with: "<To>two")
        let under = examine("<Batch>\(doc)\n<m>\(app)\(bad)</m>\(doc)</Batch>")
        #expect(
            under.parts.map(\.path) == ["/Batch/Document", "/Batch/m/AppHdr", "/Batch/m/Document", "/Batch/Document"])
        #expect(under.parts.filter { $0.verdict == .valid }.count == 3)
        let row = examine(String(repeating: declared + "\n", count: 40) + declared.replacing("2<", with: "x<"))
        #expect(row.isWellFormed)
        #expect(row.parts.count == 41)
        #expect(row.parts.filter { $0.verdict == .valid }.count == 40)
        #expect(row.parts.last?.position.line == 41)
    }

    @Test func aMessageWithoutSchemaIsNamed() {
        let other = "urn:iso:std:iso:20022:tech:xsd:none.001.001.01"
        let found = examine("<W><Document xmlns='\(other)'><a/></Document></W>")
        #expect(found.parts.map(\.verdict) == [.noSchema])
        #expect(found.parts.map(\.messageDefinition) == ["none.001.001.01"])
        #expect(found.isWellFormed && !found.isValid)
        let renamed = examine("<M xmlns='urn:tch' xmlns:o='\(other)'><Echo><o:a/></Echo></M>")
        #expect(renamed.parts.map(\.rootAndName) == ["M/Echo"])
    }

    @Test func whatIsNoISOMessageIsNoPart() {
        for text in [
            "<a/>", "<Document/>", "<Document xmlns='urn:x'/>",
            "<D xmlns='urn:iso:std:iso:20022:tech:xsd:pacs.XXX.YYY.ZZ'/>",
            "<D xmlns='urn:iso:std:iso:20022:tech:xsd:test.001.001.01IPS'/>",
        ] {
            let found = examine(text)
            #expect(found.parts.isEmpty && found.isWellFormed && !found.isValid, "\(text)")
        }
    }

    @Test func aFileThatBreaksOffTellsWhereAndWhatWasSeen() {
        let found = examine("<W>\n\(app)\n<Document xmlns='\(Self.namespace)'>\n<Fr>1</Fr>")
        #expect(found.failure?.reason == .malformed)
        #expect(found.failure?.line == 4)
        #expect(found.parts.map(\.path) == ["/W/AppHdr", "/W/Document"])
        #expect(found.parts.last?.verdict == .unfinished([]))
    }

    @Test func aDoctypeIsAFailureWithoutParts() {
        let found = examine("<!DOCTYPE W>\n" + doc)
        #expect(found.failure?.reason == .doctype)
        #expect(found.parts.isEmpty)
    }

    @Test func otherEncodingsHaveNoByteRanges() {
        let found = examine(utf16(doc))
        #expect(found.isValid)
        #expect(found.parts.map(\.bytes) == [nil])
    }
}

/// The scanner held against verdicts of the official schemas, where that collection lies beside the package.
@Suite struct SampleAgreementTests {
    static let shared = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared").path
    static let table = shared + "/samples/iso20022/VALIDATION.tsv"

    struct Row: Hashable {
        var name: String
        var definition: String
        var verdict: String
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: table)))
    func everyPartAgreesWithTheOfficialVerdict() throws {
        let lines = try String(contentsOfFile: Self.table, encoding: .utf8).split(separator: "\n").dropFirst()
        let rows = lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
        let folder = XMLSchemaFolder(path: Self.shared + "/xsd/iso20022")
        var agree = 0
        var differ: [String] = []
        for (file, expected) in Dictionary(grouping: rows, by: { $0[0] }) {
            guard let data = FileManager.default.contents(atPath: Self.shared + "/samples/iso20022/" + file) else {
                continue
            }
            let found = XMLParts.examine(Array(data)) { (namespace) throws(XMLSchemaFault) in
                try folder.schema(namespace: namespace)
            }
            if expected[0][6] != "yes" {
                if found.isWellFormed { differ.append("\(file): read") } else { agree += 1 }
                continue
            }
            var wanted: [Row: Int] = [:]
            for row in expected where row[5] != "-" {
                let verdict = row[7].hasPrefix("no xsd") ? "no xsd" : row[7]
                wanted[Row(name: row[4], definition: row[5], verdict: verdict), default: 0] += 1
            }
            var got: [Row: Int] = [:]
            for part in found.parts {
                got[
                    Row(name: part.rootAndName, definition: part.messageDefinition, verdict: word(part.verdict)),
                    default: 0] += 1
            }
            if wanted == got, found.isWellFormed {
                agree += max(1, expected.count)
            } else {
                differ.append("\(file): wanted \(wanted), got \(got), \(found.failure?.description ?? "")")
            }
        }
        print("parts that agree: \(agree), files that differ: \(differ.count)")
        #expect(differ.isEmpty, "\(differ.prefix(20).joined(separator: "\n"))")
        #expect(agree > 0)
    }

    private func word(_ verdict: XMLPartVerdict) -> String {
        switch verdict {
        case .valid: "valid"
        case .invalid: "invalid"
        case .noSchema: "no xsd"
        case .unfinished: "unfinished"
        }
    }
}

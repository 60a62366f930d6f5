import FormatXML
import FoundationEssentials
import Mapping
import Payments
import Testing

/// Messages of other makers, where a collection of them stands beside the repository: what is valid is read, and what
/// is written from it is valid.
@Suite(.enabled(if: MappingFiles.shared("samples/iso20022") != nil))
struct SampleTests {
    static func samples() -> [(name: String, bytes: [UInt8])] {
        guard let folder = MappingFiles.shared("samples/iso20022")?.resolvingSymlinksInPath() else { return [] }
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        return paths.filter { $0.hasSuffix(".xml") }.sorted().compactMap { path in
            (try? Data(contentsOf: folder.appending(path: path))).map { (path, Array($0)) }
        }
    }

    /// Every valid message whose table is here comes back as it was, and its header with it.
    @Test func everyValidMessageComesBackAsItWas() throws {
        let mappings = MappingFiles.mappings
        var counts: [String: Int] = [:]
        var refused: [String: Int] = [:]
        for (name, bytes) in Self.samples() {
            let reading: ISOReading
            do {
                reading = try mappings.readISO(bytes, validation: .parts(Self.schema))
            } catch {
                refused["\(error.reason)", default: 0] += 1
                continue
            }
            for definition in [reading.definition, reading.header].compactMap({ $0 }) {
                counts[definition, default: 0] += 1
                if let fault = Self.fault(bytes, reading.payments, definition) {
                    Issue.record("\(name), \(definition): \(fault)")
                }
            }
        }
        let total = counts.values.reduce(0, +)
        print("samples: \(total) messages and headers came back: \(counts.sorted { $0.key < $1.key })")
        print("samples: not read: \(refused.sorted { $0.key < $1.key })")
        #expect(counts["pacs.008.001.08", default: 0] >= 35)
        #expect(counts["pacs.002.001.10", default: 0] >= 10)
        #expect(total >= 150)
    }

    static func schema(_ namespace: String) throws(XMLSchemaFault) -> XMLSchema? {
        try MappingFiles.schemas.schema(namespace: namespace)
    }

    private static func fault(_ bytes: [UInt8], _ payments: [Payment], _ definition: String) -> String? {
        do {
            guard let translator = MappingFiles.mappings.translator("iso20022/\(definition)"),
                let shape = try MappingFiles.schemas.shape(file: "\(definition).xsd"), let root = shape.roots.first
            else { return "there is no table" }
            let inner = XMLSchemaShape.elements(shape.content(of: root.type) ?? []).first?.name ?? ""
            let first = (root.name == "Document" ? inner : root.name, "urn:iso:std:iso:20022:tech:xsd:\(definition)")
            let before = try CanonicalXML.lines(bytes, from: first)
            let after = try CanonicalXML.lines(try translator.write(payments).bytes, from: first)
            // A network that wraps the header in an element of its own says nothing at its beginning.
            guard before != after, !before.isEmpty else { return nil }
            let line = zip(before, after).prefix { $0 == $1 }.count
            return
                "was \(line < before.count ? before[line] : "(end)"), is \(line < after.count ? after[line] : "(end)")"
        } catch {
            return "\(error)"
        }
    }
}

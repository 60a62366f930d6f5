import FormatXML
import FoundationEssentials
import Mapping
import Payments
import Testing

/// Messages of other makers, where a collection of them stands beside the repository: what is valid is read, and what
/// is written from it is valid.
@Suite(.enabled(if: MappingFiles.shared("samples/iso20022") != nil))
struct SampleTests {
    static let definitions = ["pacs.008.001.08", "pacs.002.001.10", "pacs.028.001.03"]

    static func samples() -> [(name: String, bytes: [UInt8])] {
        guard let folder = MappingFiles.shared("samples/iso20022")?.resolvingSymlinksInPath() else { return [] }
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        return paths.filter { $0.hasSuffix(".xml") }.sorted().compactMap { path in
            (try? Data(contentsOf: folder.appending(path: path))).map { (path, Array($0)) }
        }
    }

    @Test func everyValidMessageIsReadAndWrittenAgain() throws {
        let mappings = MappingFiles.mappings
        var counts: [String: Int] = [:]
        var nameless = 0
        for (name, bytes) in Self.samples() {
            guard
                let reading = try? mappings.readISO(
                    bytes,
                    validation: .parts { (namespace) throws(XMLSchemaFault) in
                        try MappingFiles.schemas.schema(namespace: namespace)
                    }),
                Self.definitions.contains(reading.definition),
                let translator = mappings.translator("iso20022/\(reading.definition)")
            else { continue }
            counts[reading.definition, default: 0] += 1
            do {
                let writing = try translator.write(reading.payments)
                let schema = MappingFiles.schema(reading.definition)
                let again = try translator.read(xml: writing.bytes, schema: schema)
                #expect(again.payments.count == reading.payments.count, "\(name)")
                for (before, after) in zip(reading.payments, again.payments) {
                    #expect(RoundTripTests.difference(before, after, writing.losses, translator) == nil, "\(name)")
                }
            } catch  where error.reason == .missingElement {
                // The schema allows a debtor or an agent of whom nothing is said; we write no such order.
                nameless += 1
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
        #expect(nameless <= 5)
        #expect(counts["pacs.008.001.08", default: 0] >= 35)
        #expect(counts["pacs.002.001.10", default: 0] >= 10)
    }
}

import Foundation
import FormatXML
import Testing

/// Where the schemas are: the package's own, and the official ones where that collection lies beside the package.
enum SchemaPlaces {
    static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let own = package.appending(path: "xsd").path
    static let shared = package.deletingLastPathComponent().appending(path: "shared").path
    static let official = shared + "/xsd/iso20022"
    static let samples = shared + "/samples/iso20022"

    /// `pacs.008.001.08` and so on, sorted.
    static func messages(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".xsd") }.map { String($0.dropLast(4)) }.sorted()
    }

    /// Those of our own that have an official schema to be held against.
    static let compared = messages(in: own).filter(Set(messages(in: official)).contains)
}

/// What a schema says about a document.
private enum Verdict {
    private struct Silence: XMLSink {}

    /// Nil for a valid document.
    static func refusal(_ bytes: [UInt8], _ schema: XMLSchema) -> XMLError? {
        var silence = Silence()
        do throws(XMLError) {
            try XMLReader().read(bytes, validation: .document(schema), into: &silence)
            return nil
        } catch {
            return error
        }
    }
}

/// What came of the documents of one message.
private struct Tally: Sendable {
    var message: String
    var made = 0
    var spoilt = 0
    var valid = 0
    var differences: [String] = []

    mutating func take(
        _ document: TreeNode, _ change: String, _ seed: UInt64, _ namespace: String, _ ours: XMLSchema,
        _ theirs: XMLSchema
    ) {
        let bytes = document.bytes(namespace: namespace)
        let (own, official) = (Verdict.refusal(bytes, ours), Verdict.refusal(bytes, theirs))
        if official == nil { valid += 1 }
        let isMade = change == "made"
        guard own?.reason != official?.reason || places(own) != places(official) || (isMade && official != nil) else {
            return
        }
        let said = "ours: \(own?.description ?? "valid"); official: \(official?.description ?? "valid")"
        differences.append("\(message), seed \(seed), \(change): \(said)\n\(String(decoding: bytes, as: UTF8.self))")
    }

    private func places(_ error: XMLError?) -> [String] { error?.schemaErrors.map { "\($0.path) \($0.rule)" } ?? [] }
}

/// Our schemas held against the official ones: the same documents are valid, and the others are invalid at the same
/// places.
@Suite(.enabled(if: !SchemaPlaces.compared.isEmpty)) struct SchemaDifferentialTests {
    /// How many changed documents a message is tried with at least.
    private static let spoiltPerMessage = 2_000
    private static let spoiltPerDocument = 4
    private static let seed: UInt64 = 20_022

    @Test func everyMadeDocumentGetsTheSameVerdict() async throws {
        let own = XMLSchemaFolder(path: SchemaPlaces.own)
        let official = XMLSchemaFolder(path: SchemaPlaces.official)
        let tallies = try await withThrowingTaskGroup(of: Tally.self) { group in
            for message in SchemaPlaces.compared {
                group.addTask { try Self.compare(message, own, official) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.message < $1.message }
        }
        for tally in tallies {
            let all = tally.made + tally.spoilt
            print("\(tally.message): \(all) documents, valid \(tally.valid), invalid \(all - tally.valid)")
            #expect(tally.differences.isEmpty, "\(tally.differences.prefix(3).joined(separator: "\n"))")
            #expect(tally.spoilt >= Self.spoiltPerMessage)
            #expect(tally.valid * 5 >= all && tally.valid * 5 <= all * 4, "\(tally.message): one verdict rules")
        }
        let all = tallies.reduce(0) { $0 + $1.made + $1.spoilt }
        let valid = tallies.reduce(0) { $0 + $1.valid }
        print("\(tallies.count) messages, \(all) documents: valid by both \(valid), invalid by both \(all - valid)")
    }

    /// Every part of every type stands in a document at least once, and is changed there.
    private static func compare(
        _ message: String, _ own: XMLSchemaFolder, _ official: XMLSchemaFolder
    ) throws -> Tally {
        let file = message + ".xsd"
        let bytes = try #require(FileManager.default.contents(atPath: SchemaPlaces.official + "/" + file))
        let model = try SchemaModel(Array(bytes))
        let ours = try #require(try own.schema(file: file))
        let theirs = try #require(try official.schema(file: file))
        let routes = model.routes
        var tally = Tally(message: message)
        while tally.spoilt < spoiltPerMessage || tally.made < routes.count {
            let seed = Self.seed + UInt64(tally.made)
            var instances = SchemaInstances(model, seed: seed)
            let chance = [0, 4, 12, 30][tally.made % 4]
            let document = instances.document(along: routes[tally.made % routes.count], chance: chance)
            let marked = instances.marked
            tally.made += 1
            tally.take(document, "made", seed, model.namespace, ours, theirs)
            for _ in 0..<spoiltPerDocument {
                var spoilt = document
                let path = instances.random.chance(70) ? marked : document.anyPath(&instances.random)
                let spoiling = instances.random.one(of: Spoiling.allCases)
                guard spoiling.apply(to: &spoilt, at: path, model, &instances.random) else { continue }
                tally.spoilt += 1
                tally.take(spoilt, "\(spoiling) at \(path)", seed, model.namespace, ours, theirs)
            }
        }
        return tally
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: SchemaPlaces.samples)))
    func everySampleGetsTheSameVerdict() throws {
        let own = XMLSchemaFolder(path: SchemaPlaces.own)
        let official = XMLSchemaFolder(path: SchemaPlaces.official)
        var parts = 0
        var valid = 0
        let walk = try #require(FileManager.default.enumerator(atPath: SchemaPlaces.samples))
        while let path = walk.nextObject() as? String {
            guard path.hasSuffix(".xml"),
                let data = FileManager.default.contents(atPath: SchemaPlaces.samples + "/" + path)
            else { continue }
            let found = [own, official].map { folder in
                XMLParts.examine(Array(data)) { (namespace) throws(XMLSchemaFault) in
                    try folder.schema(namespace: namespace)
                }
            }
            for (ours, theirs) in zip(found[0].parts, found[1].parts) where ours.verdict != .noSchema {
                parts += 1
                if theirs.verdict == .valid { valid += 1 }
                #expect((ours.verdict == .valid) == (theirs.verdict == .valid), "\(path) \(ours.path)")
            }
        }
        print("samples: \(parts) parts, valid by both \(valid), invalid by both \(parts - valid)")
        #expect(parts > 0 && valid > 0)
    }
}

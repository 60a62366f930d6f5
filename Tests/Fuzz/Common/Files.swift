import FormatXML
import FoundationEssentials
import Mapping

/// The repository's tables, schemas and messages. The working folder is the repository's root.
enum Files {
    static let tables: [TableFile] = names(in: "mappings", ending: ".tsv").compactMap { name in
        read("mappings/" + name).map { TableFile(name: name, bytes: $0) }
    }

    static let mappings: Mappings = {
        do {
            return try Mappings(files: tables)
        } catch {
            fatalError("the tables do not compile: \(error)")
        }
    }()

    static let schemas = XMLSchemaFolder(path: "xsd")

    /// Schemas of messages and headers, by definition.
    static let definitions: [String] = names(in: "xsd", ending: ".xsd").filter { !$0.contains("/") }
        .map { String($0.dropLast(".xsd".count)) }

    static func schema(_ namespace: String) throws(XMLSchemaFault) -> XMLSchema? {
        guard XMLParts.messageDefinition(of: namespace) != nil else { return nil }
        return try schemas.schema(namespace: namespace)
    }

    static func schema(definition: String) -> XMLSchema? {
        do {
            return try schemas.schema(file: definition + ".xsd")
        } catch {
            fatalError("the schema does not compile: \(error)")
        }
    }

    /// Every message of `conformance/vectors`, sound or not.
    static let vectors: [(name: String, bytes: [UInt8])] = [".xml", ".json"].flatMap { ending in
        names(in: "conformance/vectors", ending: ending).compactMap { name in
            read("conformance/vectors/" + name).map { (name, $0) }
        }
    }

    static func names(in folder: String, ending: String) -> [String] {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return paths.filter { $0.hasSuffix(ending) }.sorted()
    }

    static func read(_ path: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: path))).map { Array($0) }
    }
}

/// Chooses a name by two bytes so that a name which is added moves few of the others: kept inputs stay what they were.
struct Choice {
    private let slots: [(place: UInt16, name: String)]

    init(_ names: [String]) {
        slots = names.map { (Choice.place($0), $0) }.sorted { ($0.place, $0.name) < ($1.place, $1.name) }
    }

    subscript(_ high: UInt8, _ low: UInt8) -> String {
        let wanted = UInt16(high) << 8 | UInt16(low)
        return slots.first { $0.place >= wanted }?.name ?? slots[0].name
    }

    /// The bytes that choose a name.
    func bytes(of name: String) -> [UInt8] {
        let place = Choice.place(name)
        return [UInt8(place >> 8), UInt8(place & 0xFF)]
    }

    /// FNV-1a, folded.
    private static func place(_ name: String) -> UInt16 {
        var hash: UInt32 = 0x811C_9DC5
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return UInt16(truncatingIfNeeded: hash ^ hash >> 16)
    }
}

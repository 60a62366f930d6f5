import FormatXML
import FoundationEssentials
import Mapping

/// The tables of the repository, as the gateway reads them.
enum MappingFiles {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let all: [TableFile] = {
        let folder = root.appending(path: "mappings").resolvingSymlinksInPath()
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        return paths.filter { $0.hasSuffix(".tsv") }.sorted().compactMap { path in
            (try? Data(contentsOf: folder.appending(path: path))).map { TableFile(name: path, bytes: Array($0)) }
        }
    }()

    static let mappings: Mappings = {
        do {
            return try Mappings(files: all)
        } catch {
            fatalError("\(error)")
        }
    }()

    static let schemas = XMLSchemaFolder(path: root.appending(path: "xsd").path)

    /// A schema of the repository, by the message's definition.
    static func schema(_ definition: String) -> XMLSchema {
        do {
            guard let schema = try schemas.schema(file: definition + ".xsd") else { fatalError("no \(definition).xsd") }
            return schema
        } catch {
            fatalError("\(error)")
        }
    }

    /// The message whose rows a message of ISO 20022 has; nil for one with rows of its own.
    static func base(of definition: String) -> String? {
        let file = all.first { $0.name == "fields/iso20022/\(definition).tsv" }
        let lines = String(decoding: file?.bytes ?? [], as: UTF8.self).split(separator: "\n")
        let title = lines.first { $0.hasPrefix("[message]") }?.split(separator: "\t") ?? []
        guard title.count > 2, title[2].hasPrefix("same ") else { return nil }
        return String(title[2].split(separator: " ")[1])
    }

    /// Reference material beside the repository; nil where it is absent.
    static func shared(_ path: String) -> URL? {
        let url = root.deletingLastPathComponent().appending(path: "shared").appending(path: path)
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
}

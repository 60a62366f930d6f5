import FormatXML
import Foundation

/// A folder of schemas that someone else wrote, such as the official ones or a rail's: found by the namespace that each
/// is for, whatever its file is called.
enum SchemaShelf {
    /// Folders of a rail hold a few files for each message, and one folder below.
    private static let greatestFileBytes = 16 << 20

    static func folder(_ path: String) throws -> XMLSchemaFolder {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw Failure.usage("\(path) is no folder: name one of .xsd files with --xsd")
        }
        var aliases: [String: String] = [:]
        let names = files(in: path)
        guard !names.isEmpty else { throw Failure.usage("there is no .xsd file in \(path)") }
        for name in names {
            guard let definition = definition(of: "\(path)/\(name)") else { continue }
            let wanted = definition + ".xsd"
            if name != wanted, aliases[wanted] == nil, !names.contains(wanted) { aliases[wanted] = name }
        }
        guard !aliases.isEmpty else { return XMLSchemaFolder(path: path) }
        var files: [String: [UInt8]] = [:]
        for name in names { files[name] = bytes("\(path)/\(name)") }
        // Includes name files from the folder of the including one: a file of a folder below stands at the top too.
        for name in names {
            guard let slash = name.lastIndex(of: "/") else { continue }
            let short = String(name[name.index(after: slash)...])
            if files[short] == nil { files[short] = files[name] }
        }
        for (wanted, name) in aliases { files[wanted] = files[name] }
        return XMLSchemaFolder(files: files)
    }

    /// Names below the folder, at most one folder deep, those at its top first.
    private static func files(in path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
        let below = names.flatMap { name -> [String] in
            guard !name.hasPrefix(".") else { return [] }
            let inner = try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)")
            return (inner ?? []).sorted().map { "\(name)/\($0)" }
        }
        return (names + below).filter { $0.hasSuffix(".xsd") }
    }

    /// The message that a schema is for, by the namespace at its head.
    private static func definition(of file: String) -> String? {
        guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
        defer { try? handle.close() }
        guard let head = try? handle.read(upToCount: 8_192) else { return nil }
        let text = String(decoding: head, as: UTF8.self)
        guard let match = text.firstMatch(of: /targetNamespace\s*=\s*["']([^"']*)["']/) else { return nil }
        return XMLParts.messageDefinition(of: String(match.1))
    }

    private static func bytes(_ file: String) -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: file), data.count <= greatestFileBytes else { return nil }
        return [UInt8](data)
    }
}

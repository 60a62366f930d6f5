import Foundation
import FormatXML
import Mapping
import Payments

/// The tables of an installation, read and checked whole: nothing starts half-configured.
struct Tables: Sendable {
    var mappings: Mappings
    var flows: FlowTables
    var schemas: XMLSchemaFolder
    var files: [TableFile]

    static func read(mappings folder: String, schemas: String) throws -> Tables {
        let files = try tableFiles(in: folder)
        var errors: [TableError] = []
        var mappings: Mappings?
        var flows: FlowTables?
        do throws(TableErrors) { mappings = try Mappings(files: files) } catch { errors += error.errors }
        do throws(TableErrors) { flows = try FlowTables(files: files) } catch { errors += error.errors }
        guard errors.isEmpty, let mappings, let flows else { throw TableErrors(errors) }
        return Tables(mappings: mappings, flows: flows, schemas: XMLSchemaFolder(path: schemas), files: files)
    }

    /// Every table below `mappings/`; routes are a bank's own and named by the configuration.
    static func tableFiles(in folder: String) throws -> [TableFile] {
        let root = URL(fileURLWithPath: folder, isDirectory: true)
        guard let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else {
            throw Failure.usage("the tables' folder \(folder) cannot be read")
        }
        var files: [TableFile] = []
        for case let url as URL in walk where url.pathExtension == "tsv" {
            let name = String(url.standardizedFileURL.path.dropFirst(root.standardizedFileURL.path.count + 1))
            files.append(TableFile(name: name, bytes: [UInt8](try Data(contentsOf: url))))
        }
        guard !files.isEmpty else { throw Failure.usage("there are no tables in \(folder): set `mappings`") }
        return files.sorted { $0.name < $1.name }
    }

    func routes(path: String, networks: Set<String>) throws -> RouteTable {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure.usage("the routing table \(path) cannot be read")
        }
        let name = URL(fileURLWithPath: path).lastPathComponent
        return try RouteTable(
            file: TableFile(name: name, bytes: [UInt8](data)), flows: Set(flows.flows.keys), networks: networks,
            reasons: mappings.codes.table("reasons"))
    }
}

/// Why a command ends without doing what it was asked, for the person who typed it.
enum Failure: Error, CustomStringConvertible {
    case usage(String)

    var description: String {
        switch self {
        case .usage(let says): says
        }
    }
}

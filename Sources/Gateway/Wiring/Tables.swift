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

    /// - Parameter isWhole: Whether the tables must keep what they owe to the schemas and to the code. A command that
    ///   only looks at messages may have a folder of other schemas.
    static func read(mappings folder: String, schemas: String, isWhole: Bool = true) throws -> Tables {
        let (tables, errors) = try examine(mappings: folder, schemas: schemas, isWhole: isWhole)
        guard errors.isEmpty, let tables else { throw TableErrors(errors) }
        return tables
    }

    /// What can be used of the tables, and every error of all of them.
    static func examine(
        mappings folder: String, schemas path: String, routes: String? = nil, isWhole: Bool = true
    ) throws -> (Tables?, [TableError]) {
        let files = try tableFiles(in: folder)
        let schemas = XMLSchemaFolder(path: path)
        var errors: [TableError] = []
        var mappings: Mappings?
        var flows: FlowTables?
        do throws(TableErrors) { mappings = try Mappings(files: files) } catch { errors += error.errors }
        do throws(TableErrors) { flows = try FlowTables(files: files) } catch { errors += error.errors }
        if isWhole, let mappings {
            errors += mappings.faults(files: files, schemas: schemas, demands: TableRequirements.all)
        }
        if let routes {
            // A flow that has a defect is still a flow that a row may name.
            let names = files.filter { $0.name.hasPrefix("flows/") }.map {
                String($0.name.dropFirst("flows/".count).dropLast(".tsv".count))
            }
            do throws(TableErrors) {
                _ = try RouteTable(
                    file: try routeFile(routes), flows: Set(names), networks: [],
                    reasons: (mappings?.codes ?? codes(of: files))?.table("reasons"))
            } catch {
                errors += error.errors
            }
        }
        guard let mappings, let flows else { return (nil, errors) }
        return (Tables(mappings: mappings, flows: flows, schemas: schemas, files: files), errors)
    }

    /// The tables of codes alone, where a table of fields has a fault.
    private static func codes(of files: [TableFile]) -> CodeTables? {
        let files = files.filter { $0.name.hasPrefix("codes/") || $0.name == "fields/networks.tsv" }
        return (try? Mappings(files: files))?.codes
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
        try RouteTable(
            file: try Tables.routeFile(path), flows: Set(flows.flows.keys), networks: networks,
            reasons: mappings.codes.table("reasons"))
    }

    private static func routeFile(_ path: String) throws(TableErrors) -> TableFile {
        let name = URL(fileURLWithPath: path).lastPathComponent
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TableErrors([
                TableError(
                    file: path, line: 1, column: 1, problem: "the routing table cannot be read",
                    remedy: "name a file that is there and may be read")
            ])
        }
        return TableFile(name: name, bytes: [UInt8](data))
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

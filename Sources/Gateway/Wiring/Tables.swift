import Foundation
import FormatXML
import Mapping
import Payments

/// The tables of an installation, read and checked whole: nothing starts half-configured.
struct Tables: Sendable {
    var mappings: Mappings
    var flows: FlowTables
    var schemas: XMLSchemaFolder
    /// Below `mappings/`.
    var files: [TableFile]
    /// Below the schemas' folder, as `xsd/NAME`; empty when the folder is read as it is asked for.
    var schemaFiles: [TableFile]
    /// Hash of the content of all of them: what a payment remembers of the tables it began with.
    let version: String

    /// How much of the tables is looked at before they are used.
    enum Extent: Sendable {
        /// All of them, and what they owe to the schemas and to the code.
        case everything
        /// The same of those that a gateway speaks: the others are compiled when a command first asks for them.
        case served
        /// All of them for themselves. A command that only looks at messages may have a folder of other schemas.
        case alone

        func needs(_ message: String) -> Bool {
            switch self {
            case .everything, .alone: true
            case .served: !message.hasPrefix("iso20022/") || Tables.demanded.contains(message)
            }
        }
    }

    private static let demanded = Set(TableRequirements.all.flatMap(\.messages))

    /// What can be used, and every error of all of it.
    struct Examination {
        var tables: Tables?
        var routes: RouteTable?
        /// The routing table as it stands in its file.
        var routeFile: TableFile?
        /// How many profiles are sound; they are looked at with everything.
        var profiles = 0
        var errors: [TableError]
    }

    /// Files that a set of tables is made of.
    var shelved: [TableFile] { files + schemaFiles }

    init(
        mappings: Mappings, flows: FlowTables, schemas: XMLSchemaFolder, files: [TableFile], schemaFiles: [TableFile]
    ) {
        self.mappings = mappings
        self.flows = flows
        self.schemas = schemas
        self.files = files
        self.schemaFiles = schemaFiles
        version = ContentName.of(set: (files + schemaFiles).map { ($0.name, ContentName.of($0.bytes)) })
    }

    /// A set that was kept: checked when it came into use.
    init(shelved: [TableFile]) throws(TableErrors) {
        let files = shelved.filter { !$0.name.hasPrefix(Tables.schemaFolder) }
        let schemaFiles = shelved.filter { $0.name.hasPrefix(Tables.schemaFolder) }
        self.init(
            mappings: try Mappings(files: files, needed: Extent.served.needs),
            flows: try FlowTables(files: files, explores: false), schemas: Tables.folder(of: schemaFiles),
            files: files, schemaFiles: schemaFiles)
    }

    static func read(mappings folder: String, schemas: String, _ extent: Extent) throws -> Tables {
        let examination = try examine(mappings: folder, schemas: schemas, extent)
        guard examination.errors.isEmpty, let tables = examination.tables else {
            throw TableErrors(examination.errors)
        }
        return tables
    }

    /// What can be used of the tables, and every error of what is looked at.
    /// - Parameter networks: names that routes may use; empty accepts any.
    static func examine(
        mappings folder: String, schemas path: String, _ extent: Extent, routes: String? = nil,
        networks: Set<String> = []
    ) throws -> Examination {
        let files = try tableFiles(in: folder)
        let schemaFiles = extent == .alone ? [] : schemaFiles(in: path)
        let schemas = extent == .alone ? XMLSchemaFolder(path: path) : Tables.folder(of: schemaFiles)
        var result = Examination(errors: [])
        var mappings: Mappings?
        var flows: FlowTables?
        if extent == .everything { (result.errors, result.profiles) = faults(files, schemaFiles) }
        do throws(TableErrors) {
            let needed = extent == .everything ? Extent.served : extent
            let read = try Mappings(files: files, needed: needed.needs)
            mappings = read
            if extent == .served {
                result.errors += read.faults(
                    files: files, schemas: schemas, demands: TableRequirements.all, needed: extent.needs)
            }
        } catch {
            if extent != .everything { result.errors += error.errors }
        }
        do throws(TableErrors) {
            flows = try FlowTables(files: files, explores: extent != .alone)
        } catch {
            result.errors += error.errors
        }
        if let routes {
            // A flow that has a defect is still a flow that a row may name.
            let names = files.filter { $0.name.hasPrefix("flows/") }.map {
                String($0.name.dropFirst("flows/".count).dropLast(".tsv".count))
            }
            do throws(TableErrors) {
                let file = try routeFile(routes)
                result.routeFile = file
                result.routes = try RouteTable(
                    file: file, flows: Set(names), networks: networks,
                    reasons: (mappings?.codes ?? codes(of: files))?.table("reasons"))
            } catch {
                result.errors += error.errors
            }
        }
        guard let mappings, let flows else { return result }
        result.tables = Tables(
            mappings: mappings, flows: flows, schemas: schemas, files: files, schemaFiles: schemaFiles)
        return result
    }

    /// Every error of every table, schema and profile, and how many profiles there are. What is made for that is let
    /// go: a gateway that reads its tables anew goes on with those that it speaks.
    private static func faults(
        _ files: [TableFile], _ schemaFiles: [TableFile]
    ) -> (errors: [TableError], profiles: Int) {
        let schemas = folder(of: schemaFiles)
        var errors: [TableError] = []
        do throws(TableErrors) {
            errors = try Mappings(files: files).faults(files: files, schemas: schemas, demands: TableRequirements.all)
        } catch {
            errors = error.errors
        }
        errors += faults(of: schemaFiles, in: schemas, told: errors)
        // A folder of a bank's own may be without profiles: no payment is held against them.
        guard files.contains(where: { $0.name.hasPrefix("profiles/") }) else { return (errors, 0) }
        do throws(TableErrors) {
            return (errors, try ProfileTables(files: files, schemas: schemas).names.count)
        } catch {
            // A table of codes that cannot be read was told above.
            let told = errors
            return (told + error.errors.filter { !told.contains($0) }, 0)
        }
    }

    private static let schemaFolder = "xsd/"

    private static func folder(of files: [TableFile]) -> XMLSchemaFolder {
        let named = files.map { (String($0.name.dropFirst(schemaFolder.count)), $0.bytes) }
        return XMLSchemaFolder(files: Dictionary(named, uniquingKeysWith: { first, _ in first }))
    }

    /// The schemas of a folder and of the folders in it, as they stand now: what is read later is what was checked.
    private static func schemaFiles(in path: String) -> [TableFile] {
        let root = URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
        guard let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else { return [] }
        var files: [TableFile] = []
        for case let url as URL in walk where url.pathExtension == "xsd" {
            let name = String(url.standardizedFileURL.path.dropFirst(root.path.count + 1))
            guard name.split(separator: "/").count <= 2, let data = try? Data(contentsOf: url) else { continue }
            files.append(TableFile(name: schemaFolder + name, bytes: [UInt8](data)))
        }
        return files.sorted { $0.name < $1.name }
    }

    /// Schemas that do not compile, of messages without a table too.
    private static func faults(
        of files: [TableFile], in schemas: XMLSchemaFolder, told: [TableError]
    ) -> [TableError] {
        files.compactMap { file in
            let name = String(file.name.dropFirst(schemaFolder.count))
            guard !name.contains("/") else { return nil }
            do throws(XMLSchemaFault) {
                try schemas.compileAll([name])
                return nil
            } catch {
                guard !told.contains(where: { $0.problem.contains(name) }) else { return nil }
                return TableError(
                    file: file.name, line: max(1, error.line), column: 1, problem: error.text,
                    remedy: "put a sound schema in its place")
            }
        }
    }

    /// The tables of codes alone, where a table of fields has a fault.
    private static func codes(of files: [TableFile]) -> CodeTables? {
        let files = files.filter { $0.name.hasPrefix("codes/") || $0.name == "fields/networks.tsv" }
        return (try? Mappings(files: files) { _ in false })?.codes
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

extension FlowTables {
    /// The flows by `NAME@HASH`, as a payment names the one that it began with.
    var versions: [String: Flow] {
        Dictionary(flows.values.map { ("\($0.name)@\($0.version)", $0) }, uniquingKeysWith: { first, _ in first })
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

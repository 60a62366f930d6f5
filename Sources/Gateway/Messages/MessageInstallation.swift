import ArgumentParser
import FormatXML
import Mapping
import Payments
import SchemeISO20022

/// The tables and schemas that the commands for messages look things up in.
struct MessageInstallation {
    let tables: Tables
    let mappings: String
    let examiner: ISO20022Examiner

    /// - Parameter schemas: A folder of other schemas; nil for the installation's.
    init(mappings: String?, schemas: String?) throws {
        let share = Installation.share
        self.mappings = mappings ?? "\(share)/mappings"
        let files = try Tables.tableFiles(in: self.mappings)
        // Whether flows tell sound stories is a start's question; here it would cost more than all the messages.
        var tables = Tables(
            mappings: try Mappings(files: files) { _ in false }, flows: try FlowTables(files: files, explores: false),
            schemas: XMLSchemaFolder(path: "\(share)/xsd"), files: files, schemaFiles: [])
        if let schemas { tables.schemas = try SchemaShelf.folder(schemas) }
        self.tables = tables
        examiner = ISO20022Examiner(mappings: tables.mappings, schemas: tables.schemas)
    }

    /// The rails of these names; `auto` for those that take a message.
    func rails(_ names: [String], _ day: CivilDate) throws -> Rails {
        // Paths of rules are held against our own schemas, whatever others messages are validated by.
        let known = try ProfileTables(files: tables.files, schemas: XMLSchemaFolder(path: "\(Installation.share)/xsd"))
        let wanted = names.flatMap { $0.split(separator: ",") }.map { String($0.filter { $0 != " " }) }
        if wanted == ["auto"] { return Rails(profiles: known.names.compactMap { known[$0] }, isAuto: true, day: day) }
        let profiles = try wanted.map { name -> Profile in
            if let profile = known[name] { return profile }
            let meant = Spelling.nearest(name, in: known.names).map { ", did you mean \($0)?" } ?? ""
            let all = known.names.joined(separator: ", ")
            throw Failure.usage("there is no profile \(name)\(meant): write auto, or some of \(all)")
        }
        return Rails(profiles: profiles, isAuto: false, day: day)
    }

    /// As `Reporting.attempt`, with the code of a command line that cannot be used: 1 would say that a message is
    /// invalid.
    static func attempt<Result>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await Reporting.attempt(work)
        } catch let code as ExitCode where code == .failure {
            throw ExitCode.validationFailure
        }
    }
}

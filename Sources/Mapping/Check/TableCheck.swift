public import FormatXML

extension Mappings {
    /// What the tables owe to the schemas and to the code that uses them, though each is sound in itself: a mandatory
    /// element that no row writes, a code that a schema does not take, a table, a code or a schema that is not there.
    /// - Parameters:
    ///   - files: Those that the mappings were made of.
    ///   - needed: Whether a message's table is looked at.
    public func faults(
        files: [TableFile], schemas: XMLSchemaFolder, demands: [TableDemands],
        needed: (_ message: String) -> Bool = { _ in true }
    ) -> [TableError] {
        var check = TableCheck(self, schemas)
        check.takeCodeSets(files)
        for message in messages where needed(message) { check.message(message) }
        for demand in demands { check.demand(demand) }
        return check.faults.errors
    }
}

/// Holds compiled tables against schemas and code.
struct TableCheck {
    let mappings: Mappings
    let schemas: XMLSchemaFolder
    var faults = TableFaults()
    /// Codes that are published outside of the schemas, by the name of their set.
    private(set) var sets: [String: Set<String>] = [:]
    private var shapes: [String: XMLSchemaShape?] = [:]
    private var toldCodes: Set<String> = []

    static let codeSets = "codesets/iso20022.tsv"

    init(_ mappings: Mappings, _ schemas: XMLSchemaFolder) {
        self.mappings = mappings
        self.schemas = schemas
    }

    static let top = TableSheet.Cell(text: "", line: 1, column: 1)

    mutating func takeCodeSets(_ files: [TableFile]) {
        guard let file = files.first(where: { $0.name == Self.codeSets }) else {
            return faults.add(
                Self.codeSets, Self.top, "the table is missing", "add it: it lists the codes that ISO publishes")
        }
        do {
            let sheet = try TableSheet(file)
            guard sheet.columns == ["set", "code"] else {
                return faults.add(
                    file.name, Self.top, "the header row is not the one of code sets", "write the columns set, code")
            }
            for row in sheet.rows { sets[row.cells[0].text, default: []].insert(row.cells[1].text) }
        } catch {
            faults.add(contentsOf: error)
        }
    }

    // MARK: What code asks for

    mutating func demand(_ demand: TableDemands) {
        for message in demand.messages where mappings.translator(message) == nil {
            faults.add(
                "fields/\(message).tsv", Self.top, "the table is missing", "add it: the program reads or writes it")
        }
        for (table, canonicals) in demand.canonicals.sorted(by: { $0.key < $1.key }) {
            guard let codes = table_(table) else { continue }
            let known = Set(codes.canonicals)
            for canonical in canonicals where !known.contains(canonical) {
                faults.add(
                    "codes/\(table).tsv", Self.top, "there is no row \(canonical), which the program uses",
                    "add the row with its code in every network's column")
            }
        }
        for (table, columns) in demand.columns.sorted(by: { $0.key < $1.key }) {
            guard let codes = table_(table) else { continue }
            for column in columns where codes.column(column) == nil {
                faults.add(
                    "codes/\(table).tsv", Self.top, "there is no column \(column), which the program uses",
                    "add the column")
            }
        }
        for use in demand.written {
            guard let codes = table_(use.table), let column = codes.column(use.network),
                let shape = shape(use.message, file: "codes/\(use.table).tsv")
            else { continue }
            self.codes(column, of: use.type, in: shape, only: nil)
        }
    }

    /// A table of codes by name; told once when it is missing.
    private mutating func table_(_ name: String) -> CodeTable? {
        if let table = mappings.codes.table(name) { return table }
        if toldCodes.insert("table \(name)").inserted {
            faults.add("codes/\(name).tsv", Self.top, "the table is missing", "add it: the program reads its codes")
        }
        return nil
    }

    // MARK: Schemas

    /// The shape of a message's schema; told once when there is none that can be used.
    mutating func shape(_ message: String, file: String) -> XMLSchemaShape? {
        let name = String(message.split(separator: "/").last ?? "")
        if let known = shapes[name] { return known }
        var shape: XMLSchemaShape?
        do throws(XMLSchemaFault) {
            // Compiled by the validator too: what it refuses is no schema, whatever shape it has.
            let schema = try schemas.schema(file: "\(name).xsd")
            shape = schema == nil ? nil : try schemas.shape(file: "\(name).xsd")
            if shape == nil {
                faults.add(
                    file, Self.top, "there is no schema \(name).xsd", "put it into the schemas' folder (--schemas)")
            } else if let schema, !schema.targetNamespace.hasSuffix(":" + name) {
                faults.add(
                    file, Self.top, "the schema \(name).xsd is of \(schema.targetNamespace)",
                    "put the schema of the message there")
            }
        } catch {
            faults.add(
                file, Self.top, "the schema \(name).xsd cannot be used: \(error)", "put a sound one in its place")
        }
        shapes[name] = .some(shape)
        return shape
    }

    /// What is written of a column must suit a type: by its list, its lengths, and the set that ISO publishes for it.
    mutating func codes(_ column: CodeColumn, of type: String, in shape: XMLSchemaShape, only kinds: Set<String>?) {
        let value = shape.value(of: type)
        let set = sets[type]
        for (canonical, code) in column.writes.sorted(by: { $0.key < $1.key }) {
            if let kinds, !kinds.contains(canonical) { continue }
            let place = column.places[canonical] ?? Self.top
            let isListed = set?.contains(code) ?? true
            guard !isListed || value?.allows(code) == false else { continue }
            guard toldCodes.insert("\(column.table) \(column.network) \(canonical) \(type)").inserted else { continue }
            faults.add(
                "codes/\(column.table).tsv", place, "\(code) is no code of \(type)",
                isListed
                    ? "write a code that the schema takes"
                    : "write a published code; a new one is added to \(Self.codeSets)")
        }
    }
}

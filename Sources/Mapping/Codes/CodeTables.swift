/// The tables of `codes/`: what a foreign code means and how we say it abroad.
public struct CodeTables: Sendable {
    private let tables: [String: CodeTable]

    init(_ tables: [String: CodeTable]) { self.tables = tables }

    /// A table by its file's name, such as `reasons`.
    public func table(_ name: String) -> CodeTable? { tables[name] }

    public var names: [String] { tables.keys.sorted() }
}

/// One table of codes: a row for each canonical code, a column for each network. The first code of a network's column
/// is written, all are read, and those under `<network> also` too; `>` before a code makes it written only.
public struct CodeTable: Sendable {
    public let name: String
    /// In the order of the table.
    public let canonicals: [String]
    public let networks: [String]
    private let columns: [String: CodeColumn]
    private let attributes: [String: [String: String]]

    /// The canonical code that a network's code stands for. Nil when no row lists it: such a code decides nothing.
    public func canonical(of code: String, in network: String) -> String? { columns[network]?.canonical(code) }

    /// The code that we write to a network. Nil when the network has none.
    public func code(for canonical: String, in network: String) -> String? { columns[network]?.writes[canonical] }

    /// The canonical code in words.
    public func says(_ canonical: String) -> String? { attribute("says", of: canonical) }

    /// What a column that belongs to no network says of a canonical code; nil when it is empty.
    public func attribute(_ column: String, of canonical: String) -> String? { attributes[column]?[canonical] }

    /// Every code of a network that is read, sorted.
    public func codes(in network: String) -> [String] { columns[network]?.reads.keys.sorted() ?? [] }

    func column(_ network: String) -> CodeColumn? { columns[network] }
}

/// One network's side of a table of codes.
final class CodeColumn: Sendable {
    let table: String
    let network: String
    let reads: [String: String]
    let writes: [String: String]
    let anyCase: Bool
    /// Where each written code stands, by its canonical one.
    let places: [String: TableSheet.Cell]

    init(
        table: String, network: String, reads: [String: String], writes: [String: String], anyCase: Bool,
        places: [String: TableSheet.Cell]
    ) {
        self.table = table
        self.network = network
        self.reads = reads
        self.writes = writes
        self.anyCase = anyCase
        self.places = places
    }

    /// What a code means, and whether it is the one that we write for that; nil when no row lists it.
    func meaning(_ code: String) -> (canonical: String, isWritten: Bool)? {
        guard let canonical = canonical(code) else { return nil }
        return (canonical, writes[canonical] == code)
    }

    func canonical(_ code: String) -> String? { reads[anyCase ? code.lowercased() : code] }

    /// A code that no row lists, as a field holds it: marked with its network, so that it can never pass for a
    /// canonical one, and is written back to the same network alone.
    func foreign(_ code: String) -> String { "\(network):\(code)" }

    func code(for canonical: String) -> String? {
        if let code = writes[canonical] { return code }
        guard canonical.hasPrefix(network), canonical.dropFirst(network.count).first == ":" else { return nil }
        return String(canonical.dropFirst(network.count + 1))
    }
}

extension CodeTable {
    /// Reads a table; a code that reads as two canonical ones, or a canonical one told twice, is an error.
    init?(_ sheet: TableSheet, name: String, networks known: [String: Network], _ faults: inout TableFaults) {
        guard sheet.columns.first == "canonical" else {
            faults.add(
                sheet.file, TableSheet.Cell(text: "", line: 1, column: 1), "the first column is not canonical",
                "begin the header row with canonical")
            return nil
        }
        let ofNetworks = Set(known.values.map(\.codes))
        let anyCase = Set(known.values.filter(\.anyCase).map(\.codes))
        let networks = sheet.columns.dropFirst().filter {
            ofNetworks.contains($0) || sheet.columns.contains("\($0) also")
        }
        var canonicals: [String] = []
        for row in sheet.rows {
            let cell = row.cells[0]
            if cell.text.isEmpty {
                faults.add(sheet.file, cell, "the canonical code is empty", "name it")
            } else if canonicals.contains(cell.text) {
                faults.add(sheet.file, cell, "\(cell.text) has two rows", "join them: every code of one column is read")
            }
            canonicals.append(cell.text)
        }
        self.name = name
        self.canonicals = canonicals
        self.networks = Array(networks)
        var columns: [String: CodeColumn] = [:]
        for network in networks {
            columns[network] = CodeTable.column(
                sheet, name, network, anyCase: anyCase.contains(network), &faults)
        }
        self.columns = columns
        var attributes: [String: [String: String]] = [:]
        for column in sheet.columns.dropFirst() where !networks.contains(column) && !column.hasSuffix(" also") {
            for row in sheet.rows {
                let text = sheet.cell(row, column)?.text ?? ""
                if !text.isEmpty { attributes[column, default: [:]][row.cells[0].text] = text }
            }
        }
        self.attributes = attributes
    }

    private static func column(
        _ sheet: TableSheet, _ table: String, _ network: String, anyCase: Bool, _ faults: inout TableFaults
    ) -> CodeColumn {
        var reads: [String: String] = [:]
        var writes: [String: String] = [:]
        var places: [String: TableSheet.Cell] = [:]
        for row in sheet.rows {
            let canonical = row.cells[0].text
            for (column, written) in [(network, true), ("\(network) also", false)] {
                guard let cell = sheet.cell(row, column) else { continue }
                for word in cell.text.split(separator: " ") {
                    let writeOnly = word.first == ">"
                    let code = String(writeOnly ? word.dropFirst() : word)
                    if code.isEmpty || (writeOnly && !written) {
                        faults.add(
                            sheet.file, cell, "> stands without a code that could be written",
                            "put > before the code in the column \(network), or remove it")
                        continue
                    }
                    if written, writes[canonical] == nil {
                        writes[canonical] = code
                        places[canonical] = cell
                    }
                    guard !writeOnly else { continue }
                    let key = anyCase ? code.lowercased() : code
                    if let other = reads.updateValue(canonical, forKey: key), other != canonical {
                        faults.add(
                            sheet.file, cell, "\(network) \(code) reads as \(other) and as \(canonical)",
                            "leave it in one row; in the other put > before it")
                    }
                }
            }
        }
        return CodeColumn(
            table: table, network: network, reads: reads, writes: writes, anyCase: anyCase, places: places)
    }
}

/// A table of `fields/` as its rows stand, not yet resolved.
struct FieldTable {
    let file: String
    /// `pacs.008.001.08`, or `party` for one of `parts/`.
    let name: String
    let network: Network
    var rows: [FieldRow] = []
    /// Names of the outer elements, from the `[message]` row; empty for JSON and for parts.
    var root: [PathStep] = []

    static let columns = ["field", "path", "form", "when", "note"]
}

/// One row: a field, where it stands in the message, in what form.
struct FieldRow {
    enum Direction {
        case both, read, write
    }

    let direction: Direction
    let field: TableSheet.Cell
    /// The field's text without its direction.
    let name: String
    let path: TableSheet.Cell
    let steps: [PathStep]
    /// The path carries a `!`: it must be there wherever the thing that it is part of is there.
    let required: Bool
    let form: TableSheet.Cell
    let when: TableSheet.Cell
    let note: String
    var children: [FieldRow] = []
}

/// One step of a path. A step that is a list says how many elements may be written.
struct PathStep: Equatable {
    let name: String
    /// Nil for a step that stands once; `Int.max` for a list without limit.
    let list: Int?
}

extension FieldTable {
    init?(_ sheet: TableSheet, name: String, network: Network, _ faults: inout TableFaults) {
        file = sheet.file
        self.name = name
        self.network = network
        guard sheet.columns == FieldTable.columns else {
            faults.add(
                sheet.file, TableSheet.Cell(text: "", line: 1, column: 1),
                "the header row is not the one of field tables",
                "write the columns \(FieldTable.columns.joined(separator: ", "))")
            return nil
        }
        var index = 0
        rows = FieldTable.rows(sheet, &index, indent: 0, network, &faults)
        if let place = rows.firstIndex(where: { $0.name == "[message]" }) {
            root = rows.remove(at: place).steps
        }
    }

    /// The rows from `index` that are indented by `indent` spaces, each with the rows indented below it.
    private static func rows(
        _ sheet: TableSheet, _ index: inout Int, indent: Int, _ network: Network, _ faults: inout TableFaults
    ) -> [FieldRow] {
        var rows: [FieldRow] = []
        while index < sheet.rows.count {
            let row = sheet.rows[index]
            if row.indent < indent { break }
            if row.indent > indent {
                if row.indent != indent + 2 || rows.isEmpty {
                    faults.add(
                        sheet.file, row.cells[0],
                        "the row is indented by \(row.indent) spaces below no row of its group",
                        "indent by two spaces below the row it belongs to")
                    index += 1
                    continue
                }
                let children = self.rows(sheet, &index, indent: indent + 2, network, &faults)
                rows[rows.count - 1].children += children
                continue
            }
            index += 1
            if let parsed = FieldRow(sheet, row, network, &faults) {
                rows.append(parsed)
            } else {
                // What stands below a row that cannot be read is not told as a fault of its own.
                while index < sheet.rows.count, sheet.rows[index].indent > indent { index += 1 }
            }
        }
        return rows
    }
}

extension FieldRow {
    init?(_ sheet: TableSheet, _ row: TableSheet.Row, _ network: Network, _ faults: inout TableFaults) {
        field = row.cells[0]
        var name = Substring(field.text)
        switch name.first {
        case "<":
            direction = .read
            name = name.dropFirst().drop { $0 == " " }
        case ">":
            direction = .write
            name = name.dropFirst().drop { $0 == " " }
        default: direction = .both
        }
        self.name = String(name == "-" ? "" : name)
        path = row.cells[1]
        form = row.cells[2]
        when = row.cells[3]
        note = row.cells[4].text
        var text = Substring(path.text)
        required = text.last == "!"
        if required { text = text.dropLast() }
        guard let steps = PathStep.steps(text, network.separator) else {
            faults.add(
                sheet.file, path, "\(path.text) is not a path",
                "separate names by \(network.separator), end a list with [] or [n], a mandatory path with !")
            return nil
        }
        self.steps = steps
    }
}

extension PathStep {
    /// The names of a path; a list may stand at its end only.
    static func steps(_ text: Substring, _ separator: Character) -> [PathStep]? {
        if text.isEmpty { return [] }
        var steps: [PathStep] = []
        for part in text.split(separator: separator, omittingEmptySubsequences: false) {
            if let last = steps.last, last.list != nil { return nil }
            var name = part
            var list: Int?
            if part.last == "]", let open = part.firstIndex(of: "[") {
                let number = part[part.index(after: open)...].dropLast()
                name = part[..<open]
                guard number.isEmpty || Int(number).map({ $0 > 0 }) == true else { return nil }
                list = number.isEmpty ? Int.max : Int(number)
            }
            let isName =
                !name.isEmpty
                && name.utf8.allSatisfy { byte in
                    let letter = byte | 0x20
                    if byte == 0x2E { return separator != "." }
                    return (letter >= 0x61 && letter <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2D
                        || byte == 0x5F || byte == 0x40
                }
            guard isName else { return nil }
            steps.append(PathStep(name: String(name), list: list))
        }
        return steps
    }
}

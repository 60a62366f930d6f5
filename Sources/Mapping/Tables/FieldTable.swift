/// A table of `fields/` as its rows stand, not yet resolved.
struct FieldTable {
    let file: String
    /// `pacs.008.001.08`, or `party` for one of `parts/`.
    let name: String
    let network: Network
    var rows: [FieldRow] = []
    /// Names of the outer elements, from the `[message]` row; empty for JSON and for parts.
    var root: [PathStep] = []
    /// The message whose rows these are, and what sets this one apart from it: `same pacs.008.001.08 with mandate`.
    var base: String?
    var words: Set<String> = []
    /// The form of the `[message]` row, for what is wrong with it.
    var title: TableSheet.Cell?

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
    /// It carries `!>`: only what is written must have it.
    let requiredWhenWritten: Bool
    let form: TableSheet.Cell
    /// Without what `version` says.
    let when: TableSheet.Cell
    /// Words of which the message's table must have one, or must have none, for the row to stand.
    let version: (words: Set<String>, isWanted: Bool)?
    let note: String
    var children: [FieldRow] = []

    /// Whether the row stands in a message of these words.
    func stands(_ words: Set<String>) -> Bool {
        version.map { words.isDisjoint(with: $0.words) != $0.isWanted } ?? true
    }

    /// `with A|B` or `without A|B` at the beginning of a condition, and the rest of it.
    fileprivate static func version(
        _ cell: TableSheet.Cell
    ) -> (version: (words: Set<String>, isWanted: Bool)?, rest: TableSheet.Cell) {
        let words = cell.text.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count >= 2, words[0] == "with" || words[0] == "without" else { return (nil, cell) }
        var rest = words.count == 3 ? words[2] : ""
        if rest.hasPrefix("and ") { rest = String(rest.dropFirst(4)) }
        let named = Set(words[1].split(separator: "|").map(String.init))
        return ((named, words[0] == "with"), TableSheet.Cell(text: rest, line: cell.line, column: cell.column))
    }
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
            let row = rows.remove(at: place)
            root = row.steps
            title = row.form
            take(row.form, &faults)
            if let child = row.children.first {
                faults.add(
                    file, child.field, "a row stands below the [message] row",
                    "begin it at the start of its line, or below the row it belongs to")
            }
            if base != nil, let extra = rows.first {
                faults.add(
                    file, extra.field, "the table has rows of its own beside those of another",
                    "put the row into that table, with a word in its when that this table has after with")
            }
        }
    }

    /// `same TABLE`, then `with` and words.
    private mutating func take(_ form: TableSheet.Cell, _ faults: inout TableFaults) {
        var words = form.text.split(separator: " ").map(String.init)[...]
        if words.first == "same", words.count > 1 {
            base = words.dropFirst().first
            words = words.dropFirst(2)
        }
        guard words.isEmpty || (words.first == "with" && words.count > 1) else {
            return faults.add(
                file, form, "\(form.text) is not understood of a message",
                "write same TABLE for the rows of another table, and with before words that rows ask for")
        }
        self.words = Set(words.dropFirst())
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
        (version, when) = FieldRow.version(row.cells[3])
        note = row.cells[4].text
        var text = Substring(path.text)
        requiredWhenWritten = text.hasSuffix("!>")
        if requiredWhenWritten { text = text.dropLast() }
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

/// A CSV file as a bank's spreadsheet writes it (RFC 4180): quotes around a cell that holds commas, quotes doubled
/// inside.
struct CSVSheet {
    let columns: [String]
    let rows: [[TableSheet.Cell]]

    init(_ file: TableFile) throws(TableErrors) {
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw TableErrors([
                TableError(
                    file: file.name, line: 1, column: 1, problem: "the file is not UTF-8",
                    remedy: "save it as CSV UTF-8")
            ])
        }
        var errors: [TableError] = []
        var columns: [String] = []
        var rows: [[TableSheet.Cell]] = []
        for (index, bare) in TableSheet.lines(text).enumerated() {
            if bare.first == "#" || bare.allSatisfy({ $0 == " " || $0 == "," }) { continue }
            guard let cells = CSVSheet.cells(bare, line: index + 1) else {
                errors.append(
                    TableError(
                        file: file.name, line: index + 1, column: 1, problem: "a quote is not closed",
                        remedy: "write \"\" for a quote inside a quoted cell, and no line break in a cell"))
                continue
            }
            if columns.isEmpty {
                columns = cells.map(\.text)
            } else if cells.count == columns.count {
                rows.append(cells)
            } else {
                errors.append(
                    TableError(
                        file: file.name, line: index + 1, column: cells.last?.column ?? 1,
                        problem: "\(cells.count) cells stand here and \(columns.count) columns in the header",
                        remedy: "write one cell for each column; quote a cell that holds a comma"))
            }
        }
        guard errors.isEmpty else { throw TableErrors(errors) }
        self.columns = columns
        self.rows = rows
    }

    private static func cells(_ line: Substring, line number: Int) -> [TableSheet.Cell]? {
        var cells: [TableSheet.Cell] = []
        var text = ""
        var quoted = false
        var start = 1
        var column = 0
        var characters = line.makeIterator()
        var next = characters.next()
        while let character = next {
            column += 1
            next = characters.next()
            if quoted, character == "\"", next == "\"" {
                text.append("\"")
                column += 1
                next = characters.next()
            } else if character == "\"" {
                quoted.toggle()
            } else if character == ",", !quoted {
                cells.append(cell(text, number, start))
                text = ""
                start = column + 1
            } else {
                text.append(character)
            }
        }
        guard !quoted else { return nil }
        return cells + [cell(text, number, start)]
    }

    private static func cell(_ text: String, _ line: Int, _ column: Int) -> TableSheet.Cell {
        var trimmed = text[...]
        while trimmed.first == " " { trimmed = trimmed.dropFirst() }
        while trimmed.last == " " { trimmed = trimmed.dropLast() }
        return TableSheet.Cell(text: String(trimmed), line: line, column: column)
    }
}

/// A CSV file as a bank's spreadsheet writes it (RFC 4180): quotes around a cell that holds commas, quotes doubled
/// inside.
struct CSVSheet {
    let columns: [String]
    let rows: [[TableSheet.Cell]]

    init(_ file: TableFile) throws(TableErrors) {
        guard String(validating: file.bytes, as: UTF8.self) != nil else {
            throw TableErrors([
                TableError(
                    file: file.name, line: 1, column: 1, problem: "the file is not UTF-8",
                    remedy: "save it as CSV UTF-8")
            ])
        }
        var errors: [TableError] = []
        var columns: [String] = []
        var rows: [[TableSheet.Cell]] = []
        var number = 0
        CSVSheet.forEachLine(file.bytes) { line in
            number += 1
            if line.first == 0x23 || line.allSatisfy({ $0 == 0x20 || $0 == 0x2C }) { return }
            guard let cells = CSVSheet.cells(line, line: number) else {
                errors.append(
                    TableError(
                        file: file.name, line: number, column: 1, problem: "a quote is not closed",
                        remedy: "write \"\" for a quote inside a quoted cell, and no line break in a cell"))
                return
            }
            if columns.isEmpty {
                columns = cells.map(\.text)
            } else if cells.count == columns.count {
                rows.append(cells)
            } else {
                errors.append(
                    TableError(
                        file: file.name, line: number, column: cells.last?.column ?? 1,
                        problem: "\(cells.count) cells stand here and \(columns.count) columns in the header",
                        remedy: "write one cell for each column; quote a cell that holds a comma"))
            }
        }
        guard errors.isEmpty else { throw TableErrors(errors) }
        self.columns = columns
        self.rows = rows
    }

    /// Lines as any editor ends them: by LF, CR LF or CR. A byte order mark before the first one is a spreadsheet's.
    private static func forEachLine(_ bytes: [UInt8], _ body: (ArraySlice<UInt8>) -> Void) {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x0A || byte == 0x0D {
                body(bytes[start..<index])
                if byte == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { index += 1 }
                start = index + 1
            }
            index += 1
        }
        if start < bytes.count { body(bytes[start...]) }
    }

    private static func cells(_ line: ArraySlice<UInt8>, line number: Int) -> [TableSheet.Cell]? {
        var cells: [TableSheet.Cell] = []
        cells.reserveCapacity(RouteTable.columns.count)
        var text: [UInt8] = []
        var quoted = false
        var start = 1
        var column = 0
        var index = line.startIndex
        while index < line.endIndex {
            let byte = line[index]
            index += 1
            // A character's first byte counts.
            if byte & 0xC0 != 0x80 { column += 1 }
            if quoted, byte == 0x22, index < line.endIndex, line[index] == 0x22 {
                text.append(byte)
                column += 1
                index += 1
            } else if byte == 0x22 {
                quoted.toggle()
            } else if byte == 0x2C, !quoted {
                cells.append(cell(text, number, start))
                text.removeAll(keepingCapacity: true)
                start = column + 1
            } else {
                text.append(byte)
            }
        }
        guard !quoted else { return nil }
        cells.append(cell(text, number, start))
        return cells
    }

    private static func cell(_ bytes: [UInt8], _ line: Int, _ column: Int) -> TableSheet.Cell {
        var text = bytes[...]
        while text.first == 0x20 { text = text.dropFirst() }
        while text.last == 0x20 { text = text.dropLast() }
        return TableSheet.Cell(text: String(decoding: text, as: UTF8.self), line: line, column: column)
    }
}

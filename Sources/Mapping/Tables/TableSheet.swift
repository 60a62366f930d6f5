/// A table as text: a header row, then rows of as many cells, separated by tabs. Lines that begin with `#` and empty
/// lines are left out.
public struct TableSheet: Sendable {
    public struct Cell: Sendable, Equatable {
        /// Without the spaces around it; `-` reads as empty.
        public let text: String
        public let line: Int
        public let column: Int
    }

    public struct Row: Sendable {
        public let line: Int
        /// Spaces before the first cell's text.
        public let indent: Int
        public let cells: [Cell]
    }

    public let file: String
    public let columns: [String]
    public let rows: [Row]

    /// Names at most this many rows: a table that people read stays far below it.
    public static let greatestRows = 20_000

    public init(_ file: TableFile) throws(TableErrors) {
        self.file = file.name
        var columns: [String] = []
        var rows: [Row] = []
        var errors: [TableError] = []
        func refuse(_ line: Int, _ column: Int, _ problem: String, _ remedy: String) {
            errors.append(
                TableError(file: file.name, line: line, column: column, problem: problem, remedy: remedy))
        }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw TableErrors([
                TableError(
                    file: file.name, line: 1, column: 1, problem: "the file is not UTF-8", remedy: "save it as UTF-8")
            ])
        }
        for (index, line) in TableSheet.lines(text).enumerated() {
            let row = TableSheet.row(line, number: index + 1)
            if line.first == "#" || row.cells.allSatisfy({ $0.text.isEmpty }) { continue }
            if columns.isEmpty {
                columns = row.cells.map(\.text)
                if Set(columns).count != columns.count || columns.contains("") {
                    refuse(row.line, 1, "the header row names a column twice or not at all", "name each column once")
                }
                continue
            }
            guard row.cells.count == columns.count else {
                refuse(
                    row.line, row.cells[row.cells.count - 1].column,
                    "\(row.cells.count) cells stand here and \(columns.count) columns in the header",
                    "separate cells by one tab each; write - for an empty one")
                continue
            }
            rows.append(row)
            guard rows.count <= TableSheet.greatestRows else {
                refuse(row.line, 1, "the table has more than \(TableSheet.greatestRows) rows", "split the table")
                break
            }
        }
        if columns.isEmpty { refuse(1, 1, "the table has no header row", "begin with a row of column names") }
        guard errors.isEmpty else { throw TableErrors(errors) }
        self.columns = columns
        self.rows = rows
    }

    /// Lines as any editor ends them. A carriage return and a line feed are one character.
    static func lines(_ text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
    }

    /// The cell of a row under a column; nil when the table has no such column.
    public func cell(_ row: Row, _ column: String) -> Cell? {
        columns.firstIndex(of: column).map { row.cells[$0] }
    }

    private static func row(_ line: Substring, number: Int) -> Row {
        var cells: [Cell] = []
        var column = 1
        var indent = 0
        for part in line.split(separator: "\t", omittingEmptySubsequences: false) {
            let lead = part.prefix { $0 == " " }.count
            if cells.isEmpty { indent = lead }
            var text = part.dropFirst(lead)
            while text.last == " " { text = text.dropLast() }
            cells.append(Cell(text: text == "-" ? "" : String(text), line: number, column: column + lead))
            column += part.count + 1
        }
        return Row(line: number, indent: indent, cells: cells)
    }
}

/// FNV-1a, 64 bits: names a set of tables; it guards against mistakes, not against an enemy.
enum ContentHash {
    static func of(_ files: [TableFile]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func take(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        for file in files.sorted(by: { $0.name < $1.name }) {
            for byte in file.name.utf8 { take(byte) }
            take(0)
            for shift in stride(from: 0, to: 64, by: 8) { take(UInt8(truncatingIfNeeded: file.bytes.count >> shift)) }
            for byte in file.bytes { take(byte) }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

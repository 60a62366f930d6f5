/// Fields whose absence from a message is no loss, each with its reason: `fields/bookkeeping.tsv`.
struct Bookkeeping: Sendable {
    struct Row: Sendable {
        /// A field's name, or its beginning before `*`.
        let field: String
        /// `*`, a network, or a message as `network/message`.
        let target: String
        let why: String
    }

    private let rows: [Row]

    init(_ rows: [Row] = []) { self.rows = rows }

    init(_ sheet: TableSheet, fields: [String], targets: Set<String>, _ faults: inout TableFaults) {
        var rows: [Row] = []
        guard sheet.columns == ["field", "message", "why"] else {
            faults.add(
                sheet.file, TableSheet.Cell(text: "", line: 1, column: 1),
                "the header row is not the one of bookkeeping",
                "write the columns field, message, why")
            self.rows = []
            return
        }
        for row in sheet.rows {
            let cells = row.cells
            if !fields.contains(where: { Bookkeeping.matches(cells[0].text, $0) }) {
                faults.add(
                    sheet.file, cells[0], "no field is named \(cells[0].text)", "name a field, or its beginning and *")
            }
            if !targets.contains(cells[1].text) {
                faults.add(
                    sheet.file, cells[1], "no message is named \(cells[1].text)", "write *, a network or a message")
            }
            if cells[2].text.isEmpty { faults.add(sheet.file, cells[2], "why is empty", "say why it is no loss") }
            rows.append(Row(field: cells[0].text, target: cells[1].text, why: cells[2].text))
        }
        self.rows = rows
    }

    /// Whether a field may be absent from a message of a network without a loss.
    func excuses(_ field: String, _ message: String, _ network: String) -> Bool {
        why(field, message, network) != nil
    }

    /// Why a field may be absent from a message of a network; nil when its absence is a loss.
    func why(_ field: String, _ message: String, _ network: String) -> String? {
        rows.first { row in
            (row.target == "*" || row.target == message || row.target == network)
                && Bookkeeping.matches(row.field, field)
        }?.why
    }

    /// The same of a message whose rows may be those of another version of it.
    func why(_ field: String, _ program: Program) -> String? {
        why(field, program.message, program.network.name) ?? why(field, program.base, program.network.name)
    }

    private static func matches(_ pattern: String, _ field: String) -> Bool {
        // By bytes: names of fields are ASCII, and every field of every table is asked about.
        pattern.utf8.last == UInt8(ascii: "*")
            ? field.utf8.starts(with: pattern.utf8.dropLast()) : field.utf8.elementsEqual(pattern.utf8)
    }
}

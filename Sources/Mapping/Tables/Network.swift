import Payments

/// How one network writes, a row of `fields/networks.tsv`: what holds for all its messages is said once.
struct Network: Sendable {
    enum Format: String, Sendable, CaseIterable {
        case xml, json
    }

    enum Times: String, Sendable, CaseIterable {
        /// Any dateTime of XML Schema.
        case any
        /// Three decimals and an offset (FSPIOP 1.1 §7.2.12).
        case milliseconds
    }

    let name: String
    let format: Format
    /// Its column in the tables of `codes/`.
    let codes: String
    let amounts: AmountRule
    let times: Times
    /// Whether an amount or a count may also come as a JSON number.
    let numbers: Bool
    /// Whether a JSON null is read as an absent member; else it is refused.
    let nulls: Bool
    /// Whether foreign codes are compared without regard to case.
    let anyCase: Bool
    /// What stands before a message's name in its namespace.
    let namespace: String
    /// Names of XML elements that hold what is of no schema of the network, wherever they stand.
    let raw: [String]

    var separator: Character { format == .xml ? "/" : "." }

    static let amountRules: [String: AmountRule] = [
        "iso20022": .iso20022, "fspiop": .fspiop, "mobile-money": .mobileMoney, "fineract": .fineract,
        "channel": .channel,
    ]

    static func read(_ sheet: TableSheet, _ faults: inout TableFaults) -> [String: Network] {
        var networks: [String: Network] = [:]
        for column in ["network", "format", "codes", "amounts", "times", "numbers", "nulls", "case", "namespace"]
        where !sheet.columns.contains(column) {
            faults.add(
                sheet.file, TableSheet.Cell(text: "", line: 1, column: 1), "the column \(column) is missing",
                "add it to the header row")
            return [:]
        }
        for row in sheet.rows {
            func cell(_ column: String) -> TableSheet.Cell { sheet.cell(row, column) ?? row.cells[0] }
            func choice<Value>(_ column: String, _ values: [String: Value]) -> Value? {
                if let value = values[cell(column).text] { return value }
                faults.add(
                    sheet.file, cell(column), "\(cell(column).text) is not known here",
                    "write one of \(values.keys.sorted().joined(separator: ", "))")
                return nil
            }
            let formats = Dictionary(uniqueKeysWithValues: Format.allCases.map { ($0.rawValue, $0) })
            let times = Dictionary(uniqueKeysWithValues: Times.allCases.map { ($0.rawValue, $0) })
            guard let format = choice("format", formats), let amounts = choice("amounts", amountRules),
                let time = choice("times", times), let numbers = choice("numbers", ["text": false, "either": true]),
                let nulls = choice("nulls", ["refused": false, "absent": true]),
                let anyCase = choice("case", ["exact": false, "any": true])
            else { continue }
            let name = cell("network").text
            if networks[name] != nil {
                faults.add(sheet.file, cell("network"), "\(name) is named twice", "remove one of the rows")
            }
            networks[name] = Network(
                name: name, format: format, codes: cell("codes").text, amounts: amounts, times: time,
                numbers: numbers, nulls: nulls, anyCase: anyCase, namespace: cell("namespace").text,
                raw: sheet.cell(row, "raw")?.text.split(separator: " ").map(String.init) ?? [])
        }
        return networks
    }
}

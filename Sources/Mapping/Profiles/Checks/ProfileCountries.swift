/// The countries of ISO 3166 and the lengths of their IBANs, from `codesets/countries.tsv`.
struct ProfileCountries: Sendable {
    static let file = "codesets/countries.tsv"

    /// By two letters: 0 for what is no country, 255 for one without IBAN, else the IBAN's length.
    private var lengths = [UInt8](repeating: 0, count: 26 * 26)

    init() {}

    init(_ sheet: TableSheet, _ faults: inout TableFaults) {
        guard sheet.columns == ["country", "iban", "says"] else {
            faults.add(
                sheet.file, TableSheet.Cell(text: "", line: 1, column: 1), "the header row is not the one of countries",
                "write the columns country, iban, says")
            return
        }
        for row in sheet.rows {
            let (code, length) = (Array(row.cells[0].text.utf8), row.cells[1])
            guard code.count == 2, let place = Self.place(code[0], code[1]), lengths[place] == 0 else {
                faults.add(
                    sheet.file, row.cells[0], "\(row.cells[0].text) is no country, or stands twice",
                    "write two capital letters, once")
                continue
            }
            guard length.text.isEmpty || Int(length.text).map({ (15...34).contains($0) }) == true else {
                faults.add(sheet.file, length, "\(length.text) is no length of an IBAN", "write 15 to 34, or -")
                continue
            }
            lengths[place] = UInt8(length.text) ?? 255
        }
    }

    /// The length of a country's IBAN, 255 where it has none; nil for what is no country.
    func length(_ first: UInt8, _ second: UInt8) -> Int? {
        guard let place = Self.place(first, second), lengths[place] > 0 else { return nil }
        return Int(lengths[place])
    }

    private static func place(_ first: UInt8, _ second: UInt8) -> Int? {
        guard ProfileShape.isCapital(first), ProfileShape.isCapital(second) else { return nil }
        return Int(first - 0x41) * 26 + Int(second - 0x41)
    }
}

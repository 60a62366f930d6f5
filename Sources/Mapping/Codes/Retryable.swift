extension Mappings {
    /// Whether a refusal for this canonical reason says something about the network alone, so that the payment may be
    /// offered to another one before its pivot. What `codes/retryable.tsv` does not list is not.
    public func isRetryable(_ canonical: String) -> Bool { codes.isRetryable(canonical) }
}

extension CodeTables {
    public func isRetryable(_ canonical: String) -> Bool {
        table("retryable")?.attribute("why", of: canonical) != nil
    }
}

extension TableCompiler {
    /// A name that no reason has would silently never be retried.
    mutating func examineRetryable(_ sheet: TableSheet) {
        guard let reasons = codes["reasons"] else { return }
        let known = Set(reasons.canonicals)
        for row in sheet.rows {
            let cell = row.cells[0]
            if !known.contains(cell.text) {
                faults.add(sheet.file, cell, "no reason is named \(cell.text)", "write a name of codes/reasons.tsv")
            } else if (sheet.cell(row, "why")?.text ?? "").isEmpty {
                faults.add(sheet.file, cell, "\(cell.text) has no why", "say why another network may take the payment")
            }
        }
    }
}

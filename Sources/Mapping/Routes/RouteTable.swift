public import Payments

/// A bank's rules table, compiled: first match wins, and the last row catches all.
public struct RouteTable: Sendable {
    /// Content hash; the decision keeps it.
    public let version: String
    /// In the order in which they are tried.
    public let rows: [RouteRow]
    let index: RouteIndex

    /// A table that people write stays far below it; a longer one is refused before it fills the memory.
    public static let greatestRows = 200_000

    static let columns = [
        "priority", "tenant", "kind", "from", "debtor", "creditor", "creditorAgent", "currency", "amountFrom",
        "amountTo",
        "purpose", "validFrom", "validUntil", "to", "alternates", "flow", "note",
    ]

    /// - Parameters:
    ///   - networks: names that `to` and `alternates` may use; empty accepts any.
    ///   - reasons: canonical reasons that `refuse:` may use, by ISO code and by name.
    public init(
        file: TableFile, flows: Set<String>, networks: Set<String>, reasons: CodeTable?
    ) throws(TableErrors) {
        let sheet = try CSVSheet(file)
        var faults = TableFaults()
        let top = TableSheet.Cell(text: "", line: 1, column: 1)
        guard sheet.columns == RouteTable.columns else {
            throw TableErrors([
                TableError(
                    file: file.name, line: 1, column: 1, problem: "the header row is not the one of a routing table",
                    remedy: "write the columns \(RouteTable.columns.joined(separator: ","))")
            ])
        }
        guard sheet.rows.count <= RouteTable.greatestRows else {
            throw TableErrors([
                TableError(
                    file: file.name, line: sheet.rows[RouteTable.greatestRows][0].line, column: 1,
                    problem: "the table has more than \(RouteTable.greatestRows) rows",
                    remedy: "join rows that differ by little, by starts of identifiers")
            ])
        }
        let reader = RouteRowReader(file: file.name, flows: flows, networks: networks, reasons: reasons)
        let read = sheet.rows.compactMap { reader.row($0, &faults) }
        let rows = read.sorted { ($0.priority, $0.line) < ($1.priority, $1.line) }
        // A row that cannot be read may be the one that catches all.
        if read.count == sheet.rows.count, let last = rows.last, !last.catchesAll {
            faults.add(
                file.name, TableSheet.Cell(text: "", line: last.line, column: 1), "the last row does not catch all",
                "end with a row of * whose `to` is refuse:RC04, so that no payment is without an answer")
        }
        if sheet.rows.isEmpty {
            faults.add(file.name, top, "the table has no rows", "write at least the row that catches all")
        }
        guard faults.errors.isEmpty else { throw TableErrors(faults.errors) }
        self.init(rows: rows, version: ContentHash.of([file]))
    }

    /// Rows in the order in which they are tried.
    init(rows: [RouteRow], version: String) {
        self.rows = rows
        self.version = version
        index = RouteIndex(rows)
    }

    /// The first row that matches.
    public func decide(_ question: RouteQuestion) -> RouteDecision {
        guard let place = index.first(RouteProbe(question, index.words)) else { return decideByScan(question) }
        // The index knows texts by their hashes: what it found is compared once by its bytes.
        guard rows[place].missedColumn(question) == nil else { return decideByScan(question) }
        return RouteDecision(version: version, row: rows[place])
    }

    /// The same by trying one row after the other: what `decide` is held equal to and measured against.
    public func decideByScan(_ question: RouteQuestion) -> RouteDecision {
        let first = rows.withUnsafeBufferPointer { rows in
            rows.indices.first { rows[$0].missedColumn(question) == nil }
        }
        guard let first else { preconditionFailure("the last row catches all: checked when the table was read") }
        return RouteDecision(version: version, row: rows[first])
    }

    /// Why the rows before the one that matched did not: computed when somebody asks.
    public func misses(_ question: RouteQuestion) -> [RouteMiss] {
        var misses: [RouteMiss] = []
        for place in rows.indices {
            guard let column = rows[place].missedColumn(question) else { break }
            misses.append(RouteMiss(line: rows[place].line, column: column))
        }
        return misses
    }
}

extension RouteRow {
    var catchesAll: Bool {
        tenant == nil && kind == nil && from == nil && debtor == nil && creditor == nil && creditorAgent == nil
            && currency == nil && amountFrom == nil && amountTo == nil && purpose == nil && validFrom == nil
            && validUntil == nil
    }
}

/// One row of the CSV -> `RouteRow`; every cell that is not understood is told with its place.
struct RouteRowReader {
    let file: String
    let flows: Set<String>
    let networks: Set<String>
    let reasons: CodeTable?

    func row(_ cells: [TableSheet.Cell], _ faults: inout TableFaults) -> RouteRow? {
        let before = faults.errors.count
        guard let priority = Int(cells[0].text) else {
            faults.add(file, cells[0], "priority is \(cells[0].text)", "write a whole number")
            return nil
        }
        let named = target(cells[13], &faults)
        let target = named ?? .onUs
        let flow = cells[15].text
        if named == nil {
            // Whether the row needs a flow is not known.
        } else if case .refuse = target {
            if !flow.isEmpty { faults.add(file, cells[15], "a refusal runs no flow", "leave the cell empty") }
        } else if !flows.contains(flow) {
            faults.add(
                file, cells[15], "no flow is named \(flow)", "write one of \(flows.sorted().joined(separator: ", "))")
        }
        var row = RouteRow(line: cells[0].line, priority: priority, target: target, flow: flow)
        row.tenant = value(cells[1])
        row.kind = value(cells[2])
        if let kind = row.kind, PaymentKind(rawValue: kind) == nil {
            let kinds = PaymentKind.allCases.map(\.rawValue).joined(separator: ", ")
            faults.add(file, cells[2], "no kind of payment is named \(kind)", "write * or one of \(kinds)")
        }
        row.from = value(cells[3]).map(Pattern.init)
        row.debtor = identifier(cells[4], isCreditor: false, &faults)
        row.creditor = identifier(cells[5], isCreditor: true, &faults)
        row.creditorAgent = value(cells[6]).map(Pattern.init)
        row.currency = currency(cells[7], &faults)
        row.amountFrom = amount(cells[8], row.currency, &faults)
        row.amountTo = amount(cells[9], row.currency, &faults)
        row.purpose = value(cells[10])
        row.validFrom = date(cells[11], &faults)
        row.validUntil = date(cells[12], &faults)
        row.alternates = cells[14].text.split(separator: " ").map(String.init)
        for name in row.alternates where !networks.isEmpty && !networks.contains(name) {
            faults.add(file, cells[14], "no network is named \(name)", known)
        }
        row.note = cells[16].text
        return faults.errors.count == before ? row : nil
    }

    private var known: String { "write one of \(networks.sorted().joined(separator: ", "))" }

    private func value(_ cell: TableSheet.Cell) -> String? { cell.text.isEmpty || cell.text == "*" ? nil : cell.text }

    private func target(_ cell: TableSheet.Cell, _ faults: inout TableFaults) -> RouteTarget? {
        if cell.text == "on-us" { return .onUs }
        if cell.text.hasPrefix("refuse:") {
            let code = String(cell.text.dropFirst("refuse:".count))
            guard let reasons else { return .refuse(code) }
            if reasons.canonicals.contains(code) { return .refuse(code) }
            if let canonical = reasons.canonical(of: code, in: "iso") { return .refuse(canonical) }
            faults.add(
                file, cell, "no reason is named \(code)", "write an ISO reason code or a name of codes/reasons.tsv")
            return nil
        }
        if cell.text.isEmpty || (!networks.isEmpty && !networks.contains(cell.text)) {
            faults.add(file, cell, "no network is named \(cell.text)", known + ", on-us or refuse:CODE")
            return nil
        }
        return .network(cell.text)
    }

    /// What a row asks of the payee's account instead of a name of it.
    private static let own: [String: IdentifierPattern] = [
        "account:same-tenant": .sameTenant, "account:directory": .directory,
    ]

    private func identifier(
        _ cell: TableSheet.Cell, isCreditor: Bool, _ faults: inout TableFaults
    ) -> IdentifierPattern? {
        guard let text = value(cell) else { return nil }
        if let own = RouteRowReader.own[text] {
            if isCreditor { return own }
            faults.add(file, cell, "\(text) stands under debtor", "write it under creditor: it is about the payee")
            return nil
        }
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, !parts[0].isEmpty, parts[0] != "account" else {
            faults.add(
                file, cell, "\(text) is no identifier",
                "write KIND:VALUE, KIND:START*, account:same-tenant or account:directory")
            return nil
        }
        return .identifier(kind: String(parts[0]), Pattern(String(parts[1])))
    }

    private func currency(_ cell: TableSheet.Cell, _ faults: inout TableFaults) -> Currency? {
        guard let text = value(cell) else { return nil }
        if let currency = Currency(text), currency.isListed { return currency }
        faults.add(file, cell, "\(text) is no currency", "write * or an ISO 4217 code")
        return nil
    }

    private func amount(_ cell: TableSheet.Cell, _ currency: Currency?, _ faults: inout TableFaults) -> Int128? {
        guard let text = value(cell) else { return nil }
        guard let currency else {
            faults.add(file, cell, "an amount stands here and no currency", "write the currency of the amount")
            return nil
        }
        do throws(AmountRefusal) {
            return try Money(text, currency).units
        } catch {
            faults.add(
                file, cell, "\(text) is no amount: \(error)", "write digits with a decimal point, or leave it empty")
            return nil
        }
    }

    private func date(_ cell: TableSheet.Cell, _ faults: inout TableFaults) -> CivilDate? {
        guard let text = value(cell) else { return nil }
        if let date = CivilDate(text) { return date }
        faults.add(file, cell, "\(text) is no date", "write YYYY-MM-DD")
        return nil
    }
}

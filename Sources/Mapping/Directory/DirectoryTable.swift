public import Payments

/// A tenant's directory, read from a CSV line by line: a hundred thousand accounts are no burden. Which account belongs
/// to which identifier is said once; a second line for the same one is an error, never a choice.
public struct DirectoryTable: Sendable {
    /// Errors told of one file; more are counted.
    static let mostErrors = 100
    /// Lines of one file.
    static let greatestLines = 5_000_000

    /// What the columns are named; their order is free, and a column that a bank leaves out is empty.
    enum Column: Int, CaseIterable {
        case identifierKind, identifier, subId, agentKind, agent, clearingSystem, accountKind, account, name, network

        var title: String { "\(self)" }
        var isNeeded: Bool { ![.subId, .clearingSystem, .name, .network].contains(self) }
    }

    public let directory: Directory

    /// - Parameters:
    ///   - kinds: kinds of identifiers that `codes/identifiers` lists.
    ///   - networks: names that `network` may use; empty accepts any.
    public init(file: TableFile, kinds: Set<String>, networks: Set<String>) throws(TableErrors) {
        var reader = DirectoryReader(file: file.name, kinds: kinds, networks: networks)
        var count = 0
        for byte in file.bytes where byte == 0x0A { count += 1 }
        reader.directory.reserve(min(count + 1, DirectoryTable.greatestLines))
        reader.read(file.bytes)
        guard reader.faults.isEmpty else { throw TableErrors(reader.faults) }
        directory = reader.directory
    }
}

private struct DirectoryReader {
    typealias Column = DirectoryTable.Column

    let file: String
    let kinds: Set<String>
    let networks: Set<String>
    var directory = Directory()
    private(set) var faults: [TableError] = []
    private var unsaid = 0
    /// Where each column stands in a line; empty before the header.
    private var places: [Int?] = []
    private var columnCount = 0
    private var line = 0

    init(file: String, kinds: Set<String>, networks: Set<String>) {
        self.file = file
        self.kinds = kinds
        self.networks = networks
    }

    mutating func read(_ bytes: [UInt8]) {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
            line += 1
            guard line <= DirectoryTable.greatestLines else {
                return fault(1, "the file has more than \(DirectoryTable.greatestLines) lines", "split the tenant")
            }
            take(bytes[start..<end])
            let isPair = end + 1 < bytes.count && bytes[end] == 0x0D && bytes[end + 1] == 0x0A
            start = end + (isPair ? 2 : 1)
        }
        if places.isEmpty, faults.isEmpty { header([]) }
        if unsaid > 0 { add(1, "\(unsaid) more errors stand in the file", "mend those first") }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        guard let first = bytes.first, first != 0x23, bytes.contains(where: { $0 != 0x20 && $0 != 0x2C }) else {
            return
        }
        guard let cells = CSVBytes.cells(bytes) else {
            return fault(
                1, "a quote is not closed, or the line is no UTF-8", "save the file as CSV UTF-8, a line a row")
        }
        if places.isEmpty { return header(cells) }
        guard cells.count == columnCount else {
            return fault(
                1, "\(cells.count) cells stand here and \(columnCount) columns in the header",
                "write one cell for each column; quote a cell that holds a comma")
        }
        row(cells)
    }

    private mutating func header(_ cells: [String]) {
        columnCount = cells.count
        places = Column.allCases.map { cells.firstIndex(of: $0.title) }
        let known = Set(Column.allCases.map(\.title))
        for (index, name) in cells.enumerated() where !known.contains(name) || cells.firstIndex(of: name) != index {
            fault(index + 1, "\(name) is no column, or stands twice", "known are \(names(Column.allCases))")
        }
        let missing = zip(Column.allCases, places).filter { $0.isNeeded && $1 == nil }.map(\.0)
        if !missing.isEmpty { fault(1, "the header row lacks \(names(missing))", "name every column that is needed") }
    }

    private func names(_ columns: [Column]) -> String { columns.map(\.title).joined(separator: ", ") }

    private mutating func row(_ cells: [String]) {
        let told = faults.count + unsaid
        func cell(_ column: Column) -> String {
            places[column.rawValue].map { cells[$0] } ?? ""
        }
        let identifier = Identifier(
            cell(.identifierKind), cell(.identifier), subId: cell(.subId).isEmpty ? nil : cell(.subId))
        kind(cell(.identifierKind), .identifierKind)
        text(cell(.identifier), .identifier, 1...128)
        text(cell(.subId), .subId, 0...128)
        kind(cell(.accountKind), .accountKind)
        text(cell(.account), .account, 1...70)
        text(cell(.name), .name, 0...140)
        text(cell(.clearingSystem), .clearingSystem, 0...35)
        if cell(.accountKind) == "IBAN", !cell(.account).isEmpty, !CSVBytes.isIBAN(cell(.account)) {
            fault(.account, "\(cell(.account)) is no IBAN", "look at its check digits; write it without spaces")
        }
        let agentKind = agent(cell(.agentKind), cell(.agent))
        let network = cell(.network) == "*" ? "" : cell(.network)
        if !network.isEmpty, !networks.isEmpty, !networks.contains(network) {
            fault(
                .network, "no network is named \(network)",
                "write * or one of \(networks.sorted().joined(separator: ", "))")
        }
        guard faults.count + unsaid == told, let agentKind else { return }
        let entry = Directory.Line(
            agentKind: agentKind, agent: cell(.agent), clearingSystem: cell(.clearingSystem),
            accountKind: cell(.accountKind), account: cell(.account), name: cell(.name), network: network)
        if !directory.add(entry, for: identifier) {
            fault(
                .identifier, "\(cell(.identifierKind)) \(cell(.identifier)) is listed already",
                "keep one line: an identifier leads to one account")
        }
    }

    private mutating func kind(_ text: String, _ column: Column) {
        guard !kinds.contains(text) else { return }
        fault(
            column, "no kind of identifier is named \(text)", "write one of \(kinds.sorted().joined(separator: ", "))")
    }

    private mutating func text(_ text: String, _ column: Column, _ length: ClosedRange<Int>) {
        let count = text.unicodeScalars.count
        if !length.contains(count) {
            let says = count == 0 ? "\(column.title) is empty" : "\(column.title) has \(count) characters"
            fault(column, says, "write \(length.lowerBound) to \(length.upperBound)")
        } else if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            fault(column, "\(column.title) holds a control character", "write plain text")
        }
    }

    private mutating func agent(_ kind: String, _ text: String) -> Directory.AgentKind? {
        guard let kind = Directory.AgentKind(rawValue: kind) else {
            let known = Directory.AgentKind.allCases.map(\.rawValue).joined(separator: ", ")
            fault(.agentKind, "\(kind) names no kind of institution", "write one of \(known)")
            return nil
        }
        let isGood =
            switch kind {
            case .bic: CSVBytes.isBIC(text)
            case .lei: CSVBytes.isLEI(text)
            case .clearingMember, .fspId:
                (1...35).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            }
        if !isGood { fault(.agent, "\(text) is no \(kind.rawValue)", "write it as the network lists it") }
        return kind
    }

    private mutating func fault(_ column: Column, _ problem: String, _ remedy: String) {
        fault((places[column.rawValue] ?? 0) + 1, problem, remedy)
    }

    /// - Parameter cell: Counted in cells from 1: the column of a spreadsheet.
    private mutating func fault(_ cell: Int, _ problem: String, _ remedy: String) {
        guard faults.count < DirectoryTable.mostErrors else {
            unsaid += 1
            return
        }
        add(cell, problem, remedy)
    }

    private mutating func add(_ cell: Int, _ problem: String, _ remedy: String) {
        faults.append(TableError(file: file, line: line, column: cell, problem: problem, remedy: remedy))
    }
}

/// What is wrong with a table, where, and how to mend it.
public struct TableError: Error, Sendable, Equatable, CustomStringConvertible {
    public let file: String
    /// Both from 1; a column counts characters of the line.
    public let line: Int
    public let column: Int
    public let problem: String
    /// What the author of the table can do about it.
    public let remedy: String

    public init(file: String, line: Int, column: Int, problem: String, remedy: String) {
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
        self.remedy = remedy
    }

    public var description: String { "\(file):\(line):\(column): \(problem); \(remedy)" }
}

/// Every error of a set of tables: all are told at once, so that one round of mending is enough.
public struct TableErrors: Error, Sendable, CustomStringConvertible {
    public let errors: [TableError]

    public init(_ errors: [TableError]) {
        precondition(!errors.isEmpty, "errors are thrown when there are some")
        self.errors = errors.sorted { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
    }

    public var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// Gathers errors while the tables are read.
struct TableFaults {
    private(set) var errors: [TableError] = []

    mutating func add(_ file: String, _ cell: TableSheet.Cell, _ problem: String, _ remedy: String) {
        let error = TableError(file: file, line: cell.line, column: cell.column, problem: problem, remedy: remedy)
        // A row that several messages have is at fault once.
        if !errors.contains(error) { errors.append(error) }
    }

    mutating func add(contentsOf other: TableErrors) { errors += other.errors }
}

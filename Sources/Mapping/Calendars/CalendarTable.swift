public import Payments

/// A time of day as a clock shows it.
public enum ClockTime {
    /// Minutes since midnight of `HH:MM`, `24:00` being the end of the day; nil for anything else.
    public static func minutes(_ text: some StringProtocol) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == 0x3A, [0, 1, 3, 4].allSatisfy({ (0x30...0x39).contains(bytes[$0]) }) else {
            return nil
        }
        let hour = Int(bytes[0] - 0x30) * 10 + Int(bytes[1] - 0x30)
        let minute = Int(bytes[3] - 0x30) * 10 + Int(bytes[4] - 0x30)
        guard minute < 60, hour < 24 || (hour == 24 && minute == 0) else { return nil }
        return hour * 60 + minute
    }

    /// The minutes as `HH:MM`.
    public static func text(_ minutes: Int) -> String {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }
}

/// The days that a network publishes, read from a CSV of `date,kind,note`. Outside of the days between its rows `from`
/// and `until` it says nothing.
public struct CalendarTable: Sendable, Equatable {
    /// Days that one calendar may cover: twenty years.
    public static let greatestDays: Int64 = 7_306

    public let covered: ClosedRange<CivilDate>
    public private(set) var holidays: Set<CivilDate> = []
    public private(set) var openDays: Set<CivilDate> = []
    /// Minute of the day at which a half-day ends.
    public private(set) var cutOffs: [CivilDate: Int] = [:]

    static let columns = ["date", "kind", "note"]

    /// Throws every error of the file at once.
    public init(file: TableFile) throws(TableErrors) {
        let sheet = try CSVSheet(file)
        var faults = TableFaults()
        guard sheet.columns == CalendarTable.columns else {
            throw TableErrors([
                TableError(
                    file: file.name, line: 1, column: 1, problem: "the header row is not the one of a calendar",
                    remedy: "write the columns \(CalendarTable.columns.joined(separator: ","))")
            ])
        }
        let rows = sheet.rows.compactMap { CalendarTable.row($0, file.name, &faults) }
        func bound(_ kind: Kind, _ name: String) -> CivilDate? {
            let found = rows.filter { $0.kind == kind }
            if found.isEmpty {
                faults.add(
                    file.name, TableSheet.Cell(text: "", line: 1, column: 1), "no row says \(name)",
                    "write the first day that the calendar covers as from, the last one as until")
            }
            for extra in found.dropFirst() {
                faults.add(file.name, extra.cell, "\(name) stands twice", "keep one of the rows")
            }
            return found.first?.date
        }
        let from = bound(.from, "from")
        let until = bound(.until, "until")
        if let from, let until {
            CalendarTable.check(rows, from, until, file.name, &faults)
        }
        guard faults.errors.isEmpty, let from, let until else { throw TableErrors(faults.errors) }
        covered = from...until
        for row in rows {
            switch row.kind {
            case .from, .until: continue
            case .holiday: holidays.insert(row.date)
            case .open: openDays.insert(row.date)
            case .halfDay(let minute): cutOffs[row.date] = minute
            }
        }
    }

    private enum Kind: Equatable {
        case from, until, holiday, open
        case halfDay(Int)

        init?(_ text: String) {
            switch text {
            case "from": self = .from
            case "until": self = .until
            case "holiday": self = .holiday
            case "open": self = .open
            default:
                let words = text.split(separator: " ")
                guard words.count == 2, words[0] == "half-day", let minute = ClockTime.minutes(words[1]) else {
                    return nil
                }
                self = .halfDay(minute)
            }
        }
    }

    private struct Row {
        var date: CivilDate
        var kind: Kind
        var cell: TableSheet.Cell
    }

    private static func row(_ cells: [TableSheet.Cell], _ file: String, _ faults: inout TableFaults) -> Row? {
        let date = CivilDate(cells[0].text)
        if date == nil {
            faults.add(file, cells[0], "\(cells[0].text) is no day of the calendar", "write YYYY-MM-DD")
        }
        let kind = Kind(cells[1].text)
        if kind == nil {
            faults.add(
                file, cells[1], "\(cells[1].text) is no kind of day",
                "write holiday, open, half-day HH:MM, from or until")
        }
        guard let date, let kind else { return nil }
        return Row(date: date, kind: kind, cell: cells[0])
    }

    private static func check(
        _ rows: [Row], _ from: CivilDate, _ until: CivilDate, _ file: String, _ faults: inout TableFaults
    ) {
        let bounds: [Kind] = [.from, .until]
        if let last = rows.first(where: { $0.kind == .until }) {
            if until < from {
                faults.add(file, last.cell, "until is before from", "write the first day as from, the last as until")
                return
            }
            if until.dayNumber - from.dayNumber >= greatestDays {
                faults.add(file, last.cell, "the calendar covers more than twenty years", "write the years published")
            }
        }
        var seen: [CivilDate: Int] = [:]
        for row in rows where !bounds.contains(row.kind) {
            if !(from...until).contains(row.date) {
                faults.add(
                    file, row.cell, "\(row.date.text) lies outside of \(from.text) to \(until.text)",
                    "mend the day, or what the calendar covers")
            }
            if let line = seen.updateValue(row.cell.line, forKey: row.date) {
                faults.add(file, row.cell, "\(row.date.text) stands in line \(line) already", "keep one of the rows")
            }
        }
    }
}

extension BusinessCalendar {
    /// Takes over the days of a table.
    public mutating func take(_ table: CalendarTable) {
        covered = table.covered
        holidays = table.holidays
        openDays = table.openDays
        cutOffs = table.cutOffs
    }
}

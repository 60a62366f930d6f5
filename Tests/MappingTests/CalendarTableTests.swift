import FoundationEssentials
import Mapping
import Payments
import Testing

@Suite("Calendars of networks") struct CalendarTableTests {
    private func read(_ text: String) throws -> CalendarTable {
        try CalendarTable(file: TableFile(name: "rtp1.csv", bytes: Array(text.utf8)))
    }

    private func errors(_ text: String) -> [String] {
        do throws(TableErrors) {
            _ = try CalendarTable(file: TableFile(name: "rtp1.csv", bytes: Array(text.utf8)))
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    private let head = "date,kind,note\n2026-01-01,from,\n2026-12-31,until,\n"

    @Test("The example that is shipped") func example() throws {
        let table = try CalendarTable(file: try MappingFiles.file("calendars/example.csv"))
        #expect(table.covered == CivilDate("2026-01-01")!...CivilDate("2027-12-31")!)
        #expect(table.holidays.contains(try #require(CivilDate("2026-12-25"))))
        #expect(table.cutOffs[try #require(CivilDate("2026-12-24"))] == 720)
        #expect(table.openDays == [try #require(CivilDate("2027-01-02"))])
    }

    @Test("Days as a spreadsheet writes them") func days() throws {
        let text =
            "# note\r\n" + head.replacing("\n", with: "\r\n")
            + "2026-05-01,holiday,\"a, b\"\r\n\r\n2026-05-02,half-day 09:05,\r\n"
        let table = try read(text)
        #expect(table.holidays == [try #require(CivilDate("2026-05-01"))])
        #expect(table.cutOffs == [try #require(CivilDate("2026-05-02")): 545])
    }

    @Test(
        "What is wrong is told with its line",
        arguments: [
            ("2026-02-30,holiday,", "rtp1.csv:4:1: 2026-02-30 is no day of the calendar"),
            ("2026-03-01,feast,", "rtp1.csv:4:12: feast is no kind of day"),
            ("2026-03-01,half-day,", "half-day is no kind of day"),
            ("2026-03-01,half-day 25:00,", "half-day 25:00 is no kind of day"),
            ("2027-01-01,holiday,", "rtp1.csv:4:1: 2027-01-01 lies outside of 2026-01-01 to 2026-12-31"),
            ("2026-03-01,holiday,\n2026-03-01,open,", "rtp1.csv:5:1: 2026-03-01 stands in line 4 already"),
            ("2026-06-30,until,", "rtp1.csv:4:1: until stands twice"),
            ("2026-03-01,holiday", "2 cells stand here and 3 columns"),
            ("2026-03-01,holiday,\"x", "a quote is not closed"),
        ])
    func faults(_ row: String, _ says: String) {
        let found = errors(head + row + "\n")
        #expect(found.count == 1 && found.first?.contains(says) == true, "\(found)")
    }

    @Test("A calendar says what it covers") func bounds() {
        #expect(errors("date,kind,note\n").count == 2)
        #expect(errors("day,kind,note\n").first?.contains("the header row") == true)
        #expect(errors("date,kind,note\n2026-12-31,from,\n2026-01-01,until,\n").first?.contains("before") == true)
        #expect(errors("date,kind,note\n2000-01-01,from,\n2026-01-01,until,\n").first?.contains("twenty") == true)
        #expect(errors("").count == 1)
    }

    @Test("Times of day") func times() {
        #expect(ClockTime.minutes("00:00") == 0)
        #expect(ClockTime.minutes("16:30") == 990)
        #expect(ClockTime.minutes("24:00") == 1440)
        for bad in ["24:01", "1:00", "12:60", "12.30", "12:3x", "", "-1:00", "12:300"] {
            #expect(ClockTime.minutes(bad) == nil, "\(bad)")
        }
        for minute in 0...1440 { #expect(ClockTime.minutes(ClockTime.text(minute)) == minute) }
    }
}

extension MappingFiles {
    /// One file of `mappings/`.
    static func file(_ path: String) throws -> TableFile {
        let data = try Data(contentsOf: root.appending(path: "mappings").appending(path: path))
        return TableFile(name: path, bytes: Array(data))
    }
}

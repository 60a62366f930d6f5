import Foundation
import Testing

@testable import LabWorld

@Suite("A rail's day, arranged around now")
struct LabDaysTests {
    /// Every quarter of an hour of a week that holds a month's end, a year's end and a leap day's year.
    private static let moments: [Int64] = {
        let begin = LabTime.parseISO("2027-12-28T00:00:00.000Z") ?? 0
        return (0..<(7 * 96)).map { begin + Int64($0) * 900_000 + 61_234 }
    }()

    private func local(_ moment: Int64, _ zone: String, _ format: String) throws -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        let known: TimeZone = try #require(TimeZone(identifier: zone), "\(zone) is no zone of the tz database")
        formatter.timeZone = known
        formatter.dateFormat = format
        return formatter.string(from: Date(timeIntervalSince1970: Double(moment) / 1_000))
    }

    @Test("at whatever time it is made, its date is not that of UTC, and it turns within a minute and a half")
    func arranged() throws {
        for now in Self.moments {
            let days = LabDays(now: now)
            #expect(days.today != LabTime.isoDate(now))
            #expect(try local(now, days.zone, "yyyy-MM-dd") == days.today)
            #expect(try local(days.turn, days.zone, "yyyy-MM-dd") == days.today, "it turns on its own day")
            #expect(try local(days.turn, days.zone, "HH:mm") == days.turnClock)
            #expect(days.turn % 60_000 == 0 && (25_000...85_000).contains(days.turn - now))
        }
    }

    @Test("tomorrow is a holiday, and the next business day is neither that nor of a weekend")
    func nextDay() throws {
        for now in Self.moments {
            let days = LabDays(now: now)
            #expect(days.today < days.tomorrow && days.tomorrow < days.next)
            #expect(
                days.published.contains("\(days.today),open,") && days.published.contains("\(days.tomorrow),holiday,"))
            let next = try #require(LabTime.parseISO(days.next + "T12:00:00.000Z"))
            #expect(!["Sat", "Sun"].contains(try local(next, "UTC", "EEE")))
        }
    }

    @Test("in the other zone noon is over, on a day that is open")
    func noon() throws {
        for now in Self.moments {
            let days = LabDays(now: now)
            #expect(try local(now, days.noonZone, "HH") == "12")
            #expect(try local(now, days.noonZone, "yyyy-MM-dd") == days.noonDay)
            #expect(days.publishedAtNoon.contains("\(days.noonDay),open,"))
        }
    }
}

import Payments
import Testing

@Suite("Days and moments") struct CalendarTests {
    @Test("Days that exist", arguments: ["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2026-11-30"])
    func exists(_ text: String) throws {
        #expect(try #require(CivilDate(text)).text == text)
    }

    @Test(
        "Days that do not",
        arguments: [
            "2023-02-29", "1900-02-29", "2100-02-29", "2024-02-30", "2024-04-31", "2024-13-01", "2024-00-10",
            "2024-01-00",
            "2024-01-32", "0000-01-01", "24-01-01", "2024-1-01", "2024/01/01", "2024-01-01Z", " 2024-01-01",
            "+024-01-01", "",
        ])
    func doesNotExist(_ text: String) {
        #expect(CivilDate(text) == nil)
    }

    @Test("A day and its number name each other, and days follow each other") func dayNumbers() throws {
        let first = try #require(CivilDate("0001-01-01")).dayNumber
        let last = try #require(CivilDate("9999-12-31")).dayNumber
        #expect(CivilDate("1970-01-01")?.dayNumber == 0)
        #expect(CivilDate("2000-03-01")?.dayNumber == 11_017)
        var dice = Dice(seed: 0xDA7E)
        for _ in 0..<20_000 {
            let number = Int64.random(in: first..<last, using: &dice)
            let day = CivilDate(dayNumber: number)
            #expect(day.dayNumber == number)
            #expect(CivilDate(day.text) == day)
            #expect(day < CivilDate(dayNumber: number + 1))
        }
    }

    @Test(
        "Moments with their offset",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T19:30:00-04:30", 0),
            ("1970-01-01T00:00:00.1Z", 100), ("1970-01-01T00:00:00.001999Z", 1), ("1970-01-01T24:00:00Z", 86_400_000),
            ("2024-02-29T12:00:00+14:00", 1_709_157_600_000), ("1969-12-31T23:59:59.999Z", -1),
            ("2017-05-23T21:12:31.000Z", 1_495_573_951_000),
        ])
    func moments(_ text: String, _ milliseconds: Int64) throws {
        let read = try #require(DateTime(text))
        #expect(read.instant.milliseconds == milliseconds)
        #expect(read.text == text)
        #expect(read.hasOffset)
    }

    @Test("A moment without an offset is read as UTC and says so") func withoutOffset() throws {
        let read = try #require(DateTime("2026-11-23T18:34:40"))
        #expect(!read.hasOffset)
        #expect(read.instant == DateTime("2026-11-23T18:34:40Z")?.instant)
    }

    @Test(
        "What is no moment",
        arguments: [
            "", "2026-11-23", "2026-11-23 18:34:40Z", "2026-11-23t18:34:40Z", "2026-02-30T00:00:00Z",
            "2026-11-23T25:00:00Z",
            "2026-11-23T24:00:01Z", "2026-11-23T18:60:00Z", "2026-11-23T18:34:60Z", "2026-11-23T18:34:40.Z",
            "2026-11-23T18:34:40,5Z", "2026-11-23T18:34:40z", "2026-11-23T18:34:40+1:00", "2026-11-23T18:34:40+0100",
            "2026-11-23T18:34:40+14:01", "2026-11-23T18:34:40+01:60", "2026-11-23T18:34:40Z ", "2026-11-23T18:34:40ZZ",
            "2026-11-23T18:34:40." + String(repeating: "0", count: 30) + "Z",
        ])
    func noMoment(_ text: String) {
        #expect(DateTime(text) == nil)
    }

    @Test("What a moment writes reads back to the same millisecond") func textRoundTrip() throws {
        var dice = Dice(seed: 0x717E)
        for _ in 0..<20_000 {
            let moment = Instant(milliseconds: Int64.random(in: -8_000_000_000_000...8_000_000_000_000, using: &dice))
            #expect(DateTime(moment.text)?.instant == moment, "\(moment.text)")
            #expect(moment.date.text == moment.text.prefix(10))
        }
    }

    @Test("IMF-fixdate both ways") func fixdate() throws {
        let moment = Instant(seconds: 1_495_573_951)
        #expect(moment.imfFixdate == "Tue, 23 May 2017 21:12:31 GMT")
        #expect(Instant(imfFixdate: "Tue, 23 May 2017 21:12:31 GMT") == moment)
        var dice = Dice(seed: 0xF1D)
        for _ in 0..<10_000 {
            let moment = Instant(seconds: Int64.random(in: -9_000_000_000...9_000_000_000, using: &dice))
            #expect(Instant(imfFixdate: moment.imfFixdate) == moment, "\(moment.imfFixdate)")
        }
    }

    @Test(
        "What is no IMF-fixdate",
        arguments: [
            "Mon, 23 May 2017 21:12:31 GMT", "Tue, 23 May 2017 21:12:31 UTC", "Tue, 32 May 2017 21:12:31 GMT",
            "Wed, 30 Feb 2017 21:12:31 GMT", "Tue, 23 may 2017 21:12:31 GMT", "Tue, 23 May 2017 24:12:31 GMT",
            "Tue, 23 May 2017 21:60:31 GMT", "Tue, 3 May 2017 21:12:31 GMT", "Tuesday, 23-May-17 21:12:31 GMT",
            "Tue May 23 21:12:31 2017", "", "Tue,_23_May_2017_21:12:31 GMT",
        ])
    func noFixdate(_ text: String) {
        #expect(Instant(imfFixdate: text) == nil)
    }

    @Test(
        "A day beyond the moments that 64 bits hold is the last that can be told, and its text stays",
        arguments: [
            ("9999-12-31T23:59:59.000Z", Int64.max), ("2300-01-01T00:00:00.000Z", .max),
            ("2262-04-11T23:47:17.000Z", .max), ("1677-09-21T00:12:43.000Z", .min),
            ("1690-01-01T00:00:00.000Z", -8_835_868_800_000_000_000), ("0001-01-01T00:00:00.000+14:00", .min),
        ])
    func beyondReach(_ text: String, _ nanoseconds: Int64) throws {
        let read = try #require(DateTime(text))
        #expect(read.text == text)
        #expect(read.instant.nanoseconds == nanoseconds)
    }

    @Test(
        "An IMF-fixdate beyond them as well; its weekday must be right",
        arguments: [
            ("Fri, 31 Dec 9999 23:59:59 GMT", Int64.max), ("Mon, 01 Jan 0001 00:00:00 GMT", .min),
            ("Sat, 12 Apr 2262 23:47:16 GMT", .max),
        ])
    func fixdateBeyondReach(_ text: String, _ nanoseconds: Int64) {
        #expect(Instant(imfFixdate: text)?.nanoseconds == nanoseconds)
        #expect(Instant(imfFixdate: "Thu" + text.dropFirst(3)) == nil)
    }

    @Test("No arithmetic over moments leaves 64 bits, and its order stays that of the calendar") func extremes()
        throws
    {
        var dice = Dice(seed: 0xE0)
        let first = try #require(CivilDate("0001-01-01")).dayNumber
        let last = try #require(CivilDate("9999-12-31")).dayNumber
        var moments: [Instant] = [Instant(nanoseconds: .min), Instant(nanoseconds: .max), Instant(milliseconds: 0)]
        for _ in 0..<300 {
            let day = CivilDate(dayNumber: Int64.random(in: first...last, using: &dice)).text
            moments.append(try #require(DateTime("\(day)T12:34:56.789+14:00")).instant)
        }
        for left in moments {
            #expect(DateTime(left.text) != nil, "\(left.nanoseconds)")
            #expect(Instant(imfFixdate: left.imfFixdate) != nil)
            for right in moments {
                let between = left.milliseconds(since: right)
                #expect(left < right ? between < 0 : between >= 0)
            }
            for step in [Int64.min, -1, 0, 1, .max, Int64.random(in: .min ... .max, using: &dice)] {
                let moved = left.adding(milliseconds: step)
                #expect(step < 0 ? moved <= left : moved >= left)
            }
        }
        #expect(Instant(milliseconds: .max).nanoseconds == .max)
        #expect(Instant(seconds: .min).nanoseconds == .min)
    }

    @Test("Differences round towards the past") func differences() {
        let start = Instant(nanoseconds: 1_500_000)
        #expect(start.milliseconds == 1)
        #expect(Instant(nanoseconds: -1).milliseconds == -1)
        #expect(start.adding(milliseconds: 250).milliseconds(since: start) == 250)
        #expect(start.milliseconds(since: start.adding(milliseconds: 250)) == -250)
    }
}

import Payments
import Testing

private func date(_ text: String) -> CivilDate {
    guard let date = CivilDate(text) else { preconditionFailure("\(text) is no day") }
    return date
}

private func moment(_ text: String) -> Instant {
    guard let moment = DateTime(text) else { preconditionFailure("\(text) is no moment") }
    return moment.instant
}

/// Berlin's clocks in 2026 and 2027: forward on the last Sunday of March, back on that of October, at 01:00 UTC.
private let berlin: ZoneOffsets = {
    let changes = [
        ("2025-10-26T01:00:00Z", Int64(3600)), ("2026-03-29T01:00:00Z", 7200), ("2026-10-25T01:00:00Z", 3600),
        ("2027-03-28T01:00:00Z", 7200), ("2027-10-31T01:00:00Z", 3600),
    ].map { ZoneOffsets.Change(from: moment($0), offsetSeconds: $1) }
    guard let zone = ZoneOffsets(name: "Europe/Berlin", changes: changes) else { preconditionFailure("in order") }
    return zone
}()

private let covered = date("2026-01-01")...date("2027-12-31")

private func clearing() -> BusinessCalendar {
    var calendar = BusinessCalendar(name: "rtp1", zone: berlin, covered: covered, isAlwaysOpen: false)
    calendar.weekend = [.saturday, .sunday]
    calendar.holidays = [date("2026-12-25"), date("2027-01-01"), date("2026-05-01")]
    calendar.openDays = [date("2026-12-26")]
    calendar.cutOffs = [date("2026-12-24"): 12 * 60]
    calendar.opens = 8 * 60
    calendar.cutOff = 16 * 60 + 30
    return calendar
}

private func instantNetwork(rollOver: Int = BusinessCalendar.minutesOfDay) -> BusinessCalendar {
    var calendar = BusinessCalendar(name: "hub1", zone: berlin, covered: covered, isAlwaysOpen: true)
    calendar.cutOff = rollOver
    return calendar
}

@Suite("Clocks of a place") struct ZoneOffsetsTests {
    @Test(
        "Both changes of a year",
        arguments: [
            ("2026-03-29T00:59:59Z", "2026-03-29", 119), ("2026-03-29T01:00:00Z", "2026-03-29", 180),
            ("2026-10-25T00:59:59Z", "2026-10-25", 179), ("2026-10-25T01:00:00Z", "2026-10-25", 120),
            ("2026-01-01T22:59:59Z", "2026-01-01", 1439), ("2026-01-01T23:00:00Z", "2026-01-02", 0),
            ("2026-07-01T22:00:00Z", "2026-07-02", 0),
        ])
    func changes(_ at: String, _ day: String, _ minute: Int) {
        let local = berlin.local(moment(at))
        #expect(local.date == date(day))
        #expect(local.minute == minute)
    }

    @Test(
        "An hour that a change leaves out begins when it is over, of one that comes twice the first counts",
        arguments: [
            ("2026-03-29", 150, "2026-03-29T01:00:00Z"), ("2026-03-29", 180, "2026-03-29T01:00:00Z"),
            ("2026-03-29", 119, "2026-03-29T00:59:00Z"), ("2026-10-25", 150, "2026-10-25T00:30:00Z"),
            ("2026-10-25", 180, "2026-10-25T02:00:00Z"), ("2026-10-25", 1440, "2026-10-25T23:00:00Z"),
            ("2026-03-29", 0, "2026-03-28T23:00:00Z"), ("2024-02-29", 720, "2024-02-29T11:00:00Z"),
        ])
    func moments(_ day: String, _ minute: Int, _ at: String) {
        #expect(berlin.instant(date(day), minute: minute) == moment(at))
    }

    @Test("What a clock shows names its moment, but in the hours of a change") func roundTrip() {
        var dice = Dice(seed: 0x20E)
        for _ in 0..<20_000 {
            let at = Instant(seconds: Int64.random(in: 1_767_225_600...1_830_297_600, using: &dice))
            let local = berlin.local(at)
            let again = berlin.instant(local.date, minute: local.minute)
            #expect(berlin.local(again) == local)
            // Half a minute of the moment, or an hour earlier where the clock shows the hour for the second time.
            #expect((0..<60_000).contains(at.milliseconds(since: again) % 3_600_000))
            #expect(at.milliseconds(since: again) < 3_660_000)
        }
    }

    @Test("Changes stand in order") func order() {
        let early = ZoneOffsets.Change(from: Instant(seconds: 1), offsetSeconds: 0)
        let late = ZoneOffsets.Change(from: Instant(seconds: 2), offsetSeconds: 3600)
        #expect(ZoneOffsets(name: "x", changes: [early, late]) != nil)
        #expect(ZoneOffsets(name: "x", changes: [late, early]) == nil)
        #expect(ZoneOffsets(name: "x", changes: [early, early]) == nil)
        #expect(ZoneOffsets(name: "x", changes: []) == nil)
    }

    @Test(
        "Weekdays",
        arguments: [
            ("1970-01-01", Weekday.thursday), ("2026-11-23", .monday), ("2024-02-29", .thursday),
            ("2000-01-01", .saturday),
            ("1969-12-31", .wednesday), ("0001-01-01", .monday), ("2027-01-03", .sunday),
        ])
    func weekdays(_ day: String, _ weekday: Weekday) {
        #expect(date(day).weekday == weekday)
    }
}

@Suite("Business dates") struct BusinessDateTests {
    @Test(
        "A day is the network's own until its cut-off",
        arguments: [
            ("2026-11-23T10:00:00Z", "2026-11-23"), ("2026-11-23T15:29:59Z", "2026-11-23"),
            ("2026-11-23T15:30:00Z", "2026-11-24"), ("2026-11-23T23:30:00Z", "2026-11-24"),
            ("2026-11-27T15:30:00Z", "2026-11-30"), ("2026-11-28T10:00:00Z", "2026-11-30"),
            ("2026-12-24T10:59:59Z", "2026-12-24"), ("2026-12-24T11:00:00Z", "2026-12-26"),
            ("2026-12-31T16:00:00Z", "2027-01-04"), ("2026-12-31T15:00:00Z", "2026-12-31"),
            ("2026-03-29T00:30:00Z", "2026-03-30"), ("2026-10-25T01:30:00Z", "2026-10-26"),
        ])
    func cutOff(_ at: String, _ day: String) {
        #expect(clearing().businessDate(at: moment(at)) == date(day))
    }

    @Test("Summer and winter have one local cut-off and two moments of it") func summer() {
        #expect(clearing().businessDate(at: moment("2026-07-01T14:29:59Z")) == date("2026-07-01"))
        #expect(clearing().businessDate(at: moment("2026-07-01T14:30:00Z")) == date("2026-07-02"))
        #expect(clearing().businessDate(at: moment("2026-01-07T14:30:00Z")) == date("2026-01-07"))
    }

    @Test("An instant network has every day, and rolls over when it says so") func always() {
        #expect(instantNetwork().businessDate(at: moment("2026-12-25T22:59:59Z")) == date("2026-12-25"))
        #expect(instantNetwork().businessDate(at: moment("2026-12-25T23:00:00Z")) == date("2026-12-26"))
        let rolling = instantNetwork(rollOver: 19 * 60)
        #expect(rolling.businessDate(at: moment("2026-12-31T17:59:59Z")) == date("2026-12-31"))
        #expect(rolling.businessDate(at: moment("2026-12-31T18:00:00Z")) == date("2027-01-01"))
    }

    @Test("Outside of its days a calendar knows nothing") func gap() {
        #expect(clearing().businessDate(at: moment("2025-12-31T22:00:00Z")) == nil)
        #expect(clearing().businessDate(at: moment("2028-01-01T10:00:00Z")) == nil)
        #expect(clearing().businessDate(at: moment("2027-12-31T15:30:00Z")) == nil, "the next day is not known")
        #expect(clearing().businessDate(at: moment("2027-12-31T15:29:00Z")) == date("2027-12-31"))
        #expect(clearing().daysLeft(at: moment("2027-12-01T12:00:00Z")) == 30)
        #expect(clearing().daysLeft(at: moment("2028-01-02T12:00:00Z")) == -2)
    }

    @Test("29 February and the end of a year follow each other as days do") func leapYear() {
        var calendar = BusinessCalendar(
            name: "x", zone: .utc, covered: date("2028-01-01")...date("2029-12-31"), isAlwaysOpen: true)
        calendar.cutOff = 12 * 60
        #expect(calendar.businessDate(at: moment("2028-02-28T12:00:00Z")) == date("2028-02-29"))
        #expect(calendar.businessDate(at: moment("2028-02-29T12:00:00Z")) == date("2028-03-01"))
        #expect(calendar.businessDate(at: moment("2028-12-31T12:00:00Z")) == date("2029-01-01"))
        #expect(calendar.businessDate(at: moment("2029-02-28T12:00:00Z")) == date("2029-03-01"))
    }
}

@Suite("When a payment may leave") struct DueTests {
    private func due(_ at: String, _ requested: String? = nil) -> BusinessCalendar.Due {
        clearing().due(requested: requested.map(date), at: moment(at))
    }

    private func later(_ due: BusinessCalendar.Due) -> (at: String, day: String, because: String)? {
        guard case .later(let moment, let day, let because) = due else { return nil }
        return (moment.text, day.text, because)
    }

    @Test("Within the hours: now; before them, after them and on closed days: at the next opening") func hours() throws
    {
        #expect(due("2026-11-23T10:00:00Z") == .now(date("2026-11-23")))
        let early = try #require(later(due("2026-11-23T06:00:00Z")))
        #expect(early.at == "2026-11-23T07:00:00.000Z" && early.day == "2026-11-23")
        #expect(early.because == "rtp1 is not open yet")
        let late = try #require(later(due("2026-11-27T15:30:00Z")))
        #expect(late.at == "2026-11-30T07:00:00.000Z" && late.day == "2026-11-30")
        #expect(late.because == "after the cut-off of 2026-11-27 of rtp1")
        let sunday = try #require(later(due("2026-11-29T10:00:00Z")))
        #expect(sunday.at == "2026-11-30T07:00:00.000Z")
        #expect(sunday.because == "2026-11-29 is no business day of rtp1")
    }

    @Test("A dated order waits for its day, and for the next business day when that is none") func dated() throws {
        let future = try #require(later(due("2026-11-23T10:00:00Z", "2026-12-01")))
        #expect(future.at == "2026-12-01T07:00:00.000Z" && future.because == "ordered for 2026-12-01")
        let summer = try #require(later(due("2026-11-23T10:00:00Z", "2027-07-01")))
        #expect(summer.at == "2027-07-01T06:00:00.000Z", "eight o'clock of a summer's day")
        let holiday = try #require(later(due("2026-11-23T10:00:00Z", "2026-12-25")))
        #expect(holiday.day == "2026-12-26")
        #expect(holiday.because == "ordered for 2026-12-25, which is no business day of rtp1")
        #expect(due("2026-11-23T10:00:00Z", "2026-11-23") == .now(date("2026-11-23")))
        #expect(due("2026-11-23T10:00:00Z", "2026-11-01") == .now(date("2026-11-23")), "a day that is over: at once")
        #expect(later(due("2026-11-23T16:00:00Z", "2026-11-23"))?.day == "2026-11-24", "after today's cut-off")
    }

    @Test("An instant network holds nothing but dated orders, from the day's first minute") func always() {
        let calendar = instantNetwork(rollOver: 19 * 60)
        #expect(calendar.due(requested: nil, at: moment("2026-12-25T03:00:00Z")) == .now(date("2026-12-25")))
        #expect(calendar.due(requested: nil, at: moment("2026-12-25T18:00:00Z")) == .now(date("2026-12-26")))
        #expect(
            calendar.due(requested: date("2026-12-27"), at: moment("2026-12-25T03:00:00Z"))
                == .later(moment("2026-12-26T23:00:00Z"), date("2026-12-27"), because: "ordered for 2026-12-27"))
    }

    @Test("Too far ahead, and beyond the calendar's end: refused with what is missing") func refused() {
        #expect(
            due("2026-11-23T10:00:00Z", "2027-11-24") == .refused("2027-11-24 is more than 365 days ahead"))
        #expect(later(due("2026-11-23T10:00:00Z", "2027-11-23"))?.day == "2027-11-23")
        let end = "the calendar rtp1 ends on 2027-12-31: no business day is known from"
        #expect(due("2027-12-01T10:00:00Z", "2028-01-03") == .gap("\(end) 2028-01-03 on"))
        #expect(due("2028-01-03T10:00:00Z") == .gap("\(end) 2028-01-03 on"))
        #expect(due("2027-12-31T20:00:00Z") == .gap("\(end) 2027-12-31 on"))
        #expect(due("2025-12-01T10:00:00Z") == .gap("the calendar rtp1 begins on 2026-01-01"))
    }

    @Test("Whenever and whatever is asked: a business day, not in the past, and then now") func properties() {
        var dice = Dice(seed: 0xCA1)
        for _ in 0..<20_000 {
            let calendar = Bool.random(using: &dice) ? clearing() : instantNetwork(rollOver: 19 * 60)
            let now = Instant(seconds: Int64.random(in: 1_767_225_600...1_830_200_000, using: &dice))
            let today = calendar.zone.local(now).date
            let ahead = Int64.random(in: -10...400, using: &dice)
            let requested = Bool.random(using: &dice) ? today.adding(days: ahead) : nil
            switch calendar.due(requested: requested, at: now) {
            case .now(let day):
                #expect(calendar.isBusinessDay(day) && day == calendar.businessDate(at: now))
                #expect(requested.map { $0 <= today } ?? true)
            case .later(let at, let day, _):
                #expect(at > now && calendar.isBusinessDay(day))
                #expect(requested.map { $0 <= day } ?? true)
                #expect(calendar.due(requested: requested, at: at) == .now(day), "when it is due it leaves")
            case .refused: #expect(ahead > BusinessCalendar.furthestDays)
            case .gap: #expect(today.adding(days: max(ahead, 0) + 5) > calendar.covered.upperBound)
            }
        }
    }
}

/// A day of the week as ISO 8601 counts them.
public enum Weekday: Int, Sendable, CaseIterable {
    case monday = 1, tuesday, wednesday, thursday, friday, saturday, sunday
}

extension CivilDate {
    public var weekday: Weekday {
        // 1970-01-01 was a Thursday.
        let sinceMonday = ((dayNumber + 3) % 7 + 7) % 7
        guard let weekday = Weekday(rawValue: Int(sinceMonday) + 1) else {
            preconditionFailure("a week has seven days")
        }
        return weekday
    }

    /// The day that lies so many days after this one.
    public func adding(days: Int64) -> CivilDate { CivilDate(dayNumber: dayNumber + days) }
}

/// What the clocks of a place show, as data: the offsets from UTC of the years that a calendar covers. Nobody here
/// reads a database of time zones.
public struct ZoneOffsets: Sendable, Equatable {
    public struct Change: Sendable, Equatable {
        /// The moment from which the offset holds.
        public var from: Instant
        /// Seconds that local clocks are ahead of UTC.
        public var offsetSeconds: Int64

        public init(from: Instant, offsetSeconds: Int64) {
            self.from = from
            self.offsetSeconds = offsetSeconds
        }
    }

    /// A moment as the clock on the wall shows it.
    public struct Local: Sendable, Equatable {
        public var date: CivilDate
        /// Minutes of the day that the clock shows: 0 to 1439.
        public var minute: Int
    }

    /// The zone's name, such as `Africa/Nairobi`: for people only.
    public let name: String
    /// In order of time; the first one holds for all that came before it too.
    public let changes: [Change]

    public static let utc = ZoneOffsets(name: "UTC", offsetSeconds: 0)

    public init(name: String, offsetSeconds: Int64) {
        self.name = name
        changes = [Change(from: Instant(nanoseconds: .min), offsetSeconds: offsetSeconds)]
    }

    /// Nil without a change, or when they are out of order.
    public init?(name: String, changes: [Change]) {
        guard !changes.isEmpty, zip(changes, changes.dropFirst()).allSatisfy({ $0.from < $1.from }) else { return nil }
        self.name = name
        self.changes = changes
    }

    public func offsetSeconds(at instant: Instant) -> Int64 {
        let later = changes.firstIndex { $0.from > instant } ?? changes.endIndex
        return changes[max(later - 1, 0)].offsetSeconds
    }

    public func local(_ instant: Instant) -> Local {
        let shown = instant.adding(milliseconds: offsetSeconds(at: instant) * 1000)
        let date = shown.date
        let milliseconds = shown.milliseconds - date.dayNumber * 86_400_000
        return Local(date: date, minute: Int(milliseconds / 60_000))
    }

    /// The first moment at which the local clock shows this minute of this day, or a later one: an hour that a change
    /// leaves out begins when it is over, and of an hour that comes twice the first counts. `minute` may be 1440.
    public func instant(_ date: CivilDate, minute: Int) -> Instant {
        let shown = Instant(seconds: date.dayNumber * 86_400 + Int64(minute) * 60)
        for (index, change) in changes.enumerated() {
            if index + 1 < changes.count {
                let end = changes[index + 1].from.adding(milliseconds: change.offsetSeconds * 1000)
                guard shown < end else { continue }
            }
            let moment = shown.adding(milliseconds: -change.offsetSeconds * 1000)
            return index == 0 ? moment : max(moment, change.from)
        }
        preconditionFailure("the last offset holds for ever")
    }
}

/// When a network takes payments, and to which business date they belong: its published days and hours in its own local
/// time, never the host's.
public struct BusinessCalendar: Sendable, Equatable {
    /// When a payment may leave.
    public enum Due: Sendable, Equatable {
        case now(CivilDate)
        /// Not before this moment; it then settles on this business date.
        case later(Instant, CivilDate, because: String)
        /// The calendar does not reach the day that the payment needs: never guessed.
        case gap(String)
        /// The date asked for is further ahead than orders are kept.
        case refused(String)
    }

    /// How many days ahead an order may be dated.
    public static let furthestDays: Int64 = 365
    /// A whole day: as a cut-off, none.
    public static let minutesOfDay = 1440

    public var name: String
    public var zone: ZoneOffsets
    /// The days that the calendar was made for. Outside of them it knows nothing.
    public var covered: ClosedRange<CivilDate>
    public var weekend: Set<Weekday> = []
    public var holidays: Set<CivilDate> = []
    /// Days on which the network is open although they are of a weekend.
    public var openDays: Set<CivilDate> = []
    /// Minute of the local day at which a business day begins.
    public var opens = 0
    /// Minute of the local day from which payments belong to the next business day.
    public var cutOff = BusinessCalendar.minutesOfDay
    /// Days with a cut-off of their own.
    public var cutOffs: [CivilDate: Int] = [:]
    /// Payments leave at any hour of any day; the days and the cut-off then only say on which date they settle.
    public var isAlwaysOpen: Bool

    public init(name: String, zone: ZoneOffsets, covered: ClosedRange<CivilDate>, isAlwaysOpen: Bool) {
        self.name = name
        self.zone = zone
        self.covered = covered
        self.isAlwaysOpen = isAlwaysOpen
    }

    /// The business date of a payment that is made at this moment; nil where the calendar ends.
    public func businessDate(at instant: Instant) -> CivilDate? {
        let local = zone.local(instant)
        guard covered.contains(local.date) else { return nil }
        let isStillToday = isBusinessDay(local.date) && local.minute < cutOff(on: local.date)
        return isStillToday ? local.date : businessDay(from: local.date.adding(days: 1))
    }

    /// When an order that came at this moment may leave.
    /// - Parameter requested: The day on which its sender wants it carried out; a day that is over means at once.
    public func due(requested: CivilDate?, at instant: Instant) -> Due {
        let today = zone.local(instant).date
        guard covered.contains(today), let earliest = businessDate(at: instant) else { return .gap(gap(today)) }
        guard let requested, requested > today else { return soonest(earliest, today, instant) }
        guard requested.dayNumber - today.dayNumber <= BusinessCalendar.furthestDays else {
            return .refused("\(requested.text) is more than \(BusinessCalendar.furthestDays) days ahead")
        }
        guard covered.contains(requested) else { return .gap(gap(requested)) }
        if isAlwaysOpen {
            let begin = zone.instant(requested, minute: 0)
            guard let date = businessDate(at: begin) else { return .gap(gap(requested)) }
            return .later(begin, date, because: "ordered for \(requested.text)")
        }
        guard let day = businessDay(from: requested) else { return .gap(gap(requested)) }
        let says = "ordered for \(requested.text)"
        let because = day == requested ? says : "\(says), which is no business day of \(name)"
        return .later(zone.instant(day, minute: opens), day, because: because)
    }

    /// Whole days that the calendar still covers after the local day of this moment; negative when it has ended.
    public func daysLeft(at instant: Instant) -> Int64 {
        covered.upperBound.dayNumber - zone.local(instant).date.dayNumber
    }

    public func isBusinessDay(_ date: CivilDate) -> Bool {
        if openDays.contains(date) { return true }
        return !holidays.contains(date) && !weekend.contains(date.weekday)
    }

    private func soonest(_ day: CivilDate, _ today: CivilDate, _ instant: Instant) -> Due {
        guard !isAlwaysOpen else { return .now(day) }
        let opening = zone.instant(day, minute: opens)
        guard instant < opening else { return .now(day) }
        if day == today { return .later(opening, day, because: "\(name) is not open yet") }
        let because = isBusinessDay(today) ? "after the cut-off of \(today.text)" : "\(today.text) is no business day"
        return .later(opening, day, because: "\(because) of \(name)")
    }

    private func cutOff(on date: CivilDate) -> Int { cutOffs[date] ?? cutOff }

    /// The first business day from this one on; nil where the calendar ends before it.
    private func businessDay(from date: CivilDate) -> CivilDate? {
        var day = date
        while covered.contains(day) {
            if isBusinessDay(day) { return day }
            day = day.adding(days: 1)
        }
        return nil
    }

    private func gap(_ date: CivilDate) -> String {
        if date < covered.lowerBound { return "the calendar \(name) begins on \(covered.lowerBound.text)" }
        return "the calendar \(name) ends on \(covered.upperBound.text): no business day is known from \(date.text) on"
    }
}

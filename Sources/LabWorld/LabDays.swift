/// A day of a rail, arranged around the moment at which a world begins: at whatever time that is, it lies in a zone
/// whose date is not that of UTC, the rail's day turns within a minute and a half, tomorrow is a holiday, and in
/// another zone noon is over.
struct LabDays: Sendable {
    /// Of the rails: fourteen hours before UTC, or twelve behind it.
    let zone: String
    /// The local day, the holiday after it, and the business day after that.
    let today: String
    let tomorrow: String
    let next: String
    /// The moment, and how a clock in the zone shows it, at which a minute begins there: cut-off of one rail, opening
    /// of the other.
    let turn: Int64
    let turnClock: String
    /// A zone in which it is past noon, and the day there.
    let noonZone: String
    let noonDay: String

    /// Between the start of the world and the turn; what happens before it must fit.
    private static let leastMilliseconds: Int64 = 25_000
    private static let day: Int64 = 86_400_000
    private static let hour: Int64 = 3_600_000

    /// - Parameter now: milliseconds since 1970.
    init(now: Int64) {
        let utcHour = now / Self.hour % 24
        let ahead: Int64 = utcHour >= 10 ? 14 : -12
        zone = Self.zone(ahead)
        let local = now + ahead * Self.hour
        let localTurn = ((local + Self.leastMilliseconds) / 60_000 + 1) * 60_000
        turn = localTurn - ahead * Self.hour
        turnClock = Self.clock(localTurn)
        today = LabTime.isoDate(local)
        tomorrow = LabTime.isoDate(local + Self.day)
        var following = local + 2 * Self.day
        while Self.isWeekend(following) { following += Self.day }
        next = LabTime.isoDate(following)
        noonZone = Self.zone(12 - utcHour)
        noonDay = LabTime.isoDate(now)
    }

    /// The tz database counts these zones the other way round: `Etc/GMT-14` is fourteen hours before UTC.
    private static func zone(_ ahead: Int64) -> String {
        ahead == 0 ? "UTC" : "Etc/GMT\(ahead > 0 ? "-" : "+")\(ahead.magnitude)"
    }

    private static func clock(_ local: Int64) -> String {
        let minute = local / 60_000 % 1440
        let (hours, minutes) = (String(minute / 60), String(minute % 60))
        return (hours.count < 2 ? "0" : "") + hours + ":" + (minutes.count < 2 ? "0" : "") + minutes
    }

    private static func isWeekend(_ local: Int64) -> Bool { (local / day + 3) % 7 >= 5 }

    /// The days that the rails publish: today open even where it is of a weekend, tomorrow a holiday.
    var published: String { Self.published(today, holiday: tomorrow) }
    /// The same for the zone where noon is over.
    var publishedAtNoon: String {
        let begin = LabTime.parseISO(noonDay + "T00:00:00.000Z") ?? 0
        return Self.published(noonDay, holiday: LabTime.isoDate(begin + Self.day))
    }

    private static func published(_ open: String, holiday: String) -> String {
        let begin = LabTime.parseISO(open + "T00:00:00.000Z") ?? 0
        return """
            date,kind,note
            \(LabTime.isoDate(begin - 40 * day)),from,
            \(LabTime.isoDate(begin + 400 * day)),until,
            \(open),open,the lab's day
            \(holiday),holiday,the day after it
            """
    }
}

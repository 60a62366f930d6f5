/// A moment: nanoseconds since 1970-01-01T00:00:00 UTC. Always handed in, never read from a clock here.
///
/// The nanoseconds of 64 bits reach from 1677 to 2262. Messages name days beyond them, and all arithmetic ends there
/// instead of trapping: such a moment is as long ago, or as far ahead, as can be told.
public struct Instant: Hashable, Sendable, Comparable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    public init(milliseconds: Int64) { nanoseconds = saturated(milliseconds, times: 1_000_000) }
    public init(seconds: Int64) { nanoseconds = saturated(seconds, times: 1_000_000_000) }

    public var milliseconds: Int64 { floorDivide(nanoseconds, 1_000_000) }

    public func adding(milliseconds: Int64) -> Instant {
        let (sum, overflows) = nanoseconds.addingReportingOverflow(saturated(milliseconds, times: 1_000_000))
        return Instant(nanoseconds: overflows ? (milliseconds < 0 ? .min : .max) : sum)
    }

    /// Milliseconds from `other` to this moment; negative when this one is earlier.
    public func milliseconds(since other: Instant) -> Int64 {
        let (difference, overflows) = nanoseconds.subtractingReportingOverflow(other.nanoseconds)
        return floorDivide(overflows ? (nanoseconds < 0 ? .min : .max) : difference, 1_000_000)
    }

    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The calendar day in UTC.
    public var date: CivilDate {
        CivilDate(dayNumber: floorDivide(nanoseconds, 86_400_000_000_000))
    }

    /// `2026-11-23T18:34:40.123Z`: the form that every scheme of ours accepts (FSPIOP 1.1 §7.2.12 wants three
    /// decimals).
    public var text: String {
        let day = floorDivide(nanoseconds, 86_400_000_000_000)
        let inDay = floorRemainder(nanoseconds, 86_400_000_000_000) / 1_000_000
        let seconds = inDay / 1000
        let clock = "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return "\(CivilDate(dayNumber: day).text)T\(clock).\(three(inDay % 1000))Z"
    }

    /// RFC 9110 IMF-fixdate: `Tue, 23 May 2017 21:12:31 GMT`.
    public var imfFixdate: String {
        let day = floorDivide(nanoseconds, 86_400_000_000_000)
        let seconds = floorRemainder(nanoseconds, 86_400_000_000_000) / 1_000_000_000
        let date = CivilDate(dayNumber: day)
        let clock = "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return "\(weekday(day)), \(two(Int64(date.day))) \(monthNames[date.month - 1]) \(four(date.year)) \(clock) GMT"
    }

    /// Reads an IMF-fixdate; refuses any other form and days that do not exist.
    public init?(imfFixdate text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 29, bytes[3] == 0x2C, [4, 7, 11, 16].allSatisfy({ bytes[$0] == 0x20 }),
            text.hasSuffix(" GMT")
        else { return nil }
        let month = String(decoding: bytes[8..<11], as: UTF8.self)
        guard let day = number(bytes, 5, 2), let year = number(bytes, 12, 4), let hour = number(bytes, 17, 2),
            let minute = number(bytes, 20, 2), let second = number(bytes, 23, 2), bytes[19] == 0x3A, bytes[22] == 0x3A,
            let index = monthNames.firstIndex(of: month), hour < 24, minute < 60, second < 61,
            let date = CivilDate(year: year, month: index + 1, day: day)
        else { return nil }
        guard text.hasPrefix(weekday(date.dayNumber)) else { return nil }
        self.init(seconds: date.dayNumber * 86400 + Int64(hour * 3600 + minute * 60 + min(second, 59)))
    }
}

/// A day of the Gregorian calendar that exists.
public struct CivilDate: Hashable, Sendable, Comparable {
    public let year: Int
    public let month: Int
    public let day: Int

    /// Nil for a day that does not exist, such as 30 February.
    public init?(year: Int, month: Int, day: Int) {
        guard year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1 else { return nil }
        guard day <= CivilDate.length(ofMonth: month, year: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads `YYYY-MM-DD`.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, let date = bytes.withUnsafeBufferPointer({ CivilDate($0) }) else { return nil }
        self = date
    }

    /// The same from the first ten bytes; what follows them is not looked at.
    public init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= 10, bytes[4] == 0x2D, bytes[7] == 0x2D, let year = number(bytes, 0, 4),
            let month = number(bytes, 5, 2), let day = number(bytes, 8, 2)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Days since 1970-01-01.
    public init(dayNumber: Int64) {
        let shifted = dayNumber + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    public var dayNumber: Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * Int64(month > 2 ? month - 3 : month + 9) + 2) / 5 + Int64(day) - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    public var text: String { "\(four(year))-\(two(Int64(month)))-\(two(Int64(day)))" }

    public static func < (left: CivilDate, right: CivilDate) -> Bool { left.dayNumber < right.dayNumber }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// A date and time as a message wrote it, with the moment that it means. The text is kept, since offset and precision
/// carry meaning to the sender; without an offset the moment is read as UTC. A day that `Instant` does not reach is
/// legal: its text stays, and its moment is the nearest that can be told.
public struct DateTime: Hashable, Sendable {
    public let text: String
    public let instant: Instant
    /// False when the text has no `Z` and no offset.
    public let hasOffset: Bool

    public init(_ instant: Instant) {
        text = instant.text
        self.instant = instant
        hasOffset = true
    }

    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction][Z|+hh:mm|-hh:mm]`, the shared ground of xs:dateTime and RFC 3339.
    /// Refuses days and times that do not exist.
    public init?(_ text: String) {
        var bytes = text
        guard let (instant, hasOffset) = bytes.withUTF8({ DateTime.moment($0) }) else { return nil }
        self.text = text
        self.instant = instant
        self.hasOffset = hasOffset
    }

    private static func moment(_ bytes: UnsafeBufferPointer<UInt8>) -> (Instant, hasOffset: Bool)? {
        guard bytes.count >= 19, bytes.count <= 40, bytes[10] == 0x54, bytes[13] == 0x3A, bytes[16] == 0x3A,
            let date = CivilDate(bytes), let hour = number(bytes, 11, 2),
            let minute = number(bytes, 14, 2), let second = number(bytes, 17, 2), minute < 60, second < 60,
            hour < 24 || (hour == 24 && minute == 0 && second == 0)
        else { return nil }
        var position = 19
        var fraction: Int64 = 0
        if position < bytes.count, bytes[position] == 0x2E {
            position += 1
            var digits = 0
            while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 {
                if digits < 9 { fraction = fraction * 10 + Int64(bytes[position] - 0x30) }
                digits += 1
                position += 1
            }
            guard digits > 0 else { return nil }
            for _ in min(digits, 9)..<9 { fraction *= 10 }
        }
        guard let offset = DateTime.offsetMinutes(bytes, position) else { return nil }
        let seconds = date.dayNumber * 86400 + Int64(hour * 3600 + minute * 60 + second)
        let whole = Instant(seconds: seconds - Int64(offset.minutes) * 60)
        let (exact, overflows) = whole.nanoseconds.addingReportingOverflow(fraction)
        return (overflows ? whole : Instant(nanoseconds: exact), offset.present)
    }

    private static func offsetMinutes(
        _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int
    ) -> (minutes: Int, present: Bool)? {
        if position == bytes.count { return (0, false) }
        if bytes[position] == 0x5A { return position + 1 == bytes.count ? (0, true) : nil }
        guard bytes[position] == 0x2B || bytes[position] == 0x2D, bytes.count == position + 6,
            bytes[position + 3] == 0x3A, let hours = number(bytes, position + 1, 2),
            let minutes = number(bytes, position + 4, 2), minutes < 60, hours * 60 + minutes <= 14 * 60
        else { return nil }
        let total = hours * 60 + minutes
        return (bytes[position] == 0x2D ? -total : total, true)
    }
}

private let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

private func weekday(_ dayNumber: Int64) -> String {
    ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(((dayNumber % 7) + 7) % 7)]
}

private func saturated(_ value: Int64, times factor: Int64) -> Int64 {
    let (product, overflows) = value.multipliedReportingOverflow(by: factor)
    return overflows ? (value < 0 ? .min : .max) : product
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}

/// What is left over the floor: unlike a product of the quotient it never leaves 64 bits.
private func floorRemainder(_ value: Int64, _ divisor: Int64) -> Int64 {
    let remainder = value % divisor
    return remainder < 0 ? remainder + divisor : remainder
}

private func number<Bytes: RandomAccessCollection<UInt8>>(_ bytes: Bytes, _ start: Int, _ count: Int) -> Int?
where Bytes.Index == Int {
    guard start + count <= bytes.count else { return nil }
    var value = 0
    for index in start..<(start + count) {
        guard bytes[index] >= 0x30, bytes[index] <= 0x39 else { return nil }
        value = value * 10 + Int(bytes[index] - 0x30)
    }
    return value
}

private func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
private func three(_ value: Int64) -> String { value < 10 ? "00\(value)" : value < 100 ? "0\(value)" : "\(value)" }
private func four(_ value: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
}

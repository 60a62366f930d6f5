import Payments

/// Dates and times as messages write them. Nothing here reads a clock.
enum ProfileTimes {
    struct Moment {
        /// Days since 1970 as the text says them, in its own offset.
        let day: Int64
        /// Milliseconds since 1970 in UTC; without offset as if it were UTC.
        let milliseconds: Int64
        let hasOffset: Bool
        let isUTC: Bool
    }

    /// The day that a date or time names; nil for what is neither.
    static func day(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        if text.count > 10, text[10] == 0x54 { return moment(text)?.day }
        return date(text)?.dayNumber
    }

    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction][Z|+hh:mm|-hh:mm]`.
    static func moment(_ text: UnsafeBufferPointer<UInt8>) -> Moment? {
        guard text.count >= 19, text[10] == 0x54, text[13] == 0x3A, text[16] == 0x3A, let date = date(text),
            let hour = number(text, 11, 2), let minute = number(text, 14, 2), let second = number(text, 17, 2),
            hour <= 24, minute < 60, second < 60, hour < 24 || (minute == 0 && second == 0)
        else { return nil }
        var place = 19
        var fraction: Int64 = 0
        if place < text.count, text[place] == 0x2E {
            place += 1
            var digits = 0
            while place < text.count, ProfileShape.isDigit(text[place]) {
                if digits < 3 { fraction = fraction * 10 + Int64(text[place] - 0x30) }
                digits += 1
                place += 1
            }
            guard digits > 0 else { return nil }
            for _ in min(digits, 3)..<3 { fraction *= 10 }
        }
        guard let offset = offset(text, place) else { return nil }
        let seconds = date.dayNumber * 86400 + Int64(hour * 3600 + minute * 60 + second)
        return Moment(
            day: date.dayNumber, milliseconds: (seconds - Int64(offset.minutes) * 60) * 1000 + fraction,
            hasOffset: offset.isThere, isUTC: offset.minutes == 0)
    }

    /// Which of two dates or times is the earlier, in milliseconds; nil where either is neither. Two dates, or a date
    /// and a time, are compared by the day.
    static func difference(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let left = moment(left), let right = moment(right) { return left.milliseconds - right.milliseconds }
        guard let left = day(left), let right = day(right) else { return nil }
        return left - right
    }

    /// Eight digits of a day that exists.
    static func isCompactDate(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == 8, let year = number(text, 0, 4), let month = number(text, 4, 2),
            let day = number(text, 6, 2)
        else { return false }
        return CivilDate(year: year, month: month, day: day) != nil
    }

    private static func date(_ text: UnsafeBufferPointer<UInt8>) -> CivilDate? {
        guard text.count >= 10, text[4] == 0x2D, text[7] == 0x2D, let year = number(text, 0, 4),
            let month = number(text, 5, 2), let day = number(text, 8, 2)
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    private static func offset(
        _ text: UnsafeBufferPointer<UInt8>, _ place: Int
    ) -> (minutes: Int, isThere: Bool)? {
        if place == text.count { return (0, false) }
        if text[place] == 0x5A { return place + 1 == text.count ? (0, true) : nil }
        guard text[place] == 0x2B || text[place] == 0x2D, text.count == place + 6, text[place + 3] == 0x3A,
            let hours = number(text, place + 1, 2), let minutes = number(text, place + 4, 2), minutes < 60
        else { return nil }
        let total = hours * 60 + minutes
        return (text[place] == 0x2D ? -total : total, true)
    }

    private static func number(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
        guard start + count <= text.count else { return nil }
        var value = 0
        for index in start..<(start + count) {
            guard ProfileShape.isDigit(text[index]) else { return nil }
            value = value * 10 + Int(text[index] - 0x30)
        }
        return value
    }
}

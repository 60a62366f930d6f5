import Foundation

/// Times as milliseconds since 1970, in the two spellings that the schemes use.
enum LabTime {
    static func now() -> Int64 { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) }

    /// `2026-01-31T08:09:10.123Z`
    static func iso(_ milliseconds: Int64) -> String {
        let parts = Parts(milliseconds)
        return "\(parts.date)T\(parts.time).\(pad(parts.millisecond, 3))Z"
    }

    /// `2026-01-31`
    static func isoDate(_ milliseconds: Int64) -> String { Parts(milliseconds).date }

    /// IMF-fixdate: `Sat, 31 Jan 2026 08:09:10 GMT`
    static func imf(_ milliseconds: Int64) -> String {
        let parts = Parts(milliseconds)
        let day = weekdays[parts.weekday]
        return "\(day), \(pad(parts.day, 2)) \(months[parts.month - 1]) \(pad(parts.year, 4)) \(parts.time) GMT"
    }

    /// Reads an IMF-fixdate whose day of the week is right; nothing else.
    static func parseIMF(_ text: String) -> Int64? {
        let bytes = Array(text)
        guard bytes.count == 29, let month = months.firstIndex(of: String(bytes[8...10])),
            let day = Int(String(bytes[5...6])), let year = Int(String(bytes[12...15])),
            let hour = Int(String(bytes[17...18])), let minute = Int(String(bytes[20...21])),
            let second = Int(String(bytes[23...24]))
        else { return nil }
        let days = daysSince1970(year, month + 1, day)
        let value = (days * 86_400 + Int64(hour * 3600 + minute * 60 + second)) * 1000
        return imf(value) == text ? value : nil
    }

    /// Reads a date-time with a zone; with `exactMilliseconds` exactly three digits of fraction are demanded.
    static func parseISO(_ text: String, exactMilliseconds: Bool = true) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54, bytes[13] == 0x3A,
            bytes[16] == 0x3A
        else { return nil }
        guard let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19])
        else { return nil }
        guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60 else { return nil }
        var rest = bytes[19...]
        var fraction: Int64 = 0
        if rest.first == 0x2E {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty, digits.count <= 9, !exactMilliseconds || digits.count == 3 else { return nil }
            fraction = Int64(number(digits.prefix(3)) ?? 0)
            for _ in digits.count..<max(3, digits.count) { fraction *= 10 }
            rest = rest.dropFirst(1 + digits.count)
        } else if exactMilliseconds {
            return nil
        }
        guard let offset = offsetMinutes(rest) else { return nil }
        let seconds = daysSince1970(year, month, day) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        return (seconds - Int64(offset) * 60) * 1000 + fraction
    }

    private static func offsetMinutes(_ rest: ArraySlice<UInt8>) -> Int? {
        if rest.elementsEqual([0x5A]) { return 0 }
        let zone = Array(rest)
        guard zone.count == 6, zone[0] == 0x2B || zone[0] == 0x2D, zone[3] == 0x3A, let hours = number(zone[1..<3]),
            let minutes = number(zone[4..<6]), hours < 15, minutes < 60
        else { return nil }
        return (zone[0] == 0x2B ? 1 : -1) * (hours * 60 + minutes)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func number(_ digits: some Collection<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }

    private struct Parts {
        let year, month, day, weekday, hour, minute, second, millisecond: Int

        init(_ milliseconds: Int64) {
            let seconds = Int((Double(milliseconds) / 1000).rounded(.down))
            millisecond = Int(milliseconds) - seconds * 1000
            let days = Int((Double(seconds) / 86_400).rounded(.down))
            let ofDay = seconds - days * 86_400
            (hour, minute, second) = (ofDay / 3600, ofDay / 60 % 60, ofDay % 60)
            weekday = ((days + 4) % 7 + 7) % 7
            let shifted = days + 719_468
            let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
            let dayOfEra = shifted - era * 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let marchMonth = (5 * dayOfYear + 2) / 153
            day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
            month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        }

        var date: String { "\(LabTime.pad(year, 4))-\(LabTime.pad(month, 2))-\(LabTime.pad(day, 2))" }
        var time: String { "\(LabTime.pad(hour, 2)):\(LabTime.pad(minute, 2)):\(LabTime.pad(second, 2))" }
    }
}

import Foundation
import Payments

/// The one place that asks the system's database of time zones: what it says becomes data for the years that a calendar
/// covers.
enum Zones {
    static func isKnown(_ name: String) -> Bool { zone(name) != nil }

    /// Nil for a name that the database does not have.
    static func offsets(_ name: String, covering days: ClosedRange<CivilDate>) -> ZoneOffsets? {
        guard let zone = zone(name) else { return nil }
        // A day at each end: the zone's own days begin and end up to fourteen hours from those of UTC.
        let begin = days.lowerBound.dayNumber * 86_400 - 86_400
        let end = days.upperBound.dayNumber * 86_400 + 2 * 86_400
        func offset(_ second: Int64) -> Int64 {
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))))
        }
        var changes = [ZoneOffsets.Change(from: Instant(seconds: begin), offsetSeconds: offset(begin))]
        for day in stride(from: begin, to: end, by: 86_400) {
            let next = offset(day + 86_400)
            guard next != changes[changes.count - 1].offsetSeconds else { continue }
            // Between an old second and a new one lies the change.
            var (old, new) = (day, day + 86_400)
            while new - old > 1 {
                let middle = old + (new - old) / 2
                if offset(middle) == next { new = middle } else { old = middle }
            }
            changes.append(ZoneOffsets.Change(from: Instant(seconds: new), offsetSeconds: next))
        }
        return ZoneOffsets(name: name, changes: changes)
    }

    private static func zone(_ name: String) -> TimeZone? {
        // Abbreviations and bare offsets know no summer: only UTC and names of places.
        guard name == "UTC" || name.contains("/") else { return nil }
        return TimeZone(identifier: name)
    }
}

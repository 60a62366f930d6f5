import Foundation
import Testing

/// A seeded source of chances: a failing property names its seed and fails again the same way.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func digits(_ count: Int) -> String {
        var text = ""
        for _ in 0..<count {
            text.append(Character(UnicodeScalar(UInt8(0x30 + UInt8.random(in: 0...9, using: &self)))))
        }
        return text
    }
}

/// Files of the package, found from this file's own place.
enum Package {
    static let root: URL = {
        var url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url
    }()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    static func names(in folder: String, ending suffix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
            .filter { $0.hasSuffix(suffix) }.sorted()
    }

    /// Holds a page of `docs` to what the code says now; `SNAPSHOT_UPDATE=1` writes the page instead.
    static func expectSnapshot(_ path: String, _ text: String) throws {
        let url = root.appendingPathComponent(path)
        if ProcessInfo.processInfo.environment["SNAPSHOT_UPDATE"] == "1" {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: url, atomically: true, encoding: .utf8)
        }
        let stored = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        let before = stored.split(separator: "\n", omittingEmptySubsequences: false)
        let now = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard before != now else { return }
        let line = zip(before, now).prefix { $0 == $1 }.count
        let was = line < before.count ? String(before[line]) : "(end of file)"
        let new = line < now.count ? String(now[line]) : "(end of file)"
        Issue.record(
            """
            \(path):\(line + 1) is not what the code says. Page: \(was) Code: \(new)
            Read the change; if it is meant: SNAPSHOT_UPDATE=1 swift test --filter PaymentsTests
            """)
    }
}

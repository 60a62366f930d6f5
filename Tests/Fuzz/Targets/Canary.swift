import Glibc

/// Not a decoder: dies on three known inputs, each in another way, so that a run which sees nothing is known to look.
enum Target: FuzzTarget {
    static let choices = 0

    static func run(_ choices: [UInt8], _ document: [UInt8]) {
        switch String(decoding: document, as: UTF8.self) {
        case "canary: trap": broken("the canary sings")
        case "canary: memory": readPastTheEnd(document.count)
        case "canary: hang": while !isLate() {}
        default: break
        }
    }

    static func prepare() {}

    static func seeds() -> [Seed] {
        ["trap", "memory", "hang", "none"].map {
            Seed(name: $0, choices: [], document: Array("canary: \($0)".utf8))
        }
    }

    private static func readPastTheEnd(_ count: Int) {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
        memory.initialize(repeating: 1, count: count)
        // Wrong by intent, and seen by the address sanitizer alone.
        let sum = (memory + count).pointee
        memory.deallocate()
        if sum == 7 { _ = putchar(7) }
    }

    /// Never, within the life of a test.
    private static func isLate() -> Bool { time(nil) == 0 }
}

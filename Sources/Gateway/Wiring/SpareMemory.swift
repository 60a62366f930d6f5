import Foundation
import Glibc

/// What glibc keeps of memory that nobody uses.
enum SpareMemory {
    /// Lets threads share what glibc keeps for each: of its own accord it has eight arenas for each core, and what one
    /// thread gives back to its arena no other finds. To be called before there are threads.
    static func shareArenas() {
        guard let symbol = dlsym(nil, "mallopt") else { return }
        // The function of that name in glibc takes two ints and returns one; M_ARENA_MAX is -8.
        let mallopt = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
        _ = mallopt(-8, Int32(GatewayConfig.halfTheCores))
    }

    /// Hands it back to the kernel. Reading and checking tables makes much and drops nearly all of it, in pieces that
    /// lie between what stays; without this they stay resident for as long as the gateway runs.
    static func giveBack() {
        trim()
        leaveCode()
    }

    /// Hands back what payments left between what stays, every second until it is cancelled: some milliseconds of
    /// work against a tenth of the memory.
    static func keepGivingBack() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            trim()
        }
    }

    private static func trim() {
        // Looked up by name: the header that declares it is in no module. Absent from other C libraries.
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        // The function of that name in glibc takes a size_t and returns an int.
        let trim = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)
        _ = trim(0)
    }

    /// Lets go of the pages of code that a start went through once. Those that are needed come back from the file, one
    /// by one, as they did at first.
    private static func leaveCode() {
        guard let maps = FileManager.default.contents(atPath: "/proc/self/maps") else { return }
        for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count > 5, words[1] == "r-xp", words[5].hasPrefix("/") else { continue }
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { continue }
            // Code is never written to: its pages are those of the file, and nothing is lost with them.
            madvise(UnsafeMutableRawPointer(bitPattern: ends[0]), Int(ends[1] - ends[0]), MADV_DONTNEED)
        }
    }
}

import FoundationEssentials
import Glibc

/// What a file `Targets/X.swift` is to the fuzzer: one target, one `enum Target` of this form.
protocol FuzzTarget {
    /// Bytes at the beginning of an input that choose how the rest is read.
    static var choices: Int { get }
    /// Ways of reading that the oracles compare have no side but this one: a broken oracle ends the process.
    static func run(_ choices: [UInt8], _ document: [UInt8])
    /// Reads and compiles tables, before the first run.
    static func prepare()
    /// Inputs to begin with, of the repository's own messages and tables.
    static func seeds() -> [Seed]
}

struct Seed {
    var name: String
    var choices: [UInt8]
    var document: [UInt8]
}

/// Ends the process with what went wrong: the fuzzer keeps the input.
func broken(_ says: @autoclosure () -> String, _ file: StaticString = #file, _ line: UInt = #line) -> Never {
    fatalError("oracle: \(says())", file: file, line: line)
}

func expect(
    _ holds: Bool, _ says: @autoclosure () -> String, _ file: StaticString = #file, _ line: UInt = #line
) {
    if !holds { broken(says(), file, line) }
}

@_silgen_name("__lsan_disable")
private func ignoreLeaks()

@_silgen_name("__lsan_enable")
private func heedLeaks()

/// With `FUZZ_SEEDS` set to a folder, writes the seeds there and ends.
@_cdecl("LLVMFuzzerInitialize")
func initializeFuzzer(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
    guard let folder = getenv("FUZZ_SEEDS") else {
        // The leak detector does not know Swift's pointers to the payload of an enum, which carry the case in their
        // spare bits: what is compiled once and kept is none of its business.
        ignoreLeaks()
        Target.prepare()
        heedLeaks()
        return 0
    }
    let root = URL(filePath: String(cString: folder))
    for seed in Target.seeds() {
        let name = seed.name.map { $0 == "/" ? "-" : $0 }
        do {
            try Data(seed.choices + seed.document).write(to: root.appending(path: String(name)))
        } catch {
            fatalError("the seed cannot be written: \(error)")
        }
    }
    // Without the leak detector's look at the end: see above.
    _exit(0)
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    guard let bytes, size >= Target.choices else { return 0 }
    let input = UnsafeBufferPointer(start: bytes, count: size)
    Target.run(Array(input[..<Target.choices]), Array(input[Target.choices...]))
    return 0
}

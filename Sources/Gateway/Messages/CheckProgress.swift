import Foundation

/// How far a long run is, on a terminal alone: one line that is written over.
struct CheckProgress {
    private let total: Int
    private let isShown: Bool
    private var done = 0
    private var invalid = 0
    private var last = ContinuousClock.now
    private var isWritten = false

    private static let fewFiles = 20
    private static let pause = Duration.milliseconds(200)

    init(total: Int, isQuiet: Bool) {
        self.total = total
        isShown = !isQuiet && total > CheckProgress.fewFiles && isatty(FileHandle.standardError.fileDescriptor) == 1
    }

    mutating func note(_ files: [CheckedFile]) {
        guard isShown else { return }
        done += files.count
        invalid += files.count { $0.verdict == .invalid }
        guard last.duration(to: .now) >= CheckProgress.pause else { return }
        last = .now
        isWritten = true
        write("\r\(done) of \(total) files, \(invalid) invalid")
    }

    /// Takes the line away, before anything else is written.
    mutating func clear() {
        guard isWritten else { return }
        isWritten = false
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

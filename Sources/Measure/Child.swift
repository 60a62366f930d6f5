import Foundation
import Synchronization

/// A program in a process of its own, which says on its first line that it is ready.
final class Child: Sendable {
    let id: Int32
    /// Its first line on standard output.
    let line: String
    /// From the start of the process to that line.
    let startMilliseconds: Double
    private let process: Mutex<Process>

    private init(_ process: Process, id: Int32, line: String, startMilliseconds: Double) {
        self.process = Mutex(process)
        self.id = id
        self.line = line
        self.startMilliseconds = startMilliseconds
    }

    /// Starts the program and waits for its first line.
    static func start(_ executable: String, _ arguments: [String], log: String) async throws -> Child {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        let pipe = Pipe()
        process.standardOutput = pipe
        let (lines, heard) = AsyncStream<(line: String, at: ContinuousClock.Instant)>.makeStream()
        process.terminationHandler = { _ in heard.finish() }
        let begun = ContinuousClock.now
        do {
            try hearingSignals { try process.run() }
        } catch {
            throw MeasureFailure("\(executable) cannot be started: \(error)")
        }
        Thread.detachNewThread { listen(to: pipe, heard) }
        let id = process.processIdentifier
        for await first in lines {
            return Child(
                process, id: id, line: first.line, startMilliseconds: (first.at - begun) / .milliseconds(1))
        }
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw MeasureFailure("\(executable) ended before it was ready: \(said.suffix(2_000))")
    }

    /// Threads of a pool hear no signals, and a process that one of them starts would hear none either: not even the
    /// one that ends it.
    private static func hearingSignals(_ body: () throws -> Void) rethrows {
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    /// Reads until the process has closed its end; only the first line is passed on.
    private static func listen(
        to pipe: Pipe, _ heard: AsyncStream<(line: String, at: ContinuousClock.Instant)>.Continuation
    ) {
        var text: [UInt8] = []
        var isDone = false
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(pipe.fileHandleForReading.fileDescriptor, &bytes, bytes.count)
            guard count > 0 else { break }
            guard !isDone else { continue }
            text += bytes[..<count]
            guard let end = text.firstIndex(of: 0x0A) else { continue }
            heard.yield((String(decoding: text[..<end], as: UTF8.self), ContinuousClock.now))
            isDone = true
        }
        heard.finish()
    }

    /// SIGTERM, and the end of the process.
    func stop() async {
        Foundation.kill(id, SIGTERM)
        for _ in 0..<1_500 {
            if process.withLock({ !$0.isRunning }) { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
        kill()
    }

    /// SIGKILL: nothing of what it does matters any more.
    func kill() { Foundation.kill(id, SIGKILL) }
}

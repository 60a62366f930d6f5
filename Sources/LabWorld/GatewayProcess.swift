import FormatJSON
import Foundation
import Synchronization

/// The gateway as it runs in production: its own process, started from a configuration, stopped by signals.
final class GatewayProcess: Sendable {
    /// What the process says on standard output once it listens.
    struct Ready: Sendable {
        var schemePort: Int
        var channelPort: Int
        var operatorSocket: String
    }

    private struct State {
        var process: Process?
        var ended = true
        var output: [UInt8] = []
    }

    let executable: String
    let configuration: String
    let log: String
    private let environment: [String: String]
    private let state = Mutex(State())
    /// Wakes those who wait for a line or for the end.
    private let signal = LabJournal()

    /// - Parameter defect: handed on as INTERLOCK_PLANTED_DEFECT, to prove that the lab finds what is wrong.
    init(executable: String, configuration: String, log: String, defect: String?) {
        self.executable = executable
        self.configuration = configuration
        self.log = log
        var environment = ProcessInfo.processInfo.environment
        environment["INTERLOCK_PLANTED_DEFECT"] = defect
        self.environment = environment
    }

    var isRunning: Bool { state.withLock { !$0.ended } }

    /// The running process; nil when there is none.
    var identifier: Int32? { state.withLock { $0.ended ? nil : $0.process?.processIdentifier } }

    /// Starts the process and waits for its ready line.
    func start(seconds: Double = 90) async throws -> Ready {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = ["serve", "--config", configuration]
        process.environment = environment
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        let errors = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try errors.seekToEnd()
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        Thread.detachNewThread { [self] in
            var bytes = [UInt8](repeating: 0, count: 4096)
            while true {
                // Blocks until the process says something or has closed its end.
                let count = read(pipe.fileHandleForReading.fileDescriptor, &bytes, bytes.count)
                guard count > 0 else { break }
                state.withLock { $0.output += bytes[..<count] }
                signal.changed()
            }
        }
        process.terminationHandler = { [self] _ in
            state.withLock { $0.ended = true }
            signal.changed()
        }
        state.withLock { state in
            state.ended = false
            state.output = []
        }
        do {
            try process.run()
        } catch {
            state.withLock { $0.ended = true }
            throw LabFailure("\(executable) cannot be started: \(error)")
        }
        state.withLock { $0.process = process }
        _ = await signal.wait(seconds: seconds) { self.ready() != nil || !self.isRunning }
        guard let ready = ready() else {
            await kill()
            throw LabFailure("the gateway did not become ready; its log: \(log)\n\(tail())")
        }
        return ready
    }

    private func ready() -> Ready? {
        let output = state.withLock { $0.output }
        guard let end = output.firstIndex(of: UInt8(ascii: "\n")),
            let json = try? JSONValue.parse(Array(output[..<end])),
            json["ready"]?.bool == true, let scheme = json["scheme"]?.string, let channel = json["channel"]?.string,
            let socket = json["operator"]?.string, let schemePort = Self.port(scheme),
            let channelPort = Self.port(channel)
        else { return nil }
        return Ready(schemePort: schemePort, channelPort: channelPort, operatorSocket: socket)
    }

    private static func port(_ address: String) -> Int? { address.split(separator: ":").last.flatMap { Int($0) } }

    /// The last lines of the log.
    func tail(lines: Int = 15) -> String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
    }

    /// SIGKILL: no chance to put anything in order.
    func kill() async {
        await end(with: SIGKILL, seconds: 10)
    }

    /// SIGTERM: true when the process ended by itself in time, with exit status 0.
    @discardableResult
    func terminate(seconds: Double = 30) async -> Bool {
        guard isRunning else { return true }
        await end(with: SIGTERM, seconds: seconds)
        if isRunning {
            await kill()
            return false
        }
        return state.withLock { $0.process?.terminationReason == .exit && $0.process?.terminationStatus == 0 }
    }

    private func end(with number: Int32, seconds: Double) async {
        guard let process = state.withLock({ $0.ended ? nil : $0.process }) else { return }
        Foundation.kill(process.processIdentifier, number)
        _ = await signal.wait(seconds: seconds) { !self.isRunning }
    }
}

/// Why the lab or one of its scenarios cannot go on, in words for the person who runs it.
struct LabFailure: Error, CustomStringConvertible {
    let description: String

    init(_ text: String) { description = text }
}

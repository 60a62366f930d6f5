import Foundation

/// A program that runs to its end.
struct Command: Sendable {
    struct Result: Sendable {
        var status: Int32
        /// Standard output and standard error, as they came.
        var output: String
    }

    let program: String
    let arguments: [String]
    var environment: [String: String] = [:]

    init(_ program: String, _ arguments: [String]) {
        self.program = program
        self.arguments = arguments
    }

    func run() async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try self.blocking() })
            }
        }
    }

    private func blocking() throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, ours in ours }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let said = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: String(decoding: said, as: UTF8.self))
    }
}

import Foundation
import Testing

/// A lab that cannot fail proves nothing: with each of these defects planted in the gateway, the run must end red.
@Suite("Planted defects")
struct PlantedDefectTests {
    struct Defect: Sendable, CustomStringConvertible {
        var name: String
        /// The scenario that must notice.
        var scenario: String
        var description: String { "\(name): \(scenario)" }
    }

    static let defects = [
        Defect(name: "doublePosting", scenario: "a bank on the rail pays an account at Fineract"),
        Defect(name: "releaseOnSilence", scenario: "the hub commits and says nothing: we ask"),
        Defect(name: "anyFulfilment", scenario: "a fulfilment that opens nothing is not believed"),
        Defect(name: "lostCallback", scenario: "channel pays a wallet on the hub"),
        Defect(name: "creditBeforeCommit", scenario: "the rail takes our yes back: nothing is credited"),
        Defect(name: "noHold", scenario: "channel pays a wallet on the hub"),
        Defect(name: "repeatsAreNew", scenario: "the same pacs.008 again: the same answer; other content: AM05"),
        Defect(name: "anySender", scenario: "messages of senders who may not send them"),
        Defect(name: "earlyYes", scenario: "the far side of the bridge refuses"),
        Defect(name: "wrongAmount", scenario: "a bank on the rail pays an account at Fineract"),
        Defect(
            name: "anyFulfilment",
            scenario: "rail → hub: nothing but a fulfilment that opens nothing: no yes to the rail, a person decides"),
        Defect(
            name: "earlyYes",
            scenario: "rail → rail: the second rail's yes comes after the first was told no: a person decides"),
        Defect(
            name: "releaseOnSilence",
            scenario: "second rail: its yes comes after the time in which it was due: the hold becomes a debit"),
        Defect(
            name: "sendsAgain",
            scenario: "SIGKILL with bridges under way at every step: each ends once, and every book agrees"),
        Defect(
            name: "hostDays",
            scenario: "a rail's own days: cut-off, opening, holiday and dated orders, in its own time zone"),
        Defect(
            name: "noExposureCap",
            scenario: "a cap on exposure where a bridge comes from: refused before anything is asked"),
    ]

    @Test(arguments: defects)
    func theLabNotices(_ defect: Defect) async throws {
        let run = try await Self.lab(["--once", "--only", defect.scenario, "--defect", defect.name])
        #expect(run.code == 1, "\(run.output)")
        #expect(run.output.contains("✗ \(defect.scenario)"), "\(run.output)")
    }

    @Test func withoutADefectTheSameScenariosPass() async throws {
        for scenario in Set(Self.defects.map(\.scenario)) {
            let run = try await Self.lab(["--once", "--only", scenario])
            #expect(run.code == 0, "\(run.output)")
        }
    }

    private static func lab(_ arguments: [String]) async throws -> (code: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        process.executableURL = try program()
                        process.arguments = arguments
                        let output = Pipe()
                        process.standardOutput = output
                        process.standardError = output
                        try process.run()
                        let said = output.fileHandleForReading.readDataToEndOfFile()
                        process.waitUntilExit()
                        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
                    })
            }
        }
    }

    private struct NoProgram: Error {}

    /// The build puts `lab` beside the tests.
    private static func program() throws -> URL {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let places = [
            URL(fileURLWithPath: own).deletingLastPathComponent(), root.appendingPathComponent(".build/debug"),
        ]
        for place in places {
            let program = place.appendingPathComponent("lab")
            if FileManager.default.isExecutableFile(atPath: program.path) { return program }
        }
        throw NoProgram()
    }
}

import ArgumentParser
import Dispatch
import Foundation

/// The lab's front door.
public enum LabProgram {
    public static func run() async { await Lab.main() }
}

/// A whole world on one machine, with a real gateway in the middle.
struct Lab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Run a gateway between a simulated hub, a clearing and core banks, and watch payments cross it.",
        discussion: """
            Without options it makes the first payments, prints what to try next and stays up until Ctrl-C.
            Its clocks are those of the networks; with --once and --soak they are short.
            With --once it plays every scenario, checks every book and ends with 0 only when all is as it should be.
            With --soak MINUTES it pays over every path under faults and kills, and then checks every book.
            """)

    @Flag(help: "Play all scenarios and end.")
    var once = false

    @Option(help: "Play only scenarios whose name holds this text.")
    var only: String?

    @Option(help: "Pay for so many minutes, with faults and a kill every 20 seconds, and end.")
    var soak: Double?

    @Option(help: "Folder for certificates, configuration and journal; a fresh one when not given.")
    var state: String?

    @Option(help: "The gateway's program; the one beside this program when not given.")
    var interlock: String?

    @Option(help: "Plant a defect in the gateway: then --once must fail.")
    var defect: String?

    @Flag(help: "Keep the folder that was made for the run.")
    var keep = false

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let folder = try self.folder()
        let isTemporary = state == nil && !keep
        let isRound = once || soak != nil
        let options = RunningLab.Options(
            folder: folder, interlock: interlock ?? Self.besideUs(), defect: defect,
            clocks: isRound ? .short : .production)
        let begun = ContinuousClock.now
        let lab: RunningLab
        do {
            lab = try await RunningLab.start(options)
        } catch let failure as LabFailure {
            Report.say("The lab did not start: \(failure)")
            throw ExitCode(1)
        }
        Report.say("The world is up in \(Report.milliseconds(since: begun)) ms; everything of this run is in \(folder)")
        var passed = true
        if isRound {
            let watch = Task {
                await Interruption.wait()
                guard !Task.isCancelled else { return }
                await lab.gateway.terminate()
                Foundation.exit(130)
            }
            if let soak {
                passed = await Soak(lab: lab, minutes: soak).play()
            } else {
                passed = await ScenarioRun(lab: lab, only: only, stopsEarly: defect != nil).play()
            }
            watch.cancel()
        } else {
            passed = await Tour(lab: lab).show()
            await Interruption.wait()
            Report.say("\nStopping: the gateway drains what is in flight.")
        }
        await lab.stop()
        if isTemporary, passed { try? FileManager.default.removeItem(atPath: folder) }
        if !passed {
            Report.say("The gateway's log: \(folder)/gateway.log")
            throw ExitCode(1)
        }
    }

    private func folder() throws -> String {
        let path =
            state.map { URL(fileURLWithPath: $0).path }
            ?? NSTemporaryDirectory() + "lab-" + FSPIOPRules.newIdentifier().prefix(8)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if FileManager.default.fileExists(atPath: "\(path)/state") {
            throw ValidationError(
                "\(path) holds the state of an earlier run: the world begins anew, so give another folder")
        }
        return path
    }

    private static func besideUs() -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("interlock").path
    }
}

/// Ctrl-C or SIGTERM.
enum Interruption {
    static func wait() async {
        let (signals, heard) = AsyncStream<Void>.makeStream()
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { heard.yield() }
            source.resume()
            return source
        }
        for await _ in signals { break }
        for source in sources { source.cancel() }
    }
}

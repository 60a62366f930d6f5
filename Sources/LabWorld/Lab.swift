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
            Without options it makes the first payments, shows what the gateway does and a menu of things to try, and
            stays up until Ctrl-C.
            Its clocks are those of the networks; with --once and --soak they are short.
            With --once it plays every scenario, checks every book and ends with 0 only when all is as it should be.
            With --soak MINUTES it pays over every path under faults and kills, and then checks every book.
            """)

    @Flag(help: "Play all scenarios and end.")
    var once = false

    @Option(help: "Play only scenarios whose name holds this text.")
    var only: String?

    @Option(help: "With --once: worlds that play at the same time, each with a gateway of its own.")
    var worlds: Int = 3

    @Option(help: "Pay for so many minutes over every path, with faults and kills, and end.")
    var soak: Double?

    @Option(help: "With --soak: time between two kills, such as 20s.")
    var killEvery: String = "20s"

    @Option(
        help: """
            With --soak: payments in flight when the restart is measured in the end; 10000 when the run is of ten \
            minutes or more, else 500; 0 leaves it out.
            """)
    var inFlight: Int?

    @Option(help: "With --soak: the number from which all chance of the run comes; printed by every run.")
    var seed: UInt64?

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
        // The gateway inherits it: a file that may not grow is an error there, as on a full disk, and no end.
        signal(SIGXFSZ, SIG_IGN)
        let folder = try self.folder()
        let isTemporary = state == nil && !keep
        let begun = ContinuousClock.now
        let worlds: [RunningLab]
        do {
            worlds = try await start(in: folder)
        } catch let failure as LabFailure {
            Report.say("The lab did not start: \(failure)")
            throw ExitCode(1)
        }
        Report.say("The world is up in \(Report.milliseconds(since: begun)) ms; everything of this run is in \(folder)")
        let passed = try await play(on: worlds)
        for lab in worlds { await lab.stop() }
        if isTemporary, passed { try? FileManager.default.removeItem(atPath: folder) }
        if !passed {
            Report.say("The gateways' logs: " + worlds.map { "\($0.folder)/gateway.log" }.joined(separator: ", "))
            throw ExitCode(1)
        }
    }

    private func play(on worlds: [RunningLab]) async throws -> Bool {
        guard once || soak != nil else {
            let passed = await Tour(lab: worlds[0]).show()
            await LiveView(lab: worlds[0], menu: TryOut.menu()).run()
            Report.say("\nStopping: the gateway drains what is in flight.")
            return passed
        }
        let watch = Task {
            await Interruption.wait()
            guard !Task.isCancelled else { return }
            for lab in worlds { await lab.gateway.terminate() }
            Foundation.exit(130)
        }
        defer { watch.cancel() }
        guard let soak else {
            return await ScenarioRun(worlds: worlds, only: only, stopsEarly: defect != nil).play()
        }
        let options = Soak.Options(
            minutes: soak, killEverySeconds: try killEverySeconds(), inFlight: inFlight ?? (soak >= 10 ? 10_000 : 500),
            seed: seed ?? UInt64.random(in: 1...999_999_999))
        return await Soak(lab: worlds[0], options: options).play()
    }

    /// One world; for a round of many scenarios several, so that the waits of one are not those of all.
    private func start(in folder: String) async throws -> [RunningLab] {
        let clocks = soak != nil ? LabClocks.soak : once ? .short : .production
        let count = once ? max(1, min(worlds, ScenarioRun.chosen(only).count)) : 1
        return try await withThrowingTaskGroup(of: RunningLab.self) { group in
            for number in 1...count {
                let own = count == 1 ? folder : "\(folder)/world-\(number)"
                let options = RunningLab.Options(
                    folder: own, interlock: interlock ?? Self.besideUs(), defect: defect, clocks: clocks)
                group.addTask {
                    try FileManager.default.createDirectory(
                        atPath: own, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                    return try await RunningLab.start(options)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func killEverySeconds() throws -> Double {
        let digits = killEvery.hasSuffix("s") ? killEvery.dropLast() : killEvery[...]
        guard let seconds = Double(digits), (1...3600).contains(seconds) else {
            throw ValidationError("--kill-every is 1s to 3600s")
        }
        return seconds
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

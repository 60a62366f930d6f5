import ArgumentParser
import FormatJSON
import FormatXML
import Foundation
import Payments
import PaymentsEngine
import SchemeISO20022

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check ISO 20022 messages: files, folders, any wrapper, many to a file.",
        discussion: """
            Three layers: wire (well-formed, no DTD, within limits), schema, and profile: what a rail asks beyond the
            schema. A header and each message are judged for themselves, at any depth under any wrapper; a header and
            a message side by side are judged too, though two roots are no XML document: files are stored so.

            One line for what is in order, and for each finding
              invalid FILE:LINE:COLUMN PART LAYER RULE PATH: TEXT
                found  the offending text
                mend   what to do
            then, of several files, a summary. docs/messages.md says the rest, and the form of --json.

            Exit code: 0 all in order; 1 something is invalid; 2 nothing is, but of something nothing can be said (no
            schema, no XML, not readable); 64 the command line or the tables cannot be used.

            Examples:
              interlock validate message.xml
              interlock validate --profile sepa-inst inbox/
              interlock validate --profile auto --json --junit report.xml archive/ < /dev/null
              curl -s https://bank.example/message | interlock validate -
            """)

    @Option(help: "How far to look: wire, schema, business (the gateway's own rules) or profile.")
    var through: CheckDepth?
    @Option(
        name: .customLong("profile"),
        help: "A rail whose rules to hold messages against; several with commas; auto for all that take them.")
    var profiles: [String] = []
    @Option(name: .customLong("as-of"), help: "The day whose rules hold, as YYYY-MM-DD; today when not given.")
    var day: String?
    @Option(name: [.customLong("xsd"), .customLong("schemas")], help: "A folder of other schemas, official ones too.")
    var schemas: String?
    @Option(help: "The folder of tables; the installation's when not given.") var mappings: String?
    @Flag(help: "For programs: a JSON object a line.") var json = false
    @Option(help: "Write a report for CI servers to this file.") var junit: String?
    @Flag(help: "Tell only what is wrong.") var quiet = false
    @Option(help: "Files that are read at the same time; as many as there are cores when not given.") var jobs: Int?
    @Argument(help: "Files and folders; - is standard input.") var files: [String]

    func validate() throws {
        if let day, CivilDate(day) == nil { throw ValidationError("--as-of \(day) is no day: write YYYY-MM-DD") }
        if !profiles.isEmpty, let through, through != .profile {
            throw ValidationError(
                "--profile looks through profile and --through says \(through.rawValue): leave one out")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs \(jobs): write 1 to 256") }
        if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be read once") }
    }

    func run() async throws {
        let checker = try await MessageInstallation.attempt { try self.checker() }
        let report = try await MessageInstallation.attempt { try junit.map { try JUnitFile(path: $0) } }
        let list = MessageFiles.list(files)
        var progress = CheckProgress(total: list.count, isQuiet: quiet)
        var summary = CheckSummary()
        let run = CheckRun(checker: checker, width: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        try await run.run(list) { checked in
            var lines: [String] = []
            for file in checked {
                summary.note(file)
                lines += json ? objects(file) : CheckLines.text(file, isQuiet: quiet)
            }
            if !lines.isEmpty {
                progress.clear()
                Reporting.print(lines.joined(separator: "\n"))
            }
            progress.note(checked)
            try report?.note(checked)
        }
        progress.clear()
        try report?.finish()
        tell(summary)
        if summary.exitCode != 0 { throw ExitCode(summary.exitCode) }
    }

    private func objects(_ file: CheckedFile) -> [String] {
        guard !quiet || file.parts.contains(where: { $0.verdict != .ok || !$0.findings.isEmpty }) else { return [] }
        return CheckLines.objects(file).map(\.description)
    }

    /// A single message needs no summary.
    private func tell(_ summary: CheckSummary) {
        guard summary.fileCount > 1 || summary.parts > 2 else { return }
        if json {
            Reporting.print(JSONValue.members(["summary": summary.json]).description)
        } else if !quiet {
            Reporting.print(summary.text.joined(separator: "\n"))
        }
    }

    private func checker() throws -> MessageChecker {
        let installation = try MessageInstallation(mappings: mappings, schemas: schemas)
        let depth = through ?? (profiles.isEmpty ? .schema : .profile)
        var rails: Rails?
        if depth == .profile {
            let day = day.flatMap { CivilDate($0) } ?? WallClock.now().date
            rails = try installation.rails(profiles.isEmpty ? ["auto"] : profiles, day)
        }
        let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1
        return MessageChecker(
            examiner: installation.examiner, depth: depth, rails: rails, showsProgress: isTerminal && !quiet)
    }
}

extension CheckDepth: ExpressibleByArgument {}

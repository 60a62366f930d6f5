import ArgumentParser
import FormatJSON
import Foundation
import SchemeISO20022

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check ISO 20022 messages, part by part, at any depth under any wrapper.",
        discussion: """
            One line a part:
              ok FILE PART MESSAGE
              invalid FILE:LINE:COLUMN PART LAYER RULE TEXT
              unsupported FILE PART REASON
            Exit code: 1 when any file is invalid, else 2 when any is unsupported, else 0.

            A header and a message side by side are judged each for itself, though two roots are no XML document:
            files are stored so. The gateway's own endpoint takes one root: a bare Document, or both in a wrapper.

            Examples:
              interlock validate message.xml
              interlock validate --through business --json inbox/*.xml
            """)

    @Option(help: "How far to look: wire, schema or business; each includes those before it.")
    var through: Depth = .schema
    @Option(help: "The folder of tables; the installation's when not given.") var mappings: String?
    @Option(help: "The folder of schemas; the installation's when not given.") var schemas: String?
    @Flag(help: "For programs: a JSON object a line.") var json = false
    @Argument(help: "Files; - is standard input.") var files: [String]

    func run() async throws {
        let share = Installation.share
        let examiner = try await Reporting.attempt {
            let tables = try Tables.read(
                mappings: mappings ?? "\(share)/mappings", schemas: schemas ?? "\(share)/xsd", isWhole: false)
            return ISO20022Examiner(mappings: tables.mappings, schemas: tables.schemas)
        }
        var worst = Worst()
        for file in files {
            for finding in examine(file, examiner) {
                worst.note(finding.verdict)
                for line in json ? [object(file, finding).description] : lines(file, finding) { Reporting.print(line) }
            }
        }
        if worst.code != 0 { throw ExitCode(worst.code) }
    }

    private struct Worst {
        private var invalid = false
        private var unsupported = false

        var code: Int32 { invalid ? 1 : unsupported ? 2 : 0 }

        mutating func note(_ verdict: ISO20022Examiner.Verdict) {
            switch verdict {
            case .ok: break
            case .invalid: invalid = true
            case .unsupported: unsupported = true
            }
        }
    }

    private func examine(_ file: String, _ examiner: ISO20022Examiner) -> [ISO20022Examiner.Finding] {
        let data =
            file == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: file)
        guard let data else {
            return [.init(part: "/", definition: "", verdict: .unsupported(why(file)))]
        }
        return examiner.examine([UInt8](data), through: through.layer)
    }

    /// Why there are no bytes.
    private func why(_ file: String) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
            return "there is no such file"
        }
        if isFolder.boolValue { return "it is a folder; name the files in it" }
        return FileManager.default.isReadableFile(atPath: file)
            ? "the file cannot be read" : "the file may not be read by this user"
    }

    private func lines(_ file: String, _ finding: ISO20022Examiner.Finding) -> [String] {
        switch finding.verdict {
        case .ok: ["ok \(file) \(finding.part) \(finding.definition)"]
        case .unsupported(let why): ["unsupported \(file) \(finding.part) \(why)"]
        case .invalid(let faults):
            // One line a part; what follows the first fault is in --json.
            faults.prefix(1).map { fault in
                "invalid \(file):\(fault.line):\(fault.column) \(finding.part) \(fault.layer.rawValue) \(fault.rule) "
                    + (fault.path.isEmpty ? fault.text : "\(fault.path): \(fault.text)")
            }
        }
    }

    private func object(_ file: String, _ finding: ISO20022Examiner.Finding) -> JSONValue {
        var faults: [JSONValue] = []
        var verdict = "ok"
        var reason: JSONValue?
        switch finding.verdict {
        case .ok: break
        case .unsupported(let why): (verdict, reason) = ("unsupported", .string(why))
        case .invalid(let found):
            verdict = "invalid"
            faults = found.map { fault in
                [
                    "layer": .string(fault.layer.rawValue), "line": .integer(fault.line),
                    "column": .integer(fault.column),
                    "path": .string(fault.path), "rule": .string(fault.rule), "text": .string(fault.text),
                ]
            }
        }
        return .members([
            "file": .string(file), "part": .string(finding.part), "message": .string(finding.definition),
            "verdict": .string(verdict), "reason": reason, "faults": faults.isEmpty ? nil : .array(faults),
        ])
    }
}

/// How far to look, as the command line says it.
enum Depth: String, ExpressibleByArgument, CaseIterable {
    case wire, schema, business

    var layer: ISO20022Examiner.Depth {
        switch self {
        case .wire: .wire
        case .schema: .schema
        case .business: .business
        }
    }
}

import ArgumentParser
import FormatJSON
import Foundation

/// The front door of the benchmarks.
public enum MeasureProgram {
    public static func run() async { await Measuring.main() }
}

struct Measuring: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Measure the gateway against limits of the same machine and the same run.",
        discussion: """
            Every figure is the median of runs that alternate with those of its limit. Ends with 1 when a bound is
            not kept or a part could not be measured.
            """,
        subcommands: [Bench.self, Forwarder.self, StreamRead.self], defaultSubcommand: Bench.self)
}

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measure everything, or the parts that are named.")

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case translation, messages, routes, store, stock, path, burden, idle
    }

    @Argument(help: "translation, messages, routes, store, stock, path, burden, idle; all when none is named.")
    var parts: [Part] = []

    @Option(help: "Runs of each figure.")
    var runs = 5

    @Option(help: "Payments of one run over the whole path.")
    var payments = 400

    @Option(help: "Payments in flight over the whole path.")
    var inFlight = 48

    @Option(help: "Ways over the gateway that are measured, all when none is named; the path alone.")
    var route: [PaymentRoute] = []

    @Option(help: "Transfers in the file that is read as a stream; one is a kilobyte.")
    var transfers = 1_000_000

    @Option(help: "The gateway's program; the one beside this program when not given.")
    var interlock: String?

    @Option(help: "Folder for journals: the disk that is measured; `.build/measure` when not given.")
    var disk: String?

    @Flag(help: "Findings as JSON on standard output, the table on standard error.")
    var json = false

    func validate() throws {
        guard (1...99).contains(runs), (1...100_000).contains(payments), (1...1024).contains(inFlight),
            (1...3_000_000).contains(transfers)
        else {
            throw ValidationError("runs from 1 to 99, payments to 100000, in flight to 1024, transfers to 3000000")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let folder = try disk ?? Place.root().appendingPathComponent(".build/measure").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let chosen = parts.isEmpty ? Part.allCases : parts
        // Before anything of ours reads a document.
        try ReferenceReader.prepare()
        var findings = Findings()
        findings.notes = [
            "machine: \(Machine.line); load \(Machine.load) before the run", "program: \(Machine.build)",
            "durability: SQLite \(BareStore.version), write-ahead log, synchronous=FULL, below \(folder)",
            "figures: medians of \(runs) alternating runs; the spread is of the single runs",
        ]
        say(findings.notes.joined(separator: "\n"))
        for part in chosen {
            let found: Findings
            do {
                found = try await measure(part, disk: folder)
            } catch {
                found = Findings(failures: ["\(part.rawValue): \(error)"])
            }
            say("")
            say(Report.text(part.rawValue, found))
            findings = findings + found
        }
        if json { write(Report.json(findings)) }
        say(findings.passes ? "\nEvery bound is kept." : "\nNot every bound is kept.")
        if !findings.passes { throw ExitCode(1) }
    }

    private func measure(_ part: Part, disk: String) async throws -> Findings {
        let load = PathLoad(
            runs: runs, payments: payments, inFlight: inFlight, interlock: interlock ?? Place.interlock, disk: disk,
            routes: route.isEmpty ? PaymentRoute.allCases : route)
        switch part {
        case .translation: return try TranslationMeasure(runs: runs).run()
        case .messages: return try await MessageMeasure(runs: runs, transfers: transfers, disk: disk).run()
        case .routes: return try RouteMeasure(runs: runs).run()
        case .store: return try await StoreMeasure(runs: runs, disk: disk).run()
        case .stock: return try await StockMeasure(runs: runs, disk: disk).run()
        case .path: return try await PathMeasure(load: load).run()
        case .burden: return try await BurdenMeasure(load: load).run()
        case .idle: return try await IdleMeasure(runs: runs, interlock: load.interlock, disk: disk).run()
        }
    }

    private func say(_ text: String) {
        (json ? FileHandle.standardError : FileHandle.standardOutput).write(Data((text + "\n").utf8))
    }

    private func write(_ json: JSONValue) { FileHandle.standardOutput.write(Data(json.bytes(pretty: true) + [0x0A])) }
}

extension PaymentRoute: ExpressibleByArgument {
    init?(argument: String) {
        guard let route = PaymentRoute.allCases.first(where: { $0.id == argument }) else { return nil }
        self = route
    }

    var defaultValueDescription: String { id }
    static var allValueStrings: [String] { allCases.map(\.id) }
}

/// How findings are shown.
enum Report {
    static func text(_ title: String, _ findings: Findings) -> String {
        var lines = findings.notes
        if !findings.figures.isEmpty {
            let head = [title, "measured", "limit", "of", "ratio", "runs", "bound", ""]
            lines.append(table([head] + findings.figures.map(\.cells)))
        }
        lines += findings.failures.map { "FAIL \($0)" }
        return lines.joined(separator: "\n")
    }

    static func json(_ findings: Findings) -> JSONValue {
        [
            "figures": .array(findings.figures.map(\.json)), "notes": .array(findings.notes.map { .string($0) }),
            "failures": .array(findings.failures.map { .string($0) }), "pass": .bool(findings.passes),
        ]
    }

    private static func table(_ rows: [[String]]) -> String {
        let columns = rows.first?.indices ?? 0..<0
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            "| "
                + zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: " | ") + " |"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
        return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
    }
}

import ArgumentParser
import FormatJSON
import Foundation
import Payments

struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile", abstract: "Hold a day's payments against a network's or core bank's report.",
        discussion: """
            Ours, theirs, and what lies between them: what only one side has, amounts and states that differ, and the
            sums. The report is CSV with the columns reference,direction,amount,currency,state, or one JSON object a
            line with the same names (docs/reconciliation.md). Talks to the running process, or reads its store when
            none runs.

            Exit code 0: both sides agree; 1: something differs, or a line cannot be read.

            Example: interlock reconcile mojaloop:hub1 --date 2026-11-23 --report hub1.csv --config interlock.yaml
            """)
    @Argument(help: "The network or core bank, by its configured name.") var neighbour: String
    @Option(help: "The business date, YYYY-MM-DD.") var date: String
    @Option(help: "The neighbour's report.") var report: String
    @Option(help: "The tenant; needed where several have settings there.") var tenant: String?
    @Option(help: "The configuration of the gateway.") var config: String
    @Flag(help: "For programs.") var json = false

    func validate() throws {
        guard CivilDate(date) != nil else { throw ValidationError("--date is a day such as 2026-11-23") }
    }

    func run() async throws {
        let config = try Reporting.configuration(config)
        let (result, faults) = try await Reporting.attempt { try await reconcile(config) }
        Reporting.print(json ? result.json(faults: faults).description : result.text(faults: faults))
        if !result.differences.isEmpty || !faults.isEmpty { throw ExitCode(1) }
    }

    private func reconcile(_ config: GatewayConfig) async throws -> (Reconciliation, [ReportReader.Fault]) {
        guard let date = CivilDate(date) else { throw Failure.usage("--date is a day such as 2026-11-23") }
        let tenant = try tenant(config)
        let reader = try ReportReader(path: report)
        var result = Reconciliation()
        let line = OperatorLine(config)
        var query = LegsDesk.Query(neighbour: neighbour, tenant: tenant, date: date)
        var count = 0
        repeat {
            let page = try await line.call("GET", "/legs", query: query.text) { try await $0.legs(query, config) }
            for leg in (page["legs"]?.array ?? []).compactMap({ Leg($0) }) {
                result.add(leg)
                count += 1
            }
            query.after = page["after"]?.string.flatMap { PaymentID($0) }
            progress("ours: \(count) lines")
        } while query.after != nil
        var faults: [ReportReader.Fault] = []
        try reader.each(progress: { progress("theirs: \($0) of \(reader.bytes) bytes") }) { row in
            switch row {
            case .success(let leg): result.match(leg)
            case .failure(let fault): faults.append(fault)
            }
            guard faults.count < ReconcileCommand.mostFaults else {
                throw Failure.usage("\(report): \(faults.count) lines cannot be read, the first: \(faults[0])")
            }
        }
        result.finish()
        return (result, faults)
    }

    /// Lines that cannot be read, beyond which it is no such report.
    private static let mostFaults = 1_000

    private func tenant(_ config: GatewayConfig) throws -> String {
        let all = config.networks + config.coreBanks
        guard let found = all.first(where: { $0.name == neighbour }) else {
            let meant = Spelling.nearest(neighbour, in: all.map(\.name)).map { ", did you mean \($0)?" } ?? ""
            throw Failure.usage("no network or core bank is named \(neighbour)\(meant)")
        }
        let tenants = found.tenants.keys.sorted()
        guard let tenant = tenant ?? (tenants.count == 1 ? tenants[0] : nil), tenants.contains(tenant) else {
            throw Failure.usage("--tenant is one of \(tenants.joined(separator: ", "))")
        }
        return tenant
    }

    private func progress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        FileHandle.standardError.write(Data("\r\(text)\u{1B}[K".utf8))
    }
}

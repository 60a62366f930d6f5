import ArgumentParser
import EdgeHTTP
import FormatJSON
import Foundation
import Mapping
import Payments
import StoreSQLite

struct PaymentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payments", abstract: "See payments and decide those that are stuck.",
        discussion: """
            Talks to the running process over its owner-only socket. When no process runs, list and show read the store;
            resolve refuses.

            Examples:
              interlock payments list --stuck --config interlock.yaml
              interlock payments list --limit 50 --before 01K... --config interlock.yaml
              interlock payments show 01K... --config interlock.yaml
              interlock payments resolve 01K... --as settled --reason "settled at the hub" \
                --evidence "hub report, line 17" --config interlock.yaml
            """,
        subcommands: [List.self, Show.self, Review.self, Resolve.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List payments of all tenants, newest first.",
            discussion: """
                Prints at most --limit payments and says so when there are more. --stuck prints what needs a person or
                is in doubt, the most money at risk first: what was asked and heard, what is tried next and when, where
                to look, and the command that decides it.
                """)
        @Option(help: "The configuration of the gateway.") var config: String
        @Flag(help: "Only payments that are parked or whose outcome is unknown.") var stuck = false
        @Option(help: "Only payments that stand there: \(PaymentRecord.stages.joined(separator: ", ")).")
        var stage: String?
        @Option(help: "How many at most, 1 to \(DeskQuery.most).") var limit = 200
        @Option(help: "Only payments older than this one: the id that the last page ended with.") var before: String?
        @Flag(help: "For programs.") var json = false

        func validate() throws {
            guard (1...DeskQuery.most).contains(limit) else {
                throw ValidationError("--limit is 1 to \(DeskQuery.most)")
            }
            guard before.map({ PaymentID($0) != nil }) ?? true else {
                throw ValidationError("--before is a payment's id")
            }
            let stages = PaymentRecord.stages
            guard stage.map({ stages.contains($0) }) ?? true else {
                throw ValidationError("--stage is one of \(stages.joined(separator: ", "))")
            }
            guard !stuck || stage == nil else { throw ValidationError("--stuck or --stage, not both") }
        }

        func run() async throws {
            let line = OperatorLine(try Reporting.configuration(config))
            if stuck { return try await showStuck(line) }
            let query = DeskQuery(stage: stage, limit: limit, before: before.flatMap { PaymentID($0) })
            let answer = try await line.call("GET", "/payments", query: query.text) { try await $0.list(query) }
            let rows = answer["payments"]?.array ?? []
            let next = answer["before"]?.string
            if json {
                let page = JSONValue.members(["payments": .array(rows), "before": next.map { .string($0) }])
                return Reporting.print(page.description)
            }
            Reporting.print(rows.isEmpty ? "no payments" : rows.map(PaymentsCommand.line).joined(separator: "\n"))
            if let next { Reporting.complain("there are more: go on with --before \(next)") }
        }

        private func showStuck(_ line: OperatorLine) async throws {
            let page = try await line.call("GET", "/stuck", query: "limit=\(limit)") { desk in
                try await desk.stuck(limit: limit)
            }
            if json { return Reporting.print(page.description) }
            Reporting.print(StuckText.page(page, config: config))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one payment whole: facts, timeline, route, losses.")
        @Argument(help: "The payment's id.") var id: String
        @Option(help: "The configuration of the gateway.") var config: String
        @Flag(help: "For programs: one line.") var json = false

        func run() async throws {
            let config = try Reporting.configuration(config)
            let answer = try await OperatorLine(config).call("GET", "/payments/\(id)") { desk in
                guard let page = try await desk.show(id) else { throw Failure.usage("no payment \(id)") }
                return page
            }
            Reporting.print(json ? answer.description : Reporting.pretty(answer))
        }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide a parked payment. The decision, your name, reason and evidence are kept for ever.")
        @Argument(help: "The payment's id.") var id: String
        @Option(name: .customLong("as"), help: "settled or rejected.") var outcome: String
        @Option(help: "Why you decide so.") var reason: String
        @Option(help: "What you saw and where: a report, a message, a person.") var evidence: String
        @Option(help: "Who decides; the user of this shell when not given.") var by: String?
        @Option(help: "The configuration of the gateway.") var config: String

        func validate() throws {
            guard PaymentOutcome(rawValue: outcome) != nil else {
                throw ValidationError("--as is settled or rejected")
            }
            guard !reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason says nothing") }
            guard !evidence.allSatisfy(\.isWhitespace) else { throw ValidationError("--evidence says nothing") }
        }

        func run() async throws {
            let config = try Reporting.configuration(config)
            let order: JSONValue = [
                "as": .string(outcome), "reason": .string(reason), "evidence": .string(evidence),
                "by": .string(by ?? NSUserName()),
            ]
            let answer = try await OperatorLine(config).call("POST", "/payments/\(id)/resolve", body: order) { _ in
                throw Failure.usage("no gateway runs on \(config.folder): a decision needs the running process")
            }
            Reporting.print(answer.description)
        }
    }

    static func line(_ row: JSONValue) -> String {
        func text(_ name: String) -> String { row[name]?.string ?? "-" }
        return [
            text("id"), text("changedAt"), text("stage"), "\(text("amount")) \(text("currency"))", text("origin"),
            text("network"), text("reason"),
        ].joined(separator: "  ")
    }
}

/// A call to the running process, or to its store when there is none.
struct OperatorLine {
    let config: GatewayConfig

    init(_ config: GatewayConfig) { self.config = config }

    func call(
        _ method: String, _ path: String, query: String = "", body: JSONValue? = nil,
        withinMilliseconds: Int = 15_000,
        offline: (ReadOnlyDesk) async throws -> JSONValue
    ) async throws -> JSONValue {
        try await Reporting.attempt {
            let answer = try await OperatorSocket.with(config) { line in
                try await line.ask(
                    method, path, query: query, body: body, withinMilliseconds: withinMilliseconds,
                    doubt: "Look before you repeat a decision.")
            }
            if let answer { return answer }
            return try await withStore(offline)
        }
    }

    private func withStore(_ work: (ReadOnlyDesk) async throws -> JSONValue) async throws -> JSONValue {
        guard FileManager.default.fileExists(atPath: "\(config.folder)/journal.sqlite") else {
            throw Failure.usage(
                "no gateway runs on \(config.folder) and no journal is there: start one with interlock serve, or name "
                    + "the configuration of the one that runs")
        }
        // Payments are told by the flows that they began with; the other tables may have faults meanwhile.
        let usual = try FlowTables(files: try Tables.tableFiles(in: config.mappings), explores: false)
        let flows = try TableShelf(lookingInto: config.folder).keptFlows().merging(usual.versions) { kept, _ in kept }
        let store = try await SQLiteStore.openReadOnly(
            folder: config.folder, tenants: config.tenants.map(\.name))
        Reporting.complain("no gateway runs on \(config.folder): reading its store")
        do {
            let desk = ReadOnlyDesk(store: store, tenants: config.tenants.map(\.name), flow: { flows["\($0)@\($1)"] })
            let result = try await work(desk)
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }
}

import ArgumentParser
import FormatJSON
import Foundation
import Mapping
import Payments

struct RouteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route", abstract: "Ask the rules table, look at it as a whole, compare two.",
        subcommands: [Explain.self, Check.self, Diff.self])

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Which row a payment matches, and why each earlier row does not.",
            discussion: """
                FILE is a pacs.008 in XML, or a canonical payment in JSON (names of the vocabulary and their values).

                Example: interlock route explain --routes routes.csv --tenant bank-a --from iso:rtp1 message.xml
                """)
        @Option(help: "The rules table.") var routes: String
        @Option(help: "The folder of tables; the installation's when not given.") var mappings: String?
        @Option(help: "The tenant that the payment belongs to.") var tenant = "*"
        @Option(help: "Where it comes from: a network's name or channel.") var from = "channel"
        @Option(help: "The day, YYYY-MM-DD; today in UTC when not given.") var date: String?
        @Flag(help: "The payee is a customer of this tenant.") var ours = false
        @Flag(help: "The payee stands in the tenant's directory.") var inDirectory = false
        @Flag(help: "For programs.") var json = false
        @Argument(help: "The payment.") var file: String

        func run() async throws {
            try await Reporting.attempt {
                let share = Installation.share
                let tables = try Tables.read(
                    mappings: mappings ?? "\(share)/mappings", schemas: "\(share)/xsd", .alone)
                let table = try tables.routes(path: routes, networks: [])
                let payment = try PaymentFile.read(file, tables)
                guard let day = date.map({ CivilDate($0) }) ?? WallClock.now().date else {
                    throw Failure.usage("--date is YYYY-MM-DD")
                }
                var question = RouteQuestion(tenant: tenant, kind: .transfer, from: from, payment: payment, date: day)
                question.creditorIsOurs = ours
                question.creditorIsInDirectory = inDirectory
                show(table.decide(question), table.misses(question), table)
            }
        }

        private func show(_ decision: RouteDecision, _ misses: [RouteMiss], _ table: RouteTable) {
            let target = decision.target.description
            if json {
                let rows = misses.map { miss -> JSONValue in
                    ["line": .integer(miss.line), "column": .string(miss.column)]
                }
                let page: JSONValue = [
                    "line": .integer(decision.line), "to": .string(target), "flow": .string(decision.flow),
                    "alternates": .array(decision.alternates.map { .string($0) }),
                    "note": .string(decision.note), "version": .string(decision.version), "missed": .array(rows),
                ]
                return Reporting.print(page.description)
            }
            let flow = decision.flow.isEmpty ? "-" : decision.flow
            let others = decision.alternates.isEmpty ? "" : ", else \(decision.alternates.joined(separator: ", "))"
            Reporting.print("line \(decision.line): to \(target), flow \(flow)\(others)  \(decision.note)")
            for miss in misses.suffix(100) { Reporting.print("line \(miss.line) did not match: \(miss.column)") }
            let rest = misses.dropLast(100)
            if !rest.isEmpty {
                let counts = Dictionary(grouping: rest, by: \.column).mapValues(\.count).sorted { $0.key < $1.key }
                Reporting.print(
                    "and \(rest.count) more: \(counts.map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
            }
        }
    }
}

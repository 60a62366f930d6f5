import ArgumentParser
import FormatJSON
import Foundation
import Mapping
import Payments
import PaymentsEngine

struct RouteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route", abstract: "Ask the rules table.", subcommands: [Explain.self])

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
        @Flag(help: "For programs.") var json = false
        @Argument(help: "The payment.") var file: String

        func run() async throws {
            try await Reporting.attempt {
                let share = Installation.share
                let tables = try Tables.read(
                    mappings: mappings ?? "\(share)/mappings", schemas: "\(share)/xsd", isWhole: false)
                let table = try tables.routes(path: routes, networks: [])
                let payment = try PaymentFile.read(file, tables)
                guard let day = date.map({ CivilDate($0) }) ?? WallClock.now().date else {
                    throw Failure.usage("--date is YYYY-MM-DD")
                }
                let question = RouteQuestion(tenant: tenant, kind: .transfer, from: from, payment: payment, date: day)
                show(table.decide(question), table.misses(question), table)
            }
        }

        private func show(_ decision: RouteDecision, _ misses: [RouteMiss], _ table: RouteTable) {
            let target = words(decision.target)
            if json {
                let rows = misses.map { miss -> JSONValue in
                    ["line": .integer(miss.line), "column": .string(miss.column)]
                }
                let page: JSONValue = [
                    "line": .integer(decision.line), "to": .string(target), "flow": .string(decision.flow),
                    "note": .string(decision.note), "version": .string(decision.version), "missed": .array(rows),
                ]
                return Reporting.print(page.description)
            }
            let flow = decision.flow.isEmpty ? "-" : decision.flow
            Reporting.print("line \(decision.line): to \(target), flow \(flow)  \(decision.note)")
            for miss in misses.suffix(100) { Reporting.print("line \(miss.line) did not match: \(miss.column)") }
            let rest = misses.dropLast(100)
            if !rest.isEmpty {
                let counts = Dictionary(grouping: rest, by: \.column).mapValues(\.count).sorted { $0.key < $1.key }
                Reporting.print(
                    "and \(rest.count) more: \(counts.map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
            }
        }

        private func words(_ target: RouteTarget) -> String {
            switch target {
            case .network(let name): name
            case .onUs: "on-us"
            case .refuse(let reason): "refuse:\(reason)"
            }
        }
    }
}

/// A payment from a file, in whatever of our languages it is written.
enum PaymentFile {
    static func read(_ path: String, _ tables: Tables) throws -> Payment {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure.usage("\(path) cannot be read")
        }
        let bytes = [UInt8](data)
        let first = bytes.first { !($0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09) }
        if first == 0x7B { return try canonical(bytes, path) }
        do throws(TranslationError) {
            return try tables.mappings.readISO(bytes).payment
        } catch {
            throw Failure.usage("\(path): \(error)")
        }
    }

    private static func canonical(_ bytes: [UInt8], _ path: String) throws -> Payment {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(bytes)
        } catch {
            throw Failure.usage("\(path): \(error)")
        }
        guard let payment = PaymentCodec.read(json) else {
            throw Failure.usage("\(path) is not a canonical payment: names and values of the vocabulary, as texts")
        }
        return payment
    }
}

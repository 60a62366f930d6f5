import ArgumentParser
import FormatJSON
import Foundation
import Mapping
import Payments

extension RouteCommand {
    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Which stored payments another rules table would send another way.",
            discussion: """
                Asks OLD and NEW what each payment of the period asked when it came, out of the journal of the running
                process, or of its store when none runs. Prints count and amount per target and currency by either
                table, and the payments that move. Nothing changes. Progress goes to standard error.

                Examples:
                  interlock route diff routes.csv next.csv --config interlock.yaml
                  interlock route diff routes.csv next.csv --config interlock.yaml --from 2026-11-01 --to 2026-11-30
                """)
        @Argument(help: "The table as it is.") var old: String
        @Argument(help: "The table as it might be.") var new: String
        @Option(help: "The configuration of the gateway.") var config: String
        @Option(help: "The first day, YYYY-MM-DD, in UTC; the oldest payment's when not given.") var from: String?
        @Option(help: "The last day, YYYY-MM-DD, in UTC; today when not given.") var to: String?
        @Option(help: "One tenant; all when not given.") var tenant: String?
        @Option(help: "How many payments that move are listed at most.") var limit = 100
        @Flag(help: "For programs.") var json = false

        func validate() throws {
            guard (0...1_000_000).contains(limit) else { throw ValidationError("--limit is 0 to 1000000") }
            for day in [from, to] where day.map({ CivilDate($0) == nil }) ?? false {
                throw ValidationError("--from and --to are YYYY-MM-DD")
            }
        }

        func run() async throws {
            let config = try Reporting.configuration(config)
            try await Reporting.attempt {
                let tables = try Tables.read(mappings: config.mappings, schemas: config.schemas, .alone)
                let networks = Set(config.networks.map(\.name).filter { !$0.isEmpty })
                var comparison = RouteComparison(
                    old: try tables.routes(path: old, networks: networks),
                    new: try tables.routes(path: new, networks: networks), limit: limit)
                for query in try queries(config) { try await compare(query, config, &comparison) }
                Reporting.print(json ? page(comparison).description : text(comparison))
            }
        }

        private func queries(_ config: GatewayConfig) throws -> [DecisionsDesk.Query] {
            let names = config.tenants.map(\.name)
            if let tenant, !names.contains(tenant) {
                throw Failure.usage("no tenant is named \(tenant): there are \(names.joined(separator: ", "))")
            }
            let first = from.flatMap { CivilDate($0) } ?? CivilDate(dayNumber: 0)
            let last = to.flatMap { CivilDate($0) } ?? WallClock.now().date
            guard first <= last else { throw Failure.usage("--from is after --to") }
            let until = CivilDate(dayNumber: last.dayNumber + 1)
            return (tenant.map { [$0] } ?? names).map {
                DecisionsDesk.Query(tenant: $0, from: first, until: until)
            }
        }

        /// Page after page, each put to both tables and forgotten.
        private func compare(
            _ first: DecisionsDesk.Query, _ config: GatewayConfig, _ comparison: inout RouteComparison
        ) async throws {
            let line = OperatorLine(config)
            var query: DecisionsDesk.Query? = first
            var seen = 0
            while let asked = query {
                let page = try await line.call("GET", "/decisions", query: asked.text) { desk in
                    // The store is open: all further pages at once.
                    var query = asked
                    while true {
                        let page = try await desk.decisions(query)
                        guard let after = try take(page, query.tenant, &seen, &comparison) else { return [:] }
                        query.after = after
                    }
                }
                let after = try take(page, asked.tenant, &seen, &comparison)
                query?.after = after
                if after == nil { query = nil }
            }
        }

        /// Where the next page begins; nil when there is none.
        private func take(
            _ page: JSONValue, _ tenant: String, _ seen: inout Int, _ comparison: inout RouteComparison
        ) throws -> PaymentID? {
            for entry in page["decisions"]?.array ?? [] {
                guard let stored = StoredDecision(entry) else {
                    throw Failure.usage("a stored decision cannot be read: is the gateway of another version?")
                }
                comparison.add(stored.payment, stored.question, decided: stored.decision)
            }
            seen += page["seen"]?.int ?? 0
            let after = page["after"]?.string.flatMap { PaymentID($0) }
            if after != nil { Reporting.complain("\(tenant): \(seen) payments read, \(comparison.moved) would move") }
            return after
        }

        private func text(_ found: RouteComparison) -> String {
            var lines = [
                "\(found.compared) payments compared, \(found.moved) would go another way, \(found.otherRow) the same "
                    + "way by another row or with other alternates"
            ]
            if found.notAsOld > 0 {
                lines.append(
                    "\(found.notAsOld) went another way at the time than \(old) says: over an alternate, or by a table "
                        + "before it")
            }
            if found.compared > 0 {
                let rows = found.totals.map { total in
                    [
                        total.target, total.currency?.code ?? "-", "\(total.oldCount)", amount(total.oldUnits, total),
                        "\(total.newCount)", amount(total.newUnits, total),
                    ]
                }
                lines += columns([["target", "currency", "old", "amount", "new", "amount"]] + rows)
            }
            for move in found.moves {
                let amount = move.amount.map { "\($0)" } ?? "-"
                lines.append(
                    "\(move.payment.text)  \(amount)  \(move.oldTarget) (\(flow(move.oldFlow)), line \(move.oldLine)) "
                        + "-> \(move.newTarget) (\(flow(move.newFlow)), line \(move.newLine))")
            }
            if found.moved > found.moves.count {
                lines.append("and \(found.moved - found.moves.count) more: list them with --limit \(found.moved)")
            }
            return lines.joined(separator: "\n")
        }

        private func flow(_ name: String) -> String { name.isEmpty ? "no flow" : name }

        private func columns(_ rows: [[String]]) -> [String] {
            let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
            return rows.map { row in
                let cells = row.enumerated().map { column, cell in
                    let fill = String(repeating: " ", count: widths[column] - cell.count)
                    return column < 2 ? cell + fill : fill + cell
                }
                return "  " + cells.joined(separator: "  ")
            }
        }

        private func amount(_ units: Int128, _ total: RouteComparison.Total) -> String {
            guard let currency = total.currency else { return "-" }
            return Money(units: units, currency: currency)?.decimal(atLeast: currency.exponent) ?? "too large to tell"
        }

        private func page(_ found: RouteComparison) -> JSONValue {
            let totals = found.totals.map { total -> JSONValue in
                .members([
                    "target": .string(total.target), "currency": total.currency.map { .string($0.code) },
                    "oldCount": .integer(total.oldCount), "oldAmount": .string(amount(total.oldUnits, total)),
                    "newCount": .integer(total.newCount), "newAmount": .string(amount(total.newUnits, total)),
                ])
            }
            let moves = found.moves.map { move -> JSONValue in
                .members([
                    "payment": .string(move.payment.text),
                    "amount": move.amount.map { .string($0.decimal(atLeast: $0.currency.exponent)) },
                    "currency": move.amount.map { .string($0.currency.code) },
                    "old": way(move.oldTarget, move.oldFlow, move.oldLine),
                    "new": way(move.newTarget, move.newFlow, move.newLine),
                ])
            }
            return [
                "compared": .integer(found.compared), "moved": .integer(found.moved),
                "otherRow": .integer(found.otherRow), "notAsOld": .integer(found.notAsOld), "totals": .array(totals),
                "payments": .array(moves), "left": .integer(found.moved - found.moves.count),
            ]
        }

        private func way(_ target: RouteTarget, _ flow: String, _ line: Int) -> JSONValue {
            ["to": .string(target.description), "flow": .string(flow), "line": .integer(line)]
        }
    }
}

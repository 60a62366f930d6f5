import Payments
import Testing

@testable import Mapping

@Suite("Rules tables") struct RouteTableTests {
    @Test(
        "The index decides as the scan does",
        arguments: [(1, 0), (3, 2), (20, 3), (100, 1), (100, 4), (400, 2), (400, 11), (3_000, 3)])
    func equalsTheScan(_ rows: Int, _ restricted: Int) {
        for seed in 1...(rows > 1_000 ? 2 : 12) as ClosedRange<UInt64> {
            var bench = RouteBench(seed: seed &* 1_000 &+ UInt64(rows * 20 + restricted))
            let table = bench.table(rows: rows, restricted: restricted)
            for _ in 0..<400 {
                let question = bench.question()
                let decision = table.decide(question)
                #expect(decision == table.decideByScan(question), "seed \(seed), \(question)")
                guard decision == table.decideByScan(question) else { return }
            }
        }
    }

    @Test("Many rows that differ by amounts and days alone") func ranges() {
        var rows: [RouteRow] = []
        for number in 0..<2_000 {
            var row = RouteRow(line: number + 2, priority: number, target: .network("n\(number)"), flow: "outgoing")
            row.currency = Currency("EUR")
            row.amountFrom = Int128(number * 7_919 % 2_000) * 100
            row.amountTo = (row.amountFrom ?? 0) + Int128(number % 13) * 10
            if number % 3 == 0 { row.validFrom = CivilDate(dayNumber: Int64(number % 50)) }
            if number % 2 == 0 { row.validUntil = CivilDate(dayNumber: Int64(number % 50 + 20)) }
            rows.append(row)
        }
        rows.append(RouteRow(line: 9_999, priority: 9_999, target: .refuse("nobody"), flow: ""))
        let table = RouteTable(rows: rows, version: "v")
        var reached: Set<Int> = []
        for units in stride(from: Int128(0), through: 200_500, by: 37) {
            var payment = Payment()
            payment.amount.settlement = Currency("EUR").flatMap { Money(units: units, currency: $0) }
            let question = RouteQuestion(
                tenant: "a", kind: .transfer, from: "channel", payment: payment,
                date: CivilDate(dayNumber: Int64(units % 80)))
            let decision = table.decide(question)
            #expect(decision == table.decideByScan(question))
            reached.insert(decision.line)
        }
        #expect(reached.count > 500 && reached.contains(9_999))
    }

    @Test("An account of our own, and one in the directory") func accounts() throws {
        let table = try RouteBench.table(
            "10,*,transfer,*,*,account:same-tenant,*,*,,,,,,on-us,,on-us,",
            "20,*,transfer,*,*,account:directory,*,*,,,,,,iso:rtp1,,outgoing,")
        var question = RouteQuestion(
            tenant: "a", kind: .transfer, from: "channel", payment: Payment(), date: CivilDate(dayNumber: 20_000))
        #expect(table.decide(question).target == .refuse("nobody"))
        question.creditorIsInDirectory = true
        #expect(table.decide(question).target == .network("iso:rtp1"))
        question.creditorIsOurs = true
        #expect(table.decide(question).target == .onUs)
        #expect(table.misses(question).isEmpty)
    }

    @Test(
        "What is about the payee does not stand under debtor",
        arguments: ["account:same-tenant", "account:directory", "account:elsewhere", ":+254*"])
    func debtorCell(_ cell: String) throws {
        let error = #expect(throws: TableErrors.self) {
            _ = try RouteBench.table("10,*,*,*,\(cell),*,*,*,,,,,,iso:rtp1,,outgoing,")
        }
        #expect(error?.errors.map(\.line) == [2] && error?.errors.map(\.column) == [10])
    }

    @Test("A spreadsheet's file: byte order mark, CR LF, quotes, letters of several bytes") func spreadsheet() throws {
        let text =
            "\u{FEFF}" + RouteBench.header + "\r\n"
            + "10,*,*,\"ch\u{E4}nnel\",*,*,*,*,,,,,,iso:rtp1,,outgoing,\"says \"\"so\"\", and more\"\r\n"
            + RouteBench.last
        let table = try RouteTable(
            file: TableFile(name: "routes.csv", text: text), flows: ["outgoing"], networks: [], reasons: nil)
        #expect(table.rows.map(\.line) == [2, 3])
        #expect(table.rows[0].note == "says \"so\", and more" && table.rows[0].from == .exact("ch\u{E4}nnel"))
        let error = #expect(throws: TableErrors.self) {
            _ = try RouteTable(
                file: TableFile(name: "routes.csv", text: text.replacing("iso:rtp1", with: "iso:other")),
                flows: ["outgoing"], networks: ["iso:rtp1"], reasons: nil)
        }
        #expect(error?.errors.first?.column == 31, "a column counts characters")
    }

    @Test("More rows than a table may have") func tooLong() {
        let lines = [String](repeating: RouteBench.last, count: RouteTable.greatestRows)
        let error = #expect(throws: TableErrors.self) { _ = try RouteBench.table(lines) }
        #expect(error?.errors.map(\.line) == [RouteTable.greatestRows + 2])
    }

    @Test("Reasons for which another network may be tried") func retryable() {
        let mappings = MappingFiles.mappings
        for reason in [
            "agentOffline", "serviceUnavailable", "agentLiquidity", "creditorAgentUnknown", "timeoutClearing",
        ] {
            #expect(mappings.isRetryable(reason), "\(reason)")
        }
        for reason in [
            "creditorAccountUnknown", "creditorAccountClosed", "duplicate", "screeningRefused", "fraud", "other",
            "nonsense",
            "insufficientFunds", "refusedNoReason",
        ] { #expect(!mappings.isRetryable(reason), "\(reason)") }
    }

    @Test("A retryable reason that does not exist is told") func retryableUnknown() {
        let bad = MappingFiles.all.map { file in
            file.name == "codes/retryable.tsv"
                ? TableFile(name: file.name, text: "canonical\twhy\nagentOfline\tis elsewhere\nagentOffline\t-\n")
                : file
        }
        let error = #expect(throws: TableErrors.self) { _ = try Mappings(files: bad) }
        #expect(error?.errors.map(\.line) == [2, 3])
        #expect(error?.errors.first?.problem == "no reason is named agentOfline")
    }
}

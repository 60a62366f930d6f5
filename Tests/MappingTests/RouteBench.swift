import Payments

@testable import Mapping

/// Rules tables and payments at random, from few values, so that rows and payments meet often.
struct RouteBench {
    private var source: IdentitySource

    init(seed: UInt64) { source = IdentitySource(seed: seed) }

    static let header =
        "priority,tenant,kind,from,debtor,creditor,creditorAgent,currency,amountFrom,amountTo,purpose,validFrom,"
        + "validUntil,to,alternates,flow,note"
    static let last = "999,*,*,*,*,*,*,*,,,,,,refuse:nobody,,,"

    /// A table of the lines between the header and the row that catches all.
    static func table(_ lines: String..., last: String = RouteBench.last) throws -> RouteTable {
        try table(lines, last: last)
    }

    static func table(_ lines: [String], last: String = RouteBench.last) throws -> RouteTable {
        try RouteTable(
            file: TableFile(name: "routes.csv", text: ([header] + lines + [last]).joined(separator: "\n") + "\n"),
            flows: ["outgoing", "on-us", "incoming", "bridge"], networks: [], reasons: nil)
    }

    /// - Parameter restricted: columns of a row that are not `*`, at most.
    mutating func table(rows count: Int, restricted: Int) -> RouteTable {
        var rows = (0..<count).map { row(line: $0 + 2, restricted: restricted) }
        rows.append(RouteRow(line: count + 2, priority: 999, target: .refuse("nobody"), flow: ""))
        return RouteTable(rows: rows, version: "v")
    }

    private mutating func row(line: Int, restricted: Int) -> RouteRow {
        var row = RouteRow(
            line: line, priority: line, target: .network("iso:\(below(5))"), flow: pick(["outgoing", "bridge"]))
        for _ in 0..<below(restricted + 1) {
            switch below(11) {
            case 0: row.tenant = pick(["a", "b", "e\u{301}", "é"])
            case 1: row.kind = pick(["transfer", "return"])
            case 2: row.from = pattern(["channel", "iso:rtp1", "iso:rtp2", "mojaloop:hub1"])
            case 3: row.debtor = identifierPattern()
            case 4: row.creditor = identifierPattern()
            case 5: row.creditorAgent = pattern(["BANKDEFF", "BANKKENA", "BOTHKENA", "fsp1", ""])
            case 6: row.purpose = pick(["SALA", "SUPP", "\u{212B}"])
            case 7: row.currency = currency()
            case 8:
                row.currency = currency()
                if below(4) > 0 { row.amountFrom = units() }
                if below(4) > 0 { row.amountTo = (row.amountFrom ?? 0) + units() }
            case 9: row.validFrom = day()
            default: row.validUntil = day()
            }
        }
        return row
    }

    mutating func question() -> RouteQuestion {
        var payment = Payment()
        payment.debtorAccount.identifiers = (0..<below(3)).map { _ in identifier() }
        payment.creditor.identifiers = (0..<below(3)).map { _ in identifier() }
        payment.creditorAccount.identifiers = (0..<below(3)).map { _ in identifier() }
        payment.creditorAgent.bic = pick(["BANKDEFF", "BANKKENA", "BOTHKENAXXX", "X"])
        if below(2) == 0 { payment.creditorAgent.fspId = pick(["fsp1", "fsp2"]) }
        if below(3) > 0 { payment.purpose = pick(["SALA", "SUPP", "TAXS", "\u{00C5}", "\u{212B}"]) }
        if below(5) > 0 { payment.amount.settlement = Money(units: units(), currency: currency()) }
        var question = RouteQuestion(
            tenant: pick(["a", "b", "c", "e\u{301}", "é"]), kind: below(3) > 0 ? .transfer : .return,
            from: pick(["channel", "iso:rtp1", "iso:rtp2", "iso:rtp", "mojaloop:hub1"]), payment: payment, date: day())
        question.creditorIsOurs = below(4) == 0
        question.creditorIsInDirectory = below(4) == 0
        return question
    }

    private mutating func identifier() -> Identifier {
        let kind = pick(["MSISDN", "IBAN", "ALIAS"])
        var text = pick(["+25", "DE", ""])
        for _ in 0..<below(8) { text += pick(["1", "2", "e\u{301}", "é"]) }
        return Identifier(kind, text)
    }

    private mutating func identifierPattern() -> IdentifierPattern {
        switch below(8) {
        case 0: return .sameTenant
        case 1: return .directory
        default:
            let found = identifier()
            return .identifier(
                kind: found.kind ?? "", below(2) == 0 ? .prefix(found.value ?? "") : .exact(found.value ?? ""))
        }
    }

    private mutating func pattern(_ values: [String]) -> Pattern {
        let value = pick(values)
        return below(2) == 0 ? .exact(value) : .prefix(String(value.prefix(below(value.count + 1))))
    }

    private mutating func units() -> Int128 {
        let small = Int128(below(40)) * 100_000
        // Beyond what the index holds in 64 bits, too.
        return below(20) == 0 ? Money.limit - small : small
    }

    private mutating func currency() -> Currency { Currency(pick(["EUR", "KES"])) ?? Currency("EUR")! }
    private mutating func day() -> CivilDate { CivilDate(dayNumber: 20_000 + Int64(below(30))) }
    private mutating func pick(_ values: [String]) -> String { values[below(values.count)] }
    private mutating func below(_ bound: Int) -> Int { Int(source.next() % UInt64(bound)) }
}

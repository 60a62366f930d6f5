import Mapping
import Payments

/// Rules tables of many rows, and payments that ask them, from a seed.
struct RouteTables {
    /// What most rows of a table restrict.
    enum Shape: String, CaseIterable {
        /// Starts of identifiers, of many lengths, longer ones first as in a bank's own table.
        case prefixes = "prefix-heavy"
        /// Amounts and dates.
        case ranges = "range-heavy"
        /// A few columns each, chosen at random.
        case wildcards = "wildcard-heavy"
    }

    let shape: Shape
    private var source: IdentitySource

    init(_ shape: Shape, seed: UInt64) {
        self.shape = shape
        source = IdentitySource(seed: seed)
    }

    static let flows: Set<String> = ["outgoing", "bridge"]
    static let networks = ["iso:rtp1", "iso:rtp2", "mojaloop:hub1", "mojaloop:hub2", "mobile-money:m1"]
    private static let header =
        "priority,tenant,kind,from,debtor,creditor,creditorAgent,currency,amountFrom,amountTo,purpose,validFrom,"
        + "validUntil,to,alternates,flow,note"
    private static let currencies = [
        "AUD", "CAD", "CHF", "CZK", "DKK", "EGP", "EUR", "GBP", "GHS", "HUF", "INR", "KES", "MAD", "MXN", "NGN", "NOK",
        "PLN", "RON", "RWF", "SEK", "TZS", "UGX", "USD", "ZAR",
    ]
    private static let countries = ["20", "233", "234", "250", "254", "255", "256", "27", "44", "49", "91"]
    private static let purposes = ["BEXP", "CASH", "GDDS", "GOVT", "PENS", "RENT", "SALA", "SUPP", "TAXS", "TRAD"]

    // MARK: Rows

    /// The table as a bank's file.
    mutating func file(rows count: Int) -> TableFile {
        var lines = [RouteTables.header]
        lines.reserveCapacity(count + 2)
        for number in 1..<count { lines.append(row(number)) }
        lines.append("999999,*,*,*,*,*,*,*,,,,,,refuse:creditorAgentUnknown,,,nobody serves this")
        return TableFile(name: "routes.csv", text: lines.joined(separator: "\n"))
    }

    private mutating func row(_ number: Int) -> String {
        var row = Row(priority: number)
        switch shape {
        case .prefixes: prefixes(&row)
        case .ranges: ranges(&row)
        case .wildcards: wildcards(&row)
        }
        let network = pick(RouteTables.networks)
        return row.text(to: network, alternate: pick(RouteTables.networks), flow: "outgoing")
    }

    private mutating func prefixes(_ row: inout Row) {
        let length = 3 + below(10)
        row.priority = (13 - length) * 1_000 + below(1_000)
        let whole = identifier()
        row.creditor = whole.kind + ":" + whole.value.prefix(length + (whole.kind == "IBAN" ? 3 : 1)) + "*"
        if chance(20) { row.debtor = identifierPattern() }
        if chance(40) { row.tenant = "bank-\(below(30))" }
        if chance(30) { row.from = pick(["iso:*", "channel", "mojaloop:hub1", "mojaloop:*"]) }
        if chance(30) { row.currency = pick(RouteTables.currencies) }
    }

    private mutating func ranges(_ row: inout Row) {
        row.currency = pick(RouteTables.currencies)
        (row.amountFrom, row.amountTo) = amounts()
        if chance(60) { (row.validFrom, row.validUntil) = days() }
        if chance(50) { row.tenant = "bank-\(below(30))" }
        if chance(20) { row.from = pick(["iso:*", "channel", "mojaloop:*"]) }
    }

    private mutating func wildcards(_ row: inout Row) {
        for _ in 0..<2 + below(4) {
            switch below(9) {
            case 0: row.tenant = "bank-\(below(30))"
            case 1: row.from = pick(["iso:*", "iso:rtp1", "channel", "mojaloop:hub1", "mojaloop:*"])
            case 2: row.debtor = identifierPattern()
            case 3: row.creditor = identifierPattern()
            case 4: row.agent = chance(50) ? agent() : agent().prefix(4) + "*"
            case 5: row.purpose = pick(RouteTables.purposes)
            case 6: row.currency = pick(RouteTables.currencies)
            case 7:
                row.currency = pick(RouteTables.currencies)
                (row.amountFrom, row.amountTo) = amounts()
            default: (row.validFrom, row.validUntil) = days()
            }
        }
    }

    // MARK: Payments

    mutating func question() -> RouteQuestion {
        var payment = Payment()
        let (payer, payee) = (identifier(), identifier())
        payment.debtorAccount.identifiers = [Identifier(payer.kind, payer.value)]
        payment.creditorAccount.identifiers = [Identifier(payee.kind, payee.value)]
        if chance(30) { payment.creditor.identifiers = [Identifier("ALIAS", "shop\(below(5_000))")] }
        payment.creditorAgent.bic = agent()
        if chance(50) { payment.creditorAgent.fspId = "fsp\(below(40))" }
        if chance(60) { payment.purpose = pick(RouteTables.purposes) }
        let units = Int128(amount()) * 1_000 + Int128(below(100)) * 1_000
        payment.amount.settlement = Currency(pick(RouteTables.currencies)).flatMap { Money(units: units, currency: $0) }
        return RouteQuestion(
            tenant: "bank-\(below(30))", kind: .transfer,
            from: pick(["channel", "iso:rtp1", "iso:rtp2", "mojaloop:hub1"]),
            payment: payment, date: CivilDate(dayNumber: 20_454 + Int64(below(1_000))))
    }

    // MARK: Values

    private mutating func identifier() -> (kind: String, value: String) {
        if chance(60) { return ("MSISDN", "+" + pick(RouteTables.countries) + digits(9)) }
        let country = pick(["DE", "FR", "ES", "IT", "NL", "PL"])
        return ("IBAN", country + digits(2) + digits(16))
    }

    private mutating func identifierPattern() -> String {
        let whole = identifier()
        return whole.kind + ":" + whole.value.prefix(3 + below(8)) + "*"
    }

    private mutating func agent() -> String {
        "BNK" + pick(["A", "B", "C", "D"]) + pick(["DE", "KE", "GB"]) + digits(2)
    }

    /// Each power of ten as likely as the next.
    private mutating func amount() -> Int {
        var value = 1 + below(9)
        for _ in 0..<below(6) { value = value * 10 + below(10) }
        return value
    }

    private mutating func amounts() -> (String, String) {
        let from = amount()
        return ("\(from)", "\(from + from * (1 + below(50)) / 100).99")
    }

    private mutating func days() -> (String, String) {
        let from = 20_454 + Int64(below(1_000))
        return (
            CivilDate(dayNumber: from).text, CivilDate(dayNumber: from + 10 + Int64(below(120))).text
        )
    }

    private mutating func digits(_ count: Int) -> String {
        var text = ""
        for _ in 0..<count { text += String(below(10)) }
        return text
    }

    private mutating func pick(_ values: [String]) -> String { values[below(values.count)] }
    private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    private mutating func below(_ bound: Int) -> Int { Int(source.next() % UInt64(bound)) }

    private struct Row {
        var priority: Int
        var tenant = "*"
        var from = "*"
        var debtor = "*"
        var creditor = "*"
        var agent = "*"
        var currency = "*"
        var amountFrom = ""
        var amountTo = ""
        var purpose = ""
        var validFrom = ""
        var validUntil = ""

        func text(to network: String, alternate: String, flow: String) -> String {
            [
                "\(priority)", tenant, "*", from, debtor, creditor, agent, currency, amountFrom, amountTo, purpose,
                validFrom, validUntil, network, alternate == network ? "" : alternate, flow, "",
            ].joined(separator: ",")
        }
    }
}

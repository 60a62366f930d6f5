import Payments
import Testing

/// A row with one column filled, a question, and the column that must say no (nil: the row matches).
struct RouteCase: Sendable, CustomTestStringConvertible {
    var name: String
    var row: @Sendable (inout RouteRow) -> Void
    var question: @Sendable (inout RouteQuestion) -> Void = { _ in }
    var misses: String?

    var testDescription: String { name }
}

private let day = CivilDate(dayNumber: 20_780)

private let cases: [RouteCase] = [
    RouteCase(name: "an empty row takes everything", row: { _ in }),
    RouteCase(name: "tenant", row: { $0.tenant = "bank-a" }),
    RouteCase(name: "another tenant", row: { $0.tenant = "bank-b" }, misses: "tenant"),
    RouteCase(name: "kind", row: { $0.kind = "transfer" }),
    RouteCase(name: "another kind", row: { $0.kind = "partyLookup" }, misses: "kind"),
    RouteCase(name: "from", row: { $0.from = Pattern("iso:rtp1") }),
    RouteCase(name: "from by its start", row: { $0.from = Pattern("iso:*") }),
    RouteCase(name: "from elsewhere", row: { $0.from = Pattern("mojaloop:*") }, misses: "from"),
    RouteCase(name: "an exact name is no start", row: { $0.from = Pattern("iso") }, misses: "from"),
    RouteCase(
        name: "creditor by telephone", row: { $0.creditor = .identifier(kind: "MSISDN", Pattern("+254*")) }),
    RouteCase(
        name: "creditor by another telephone", row: { $0.creditor = .identifier(kind: "MSISDN", Pattern("+255*")) },
        misses: "creditor"),
    RouteCase(
        name: "the right value of another kind", row: { $0.creditor = .identifier(kind: "IBAN", Pattern("+254*")) },
        misses: "creditor"),
    RouteCase(
        name: "any of several identifiers", row: { $0.creditor = .identifier(kind: "ACCOUNT_ID", Pattern("77*")) }),
    RouteCase(name: "debtor by account", row: { $0.debtor = .identifier(kind: "IBAN", Pattern("DE*")) }),
    RouteCase(
        name: "another debtor", row: { $0.debtor = .identifier(kind: "IBAN", Pattern("FR*")) }, misses: "debtor"),
    RouteCase(name: "a customer of ours", row: { $0.creditor = .sameTenant }, question: { $0.creditorIsOurs = true }),
    RouteCase(name: "no customer of ours", row: { $0.creditor = .sameTenant }, misses: "creditor"),
    RouteCase(name: "agent by BIC", row: { $0.creditorAgent = Pattern("EXMPKEN*") }),
    RouteCase(name: "agent by its name on the hub", row: { $0.creditorAgent = Pattern("payeefsp") }),
    RouteCase(name: "another agent", row: { $0.creditorAgent = Pattern("OTHRKEN*") }, misses: "creditorAgent"),
    RouteCase(name: "currency", row: { $0.currency = Currency("KES") }),
    RouteCase(name: "another currency", row: { $0.currency = Currency("EUR") }, misses: "currency"),
    RouteCase(
        name: "a currency and no amount yet", row: { $0.currency = Currency("KES") }, question: { $0.amount = nil },
        misses: "currency"),
    RouteCase(name: "from this amount on", row: { $0.amountFrom = 10_000_000 }),
    RouteCase(name: "too little", row: { $0.amountFrom = 10_000_001 }, misses: "amountFrom"),
    RouteCase(name: "up to this amount", row: { $0.amountTo = 10_000_000 }),
    RouteCase(name: "too much", row: { $0.amountTo = 9_999_999 }, misses: "amountTo"),
    RouteCase(
        name: "a limit and no amount yet", row: { $0.amountTo = .max }, question: { $0.amount = nil },
        misses: "amountTo"),
    RouteCase(name: "purpose", row: { $0.purpose = "SALA" }),
    RouteCase(name: "another purpose", row: { $0.purpose = "SUPP" }, misses: "purpose"),
    RouteCase(name: "valid from today", row: { $0.validFrom = day }),
    RouteCase(name: "valid from tomorrow", row: { $0.validFrom = CivilDate(dayNumber: 20_781) }, misses: "validFrom"),
    RouteCase(name: "valid until today", row: { $0.validUntil = day }),
    RouteCase(
        name: "valid until yesterday", row: { $0.validUntil = CivilDate(dayNumber: 20_779) }, misses: "validUntil"),
    RouteCase(
        name: "the first column that says no is named",
        row: {
            $0.kind = "return"
            $0.purpose = "SUPP"
        }, misses: "kind"),
]

@Suite("Rows of the rules table") struct RouteTests {
    @Test("Each column", arguments: cases) func columns(_ test: RouteCase) throws {
        var row = RouteRow(line: 7, priority: 10, target: .network("mojaloop:hub1"), flow: "outgoing")
        test.row(&row)
        var asked = try question()
        test.question(&asked)
        #expect(row.missedColumn(asked) == test.misses)
    }

    @Test("A question takes the settlement amount, else the instructed one") func amount() throws {
        var payment = Payment()
        payment.amount.instructed = try Money("5", eur)
        #expect(
            RouteQuestion(tenant: "t", kind: .transfer, from: "x", payment: payment, date: day).amount?.units == 500_000
        )
        payment.amount.settlement = try Money("7", eur)
        #expect(
            RouteQuestion(tenant: "t", kind: .transfer, from: "x", payment: payment, date: day).amount?.units == 700_000
        )
    }

    @Test("The decision keeps the row as it was") func decision() {
        var row = RouteRow(line: 7, priority: 10, target: .refuse("noRoute"), flow: "refused")
        row.alternates = ["iso:rtp1"]
        row.note = "nobody serves this"
        let decision = RouteDecision(version: "v1", row: row)
        #expect(
            decision
                == RouteDecision(
                    version: "v1", line: 7, target: .refuse("noRoute"), alternates: ["iso:rtp1"], flow: "refused",
                    note: "nobody serves this"))
    }

    private func question() throws -> RouteQuestion {
        var payment = Payment()
        payment.debtorAccount.identifiers = [Identifier("IBAN", "DE02120300000000202051")]
        payment.creditor.identifiers = [Identifier("MSISDN", "+254700000001")]
        payment.creditorAccount.identifiers = [Identifier("ACCOUNT_ID", "7712")]
        payment.creditorAgent.bic = "EXMPKENAXXX"
        payment.creditorAgent.fspId = "payeefsp"
        payment.amount.settlement = try Money("100", try #require(Currency("KES")))
        payment.purpose = "SALA"
        return RouteQuestion(tenant: "bank-a", kind: .transfer, from: "iso:rtp1", payment: payment, date: day)
    }
}

import AMSFineract
import FormatJSON
import Mapping
import Payments
import Testing

@Suite struct ComposeTests {
    static func refusal(_ input: ComposeInput) -> Refusal? {
        do throws(Refusal) {
            _ = try Bench.adapter.compose(input)
            return nil
        } catch {
            return error
        }
    }

    @Test func find() throws {
        var payment = Payment()
        payment.debtor.identifiers = [Identifier("TAX_ID", "x"), Identifier("MSISDN", "+254711", subId: "till 7")]
        let composed = try Bench.adapter.compose(Bench.input(.find, Bench.record(Bench.outgoing, payment)))
        let request = Bench.sent(composed)
        #expect(request.method == "GET")
        #expect(request.path == "/interoperation/parties/MSISDN/%2B254711/till%207")
        #expect(request.header("Fineract-Platform-TenantId") == "green")
        #expect(request.header("Authorization") == nil, "the credential is the edge's to add")
        #expect(request.body.isEmpty)
    }

    @Test func findLooksAtTheSideOfOurCustomer() throws {
        var payment = Payment()
        payment.debtor.identifiers = [Identifier("MSISDN", "1")]
        payment.creditorAccount.identifiers = [Identifier("IBAN", "DE89370400440532013000")]
        let incoming = try Bench.adapter.compose(Bench.input(.find, Bench.record(Bench.incoming, payment)))
        #expect(Bench.sent(incoming).path == "/interoperation/parties/IBAN/DE89370400440532013000")
        let outgoing = try Bench.adapter.compose(Bench.input(.find, Bench.record(Bench.outgoing, payment)))
        #expect(Bench.sent(outgoing).path == "/interoperation/parties/MSISDN/1")
    }

    @Test func findIsNeedlessOrHopeless() throws {
        let composed = try Bench.adapter.compose(Bench.input(.find, Bench.record(Bench.outgoing, Bench.known())))
        #expect(composed.form == .nothing("the order names the account"))
        let outgoing = Self.refusal(Bench.input(.find, Bench.record(Bench.outgoing, Payment())))
        #expect(outgoing?.reason.canonical == "debtorAccountUnknown")
        let incoming = Self.refusal(Bench.input(.find, Bench.record(Bench.incoming, Payment())))
        #expect(incoming?.reason.canonical == "creditorAccountUnknown")
    }

    @Test func anAccountNumberIsLookedUpAsOne() throws {
        func path(_ identifier: Identifier) throws -> String {
            var payment = Payment()
            payment.creditor.identifiers = [identifier]
            return Bench.sent(try Bench.adapter.compose(Bench.input(.find, Bench.record(Bench.incoming, payment)))).path
        }
        #expect(try path(Identifier("ACCOUNT_ID", "A/1")) == "/interoperation/accounts/A%2F1")
        #expect(try path(Identifier("ACCOUNT_ID", "A", subId: "x")) == "/interoperation/parties/ACCOUNT_ID/A/x")
        #expect(try path(Identifier("IBAN", "DE1")) == "/interoperation/parties/IBAN/DE1")
    }

    @Test(arguments: [Identifier("MSISDN", ".."), Identifier("ALIAS", "."), Identifier("BUSINESS", "1", subId: "..")])
    func dotsAreNoName(_ identifier: Identifier) {
        var payment = Payment()
        payment.creditor.identifiers = [identifier]
        let input = Bench.input(.find, Bench.record(Bench.incoming, payment))
        #expect(Self.refusal(input)?.reason.canonical == "creditorAccountUnknown")
    }

    static func lookup() -> PaymentRecord {
        var payment = Payment()
        payment.creditorAccount.identifiers = [Identifier("ACCOUNT_ID", "SA 1")]
        var record = Bench.record(Bench.flow("lookup", [.find, .validate, .notify]), payment)
        record.origin?.kind = .partyLookup
        return record
    }

    @Test func aLookupAsksForTheHoldersName() throws {
        let composed = try Bench.adapter.compose(Bench.input(.validate, Self.lookup()))
        #expect(Bench.sent(composed).method == "GET")
        #expect(Bench.sent(composed).path == "/interoperation/accounts/SA%201/kyc")
    }

    @Test func anAmountThatTheCoreBankCannotBookIsOverALimit() {
        var payment = Bench.known()
        payment.terms.transferAmount = Bench.money("999999999999999999")
        let payee = Self.refusal(Bench.input(.validate, Bench.record(Bench.incoming, payment)))
        let payer = Self.refusal(Bench.input(.validate, Bench.record(Bench.outgoing, payment)))
        #expect(payee?.reason == Reason("creditorLimitExceeded"))
        #expect(payer?.reason == Reason("amountAboveLimit"))
    }

    @Test func validatePayer() throws {
        var payment = Bench.known()
        payment.terms.ownFee = Bench.money("0.3")
        let composed = try Bench.adapter.compose(Bench.input(.validate, Bench.record(Bench.outgoing, payment)))
        let request = Bench.sent(composed)
        #expect(request.path == "/interoperation/quotes")
        var body = try JSONValue.parse(request.body)
        #expect(body["quoteCode"]?.string?.utf8.count == 36)
        body["quoteCode"] = nil
        #expect(
            body == [
                "transactionCode": .string(Bench.transactionCode), "accountId": "SA-0001", "amountType": "SEND",
                "amount": ["amount": "12.5", "currency": "EUR"], "transactionRole": "PAYER",
                "transactionType": ["scenario": "TRANSFER", "initiator": "PAYER", "initiatorType": "CONSUMER"],
                "note": "rent",
            ])
        #expect(composed.lane == "SA-0001")
    }

    @Test func validatePayee() throws {
        var payment = Bench.known()
        payment.terms.payeeReceiveAmount = Bench.money("12")
        let composed = try Bench.adapter.compose(Bench.input(.validate, Bench.record(Bench.incoming, payment)))
        let body = try JSONValue.parse(Bench.body(composed))
        #expect(body["transactionRole"] == "PAYEE")
        #expect(body["accountId"] == "SA-0002")
        #expect(body.at("amount.amount") == "12")
        #expect(composed.lane == "SA-0002")
    }

    static func holding() -> PaymentRecord {
        var payment = Bench.known()
        payment.terms.ownFee = Bench.money("0.3")
        var record = Bench.record(Bench.outgoing, payment)
        record.steps[Bench.outgoing.index(of: .reserve) ?? 0].state = .done
        return record
    }

    @Test func holdReleaseAndPostSayTheSameAboutTheMoney() throws {
        let record = Self.holding()
        let reserve = try Bench.adapter.compose(Bench.input(.reserve, record))
        let release = try Bench.adapter.compose(Bench.input(.release, record, purpose: .undo))
        let post = try Bench.adapter.compose(Bench.input(.post, record))
        #expect(Bench.sent(reserve).query == "action=PREPARE")
        #expect(Bench.sent(release).query == "action=RELEASE")
        #expect(Bench.sent(post).query == "action=CREATE")
        #expect(Bench.body(release) == Bench.body(post), "the hold is found by the same transferCode, amount and fee")
        var held = try JSONValue.parse(Bench.body(reserve))
        #expect(held["transferCode"]?.string == reserve.learned.id.amsTransfer)
        held["transferCode"] = .string(Bench.transferCode)
        #expect(try held == JSONValue.parse(Bench.body(post)))
        #expect(held["fspFee"] == ["amount": "0.3", "currency": "EUR"])
        #expect(held["amount"] == ["amount": "12.5", "currency": "EUR"])
        #expect(held["accountId"] == "SA-0001")
        #expect(
            [reserve, release, post].allSatisfy {
                $0.lane == "SA-0001" && Bench.sent($0).path == "/interoperation/transfers"
            })
    }

    @Test func creditIsADepositToThePayee() throws {
        var payment = Bench.known()
        payment.id.amsTransfer = nil
        payment.terms.ownFee = Bench.money("0.3")
        let first = try Bench.adapter.compose(Bench.input(.credit, Bench.record(Bench.incoming, payment)))
        let body = try JSONValue.parse(Bench.body(first))
        #expect(body["transactionRole"] == "PAYEE")
        #expect(body["fspFee"] == nil, "the payee's bank takes no fee from the deposit")
        #expect(Bench.sent(first).query == "action=CREATE")
        payment.overlay(first.learned)
        let again = try Bench.adapter.compose(Bench.input(.credit, Bench.record(Bench.incoming, payment), attempt: 2))
        #expect(Bench.body(again) == Bench.body(first), "one deposit, one transferCode")
    }

    @Test func everyAttemptOfAHoldHasACodeOfItsOwn() throws {
        let record = Self.holding()
        var input = Bench.input(.reserve, record)
        let first = try Bench.adapter.compose(input).learned.id.amsTransfer
        input.entropy = 43
        input.attempt = 2
        #expect(try Bench.adapter.compose(input).learned.id.amsTransfer != first)
        #expect(first != Bench.transferCode)
    }

    @Test func keysAreStableForARepeatAndNewForANewAttempt() throws {
        var record = Self.holding()
        func key(_ verb: Verb, _ purpose: Purpose = .ask, attempt: Int = 1) throws -> String {
            let composed = try Bench.adapter.compose(Bench.input(verb, record, purpose: purpose, attempt: attempt))
            return Bench.sent(composed).header("Idempotency-Key") ?? ""
        }
        #expect(try key(.reserve) == key(.reserve))
        #expect(try key(.reserve) != key(.reserve, attempt: 2))
        #expect(try key(.reserve) != key(.post))
        for verb in [Verb.validate, .reserve, .post] { #expect(try key(verb, attempt: 999).utf8.count <= 50) }
        let release = try key(.release, .undo)
        record.steps[Bench.outgoing.index(of: .reserve) ?? 0].undos = 1
        #expect(try key(.release, .undo) != release)
    }

    @Test func aHoldThatMayBeReleasedIsNeverPosted() throws {
        var record = Self.holding()
        let step = try #require(Bench.outgoing.index(of: .reserve))
        #expect(Self.refusal(Bench.input(.post, record)) == nil)
        for state in [StepState.planned, .asked, .refused, .unknown, .undoing, .undone, .skipped] {
            record.steps[step].state = state
            #expect(Self.refusal(Bench.input(.post, record))?.reason.canonical == "internalError", "\(state)")
        }
        record.steps[step].state = .done
        record.steps[step].undos = 1
        #expect(Self.refusal(Bench.input(.post, record))?.rule == "no CREATE after RELEASE")
        record.steps[step].undos = 0
        record.payment.id.amsTransfer = nil
        #expect(Self.refusal(Bench.input(.post, record)) != nil)
        #expect(Self.refusal(Bench.input(.release, record, purpose: .undo)) != nil)
    }

    @Test func ordersWithoutAccountOrAmountAreRefused() {
        var payment = Bench.known()
        payment.debtorAccount = Account()
        #expect(
            Self.refusal(Bench.input(.reserve, Bench.record(Bench.outgoing, payment)))?.reason.canonical
                == "debtorAccountUnknown")
        payment = Bench.known()
        payment.terms.transferAmount = Bench.money("0")
        #expect(
            Self.refusal(Bench.input(.reserve, Bench.record(Bench.outgoing, payment)))?.reason.canonical == "amountZero"
        )
        #expect(
            Self.refusal(Bench.input(.send, Bench.record(Bench.outgoing, payment)))?.reason.canonical
                == "featureNotSupported")
    }

    @Test func amountsAreExact() throws {
        for (text, written) in [
            ("0.01", "0.01"), ("100", "100"), ("9007199254740993.01", nil), ("9999999999999.99", "9999999999999.99"),
        ] {
            var payment = Bench.known()
            payment.terms.transferAmount = Bench.money(text)
            let input = Bench.input(.reserve, Bench.record(Bench.outgoing, payment))
            guard let written else {
                #expect(Self.refusal(input) != nil, "what Fineract cannot hold is refused, not rounded")
                continue
            }
            let body = try JSONValue.parse(Bench.body(try Bench.adapter.compose(input)))
            #expect(body.at("amount.amount")?.string == written)
        }
    }

    @Test func allThatIsWrongWithTheSettingsIsSaidAtOnce() {
        let settings = AdapterSettings(
            network: "fineract:green", tenant: "green", values: ["tenantId": "", "idempotencyHeader": "Bad Header"])
        #expect(
            FineractConfig.problems(settings) == [
                "tenantId must be 1 to 100 printable ASCII characters",
                "idempotencyHeader must be 1 to 64 printable ASCII characters",
            ])
        #expect(FineractConfig.problems(Bench.settings()).isEmpty)
    }

    @Test func fineractSendsNothing() {
        let context = InboundContext(settings: Bench.settings(), permittedSources: ["*"], now: Bench.now, entropy: 1)
        #expect(throws: Refusal.self) {
            _ = try Bench.adapter.decode(WireRequest(method: "POST", path: "/"), context)
        }
    }

    @Test func everyTableIsThere() {
        for table in Fineract.tables { #expect(Bench.mappings.translator(table) != nil, "\(table)") }
    }
}

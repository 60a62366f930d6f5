import AMSFineract
import Mapping
import Payments
import Testing

@Suite struct ReadTests {
    enum Outcome: String { case done, pending, refused, unknown, absent, unsent, failed, review }

    static func outcome(_ observation: Observation) -> Outcome {
        switch observation {
        case .done: .done
        case .refused: .refused
        case .unknown: .unknown
        case .unsent: .unsent
        case .failed: .failed
        case .absent: .absent
        case .pending: .pending
        case .review: .review
        }
    }

    static func record(_ verb: Verb) -> PaymentRecord {
        Bench.record(verb == .credit ? Bench.incoming : Bench.outgoing, Bench.known())
    }

    static func read(
        _ verb: Verb, _ status: Int, _ body: String, purpose: Purpose = .ask, replayed: Bool = false
    ) -> Heard {
        let headers = replayed ? [WireHeader("x-served-from-cache", "true")] : []
        return Bench.adapter.read(
            WireReply(status: status, headers: headers, body: Array(body.utf8)),
            Bench.input(verb, record(verb), purpose: purpose))
    }

    static let success = #"{"state":"ACCEPTED","transferCode":"\#(Bench.transferCode)"}"#
    static let insufficient = "error.msg.savingsaccount.transaction.insufficient.account.balance"
    static let swappedCommitted = "error.msg.interop.transfer.already.committed"
    static let swappedOnHold = "error.msg.interop.transfer.already.on.hold"
    static let missing = "error.msg.interop.onhold.transfer.missing"

    static let money: [Verb] = [.reserve, .post, .credit]

    @Test(arguments: money) func accepted(_ verb: Verb) {
        #expect(Self.read(verb, 200, Self.success).observation == .done)
        #expect(Self.read(verb, 200, Self.success, purpose: .query, replayed: true).observation == .done)
        #expect(Self.read(verb, 200, Self.success).facts == (verb == .reserve ? [] : [.posted]))
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{}", #"{"state":"PENDING"}"#, #"{"commandId":5}"#, "<html>",
        #"{"state":"ACCEPTED","transferCode":"another"}"#,
    ])
    func aStrangeAnswerIsNoSuccess(_ body: String) {
        for verb in Self.money { #expect(Self.outcome(Self.read(verb, 200, body).observation) == .unknown) }
    }

    @Test(
        arguments: [
            // The two "already" codes are swapped: the attempted action decides.
            (Verb.reserve, 403, swappedCommitted, Outcome.done), (.post, 403, swappedOnHold, .done),
            (.credit, 403, swappedOnHold, .done), (.reserve, 403, swappedOnHold, .unknown),
            (.post, 403, swappedCommitted, .unknown), (.credit, 403, swappedCommitted, .unknown),
            (.reserve, 403, insufficient, .refused), (.reserve, 403, insufficient + ".withdraw", .refused),
            (.credit, 403, "error.msg.savings.account.credit.transaction.not.allowed", .refused),
            (.post, 404, missing, .refused), (.reserve, 404, "error.msg.interop.account.not.found", .refused),
            (.credit, 404, "error.msg.interop.account.not.found", .refused),
            (.reserve, 403, "error.msg.something.new", .refused), (.reserve, 404, "error.msg.something.new", .refused),
        ] as [(Verb, Int, String, Outcome)])
    func domainErrorsOfAFirstTry(_ verb: Verb, _ status: Int, _ code: String, _ wanted: Outcome) {
        #expect(Self.outcome(Self.read(verb, status, Bench.error(code)).observation) == wanted)
    }

    @Test func aCodeThatNothingListsDecidesNothing() {
        let body = Bench.error("error.msg.something.new", top: "error.msg.resource.not.found")
        #expect(Self.outcome(Self.read(.reserve, 404, body).observation) == .unknown)
        #expect(Self.outcome(Self.read(.reserve, 403, body).observation) == .unknown)
    }

    @Test func toARepeatOnlyTheStoredAnswerCounts() {
        for verb in Self.money {
            let code = verb == .post ? Self.missing : Self.insufficient
            let status = verb == .post ? 404 : 403
            let fresh = Self.read(verb, status, Bench.error(code), purpose: .query)
            #expect(Self.outcome(fresh.observation) == .unknown, "\(verb): the first try may be why")
            let stored = Self.read(verb, status, Bench.error(code), purpose: .query, replayed: true)
            #expect(Self.outcome(stored.observation) == .refused)
        }
    }

    @Test(
        arguments: [
            (401, "", Outcome.unsent, Outcome.unknown),
            (401, Bench.error("x", top: "error.msg.not.authenticated"), .unsent, .unknown),
            (403, Bench.error("error.msg.not.authorized", top: "error.msg.not.authorized"), .unsent, .unknown),
            (429, "", .unsent, .unknown), (403, "<html>forbidden</html>", .unknown, .unknown),
            (404, "", .unknown, .unknown),
            (400, "", .unknown, .unknown), (409, Bench.error("error.msg.optimistic"), .unknown, .unknown),
            (425, "", .unknown, .unknown), (500, "", .unknown, .unknown), (502, "", .unknown, .unknown),
            (503, "", .unknown, .unknown), (504, "", .unknown, .unknown), (302, "", .unknown, .unknown),
            (201, success, .unknown, .unknown),
        ] as [(Int, String, Outcome, Outcome)])
    func whatDecidesNothing(_ status: Int, _ body: String, _ first: Outcome, _ again: Outcome) {
        for verb in Self.money {
            #expect(Self.outcome(Self.read(verb, status, body).observation) == first)
            #expect(Self.outcome(Self.read(verb, status, body, purpose: .query).observation) == again)
        }
    }

    @Test(arguments: [409, 500, 503]) func aFailureThatTheServerRemembersIsNoWordAboutThePayment(_ status: Int) {
        for verb in Self.money {
            let heard = Self.read(verb, status, Bench.error("error.msg.internal"), purpose: .query, replayed: true)
            #expect(Self.outcome(heard.observation) == .failed)
        }
        let release = Self.read(.release, status, Bench.error("error.msg.internal"), purpose: .undo, replayed: true)
        #expect(Self.outcome(release.observation) == .failed)
    }

    @Test func reasonsNameTheSideAndKeepTheCode() {
        let payer = Self.read(.reserve, 404, Bench.error("error.msg.interop.account.not.found")).observation
        let payee = Self.read(.credit, 404, Bench.error("error.msg.interop.account.not.found")).observation
        guard case .refused(let debtor) = payer, case .refused(let creditor) = payee else {
            Issue.record("\(payer) \(payee)")
            return
        }
        #expect(debtor.canonical == "debtorAccountUnknown")
        #expect(creditor.canonical == "creditorAccountUnknown")
        #expect(creditor.foreign == "error.msg.interop.account.not.found")
        #expect(creditor.network == "fineract")
        #expect(creditor.detail == "The payee's account is not known", "the core bank's own words stay in the archive")
    }

    // MARK: - Release

    static func released(_ status: Int, _ body: String, undos: Int, doubt: String? = nil) -> Outcome {
        var record = record(.reserve)
        let step = Bench.outgoing.index(of: .reserve) ?? 0
        record.steps[step].state = .undoing
        record.steps[step].undos = undos
        record.steps[step].doubt = doubt
        let input = Bench.input(.release, record, purpose: .undo)
        return outcome(Bench.adapter.read(WireReply(status: status, body: Array(body.utf8)), input).observation)
    }

    @Test func aReleaseIsDoneOrAskedAgainAndNeverRefused() {
        #expect(Self.released(200, Self.success, undos: 1) == .done)
        #expect(Self.released(404, Bench.error(Self.missing), undos: 2) == .done, "the first one arrived")
        #expect(
            Self.released(404, Bench.error(Self.missing), undos: 1) == .unknown, "a hold that should be there is not")
        let doubt = "the core bank knows no such hold"
        #expect(Self.released(404, Bench.error(Self.missing), undos: 2, doubt: doubt) == .unknown)
        for (status, body) in [
            (404, ""), (403, Bench.error(Self.insufficient)), (403, Bench.error(Self.swappedOnHold)),
            (400, Bench.error("x")),
            (401, ""), (409, ""), (425, ""), (500, ""), (200, "{}"),
        ] {
            #expect(Self.released(status, body, undos: 2) == .unknown, "HTTP \(status)")
        }
    }

    @Test func anAccountInAnotherCurrencyIsTheSidesFault() {
        let code = Bench.error("error.msg.currency.mismatch")
        for (verb, canonical) in [
            (Verb.validate, "debtorCurrencyNotSupported"), (.credit, "creditorCurrencyNotSupported"),
        ] {
            guard case .refused(let reason) = Self.read(verb, 403, code).observation else {
                Issue.record("\(verb) is not refused")
                continue
            }
            #expect(reason.canonical == canonical)
            #expect(reason.detail?.contains("says why") == false)
        }
    }

    @Test func aDoubtNamesStatusAndCodeAndNoWordsOfTheCoreBank() {
        let heard = Self.read(.reserve, 403, Bench.error("error.msg.something.new", top: "error.msg.other"))
        #expect(heard.observation == .unknown("HTTP 403, error.msg.something.new"))
        let noise = Self.read(.reserve, 403, Bench.error("SQL error in m_savings", top: "at line 7"))
        #expect(noise.observation == .unknown("HTTP 403"))
        let other = Self.read(.reserve, 200, #"{"state":"waits for <b>Bob</b>"}"#)
        #expect(other.observation == .unknown("the core bank answered state missing"))
    }

    @Test func noReasonCarriesTheCoreBanksWords() {
        let heard = [
            Self.read(.reserve, 403, Bench.error(Self.insufficient)),
            Self.read(.validate, 200, #"{"state":"ACCEPTED","fspFee":{"amount":1,"currency":"USD"}}"#),
        ]
        for heard in heard {
            guard case .refused(let reason) = heard.observation else {
                Issue.record("\(heard.observation)")
                continue
            }
            #expect(reason.detail == Bench.mappings.codes.table("reasons")?.says(reason.canonical))
        }
    }

    // MARK: - Find and validate

    @Test(
        arguments: [
            (#"{"accountId":"SA-2","currency":"EUR","status":"ACTIVE"}"#, nil),
            (#"{"accountId":"SA-2","currency":"EUR","status":"A NEW ONE"}"#, nil), (#"{"accountId":"SA-2"}"#, nil),
            (#"{"accountId":"SA-2","currency":"EUR","status":"CLOSED"}"#, "creditorAccountClosed"),
            (#"{"accountId":"SA-2","currency":"USD","status":"ACTIVE"}"#, "creditorCurrencyNotSupported"),
        ] as [(String, String?)])
    func anAccountIsFoundAsItStands(_ body: String, _ canonical: String?) {
        var payment = Payment()
        payment.amount.settlement = Bench.money("5")
        payment.creditor.identifiers = [Identifier("ACCOUNT_ID", "SA-2")]
        let input = Bench.input(.find, Bench.record(Bench.incoming, payment))
        let heard = Bench.adapter.read(WireReply(status: 200, body: Array(body.utf8)), input)
        guard let canonical else {
            #expect(heard.observation == .done)
            #expect(heard.learned.creditorAccount.identifiers == [Identifier("ACCOUNT_ID", "SA-2")])
            return
        }
        guard case .refused(let reason) = heard.observation else {
            Issue.record("\(heard.observation)")
            return
        }
        #expect(reason.canonical == canonical)
    }

    @Test(
        arguments: [
            (200, #"{"displayName":"Amina Abdi","firstName":"Amina"}"#, "Amina Abdi"),
            (200, #"{"firstName":"Amina","middleName":"","lastName":"Abdi"}"#, "Amina Abdi"),
            (200, "{}", nil), (200, "<html>", nil), (404, Bench.error("error.msg.interop.account.not.found"), nil),
            (401, "", nil), (500, "", nil),
        ] as [(Int, String, String?)])
    func aLookupIsAnsweredWithOrWithoutAName(_ status: Int, _ body: String, _ name: String?) {
        let input = Bench.input(.validate, ComposeTests.lookup())
        let heard = Bench.adapter.read(WireReply(status: status, body: Array(body.utf8)), input)
        #expect(heard.observation == .done)
        #expect(heard.learned.creditor.name == name)
    }

    @Test func anAccountThatIsFoundJoinsItsOtherNames() {
        var payment = Payment()
        payment.debtorAccount.identifiers = [Identifier("IBAN", "DE89370400440532013000")]
        let input = Bench.input(.find, Bench.record(Bench.outgoing, payment))
        let heard = Bench.adapter.read(
            WireReply(status: 200, body: Array(#"{"resourceId":1,"accountId":"SA-0001"}"#.utf8)), input)
        #expect(heard.observation == .done)
        #expect(
            heard.learned.debtorAccount.identifiers == [
                Identifier("IBAN", "DE89370400440532013000"), Identifier("ACCOUNT_ID", "SA-0001"),
            ])
        #expect(heard.learned.creditorAccount.identifiers.isEmpty)
    }

    @Test(arguments: [
        (200, "{}", Outcome.unknown), (200, #"{"accountId":""}"#, .unknown), (200, "<html>", .unknown),
        (404, Bench.error("error.msg.interop.account.not.found"), .refused), (404, "", .unknown), (401, "", .unsent),
        (500, "", .unknown),
    ])
    func whatALookupSays(_ status: Int, _ body: String, _ wanted: Outcome) {
        #expect(Self.outcome(Self.read(.find, status, body).observation) == wanted)
    }

    @Test(
        arguments: [
            (#"{"state":"ACCEPTED","fspFee":{"amount":1,"currency":"EUR"}}"#, "1"),
            (#"{"state":"ACCEPTED","fspFee":{"amount":0.300000,"currency":"EUR"}}"#, "0.3"),
            (#"{"state":"ACCEPTED","fspFee":{"amount":"0.30","currency":"EUR"}}"#, "0.3"),
            (#"{"state":"ACCEPTED","fspFee":{"amount":10.000000,"currency":"EUR"}}"#, "10"),
            (#"{"state":"ACCEPTED","fspFee":null}"#, nil), (#"{"state":"ACCEPTED"}"#, nil),
        ] as [(String, String?)])
    func theBanksFeeIsLearnedExactly(_ body: String, _ fee: String?) {
        let heard = Self.read(.validate, 200, body)
        #expect(heard.observation == .done)
        #expect(heard.learned.terms.ownFee == fee.map { Bench.money($0) })
    }

    @Test(arguments: [
        (#"{"state":"ACCEPTED","fspFee":{"amount":1E2,"currency":"EUR"}}"#, Outcome.unknown),
        (#"{"state":"ACCEPTED","fspFee":{"amount":0.000001,"currency":"EUR"}}"#, .unknown),
        (#"{"state":"ACCEPTED","fspFee":{"amount":1}}"#, .unknown),
        (#"{"state":"ACCEPTED","fspFee":{"amount":1,"currency":"USD"}}"#, .refused),
        (#"{"state":"REJECTED"}"#, .unknown),
    ])
    func aFeeThatCannotBeHeldIsNotGuessed(_ body: String, _ wanted: Outcome) {
        #expect(Self.outcome(Self.read(.validate, 200, body).observation) == wanted)
    }

    @Test func tooLittleMoneyIsRefusedBeforeTheHold() {
        guard case .refused(let reason) = Self.read(.validate, 403, Bench.error(Self.insufficient)).observation else {
            Issue.record("not refused")
            return
        }
        #expect(reason.canonical == "insufficientFunds")
    }

    @Test func noAnswerBreaksTheReader() {
        var source = IdentitySource(seed: 5)
        let bytes = Array(Bench.error(Self.insufficient).utf8)
        for _ in 0..<500 {
            var broken = bytes
            broken[Int(source.next() % UInt64(broken.count))] = UInt8(truncatingIfNeeded: source.next())
            for status in [200, 400, 403, 404, 500] {
                let heard = Bench.adapter.read(
                    WireReply(status: status, body: broken), Bench.input(.reserve, Self.record(.reserve)))
                #expect(Self.outcome(heard.observation) != .done, "noise is no success")
            }
        }
    }
}

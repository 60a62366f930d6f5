import Payments
import SchemeISO20022
import Testing

/// A rail on which every answer is a message of its own: the connection carries nothing but the word that it came.
@Suite struct AsynchronousTests {
    private static let extra = ["exchange": "asynchronous", "path": "/messages"]

    private func posted(_ composed: Composed) throws -> [String: [String]] {
        guard case .request(let request) = composed.form else { throw Records.Missing() }
        #expect(request.method == "POST")
        #expect(request.path == "/messages")
        return Rail.check(request.body)
    }

    // MARK: - Their orders and questions

    @Test func anOrderIsAcknowledgedOnceItIsDurable() throws {
        let inbound = try Rail.decode(Order().document, Rail.context(Self.extra))
        #expect(inbound.acknowledgement == WireReply(status: 202))
        #expect(inbound.duplicate == DuplicateRule(sameContent: .replay, otherContent: .refuse("duplicate")))
        #expect(try Rail.decode(Order().document).acknowledgement == nil)
    }

    @Test func ourYesAndOurNoArePosted() throws {
        var record = try Records.received()
        let yes = try Rail.adapter.compose(Records.input(.accept, .ask, record, Self.extra))
        let said = try posted(yes)
        #expect(said["TxInfAndSts/TxSts"] == ["ACCP"])
        #expect(said["OrgnlGrpInfAndSts/OrgnlMsgId"] == ["TMRD-20260302-0009"])
        #expect(said["TxInfAndSts/OrgnlTxId"] == ["TX-0009"])
        #expect(yes.answerBy == Rail.now.adding(milliseconds: 10_000))
        record.refusal = Reason("creditorAccountClosed")
        let no = try posted(
            Rail.adapter.compose(Records.input(.notify, .ask, record, Self.extra, outcome: .rejected)))
        #expect(no["TxInfAndSts/TxSts"] == ["RJCT"])
        #expect(no["Rsn/Cd"] == ["AC04"])
    }

    @Test(arguments: [(202, true), (200, true), (204, true), (400, false), (500, false)])
    func aPostedAnswerWaitsForTheFinalWord(status: Int, isTaken: Bool) throws {
        let record = try Records.received()
        let reply = WireReply(status: status)
        func hear(_ verb: Verb, _ more: [String: String] = [:]) -> Observation {
            let settings = Self.extra.merging(more) { $1 }
            return Rail.adapter.read(reply, Records.input(verb, .ask, record, settings)).observation
        }
        #expect((hear(.accept) == .pending) == isTaken)
        #expect((hear(.accept, ["acceptIsFinal": "yes"]) == .done) == isTaken)
        #expect((hear(.notify) == .done) == isTaken)
        #expect((hear(.send) == .pending) == isTaken)
        for verb in [Verb.accept, .notify, .send] where !isTaken {
            guard case .unknown = hear(verb) else {
                Issue.record("\(verb): \(hear(verb))")
                continue
            }
        }
    }

    @Test func anEnquiryIsAnsweredByAPost() throws {
        let inbound = try Rail.decode(Enquiry().document, Rail.context(Self.extra))
        #expect(inbound.acknowledgement == WireReply(status: 202))
        guard case .asksStatus(let enquiry) = inbound.meaning else { throw Records.Missing() }
        let record = try Records.received()
        let input = Records.input(.notify, .ask, record, Self.extra)
        let said = try posted(Rail.adapter.report(.status(enquiry: enquiry), input))
        #expect(said["TxInfAndSts/TxSts"] == ["PDNG"])
    }

    @Test func anotherOrderUnderTheSameNameIsRefusedByAPost() throws {
        let record = try Records.received()
        let input = Records.input(.notify, .ask, record, Self.extra)
        let said = try posted(Rail.adapter.report(.duplicate(record.payment, Reason("duplicate")), input))
        #expect(said["Rsn/Cd"] == ["AM05"])
    }

    // MARK: - What we do not take

    private func objection(_ body: String, _ extra: [String: String] = extra) throws -> [String: [String]]? {
        let request = Rail.post(body)
        let context = Rail.context(extra)
        let refusal = try #require(throws: Refusal.self) {
            if let untimely = try Rail.adapter.decode(request, context).untimely { throw untimely }
        }
        guard let message = Rail.adapter.objection(refusal, request, context) else { return nil }
        #expect(message.path == "/messages")
        return Rail.check(message.body)
    }

    @Test func anOrderThatBreaksARuleIsRefusedByAReport() throws {
        var order = Order()
        order.count = "2"
        let said = try #require(try objection(order.document))
        #expect(said["TxInfAndSts/TxSts"] == ["RJCT"])
        #expect(said["Rsn/Cd"] == ["AM18"])
        order = Order()
        order.accepted = "<AccptncDtTm>2026-03-02T08:15:20Z</AccptncDtTm>"
        #expect(try objection(order.document)?["Rsn/Cd"] == ["AB05"])
    }

    @Test func whatCannotBeReadIsRefusedByAMessageReject() throws {
        let broken = Order().document.replacing("<CdtTrfTxInf>", with: "<CdtTrfTxInf><Nonsense/>")
        let said = try #require(try objection(broken))
        #expect(said["RltdRef/Ref"] == ["TMRD-20260302-0009"])
        #expect(said["TxInfAndSts/TxSts"] == nil)
        #expect(try objection("<Document") != nil)
    }

    @Test func aRefusalIsNeverRefusedByAnother() throws {
        let broken = MessageReject(related: "X").document.replacing("<Rsn>", with: "<Rsn><Nonsense/>")
        #expect(try objection(broken) == nil)
    }

    @Test func theDoorRefusesAtTheDoor() throws {
        let context = Rail.context(Self.extra)
        for refusal in [
            Refusal(.identity, Reason("permissionMissing"), says: "who is it?"),
            Refusal(.wire, Reason("serviceUnavailable"), rule: "busy", says: "later"),
            Refusal(.wire, Reason("malformed"), rule: "content-type", says: "no"),
        ] {
            #expect(Rail.adapter.objection(refusal, Rail.post(Order().document), context) == nil)
        }
        let broken = Refusal(.schema, Reason("malformed"), says: "no")
        #expect(Rail.adapter.objection(broken, Rail.post(Order().document), Rail.context()) == nil)
    }

    // MARK: - Answers to ours

    @Test func anAnswerIsFoundByAnyOfTheOrdersNames() throws {
        var record = try Records.ordered()
        let sent = try Rail.adapter.compose(Records.input(.send, .ask, record, Self.extra))
        record.payment.overlay(sent.learned)
        let names = try posted(sent)
        let transaction = try #require(names["PmtId/TxId"]?.first)
        let uetr = try #require(names["PmtId/UETR"]?.first)
        let right = StatusMessage(
            originalMessage: "IL" + record.id.text, transaction: transaction, endToEnd: "NOTPROVIDED", uetr: uetr)
        #expect(try heard(right, sent, record) == .done)
        let changes: [(inout StatusMessage) -> Void] = [
            { $0.originalMessage = "OTHER" }, { $0.transaction = "OTHER" }, { $0.endToEnd = "OTHER" },
            { $0.uetr = "9a3f1c52-7d0e-4b6a-8c11-2f4e6d8a0b13" },
            // Found by the transaction alone.
            {
                $0.originalMessage = "OTHER"
                $0.uetr = nil
                $0.endToEnd = nil
            },
        ]
        for change in changes {
            var wrong = right
            change(&wrong)
            guard case .unknown = try heard(wrong, sent, record) else {
                Issue.record("\(wrong) is taken for an answer")
                continue
            }
        }
    }

    /// What a report says once it found the payment, as the engine finds it: by a key that both have.
    private func heard(
        _ message: StatusMessage, _ sent: Composed, _ record: PaymentRecord
    ) throws -> Observation {
        let inbound = try Rail.decode(message.document, Rail.context(Self.extra))
        #expect(!Set(sent.keys).isDisjoint(with: inbound.keys), "\(message) finds nothing")
        guard case .tells(_, let heard) = inbound.meaning else { throw Records.Missing() }
        return Rail.adapter.verify(.send, heard, record).observation
    }

    // MARK: - Settled, not posted

    @Test func aRailThatKnowsItIsToldSettledNotPosted() throws {
        #expect(Rail.adapter.answersSettledNotPosted(Rail.settings(["silence": "ACWP"])))
        #expect(!Rail.adapter.answersSettledNotPosted(Rail.settings(["silence": "RJCT"])))
        #expect(!Rail.adapter.answersSettledNotPosted(Rail.settings()))
        let record = try Records.bridged(Order().document)
        for verb in [Verb.accept, .notify] {
            var input = Records.input(verb, .ask, record, ["silence": "ACWP"])
            input.isSettledNotPosted = true
            let composed = try Rail.adapter.compose(input)
            guard case .reply(let reply) = composed.form else { throw Records.Missing() }
            let said = Rail.check(reply.body)
            #expect(said["TxInfAndSts/TxSts"] == ["ACWP"])
            #expect(said["TxInfAndSts/OrgnlTxId"] == ["TX-0009"])
            #expect(said["Rsn/Cd"] == nil)
            #expect(composed.answerBy == Rail.now.adding(milliseconds: 10_000))
            input.settings = Rail.settings(Self.extra.merging(["silence": "ACWP"]) { $1 })
            #expect(try posted(Rail.adapter.compose(input))["TxInfAndSts/TxSts"] == ["ACWP"])
        }
    }

    @Test(arguments: [["path": "/messages"], extra])
    func whatFollowsIsAMessageOfItsOwn(extra: [String: String]) throws {
        var record = try Records.bridged(Order().document)
        record.answeredEarly = .settled
        let posted = try posted(
            Rail.adapter.compose(Records.input(.notify, .ask, record, extra, outcome: .settled)))
        #expect(posted["TxInfAndSts/TxSts"] == ["ACCC"])
        let back = try Rail.adapter.compose(Records.input(.notify, .ask, record, extra, outcome: .rejected))
        guard case .nothing(let why) = back.form else { throw Records.Missing() }
        #expect(why.contains("pacs.004"))
        // The rail took our word back: then nothing was settled, and nothing follows.
        record.steps[try #require(record.flow?.index(of: .accept))].state = .refused
        let none = try Rail.adapter.compose(Records.input(.notify, .ask, record, extra, outcome: .settled))
        guard case .nothing = none.form else { throw Records.Missing() }
    }

    @Test func aNoThatNeverLeftIsSaidAgain() throws {
        var record = try Records.bridged(Order().document)
        record.answeredEarly = .rejected
        let told = try Rail.adapter.compose(Records.input(.notify, .ask, record, Self.extra, outcome: .rejected))
        guard case .nothing = told.form else { throw Records.Missing() }
        record.earlyUnsentAt = Rail.now
        let again = try posted(
            Rail.adapter.compose(Records.input(.notify, .ask, record, Self.extra, outcome: .rejected)))
        #expect(again["TxInfAndSts/TxSts"] == ["RJCT"])
    }

    @Test(arguments: [(nil, "ACWP"), (PaymentOutcome.rejected, "ACWP"), (.settled, "ACCC")])
    func anEnquiryAboutItIsToldWhatWasSettled(outcome: PaymentOutcome?, code: String) throws {
        var record = try Records.bridged(Order().document)
        record.answeredEarly = .settled
        record.outcome = outcome
        record.facts = FactSet(outcome == .rejected ? [.received, .rejected] : [.received])
        guard case .asksStatus(let enquiry) = try Rail.decode(Enquiry().document).meaning else {
            throw Records.Missing()
        }
        let composed = try Rail.adapter.report(.status(enquiry: enquiry), Records.input(.notify, .ask, record))
        guard case .reply(let reply) = composed.form else { throw Records.Missing() }
        #expect(Rail.check(reply.body)["TxInfAndSts/TxSts"] == [code])
    }
}

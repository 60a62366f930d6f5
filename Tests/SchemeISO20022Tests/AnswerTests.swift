import Payments
import SchemeISO20022
import Testing

@Suite struct AnswerTests {
    enum Kind: Sendable { case done, refused, pending, review, unknown, absent }

    private func kind(_ observation: Observation) -> Kind? {
        switch observation {
        case .done: .done
        case .refused: .refused
        case .pending: .pending
        case .unknown: .unknown
        case .absent: .absent
        case .unsent, .failed, .review: nil
        }
    }

    /// Every status of the code table, and some that are not in it.
    static let statuses: [(String, String?, Kind)] = [
        ("ACSC", nil, .done), ("ACCC", nil, .done), ("ACWP", nil, .done), ("BLCK", nil, .done),
        ("ACCP", nil, .pending), ("ACSP", nil, .pending), ("ACTC", nil, .pending), ("ACFC", nil, .pending),
        ("ACPD", nil, .pending), ("ACWC", nil, .pending), ("RCVD", nil, .pending), ("PATC", nil, .pending),
        ("PDNG", nil, .pending), ("ACFW", nil, .pending), ("PRES", nil, .pending), ("CPUC", nil, .pending),
        ("RVNC", nil, .pending), ("PART", nil, .unknown), ("XXXX", nil, .unknown), ("RCVC", nil, .unknown),
        ("RJCT", "AC04", .refused), ("RJCT", "AM04", .refused), ("RJCT", nil, .refused), ("RJCT", "ZZ99", .refused),
        ("RJCT", "NOOR", .absent), ("RJCT", "AG09", .absent), ("RJCT", "AM05", .unknown), ("CANC", nil, .refused),
    ]

    @Test(arguments: statuses)
    func onlyAListedStatusDecides(status: String, reason: String?, kind expected: Kind) throws {
        var message = StatusMessage()
        message.status = status
        message.reason = reason
        let inbound = try Rail.decode(message.document)
        guard case .tells(let verbs, let heard) = inbound.meaning else { throw Records.Missing() }
        #expect(verbs == [.accept, .send])
        #expect(kind(heard.observation) == expected)
        #expect(heard.facts.contains(.settled) == (expected == .done))
        #expect(inbound.acknowledgement == WireReply(status: 202))
        #expect(inbound.keys.first == Correlation("iso:rtp1/bank-a/message", "TMRD-20260302-0009\u{1F}TX-0009"))
    }

    @Test func aForeignReasonIsKeptVerbatim() throws {
        for (code, canonical) in [("AC04", "creditorAccountClosed"), ("ZZ99", "other")] {
            var message = StatusMessage()
            message.status = "RJCT"
            message.reason = code
            guard case .tells(_, let heard) = try Rail.decode(message.document).meaning else { throw Records.Missing() }
            #expect(heard.observation == .refused(Reason(canonical, network: "iso", foreign: code, detail: "because")))
        }
    }

    @Test func aGroupStatusSpeaksWhereNoTransactionDoes() throws {
        let record = try Records.ordered()
        let sent = try Rail.adapter.compose(Records.input(.send, .ask, record))
        var message = StatusMessage(originalMessage: "IL" + record.id.text, group: "RJCT", reason: "AM23")
        let inbound = try Rail.decode(message.document)
        guard case .tells(_, let heard) = inbound.meaning else { throw Records.Missing() }
        #expect(heard.observation == .refused(Reason("agentLiquidity", network: "iso", foreign: "AM23", detail: nil)))
        #expect(!Set(sent.keys).isDisjoint(with: inbound.keys))
        message = StatusMessage(status: nil)
        guard case .tells(_, let silent) = try Rail.decode(message.document).meaning else { throw Records.Missing() }
        #expect(kind(silent.observation) == .unknown)
    }

    @Test func theProfileSaysWhichStatusIsFinal() throws {
        var message = StatusMessage()
        message.status = "ACCP"
        let context = Rail.context(["final": "ACCP ACSC"])
        guard case .tells(_, let heard) = try Rail.decode(message.document, context).meaning else {
            throw Records.Missing()
        }
        #expect(heard.observation == .done)
    }

    @Test func aReportFindsThePaymentsOfBothSides() throws {
        let order = try Rail.decode(Order().document)
        let report = try Rail.decode(StatusMessage().document)
        #expect(!Set(order.aliases).isDisjoint(with: report.keys))
        var record = try Records.ordered()
        let sent = try Rail.adapter.compose(Records.input(.send, .ask, record))
        record.payment.overlay(sent.learned)
        let answer = try Rail.decode(about(record).document)
        #expect(!Set(sent.keys).isDisjoint(with: answer.keys))
    }

    @Test func aReportWhoseOtherNamesDifferDecidesNothing() throws {
        let record = try Records.received()
        var message = StatusMessage()
        guard case .tells(_, let heard) = try Rail.decode(message.document).meaning else { throw Records.Missing() }
        #expect(Rail.adapter.verify(.accept, heard, record).observation == .done)
        message.endToEnd = "OTHER"
        guard case .tells(_, let other) = try Rail.decode(message.document).meaning else { throw Records.Missing() }
        #expect(kind(Rail.adapter.verify(.accept, other, record).observation) == .unknown)
    }

    @Test func aRejectThatNamesNoMessageChangesNothing() throws {
        let inbound = try Rail.decode(MessageReject(related: "NOTPROVIDED").document)
        guard case .nothing = inbound.meaning else { throw Records.Missing() }
        #expect(inbound.acknowledgement == WireReply(status: 202))
    }

    @Test func aRejectOfAnOrderOfOursRefusesIt() throws {
        let record = try sent()
        let composed = try Rail.adapter.compose(Records.input(.send, .ask, record))
        let inbound = try Rail.decode(MessageReject(related: "IL" + record.id.text).document)
        #expect(!Set(composed.keys).isDisjoint(with: inbound.keys))
        guard case .tells(let verbs, let heard) = inbound.meaning else { throw Records.Missing() }
        #expect(verbs == [.accept, .send])
        let reason = Reason("malformed", network: "iso", foreign: "FF01", detail: "no MsgId")
        #expect(Rail.adapter.verify(.send, heard, record).observation == .refused(reason))
    }

    @Test func aRejectOfAnAnswerOfOursSaysNothingOfTheMoney() throws {
        let record = try Records.received()
        let extra = ["exchange": "asynchronous"]
        let composed = try Rail.adapter.compose(Records.input(.accept, .ask, record, extra))
        guard case .request(let request) = composed.form else { throw Records.Missing() }
        let own = try #require(Rail.check(request.body)["GrpHdr/MsgId"]?.first)
        let inbound = try Rail.decode(MessageReject(related: own).document, Rail.context(extra))
        #expect(!Set(composed.keys).isDisjoint(with: inbound.keys))
        guard case .tells(_, let heard) = inbound.meaning else { throw Records.Missing() }
        #expect(kind(Rail.adapter.verify(.accept, heard, record).observation) == .unknown)
    }

    // MARK: - The synchronous answer

    private func about(_ record: PaymentRecord, _ status: String = "ACSC", _ reason: String? = nil) -> StatusMessage {
        StatusMessage(
            originalMessage: "IL" + record.id.text, transaction: record.payment.id.transaction, endToEnd: nil,
            uetr: record.payment.id.uetr, status: status, reason: reason)
    }

    private func sent() throws -> PaymentRecord {
        var record = try Records.ordered()
        record.payment.overlay(try Rail.adapter.compose(Records.input(.send, .ask, record)).learned)
        return record
    }

    private func hear(
        _ status: Int, _ body: String, _ purpose: Purpose = .ask, _ record: PaymentRecord
    ) -> Observation {
        let reply = WireReply(
            status: status, headers: [WireHeader("Content-Type", "application/xml")], body: Array(body.utf8))
        return Rail.adapter.read(reply, Records.input(.send, purpose, record)).observation
    }

    @Test(
        arguments: [
            (200, "ACSC", nil, Kind.done), (200, "ACTC", nil, .pending), (200, "PDNG", nil, .pending),
            (200, "RJCT", "AC04", .refused), (200, "RJCT", "NOOR", .absent), (200, "RJCT", "AM05", .unknown),
            (500, "ACSC", nil, .unknown), (503, "RJCT", "AC04", .unknown), (400, "RJCT", "AC04", .unknown),
        ] as [(Int, String, String?, Kind)]) func anAnswerToOurOrderIsHeard(
            http: Int, status: String, reason: String?, kind expected: Kind
        ) throws
    {
        let record = try sent()
        for purpose in [Purpose.ask, .query] {
            #expect(kind(hear(http, about(record, status, reason).document, purpose, record)) == expected)
        }
    }

    @Test func anAnswerAboutAnotherPaymentDecidesNothing() throws {
        let record = try sent()
        let changes: [(inout StatusMessage) -> Void] = [
            { $0.transaction = "OTHER" }, { $0.originalMessage = "OTHER" },
            {
                $0.uetr = nil; $0.endToEnd = "OTHER"
            },
        ]
        for change in changes {
            var message = about(record)
            change(&message)
            #expect(kind(hear(200, message.document, .ask, record)) == .unknown)
        }
    }

    @Test func whatIsNoReportDecidesNothing() throws {
        let record = try sent()
        #expect(kind(hear(200, "", .ask, record)) == .unknown)
        #expect(kind(hear(200, "<html/>", .ask, record)) == .unknown)
        #expect(kind(hear(404, "not found", .ask, record)) == .unknown)
        #expect(kind(hear(200, Order().document, .ask, record)) == .unknown)
        #expect(kind(hear(200, String(about(record).document.dropLast(40)), .ask, record)) == .unknown)
        #expect(hear(202, "", .ask, record) == .pending)
    }

    @Test func aMessageRejectRefusesTheOrderThatItNames() throws {
        let record = try sent()
        func reject(_ related: String) -> String { MessageReject(related: related).document }
        let own = reject("IL" + record.id.text)
        let reason = Reason("malformed", network: "iso", foreign: "FF01", detail: "no MsgId")
        #expect(hear(400, own, .ask, record) == .refused(reason))
        #expect(kind(hear(503, own, .ask, record)) == .unknown)
        #expect(kind(hear(400, own, .query, record)) == .unknown)
        #expect(kind(hear(400, reject("SOMETHING-ELSE"), .ask, record)) == .unknown)
    }
}

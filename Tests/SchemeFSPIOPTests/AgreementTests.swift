import Payments
import SchemeFSPIOP
import Testing

@Suite struct AgreementTests {
    // MARK: - Payee: does the order take up the offer?

    static func order(_ offered: Payment, _ change: (inout Payment) -> Void = { _ in }) throws -> Payment {
        let inbound = try Bench.adapter.decode(
            Bench.request("POST", "/transfers", Bench.order(offered)), Bench.context())
        guard case .takesUp(var order) = inbound.meaning else { return Payment() }
        change(&order)
        return order
    }

    @Test func anOrderThatKeepsTheTermsIsTaken() throws {
        let offered = try Bench.offered().payment
        let heard = Bench.adapter.takeUp(try Self.order(offered), Bench.record(Bench.incoming, offered), Bench.now)
        #expect(heard.observation == .done)
        #expect(heard.learned.id.transfer == Bench.transferId)
        #expect(heard.learned.expiresAt?.instant == Bench.now.adding(milliseconds: 20_000))
    }

    @Test func anOrderThatBreaksTheTermsIsRefusedAndCanBeAnswered() throws {
        let offered = try Bench.offered().payment
        var taken = offered
        taken.id.transfer = "00000000-0000-4000-8000-000000000000"
        var lapsed = offered
        lapsed.terms.expiresAt = Bench.time(0)
        var bare = offered
        bare.terms = Terms()
        let cases: [(Payment, Payment, String, String)] = [
            (
                try Self.order(offered) { $0.terms.transferAmount = Bench.money("12.51") }, offered,
                "amountNotAsAgreed", "3100"
            ),
            (
                try Self.order(offered) { $0.terms.transferAmount = Bench.money("12.5", "USD") }, offered,
                "amountNotAsAgreed", "3100"
            ),
            (
                try Self.order(offered) { $0.terms.condition = String(repeating: "A", count: 43) }, offered,
                "contentInvalid", "3100"
            ),
            (try Self.order(offered) { $0.terms.ilpPacket? += "A" }, offered, "contentInvalid", "3100"),
            (try Self.order(offered) { $0.debtorAgent.fspId = "redbank" }, offered, "contentInvalid", "3100"),
            (try Self.order(offered) { $0.expiresAt = Bench.time(0) }, offered, "timeoutClearing", "3303"),
            (try Self.order(offered), taken, "duplicate", "3106"),
            (try Self.order(offered), lapsed, "quoteExpired", "3302"),
            (try Self.order(offered), bare, "quoteUnknown", "3205"),
        ]
        for (order, record, canonical, code) in cases {
            let heard = Bench.adapter.takeUp(order, Bench.record(Bench.incoming, record), Bench.now)
            guard case .refused(let reason) = heard.observation else {
                Issue.record("\(canonical): \(heard.observation)")
                continue
            }
            #expect(reason.canonical == canonical)
            #expect(reason.foreign == code)
            #expect(heard.learned.id.transfer == Bench.transferId)
        }
    }

    @Test func anOrderThatLeavesTooLittleTimeIsRefused() throws {
        let offered = try Bench.offered().payment
        var late = Bench.context()
        late.now = Bench.now.adding(milliseconds: 17_001)
        let inbound = try Bench.adapter.decode(Bench.request("POST", "/transfers", Bench.order(offered)), late)
        guard case .takesUp(let order) = inbound.meaning else {
            Issue.record("no order")
            return
        }
        let heard = Bench.adapter.takeUp(order, Bench.record(Bench.incoming, offered), late.now)
        guard case .refused(let reason) = heard.observation else {
            Issue.record("\(heard.observation)")
            return
        }
        #expect(reason.foreign == "3303")
    }

    // MARK: - Payer: is the quote what was ordered?

    static func waiting(_ verb: Verb, _ flow: Flow, _ payment: Payment) -> PaymentRecord {
        var record = Bench.record(flow, payment)
        if let step = flow.index(of: verb) { record.steps[step].state = .asked }
        return record
    }

    static func verified(
        _ terms: Terms, amountType: String = "SEND", source: String = "bluebank", state: StepState = .asked
    ) throws -> Heard {
        var payment = try Bench.agreed()
        payment.terms = Terms()
        payment.type.amountType = amountType
        var record = waiting(.quote, Bench.outgoing, payment)
        record.steps[Bench.outgoing.index(of: .quote) ?? 0].state = state
        let request = Bench.request("PUT", "/quotes/\(Bench.quoteId)", DecodeTests.answer(terms), source: source)
        let heard = try DecodeTests.told(request).heard
        return Bench.adapter.verify(.quote, heard, record)
    }

    @Test func aQuoteAsOrderedIsTaken() throws {
        let terms = try Bench.peerTerms("12.50", fspId: "bluebank")
        for amountType in ["SEND", "RECEIVE"] {
            let heard = try Self.verified(terms, amountType: amountType)
            #expect(heard.observation == .done)
            #expect(heard.learned.terms.ilpPacket == terms.ilpPacket)
            #expect(heard.learned.message.from.fspId == nil, "who spoke is checked, not kept")
        }
        #expect(try Self.verified(terms, source: "Hub").observation == .done)
    }

    @Test func aQuoteThatCostsMoreIsRefused() throws {
        let heard = try Self.verified(try Bench.peerTerms("12.51", fspId: "bluebank"))
        guard case .refused(let reason) = heard.observation else {
            Issue.record("\(heard.observation)")
            return
        }
        #expect(reason.canonical == "chargesNotAccepted")
        #expect(heard.learned == Payment())
    }

    @Test func aQuoteThatBringsLessThanWasFixedIsRefused() throws {
        let less = try Bench.peerTerms("12", fspId: "bluebank")
        #expect(try Self.verified(less).observation == .done, "SEND: the payer fixed what leaves")
        guard case .refused(let reason) = try Self.verified(less, amountType: "RECEIVE").observation else {
            Issue.record("taken")
            return
        }
        #expect(reason.canonical == "amountNotAsAgreed")
    }

    @Test func aQuoteThatPaysAnotherBankIsRefused() throws {
        let heard = try Self.verified(try Bench.peerTerms("12.50", fspId: "bluebank2"))
        guard case .refused = heard.observation else {
            Issue.record("\(heard.observation)")
            return
        }
    }

    @Test func aQuoteFromSomebodyElseOrTooLateChangesNothing() throws {
        let terms = try Bench.peerTerms("12.50", fspId: "bluebank")
        #expect(try Self.verified(terms, source: "redbank") == Heard(.pending))
        for state in [StepState.done, .refused, .planned, .skipped] {
            #expect(try Self.verified(terms, state: state).learned == Payment(), "quote is \(state)")
        }
    }

    @Test func aLateAnswerToALookupChangesNothing() throws {
        let body = """
            {"party":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254711","fspId":"redbank"}}}
            """
        let request = Bench.request("PUT", "/parties/MSISDN/254711", body, source: "redbank")
        let heard = try DecodeTests.told(request).heard
        let record = Bench.record(Bench.outgoing, try Bench.agreed())
        #expect(Bench.adapter.verify(.lookup, heard, record).learned == Payment())
        let open = Self.waiting(.lookup, Bench.outgoing, Bench.ordered())
        #expect(Bench.adapter.verify(.lookup, heard, open).learned.creditorAgent.fspId == "redbank")
    }

    // MARK: - Fulfilment

    static func committed(_ fulfilment: String?, source: String = "bluebank") throws -> Heard {
        let proof = fulfilment.map { #","fulfilment":"\#($0)""# } ?? ""
        let body = #"{"transferState":"COMMITTED"\#(proof)}"#
        return try DecodeTests.told(Bench.request("PUT", "/transfers/\(Bench.transferId)", body, source: source)).heard
    }

    @Test func onlyTheFulfilmentProvesThatThePayeeIsPaid() throws {
        let payment = try Bench.agreed()
        let proof = try #require(payment.terms.fulfilment)
        var ours = payment
        ours.terms.fulfilment = nil
        let record = Self.waiting(.send, Bench.outgoing, ours)
        let done = Bench.adapter.verify(.send, try Self.committed(proof), record)
        #expect(done.observation == .done)
        #expect(done.facts == [.settled])
        #expect(done.learned.terms.fulfilment == proof)
        let wrong = String(repeating: "A", count: 43)
        let lied = Bench.adapter.verify(.send, try Self.committed(wrong), record)
        #expect(lied == Heard(.unknown("the fulfilment does not match the condition")))
        #expect(
            Bench.adapter.verify(.send, try Self.committed(nil), record)
                == Heard(.unknown("COMMITTED without a fulfilment")))
        #expect(Bench.adapter.verify(.send, try Self.committed(proof, source: "redbank"), record) == Heard(.pending))
        #expect(Bench.adapter.verify(.send, try Self.committed(proof, source: "Hub"), record).observation == .done)
        #expect(Bench.adapter.verify(.send, try Self.committed(proof, source: "BLUEBANK"), record).observation == .done)
    }

    @Test func thePayeeBelievesTheHubAndKeepsItsOwnFulfilment() throws {
        let offered = try Bench.offered().payment
        let record = Self.waiting(.accept, Bench.incoming, offered)
        for fulfilment in [offered.terms.fulfilment, nil] {
            let heard = Bench.adapter.verify(.accept, try Self.committed(fulfilment, source: "Hub"), record)
            #expect(heard.observation == .done)
            #expect(heard.learned.terms.fulfilment == nil)
        }
    }

    @Test func aFulfilmentThatIsNotOursSettlesNothing() throws {
        let record = Self.waiting(.accept, Bench.incoming, try Bench.offered().payment)
        let other = String(repeating: "A", count: 43)
        let heard = Bench.adapter.verify(.accept, try Self.committed(other, source: "Hub"), record)
        #expect(heard == Heard(.unknown("COMMITTED with a fulfilment that is not ours")))
    }

    @Test(arguments: [
        ("3303", "refused"), ("3100", "unknown"), ("5105", "unknown"), ("3208", "absent"), ("2001", "unknown"),
    ])
    func anErrorAboutOurFulfilmentIsNoRefusalUnlessTheHubEndedTheTransfer(_ code: String, _ wanted: String) throws {
        let offered = try Bench.offered().payment
        let request = Bench.request("PUT", "/transfers/\(Bench.transferId)/error", Bench.error(code), source: "Hub")
        let heard = try DecodeTests.told(request).heard
        let record = Self.waiting(.accept, Bench.incoming, offered)
        switch Bench.adapter.verify(.accept, heard, record).observation {
        case .refused: #expect(wanted == "refused")
        case .unknown: #expect(wanted == "unknown")
        case .absent: #expect(wanted == "absent")
        case let other: Issue.record("\(other)")
        }
    }
}

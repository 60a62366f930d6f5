import FormatJSON
import Payments
import SchemeFSPIOP
import Testing

@Suite struct ComposeTests {
    static func headers(_ request: WireRequest) -> [String] { request.headers.map { "\($0.name): \($0.value)" } }

    static func refusal(_ input: ComposeInput) -> Refusal? {
        do throws(Refusal) {
            _ = try Bench.adapter.compose(input)
            return nil
        } catch {
            return error
        }
    }

    static func isNothing(_ composed: Composed) -> Bool {
        if case .nothing = composed.form { true } else { false }
    }

    // MARK: - Payer

    @Test func lookup() throws {
        var payment = Bench.ordered()
        payment.creditor.identifiers = [Identifier("MSISDN", "+254711", subId: "a b")]
        let composed = try Bench.adapter.compose(Bench.input(.lookup, Bench.record(Bench.outgoing, payment)))
        let request = Bench.sent(composed)
        #expect(request.method == "GET")
        #expect(request.path == "/parties/MSISDN/+254711/a%20b")
        #expect(request.body.isEmpty)
        #expect(
            Self.headers(request) == [
                "Content-Type: application/vnd.interoperability.parties+json;version=1.1",
                "Date: \(Bench.now.imfFixdate)", "FSPIOP-Source: greenbank",
                "Accept: application/vnd.interoperability.parties+json;version=1",
            ])
        #expect(composed.shared == [Bench.key("party", "MSISDN/+254711/a%20b")])
    }

    @Test func theAnswerToALookupIsFoundByTheKeyOfTheQuestion() throws {
        for name in ["+254711", "a b", "x@y.example", "50%", "Zürich", "a/b"] {
            var payment = Bench.ordered()
            payment.creditor.identifiers = [Identifier("ALIAS", name)]
            let asked = try Bench.adapter.compose(Bench.input(.lookup, Bench.record(Bench.outgoing, payment)))
            let path = Bench.sent(asked).path + "/error"
            let answer = try Bench.adapter.decode(Bench.request("PUT", path, Bench.error("3204")), Bench.context())
            #expect(!asked.shared.isEmpty && answer.keys == asked.shared, "\(name)")
        }
    }

    @Test func noLookupWhereTheBankIsKnownAndNoneWithoutAName() throws {
        var payment = Bench.ordered()
        payment.creditorAgent.fspId = "bluebank"
        #expect(Self.isNothing(try Bench.adapter.compose(Bench.input(.lookup, Bench.record(Bench.outgoing, payment)))))
        payment = Bench.ordered()
        payment.creditor.identifiers = [Identifier("TOKEN", "x")]
        #expect(
            Self.refusal(Bench.input(.lookup, Bench.record(Bench.outgoing, payment)))?.reason.canonical
                == "identifierUnknown")
    }

    static func asking() -> Payment {
        var payment = Bench.ordered()
        payment.creditorAgent.fspId = "bluebank"
        return payment
    }

    @Test func quote() throws {
        let composed = try Bench.adapter.compose(Bench.input(.quote, Bench.record(Bench.outgoing, Self.asking())))
        let learned = composed.learned
        let quoteId = try #require(learned.id.quote)
        let transactionId = try #require(learned.id.schemeTransaction)
        #expect(
            Bench.body(composed) == """
                {"amount":{"amount":"12.5","currency":"EUR"},"amountType":"SEND","note":"rent",\
                "payee":{"partyIdInfo":{"fspId":"bluebank","partyIdType":"MSISDN","partyIdentifier":"254711"}},\
                "payer":{"name":"Gerda Green","partyIdInfo":{"fspId":"greenbank","partyIdType":"MSISDN",\
                "partyIdentifier":"254700000001"}},"quoteId":"\(quoteId)","transactionId":"\(transactionId)",\
                "transactionType":{"initiator":"PAYER","initiatorType":"CONSUMER","scenario":"TRANSFER"}}
                """)
        #expect(Bench.sent(composed).header("FSPIOP-Destination") == "bluebank")
        #expect(composed.keys == [Bench.key("quote", quoteId)])
        #expect(composed.message == "POST /quotes")
    }

    @Test func anotherAttemptSaysTheSameUnderTheSameIds() throws {
        var payment = Self.asking()
        let first = try Bench.adapter.compose(Bench.input(.quote, Bench.record(Bench.outgoing, payment)))
        payment.overlay(first.learned)
        var input = Bench.input(.quote, Bench.record(Bench.outgoing, payment))
        input.entropy = 4711
        input.now = Bench.now.adding(milliseconds: 5_000)
        #expect(Bench.body(try Bench.adapter.compose(input)) == Bench.body(first))
    }

    @Test func aBridgeFixesWhatThePayeeReceives() throws {
        let composed = try Bench.adapter.compose(Bench.input(.quote, Bench.record(Bench.bridge, Self.asking())))
        #expect(composed.learned.type.amountType == "RECEIVE")
        #expect(try JSONValue.parse(Bench.body(composed))["amountType"] == "RECEIVE")
    }

    @Test func anAccountStandsInForAPartyWithoutAName() throws {
        var payment = Self.asking()
        payment.debtor.identifiers = []
        payment.debtorAccount.identifiers = [Identifier("IBAN", "DE89370400440532013000")]
        let composed = try Bench.adapter.compose(Bench.input(.quote, Bench.record(Bench.bridge, payment)))
        let body = try JSONValue.parse(Bench.body(composed))
        #expect(body.at("payer.partyIdInfo.partyIdType") == "IBAN")
        #expect(body.at("payer.partyIdInfo.partyIdentifier") == "DE89370400440532013000")
    }

    @Test func send() throws {
        let payment = try Bench.agreed()
        let composed = try Bench.adapter.compose(Bench.input(.send, Bench.record(Bench.outgoing, payment)))
        let id = try #require(composed.learned.id.transfer)
        #expect(
            Bench.body(composed) == """
                {"amount":{"amount":"12.5","currency":"EUR"},"condition":"\(payment.terms.condition ?? "")",\
                "expiration":"\(Bench.time(20_000).text)","ilpPacket":"\(payment.terms.ilpPacket ?? "")",\
                "payeeFsp":"bluebank","payerFsp":"greenbank","transferId":"\(id)"}
                """)
        #expect(composed.learned.expiresAt?.instant == Bench.now.adding(milliseconds: 20_000))
        #expect(composed.answerBy == Bench.now.adding(milliseconds: 21_000))
        #expect(composed.keys == [Bench.key("transfer", id)])
        #expect(id != payment.id.schemeTransaction)
    }

    @Test func aTransferExpiresBeforeOurOwnDeadlineAndBeforeTheQuote() throws {
        var payment = try Bench.agreed()
        var input = Bench.input(.send, Bench.record(Bench.outgoing, payment))
        input.deadline = Bench.now.adding(milliseconds: 8_000)
        #expect(try Bench.adapter.compose(input).learned.expiresAt?.instant == Bench.now.adding(milliseconds: 7_000))
        input.deadline = Bench.now.adding(milliseconds: 1_500)
        #expect(Self.refusal(input)?.reason.canonical == "timeoutInstructedAgent")
        payment.terms.expiresAt = Bench.time(3_000)
        input = Bench.input(.send, Bench.record(Bench.outgoing, payment))
        #expect(try Bench.adapter.compose(input).learned.expiresAt?.instant == Bench.now.adding(milliseconds: 3_000))
        payment.terms.expiresAt = Bench.time(0)
        #expect(
            Self.refusal(Bench.input(.send, Bench.record(Bench.outgoing, payment)))?.reason.canonical == "quoteExpired")
        payment.terms = Terms()
        #expect(
            Self.refusal(Bench.input(.send, Bench.record(Bench.outgoing, payment)))?.reason.canonical == "quoteRefused")
    }

    @Test func aTransferInDoubtIsAskedFor() throws {
        var payment = try Bench.agreed()
        payment.id.transfer = Bench.transferId
        let input = Bench.input(.send, Bench.record(Bench.outgoing, payment), purpose: .query)
        let request = Bench.sent(try Bench.adapter.compose(input))
        #expect(request.method == "GET")
        #expect(request.path == "/transfers/\(Bench.transferId)")
        #expect(request.header("FSPIOP-Destination") == "bluebank")
        #expect(request.body.isEmpty)
    }

    // MARK: - Payee

    @Test func offer() throws {
        let (payment, composed) = try Bench.offered()
        let terms = composed.learned.terms
        #expect(
            Bench.body(composed) == """
                {"condition":"\(terms.condition ?? "")","expiration":"\(Bench.time(60_000).text)",\
                "ilpPacket":"\(terms.ilpPacket ?? "")","payeeFspFee":{"amount":"0","currency":"EUR"},\
                "payeeReceiveAmount":{"amount":"12.5","currency":"EUR"},\
                "transferAmount":{"amount":"12.5","currency":"EUR"}}
                """)
        let request = Bench.sent(composed)
        #expect(request.method == "PUT")
        #expect(request.path == "/quotes/\(Bench.quoteId)")
        #expect(request.header("Accept") == nil)
        #expect(request.header("FSPIOP-Destination") == "bluebank")
        #expect(composed.answerBy == Bench.now.adding(milliseconds: 60_000))
        let fulfilment = try #require(terms.fulfilment)
        #expect(!Bench.body(composed).contains(fulfilment), "the proof of payment stays here")
        #expect(payment.terms.fulfilment == fulfilment)
        var input = Bench.input(.offer, Bench.record(Bench.incoming, payment))
        input.now = Bench.now.adding(milliseconds: 4_000)
        #expect(Bench.body(try Bench.adapter.compose(input)) == Bench.body(composed), "an offer is made once")
    }

    @Test func thePacketHoldsTheTransaction() throws {
        let composed = try Bench.offered().composed
        let read = try Bench.adapter.decode(
            Bench.request("POST", "/transfers", Bench.order(composed.learned)), Bench.context())
        #expect(read.keys.contains(Bench.key("transaction", Bench.transactionId)))
    }

    @Test func quotesThatCannotBeOfferedAreRefused() throws {
        var payment = try Bench.offered().payment
        payment.terms = Terms()
        payment.expiresAt = Bench.time(-1)
        #expect(Self.refusal(Bench.input(.offer, Bench.record(Bench.incoming, payment)))?.reason.foreign == "3302")
        payment.expiresAt = nil
        payment.amount.settlement = Bench.money("1.001")
        #expect(
            Self.refusal(Bench.input(.offer, Bench.record(Bench.incoming, payment)))?.reason.canonical
                == "amountTooFine")
    }

    @Test(arguments: [("1.1", "RESERVED"), ("1.0", "COMMITTED")])
    func accept(_ version: String, _ state: String) throws {
        var payment = try Bench.offered().payment
        payment.id.transfer = Bench.transferId
        payment.expiresAt = Bench.time(20_000)
        let composed = try Bench.adapter.compose(
            Bench.input(.accept, Bench.record(Bench.incoming, payment), ["version": version]))
        #expect(
            Bench.body(composed) == """
                {"completedTimestamp":"\(Bench.now.text)","fulfilment":"\(payment.terms.fulfilment ?? "")",\
                "transferState":"\(state)"}
                """)
        let request = Bench.sent(composed)
        #expect(request.path == "/transfers/\(Bench.transferId)")
        #expect(request.header("Content-Type") == "application/vnd.interoperability.transfers+json;version=\(version)")
        payment.expiresAt = Bench.time(0)
        #expect(Self.refusal(Bench.input(.accept, Bench.record(Bench.incoming, payment)))?.reason.foreign == "3303")
    }

    @Test func anAcceptanceInDoubtIsAskedForAndSentAgainByTurns() throws {
        var payment = try Bench.offered().payment
        payment.id.transfer = Bench.transferId
        var record = Bench.record(Bench.incoming, payment)
        let step = try #require(Bench.incoming.index(of: .accept))
        let stored = WireRequest(method: "PUT", path: "/transfers/\(Bench.transferId)", body: [1])
        var methods: [String] = []
        for queries in 0..<4 {
            record.steps[step].queries = queries
            var input = Bench.input(.accept, record, purpose: .query)
            input.asked = stored
            let request = Bench.sent(try Bench.adapter.compose(input))
            methods.append(request.method)
            if request.method == "PUT" { #expect(request == stored) }
        }
        #expect(methods == ["GET", "PUT", "GET", "PUT"])
    }

    @Test func acceptOnPutIsAQuirkOfThePeer() throws {
        let payment = try Bench.offered().payment
        var asked = payment
        asked.terms = Terms()
        let composed = try Bench.adapter.compose(
            Bench.input(.offer, Bench.record(Bench.incoming, asked), ["acceptOnPut": "true"]))
        #expect(Bench.sent(composed).header("Accept") == "application/vnd.interoperability.quotes+json;version=1")
    }

    // MARK: - Telling

    static func rejected(_ payment: Payment, _ reason: Reason, asked: [Verb]) -> PaymentRecord {
        var record = Bench.record(Bench.incoming, payment)
        record.refusal = reason
        for verb in asked {
            guard let step = Bench.incoming.index(of: verb) else { continue }
            record.steps[step].attempts = 1
            record.steps[step].deadline = Bench.now
        }
        return record
    }

    @Test func beforeTheOfferTheQuoteIsRefused() throws {
        var payment = try Bench.offered().payment
        payment.terms = Terms()
        let record = Self.rejected(payment, Reason("creditorAccountUnknown"), asked: [])
        let composed = try Bench.adapter.compose(Bench.input(.notify, record, outcome: .rejected))
        #expect(Bench.sent(composed).path == "/quotes/\(Bench.quoteId)/error")
        let body = try JSONValue.parse(Bench.body(composed))
        #expect(body.at("errorInformation.errorCode") == "3204")
        #expect(body.at("errorInformation.errorDescription") == "The payee's account is not known")
    }

    @Test func aRefusedOrderIsToldAndAFulfilledOneIsNot() throws {
        var payment = try Bench.offered().payment
        payment.id.transfer = Bench.transferId
        let reason = Reason("quoteExpired", network: "fspiop", foreign: "3302", detail: "Quote expired")
        let refused = Self.rejected(payment, reason, asked: [.offer])
        let composed = try Bench.adapter.compose(Bench.input(.notify, refused, outcome: .rejected))
        #expect(Bench.sent(composed).method == "PUT")
        #expect(Bench.sent(composed).path == "/transfers/\(Bench.transferId)/error")
        #expect(Bench.body(composed) == Bench.error("3302", "Quote expired"))
        #expect(Bench.sent(composed).header("FSPIOP-Destination") == "bluebank")
        let ended = Self.rejected(payment, Reason("timeoutClearing"), asked: [.offer, .accept])
        #expect(Self.isNothing(try Bench.adapter.compose(Bench.input(.notify, ended, outcome: .rejected))))
        let settled = Bench.record(Bench.incoming, payment)
        #expect(Self.isNothing(try Bench.adapter.compose(Bench.input(.notify, settled, outcome: .settled))))
    }

    @Test func anOfferThatLapsedNeedsNoWord() throws {
        let lapsed = Self.rejected(try Bench.offered().payment, Reason("offerLapsed"), asked: [.offer])
        #expect(Self.isNothing(try Bench.adapter.compose(Bench.input(.notify, lapsed, outcome: .rejected))))
    }

    @Test func lookupsAreAnswered() throws {
        let asked = Bench.request("GET", "/parties/MSISDN/254700000001")
        guard case .opens(_, var payment) = try Bench.adapter.decode(asked, Bench.context()).meaning else {
            Issue.record("no lookup")
            return
        }
        payment.creditor.name = "Gerda Green"
        var record = Bench.record(Bench.flow("lookup", [.find, .notify]), payment, kind: .partyLookup)
        let found = try Bench.adapter.compose(Bench.input(.notify, record, outcome: .settled))
        #expect(Bench.sent(found).path == "/parties/MSISDN/254700000001")
        #expect(
            Bench.body(found) == """
                {"party":{"name":"Gerda Green","partyIdInfo":{"fspId":"greenbank","partyIdType":"MSISDN",\
                "partyIdentifier":"254700000001"}}}
                """)
        #expect(Bench.sent(found).header("FSPIOP-Destination") == "bluebank")
        record.refusal = Reason("creditorAccountUnknown")
        let missing = try Bench.adapter.compose(Bench.input(.notify, record, outcome: .rejected))
        #expect(Bench.sent(missing).path == "/parties/MSISDN/254700000001/error")
        #expect(try JSONValue.parse(Bench.body(missing)).at("errorInformation.errorCode") == "3204")
    }

    // MARK: - Reports

    static func report(_ report: Report, _ record: PaymentRecord) throws -> Composed {
        try Bench.adapter.report(report, Bench.input(.notify, record))
    }

    @Test func aTransfersStateIsTold() throws {
        var payment = try Bench.offered().payment
        payment.id.transfer = Bench.transferId
        var enquiry = Payment()
        enquiry.id.transfer = Bench.transferId
        enquiry.message.from.fspId = "Hub"
        var record = Bench.record(Bench.incoming, payment)
        let received = try Self.report(.status(enquiry: enquiry), record)
        #expect(Bench.body(received) == #"{"transferState":"RECEIVED"}"#)
        #expect(Bench.sent(received).header("FSPIOP-Destination") == "Hub")
        record = Self.rejected(payment, Reason("other"), asked: [.accept])
        #expect(Bench.body(try Self.report(.status(enquiry: enquiry), record)) == #"{"transferState":"RESERVED"}"#)
        record.facts = FactSet([.received, .rejected])
        #expect(Bench.body(try Self.report(.status(enquiry: enquiry), record)) == #"{"transferState":"ABORTED"}"#)
        record.facts = FactSet([.received, .settled])
        let committed = try JSONValue.parse(Bench.body(try Self.report(.status(enquiry: enquiry), record)))
        #expect(committed["transferState"] == "COMMITTED")
        #expect(committed["fulfilment"]?.string == payment.terms.fulfilment)
        let unknown = try Self.report(.status(enquiry: enquiry), Bench.record(Bench.incoming, Payment()))
        #expect(Bench.sent(unknown).path == "/transfers/\(Bench.transferId)/error")
        #expect(try JSONValue.parse(Bench.body(unknown)).at("errorInformation.errorCode") == "3208")
    }

    @Test func aQuotesStateIsTold() throws {
        let (payment, offer) = try Bench.offered()
        var enquiry = Payment()
        enquiry.id.quote = Bench.quoteId
        enquiry.message.from.fspId = "bluebank"
        let told = try Self.report(.status(enquiry: enquiry), Bench.record(Bench.incoming, payment))
        #expect(Bench.body(told) == Bench.body(offer))
        let unknown = try Self.report(.status(enquiry: enquiry), Bench.record(Bench.incoming, Payment()))
        #expect(try JSONValue.parse(Bench.body(unknown)).at("errorInformation.errorCode") == "3205")
    }

    @Test func aRepeatWithOtherContentIsRefusedByCallback() throws {
        let payment = try Bench.offered().payment
        let decoded = try Bench.adapter.decode(
            Bench.request("POST", "/transfers", Bench.order(payment)), Bench.context())
        guard case .takesUp(let order) = decoded.meaning else {
            Issue.record("no order")
            return
        }
        let told = try Self.report(.duplicate(order, Reason("duplicate")), Bench.record(Bench.incoming, payment))
        #expect(Bench.sent(told).path == "/transfers/\(Bench.transferId)/error")
        #expect(try JSONValue.parse(Bench.body(told)).at("errorInformation.errorCode") == "3106")
        #expect(Bench.sent(told).header("FSPIOP-Destination") == "bluebank")
        let strange = try Self.report(
            .duplicate(order, Reason("quoteUnknown")), Bench.record(Bench.incoming, Payment()))
        #expect(try JSONValue.parse(Bench.body(strange)).at("errorInformation.errorCode") == "3205")
    }
}

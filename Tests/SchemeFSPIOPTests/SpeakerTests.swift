import FormatJSON
import Mapping
import Payments
import SchemeFSPIOP
import Testing

/// Whose word counts about a leg, and who is told about it: the hub and the counterpart, and nobody else.
@Suite struct SpeakerTests {
    /// What a message of this participant does to an open step.
    static func verified(_ verb: Verb, _ request: WireRequest, _ payment: Payment) throws -> Observation {
        let flow = verb == .accept ? Bench.incoming : Bench.outgoing
        let heard = try DecodeTests.told(request).heard
        let verified = Bench.adapter.verify(verb, heard, AgreementTests.waiting(verb, flow, payment))
        #expect(verified.learned.message.from.fspId == nil, "who spoke is checked, not kept")
        return verified.observation
    }

    static let states = [
        ("PUT", "", #"{"transferState":"COMMITTED"}"#), ("PUT", "", #"{"transferState":"ABORTED"}"#),
        ("PUT", "/error", Bench.error("5104")), ("PUT", "/error", Bench.error("3303")),
        ("PUT", "/error", Bench.error("3208")),
    ]

    @Test(arguments: states)
    func onlyHubAndPayeeSayWhatBecameOfOurTransfer(_ method: String, _ suffix: String, _ body: String) throws {
        let payment = try Bench.agreed()
        func said(_ source: String) throws -> Observation {
            try Self.verified(
                .send, Bench.request(method, "/transfers/\(Bench.transferId)\(suffix)", body, source: source), payment)
        }
        #expect(try said("redbank") == .pending)
        for source in ["bluebank", "BlueBank", "Hub"] { #expect(try said(source) != .pending, "\(source)") }
    }

    static let patch = #"{"transferState":"COMMITTED","completedTimestamp":"2026-11-23T18:34:40.000Z"}"#

    @Test(arguments: states + [("PATCH", "", patch)])
    func onlyTheHubSaysWhatBecameOfATransferToUs(_ method: String, _ suffix: String, _ body: String) throws {
        var payment = try Bench.offered().payment
        payment.id.transfer = Bench.transferId
        func said(_ source: String) throws -> Observation {
            try Self.verified(
                .accept, Bench.request(method, "/transfers/\(Bench.transferId)\(suffix)", body, source: source),
                payment)
        }
        #expect(try said("bluebank") == .pending, "the payer's institution does not settle")
        #expect(try said("redbank") == .pending)
        #expect(try said("Hub") != .pending)
    }

    @Test func onlyHubAndPayeeRefuseOurQuote() throws {
        let path = "/quotes/\(Bench.quoteId)/error"
        func said(_ source: String) throws -> Observation {
            try Self.verified(.quote, Bench.request("PUT", path, Bench.error("5103"), source: source), Bench.agreed())
        }
        #expect(try said("redbank") == .pending)
        #expect(try said("bluebank") != .pending)
        #expect(try said("Hub") != .pending)
    }

    @Test func aSynchronousAnswerIsTheHubs() throws {
        let record = AgreementTests.waiting(.send, Bench.outgoing, try Bench.agreed())
        let refused = ReadTests.read(.send, 400, "4001")
        #expect(Bench.adapter.verify(.send, refused, record) == refused)
    }

    // MARK: - Enquiries

    static func told(_ asker: String, transfer: Bool) throws -> (path: String, body: JSONValue) {
        var payment = try Bench.offered().payment
        payment.id.transfer = Bench.transferId
        var record = Bench.record(Bench.incoming, payment)
        record.facts = FactSet([.received, .settled])
        let path = transfer ? "/transfers/\(Bench.transferId)" : "/quotes/\(Bench.quoteId)"
        guard case .asksStatus(let enquiry) = try DecodeTests.decode(Bench.request("GET", path, source: asker)).meaning
        else {
            Issue.record("no enquiry")
            return ("", .null)
        }
        let composed = try ComposeTests.report(.status(enquiry: enquiry), record)
        #expect(Bench.sent(composed).header("FSPIOP-Destination") == asker)
        return (Bench.sent(composed).path, try JSONValue.parse(Bench.body(composed)))
    }

    @Test(arguments: [true, false]) func nobodyElseIsToldTermsOrFulfilment(_ transfer: Bool) throws {
        for asker in ["bluebank", "Hub"] {
            let told = try Self.told(asker, transfer: transfer)
            #expect(told.body[transfer ? "fulfilment" : "ilpPacket"] != nil, "\(asker)")
        }
        let stranger = try Self.told("evil", transfer: transfer)
        #expect(stranger.path.hasSuffix("/error"))
        #expect(stranger.body.at("errorInformation.errorCode")?.string == (transfer ? "3208" : "3205"))
        #expect(stranger.body.object?.count == 1)
    }

    @Test func aQuoteThatWasRefusedIsToldWithItsReason() throws {
        var payment = try Bench.offered().payment
        payment.terms = Terms()
        var enquiry = Payment()
        enquiry.id.quote = Bench.quoteId
        enquiry.message.from.fspId = "bluebank"
        let open = Bench.record(Bench.incoming, payment)
        #expect(ComposeTests.isNothing(try ComposeTests.report(.status(enquiry: enquiry), open)), "an answer follows")
        var record = ComposeTests.rejected(payment, Reason("creditorAccountUnknown"), asked: [])
        record.outcome = .rejected
        let told = try ComposeTests.report(.status(enquiry: enquiry), record)
        #expect(Bench.sent(told).path == "/quotes/\(Bench.quoteId)/error")
        #expect(try JSONValue.parse(Bench.body(told)).at("errorInformation.errorCode") == "3204")
    }

    // MARK: - What is said to others

    @Test(arguments: [
        Reason("timeoutCreditorAgent", detail: "HTTP 403, error.msg.x: table m_savings"),
        Reason("creditorCurrencyNotSupported", network: "fineract", foreign: "error.msg.x", detail: "m_savings 7"),
        Reason("agentOffline", detail: "the core bank does not know our user or tenant"),
        Reason("creditorAccountClosed", network: "iso", foreign: "AC04", detail: "says another network"),
    ])
    func wordsOfOthersStayAtHome(_ reason: Reason) throws {
        var payment = try Bench.offered().payment
        payment.terms = Terms()
        let record = ComposeTests.rejected(payment, reason, asked: [])
        let composed = try Bench.adapter.compose(Bench.input(.notify, record, outcome: .rejected))
        let information = try JSONValue.parse(Bench.body(composed))["errorInformation"]
        let own = Bench.mappings.codes.table("reasons")?.says(reason.canonical)
        #expect(information?["errorDescription"]?.string == own)
    }

    @Test func whatIsThePayersIsNotOurAnswer() throws {
        var quote = try JSONValue.parse(Bench.quote)
        quote["geoCode"] = ["latitude": "-1.28", "longitude": "36.82"]
        quote["extensionList"] = ["extension": [["key": "payer", "value": "only"]]]
        let request = Bench.request("POST", "/quotes", String(decoding: quote.canonicalBytes, as: UTF8.self))
        guard case .opens(_, var payment) = try DecodeTests.decode(request).meaning else {
            Issue.record("no quote")
            return
        }
        let composed = try Bench.adapter.compose(Bench.input(.offer, Bench.record(Bench.incoming, payment)))
        payment.overlay(composed.learned)
        var enquiry = Payment()
        enquiry.id.quote = Bench.quoteId
        let told = try ComposeTests.report(.status(enquiry: enquiry), Bench.record(Bench.incoming, payment))
        for answer in [composed, told] {
            let body = try JSONValue.parse(Bench.body(answer))
            #expect(body["ilpPacket"] != nil)
            #expect(body["geoCode"] == nil && body["extensionList"] == nil)
        }
    }

    @Test func anAmountThatNoPacketHoldsIsOverThePayeesLimit() throws {
        let quote = Bench.quote.replacing("12.5", with: "999999999999999999")
        guard case .opens(_, let payment) = try DecodeTests.decode(Bench.request("POST", "/quotes", quote)).meaning
        else {
            Issue.record("no quote")
            return
        }
        let refusal = ComposeTests.refusal(Bench.input(.offer, Bench.record(Bench.incoming, payment)))
        #expect(refusal?.reason.foreign == "5200")
        #expect(refusal?.reason.canonical == "creditorLimitExceeded")
    }

    @Test func aNameThatTheNetworkDoesNotTakeIsLeftOut() throws {
        let asked = Bench.request("GET", "/parties/MSISDN/254700000001")
        guard case .opens(_, var payment) = try DecodeTests.decode(asked).meaning else {
            Issue.record("no lookup")
            return
        }
        for (name, written) in [("Müller & Söhne (Bau)", true), ("<b>", false), ("a\u{0}b", false), ("  ", false)] {
            payment.creditor.name = name
            let record = Bench.record(Bench.flow("lookup", [.find, .validate, .notify]), payment, kind: .partyLookup)
            let told = try Bench.adapter.compose(Bench.input(.notify, record, outcome: .settled))
            #expect(try JSONValue.parse(Bench.body(told)).at("party.name")?.string == (written ? name : nil))
        }
    }
}

import FormatJSON
import Payments
import SchemeFSPIOP
import Testing

@Suite struct DecodeTests {
    static func decode(_ request: WireRequest, _ context: InboundContext = Bench.context()) throws -> Inbound {
        try Bench.adapter.decode(request, context)
    }

    /// What a message tells of which steps.
    static func told(_ request: WireRequest) throws -> (verbs: [Verb], heard: Heard, inbound: Inbound) {
        let inbound = try decode(request)
        guard case .tells(let verbs, let heard) = inbound.meaning else { return ([], Heard(.pending), inbound) }
        return (verbs, heard, inbound)
    }

    // MARK: - Parties

    @Test func aLookupOpensAnEnquiryOfItsOwn() throws {
        let inbound = try Self.decode(Bench.request("GET", "/parties/MSISDN/%2B254700000001/till%207"))
        guard case .opens(.partyLookup, let payment) = inbound.meaning else {
            Issue.record("not a lookup: \(inbound.meaning)")
            return
        }
        #expect(payment.creditor.identifiers == [Identifier("MSISDN", "+254700000001", subId: "till 7")])
        #expect(payment.debtorAgent.fspId == "bluebank")
        #expect(inbound.acknowledgement == WireReply(status: 202))
        var later = Bench.context()
        later.entropy = 8
        let again = try Self.decode(Bench.request("GET", "/parties/MSISDN/%2B254700000001/till%207"), later)
        #expect(again.keys != inbound.keys, "a lookup made twice is two lookups")
    }

    @Test func aPartyThatIsFoundNamesItsBank() throws {
        let body = """
            {"party":{"name":"Bob Blue","partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"+254711",\
            "fspId":"bluebank"}}}
            """
        let (verbs, heard, inbound) = try Self.told(Bench.request("PUT", "/parties/MSISDN/+254711", body))
        #expect(verbs == [.lookup])
        #expect(heard.observation == .done)
        #expect(heard.learned.creditorAgent.fspId == "bluebank")
        #expect(heard.learned.creditor.name == "Bob Blue")
        #expect(inbound.keys == [Bench.key("party", "MSISDN/+254711")])
        #expect(inbound.acknowledgement == WireReply(status: 200))
    }

    @Test(arguments: [
        (#"{"party":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"999","fspId":"bluebank"}}}"#, 400),
        (#"{"party":{"partyIdInfo":{"partyIdType":"EMAIL","partyIdentifier":"254711","fspId":"bluebank"}}}"#, 400),
        (#"{"party":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"254711","fspId":"redbank"}}}"#, 403),
    ])
    func aPartyIsNotAnotherOne(_ body: String, _ status: Int) {
        #expect(Bench.refusal(Bench.request("PUT", "/parties/MSISDN/254711", body))?.answer == Refused(status, "3100"))
    }

    @Test(arguments: [
        ("3204", "creditorAccountUnknown"), ("3200", "identifierUnknown"), ("5106", "creditorCurrencyNotSupported"),
    ])
    func lookupsAreRefusedWithAReason(_ code: String, _ canonical: String) throws {
        let (verbs, heard, inbound) = try Self.told(
            Bench.request("PUT", "/parties/MSISDN/254711/error", Bench.error(code, "no")))
        #expect(verbs == [.lookup])
        #expect(
            heard.observation == .refused(Reason(canonical, network: "fspiop", foreign: code, detail: "no")))
        #expect(inbound.message == "PUT /parties/error")
    }

    @Test func anUnknownCodeDecidesNothing() throws {
        for path in [
            "/parties/MSISDN/254711/error", "/quotes/\(Bench.quoteId)/error", "/transfers/\(Bench.transferId)/error",
        ] {
            let heard = try Self.told(Bench.request("PUT", path, Bench.error("9876", "odd"))).heard
            #expect(heard.observation == .unknown("error 9876 odd"), "\(path)")
        }
    }

    // MARK: - Quotes

    @Test func aQuoteOpensATransfer() throws {
        let inbound = try Self.decode(Bench.request("POST", "/quotes", Bench.quote))
        guard case .opens(.transfer, let payment) = inbound.meaning else {
            Issue.record("not a transfer: \(inbound.meaning)")
            return
        }
        #expect(payment.id.quote == Bench.quoteId)
        #expect(payment.id.schemeTransaction == Bench.transactionId)
        #expect(payment.amount.settlement == Bench.money("12.50"))
        #expect(payment.debtorAgent.fspId == "bluebank")
        #expect(payment.creditorAgent.fspId == "greenbank")
        #expect(payment.creditor.identifiers.first?.value == "254700000001")
        #expect(payment.debtor.name == "Ann Other")
        #expect(payment.type.scenario == "TRANSFER")
        #expect(inbound.keys == [Bench.key("quote", Bench.quoteId)])
        #expect(inbound.aliases == [Bench.key("transaction", Bench.transactionId)])
        #expect(inbound.acknowledgement == WireReply(status: 202))
        #expect(inbound.duplicate == DuplicateRule(sameContent: .replay, otherContent: .refuse("duplicate")))
    }

    @Test func contentIsTheSameWhateverTheOrderOfMembers() throws {
        let hash = try Self.decode(Bench.request("POST", "/quotes", Bench.quote)).contentHash
        let json = try JSONValue.parse(Bench.quote)
        let sorted = String(decoding: json.canonicalBytes, as: UTF8.self)
        #expect(try Self.decode(Bench.request("POST", "/quotes", sorted)).contentHash == hash)
        var other = json
        other["note"] = "RENT"
        let changed = String(decoding: other.canonicalBytes, as: UTF8.self)
        #expect(try Self.decode(Bench.request("POST", "/quotes", changed)).contentHash != hash)
    }

    @Test(
        arguments: [
            ("quoteId", nil, "3102"), ("quoteId", "5F9B1C3E-7D24-4A8B-9C55-0E6A2B1D4F70", "3101"),
            ("quoteId", 7, "3101"),
            ("quoteId", "01HZX5K3Q8R7V6T5S4W3Y2Z1A0", "3101"), ("payer", nil, "3102"), ("payer", "Ann", "3101"),
            ("payee.partyIdInfo", nil, "3102"), ("payee.partyIdInfo.partyIdType", "PASSPORT", "3101"),
            ("payee.partyIdInfo.partyIdentifier", "", "3101"), ("payee.partyIdInfo.fspId", "redbank", "3203"),
            ("amount.amount", "12.50", "3101"), ("amount.amount", "012", "3101"), ("amount.amount", "-1", "3101"),
            ("amount.amount", "1e3", "3101"), ("amount.amount", ".5", "3101"), ("amount.amount", "1.23456", "3101"),
            ("amount.amount", "1234567890123456789", "3101"), ("amount.amount", 12, "3101"),
            ("amount.amount", "0", "3100"),
            ("amount.currency", "EURO", "3101"), ("amount.currency", "QQQ", "3101"), ("amountType", "BOTH", "3101"),
            ("transactionType.scenario", "GIFT", "3101"), ("transactionType.initiator", nil, "3102"),
            ("note", JSONValue.string(String(repeating: "x", count: 129)), "3101"), ("note", "", "3101"),
            ("note", "a\u{0}b", "3101"), ("payer.name", "<script>", "3101"), ("payer.name", "a\u{0}b", "3101"),
            ("payer.personalInfo", ["complexName": ["firstName": "A/B"]], "3101"),
            ("geoCode", ["latitude": "91", "longitude": "0"], "3101"),
            ("geoCode", ["latitude": "abc", "longitude": "0"], "3101"),
            ("geoCode", ["latitude": "90.1", "longitude": "0"], "3101"),
            ("geoCode", ["latitude": "0", "longitude": "180.000001"], "3101"),
            ("geoCode", ["latitude": "01", "longitude": "0"], "3101"),
            ("expiration", "2026-11-30T24:00:00.000Z", "3101"), ("expiration", "0999-11-30T12:00:00.000Z", "3101"),
            ("expiration", "2026-11-23T18:34:40Z", "3101"), ("expiration", "2026-02-30T18:34:40.000Z", "3101"),
            ("extensionList", ["extension": []], "3101"), ("extensionList", ["extension": [["key": "a"]]], "3102"),
            ("extensionList", ["extension": .array(Array(repeating: ["key": "a", "value": "b"], count: 17))], "3103"),
        ] as [(String, JSONValue?, String)])
    func quotesThatBreakARuleAreRefused(_ path: String, _ value: JSONValue?, _ code: String) throws {
        let quote = Self.changed(
            try JSONValue.parse(Bench.quote), path.split(separator: ".").map(String.init)[...], value)
        let request = Bench.request("POST", "/quotes", String(decoding: quote.canonicalBytes, as: UTF8.self))
        let refused = try #require(Bench.refusal(request))
        #expect(refused.answer == Refused(400, code))
        #expect(refused.refusal.path.hasPrefix(path), "\(refused.refusal.path) names the place")
    }

    @Test(
        arguments: [
            ("expiration", "9999-12-31T23:59:59.999Z"), ("expiration", "2300-01-01T00:00:00.000+14:00"),
            ("geoCode", ["latitude": "+90.000", "longitude": "-180"]),
            ("geoCode", ["latitude": "-1.286389", "longitude": "0.5"]),
            ("payer.name", "Müller & Söhne (Bau)"), ("payer.name", "မောင်မောင်"),
            ("payer.personalInfo", ["complexName": ["firstName": "Zoë-Ann", "lastName": "O'Neil jr."]]),
            ("note", "two\nlines"), ("payer.name", JSONValue.string(String(repeating: "x", count: 128))),
        ] as [(String, JSONValue)])
    func quotesThatKeepTheRulesAreTaken(_ path: String, _ value: JSONValue) throws {
        let quote = Self.changed(
            try JSONValue.parse(Bench.quote), path.split(separator: ".").map(String.init)[...], value)
        let request = Bench.request("POST", "/quotes", String(decoding: quote.canonicalBytes, as: UTF8.self))
        #expect(Bench.refusal(request)?.refusal == nil)
    }

    @Test(arguments: ["1690-01-01T00:00:00.000Z", "1000-01-01T00:00:00.000Z", Bench.now.text])
    func aQuoteThatHasExpiredIsNotAskedOfTheCoreBank(_ expiration: String) throws {
        var quote = try JSONValue.parse(Bench.quote)
        quote["expiration"] = .string(expiration)
        let request = Bench.request("POST", "/quotes", String(decoding: quote.canonicalBytes, as: UTF8.self))
        #expect(Bench.refusal(request)?.answer == Refused(400, "3302"))
    }

    @Test(arguments: ["1690-01-01T00:00:00.000Z", "1000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
    func anOrderOfAnyDayIsHeldAgainstTheClock(_ expiration: String) throws {
        let offered = try Bench.offered().payment
        let body = Bench.order(offered).replacing(Bench.time(20_000).text, with: expiration)
        let inbound = try Self.decode(Bench.request("POST", "/transfers", body))
        guard case .takesUp(let order) = inbound.meaning else {
            Issue.record("no order")
            return
        }
        let heard = Bench.adapter.takeUp(order, Bench.record(Bench.incoming, offered), Bench.now)
        #expect((heard.observation == .done) == expiration.hasPrefix("9"))
    }

    @Test func aBodyThatIsNoObjectIsNamed() throws {
        let refused = try #require(Bench.refusal(Bench.request("POST", "/quotes", "[]")))
        #expect(
            try JSONValue.parse(refused.reply.body).at("errorInformation.errorDescription")
                == "The body is not an object")
    }

    static func changed(_ json: JSONValue, _ path: ArraySlice<String>, _ value: JSONValue?) -> JSONValue {
        var json = json
        guard let name = path.first else { return value ?? .null }
        if path.count == 1 {
            json[name] = value
        } else {
            json[name] = changed(json[name] ?? .null, path.dropFirst(), value)
        }
        return json
    }

    @Test func nobodyAsksForAnothersCustomer() {
        let request = Bench.request("POST", "/quotes", Bench.quote, source: "redbank")
        #expect(Bench.refusal(request)?.answer == Refused(403, "3100"))
        let other = Bench.quote.replacing("\"bluebank\"", with: "\"BlueBank\"")
        #expect(Bench.refusal(Bench.request("POST", "/quotes", other))?.answer == Refused(403, "3100"))
    }

    @Test func termsAreLearned() throws {
        let terms = try Bench.peerTerms("12.50", fspId: "bluebank")
        let (verbs, heard, inbound) = try Self.told(
            Bench.request("PUT", "/quotes/\(Bench.quoteId)", Self.answer(terms)))
        #expect(verbs == [.quote])
        #expect(heard.observation == .done)
        #expect(heard.learned.terms.transferAmount == Bench.money("12.50"))
        #expect(heard.learned.terms.ilpPacket == terms.ilpPacket)
        #expect(heard.learned.terms.condition == terms.condition)
        #expect(heard.learned.terms.expiresAt?.instant == terms.expiresAt?.instant)
        #expect(inbound.keys == [Bench.key("quote", Bench.quoteId)])
    }

    @Test func termsThatContradictThemselvesAreRefused() throws {
        let terms = try Bench.peerTerms("12.50", fspId: "bluebank")
        var other = terms
        other.transferAmount = Bench.money("12.51")
        #expect(try Self.canonical(other) == "amountNotAsAgreed")
        other = terms
        other.expiresAt = Bench.time(0)
        #expect(try Self.canonical(other) == "quoteExpired")
        other = terms
        other.ilpPacket = "AAAA"
        #expect(try Self.canonical(other) == "malformed")
        let elsewhere = "00000000-0000-4000-8000-000000000000"
        let heard = try Self.told(Bench.request("PUT", "/quotes/\(elsewhere)", Self.answer(terms))).heard
        guard case .refused(let reason) = heard.observation else {
            Issue.record("\(heard.observation)")
            return
        }
        #expect(reason.detail == "ilpPacket is of another quote")
    }

    static func canonical(_ terms: Terms) throws -> String? {
        let heard = try told(Bench.request("PUT", "/quotes/\(Bench.quoteId)", answer(terms))).heard
        guard case .refused(let reason) = heard.observation else { return nil }
        #expect(heard.learned.terms == Terms())
        return reason.canonical
    }

    static func answer(_ terms: Terms) -> String {
        let amount = (try? terms.transferAmount?.text(.fspiop)) ?? ""
        return """
            {"transferAmount":{"amount":"\(amount)","currency":"EUR"},"expiration":"\(terms.expiresAt?.text ?? "")",\
            "ilpPacket":"\(terms.ilpPacket ?? "")","condition":"\(terms.condition ?? "")"}
            """
    }

    // MARK: - Transfers

    @Test func anOrderTakesUpTheQuoteOfItsPacket() throws {
        let offered = try Bench.offered().payment
        let inbound = try Self.decode(Bench.request("POST", "/transfers", Bench.order(offered)))
        guard case .takesUp(let order) = inbound.meaning else {
            Issue.record("not an order: \(inbound.meaning)")
            return
        }
        #expect(order.id.transfer == Bench.transferId)
        #expect(order.terms.transferAmount ?? order.amount.settlement == Bench.money("12.50"))
        #expect(order.expiresAt?.instant == Bench.now.adding(milliseconds: 20_000))
        #expect(
            inbound.keys == [
                Bench.key("transfer", Bench.transferId), Bench.key("quote", Bench.quoteId),
                Bench.key("transaction", Bench.transactionId),
            ])
        #expect(inbound.aliases == [Bench.key("transfer", Bench.transferId)])
        #expect(inbound.acknowledgement == WireReply(status: 202))
    }

    @Test func anOrderIsPlacedByItsPayersBankAlone() throws {
        let order = Bench.order(try Bench.offered().payment)
        #expect(
            Bench.refusal(Bench.request("POST", "/transfers", order, source: "redbank"))?.answer == Refused(403, "3100")
        )
        #expect(
            Bench.refusal(Bench.request("POST", "/transfers", order, source: "Bluebank"))?.answer
                == Refused(403, "3100"))
        let misrouted = order.replacing("\"payeeFsp\":\"greenbank\"", with: "\"payeeFsp\":\"redbank\"")
        #expect(Bench.refusal(Bench.request("POST", "/transfers", misrouted))?.answer == Refused(400, "3203"))
        let opaque = order.replacing(try #require(try Bench.offered().payment.terms.ilpPacket), with: "AAAA")
        #expect(Bench.refusal(Bench.request("POST", "/transfers", opaque))?.answer == Refused(400, "3101"))
    }

    @Test(arguments: [
        (#"{"transferState":"COMMITTED"}"#, Observation.done), (#"{"transferState":"RESERVED"}"#, .pending),
        (#"{"transferState":"RECEIVED"}"#, .pending),
    ])
    func statesOfATransfer(_ body: String, _ observation: Observation) throws {
        let (verbs, heard, inbound) = try Self.told(Bench.request("PUT", "/transfers/\(Bench.transferId)", body))
        #expect(verbs == [.send, .accept])
        #expect(heard.observation == observation)
        #expect(heard.facts == (observation == .done ? [.settled] : []))
        #expect(inbound.keys == [Bench.key("transfer", Bench.transferId)])
    }

    @Test func anAbortedTransferIsRefused() throws {
        let body = #"{"transferState":"ABORTED","completedTimestamp":"2026-11-23T18:34:40.000Z"}"#
        for method in ["PUT", "PATCH"] {
            let (verbs, heard, _) = try Self.told(Bench.request(method, "/transfers/\(Bench.transferId)", body))
            #expect(verbs == (method == "PUT" ? [.send, .accept] : [.accept]))
            guard case .refused(let reason) = heard.observation else {
                Issue.record("\(heard.observation)")
                continue
            }
            #expect(reason.foreign == "ABORTED")
            #expect(heard.facts.isEmpty)
        }
    }

    @Test func thePatchOfTheHubSettles() throws {
        let body = #"{"transferState":"COMMITTED","completedTimestamp":"2026-11-23T18:34:40.000Z"}"#
        let (verbs, heard, _) = try Self.told(
            Bench.request("PATCH", "/transfers/\(Bench.transferId)", body, source: "Hub"))
        #expect(verbs == [.accept])
        #expect(heard.observation == .done)
        #expect(heard.facts == [.settled])
        let old = Bench.request("PATCH", "/transfers/\(Bench.transferId)", body, version: "1.0")
        #expect(Bench.refusal(old)?.answer == Refused(406, "3001"))
    }

    @Test(arguments: [
        #"{}"#, #"{"transferState":"DONE"}"#, #"{"transferState":null}"#,
        #"{"transferState":"COMMITTED","fulfilment":"x"}"#,
    ])
    func strangeStatesAreRefused(_ body: String) throws {
        let refused = try #require(Bench.refusal(Bench.request("PUT", "/transfers/\(Bench.transferId)", body)))
        #expect(refused.answer.status == 400)
    }

    @Test(arguments: [
        ("3208", "absent"), ("3303", "refused"), ("3302", "refused"), ("4001", "refused"), ("5104", "refused"),
        ("3100", "refused"), ("3106", "unknown"), ("1000", "unknown"), ("1001", "unknown"), ("2000", "unknown"),
        ("2001", "unknown"), ("2003", "unknown"), ("2004", "unknown"), ("9999", "unknown"),
    ])
    func onlyWhatEndsATransferRefusesIt(_ code: String, _ wanted: String) throws {
        let (verbs, heard, _) = try Self.told(
            Bench.request("PUT", "/transfers/\(Bench.transferId)/error", Bench.error(code)))
        #expect(verbs == [.send, .accept])
        switch heard.observation {
        case .refused(let reason):
            #expect(wanted == "refused")
            #expect(reason.foreign == code)
        case .absent: #expect(wanted == "absent")
        case .unknown: #expect(wanted == "unknown")
        default: Issue.record("\(heard.observation)")
        }
    }

    @Test func anEnquiryIsAnsweredFromTheRecord() throws {
        for (path, what, id) in [
            ("/transfers/\(Bench.transferId)", "transfer", Bench.transferId),
            ("/quotes/\(Bench.quoteId)", "quote", Bench.quoteId),
        ] {
            let inbound = try Self.decode(Bench.request("GET", path, source: "Hub"))
            guard case .asksStatus(let enquiry) = inbound.meaning else {
                Issue.record("\(inbound.meaning)")
                continue
            }
            #expect(inbound.keys == [Bench.key(what, id)])
            #expect(enquiry.message.from.fspId == "Hub")
        }
    }

    // MARK: - Hostile input

    @Test(arguments: ["", "{", "[]", "null", "\"x\"", "{\"a\":1}{", "\u{FEFF}{}", #"{"quoteId":"a","quoteId":"b"}"#])
    func bodiesThatAreNoMessage(_ body: String) throws {
        let refused = try #require(Bench.refusal(Bench.request("POST", "/quotes", body)))
        #expect(refused.answer.status == 400)
        #expect(["3101", "3102"].contains(refused.answer.code))
    }

    @Test func hugeAndDeepBodiesAreRefused() {
        let huge = #"{"note":""# + String(repeating: "x", count: 5_300_000) + #""}"#
        #expect(Bench.refusal(Bench.request("POST", "/quotes", huge))?.answer == Refused(400, "3104"))
        let deep = String(repeating: "[", count: 10_000)
        #expect(Bench.refusal(Bench.request("POST", "/quotes", deep))?.answer.status == 400)
    }

    @Test func noMutationOfAMessageBreaksTheAdapter() throws {
        let order = Bench.order(try Bench.offered().payment)
        var source = IdentitySource(seed: 99)
        for (path, body) in [("/quotes", Bench.quote), ("/transfers", order)] {
            for _ in 0..<400 {
                var bytes = Array(body.utf8)
                for _ in 0...(source.next() % 3) {
                    bytes[Int(source.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: source.next())
                }
                var request = Bench.request("POST", path)
                request.body = bytes
                guard let refused = Bench.refusal(request) else { continue }
                #expect(refused.answer.code.count == 4, "every refusal says why in the scheme's words")
                #expect((try? JSONValue.parse(refused.reply.body)) != nil)
            }
        }
    }
}

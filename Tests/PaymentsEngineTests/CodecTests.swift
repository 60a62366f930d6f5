import FormatJSON
import Payments
import PaymentsEngine
import Testing

@Suite("What the journal holds reads back as it was")
struct CodecTests {
    private static func text(_ dice: inout IdentitySource) -> String {
        let alphabet: [String] = [
            "a", "Z", "\"", "\\", "\u{0}", "\n", "é", "😀", "{", "[", " ", "0", "\u{7F}", "\u{2028}",
        ]
        return (0..<Int(dice.next() % 9)).map { _ in alphabet[Int(dice.next() % UInt64(alphabet.count))] }.joined()
    }

    private static func value(_ kind: FieldKind, _ dice: inout IdentitySource) -> FieldValue {
        switch kind {
        case .text: return .text(text(&dice))
        case .money:
            let units = Int128(Int64(bitPattern: dice.next())) * (dice.next() % 2 == 0 ? 1 : 3)
            return .money(Money(units: units, currency: Model.ten().currency) ?? Model.ten())
        case .date: return .date(CivilDate(dayNumber: Int64(dice.next() % 40_000)))
        case .dateTime: return .dateTime(DateTime(Instant(milliseconds: Int64(dice.next() % 4_000_000_000_000))))
        case .count: return .count(Int(dice.next() % 1_000))
        }
    }

    /// A payment with about one in `sparseness` of all fields, and lists with elements that may be empty.
    private static func payment(_ dice: inout IdentitySource, sparseness: UInt64) -> Payment {
        var payment = Payment()
        for field in PaymentFields.scalar where dice.next() % sparseness == 0 {
            _ = field.set(&payment, value(field.kind, &dice))
        }
        for list in PaymentFields.lists where dice.next() % sparseness == 0 {
            for _ in 0..<(1 + dice.next() % 3) {
                list.append(&payment)
                for field in PaymentFields.inList(list.name) where dice.next() % sparseness == 0 {
                    _ = field.set(&payment, value(field.kind, &dice))
                }
            }
        }
        return payment
    }

    private static func events(_ dice: inout IdentitySource) -> [PaymentEvent] {
        func number(_ dice: inout IdentitySource) -> Int { Int(dice.next() % 1_000) }
        func word(_ dice: inout IdentitySource) -> String { text(&dice) }
        func maybe(_ dice: inout IdentitySource) -> String? { dice.next() % 2 == 0 ? nil : text(&dice) }
        func reason(_ dice: inout IdentitySource) -> Reason {
            Reason(word(&dice), network: maybe(&dice), foreign: maybe(&dice), detail: maybe(&dice))
        }
        let time = Instant(nanoseconds: Int64(dice.next() >> 2))
        let targets: [RouteTarget] = [.network("n" + word(&dice)), .onUs, .refuse(word(&dice))]
        let observations: [Observation] = [
            .done, .pending, .unknown(word(&dice)), .unsent(word(&dice)), .refused(reason(&dice)),
            .absent(reason(&dice)), .failed(word(&dice)),
        ]
        var events: [PaymentEvent] = [
            .received(
                Origin(
                    tenant: word(&dice), network: word(&dice), peer: word(&dice), kind: .return,
                    contentHash: word(&dice), answerBy: time, trace: maybe(&dice)), payment(&dice, sparseness: 3)),
            .planned(
                flow: word(&dice), version: word(&dice), tables: word(&dice), steps: [word(&dice), word(&dice)]),
            .observed(step: 0, purpose: .ask, .review(Reason(word(&dice))), learned: Payment()),
            .asked(
                step: number(&dice), purpose: .query, exchange: number(&dice), deadline: time,
                learned: payment(&dice, sparseness: 9),
                losses: [Loss(message: word(&dice), field: word(&dice), why: word(&dice))]),
            .asked(step: 0, purpose: .undo, exchange: 0, deadline: nil, learned: Payment(), losses: []),
            .skipped(step: number(&dice), why: word(&dice)),
            .booked(.move(word(&dice), Model.ten(), from: .exposure, word(&dice), to: .suspense, word(&dice))),
            .refused(reason(&dice)),
            .answeredEarly(exchange: number(&dice), .rejected, why: word(&dice)),
            .parked(step: number(&dice), why: word(&dice)),
            .resolved(step: number(&dice), as: .settled, by: word(&dice), evidence: word(&dice)),
            .contradicted(step: number(&dice), says: word(&dice)),
        ]
        events += PaymentOutcome.allCases.map { .finished($0) } + Fact.allCases.map { .stated($0) }
        events += Purpose.allCases.flatMap { purpose in
            observations.map {
                .observed(step: 1, purpose: purpose, $0, learned: payment(&dice, sparseness: 40))
            }
        }
        events += targets.map {
            .routed(
                RouteDecision(
                    version: word(&dice), line: number(&dice), target: $0, alternates: [word(&dice)], flow: word(&dice),
                    note: word(&dice)))
        }
        return events
    }

    @Test("Every event", arguments: 1...12 as ClosedRange<UInt64>) func events(_ seed: UInt64) {
        var dice = IdentitySource(seed: seed)
        for event in Self.events(&dice) {
            let (kind, body) = EventCodec.encode(event)
            #expect(EventCodec.decode(kind: kind, body: body) == event)
        }
    }

    @Test("A payment with every field and every list filled, and one with nothing") func everyField() throws {
        var dice = IdentitySource(seed: 99)
        for payment in [Self.payment(&dice, sparseness: 1), Payment()] {
            var json = JSONWriter()
            PaymentCodec.write(payment, into: &json)
            #expect(PaymentCodec.read(try JSONValue.parse(json.bytes)) == payment)
        }
    }

    @Test("An element that says nothing keeps its place in its list") func emptyElement() throws {
        var payment = Payment()
        payment.creditor.identifiers = [Identifier(), Identifier("IBAN", "X"), Identifier()]
        payment.fees = [Charge()]
        payment.regulatory = ["", "b"]
        var json = JSONWriter()
        PaymentCodec.write(payment, into: &json)
        #expect(PaymentCodec.read(try JSONValue.parse(json.bytes)) == payment)
    }

    @Test("What the journal holds stays as it is, letter by letter") func stored() throws {
        var payment = Payment()
        payment.id.endToEnd = "E\"1"
        payment.message.count = 1
        payment.amount.settlement = try Money("12.50", try #require(Currency("EUR")), rule: .exact)
        payment.creditor.name = "Zoë"
        payment.creditor.identifiers = (0..<6).map { $0 == 2 ? Identifier() : Identifier("IBAN", "I\($0)") }
        payment.regulatory = ["a", ""]
        payment.sideCar = [SideCarEntry(path: "p", value: "v")]
        var json = JSONWriter()
        PaymentCodec.write(payment, into: &json)
        let identifiers = [
            #""creditor.identifiers[0].kind":"IBAN","creditor.identifiers[0].value":"I0""#,
            #""creditor.identifiers[1].kind":"IBAN","creditor.identifiers[1].value":"I1","creditor.identifiers[2]":"""#,
            #""creditor.identifiers[3].kind":"IBAN","creditor.identifiers[3].value":"I3""#,
            #""creditor.identifiers[4].kind":"IBAN","creditor.identifiers[4].value":"I4""#,
            #""creditor.identifiers[5].kind":"IBAN","creditor.identifiers[5].value":"I5""#,
        ].joined(separator: ",")
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"id.endToEnd":"E\"1","message.count":"1","amount.settlement":"EUR 12.5","creditor.name":"Zoë","#
                + #""regulatory[0]":"a","regulatory[1]":"","# + identifiers
                + #","sideCar[0].path":"p","sideCar[0].value":"v"}"#)
    }

    @Test("A payment larger than any message is read back") func large() {
        var payment = Payment()
        for index in 0..<12_000 { payment.sideCar.append(SideCarEntry(path: "p\(index)", value: "v")) }
        let event = PaymentEvent.observed(step: 0, purpose: .ask, .done, learned: payment)
        let (kind, body) = EventCodec.encode(event)
        #expect(EventCodec.decode(kind: kind, body: body) == event)
    }

    @Test("Damaged and hostile bodies are refused, whatever they are") func hostile() {
        var dice = IdentitySource(seed: 5)
        var encoded = Self.events(&dice).map { EventCodec.encode($0) }
        encoded += [("asked", Array("{}".utf8)), ("received", []), ("observed", Array("[1]".utf8))]
        for (kind, body) in encoded {
            #expect(EventCodec.decode(kind: "unheard of", body: body) == nil)
            #expect(EventCodec.decode(kind: kind, body: Array(body.dropLast())) == nil)
            for _ in 0..<6 where !body.isEmpty {
                var damaged = body
                damaged[Int(dice.next() % UInt64(body.count))] = UInt8(truncatingIfNeeded: dice.next())
                if let event = EventCodec.decode(kind: kind, body: damaged) {
                    #expect(EventCodec.decode(kind: kind, body: EventCodec.encode(event).body) == event)
                }
            }
        }
        let names = [
            "{\"sideCar[9].path\":\"x\"}", "{\"sideCar[-1].path\":\"x\"}", "{\"sideCar[].path\":\"x\"}",
            "{\"nothing\":\"x\"}",
            "{\"sideCar]0[.path\":\"x\"}", "{\"id.uetr\":1}", "{\"amount.settlement\":\"EUR x\"}",
            "{\"regulatory\":\"x\"}",
            "{\"sideCar[99999999999999999999].path\":\"x\"}", "{\"sideCar[0]\":\"x\"}", "[]",
            "{\"message.count\":\"x\"}",
            // A mark over a bracket makes another character of it.
            "{\"debtor.identifiers[\u{301}0].kind\":\"IBAN\"}", "{\"debtor.identifiers[0]\u{301}.kind\":\"IBAN\"}",
        ]
        for text in names {
            #expect((try? JSONValue.parse(text)).flatMap(PaymentCodec.read) == nil, "\(text)")
        }
    }

    @Test("Stored bytes of requests and replies, text and not", arguments: 1...20 as ClosedRange<UInt64>)
    func wire(_ seed: UInt64) {
        var dice = IdentitySource(seed: seed)
        let bodies = [[], Array(Self.text(&dice).utf8), dice.bytes(40), [0xFF, 0x00]]
        for body in bodies {
            let headers = (0..<Int(dice.next() % 3)).map { _ in WireHeader(Self.text(&dice), Self.text(&dice)) }
            let request = WireRequest(
                method: "PUT", path: "/" + Self.text(&dice), query: Self.text(&dice), headers: headers, body: body)
            let wires: [StoredWire] = [
                .request(request, lane: nil), .request(request, lane: Self.text(&dice)),
                .reply(WireReply(status: 202, headers: headers, body: body)),
            ]
            for wire in wires {
                #expect(StoredWire(bytes: wire.bytes) == wire)
                #expect(StoredWire(bytes: Array(wire.bytes.dropLast())) == nil)
            }
        }
        #expect(StoredWire(bytes: Array("{\"status\":1,\"headers\":[\"a\"]}".utf8)) == nil)
        #expect(StoredWire(bytes: Array("{\"status\":1,\"headers\":[],\"bodyHex\":\"0\"}".utf8)) == nil)
        #expect(StoredWire(bytes: Array("{\"status\":1,\"headers\":[],\"bodyHex\":\"zz\"}".utf8)) == nil)
        #expect(StoredWire(bytes: Array("{\"headers\":[]}".utf8)) == nil)
    }
}

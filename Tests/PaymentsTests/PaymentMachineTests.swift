import Payments
import Testing

@Suite("A record is the fold of its events") struct PaymentMachineTests {
    private let outgoing = flow("outgoing", goodReserve, goodSend, goodPost, goodNotify)

    private func fresh() -> PaymentRecord { PaymentRecord(id: PaymentID(high: 1, low: 2)) }

    @discardableResult
    private func apply(_ events: [PaymentEvent], to record: inout PaymentRecord) -> [StepVerdict] {
        events.map { event in
            let time = Instant(seconds: Int64(record.sequence) + 1_000)
            return PaymentMachine.apply(event, at: time, to: &record) { name, _ in
                name == "outgoing" ? outgoing : nil
            }
        }
    }

    private func opening() throws -> [PaymentEvent] {
        var payment = Payment()
        payment.id.endToEnd = "E2E-1"
        payment.amount.settlement = try Money("12.50", eur)
        let origin = Origin(tenant: "bank-a", network: "channel", peer: "app", kind: .transfer, contentHash: "h")
        let route = RouteDecision(
            version: "r1", line: 3, target: .network("mojaloop:hub1"), alternates: [], flow: "outgoing", note: "")
        return [
            .received(origin, payment), .routed(route),
            .planned(flow: "outgoing", version: "f1", tables: nil, steps: ["reserve", "send", "post", "notify"]),
        ]
    }

    private func asked(_ step: Int, _ purpose: Purpose = .ask, exchange: Int) -> PaymentEvent {
        .asked(
            step: step, purpose: purpose, exchange: exchange, deadline: Instant(seconds: 2_000), learned: Payment(),
            losses: [])
    }

    private func observed(_ step: Int, _ observation: Observation, _ purpose: Purpose = .ask) -> PaymentEvent {
        .observed(step: step, purpose: purpose, observation, learned: Payment())
    }

    @Test("From received to settled") func settled() throws {
        var record = fresh()
        apply(try opening(), to: &record)
        #expect(record.stage == "received")
        #expect(record.network == "mojaloop:hub1")
        #expect(record.states == [.planned, .planned, .planned, .planned])
        for step in 0..<4 {
            #expect(apply([asked(step, exchange: step)], to: &record) == [.moved])
            #expect(record.stage == record.flow?.steps[step].hop.rawValue)
            #expect(apply([observed(step, .done)], to: &record) == [.moved])
        }
        apply([.stated(.settled), .stated(.posted), .finished(.settled)], to: &record)
        #expect(record.stage == "settled")
        #expect(record.outcome == .settled)
        #expect(record.facts == FactSet([.received, .settled, .posted]))
        #expect(record.sequence == 14)
        #expect(record.exchanges == 4)
        #expect(record.receivedAt == Instant(seconds: 1_000))
        #expect(record.changedAt == Instant(seconds: 1_013))
    }

    @Test("From received to rejected, the hold undone") func rejected() throws {
        var record = fresh()
        let no = Reason("creditorAccountUnknown", network: "fspiop", foreign: "3204")
        apply(try opening(), to: &record)
        apply(
            [
                asked(0, exchange: 0), observed(0, .done), asked(1, exchange: 1), observed(1, .refused(no)),
                asked(0, .undo, exchange: 2), observed(0, .done, .undo), .finished(.rejected),
            ], to: &record)
        #expect(record.states == [.undone, .refused, .planned, .planned])
        #expect(record.reason == no)
        #expect(record.stage == "rejected")
        #expect(record.steps[0].undos == 1)
    }

    @Test("Silence is unknown; an enquiry finds out") func unknown() throws {
        var record = fresh()
        apply(try opening(), to: &record)
        apply([asked(0, exchange: 0), observed(0, .unknown("no answer in time"))], to: &record)
        #expect(record.stage == "unknown")
        #expect(record.steps[0].doubt == "no answer in time")
        apply([asked(0, .query, exchange: 1)], to: &record)
        #expect(record.steps[0].queryUnderWay)
        #expect(record.states[0] == .unknown)
        apply([observed(0, .absent(Reason("notFound", detail: "no such order")), .query)], to: &record)
        #expect(record.states[0] == .unknown, "not found is not a refusal")
        #expect(!record.steps[0].queryUnderWay)
        apply([asked(0, .query, exchange: 2), observed(0, .done, .query)], to: &record)
        #expect(record.states[0] == .done)
        #expect(record.steps[0].queries == 2)
        #expect(record.steps[0].attempts == 1)
    }

    @Test("A request that never left may go again; one that may have left may not") func unsent() throws {
        var record = fresh()
        apply(try opening(), to: &record)
        apply([asked(0, exchange: 0), observed(0, .unsent("connection refused"))], to: &record)
        #expect(record.states[0] == .planned)
        apply([asked(0, exchange: 1), observed(0, .unknown("broken"))], to: &record)
        #expect(apply([observed(0, .unsent("the enquiry found no connection"), .query)], to: &record) == [.moved])
        #expect(record.states[0] == .unknown)
        #expect(record.steps[0].attempts == 2)
    }

    @Test("An attempt that failed without effect may be made anew, as another attempt") func failed() throws {
        var record = fresh()
        apply(try opening(), to: &record)
        apply([asked(0, exchange: 0), observed(0, .unknown("broken"))], to: &record)
        apply([asked(0, .query, exchange: 1), observed(0, .failed("kept under its key"), .query)], to: &record)
        #expect(record.states[0] == .planned)
        #expect(!record.steps[0].mayHaveLeft && !record.steps[0].queryUnderWay)
        apply([asked(0, exchange: 2), observed(0, .done)], to: &record)
        #expect(record.states[0] == .done)
        #expect(record.steps[0].attempts == 2)
        #expect(apply([observed(0, .failed("late echo"))], to: &record) == [.ignored])
        #expect(record.states[0] == .done)
    }

    @Test("The opposite answer changes nothing and is told; the same answer changes nothing") func contradictions()
        throws
    {
        var record = fresh()
        apply(try opening(), to: &record)
        apply([asked(0, exchange: 0), observed(0, .done)], to: &record)
        let before = record.steps
        #expect(apply([observed(0, .refused(Reason("insufficientFunds")))], to: &record) == [.contradiction])
        #expect(record.steps.map(\.state) == before.map(\.state))
        #expect(record.reason == nil)
        #expect(apply([observed(0, .done)], to: &record) == [.ignored])
        apply([.contradicted(step: 0, says: "insufficientFunds")], to: &record)
        #expect(record.contradictions == ["insufficientFunds"])
        apply([.stated(.settled)], to: &record)
        #expect(apply([.stated(.rejected)], to: &record) == [.ignored])
        #expect(!record.facts.contains(.rejected))
    }

    @Test("A parked payment waits for a person, whose word settles the step", arguments: PaymentOutcome.allCases)
    func parked(_ outcome: PaymentOutcome) throws {
        var record = fresh()
        apply(try opening(), to: &record)
        apply([asked(0, exchange: 0), observed(0, .unknown("silent")), .parked(step: 0, why: "silent")], to: &record)
        #expect(record.stage == "parked")
        #expect(record.parkedStep == 0)
        apply([.resolved(step: 0, as: outcome, by: "ann", evidence: "statement 12")], to: &record)
        #expect(record.parked == nil)
        #expect(record.states[0] == (outcome == .settled ? .done : .refused))
        #expect(record.reason?.canonical == (outcome == .settled ? nil : "operatorRejected"))
    }

    @Test("What is learned joins the payment; what is lost in translation is kept") func learned() throws {
        var record = fresh()
        apply(try opening(), to: &record)
        var ids = Payment()
        ids.id.transfer = "b51ec534-ee48-4575-b6a9-ead2955b8069"
        let loss = Loss(message: "POST /transfers", field: "purpose", why: "no place")
        apply(
            [.asked(step: 0, purpose: .ask, exchange: 0, deadline: nil, learned: ids, losses: [loss])], to: &record)
        #expect(record.payment.id.transfer == ids.id.transfer)
        #expect(record.payment.id.endToEnd == "E2E-1")
        #expect(record.losses == [loss])
    }

    @Test("Events that do not fit are reported and leave the steps alone") func impossible() throws {
        var record = fresh()
        apply(try opening(), to: &record)
        for event in [asked(9, exchange: 0), asked(-1, exchange: 0), observed(9, .done), .skipped(step: 4, why: "")] {
            #expect(apply([event], to: &record) == [.impossible])
        }
        #expect(apply([observed(0, .done)], to: &record) == [.impossible])
        #expect(record.states == [.planned, .planned, .planned, .planned])
        var other = fresh()
        #expect(
            apply([.planned(flow: "no such flow", version: "", tables: nil, steps: [])], to: &other) == [.impossible])
        #expect(other.flow == nil)
    }

    @Test("The same events make the same record") func replay() throws {
        var events = try opening()
        events += [asked(0, exchange: 0), observed(0, .done), asked(1, exchange: 1), observed(1, .unknown("silent"))]
        var first = fresh()
        var second = fresh()
        apply(events, to: &first)
        for event in events { apply([event], to: &second) }
        #expect(first == second)
    }
}

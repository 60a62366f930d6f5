import Payments
import PaymentsEngine

/// The far side of the simulation: the wire, the peers and the operator.
extension Simulation {
    mutating func arrives(_ id: PaymentID, _ exchange: Exchange, _ life: Int64) {
        guard case .request(let request, _)? = StoredWire(bytes: exchange.wire) else { return }
        let words = String(decoding: request.body, as: UTF8.self).split(separator: " ").map(String.init)
        guard let verb = Verb(rawValue: String(request.path.dropFirst())), words.count >= 2 else { return }
        // What a core bank does belongs to one plan of the payment.
        let isOfLaterPlan = verb.side == .ams && words.count > 2 && words[2].hasPrefix("plan-")
        let name = isOfLaterPlan ? "\(words[1])/\(words[2])" : words[1]
        func answer(_ outcome: WireOutcome, after: Int64, _ queue: inout EventQueue) {
            queue.push(now.adding(milliseconds: after), .answer(id, exchange, outcome, life: life))
        }
        if fault(12) { return answer(.notSent("no route"), after: 5, &queue) }
        if fault(12) { return answer(.unknown("it was lost"), after: Int64(dice.next() % 6_000), &queue) }
        if fault(12) {
            // It goes on by itself, and late: we hear of the break at once.
            answer(.unknown("the connection broke"), after: 10, &queue)
            if verb.side != .ams {
                queue.push(now.adding(milliseconds: Int64(dice.next() % 4_000)), .arrives(id, exchange, life: -1))
            }
            return
        }
        let (word, later) = farSide.hear(
            verb, words[0], name, order: words.joined(separator: " "), now: now, dice: &dice)
        trace.append("\(now.text) \(words[1]) \(verb.rawValue) \(words[0]) hears \(word)")
        follow(verb, words[1], word, later)
        if fault(10) { return answer(.unknown("the answer was lost"), after: Int64(dice.next() % 6_000), &queue) }
        if fault(30) { return answer(.replied(WireReply(status: 500, body: Array("oops".utf8))), after: 20, &queue) }
        let delay = fault(8) ? Int64(dice.next() % 9_000) : Int64(5 + dice.next() % 300)
        answer(.replied(WireReply(status: 200, body: Array(word.utf8))), after: delay, &queue)
    }

    /// What comes by itself later: decisions by callback, the order that takes up an offer.
    private mutating func follow(_ verb: Verb, _ e2e: String, _ word: String, _ later: Instant?) {
        if let later {
            let copies = fault(5) ? 0 : chance(4) ? 2 : 1
            for _ in 0..<copies {
                let at = later.adding(milliseconds: Int64(dice.next() % 200))
                queue.push(at, .tells(verb, e2e: e2e, word: farSide.isDone(verb, e2e) ? "done" : "refused"))
            }
        }
        if verb == .offer, word == "pending", !chance(8) {
            let copies = chance(4) ? 2 : 1
            for _ in 0..<copies {
                queue.push(now.adding(milliseconds: 20 + Int64(dice.next() % 12_000)), .takesUp(e2e: e2e))
            }
        }
    }

    /// An operator asks the far side by other means and says what is true, or places the money by hand.
    mutating func person(_ id: PaymentID) {
        let record = load(id).record
        guard record.parked != nil, let step = record.parkedStep, let flow = record.flow,
            let e2e = record.payment.id.endToEnd
        else { return }
        let verb = flow.steps[step].verb
        guard farSide.isFinal(verb, e2e, now) else {
            return queue.push(now.adding(milliseconds: 10_000), .person(id))
        }
        let outcome: PaymentOutcome
        switch record.steps[step].state {
        case .planned where verb == .accept: outcome = chance(2) ? .settled : .rejected
        case .unknown where verb == .screen: outcome = chance(2) ? .settled : .rejected
        case .done where verb == .accept: outcome = .rejected
        case .planned: return
        case .undoing, .done:
            farSide.released.insert(e2e)
            outcome = .rejected
        case .refused:
            farSide.placed.insert(e2e)
            outcome = .settled
        default: outcome = farSide.isDone(verb, e2e) ? .settled : .rejected
        }
        trace.append("\(now.text) \(e2e) a person says \(outcome.rawValue)")
        queue.push(now, .input(input(id, .resolve(as: outcome, by: "ann", evidence: "a call")), life: life))
        queue.push(now.adding(milliseconds: 60_000), .person(id))
    }

    /// Everything that is wrong at the end of the story.
    func wrongs() -> [String] {
        var wrongs = farSide.wrongs + journal.defects
        if !isOver { wrongs.append("the story does not end: \(journal.rows.values.map(\.view.stage).sorted())") }
        for (e2e, id) in payments.sorted(by: { $0.key < $1.key }) {
            let record = load(id).record
            if let outcome = record.outcome { wrongs += judge(e2e, record, outcome).map { "\(e2e): \($0)" } }
        }
        return wrongs
    }

    private func judge(_ e2e: String, _ record: PaymentRecord, _ outcome: PaymentOutcome) -> [String] {
        var wrongs: [String] = []
        func expect(_ isTrue: Bool, _ says: String) { if !isTrue { wrongs.append(says) } }
        let isSettled = outcome == .settled
        expect(record.contradictions.isEmpty, "a truthful world is said to contradict itself: \(record.contradictions)")
        for account in [LedgerAccount.transit, .suspense] {
            let open = record.bookings.flatMap(\.entries).filter { $0.account == account }.reduce(0) {
                $0 + $1.amount.units
            }
            expect(open == 0, "\(open) is left on \(account)")
        }
        switch flows[e2e] {
        case "outgoing", "guarded":
            expect(isSettled == farSide.isDone(.send, e2e), "\(outcome), and the network disagrees")
            let posted = farSide.count(of: e2e, in: farSide.posted) + farSide.count(of: e2e, in: farSide.placed)
            expect(posted == (isSettled ? 1 : 0), "posted: \(posted)")
            let open = farSide.held.subtracting(farSide.released).subtracting(farSide.posted)
            expect(isSettled || farSide.count(of: e2e, in: open) == 0, "the hold is left")
            if isSettled { expect(farSide.count(of: e2e, in: open) <= 1, "a second hold is left") }
        case "on-us":
            let posted = farSide.posted.contains(e2e)
            expect(isSettled == posted, "\(outcome), and the core bank disagrees")
            let credited = farSide.credited.contains(e2e) || farSide.placed.contains(e2e)
            expect(credited == posted, "credited: \(credited)")
            expect(posted || !farSide.held.contains(e2e) || farSide.released.contains(e2e), "the hold is left")
        case "incoming":
            expect(isSettled == farSide.isDone(.accept, e2e), "\(outcome), and the network disagrees")
            let credited = farSide.credited.contains(e2e) || farSide.placed.contains(e2e)
            expect(credited == isSettled, "credited: \(credited)")
        case "bridge", "bridge-offer":
            expect(isSettled == farSide.isDone(.send, e2e), "\(outcome), and the far network disagrees")
            if record.answeredEarly == .rejected { expect(!farSide.isDone(.accept, e2e), "told no, and taken") }
            let exposed = record.bookings.flatMap(\.entries).filter { $0.account == .exposure }
                .reduce(0) { $0 + $1.amount.units }
            expect(exposed == 0 || (isSettled && !farSide.isDone(.accept, e2e)), "\(exposed) is left on exposure")
        case "lookup": expect(record.bookings.isEmpty, "a question moved money")
        default: expect(!isSettled && record.bookings.isEmpty, "a refused order moved money")
        }
        return wrongs
    }
}

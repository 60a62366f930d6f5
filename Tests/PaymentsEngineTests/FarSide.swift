import Payments

/// What is true outside of the gateway: who carried out what, whose money is held. Answers for every network and core
/// bank of the model, and notes every wrong that it sees.
struct FarSide: Sendable {
    struct Truth: Sendable {
        var isDone: Bool
        /// Until then the answer is "pending".
        var finalAt: Instant
        /// The order as it came; the same answer again is no second order.
        var order: String
    }

    var truths: [String: Truth] = [:]
    var held: Set<String> = []
    var released: Set<String> = []
    var posted: Set<String> = []
    var credited: Set<String> = []
    /// By a person's hand.
    var placed: Set<String> = []
    var wrongs: [String] = []

    func isDone(_ verb: Verb, _ e2e: String) -> Bool { truths["\(verb.rawValue) \(e2e)"]?.isDone == true }

    /// How many plans of a payment are in the set.
    func count(of e2e: String, in names: Set<String>) -> Int {
        names.count { $0 == e2e || $0.hasPrefix("\(e2e)/") }
    }

    func isFinal(_ verb: Verb, _ e2e: String, _ now: Instant) -> Bool {
        truths["\(verb.rawValue) \(e2e)"].map { $0.finalAt <= now } ?? true
    }

    /// A request arrives. The answer's word and, for a decision that comes later, when.
    mutating func hear(
        _ verb: Verb, _ purpose: String, _ e2e: String, order: String, now: Instant, dice: inout IdentitySource
    ) -> (word: String, later: Instant?) {
        let name = "\(verb.rawValue) \(e2e)"
        if purpose == "query" {
            guard let truth = truths[name] else { return ("absent", nil) }
            return (truth.finalAt > now ? "pending" : truth.isDone ? "done" : "refused", nil)
        }
        switch verb {
        case .send, .accept:
            if let truth = truths[name] {
                if verb == .send || truth.order != order { wrongs.append("\(name) was ordered twice") }
                return (truth.finalAt > now ? "pending" : truth.isDone ? "done" : "refused", nil)
            }
            let isOpen = order.contains("settled-not-posted")
            if verb == .accept, !isOpen, truths["network.send \(e2e)"].map({ !$0.isDone }) == true {
                wrongs.append("\(e2e): the near leg was taken though the far leg was refused")
            }
            if verb == .accept, e2e.hasPrefix("bridge"), !isDone(.send, e2e), !isOpen {
                wrongs.append("\(e2e): the near side was told yes before the far side had paid")
            }
            let isLate = dice.next() % 3 == 0
            let finalAt = isLate ? now.adding(milliseconds: Int64(dice.next() % 14_000)) : now
            truths[name] = Truth(isDone: dice.next() % 8 != 0, finalAt: finalAt, order: order)
            if isLate { return ("pending", finalAt) }
            return (truths[name]?.isDone == true ? "done" : "refused", nil)
        case .offer: return (dice.next() % 12 == 0 ? "refused" : "pending", nil)
        case .reserve, .release, .post, .credit: return (money(verb, e2e, now, &dice), nil)
        case .screen where dice.next() % 12 == 0: return ("review", nil)
        default: return (dice.next() % 24 == 0 && verb != .notify ? "refused" : "done", nil)
        }
    }

    /// Idempotent by name, as core banks with an idempotency key are.
    private mutating func money(_ verb: Verb, _ e2e: String, _ now: Instant, _ dice: inout IdentitySource) -> String {
        let name = "\(verb.rawValue) \(e2e)"
        if let truth = truths[name] { return truth.isDone ? "done" : "refused" }
        // A failure of its own, without effect: the next attempt is another one.
        if dice.next() % 12 == 0 { return "failed" }
        let agrees = verb == .release || dice.next() % 12 != 0
        truths[name] = Truth(isDone: agrees, finalAt: now, order: name)
        guard agrees else { return "refused" }
        let payment = String(e2e.prefix { $0 != "/" })
        let isOnUs = e2e.hasPrefix("on-us")
        switch verb {
        case .reserve: held.insert(e2e)
        case .release:
            if !held.contains(e2e) || posted.contains(e2e) { wrongs.append("\(e2e): released without a hold") }
            if isDone(.send, payment) { wrongs.append("\(e2e): released though the payment was carried out") }
            released.insert(e2e)
        case .post:
            if !held.contains(e2e) || released.contains(e2e) { wrongs.append("\(e2e): posted without a hold") }
            if !isOnUs, !isDone(.send, payment) { wrongs.append("\(e2e): posted though nothing was paid") }
            posted.insert(e2e)
        default:
            if isOnUs ? !posted.contains(e2e) : !isDone(.accept, e2e) {
                wrongs.append("\(e2e): credited before it was final")
            }
            credited.insert(e2e)
        }
        return "done"
    }
}

import Payments
@testable import PaymentsEngine

/// A gateway's whole life in one thread, from one seed: the shard that production runs, a journal, and a world that
/// loses, delays, repeats and reorders, while the process dies now and then. The same seed tells the same story.
struct Simulation {
    enum Event {
        case order(Inbound, e2e: String)
        case input(Input, life: Int64)
        case arrives(PaymentID, Exchange, life: Int64)
        case answer(PaymentID, Exchange, WireOutcome, life: Int64)
        case tells(Verb, e2e: String, word: String)
        case takesUp(e2e: String)
        case timer(PaymentID, life: Int64)
        case housekeeping(life: Int64)
        case person(PaymentID)
        case steers(e2e: String, Input.Content)
    }

    let seed: UInt64
    var dice: IdentitySource
    var now = Instant(seconds: 1_800_000_000)
    var queue = EventQueue()
    var journal = Journal()
    var shard: Shard
    var life: Int64 = 1
    var farSide = FarSide()
    var trace: [String] = []
    var payments: [String: PaymentID] = [:]
    var flows: [String: String] = [:]
    let world: World
    let calmAt: Instant
    /// The one death that this story is about, instead of those that the dice bring.
    let death: Death?
    private(set) var commits = 0

    /// The process dies at its commit of this number: before it is durable, or after it and before anything is done
    /// about it.
    struct Death: Sendable, CustomStringConvertible {
        var commit: Int
        var isDurable: Bool
        var description: String { "death \(isDurable ? "after" : "before") commit \(commit)" }
    }

    init(seed: UInt64, payments: Int = 4, flow wanted: String? = nil, death: Death? = nil) {
        self.seed = seed
        self.death = death
        dice = IdentitySource(seed: seed)
        world = Simulation.world(isPatient: seed % 3 == 0, isCrowded: seed % 5 == 0)
        shard = Shard(world: world)
        // A story about one death has no other fault.
        calmAt = death == nil ? now.adding(milliseconds: 90_000) : now
        for index in 0..<payments {
            let drawn = Simulation.stories[Int(dice.next() % UInt64(Simulation.stories.count))]
            let flow = wanted ?? drawn
            let e2e = "\(flow)-\(index)"
            flows[e2e] = flow
            let start = now.adding(milliseconds: Int64(dice.next() % 5_000))
            let answerBy = flow == "bridge" ? start.adding(milliseconds: 3_000 + Int64(dice.next() % 30_000)) : nil
            let order = order(e2e, flow, answerBy)
            for _ in 0..<(flow == "guarded" ? 3 : 1) where chance(2) {
                let word: Input.Content = chance(3) ? .cancel("no need") : .confirm(!chance(8))
                queue.push(
                    start.adding(milliseconds: Int64(dice.next() % 30_000)), .steers(e2e: e2e, word))
            }
            queue.push(start, .order(order, e2e: e2e))
            if chance(4) {
                queue.push(start.adding(milliseconds: Int64(dice.next() % 40_000)), .order(order, e2e: e2e))
            }
        }
        queue.push(now.adding(milliseconds: 1_000), .housekeeping(life: life))
    }

    static let stories = [
        "outgoing", "incoming", "bridge", "bridge", "guarded", "guarded", "on-us", "bridge-offer", "lookup", "refused",
    ]

    /// Two networks to every payee, a day that ends within the story, and a near network that may have a word for
    /// "settled, not posted"; in some the neighbours are asked about thousands of others.
    private static func world(isPatient: Bool, isCrowded: Bool) -> World {
        var near = Model.network()
        near.answersSettledNotPosted = { _ in isPatient }
        var world = Model.world(near: near, alternates: [Model.other])
        let days = CivilDate(dayNumber: 20_000)...CivilDate(dayNumber: 22_000)
        let zone = ZoneOffsets(name: "a minute before midnight", offsetSeconds: 57_540)
        world.calendar = { _, _ in BusinessCalendar(name: "days", zone: zone, covered: days, isAlwaysOpen: true) }
        world.questions = { _ in isCrowded ? 2_000 : 0 }
        return world
    }

    private mutating func order(_ e2e: String, _ flow: String, _ answerBy: Instant?) -> Inbound {
        var order = Model.opening(e2e, flow: flow, answerBy: answerBy)
        guard flow == "guarded", case .opens(let kind, var payment) = order.meaning else { return order }
        if chance(2) { payment.type.confirmation = "required" }
        if chance(4) { payment.requestedExecutionDate = now.adding(milliseconds: 86_400_000).date }
        order.meaning = .opens(kind, payment)
        return order
    }

    /// One in `count`.
    mutating func chance(_ count: UInt64) -> Bool { dice.next() % count == 0 }
    /// One in `count` while the world is unkind.
    mutating func fault(_ count: UInt64) -> Bool { chance(count) && now < calmAt }

    mutating func run() {
        var steps = 0
        while steps < 60_000, let (time, event) = queue.pop() {
            steps += 1
            now = max(now, time)
            handle(event)
            if isOver { return }
        }
        trace.append("\(now.text) the story does not end")
    }

    /// Everything that was begun has ended.
    var isOver: Bool {
        payments.count == flows.count && journal.rows.count == flows.count
            && journal.rows.values.allSatisfy { $0.view.outcome != nil }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .order(let inbound, let e2e): order(inbound, e2e)
        case .input(let input, let life):
            if life == self.life { take(input) }
        case .arrives(let id, let exchange, let life): arrives(id, exchange, life)
        case .answer(let id, let exchange, let outcome, let life):
            if life == self.life { take(input(id, .exchanged(exchange, outcome))) }
        case .tells(let verb, let e2e, let word):
            let network = verb.side == .origin ? Model.near : Model.far
            let inbound = Model.telling(verb, e2e, word, network: network)
            guard let id = journal.keys[inbound.keys[0]]?.payment,
                case .tells(let verbs, let heard) = inbound.meaning
            else { return }
            take(input(id, .tells(inbound, verbs, heard, network: network)), comesAgain: event)
        case .steers(let e2e, let word):
            guard let id = payments[e2e] else { return }
            take(input(id, word))
        case .takesUp(let e2e):
            let inbound = Model.takeUp(e2e, until: now.adding(milliseconds: 22_000 + Int64(dice.next() % 30_000)))
            guard case .takesUp(let order) = inbound.meaning, let id = payments[e2e] else { return }
            let isKnown = journal.keys[inbound.keys[0]] != nil
            take(
                input(id, isKnown ? .repeated(inbound) : .takesUp(withOwnKey(inbound), order: order)), comesAgain: event
            )
        case .timer(let id, let life):
            if life == self.life { take(input(id, .timer)) }
        case .housekeeping(let life): housekeeping(life)
        case .person(let id): person(id)
        }
    }

    private func withOwnKey(_ inbound: Inbound) -> Inbound {
        var own = inbound
        own.keys = [inbound.keys[0]]
        return own
    }

    mutating func input(_ id: PaymentID, _ content: Input.Content) -> Input {
        Input(payment: id, content: content, entropy: dice.next())
    }

    private mutating func order(_ inbound: Inbound, _ e2e: String) {
        if let holder = journal.keys[inbound.keys[0]] { return take(input(holder.payment, .repeated(inbound))) }
        let id = PaymentID(at: now, engine: 0, entropy: dice.next())
        let kind: PaymentKind = flows[e2e] == "lookup" ? .partyLookup : .transfer
        let origin = Origin(
            tenant: Model.tenant, network: Model.near, peer: "peer", kind: kind, contentHash: inbound.contentHash,
            answerBy: inbound.answerBy)
        take(input(id, .opens(inbound, origin)), comesAgain: .order(inbound, e2e: e2e))
        if journal.rows[id] != nil { payments[e2e] = id }
    }

    // MARK: what the driver of a shard does

    /// `comesAgain`: a sender without an acknowledgement tries again.
    private mutating func take(_ input: Input, comesAgain: Event? = nil) {
        for _ in 0..<50 {
            for id in shard.missing([input]) { shard.insert(load(id)) }
            let result = shard.step([input], now: now)[0]
            if result.append.isNothing {
                if let wake = result.append.wake { queue.push(wake, .timer(input.payment, life: life)) }
                return
            }
            commits += 1
            if fault(40) || dies(isDurable: false) { return crash(comesAgain) }
            if fault(20) {
                shard.drop(input.payment)
                if let comesAgain {
                    queue.push(now.adding(milliseconds: 1_000), comesAgain)
                } else {
                    queue.push(now.adding(milliseconds: 200), .input(input, life: life))
                }
                return
            }
            if fault(20) {
                shard.drop(input.payment)
                continue
            }
            guard case .committed = append(result) else {
                shard.drop(input.payment)
                if input.duplicateName { return }
                continue
            }
            if fault(30) || dies(isDurable: true) { return crash(comesAgain) }
            if fault(20) { shard.drop(input.payment) } else { shard.commit(result) }
            act(result)
            return
        }
        journal.defects.append("an input of \(input.payment) is never taken")
    }

    private func dies(isDurable: Bool) -> Bool {
        death.map { $0.commit == commits && $0.isDurable == isDurable } ?? false
    }

    private mutating func append(_ result: TurnResult) -> AppendResult {
        let outcome = journal.append(
            result.append, epoch: NodeEpoch(node: "n", epoch: life), leaseUntil: now.adding(milliseconds: 30_000))
        guard case .committed = outcome else { return outcome }
        let kinds = result.append.events.map { "\($0.kind)\(String(decoding: $0.body, as: UTF8.self).prefix(70))" }
        trace.append("\(now.text) \(result.after.record.payment.id.endToEnd ?? "?") \(kinds.joined(separator: " | "))")
        if result.after.record.outcome != nil || chance(16) { compare(result) }
        return outcome
    }

    /// Law 3: what is in memory is what the journal tells.
    private mutating func compare(_ result: TurnResult) {
        let told = load(result.after.record.id).record
        if told != result.after.record { journal.defects.append("\(told.id): memory and journal differ") }
    }

    func load(_ id: PaymentID) -> CachedPayment {
        let events = journal.rows[id]?.events ?? []
        guard let record = try? Replay.fold(id, events, flows: world.pinnedFlow) else {
            preconditionFailure("seed \(seed): \(id) cannot be read")
        }
        return CachedPayment(record: record, exchanges: (journal.exchanges[id] ?? [:]).mapValues(\.exchange))
    }

    private mutating func act(_ result: TurnResult) {
        let id = result.after.record.id
        if let wake = result.append.wake { queue.push(max(wake, now), .timer(id, life: life)) }
        for leaving in result.departures {
            let arrives = now.adding(milliseconds: 1 + Int64(dice.next() % 40))
            queue.push(arrives, .arrives(id, leaving.exchange, life: life))
        }
        if result.after.record.parked != nil {
            queue.push(max(now, calmAt).adding(milliseconds: 120_000), .person(id))
        }
    }

    /// The process dies: what is in memory is gone, what is under way goes on without us.
    private mutating func crash(_ comesAgain: Event?) {
        life += 1
        trace.append("\(now.text) the process dies")
        shard = Shard(world: world)
        if let comesAgain { queue.push(now.adding(milliseconds: 2_000), comesAgain) }
        queue.push(now.adding(milliseconds: 500), .housekeeping(life: life))
        for id in journal.rows.keys.sorted() where journal.rows[id]?.view.isParked == true {
            queue.push(max(now, calmAt).adding(milliseconds: 120_000), .person(id))
        }
    }

    private mutating func housekeeping(_ life: Int64) {
        guard life == self.life else { return }
        let lease = now.adding(milliseconds: 30_000)
        for id in journal.due(now, leaseUntil: lease) { queue.push(now, .timer(id, life: life)) }
        let epoch = NodeEpoch(node: "n", epoch: life)
        for (id, numbers) in journal.exchanges {
            for number in numbers.keys where numbers[number]?.epoch == epoch {
                journal.exchanges[id]?[number]?.lease = lease
            }
        }
        for orphan in journal.orphans(of: epoch, now: now, leaseUntil: lease) {
            queue.push(now, .input(input(orphan.payment, .interrupted(orphan.exchange)), life: life))
        }
        if !isOver { queue.push(now.adding(milliseconds: 1_000), .housekeeping(life: life)) }
    }
}

/// The next event first; those of one moment in the order in which they were made.
struct EventQueue {
    private var heap: [(time: Instant, number: Int, event: Simulation.Event)] = []
    private var count = 0

    mutating func push(_ time: Instant, _ event: Simulation.Event) {
        heap.append((time, count, event))
        count += 1
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> (Instant, Simulation.Event)? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let left = parent * 2 + 1
            guard left < heap.count else { break }
            let smaller = left + 1 < heap.count && isBefore(left + 1, left) ? left + 1 : left
            guard isBefore(smaller, parent) else { break }
            heap.swapAt(smaller, parent)
            parent = smaller
        }
        return (first.time, first.event)
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
    }
}

extension Append {
    var isNothing: Bool { events.isEmpty && exchanges.isEmpty && closed.isEmpty && messages.isEmpty && keys.isEmpty }
}

extension Input {
    /// An order whose name may belong to another payment.
    var duplicateName: Bool {
        if case .opens = content { return true }
        return false
    }
}

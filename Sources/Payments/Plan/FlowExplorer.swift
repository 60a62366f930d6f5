/// A flow table that must not load, and the shortest story that shows why.
public struct FlowDefect: Error, Equatable, Sendable {
    public var flow: String
    public var says: String
    public var trace: [String]
}

/// Walks every story that a flow allows - each step done, refused, unknown then done, unknown then refused, late,
/// twice, the process dying after each commit - and refuses the flow if one ends with two outcomes, an orphan hold or
/// no way on.
public enum FlowExplorer {
    public static func explore(_ flow: Flow) throws(FlowDefect) {
        try FlowShape.check(flow)
        let first = Story()
        var seen: Set<Story> = [first]
        var chapters = [Chapter(story: first, before: 0, label: .begin)]
        var position = 0
        // Breadth first, so that the first defect found has the shortest story.
        while position < chapters.count {
            do throws(Flaw) {
                for (label, next) in try successors(of: chapters[position].story, flow)
                where seen.insert(next).inserted {
                    chapters.append(Chapter(story: next, before: position, label: label))
                }
            } catch {
                let told = trace(to: position, chapters, flow)
                throw FlowDefect(flow: flow.name, says: error.says, trace: told + error.more)
            }
            position += 1
        }
    }

    /// A story and the one that it goes on from.
    private struct Chapter {
        var story: Story
        var before: Int
        var label: Label
    }

    /// What happened to which step; words are made when somebody reads them.
    private enum Label {
        case begin
        case step(Int, String)
        case person(String, Int)

        func text(_ flow: Flow) -> String {
            switch self {
            case .begin: ""
            case .step(let index, let says): "\(flow.steps[index].name) \(says)"
            case .person(let says, let index): "operator \(says) \(flow.steps[index].name)"
            }
        }
    }

    /// What is wrong, and what came after the story that led there.
    private struct Flaw: Error {
        var says: String
        var more: [String] = []
    }

    private static func trace(to position: Int, _ chapters: [Chapter], _ flow: Flow) -> [String] {
        var labels: [String] = []
        var place = position
        while place > 0 {
            labels.append(chapters[place].label.text(flow))
            place = chapters[place].before
        }
        return labels.reversed()
    }

    /// What is true in the world, beside what the gateway believes of it: four bits for each of at most sixteen steps.
    private struct Story: Hashable {
        private var stateBits: UInt64 = 0
        private var executionBits: UInt64 = 0
        private var refusalBits: UInt16 = 0
        private var placedBits: UInt16 = 0

        func state(_ index: Int) -> StepState { StepState.allCases[Int(stateBits >> UInt64(index * 4) & 15)] }

        mutating func apply(_ event: StepEvent, to index: Int) {
            var state = state(index)
            _ = StepMachine.apply(event, to: &state)
            guard let code = StepState.allCases.firstIndex(of: state) else { return }
            stateBits = stateBits & ~(15 << UInt64(index * 4)) | UInt64(code) << UInt64(index * 4)
        }

        func states(_ count: Int) -> [StepState] { (0..<count).map(state) }

        /// How many times the far side carried out the step.
        func executions(_ index: Int) -> Int { Int(executionBits >> UInt64(index * 4) & 15) }

        mutating func execute(_ index: Int, _ times: Int) {
            let count = UInt64(max(0, min(15, executions(index) + times)))
            executionBits = executionBits & ~(15 << UInt64(index * 4)) | count << UInt64(index * 4)
        }

        /// Whether the far side refused the step for good.
        func isRefused(_ index: Int) -> Bool { refusalBits & 1 << UInt16(index) != 0 }
        mutating func refuse(_ index: Int) { refusalBits |= 1 << UInt16(index) }

        /// Steps after the pivot that an operator placed by hand.
        private func isPlaced(_ index: Int) -> Bool { placedBits & 1 << UInt16(index) != 0 }
        mutating func place(_ index: Int) { placedBits |= 1 << UInt16(index) }

        /// The step's effect is in the world: by the far side, or by an operator's hand.
        func holds(_ index: Int) -> Bool { executions(index) > 0 || isPlaced(index) }
    }

    private typealias Sequels = [(Label, Story)]

    private static func successors(of story: Story, _ flow: Flow) throws(Flaw) -> Sequels {
        switch FlowMachine.next(flow, story.states(flow.steps.count)) {
        case .ask(let index): return ask(index, story, flow)
        case .await(let index), .undo(let index):
            if story.state(index) == .done || story.state(index) == .undoing { return try undo(index, story, flow) }
            return try observe(index, story, flow)
        case .resolve(let index): return try resolve(index, story, flow)
        case .park(let index):
            // An operator places the money by hand; the payment goes on as settled.
            if story.executions(index) > 0 {
                let says = "can be carried out twice: it happened, and an operator places it again"
                throw Flaw(says: "\(flow.steps[index].name) \(says)")
            }
            var next = moved(story, index, .skip)
            next.place(index)
            return [(.person("places", index), next)]
        case .finish(let outcome):
            try judge(outcome, story, flow)
            return []
        }
    }

    private static func ask(_ index: Int, _ story: Story, _ flow: Flow) -> Sequels {
        let asked = moved(story, index, .ask)
        var executed = asked
        executed.execute(index, 1)
        var refused = asked
        refused.refuse(index)
        let unsent = moved(moved(asked, index, .unsend), index, .skip)
        let mayStop = flow.steps[index].verb.effect == .none
        return [(.step(index, "asked, carried out"), executed), (.step(index, "asked, refused"), refused)]
            + (mayStop ? [(.step(index, "not needed"), unsent)] : [])
    }

    private static func observe(_ index: Int, _ story: Story, _ flow: Flow) throws(Flaw) -> Sequels {
        let heard = moved(story, index, truth(story, index))
        try checkEcho(index, heard, flow)
        return [(.step(index, "answered"), heard), (.step(index, "silent"), moved(story, index, .lose))]
    }

    /// The same answer twice, or late, must change nothing.
    private static func checkEcho(_ index: Int, _ story: Story, _ flow: Flow) throws(Flaw) {
        var state = story.state(index)
        let verdict = StepMachine.apply(truth(story, index), to: &state)
        guard verdict == .ignored, state == story.state(index) else {
            throw Flaw(says: "an answer heard twice changes \(flow.steps[index].name)")
        }
    }

    private static func resolve(_ index: Int, _ story: Story, _ flow: Flow) throws(Flaw) -> Sequels {
        let step = flow.steps[index]
        guard !step.onUnknown.isEmpty else { throw Flaw(says: "\(step.name) has no way out of unknown") }
        var stories: Sequels = []
        // Policies are tried in order; one that is used up without an answer hands over to the next.
        for policy in step.onUnknown {
            switch policy {
            case .retry:
                if step.verb.effect != .none, story.executions(index) > 0 {
                    throw Flaw(says: "\(step.name) can be carried out twice", more: ["\(step.name) retried"])
                }
                stories.append((.step(index, "retried and answered"), moved(story, index, .confirm)))
                stories.append((.step(index, "retried and refused"), moved(story, index, .refuse)))
            case .query:
                stories.append((.step(index, "found out"), moved(story, index, truth(story, index))))
            case .refuse: return stories + [(.step(index, "taken as refused"), moved(story, index, .refuse))]
            case .leave: return stories + [(.step(index, "left alone"), moved(story, index, .skip))]
            case .operatorDecides: return stories + [operatorFinds(story, index)]
            case .policy:
                guard step.verb.effect == .none else {
                    throw Flaw(says: "\(step.name) moves money, so no configuration decides what its silence means")
                }
                return stories + [
                    (.step(index, "taken as refused"), moved(story, index, .refuse)),
                    (.step(index, "left alone"), moved(story, index, .skip)), operatorFinds(story, index),
                ]
            }
        }
        return stories + [operatorFinds(story, index)]
    }

    /// A person who asks the far side by other means; also where policies end that are used up.
    private static func operatorFinds(_ story: Story, _ index: Int) -> (Label, Story) {
        (.person("finds out about", index), moved(story, index, truth(story, index)))
    }

    private static func truth(_ story: Story, _ index: Int) -> StepEvent {
        story.isRefused(index) ? .refuse : .confirm
    }

    private static func moved(_ story: Story, _ index: Int, _ event: StepEvent) -> Story {
        var next = story
        next.apply(event, to: index)
        return next
    }

    private static func undo(_ index: Int, _ story: Story, _ flow: Flow) throws(Flaw) -> Sequels {
        if let pivot = flow.pivot, story.executions(pivot) > 0 {
            throw Flaw(
                says: "\(flow.steps[index].name) is undone though \(flow.steps[pivot].name) was carried out")
        }
        if story.state(index) == .done { return [(.step(index, "undo asked"), moved(story, index, .undo))] }
        var next = moved(story, index, .undoConfirm)
        next.execute(index, -1)
        return [(.step(index, "undone"), next)]
    }

    private static func judge(_ outcome: PaymentOutcome, _ story: Story, _ flow: Flow) throws(Flaw) {
        guard let pivot = flow.pivot else { return }
        let settled = story.executions(pivot) > 0
        if settled != (outcome == .settled) {
            let farSide = settled ? "settled" : "refused"
            throw Flaw(says: "two outcomes: the far side \(farSide), the payment ends \(outcome.rawValue)")
        }
        for (index, step) in flow.steps.enumerated() {
            if story.executions(index) > 1, step.verb.effect != .none {
                throw Flaw(says: "\(step.name) was carried out twice")
            }
            switch step.verb.effect {
            case .hold:
                let posted = flow.steps.indices.contains {
                    flow.steps[$0].verb.effect == .consumeHold && story.holds($0)
                }
                if story.executions(index) > 0, !posted {
                    throw Flaw(says: "orphan hold: \(step.name) was carried out, neither posted nor released")
                }
            case .commit, .credit, .consumeHold:
                if story.holds(index) != settled {
                    let (yes, no) = settled ? (flow.steps[pivot].name, step.name) : (step.name, flow.steps[pivot].name)
                    throw Flaw(says: "two outcomes: \(yes) was carried out, \(no) was not")
                }
            case .none, .release: continue
            }
        }
    }
}

/// What a flow table must look like before its stories are worth walking: the laws that one look shows.
private enum FlowShape {
    /// Stories are bounded by steps x states; a flow longer than this is a table error.
    static let maximumSteps = 16

    static func check(_ flow: Flow) throws(FlowDefect) {
        try checkRows(flow)
        let pivots = flow.steps.indices.filter { flow.steps[$0].isPivot }
        let movesMoney = flow.steps.contains { $0.verb.effect != .none }
        guard pivots.count <= 1, !movesMoney || pivots.count == 1 else {
            throw defect(flow, "a flow that moves money has exactly one pivot; this one has \(pivots.count)")
        }
        if let pivot = pivots.first { try checkSides(flow, of: pivot) }
    }

    private static func checkRows(_ flow: Flow) throws(FlowDefect) {
        guard !flow.steps.isEmpty, flow.steps.count <= maximumSteps else {
            throw defect(flow, "a flow has 1 to \(maximumSteps) steps")
        }
        guard Set(flow.steps.map(\.name)).count == flow.steps.count else {
            throw defect(flow, "two steps have one name")
        }
        for (index, step) in flow.steps.enumerated() {
            if step.verb.effect == .release {
                throw defect(flow, "\(step.name) releases money as a step; a release is an undo")
            }
            if step.verb.effect == .hold, step.undo != .release {
                throw defect(flow, "\(step.name) holds money without a release")
            }
            if step.verb.effect != .hold, step.undo != nil {
                throw defect(flow, "\(step.name) holds no money, so it has nothing to undo")
            }
            if step.verb.effect != .none, flow.steps[..<index].contains(where: { $0.verb == step.verb }) {
                throw defect(flow, "\(step.name) does \(step.verb.rawValue) a second time")
            }
            if step.verb != .notify, flow.steps[..<index].contains(where: { $0.verb == .notify }) {
                throw defect(flow, "\(step.name) comes after the origin was told how the payment ended")
            }
        }
    }

    private static func checkSides(_ flow: Flow, of pivot: Int) throws(FlowDefect) {
        // On-us there is no network to commit on: the debit itself is what cannot be taken back.
        let commits = flow.steps.contains { $0.verb.effect == .commit }
        guard flow.steps[pivot].verb.effect == (commits ? .commit : .consumeHold) else {
            throw defect(flow, "the pivot \(flow.steps[pivot].name) does not commit money")
        }
        for (index, step) in flow.steps.enumerated() {
            if index >= pivot, step.undo != nil { throw defect(flow, "\(step.name) has an undo at or after the pivot") }
            switch step.verb.effect {
            case .consumeHold, .credit:
                if index < pivot { throw defect(flow, "\(step.name) posts money before the pivot") }
                if step.verb.effect == .consumeHold, !flow.steps.contains(where: { $0.verb.effect == .hold }) {
                    throw defect(flow, "\(step.name) posts a hold that no step makes")
                }
            case .hold:
                if index > pivot { throw defect(flow, "\(step.name) holds money after the pivot") }
            case .none, .release, .commit: continue
            }
        }
    }

    private static func defect(_ flow: Flow, _ says: String) -> FlowDefect {
        FlowDefect(flow: flow.name, says: says, trace: [])
    }
}

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
        var seen: Set<Story> = [Story(count: flow.steps.count)]
        var queue: [(story: Story, trace: [String])] = [(Story(count: flow.steps.count), [])]
        var position = 0
        // Breadth first, so that the first defect found has the shortest story.
        while position < queue.count {
            let (story, trace) = queue[position]
            position += 1
            for (label, next) in try successors(of: story, flow, trace) where seen.insert(next).inserted {
                queue.append((next, trace + [label]))
            }
        }
    }

    /// What is true in the world, beside what the gateway believes of it.
    private struct Story: Hashable {
        var states: [StepState]
        /// How many times the far side carried out each step.
        var executions: [Int]
        /// Whether the far side refused each step for good.
        var refusals: [Bool]
        /// Steps after the pivot that an operator placed by hand.
        var placed: [Bool]

        init(count: Int) {
            states = Array(repeating: .planned, count: count)
            executions = Array(repeating: 0, count: count)
            refusals = Array(repeating: false, count: count)
            placed = Array(repeating: false, count: count)
        }

        /// The step's effect is in the world: by the far side, or by an operator's hand.
        func holds(_ index: Int) -> Bool { executions[index] > 0 || placed[index] }
    }

    private static func successors(
        of story: Story, _ flow: Flow, _ trace: [String]
    ) throws(FlowDefect) -> [(String, Story)] {
        switch FlowMachine.next(flow, story.states) {
        case .ask(let index): return ask(index, story, flow)
        case .await(let index), .undo(let index):
            if story.states[index] == .done || story.states[index] == .undoing {
                return try undo(index, story, flow, trace)
            }
            return try observe(index, story, flow, trace)
        case .resolve(let index): return try resolve(index, story, flow, trace)
        case .park(let index):
            // An operator places the money by hand; the payment goes on as settled.
            if story.executions[index] > 0 {
                let says = "can be carried out twice: it happened, and an operator places it again"
                throw FlowDefect(flow: flow.name, says: "\(flow.steps[index].name) \(says)", trace: trace)
            }
            var next = story
            next.states[index] = .skipped
            next.placed[index] = true
            return [("operator places \(flow.steps[index].name)", next)]
        case .finish(let outcome):
            try judge(outcome, story, flow, trace)
            return []
        }
    }

    private static func ask(_ index: Int, _ story: Story, _ flow: Flow) -> [(String, Story)] {
        let name = flow.steps[index].name
        var asked = story
        _ = StepMachine.apply(.ask, to: &asked.states[index])
        var executed = asked
        executed.executions[index] += 1
        var refused = asked
        refused.refusals[index] = true
        var unsent = asked
        _ = StepMachine.apply(.unsend, to: &unsent.states[index])
        _ = StepMachine.apply(.skip, to: &unsent.states[index])
        let mayStop = flow.steps[index].verb.effect == .none
        return [("\(name) asked, carried out", executed), ("\(name) asked, refused", refused)]
            + (mayStop ? [("\(name) not needed", unsent)] : [])
    }

    private static func observe(
        _ index: Int, _ story: Story, _ flow: Flow, _ trace: [String]
    ) throws(FlowDefect) -> [(String, Story)] {
        let name = flow.steps[index].name
        var heard = story
        _ = StepMachine.apply(story.refusals[index] ? .refuse : .confirm, to: &heard.states[index])
        try checkEcho(index, heard, flow, trace)
        var silent = story
        _ = StepMachine.apply(.lose, to: &silent.states[index])
        return [("\(name) answered", heard), ("\(name) silent", silent)]
    }

    /// The same answer twice, or late, must change nothing.
    private static func checkEcho(_ index: Int, _ story: Story, _ flow: Flow, _ trace: [String]) throws(FlowDefect) {
        var state = story.states[index]
        let verdict = StepMachine.apply(story.refusals[index] ? .refuse : .confirm, to: &state)
        guard verdict == .ignored, state == story.states[index] else {
            let says = "an answer heard twice changes \(flow.steps[index].name)"
            throw FlowDefect(flow: flow.name, says: says, trace: trace)
        }
    }

    private static func resolve(
        _ index: Int, _ story: Story, _ flow: Flow, _ trace: [String]
    ) throws(FlowDefect) -> [(String, Story)] {
        let step = flow.steps[index]
        guard !step.onUnknown.isEmpty else {
            throw FlowDefect(flow: flow.name, says: "\(step.name) has no way out of unknown", trace: trace)
        }
        var stories: [(String, Story)] = []
        // Policies are tried in order; one that is used up without an answer hands over to the next.
        for policy in step.onUnknown {
            switch policy {
            case .retry:
                if step.verb.effect != .none, story.executions[index] > 0 {
                    throw FlowDefect(
                        flow: flow.name, says: "\(step.name) can be carried out twice",
                        trace: trace + ["\(step.name) retried"])
                }
                stories.append(("\(step.name) retried and answered", moved(story, index, .confirm)))
                stories.append(("\(step.name) retried and refused", moved(story, index, .refuse)))
            case .query:
                stories.append(("\(step.name) found out", moved(story, index, truth(story, index))))
            case .refuse: return stories + [("\(step.name) taken as refused", moved(story, index, .refuse))]
            case .leave: return stories + [("\(step.name) left alone", moved(story, index, .skip))]
            case .operatorDecides: return stories + [operatorFinds(story, index, step)]
            }
        }
        return stories + [operatorFinds(story, index, step)]
    }

    /// A person who asks the far side by other means; also where policies end that are used up.
    private static func operatorFinds(_ story: Story, _ index: Int, _ step: FlowStep) -> (String, Story) {
        ("operator finds out about \(step.name)", moved(story, index, truth(story, index)))
    }

    private static func truth(_ story: Story, _ index: Int) -> StepEvent {
        story.refusals[index] ? .refuse : .confirm
    }

    private static func moved(_ story: Story, _ index: Int, _ event: StepEvent) -> Story {
        var next = story
        _ = StepMachine.apply(event, to: &next.states[index])
        return next
    }

    private static func undo(
        _ index: Int, _ story: Story, _ flow: Flow, _ trace: [String]
    ) throws(FlowDefect) -> [(String, Story)] {
        if let pivot = flow.pivot, story.executions[pivot] > 0 {
            let says = "\(flow.steps[index].name) is undone though \(flow.steps[pivot].name) was carried out"
            throw FlowDefect(flow: flow.name, says: says, trace: trace)
        }
        var next = story
        if next.states[index] == .done {
            _ = StepMachine.apply(.undo, to: &next.states[index])
            return [("\(flow.steps[index].name) undo asked", next)]
        }
        _ = StepMachine.apply(.undoConfirm, to: &next.states[index])
        next.executions[index] -= 1
        return [("\(flow.steps[index].name) undone", next)]
    }

    private static func judge(
        _ outcome: PaymentOutcome, _ story: Story, _ flow: Flow, _ trace: [String]
    ) throws(FlowDefect) {
        func fail(_ says: String) -> FlowDefect { FlowDefect(flow: flow.name, says: says, trace: trace) }
        guard let pivot = flow.pivot else { return }
        let settled = story.executions[pivot] > 0
        if settled != (outcome == .settled) {
            let farSide = settled ? "settled" : "refused"
            throw fail("two outcomes: the far side \(farSide), the payment ends \(outcome.rawValue)")
        }
        for (index, step) in flow.steps.enumerated() {
            if story.executions[index] > 1, step.verb.effect != .none {
                throw fail("\(step.name) was carried out twice")
            }
            switch step.verb.effect {
            case .hold:
                let posted = flow.steps.indices.contains {
                    flow.steps[$0].verb.effect == .consumeHold && story.holds($0)
                }
                if story.executions[index] > 0, !posted {
                    throw fail("orphan hold: \(step.name) was carried out, neither posted nor released")
                }
            case .commit, .credit, .consumeHold:
                if story.holds(index) != settled {
                    let (yes, no) = settled ? (flow.steps[pivot].name, step.name) : (step.name, flow.steps[pivot].name)
                    throw fail("two outcomes: \(yes) was carried out, \(no) was not")
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
        guard flow.steps[pivot].verb.effect == .commit else {
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

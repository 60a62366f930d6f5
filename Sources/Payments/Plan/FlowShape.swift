/// What a flow table must look like before its stories are worth walking: the laws that one look shows.
enum FlowShape {
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

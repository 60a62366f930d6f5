/// What a flow wants next.
public enum FlowMove: Equatable, Sendable {
    case ask(Int)
    case undo(Int)
    /// A step or its undo is under way.
    case await(Int)
    /// The step's outcome is unknown: its row's policy decides.
    case resolve(Int)
    /// A step after the pivot was refused: money has moved, a person must place it.
    case park(Int)
    case finish(PaymentOutcome)
}

/// Reads a flow and the states of its steps and says what comes next: pure and total. The explorer walks the same
/// function that production runs.
public enum FlowMachine {
    public static func next(_ flow: Flow, _ states: [StepState]) -> FlowMove {
        precondition(states.count == flow.steps.count, "one state a step")
        if let refused = refusal(flow, states) {
            if isAfterPivot(refused, flow) { return .park(refused) }
            return backward(flow, states)
        }
        return forward(flow, states)
    }

    /// The refused step that decides the direction. A refused notification decides nothing.
    private static func refusal(_ flow: Flow, _ states: [StepState]) -> Int? {
        states.indices.first { states[$0] == .refused && !isNotification(flow.steps[$0]) }
    }

    private static func isAfterPivot(_ index: Int, _ flow: Flow) -> Bool {
        guard let pivot = flow.pivot else { return false }
        return index > pivot
    }

    private static func isNotification(_ step: FlowStep) -> Bool { step.verb == .notify }

    private static func forward(_ flow: Flow, _ states: [StepState]) -> FlowMove {
        for index in states.indices {
            if let move = pending(index, states[index]) { return move }
        }
        return .finish(.settled)
    }

    private static func backward(_ flow: Flow, _ states: [StepState]) -> FlowMove {
        for index in states.indices.reversed() where flow.steps[index].undo != nil {
            switch states[index] {
            case .done: return .undo(index)
            case .undoing: return .await(index)
            case .unknown: return .resolve(index)
            case .asked: return .await(index)
            default: continue
            }
        }
        for index in states.indices where isNotification(flow.steps[index]) {
            if let move = pending(index, states[index]) { return move }
        }
        return .finish(.rejected)
    }

    private static func pending(_ index: Int, _ state: StepState) -> FlowMove? {
        switch state {
        case .planned: .ask(index)
        case .asked, .undoing: .await(index)
        case .unknown: .resolve(index)
        case .done, .refused, .undone, .skipped: nil
        }
    }
}

/// Where one step of a flow stands. Law 2: done, refused and unknown are three outcomes, never two.
public enum StepState: String, Sendable, CaseIterable {
    /// Not begun.
    case planned
    /// The request is durable and may have left.
    case asked
    case done
    case refused
    /// It may or may not have happened: query, never ask anew in the dark.
    case unknown
    /// It was done and its undo is durable and may have left.
    case undoing
    case undone
    /// Not needed on this path, or left alone by its row's policy.
    case skipped

    /// It is under way, one way or the other.
    public var isOpen: Bool { self == .asked || self == .unknown || self == .undoing }
}

/// What can befall a step.
public enum StepEvent: String, Sendable, CaseIterable {
    case ask
    case confirm
    case refuse
    /// No answer: time ran out, the connection broke, or the process died.
    case lose
    /// Proof that the request never left.
    case unsend
    /// Proof that the attempt had no effect and never will, for a cause of the far side's own: it may be made anew.
    case fail
    case skip
    case undo
    case undoConfirm
}

/// What an event did to a step.
public enum StepVerdict: Equatable, Sendable {
    case moved
    /// A repeat or a late echo of what is known.
    case ignored
    /// The far side now says the opposite of what it said. The state stands; an operator must know.
    case contradiction
    /// The caller may not do this now: a defect, never an outside event.
    case impossible
}

/// The machine of one step: pure, total, enumerated in `docs/machines.md`.
public enum StepMachine {
    public static func apply(_ event: StepEvent, to state: inout StepState) -> StepVerdict {
        let (next, verdict) = transition(state, event)
        state = next
        return verdict
    }

    private static func transition(_ state: StepState, _ event: StepEvent) -> (StepState, StepVerdict) {
        switch (state, event) {
        case (.planned, .ask), (.unknown, .ask): (.asked, .moved)
        case (.asked, .ask): (.asked, .ignored)
        case (.planned, .skip): (.skipped, .moved)
        case (.asked, .skip), (.unknown, .skip), (.refused, .skip): (.skipped, .moved)

        case (.asked, .confirm), (.unknown, .confirm): (.done, .moved)
        case (.asked, .refuse), (.unknown, .refuse): (.refused, .moved)
        case (.asked, .lose): (.unknown, .moved)
        case (.asked, .unsend), (.asked, .fail), (.unknown, .fail): (.planned, .moved)

        case (.done, .undo): (.undoing, .moved)
        case (.undoing, .undo): (.undoing, .ignored)
        case (.undoing, .undoConfirm): (.undone, .moved)

        case (.done, .confirm), (.undoing, .confirm): (state, .ignored)
        case (.refused, .refuse), (.undone, .undoConfirm), (.skipped, .skip): (state, .ignored)
        case (.done, .lose), (.refused, .lose), (.unknown, .lose), (.undoing, .lose), (.undone, .lose),
            (.skipped, .lose):
            (state, .ignored)
        case (.unknown, .unsend), (.done, .unsend), (.refused, .unsend), (.undone, .unsend), (.skipped, .unsend),
            (.undoing, .unsend), (.planned, .unsend), (.planned, .lose):
            (state, .ignored)
        case (.planned, .fail), (.done, .fail), (.refused, .fail), (.undoing, .fail), (.undone, .fail),
            (.skipped, .fail):
            (state, .ignored)

        case (.done, .refuse), (.undoing, .refuse), (.refused, .confirm), (.undone, .confirm), (.skipped, .confirm):
            (state, .contradiction)
        case (.undone, .refuse), (.skipped, .refuse): (state, .ignored)

        case (.planned, .confirm), (.planned, .refuse), (.planned, .undo), (.planned, .undoConfirm):
            (state, .impossible)
        case (.asked, .undo), (.asked, .undoConfirm), (.unknown, .undo), (.unknown, .undoConfirm): (state, .impossible)
        case (.done, .ask), (.done, .skip), (.done, .undoConfirm): (state, .impossible)
        case (.refused, .ask), (.refused, .undo), (.refused, .undoConfirm): (state, .impossible)
        case (.undoing, .ask), (.undoing, .skip): (state, .impossible)
        case (.undone, .ask), (.undone, .skip), (.undone, .undo): (state, .impossible)
        case (.skipped, .ask), (.skipped, .undo), (.skipped, .undoConfirm): (state, .impossible)
        }
    }
}

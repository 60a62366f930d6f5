import Payments
import Testing

/// Events that the far side, the network or the clock bring about; the others are our own decisions.
private let outside: [StepEvent] = [.confirm, .refuse, .lose, .unsend, .fail, .undoConfirm]

@Suite("The machine of one step") struct StepMachineTests {
    private func apply(_ event: StepEvent, _ state: StepState) -> (StepState, StepVerdict) {
        var next = state
        let verdict = StepMachine.apply(event, to: &next)
        return (next, verdict)
    }

    @Test("Only `moved` changes the state") func verdictsAreTrue() {
        for state in StepState.allCases {
            for event in StepEvent.allCases {
                let (next, verdict) = apply(event, state)
                #expect((next != state) == (verdict == .moved), "\(state) x \(event)")
            }
        }
    }

    @Test("What has ended is not moved by anything from outside") func terminal() {
        for state in [StepState.done, .refused, .undone, .skipped] {
            for event in outside { #expect(apply(event, state).0 == state, "\(state) x \(event)") }
        }
    }

    @Test("Done never becomes refused, and refused never becomes done, by any chain of events") func oneOutcome() {
        for (start, never) in [(StepState.done, StepState.refused), (.refused, .done)] {
            var reached: Set<StepState> = [start]
            var open = [start]
            while let state = open.popLast() {
                for event in StepEvent.allCases {
                    let next = apply(event, state).0
                    if reached.insert(next).inserted { open.append(next) }
                }
            }
            #expect(!reached.contains(never), "\(start) reaches \(reached)")
        }
    }

    @Test("An answer heard twice is ignored; its opposite is raised") func echoes() {
        #expect(apply(.confirm, .done) == (.done, .ignored))
        #expect(apply(.refuse, .refused) == (.refused, .ignored))
        #expect(apply(.refuse, .done) == (.done, .contradiction))
        #expect(apply(.confirm, .refused) == (.refused, .contradiction))
        #expect(apply(.confirm, .undone) == (.undone, .contradiction))
    }

    @Test("Silence is unknown, and from unknown both answers are still open") func threeOutcomes() {
        #expect(apply(.lose, .asked) == (.unknown, .moved))
        #expect(apply(.confirm, .unknown) == (.done, .moved))
        #expect(apply(.refuse, .unknown) == (.refused, .moved))
        #expect(apply(.lose, .unknown) == (.unknown, .ignored))
    }

    @Test("An answer to a question that was never asked is impossible") func unasked() {
        for event in [StepEvent.confirm, .refuse, .undo, .undoConfirm] {
            #expect(apply(event, .planned) == (.planned, .impossible))
        }
    }

    @Test("Every state is reached from `planned`") func reachable() {
        var reached: Set<StepState> = [.planned]
        var open: [StepState] = [.planned]
        while let state = open.popLast() {
            for event in StepEvent.allCases {
                let next = apply(event, state).0
                if reached.insert(next).inserted { open.append(next) }
            }
        }
        #expect(reached == Set(StepState.allCases))
    }
}

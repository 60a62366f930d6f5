import Payments
import Testing

@Suite("What a flow wants next") struct FlowMachineTests {
    private let outgoing = flow("outgoing", step(.quote, .retry, .refuse), goodReserve, goodSend, goodPost, goodNotify)

    private func next(_ states: StepState...) -> FlowMove { FlowMachine.next(outgoing, states) }

    @Test("Forward, one step at a time") func forward() {
        #expect(next(.planned, .planned, .planned, .planned, .planned) == .ask(0))
        #expect(next(.asked, .planned, .planned, .planned, .planned) == .await(0))
        #expect(next(.done, .planned, .planned, .planned, .planned) == .ask(1))
        #expect(next(.skipped, .done, .planned, .planned, .planned) == .ask(2))
        #expect(next(.done, .done, .unknown, .planned, .planned) == .resolve(2))
        #expect(next(.done, .done, .done, .done, .done) == .finish(.settled))
    }

    @Test("A refusal before the pivot undoes what was done, then tells the origin") func backward() {
        #expect(next(.refused, .planned, .planned, .planned, .planned) == .ask(4))
        #expect(next(.done, .done, .refused, .planned, .planned) == .undo(1))
        #expect(next(.done, .undoing, .refused, .planned, .planned) == .await(1))
        #expect(next(.done, .undone, .refused, .planned, .planned) == .ask(4))
        #expect(next(.done, .undone, .refused, .planned, .done) == .finish(.rejected))
    }

    @Test("Money is neither posted nor released while the pivot is unknown") func unknownPivot() {
        for state in [StepState.asked, .unknown] {
            let move = next(.done, .done, state, .planned, .planned)
            #expect(move == .await(2) || move == .resolve(2))
        }
    }

    @Test("A refusal after the pivot is a person's business, never an undo") func afterPivot() {
        #expect(next(.done, .done, .done, .refused, .planned) == .park(3))
        #expect(next(.done, .done, .done, .skipped, .planned) == .ask(4))
    }

    @Test("A notification that nobody takes decides nothing") func notification() {
        #expect(next(.done, .done, .done, .done, .refused) == .finish(.settled))
        #expect(next(.done, .done, .done, .done, .skipped) == .finish(.settled))
        #expect(next(.refused, .planned, .planned, .planned, .refused) == .finish(.rejected))
    }

    @Test("Every combination of states has a next move") func total() {
        let states = StepState.allCases
        let flow = flow("short", goodReserve, goodSend, goodPost)
        for first in states {
            for second in states {
                for third in states {
                    let move = FlowMachine.next(flow, [first, second, third])
                    if move == .finish(.settled) { #expect(second != .refused && first != .refused) }
                    if case .undo = move { #expect(second != .done || first == .refused) }
                }
            }
        }
    }
}

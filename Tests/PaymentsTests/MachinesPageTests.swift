import Payments
import Testing

@Suite("docs/machines.md") struct MachinesPageTests {
    @Test("The page shows the machines as they are") func page() throws {
        let page = """
            # The two machines

            Written by the tests from the code; a change here is a change of what the gateway does with money.

            ## A step

            Rows are the state, columns what befalls it. A word is the new state. `·` a repeat or late echo, without
            effect. `!` the far side now says the opposite: the state stands and an operator is told. `x` cannot happen:
            only our own code could cause it, and it is refused.

            \(steps())

            ## The facts

            What is known of a payment is a set. A fact joins it, is there already, is refused because the set says the
            opposite, or has to wait for another.

            | fact | contradicted by | needs |
            |---|---|---|
            \(facts())

            Every set that can be reached, and what each further fact does to it: `+` joins, `=` is there already,
            `!` contradicts, `-` lacks what it needs.

            \(sets())

            """
        try Package.expectSnapshot("docs/machines.md", page)
    }

    private func steps() -> String {
        var rows = [
            row(["state"] + StepEvent.allCases.map { "`\($0.rawValue)`" }),
            row(Array(repeating: "---", count: StepEvent.allCases.count + 1)),
        ]
        for state in StepState.allCases {
            let cells = StepEvent.allCases.map { event in
                var next = state
                return switch StepMachine.apply(event, to: &next) {
                case .moved: next.rawValue
                case .ignored: "·"
                case .contradiction: "!"
                case .impossible: "x"
                }
            }
            rows.append(row(["**\(state.rawValue)**"] + cells))
        }
        return rows.joined(separator: "\n")
    }

    private func facts() -> String {
        Fact.allCases.map { fact in
            var against: [String] = []
            var needs: [String] = []
            for known in Fact.allCases {
                var alone = FactSet([known])
                if case .contradicts(known) = FactMachine.apply(fact, to: &alone) { against.append(known.rawValue) }
            }
            var set = FactSet()
            while case .lacks(let needed) = FactMachine.apply(fact, to: &set), !needs.contains(needed.rawValue) {
                needs.append(needed.rawValue)
                set = FactSet(set.all + [needed])
            }
            return row([fact.rawValue, list(against), list(needs)])
        }.joined(separator: "\n")
    }

    private func sets() -> String {
        var rows = [
            row(["known"] + Fact.allCases.map(\.rawValue)),
            row(Array(repeating: "---", count: Fact.allCases.count + 1)),
        ]
        for set in reachableFactSets() {
            let cells = Fact.allCases.map { fact in
                var next = set
                return switch FactMachine.apply(fact, to: &next) {
                case .joined: "+"
                case .already: "="
                case .contradicts: "!"
                case .lacks: "-"
                }
            }
            rows.append(row([list(set.all.map(\.rawValue))] + cells))
        }
        return rows.joined(separator: "\n")
    }

    private func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    private func list(_ words: [String]) -> String { words.isEmpty ? "nothing" : words.joined(separator: ", ") }
}

/// Makes the tree of names a table of states: one state for each set of paths that an element may stand on at once, so
/// that a reading takes a single step for each element however many rules there are.
struct ProfileAutomaton {
    private(set) var states: [ProfileProgram.State] = []
    private(set) var children: [ProfileProgram.Child] = []
    private(set) var elsewhere: [Int32] = []
    private(set) var actions: [ProfileProgram.Action] = []

    private let nodes: [ProfileBuilder.Node]
    private let currencyName: UInt16?
    private var numbers: [[Int]: Int32] = [:]
    private var sets: [[Int]] = []

    init(_ builder: ProfileBuilder) {
        nodes = builder.nodes
        currencyName = builder.names.firstIndex(of: "@Ccy").map(UInt16.init)
        // The order makes these states 0 and 1: an element of which no rule knows, and the message's own.
        _ = number([])
        _ = number([ProfileBuilder.root])
        let roof = nodes[ProfileBuilder.anywhere].children
        elsewhere = builder.names.indices.map { name in
            roof[UInt16(name)].map { number([$0]) } ?? ProfileProgram.outside
        }
        var done = 0
        while done < sets.count {
            fill(done)
            done += 1
        }
    }

    private mutating func number(_ set: [Int]) -> Int32 {
        if let known = numbers[set] { return known }
        let number = Int32(sets.count)
        numbers[set] = number
        sets.append(set)
        states.append(ProfileProgram.State())
        return number
    }

    private mutating func fill(_ place: Int) {
        let set = sets[place]
        let roof = nodes[ProfileBuilder.anywhere].children
        let names = Set(set.flatMap { nodes[$0].children.keys }).sorted()
        let targets = names.map { name -> (UInt16, Int32) in
            var next = set.compactMap { nodes[$0].children[name] }
            if let extra = roof[name] { next.append(extra) }
            return (name, number(next.sorted()))
        }
        var state = ProfileProgram.State()
        state.firstChild = Int32(children.count)
        for (name, target) in targets {
            if name == currencyName {
                state.currency = target
            } else {
                children.append(ProfileProgram.Child(name: name, state: target))
            }
        }
        state.childCount = Int32(children.count) - state.firstChild
        if state.currency < 0, let currencyName, elsewhere[Int(currencyName)] != ProfileProgram.outside {
            state.currency = elsewhere[Int(currencyName)]
        }
        state.firstOpen = Int32(actions.count)
        // Scopes open first: what else is done may belong to them.
        let opens = set.flatMap { nodes[$0].opens }
        actions += opens.filter { $0.step == .scope } + opens.filter { $0.step != .scope }
        state.openCount = Int32(actions.count) - state.firstOpen
        state.firstText = Int32(actions.count)
        actions += set.flatMap { nodes[$0].texts }
        state.textCount = Int32(actions.count) - state.firstText
        state.hasEnd = set.contains { nodes[$0].hasEnd }
        state.keepsCurrency = set.contains { nodes[$0].keepsCurrency }
        states[place] = state
    }
}

/// Gathers the rules of one message into a tree of names, before it is made a table of states.
struct ProfileBuilder {
    struct Node {
        var children: [UInt16: Int] = [:]
        var opens: [ProfileProgram.Action] = []
        var texts: [ProfileProgram.Action] = []
        var hasEnd = false
        var keepsCurrency = false
    }

    let definition: String
    var names = [""]
    private var numbers: [String: UInt16] = [:]
    /// The message's own element, and what stands for an element at any depth.
    var nodes = [Node(), Node()]
    static let root = 0
    static let anywhere = 1
    var words: ProfileWords
    var layout = ProfileLayout()
    var rules: [ProfileProgram.Rule] = []
    var clauses: [ProfileProgram.Clause] = []
    var tests: [ProfileTest] = []
    /// Bits of groups.
    var bits: [Int32] = []
    var paths: [String] = []
    var everyText: [Int32] = []
    var foreign: [Int32] = []
    var headed: [Int32] = []
    /// What messages ask of their header, in the order of `ProfileAsks`.
    let asks: ProfileAsks
    var headerUses: [ProfileProgram.HeaderUse] = []
    var headerPlaces: [ProfileProgram.HeaderPlace] = []
    private var scopes: [ProfilePath: Int] = [:]
    private var knownBits: [ProfilePath: Int32] = [:]
    private var knownSlots: [ProfilePath: Int32] = [:]

    init(_ definition: String, words: ProfileWords, asks: ProfileAsks) {
        self.definition = definition
        self.words = words
        self.asks = asks
    }

    var isHeader: Bool { definition.hasPrefix("head.") }

    mutating func name(_ text: String) -> UInt16 {
        if let number = numbers[text] { return number }
        names.append(text)
        numbers[text] = UInt16(names.count - 1)
        return UInt16(names.count - 1)
    }

    /// The nodes at the end of some steps, made where they are not there.
    mutating func nodes(_ start: Int, _ steps: [[String]]) -> [Int] {
        var ends = [start]
        for alternatives in steps {
            var next: [Int] = []
            for node in ends {
                for text in alternatives { next.append(child(node, name(text))) }
            }
            ends = next
        }
        return ends
    }

    mutating func nodes(_ path: ProfilePath) -> [Int] {
        nodes(path.origin == .anywhere ? Self.anywhere : Self.root, path.steps)
    }

    private mutating func child(_ node: Int, _ name: UInt16) -> Int {
        if let known = nodes[node].children[name] { return known }
        nodes.append(Node())
        nodes[node].children[name] = nodes.count - 1
        return nodes.count - 1
    }

    // MARK: What rules refer to

    /// The scope of a path, opened where its element opens.
    mutating func scope(_ path: ProfilePath) -> Int {
        if path.origin == .header { return ProfileProgram.headerScope }
        guard !path.scope.isEmpty else { return ProfileProgram.messageScope }
        let key = path.scopeOnly
        if let known = scopes[key] { return known }
        let number = layout.addScope()
        scopes[key] = number
        for node in nodes(key) {
            nodes[node].opens.insert(.init(step: .scope, index: Int32(number)), at: 0)
            nodes[node].hasEnd = true
        }
        return number
    }

    /// The bit that says whether any element stands at a path, in the path's scope.
    mutating func bit(_ path: ProfilePath) -> Int32 {
        if let known = knownBits[path] { return known }
        let bit = layout.addBit(scope(path))
        knownBits[path] = bit
        if let ask = ask(path) {
            headerUses.append(.init(ask: ask, kind: .bit(bit)))
        } else {
            for node in nodes(path) { nodes[node].opens.append(.init(step: .bit, index: bit)) }
        }
        return bit
    }

    /// A bit that says whether any text at a path passes a test.
    mutating func bit(_ path: ProfilePath, where test: ProfileTest) -> Int32 {
        let bit = layout.addBit(scope(path))
        tests.append(test)
        if let ask = ask(path) {
            headerUses.append(.init(ask: ask, kind: .clause(bit, test: Int32(tests.count - 1))))
        } else {
            for node in nodes(path) {
                nodes[node].texts.append(.init(step: .clause, index: bit, rule: Int32(tests.count - 1)))
            }
        }
        return bit
    }

    /// The place for the first text at a path.
    mutating func slot(_ path: ProfilePath) -> Int32 {
        if let known = knownSlots[path] { return known }
        let slot = layout.addSlot(scope(path))
        knownSlots[path] = slot
        if let ask = ask(path) {
            headerUses.append(.init(ask: ask, kind: .slot(slot)))
        } else {
            for node in nodes(path) { nodes[node].texts.append(.init(step: .slot, index: slot)) }
        }
        return slot
    }

    mutating func counter(_ path: ProfilePath) -> Int32 {
        let counter = layout.addCounter(scope(path))
        for node in nodes(path) { nodes[node].opens.append(.init(step: .count, index: counter)) }
        return counter
    }

    mutating func sum(_ path: ProfilePath) -> Int32 {
        let sum = layout.addSum(scope(path))
        for node in nodes(path) { nodes[node].texts.append(.init(step: .sum, index: sum)) }
        return sum
    }

    mutating func path(_ text: String) -> Int32 {
        paths.append(text)
        return Int32(paths.count - 1)
    }

    /// Which of the things that messages ask of their header a path is; nil for one into the message itself.
    private func ask(_ path: ProfilePath) -> Int? {
        path.origin == .header ? asks.paths.firstIndex(of: path) : nil
    }

    /// In the program of a header: keeps what messages ask of it.
    mutating func answerAsks() {
        for path in asks.paths {
            let inner = path.asMessage
            headerPlaces.append(.init(bit: bit(inner), slot: slot(inner)))
        }
    }
}

/// What the messages of a profile ask of the header that came before them: each path once.
struct ProfileAsks {
    private(set) var paths: [ProfilePath] = []

    mutating func note(_ path: ProfilePath) {
        if path.origin == .header, !paths.contains(path) { paths.append(path) }
    }
}

/// Hands out the places of what scopes keep.
struct ProfileLayout {
    struct Scope {
        var words: [Int32] = []
        var counters: [Int32] = []
        var slots: [Int32] = []
        var sums: [Int32] = []
        var required: [ProfileProgram.Required] = []
        var requirements: [ProfileProgram.Requirement] = []
        var ends: [Int32] = []
        var nextBit = 64
    }

    struct Flat {
        var scopes: [ProfileProgram.Scope] = []
        var places: [Int32] = []
        var required: [ProfileProgram.Required] = []
        var requirements: [ProfileProgram.Requirement] = []
        var ends: [Int32] = []
    }

    private(set) var scopes = [Scope(), Scope()]
    private(set) var wordCount = 0
    private(set) var counterCount = 0
    private(set) var slotCount = 0
    private(set) var sumCount = 0

    mutating func addScope() -> Int {
        scopes.append(Scope())
        return scopes.count - 1
    }

    /// Bits of one scope fill words of their own, so that a scope is cleared by whole words.
    mutating func addBit(_ scope: Int) -> Int32 {
        if scopes[scope].nextBit % 64 == 0 {
            scopes[scope].words.append(Int32(wordCount))
            scopes[scope].nextBit = wordCount * 64
            wordCount += 1
        }
        defer { scopes[scope].nextBit += 1 }
        return Int32(scopes[scope].nextBit)
    }

    mutating func addCounter(_ scope: Int) -> Int32 {
        defer { counterCount += 1 }
        scopes[scope].counters.append(Int32(counterCount))
        return Int32(counterCount)
    }

    mutating func addSlot(_ scope: Int) -> Int32 {
        defer { slotCount += 1 }
        scopes[scope].slots.append(Int32(slotCount))
        return Int32(slotCount)
    }

    mutating func addSum(_ scope: Int) -> Int32 {
        defer { sumCount += 1 }
        scopes[scope].sums.append(Int32(sumCount))
        return Int32(sumCount)
    }

    mutating func require(_ bit: Int32, rule: Int32, in scope: Int) {
        let word = bit / 64
        var mask: UInt64 = 1 << UInt64(bit % 64)
        scopes[scope].requirements.append(.init(bit: bit, rule: rule))
        if let place = scopes[scope].required.firstIndex(where: { $0.word == word }) {
            mask |= scopes[scope].required[place].mask
            scopes[scope].required[place] = .init(word: word, mask: mask)
        } else {
            scopes[scope].required.append(.init(word: word, mask: mask))
        }
    }

    mutating func decide(_ rule: Int32, in scope: Int) { scopes[scope].ends.append(rule) }

    /// The scopes as ranges of lists that all of them share.
    func flat() -> Flat {
        var flat = Flat()
        func range<Element>(_ part: [Element], _ whole: inout [Element]) -> Range<Int32> {
            let first = Int32(whole.count)
            whole += part
            return first..<Int32(whole.count)
        }
        for scope in scopes {
            flat.scopes.append(
                ProfileProgram.Scope(
                    words: range(scope.words, &flat.places), counters: range(scope.counters, &flat.places),
                    slots: range(scope.slots, &flat.places), sums: range(scope.sums, &flat.places),
                    required: range(scope.required, &flat.required),
                    requirements: range(scope.requirements, &flat.requirements),
                    ends: range(scope.ends, &flat.ends)))
        }
        return flat
    }
}

import Payments

/// Walks one message or header through its program: told what opens, what it says and what closes, it keeps what the
/// rules need and no more. Memory is bounded by the program and one open transaction, not by the document.
struct ProfileRun: ~Copyable {
    typealias Mark = FieldReader.Mark

    struct Frame {
        var state: Int32
        var name: UInt16 = 0
        var lastName: UInt16 = 0
        /// Which of its name it is in a row, from 1.
        var number: Int32 = 1
        var lastNumber: Int32 = 0
        var mark = Mark()
        /// Where the name of an element that no rule names lies in `strangers`.
        var stranger: Int32 = 0
        var hasText = false
    }

    /// A scope that is open, or -1 at `depth`.
    struct Open: BitwiseCopyable {
        var depth: Int32 = -1
        var mark = Mark()
        /// What waited, and how much text was kept, when it opened.
        var waiting: Int32 = 0
        var kept: Int32 = 0
    }

    /// A text that is kept, and where it stood.
    struct Kept: BitwiseCopyable {
        var rule: Int32 = -1
        var scope: Int32 = -1
        var start: Int32 = 0
        var count: Int32 = -1
        var mark = Mark()
        /// Its path from the message: names and numbers.
        var trail: Int32 = 0
        var trailCount: Int32 = 0
        /// The rule's test has failed already; else the text is compared at the end of the scope.
        var isBroken = false
    }

    struct Total {
        let depth: Int32
        let start: Int
        let test: Int32
        let rule: Int32
    }

    let program: ProfileProgram
    /// The program's, which lives as long: asked for with every text, and not counted each time.
    private let words: Unmanaged<ProfileLexicon>
    /// The open element is on top; those around it are counted, outermost first.
    var frames = Stack(Frame(state: ProfileProgram.root), room: 17)
    var top: Frame {
        _read { yield frames.top }
        _modify { yield &frames.top }
    }
    var strangers: [UInt8] = []
    /// Of all that follows up to `open`, none of which is given away: it goes with this.
    private var memory: Room
    var bits: Places<UInt64>
    var counters: Places<Int32>
    var slots: Places<Kept>
    var sums: Places<Int128>
    var open: Places<Open>
    var waiting: [Kept] = []
    var arena: [UInt8] = []
    var trails: [UInt64] = []
    /// Text that the message's own scope keeps, which outlives a transaction.
    var rootKept = 0
    var rootTrails = 0
    /// Paths in the header of what was taken over from it.
    var headerPaths: [(slot: Int32, path: String)] = []
    private var openScopes = 0
    private var totals: [Total] = []
    private var characters = 0
    var context: ProfileContext
    var findings: ProfileFindings

    init(_ program: ProfileProgram, today: CivilDate) {
        self.program = program
        words = Unmanaged.passUnretained(program.words)
        memory = Room(Self.room(program))
        bits = memory.places(repeating: 0, count: program.wordCount)
        counters = memory.places(repeating: 0, count: program.counterCount)
        slots = memory.places(repeating: Kept(), count: program.slotCount)
        sums = memory.places(repeating: 0, count: program.sumCount)
        open = memory.places(repeating: Open(), count: program.scopes.count)
        context = ProfileContext(today: today.dayNumber, currency: nil)
        findings = ProfileFindings()
        // What one transfer needs: growing step by step would cost more than its rules.
        waiting.reserveCapacity(16)
        arena.reserveCapacity(768)
        trails.reserveCapacity(96)
    }

    private static func room(_ program: ProfileProgram) -> Int {
        Room.size(of: UInt64.self, program.wordCount) + Room.size(of: Int32.self, program.counterCount)
            + Room.size(of: Kept.self, program.slotCount) + Room.size(of: Int128.self, program.sumCount)
            + Room.size(of: Open.self, program.scopes.count)
    }

    /// The message's own element begins.
    mutating func begin(at mark: Mark) {
        top.mark = mark
        openScope(ProfileProgram.messageScope)
        for rule in program.foreign { tell(rule, mark) }
    }

    // MARK: Events

    @inline(__always)
    mutating func start(_ name: UnsafeBufferPointer<UInt8>, at mark: Mark) {
        let number = program.names.number(of: name)
        let isRepeat = number != 0 && top.lastName == number
        top.lastNumber = isRepeat ? top.lastNumber + 1 : 1
        top.lastName = number
        let state = program.next(top.state, number)
        var frame = Frame(state: state, name: number, number: top.lastNumber, mark: mark)
        frame.stranger = Int32(truncatingIfNeeded: strangers.count)
        if number == 0 { strangers.append(contentsOf: name) }
        frames.push(frame)
        let actions = program.states[Int(state)].openCount
        if actions > 0 { opened(Int(program.states[Int(state)].firstOpen), Int(actions)) }
    }

    /// The currency of the amount that has just opened.
    mutating func currency(_ code: UnsafeBufferPointer<UInt8>) {
        let state = program.states[Int(top.state)]
        if state.keepsCurrency { context.currency = Currency(bytes: code) }
        guard state.currency >= 0 else { return }
        frames.push(Frame(state: state.currency, name: program.currencyName, mark: top.mark))
        opened(Int(program.states[Int(state.currency)].firstOpen), Int(program.states[Int(state.currency)].openCount))
        text(code)
        end()
    }

    @inline(__always)
    var wantsCurrency: Bool {
        program.states[Int(top.state)].keepsCurrency || program.states[Int(top.state)].currency >= 0
    }

    @inline(__always)
    mutating func text(_ text: UnsafeBufferPointer<UInt8>) {
        top.hasText = true
        let count = program.states[Int(top.state)].textCount
        if count > 0 { said(text, Int(program.states[Int(top.state)].firstText), Int(count)) }
        if program.hasEveryText { everyText(text) }
        if !totals.isEmpty { characters += ProfileCharacters.count(text) }
    }

    private mutating func everyText(_ text: UnsafeBufferPointer<UInt8>) {
        for rule in program.everyText
        where !words._withUnsafeGuaranteedRef({ program.rules[Int(rule)].test.holds(text, $0, context) }) {
            tell(rule, top.mark, text)
        }
    }

    @inline(__always)
    mutating func end() {
        let state = program.states[Int(top.state)]
        if !top.hasText, state.textCount > 0 {
            said(UnsafeBufferPointer(start: nil, count: 0), Int(state.firstText), Int(state.textCount))
        }
        if state.hasEnd { ended(state) }
        if top.name == 0 { strangers.removeLast(strangers.count - Int(top.stranger)) }
        frames.pop()
    }

    // MARK: Actions

    private mutating func opened(_ first: Int, _ count: Int) {
        for place in first..<(first + count) {
            let action = program.actions[place]
            let index = Int(action.index)
            switch action.step {
            case .bit: bits[index >> 6] |= 1 << UInt64(index & 63)
            case .count: counters[index] &+= 1
            case .scope: openScope(index)
            case .absent: tell(action.rule, top.mark)
            case .absentLater:
                wait(
                    Kept(rule: action.rule, scope: action.index, isBroken: true),
                    UnsafeBufferPointer(start: nil, count: 0))
            case .total:
                totals.append(
                    Total(
                        depth: Int32(truncatingIfNeeded: frames.count), start: characters, test: action.index,
                        rule: action.rule))
            default: break
            }
        }
    }

    private mutating func said(_ text: UnsafeBufferPointer<UInt8>, _ first: Int, _ count: Int) {
        for place in first..<(first + count) {
            let action = program.actions[place]
            let index = Int(action.index)
            switch action.step {
            case .test:
                if !holds(action, text) {
                    tell(action.rule, top.mark, text)
                }
            case .testLater:
                if !holds(action, text) {
                    wait(Kept(rule: action.rule, scope: action.index, isBroken: true), text)
                }
            case .keepLater: wait(Kept(rule: action.rule, scope: action.index), text)
            case .clause:
                if words._withUnsafeGuaranteedRef({ program.tests[Int(action.rule)].holds(text, $0, context) }) {
                    bits[index >> 6] |= 1 << UInt64(index & 63)
                }
            case .slot: keep(text, index)
            case .sum: if let amount = ProfileAmount(text) { sums[index] += amount.units }
            default: break
            }
        }
    }

    /// Whether a text passes the test of the action's rule.
    @inline(__always)
    private func holds(_ action: ProfileProgram.Action, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        words._withUnsafeGuaranteedRef { program.rules[Int(action.rule)].test.holds(text, $0, context) }
    }

    private mutating func ended(_ state: ProfileProgram.State) {
        let depth = Int32(truncatingIfNeeded: frames.count)
        while let total = totals.last, total.depth == depth {
            totals.removeLast()
            guard case .length(let range) = program.tests[Int(total.test)],
                !range.contains(characters - total.start)
            else { continue }
            tell(total.rule, top.mark)
        }
        let first = Int(state.firstOpen)
        for place in (first..<(first + Int(state.openCount))).reversed() where program.actions[place].step == .scope {
            let scope = Int(program.actions[place].index)
            if open[scope].depth == depth { closeScope(scope) }
        }
    }

    // MARK: Scopes

    private mutating func openScope(_ number: Int) {
        // An element of a scope within another of the same is part of the outer one.
        guard open[number].depth < 0 else { return }
        open[number] = Open(
            depth: Int32(truncatingIfNeeded: frames.count), mark: top.mark,
            waiting: Int32(truncatingIfNeeded: waiting.count), kept: Int32(truncatingIfNeeded: arena.count))
        openScopes += 1
        let scope = program.scopes[number]
        for place in scope.words { bits[Int(program.places[Int(place)])] = 0 }
        for place in scope.counters { counters[Int(program.places[Int(place)])] = 0 }
        for place in scope.slots { slots[Int(program.places[Int(place)])].count = -1 }
        for place in scope.sums { sums[Int(program.places[Int(place)])] = 0 }
    }

    mutating func closeScope(_ number: Int) {
        decide(number)
        let first = Int(open[number].waiting)
        if waiting.count > first { settle(number, from: first) }
        open[number].depth = -1
        openScopes -= 1
        // Between transactions nothing is kept but what the message's own scope keeps.
        if openScopes == 1, waiting.isEmpty {
            if arena.count > rootKept { arena.removeLast(arena.count - rootKept) }
            if trails.count > rootTrails { trails.removeLast(trails.count - rootTrails) }
        }
    }

    /// The message's own element has ended.
    mutating func finish() {
        closeScope(ProfileProgram.messageScope)
    }
}

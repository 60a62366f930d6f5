/// The rules of a profile that hold for one message on one day, compiled: a table of states that a reading walks, one
/// step for each element, and what is done at each. Shared and never changed.
final class ProfileProgram: Sendable {
    /// Where a reading stands among the paths of all rules at once.
    struct State {
        var firstChild: Int32 = 0
        var childCount: Int32 = 0
        /// Done when the element opens.
        var firstOpen: Int32 = 0
        var openCount: Int32 = 0
        /// Done with its text.
        var firstText: Int32 = 0
        var textCount: Int32 = 0
        /// The state of the attribute that an amount has; -1 for none.
        var currency: Int32 = -1
        /// The amount's currency is asked for by a test.
        var keepsCurrency = false
        /// Something is done when the element closes.
        var hasEnd = false
    }

    /// A child of a state by its name, and the state that it leads to.
    struct Child: Sendable {
        let name: UInt16
        let state: Int32
    }

    enum Step: UInt8 {
        /// Sets a bit: the element is there.
        case bit
        /// Adds one to a counter.
        case count
        /// Opens a scope.
        case scope
        /// The element may not be there: at once, or if the condition of the rule holds at the end of its scope.
        case absent
        case absentLater
        /// Counts the characters within, until the element closes.
        case total
        /// Runs a rule's test: a breach is told at once, or if its condition holds at the end of its scope.
        case test
        case testLater
        /// Keeps the text for the end of the scope.
        case keepLater
        /// Sets a bit where a test holds.
        case clause
        /// Keeps the text, the first of the scope.
        case slot
        /// Adds an amount to a sum.
        case sum
    }

    struct Action {
        let step: Step
        /// A bit, counter, scope, slot or sum by its number.
        var index: Int32 = 0
        /// A rule by its number in `rules`; of `clause` a test.
        var rule: Int32 = 0
    }

    /// A rule at work.
    struct Rule {
        /// Among the rules of the profile.
        let number: Int32
        var test: ProfileTest = .trimmed
        var scope: Int32 = 0
        /// Clauses of its condition in `clauses`.
        var firstClause: Int32 = 0
        var clauseCount: Int32 = 0
        var isAny = false
        var end = End.none
    }

    /// What is decided at the end of a scope.
    enum End {
        case none
        /// A bit must be set, and the path that it stands for.
        case present(bit: Int32, path: Int32)
        case occurs(counter: Int32, least: Int32, most: Int32, path: Int32)
        case group(ProfileCheck.Group, first: Int32, count: Int32)
        case address(structured: Bool, hybrid: Bool, town: Int32, country: Int32, lines: Int32)
        case counts(slot: Int32, counter: Int32)
        case sums(slot: Int32, sum: Int32)
        case cross(ProfileCheck.Cross, slot: Int32, other: Int32)
        case testSlot(slot: Int32)
        case definition(slot: Int32)
    }

    /// What a message takes over of the header before it.
    struct HeaderUse {
        enum Kind {
            case bit(Int32)
            case clause(Int32, test: Int32)
            case slot(Int32)
        }
        let ask: Int
        let kind: Kind
    }

    /// Where a header keeps what messages ask of it.
    struct HeaderPlace {
        let bit: Int32
        let slot: Int32
    }

    struct Clause {
        let bit: Int32
        let isNegated: Bool
    }

    /// Where the state of a scope lies, as ranges of the program's lists; each scope is open once at a time.
    struct Scope {
        var words: Range<Int32> = 0..<0
        var counters: Range<Int32> = 0..<0
        var slots: Range<Int32> = 0..<0
        var sums: Range<Int32> = 0..<0
        var required: Range<Int32> = 0..<0
        var requirements: Range<Int32> = 0..<0
        var ends: Range<Int32> = 0..<0
    }

    /// Bits of one word that must be set when a scope closes.
    struct Required {
        let word: Int32
        let mask: UInt64
    }

    struct Requirement {
        let bit: Int32
        let rule: Int32
    }

    let definition: String
    /// Of the business application header.
    let isHeader: Bool
    let states: Lasting<State>
    let children: Lasting<Child>
    /// By name: the state of an element that no path leads to.
    let elsewhere: Lasting<Int32>
    let actions: Lasting<Action>
    /// Tests of the text of every element.
    let everyText: [Int32]
    let hasEveryText: Bool
    let names: ProfileNames
    let rules: Lasting<Rule>
    let clauses: [Clause]
    let tests: Lasting<ProfileTest>
    let bits: [Int32]
    let paths: [String]
    let scopes: [Scope]
    /// The places of all scopes, one scope after the other: words, counters, slots and sums.
    let places: [Int32]
    let required: [Required]
    let requirements: [Requirement]
    /// Rules that are decided when their scope closes, in the order of the table.
    let ends: [Int32]
    let words: ProfileLexicon
    let wordCount: Int
    let counterCount: Int
    let slotCount: Int
    let sumCount: Int
    /// Rules that are broken by the message's being there at all: a version or a family that is not taken.
    let foreign: [Int32]
    /// Rules that ask for a header before the message.
    let headed: [Int32]
    let headerUses: [HeaderUse]
    let headerPlaces: [HeaderPlace]
    /// By slot: whether it is of the message's own scope.
    let isRootSlot: [Bool]
    /// `@Ccy`; 0 where no rule names it.
    let currencyName: UInt16

    /// Scopes 0 and 1 of every program: the header as the messages see it, and the message.
    static let headerScope = 0
    static let messageScope = 1
    /// States 0 and 1: an element of which no rule knows, and the message's own.
    static let outside: Int32 = 0
    static let root: Int32 = 1

    init(_ builder: ProfileBuilder) {
        definition = builder.definition
        isHeader = builder.isHeader
        let automaton = ProfileAutomaton(builder)
        states = Lasting(automaton.states)
        children = Lasting(automaton.children)
        elsewhere = Lasting(automaton.elsewhere)
        actions = Lasting(automaton.actions)
        names = ProfileNames(builder.names)
        everyText = builder.everyText
        hasEveryText = !builder.everyText.isEmpty
        rules = Lasting(builder.rules)
        clauses = builder.clauses
        tests = Lasting(builder.tests)
        bits = builder.bits
        paths = builder.paths
        let layout = builder.layout.flat()
        scopes = layout.scopes
        places = layout.places
        required = layout.required
        requirements = layout.requirements
        ends = layout.ends
        words = ProfileLexicon(builder.words)
        wordCount = builder.layout.wordCount
        counterCount = builder.layout.counterCount
        slotCount = builder.layout.slotCount
        sumCount = builder.layout.sumCount
        foreign = builder.foreign
        headed = builder.headed
        headerUses = builder.headerUses
        headerPlaces = builder.headerPlaces
        let rootSlots = Set(builder.layout.scopes[Self.messageScope].slots)
        isRootSlot = (0..<builder.layout.slotCount).map { rootSlots.contains(Int32($0)) }
        currencyName = builder.names.firstIndex(of: "@Ccy").map(UInt16.init) ?? 0
    }

    deinit {
        states.free()
        children.free()
        elsewhere.free()
        actions.free()
        rules.free()
        tests.free()
        names.free()
    }

    /// The state of a child by its name.
    @inline(__always)
    func next(_ state: Int32, _ name: UInt16) -> Int32 {
        let first = Int(states[Int(state)].firstChild)
        let end = first + Int(states[Int(state)].childCount)
        var place = first
        while place < end {
            if children[place].name == name { return children[place].state }
            place += 1
        }
        return elsewhere[Int(name)]
    }
}

/// The names that a program knows, as small numbers; 0 is any other. Every element of every message is looked up: the
/// table is as small as it can be, since a parser has filled the processor's caches in between.
struct ProfileNames: Sendable {
    /// The first eight bytes of a name, and the last four of a longer one: together all of a name of up to twelve.
    private struct Entry: Sendable, Equatable {
        var first: UInt64 = 0
        var last: UInt32 = 0
        /// 0 for a free place.
        var count: UInt16 = 0
        var number: UInt16 = 0
    }

    private let table: Lasting<Entry>
    private let mask: Int
    private let texts: [String]
    private let bytes: [[UInt8]]

    init(_ names: [String]) {
        var size = 64
        while size < names.count * 2 { size *= 2 }
        mask = size - 1
        texts = names
        bytes = names.map { Array($0.utf8) }
        var table = [Entry](repeating: Entry(), count: size)
        for (number, name) in bytes.enumerated() where number > 0 && !name.isEmpty {
            var entry = name.withUnsafeBufferPointer { Self.entry($0) }
            var place = Self.hash(entry) & (size - 1)
            while table[place].count > 0 { place = (place + 1) & (size - 1) }
            entry.number = UInt16(number)
            table[place] = entry
        }
        self.table = Lasting(table)
    }

    /// Of the program that has them.
    func free() { table.free() }

    func text(_ number: UInt16) -> String { texts[Int(number)] }

    @inline(__always)
    func number(of name: UnsafeBufferPointer<UInt8>) -> UInt16 {
        let wanted = Self.entry(name)
        var place = Self.hash(wanted) & mask
        while table[place].count > 0 {
            let entry = table[place]
            if entry.first == wanted.first, entry.last == wanted.last, entry.count == wanted.count {
                // What the two ends do not cover is compared byte by byte.
                if name.count <= 12 || Self.isSame(bytes[Int(entry.number)], name) { return entry.number }
            }
            place = (place + 1) & mask
        }
        return 0
    }

    /// Whether two texts are the same, eight bytes at a time.
    @inline(__always)
    static func isSame(_ known: [UInt8], _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard known.count == text.count else { return false }
        return known.withUnsafeBytes { known in
            let text = UnsafeRawBufferPointer(text)
            var place = 0
            // Every load lies within both texts, which are equally long.
            while place + 8 <= known.count {
                let (left, right) = (
                    known.loadUnaligned(fromByteOffset: place, as: UInt64.self),
                    text.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                )
                guard left == right else { return false }
                place += 8
            }
            while place < known.count {
                guard known[place] == text[place] else { return false }
                place += 1
            }
            return true
        }
    }

    @inline(__always)
    private static func hash(_ entry: Entry) -> Int {
        let rest = UInt64(entry.last) << 32 | UInt64(entry.count)
        let mixed = (entry.first &* 0x9E37_79B9_7F4A_7C15) ^ (rest &* 0xC2B2_AE3D_27D4_EB4F)
        return Int(truncatingIfNeeded: mixed >> 40)
    }

    @inline(__always)
    private static func entry(_ name: UnsafeBufferPointer<UInt8>) -> Entry {
        var entry = Entry(count: UInt16(truncatingIfNeeded: min(name.count, Int(UInt16.max))))
        let raw = UnsafeRawBufferPointer(name)
        if name.count >= 8 {
            // Both loads lie within the name, which has eight bytes or more.
            entry.first = raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            entry.last = raw.loadUnaligned(fromByteOffset: name.count - 4, as: UInt32.self)
        } else if name.count >= 4 {
            // Both loads lie within the name, which has four bytes or more.
            entry.first = UInt64(raw.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            entry.last = raw.loadUnaligned(fromByteOffset: name.count - 4, as: UInt32.self)
        } else {
            for byte in name { entry.first = entry.first << 8 | UInt64(byte) }
        }
        return entry
    }
}

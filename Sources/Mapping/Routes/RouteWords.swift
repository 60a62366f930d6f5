import Payments

/// The columns of a rules table that compare texts, as bits of a mask.
enum RouteColumn: Int, CaseIterable {
    case tenant, kind, from, debtor, creditor, creditorAgent, currency, purpose

    static let count = RouteColumn.allCases.count
}

/// Every text that a rules table compares with, as a number: 0 stands for `*`. Two texts of one column, one kind of
/// identifier and one way to compare have the same number when all their bytes are equal.
///
/// A question's text is known by the 64 bits of its hash alone. No two texts of the table have the same ones, but a
/// text that is not in the table may have those of one that is: whoever finds a row by its words compares it again.
struct RouteWords: Sendable {
    /// What a text is compared with: a column, and for identifiers a kind.
    private struct Space {
        /// Lengths that starts have here, ascending.
        var lengths: [Int] = []
        var longestExact = -1
    }

    private struct Slot {
        var hash: UInt64 = 0
        /// 0: nothing stands here.
        var word: UInt32 = 0
        var branch = RouteBranch.none
    }

    static let sameTenant: UInt32 = 1
    static let directory: UInt32 = 2
    /// What no question says: an account of our own as the payer's.
    static let never: UInt32 = 3

    private let seed: UInt64
    /// Open addressing by hash.
    private var slots = [Slot](repeating: Slot(), count: 64)
    /// A bit for the hash of each text: small enough to stay at hand, so that the many starts of a question's texts
    /// that no row has cost no look into the slots.
    private var known: [UInt64] = []
    private var spaces = [Space](repeating: Space(), count: RouteColumn.count)
    /// The space of each kind of identifier, under debtor and under creditor.
    private var kinds: [[(kind: String, space: Int)]] = [[], []]
    private var currencies: [Currency: (word: UInt32, branch: RouteBranch)] = [:]
    private var special = [RouteBranch](repeating: .none, count: 4)
    /// The texts by hash, while the table is read.
    private var texts: [UInt64: (space: Int, text: Pattern)] = [:]
    /// How many numbers there are, those of no text included.
    private(set) var count = 4

    init(seed: UInt64) { self.seed = seed }

    // MARK: Rows

    /// The words of a row, one for each column. Nil when two texts have the same hash: take another seed.
    mutating func number(_ row: RouteRow) -> SIMD8<UInt32>? {
        var words = SIMD8<UInt32>.zero
        for column in RouteColumn.allCases {
            guard let word = number(row, column) else { return nil }
            words[column.rawValue] = word
        }
        return words
    }

    private mutating func number(_ row: RouteRow, _ column: RouteColumn) -> UInt32? {
        switch column {
        case .tenant: return row.tenant.map { add(.exact($0), column.rawValue) } ?? 0
        case .kind: return row.kind.map { add(.exact($0), column.rawValue) } ?? 0
        case .from: return row.from.map { add($0, column.rawValue) } ?? 0
        case .debtor: return row.debtor.map { add($0, column) } ?? 0
        case .creditor: return row.creditor.map { add($0, column) } ?? 0
        case .creditorAgent: return row.creditorAgent.map { add($0, column.rawValue) } ?? 0
        case .currency:
            guard let currency = row.currency else { return 0 }
            if let known = currencies[currency] { return known.word }
            currencies[currency] = (UInt32(count), .none)
            count += 1
            return UInt32(count - 1)
        case .purpose: return row.purpose.map { add(.exact($0), column.rawValue) } ?? 0
        }
    }

    private mutating func add(_ pattern: IdentifierPattern, _ column: RouteColumn) -> UInt32? {
        switch pattern {
        case .sameTenant: return column == .creditor ? RouteWords.sameTenant : RouteWords.never
        case .directory: return column == .creditor ? RouteWords.directory : RouteWords.never
        case .identifier(let kind, let pattern):
            let side = column == .creditor ? 1 : 0
            if let known = space(kind, side) { return add(pattern, known) }
            spaces.append(Space())
            kinds[side].append((kind, spaces.count - 1))
            return add(pattern, spaces.count - 1)
        }
    }

    private mutating func add(_ pattern: Pattern, _ space: Int) -> UInt32? {
        let (text, isPrefix) =
            switch pattern {
            case .exact(let text): (text, false)
            case .prefix(let text): (text, true)
            }
        let count = text.utf8.count
        var hash = RouteHash(seed, space)
        for byte in text.utf8 { hash.take(byte) }
        let value = hash.value(isPrefix: isPrefix)
        if let known = texts[value] {
            guard known.space == space, known.text.isExactly(pattern) else { return nil }
            return slots[slot(value)].word
        }
        texts[value] = (space, pattern)
        if isPrefix {
            let place = spaces[space].lengths.firstIndex { $0 >= count } ?? spaces[space].lengths.count
            if place == spaces[space].lengths.count || spaces[space].lengths[place] != count {
                spaces[space].lengths.insert(count, at: place)
            }
        } else {
            spaces[space].longestExact = max(spaces[space].longestExact, count)
        }
        if texts.count * 2 > slots.count { grow() }
        slots[slot(value)] = Slot(hash: value, word: UInt32(self.count))
        self.count += 1
        return UInt32(self.count - 1)
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 4)
        for entry in old where entry.word != 0 { slots[slot(entry.hash)] = entry }
    }

    /// Ends the reading: each word learns where its rows begin.
    mutating func settle(_ branches: [RouteBranch]) {
        texts = [:]
        known = [UInt64](repeating: 0, count: max(16, slots.count / 8))
        for index in slots.indices where slots[index].word != 0 {
            let bit = bit(slots[index].hash)
            known[bit / 64] |= 1 << UInt64(bit % 64)
            slots[index].branch = branches[Int(slots[index].word)]
        }
        for currency in Array(currencies.keys) {
            if let word = currencies[currency]?.word { currencies[currency]?.branch = branches[Int(word)] }
        }
        for word in special.indices { special[word] = branches[word] }
    }

    // MARK: Questions

    /// Where the hash stands, or where it would.
    private func slot(_ hash: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot].word != 0, slots[slot].hash != hash { slot = (slot + 1) & mask }
        return slot
    }

    private func bit(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 24) & (known.count * 64 - 1) }

    private func space(_ kind: String, _ side: Int) -> Int? {
        for entry in kinds[side] where entry.kind == kind && entry.kind.utf8.elementsEqual(kind.utf8) {
            return entry.space
        }
        return nil
    }

    /// Adds every word whose text matches: the text itself, and its starts.
    func add(_ text: String, _ column: RouteColumn, to hits: inout RouteHits) {
        add(text, space: column.rawValue, isPrefix: false, to: &hits)
    }

    func add(_ identifier: Identifier, _ column: RouteColumn, to hits: inout RouteHits) {
        guard let kind = identifier.kind, let value = identifier.value,
            let space = space(kind, column == .creditor ? 1 : 0)
        else { return }
        add(value, space: space, isPrefix: false, to: &hits)
    }

    func add(_ currency: Currency, to hits: inout RouteHits) {
        if let known = currencies[currency] { hits.add(known.word, known.branch) }
    }

    func add(special word: UInt32, to hits: inout RouteHits) { hits.add(word, special[Int(word)]) }

    /// Adds every word that stands for at least what the pattern matches.
    func add(covering pattern: Pattern, _ column: RouteColumn, to hits: inout RouteHits) {
        add(covering: pattern, space: column.rawValue, to: &hits)
    }

    func add(covering pattern: IdentifierPattern, _ column: RouteColumn, to hits: inout RouteHits) {
        switch pattern {
        case .sameTenant: add(special: column == .creditor ? RouteWords.sameTenant : RouteWords.never, to: &hits)
        case .directory: add(special: column == .creditor ? RouteWords.directory : RouteWords.never, to: &hits)
        case .identifier(let kind, let pattern):
            if let space = space(kind, column == .creditor ? 1 : 0) { add(covering: pattern, space: space, to: &hits) }
        }
    }

    private func add(covering pattern: Pattern, space: Int, to hits: inout RouteHits) {
        switch pattern {
        case .exact(let text): add(text, space: space, isPrefix: false, to: &hits)
        case .prefix(let text): add(text, space: space, isPrefix: true, to: &hits)
        }
    }

    private func add(_ text: String, space: Int, isPrefix: Bool, to hits: inout RouteHits) {
        let found: Void? = text.utf8.withContiguousStorageIfAvailable { add($0, space, isPrefix: isPrefix, to: &hits) }
        if found == nil {
            Array(text.utf8).withUnsafeBufferPointer { add($0, space, isPrefix: isPrefix, to: &hits) }
        }
    }

    private func add(
        _ text: UnsafeBufferPointer<UInt8>, _ space: Int, isPrefix: Bool, to hits: inout RouteHits
    ) {
        var hash = RouteHash(seed, space)
        var taken = 0
        for length in spaces[space].lengths {
            guard length <= text.count else { break }
            while taken < length {
                hash.take(text[taken])
                taken += 1
            }
            add(hash.value(isPrefix: true), to: &hits)
        }
        guard !isPrefix, text.count <= spaces[space].longestExact else { return }
        while taken < text.count {
            hash.take(text[taken])
            taken += 1
        }
        add(hash.value(isPrefix: false), to: &hits)
    }

    private func add(_ hash: UInt64, to hits: inout RouteHits) {
        let bit = bit(hash)
        guard known[bit / 64] & 1 << UInt64(bit % 64) != 0 else { return }
        let slot = slots[slot(hash)]
        if slot.word != 0 { hits.add(slot.word, slot.branch) }
    }
}

extension Pattern {
    fileprivate func isExactly(_ other: Pattern) -> Bool {
        switch (self, other) {
        case (.exact(let left), .exact(let right)), (.prefix(let left), .prefix(let right)):
            left.utf8.elementsEqual(right.utf8)
        default: false
        }
    }
}

/// FNV-1a over the bytes of a text in its space, so that each start of a text costs one step more.
private struct RouteHash {
    private var state: UInt64

    init(_ seed: UInt64, _ space: Int) { state = seed ^ (UInt64(space) &* 0x9E37_79B9_7F4A_7C15) }

    mutating func take(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

    func value(isPrefix: Bool) -> UInt64 {
        let mixed = (state ^ (isPrefix ? 0xA5A5_5A5A_1234_4321 : 0)) &* 0x9E37_79B9_7F4A_7C15
        return mixed ^ (mixed >> 32)
    }
}

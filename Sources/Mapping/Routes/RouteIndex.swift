import Payments

/// A rules table arranged so that the first row that matches is found without trying the rows before it.
///
/// Rows stand in a tree. At a node with more than a few rows each row goes to the child of its rarest text there: the
/// one word of its columns, not yet used on the way down, that the fewest rows of the node have. A question follows
/// only the words that it says itself, so it meets few rows; those it compares whole, number by number. Where rows
/// differ by nothing but amounts and days, a sieve of bit sets leaves the few whose ranges hold the question's.
/// Branches are entered in the order of their first rows and left out when that comes after the best row so far: what
/// is found is the first row, as by trying all.
final class RouteIndex: Sendable {
    /// What a row compares, packed in the order of the tree's leaves.
    struct Row: Sendable {
        var words: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)
        var span: RouteSpan
        /// The row's place in the table.
        var place: Int32

        init(_ words: SIMD8<UInt32>, _ span: RouteSpan, _ place: Int32) {
            self.words = (words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7])
            self.span = span
            self.place = place
        }

        func word(_ column: Int) -> UInt32 {
            withUnsafeBytes(of: words) { $0.loadUnaligned(fromByteOffset: column * 4, as: UInt32.self) }
        }

        func matches(_ probe: borrowing RouteProbe) -> Bool {
            guard span.holds(probe.span) else { return false }
            for column in 0..<RouteColumn.count {
                let wanted = word(column)
                if wanted != 0, !probe.hits.says(wanted, column) { return false }
            }
            return true
        }
    }

    fileprivate struct Node {
        /// Rows that go no further: a part of `rows`.
        var start: Int32 = 0
        var end: Int32 = 0
        var sieve: Int32 = -1
        /// Columns whose words lead to children.
        var columns: UInt8 = 0
    }

    fileprivate struct Child {
        var node: Int32 = 0
        /// 0: no child stands here.
        var word: UInt32 = 0
        var branch = RouteBranch.none
    }

    /// A branch of so many rows is compared row by row.
    fileprivate static let leaf = 12
    /// Of more rows than this, those that share all texts get a sieve.
    fileprivate static let plain = 32

    let words: RouteWords
    private let nodes: [Node]
    private let rows: [Row]
    private let parts: RouteParts
    private let sieves: [RouteSieve]
    private let children: [Child]
    /// A bit for each child: most words that a question says lead nowhere, and this says so out of little memory.
    private let known: [UInt64]

    init(_ table: [RouteRow]) {
        var seeds = SystemRandomNumberGenerator()
        var read = RouteWords.read(table, seed: seeds.next())
        while read == nil { read = RouteWords.read(table, seed: seeds.next()) }
        guard var (words, packed) = read else { preconditionFailure("read until no two texts have one hash") }
        var builder = RouteTreeBuilder(packed, words: words.count)
        packed = []
        let root = builder.root()
        words.settle(root)
        self.words = words
        nodes = builder.nodes
        rows = builder.rows
        parts = builder.parts
        sieves = builder.sieves
        (children, known) = RouteIndex.hashed(builder.children)
    }

    private static func hashed(_ list: [Child]) -> ([Child], [UInt64]) {
        var size = 16
        while size < list.count * 2 { size *= 2 }
        var table = [Child](repeating: Child(), count: size)
        var known = [UInt64](repeating: 0, count: size / 8)
        for child in list {
            let hash = hash(child.node, child.word)
            known[bit(hash, known.count) / 64] |= 1 << UInt64(bit(hash, known.count) % 64)
            var slot = Int(truncatingIfNeeded: hash >> 32) & (size - 1)
            while table[slot].word != 0 { slot = (slot + 1) & (size - 1) }
            table[slot] = child
        }
        return (table, known)
    }

    private static func hash(_ node: Int32, _ word: UInt32) -> UInt64 {
        let key = UInt64(UInt32(bitPattern: node)) << 32 | UInt64(word)
        let mixed = (key ^ (key >> 29)) &* 0x9E37_79B9_7F4A_7C15
        return mixed ^ (mixed >> 31)
    }

    private static func bit(_ hash: UInt64, _ words: Int) -> Int {
        Int(truncatingIfNeeded: hash) & (words * 64 - 1)
    }

    /// The packed rows in the order of the table.
    var inOrder: [Row] { rows.sorted { $0.place < $1.place } }

    /// The place of the first row that seems to match: none before it does. Nil when none does.
    func first(_ probe: borrowing RouteProbe) -> Int? {
        let place = RouteSieve.Place(probe.span, parts)
        var best = Int32.max
        let root = nodes[0]
        if root.start < root.end { compare(root, probe, place, &best) }
        var done: Int32 = -1
        while true {
            // The branch with the least first row among those that are left: no two have the same.
            var next = RouteBranch.none
            var column: Int32 = 0
            for hit in probe.hits.list where hit.branch.first > done && hit.branch.first < next.first {
                next = hit.branch
                column = hit.column
            }
            guard next.first < best else { break }
            done = next.first
            enter(next, probe, place, used: 1 << UInt8(column), &best)
        }
        return best == .max ? nil : Int(best)
    }

    private func enter(
        _ branch: RouteBranch, _ probe: borrowing RouteProbe, _ place: RouteSieve.Place, used: UInt8,
        _ best: inout Int32
    ) {
        guard branch.count == 0 else {
            return compare(Int(branch.target)..<Int(branch.target + branch.count), probe, &best)
        }
        let node = nodes[Int(branch.target)]
        if node.start < node.end { compare(node, probe, place, &best) }
        var columns = node.columns & ~used
        while columns != 0 {
            let column = columns.trailingZeroBitCount
            columns &= columns - 1
            for index in probe.hits.places(column) {
                let below = child(branch.target, probe.hits.list[index].word)
                if below.first < best { enter(below, probe, place, used: used | 1 << UInt8(column), &best) }
            }
        }
    }

    private func child(_ node: Int32, _ word: UInt32) -> RouteBranch {
        let hash = RouteIndex.hash(node, word)
        let bit = RouteIndex.bit(hash, known.count)
        guard known[bit / 64] & 1 << UInt64(bit % 64) != 0 else { return .none }
        var slot = Int(truncatingIfNeeded: hash >> 32) & (children.count - 1)
        while true {
            let child = children[slot]
            if child.word == 0 { return .none }
            if child.word == word, child.node == node { return child.branch }
            slot = (slot + 1) & (children.count - 1)
        }
    }

    private func compare(_ places: Range<Int>, _ probe: borrowing RouteProbe, _ best: inout Int32) {
        for index in places {
            if rows[index].place >= best { return }
            if rows[index].matches(probe) {
                best = rows[index].place
                return
            }
        }
    }

    private func compare(
        _ node: Node, _ probe: borrowing RouteProbe, _ place: RouteSieve.Place, _ best: inout Int32
    ) {
        let start = Int(node.start)
        guard node.sieve >= 0 else { return compare(start..<Int(node.end), probe, &best) }
        sieves[Int(node.sieve)].forEach(place) { offset in
            let index = start + offset
            if rows[index].place < best {
                guard rows[index].matches(probe) else { return true }
                best = rows[index].place
            }
            return false
        }
    }
}

extension RouteWords {
    /// Numbers every row; nil when two texts have the same hash.
    fileprivate static func read(_ table: [RouteRow], seed: UInt64) -> (RouteWords, [RouteIndex.Row])? {
        var words = RouteWords(seed: seed)
        var packed: [RouteIndex.Row] = []
        packed.reserveCapacity(table.count)
        for place in table.indices {
            guard let numbers = words.number(table[place]) else { return nil }
            packed.append(RouteIndex.Row(numbers, RouteSpan(table[place]), Int32(place)))
        }
        return (words, packed)
    }
}

/// Grows the tree.
private struct RouteTreeBuilder {
    var nodes: [RouteIndex.Node] = []
    var rows: [RouteIndex.Row] = []
    var sieves: [RouteSieve] = []
    var children: [RouteIndex.Child] = []
    let parts: RouteParts
    private let packed: [RouteIndex.Row]
    /// How many rows of the node at hand have a word.
    private var counts: [Int32]

    init(_ packed: [RouteIndex.Row], words: Int) {
        self.packed = packed
        parts = RouteParts(packed.map(\.span))
        counts = [Int32](repeating: 0, count: words)
        rows.reserveCapacity(packed.count)
    }

    /// Builds the root and says for each word where its rows begin.
    mutating func root() -> [RouteBranch] {
        var branches = [RouteBranch](repeating: .none, count: counts.count)
        node(Array(0..<Int32(packed.count)), used: 0) { _, word, branch in branches[Int(word)] = branch }
        return branches
    }

    private mutating func branch(_ members: [Int32], used: UInt8) -> RouteBranch {
        guard members.count > RouteIndex.leaf else {
            let start = Int32(rows.count)
            rows += members.map { packed[Int($0)] }
            return RouteBranch(first: members[0], target: start, count: Int32(members.count))
        }
        var below: [RouteIndex.Child] = []
        let number = node(members, used: used) { node, word, branch in
            below.append(RouteIndex.Child(node: node, word: word, branch: branch))
        }
        children += below
        return RouteBranch(first: members[0], target: number, count: 0)
    }

    @discardableResult
    private mutating func node(
        _ members: [Int32], used: UInt8, _ found: (Int32, UInt32, RouteBranch) -> Void
    ) -> Int32 {
        let number = Int32(nodes.count)
        nodes.append(RouteIndex.Node())
        var rest: [Int32] = []
        var groups: [UInt32: [Int32]] = [:]
        var columns: [UInt32: Int] = [:]
        for (member, column) in zip(members, rarest(members, used: used)) {
            if column < 0 {
                rest.append(member)
            } else {
                let word = packed[Int(member)].word(column)
                groups[word, default: []].append(member)
                columns[word] = column
            }
        }
        settle(rest, in: number)
        for (word, group) in groups.sorted(by: { $0.key < $1.key }) {
            let column: UInt8 = 1 << UInt8(columns[word] ?? 0)
            nodes[Int(number)].columns |= column
            found(number, word, branch(group, used: used | column))
        }
        return number
    }

    /// For each member the column of its rarest word among those not used yet; -1 when it has none.
    private mutating func rarest(_ members: [Int32], used: UInt8) -> [Int] {
        let open = (0..<RouteColumn.count).filter { used & 1 << UInt8($0) == 0 }
        for member in members {
            for column in open { counts[Int(packed[Int(member)].word(column))] += 1 }
        }
        let choice = members.map { member in
            var best = -1
            var least = Int32.max
            for column in open {
                let word = packed[Int(member)].word(column)
                guard word != 0, counts[Int(word)] < least else { continue }
                best = column
                least = counts[Int(word)]
            }
            return best
        }
        for member in members {
            for column in open { counts[Int(packed[Int(member)].word(column))] = 0 }
        }
        return choice
    }

    private mutating func settle(_ members: [Int32], in number: Int32) {
        nodes[Int(number)].start = Int32(rows.count)
        rows += members.map { packed[Int($0)] }
        nodes[Int(number)].end = Int32(rows.count)
        guard members.count > RouteIndex.plain else { return }
        nodes[Int(number)].sieve = Int32(sieves.count)
        sieves.append(RouteSieve(members.map { packed[Int($0)].span }, parts))
    }
}

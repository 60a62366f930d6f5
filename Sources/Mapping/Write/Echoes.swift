import Payments

/// What the side-car of a payment says of a message of this table, by the nodes that write it: what no row maps, and
/// how fields stood that rows map. Made anew for each payment; one without such entries costs nothing.
struct Echoes {
    enum Kind {
        /// Of a row that keeps, or of a constant that was another.
        case kept
        /// Elements of a name that stands once for the rows, after the first.
        case further
        /// The text of a field's leaf, as it stood there.
        case form
        /// A structure that was there for its own sake.
        case mark
        /// An attribute of an element around all that rows speak of.
        case outer
    }

    struct Echo {
        let kind: Kind
        let node: Int
        /// Which element of the list that the node stands in, and which of its own name it is; both from 1. Of an outer
        /// element its depth, from 0.
        let element: Int
        let number: Int
        /// Index in the side-car.
        let entry: Int
        /// Where the node's own step begins in the entry's path.
        let start: Int
    }

    static let none = Echoes()

    private(set) var all: [Echo] = []
    /// By node, a bit for those that something is said of or below.
    private var touched: [UInt64] = []
    private(set) var hasForms = false
    private(set) var hasMarks = false

    private init() {}

    init(_ program: Program, _ payment: UnsafePointer<Payment>) {
        for index in payment.pointee.sideCar.indices {
            let start = Echoes.start(payment.pointee.sideCar[index].path, program)
            guard start > 0 else { continue }
            var path = payment.pointee.sideCar[index].path
            path.withUTF8 { path in
                if let outer = Echoes.outer(path, start, program) {
                    all.append(
                        Echo(kind: .outer, node: 0, element: outer.depth, number: 1, entry: index, start: outer.start))
                } else {
                    find(path, from: start, below: 0, element: 1, entry: index, program)
                }
            }
        }
        guard !all.isEmpty else { return }
        hasForms = all.contains { $0.kind == .form }
        if hasForms { dropStale(program, payment) }
        hasMarks = all.contains { $0.kind == .mark }
        touch(program)
    }

    @inline(__always)
    func touches(_ node: Int) -> Bool {
        guard !touched.isEmpty else { return false }
        return touched[node >> 6] >> UInt64(node & 63) & 1 == 1
    }

    /// - Parameter element: Only of this element of the list that the node stands in; nil for all.
    func at(_ node: Int, _ kind: Kind, element: Int? = nil) -> [Echo] {
        guard touches(node) else { return [] }
        return all.filter { $0.node == node && $0.kind == kind && (element == nil || $0.element == element) }
    }

    // MARK: Finding

    /// Where the steps of a path begin; 0 for one of another network or message.
    private static func start(_ path: String, _ program: Program) -> Int {
        var path = path
        return path.withUTF8 { bytes in
            for prefix in [program.keptPrefix, program.ownPrefix, program.formPrefix]
            where bytes.count > prefix.count && prefix.elementsEqual(bytes[..<prefix.count]) {
                return prefix.count
            }
            return 0
        }
    }

    /// The depth of an outer element whose attribute a path names, and where that begins.
    private static func outer(
        _ path: UnsafeBufferPointer<UInt8>, _ start: Int, _ program: Program
    ) -> (depth: Int, start: Int)? {
        var place = start
        for (depth, name) in program.root.enumerated() {
            let end = place + name.utf8.count
            guard end + 1 < path.count, path[end] == program.separator, path[place..<end].elementsEqual(name.utf8)
            else { return nil }
            place = end + 1
            if path[place] == UInt8(ascii: "@") { return (depth, place) }
        }
        return nil
    }

    private mutating func find(
        _ path: UnsafeBufferPointer<UInt8>, from start: Int, below parent: Int, element: Int, entry: Int,
        _ program: Program
    ) {
        var end = start
        while end < path.count, path[end] != program.separator { end += 1 }
        let (name, number) = Echoes.step(path, start..<end)
        let isLast = end == path.count
        let key = ReadNode.key(UnsafeBufferPointer(rebasing: path[name]))
        for child in program.writes[parent].children where program.writeKeys[child] == key {
            guard program.writes[child].name.text.utf8.elementsEqual(path[name]) else { continue }
            let isList = program.writes[child].greatest != nil
            func add(_ kind: Kind, _ element: Int) {
                all.append(
                    Echo(kind: kind, node: child, element: element, number: number, entry: entry, start: start))
            }
            switch program.writes[child].kind {
            case .leaf(let leaf):
                switch program.leaves[leaf].form {
                case .keep, .raw, .const: add(.kept, element)
                default:
                    if number > 1, !isList { add(.further, element) } else if isLast { add(.form, element) }
                }
            case .structure, .payments, .batches, .group:
                var element = element
                if case .group = program.writes[child].kind, isList { element = number }
                if number > 1, !isList {
                    add(.further, element)
                } else if isLast {
                    add(.mark, element)
                } else {
                    find(path, from: end + 1, below: child, element: element, entry: entry, program)
                }
            }
        }
    }

    /// `Rcrd[2]` is the second `Rcrd`.
    private static func step(
        _ path: UnsafeBufferPointer<UInt8>, _ step: Range<Int>
    ) -> (name: Range<Int>, number: Int) {
        guard let last = step.last, path[last] == UInt8(ascii: "]"),
            let open = path[step].lastIndex(of: UInt8(ascii: "[")),
            let number = Int(String(decoding: path[open + 1..<last], as: UTF8.self))
        else { return (step, 1) }
        return (step.lowerBound..<open, number)
    }

    private mutating func touch(_ program: Program) {
        touched = [UInt64](repeating: 0, count: program.writes.count / 64 + 1)
        for echo in all {
            var node = echo.node
            while node >= 0 {
                touched[node >> 6] |= 1 << UInt64(node & 63)
                node = program.writes[node].parent
            }
        }
    }

    // MARK: What holds no longer

    /// A field that was noted and is another now: what was kept of the party or agent that it belongs to is not of the
    /// new one.
    private mutating func dropStale(_ program: Program, _ payment: UnsafePointer<Payment>) {
        var roots: Set<Int> = []
        var stale: Set<Int> = []
        for (index, echo) in all.enumerated() where echo.kind == .form && program.writes[echo.node].group < 0 {
            let root = program.writes[echo.node].root
            if root >= 0 { roots.insert(root) }
            if !isSaid(echo, program, payment) {
                stale.insert(index)
                if root >= 0 { stale.formUnion(below(root, program)) }
            }
        }
        for root in roots where program.writes[root].isEcho && hasMore(below: root, program, payment) {
            stale.formUnion(below(root, program))
        }
        guard !stale.isEmpty else { return }
        all = all.enumerated().filter { !stale.contains($0.offset) }.map(\.element)
        hasForms = all.contains { $0.kind == .form }
    }

    /// Whether some form of the echo's field is what the field holds: then all of them are as they came.
    private func isSaid(_ echo: Echo, _ program: Program, _ payment: UnsafePointer<Payment>) -> Bool {
        let field = Echoes.field(of: echo, program)
        return all.contains { other in
            guard other.kind == .form, Echoes.field(of: other, program) == field else { return false }
            return Echoes.holds(other, program, payment, other.number - 1)
        }
    }

    private func below(_ root: Int, _ program: Program) -> [Int] {
        all.indices.filter { index in
            var node = all[index].node
            while node > root { node = program.writes[node].parent }
            return node == root
        }
    }

    /// Whether the payment says something that did not stand where the echoes below a node do.
    private func hasMore(below root: Int, _ program: Program, _ payment: UnsafePointer<Payment>) -> Bool {
        var open = [root]
        while let node = open.popLast() {
            open += program.writes[node].children
            guard case .leaf(let leaf) = program.writes[node].kind, program.leaves[leaf].field >= 0 else { continue }
            let field = program.leaves[leaf].field
            let list = program.leaves[leaf].list
            let count = list < 0 ? 1 : program.lists[list].counts(payment)
            guard (0..<count).contains(where: { program.value(field, payment, $0) != nil }) else { continue }
            if !all.contains(where: { $0.kind == .form && Echoes.field(of: $0, program) == field }) { return true }
        }
        return false
    }

    static func field(of echo: Echo, _ program: Program) -> Int {
        guard case .leaf(let leaf) = program.writes[echo.node].kind else { return -1 }
        return program.leaves[leaf].field
    }

    /// Whether the text of an echo is what the field holds, at a place of its list.
    static func holds(_ echo: Echo, _ program: Program, _ payment: UnsafePointer<Payment>, _ place: Int) -> Bool {
        guard case .leaf(let leaf) = program.writes[echo.node].kind else { return false }
        let list = program.leaves[leaf].list
        if list >= 0, place >= program.lists[list].counts(payment) { return false }
        return ValueText.says(payment.pointee.sideCar[echo.entry].value, leaf, program, payment, max(place, 0))
    }

    /// Where a value stood: here, in a text; elsewhere, and not here; or nowhere that was noted.
    enum Answer {
        case text(Echo)
        case elsewhere
        case unknown
    }

    /// - Parameters:
    ///   - element: Which element of the list that the node stands in is written, from 1.
    ///   - place: Of the value in its list, from 0.
    func answer(
        _ node: Int, element: Int, place: Int, _ program: Program, _ payment: UnsafePointer<Payment>
    ) -> Answer {
        guard hasForms, case .leaf(let leaf) = program.writes[node].kind else { return .unknown }
        let field = program.leaves[leaf].field
        let group = program.writes[node].group
        let isList = program.writes[node].greatest != nil
        var own: Echo?
        var isSame = false
        for echo in all where echo.kind == .form && Echoes.field(of: echo, program) == field {
            guard program.writes[echo.node].group == group, group < 0 || echo.element == element else { continue }
            let other = program.writes[echo.node].greatest != nil ? echo.number - 1 : place
            if !isSame { isSame = Echoes.holds(echo, program, payment, other) }
            if echo.node == node, !isList || echo.number == place + 1 { own = echo }
        }
        guard isSame else { return .unknown }
        return own.map { .text($0) } ?? .elsewhere
    }
}

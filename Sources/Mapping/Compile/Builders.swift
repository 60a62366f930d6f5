/// A read node under construction.
final class ReadBuilder {
    let name: String
    let greatest: Int
    var children: [ReadBuilder] = []
    var action = ReadNode.Action.structure
    var leaf = -1
    var isPayment = false
    var isBatch = false
    /// It begins an included table.
    var isRoot = false
    var isScope = false
    var required = false
    var list = -1
    var kindField = -1
    var kind: String?
    /// The list in whose element it stands; -1 outside of lists.
    var element = -1
    /// Its elements are entries of the side-car.
    var isEntry = false
    /// What is kept of it comes back to the same message alone.
    var isOwn = false
    var path = ""

    init(_ name: String, greatest: Int = 1) {
        self.name = name
        self.greatest = greatest
    }

    func child(_ name: String) -> ReadBuilder? { children.first { $0.name == name } }

    /// The nodes in one array, the children of each side by side.
    static func flatten(_ root: ReadBuilder, _ leaves: [Leaf]) -> ReadNodes {
        var flat = ReadNodes()
        var queue: [(builder: ReadBuilder, scope: Int)] = [(root, 0)]
        var next = 0
        flat.append(root, leaves)
        while next < queue.count {
            let (builder, scope) = queue[next]
            flat.nodes[next].firstChild = Int32(flat.nodes.count)
            for child in builder.children {
                // What no row maps around or in entries is none of them, whatever its name.
                child.isOwn = builder.isOwn || child.isEntry || child.children.contains { $0.isEntry }
                flat.append(child, leaves)
                let inner = builder.isScope ? next : scope
                if child.required, flat.notes[inner].requiredPaths.count < 63 {
                    let bit: UInt64 = 1 << UInt64(flat.notes[inner].requiredPaths.count)
                    flat.nodes[flat.nodes.count - 1].bit = bit
                    flat.nodes[inner].required |= bit
                    flat.notes[inner].requiredPaths.append(child.path)
                }
                queue.append((child, inner))
            }
            flat.nodes[next].endChild = Int32(flat.nodes.count)
            next += 1
        }
        return flat
    }
}

extension ReadNodes {
    fileprivate mutating func append(_ builder: ReadBuilder, _ leaves: [Leaf]) {
        let name = Array(builder.name.utf8)
        var isKeep = false
        var isRaw = false
        if builder.leaf >= 0 {
            switch leaves[builder.leaf].form {
            case .keep: isKeep = true
            case .raw: isRaw = true
            default: break
            }
        }
        nodes.append(
            ReadNode(
                key: name.withUnsafeBufferPointer(ReadNode.key), nameStart: Int32(names.count),
                nameCount: Int32(name.count), leaf: Int32(builder.leaf),
                greatest: Int32(clamping: builder.greatest), list: Int32(builder.list), action: builder.action,
                isPayment: builder.isPayment, isBatch: builder.isBatch, isScope: builder.isScope,
                isRoot: builder.isRoot, isKeep: isKeep || isRaw, isRaw: isRaw,
                isOwn: builder.isOwn || (builder.leaf >= 0 && (isRaw || leaves[builder.leaf].isEcho))))
        notes.append(
            ReadNote(
                kindField: builder.kindField, kind: builder.kind, element: builder.element, path: builder.path))
        names += name
    }
}

/// A write node under construction.
final class WriteBuilder {
    let name: String
    var kind = WriteNode.Kind.structure
    var greatest: Int?
    var children: [WriteBuilder] = []
    var condition: Condition?
    var isScope = false
    var required = false
    var parts: UInt64 = 0
    var path = ""
    /// Rows that `else` holds apart from this one; 0 for none.
    var choice = 0
    /// The row that made it is read too; is written where it stood alone; begins an included table.
    var isRead = true
    var isEcho = false
    var isRoot = false
    /// The row that made it: `file:line`.
    var row = ""

    init(_ name: String) { self.name = name }

    var isPlain: Bool {
        guard case .structure = kind else { return false }
        return condition == nil
    }

    /// The nodes in one array, the children of each side by side, and the row that made each, as `file:line`.
    static func flatten(_ root: WriteBuilder) -> (nodes: [WriteNode], rows: [String]) {
        _ = gather(root)
        var nodes: [WriteNode] = []
        var rows: [String] = []
        var queue = [root]
        func append(_ builder: WriteBuilder, _ place: WriteNode.Place, required: Bool, below parent: Int) {
            var group = -1
            var outer = -1
            if parent >= 0 {
                if case .group = nodes[parent].kind { group = parent } else { group = nodes[parent].group }
                outer = nodes[parent].isRoot ? parent : nodes[parent].root
            }
            nodes.append(
                WriteNode(
                    name: WriteName(builder.name), kind: builder.kind, condition: builder.condition,
                    greatest: builder.greatest,
                    isScope: builder.isScope, required: required, place: place, parts: builder.parts,
                    path: builder.path, parent: parent, group: group, root: outer, choice: builder.choice,
                    isRead: builder.isRead, isEcho: builder.isEcho, isRoot: builder.isRoot))
            rows.append(builder.row)
        }
        append(root, .alone, required: false, below: -1)
        var next = 0
        while next < queue.count {
            let first = nodes.count
            for child in queue[next].children {
                let others = queue[next].children.filter { $0.name == child.name }
                append(
                    child, others.count == 1 ? .alone : others.last === child ? .lastAlternative : .alternative,
                    required: others.contains { $0.required }, below: next)
                queue.append(child)
            }
            nodes[next].children = first..<nodes.count
            next += 1
        }
        return (nodes, rows)
    }

    /// Hands the parts of the leaves up to the nodes above them.
    private static func gather(_ builder: WriteBuilder) -> UInt64 {
        for child in builder.children { builder.parts |= gather(child) }
        return builder.parts
    }
}

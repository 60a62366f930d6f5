/// A read node under construction.
final class ReadBuilder {
    let name: String
    let greatest: Int
    var children: [ReadBuilder] = []
    var action = ReadNode.Action.structure
    var leaf = -1
    var isPayment = false
    var isScope = false
    var required = false
    var list = -1
    var kindField = -1
    var kind: String?
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
        if builder.leaf >= 0, case .keep = leaves[builder.leaf].form { isKeep = true }
        nodes.append(
            ReadNode(
                key: name.withUnsafeBufferPointer(ReadNode.key), nameStart: Int32(names.count),
                nameCount: Int32(name.count), leaf: Int32(builder.leaf),
                greatest: Int32(clamping: builder.greatest), list: Int32(builder.list), action: builder.action,
                isPayment: builder.isPayment, isScope: builder.isScope, isKeep: isKeep))
        notes.append(ReadNote(kindField: builder.kindField, kind: builder.kind))
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
        func append(_ builder: WriteBuilder, _ place: WriteNode.Place, required: Bool) {
            nodes.append(
                WriteNode(
                    name: WriteName(builder.name), kind: builder.kind, condition: builder.condition,
                    greatest: builder.greatest,
                    isScope: builder.isScope, required: required, place: place, parts: builder.parts,
                    path: builder.path))
            rows.append(builder.row)
        }
        append(root, .alone, required: false)
        var next = 0
        while next < queue.count {
            let first = nodes.count
            for child in queue[next].children {
                let others = queue[next].children.filter { $0.name == child.name }
                append(
                    child, others.count == 1 ? .alone : others.last === child ? .lastAlternative : .alternative,
                    required: others.contains { $0.required })
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

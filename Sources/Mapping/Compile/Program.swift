import Payments

/// One table, compiled: what its readers and writers run. Shared and never changed.
final class Program: Sendable {
    let message: String
    /// The message whose rows it has: another version's, or its own.
    let base: String
    let network: Network
    /// The message's name without its network.
    let name: String
    let namespace: String
    /// What stands before the paths that a side-car keeps, and between their steps.
    let keptPrefix: [UInt8]
    let separator: UInt8
    /// The same for what comes back to this message alone, and for how a field stood that a row maps.
    let ownPrefix: [UInt8]
    let formPrefix: [UInt8]
    /// Whether a message of this table comes back as it stood, fields and all.
    let echoes: Bool
    /// Names of elements that hold what is of no schema of the network.
    let rawNames: [String]
    /// Copies of the vocabulary, so that an index is all that a node holds.
    let fields = Program.allFields
    let places = Program.allPlaces
    let lists: [FieldList] = PaymentFields.lists
    /// By field: whether it stands in a list.
    let isListed: [Bool] = Program.allLists.map { $0 >= 0 }
    /// By field: its part of a payment.
    let fieldParts = Program.allParts
    /// By field: the list in which it stands, as an index in `lists`; -1 for none.
    let fieldLists: [Int] = Program.allLists
    /// The field that says how many payments there are; -1 when no row writes it.
    let countField: Int
    let sideCarList = PaymentFields.lists.firstIndex { $0.name == "sideCar[]" } ?? -1
    /// Outer elements of an XML message.
    let root: [String]
    let leaves: Lasting<Leaf>
    /// What reading asks of each leaf, as plain numbers.
    let plans: Lasting<LeafPlan>
    /// Nodes to read by; the root is the first. The children of a node lie side by side, `names` holds their names.
    let reads: [ReadNode]
    /// By node: what reading seldom asks for.
    let readNotes: [ReadNote]
    let names: [UInt8]
    /// Nodes to write by, in the order of writing; the root is the first.
    let writes: Lasting<WriteNode>
    /// By node to write: the row that made it, as `file:line`; empty for the root.
    let writeRows: [String]
    /// By node to write: what stands first in its path, to find it by the steps of a side-car's path.
    let writeKeys: [UInt64]
    /// By node to write, `maskWords` for each: the fields without which nothing at or below it is written.
    let masks: Lasting<UInt64>
    static let maskWords = (PaymentFields.all.count + 63) / 64
    let coverage: [Coverage]
    /// By field: whether some row can write it, whether its absence is no loss.
    let writable: [Bool]
    let excused: [Bool]
    /// Paths that the table says it never fills, though a schema may demand them.
    let omitted: Set<String>
    /// A bit for each field whose absence is a loss, `maskWords` words.
    let reported: [UInt64]

    init(
        message: String, network: Network, root: [String], leaves: [Leaf], reads: ReadNodes,
        writes: (nodes: [WriteNode], rows: [String]),
        coverage: [Coverage], writable: [Bool], excused: [Bool], omitted: Set<String> = [], base: String? = nil
    ) {
        self.message = message
        self.network = network
        name = String(message.split(separator: "/").last ?? "")
        namespace = network.namespace + name
        ownPrefix = Array("\(message):".utf8)
        formPrefix = Array("\(message)=".utf8)
        // What another version keeps may have no place in this one.
        self.base = base ?? message
        keptPrefix = self.base == message ? Array("\(network.name):".utf8) : ownPrefix
        echoes = network.format == .xml
        separator = network.separator.asciiValue ?? UInt8(ascii: ".")
        self.root = root
        countField =
            leaves.first { leaf in
                if case .countOfPayments = leaf.form { return true }
                return false
            }?.field ?? -1
        self.leaves = Lasting(leaves)
        plans = Lasting(Self.plans(leaves, reads.nodes))
        (self.reads, readNotes) = Self.checked(reads, writes.nodes, leaves)
        names = reads.names
        self.writes = Lasting(writes.nodes)
        masks = Lasting(Self.masks(writes.nodes, leaves))
        writeRows = writes.rows
        writeKeys = writes.nodes.map { node in
            Array(node.name.text.utf8).withUnsafeBufferPointer(ReadNode.key)
        }
        rawNames = network.raw
        self.coverage = coverage
        self.writable = writable
        self.excused = excused
        self.omitted = omitted
        var reported = [UInt64](repeating: 0, count: Self.maskWords)
        for field in excused.indices where !excused[field] { reported[field >> 6] |= 1 << UInt64(field & 63) }
        self.reported = reported
    }

    deinit {
        leaves.free()
        plans.free()
        writes.free()
        masks.free()
    }

    /// For all programs, for ever.
    private static let allFields = Lasting(PaymentFields.all)
    private static let allPlaces = Lasting(PaymentFields.places)
    private static let allParts = Lasting(PaymentParts.bits)
    private static let allLists: [Int] = {
        let places = Dictionary(
            PaymentFields.lists.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        return PaymentFields.all.map { field in field.list.flatMap { places[$0] } ?? -1 }
    }()

    /// By list, `maskWords` for each: the fields of its elements.
    static let listMasks: [UInt64] = {
        var masks = [UInt64](repeating: 0, count: PaymentFields.lists.count * maskWords)
        for (field, list) in allLists.enumerated() where list >= 0 {
            masks[list * maskWords + field >> 6] |= 1 << UInt64(field & 63)
        }
        return masks
    }()

    /// What a payment says in a field, or in an element of a list.
    @inline(__always)
    func value(_ field: Int, _ payment: UnsafePointer<Payment>, _ element: Int) -> FieldValue? {
        let place = places[field]
        return place.isThere ? place.value(in: payment) : fields[field].read(payment, element)
    }

    /// Whether a payment says anything there.
    @inline(__always)
    func says(_ field: Int, _ payment: UnsafePointer<Payment>, _ element: Int) -> Bool {
        let place = places[field]
        return place.isThere ? place.isFilled(in: payment) : fields[field].read(payment, element) != nil
    }

    /// False when the value is of another kind than the field.
    @inline(__always)
    func set(_ field: Int, _ payment: inout Payment, _ value: FieldValue) -> Bool {
        let place = places[field]
        return place.isThere ? place.set(&payment, value) : fields[field].set(&payment, value)
    }

    /// Marks the nodes whose row may stay closed for what was read there: what they said is then noted.
    private static func checked(
        _ reads: ReadNodes, _ writes: [WriteNode], _ leaves: [Leaf]
    ) -> ([ReadNode], [ReadNote]) {
        var conditions: [String: [Condition]] = [:]
        for node in writes where !node.isEcho {
            guard let condition = node.condition else { continue }
            if case .leaf(let leaf) = node.kind {
                // A field that is there or not is told by the row that reads it.
                guard leaves[leaf].list < 0, !condition.isPresence else { continue }
            }
            conditions[node.path, default: []].append(condition)
        }
        var nodes = reads.nodes
        var notes = reads.notes
        for index in nodes.indices where !nodes[index].isKeep {
            guard let found = conditions[notes[index].path] else { continue }
            nodes[index].isChecked = true
            notes[index].conditions = found
        }
        for index in nodes.indices where nodes[index].isRoot && notes[index].element < 0 {
            var open = [index]
            while let node = open.popLast() {
                for child in Int(nodes[node].firstChild)..<Int(nodes[node].endChild)
                where !nodes[child].isRoot && nodes[child].list < 0 {
                    open.append(child)
                    let leaf = Int(nodes[child].leaf)
                    guard leaf >= 0, leaves[leaf].list < 0, leaves[leaf].field >= 0 else { continue }
                    notes[index].identity.append(leaf)
                    if leaves[leaf].isEcho { nodes[index].isEchoRoot = true }
                }
            }
        }
        return (nodes, notes)
    }

    private static func masks(_ nodes: [WriteNode], _ leaves: [Leaf]) -> [UInt64] {
        var masks = [UInt64](repeating: 0, count: nodes.count * maskWords)
        func add(_ field: Int, _ node: Int) { masks[node * maskWords + field >> 6] |= 1 << UInt64(field & 63) }
        for (index, node) in nodes.enumerated().reversed() {
            switch node.kind {
            case .structure, .group: break
            case .payments, .batches:
                for word in 0..<maskWords { masks[index * maskWords + word] = ~0 }
            case .leaf(let leaf):
                if node.isEcho { break }
                // What is written whatever the payment says.
                if node.parts == PaymentParts.everything {
                    for word in 0..<maskWords { masks[index * maskWords + word] = ~0 }
                } else if leaves[leaf].field >= 0 {
                    add(leaves[leaf].field, index)
                    guard case .code(let rule) = leaves[leaf].form else { break }
                    switch rule.extra {
                    case .none: break
                    case .otherwise(let other), .verbatim(let other): add(other, index)
                    }
                }
            }
            guard node.parent >= 0 else { continue }
            for word in 0..<maskWords { masks[node.parent * maskWords + word] |= masks[index * maskWords + word] }
        }
        return masks
    }

    /// Marks the rows whose field a row further out says as well: a transaction's and the header's.
    private static func plans(_ leaves: [Leaf], _ nodes: [ReadNode]) -> [LeafPlan] {
        var plans = leaves.map(LeafPlan.init)
        var places: [Int: [(leaf: Int, level: Int)]] = [:]
        var open: [(node: Int, level: Int)] = nodes.isEmpty ? [] : [(0, 0)]
        while let (node, level) = open.popLast() {
            let leaf = Int(nodes[node].leaf)
            if leaf >= 0, leaves[leaf].field >= 0 {
                // A text of a list is a field of its own; another thing of a list belongs to its element.
                let isListed = PaymentFields.all[leaves[leaf].field].list != nil
                if leaves[leaf].kindField < 0, isListed == (leaves[leaf].list >= 0) {
                    places[leaves[leaf].field, default: []].append((leaf, level))
                }
            }
            let children = Int(nodes[node].firstChild)..<Int(nodes[node].endChild)
            for child in children {
                open.append((child, nodes[child].isPayment ? 2 : nodes[child].isBatch ? 1 : level))
            }
        }
        for (_, places) in places {
            for (leaf, level) in places {
                let outer = places.filter { $0.level < level }.max { $0.level < $1.level }
                plans[leaf].outer = outer?.leaf ?? -1
            }
        }
        return plans
    }

    /// Where the name of a node lies in `names`.
    func nameRange(_ node: Int) -> Range<Int> {
        Int(reads[node].nameStart)..<Int(reads[node].nameStart + reads[node].nameCount)
    }

    var writableNames: [String] { fields.indices.filter { writable[$0] }.map { fields[$0].name } }
}

import FormatJSON
import Payments

/// One table, compiled: what its readers and writers run. Shared and never changed.
final class Program: Sendable {
    let message: String
    let network: Network
    /// The message's name without its network.
    let name: String
    let namespace: String
    /// What stands before the paths that a side-car keeps, and between their steps.
    let keptPrefix: [UInt8]
    let separator: UInt8
    /// Copies of the vocabulary, so that an index is all that a node holds.
    let fields: [Field] = PaymentFields.all
    let lists: [FieldList] = PaymentFields.lists
    /// By field: whether it stands in a list.
    let isListed: [Bool] = PaymentFields.all.map { $0.list != nil }
    let sideCarList = PaymentFields.lists.firstIndex { $0.name == "sideCar[]" } ?? -1
    /// Outer elements of an XML message.
    let root: [String]
    let leaves: [Leaf]
    /// What reading asks of each leaf, as plain numbers.
    let plans: [LeafPlan]
    /// Nodes to read by; the root is the first. The children of a node lie side by side, `names` holds their names.
    let reads: [ReadNode]
    /// By node: what reading seldom asks for.
    let readNotes: [ReadNote]
    let names: [UInt8]
    /// Nodes to write by, in the order of writing; the root is the first.
    let writes: [WriteNode]
    /// By node to write: the row that made it, as `file:line`; empty for the root.
    let writeRows: [String]
    /// Rows that write what the side-car holds, with their paths; the longer path before one that it continues.
    let keeps: [(path: [UInt8], leaf: Int)]
    let coverage: [Coverage]
    /// By field: whether some row can write it, whether its absence is no loss.
    let writable: [Bool]
    let excused: [Bool]
    /// Paths that the table says it never fills, though a schema may demand them.
    let omitted: Set<String>
    /// Those whose absence is a loss: with the list that they stand in, or -1, and their part of a payment.
    let reported: [(field: Int, list: Int, part: UInt64)]

    init(
        message: String, network: Network, root: [String], leaves: [Leaf], reads: ReadNodes,
        writes: (nodes: [WriteNode], rows: [String]),
        coverage: [Coverage], writable: [Bool], excused: [Bool], omitted: Set<String> = []
    ) {
        self.message = message
        self.network = network
        name = String(message.split(separator: "/").last ?? "")
        namespace = network.namespace + name
        keptPrefix = Array("\(network.name):".utf8)
        separator = network.separator.asciiValue ?? UInt8(ascii: ".")
        self.root = root
        self.leaves = leaves
        plans = Self.plans(leaves, reads.nodes)
        self.reads = reads.nodes
        readNotes = reads.notes
        names = reads.names
        self.writes = writes.nodes
        writeRows = writes.rows
        var keeps: [(path: [UInt8], leaf: Int)] = []
        for node in writes.nodes {
            guard case .leaf(let leaf) = node.kind, case .keep = leaves[leaf].form else { continue }
            keeps.append((Array(leaves[leaf].path.utf8), leaf))
        }
        self.keeps = keeps.sorted { $0.path.count > $1.path.count }
        self.coverage = coverage
        self.writable = writable
        self.excused = excused
        self.omitted = omitted
        let lists = Dictionary(
            PaymentFields.lists.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        reported = PaymentFields.all.enumerated().filter { !excused[$0.offset] }.map { index, field in
            (index, field.list.flatMap { lists[$0] } ?? -1, PaymentParts.bits[index])
        }
    }

    /// Marks the rows of a transaction whose field the message's header may say as well.
    private static func plans(_ leaves: [Leaf], _ nodes: [ReadNode]) -> [LeafPlan] {
        var plans = leaves.map(LeafPlan.init)
        var inHeader: Set<Int> = []
        var inPayment: [Int] = []
        var open: [(node: Int, isPayment: Bool)] = nodes.isEmpty ? [] : [(0, false)]
        while let (node, isPayment) = open.popLast() {
            let leaf = Int(nodes[node].leaf)
            if leaf >= 0, leaves[leaf].field >= 0, leaves[leaf].list < 0 {
                if isPayment { inPayment.append(leaf) } else { inHeader.insert(leaves[leaf].field) }
            }
            let children = Int(nodes[node].firstChild)..<Int(nodes[node].endChild)
            open += children.map { ($0, isPayment || nodes[$0].isPayment) }
        }
        for leaf in inPayment where inHeader.contains(leaves[leaf].field) { plans[leaf].isShared = true }
        return plans
    }

    /// Where the name of a node lies in `names`.
    func nameRange(_ node: Int) -> Range<Int> {
        Int(reads[node].nameStart)..<Int(reads[node].nameStart + reads[node].nameCount)
    }

    var writableNames: [String] { fields.indices.filter { writable[$0] }.map { fields[$0].name } }

    /// The row that keeps what stands at a path of the side-car, or above it; -1 when there is none.
    func keeper(of path: String) -> Int {
        guard !keeps.isEmpty else { return -1 }
        var path = path
        return path.withUTF8 { bytes in
            let first = keptPrefix.count
            guard bytes.count > first, keptPrefix.elementsEqual(bytes[..<first]) else { return -1 }
            let below = UnsafeBufferPointer(rebasing: bytes[first...])
            for keep in keeps where keep.path.count <= below.count {
                let ends =
                    below.count == keep.path.count || below[keep.path.count] == separator
                    || below[keep.path.count] == UInt8(ascii: "[")
                if ends, keep.path.elementsEqual(below[..<keep.path.count]) { return keep.leaf }
            }
            return -1
        }
    }
}

/// A row that carries a value.
struct Leaf: Sendable {
    enum AmountPlace: Sendable {
        /// The currency is an attribute of the element.
        case attribute(String)
        /// The currency is a member beside the amount.
        case sibling(String)
        /// An object of `amount` and `currency`.
        case object
    }

    let path: String
    /// As loss reports and errors name it.
    let fieldName: String
    /// Index in `PaymentFields.all`; -1 for `const` and `keep`.
    let field: Int
    let form: Form
    var amountPlace = AmountPlace.object
    /// The list to which a read value adds an element, and whether only its first element is written; -1 for none.
    var list = -1
    var firstOnly = false
    /// For `identifiers[KIND]`: the element's kind and its field.
    var kind: String?
    var kindField = -1
    /// The kind that need not be written, because the element's place says it.
    var implied: String?
    /// Where the row stands: `file:line`.
    let row: String

    var isObjectAmount: Bool {
        guard case .amount = form, case .object = amountPlace else { return false }
        return true
    }
}

/// What most leaves ask of their text: enough to take it without a look at the whole row.
struct LeafPlan: Sendable {
    enum Kind: UInt8 {
        case text
        case amount, const, keep, code, dateTime
        /// The number of payments.
        case total
        case other
    }

    let kind: Kind
    let shape: TextShape?
    let least: Int
    let greatest: Int
    let field: Int
    let list: Int
    /// Whether it is an amount of two members of one object.
    let isObject: Bool
    /// What stands before a text in its field.
    let prefix: [UInt8]
    private(set) var code: CodeRule?
    private(set) var times = Network.Times.any
    /// Of a row of a transaction: whether the header has a row for its field too.
    var isShared = false

    init(_ leaf: Leaf) {
        var rule = TextRule()
        switch leaf.form {
        case .text(let found):
            kind = .text
            rule = found
        case .amount: kind = .amount
        case .const: kind = .const
        case .keep: kind = .keep
        case .code(let code):
            kind = .code
            self.code = code
            rule = code.text
        case .dateTime(let found):
            kind = .dateTime
            times = found
        case .countOfPayments: kind = .total
        default: kind = .other
        }
        shape = rule.shape
        least = rule.least
        greatest = rule.greatest
        prefix = Array(rule.prefix.utf8)
        field = leaf.field
        list = leaf.list
        isObject = leaf.isObjectAmount
    }
}

/// A step of the way through a message while it is read. Plain numbers: every element of every message asks for one.
struct ReadNode: Sendable {
    enum Action: UInt8, Sendable {
        /// Holds further elements.
        case structure
        case leaf
        /// The two halves of an amount that stand apart.
        case amountDigits, amountCurrency
    }

    /// The first eight bytes of the name, and where all of it lies in `Program.names`.
    let key: UInt64
    let nameStart: Int32
    let nameCount: Int32
    var firstChild: Int32 = 0
    var endChild: Int32 = 0
    /// Index in `Program.leaves`; -1 for a structure.
    let leaf: Int32
    /// How many elements may be read; 1 for what stands once.
    let greatest: Int32
    /// The element of a list that this node begins; -1 for none.
    let list: Int32
    let action: Action
    let isPayment: Bool
    let isScope: Bool
    /// The whole sub-tree goes to the side-car.
    let isKeep: Bool
    /// Bits of the mandatory nodes below, up to the next scope; 0 when the node is no scope or asks for nothing.
    var required: UInt64 = 0
    /// This node's own bit in its scope.
    var bit: UInt64 = 0

    /// The first eight bytes of a name, zeros after a shorter one.
    @inline(__always)
    static func key(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var key: UInt64 = 0
        for index in 0..<min(name.count, 8) { key |= UInt64(name[index]) &<< UInt64(index &* 8) }
        return key
    }
}

struct ReadNote: Sendable {
    /// The field of the kind of the list's element, and the kind that it has by default.
    let kindField: Int
    let kind: String?
    /// What the bits of `ReadNode.required` stand for: paths of the mandatory nodes.
    var requiredPaths: [String] = []
}

struct ReadNodes: Sendable {
    var nodes: [ReadNode] = []
    var notes: [ReadNote] = []
    var names: [UInt8] = []
}

/// A step of the way through a message while it is written.
struct WriteNode: Sendable {
    enum Kind: Sendable {
        case structure
        case leaf(Int)
        case group(WriteGroup)
        case payments
    }

    /// Whether rows with other conditions stand at the same path.
    enum Place: Sendable {
        case alone, alternative, lastAlternative
    }

    let name: WriteName
    let kind: Kind
    var children: Range<Int> = 0..<0
    let condition: Condition?
    /// Elements at most, for a list; nil for what stands once.
    let greatest: Int?
    let isScope: Bool
    let required: Bool
    let place: Place
    /// Parts of a payment without which nothing below is written.
    var parts: UInt64
    let path: String
}

/// The name of an element or member, as text and as JSON has it.
struct WriteName: Sendable {
    let text: String
    let key: JSONKey

    init(_ text: String) {
        self.text = text
        key = JSONKey(text)
    }
}

/// Rows that write elements of a list: shared by reference, since every message asks for it.
final class WriteGroup: Sendable {
    let list: Int
    /// Only elements of this kind.
    let kind: String?
    /// The kind that an element has by standing here.
    let implied: String?
    let kindField: Int
    let firstOnly: Bool

    init(list: Int, kind: String?, implied: String?, kindField: Int, firstOnly: Bool) {
        self.list = list
        self.kind = kind
        self.implied = implied
        self.kindField = kindField
        self.firstOnly = firstOnly
    }
}

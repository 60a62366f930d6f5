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
    /// By field: the list that it stands in.
    let fieldLists: [Int?] = PaymentFields.all.map { field in
        field.list.flatMap { name in PaymentFields.lists.firstIndex { $0.name == name } }
    }
    /// Outer elements of an XML message.
    let root: [String]
    let leaves: [Leaf]
    /// Nodes to read by; the root is the first. The children of a node lie side by side, `names` holds their names.
    let reads: [ReadNode]
    let names: [UInt8]
    /// Nodes to write by, in the order of writing; the root is the first.
    let writes: [WriteNode]
    /// Rows that write what the side-car holds, by the path of their network.
    let keeps: [String: Int]
    let coverage: [Coverage]
    /// By field: whether some row can write it, whether its absence is no loss.
    let writable: [Bool]
    let excused: [Bool]

    init(
        message: String, network: Network, root: [String], leaves: [Leaf], reads: (nodes: [ReadNode], names: [UInt8]),
        writes: [WriteNode], coverage: [Coverage], writable: [Bool], excused: [Bool]
    ) {
        self.message = message
        self.network = network
        name = String(message.split(separator: "/").last ?? "")
        namespace = network.namespace + name
        keptPrefix = Array("\(network.name):".utf8)
        separator = network.separator.asciiValue ?? UInt8(ascii: ".")
        self.root = root
        self.leaves = leaves
        self.reads = reads.nodes
        names = reads.names
        self.writes = writes
        var keeps: [String: Int] = [:]
        for node in writes {
            guard case .leaf(let leaf) = node.kind, case .keep = leaves[leaf].form else { continue }
            keeps["\(network.name):\(leaves[leaf].path)"] = leaf
        }
        self.keeps = keeps
        self.coverage = coverage
        self.writable = writable
        self.excused = excused
    }

    var writableNames: [String] { fields.indices.filter { writable[$0] }.map { fields[$0].name } }

    /// The row that keeps what stands at a path of the side-car, or above it.
    func keeper(of path: String) -> Int? {
        guard !keeps.isEmpty, path.hasPrefix(network.name) else { return nil }
        var path = path[...]
        while true {
            if let leaf = keeps[String(path)] { return leaf }
            guard let cut = path.lastIndex(where: { $0 == network.separator || $0 == "[" }) else { return nil }
            path = path[..<cut]
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

/// A step of the way through a message while it is read.
struct ReadNode: Sendable {
    enum Action: Sendable {
        /// Holds further elements.
        case structure
        case leaf
        /// The two halves of an amount that stand apart.
        case amountDigits, amountCurrency
    }

    let name: Range<Int>
    var children: Range<Int> = 0..<0
    let action: Action
    /// Index in `Program.leaves`; -1 for a structure.
    let leaf: Int
    /// How many elements may be read; 1 for what stands once.
    let greatest: Int
    let isPayment: Bool
    /// The element of a list that this node begins: the list, the field of its kind, the kind that it has by default.
    let list: Int
    let kindField: Int
    let kind: String?
    /// Bits of the mandatory nodes below, up to the next scope; 0 when the node is no scope or asks for nothing.
    var required: UInt64 = 0
    var isScope: Bool
    /// This node's own bit in its scope.
    var bit: UInt64 = 0
    /// What `bit` stands for, in a scope: paths of the mandatory nodes.
    var requiredPaths: [String] = []
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

    let name: String
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

/// Rows that write elements of a list.
struct WriteGroup: Sendable {
    let list: Int
    /// Only elements of this kind.
    let kind: String?
    /// The kind that an element has by standing here.
    let implied: String?
    let kindField: Int
    let firstOnly: Bool
}

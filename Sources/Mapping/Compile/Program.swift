import FormatJSON
import FormatXML
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
    /// Written where it stood, and nowhere else.
    var isEcho = false
    /// What a transaction says here takes the place of what the header says.
    var overrides = false

    var isObjectAmount: Bool {
        guard case .amount = form, case .object = amountPlace else { return false }
        return true
    }
}

/// What most leaves ask of their text: enough to take it without a look at the whole row.
struct LeafPlan: Sendable {
    enum Kind: UInt8 {
        case text
        case amount, const, keep, raw, code, date, dateTime
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
    private(set) var amount: AmountRule?
    /// The row further out that has the same field, as a transaction's has the header's; -1 for none.
    var outer = -1
    var isShared: Bool { outer >= 0 }
    let isEcho: Bool
    let overrides: Bool
    /// The kind that an element has by standing here: a code that says it is not written.
    let implied: String?

    init(_ leaf: Leaf) {
        var rule = TextRule()
        switch leaf.form {
        case .text(let found):
            kind = .text
            rule = found
        case .amount(let found):
            kind = .amount
            amount = found
        case .const: kind = .const
        case .keep: kind = .keep
        case .raw: kind = .raw
        case .code(let code):
            kind = .code
            self.code = code
            rule = code.text
        case .date: kind = .date
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
        isEcho = leaf.isEcho
        overrides = leaf.overrides
        implied = leaf.implied
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
    /// A group of transactions.
    let isBatch: Bool
    let isScope: Bool
    /// A party, an agent or an account begins.
    let isRoot: Bool
    /// The same, said in another place before.
    var isEchoRoot = false
    /// The whole sub-tree goes to the side-car.
    let isKeep: Bool
    /// As XML, as it stands.
    let isRaw: Bool
    /// It comes back to the same message alone.
    let isOwn: Bool
    /// Its row may stay closed for what it said.
    var isChecked = false
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
    /// The list in whose element the node stands; -1 outside of lists.
    let element: Int
    let path: String
    /// Of the rows that write at the path: one that holds must open it.
    var conditions: [Condition] = []
    /// Of a party or an agent: the rows of its own names, not those of tables that it includes.
    var identity: [Int] = []
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
        /// Groups of payments.
        case batches
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
    /// The node above, the list's node that it stands in, the included table's; -1 for none.
    let parent: Int
    let group: Int
    let root: Int
    /// Rows that `else` holds apart have one number; 0 for none.
    let choice: Int
    /// Its row is read too.
    let isRead: Bool
    /// Written where it stood, and nowhere else.
    let isEcho: Bool
    let isRoot: Bool
}

/// The name of an element or member, as text and as JSON has it: shared by reference, since every message asks for it.
final class WriteName: Sendable {
    let text: String
    let key: JSONKey
    /// Nil where the name is none of XML.
    let tag: XMLTag?

    init(_ text: String) {
        self.text = text
        key = JSONKey(text)
        tag = try? XMLTag(text)
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

import FormatJSON
import FormatXML

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

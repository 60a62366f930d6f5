import Payments

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

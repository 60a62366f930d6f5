import Payments

/// Takes what a `FieldWriter` says, as bytes of one format. Elements are opened only once something stands in them.
protocol FieldTarget {
    mutating func open(_ name: String, _ role: OpenRole) throws(TranslationError)
    mutating func close(_ role: OpenRole)
    /// A leaf of the innermost open element; `inList` when it is an element of a list.
    mutating func leaf(_ name: String, _ text: String, _ kind: LeafKind, inList: Bool) throws(TranslationError)
    mutating func amount(
        _ name: String, _ text: String, _ currency: String, _ place: Leaf.AmountPlace
    ) throws(TranslationError)
    /// What a side-car holds of a sub-tree: texts by their steps below the innermost open element.
    mutating func kept(_ entries: [(steps: ArraySlice<Substring>, value: String)]) throws(TranslationError)
    mutating func beginMessage() throws(TranslationError)
    mutating func endMessage()
}

enum OpenRole {
    /// A member of its own name.
    case member
    /// A repeated member, around its elements.
    case list
    /// One of its elements.
    case element
}

/// Writes payments by the compiled rows, in their order, and notes what had no place.
struct FieldWriter<Target: FieldTarget> {
    private struct Opening {
        let node: Int
        let role: OpenRole
    }

    private struct Scope {
        let node: Int
        let written: Int
        /// The first mandatory node that wrote nothing; -1 for none.
        var missing = -1
        /// Paths of several nodes of which one was written.
        var alternatives: [String] = []
    }

    let program: Program
    var target: Target
    let payments: [Payment]
    private(set) var losses: [Loss] = []
    /// Elements on the way to the next leaf, of which the first `opened` are written.
    private var way: [Opening] = []
    private var opened = 0
    /// A list of plain values whose first one is not written yet.
    private var listToOpen: String?
    private var scopes: [Scope] = []
    /// Leaves written so far.
    private var written = 0
    /// The element of a list that rows speak of.
    private var element = 0
    private var filled: UInt64 = 0
    /// Fields of the current payment that were written, and why others were not.
    private var said: [Bool]
    private var saidElements: Set<Int> = []
    private var refused: [Int: Loss.Reason] = [:]
    /// Entries of the side-car for the rows that keep, by the row's path, and those written.
    private var keptEntries: [String: [Int]] = [:]
    private var saidEntries: Set<Int> = []

    init(_ program: Program, _ target: Target, _ payments: [Payment]) {
        precondition(!payments.isEmpty, "a message has a payment")
        self.program = program
        self.target = target
        self.payments = payments
        said = [Bool](repeating: false, count: program.fields.count)
    }

    mutating func run() throws(TranslationError) {
        let first = payments[0]
        look(first)
        try target.beginMessage()
        scopes.append(Scope(node: 0, written: -1))
        for index in program.writes[0].children { try node(index, first) }
        try closeScope()
        target.endMessage()
        if !hasPaymentGroup { report(first, 0) }
    }

    private var hasPaymentGroup: Bool {
        program.writes[0].children.contains { if case .payments = program.writes[$0].kind { true } else { false } }
    }

    // MARK: Nodes

    private mutating func node(_ index: Int, _ payment: borrowing Payment) throws(TranslationError) {
        let before = written
        if program.writes[index].parts & filled != 0 {
            switch program.writes[index].kind {
            case .structure: if holds(index, payment) { try structure(index, .member, element, payment) }
            case .leaf(let leaf): if holds(index, payment) { try self.leaf(leaf, index, payment) }
            case .group(let group): try elements(group, index, payment)
            case .payments: try everyPayment(index)
            }
        }
        if program.writes[index].required { count(index, wrote: written > before) }
    }

    /// Notes in its scope whether a mandatory node was written; of several at one path one is enough.
    private mutating func count(_ index: Int, wrote: Bool) {
        let last = scopes.count - 1
        if program.writes[index].place != .alone {
            let node = program.writes[index]
            if wrote { scopes[last].alternatives.append(node.path) }
            guard node.place == .lastAlternative, !scopes[last].alternatives.contains(node.path) else { return }
        } else if wrote {
            return
        }
        if scopes[last].missing < 0 { scopes[last].missing = index }
    }

    private func holds(_ node: Int, _ payment: borrowing Payment) -> Bool {
        program.writes[node].condition?.holds(payment, element, program) ?? true
    }

    private mutating func structure(
        _ index: Int, _ role: OpenRole, _ element: Int, _ payment: borrowing Payment
    ) throws(TranslationError) {
        let outer = self.element
        self.element = element
        let isScope = program.writes[index].isScope
        if isScope { scopes.append(Scope(node: index, written: written)) }
        way.append(Opening(node: index, role: role))
        for child in program.writes[index].children { try self.node(child, payment) }
        leave()
        if isScope { try closeScope() }
        self.element = outer
    }

    private mutating func leave() {
        let last = way.removeLast()
        if opened > way.count {
            target.close(last.role)
            opened = way.count
        }
    }

    /// Opens what is on the way: called before every leaf.
    private mutating func enter() throws(TranslationError) {
        written += 1
        while opened < way.count {
            try target.open(program.writes[way[opened].node].name, way[opened].role)
            opened += 1
        }
        if let name = listToOpen {
            try target.open(name, .list)
            listToOpen = nil
        }
    }

    private mutating func closeScope() throws(TranslationError) {
        let scope = scopes.removeLast()
        guard scope.missing >= 0, written > scope.written else { return }
        let missing = program.writes[scope.missing]
        let fields = self.fields(missing)
        // A value that is there and was refused is the true cause.
        let cause = refused.filter { fields.contains($0.key >> 32) }.min { $0.key < $1.key }
        if let cause {
            throw TranslationError(
                cause.value == .tooLong ? .contentTooLong : .contentInvalid, path: missing.path, rule: program.message,
                text: "\(program.fields[cause.key >> 32].name) cannot be written here: \(cause.value.rawValue)")
        }
        let names = fields.prefix(4).map { program.fields[$0].name }.joined(separator: ", ")
        throw TranslationError(
            .missingElement, path: missing.path, rule: program.message, text: "none of \(names) has a value for it")
    }

    /// Fields that would fill a node.
    private func fields(_ node: WriteNode) -> [Int] {
        if case .leaf(let leaf) = node.kind {
            return program.leaves[leaf].field < 0 ? [] : [program.leaves[leaf].field]
        }
        var fields: [Int] = []
        for child in node.children {
            for field in self.fields(program.writes[child]) where !fields.contains(field) { fields.append(field) }
        }
        return fields
    }

    private mutating func elements(
        _ group: WriteGroup, _ index: Int, _ payment: borrowing Payment
    ) throws(TranslationError) {
        let node = program.writes[index]
        var greatest = node.greatest ?? 1
        if node.greatest != nil { way.append(Opening(node: index, role: .list)) }
        let count = program.lists[group.list].count(payment)
        for element in 0..<(group.firstOnly ? min(count, 1) : count) where greatest > 0 {
            if let kind = group.kind {
                guard case .text(let text)? = program.fields[group.kindField].get(payment, element),
                    text == kind
                else { continue }
            }
            if let condition = node.condition, !condition.holds(payment, element, program) { continue }
            let before = written
            try structure(index, node.greatest == nil ? .member : .element, element, payment)
            if written > before {
                greatest -= 1
                if let implied = group.implied,
                    program.fields[group.kindField].get(payment, element) == .text(implied)
                {
                    mark(group.kindField, element)
                }
            }
        }
        if node.greatest != nil { leave() }
    }

    private mutating func everyPayment(_ index: Int) throws(TranslationError) {
        let header = said
        let headerElements = saidElements
        let headerEntries = saidEntries
        way.append(Opening(node: index, role: .list))
        for place in payments.indices {
            let payment = payments[place]
            look(payment)
            // A message without its transaction is none: the scope counts even when nothing is written.
            written += 1
            try structure(index, .element, 0, payment)
            report(payment, place)
            saidEntries = headerEntries
            said = header
            saidElements = headerElements
            refused = [:]
        }
        leave()
        look(payments[0])
    }

    // MARK: Leaves

    private mutating func leaf(_ leaf: Int, _ node: Int, _ payment: borrowing Payment) throws(TranslationError) {
        switch program.leaves[leaf].form {
        case .const(let text): return try say(node, text, .string)
        case .keep: return try kept(program.leaves[leaf], payment)
        case .countOfPayments:
            mark(program.leaves[leaf].field, 0)
            return try say(node, String(payments.count), .string)
        default: break
        }
        let list = program.leaves[leaf].list
        guard list >= 0 else {
            _ = try value(leaf, node, element, payment, inList: false)
            return
        }
        let isList = program.writes[node].greatest != nil
        var greatest = program.writes[node].greatest ?? 1
        let count = program.lists[list].count(payment)
        let kindField = program.leaves[leaf].kindField
        listToOpen = isList ? program.writes[node].name : nil
        for index in 0..<(program.leaves[leaf].firstOnly ? min(count, 1) : count) where greatest > 0 {
            if let kind = program.leaves[leaf].kind {
                guard case .text(let text)? = program.fields[kindField].get(payment, index), text == kind
                else { continue }
            }
            if try value(leaf, node, index, payment, inList: isList) {
                greatest -= 1
                if kindField >= 0 { mark(kindField, index) }
            }
        }
        if isList, listToOpen == nil { target.close(.list) }
        listToOpen = nil
    }

    /// Writes one value. False when there is none, or none that the target takes.
    private mutating func value(
        _ leaf: Int, _ node: Int, _ index: Int, _ payment: borrowing Payment, inList: Bool
    ) throws(TranslationError) -> Bool {
        let field = program.leaves[leaf].field
        let found = program.fields[field].get(payment, index)
        if case .money(let money)? = found, case .amount(let rule) = program.leaves[leaf].form {
            try amount(money, rule, leaf, node, index)
            return true
        }
        switch ValueText.text(found, program.leaves[leaf], program, payment, index) {
        case .none:
            // What is not there cannot be lost: the search for losses need not ask again.
            if found == nil, program.fieldLists[field] == nil { said[field] = true }
            return false
        case .say(let text, let kind, let second):
            mark(field, index)
            if second >= 0 { mark(second, index) }
            try enter()
            try target.leaf(program.writes[node].name, text, kind, inList: inList)
            return true
        case .sayOther(let text, let other):
            mark(other, index)
            try enter()
            try target.leaf(program.writes[node].name, text, .string, inList: inList)
            return true
        case .partly(let text, let reason):
            note(field, index, reason)
            try enter()
            try target.leaf(program.writes[node].name, text, .string, inList: inList)
            return true
        case .refuse(let reason):
            // What must be there and cannot be said is an error with its true cause.
            if program.writes[node].required {
                throw TranslationError(
                    reason == .tooLong ? .contentTooLong : .contentInvalid, path: program.leaves[leaf].path,
                    rule: program.leaves[leaf].row,
                    text: "\(program.leaves[leaf].fieldName) cannot be written here: \(reason.rawValue)")
            }
            note(field, index, reason)
            return false
        }
    }

    private mutating func amount(
        _ money: Money, _ rule: AmountRule, _ leaf: Int, _ node: Int, _ index: Int
    ) throws(TranslationError) {
        let text: String
        do {
            text = try money.text(rule)
        } catch {
            throw refusal(error, program.leaves[leaf])
        }
        mark(program.leaves[leaf].field, index)
        try enter()
        try target.amount(program.writes[node].name, text, money.currency.code, program.leaves[leaf].amountPlace)
    }

    private mutating func say(_ node: Int, _ text: String, _ kind: LeafKind) throws(TranslationError) {
        try enter()
        try target.leaf(program.writes[node].name, text, kind, inList: false)
    }

    private func refusal(_ error: AmountRefusal, _ leaf: Leaf) -> TranslationError {
        let reason: TranslationError.Reason
        switch error {
        case .tooManyFractionDigits, .finerThanMinorUnit: reason = .amountTooFine
        default: reason = .amountInvalid
        }
        return TranslationError(reason, path: leaf.path, rule: leaf.row, text: "\(leaf.fieldName): \(error)")
    }

    /// Finds what the side-car holds for rows of this table: of the same network, by its path.
    private mutating func look(_ payment: borrowing Payment) {
        filled = PaymentParts.filled(payment)
        keptEntries = [:]
        for index in payment.sideCar.indices {
            if let leaf = program.keeper(of: payment.sideCar[index].path) {
                keptEntries[program.leaves[leaf].path, default: []].append(index)
            }
        }
        if !keptEntries.isEmpty { filled |= PaymentParts.kept }
    }

    private mutating func kept(_ leaf: Leaf, _ payment: borrowing Payment) throws(TranslationError) {
        guard let indices = keptEntries[leaf.path] else { return }
        let separator = program.network.separator
        let depth = leaf.path.split(separator: separator).count
        var entries: [(steps: ArraySlice<Substring>, value: String)] = []
        for index in indices {
            let entry = payment.sideCar[index]
            let steps = entry.path.dropFirst(program.network.name.count + 1).split(separator: separator)
            entries.append((steps.dropFirst(depth - 1), entry.value))
            saidEntries.insert(index)
        }
        try enter()
        try target.kept(entries)
    }

    // MARK: Losses

    private mutating func mark(_ field: Int, _ index: Int) {
        if program.fieldLists[field] == nil {
            said[field] = true
        } else {
            saidElements.insert(field << 32 | index)
        }
    }

    private mutating func note(_ field: Int, _ index: Int, _ reason: Loss.Reason) {
        refused[field << 32 | (program.fields[field].list == nil ? 0 : index)] = reason
    }

    /// Notes every value of a payment that was not written.
    private mutating func report(_ payment: borrowing Payment, _ index: Int) {
        for field in program.fields.indices where filled & PaymentParts.bits[field] != 0 && !program.excused[field] {
            guard let list = program.fieldLists[field] else {
                if !said[field] { lose(field, 0, payment, index) }
                continue
            }
            for element in 0..<program.lists[list].count(payment) where !saidElements.contains(field << 32 | element) {
                if !(isSideCar(field) && saidEntries.contains(element)) { lose(field, element, payment, index) }
            }
        }
    }

    private func isSideCar(_ field: Int) -> Bool { program.fields[field].list == "sideCar[]" }

    private mutating func lose(_ field: Int, _ element: Int, _ payment: borrowing Payment, _ index: Int) {
        guard let value = program.fields[field].get(payment, element), !value.isEmptyText else { return }
        var name = program.fields[field].name
        if program.fields[field].list != nil {
            // A side-car entry is lost as a whole, under its path.
            if name == "sideCar[].path" { return }
            if name == "sideCar[].value" {
                name = "sideCar[\(payment.sideCar[element].path)]"
            } else if let brackets = name.firstRange(of: "[]") {
                name.replaceSubrange(brackets, with: "[\(element)]")
            }
        }
        let reason = refused[field << 32 | element] ?? (program.writable[field] ? .placeTaken : .noPlace)
        losses.append(Loss(field: name, value: value.text, reason: reason, payment: index))
    }
}

extension FieldValue {
    var isEmptyText: Bool {
        guard case .text(let text) = self else { return false }
        return text.isEmpty
    }
}

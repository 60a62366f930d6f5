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
    /// The payment and the element of a list that rows speak of.
    private var current = 0
    private var element = 0
    private var filled: UInt64 = 0
    /// Fields of the current payment that were written, and why others were not.
    private var said: [Bool]
    private var saidElements: Set<Int> = []
    private var refused: [Int: Loss.Reason] = [:]

    init(_ program: Program, _ target: Target, _ payments: [Payment]) {
        precondition(!payments.isEmpty, "a message has a payment")
        self.program = program
        self.target = target
        self.payments = payments
        said = [Bool](repeating: false, count: program.fields.count)
    }

    mutating func run() throws(TranslationError) {
        filled = PaymentParts.filled(payments[0])
        try target.beginMessage()
        scopes.append(Scope(node: 0, written: -1))
        for index in program.writes[0].children { try node(index) }
        try closeScope()
        target.endMessage()
        if !hasPaymentGroup { try report(0) }
    }

    private var hasPaymentGroup: Bool {
        program.writes[0].children.contains { if case .payments = program.writes[$0].kind { true } else { false } }
    }

    // MARK: Nodes

    private mutating func node(_ index: Int) throws(TranslationError) {
        let node = program.writes[index]
        let before = written
        if node.parts & filled != 0 {
            switch node.kind {
            case .structure: if holds(node) { try structure(index, .member, element) }
            case .leaf(let leaf): if holds(node) { try self.leaf(program.leaves[leaf], node) }
            case .group(let group): try elements(group, index)
            case .payments: try everyPayment(index)
            }
        }
        if node.required { count(index, node, wrote: written > before) }
    }

    /// Notes in its scope whether a mandatory node was written; of several at one path one is enough.
    private mutating func count(_ index: Int, _ node: WriteNode, wrote: Bool) {
        let last = scopes.count - 1
        if node.place != .alone {
            if wrote { scopes[last].alternatives.append(node.path) }
            guard node.place == .lastAlternative, !scopes[last].alternatives.contains(node.path) else { return }
        } else if wrote {
            return
        }
        if scopes[last].missing < 0 { scopes[last].missing = index }
    }

    private func holds(_ node: WriteNode) -> Bool {
        node.condition?.holds(payments[current], element, program) ?? true
    }

    private mutating func structure(_ index: Int, _ role: OpenRole, _ element: Int) throws(TranslationError) {
        let node = program.writes[index]
        let outer = self.element
        self.element = element
        if node.isScope { scopes.append(Scope(node: index, written: written)) }
        way.append(Opening(node: index, role: role))
        for child in node.children { try self.node(child) }
        leave()
        if node.isScope { try closeScope() }
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
        throw TranslationError(
            .missingElement, path: missing.path, rule: program.message,
            text: "\(names(missing).joined(separator: ", ")) has no value that could be written here")
    }

    /// Fields that would fill a node.
    private func names(_ node: WriteNode) -> [String] {
        if case .leaf(let leaf) = node.kind { return [program.leaves[leaf].fieldName] }
        return node.children.prefix(4).flatMap { names(program.writes[$0]) }
    }

    private mutating func elements(_ group: WriteGroup, _ index: Int) throws(TranslationError) {
        let node = program.writes[index]
        var greatest = node.greatest ?? 1
        if node.greatest != nil { way.append(Opening(node: index, role: .list)) }
        let count = program.lists[group.list].count(payments[current])
        for element in 0..<(group.firstOnly ? min(count, 1) : count) where greatest > 0 {
            if let kind = group.kind {
                guard case .text(let text)? = program.fields[group.kindField].get(payments[current], element),
                    text == kind
                else { continue }
            }
            if let condition = node.condition, !condition.holds(payments[current], element, program) { continue }
            let before = written
            try structure(index, node.greatest == nil ? .member : .element, element)
            if written > before {
                greatest -= 1
                if let implied = group.implied,
                    program.fields[group.kindField].get(payments[current], element) == .text(implied) {
                    mark(group.kindField, element)
                }
            }
        }
        if node.greatest != nil { leave() }
    }

    private mutating func everyPayment(_ index: Int) throws(TranslationError) {
        let header = said
        let headerElements = saidElements
        way.append(Opening(node: index, role: .list))
        for payment in payments.indices {
            current = payment
            filled = PaymentParts.filled(payments[payment])
            // A message without its transaction is none: the scope counts even when nothing is written.
            written += 1
            try structure(index, .element, 0)
            try report(payment)
            said = header
            saidElements = headerElements
            refused = [:]
        }
        leave()
        current = 0
        filled = PaymentParts.filled(payments[0])
    }

    // MARK: Leaves

    private mutating func leaf(_ leaf: Leaf, _ node: WriteNode) throws(TranslationError) {
        switch leaf.form {
        case .const(let text): return try say(node, text, .string)
        case .keep: return try kept(leaf)
        case .countOfPayments:
            mark(leaf.field, 0)
            return try say(node, String(payments.count), .string)
        default: break
        }
        guard leaf.list >= 0 else {
            _ = try value(leaf, node, element, inList: false)
            return
        }
        let isList = node.greatest != nil
        var greatest = node.greatest ?? 1
        let count = program.lists[leaf.list].count(payments[current])
        listToOpen = isList ? node.name : nil
        for index in 0..<(leaf.firstOnly ? min(count, 1) : count) where greatest > 0 {
            if let kind = leaf.kind {
                guard case .text(let text)? = program.fields[leaf.kindField].get(payments[current], index), text == kind
                else { continue }
            }
            if try value(leaf, node, index, inList: isList) {
                greatest -= 1
                if leaf.kindField >= 0 { mark(leaf.kindField, index) }
            }
        }
        if isList, listToOpen == nil { target.close(.list) }
        listToOpen = nil
    }

    /// Writes one value. False when there is none, or none that the target takes.
    private mutating func value(
        _ leaf: Leaf, _ node: WriteNode, _ index: Int, inList: Bool
    ) throws(TranslationError) -> Bool {
        let found = program.fields[leaf.field].get(payments[current], index)
        if case .money(let money)? = found, case .amount(let rule) = leaf.form {
            let text: String
            do {
                text = try money.text(rule)
            } catch {
                throw refusal(error, leaf)
            }
            mark(leaf.field, index)
            try enter()
            try target.amount(node.name, text, money.currency.code, leaf.amountPlace)
            return true
        }
        switch ValueText.text(found, leaf, program, payments[current], index) {
        case .none:
            return false
        case .say(let text, let kind, let second):
            mark(leaf.field, index)
            if second >= 0 { mark(second, index) }
            try enter()
            try target.leaf(node.name, text, kind, inList: inList)
            return true
        case .partly(let text, let reason):
            note(leaf.field, index, reason)
            try enter()
            try target.leaf(node.name, text, .string, inList: inList)
            return true
        case .refuse(let reason):
            // What must be there and cannot be said is an error with its true cause.
            if node.required {
                throw TranslationError(
                    reason == .tooLong ? .contentTooLong : .contentInvalid, path: leaf.path, rule: leaf.row,
                    text: "\(leaf.fieldName) cannot be written here: \(reason.rawValue)")
            }
            note(leaf.field, index, reason)
            return false
        }
    }

    private mutating func say(_ node: WriteNode, _ text: String, _ kind: LeafKind) throws(TranslationError) {
        try enter()
        try target.leaf(node.name, text, kind, inList: false)
    }

    private func refusal(_ error: AmountRefusal, _ leaf: Leaf) -> TranslationError {
        let reason: TranslationError.Reason
        switch error {
        case .tooManyFractionDigits, .finerThanMinorUnit: reason = .amountTooFine
        default: reason = .amountInvalid
        }
        return TranslationError(reason, path: leaf.path, rule: leaf.row, text: "\(leaf.fieldName): \(error)")
    }

    /// Writes what the side-car holds of this path, when it came from the same network.
    private mutating func kept(_ leaf: Leaf) throws(TranslationError) {
        let whole = program.kept(leaf.path)
        var entries: [(steps: ArraySlice<Substring>, value: String)] = []
        let depth = leaf.path.split(separator: program.network.separator).count
        let path = PaymentFields.index("sideCar[].path") ?? 0
        let value = PaymentFields.index("sideCar[].value") ?? 0
        for (index, entry) in payments[current].sideCar.enumerated() where entry.path.hasPrefix(whole) {
            let next = entry.path.utf8.dropFirst(whole.utf8.count).first
            guard next == nil || next == 0x5B || next == program.network.separator.asciiValue else { continue }
            let steps = entry.path.dropFirst(program.network.name.count + 1).split(separator: program.network.separator)
            entries.append((steps.dropFirst(depth - 1), entry.value))
            mark(path, index)
            mark(value, index)
        }
        guard !entries.isEmpty else { return }
        try enter()
        try target.kept(entries)
    }

    // MARK: Losses

    private mutating func mark(_ field: Int, _ index: Int) {
        if program.fields[field].list == nil {
            said[field] = true
        } else {
            saidElements.insert(field << 32 | index)
        }
    }

    private mutating func note(_ field: Int, _ index: Int, _ reason: Loss.Reason) {
        refused[field << 32 | (program.fields[field].list == nil ? 0 : index)] = reason
    }

    /// Notes every value of a payment that was not written.
    private mutating func report(_ index: Int) throws(TranslationError) {
        let payment = payments[index]
        for field in program.fields.indices where filled & PaymentParts.bits[field] != 0 && !program.excused[field] {
            guard let list = program.fieldLists[field] else {
                if !said[field] { lose(field, 0, payment, index) }
                continue
            }
            for element in 0..<program.lists[list].count(payment) where !saidElements.contains(field << 32 | element) {
                lose(field, element, payment, index)
            }
        }
    }

    private mutating func lose(_ field: Int, _ element: Int, _ payment: Payment, _ index: Int) {
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

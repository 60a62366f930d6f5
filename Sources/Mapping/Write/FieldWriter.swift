import Payments

/// Takes what a `FieldWriter` says, as bytes of one format. Elements are opened only once something stands in them.
protocol FieldTarget {
    mutating func open(_ name: WriteName, _ role: OpenRole) throws(TranslationError)
    mutating func close(_ role: OpenRole)
    /// A leaf of the innermost open element; `inList` when it is an element of a list.
    mutating func leaf(_ name: WriteName, _ text: String, _ kind: LeafKind, inList: Bool) throws(TranslationError)
    mutating func amount(
        _ name: WriteName, _ text: String, _ currency: String, _ place: Leaf.AmountPlace
    ) throws(TranslationError)
    /// What a side-car holds of a sub-tree of the innermost open element.
    mutating func kept(_ tree: KeptTree) throws(TranslationError)
    mutating func beginMessage(_ attributes: [OuterAttribute]) throws(TranslationError)
    mutating func endMessage()
}

/// An attribute of an element around all that rows speak of, and how deep that stands.
struct OuterAttribute {
    let depth: Int
    let name: AttributeName
    let value: String
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
    }

    /// What a scope has to remember besides, which few have: a mandatory node that wrote nothing, after the first one,
    /// or one of several at one path that did.
    private struct ScopeNote {
        let scope: Int
        let node: Int
        let wrote: Bool
    }

    let program: Program
    var target: Target
    /// The payments of the message, where they lie while it is written.
    let payments: UnsafeBufferPointer<Payment>
    var losses: [Loss] = []
    /// What a survey has found; nil when the first fault ends the writing.
    var survey: [Survey.Refused]?
    /// Elements on the way to the next leaf, of which the first `opened` are written.
    private var way: [Opening] = []
    private var opened = 0
    /// A list of plain values whose first one is not written yet.
    private var listToOpen = -1
    private var scopes: [Scope] = []
    /// Those of the open scopes, outermost first.
    private var scopeNotes: [ScopeNote] = []
    /// Leaves written so far.
    private var written = 0
    /// The element of a list that rows speak of.
    var element = 0
    var filled: UInt64 = 0
    /// The payment that was looked at last, and its fields that have a value, as bits.
    var looked: UnsafePointer<Payment>?
    var valued = [UInt64](repeating: 0, count: Program.maskWords)
    /// By field: which elements of the current payment were written, the first for what stands in no list.
    var said: [UInt64]
    /// The same of elements beyond the sixty-fourth.
    var saidBeyond: Set<Int> = []
    /// Why others were not.
    var refused: [Int: Loss.Reason] = [:]
    /// Of a survey: those that were told as what keeps the message from being written.
    var told: Set<Int> = []
    /// What stands again as it stood around the payments, and is another value in the first of them.
    var restated: [Int: Restated] = [:]
    /// What the header said, while groups of several payments are written.
    var header: Around?
    var headerFields: [Int]?
    /// Values of the open payment in whose place the header says those of the first.
    var otherwise: [Int] = []
    /// What the side-car says of this message, and which of its entries were written.
    var echoes = Echoes.none
    var saidEntries: Set<Int> = []
    /// What was written of the side-car around the payments, from the first of them.
    var saidAround: Set<SideCarEntry> = []
    /// Which element of the innermost list is written, from 1.
    var number = 1
    /// The payments of the open group.
    var group: Range<Int>
    /// Those that the open rows speak of: all of them, those of a group, or one.
    var spoken: Range<Int>

    /// The payments as one message, and what it does not say of them.
    static func write(
        _ program: Program, _ target: Target, _ payments: [Payment]
    ) throws(TranslationError) -> (target: Target, losses: [Loss]) {
        precondition(!payments.isEmpty, "a message has a payment")
        return try payments.withUnsafeBufferPointer { (payments) throws(TranslationError) in
            var writer = FieldWriter(program, target, payments)
            try writer.run()
            return (writer.target, writer.losses)
        }
    }

    init(_ program: Program, _ target: Target, _ payments: UnsafeBufferPointer<Payment>) {
        self.program = program
        self.target = target
        self.payments = payments
        group = payments.indices
        spoken = payments.indices
        said = [UInt64](repeating: 0, count: program.fields.count)
        way.reserveCapacity(16)
        scopes.reserveCapacity(16)
    }

    mutating func run() throws(TranslationError) {
        guard let first = payments.baseAddress else { return }
        look(first)
        let attributes = outerAttributes(first)
        try target.beginMessage(attributes)
        scopes.append(Scope(node: 0, written: -1))
        for index in program.writes[0].children { try node(index, first) }
        try closeScope()
        target.endMessage()
        guard !hasPaymentGroup else { return reportAround(0, below: 0) }
        report(first, 0)
        // A message of one payment says of others what they have in common with it.
        let around = self.around
        for place in payments.indices.dropFirst() {
            look(first + place)
            begin(place, within: around)
            report(first + place, place)
        }
    }

    var hasPaymentGroup: Bool {
        program.writes[0].children.contains {
            switch program.writes[$0].kind {
            case .payments, .batches: true
            default: false
            }
        }
    }

    // MARK: Nodes

    private mutating func node(_ index: Int, _ payment: UnsafePointer<Payment>) throws(TranslationError) {
        let before = written
        let isTouched = echoes.touches(index)
        if isTouched || mayWrite(index) {
            switch program.writes[index].kind {
            case .structure: if opens(index, payment) { try structure(index, .member, element, payment) }
            case .leaf(let leaf): try self.leaf(leaf, index, payment)
            case .group(let group): try elements(group, index, payment)
            case .payments: try everyPayment(index)
            case .batches: try everyBatch(index)
            }
            if isTouched { try further(index, payment) }
        }
        if program.writes[index].required { count(index, wrote: written > before) }
    }

    /// Whether the payment has a value for some row at or below the node.
    @inline(__always)
    private func mayWrite(_ node: Int) -> Bool {
        guard program.writes[node].parts & filled != 0 else { return false }
        if !program.echoes { return true }
        let first = node &* Program.maskWords
        for word in 0..<Program.maskWords where program.masks[first &+ word] & valued[word] != 0 { return true }
        return false
    }

    /// Notes in its scope whether a mandatory node was written; of several at one path one is enough.
    private mutating func count(_ index: Int, wrote: Bool) {
        let last = scopes.count - 1
        if program.writes[index].place != .alone {
            if wrote { scopeNotes.append(ScopeNote(scope: last, node: index, wrote: true)) }
            guard program.writes[index].place == .lastAlternative, !hasWritten(program.writes[index].path, in: last)
            else { return }
        } else if wrote {
            return
        }
        if scopes[last].missing < 0 {
            scopes[last].missing = index
        } else if survey != nil {
            scopeNotes.append(ScopeNote(scope: last, node: index, wrote: false))
        }
    }

    private func hasWritten(_ path: String, in scope: Int) -> Bool {
        scopeNotes.contains { $0.scope == scope && $0.wrote && program.writes[$0.node].path == path }
    }

    @inline(__always)
    func holds(_ node: Int, _ element: Int, _ payment: UnsafePointer<Payment>) -> Bool {
        program.writes[node].condition?.holds(payment, element, program) ?? true
    }

    private mutating func structure(
        _ index: Int, _ role: OpenRole, _ element: Int, _ payment: UnsafePointer<Payment>
    ) throws(TranslationError) {
        let outer = self.element
        self.element = element
        let isScope = program.writes[index].isScope
        if isScope { scopes.append(Scope(node: index, written: written)) }
        way.append(Opening(node: index, role: role))
        let before = written
        for child in program.writes[index].children { try self.node(child, payment) }
        if written == before, echoes.touches(index) { try presence(index) }
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
    mutating func enter() throws(TranslationError) {
        written += 1
        while opened < way.count {
            try target.open(program.writes[way[opened].node].name, way[opened].role)
            opened += 1
        }
        if listToOpen >= 0 {
            try target.open(program.writes[listToOpen].name, .list)
            listToOpen = -1
        }
    }

    private mutating func closeScope() throws(TranslationError) {
        let scope = scopes.removeLast()
        var further: [Int] = []
        while let note = scopeNotes.last, note.scope == scopes.count {
            scopeNotes.removeLast()
            if !note.wrote { further.append(note.node) }
        }
        guard scope.missing >= 0, written > scope.written else { return }
        try miss(program.writes[scope.missing])
        for index in further.reversed() { try miss(program.writes[index]) }
    }

    private mutating func miss(_ missing: WriteNode) throws(TranslationError) {
        let fields = self.fields(missing)
        if isTold(missing, fields) { return }
        // A value that is there and was refused is the true cause.
        let cause = refused.filter { fields.contains($0.key >> 32) }.min { $0.key < $1.key }
        if let cause {
            let error = TranslationError(
                cause.value == .tooLong ? .contentTooLong : .contentInvalid, path: missing.path, rule: program.message,
                text: "\(program.fields[cause.key >> 32].name) cannot be written here: \(cause.value.rawValue)")
            try refuse(error, fields)
            return tell(cause.key)
        }
        let names = fields.prefix(4).map { program.fields[$0].name }.joined(separator: ", ")
        let error = TranslationError(
            .missingElement, path: missing.path, rule: program.message, text: "none of \(names) has a value for it")
        try refuse(error, fields)
    }

    private mutating func elements(
        _ group: WriteGroup, _ index: Int, _ payment: UnsafePointer<Payment>
    ) throws(TranslationError) {
        let isList = program.writes[index].greatest != nil
        var greatest = program.writes[index].greatest ?? 1
        if isList { way.append(Opening(node: index, role: .list)) }
        let count = program.lists[group.list].counts(payment)
        let outer = number
        number = 1
        for element in 0..<(group.firstOnly ? min(count, 1) : count) where greatest > 0 {
            if let kind = group.kind {
                guard case .text(let text)? = program.value(group.kindField, payment, element),
                    text == kind
                else { continue }
            }
            if !holds(index, element, payment), !isMarked(index, element, payment) { continue }
            if isMarkedElsewhere(index, group.list, element, payment) { continue }
            let before = written
            try structure(index, isList ? .element : .member, element, payment)
            if written > before {
                greatest -= 1
                number += 1
                if let implied = group.implied,
                    program.value(group.kindField, payment, element) == .text(implied)
                {
                    mark(group.kindField, element)
                }
            }
        }
        number = outer
        if isList { leave() }
    }

    private mutating func everyPayment(_ index: Int) throws(TranslationError) {
        let around = self.around
        noteAround()
        way.append(Opening(node: index, role: .list))
        for place in group {
            guard let payment = payments.baseAddress.map({ $0 + place }) else { return }
            look(payment)
            begin(place, within: around)
            spoken = place..<place + 1
            // A message without its transaction is none: the scope counts even when nothing is written.
            written += 1
            let before = written
            try structure(index, .element, 0, payment)
            if written == before { written -= 1 }
            report(payment, place)
        }
        take(around)
        spoken = group
        leave()
        if let first = payments.baseAddress { look(first + group.lowerBound) }
    }

    /// Groups of payments, each as long as what their rows say stays the same.
    private mutating func everyBatch(_ index: Int) throws(TranslationError) {
        let (all, around) = (group, self.around)
        if payments.count > 1 { header = around }
        noteAround()
        way.append(Opening(node: index, role: .list))
        var first = all.lowerBound
        while first < all.upperBound, let start = payments.baseAddress {
            var end = first + 1
            while end < all.upperBound, isSameGroup(start + first, start + end, below: index) { end += 1 }
            group = first..<end
            spoken = group
            look(start + first)
            // What a group says is told apart from what the header says, which may be of another payment.
            take(header == nil ? around : Around(said: [UInt64](repeating: 0, count: said.count)))
            written += 1
            let before = written
            try structure(index, .element, 0, start + first)
            if written == before { written -= 1 }
            reportAround(first, below: index)
            first = end
        }
        take(around)
        header = nil
        leave()
        group = all
        spoken = all
        if let first = payments.baseAddress { look(first) }
    }

    // MARK: Leaves

    private mutating func leaf(_ leaf: Int, _ node: Int, _ payment: UnsafePointer<Payment>) throws(TranslationError) {
        let isOpen = holds(node, element, payment)
        switch program.leaves[leaf].form {
        case .const(let text):
            if echoes.touches(node), try kept(leaf, node, number, payment, constant: isOpen ? text : nil) { return }
            if isOpen { try say(node, text, .string) }
            return
        case .keep, .raw:
            if isOpen { _ = try kept(leaf, node, number, payment) }
            return
        case .countOfPayments:
            guard isOpen else { return }
            mark(program.leaves[leaf].field, 0)
            return try say(node, countAsItStood(node, payment) ?? String(payments.count), .string)
        default: break
        }
        let list = program.leaves[leaf].list
        guard list >= 0 else {
            _ = try value(leaf, node, element, payment, inList: false, isOpen: isOpen)
            return
        }
        let isList = program.writes[node].greatest != nil
        var greatest = program.writes[node].greatest ?? 1
        let count = program.lists[list].counts(payment)
        let kindField = program.leaves[leaf].kindField
        listToOpen = isList ? node : -1
        for index in 0..<(program.leaves[leaf].firstOnly ? min(count, 1) : count) where greatest > 0 {
            if let kind = program.leaves[leaf].kind {
                guard case .text(let text)? = program.value(kindField, payment, index), text == kind
                else { continue }
            }
            if try value(leaf, node, index, payment, inList: isList, isOpen: isOpen) {
                greatest -= 1
                if kindField >= 0 { mark(kindField, index) }
            }
        }
        if isList, listToOpen < 0 { target.close(.list) }
        listToOpen = -1
    }

    /// Writes one value. False when there is none, or none that the target takes.
    private mutating func value(
        _ leaf: Int, _ node: Int, _ index: Int, _ payment: UnsafePointer<Payment>, inList: Bool, isOpen: Bool
    ) throws(TranslationError) -> Bool {
        let field = program.leaves[leaf].field
        if echoes.hasForms {
            switch echoes.answer(node, element: number, place: index, program, payment) {
            case .text(let echo): return try again(echo, leaf, index, payment, inList: inList)
            case .elsewhere: return false
            case .unknown: break
            }
        }
        guard isOpen, !program.leaves[leaf].isEcho else { return false }
        let found = program.value(field, payment, index)
        if case .money(let money)? = found, case .amount(let rule) = program.leaves[leaf].form {
            try amount(money, rule, leaf, node, index)
            return true
        }
        switch ValueText.text(found, leaf, program, payment, index) {
        case .none:
            // What is not there cannot be lost: the search for losses need not ask again.
            if found == nil { mark(field, index) }
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
                let error = TranslationError(
                    reason == .tooLong ? .contentTooLong : .contentInvalid, path: program.leaves[leaf].path,
                    rule: program.leaves[leaf].row,
                    text: "\(program.leaves[leaf].fieldName) cannot be written here: \(reason.rawValue)")
                try refuse(error, [field])
                tell(field << 32 | (program.isListed[field] ? index : 0))
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
            let field = program.leaves[leaf].field
            try refuse(refusal(error, program.leaves[leaf]), [field])
            return tell(field << 32 | (program.isListed[field] ? index : 0))
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
}

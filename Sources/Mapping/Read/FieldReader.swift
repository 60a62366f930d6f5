import Payments

/// What a message may cost us beyond the limits of its format.
enum MappingLimits {
    /// Transactions of one message.
    static let payments = 1000
    /// Leaves of one payment that no row maps.
    static let keptEntries = 10_000
}

/// The kind of a leaf's text: XML knows text only.
enum LeafKind {
    case xml, string, number, boolean
}

/// Fills payments from the events of a parser, in one pass over the compiled rows. The front ends for XML and JSON tell
/// it what opens, what closes and what a leaf says.
struct FieldReader {
    /// Line and column of an element, or offset and 0 of a JSON value: made a place when an error needs one.
    struct Mark {
        var first = 0
        var second = 0
    }

    private struct Frame {
        /// Index in `Program.reads`; -1 in what no row maps.
        var node: Int
        /// The name of what no row maps, as an index in `strangers`.
        var name = -1
        /// Which of its name it is, from 1.
        var number = 1
        /// The child read last, for repetition and as the hint where the next one stands.
        var lastChild = -1
        var lastName = -1
        var lastNumber = 0
        /// The frame whose mandatory nodes count this one's.
        var scope = 0
        var seen: UInt64 = 0
        var hasChildren = false
        var amounts = 0
        var mark = Mark()
    }

    /// An amount of which one half was read.
    private struct Half {
        let leaf: Int
        var digits: [UInt8]?
        var currency: String?
        var mark: Mark
    }

    private let program: Program
    private var frames: [Frame] = []
    /// Names that no row maps; frames of plain numbers are cheap to come and go.
    private var strangers: [String] = []
    private var halves: [Half] = []
    /// The payment being filled: the header's until the first transaction begins.
    private var payment: Payment
    private var header: Payment?
    private var payments: [Payment] = []
    private var kept: [SideCarEntry] = []
    private var headerKept: [SideCarEntry] = []
    private var keptCount = 0
    private var inPayment = false
    private var countMark: (mark: Mark, path: String, row: String)?
    private(set) var failure: (error: TranslationError, mark: Mark)?
    /// False once a message has failed; the front end stops then.
    private(set) var isSound = true

    init(_ program: Program, base: Payment = Payment()) {
        self.program = program
        payment = base
        frames.reserveCapacity(24)
        frames.append(Frame(node: 0))
    }

    var depth: Int { frames.count }

    // MARK: Events

    /// An element or member begins.
    mutating func open(_ name: UnsafeBufferPointer<UInt8>, at mark: Mark) {
        let parent = frames.count - 1
        frames[parent].hasChildren = true
        let node = frames[parent].node < 0 ? -1 : find(name, parent)
        if node >= 0 {
            if frames[parent].lastChild == node {
                frames[parent].lastNumber += 1
            } else {
                frames[parent].lastChild = node
                frames[parent].lastNumber = 1
            }
            let number = frames[parent].lastNumber
            let greatest = program.reads[node].greatest
            if number <= greatest || isKeep(node) {
                enter(node, number: number, parent, mark)
                return
            }
            if greatest > 1 {
                strangers.append(String(decoding: name, as: UTF8.self))
                frames.append(Frame(node: -1, name: strangers.count - 1, number: number, mark: mark))
                fail(.elementNotAllowed, "more than \(greatest) elements stand here", at: mark)
                return
            }
        }
        openUnmapped(name, isNode: node >= 0, parent, mark)
    }

    private mutating func openUnmapped(
        _ name: UnsafeBufferPointer<UInt8>, isNode: Bool, _ parent: Int, _ mark: Mark
    ) {
        let last = frames[parent].lastName
        let isSame = !isNode && last >= 0 && strangers[last].utf8.elementsEqual(name)
        if !isSame { strangers.append(String(decoding: name, as: UTF8.self)) }
        let index = isSame ? last : strangers.count - 1
        if !isNode {
            frames[parent].lastNumber = isSame ? frames[parent].lastNumber + 1 : 1
            frames[parent].lastName = index
            frames[parent].lastChild = -1
        }
        frames.append(Frame(node: -1, name: index, number: frames[parent].lastNumber, mark: mark))
    }

    /// Enters the element that a row maps.
    private mutating func enter(_ index: Int, number: Int, _ parent: Int, _ mark: Mark) {
        let scope =
            frames[parent].node >= 0 && program.reads[frames[parent].node].isScope ? parent : frames[parent].scope
        let bit = program.reads[index].bit
        if bit != 0 { frames[scope].seen |= bit }
        var frame = Frame(node: index, number: number, scope: scope, mark: mark)
        frame.amounts = halves.count
        frames.append(frame)
        if program.reads[index].isPayment { beginPayment(mark) }
        let list = program.reads[index].list
        if list >= 0 {
            program.lists[list].append(&payment)
            if let kind = program.reads[index].kind {
                _ = program.fields[program.reads[index].kindField].set(&payment, .text(kind))
            }
        }
    }

    /// What stands in the open element. Space between elements is not told.
    mutating func leaf(_ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind) {
        let top = frames.count - 1
        let index = frames[top].node
        guard index >= 0 else { return keep(text, kind) }
        frames[top].hasChildren = true
        let leaf = program.reads[index].leaf
        switch program.reads[index].action {
        case .structure:
            if kind == .xml, top > 0 { return keep(text, kind) }
            fail(.malformed, "an object is expected here", at: frames[top].mark, row: "")
        case .amountDigits: digits(leaf, text, kind)
        case .amountCurrency:
            guard kind != .number, kind != .boolean else {
                return fail(.malformed, "a string is expected here", at: frames[top].mark)
            }
            currency(leaf, String(decoding: text, as: UTF8.self))
        case .leaf: value(leaf, text, kind)
        }
    }

    /// An attribute of the open element. That of an amount's currency is part of its value.
    mutating func attribute(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        let top = frames.count - 1
        let index = frames[top].node
        if index >= 0, program.reads[index].leaf >= 0 {
            let leaf = program.reads[index].leaf
            if case .amount = program.leaves[leaf].form, case .attribute(let code) = program.leaves[leaf].amountPlace,
                code.utf8.elementsEqual(name)
            {
                return currency(leaf, String(decoding: value, as: UTF8.self))
            }
        }
        keep(attribute: name, value)
    }

    /// The innermost element ends.
    mutating func close() {
        let top = frames.count - 1
        if frames[top].node >= 0, !frames[top].hasChildren, program.reads[frames[top].node].action == .leaf {
            leaf(UnsafeBufferPointer(start: nil, count: 0), .xml)
        }
        let frame = frames[top]
        if frame.node >= 0 {
            let required = program.reads[frame.node].required
            if required != 0, program.reads[frame.node].isScope, frame.seen & required != required {
                missing(program.reads[frame.node], frame)
            }
            if halves.count > frame.amounts, isSound {
                let action = program.reads[frame.node].action
                if action == .structure || action == .leaf { missingHalf() }
            }
            if program.reads[frame.node].isPayment { endPayment() }
        } else if !frame.hasChildren, program.network.format == .xml {
            // An element without text says by its presence what it says; JSON tells its leaves itself.
            keep(UnsafeBufferPointer(start: nil, count: 0))
        }
        frames.removeLast()
    }

    /// Told by the front end when the open element of no row has a text: it is no empty element then.
    private mutating func keep(_ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind) {
        frames[frames.count - 1].hasChildren = true
        keep(text)
    }

    /// Whether nothing is mapped below the open element, so that nulls and empty containers are of no account.
    var isUnmapped: Bool { frames[frames.count - 1].node < 0 }

    mutating func finish() -> Reading? {
        let root = program.reads[0]
        if isSound, frames[0].seen & root.required != root.required { missing(root, frames[0]) }
        if isSound, !halves.isEmpty { missingHalf() }
        if payments.isEmpty {
            payment.sideCar += headerKept
            payments.append(payment)
        } else if !headerKept.isEmpty {
            for index in payments.indices { payments[index].sideCar.insert(contentsOf: headerKept, at: 0) }
        }
        if isSound, let count = countMark, payments[0].message.count != payments.count {
            isSound = false
            failure = (
                TranslationError(
                    .controlTotalsWrong, path: count.path, rule: count.row,
                    text: "\(payments.count) transactions stand in the message"), count.mark
            )
        }
        return isSound ? Reading(payments: payments, kept: keptCount) : nil
    }

    /// Whether the open element is one that carries a value.
    var isLeafOpen: Bool {
        let index = frames[frames.count - 1].node
        guard index >= 0, program.reads[index].action != .structure else { return false }
        return !isKeep(index)
    }

    /// Whether a row maps this member of the open one to something that stands once.
    func standsOnce(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !isUnmapped else { return false }
        let index = find(name, frames.count - 1)
        return index >= 0 && program.reads[index].greatest == 1 && !isKeep(index)
    }

    // MARK: Payments

    private mutating func beginPayment(_ mark: Mark) {
        guard payments.count < MappingLimits.payments else {
            return fail(.payloadTooLarge, "a message has at most \(MappingLimits.payments) transactions", at: mark)
        }
        if let header {
            payment = header
        } else {
            header = payment
        }
        inPayment = true
    }

    private mutating func endPayment() {
        payment.sideCar += kept
        kept = []
        payments.append(payment)
        if let header { payment = header }
        inPayment = false
    }

    // MARK: Nodes

    /// The child of this name; the search begins where the last one was found, since messages follow their tables.
    private func find(_ name: UnsafeBufferPointer<UInt8>, _ parent: Int) -> Int {
        let node = frames[parent].node
        if program.reads[node].action == .leaf { return -1 }
        let children = program.reads[node].children
        let start = max(frames[parent].lastChild, children.lowerBound)
        for index in start..<children.upperBound where isNamed(index, name) { return index }
        for index in children.lowerBound..<min(start, children.upperBound) where isNamed(index, name) { return index }
        return -1
    }

    @inline(__always)
    private func isNamed(_ index: Int, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let range = program.reads[index].name
        guard range.count == name.count else { return false }
        return program.names.withUnsafeBufferPointer { names in
            for place in 0..<name.count where names[range.lowerBound + place] != name[place] { return false }
            return true
        }
    }

    private func isKeep(_ index: Int) -> Bool {
        let leaf = program.reads[index].leaf
        guard leaf >= 0, case .keep = program.leaves[leaf].form else { return false }
        return true
    }

    /// The open element's path, with numbers where a name stands again.
    func path(countingPayments: Bool = true) -> String {
        String(decoding: pathBytes([], countingPayments: countingPayments), as: UTF8.self)
    }

    /// The same after what stands before it, as bytes: a message may keep many paths.
    private func pathBytes(_ before: [UInt8], countingPayments: Bool) -> [UInt8] {
        var path = before
        path.reserveCapacity(before.count + 16 * frames.count)
        for place in frames.indices.dropFirst() {
            if place > 1 { path.append(program.separator) }
            let node = frames[place].node
            if node >= 0 {
                path.append(contentsOf: program.names[program.reads[node].name])
            } else {
                path.append(contentsOf: strangers[frames[place].name].utf8)
            }
            if frames[place].number > 1, countingPayments || node < 0 || !program.reads[node].isPayment {
                path.append(contentsOf: "[\(frames[place].number)]".utf8)
            }
        }
        return path
    }

    /// Keeps a value of the open element, or of its attribute, under its path.
    private mutating func keep(attribute: UnsafeBufferPointer<UInt8>? = nil, _ value: UnsafeBufferPointer<UInt8>) {
        var path = pathBytes(program.keptPrefix, countingPayments: false)
        if let attribute {
            path.append(program.separator)
            path.append(UInt8(ascii: "@"))
            path.append(contentsOf: attribute)
        }
        keep(
            SideCarEntry(path: String(decoding: path, as: UTF8.self), value: String(decoding: value, as: UTF8.self)))
    }

    private mutating func keep(_ entry: SideCarEntry) {
        keptCount += 1
        guard keptCount <= MappingLimits.keptEntries else {
            let mark = frames[frames.count - 1].mark
            return fail(
                .payloadTooLarge, "more than \(MappingLimits.keptEntries) values have no place in a payment", at: mark)
        }
        if inPayment { kept.append(entry) } else { headerKept.append(entry) }
    }

    // MARK: Values

    private mutating func value(_ index: Int, _ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind) {
        switch program.leaves[index].form {
        case .keep: return keep(text, kind)
        case .const(let value):
            if !value.utf8.elementsEqual(text) { keep(text, kind) }
            return
        case .amount: return digits(index, text, kind)
        default: break
        }
        var refusal: LeafRefusal?
        let value = LeafText.value(text, kind, program.leaves[index].form, program, &refusal)
        let mark = frames[frames.count - 1].mark
        if let refusal { return fail(refusal.reason, refusal.text, at: mark, row: program.leaves[index].row) }
        guard let value else { return }
        put(index, value, mark)
    }

    private mutating func put(_ index: Int, _ value: FieldValue, _ mark: Mark) {
        let list = program.leaves[index].list
        if list >= 0 {
            program.lists[list].append(&payment)
            if let kind = program.leaves[index].kind {
                _ = program.fields[program.leaves[index].kindField].set(&payment, .text(kind))
            }
        }
        let field = program.leaves[index].field
        switch program.leaves[index].form {
        case .code(let column, let extra, _):
            if case .text(let code) = value { return putCode(field, code, column, extra) }
        case .countOfPayments: countMark = (mark, program.leaves[index].path, program.leaves[index].row)
        default: break
        }
        let fits = program.fields[field].set(&payment, value)
        precondition(fits, "a form makes values of its field's kind")
    }

    private mutating func putCode(_ field: Int, _ code: String, _ column: CodeColumn, _ extra: CodeExtra) {
        let canonical = column.canonical(code)
        switch extra {
        case .otherwise(let other) where canonical == nil:
            _ = program.fields[other].set(&payment, .text(code))
            return
        case .verbatim(let other):
            if canonical.map({ column.writes[$0] != code }) ?? true {
                _ = program.fields[other].set(&payment, .text(code))
            }
            if canonical == nil { return }
        default: break
        }
        _ = program.fields[field].set(&payment, .text(canonical ?? column.foreign(code)))
    }

    /// Takes the digits of an amount; sets the field when the currency is there.
    private mutating func digits(_ index: Int, _ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind) {
        let mark = frames[frames.count - 1].mark
        if kind == .number && !program.network.numbers || kind == .boolean {
            return fail(.malformed, "a string is expected here", at: mark, row: program.leaves[index].row)
        }
        guard let place = halves.lastIndex(where: { $0.leaf == index }), let code = halves[place].currency else {
            return wait(Half(leaf: index, digits: Array(text), currency: nil, mark: mark))
        }
        halves.remove(at: place)
        amount(index, text, code, mark)
    }

    /// Takes the currency of an amount; sets the field when the digits are there.
    private mutating func currency(_ index: Int, _ code: String) {
        let mark = frames[frames.count - 1].mark
        guard let place = halves.lastIndex(where: { $0.leaf == index }), let digits = halves[place].digits else {
            return wait(Half(leaf: index, digits: nil, currency: code, mark: mark))
        }
        halves.remove(at: place)
        digits.withUnsafeBufferPointer { amount(index, $0, code, mark) }
    }

    /// A half that comes again takes the place of the one before.
    private mutating func wait(_ half: Half) {
        halves.removeAll { $0.leaf == half.leaf }
        halves.append(half)
    }

    private mutating func amount(_ index: Int, _ digits: UnsafeBufferPointer<UInt8>, _ code: String, _ mark: Mark) {
        guard case .amount(let rule) = program.leaves[index].form else { return }
        guard let currency = Currency(code) else {
            let text = "\(code.prefix(12)) is not a currency code"
            return fail(.contentInvalid, text, at: mark, row: program.leaves[index].row)
        }
        do {
            put(index, .money(try Money(parsing: digits, currency: currency, rule: rule)), mark)
        } catch {
            let reason: TranslationError.Reason
            switch error {
            case .tooManyFractionDigits, .finerThanMinorUnit: reason = .amountTooFine
            default: reason = .amountInvalid
            }
            fail(reason, error.description, at: mark, row: program.leaves[index].row)
        }
    }

    // MARK: Failures

    mutating func fail(_ reason: TranslationError.Reason, _ text: String, at mark: Mark, row: String = "") {
        guard failure == nil else { return }
        isSound = false
        let rule = row.isEmpty ? program.message : row
        failure = (TranslationError(reason, path: path(), rule: rule, text: text), mark)
    }

    mutating func failHere(_ reason: TranslationError.Reason, _ text: String) {
        fail(reason, text, at: frames[frames.count - 1].mark)
    }

    private mutating func missing(_ node: ReadNode, _ frame: Frame) {
        for (bit, path) in node.requiredPaths.enumerated() where frame.seen & (1 << UInt64(bit)) == 0 {
            fail(.missingElement, "\(path) is missing", at: frame.mark)
        }
    }

    private mutating func missingHalf() {
        guard let half = halves.last else { return }
        let leaf = program.leaves[half.leaf]
        let what = half.digits == nil ? "the amount has a currency and no digits" : "the amount has no currency"
        fail(.missingElement, "\(leaf.path): \(what)", at: half.mark, row: leaf.row)
    }
}

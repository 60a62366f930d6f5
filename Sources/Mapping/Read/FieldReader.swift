import Payments

/// What a message may cost us beyond the limits of its format.
enum MappingLimits {
    /// Transactions of one message.
    static let payments = 10_000
    /// Leaves of one message that no row maps.
    static let keptEntries = 50_000
}

/// The kind of a leaf's text: XML knows text only.
enum LeafKind {
    case xml, string, number, boolean
}

/// Fills payments from the events of a parser, in one pass over the compiled rows. The front ends for XML and JSON tell
/// it what opens, what closes and what a leaf says.
struct FieldReader: ~Copyable {
    /// Line and column of an element, or offset and 0 of a JSON value: made a place when an error needs one.
    struct Mark: BitwiseCopyable {
        var first: Int32 = 0
        var second: Int32 = 0

        init() {}

        init(_ first: Int, _ second: Int = 0) {
            self.first = Int32(clamping: first)
            self.second = Int32(clamping: second)
        }
    }

    /// What a name stands for below the open element.
    struct Child {
        /// Index in `Program.reads`; -1 for what no row maps.
        var node: Int32
        /// The name of what no row maps, as an index in `strangers`.
        var stranger: Int32 = -1
    }

    struct Frame {
        /// Index in `Program.reads`; -1 in what no row maps.
        var node: Int32
        /// The name of what no row maps, as an index in `strangers`.
        var name: Int32 = -1
        /// Which of its name it is, from 1.
        var number: Int32 = 1
        /// The child read last, for repetition and as the hint where the next one stands.
        var lastChild: Int32 = -1
        var lastName: Int32 = -1
        var lastNumber: Int32 = 0
        /// The depth of the frame whose mandatory nodes count this one's.
        var scope: Int32 = 0
        /// How many amounts were half read when it began.
        var amounts: Int32 = 0
        var mark = Mark()
        var seen: UInt64 = 0
        /// The path's bytes up to here in `pathBytes`; 0 while they do not stand there.
        var pathEnd: Int32 = 0
        /// That of an amount whose currency is its attribute.
        var currency: Currency?
        var hasChildren = false
        /// It holds XML that is kept as it stands.
        var isRaw = false
        /// What is kept of it comes back to the same message alone.
        var isOwn = false
        /// It is an element of a JSON array that is kept: the first one is numbered too.
        var isElement = false
        /// Of a party, an agent or an account: how many values were kept before it.
        var kept: Int32 = 0
    }

    struct Failure: Error {
        let error: TranslationError
        let mark: Mark
    }

    /// An amount of which one half was read.
    struct Half {
        let leaf: Int
        var digits: [UInt8]?
        var currency: Currency?
        var mark: Mark
    }

    let program: Program
    /// The open element is on top; those around it are counted, outermost first.
    var frames = Stack(Frame(node: 0), room: 15)
    var top: Frame {
        _read { yield frames.top }
        _modify { yield &frames.top }
    }
    /// Names that no row maps; frames of plain numbers are cheap to come and go.
    var strangers: [String] = []
    var halves: [Half] = []
    /// The last one is being filled: the header's until the first transaction begins, and filled where it lies, since a
    /// payment is larger than all else.
    var payments: [Payment]
    var payment: Payment {
        _read { yield payments[payments.count - 1] }
        _modify { yield &payments[payments.count - 1] }
    }
    /// What the header said, once a transaction began; then what its group said, once the first of the group began.
    var around: [Payment] = []
    var inBatch = false
    var batches = 0
    /// Whether it was noted how something stood that was said around the open transaction.
    var outerHasForms = false
    var firstOfBatch = 0
    /// Transactions that are complete.
    var complete = 0
    /// Of a stream: takes each transaction once it is complete, so that none stays here.
    var drain: Drain?
    /// Whether what comes now follows the transactions, or those of a group.
    var isTrailing: Bool { inBatch ? !inPayment && around.count > 1 : !inPayment && complete > 0 }
    /// What the message, or a group, says after its transactions and no row maps.
    var trailing: [SideCarEntry] = []
    var keptCount = 0
    /// The same with what is noted of forms and places.
    var entries = 0
    /// The path of what was kept last, by which the next one's is made.
    var pathBytes: [UInt8] = []
    var inPayment = false
    /// The last of `payments` has ended, and nothing followed it yet.
    var isComplete = false
    var countMark: (mark: Mark, path: String, row: String)?
    private(set) var failure: Failure?
    /// False once a message has failed; the front end stops then.
    private(set) var isSound = true

    init(_ program: Program, base: Payment = Payment()) {
        self.program = program
        payments = [base]
    }

    // MARK: Events

    /// What a name stands for below the open element; told to `open`, once for each element of that name.
    mutating func child(_ name: UnsafeBufferPointer<UInt8>) -> Child {
        if top.node >= 0 {
            let node = find(name)
            if node >= 0 { return Child(node: node) }
        }
        // An object of JSON has each name once.
        if program.network.format == .json { return stranger(KeptStep.escaped(name, program.separator)) }
        if top.lastName >= 0, Self.isSame(strangers[Int(top.lastName)], name) {
            return Child(node: -1, stranger: top.lastName)
        }
        return stranger(String(decoding: name, as: UTF8.self))
    }

    /// What no row maps, under a name of its own.
    mutating func stranger(_ name: String) -> Child {
        strangers.append(name)
        return Child(node: -1, stranger: Int32(strangers.count - 1))
    }

    @inline(__always)
    mutating func open(_ name: UnsafeBufferPointer<UInt8>, at mark: Mark) { open(child(name), at: mark) }

    /// An element or member begins.
    mutating func open(_ child: Child, at mark: Mark) {
        goOn()
        top.hasChildren = true
        guard child.node >= 0 else {
            let isSame = top.lastName == child.stranger
            top.lastNumber = isSame ? top.lastNumber + 1 : 1
            top.lastName = child.stranger
            top.lastChild = -1
            var frame = Frame(node: -1, name: child.stranger, number: top.lastNumber, mark: mark)
            frame.isOwn = top.isOwn
            frame.isRaw = !program.rawNames.isEmpty && program.rawNames.contains(strangers[Int(child.stranger)])
            return push(frame)
        }
        if top.lastChild == child.node {
            top.lastNumber += 1
        } else {
            top.lastChild = child.node
            top.lastNumber = 1
        }
        let node = Int(child.node)
        let greatest = program.reads[node].greatest
        if top.lastNumber <= greatest || program.reads[node].isKeep { return enter(node, mark) }
        strangers.append(String(decoding: program.names[program.nameRange(node)], as: UTF8.self))
        var frame = Frame(node: -1, name: Int32(strangers.count - 1), number: top.lastNumber, mark: mark)
        frame.isOwn = top.isOwn
        push(frame)
        if greatest > 1 { fail(.elementNotAllowed, "more than \(greatest) elements stand here", at: mark) }
    }

    @inline(__always)
    private mutating func push(_ frame: Frame) {
        frames.push(frame)
    }

    /// Enters the element that a row maps.
    private mutating func enter(_ index: Int, _ mark: Mark) {
        let scope = see(index)
        var frame = Frame(
            node: Int32(truncatingIfNeeded: index), number: top.lastNumber, scope: scope,
            amounts: Int32(truncatingIfNeeded: halves.count), mark: mark)
        frame.isRaw = program.reads[index].isRaw
        frame.isOwn = program.reads[index].isOwn
        if program.reads[index].isRoot { frame.kept = Int32(truncatingIfNeeded: keptCount) }
        push(frame)
        if program.reads[index].isPayment { beginPayment(mark) }
        if program.reads[index].isBatch { beginBatch(mark) }
        if program.reads[index].isRoot, program.reads[index].isEchoRoot { noteAround(index) }
        let list = program.reads[index].list
        if list >= 0 {
            program.lists[Int(list)].append(&payment)
            if let kind = program.readNotes[index].kind {
                _ = program.set(program.readNotes[index].kindField, &payment, .text(kind))
            }
        }
    }

    /// Notes that a child of the open element stands in the message; the answer is the depth of its scope.
    @inline(__always)
    private mutating func see(_ index: Int) -> Int32 {
        let depth = Int32(truncatingIfNeeded: frames.count)
        let scope = top.node >= 0 && program.reads[Int(top.node)].isScope ? depth : top.scope
        let bit = program.reads[index].bit
        if bit != 0 {
            if scope == depth { top.seen |= bit } else { frames[Int(scope)].seen |= bit }
        }
        return scope
    }

    /// Takes the value of a member that stands once, without opening it. False, and nothing done, when that needs a
    /// closer look: the long way then says what is wrong.
    mutating func take(_ child: Child, _ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind, at mark: Mark) -> Bool {
        let index = Int(child.node)
        guard index >= 0, top.lastChild != child.node, program.reads[index].list < 0 else { return false }
        goOn()
        switch program.reads[index].action {
        case .leaf: guard setPlain(Int(program.reads[index].leaf), text, kind, mark) else { return false }
        case .amountDigits, .amountCurrency: guard takeHalf(index, text, kind) else { return false }
        case .structure: return false
        }
        top.hasChildren = true
        top.lastChild = child.node
        top.lastNumber = 1
        _ = see(index)
        return true
    }

    /// What stands in the open element. Space between elements is not told.
    mutating func leaf(_ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind) {
        top.hasChildren = true
        guard top.node >= 0 else { return keep(text, KeptStep(kind)) }
        let index = Int(top.node)
        let leaf = Int(program.reads[index].leaf)
        switch program.reads[index].action {
        case .leaf:
            value(leaf, text, kind)
            if program.reads[index].isChecked { check(index, text) }
        case .amountDigits: digits(leaf, text, kind)
        case .amountCurrency:
            guard kind != .number, kind != .boolean else {
                return fail(.malformed, "a string is expected here", at: top.mark)
            }
            currency(leaf, text)
        case .structure:
            if kind == .xml, !frames.isEmpty { return keep(text) }
            fail(.malformed, "an object is expected here", at: top.mark)
        }
    }

    /// An attribute of the open element. That of an amount's currency is part of its value.
    mutating func attribute(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        if top.node >= 0, program.reads[Int(top.node)].leaf >= 0 {
            let leaf = Int(program.reads[Int(top.node)].leaf)
            if program.plans[leaf].kind == .amount, case .attribute(let code) = program.leaves[leaf].amountPlace,
                Self.isSame(code, name)
            {
                top.currency = currencyCode(leaf, value)
                return
            }
        }
        keep(attribute: name, value)
    }

    /// The innermost element ends.
    mutating func close() {
        if top.node < 0 {
            if !top.hasChildren, program.network.format == .xml {
                // An element without text says by its presence what it says; JSON tells its leaves itself.
                keep(UnsafeBufferPointer(start: nil, count: 0))
            }
        } else {
            closeMapped(Int(top.node))
        }
        // A front end closes no more than it opened.
        frames.pop()
    }

    @inline(__always)
    private mutating func closeMapped(_ index: Int) {
        goOn()
        let action = program.reads[index].action
        if action == .leaf, !top.hasChildren { leaf(UnsafeBufferPointer(start: nil, count: 0), .xml) }
        let required = program.reads[index].required
        if required != 0, program.reads[index].isScope, top.seen & required != required { missing(index, top) }
        if halves.count > top.amounts, isSound, action == .structure || action == .leaf { missingHalf() }
        if action == .structure, program.echoes, !top.hasChildren || program.reads[index].isChecked {
            noteClosed(index)
        }
        if program.reads[index].isRoot, keptCount > top.kept, program.echoes { noteIdentity(index) }
        if program.reads[index].isPayment { endPayment() }
        if program.reads[index].isBatch { endBatch() }
    }

    /// Whether nothing is mapped below the open element, so that nulls and empty containers are of no account.
    var isUnmapped: Bool { top.node < 0 }

    /// What was read, or why nothing was. The payment is moved out: it is as large as all the rest.
    consuming func finish() -> Result<Reading, Failure> {
        let required = program.reads[0].required
        if isSound, top.seen & required != required { missing(0, top) }
        if isSound, !halves.isEmpty { missingHalf() }
        if drain != nil { return finishDrained() }
        if complete > 0 {
            // The last is the header's again, if anything followed the transactions.
            var before = around.count > 0 ? around[around.count - 1].sideCar.count : 0
            if !isComplete { before = payments.removeLast().sideCar.count }
            if !trailing.isEmpty {
                // A header that goes on between transactions is longer than what the first of them took of it.
                for index in payments.indices {
                    payments[index].sideCar.insert(
                        contentsOf: trailing, at: min(before, payments[index].sideCar.count))
                }
            }
        }
        if complete == 0, let count = countMark, let said = payments[0].message.count, said != 1, program.echoes {
            // A message about a whole group has no transaction of its own.
            keepForm(of: count.path, String(said))
        } else if isSound, let count = countMark, payments[0].message.count != payments.count {
            isSound = false
            failure = Failure(
                error: TranslationError(
                    .transactionCountWrong, path: count.path, rule: count.row,
                    text: payments.count == 1
                        ? "1 transaction stands in the message"
                        : "\(payments.count) transactions stand in the message"), mark: count.mark)
        }
        if let failure { return .failure(failure) }
        return .success(Reading(payments: payments, kept: keptCount))
    }

    /// Whether the open element is one that carries a value.
    var isLeafOpen: Bool {
        guard top.node >= 0 else { return false }
        return program.reads[Int(top.node)].action != .structure && !program.reads[Int(top.node)].isKeep
    }

    /// Whether a row maps this member of the open one to something that stands once.
    func standsOnce(_ child: Child) -> Bool {
        guard child.node >= 0 else { return false }
        return program.reads[Int(child.node)].greatest == 1 && !program.reads[Int(child.node)].isKeep
    }

    // MARK: Nodes

    /// The child of this name; the search begins where the last one was found, since messages follow their tables.
    @inline(__always)
    private func find(_ name: UnsafeBufferPointer<UInt8>) -> Int32 {
        let node = Int(top.node)
        if program.reads[node].action == .leaf { return -1 }
        let (first, end) = (program.reads[node].firstChild, program.reads[node].endChild)
        let start = max(top.lastChild, first)
        let key = ReadNode.key(name)
        var index = start
        while index < end {
            if isNamed(Int(index), key, name) { return index }
            index += 1
        }
        index = first
        while index < start, index < end {
            if isNamed(Int(index), key, name) { return index }
            index += 1
        }
        return -1
    }

    @inline(__always)
    private func isNamed(_ index: Int, _ key: UInt64, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard program.reads[index].key == key, Int(program.reads[index].nameCount) == name.count else { return false }
        var place = 8
        let start = Int(program.reads[index].nameStart)
        while place < name.count {
            if program.names[start + place] != name[place] { return false }
            place += 1
        }
        return true
    }

    /// Whether a text has just these bytes; without the general comparison of two sequences.
    @inline(__always)
    static func isSame(_ text: String, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.utf8.count == bytes.count else { return false }
        var text = text
        return text.withUTF8 { known in
            for place in 0..<bytes.count where known[place] != bytes[place] { return false }
            return true
        }
    }

    // MARK: Failures

    mutating func fail(_ reason: TranslationError.Reason, _ text: String, at mark: Mark, row: String = "") {
        guard failure == nil else { return }
        isSound = false
        let rule = row.isEmpty ? program.message : row
        failure = Failure(error: TranslationError(reason, path: path(), rule: rule, text: text), mark: mark)
    }

    mutating func failHere(_ reason: TranslationError.Reason, _ text: String) {
        fail(reason, text, at: top.mark)
    }

    private mutating func missing(_ node: Int, _ frame: Frame) {
        for (bit, path) in program.readNotes[node].requiredPaths.enumerated()
        where frame.seen & (1 << UInt64(bit)) == 0 {
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

import Payments

/// Which fields one message can say that another cannot, found without running a payment. Conditions of rows are only
/// known with a payment in hand: the losses of a translation are in `Writing.losses`.
public struct LossReport: Sendable, Equatable {
    public struct Line: Sendable, Equatable {
        /// A name of the vocabulary.
        public let field: String
        /// What is lost, or why nothing is, in words.
        public let says: String

        public init(field: String, says: String) {
            self.field = field
            self.says = says
        }
    }

    public let source: String
    public let target: String
    /// The source says them, the target has no place for them.
    public let lost: [Line]
    /// Both say them, the target less exactly: shorter, fewer, fewer codes, one shape alone.
    public let narrower: [Line]
    /// The target has no place for them and owes none, with the reason of `fields/bookkeeping.tsv`.
    public let excused: [Line]
    /// How many fields the source says and the target says as well.
    public let carried: Int
}

extension Mappings {
    /// What is lost between two messages; nil when one of them has no table.
    public func losses(from source: String, to target: String) -> LossReport? {
        guard let from = translator(source)?.program, let to = translator(target)?.program else { return nil }
        let said = Reach.reading(from)
        let sayable = Reach.writing(to)
        var report = (lost: [LossReport.Line](), narrower: [LossReport.Line](), excused: [LossReport.Line]())
        var carried = 0
        let readable = from.readable
        for (index, field) in from.fields.enumerated() where readable[index] && !field.name.hasPrefix("sideCar[]") {
            if to.writable[index] {
                carried += 1
                let less = Reach.narrowing(said[index], sayable[index])
                if !less.isEmpty {
                    report.narrower.append(LossReport.Line(field: field.name, says: less.joined(separator: "; ")))
                }
            } else if let why = bookkeeping.why(field.name, to) {
                report.excused.append(LossReport.Line(field: field.name, says: why))
            } else {
                report.lost.append(LossReport.Line(field: field.name, says: "no row of the target has a place for it"))
            }
        }
        return LossReport(
            source: source, target: target, lost: report.lost, narrower: report.narrower, excused: report.excused,
            carried: carried)
    }
}

/// What the rows of a message can say of one field, all of them together.
private struct Reach {
    /// Characters of the longest text; nil when no row has the field as a text.
    var longest: Int?
    var isCut = false
    /// Shapes of which every row asks one; empty when some row takes any text.
    var shapes: Set<String> = []
    var takesAnyShape = false
    /// Canonical codes; nil when some row has the field as a text.
    var codes: Set<String>?
    var takesAnyText = false
    var amounts: AmountRule?
    var times: Network.Times?
    /// Elements of the list that the field stands in.
    var elements = 0
    /// Kinds of elements, for the field that names the kind; nil for any.
    var kinds: Set<String>? = []

    static func reading(_ program: Program) -> [Reach] {
        var reaches = [Reach](repeating: Reach(), count: program.fields.count)
        var seen: Set<Int> = []
        var lists: [Int: Int] = [:]
        for (node, note) in zip(program.reads, program.readNotes) {
            if node.list >= 0 {
                lists[Int(node.list), default: 0] = capped(lists[Int(node.list), default: 0], Int(node.greatest))
                if let kind = note.kind { reaches[note.kindField].kinds?.insert(kind) }
            }
            guard node.leaf >= 0, seen.insert(Int(node.leaf)).inserted else { continue }
            let leaf = program.leaves[Int(node.leaf)]
            if leaf.list >= 0 {
                lists[leaf.list, default: 0] = capped(lists[leaf.list, default: 0], Int(node.greatest))
            }
            take(leaf, isReading: true, &reaches)
        }
        return count(lists, program, reaches)
    }

    static func writing(_ program: Program) -> [Reach] {
        var reaches = [Reach](repeating: Reach(), count: program.fields.count)
        var lists: [Int: Int] = [:]
        for node in program.writes {
            switch node.kind {
            case .group where node.isEcho: continue
            case .group(let group):
                let greatest = group.firstOnly ? 1 : node.greatest ?? 1
                lists[group.list, default: 0] = capped(lists[group.list, default: 0], greatest)
                if let kind = group.kind ?? group.implied, group.kindField >= 0 {
                    reaches[group.kindField].kinds?.insert(kind)
                }
            case .leaf(let index):
                let leaf = program.leaves[index]
                if leaf.isEcho { continue }
                if leaf.list >= 0 {
                    let greatest = leaf.firstOnly ? 1 : node.greatest ?? 1
                    lists[leaf.list, default: 0] = capped(lists[leaf.list, default: 0], greatest)
                }
                take(leaf, isReading: false, &reaches)
            case .structure, .payments, .batches: continue
            }
        }
        return count(lists, program, reaches)
    }

    private static let many = 1_000_000

    private static func capped(_ count: Int, _ more: Int) -> Int { min(many, min(many, count) + min(many, more)) }

    private static func count(_ lists: [Int: Int], _ program: Program, _ reaches: [Reach]) -> [Reach] {
        var reaches = reaches
        for (index, field) in program.fields.enumerated() {
            guard let name = field.list, let list = program.lists.firstIndex(where: { $0.name == name }) else {
                continue
            }
            reaches[index].elements = lists[list] ?? 0
        }
        return reaches
    }

    private static func take(_ leaf: Leaf, isReading: Bool, _ reaches: inout [Reach]) {
        if let kind = leaf.kind, leaf.kindField >= 0 { reaches[leaf.kindField].kinds?.insert(kind) }
        guard leaf.field >= 0 else { return }
        switch leaf.form {
        case .text(let rule):
            reaches[leaf.field].take(rule)
            reaches[leaf.field].takesAnyText = true
            reaches[leaf.field].kinds = nil
        case .number, .boolean: reaches[leaf.field].takesAnyText = true
        case .code(let rule):
            let known = isReading ? Set(rule.column.reads.values) : Set(rule.column.writes.keys)
            reaches[leaf.field].codes = (reaches[leaf.field].codes ?? []).union(known)
            if reaches[leaf.field].kinds != nil { reaches[leaf.field].kinds?.formUnion(known) }
            switch rule.extra {
            case .none: break
            case .otherwise(let other), .verbatim(let other): reaches[other].takesAnyText = true
            }
        case .amount(let rule): reaches[leaf.field].amounts = rule
        case .dateTime(let times): reaches[leaf.field].times = times
        case .date, .count, .countOfPayments, .const, .keep, .raw: break
        }
    }

    private mutating func take(_ rule: TextRule) {
        longest = max(longest ?? 0, rule.greatest)
        isCut = isCut || rule.cut
        if let shape = rule.shape { shapes.insert(shape.rawValue) } else { takesAnyShape = true }
    }

    /// What a target says less exactly than a source.
    static func narrowing(_ source: Reach, _ target: Reach) -> [String] {
        var less: [String] = []
        if let ours = source.longest, let theirs = target.longest, ours > theirs {
            let what = ours == .max ? "any length" : "\(ours)"
            less.append("text of \(what) -> \(theirs) characters, \(target.isCut ? "cut" : "left out when longer")")
        }
        if !target.takesAnyShape, !target.shapes.isEmpty,
            source.takesAnyShape || !source.shapes.isSubset(of: target.shapes)
        {
            less.append("only as \(target.shapes.sorted().joined(separator: " or "))")
        }
        if let kinds = source.kinds, let theirs = target.kinds, !kinds.isEmpty {
            let without = kinds.subtracting(theirs)
            if !without.isEmpty { less.append("no place for \(without.sorted().joined(separator: ", "))") }
        } else if !target.takesAnyText, let theirs = target.codes {
            let without = source.codes.map { $0.subtracting(theirs) }
            if let without, !without.isEmpty { less.append("no code for \(without.sorted().joined(separator: ", "))") }
            if without == nil, source.takesAnyText { less.append("only listed codes") }
        }
        if let ours = source.amounts, let theirs = target.amounts {
            if ours.fractionDigits > theirs.fractionDigits {
                less.append("\(ours.fractionDigits) -> \(theirs.fractionDigits) decimals, refused when finer")
            }
            if ours.integerDigits > theirs.integerDigits {
                less.append("\(ours.integerDigits) -> \(theirs.integerDigits) digits before the point")
            }
        }
        if source.times == .any, target.times == .milliseconds { less.append("times to the millisecond") }
        if target.elements > 0, source.elements > target.elements {
            let ours = source.elements >= many ? "any number" : "\(source.elements)"
            less.append("\(ours) -> \(target.elements) element\(target.elements == 1 ? "" : "s")")
        }
        return less
    }
}

extension Program {
    /// By field: whether some row can fill it from a message.
    var readable: [Bool] {
        var filled = [Bool](repeating: false, count: fields.count)
        for (node, note) in zip(reads, readNotes) {
            if note.kind != nil, note.kindField >= 0 { filled[note.kindField] = true }
            guard node.leaf >= 0 else { continue }
            let leaf = leaves[Int(node.leaf)]
            if leaf.field >= 0 { filled[leaf.field] = true }
            if leaf.kindField >= 0 { filled[leaf.kindField] = true }
            guard case .code(let rule) = leaf.form else { continue }
            switch rule.extra {
            case .none: break
            case .otherwise(let other), .verbatim(let other): filled[other] = true
            }
        }
        return filled
    }
}

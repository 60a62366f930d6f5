import Payments

/// Compiles the table of one message, its parts included.
struct MessageCompiler {
    struct Output {
        let message: String
        let network: Network
        let root: [String]
        let leaves: [Leaf]
        let reads: ReadNodes
        let writes: (nodes: [WriteNode], rows: [String])
        let coverage: [Coverage]
        let writable: [Bool]
        let omitted: Set<String>
        /// The message whose rows it has; its own name for a table of its own.
        let base: String

        func program(_ bookkeeping: Bookkeeping) -> Program {
            let excused = PaymentFields.all.map { field in
                [message, base].contains { bookkeeping.excuses(field.name, $0, network.name) }
            }
            return Program(
                message: message, network: network, root: root, leaves: leaves, reads: reads, writes: writes,
                coverage: coverage, writable: writable, excused: excused, omitted: omitted, base: base)
        }
    }

    /// Where rows stand: in the payment, in the message, in which directions.
    struct Place {
        var file: String
        /// What stands before the names of the rows, such as `debtor.`.
        var prefix = ""
        /// The field that included the table, for `~`.
        var base = ""
        /// The kind that an element has by standing here.
        var kind: String?
        /// Index of the list whose element the rows describe; -1 outside of lists.
        var list = -1
        /// The innermost list that the rows stand in, the kind of what holds them apart.
        var element = -1
        /// Some row above is read and not written, so those below owe no writing.
        var isReadOnly = false
        var reading = true
        var writing = true
        /// What is written stands again where it stood, and nowhere else: rows of `<` in XML.
        var echoing = false
        /// What a transaction says here takes the place of what the header says.
        var overrides = false
        /// Rows that `else` holds apart; 0 for a row alone.
        var choice = 0
        /// Where values of a field take each other's place: the header, a group, a transaction, an element of a list.
        var level = 0
        /// Whether a condition closes the row, or one above it on the same level.
        var isConditional = false
        var path = ""
        var depth = 0
        /// Whether the rows are those of a group of transactions.
        var isBatch = false
        /// The innermost nodes of each direction; a direction that is off keeps the node of the rows above.
        var read: ReadBuilder
        var write: WriteBuilder

        func markScope() {
            if reading { read.isScope = true }
            if writing { write.isScope = true }
        }
    }

    /// A field on a level, where it is read once.
    struct ReadPlace: Hashable {
        let field: Int
        let level: Int
    }

    let message: String
    let table: FieldTable
    var leaves: [Leaf] = []
    var coverage: [Coverage] = []
    var writable = [Bool](repeating: false, count: PaymentFields.all.count)
    var writtenPaths: Set<String> = []
    var onlyRead: [(path: String, row: FieldRow, file: String)] = []
    var hasPayments = false
    var hasBatches = false
    var choices = 0
    var levels = 0
    /// The row that reads a field, as `file:line`, and whether a condition closes it.
    var readers: [ReadPlace: (row: String, isConditional: Bool)] = [:]
    /// Words that rows on the way ask for.
    var askedWords: Set<String> = []
    /// Paths that a schema may demand and that the table says it never fills.
    var omitted: Set<String> = []

    /// Includes within includes.
    static let greatestDepth = 8

    static func compile(_ table: FieldTable, _ message: String, _ compiler: inout TableCompiler) -> Output {
        var self_ = MessageCompiler(message: message, table: table)
        let source = self_.source(&compiler)
        let read = ReadBuilder("")
        let write = WriteBuilder("")
        read.isScope = true
        write.isScope = true
        write.path = table.root.map(\.name).joined(separator: "/")
        self_.rows(source.rows, Place(file: source.file, read: read, write: write), &compiler)
        let isReadable = compiler.faults.errors.isEmpty
        if isReadable, let title = table.title, let word = table.words.subtracting(self_.askedWords).sorted().first {
            compiler.faults.add(
                table.file, title, "no row of the table asks for \(word)",
                "write with \(word) in a row's when, or remove it")
        }
        if table.network.format == .xml, table.root.isEmpty {
            compiler.fault(table.file, "the [message] row is missing", "add it: its path names the outer elements")
        }
        for (path, row, file) in self_.onlyRead where !self_.writtenPaths.contains(path) {
            compiler.faults.add(
                file, row.path, "\(path) is mandatory and no row writes it", "add a row that writes it, or remove the !"
            )
        }
        return Output(
            message: message, network: table.network, root: table.root.map(\.name), leaves: self_.leaves,
            reads: ReadBuilder.flatten(read, self_.leaves), writes: WriteBuilder.flatten(write),
            coverage: self_.coverage, writable: self_.writable, omitted: self_.omitted,
            base: table.base.map { "\(table.network.name)/\($0)" } ?? message)
    }

    /// The table whose rows the message has: its own, or the one that it is the same as.
    private func source(_ compiler: inout TableCompiler) -> FieldTable {
        guard let base = table.base, let title = table.title else { return table }
        let name = "\(table.network.name)/\(base)"
        if let other = compiler.messages[name], other.base == nil { return other }
        // Of a table that is there and cannot be read, that is told.
        if !compiler.named.contains(name) || compiler.messages[name] != nil {
            compiler.faults.add(
                table.file, title, "there is no table \(base) with rows of its own", "name a table that has its rows")
        }
        return table
    }

    mutating func rows(_ rows: [FieldRow], _ place: Place, _ compiler: inout TableCompiler) {
        var above: Condition?
        var choice = 0
        let isXML = table.network.format == .xml
        for row in rows {
            if let version = row.version { askedWords.formUnion(version.words) }
            guard row.stands(table.words) else { continue }
            var inner = place
            inner.reading = place.reading && row.direction != .write
            inner.writing = place.writing && (row.direction != .read || isXML)
            inner.echoing = place.echoing || (row.direction == .read && isXML)
            inner.isReadOnly = !place.writing || place.echoing
            let condition = self.condition(row, place, above, &compiler)
            if condition != nil {
                above = condition
                if row.when.text != "else" {
                    choices += 1
                    choice = choices
                }
            }
            inner.choice = condition == nil ? 0 : choice
            inner.isConditional = place.isConditional || condition != nil
            self.row(row, inner, condition, &compiler)
        }
    }

    private mutating func row(
        _ row: FieldRow, _ place: Place, _ condition: Condition?, _ compiler: inout TableCompiler
    ) {
        let words = FormWords(row.form.text)
        if let fault = words.fault {
            compiler.faults.add(place.file, row.form, fault.problem, fault.remedy)
            return
        }
        if row.steps.isEmpty, words.verb != "include" {
            compiler.faults.add(place.file, row.path, "the path is empty", "name the element or member")
            return
        }
        if !["", "kind"].contains(words.verb), !row.children.isEmpty {
            compiler.faults.add(
                place.file, row.children[0].field, "a row stands below a row that has a form",
                "indent only below a group, whose form is -")
        }
        switch words.verb {
        case "include": include(row, place, words, condition, &compiler)
        case "", "kind": group(row, place, words.argument, condition, &compiler)
        case "omit": omit(row, place, &compiler)
        default: leaf(row, place, words, condition, &compiler)
        }
    }

    private mutating func omit(_ row: FieldRow, _ place: Place, _ compiler: inout TableCompiler) {
        guard row.name.isEmpty, !row.note.isEmpty, row.note != "-" else {
            compiler.faults.add(
                place.file, row.field, "a path is left out without a word",
                "leave the field empty: -, and say in the note why the path is never filled")
            return
        }
        let steps = row.steps.map(\.name).joined(separator: String(table.network.separator))
        let path = place.path.isEmpty ? steps : "\(place.path)\(table.network.separator)\(steps)"
        omitted.insert(path)
        coverage.append(
            Coverage(
                path: path, field: nil, form: row.form.text, direction: .writeOnly, required: row.required,
                note: row.note))
    }

    private mutating func include(
        _ row: FieldRow, _ place: Place, _ words: FormWords, _ condition: Condition?, _ compiler: inout TableCompiler
    ) {
        let part = words.argument
        let name = "\(table.network.name)/\(part)"
        guard let table = compiler.parts[name] else {
            compiler.faults.add(
                place.file, row.form, "there is no part \(part)",
                "add fields/\(self.table.network.name)/parts/\(part).tsv")
            return
        }
        compiler.includedParts.insert(name)
        guard place.depth < MessageCompiler.greatestDepth else {
            compiler.faults.add(place.file, row.form, "\(part) includes itself", "break the circle")
            return
        }
        guard var inner = descend(row, place, condition, merges: true, &compiler) else { return }
        if !row.steps.isEmpty {
            inner.markScope()
            // Who has a name is someone: what is kept of one is not said of another.
            let isNamed = PaymentFields.index("\(place.prefix)\(row.name).name") != nil
            if inner.writing { inner.write.isRoot = isNamed || place.echoing }
            if inner.reading { inner.read.isRoot = isNamed || place.echoing }
        }
        inner.overrides = place.overrides || words.overrides
        inner.file = table.file
        inner.depth += 1
        if row.name != "." {
            inner.prefix = place.prefix + row.name + "."
            inner.base = place.prefix + row.name
        }
        rows(table.rows, inner, &compiler)
    }

    private mutating func group(
        _ row: FieldRow, _ place: Place, _ kind: String, _ condition: Condition?, _ compiler: inout TableCompiler
    ) {
        if row.children.isEmpty {
            compiler.faults.add(
                place.file, row.form, "the form is empty and no row is indented below",
                "write a form such as text 1..35")
            return
        }
        let isPayment = row.name == "[payment]"
        let isBatch = row.name == "[batch]"
        let isApart = place.path.isEmpty || (isPayment && place.isBatch)
        if isPayment || isBatch, !isApart || row.steps.last?.list == nil || (isPayment ? hasPayments : hasBatches) {
            compiler.faults.add(
                place.file, row.field, "\(row.name) stands twice, inside of a group, or at a path without []",
                "write it once, at a list of the message; [payment] may stand below [batch]")
            return
        }
        guard var inner = descend(row, place, condition, merges: row.name == ".", &compiler) else { return }
        inner.isBatch = isBatch
        if row.name != "." {
            levels += 1
            inner.level = levels
            inner.isConditional = false
        }
        if isPayment {
            hasPayments = true
            if inner.reading { inner.read.isPayment = true }
            if inner.writing { inner.write.kind = .payments }
        } else if isBatch {
            hasBatches = true
            if inner.reading { inner.read.isBatch = true }
            if inner.writing { inner.write.kind = .batches }
        } else if row.name != "." {
            guard let list = listName(row, place, &compiler) else { return }
            inner.prefix = PaymentFields.lists[list.index].name + "."
            inner.list = list.index
            inner.element = list.index
            inner.kind = kind.isEmpty ? list.kind : kind
            let kindField = PaymentFields.index(inner.prefix + "kind") ?? -1
            if !kind.isEmpty, kindField < 0 {
                compiler.faults.add(place.file, row.form, "elements of this list have no kind", "leave the form empty")
            }
            if inner.reading {
                guard inner.read.list < 0 else {
                    compiler.faults.add(
                        place.file, row.path, "\(inner.path) is read by two rows",
                        "mark one of them with > or remove it")
                    return
                }
                inner.read.list = list.index
                inner.read.element = list.index
                inner.read.kind = inner.kind
                inner.read.kindField = kindField
                inner.read.isEntry = PaymentFields.lists[list.index].name == "sideCar[]"
            }
            if inner.writing {
                inner.write.kind = .group(
                    WriteGroup(
                        list: list.index, kind: list.kind, implied: inner.kind, kindField: kindField,
                        firstOnly: list.firstOnly))
            }
        }
        inner.markScope()
        rows(row.children, inner, &compiler)
    }

    /// The nodes at the end of a row's path, made where they are missing.
    mutating func descend(
        _ row: FieldRow, _ place: Place, _ condition: Condition?, merges: Bool, _ compiler: inout TableCompiler
    ) -> Place? {
        var inner = place
        let separator = table.network.separator
        for (index, step) in row.steps.enumerated() {
            let last = index == row.steps.count - 1
            inner.path += inner.path.isEmpty ? step.name : "\(separator)\(step.name)"
            if inner.reading {
                if let known = inner.read.child(step.name) {
                    guard known.greatest == (step.list ?? 1), known.leaf < 0 else {
                        compiler.faults.add(
                            place.file, row.path, "\(inner.path) is read by another row in another way",
                            "mark one of the rows with < or >, or give both the same path")
                        return nil
                    }
                    inner.read = known
                } else {
                    let made = ReadBuilder(step.name, greatest: step.list ?? 1)
                    made.path = inner.path
                    made.element = place.element
                    inner.read.children.append(made)
                    inner.read = made
                }
                if last, !row.requiredWhenWritten { inner.read.required = inner.read.required || row.required }
            }
            guard inner.writing else { continue }
            if !last || (merges && condition == nil),
                let known = inner.write.children.first(where: { $0.name == step.name && $0.isPlain })
            {
                inner.write = known
            } else if place.echoing, inner.write.children.contains(where: { $0.name == step.name }) {
                // Another row writes here; what stood is told by that one.
                inner.writing = false
            } else {
                guard let made = newWrite(step, row, inner, last ? condition : nil, &compiler) else { return nil }
                inner.write.children.append(made)
                inner.write = made
            }
            if last, !place.echoing { inner.write.required = inner.write.required || row.required }
        }
        if row.required, inner.reading, row.direction == .read, !place.isReadOnly {
            onlyRead.append((inner.path, row, place.file))
        }
        if inner.writing, !place.echoing { writtenPaths.insert(inner.path) }
        return inner
    }

    /// A new write node; two that could both write the same path are an error.
    private func newWrite(
        _ step: PathStep, _ row: FieldRow, _ place: Place, _ condition: Condition?, _ compiler: inout TableCompiler
    ) -> WriteBuilder? {
        place.write.children.removeAll { $0.name == step.name && $0.isEcho }
        if let other = place.write.children.first(where: { $0.name == step.name }),
            condition == nil || other.condition == nil
        {
            compiler.faults.add(
                place.file, row.path, "\(place.path) is written by the row at \(other.row) too",
                "remove one, or give both a condition that keeps them apart")
            return nil
        }
        let made = WriteBuilder(step.name)
        made.path = place.path
        made.condition = condition
        made.choice = condition == nil ? 0 : place.choice
        made.isRead = place.reading
        made.isEcho = place.echoing
        made.greatest = step.list
        made.row = "\(place.file):\(row.field.line)"
        return made
    }
}

import Payments

extension MessageCompiler {
    /// A list that a row names: `fees[]`, `identifiers[IBAN]`, `remittance.unstructured[0]`.
    struct ListName {
        let index: Int
        let kind: String?
        let kindField: Int
        let firstOnly: Bool
    }

    /// Compiles a row that carries a value.
    mutating func leaf(
        _ row: FieldRow, _ place: Place, _ words: FormWords, _ condition: Condition?, _ compiler: inout TableCompiler
    ) {
        var field = -1
        var list: ListName?
        let needsField = !["const", "keep", "raw"].contains(words.verb)
        if needsField {
            guard !row.name.isEmpty else {
                compiler.faults.add(place.file, row.field, "the row names no field", "name one, or use const or keep")
                return
            }
            if row.name.last == "]" {
                guard let name = listName(row, place, &compiler) else { return }
                list = name
                field = valueField(name)
                guard field >= 0 else {
                    unknown(row.field, row.name, place, &compiler)
                    return
                }
            } else {
                guard let index = resolve(row.name, place) else {
                    unknown(row.field, row.name, place, &compiler)
                    return
                }
                field = index
            }
        } else if !row.name.isEmpty {
            compiler.faults.add(place.file, row.field, "\(words.verb) fills no field", "leave the field empty: -")
            return
        }
        guard let form = form(row, place, words, field, &compiler) else { return }
        let atList = row.steps.last?.list != nil
        if needsField, atList != (list.map { $0.kind == nil && !$0.firstOnly } ?? false) {
            compiler.faults.add(
                place.file, row.path, "a list stands on one side only", "write [] behind the field and behind the path")
            return
        }
        guard let end = descend(row, place, condition, merges: false, &compiler) else { return }
        var leaf = Leaf(
            path: end.path, fieldName: field < 0 ? "" : PaymentFields.all[field].name, field: field, form: form,
            row: "\(place.file):\(row.field.line)")
        leaf.list = list?.index ?? -1
        leaf.firstOnly = list?.firstOnly ?? false
        leaf.kind = list?.kind
        leaf.kindField = list?.kindField ?? -1
        leaf.isEcho = place.echoing
        leaf.overrides = place.overrides || words.overrides
        if field >= 0, PaymentFields.all[field].name == place.prefix + "kind" { leaf.implied = place.kind }
        if case .amount = form { leaf.amountPlace = amountPlace(words.argument) }
        finish(leaf, row, end, parent: place, words, &compiler)
    }

    /// Puts a leaf at its nodes.
    private mutating func finish(
        _ leaf: Leaf, _ row: FieldRow, _ end: Place, parent: Place, _ words: FormWords,
        _ compiler: inout TableCompiler
    ) {
        let index = leaves.count
        leaves.append(leaf)
        if end.reading {
            guard end.read.leaf < 0, end.read.children.isEmpty else {
                compiler.faults.add(
                    parent.file, row.path, "\(end.path) is read by two rows", "mark one of them with > or remove it")
                return
            }
            guard isReadOnce(leaf, row, parent, &compiler) else { return }
            end.read.leaf = index
            end.read.action = .leaf
            if case .amount = leaf.form { amountNodes(leaf, index, row, end, parent) }
        }
        if end.writing {
            end.write.kind = .leaf(index)
            end.write.parts = end.echoing ? 0 : parts(leaf, words)
            if !end.echoing { mark(leaf) }
        }
        coverage.append(
            Coverage(
                path: end.path, field: leaf.field < 0 ? nil : row.name == "" ? nil : leaf.fieldName,
                form: row.form.text,
                direction: !end.writing || end.echoing ? .readOnly : !end.reading ? .writeOnly : .both,
                required: row.required,
                note: row.note))
    }

    /// Of two places of a field on one level the later one would take the place of the other in silence. Rows with
    /// conditions stand for places of which a message has one.
    private mutating func isReadOnce(
        _ leaf: Leaf, _ row: FieldRow, _ place: Place, _ compiler: inout TableCompiler
    ) -> Bool {
        guard leaf.field >= 0, leaf.list < 0 else { return true }
        let read = ReadPlace(field: leaf.field, level: place.level)
        if let other = readers[read], !other.isConditional || !place.isConditional {
            compiler.faults.add(
                place.file, row.path, "\(leaf.fieldName) is read by the row at \(other.row) too",
                "mark one of them with >, or give both a condition that keeps them apart")
            return false
        }
        readers[read] = (leaf.row, place.isConditional)
        return true
    }

    /// An amount whose halves are members: each half is a node of its own.
    private func amountNodes(_ leaf: Leaf, _ index: Int, _ row: FieldRow, _ end: Place, _ parent: Place) {
        func half(_ name: String, _ action: ReadNode.Action, under node: ReadBuilder) {
            let made = ReadBuilder(name)
            made.action = action
            made.leaf = index
            made.required = leaf.isObjectAmount
            made.path = "\(leaf.path).\(name)"
            node.children.append(made)
        }
        switch leaf.amountPlace {
        case .attribute: break
        case .object:
            end.read.action = .structure
            end.read.isScope = true
            half("amount", .amountDigits, under: end.read)
            half("currency", .amountCurrency, under: end.read)
        case .sibling(let name):
            end.read.action = .amountDigits
            var node = parent.read
            for step in row.steps.dropLast() { node = node.child(step.name) ?? node }
            half(name, .amountCurrency, under: node)
        }
    }

    private func amountPlace(_ argument: String) -> Leaf.AmountPlace {
        guard argument.first == "@" else { return table.network.format == .xml ? .attribute("Ccy") : .object }
        let name = String(argument.dropFirst())
        return table.network.format == .xml ? .attribute(name) : .sibling(name)
    }

    private func parts(_ leaf: Leaf, _ words: FormWords) -> UInt64 {
        switch leaf.form {
        case .keep, .raw: return 0
        default: break
        }
        if leaf.field < 0 || words.rule.fallback != nil { return PaymentParts.everything }
        if case .countOfPayments = leaf.form { return PaymentParts.everything }
        var bits = PaymentParts.bits[leaf.field]
        if case .code(let rule) = leaf.form, case .otherwise(let other) = rule.extra {
            bits |= PaymentParts.bits[other]
        }
        return bits
    }

    private mutating func mark(_ leaf: Leaf) {
        if leaf.field >= 0 { writable[leaf.field] = true }
        if leaf.kindField >= 0 { writable[leaf.kindField] = true }
        if case .code(let rule) = leaf.form {
            switch rule.extra {
            case .none: break
            case .otherwise(let other), .verbatim(let other): writable[other] = true
            }
        }
    }

    private func form(
        _ row: FieldRow, _ place: Place, _ words: FormWords, _ field: Int, _ compiler: inout TableCompiler
    ) -> Form? {
        func ofKind(_ kind: FieldKind, _ form: Form) -> Form? {
            guard PaymentFields.all[field].kind == kind else {
                let field = PaymentFields.all[field]
                compiler.faults.add(
                    place.file, row.form, "\(field.name) is a \(field.kind.rawValue), not a \(kind.rawValue)",
                    "use the form that fits, or name another field")
                return nil
            }
            return form
        }
        switch words.verb {
        case "text": return ofKind(.text, .text(words.rule))
        case "number": return ofKind(.text, .number(fallback: words.rule.fallback))
        case "boolean": return ofKind(.text, .boolean)
        case "amount": return ofKind(.money, .amount(table.network.amounts))
        case "date": return ofKind(.date, .date)
        case "dateTime": return ofKind(.dateTime, .dateTime(table.network.times))
        case "count": return ofKind(.count, words.argument == "payments" ? .countOfPayments : .count)
        case "const": return .const(words.argument)
        case "keep": return .keep
        case "raw":
            guard table.network.format == .xml else {
                compiler.faults.add(place.file, row.form, "raw is a form of XML alone", "write keep")
                return nil
            }
            return .raw
        default: return code(row, place, words, field, &compiler)
        }
    }

    private func code(
        _ row: FieldRow, _ place: Place, _ words: FormWords, _ field: Int, _ compiler: inout TableCompiler
    ) -> Form? {
        let parts = words.argument.split(separator: ".", maxSplits: 1).map(String.init)
        let network = parts.count == 2 ? parts[1] : table.network.codes
        guard let codes = compiler.codes[parts[0]] else {
            compiler.faults.add(
                place.file, row.form, "there is no table codes/\(parts[0]).tsv", "add it, or name one that is there")
            return nil
        }
        guard let column = codes.column(network) else {
            compiler.faults.add(
                place.file, row.form, "codes/\(parts[0]).tsv has no column \(network)",
                "add the column, or name another")
            return nil
        }
        var extra = CodeExtra.none
        if let named = words.extra {
            guard let other = resolve(named.field, place), PaymentFields.all[other].kind == .text else {
                unknown(row.form, named.field, place, &compiler)
                return nil
            }
            extra = named.word == "else" ? .otherwise(other) : .verbatim(other)
        }
        guard PaymentFields.all[field].kind == .text else {
            compiler.faults.add(
                place.file, row.form, "\(PaymentFields.all[field].name) is no text", "name a text field for a code")
            return nil
        }
        return .code(CodeRule(column, extra, words.rule))
    }

    /// The list that a row's field names.
    func listName(_ row: FieldRow, _ place: Place, _ compiler: inout TableCompiler) -> ListName? {
        guard row.name.last == "]", let open = row.name.lastIndex(of: "[") else {
            unknown(row.field, row.name, place, &compiler)
            return nil
        }
        let inside = String(row.name[row.name.index(after: open)...].dropLast())
        let bare = String(row.name[..<open])
        let prefix = place.list < 0 ? place.prefix : ""
        guard let index = PaymentFields.lists.firstIndex(where: { $0.name == "\(prefix)\(bare)[]" }) else {
            compiler.faults.add(
                place.file, row.field, "there is no list \(prefix)\(bare)[]", "name a list of the vocabulary")
            return nil
        }
        let name = PaymentFields.lists[index].name
        if inside.isEmpty || inside == "0" {
            return ListName(index: index, kind: nil, kindField: -1, firstOnly: inside == "0")
        }
        guard let kindField = PaymentFields.index("\(name).kind") else {
            compiler.faults.add(
                place.file, row.field, "elements of \(name) have no kind", "write [] or [0] behind the list's name")
            return nil
        }
        return ListName(index: index, kind: inside, kindField: kindField, firstOnly: false)
    }

    /// The field that holds an element's value: the element itself in a list of texts.
    private func valueField(_ list: ListName) -> Int {
        let name = PaymentFields.lists[list.index].name
        return PaymentFields.index("\(name).value") ?? PaymentFields.index(name) ?? -1
    }

    /// The index of a field as a row names it; `~` stands for the field that included the table.
    func resolve(_ name: String, _ place: Place) -> Int? {
        var full = name.first == "~" ? place.base + name.dropFirst() : place.prefix + name
        // An element of a list of texts is its value.
        if place.list >= 0, full == PaymentFields.lists[place.list].name + ".value", PaymentFields.index(full) == nil {
            full = PaymentFields.lists[place.list].name
        }
        guard let index = PaymentFields.index(full) else { return nil }
        let list = PaymentFields.all[index].list
        guard list == nil || (place.list >= 0 && PaymentFields.lists[place.list].name == list) else { return nil }
        return index
    }

    func unknown(_ cell: TableSheet.Cell, _ name: String, _ place: Place, _ compiler: inout TableCompiler) {
        compiler.faults.add(
            place.file, cell, "there is no field \(name.first == "~" ? name : place.prefix + name) here",
            "name a field of the vocabulary; those of a list stand below the row of the list")
    }

    /// The condition of a row; fields are looked for in the element first, then beside it, then in the payment.
    func condition(
        _ row: FieldRow, _ place: Place, _ above: Condition?, _ compiler: inout TableCompiler
    ) -> Condition? {
        guard !row.when.text.isEmpty else { return nil }
        guard let words = ConditionWords(row.when.text) else {
            compiler.faults.add(
                place.file, row.when, "\(row.when.text) is not a condition", ConditionWords.remedy)
            return nil
        }
        if words.isElse {
            guard let above else {
                compiler.faults.add(place.file, row.when, "else follows no condition", "put it below a row with one")
                return nil
            }
            return .not(above)
        }
        var clauses: [Condition.Clause] = []
        // The rows of a list speak of its element, so does the condition of the list's own row.
        var element = place
        if row.name.last == "]", row.name != "[payment]", let list = listName(row, place, &compiler) {
            element.prefix = PaymentFields.lists[list.index].name + "."
            element.list = list.index
        }
        for words in words.clauses {
            guard let clause = clause(words, element, place) else {
                unknown(row.when, words.field, place, &compiler)
                return nil
            }
            clauses.append(clause)
        }
        return words.any ? .any(clauses) : .all(clauses)
    }

    private func clause(_ words: ConditionWords.Clause, _ element: Place, _ place: Place) -> Condition.Clause? {
        let base = place.base.isEmpty ? "" : place.base + "."
        for prefix in [element.prefix, place.prefix, base, ""] {
            if let list = PaymentFields.lists.firstIndex(where: { $0.name == "\(prefix)\(words.field)[]" }) {
                let name = PaymentFields.lists[list].name
                switch words.test {
                case "has":
                    guard let kind = PaymentFields.index("\(name).kind") else { return nil }
                    return Condition.Clause(negated: words.negated, field: kind, test: .has(list: list, words.values))
                case "present":
                    return Condition.Clause(negated: words.negated, field: 0, test: .filled(list: list))
                default: return nil
                }
            }
            var there = element
            there.prefix = prefix
            guard let field = resolve(words.field, there) else { continue }
            switch words.test {
            case "present": return Condition.Clause(negated: words.negated, field: field, test: .present)
            case "starts":
                return Condition.Clause(negated: words.negated, field: field, test: .starts(words.values[0]))
            case "has": return nil
            default: return Condition.Clause(negated: words.negated, field: field, test: .oneOf(words.values))
            }
        }
        return nil
    }
}

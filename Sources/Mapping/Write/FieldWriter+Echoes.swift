import Payments

/// What stood in the message that a payment came from stands there again, as long as the payment still says it.
extension FieldWriter {
    /// Whether a structure is written: by its condition, or because it stood there when its condition would close it.
    func opens(_ node: Int, _ payment: UnsafePointer<Payment>) -> Bool {
        guard let condition = program.writes[node].condition else { return true }
        guard echoes.touches(program.writes[node].parent) else { return condition.holds(payment, element, program) }
        let choice = program.writes[node].choice
        for other in program.writes[program.writes[node].parent].children
        where other != node && program.writes[other].choice == choice && isChosen(other, payment) {
            return false
        }
        return isChosen(node, payment) || condition.holds(payment, element, program)
    }

    /// Whether a mark opens the node although its condition does not: what the condition looks at is as it was.
    private func isChosen(_ node: Int, _ payment: UnsafePointer<Payment>) -> Bool {
        guard program.writes[node].isRead, let condition = program.writes[node].condition else { return false }
        return echoes.at(node, .mark).contains { echo in
            let noted = payment.pointee.sideCar[echo.entry].value
            return echo.element == number && !condition.holds(payment, element, program)
                && noted == condition.operands(payment, element, program)
        }
    }

    /// The same for an element of a list, which the mark names.
    func isMarked(_ node: Int, _ element: Int, _ payment: UnsafePointer<Payment>) -> Bool {
        guard echoes.touches(node), program.writes[node].isRead, let condition = program.writes[node].condition else {
            return false
        }
        let noted = "\(element) \(condition.operands(payment, element, program))"
        return echoes.at(node, .mark).contains { payment.pointee.sideCar[$0.entry].value == noted }
    }

    /// Whether another row of the list took the element, although its condition would not.
    func isMarkedElsewhere(
        _ node: Int, _ list: Int, _ element: Int, _ payment: UnsafePointer<Payment>
    ) -> Bool {
        echoes.hasMarks
            && echoes.all.contains { echo in
                guard echo.kind == .mark, echo.node != node, case .group(let other) = program.writes[echo.node].kind
                else { return false }
                return other.list == list && isMarked(echo.node, element, payment)
            }
    }

    /// An element that was there and said nothing is there again.
    mutating func presence(_ node: Int) throws(TranslationError) {
        guard echoes.at(node, .mark).contains(where: { $0.element == number }) else { return }
        try enter()
    }

    /// Elements of a name that the rows speak of once: those after the first, as they came.
    mutating func further(_ node: Int, _ payment: UnsafePointer<Payment>) throws(TranslationError) {
        let found = echoes.at(node, .further, element: number)
        if !found.isEmpty { try tree(found, payment) }
    }

    /// What a row keeps. False when nothing was kept.
    /// - Parameter constant: The text of the element where none was kept; nil when there is none then.
    mutating func kept(
        _ leaf: Int, _ node: Int, _ number: Int, _ payment: UnsafePointer<Payment>, constant: String? = nil
    ) throws(TranslationError) -> Bool {
        let found = echoes.at(node, .kept, element: number)
        guard !found.isEmpty else { return false }
        let name = program.writes[node].name
        if case .const = program.leaves[leaf].form, !found.contains(where: { isText($0, payment) }) {
            guard let constant else { return false }
            try tree(found, payment, constant: (name: name.text, text: constant))
            return true
        }
        if found.count == 1 {
            var path = payment.pointee.sideCar[found[0].entry].path
            // One of a list of one stands in a list again.
            let isWhole = path.withUTF8 { path in
                path.last != UInt8(ascii: "]") && !path[found[0].start...].contains { $0 == program.separator }
            }
            if isWhole {
                saidEntries.insert(found[0].entry)
                try enter()
                try target.leaf(name, payment.pointee.sideCar[found[0].entry].value, .string, inList: false)
                return true
            }
        }
        try tree(found, payment)
        return true
    }

    /// Whether an entry is what the first element of its name holds, and not an attribute of it or an element in it.
    private func isText(_ echo: Echoes.Echo, _ payment: UnsafePointer<Payment>) -> Bool {
        guard echo.number == 1 else { return false }
        let steps = payment.pointee.sideCar[echo.entry].path.utf8.dropFirst(echo.start)
        guard let end = steps.firstIndex(of: program.separator) else { return true }
        return KeptStep(rawValue: String(decoding: steps[end...].dropFirst(), as: UTF8.self)) != nil
    }

    private mutating func tree(
        _ found: [Echoes.Echo], _ payment: UnsafePointer<Payment>, constant: (name: String, text: String)? = nil
    ) throws(TranslationError) {
        try enter()
        var tree = KeptTree(separator: program.separator)
        if let constant { tree.add(constant.name, from: 0, constant.text) }
        for echo in found {
            saidEntries.insert(echo.entry)
            let entry = payment.pointee.sideCar[echo.entry]
            tree.add(entry.path, from: echo.start, entry.value)
        }
        try target.kept(tree)
    }

    /// Attributes that the outer elements had. A side-car may come from elsewhere than from a message: of an attribute
    /// that it has twice the last one is said, and what cannot be one is not.
    mutating func outerAttributes(_ payment: UnsafePointer<Payment>) -> [OuterAttribute] {
        var attributes: [OuterAttribute] = []
        for echo in echoes.all.reversed() where echo.kind == .outer {
            let entry = payment.pointee.sideCar[echo.entry]
            let name = AttributeName(step: String(decoding: entry.path.utf8.dropFirst(echo.start), as: UTF8.self))
            let isSaid = attributes.contains { $0.depth == echo.element && $0.name == name }
            guard name.canStand, !isSaid else { continue }
            saidEntries.insert(echo.entry)
            attributes.append(OuterAttribute(depth: echo.element, name: name, value: entry.value))
        }
        return attributes.reversed()
    }

    /// Writes a value in the form in which it stood.
    mutating func again(
        _ echo: Echoes.Echo, _ leaf: Int, _ index: Int, _ payment: UnsafePointer<Payment>, inList: Bool
    ) throws(TranslationError) -> Bool {
        let text = payment.pointee.sideCar[echo.entry].value
        let field = program.leaves[leaf].field
        mark(field, index)
        if payments.count > 1, !Echoes.holds(echo, program, payment, index) {
            restated[field << 32 | (program.isListed[field] ? index : 0)] = Restated(text: text, leaf: leaf)
        }
        if case .code(let rule) = program.leaves[leaf].form {
            switch rule.extra {
            case .none: break
            case .otherwise(let other), .verbatim(let other):
                if program.value(other, payment, index) == .text(text) { mark(other, index) }
            }
        }
        try enter()
        let name = program.writes[echo.node].name
        if case .money(let money)? = program.value(field, payment, index) {
            try target.amount(name, text, money.currency.code, program.leaves[leaf].amountPlace)
        } else {
            try target.leaf(name, text, .string, inList: inList)
        }
        return true
    }

    /// The number of payments as it stood, when it still is that number.
    func countAsItStood(_ node: Int, _ payment: UnsafePointer<Payment>) -> String? {
        guard let echo = echoes.at(node, .form).first else { return nil }
        let text = payment.pointee.sideCar[echo.entry].value
        if Int(text) == payments.count { return text }
        // Of a message about a whole group: no transaction of it is here to be counted.
        let isOfGroup = payments.count == 1 && payment.pointee.message.count.map(String.init) == text
        return isOfGroup ? text : nil
    }

    // MARK: Around the payments

    /// Remembers what was written of the side-car since the payment was looked at.
    mutating func noteAround() {
        guard !saidEntries.isEmpty, let first = payments.baseAddress.map({ $0 + group.lowerBound }) else { return }
        for index in saidEntries { saidAround.insert(first.pointee.sideCar[index]) }
    }

    /// Whether an entry of a payment was written, or is of what stands around the payments and is told of there.
    func isSaid(entry: Int, _ payment: UnsafePointer<Payment>) -> Bool {
        if saidEntries.contains(entry) { return true }
        guard hasPaymentGroup,
            let echo = echoes.all.first(where: { $0.entry == entry && isAround($0.node, below: 0) }),
            let first = payments.baseAddress
        else { return false }
        // What stands around a group is said of its first payment, what stands around all of the very first.
        let speaker = first + (isBatched(echo.node) ? group.lowerBound : 0)
        return speaker.pointee.sideCar.contains(payment.pointee.sideCar[entry])
    }

    /// Notes what the side-car of a payment says around it, below a node, and what was not written.
    mutating func reportAround(_ place: Int, below node: Int) {
        noteAround()
        guard let payment = payments.baseAddress.map({ $0 + place }), !payment.pointee.sideCar.isEmpty,
            let field = PaymentFields.index("sideCar[].value")
        else { return }
        let all = payment == looked ? echoes.all : Echoes(program, payment).all
        let found = all.filter { $0.kind == .kept || $0.kind == .further || $0.kind == .outer }
        var told: Set<Int> = []
        for echo in found where isAround(echo.node, below: node) && told.insert(echo.entry).inserted {
            if node == 0, isBatched(echo.node) { continue }
            if !saidAround.contains(payment.pointee.sideCar[echo.entry]) { lose(field, echo.entry, payment, place) }
        }
    }

    /// Whether a node stands below another one and in no payment.
    private func isAround(_ node: Int, below outer: Int) -> Bool {
        var node = node
        while node > outer {
            if case .payments = program.writes[node].kind { return false }
            node = program.writes[node].parent
        }
        return node == outer
    }

    private func isBatched(_ node: Int) -> Bool {
        var node = node
        while node > 0 {
            if case .batches = program.writes[node].kind { return true }
            node = program.writes[node].parent
        }
        return false
    }

    /// Whether what the rows of a group say is the same of two payments.
    func isSameGroup(
        _ first: UnsafePointer<Payment>, _ second: UnsafePointer<Payment>, below group: Int
    ) -> Bool {
        let (ours, theirs) = (Echoes(program, first), Echoes(program, second))
        guard said(of: group, ours, first) == said(of: group, theirs, second) else { return false }
        var open = [group]
        while let node = open.popLast() {
            switch program.writes[node].kind {
            case .payments: continue
            case .leaf: if values(node, ours, first) != values(node, theirs, second) { return false }
            case .group(let list):
                let name = program.lists[list.list].name
                for field in program.fields.indices where program.fields[field].list == name {
                    if values(field, list.list, first) != values(field, list.list, second) { return false }
                }
                continue
            case .structure, .batches: break
            }
            open += program.writes[node].children
        }
        return true
    }

    /// What a leaf outside of lists of elements would say.
    private func values(_ node: Int, _ echoes: Echoes, _ payment: UnsafePointer<Payment>) -> [String] {
        guard case .leaf(let leaf) = program.writes[node].kind, program.leaves[leaf].field >= 0 else { return [] }
        let (field, list) = (program.leaves[leaf].field, program.leaves[leaf].list)
        guard list < 0 else { return values(field, list, payment) }
        guard !program.isListed[field] else { return [] }
        switch echoes.answer(node, element: 1, place: 0, program, payment) {
        case .elsewhere: return []
        case .text(let echo) where !Echoes.holds(echo, program, payment, 0):
            return [payment.pointee.sideCar[echo.entry].value]
        case .unknown where program.leaves[leaf].isEcho: return []
        case .text, .unknown: return program.value(field, payment, 0).map { [$0.text] } ?? []
        }
    }

    private func values(_ field: Int, _ list: Int, _ payment: UnsafePointer<Payment>) -> [String] {
        (0..<program.lists[list].counts(payment)).map { program.value(field, payment, $0)?.text ?? "" }
    }

    /// Entries of a side-car that belong to a group of payments and to none of them.
    private func said(of group: Int, _ echoes: Echoes, _ payment: UnsafePointer<Payment>) -> [SideCarEntry] {
        echoes.all.compactMap { echo in
            echo.kind != .form && isAround(echo.node, below: group) ? payment.pointee.sideCar[echo.entry] : nil
        }
    }
}

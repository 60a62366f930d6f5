import Payments

/// The last step of a kept path in JSON, where the value is no text: what it is.
enum KeptStep: String {
    case number = "#number"
    case boolean = "#boolean"
    /// Of nothing: what is in others tells that they are.
    case object = "#object"
    case list = "#list"

    /// Nil for a text.
    init?(_ kind: LeafKind) {
        switch kind {
        case .xml, .string: return nil
        case .number: self = .number
        case .boolean: self = .boolean
        }
    }

    /// A member's name as a step: what means something in a path stands as `%` and two digits, and no name as `%`.
    static func escaped(_ name: UnsafeBufferPointer<UInt8>, _ separator: UInt8) -> String {
        guard let first = name.first else { return "%" }
        let hasMarks = name.contains { $0 == percent || $0 == bracket || $0 == separator }
        guard hasMarks || first == UInt8(ascii: "#") else { return String(decoding: name, as: UTF8.self) }
        let digits = Array("0123456789ABCDEF".utf8)
        var step: [UInt8] = []
        for byte in name {
            let isKind = step.isEmpty && byte == UInt8(ascii: "#")
            guard isKind || byte == percent || byte == bracket || byte == separator else {
                step.append(byte)
                continue
            }
            step.append(percent)
            step.append(digits[Int(byte >> 4)])
            step.append(digits[Int(byte & 15)])
        }
        return String(decoding: step, as: UTF8.self)
    }

    /// The name that a step stands for.
    static func name(_ step: String) -> String {
        guard step.utf8.contains(percent) else { return step }
        let bytes = Array(step.utf8)
        guard bytes.count > 1 else { return "" }
        var name: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if bytes[place] == percent, place + 2 < bytes.count, let high = digit(bytes[place + 1]),
                let low = digit(bytes[place + 2])
            {
                name.append(high << 4 | low)
                place += 3
            } else {
                name.append(bytes[place])
                place += 1
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: return byte - 0x30
        case 0x41...0x46: return byte - 0x37
        default: return nil
        }
    }

    private static let percent = UInt8(ascii: "%")
    private static let bracket = UInt8(ascii: "[")
}

/// What no row maps: its paths and values go to the side-car.
extension FieldReader {
    /// The open element's path, with numbers where a name stands again.
    func path(countingPayments: Bool = true) -> String {
        var bytes: [UInt8] = []
        appendPath(to: &bytes, countingPayments: countingPayments)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func appendPath(to bytes: inout [UInt8], countingPayments: Bool) {
        guard !frames.isEmpty else { return }
        for place in 1..<frames.count {
            appendStep(frames[place], to: &bytes, countingPayments: countingPayments)
            bytes.append(program.separator)
        }
        appendStep(top, to: &bytes, countingPayments: countingPayments)
    }

    private func appendStep(_ frame: Frame, to bytes: inout [UInt8], countingPayments: Bool) {
        let node = Int(frame.node)
        if node >= 0 {
            let range = program.nameRange(node)
            program.names.withUnsafeBufferPointer { names in
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: names[range]))
            }
        } else {
            bytes.append(contentsOf: strangers[Int(frame.name)].utf8)
        }
        guard frame.number > 1 || frame.isElement else { return }
        if !countingPayments, node >= 0, program.reads[node].isPayment || program.reads[node].isBatch { return }
        bytes.append(UInt8(ascii: "["))
        bytes.append(contentsOf: String(frame.number).utf8)
        bytes.append(UInt8(ascii: "]"))
    }

    /// Keeps a value of the open element, or of its attribute, under its path.
    /// - Parameter step: What the value is where it is no text.
    mutating func keep(
        attribute: UnsafeBufferPointer<UInt8>? = nil, _ value: UnsafeBufferPointer<UInt8>, _ step: KeptStep? = nil
    ) {
        keptCount += 1
        let isOwn = top.isOwn || top.isRaw
        let path = isOwn ? keptPath(attribute, program.ownPrefix, step) : keptPath(attribute, nil, step)
        append(SideCarEntry(path: path, value: String(decoding: value, as: UTF8.self)))
    }

    /// Keeps what stands at an outer element of the message, above all that rows speak of.
    mutating func keep(outer path: String, _ value: UnsafeBufferPointer<UInt8>) {
        keptCount += 1
        let path = String(decoding: program.ownPrefix, as: UTF8.self) + path
        append(SideCarEntry(path: path, value: String(decoding: value, as: UTF8.self)))
    }

    /// Whether what stands in the open element goes to the side-car as it is.
    var isKept: Bool { top.node < 0 || program.reads[Int(top.node)].isKeep }

    /// Keeps that the open element is an object or a list of nothing.
    mutating func keepEmpty(_ step: KeptStep) {
        top.hasChildren = true
        keep(UnsafeBufferPointer(start: nil, count: 0), step)
    }

    /// Keeps the XML that the open element holds.
    mutating func keep(raw value: String) {
        top.hasChildren = true
        keptCount += 1
        append(SideCarEntry(path: keptPath(nil, program.ownPrefix) + "/*", value: value))
    }

    /// Notes how the open element stood, where its field alone would be written in another form or in another place.
    mutating func keepForm(_ value: String) {
        let path = keptPath(nil, program.formPrefix)
        if payment.sideCar.last?.path != path { append(SideCarEntry(path: path, value: value)) }
    }

    /// The same of an element further out, which the open one says again.
    mutating func keepForm(of path: String, _ value: String) {
        let path = String(decoding: program.formPrefix, as: UTF8.self) + path
        guard !payment.sideCar.contains(where: { $0.path == path }) else { return }
        append(SideCarEntry(path: path, value: value))
    }

    private mutating func append(_ entry: SideCarEntry) {
        entries += 1
        guard entries <= MappingLimits.keptEntries else {
            return failHere(
                .payloadTooLarge, "more than \(MappingLimits.keptEntries) values have no place in a payment")
        }
        if isTrailing { return trailing.append(entry) }
        // Who says one thing that no row maps mostly says several.
        if payment.sideCar.isEmpty { payment.sideCar.reserveCapacity(8) }
        guard isInEntry else { return payment.sideCar.append(entry) }
        // Rows fill the last element of a list: one that is open stays the last.
        payment.sideCar.insert(entry, at: payment.sideCar.count - 1)
    }

    /// Whether rows are filling an element of the side-car itself. What is kept in one is the message's own.
    private var isInEntry: Bool {
        guard top.isOwn, !payment.sideCar.isEmpty else { return false }
        for place in 0..<frames.count where isEntry(frames[place].node) { return true }
        return isEntry(top.node)
    }

    private func isEntry(_ node: Int32) -> Bool {
        guard node >= 0 else { return false }
        let list = Int(program.reads[Int(node)].list)
        return list >= 0 && list == program.sideCarList
    }

    /// A structure closes that says something by being there: it is empty, or its row would stay closed.
    mutating func noteClosed(_ index: Int) {
        let conditions = program.readNotes[index].conditions
        guard let first = conditions.first else { return keepForm("") }
        let list = program.readNotes[index].element
        let program = program
        let note = withPayment { payment -> String? in
            let element = list < 0 ? 0 : program.lists[list].counts(payment) - 1
            if conditions.contains(where: { $0.holds(payment, element, program) }) { return nil }
            let operands = first.operands(payment, element, program)
            return program.reads[index].list < 0 ? operands : "\(element) \(operands)"
        }
        if let note = note ?? nil { keepForm(note) } else if !top.hasChildren { keepForm("") }
    }

    /// Something was kept of a party or an agent: it is noted of whom, so that it is not said of another.
    mutating func noteIdentity(_ index: Int) {
        for leaf in program.readNotes[index].identity where !program.plans[leaf].isEcho {
            let field = program.plans[leaf].field
            // What the header said did not stand here.
            if program.plans[leaf].isShared, headerValue(field) != nil { continue }
            let value = withPayment { program.value(field, $0, 0) } ?? nil
            if case .text(let text)? = value { keepForm(of: program.leaves[leaf].path, text) }
        }
    }

    /// A transaction begins to say again what the header said: what stood there is noted, part by part.
    mutating func noteAround(_ index: Int) {
        for leaf in program.readNotes[index].identity where program.plans[leaf].isShared {
            let outer = program.plans[leaf].outer
            guard !program.leaves[outer].isEcho, let said = headerValue(program.plans[leaf].field) else { continue }
            keepForm(of: program.leaves[outer].path, text(said, outer))
        }
    }

    /// A value as a row writes it.
    func text(_ value: FieldValue, _ leaf: Int) -> String {
        if let rule = program.plans[leaf].code { return rule.column.code(for: value.text) ?? value.text }
        if case .money(let money) = value, let rule = program.plans[leaf].amount {
            return (try? money.text(rule)) ?? value.text
        }
        return value.text
    }

    /// A value was read by a row that would stay closed for it.
    mutating func check(_ index: Int, _ text: UnsafeBufferPointer<UInt8>) {
        let conditions = program.readNotes[index].conditions
        let list = program.readNotes[index].element
        let program = program
        let isOpen = withPayment { payment in
            let element = list < 0 ? 0 : program.lists[list].counts(payment) - 1
            return conditions.contains { $0.holds(payment, element, program) }
        }
        if isOpen == false { keepForm(String(decoding: text, as: UTF8.self)) }
    }

    /// The open element's path as the side-car says it. What stands there from the last one is not made again.
    private mutating func keptPath(
        _ attribute: UnsafeBufferPointer<UInt8>?, _ prefix: [UInt8]? = nil, _ step: KeptStep? = nil
    ) -> String {
        // Taken out of its place while it is written to, so that it is never copied.
        var bytes: [UInt8] = []
        swap(&bytes, &pathBytes)
        if top.pathEnd > 0 {
            bytes.removeLast(bytes.count - Int(top.pathEnd))
        } else {
            var known = frames.count - 1
            while known > 0, frames[known].pathEnd == 0 { known -= 1 }
            if known > 0 {
                bytes.removeLast(bytes.count - Int(frames[known].pathEnd))
            } else {
                known = 0
                bytes.removeAll(keepingCapacity: true)
                bytes.append(contentsOf: program.keptPrefix)
            }
            for place in stride(from: known + 1, to: frames.count, by: 1) {
                if place > 1 { bytes.append(program.separator) }
                appendStep(frames[place], to: &bytes, countingPayments: false)
                frames[place].pathEnd = Int32(bytes.count)
            }
            if frames.count > 1 { bytes.append(program.separator) }
            if !frames.isEmpty { appendStep(top, to: &bytes, countingPayments: false) }
            top.pathEnd = Int32(bytes.count)
        }
        if let attribute {
            bytes.append(program.separator)
            bytes.append(UInt8(ascii: "@"))
            bytes.append(contentsOf: attribute)
        }
        if let step {
            bytes.append(program.separator)
            bytes.append(contentsOf: step.rawValue.utf8)
        }
        defer { swap(&bytes, &pathBytes) }
        guard let prefix else { return String(decoding: bytes, as: UTF8.self) }
        let before = program.keptPrefix.count
        let count = prefix.count + bytes.count - before
        return String(unsafeUninitializedCapacity: count) { memory in
            // The capacity is that of the prefix and of what follows the other prefix, one behind the other.
            _ = memory.update(fromContentsOf: prefix)
            _ = UnsafeMutableBufferPointer(rebasing: memory[prefix.count...]).update(fromContentsOf: bytes[before...])
            return count
        }
    }
}

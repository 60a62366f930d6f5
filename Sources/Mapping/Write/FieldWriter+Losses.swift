import Payments

/// What a payment has to say, what of it was said, and what was lost.
extension FieldWriter {
    /// Finds what the side-car says of this message.
    mutating func look(_ payment: UnsafePointer<Payment>) {
        saidEntries = []
        guard payment != looked else { return }
        looked = payment
        filled = PaymentParts.filled(payment)
        value(payment)
        echoes = payment.pointee.sideCar.isEmpty ? .none : Echoes(program, payment)
    }

    /// Asks each field of the filled parts once whether it has a value: the rows of one that has none are passed over.
    /// Messages in JSON have few rows, which are asked themselves: that is less.
    private mutating func value(_ payment: UnsafePointer<Payment>) {
        guard program.echoes else {
            for word in valued.indices { valued[word] = ~0 }
            return
        }
        for word in valued.indices { valued[word] = 0 }
        PaymentFields.forEachPresent(in: payment) { field in
            valued[field >> 6] |= 1 << UInt64(field & 63)
        }
        for list in program.lists.indices where program.lists[list].counts(payment) > 0 {
            let first = list &* Program.maskWords
            for word in 0..<Program.maskWords { valued[word] |= Program.listMasks[first &+ word] }
        }
        // What a table writes of itself needs no value.
        valued[0] |= 1 << 63
    }

    @inline(__always)
    mutating func mark(_ field: Int, _ index: Int) {
        let element = program.isListed[field] ? index : 0
        if element < 64 { said[field] |= 1 << UInt64(element) } else { saidBeyond.insert(field << 32 | element) }
    }

    /// Takes a mark back.
    mutating func unmark(_ field: Int, _ element: Int) {
        if element < 64 { said[field] &= ~(1 << UInt64(element)) } else { saidBeyond.remove(field << 32 | element) }
    }

    @inline(__always)
    func isSaid(_ field: Int, _ element: Int) -> Bool {
        element < 64 ? said[field] >> UInt64(element) & 1 == 1 : saidBeyond.contains(field << 32 | element)
    }

    mutating func note(_ field: Int, _ index: Int, _ reason: Loss.Reason) {
        refused[field << 32 | (program.isListed[field] ? index : 0)] = reason
    }

    /// Notes every value of a payment that was not written.
    mutating func report(_ payment: UnsafePointer<Payment>, _ index: Int) {
        for word in 0..<Program.maskWords {
            var left = program.reported[word] & valued[word]
            while left != 0 {
                let field = word << 6 | left.trailingZeroBitCount
                left &= left &- 1
                if filled & program.fieldParts[field] != 0 { report(field, payment, index) }
            }
        }
        if !otherwise.isEmpty { reportOtherwise(payment, index) }
    }

    private mutating func report(_ field: Int, _ payment: UnsafePointer<Payment>, _ index: Int) {
        let list = program.fieldLists[field]
        guard list >= 0 else {
            if said[field] == 0 { lose(field, 0, payment, index) }
            return
        }
        for element in 0..<program.lists[list].counts(payment) where !isSaid(field, element) {
            if list == program.sideCarList, isSaid(entry: element, payment) { continue }
            lose(field, element, payment, index)
        }
    }

    mutating func lose(_ field: Int, _ element: Int, _ payment: UnsafePointer<Payment>, _ index: Int) {
        // An entry of the side-car says by its path what it says.
        guard let value = program.value(field, payment, element),
            !value.isEmptyText || program.fieldLists[field] == program.sideCarList,
            !told.contains(field << 32 | element), let name = lossName(field, element, payment)
        else { return }
        let reason = refused[field << 32 | element] ?? (program.writable[field] ? .placeTaken : .noPlace)
        losses.append(Loss(field: name, value: value.text, reason: reason, payment: index))
    }

    /// What a loss of a value is told as; nil when it is told as another one, or is none.
    func lossName(_ field: Int, _ element: Int, _ payment: UnsafePointer<Payment>) -> String? {
        let name = program.fields[field].name
        guard program.isListed[field] else { return name }
        // A side-car entry is lost as a whole, under its path.
        if name == "sideCar[].path" { return nil }
        if name == "sideCar[].value" {
            let entry = payment.pointee.sideCar[element]
            // The form of what is said in another form is no loss.
            return entry.isForm ? nil : "sideCar[\(entry.path)]"
        }
        guard let bracket = name.utf8.firstIndex(of: UInt8(ascii: "]")) else { return name }
        return "\(name[..<bracket])\(element)\(name[bracket...])"
    }
}

extension FieldValue {
    var isEmptyText: Bool {
        guard case .text(let text) = self else { return false }
        return text.isEmpty
    }
}

import Payments

/// What leaves say.
extension FieldReader {
    mutating func value(_ index: Int, _ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind) {
        switch program.plans[index].kind {
        case .amount: return digits(index, text, kind)
        case .keep: return keep(text, KeptStep(kind))
        // What the element holds was kept when it closed.
        case .raw: return
        case .const:
            let step = KeptStep(kind)
            if case .const(let value) = program.leaves[index].form, step != nil || !Self.isSame(value, text) {
                keep(text, step)
            }
            return
        case .text, .code, .date, .dateTime, .total, .other: break
        }
        if setPlain(index, text, kind, top.mark) { return }
        var refusal: LeafRefusal?
        let value = LeafText.value(text, kind, program.leaves[index].form, program, &refusal)
        if let refusal { return fail(refusal.reason, refusal.text, at: top.mark, row: program.leaves[index].row) }
        guard let value else { return }
        put(index, value, top.mark, text)
    }

    /// Sets a field outside of lists whose text is in order. False, and nothing done, when it is not.
    @inline(__always)
    mutating func setPlain(_ leaf: Int, _ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind, _ mark: Mark) -> Bool {
        guard program.plans[leaf].list < 0, !program.plans[leaf].isShared, !program.plans[leaf].isEcho else {
            return false
        }
        switch program.plans[leaf].kind {
        case .text, .code:
            guard kind == .string || kind == .xml, fits(leaf, text) else { return false }
            let text = string(text, after: leaf)
            if let rule = program.plans[leaf].code {
                if !putCode(leaf, text, rule), program.echoes { keepForm(text) }
                return true
            }
            return program.set(program.plans[leaf].field, &payment, .text(text))
        case .dateTime:
            guard kind == .string || kind == .xml, let value = LeafText.dateTime(text, program.plans[leaf].times) else {
                return false
            }
            return program.set(program.plans[leaf].field, &payment, .dateTime(value))
        case .date:
            guard kind == .string || kind == .xml, text.count == 10, let value = CivilDate(text) else { return false }
            return program.set(program.plans[leaf].field, &payment, .date(value))
        case .total, .other:
            var refusal: LeafRefusal?
            guard let value = LeafText.value(text, kind, program.leaves[leaf].form, program, &refusal) else {
                return false
            }
            put(leaf, value, mark, text)
            return true
        case .amount, .const, .keep, .raw: return false
        }
    }

    @inline(__always)
    private func string(_ text: UnsafeBufferPointer<UInt8>, after leaf: Int) -> String {
        let before = program.plans[leaf].prefix.count
        guard before > 0 else { return String(decoding: text, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: before + text.count) { memory in
            // The capacity is that of both texts, written one behind the other.
            _ = memory.update(fromContentsOf: program.plans[leaf].prefix)
            _ = UnsafeMutableBufferPointer(rebasing: memory[before...]).update(fromContentsOf: text)
            return before + text.count
        }
    }

    /// Whether length and shape are as the row asks. A character has one byte to four: false for a text so near a bound
    /// that its characters must be counted.
    @inline(__always)
    private func fits(_ leaf: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let least = program.plans[leaf].least
        guard text.count <= program.plans[leaf].greatest else { return false }
        if let shape = program.plans[leaf].shape { return text.count >= least && shape.holds(text) }
        return text.count >= least &* 4 || (least == 1 && !text.isEmpty)
    }

    private mutating func put(
        _ index: Int, _ value: FieldValue, _ mark: Mark, _ text: UnsafeBufferPointer<UInt8>
    ) {
        var isBeside = false
        if program.plans[index].isShared {
            let place = program.plans[index].list < 0 ? 0 : Int(top.number) - 1
            if let said = headerValue(program.plans[index].field, place) {
                let isSame = said == canonical(index, value)
                if !isSame, !program.plans[index].overrides {
                    let says =
                        "\(program.leaves[index].fieldName) is another one in the header of the message than here"
                    return fail(.contentInvalid, says, at: mark, row: "header.or-transaction")
                }
                noteBoth(index, said, place, text)
                if isSame { return }
            } else {
                // The header says another part of the same thing.
                isBeside = outerHasForms && program.leaves[program.plans[index].outer].isEcho
            }
        }
        if program.plans[index].list >= 0 {
            program.lists[program.plans[index].list].append(&payment)
            if let kind = program.leaves[index].kind {
                _ = program.set(program.leaves[index].kindField, &payment, .text(kind))
            }
        }
        if program.plans[index].kind == .total {
            countMark = (mark, program.leaves[index].path, program.leaves[index].row)
        }
        var isPlain = true
        if let rule = program.plans[index].code, case .text(let code) = value {
            isPlain = putCode(index, code, rule)
        } else {
            let fits = program.set(program.plans[index].field, &payment, value)
            precondition(fits, "a form makes values of its field's kind")
            isPlain = isWritten(index, text, value)
        }
        if program.echoes, program.plans[index].isEcho || !isPlain || isBeside {
            keepForm(String(decoding: text, as: UTF8.self))
        }
    }

    /// Whether a text is the one that would be written for its value.
    @inline(__always)
    private func isWritten(_ index: Int, _ text: UnsafeBufferPointer<UInt8>, _ value: FieldValue) -> Bool {
        switch program.plans[index].kind {
        case .text, .code, .dateTime, .const, .keep, .raw: return true
        case .date: return text.count == 10
        case .amount:
            guard let rule = program.plans[index].amount, case .money(let money) = value else { return true }
            return LeafText.isPlain(text, money, rule)
        case .total, .other: return LeafText.isPlain(text, value, program.leaves[index].form)
        }
    }

    /// Header and transaction both say a field: both places are noted, so that both say it again.
    private mutating func noteBoth(
        _ index: Int, _ said: FieldValue, _ place: Int, _ text: UnsafeBufferPointer<UInt8>
    ) {
        guard program.echoes else { return }
        keepForm(String(decoding: text, as: UTF8.self))
        let outer = program.plans[index].outer
        let path = program.leaves[outer].path + (place > 0 ? "[\(place + 1)]" : "")
        keepForm(of: path, self.text(said, outer))
    }

    /// The value as its field holds it.
    private func canonical(_ index: Int, _ value: FieldValue) -> FieldValue {
        guard let rule = program.plans[index].code, case .text(let code) = value else { return value }
        return .text(rule.column.canonical(code) ?? rule.column.foreign(code))
    }

    /// Sets what a code says. False when the fields would be written in another way than it stood.
    private mutating func putCode(_ index: Int, _ code: String, _ rule: CodeRule) -> Bool {
        let field = program.plans[index].field
        guard let meaning = rule.column.meaning(code) else {
            switch rule.extra {
            case .otherwise(let other), .verbatim(let other): _ = program.set(other, &payment, .text(code))
            case .none: _ = program.set(field, &payment, .text(rule.column.foreign(code)))
            }
            return true
        }
        _ = program.set(field, &payment, .text(meaning.canonical))
        if case .verbatim(let other) = rule.extra, !meaning.isWritten {
            _ = program.set(other, &payment, .text(code))
            return true
        }
        return meaning.isWritten && meaning.canonical != program.plans[index].implied
    }

    // MARK: Amounts

    /// Takes the digits of an amount; sets the field when the currency is there.
    mutating func digits(_ index: Int, _ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind) {
        if kind == .number && !program.network.numbers || kind == .boolean {
            return fail(.malformed, "a string is expected here", at: top.mark, row: program.leaves[index].row)
        }
        if let currency = top.currency { return amount(index, text, currency, top.mark) }
        if program.reads[Int(top.node)].action == .amountDigits, !frames.isEmpty,
            let currency = frames[frames.count - 1].currency
        {
            frames[frames.count - 1].currency = nil
            return amount(index, text, currency, top.mark)
        }
        guard let place = halves.lastIndex(where: { $0.leaf == index }), let currency = halves[place].currency else {
            return wait(Half(leaf: index, digits: Array(text), currency: nil, mark: top.mark))
        }
        halves.remove(at: place)
        amount(index, text, currency, top.mark)
    }

    /// The currency that these bytes name; a failure when they name none.
    mutating func currencyCode(_ index: Int, _ code: UnsafeBufferPointer<UInt8>) -> Currency? {
        if let currency = Currency(bytes: code) { return currency }
        let text = "\(String(decoding: code, as: UTF8.self).prefix(12)) is not a currency code"
        fail(.contentInvalid, text, at: top.mark, row: program.leaves[index].row)
        return nil
    }

    /// Takes the currency of an amount that stands beside it; sets the field when the digits are there.
    mutating func currency(_ index: Int, _ code: UnsafeBufferPointer<UInt8>) {
        guard let currency = currencyCode(index, code) else { return }
        guard let place = halves.lastIndex(where: { $0.leaf == index }), let digits = halves[place].digits else {
            return wait(Half(leaf: index, digits: nil, currency: currency, mark: top.mark))
        }
        halves.remove(at: place)
        digits.withUnsafeBufferPointer { amount(index, $0, currency, top.mark) }
    }

    /// Takes one half of an amount that is an object of its own, and the open element. False, and nothing done, when it
    /// is no half, or a half to be refused.
    mutating func takeHalf(_ node: Int, _ text: UnsafeBufferPointer<UInt8>, _ kind: LeafKind) -> Bool {
        let leaf = Int(program.reads[node].leaf)
        guard kind == .string, program.plans[leaf].isObject, program.plans[leaf].list < 0,
            !program.plans[leaf].isShared
        else { return false }
        guard program.reads[node].action == .amountDigits else {
            guard let currency = Currency(bytes: text), !halves.contains(where: { $0.leaf == leaf }) else {
                return false
            }
            top.currency = currency
            return true
        }
        guard let currency = top.currency, let rule = program.plans[leaf].amount,
            let money = try? Money(parsing: text, currency: currency, rule: rule)
        else { return false }
        top.currency = nil
        return program.set(program.plans[leaf].field, &payment, .money(money))
    }

    /// A half that comes again takes the place of the one before.
    private mutating func wait(_ half: Half) {
        halves.removeAll { $0.leaf == half.leaf }
        halves.append(half)
    }

    private mutating func amount(
        _ index: Int, _ digits: UnsafeBufferPointer<UInt8>, _ currency: Currency, _ mark: Mark
    ) {
        guard let rule = program.plans[index].amount else { return }
        do {
            put(index, .money(try Money(parsing: digits, currency: currency, rule: rule)), mark, digits)
        } catch {
            let reason: TranslationError.Reason
            switch error {
            case .tooManyFractionDigits, .finerThanMinorUnit: reason = .amountTooFine
            default: reason = .amountInvalid
            }
            fail(reason, error.description, at: mark, row: program.leaves[index].row)
        }
    }
}

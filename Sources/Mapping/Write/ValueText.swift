import Payments

/// From the value of a field to the text of a leaf.
enum ValueText {
    enum Result {
        /// There is nothing to write.
        case none
        /// The text, and a second field that it says too; -1 for none.
        case say(String, LeafKind, Int)
        /// The text of a second field, which takes the place of the first.
        case sayOther(String, Int)
        /// A text that says less than the field.
        case partly(String, Loss.Reason)
        case refuse(Loss.Reason)
    }

    static func text(
        _ value: FieldValue?, _ leaf: Int, _ program: Program, _ payment: UnsafePointer<Payment>, _ element: Int
    ) -> Result {
        if program.plans[leaf].kind == .text, case .text(let text)? = value, isPlain(text, leaf, program) {
            return .say(text, .string, -1)
        }
        switch program.leaves[leaf].form {
        case .text(let rule): return shaped(value, rule)
        case .code(let rule): return code(value, leaf, rule, program, payment, element)
        case .date:
            guard case .date(let date)? = value else { return .none }
            return .say(date.text, .string, -1)
        case .dateTime(let times):
            guard case .dateTime(let dateTime)? = value else { return .none }
            let asIs = times == .any || LeafText.hasMilliseconds(dateTime)
            return .say(asIs ? dateTime.text : dateTime.instant.text, .string, -1)
        case .count, .countOfPayments:
            guard case .count(let count)? = value else { return .none }
            return .say(String(count), .string, -1)
        case .number(let fallback): return bare(value, .number, fallback)
        case .boolean: return bare(value, .boolean, nil)
        case .amount, .const, .keep, .raw: return .none
        }
    }

    /// Whether a text is as a row asks at first sight: most are. A character has one byte to four, so that only a text
    /// near a bound must be counted.
    @inline(__always)
    private static func isPlain(_ text: String, _ leaf: Int, _ program: Program) -> Bool {
        let bytes = text.utf8.count
        let least = program.plans[leaf].least
        guard bytes > 0, bytes <= program.plans[leaf].greatest, least <= 1 || bytes >= least &* 4,
            program.plans[leaf].prefix.isEmpty
        else { return false }
        return program.plans[leaf].shape?.holds(text) ?? true
    }

    /// Whether a text of a message, read by a row, is what the payment says: then it may stand again as it stood.
    static func says(
        _ text: String, _ leaf: Int, _ program: Program, _ payment: UnsafePointer<Payment>, _ element: Int
    ) -> Bool {
        let found = program.value(program.leaves[leaf].field, payment, element)
        if case .countOfPayments = program.leaves[leaf].form { return found != nil && Int(text) != nil }
        guard let found else { return isOther(text, leaf, program, payment, element) }
        var text = text
        return text.withUTF8 { bytes in
            switch (program.leaves[leaf].form, found) {
            case (.amount(let rule), .money(let money)):
                return (try? Money(parsing: bytes, currency: money.currency, rule: rule)) == money
            case (.code(let rule), .text(let code)):
                let read = String(decoding: bytes, as: UTF8.self)
                if let canonical = rule.column.canonical(read) { return canonical == code }
                if rule.column.foreign(read) == code { return true }
                return isOther(read, leaf, program, payment, element)
            default:
                var refusal: LeafRefusal?
                return LeafText.value(bytes, .xml, program.leaves[leaf].form, program, &refusal) == found
            }
        }
    }

    /// Whether the second field of a code is this text.
    private static func isOther(
        _ text: String, _ leaf: Int, _ program: Program, _ payment: UnsafePointer<Payment>, _ element: Int
    ) -> Bool {
        guard case .code(let rule) = program.leaves[leaf].form else { return false }
        switch rule.extra {
        case .none: return false
        case .otherwise(let other), .verbatim(let other):
            return program.value(other, payment, element) == .text(text)
        }
    }

    private static func bare(_ value: FieldValue?, _ kind: LeafKind, _ fallback: String?) -> Result {
        guard case .text(let text)? = value, !text.isEmpty else {
            guard let fallback else { return .none }
            return .say(fallback, kind, -1)
        }
        if kind == .boolean, text != "true", text != "false" { return .refuse(.wrongShape) }
        return .say(text, kind, -1)
    }

    private static func shaped(_ value: FieldValue?, _ rule: TextRule) -> Result {
        var text: String
        if case .text(let found)? = value, !found.isEmpty {
            text = found
        } else if let fallback = rule.fallback {
            text = fallback
        } else {
            return .none
        }
        if !rule.prefix.isEmpty {
            guard text.hasPrefix(rule.prefix) else { return .refuse(.wrongShape) }
            text = String(text.dropFirst(rule.prefix.count))
        }
        let bytes = text.utf8.count
        if bytes > rule.greatest, characters(text) > rule.greatest {
            guard rule.cut else { return .refuse(.tooLong) }
            return .partly(String(String.UnicodeScalarView(text.unicodeScalars.prefix(rule.greatest))), .cut)
        }
        // A character has one byte to four: only a text near a bound must be counted.
        if bytes < rule.least &* 4, bytes < rule.least || (rule.least > 1 && characters(text) < rule.least) {
            return .refuse(.wrongShape)
        }
        if let shape = rule.shape, !shape.holds(text) { return .refuse(.wrongShape) }
        return .say(text, .string, -1)
    }

    /// Unicode scalars: the bytes that begin one.
    private static func characters(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var count = 0
            for byte in bytes where byte & 0xC0 != 0x80 { count &+= 1 }
            return count
        }
    }

    private static func code(
        _ value: FieldValue?, _ leaf: Int, _ rule: CodeRule, _ program: Program, _ payment: UnsafePointer<Payment>,
        _ element: Int
    ) -> Result {
        let column = rule.column
        var canonical = rule.text.fallback
        if case .text(let found)? = value, !found.isEmpty { canonical = found }
        switch rule.extra {
        case .none: break
        case .otherwise(let other):
            if case .text(let text)? = program.value(other, payment, element), !text.isEmpty {
                return .sayOther(text, other)
            }
        case .verbatim(let other):
            if case .text(let text)? = program.value(other, payment, element), !text.isEmpty {
                let meaning = column.canonical(text)
                if meaning == nil { return .sayOther(text, other) }
                if meaning == canonical { return .say(text, .string, other) }
            }
        }
        guard let canonical, canonical != program.leaves[leaf].implied else { return .none }
        guard let code = column.code(for: canonical) else { return .refuse(.noCode) }
        if column.writes[canonical] != nil, column.canonical(code) != canonical { return .partly(code, .coarser) }
        return .say(code, .string, -1)
    }
}

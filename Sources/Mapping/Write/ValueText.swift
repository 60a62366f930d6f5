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
        _ value: FieldValue?, _ leaf: Leaf, _ program: Program, _ payment: borrowing Payment, _ element: Int
    ) -> Result {
        switch leaf.form {
        case .text(let rule): return shaped(value, rule)
        case .code(let column, let extra, let rule):
            return code(value, leaf, column, extra, rule, program, payment, element)
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
        case .number: return bare(value, .number)
        case .boolean: return bare(value, .boolean)
        case .amount, .const, .keep: return .none
        }
    }

    private static func bare(_ value: FieldValue?, _ kind: LeafKind) -> Result {
        guard case .text(let text)? = value, !text.isEmpty else { return .none }
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
        if bytes > rule.greatest, text.unicodeScalars.count > rule.greatest {
            guard rule.cut else { return .refuse(.tooLong) }
            return .partly(String(String.UnicodeScalarView(text.unicodeScalars.prefix(rule.greatest))), .cut)
        }
        if bytes < rule.least * 4, text.unicodeScalars.count < rule.least { return .refuse(.wrongShape) }
        if let shape = rule.shape, !shape.holds(text) { return .refuse(.wrongShape) }
        return .say(text, .string, -1)
    }

    private static func code(
        _ value: FieldValue?, _ leaf: Leaf, _ column: CodeColumn, _ extra: CodeExtra, _ rule: TextRule,
        _ program: Program, _ payment: borrowing Payment, _ element: Int
    ) -> Result {
        var canonical = rule.fallback
        if case .text(let found)? = value, !found.isEmpty { canonical = found }
        switch extra {
        case .none: break
        case .otherwise(let other):
            if case .text(let text)? = program.fields[other].get(payment, element), !text.isEmpty {
                return .sayOther(text, other)
            }
        case .verbatim(let other):
            if case .text(let text)? = program.fields[other].get(payment, element), !text.isEmpty {
                let meaning = column.canonical(text)
                if meaning == nil { return .sayOther(text, other) }
                if meaning == canonical { return .say(text, .string, other) }
            }
        }
        guard let canonical, canonical != leaf.implied else { return .none }
        guard let code = column.code(for: canonical) else { return .refuse(.noCode) }
        if column.writes[canonical] != nil, column.canonical(code) != canonical { return .partly(code, .coarser) }
        return .say(code, .string, -1)
    }
}

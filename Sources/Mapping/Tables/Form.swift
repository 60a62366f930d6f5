import FormatJSON
import Payments

/// How the text of a leaf becomes the value of a field, and back: the `form` column, compiled.
enum Form: Sendable {
    case text(TextRule)
    case code(CodeRule)
    case amount(AmountRule)
    case date
    case dateTime(Network.Times)
    case count
    /// The number of payments of the message; checked when it is read.
    case countOfPayments
    /// A text field that stands as a JSON number; what is written when the field is empty.
    case number(fallback: String?)
    /// A text field of `true` and `false` that stands as a JSON boolean.
    case boolean
    case const(String)
    /// The whole sub-tree goes to the side-car and, written to the same network, comes back from there.
    case keep
    /// The same for what is of no schema of the network: its XML is kept as it stood, for the same message alone.
    case raw
}

/// How a code is read and written: shared by reference, since every message asks for it.
final class CodeRule: Sendable {
    let column: CodeColumn
    let extra: CodeExtra
    let text: TextRule

    init(_ column: CodeColumn, _ extra: CodeExtra, _ text: TextRule) {
        self.column = column
        self.extra = extra
        self.text = text
    }
}

/// What becomes of a code beside its canonical one; the second field of the row.
enum CodeExtra: Sendable {
    case none
    /// A code that no row lists goes to this field instead.
    case otherwise(Int)
    /// A code that no row lists goes to this field instead; a finer one than we would write goes to both, and is
    /// written again.
    case verbatim(Int)
}

/// What a text may be: its length in characters, its shape, what stands before it in the field.
struct TextRule: Sendable {
    var least = 0
    var greatest = Int.max
    /// Too long a text is cut when it is written, and the loss is reported; without this it is not written.
    var cut = false
    var shape: TextShape?
    /// Stands before the text in the field and not in the message.
    var prefix = ""
    /// Written when the field is empty.
    var fallback: String?
}

/// The words of a `form` cell, before the fields that it names are resolved.
struct FormWords {
    var verb: String
    /// The table of `code`, the part of `include`, the text of `const`, the currency's member of `amount`.
    var argument = ""
    var rule = TextRule()
    var extra: (word: String, field: String)?
    /// What the transaction says takes the place of what the header says; else both must say the same.
    var overrides = false
    /// What is wrong with the cell, and how to mend it.
    var fault: (problem: String, remedy: String)?

    static let verbs = [
        "text", "code", "amount", "date", "dateTime", "count", "number", "boolean", "const", "keep", "include",
        "kind", "omit", "raw",
    ]

    init(_ cell: String) {
        var words = cell.split(separator: " ").map(String.init)[...]
        verb = words.popFirst() ?? ""
        guard verb.isEmpty || FormWords.verbs.contains(verb) else {
            fault = ("\(verb) is not a form", "write one of \(FormWords.verbs.joined(separator: ", "))")
            return
        }
        switch verb {
        case "const":
            argument = words.joined(separator: " ")
            if argument.isEmpty { fault = ("const has no value", "write the value after it") }
            return
        case "code", "include", "kind", "amount", "count":
            argument = words.popFirst() ?? ""
            if argument.isEmpty, verb != "amount", verb != "count" {
                fault = ("\(verb) names no table", "write the table's name after it")
            }
        default: break
        }
        while let word = words.popFirst() { take(word, &words) }
    }

    private mutating func take(_ word: String, _ words: inout ArraySlice<String>) {
        let next = words.first ?? ""
        switch word {
        case "cut" where verb == "text": rule.cut = true
        case "overrides" where !["", "const", "keep", "raw", "omit", "kind"].contains(verb): overrides = true
        case "as" where verb == "text":
            rule.shape = TextShape(rawValue: next)
            words = words.dropFirst()
            if rule.shape == nil {
                let names = TextShape.allCases.map(\.rawValue).joined(separator: ", ")
                fault = ("\(next) is not a shape", "write one of \(names)")
            }
        case "prefix" where verb == "text" && !next.isEmpty: rule.prefix = words.removeFirst()
        case "default" where ["text", "code", "number"].contains(verb) && !next.isEmpty:
            rule.fallback = words.removeFirst()
            if verb == "number", (try? JSONValue.parse(next))?.number == nil {
                fault = ("\(next) is not a number", "write it as JSON writes a number, such as 0 or 12.50")
            }
        case "else" where verb == "code" && !next.isEmpty, "verbatim" where verb == "code" && !next.isEmpty:
            extra = (word, words.removeFirst())
        default:
            guard verb == "text" || verb == "code", let range = FormWords.range(word) else {
                fault = ("\(word) is not understood after \(verb)", "see mappings/README.md for the words of a form")
                return
            }
            rule.least = range.lowerBound
            rule.greatest = range.upperBound
        }
    }

    /// `1..35`, or `1..` without a greatest length.
    private static func range(_ word: String) -> ClosedRange<Int>? {
        guard let dots = word.firstRange(of: "..") else { return nil }
        let upper = word[dots.upperBound...]
        guard let least = Int(word[..<dots.lowerBound]), let greatest = upper.isEmpty ? Int.max : Int(upper),
            least >= 0, greatest >= max(least, 1)
        else { return nil }
        return least...greatest
    }
}

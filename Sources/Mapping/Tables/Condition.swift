import Payments

/// When a row is written: the `when` column, compiled. Tested on the payment, never on the message.
indirect enum Condition: Sendable {
    case all([Clause])
    case any([Clause])
    /// The row above, at the same indentation, was not written because of its condition.
    case not(Condition)

    /// Whether it asks for nothing but what is there.
    var isPresence: Bool {
        switch self {
        case .all(let clauses), .any(let clauses):
            clauses.allSatisfy { if case .present = $0.test { true } else { false } }
        case .not(let condition): condition.isPresence
        }
    }

    /// What the condition looks at, as a text: two payments that have the same are treated alike.
    func operands(_ payment: UnsafePointer<Payment>, _ element: Int, _ program: Program) -> String {
        switch self {
        case .all(let clauses), .any(let clauses):
            clauses.map { $0.operand(payment, element, program) }.joined(separator: ",")
        case .not(let condition): condition.operands(payment, element, program)
        }
    }

    struct Clause: Sendable {
        enum Test: Sendable {
            case present
            case oneOf([String])
            case starts(String)
            /// A list with an element whose field (its kind) is one of these.
            case has(list: Int, [String])
            /// A list with any element.
            case filled(list: Int)
        }

        let negated: Bool
        /// Index in `PaymentFields.all`; of the element's kind for `has`.
        let field: Int
        let test: Test
    }

    func holds(_ payment: UnsafePointer<Payment>, _ element: Int, _ program: Program) -> Bool {
        switch self {
        case .all(let clauses): return !Condition.find(false, clauses, payment, element, program)
        case .any(let clauses): return Condition.find(true, clauses, payment, element, program)
        case .not(let condition): return !condition.holds(payment, element, program)
        }
    }
}

extension Condition {
    /// Whether a clause comes out like this. Each is asked where it lies: a copy would count its references.
    @inline(__always)
    private static func find(
        _ outcome: Bool, _ clauses: [Clause], _ payment: UnsafePointer<Payment>, _ element: Int, _ program: Program
    ) -> Bool {
        clauses.withUnsafeBufferPointer { clauses in
            guard var clause = clauses.baseAddress else { return false }
            // One behind the other, as many as there are.
            for _ in 0..<clauses.count {
                if clause.pointee.holds(payment, element, program) == outcome { return true }
                clause += 1
            }
            return false
        }
    }
}

extension Condition.Clause {
    func holds(_ payment: UnsafePointer<Payment>, _ element: Int, _ program: Program) -> Bool {
        let result: Bool
        switch test {
        case .present: result = program.says(field, payment, element)
        case .oneOf(let values): result = text(payment, element, program).map { values.contains($0) } ?? false
        case .starts(let prefix): result = text(payment, element, program)?.hasPrefix(prefix) ?? false
        case .has(let list, let kinds):
            result = (0..<program.lists[list].counts(payment)).contains { index in
                text(payment, index, program).map { kinds.contains($0) } ?? false
            }
        case .filled(let list): result = program.lists[list].counts(payment) > 0
        }
        return result != negated
    }

    fileprivate func operand(_ payment: UnsafePointer<Payment>, _ element: Int, _ program: Program) -> String {
        switch test {
        case .present: program.says(field, payment, element) ? "+" : ""
        case .oneOf, .starts: text(payment, element, program) ?? ""
        case .has(let list, _):
            (0..<program.lists[list].counts(payment)).map { text(payment, $0, program) ?? "" }.joined(separator: "|")
        case .filled(let list): String(program.lists[list].counts(payment))
        }
    }

    private func text(_ payment: UnsafePointer<Payment>, _ element: Int, _ program: Program) -> String? {
        program.value(field, payment, element)?.text
    }
}

/// The words of a `when` cell.
struct ConditionWords {
    struct Clause {
        var negated = false
        var field = ""
        var test = ""
        var values: [String] = []
    }

    var clauses: [Clause] = []
    var any = false
    var isElse = false

    /// Nil when the cell is not understood.
    init?(_ cell: String) {
        if cell == "else" {
            isElse = true
            return
        }
        let words = cell.split(separator: " ").map(String.init)
        let joins = Set(words).intersection(["and", "or"])
        guard joins.count <= 1 else { return nil }
        any = joins.contains("or")
        for part in words.split(whereSeparator: { $0 == "and" || $0 == "or" }) {
            guard let clause = ConditionWords.clause(part) else { return nil }
            clauses.append(clause)
        }
        let joiners = words.count { $0 == "and" || $0 == "or" }
        guard !clauses.isEmpty, clauses.count == joiners + 1 else { return nil }
    }

    static let remedy =
        "write NAME present, NAME absent, NAME = A, NAME in A|B, NAME has A|B or NAME starts A, with not before it and"
        + " and or or between; or else"

    private static func clause(_ words: ArraySlice<String>) -> Clause? {
        var words = words
        var clause = Clause()
        if words.first == "not" {
            clause.negated = true
            words = words.dropFirst()
        }
        guard let field = words.popFirst(), let test = words.popFirst() else { return nil }
        clause.field = field
        clause.test = test
        switch test {
        case "present": return words.isEmpty ? clause : nil
        case "absent":
            clause.negated.toggle()
            clause.test = "present"
            return words.isEmpty ? clause : nil
        case "=", "starts":
            guard words.count == 1, let value = words.first else { return nil }
            clause.values = [value]
            return clause
        case "in", "has":
            guard words.count == 1, let value = words.first else { return nil }
            clause.values = value.split(separator: "|").map(String.init)
            return clause.values.isEmpty ? nil : clause
        default: return nil
        }
    }
}

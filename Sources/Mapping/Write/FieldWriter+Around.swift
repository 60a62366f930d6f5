import Payments

/// What stands around several payments is said once, from the first of them: of another one it is said only where that
/// one says the same.
extension FieldWriter {
    /// What rows around the payments wrote, and why they did not.
    struct Around {
        var said: [UInt64]
        var saidBeyond: Set<Int> = []
        var refused: [Int: Loss.Reason] = [:]
        var told: Set<Int> = []
        var restated: [Int: Restated] = [:]
    }

    /// A text that stood around the payments and stands there again, though the first payment says something else.
    struct Restated {
        let text: String
        let leaf: Int
    }

    var around: Around {
        Around(said: said, saidBeyond: saidBeyond, refused: refused, told: told, restated: restated)
    }

    mutating func take(_ around: Around) {
        (said, saidBeyond, refused) = (around.said, around.saidBeyond, around.refused)
        (told, restated) = (around.told, around.restated)
    }

    /// Begins one of several payments with what is said of it around it.
    mutating func begin(_ place: Int, within around: Around) {
        guard payments.count > 1, let first = payments.baseAddress else { return }
        otherwise = []
        take(header ?? around)
        if place > 0 { takeBack(first + place, first) }
        guard header != nil else { return }
        // What its group says is the same of all payments of the group.
        for field in said.indices { said[field] |= around.said[field] }
        saidBeyond.formUnion(around.saidBeyond)
        refused.merge(around.refused) { _, inner in inner }
        told.formUnion(around.told)
    }

    /// Takes back what the header says of the first payment and not of this one.
    private mutating func takeBack(_ payment: UnsafePointer<Payment>, _ first: UnsafePointer<Payment>) {
        let fields = headerFields ?? findHeaderFields()
        headerFields = fields
        for field in fields {
            let list = program.fieldLists[field]
            let known = list < 0 ? 1 : program.lists[list].counts(first)
            for element in 0..<(list < 0 ? 1 : program.lists[list].counts(payment)) {
                let key = field << 32 | element
                if let text = restated[key] {
                    if ValueText.says(text.text, text.leaf, program, payment, element) { continue }
                } else if element < known {
                    let value = program.value(field, payment, element)
                    if value == program.value(field, first, element) { continue }
                }
                refused[key] = nil
                told.remove(key)
                if isSaid(field, element) {
                    unmark(field, element)
                    otherwise.append(key)
                }
            }
        }
    }

    /// Fields that the header said or refused; how many payments there are is nothing that one of them says.
    private func findHeaderFields() -> [Int] {
        var fields = Set(said.indices.filter { said[$0] != 0 })
        fields.formUnion(saidBeyond.map { $0 >> 32 })
        fields.formUnion(refused.keys.map { $0 >> 32 })
        fields.remove(program.countField)
        return fields.sorted()
    }

    /// A reason why a field need not be said is none for another value in its place.
    mutating func reportOtherwise(_ payment: UnsafePointer<Payment>, _ place: Int) {
        for key in otherwise {
            let (field, element) = (key >> 32, key & 0xFFFF_FFFF)
            if program.excused[field], !isSaid(field, element) { lose(field, element, payment, place) }
        }
    }
}

import FormatXML
public import Payments

/// What keeps payments from being written as a message, all of it at once, and what the message would lose besides: for
/// people who ask why. A gateway's message ends with the first fault.
public struct Survey: Sendable {
    public struct Refused: Sendable, Equatable {
        public let error: TranslationError
        /// Names of the vocabulary that fill the place.
        public let fields: [String]

        public init(error: TranslationError, fields: [String]) {
            self.error = error
            self.fields = fields
        }
    }

    /// Empty when the message can be written.
    public let refused: [Refused]
    public let losses: [Loss]
}

extension Translator {
    /// Tries what `write` does, to its end.
    public func survey(_ payments: [Payment]) -> Survey {
        precondition(!payments.isEmpty, "a message has a payment")
        return payments.withUnsafeBufferPointer { payments in
            guard program.network.format == .json else {
                var writer = XMLWriter()
                writer.declaration()
                let target = XMLTarget(writer, prefix: "", isInner: false, program: program)
                return FieldWriter(program, target, payments).surveyed()
            }
            return FieldWriter(program, JSONTarget(), payments).surveyed()
        }
    }
}

extension FieldWriter {
    consuming func surveyed() -> Survey {
        var writer = self
        writer.survey = []
        do throws(TranslationError) {
            try writer.run()
        } catch {
            // What no row foresees, such as a character that XML does not have: what comes after it is not known.
            writer.survey?.append(Survey.Refused(error: error, fields: []))
        }
        return Survey(refused: writer.survey ?? [], losses: writer.losses)
    }

    /// Ends the writing, or notes why it would end.
    mutating func refuse(_ error: TranslationError, _ fields: [Int]) throws(TranslationError) {
        guard survey != nil else { throw error }
        let names = fields.filter { $0 >= 0 }.map { program.fields[$0].name }
        survey?.append(Survey.Refused(error: error, fields: names))
    }

    /// Of a survey: what keeps the message from being written is told as that, once, and not as a loss besides.
    mutating func tell(_ key: Int) {
        guard survey != nil, told.insert(key).inserted, let payment = looked else { return }
        let (field, element) = (key >> 32, key & 0xFFFF_FFFF)
        let list = program.fieldLists[field]
        guard list < 0 || element < program.lists[list].counts(payment) else { return }
        guard let name = lossName(field, element, payment), let reason = refused[key] else { return }
        let (value, spoken) = (program.value(field, payment, element)?.text, spoken)
        // A group is refused when its payments were told of already.
        losses.removeAll {
            $0.field == name && $0.reason == reason && $0.value == value && spoken.contains($0.payment)
        }
    }

    /// Whether a node stays empty for what was told already.
    func isTold(_ missing: WriteNode, _ fields: [Int]) -> Bool {
        told.contains { key in
            guard fields.contains(key >> 32) else { return false }
            return missing.group < 0 || !program.isListed[key >> 32] || key & 0xFFFF_FFFF == element
        }
    }

    /// Fields that would fill a node.
    func fields(_ node: WriteNode) -> [Int] {
        if case .leaf(let leaf) = node.kind {
            return program.leaves[leaf].field < 0 ? [] : [program.leaves[leaf].field]
        }
        var fields: [Int] = []
        for child in node.children {
            for field in self.fields(program.writes[child]) where !fields.contains(field) { fields.append(field) }
        }
        return fields
    }
}

import Payments

extension Mappings {
    /// What one message says that another has no place for, found without running a payment: names of fields that a
    /// reading of the first fills and no row of the second writes. Fields whose absence is no loss are left out;
    /// lengths, codes and conditions are only known with a payment in hand.
    public func loss(from source: String, to target: String) -> [String]? {
        guard let source = translator(source)?.program, let target = translator(target)?.program else { return nil }
        return source.fields.indices
            .filter { source.readable[$0] && !target.writable[$0] && !target.excused[$0] }
            .map { source.fields[$0].name }
    }
}

extension Program {
    /// By field: whether some row can fill it from a message.
    var readable: [Bool] {
        var filled = [Bool](repeating: false, count: fields.count)
        for (node, note) in zip(reads, readNotes) {
            if note.kind != nil, note.kindField >= 0 { filled[note.kindField] = true }
            guard node.leaf >= 0 else { continue }
            let leaf = leaves[Int(node.leaf)]
            if leaf.field >= 0 { filled[leaf.field] = true }
            if leaf.kindField >= 0 { filled[leaf.kindField] = true }
            guard case .code(let rule) = leaf.form else { continue }
            switch rule.extra {
            case .none: break
            case .otherwise(let other), .verbatim(let other): filled[other] = true
            }
        }
        return filled
    }
}

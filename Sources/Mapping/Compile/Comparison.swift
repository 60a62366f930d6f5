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
        for node in reads {
            if node.kind != nil, node.kindField >= 0 { filled[node.kindField] = true }
            guard node.leaf >= 0 else { continue }
            let leaf = leaves[node.leaf]
            if leaf.field >= 0 { filled[leaf.field] = true }
            if leaf.kindField >= 0 { filled[leaf.kindField] = true }
            guard case .code(_, let extra, _) = leaf.form else { continue }
            switch extra {
            case .none: break
            case .otherwise(let other), .verbatim(let other): filled[other] = true
            }
        }
        return filled
    }
}

import StoreSQLite

/// `retention`: how many days each class of data is kept.
extension ConfigReader {
    func retention(_ node: ConfigNode) -> RetentionPolicy {
        var policy = RetentionPolicy()
        policy.keys = days(node, "keys", policy.keys)
        policy.exchanges = days(node, "exchanges", policy.exchanges)
        policy.journal = days(node, "journal", policy.journal)
        policy.feed = days(node, "feed", policy.feed)
        policy.archive = days(node, "archive", policy.archive)
        policy.payments = days(node, "payments", policy.payments)
        policy.audit = days(node, "audit", policy.audit)
        guard node.exists else { return policy }
        if let objection = policy.objection { node.problem(objection) }
        node.finish()
        return policy
    }

    /// A number of days, or `forever`.
    private func days(_ node: ConfigNode, _ name: String, _ standard: Int?) -> Int? {
        guard let text = node.optionalText(name) else { return standard }
        if text == "forever" { return nil }
        guard let days = Int(text), (1...36_500).contains(days) else {
            node.problem("must be a number of days from 1 to 36500, or forever", at: name)
            return standard
        }
        return days
    }
}
